//! Which provider owns an entry identifier, and opening it through the session (OpenEntry,
//! CompareEntryIDs).
//!
//! A router only: the UID at the head of an identifier selects the logon that registered it.

use super::logons::StoreAnchor;
use super::{Core, Session, lock, stores};
use crate::AddressBook;
use crate::object::{MsgStore, Opened, opened_in};
use mapi_defs::flags::OpenFlags;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use std::sync::Arc;

impl Session {
    /// Opens any object by its identifier (OpenEntry): of a store that is open, of an address book,
    /// or a store of the profile itself.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty identifier.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no provider of this session knows it.
    /// - `MAPI_E_NOT_FOUND`: its provider has no such object.
    /// - `MAPI_E_NO_ACCESS`: MODIFY of an object that can only be read.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        let core = self.core();
        let _pass = core.enter()?;
        if id.is_empty() {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "Session::open_entry", "no identifier"));
        }
        if let Some(row) = stores::row_of(core, id) {
            let anchor = stores::open(core, &row, flags)?;
            return Ok(Opened::MsgStore(MsgStore::of_logon(core, anchor)));
        }
        if let Some(anchor) = store_of(core, id) {
            return opened_in(core, anchor, id, flags);
        }
        AddressBook::new(core, core.address_book_logons()?).open_entry(id, flags).map(Opened::Object)
    }

    /// True where two identifiers are of the same object (CompareEntryIDs).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: they are of different providers, or of none of this session.
    pub fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        let core = self.core();
        let _pass = core.enter()?;
        if let (Some(first), Some(second)) = (stores::row_of(core, one), stores::row_of(core, other)) {
            return Ok(first.uid == second.uid);
        }
        let first = store_of(core, one).ok_or_else(|| unknown(one))?;
        let second = store_of(core, other).ok_or_else(|| unknown(other))?;
        if first.logon.row.uid != second.logon.row.uid {
            return Err(unknown(other));
        }
        let _store = first.logon.gate.enter()?;
        first.logon.store.compare_entry_ids(one, other)
    }
}

/// The open store whose logon registered the identifier's UID; the first that did wins.
fn store_of(core: &Core, id: &EntryId) -> Option<Arc<StoreAnchor>> {
    let uid = id.provider()?;
    let table = core.logons.table();
    let mut owners = table.stores.iter().filter(|logon| logon.uids.contains(&uid));
    owners.find_map(|logon| lock(&logon.anchor).upgrade())
}

fn unknown(id: &EntryId) -> Error {
    let detail = format!("no provider of the session knows entry {}", id.short());
    Error::new(ErrorCode::UNKNOWN_ENTRYID, "Session", detail)
}
