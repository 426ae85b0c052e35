//! `MsgStore`: an open message store (IMsgStore).

use crate::advise::{AdviseSink, Connection};
use crate::container::Opened;
use crate::message::Message;
use crate::no_support;
use crate::prop::MapiProp;
use crate::spooler::{QueueNotes, Queued};
use crate::table::MapiTable;
use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// Where messages of a class arrive (GetReceiveFolder).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiveFolder {
    /// The folder.
    pub folder: EntryId,
    /// The class that was set and that the asked class is, or is derived from; empty for the default.
    pub message_class: String,
}

/// A message that was delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// The message in the store.
    pub entry_id: EntryId,
    /// False where this delivery had been made before, and nothing was changed.
    pub is_new: bool,
}

/// A message store.
///
/// # Source
/// IMsgStore : IMAPIProp.
pub trait MsgStore: MapiProp {
    /// Opens an object of the store; an empty identifier is the root folder (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such object.
    /// - `MAPI_E_INVALID_ENTRYID`: not an identifier of this store.
    /// - `MAPI_E_SUBMITTED`: MODIFY of a message that is in the outgoing queue.
    /// - `MAPI_E_NO_ACCESS`: MODIFY of a read-only object; any opening of a message the spooler has locked.
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened>;

    /// True where two identifiers are of the same object (CompareEntryIDs).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: neither is of this store.
    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        Ok(one == other)
    }

    /// Returns where messages of a class arrive; the empty class is the default (GetReceiveFolder).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: nothing is received into this store.
    fn receive_folder(&self, message_class: &str) -> Result<ReceiveFolder> {
        let _ = message_class;
        no_support("MsgStore::receive_folder")
    }

    /// Sets where messages of a class arrive, or forgets it (SetReceiveFolder).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the class is not one, or the default is to be forgotten.
    fn set_receive_folder(&self, message_class: &str, folder: Option<&EntryId>) -> Result<()> {
        let _ = (message_class, folder);
        no_support("MsgStore::set_receive_folder")
    }

    /// Returns the table of receive folders (GetReceiveFolderTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: nothing is received into this store.
    fn receive_folder_table(&self) -> Result<Arc<dyn MapiTable>> {
        no_support("MsgStore::receive_folder_table")
    }

    /// Calls a sink at events of an object, or of the store where the identifier is empty (Advise).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the store does not notify.
    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let _ = (id, mask, sink);
        no_support("MsgStore::advise")
    }

    /// Ends an advise; an unknown connection is ignored (Unadvise).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the store does not notify.
    fn unadvise(&self, connection: Connection) -> Result<()> {
        let _ = connection;
        no_support("MsgStore::unadvise")
    }

    /// Takes a message out of the outgoing queue; it can be changed again (AbortSubmit).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued any more.
    /// - `MAPI_E_UNABLE_TO_ABORT`: the spooler is at work on it.
    fn abort_submit(&self, id: &EntryId) -> Result<()> {
        let _ = id;
        no_support("MsgStore::abort_submit")
    }

    /// Keeps a queued message from being sent until it is let go, durably; or lets it go, and with it one that
    /// the spooler has set aside.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued any more.
    /// - `MAPI_E_UNABLE_TO_ABORT`: the spooler is at work on it.
    fn hold(&self, id: &EntryId, hold: bool) -> Result<()> {
        let _ = (id, hold);
        no_support("MsgStore::hold")
    }

    /// What the queue knows of a message; `None` where it is not queued.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the store does not tell.
    fn queued(&self, id: &EntryId) -> Result<Option<Queued>> {
        let _ = id;
        no_support("MsgStore::queued")
    }

    /// Returns the table of the outgoing queue, oldest submission first (GetOutgoingQueue).
    ///
    /// Looking changes nothing: a spooler that does not hold the lease looks too, while another one
    /// has messages locked.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: not opened by the spooler.
    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        no_support("MsgStore::outgoing_queue")
    }

    /// Locks or unlocks a queued message for the spooler; saves its pending changes (SetLockState).
    ///
    /// The first lock that a logon takes ends the locks of the spoolers before it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued.
    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        let _ = (message, locked);
        no_support("MsgStore::set_lock_state")
    }

    /// Unlocks a queued message as [`MsgStore::set_lock_state`] does, and keeps with it what the next
    /// attempt has to know, in one durable step.
    ///
    /// # Errors
    /// Those of [`MsgStore::set_lock_state`].
    fn rest_msg(&self, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
        let _ = notes;
        self.set_lock_state(message, false)
    }

    /// Ends the sending of a locked message: it leaves the queue and is moved, kept or deleted as its
    /// PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT say, in one durable step (FinishedMsg).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued.
    /// - `MAPI_E_NO_SUPPORT`: not opened by the spooler.
    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        let _ = id;
        no_support("MsgStore::finished_msg")
    }

    /// Ends the sending of a locked message that is open, as [`MsgStore::finished_msg`] does, and saves what was
    /// changed on it: in one durable step where the store overrides this. The object is closed by it.
    ///
    /// # Errors
    /// Those of [`MsgStore::finished_msg`] and of saving the message.
    fn finish_msg(&self, message: &dyn Message, id: &EntryId) -> Result<()> {
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
        self.finished_msg(id)
    }

    /// Puts a copy of `message` into the receive folder of its class, once for each `search_key`, in
    /// one durable step.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: nothing is received into this store.
    ///
    /// # Differs
    /// In Windows the spooler creates the message and the transport fills it (StartMessage). One step
    /// is what makes delivery happen once however often it is tried.
    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let _ = (message, search_key);
        no_support("MsgStore::deliver")
    }

    /// Whether deliveries with these keys were made before, by [`MsgStore::deliver`] or by a message saved with
    /// a [`DELIVERY_KEY`](crate::spooler::DELIVERY_KEY); in the order asked.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the store keeps no book of deliveries.
    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        let _ = keys;
        no_support("MsgStore::has_delivered")
    }

    /// Tells the store's sinks of a new message (NotifyNewMail).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: not opened by the spooler.
    fn notify_new_mail(&self, notification: &Notification) -> Result<()> {
        let _ = notification;
        no_support("MsgStore::notify_new_mail")
    }

    /// Prepares the end of the store's use; `flags` are LOGOFF_*, and so is the answer (StoreLogoff).
    ///
    /// The way is kept, the last one counts. When the last client lets go of the store MAPI drops this
    /// object, and the store hands the way to
    /// [`Support::store_logoff_transports`](crate::support::Support::store_logoff_transports), once;
    /// without a StoreLogoff it is LOGOFF_ABORT. A logoff of the logon before that does the same.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_INVALID_PARAMETER`: more than one way.
    fn store_logoff(&self, flags: u32) -> Result<u32> {
        let _ = flags;
        no_support("MsgStore::store_logoff")
    }
}
