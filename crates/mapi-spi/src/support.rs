//! `Support`: what MAPI does for a provider (IMAPISupport). It is all that a provider sees of a session.

use crate::message::Message;
use crate::msg_store::Delivered;
use crate::no_support;
use crate::prop::MapiProp;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::{FileTime, Result};
use std::sync::Arc;

/// What a provider tells the spooler (SpoolerNotify, NOTIFY_*).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpoolerNotify {
    /// NOTIFY_NEWMAIL: a transport has a message to hand in.
    NewMail,
    /// NOTIFY_READYTOSEND: there is something to send, or sending is possible again.
    ReadyToSend,
    /// NOTIFY_CONFIG_CHANGE: address types have changed.
    ConfigChange,
    /// NOTIFY_CRITICAL_ERROR: the provider cannot go on.
    CriticalError,
}

/// What MAPI does for a provider.
pub trait Support: Send + Sync {
    /// The present moment; providers ask nobody else.
    fn now(&self) -> FileTime;

    /// A new identity nobody else has (NewUID).
    fn new_uid(&self) -> MapiUid;

    /// Opens a section of the profile, the provider's own where `uid` is `None` (OpenProfileSection).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such section.
    fn profile_section(&self, uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>>;

    /// Registers a UID at the head of entry identifiers that this logon opens, beside those it names
    /// itself (SetProviderUID). It is never taken back; it goes with the logon.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is no store's and no address book's.
    fn set_provider_uid(&self, uid: MapiUid) -> Result<()> {
        let _ = uid;
        no_support("Support::set_provider_uid")
    }

    /// Makes these columns the provider's row in the status table, in place of those it had told before;
    /// none at all take the row away (ModifyStatusRow without flags).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this host has no status table.
    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        let _ = columns;
        no_support("Support::modify_status_row")
    }

    /// Sets columns of the provider's row and leaves the others (ModifyStatusRow with STATUSROW_UPDATE).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this host has no status table.
    fn update_status_row(&self, columns: PropList) -> Result<()> {
        let _ = columns;
        no_support("Support::update_status_row")
    }

    /// Says that the last client has let go of the store (StoreLogoffTransports); a store calls it once,
    /// with the way that StoreLogoff was last told, or LOGOFF_ABORT. The answer has what is going on;
    /// with LOGOFF_COMPLETE, the spooler has given the store up.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`, `MAPI_E_INVALID_PARAMETER`: not one way to log off.
    /// - `MAPI_E_NO_SUPPORT`: this support object is no store's.
    fn store_logoff_transports(&self, flags: u32) -> Result<u32> {
        let _ = flags;
        no_support("Support::store_logoff_transports")
    }

    /// Tells the spooler something (SpoolerNotify).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this session has no spooler.
    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        let _ = what;
        no_support("Support::spooler_notify")
    }

    /// Prepares a message that is sent again (PrepareSubmit).
    ///
    /// # Errors
    /// Any error is the answer of the submit.
    fn prepare_submit(&self, message: &dyn Message) -> Result<()> {
        let _ = message;
        Ok(())
    }

    /// Expands lists and marks duplicates among the recipients (ExpandRecips). True where a
    /// preprocessor has to see the message.
    ///
    /// # Errors
    /// Any error is the answer of the submit.
    fn expand_recips(&self, message: &dyn Message) -> Result<bool> {
        let _ = message;
        Ok(false)
    }

    /// Delivers a message into the profile's default store, once for each search key.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is not a transport's.
    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let _ = (message, search_key);
        no_support("Support::deliver")
    }

    /// Is told by a transport, right before its last step, that a server may soon have this message for
    /// these recipients (PR_ROWID): if nothing more is heard, nobody knows whether they got it. What is to
    /// outlive the process is recorded before this returns.
    ///
    /// # Errors
    /// Any error keeps the transport from that step: nothing is sent, and the message is tried again.
    fn in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        let _ = (message, row_ids);
        Ok(())
    }
}
