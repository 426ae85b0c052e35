//! The outgoing queue: in, locked, aborted, finished.

use super::super::fault::{Fault, Sql};
use super::count::{self, Delta};
use super::message::{Held, is_folder};
use super::{expect, gone, remove};
use crate::engine::Done;
use crate::engine::record::{HELD, View};
use mapi_defs::flags::MessageFlags;
use mapi_defs::{Error, ErrorCode, FileTime};
use mapi_spi::spooler::QueueNotes;
use rusqlite::{Connection, OptionalExtension, params};

/// Puts a message into the queue, or changes its flags where it is there already.
pub(super) fn enqueue(connection: &Connection, message: i64, submit_flags: u32) -> Sql<()> {
    connection
        .prepare_cached(
            "INSERT INTO outq (message, lock, submit_flags, spooler_status) VALUES (?1, 0, ?2, 0)
             ON CONFLICT (message) DO UPDATE SET submit_flags = ?2",
        )?
        .execute(params![message, submit_flags])?;
    Ok(())
}

/// Locks a message for a spooler logon; epoch 0 unlocks it. A lock that is followed by neither was that of
/// a spooler that ended over the message, and is counted. One that is held back is as if it were not queued.
pub(super) fn lock(connection: &Connection, message: i64, epoch: i64, expected: Option<i64>) -> Sql<Done> {
    if expected.is_some() {
        let held: Option<i64> = connection
            .prepare_cached("SELECT change_no FROM message WHERE id = ?1")?
            .query_row([message], |row| row.get(0))
            .optional()?;
        expect(held.ok_or_else(|| not_queued("MsgStore::set_lock_state"))?, expected)?;
    }
    let done = connection
        .prepare_cached(
            "UPDATE outq SET begun = CASE WHEN ?2 = 0 THEN 0 ELSE begun + (lock <> ?2) END, lock = ?2
             WHERE message = ?1 AND (?2 = 0 OR submit_flags & ?3 = 0)",
        )?
        .execute(params![message, epoch, HELD])?;
    if done == 0 {
        return Err(not_queued("MsgStore::set_lock_state"));
    }
    Ok(Done::Nothing)
}

/// Unlocks a message and keeps what the next spooler has to know of it.
pub(super) fn rest(connection: &Connection, message: i64, notes: &QueueNotes) -> Sql<Done> {
    let done = connection
        .prepare_cached(
            "UPDATE outq SET lock = 0, begun = 0, passes = ?2, faults = ?3, next = ?4, aside = ?5
             WHERE message = ?1",
        )?
        .execute(params![
            message,
            notes.passes,
            notes.faults,
            notes.next.map_or(0, |next| next.0 as i64),
            notes.aside.as_deref().unwrap_or_default()
        ])?;
    if done == 0 {
        return Err(not_queued("MsgStore::rest_msg"));
    }
    Ok(Done::Nothing)
}

/// Makes the loss of the queue row permanent before the message is moved, and gives a kill time to come
/// between the two: the proof of the queue has to find this.
#[cfg(feature = "seeded-fault")]
fn seeded_fault(connection: &Connection) -> Sql<()> {
    let is_one_of_many = connection.execute_batch("RELEASE one").is_ok();
    connection.execute_batch("COMMIT")?;
    std::thread::park_timeout(std::time::Duration::from_millis(5));
    connection.execute_batch(if is_one_of_many {
        "BEGIN IMMEDIATE; SAVEPOINT one"
    } else {
        "BEGIN IMMEDIATE"
    })?;
    Ok(())
}

/// Takes a new epoch; the locks of spoolers before it end.
pub(super) fn take_epoch(connection: &Connection) -> Sql<Done> {
    connection.execute("UPDATE epoch SET spooler = spooler + 1 WHERE id = 1", [])?;
    connection.execute("UPDATE outq SET lock = 0 WHERE lock <> 0", [])?;
    let epoch = connection.query_row("SELECT spooler FROM epoch WHERE id = 1", [], |row| row.get(0))?;
    Ok(Done::Epoch(epoch))
}

/// Takes a message out of the queue; it stays where it is and can be changed. `dead_lock` is the lock of
/// a spooler that is gone; one that was taken since then counts.
pub(super) fn abort(connection: &Connection, message: i64, dead_lock: i64) -> Sql<Done> {
    const CALL: &str = "MsgStore::abort_submit";
    check_free(connection, message, dead_lock, CALL)?;
    let held = Held::of(connection, message)?.ok_or_else(|| gone(CALL))?;
    leave(connection, message)?;
    set_flags(connection, message, held.flags & !MessageFlags::SUBMIT.0)?;
    modified(connection, message, &held)
}

/// Keeps a message from being sent, or lets it go, which forgets how it failed before. `dead_lock` is as for
/// [`abort`].
pub(super) fn hold(connection: &Connection, message: i64, hold: bool, dead_lock: i64) -> Sql<Done> {
    const CALL: &str = "MsgStore::hold";
    check_free(connection, message, dead_lock, CALL)?;
    let held = Held::of(connection, message)?.ok_or_else(|| gone(CALL))?;
    let change = match hold {
        true => "UPDATE outq SET lock = 0, submit_flags = submit_flags | ?2 WHERE message = ?1",
        false => {
            "UPDATE outq SET lock = 0, submit_flags = submit_flags & ~?2, begun = 0, faults = 0, next = 0, aside = ''
             WHERE message = ?1"
        }
    };
    connection.prepare_cached(change)?.execute(params![message, HELD])?;
    modified(connection, message, &held)
}

/// Refuses a message that is not queued, or that a living spooler is at work on.
fn check_free(connection: &Connection, message: i64, dead_lock: i64, call: &'static str) -> Sql<()> {
    let lock: Option<i64> = connection
        .prepare_cached("SELECT lock FROM outq WHERE message = ?1")?
        .query_row([message], |row| row.get(0))
        .optional()?;
    match lock {
        None => Err(not_queued(call)),
        Some(lock) if lock == 0 || lock == dead_lock => Ok(()),
        Some(_) => {
            let detail = "the spooler is at work on the message";
            Err(Fault::Mapi(Error::new(ErrorCode::UNABLE_TO_ABORT, call, detail)))
        }
    }
}

fn modified(connection: &Connection, message: i64, held: &Held) -> Sql<Done> {
    let what = count::message(count::MODIFIED, message, held.guard, (held.folder, held.view));
    count::changed(connection, Delta::default(), what)?;
    Ok(Done::Nothing)
}

/// Ends the sending of a message: it leaves the queue and is moved, kept or deleted.
pub(super) fn finish(
    connection: &Connection,
    message: i64,
    sent_folder: Option<i64>,
    delete: bool,
    now: FileTime,
) -> Sql<Done> {
    const CALL: &str = "MsgStore::finished_msg";
    if leave(connection, message)? == 0 {
        return Err(not_queued(CALL));
    }
    #[cfg(feature = "seeded-fault")]
    seeded_fault(connection)?;
    let held = Held::of(connection, message)?.ok_or_else(|| gone(CALL))?;
    // A folder that is gone keeps nothing: the message then stays where it was sent from.
    let to = match sent_folder {
        Some(folder) if is_folder(connection, folder)? => Some(folder),
        _ => None,
    };
    if to.is_none() && sent_folder.is_none() && delete {
        remove::message(connection, message)?;
        let what = count::message(count::DELETED, message, held.guard, (held.folder, held.view));
        count::changed(connection, held.delta().minus(), what)?;
        return Ok(Done::Nothing);
    }
    let unsent = MessageFlags::SUBMIT.0 | MessageFlags::UNSENT.0;
    let flags = held.flags & !unsent | MessageFlags::READ.0;
    let folder = to.unwrap_or(held.folder);
    connection
        .prepare_cached(
            "UPDATE message SET folder = ?2, flags = ?3, modified = ?4, change_no = change_no + 1 WHERE id = ?1",
        )?
        .execute(params![message, folder, flags, now.0 as i64])?;
    let view = if held.view.is_associated() { View::Associated } else { View::Normal };
    let after = Delta::of(view, flags, held.size);
    if folder == held.folder {
        let delta = after.plus(held.delta().minus());
        let what = count::message(count::MODIFIED, message, held.guard, (folder, view));
        count::changed(connection, delta, what)?;
    } else {
        let what = count::moved(message, held.guard, held.folder, (folder, view));
        let seq = count::record(connection, what)?;
        count::adjust(connection, held.folder, held.delta().minus(), seq)?;
        count::adjust(connection, folder, after, seq)?;
    }
    Ok(Done::Nothing)
}

fn leave(connection: &Connection, message: i64) -> Sql<usize> {
    Ok(connection.prepare_cached("DELETE FROM outq WHERE message = ?1")?.execute([message])?)
}

fn set_flags(connection: &Connection, message: i64, flags: u32) -> Sql<()> {
    connection
        .prepare_cached("UPDATE message SET flags = ?2, change_no = change_no + 1 WHERE id = ?1")?
        .execute(params![message, flags])?;
    Ok(())
}

fn not_queued(call: &'static str) -> Fault {
    Fault::Mapi(Error::new(ErrorCode::NOT_IN_QUEUE, call, "the message is not in the outgoing queue"))
}
