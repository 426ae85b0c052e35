//! Many messages at once: moved, copied, deleted, restored, marked. What cannot be done is left out
//! of the count and stops nothing.

use super::super::super::fault::Sql;
use super::super::count::{self, Delta};
use super::super::message::{Held, is_folder};
use super::super::{copy, gone, remove};
use crate::engine::Done;
use crate::engine::record::View;
use mapi_defs::FileTime;
use mapi_defs::flags::MessageFlags;
use rusqlite::{Connection, params};

/// Moves messages to another folder; their identifiers stay.
pub(in super::super) fn move_messages(connection: &Connection, ids: &[i64], from: i64, to: i64) -> Sql<Done> {
    if !is_folder(connection, to)? {
        return Err(gone("Folder::copy_messages"));
    }
    let mut done = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(held) = movable(connection, *id, from)? else { continue };
        done.push((index, *id, held.guard));
        if from == to {
            continue;
        }
        connection.prepare_cached("UPDATE message SET folder = ?2 WHERE id = ?1")?.execute([*id, to])?;
        let seq = count::record(connection, count::moved(*id, held.guard, from, (to, held.view)))?;
        count::adjust(connection, from, held.delta().minus(), seq)?;
        count::adjust(connection, to, held.delta(), seq)?;
    }
    Ok(Done::Messages(done))
}

/// Copies messages into a folder.
pub(in super::super) fn copy_messages(
    connection: &Connection,
    ids: &[i64],
    from: i64,
    to: i64,
    now: FileTime,
) -> Sql<Done> {
    if !is_folder(connection, to)? {
        return Err(gone("Folder::copy_messages"));
    }
    let mut done = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(held) = Held::of(connection, *id)?.filter(|held| is_here(held, from)) else { continue };
        let (new, guard, flags) = copy::message(connection, *id, &held, (to, held.view), now)?;
        let what = count::message(count::COPIED, new, guard, (to, held.view));
        count::changed(connection, Delta::of(held.view, flags, held.size), what)?;
        done.push((index, new, guard));
    }
    Ok(Done::Messages(done))
}

/// Deletes messages of a folder, softly or for good; for good also those that are soft-deleted.
pub(in super::super) fn delete_messages(
    connection: &Connection,
    ids: &[i64],
    from: i64,
    hard: bool,
) -> Sql<Done> {
    let mut done = 0;
    for id in ids {
        let Some(held) = Held::of(connection, *id)? else { continue };
        let queued = held.flags & MessageFlags::SUBMIT.0 != 0;
        if held.folder != from || held.view == View::Embedded || queued || (held.view.is_deleted() && !hard) {
            continue;
        }
        if hard {
            remove::message(connection, *id)?;
        } else {
            let view = if held.view.is_associated() { View::DeletedAssociated } else { View::Deleted };
            set_view(connection, *id, view)?;
        }
        let what = count::message(count::DELETED, *id, held.guard, (from, held.view));
        count::changed(connection, held.delta().minus(), what)?;
        done += 1;
    }
    Ok(Done::Count { asked: ids.len() as u64, done })
}

/// Brings soft-deleted messages of a folder back.
pub(in super::super) fn restore_messages(connection: &Connection, ids: &[i64], folder: i64) -> Sql<Done> {
    let mut done = 0;
    for id in ids {
        let held = Held::of(connection, *id)?;
        let Some(held) = held.filter(|held| held.folder == folder && held.view.is_deleted()) else {
            continue;
        };
        let view = if held.view.is_associated() { View::Associated } else { View::Normal };
        set_view(connection, *id, view)?;
        let delta = Delta::of(view, held.flags, held.size);
        count::changed(connection, delta, count::message(count::CREATED, *id, held.guard, (folder, view)))?;
        done += 1;
    }
    Ok(Done::Count { asked: ids.len() as u64, done })
}

/// Sets and clears bits of PR_MESSAGE_FLAGS.
pub(in super::super) fn set_flags(
    connection: &Connection,
    ids: &[i64],
    folder: i64,
    set: u32,
    clear: u32,
) -> Sql<Done> {
    let mut done = 0;
    for id in ids {
        let Some(held) = Held::of(connection, *id)?.filter(|held| is_here(held, folder)) else { continue };
        done += 1;
        let flags = held.flags & !clear | set;
        if flags == held.flags {
            continue;
        }
        connection
            .prepare_cached("UPDATE message SET flags = ?2 WHERE id = ?1")?
            .execute(params![id, flags])?;
        let delta = Delta::of(held.view, flags, held.size).plus(held.delta().minus());
        count::changed(
            connection,
            delta,
            count::message(count::MODIFIED, *id, held.guard, (folder, held.view)),
        )?;
    }
    Ok(Done::Count { asked: ids.len() as u64, done })
}

/// The messages of a folder that are not soft-deleted.
pub(super) fn all_in(connection: &Connection, folder: i64) -> Sql<Vec<i64>> {
    numbers(connection, "SELECT id FROM message WHERE folder = ?1 AND view < 2 ORDER BY id", folder)
}

/// Every message of a folder.
pub(super) fn everything_in(connection: &Connection, folder: i64) -> Sql<Vec<i64>> {
    numbers(connection, "SELECT id FROM message WHERE folder = ?1 AND view < 4 ORDER BY id", folder)
}

/// True where any of the messages is in the outgoing queue.
pub(super) fn any_queued(connection: &Connection, ids: &[i64]) -> Sql<bool> {
    let mut one = connection.prepare_cached("SELECT 1 FROM outq WHERE message = ?1")?;
    for id in ids {
        if one.exists([id])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A message of a folder that may leave it: not one that is being sent.
fn movable(connection: &Connection, id: i64, from: i64) -> Sql<Option<Held>> {
    let held = Held::of(connection, id)?;
    Ok(held.filter(|held| is_here(held, from) && held.flags & MessageFlags::SUBMIT.0 == 0))
}

fn is_here(held: &Held, folder: i64) -> bool {
    held.folder == folder && matches!(held.view, View::Normal | View::Associated)
}

fn set_view(connection: &Connection, id: i64, view: View) -> Sql<()> {
    connection.prepare_cached("UPDATE message SET view = ?2 WHERE id = ?1")?.execute([id, view as i64])?;
    Ok(())
}

fn numbers(connection: &Connection, sql: &str, folder: i64) -> Sql<Vec<i64>> {
    let mut all = connection.prepare_cached(sql)?;
    let rows = all.query_map([folder], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
