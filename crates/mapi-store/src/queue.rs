//! The outgoing queue as clients and the spooler see it. Putting a message in is `message/save.rs`.

use crate::contents::row_props;
use crate::engine::record::{HELD, QueueRecord};
use crate::engine::{Change, Done};
use crate::entry_id::Kind;
use crate::logon::Logon;
use crate::message::{StoreMessage, ours};
use crate::open::open_entry;
use crate::queue_table::QueueTable;
use crate::row_events::Concern;
use crate::rows::MemoryTable;
use mapi_defs::flags::{OpenFlags, SubmitFlags};
use mapi_defs::prop::{PropList, PropTag, tags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::{QueueNotes, Queued};
use mapi_spi::table::MapiTable;
use std::sync::Arc;

/// The columns that every row has.
const COLUMNS: [PropTag; 13] = [
    tags::PR_CLIENT_SUBMIT_TIME,
    tags::PR_DEFERRED_SEND_TIME,
    tags::PR_DISPLAY_BCC,
    tags::PR_DISPLAY_CC,
    tags::PR_DISPLAY_TO,
    tags::PR_ENTRYID,
    tags::PR_MESSAGE_FLAGS,
    tags::PR_MESSAGE_SIZE,
    tags::PR_PRIORITY,
    tags::PR_SENDER_NAME,
    tags::PR_SUBJECT,
    tags::PR_SUBMIT_FLAGS,
    tags::PR_SPOOLER_STATUS,
];

/// Takes a message out of the queue.
pub(crate) fn abort(logon: &Logon, id: &EntryId) -> Result<()> {
    const CALL: &str = "MsgStore::abort_submit";
    logon.check_write(CALL)?;
    let message = queued_or_not(logon, id, CALL)?;
    let dead_lock = dead_lock(logon, message, CALL)?;
    logon.engine(CALL)?.commit(Change::Abort { message, dead_lock }).map(drop)
}

/// Keeps a message from being sent, or lets it go.
pub(crate) fn hold(logon: &Logon, id: &EntryId, hold: bool) -> Result<()> {
    const CALL: &str = "MsgStore::hold";
    logon.check_write(CALL)?;
    let message = queued_or_not(logon, id, CALL)?;
    let dead_lock = dead_lock(logon, message, CALL)?;
    logon.engine(CALL)?.commit(Change::Hold { message, hold, dead_lock }).map(drop)
}

/// What the queue knows of a message.
pub(crate) fn queued(logon: &Logon, id: &EntryId) -> Result<Option<Queued>> {
    const CALL: &str = "MsgStore::queued";
    let message = match queued_or_not(logon, id, CALL) {
        Err(error) if error.code() == ErrorCode::NOT_IN_QUEUE => return Ok(None),
        other => other?,
    };
    let record = logon.engine(CALL)?.queued(message)?;
    Ok(record.map(|record| Queued {
        is_held: record.submit_flags & HELD != 0,
        is_locked: logon.is_locked(&record),
        notes: record.notes,
    }))
}

/// The lock of a spooler that is gone; 0 where there is none.
fn dead_lock(logon: &Logon, message: i64, call: &'static str) -> Result<i64> {
    let queued = logon.engine(call)?.queued(message)?;
    Ok(queued.filter(|queued| !logon.is_locked(queued)).map_or(0, |queued| queued.lock))
}

/// The table of the queue. Looking changes nothing: a spooler that waits for its turn looks too.
pub(crate) fn table(logon: &Arc<Logon>) -> Result<Arc<dyn MapiTable>> {
    const CALL: &str = "MsgStore::outgoing_queue";
    spooler_only(logon, CALL)?;
    let of = logon.clone();
    let all =
        move || of.engine(CALL)?.queue_page(0, usize::MAX)?.iter().filter_map(|one| row(&of, one)).collect();
    let sorted = MemoryTable::new(logon.clone(), &COLUMNS, Concern::Messages, Box::new(all));
    Ok(Arc::new(QueueTable::new(logon.clone(), &COLUMNS, sorted)))
}

/// A row of the queue; `None` for a message that is just leaving.
pub(crate) fn row(logon: &Logon, queued: &QueueRecord) -> Option<Result<PropList>> {
    let made = || {
        let engine = logon.engine("MsgStore::outgoing_queue")?;
        let Some(row) = engine.rows_by_id(&[queued.message])?.pop() else { return Ok(None) };
        let mut props = row_props(logon, &row, &COLUMNS)?;
        let locked = if logon.is_locked(queued) { SubmitFlags::LOCKED.0 } else { 0 };
        props.set(tags::PR_SUBMIT_FLAGS, (queued.submit_flags | locked) as i32);
        props.set(tags::PR_SPOOLER_STATUS, queued.spooler_status as i32);
        queued.notes.write(&mut props);
        props.set(tags::PR_INSTANCE_KEY, queued.seq.to_le_bytes().to_vec());
        Ok(Some(props))
    };
    made().transpose()
}

/// Locks or unlocks a queued message; its pending changes are saved first.
pub(crate) fn set_lock(logon: &Arc<Logon>, message: &dyn Message, locked: bool) -> Result<()> {
    const CALL: &str = "MsgStore::set_lock_state";
    let (number, expected) = of_queue(logon, message, CALL)?;
    let engine = logon.engine(CALL)?;
    let epoch = if locked { take_epoch(logon, CALL)? } else { 0 };
    let expected = expected.filter(|_| locked);
    engine.commit(Change::Lock { message: number, epoch, expected }).map(drop)
}

/// Unlocks a queued message and keeps what the next spooler has to know of it.
pub(crate) fn rest(logon: &Arc<Logon>, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
    const CALL: &str = "MsgStore::rest_msg";
    let (number, _) = of_queue(logon, message, CALL)?;
    logon.engine(CALL)?.commit(Change::Rest { message: number, notes: notes.clone() }).map(drop)
}

/// The number of a queued message of this logon, whose pending changes are saved, and of its last change.
fn of_queue(logon: &Arc<Logon>, message: &dyn Message, call: &'static str) -> Result<(i64, Option<i64>)> {
    let message = own(logon, message, call)?;
    let number = message.number().ok_or_else(|| not_queued(call))?;
    if logon.engine(call)?.queued(number)?.is_none() {
        return Err(not_queued(call));
    }
    Ok((number, message.save_pending(call)?))
}

/// A message of this logon, which is the spooler's.
fn own<'a>(logon: &Arc<Logon>, message: &'a dyn Message, call: &'static str) -> Result<&'a StoreMessage> {
    spooler_only(logon, call)?;
    let foreign = || Error::new(ErrorCode::INVALID_PARAMETER, call, "the message is not of this logon");
    ours(message).filter(|message| message.is_of(logon)).ok_or_else(foreign)
}

/// Ends the sending of a message by its PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT.
pub(crate) fn finish(logon: &Arc<Logon>, id: &EntryId) -> Result<()> {
    const CALL: &str = "MsgStore::finished_msg";
    spooler_only(logon, CALL)?;
    let message = queued_or_not(logon, id, CALL)?;
    let engine = logon.engine(CALL)?;
    let row = engine.rows_by_id(&[message])?.pop().ok_or_else(|| not_queued(CALL))?;
    let props = row_props(logon, &row, &SENT_RULE)?;
    let keep = |folder: &EntryId| match open_entry(logon, id, OpenFlags::NONE, CALL)? {
        Opened::Message(message) => is_kept_elsewhere(logon, &*message, folder),
        _ => Ok(false),
    };
    engine.commit(ending(logon, message, &props, keep)?).map(drop)
}

/// The same of a message that is open, with what was changed on it, in one transaction.
pub(crate) fn finish_open(logon: &Arc<Logon>, message: &dyn Message) -> Result<()> {
    const CALL: &str = "MsgStore::finish_msg";
    let message = own(logon, message, CALL)?;
    let number = message.number().ok_or_else(|| not_queued(CALL))?;
    let props: PropList = message.props(Some(&SENT_RULE))?.into_iter().collect();
    let keep = |folder: &EntryId| is_kept_elsewhere(logon, message, folder);
    message.end_with(ending(logon, number, &props, keep)?, CALL)
}

/// What says where a message goes that was sent.
const SENT_RULE: [PropTag; 2] = [tags::PR_SENTMAIL_ENTRYID, tags::PR_DELETE_AFTER_SUBMIT];

/// The end of a message; `keep` puts it into a folder of another store, where that is to be had.
fn ending(
    logon: &Logon,
    message: i64,
    props: &PropList,
    keep: impl FnOnce(&EntryId) -> Result<bool>,
) -> Result<Change> {
    const CALL: &str = "MsgStore::finished_msg";
    let folder = props.binary(tags::PR_SENTMAIL_ENTRYID).map(|bytes| EntryId::from_bytes(bytes.to_vec()));
    let delete = props.boolean(tags::PR_DELETE_AFTER_SUBMIT).unwrap_or(false);
    let (sent_folder, delete) = match folder.filter(|id| !id.is_empty()) {
        None => (None, delete),
        Some(folder) => match logon.read_id(&folder, CALL) {
            Ok(object) if object.kind == Kind::Folder => (Some(object.number), delete),
            Err(_) if keep(&folder)? => (None, true),
            // It keeps nothing; the message then stays where it is.
            _ => (Some(-1), delete),
        },
    };
    Ok(Change::Finish { message, sent_folder, delete, now: logon.now() })
}

/// True once a folder of another store has the message; false where there is no way to it.
///
/// # Errors
/// - `MAPI_E_CALL_FAILED`: that store is not to be had at the moment; the message can wait for it.
fn is_kept_elsewhere(logon: &Logon, message: &dyn Message, folder: &EntryId) -> Result<bool> {
    const CALL: &str = "MsgStore::finished_msg";
    match logon.support().do_sent_mail(message, folder) {
        Ok(()) => Ok(true),
        Err(error) if error.is_transient() => {
            let detail = "the store of the folder for sent messages is not to be had now";
            Err(Error::new(ErrorCode::CALL_FAILED, CALL, detail).with_source(error))
        }
        Err(error) => {
            tracing::warn!(%error, "a sent message stays where it was sent from");
            Ok(false)
        }
    }
}

/// The number of the message with this identifier; a message that is gone is not queued.
fn queued_or_not(logon: &Logon, id: &EntryId, call: &'static str) -> Result<i64> {
    let object = logon.read_id(id, call)?;
    let row = logon.engine(call)?.rows_by_id(&[object.number])?;
    let row = row.first().filter(|row| object.kind == Kind::Message && row.guard == object.guard);
    row.map(|row| row.id).ok_or_else(|| not_queued(call))
}

fn take_epoch(logon: &Logon, call: &'static str) -> Result<i64> {
    if logon.epoch() == 0
        && let Done::Epoch(epoch) = logon.engine(call)?.commit(Change::SpoolerEpoch)?
    {
        logon.set_epoch(epoch);
    }
    Ok(logon.epoch())
}

/// Refuses calls that only the spooler makes.
///
/// # Errors
/// - `MAPI_E_NO_SUPPORT`: the store was not opened by the spooler.
pub(crate) fn spooler_only(logon: &Logon, call: &'static str) -> Result<()> {
    logon.engine(call)?;
    if logon.is_spooler() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::NO_SUPPORT, call, "the store was not opened by the spooler"))
}

fn not_queued(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_IN_QUEUE, call, "the message is not in the outgoing queue")
}
