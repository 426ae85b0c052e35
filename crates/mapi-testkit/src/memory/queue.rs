//! Submitting, the outgoing queue, and delivery.

use super::content::{Content, Id, MESSAGE, Queued, gone};
use super::effects::Effects;
use super::holder::Holder;
use super::message::MemoryMessage;
use super::{Logon, deleting, moving};
use mapi_defs::flags::{MessageFlags, SaveFlags, SubmitFlags};
use mapi_defs::notification::Notification;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::*;
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::copy::copy_message;
use mapi_spi::message::Message;
use mapi_spi::msg_store::Delivered;
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::QueueNotes;
use mapi_spi::support::SpoolerNotify;
use mapi_spi::table::MapiTable;
use std::sync::Arc;

/// Submits an open message: the checks and steps of IMessage::SubmitMessage, in that order.
pub(super) fn submit(message: &MemoryMessage) -> Result<()> {
    const CALL: &str = "Message::submit";
    let (held, logon) = (message.held(), &message.held().logon);
    let Some(id) = held.number() else { return mapi_spi::no_support(CALL) };
    held.check_write(CALL)?;
    if held.recipient_count() == 0 {
        return Err(Error::new(ErrorCode::NO_RECIPIENTS, CALL, "the message has no recipient"));
    }
    held.each_recipient(|row| {
        // Of a resent message those are served already who are marked so (PrepareSubmit).
        row.props.set(Recipient::RESPONSIBILITY, false);
    })?;
    if held.flags() & MessageFlags::RESEND.0 != 0 {
        held.each_recipient(prepare_resend)?;
    }
    logon.support.prepare_submit(message)?;
    let preprocess = logon.support.expand_recips(message)?;
    held.set_prop(Prop::new(PR_CLIENT_SUBMIT_TIME, logon.now()));
    held.save(SaveFlags::NONE, CALL)?;
    let submit_flags = if preprocess { SubmitFlags::PREPROCESS.0 } else { 0 };
    logon.data.change(|content, effects| {
        content.message_mut(id, CALL)?.flags |= MessageFlags::SUBMIT.0 | MessageFlags::UNSENT.0;
        match content.queue.iter_mut().find(|queued| queued.message == id) {
            // Submitted again by the spooler once the preprocessors have seen it.
            Some(queued) => queued.submit_flags &= !SubmitFlags::PREPROCESS.0,
            None => {
                let notes = QueueNotes::default();
                content.queue.push(Queued { message: id, locked_by: None, submit_flags, notes });
            }
        }
        effects.message_row(content, id)
    })?;
    held.life.end();
    // Nobody is there to tell in a session without a spooler.
    logon.support.spooler_notify(SpoolerNotify::ReadyToSend).ok();
    Ok(())
}

fn prepare_resend(row: &mut Recipient) {
    let kind = row.props.long(Recipient::TYPE).unwrap_or(RecipientType::To.value()).cast_unsigned();
    if kind & mapi_defs::recipient::SUBMITTED != 0 {
        row.props.set(Recipient::TYPE, (kind & !mapi_defs::recipient::SUBMITTED).cast_signed());
        row.props.set(Recipient::RESPONSIBILITY, true);
    }
}

/// AbortSubmit.
pub(super) fn abort(logon: &Logon, id: &EntryId) -> Result<()> {
    const CALL: &str = "MsgStore::abort_submit";
    logon.check_write(CALL)?;
    logon.data.change(|content, effects| {
        let at = place(content, id, CALL)?;
        if content.queue[at].locked_by.is_some() {
            return Err(Error::new(
                ErrorCode::UNABLE_TO_ABORT,
                CALL,
                "the spooler is at work on the message",
            ));
        }
        let id = leave_queue(content, effects, at);
        content.message_mut(id, CALL)?.flags &= !MessageFlags::SUBMIT.0;
        effects.message_row(content, id)
    })
}

/// GetOutgoingQueue; looking changes nothing.
pub(super) fn table(logon: &Logon) -> Result<Arc<dyn MapiTable>> {
    const CALL: &str = "MsgStore::outgoing_queue";
    logon.check_spooler(CALL)?;
    let table = logon.data.read(|content| Ok(content.queue_table.clone()))?;
    Ok(Arc::new(table.view_behind(SortOrder::default(), logon.life.gate())?))
}

/// SetLockState.
pub(super) fn set_lock(logon: &Logon, message: &dyn Message, locked: bool) -> Result<()> {
    const CALL: &str = "MsgStore::set_lock_state";
    logon.check_spooler(CALL)?;
    let ours = message.as_any().downcast_ref::<MemoryMessage>().map(MemoryMessage::held);
    let foreign = || Error::new(ErrorCode::INVALID_PARAMETER, CALL, "the message is not one of this store");
    let held = ours.filter(|held| Arc::ptr_eq(&held.logon.data, &logon.data)).ok_or_else(foreign)?;
    let number = held.number().ok_or_else(foreign)?;
    logon.data.read(|content| content.queued(number).map(|_| ()).ok_or_else(|| not_queued(CALL)))?;
    if held.check_write(CALL).is_ok() {
        held.save(SaveFlags::NONE, CALL)?;
    }
    logon.data.change(|content, effects| {
        if locked {
            end_older_locks(logon, content, effects)?;
        }
        let queued = content.queue.iter_mut().find(|queued| queued.message == number);
        let queued = queued.ok_or_else(|| not_queued(CALL))?;
        let is_new = queued.locked_by != Some(logon.number);
        queued.notes.begun = if locked { queued.notes.begun + u32::from(is_new) } else { 0 };
        queued.locked_by = locked.then_some(logon.number);
        queued.submit_flags &= !SubmitFlags::LOCKED.0;
        queued.submit_flags |= if locked { SubmitFlags::LOCKED.0 } else { 0 };
        effects.message_row(content, number)
    })
}

/// Unlocks and keeps what the next spooler has to know.
pub(super) fn rest(logon: &Logon, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
    set_lock(logon, message, false)?;
    let ours = message.as_any().downcast_ref::<MemoryMessage>().and_then(|message| message.held().number());
    let number = ours.ok_or_else(|| not_queued("MsgStore::rest_msg"))?;
    logon.data.change(|content, effects| {
        if let Some(queued) = content.queue.iter_mut().find(|queued| queued.message == number) {
            queued.notes = QueueNotes { begun: 0, ..notes.clone() };
        }
        effects.message_row(content, number)
    })
}

/// The locks of spoolers before this one end once it locks a message.
fn end_older_locks(logon: &Logon, content: &mut Content, effects: &mut Effects) -> Result<()> {
    let ended = |queued: &&mut Queued| queued.locked_by.is_some_and(|number| number != logon.number);
    let mut unlocked = Vec::new();
    for queued in content.queue.iter_mut().filter(ended) {
        queued.locked_by = None;
        queued.submit_flags &= !SubmitFlags::LOCKED.0;
        unlocked.push(queued.message);
    }
    unlocked.into_iter().try_for_each(|id| effects.message_row(content, id))
}

/// FinishedMsg: what PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT say becomes of the message.
pub(super) fn finish(logon: &Logon, id: &EntryId) -> Result<()> {
    const CALL: &str = "MsgStore::finished_msg";
    logon.check_spooler(CALL)?;
    let now = logon.now();
    logon.data.change(|content, effects| {
        let at = place(content, id, CALL)?;
        let id = leave_queue(content, effects, at);
        let message = content.message_mut(id, CALL)?;
        message.flags &= !(MessageFlags::SUBMIT.0 | MessageFlags::UNSENT.0);
        message.modified = now;
        let deletes = message.body.props.boolean(PR_DELETE_AFTER_SUBMIT).unwrap_or(false);
        let sent_mail = message.body.props.binary(PR_SENTMAIL_ENTRYID).map(EntryId::from_bytes);
        let sent_folder =
            sent_mail.and_then(|folder| super::store::folder_number(content, &folder, CALL).ok());
        if sent_folder.is_some() {
            content.message_mut(id, CALL)?.flags |= MessageFlags::READ.0;
        }
        match (sent_folder, deletes) {
            (Some(folder), true) => {
                moving::copy_message(content, effects, id, folder)?;
                deleting::remove(content, effects, id, true)
            }
            (Some(folder), false) => moving::move_message(content, effects, id, folder),
            (None, true) => deleting::remove(content, effects, id, true),
            (None, false) => effects.message_row(content, id),
        }
    })
}

/// Puts a copy into the receive folder, once for each search key.
pub(super) fn deliver(logon: &Arc<Logon>, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
    const CALL: &str = "MsgStore::deliver";
    logon.check_write(CALL)?;
    if let Some(id) = logon.data.read(|content| Ok(content.delivered.get(search_key).copied()))? {
        let entry_id = logon.data.read(|content| Ok(content.entry_id(MESSAGE, id)))?;
        return Ok(Delivered { entry_id, is_new: false });
    }
    let class = message.props(Some(&[PR_MESSAGE_CLASS]))?;
    let class = class.first().and_then(|prop| prop.value.as_text()).unwrap_or("IPM.Note").to_owned();
    let folder = logon.data.read(|content| Ok(receives(content, &class).1))?;
    let copy = MemoryMessage::create(logon.clone(), folder, false)?;
    let left_out = [PR_MESSAGE_FLAGS, PR_SEARCH_KEY, PR_SENTMAIL_ENTRYID, PR_DELETE_AFTER_SUBMIT];
    copy_message(message, &*copy, &left_out.map(|tag| tag.id()))?;
    copy.set_props(&[
        Prop::new(PR_SEARCH_KEY, search_key.to_vec()),
        Prop::new(PR_MESSAGE_DELIVERY_TIME, logon.now()),
        Prop::new(PR_MESSAGE_FLAGS, 0),
    ])?;
    let number = copy.held().number().ok_or_else(|| gone(CALL))?;
    copy.save_changes(SaveFlags::NONE)?;
    logon.data.change(|content, effects| {
        let entry_id = content.entry_id(MESSAGE, number);
        if let Some(first) = content.delivered.get(search_key).copied() {
            // Somebody else delivered it meanwhile.
            deleting::remove(content, effects, number, true)?;
            return Ok(Delivered { entry_id: content.entry_id(MESSAGE, first), is_new: false });
        }
        content.delivered.insert(search_key.to_vec(), number);
        let message_flags = content.message(number, CALL)?.flags;
        let parent_id = content.entry_id(super::content::FOLDER, folder);
        let event = Notification::NewMail {
            entry_id: entry_id.clone(),
            parent_id: parent_id.clone(),
            message_class: class.clone(),
            message_flags,
        };
        effects.notify(content, &event, &parent_id);
        Ok(Delivered { entry_id, is_new: true })
    })
}

/// The class that was set, of which this one is or is derived, and its folder.
pub(super) fn receives<'content>(content: &'content Content, class: &str) -> (&'content str, Id) {
    let class = class.to_lowercase();
    let mut base = class.as_str();
    loop {
        if let Some((set, folder)) = content.receive.get(base) {
            return (set, *folder);
        }
        match base.rfind('.') {
            Some(dot) => base = &base[..dot],
            None if base.is_empty() => return ("", super::content::ROOT),
            None => base = "",
        }
    }
}

fn place(content: &Content, id: &EntryId, call: &'static str) -> Result<usize> {
    let (kind, number) = content.parse_id(id, call)?;
    let is_it = |queued: &Queued| kind == MESSAGE && queued.message == number;
    content.queue.iter().position(is_it).ok_or_else(|| not_queued(call))
}

fn leave_queue(content: &mut Content, effects: &mut Effects, at: usize) -> Id {
    let queued = content.queue.remove(at);
    effects.queue_left(content, queued.message);
    queued.message
}

fn not_queued(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_IN_QUEUE, call, "the message is not in the outgoing queue")
}
