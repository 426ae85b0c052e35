//! Delivering a message into the store, once for each search key.

use crate::engine::{Change, Once};
use crate::entry_id::Kind;
use crate::logon::Logon;
use crate::message::{Home, StoreMessage, arriving};
use crate::receive_folder::best;
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::{Prop, PropTag, PropValue, tags};
use mapi_defs::recipient::RecipientType;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::copy::copy_message;
use mapi_spi::message::Message;
use mapi_spi::msg_store::Delivered;
use mapi_spi::prop::MapiProp;
use mapi_spi::report::{forget_outcome, is_report};
use std::sync::Arc;

/// What belongs to the sending of the original and not to what arrives.
const NOT_DELIVERED: [PropTag; 5] = [
    tags::PR_DELETE_AFTER_SUBMIT,
    tags::PR_SENTMAIL_ENTRYID,
    tags::PR_SUBMIT_FLAGS,
    tags::PR_CREATION_TIME,
    tags::PR_LAST_MODIFICATION_TIME,
];
/// Flags of the original that say something of its reader.
const READER: u32 = MessageFlags::FROMME.0 | MessageFlags::RN_PENDING.0 | MessageFlags::NRN_PENDING.0;

/// Copies a message into the receive folder of its class, in one transaction.
pub(crate) fn deliver(logon: &Arc<Logon>, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
    const CALL: &str = "MsgStore::deliver";
    logon.check_write(CALL)?;
    let engine = logon.engine(CALL)?;
    let class = message.props(Some(&[tags::PR_MESSAGE_CLASS]))?;
    let class = class.first().and_then(|prop| prop.value.as_text()).unwrap_or_default().to_owned();
    let folders = engine.receive_folders()?;
    let folder = best(&folders, &class).ok_or_else(|| {
        Error::new(ErrorCode::CORRUPT_STORE, CALL, "the store has no default receive folder")
    })?;
    let home = Home::Folder { folder: folder.folder, guard: folder.folder_guard, associated: false };
    let copy = StoreMessage::create(logon.clone(), home);
    let exclude: Vec<u16> = NOT_DELIVERED.iter().map(|tag| tag.id()).collect();
    copy_message(message, &*copy, &exclude)?;
    let has_time = copy.props(Some(&[tags::PR_MESSAGE_DELIVERY_TIME]))?;
    let mut state = copy.writable(CALL)?;
    // New mail: sent, not read.
    let owed = arriving(&state.data);
    state.data.flags = state.data.flags & READER | MessageFlags::UNMODIFIED.0 | owed;
    if has_time.first().is_none_or(|prop| matches!(prop.value, PropValue::Error(_))) {
        let now = PropValue::SysTime(logon.now());
        state.data.props.put(Prop::new(tags::PR_MESSAGE_DELIVERY_TIME, now));
    }
    state.data.props.put(Prop::new(tags::PR_SEARCH_KEY, search_key.to_vec()));
    // Nobody who receives a message learns of its blind copies.
    state.data.recipients.retain(|row| row.kind() != RecipientType::Bcc);
    // What became of a recipient is the sender's business; of a report it is the content.
    if !is_report(&class) {
        state.data.recipients.iter_mut().for_each(forget_outcome);
    }
    let once = Once { key: search_key.to_vec(), is_announced: true };
    let (id, guard, is_new) = copy.save_row(&mut state, false, None, Some(once), false)?;
    Ok(Delivered { entry_id: logon.entry_id(Kind::Message, id, guard), is_new })
}

/// Tells whoever listens, in whatever process, that a message of the store is new mail (NotifyNewMail).
pub(crate) fn announce(logon: &Logon, id: &EntryId, call: &'static str) -> Result<()> {
    let object = logon.read_id(id, call)?;
    if object.kind != Kind::Message {
        return Err(Error::new(ErrorCode::INVALID_ENTRYID, call, "new mail is a message"));
    }
    logon.engine(call)?.commit(Change::Announce { message: object.number })?;
    logon.tell();
    Ok(())
}
