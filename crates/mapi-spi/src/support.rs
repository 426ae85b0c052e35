//! `Support`: what MAPI does for a provider (IMAPISupport). It is all that a provider sees of a session.

use crate::advise::{AdviseSink, Connection};
use crate::hook::Preprocessor;
use crate::message::Message;
use crate::msg_store::Delivered;
use crate::no_support;
use crate::progress::Progress;
use crate::prop::MapiProp;
use crate::report::ReportKind;
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::PropList;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, FileTime, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// How a sink is told of what providers notify (NOTIFY_*).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// On a thread of MAPI's own, after the call that notified has returned.
    Later,
    /// NOTIFY_SYNC: within Notify itself; for sinks of the provider's own.
    Within,
}

/// What a provider tells the spooler (SpoolerNotify, NOTIFY_*).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpoolerNotify {
    /// NOTIFY_NEWMAIL: a transport has a message to hand in.
    NewMail,
    /// NOTIFY_READYTOSEND: there is something to send, or sending is possible again.
    ReadyToSend,
    /// NOTIFY_SENTDEFERRED: the transport wants this message, which it has deferred.
    SentDeferred(EntryId),
    /// NOTIFY_CRITSEC: something of the transport's must not be disturbed by Idle or Poll.
    CriticalSection,
    /// NOTIFY_NONCRIT: that is over.
    NonCriticalSection,
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

    /// Makes a read or non-read report of an empty message: what it says of `message`, and to whom it goes
    /// (ReadReceipt). The store then submits it, once for a message, or drops it where this fails.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: nobody is named to whom it could go.
    /// - `MAPI_E_INVALID_PARAMETER`: the kind is that of a delivery; `message` is a report itself.
    /// - `MAPI_E_NO_SUPPORT`: this support object is no store's.
    fn read_receipt(&self, message: &dyn Message, kind: ReportKind, report: &dyn Message) -> Result<()> {
        let _ = (message, kind, report);
        no_support("Support::read_receipt")
    }

    /// Puts a copy of a message that was sent into a folder of another store of the profile: durably before
    /// this returns, read and no longer unsent, and once however often it is asked for (DoSentMail). The store
    /// that sent the message then deletes its own.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no store of the profile has that folder, or none lets the spooler in.
    /// - `MAPI_E_NO_SUPPORT`: this support object is not of the spooler's store.
    /// - Those of the other store.
    ///
    /// # Differs
    /// In Windows this also moves and deletes within the store, and calls the hooks. Here a store does the
    /// first in one step with the end of the queue's row, and the spooler the second.
    fn do_sent_mail(&self, message: &dyn Message, folder: &EntryId) -> Result<()> {
        let _ = (message, folder);
        no_support("Support::do_sent_mail")
    }

    /// Registers a preprocessor for the messages that this transport sends (RegisterPreprocessor). It goes
    /// with the session; preprocessors work in the order of their registration.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is no transport's, or its session has no spooler.
    fn register_preprocessor(&self, preprocessor: Arc<dyn Preprocessor>) -> Result<()> {
        let _ = preprocessor;
        no_support("Support::register_preprocessor")
    }

    /// Makes reports of what became of recipients of a message, for its sender (StatusRecips): a delivery
    /// report of rows with PR_DELIVER_TIME where one was asked for, a non-delivery report of the others.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is no transport's, or its session has no spooler.
    fn status_recips(&self, message: &dyn Message, rows: &[Recipient]) -> Result<()> {
        let _ = (message, rows);
        no_support("Support::status_recips")
    }

    /// Delivers a message into the profile's default store, once for each search key.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is not a transport's.
    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let _ = (message, search_key);
        no_support("Support::deliver")
    }

    /// Whether deliveries with these keys were made before into the store in which this transport's mail
    /// arrives; in the order asked. So a transport need not remember what it has handed in.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this support object is not a transport's, or the store keeps no book.
    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        let _ = keys;
        no_support("Support::has_delivered")
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

    /// Has a sink told of what is notified under a key (Subscribe). Keys are bytes of the provider's own
    /// choice; whoever subscribes in this process under the same bytes is told. All subscriptions of a
    /// support object end with it.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty key; a mask without an event that can be notified; `Within`
    ///   for a sink that is bound to a thread.
    /// - `MAPI_E_NO_SUPPORT`: this host tells nobody.
    fn subscribe(
        &self,
        key: &[u8],
        mask: EventMask,
        told: Told,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        let _ = (key, mask, told, sink);
        no_support("Support::subscribe")
    }

    /// Ends a subscription (Unsubscribe).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: this support object has no such subscription.
    fn unsubscribe(&self, connection: Connection) -> Result<()> {
        let _ = connection;
        no_support("Support::unsubscribe")
    }

    /// Tells every subscriber of a key what its mask asks for, in this order (Notify). True where a sink
    /// that was told within the call kept those after it from being told (NOTIFY_CANCELED).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty key, or an event that only MAPI itself notifies.
    /// - `MAPI_E_BUSY`: a sink that is being told within a call notifies others that would be, too.
    fn notify(&self, key: &[u8], notifications: &[Notification]) -> Result<bool> {
        let _ = (key, notifications);
        no_support("Support::notify")
    }

    /// Who shows how far long work has come, where somebody does (DoProgressDialog).
    fn progress(&self) -> Option<Arc<dyn Progress>> {
        None
    }

    /// The identifier that lasts of an entry of the address book that was named by one that does not
    /// (PR_ENTRYID of what OpenAddressBook and OpenEntry open).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such entry.
    /// - `MAPI_E_NO_SUPPORT`: this host has no address book to ask.
    fn long_term_entry_id(&self, entry_id: &EntryId) -> Result<EntryId> {
        let _ = entry_id;
        no_support("Support::long_term_entry_id")
    }

    /// The folder, for the user alone, of what lives no longer than its processes: sockets by which they
    /// wake one another. Losing what is in it harms nobody.
    fn run_folder(&self) -> Option<PathBuf> {
        None
    }
}
