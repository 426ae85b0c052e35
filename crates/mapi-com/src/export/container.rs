//! IMAPIContainer, written once for folders, address book containers and distribution lists.
//! Its properties are `prop.rs`'s; what each kind of container adds is in the file of the kind.

use super::prop::{HasProps, only};
use crate::abi::{ENTRYID, SBinaryArray, SRestriction};
use crate::guard::slot;
use crate::interfaces::{IMAPIContainer_Impl, IMAPITable};
use crate::marshal::prop::{bytes, counted, guid, put_binary, put_each};
use crate::marshal::restriction::{c_restriction, restriction};
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{Out, OutInterface, array, invalid};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use mapi_spi::container::SearchCriteria;
use std::ptr::null_mut;
use windows_core::{GUID, HRESULT, IUnknown, IUnknownImpl};

const STOP_SEARCH: u32 = 0x1;
const RESTART_SEARCH: u32 = 0x2;
const RECURSIVE_SEARCH: u32 = 0x4;
const SHALLOW_SEARCH: u32 = 0x8;
const FOREGROUND_SEARCH: u32 = 0x10;
const BACKGROUND_SEARCH: u32 = 0x20;
const NON_CONTENT_INDEXED_SEARCH: u32 = 0x0002_0000;
const SEARCH_FLAGS: u32 = STOP_SEARCH
    | RESTART_SEARCH
    | RECURSIVE_SEARCH
    | SHALLOW_SEARCH
    | FOREGROUND_SEARCH
    | BACKGROUND_SEARCH
    | NON_CONTENT_INDEXED_SEARCH;
/// SEARCH_RECURSIVE and SEARCH_RUNNING of GetSearchCriteria, by the header: its page has other numbers.
const SEARCH_RECURSIVE: u32 = 0x4;
const SEARCH_RUNNING: u32 = 0x1;

/// A class whose object is a container.
pub trait HasContents: HasProps {
    /// The table of what is in the container.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn contents_table(&self, flags: TableFlags) -> Result<IMAPITable>;

    /// The table of the containers below.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn hierarchy_table(&self, flags: TableFlags) -> Result<IMAPITable>;

    /// Opens what an entry identifier leads to, by the interface asked for or its own, with its kind
    /// (MAPI_FOLDER, MAPI_MESSAGE, …).
    ///
    /// # Errors
    /// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: it has no such interface.
    fn open_entry(&self, id: &EntryId, flags: OpenFlags, iid: Option<Guid>) -> Result<(IUnknown, u32)>;

    /// Makes the container a search.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: it cannot be one.
    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()>;

    /// The container's search.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: it cannot be one.
    fn search_criteria(&self) -> Result<SearchCriteria>;
}

impl<T> IMAPIContainer_Impl for T
where
    T: IUnknownImpl,
    T::Impl: HasContents,
{
    unsafe fn GetContentsTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMAPIContainer::GetContentsTable";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, TableFlags::ALL.0, CALL)?;
            out.give(this.contents_table(TableFlags(flags))?);
            Ok(())
        })
    }

    unsafe fn GetHierarchyTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMAPIContainer::GetHierarchyTable";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, TableFlags::ALL.0, CALL)?;
            out.give(this.hierarchy_table(TableFlags(flags))?);
            Ok(())
        })
    }

    unsafe fn OpenEntry(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        iid: *const GUID,
        flags: u32,
        kind: *mut u32,
        out: OutInterface<IUnknown>,
    ) -> HRESULT {
        const CALL: &str = "IMAPIContainer::OpenEntry";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's identifiers and out parameters.
            let (id, iid, kind, out) = unsafe {
                let iid = if iid.is_null() { None } else { Some(guid(&array(iid, 1, CALL)?[0])) };
                let id = counted(id.cast(), id_bytes, CALL)?;
                (id, iid, Out::required(kind, CALL)?, out.required(CALL)?)
            };
            only(flags, OpenFlags::ALL.0, CALL)?;
            let (object, found) = this.open_entry(&EntryId::from_bytes(id), OpenFlags(flags), iid)?;
            kind.write(found);
            out.give(object);
            Ok(())
        })
    }

    unsafe fn SetSearchCriteria(
        &self,
        condition: *mut SRestriction,
        folders: *mut SBinaryArray,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIContainer::SetSearchCriteria";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's restriction and entry identifiers.
            let (condition, folders) = unsafe { (restriction(condition, CALL)?, entry_ids(folders, CALL)?) };
            only(flags, SEARCH_FLAGS, CALL)?;
            let both = |one: u32, other: u32| flags & one != 0 && flags & other != 0;
            if both(STOP_SEARCH, RESTART_SEARCH)
                || both(RECURSIVE_SEARCH, SHALLOW_SEARCH)
                || both(FOREGROUND_SEARCH, BACKGROUND_SEARCH)
            {
                return Err(invalid(CALL, "two flags contradict each other"));
            }
            if flags & STOP_SEARCH != 0 {
                let why = "a search is always kept up to date";
                return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, why));
            }
            // What is not given is taken from the search before.
            let before = match (&condition, &folders) {
                (Some(_), Some(_)) => None,
                _ => Some(this.search_criteria()?),
            };
            let (restriction, folders) = match before {
                Some(before) => (condition.unwrap_or(before.restriction), folders.unwrap_or(before.folders)),
                None => condition.zip(folders).ok_or_else(|| invalid(CALL, "nothing to search for"))?,
            };
            let recursive = flags & RECURSIVE_SEARCH != 0;
            this.set_search_criteria(&SearchCriteria { restriction, folders, recursive })
        })
    }

    unsafe fn GetSearchCriteria(
        &self,
        flags: u32,
        condition: *mut *mut SRestriction,
        folders: *mut *mut SBinaryArray,
        state: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIContainer::GetSearchCriteria";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's out parameters, each of which may be NULL.
            let (condition, folders, state) = unsafe {
                let (condition, folders) = (Out::optional(condition, CALL)?, Out::optional(folders, CALL)?);
                (condition, folders, Out::optional(state, CALL)?)
            };
            only(flags, MAPI_UNICODE, CALL)?;
            let criteria = this.search_criteria()?;
            let allocator = this.allocator();
            // Both are made before either is handed out.
            let made = match &condition {
                Some(_) => c_restriction(allocator, &criteria.restriction)?,
                None => null_mut(),
            };
            if let Some(folders) = folders {
                let list = allocator.buffer(|writer| {
                    let place = writer.reserve::<SBinaryArray>(1)?;
                    let each =
                        put_each(writer, &criteria.folders, |writer, id| put_binary(writer, id.as_bytes()))?;
                    let list = SBinaryArray { cValues: criteria.folders.len() as u32, lpbin: each };
                    // SAFETY: the room was reserved for one.
                    unsafe { writer.set(place, 0, list) };
                    Ok(place)
                });
                // SAFETY: the restriction was just made by this allocator, or is NULL.
                folders.write(list.inspect_err(|_| unsafe { allocator.free(made.cast()) })?);
            }
            condition.into_iter().for_each(|out| out.write(made));
            let recursive = if criteria.recursive { SEARCH_RECURSIVE } else { 0 };
            state.into_iter().for_each(|out| out.write(SEARCH_RUNNING | recursive));
            Ok(())
        })
    }
}

/// Reads a list of entry identifiers; NULL is `None`.
///
/// # Safety
/// The pointer is NULL or leads to a list with as many identifiers as it says.
pub(crate) unsafe fn entry_ids(
    list: *const SBinaryArray,
    call: &'static str,
) -> Result<Option<Vec<EntryId>>> {
    if list.is_null() {
        return Ok(None);
    }
    // SAFETY: the promise is the caller's own.
    unsafe {
        let list = &array(list, 1, call)?[0];
        let each = array(list.lpbin, list.cValues, call)?;
        each.iter().map(|id| Ok(EntryId::from_bytes(bytes(id, call)?))).collect::<Result<_>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::table::export_table;
    use crate::guard::{Guarded, LastError};
    use crate::interfaces::IMAPIContainer;
    use crate::marshal::block::Allocator;
    use crate::memory;
    use mapi_defs::prop::tags::{PR_ROWID, PR_SUBJECT};
    use mapi_defs::prop::{Prop, PropList, PropTag};
    use mapi_defs::restriction::Restriction;
    use mapi_spi::gate::Gate;
    use mapi_spi::prop::MapiProp;
    use mapi_spi::table::TableData;
    use std::any::Any;
    use std::sync::{Arc, Mutex};
    use windows_core::implement;

    #[derive(Default)]
    struct Shelf(Mutex<Option<SearchCriteria>>);

    impl MapiProp for Shelf {
        fn as_any(&self) -> &dyn Any {
            self
        }
        fn props(&self, _tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
            Ok(Vec::new())
        }
        fn prop_list(&self) -> Result<Vec<PropTag>> {
            Ok(Vec::new())
        }
    }

    #[implement(IMAPIContainer)]
    struct Exported {
        shelf: Shelf,
        gate: Arc<Gate>,
        last: LastError,
    }

    impl Guarded for Exported {
        fn life(&self) -> Option<&Gate> {
            Some(&self.gate)
        }
        fn last_error(&self) -> &LastError {
            &self.last
        }
    }

    impl HasProps for Exported {
        fn object(&self) -> &dyn MapiProp {
            &self.shelf
        }
    }

    impl HasContents for Exported {
        fn contents_table(&self, _flags: TableFlags) -> Result<IMAPITable> {
            let data = TableData::new(PR_ROWID, &[PR_ROWID]);
            data.modify_row(PropList::from_iter([Prop::new(PR_ROWID, 1)]))?;
            let view = Arc::new(data.view(Default::default())?);
            Ok(export_table(view, Some(self.gate.clone()), Allocator::OURS))
        }
        fn hierarchy_table(&self, _flags: TableFlags) -> Result<IMAPITable> {
            Err(Error::new(ErrorCode::NO_SUPPORT, "Shelf::hierarchy_table", "nothing is below"))
        }
        fn open_entry(&self, id: &EntryId, _flags: OpenFlags, iid: Option<Guid>) -> Result<(IUnknown, u32)> {
            assert_eq!(iid, None);
            if id.as_bytes() == b"shelf" {
                return Ok((exported().0.into(), 3));
            }
            Err(Error::new(ErrorCode::NOT_FOUND, "Shelf::open_entry", "no such entry"))
        }
        fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
            *self.shelf.0.lock().unwrap() = Some(criteria.clone());
            Ok(())
        }
        fn search_criteria(&self) -> Result<SearchCriteria> {
            let none = || Error::new(ErrorCode::NOT_INITIALIZED, "Shelf::search_criteria", "no search");
            self.shelf.0.lock().unwrap().clone().ok_or_else(none)
        }
    }

    fn exported() -> (IMAPIContainer, Arc<Gate>) {
        let gate = Arc::new(Gate::new(77));
        let exported = Exported { shelf: Shelf::default(), gate: gate.clone(), last: LastError::new() };
        (exported.into(), gate)
    }

    const INVALID: u32 = 0x8007_0057;
    const ENDED: u32 = 0x8004_0108;

    #[test]
    fn tables_of_a_container_end_with_it() {
        let (container, gate) = exported();
        let mut table: Option<IMAPITable> = None;
        let mut count = 0;
        // SAFETY: live objects and out parameters of ours.
        unsafe {
            assert_eq!(container.GetContentsTable(0x400, (&mut table).into()).0 as u32, 0x8004_0106);
            assert_eq!(container.GetContentsTable(0, OutInterface::from_raw(null_mut())).0 as u32, INVALID);
            assert_eq!(container.GetContentsTable(0, (&mut table).into()).0, 0);
            let table = table.expect("the call succeeded");
            assert_eq!(table.GetRowCount(0, &raw mut count).0, 0);
            assert_eq!(count, 1);
            assert_eq!(container.GetHierarchyTable(0, (&mut None).into()).0 as u32, 0x8004_0102);
            gate.close();
            assert_eq!(table.GetRowCount(0, &raw mut count).0 as u32, ENDED);
            assert_eq!(container.GetContentsTable(0, (&mut None).into()).0 as u32, ENDED);
            assert_eq!(container.SaveChanges(0).0 as u32, ENDED, "the properties have the same gate");
        }
    }

    #[test]
    fn entries_are_opened_by_their_identifiers() {
        let (container, _gate) = exported();
        let (mut kind, mut found): (u32, Option<IUnknown>) = (9, None);
        let open = |id: &[u8], kind: *mut u32, found: &mut Option<IUnknown>| {
            let (len, id) = (id.len() as u32, id.as_ptr().cast_mut().cast());
            // SAFETY: a live object, bytes and out parameters of ours.
            unsafe { container.OpenEntry(len, id, std::ptr::null(), 0, kind, found.into()) }.0 as u32
        };
        assert_eq!(open(b"other", &raw mut kind, &mut found), 0x8004_010F);
        assert_eq!(open(b"shelf", null_mut(), &mut found), INVALID);
        assert_eq!((kind, found.is_none()), (9, true), "untouched by failing calls");
        assert_eq!(open(b"shelf", &raw mut kind, &mut found), 0);
        assert_eq!((kind, found.is_some()), (3, true));
    }

    #[test]
    fn search_criteria_go_in_and_come_out() {
        let (container, _gate) = exported();
        let asked = Restriction::Exist(PR_SUBJECT);
        let condition = c_restriction(Allocator::OURS, &asked).unwrap();
        let mut bytes = *b"id";
        let mut id = crate::abi::SBinary { cb: 2, lpb: bytes.as_mut_ptr() };
        let mut list = SBinaryArray { cValues: 1, lpbin: &raw mut id };
        let (mut got, mut folders, mut state) = (null_mut(), null_mut(), 0);
        // SAFETY: a live object, and arguments of ours.
        unsafe {
            let get = container.GetSearchCriteria(0, &raw mut got, &raw mut folders, &raw mut state);
            assert_eq!(get.0 as u32, 0x8004_0605, "nothing was set");
            assert_eq!(container.SetSearchCriteria(condition, &raw mut list, 3).0 as u32, INVALID);
            assert_eq!(container.SetSearchCriteria(condition, &raw mut list, 4).0, 0);
            assert_eq!(container.GetSearchCriteria(0, &raw mut got, &raw mut folders, &raw mut state).0, 0);
            assert_eq!(restriction(got, "t").unwrap(), Some(asked));
            assert_eq!(entry_ids(folders, "t").unwrap().unwrap(), [EntryId::from_bytes(b"id".as_slice())]);
            assert_eq!(state, SEARCH_RUNNING | SEARCH_RECURSIVE);
            assert_eq!(container.GetSearchCriteria(0, null_mut(), null_mut(), null_mut()).0, 0);
        }
        for block in [condition.cast(), got.cast(), folders.cast()] {
            assert!(memory::free(block));
        }
    }
}
