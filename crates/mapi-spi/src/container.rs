//! `Container`: an object with a table of contents and a table of containers below (IMAPIContainer).

use crate::folder::Folder;
use crate::message::Message;
use crate::no_support;
use crate::prop::MapiProp;
use crate::table::MapiTable;
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::restriction::Restriction;
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// What an entry identifier led to.
pub enum Opened {
    /// A folder.
    Folder(Arc<dyn Folder>),
    /// A message.
    Message(Arc<dyn Message>),
    /// An address book object or anything else with properties.
    Object(Arc<dyn MapiProp>),
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Folder(_) => "Opened::Folder",
            Self::Message(_) => "Opened::Message",
            Self::Object(_) => "Opened::Object",
        })
    }
}

/// The condition of a search folder, and where it looks (GetSearchCriteria).
#[derive(Clone, PartialEq, Debug)]
pub struct SearchCriteria {
    /// What messages have to meet.
    pub restriction: Restriction,
    /// The folders searched.
    pub folders: Vec<EntryId>,
    /// True where folders below are searched too.
    pub recursive: bool,
}

/// An object with contents.
pub trait Container: MapiProp {
    /// Returns the table of what is in the container (GetContentsTable).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _ = flags;
        no_support("Container::contents_table")
    }

    /// Returns the table of the containers below (GetHierarchyTable).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    fn hierarchy_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _ = flags;
        no_support("Container::hierarchy_table")
    }

    /// Opens an object of the container's store or address book (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such object.
    /// - `MAPI_E_INVALID_ENTRYID`: not an identifier of this provider.
    /// - `MAPI_E_NO_ACCESS`: MODIFY was asked of an object that is read-only.
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        let _ = (id, flags);
        no_support("Container::open_entry")
    }

    /// Makes the container a search (SetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: the condition cannot be searched for.
    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        let _ = criteria;
        no_support("Container::set_search_criteria")
    }

    /// Returns the container's search (GetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_INITIALIZED`: no search has been set.
    fn search_criteria(&self) -> Result<SearchCriteria> {
        no_support("Container::search_criteria")
    }
}
