//! The address book of a session, over all its address book logons (IAddrBook). `one_off.rs` makes
//! identifiers of addresses that no address book holds.

mod one_off;

pub use one_off::one_off;

use crate::object::{AbContainer, AnyObject, Open};
use crate::session::{AddressBookLogon, Core, Session};
use mapi_defs::flags::OpenFlags;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result, Warning};
use mapi_spi::address_book::Resolution;
use mapi_spi::container::Opened;
use mapi_spi::prop::MapiProp;
use std::sync::Arc;

/// The address book of a session.
#[derive(Clone, Debug)]
pub struct AddressBook {
    open: Open<Books>,
}

/// What an address book handle holds.
struct Books {
    logons: Vec<Arc<AddressBookLogon>>,
    has_failures: bool,
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
            let container = known.logon.open_container(&EntryId::default(), OpenFlags::BEST_ACCESS)?;
            containers.push(AbContainer::of(self.behind(known, container, "IABContainer")?));
        }
        Ok(containers)
    }

    /// Opens an entry by its identifier (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no address book of the session knows it.
    /// - `MAPI_E_NOT_FOUND`: its address book has no such entry.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<AnyObject> {
        let live = self.open.live()?;
        let uid = id.provider();
        let known = live.logons.iter().find(|known| uid.is_some_and(|uid| known.uids.contains(&uid)));
        let known = known.ok_or_else(|| {
            let detail = format!("no address book knows entry {}", id.short());
            Error::new(ErrorCode::UNKNOWN_ENTRYID, "AddressBook::open_entry", detail)
        })?;
        match known.logon.open_entry(id, flags)? {
            Opened::Object(object) => {
                let object: Arc<dyn MapiProp> = object;
                Ok(AnyObject { open: self.behind(known, object, "IMailUser")? })
            }
            _ => Err(Error::new(ErrorCode::NOT_FOUND, "AddressBook::open_entry", "it is no entry")),
        }
    }

    /// Looks recipients up in all address books, each asked for what those before it did not find
    /// (ResolveName). The answers are in the order of the recipients.
    ///
    /// # Errors
    /// - What an address book answers.
    pub fn resolve(&self, recipients: &mut [Recipient]) -> Result<Vec<Resolution>> {
        let live = self.open.live()?;
        let mut flags = vec![Resolution::Unresolved; recipients.len()];
        for known in &live.logons {
            let container = known.logon.open_container(&EntryId::default(), OpenFlags::NONE)?;
            match container.resolve_names(recipients, &mut flags) {
                Err(error) if error.code() == ErrorCode::NO_SUPPORT => {}
                other => other?,
            }
        }
        Ok(flags)
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
