//! Every change of the store, each within the writer's transaction.
//!
//! `message.rs` saves, `copy.rs` and `remove.rs` copy and delete what belongs to a message, `folder.rs`
//! does folders and the messages in them, `queue.rs` the outgoing queue, `count.rs` the counters.

mod copy;
mod count;
mod folder;
mod message;
mod queue;
mod remove;
mod stream;

use super::fault::{Fault, Sql};
use crate::engine::pack::Packed;
use crate::engine::record::View;
use crate::engine::{Change, Done, MessageImage};
use mapi_defs::prop::{Name, NamedProp, PropTag};
use mapi_defs::{Error, ErrorCode, FileTime};
use rusqlite::{Connection, OptionalExtension, params};
use std::borrow::Cow;

/// Does a change. May be called again with the same change after a rollback.
pub(super) fn apply(connection: &Connection, change: &Change) -> Sql<Done> {
    match change {
        Change::Store { name, expected, props } => store(connection, name, *expected, props),
        Change::Folder { id, expected, name, now, props } => {
            folder::save(connection, *id, *expected, name, *now, props)
        }
        Change::NewFolder { parent, kind, name, or_open, now, props } => {
            folder::create(connection, *parent, *kind, name, *or_open, *now, props)
        }
        Change::MoveFolder { id, to, name, now } => folder::relocate(connection, *id, *to, name, *now),
        Change::CopyFolder { id, to, name, deep, now } => {
            folder::copy(connection, *id, *to, name, *deep, *now)
        }
        Change::DeleteFolder { id, parent, hard, now, messages, folders } => {
            folder::delete(connection, *id, *parent, *hard, *now, (*messages, *folders))
        }
        Change::Message(change) => message::save(connection, change),
        Change::MoveMessages { ids, from, to } => folder::move_messages(connection, ids, *from, *to),
        Change::CopyMessages { ids, from, to, now } => {
            folder::copy_messages(connection, ids, *from, *to, *now)
        }
        Change::DeleteMessages { ids, from, hard } => folder::delete_messages(connection, ids, *from, *hard),
        Change::RestoreMessages { ids, folder } => folder::restore_messages(connection, ids, *folder),
        Change::Flags { ids, folder, set, clear } => {
            folder::set_flags(connection, ids, *folder, *set, *clear)
        }
        Change::Status { id, status, mask } => status_of(connection, *id, *status, *mask),
        Change::Receive { class, folder, now } => receive(connection, class, *folder, *now),
        Change::Name(names) => name_all(connection, names),
        Change::Recipients { id, expected, recipients, now } => {
            message::save_recipients(connection, *id, *expected, recipients, *now)
        }
        Change::All(changes) => changes.iter().try_fold(Done::Nothing, |_, change| apply(connection, change)),
        Change::Lock { message, epoch, expected } => queue::lock(connection, *message, *epoch, *expected),
        Change::Rest { message, notes } => queue::rest(connection, *message, notes),
        Change::SpoolerEpoch => queue::take_epoch(connection),
        Change::Hold { message, hold, dead_lock } => queue::hold(connection, *message, *hold, *dead_lock),
        Change::Abort { message, dead_lock } => queue::abort(connection, *message, *dead_lock),
        Change::Announce { message } => message::announce(connection, *message),
        Change::Finish { message, sent_folder, delete, now } => {
            queue::finish(connection, *message, *sent_folder, *delete, *now)
        }
    }
}

/// True for changes that may use the reserve of a full disk: they write down what has happened
/// already, or they free room.
pub(super) fn frees_or_records(change: &Change) -> bool {
    match change {
        Change::Message(change) => change.by_spooler,
        Change::DeleteFolder { .. }
        | Change::DeleteMessages { .. }
        | Change::Recipients { .. }
        | Change::Lock { .. }
        | Change::Rest { .. }
        | Change::SpoolerEpoch
        | Change::Hold { .. }
        | Change::Abort { .. }
        | Change::Finish { .. } => true,
        Change::All(changes) => changes.iter().all(frees_or_records),
        _ => false,
    }
}

/// True for changes that need not outlive the power: they are written with the next one that has to.
pub(super) fn may_be_lost(change: &Change) -> bool {
    matches!(change, Change::Lock { .. })
}

/// About how many pages of 4 KiB a change puts into the log.
pub(super) fn pages(change: &Change) -> u64 {
    const ROWS: u64 = 10;
    fn packed(packed: &Packed) -> u64 {
        packed.bytes.len() as u64 + packed.slots.iter().map(|slot| slot.bytes.len()).sum::<u64>()
    }
    fn image(image: &MessageImage) -> u64 {
        let attachments = image.attachments.iter().map(|(_, attachment)| packed(&attachment.props));
        packed(&image.props) + packed(&image.rest) + image.recipients.len() as u64 + attachments.sum::<u64>()
    }
    match change {
        Change::Message(change) => ROWS + image(&change.image) / 4096,
        Change::MoveMessages { ids, .. }
        | Change::CopyMessages { ids, .. }
        | Change::DeleteMessages { ids, .. }
        | Change::RestoreMessages { ids, .. }
        | Change::Flags { ids, .. } => ROWS * (1 + ids.len() as u64),
        Change::All(changes) => changes.iter().map(pages).sum(),
        _ => ROWS,
    }
}

fn store(connection: &Connection, name: &str, expected: Option<i64>, props: &Packed) -> Sql<Done> {
    let (held, old): (i64, Vec<u8>) =
        connection.query_row("SELECT change_no, props FROM store WHERE id = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    expect(held, expected)?;
    let bytes = stream::replace(connection, &[&old], &[props])?;
    connection.execute(
        "UPDATE store SET name = ?1, props = ?2, change_no = change_no + 1 WHERE id = 1",
        params![name, bytes[0]],
    )?;
    count::record(connection, count::of_store())?;
    Ok(Done::Nothing)
}

fn status_of(connection: &Connection, id: i64, status: u32, mask: u32) -> Sql<Done> {
    let held: Option<(u32, i64, u32, bool)> = connection
        .prepare_cached("SELECT status, folder, guard, view = 1 FROM message WHERE id = ?1 AND view < 2")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((held, folder, guard, is_associated)) = held else {
        return Err(gone("Folder::set_message_status"));
    };
    connection
        .prepare_cached("UPDATE message SET status = ?2 WHERE id = ?1")?
        .execute(params![id, held & !mask | status & mask])?;
    let view = if is_associated { View::Associated } else { View::Normal };
    let what = count::message(count::MODIFIED, id, guard, (folder, view));
    count::changed(connection, count::Delta::default(), what)?;
    Ok(Done::Status(held))
}

fn receive(connection: &Connection, class: &str, folder: Option<i64>, now: FileTime) -> Sql<Done> {
    let key = class.to_uppercase();
    match folder {
        Some(folder) => connection.execute(
            "INSERT INTO receive (class_key, class, folder, modified) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (class_key) DO UPDATE SET class = ?2, folder = ?3, modified = ?4",
            params![key, class, folder, now.0 as i64],
        )?,
        None => connection.execute("DELETE FROM receive WHERE class_key = ?1", [key])?,
    };
    count::record(connection, count::of_store())?;
    Ok(Done::Nothing)
}

fn name_all(connection: &Connection, names: &[NamedProp]) -> Sql<Done> {
    let mut find =
        connection.prepare_cached("SELECT id FROM named WHERE set_uid = ?1 AND number = ?2 AND text = ?3")?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO named (id, set_uid, number, text)
         SELECT coalesce(max(id) + 1, 32768), ?1, ?2, ?3 FROM named RETURNING id",
    )?;
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let (number, text) = match &name.name {
            Name::Id(number) => (i64::from(*number), ""),
            Name::Text(text) => (-1, text.as_str()),
        };
        let row = params![name.set.0.as_slice(), number, text];
        let known: Option<i64> = find.query_row(row, |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => insert.query_row(row, |row| row.get(0))?,
        };
        let id = u16::try_from(id).ok().filter(|id| *id <= PropTag::NAMED_LAST).ok_or_else(|| {
            let detail = "the store has no identifier left for a name";
            Fault::Mapi(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MapiProp::ids", detail))
        })?;
        ids.push(Some(id));
    }
    Ok(Done::Names(ids))
}

/// Answers `MAPI_E_OBJECT_CHANGED` where somebody else saved meanwhile.
fn expect(held: i64, expected: Option<i64>) -> Sql<()> {
    if expected.is_none_or(|expected| expected == held) {
        return Ok(());
    }
    let detail = "somebody else saved the object meanwhile";
    Err(Fault::Mapi(Error::new(ErrorCode::OBJECT_CHANGED, "MapiProp::save_changes", detail)))
}

/// The object is not there any more.
fn deleted(call: &'static str) -> Fault {
    Fault::Mapi(Error::new(ErrorCode::OBJECT_DELETED, call, "somebody deleted the object meanwhile"))
}

/// There is no such object.
fn gone(call: &'static str) -> Fault {
    Fault::Mapi(Error::new(ErrorCode::NOT_FOUND, call, "there is no such object"))
}

/// The bytes of packed properties with the numbers of their streams filled in.
type Filled<'a> = Cow<'a, [u8]>;
