//! `AbProvider` and `AbLogon`: an address book provider (IABProvider, IABLogon).

use crate::address_book::AbContainer;
use crate::advise::{AdviseSink, Connection};
use crate::container::Opened;
use crate::no_support;
use crate::provider::shutdown::ProviderShutdown;
use crate::status::StatusObject;
use crate::support::Support;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::EventMask;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// An address book provider.
pub trait AbProvider: Send + Sync {
    /// The provider's name in messages and accounts.
    fn name(&self) -> &str;

    /// Logs on.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the section lacks something.
    fn logon(&self, support: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>>;

    /// What the provider does at a fast shutdown; `None` where it does not take part (QueryInterface for
    /// IMAPIProviderShutdown).
    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        None
    }

    /// Ends the provider; every logon has ended before.
    ///
    /// # Errors
    /// Any error is reported and changes nothing.
    fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// One logon of an address book.
pub trait AbLogon: Send + Sync {
    /// The UIDs at the head of the entry identifiers that this logon opens.
    fn uids(&self) -> Vec<MapiUid>;

    /// Opens an object; an empty identifier is the provider's root container.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`: no such object.
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened>;

    /// Opens a container; an empty identifier is the provider's root container.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`: no such container.
    fn open_container(&self, id: &EntryId, flags: OpenFlags) -> Result<Arc<dyn AbContainer>> {
        let _ = (id, flags);
        no_support("AbLogon::open_container")
    }

    /// Returns the members of a distribution list, lists within it not expanded.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such list.
    fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        let _ = id;
        no_support("AbLogon::expand_list")
    }

    /// True where two identifiers are of the same object (CompareEntryIDs).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: one of them is not this provider's.
    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        // Without knowledge of what the bytes mean, the same bytes are the same object.
        Ok(one == other)
    }

    /// Calls a sink at events of an object, or of the whole address book where the identifier is empty
    /// (Advise).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the address book does not notify.
    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let _ = (id, mask, sink);
        no_support("AbLogon::advise")
    }

    /// Ends an advise (Unadvise).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn unadvise(&self, connection: Connection) -> Result<()> {
        let _ = connection;
        no_support("AbLogon::unadvise")
    }

    /// Opens the status object (OpenStatusEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        no_support("AbLogon::open_status_entry")
    }

    /// Ends the logon.
    ///
    /// # Errors
    /// Any error is reported and the logon counts as ended.
    fn logoff(&self) -> Result<()>;
}
