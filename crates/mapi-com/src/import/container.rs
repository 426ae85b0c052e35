//! A container of a provider in a library (IMAPIContainer), and what its entry identifiers lead to.

use super::message::foreign_message;
use super::prop::{Foreign, PropFace};
use super::table::foreign_table;
use super::{Block, face, given, told};
use crate::abi::{ENTRYID, SBinaryArray};
use crate::export::container::entry_ids;
use crate::interfaces::{
    IABContainer, IDistList, IMAPIContainer, IMAPIFolder, IMAPIProp, IMAPITable, IMessage, IUnknown,
};
use crate::marshal::block::{Allocator, buffer};
use crate::marshal::prop::{put_binary, put_each};
use crate::marshal::restriction::{c_restriction, restriction};
use crate::marshal::text::MAPI_UNICODE;
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::{Container, Opened, SearchCriteria};
use mapi_spi::table::MapiTable;
use std::ptr::null;
use std::sync::Arc;

const RESTART_SEARCH: u32 = 0x2;
const RECURSIVE_SEARCH: u32 = 0x4;
const SHALLOW_SEARCH: u32 = 0x8;
/// SEARCH_RECURSIVE of GetSearchCriteria.
const SEARCH_RECURSIVE: u32 = 0x4;
const MAPI_FOLDER: u32 = 3;
const MAPI_MESSAGE: u32 = 5;

/// An interface that begins with IMAPIContainer.
pub(crate) trait ContainerFace: PropFace {
    /// The container.
    fn container(&self) -> &IMAPIContainer;
}

impl PropFace for IMAPIFolder {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl ContainerFace for IMAPIFolder {
    fn container(&self) -> &IMAPIContainer {
        self
    }
}

impl PropFace for IABContainer {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl ContainerFace for IABContainer {
    fn container(&self) -> &IMAPIContainer {
        self
    }
}

impl PropFace for IDistList {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl ContainerFace for IDistList {
    fn container(&self) -> &IMAPIContainer {
        self
    }
}

/// An entry identifier as C functions take it.
pub(crate) fn c_id(id: &EntryId) -> (u32, *mut ENTRYID) {
    (id.as_bytes().len() as u32, id.as_bytes().as_ptr().cast_mut().cast())
}

/// Entry identifiers as a list of C.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub(crate) fn c_ids(ids: &[EntryId]) -> Result<Block<SBinaryArray>> {
    let list = buffer(|writer| {
        let place = writer.reserve::<SBinaryArray>(1)?;
        let each = put_each(writer, ids, |writer, id| put_binary(writer, id.as_bytes()))?;
        // SAFETY: the room was reserved for one.
        unsafe { writer.set(place, 0, SBinaryArray { cValues: ids.len() as u32, lpbin: each }) };
        Ok(place)
    })?;
    Ok(Block(list))
}

/// What a provider opened, by its kind.
///
/// # Errors
/// - `MAPI_E_CALL_FAILED`, `MAPI_E_INTERFACE_NOT_SUPPORTED`: it is not what the provider says it is.
pub(crate) fn opened(object: Option<IUnknown>, kind: u32, call: &'static str) -> Result<Opened> {
    let object = given(object, call)?;
    Ok(match kind {
        MAPI_FOLDER => Opened::Folder(Arc::new(Foreign(face::<IMAPIFolder>(&object, call)?))),
        MAPI_MESSAGE => Opened::Message(foreign_message(&face::<IMessage>(&object, call)?)),
        _ => Opened::Object(Arc::new(Foreign(face::<IMAPIProp>(&object, call)?))),
    })
}

impl<I: ContainerFace> Container for Foreign<I> {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMAPIContainer::GetContentsTable";
        let mut table: Option<IMAPITable> = None;
        let container = self.0.container();
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { container.GetContentsTable(flags.0 | MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn hierarchy_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMAPIContainer::GetHierarchyTable";
        let mut table: Option<IMAPITable> = None;
        let container = self.0.container();
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { container.GetHierarchyTable(flags.0 | MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        const CALL: &str = "IMAPIContainer::OpenEntry";
        let ((bytes, pointer), mut kind, mut object) = (c_id(id), 0, None);
        let container = self.0.container();
        // SAFETY: the object is held by `self`; identifier and places are ours.
        let answer = unsafe {
            container.OpenEntry(bytes, pointer, null(), flags.0, &raw mut kind, (&mut object).into())
        };
        told(answer, CALL)?;
        opened(object, kind, CALL)
    }

    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        let condition = Block(c_restriction(Allocator::OURS, &criteria.restriction)?);
        let folders = c_ids(&criteria.folders)?;
        let depth = if criteria.recursive { RECURSIVE_SEARCH } else { SHALLOW_SEARCH };
        // SAFETY: the object is held by `self`; condition and folders are ours.
        let answer =
            unsafe { self.0.container().SetSearchCriteria(condition.0, folders.0, RESTART_SEARCH | depth) };
        told(answer, "IMAPIContainer::SetSearchCriteria")
    }

    fn search_criteria(&self) -> Result<SearchCriteria> {
        const CALL: &str = "IMAPIContainer::GetSearchCriteria";
        let (mut condition, mut folders, mut state) = (Block::empty(), Block::empty(), 0);
        let container = self.0.container();
        // SAFETY: the object is held by `self`; the places are ours.
        let answer = unsafe {
            let (condition, folders) = (&raw mut condition.0, &raw mut folders.0);
            container.GetSearchCriteria(MAPI_UNICODE, condition, folders, &raw mut state)
        };
        told(answer, CALL)?;
        let none = || Error::new(ErrorCode::CALL_FAILED, CALL, "the provider answered success and no search");
        // SAFETY: the object answered NULL, or a condition and a list.
        unsafe {
            Ok(SearchCriteria {
                restriction: restriction(condition.0, CALL)?.ok_or_else(none)?,
                folders: entry_ids(folders.0, CALL)?.unwrap_or_default(),
                recursive: state & SEARCH_RECURSIVE != 0,
            })
        }
    }
}
