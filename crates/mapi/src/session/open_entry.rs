//! Which provider owns an entry identifier, and opening it through the session (OpenEntry,
//! CompareEntryIDs, Advise).
//!
//! A router only: the UID at the head of an identifier selects the logon that registered it.

use super::logons::{AddressBookLogon, StoreAnchor};
use super::{Core, Session, lock, status_object, stores, wrapped};
use crate::AddressBook;
use crate::address_book::one_off;
use crate::object::{MsgStore, Opened, advise_in, opened_in};
use crate::profile::ProviderRow;
use mapi_defs::flags::{MdbFlags, OpenFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use std::sync::Arc;

impl Session {
    /// Opens any object by its identifier (OpenEntry): of a store that is open, of an address book,
    /// a store of the profile itself, what is behind a row of the status table, or the mail user that a
    /// one-off identifier holds.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty identifier.
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no provider of this session knows it.
    /// - `MAPI_E_NOT_FOUND`: its provider has no such object.
    /// - `MAPI_E_INVALID_ENTRYID`: a one-off identifier that is cut short.
    /// - `MAPI_E_NO_ACCESS`: MODIFY of an object that can only be read.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        const CALL: &str = "Session::open_entry";
        let core = self.core();
        let _pass = core.enter()?;
        if flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, detail));
        }
        if id.is_empty() {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "no identifier"));
        }
        if let Some(row) = stores::row_of(core, id) {
            let anchor = stores::open(core, &row, MdbFlags::from(flags) | MdbFlags::NO_DIALOG)?;
            return Ok(Opened::MsgStore(MsgStore::of_logon(core, anchor)?));
        }
        if wrapped::unwrap(id).is_some() {
            return stores::adopted(core, id, MdbFlags::from(flags) | MdbFlags::NO_DIALOG)
                .map(Opened::MsgStore);
        }
        if let Some(object) = status_object::open(core, id) {
            return object.map(Opened::Status);
        }
        if let Some(anchor) = store_of(core, id) {
            let name = anchor.logon.name.clone();
            return core.last_error.of(&name, opened_in(core, anchor, id, flags));
        }
        if let Some(user) = one_off::open(core, id, flags) {
            return user.map(Opened::Object);
        }
        let book = AddressBook::new(core, core.address_book_logons()?);
        core.last_error.of("MAPI Address Book", book.open_entry(id, flags).map(Opened::Object))
    }

    /// Calls a sink at events of an object of an open store or of an address book, or of the session itself
    /// where the identifier is empty (Advise). A store's identifier from the stores table stands for the
    /// whole store, while that is open.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: it is no identifier.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no provider of this session knows it.
    /// - `MAPI_E_INVALID_PARAMETER`: the mask asks for nothing that objects tell.
    /// - `MAPI_E_NO_SUPPORT`: its provider does not notify.
    pub fn advise_entry(
        &self,
        id: &EntryId,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        if id.is_empty() {
            return self.advise(mask, sink);
        }
        let core = self.core();
        let _pass = core.enter()?;
        if let Some(row) = stores::row_of(core, id) {
            let anchor = open_store(core, &row).ok_or_else(|| unknown(id))?;
            return advise_store(core, &anchor, &EntryId::default(), mask, sink);
        }
        if id.provider().is_none() {
            let detail = format!("{} is no entry identifier", id.short());
            return Err(Error::new(ErrorCode::INVALID_ENTRYID, "Session::advise_entry", detail));
        }
        if let Some(anchor) = store_of(core, id) {
            return advise_store(core, &anchor, id, mask, sink);
        }
        AddressBook::new(core, core.address_book_logons()?).advise(id, mask, sink)
    }

    /// True where two identifiers are of the same object; their provider is asked (CompareEntryIDs).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: one of them is empty.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: they are of different providers, or of none of this session.
    /// - `MAPI_E_NO_SUPPORT`: their provider cannot tell.
    pub fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        let core = self.core();
        let _pass = core.enter()?;
        if one.is_empty() || other.is_empty() {
            let detail = "an empty identifier compares to nothing";
            return Err(Error::new(ErrorCode::INVALID_ENTRYID, "Session::compare_entry_ids", detail));
        }
        if let (Some(first), Some(second)) = (stores::row_of(core, one), stores::row_of(core, other)) {
            return Ok(first.uid == second.uid);
        }
        if let Some(is_same) = one_off::compare(one, other) {
            return Ok(is_same);
        }
        if let Some(book) = address_book_of(core, one) {
            let is_its = other.provider().is_some_and(|uid| book.uids.contains(&uid));
            let _book = book.gate.enter()?;
            return if is_its {
                book.logon.get()?.compare_entry_ids(one, other)
            } else {
                Err(unknown(other))
            };
        }
        let first = store_of(core, one).ok_or_else(|| unknown(one))?;
        let opens = |uid| core.logons.table().opens(first.logon.row.uid, &first.logon.uids, uid);
        if !other.provider().is_some_and(opens) {
            return Err(unknown(other));
        }
        let _store = first.logon.gate.enter()?;
        first.logon.store.get()?.compare_entry_ids(one, other)
    }
}

/// The open store whose logon registered the identifier's UID; the first that did wins.
fn store_of(core: &Core, id: &EntryId) -> Option<Arc<StoreAnchor>> {
    let uid = id.provider()?;
    let table = core.logons.table();
    let mut owners = table.stores.iter().filter(|logon| table.opens(logon.row.uid, &logon.uids, uid));
    owners.find_map(|logon| lock(&logon.anchor).upgrade())
}

/// The address book whose logon registered the identifier's UID; the first that did wins.
fn address_book_of(core: &Core, id: &EntryId) -> Option<Arc<AddressBookLogon>> {
    let uid = id.provider()?;
    let table = core.logons.table();
    table.address_books.iter().find(|known| table.opens(known.row.uid, &known.uids, uid)).cloned()
}

/// The identifier that lasts of an entry of an address book that is logged on; whoever gave a short-term
/// one is.
pub(crate) fn long_term_entry_id(core: &Core, id: &EntryId) -> Result<EntryId> {
    const CALL: &str = "Support::long_term_entry_id";
    let missing = |detail| Error::new(ErrorCode::NOT_FOUND, CALL, detail);
    let known = address_book_of(core, id).ok_or_else(|| missing("no address book knows the entry"))?;
    let mapi_spi::container::Opened::Object(object) = known.logon.get()?.open_entry(id, OpenFlags::NONE)?
    else {
        return Err(missing("the entry is no user and no list"));
    };
    let found = object.props(Some(&[PR_ENTRYID]))?.into_iter().next();
    match found.map(|prop| prop.value) {
        Some(PropValue::Binary(bytes)) => Ok(EntryId::from_bytes(bytes)),
        _ => Err(missing("the entry has no identifier that lasts")),
    }
}

/// A store of the profile, where it is open.
fn open_store(core: &Core, row: &ProviderRow) -> Option<Arc<StoreAnchor>> {
    let table = core.logons.table();
    let mut logons = table.stores.iter().filter(|logon| logon.row.uid == row.uid);
    logons.find_map(|logon| lock(&logon.anchor).upgrade())
}

fn advise_store(
    core: &Core,
    anchor: &Arc<StoreAnchor>,
    id: &EntryId,
    mask: EventMask,
    sink: Arc<dyn AdviseSink>,
) -> Result<Connection> {
    let _store = anchor.logon.gate.enter()?;
    advise_in(core, &anchor.logon.gate, &anchor.logon.store.get()?, id, mask, sink)
}

fn unknown(id: &EntryId) -> Error {
    let detail = format!("no provider of the session knows entry {}", id.short());
    Error::new(ErrorCode::UNKNOWN_ENTRYID, "Session", detail)
}
