//! The address book of a session, over all its address book logons (IAddrBook). `one_off.rs` makes
//! identifiers of addresses that no address book holds, `expand.rs` takes lists apart, `prepare.rs` completes
//! recipients, `search_path.rs` says where names are looked for.

mod expand;
pub(crate) mod one_off;
mod prepare;
mod search_path;

pub(crate) use expand::expand_lists;
pub use one_off::one_off;

use crate::notify::{self, CatchUp, Undo};
use crate::object::{AbContainer, AnyObject, Open};
use crate::session::{AddressBookLogon, Core, Session};
use mapi_defs::flags::OpenFlags;
use mapi_defs::notification::EventMask;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result, Warning};
use mapi_spi::address_book::Resolution;
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::Opened;
use mapi_spi::prop::MapiProp;
use std::sync::Arc;

/// The address book of a session.
#[derive(Clone, Debug)]
pub struct AddressBook {
    open: Open<Books>,
}

/// What became of names that were looked up.
#[derive(Debug)]
pub struct Resolved {
    /// What became of each, in the order of the recipients.
    pub flags: Vec<Resolution>,
    /// Why containers could not be asked.
    pub errors: Vec<Error>,
    /// How many could.
    asked: usize,
}

impl Resolved {
    /// `MAPI_W_ERRORS_RETURNED` where a container could not be asked.
    pub fn warning(&self) -> Option<Warning> {
        (!self.errors.is_empty()).then_some(Warning::ERRORS_RETURNED)
    }
}

/// What an address book handle holds.
struct Books {
    logons: Vec<Arc<AddressBookLogon>>,
    has_failures: bool,
}

impl Books {
    /// The logon an identifier belongs to.
    fn of(&self, id: &EntryId, call: &'static str) -> Result<&Arc<AddressBookLogon>> {
        let uid = id.provider();
        let known = self.logons.iter().find(|known| uid.is_some_and(|uid| known.uids.contains(&uid)));
        known.ok_or_else(|| {
            let detail = format!("no address book knows entry {}", id.short());
            Error::new(ErrorCode::UNKNOWN_ENTRYID, call, detail)
        })
    }
}

impl AddressBook {
    #[track_caller]
    pub(crate) fn new(core: &Arc<Core>, (logons, has_failures): (Vec<Arc<AddressBookLogon>>, bool)) -> Self {
        let books = Arc::new(Books { logons, has_failures });
        Self { open: Open::of_session(core, &core.gate, books, "IAddrBook", String::new()) }
    }

    /// `MAPI_W_ERRORS_RETURNED` where an address book of the profile cannot be used;
    /// [`Session::last_error`] says which and why.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn warning(&self) -> Result<Option<Warning>> {
        Ok(self.open.live()?.has_failures.then_some(Warning::ERRORS_RETURNED))
    }

    /// The containers, one for each address book of the profile that could be logged on to.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    #[track_caller]
    pub fn containers(&self) -> Result<Vec<AbContainer>> {
        let live = self.open.live()?;
        let mut containers = Vec::new();
        for known in &live.logons {
            let container = known.logon.get()?.open_container(&EntryId::default(), OpenFlags::BEST_ACCESS)?;
            containers.push(AbContainer::of(self.behind(known, container, "IABContainer")?));
        }
        Ok(containers)
    }

    /// Opens an entry by its identifier (OpenEntry); of a one-off identifier MAPI itself makes a mail user.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: a one-off identifier that is cut short.
    /// - `MAPI_E_NO_ACCESS`: MODIFY of what can only be read.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no address book of the session knows it.
    /// - `MAPI_E_NOT_FOUND`: its address book has no such entry.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<AnyObject> {
        let live = self.open.live()?;
        if let Some(user) = one_off::open(&self.open.session()?.0, id, flags) {
            return user;
        }
        let known = live.of(id, "AddressBook::open_entry")?;
        match known.logon.get()?.open_entry(id, flags)? {
            Opened::Object(object) => {
                let object: Arc<dyn MapiProp> = object;
                Ok(AnyObject { open: self.behind(known, object, "IMailUser")? })
            }
            _ => Err(Error::new(ErrorCode::NOT_FOUND, "AddressBook::open_entry", "it is no entry")),
        }
    }

    /// Opens a container, or a list as one of its members, by its identifier (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no address book of the session knows it.
    /// - `MAPI_E_NOT_FOUND`: it is not there, or neither.
    #[track_caller]
    pub fn open_container(&self, id: &EntryId, flags: OpenFlags) -> Result<AbContainer> {
        let live = self.open.live()?;
        let known = live.of(id, "AddressBook::open_container")?;
        let container = known.logon.get()?.open_container(id, flags)?;
        Ok(AbContainer::of(self.behind(known, container, "IABContainer")?))
    }

    /// Looks recipients up in the containers of the search path, each asked for what those before it did not
    /// find (ResolveName). The answers are in the order of the recipients. A container that cannot be asked does
    /// not keep the next from it: [`AddressBook::resolve_partly`] tells of it.
    ///
    /// # Errors
    /// - What an address book answers, where none could be asked.
    pub fn resolve(&self, recipients: &mut [Recipient]) -> Result<Vec<Resolution>> {
        let found = self.resolve_partly(recipients)?;
        match found.errors.into_iter().next() {
            Some(error) if found.asked == 0 => Err(error),
            _ => Ok(found.flags),
        }
    }

    /// As [`AddressBook::resolve`], with the errors of the containers that could not be asked: who was found in
    /// none of the others may be in one of these.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn resolve_partly(&self, recipients: &mut [Recipient]) -> Result<Resolved> {
        let live = self.open.live()?;
        let mut found =
            Resolved { flags: vec![Resolution::Unresolved; recipients.len()], errors: Vec::new(), asked: 0 };
        for container in self.searched(&live)? {
            let answer =
                container.and_then(|container| container.resolve_names(recipients, &mut found.flags));
            match answer {
                Err(error) if error.is_invalid_object() => return Err(error),
                Err(error) if error.code() != ErrorCode::NO_SUPPORT => {
                    tracing::warn!(%error, "a container of the search path cannot be asked");
                    found.errors.push(error);
                }
                _ => found.asked += 1,
            }
        }
        Ok(found)
    }

    /// Calls a sink at events of an entry or container, or of all address books where the identifier is
    /// empty (Advise). Critical errors are told to a sink of all of them whatever its mask is, and by MAPI
    /// itself, so this is supported where no address book notifies.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: it is no identifier.
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no address book of the session knows it.
    /// - `MAPI_E_INVALID_PARAMETER`: the mask asks for nothing that an entry tells.
    /// - `MAPI_E_NO_SUPPORT`: its address book does not notify.
    pub fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        const CALL: &str = "AddressBook::advise";
        let live = self.open.live()?;
        let (core, _) = self.open.session()?;
        if id.is_empty() {
            let mask = mask | EventMask::CRITICAL_ERROR;
            return core.advises.advise_address_book(mask, sink, |forward| {
                let each = live.logons.iter().map(|known| advise_one(known, id, mask, forward.clone()));
                let undo: Vec<Undo> = each.filter_map(supported).collect::<Result<_>>()?;
                Ok(Box::new(move || undo.into_iter().try_for_each(|undo| undo())))
            });
        }
        let Some(uid) = id.provider() else {
            let detail = format!("{} is no entry identifier", id.short());
            return Err(Error::new(ErrorCode::INVALID_ENTRYID, CALL, detail));
        };
        let known = live.logons.iter().find(|known| known.uids.contains(&uid)).ok_or_else(|| {
            let detail = format!("no address book knows entry {}", id.short());
            Error::new(ErrorCode::UNKNOWN_ENTRYID, CALL, detail)
        })?;
        notify::check_mask(mask, notify::OF_ADDRESS_BOOKS, CALL)?;
        let catch_up = CatchUp::Modified(id.clone());
        core.advises.advise_behind(known.gate.clone(), mask, catch_up, sink, |forward| {
            advise_one(known, id, mask, forward)
        })
    }

    /// Ends an advise (Unadvise). The sink is let go; a call of it that is running in another thread is not
    /// waited for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        drop(self.open.live()?);
        self.open.session()?.0.advises.unadvise(connection)
    }

    #[track_caller]
    fn behind<T: ?Sized>(
        &self,
        known: &AddressBookLogon,
        object: Arc<T>,
        kind: &'static str,
    ) -> Result<Open<T>> {
        let (core, _) = self.open.session()?;
        Ok(Open::of_session(&core, &known.gate, object, kind, known.name.clone()))
    }
}

fn advise_one(
    known: &Arc<AddressBookLogon>,
    id: &EntryId,
    mask: EventMask,
    sink: Arc<dyn AdviseSink>,
) -> Result<Undo> {
    let connection = known.logon.get()?.advise(id, mask, sink)?;
    let known = Arc::downgrade(known);
    Ok(Box::new(move || {
        let Some(known) = known.upgrade() else { return Ok(()) };
        let _pass = known.gate.enter()?;
        known.logon.get()?.unadvise(connection)
    }))
}

/// Leaves an address book out that does not notify.
fn supported(answer: Result<Undo>) -> Option<Result<Undo>> {
    match answer {
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => None,
        other => Some(other),
    }
}

impl Session {
    /// Opens the address book (OpenAddressBook); it logs on to the profile's address book providers.
    /// Those that fail are left out, and [`AddressBook::warning`] says so.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    #[track_caller]
    pub fn open_address_book(&self) -> Result<AddressBook> {
        let core = self.core();
        let _pass = core.enter()?;
        Ok(AddressBook::new(core, core.address_book_logons()?))
    }
}
