//! An open store of a provider in a library (IMsgStore).

use super::container::{c_id, opened};
use super::prop::{Foreign, PropFace};
use super::table::foreign_table;
use super::{Block, told};
use crate::export::core_sink::core_sink;
use crate::export::opened::entry_id;
use crate::interfaces::{IMAPIProp, IMAPITable, IMessage, IMsgStore};
use crate::marshal::In;
use crate::marshal::notification::c_notifications;
use crate::marshal::text::{MAPI_UNICODE, encode16, utf16};
use mapi_defs::flags::OpenFlags;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::{MsgStore, ReceiveFolder};
use mapi_spi::table::MapiTable;
use std::ptr::null;
use std::sync::Arc;

const MSG_LOCKED: u32 = 1;
const MSG_UNLOCKED: u32 = 0;

impl PropFace for IMsgStore {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl MsgStore for Foreign<IMsgStore> {
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        const CALL: &str = "IMsgStore::OpenEntry";
        let ((bytes, id), mut kind, mut object) = (c_id(id), 0, None);
        // SAFETY: the object is held by `self`; identifier and places are ours.
        let answer =
            unsafe { self.0.OpenEntry(bytes, id, null(), flags.0, &raw mut kind, (&mut object).into()) };
        told(answer, CALL)?;
        opened(object, kind, CALL)
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        let ((one_bytes, one), (other_bytes, other), mut result) = (c_id(one), c_id(other), 0);
        // SAFETY: the object is held by `self`; identifiers and place are ours.
        let answer =
            unsafe { self.0.CompareEntryIDs(one_bytes, one, other_bytes, other, 0, &raw mut result) };
        told(answer, "IMsgStore::CompareEntryIDs").map(|()| result != 0)
    }

    fn receive_folder(&self, message_class: &str) -> Result<ReceiveFolder> {
        const CALL: &str = "IMsgStore::GetReceiveFolder";
        let mut class = encode16(message_class);
        let (mut bytes, mut id, mut explicit) = (0, Block::empty(), Block::empty());
        // SAFETY: the object is held by `self`; text and places are ours.
        let answer = unsafe {
            let (class, places) = (class.as_mut_ptr().cast(), (&raw mut id.0, &raw mut explicit.0));
            self.0.GetReceiveFolder(class, MAPI_UNICODE, &raw mut bytes, places.0, places.1)
        };
        told(answer, CALL)?;
        // SAFETY: the object answered as many bytes, and NULL or a text.
        let (folder, class) =
            unsafe { (entry_id(bytes, id.0, CALL)?, utf16(explicit.0.cast::<u16>(), CALL)?) };
        Ok(ReceiveFolder { folder, message_class: class.unwrap_or_default() })
    }

    fn set_receive_folder(&self, message_class: &str, folder: Option<&EntryId>) -> Result<()> {
        let (mut class, none) = (encode16(message_class), EntryId::default());
        let (bytes, id) = c_id(folder.unwrap_or(&none));
        let id = if bytes == 0 { std::ptr::null_mut() } else { id };
        // SAFETY: the object is held by `self`; text and identifier are ours.
        let answer = unsafe { self.0.SetReceiveFolder(class.as_mut_ptr().cast(), MAPI_UNICODE, bytes, id) };
        told(answer, "IMsgStore::SetReceiveFolder")
    }

    fn receive_folder_table(&self) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMsgStore::GetReceiveFolderTable";
        let mut table: Option<IMAPITable> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.GetReceiveFolderTable(MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let (sink, (bytes, id), mut connection) = (core_sink(sink), c_id(id), 0);
        let id = if bytes == 0 { std::ptr::null_mut() } else { id };
        // SAFETY: the object is held by `self`; identifier, sink and place are ours.
        let answer = unsafe { self.0.Advise(bytes, id, mask.0, (&sink).into(), &raw mut connection) };
        told(answer, "IMsgStore::Advise").map(|()| Connection(connection as u64))
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.Unadvise(connection.0 as usize) }, "IMsgStore::Unadvise")
    }

    fn abort_submit(&self, id: &EntryId) -> Result<()> {
        let (bytes, id) = c_id(id);
        // SAFETY: the object is held by `self`; the identifier is ours.
        told(unsafe { self.0.AbortSubmit(bytes, id, 0) }, "IMsgStore::AbortSubmit")
    }

    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMsgStore::GetOutgoingQueue";
        let mut table: Option<IMAPITable> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.GetOutgoingQueue(MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        const CALL: &str = "IMsgStore::SetLockState";
        let own = message.as_any().downcast_ref::<Foreign<IMessage>>();
        let own = own.ok_or_else(|| {
            Error::new(ErrorCode::INVALID_PARAMETER, CALL, "the message is of another provider")
        })?;
        let state = if locked { MSG_LOCKED } else { MSG_UNLOCKED };
        // SAFETY: both objects are held.
        told(unsafe { self.0.SetLockState(In::from(&own.0), state) }, CALL)
    }

    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        let (bytes, id) = c_id(id);
        // SAFETY: the object is held by `self`; the identifier is ours.
        told(unsafe { self.0.FinishedMsg(0, bytes, id) }, "IMsgStore::FinishedMsg")
    }

    fn notify_new_mail(&self, notification: &Notification) -> Result<()> {
        let block = Block(c_notifications(std::slice::from_ref(notification))?);
        // SAFETY: the object is held by `self`; the notification is ours.
        told(unsafe { self.0.NotifyNewMail(block.0) }, "IMsgStore::NotifyNewMail")
    }

    fn store_logoff(&self, flags: u32) -> Result<u32> {
        let mut flags = flags;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.StoreLogoff(&raw mut flags) }, "IMsgStore::StoreLogoff").map(|()| flags)
    }
}
