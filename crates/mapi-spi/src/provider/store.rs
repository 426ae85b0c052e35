//! `MsProvider` and `MsLogon`: a message store provider (IMSProvider, IMSLogon).

use crate::container::Opened;
use crate::msg_store::MsgStore;
use crate::no_support;
use crate::provider::shutdown::ProviderShutdown;
use crate::status::StatusObject;
use crate::support::Support;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// How a store is logged on to.
#[derive(Clone)]
pub struct StoreLogon {
    /// What MAPI does for this logon.
    pub support: Arc<dyn Support>,
    /// The store's identifier from the stores table; empty for a new or unknown one.
    pub entry_id: EntryId,
    /// MODIFY, BEST_ACCESS, NO_MAIL.
    pub flags: OpenFlags,
    /// True where the spooler logs on (SpoolerLogon): queue methods work.
    pub is_spooler: bool,
}

/// A store provider.
pub trait MsProvider: Send + Sync {
    /// The provider's name in messages and accounts.
    fn name(&self) -> &str;

    /// Logs on to the store that the support object's profile section describes.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the section lacks something; configuring the service may help.
    /// - `MAPI_E_NOT_FOUND`: there is no such store.
    /// - `MAPI_E_NO_ACCESS`: it cannot be opened as asked.
    /// - `MAPI_E_CORRUPT_STORE`, `MAPI_E_VERSION`: it is not, or not yet, or no longer readable.
    fn logon(&self, how: StoreLogon) -> Result<(Arc<dyn MsLogon>, Arc<dyn MsgStore>)>;

    /// True where two identifiers, as [`StoreLogon::entry_id`] has them, are of one store (CompareStoreIDs).
    ///
    /// # Errors
    /// Any error leaves the store unopened that was looked for.
    fn compare_store_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        Ok(one == other)
    }

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

    /// False where [`MsProvider::shutdown`] does nothing; MAPI then spares itself a call that it would
    /// have to guard against not returning.
    fn has_shutdown(&self) -> bool {
        true
    }
}

/// One logon to a store.
pub trait MsLogon: Send + Sync {
    /// The UIDs at the head of the entry identifiers that this logon opens (RegisterProviderUID).
    fn uids(&self) -> Vec<MapiUid>;

    /// Opens an object of the store; an empty identifier is the root folder.
    ///
    /// # Errors
    /// Those of [`MsgStore::open_entry`].
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened>;

    /// Opens the status object (OpenStatusEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        no_support("MsLogon::open_status_entry")
    }

    /// Ends the logon: saves nothing that was not saved, closes what it holds open.
    ///
    /// # Errors
    /// Any error is reported and the logon counts as ended.
    fn logoff(&self) -> Result<()>;
}
