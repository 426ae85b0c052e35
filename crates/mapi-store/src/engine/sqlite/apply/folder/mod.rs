//! Folders: created, saved, moved, copied, deleted. The messages in them are `../folder/messages.rs`.

mod messages;

pub(super) use messages::{copy_messages, delete_messages, move_messages, restore_messages, set_flags};

use super::super::fault::{Fault, Sql};
use super::count::{self, Delta};
use super::message::{Held, is_folder};
use super::{copy as duplicate, deleted, expect, gone, remove, stream};
use crate::engine::Done;
use crate::engine::pack::Packed;
use crate::engine::record::View;
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, FileTime};
use rusqlite::{Connection, OptionalExtension, params};

/// How deep folders may lie within one another, so that every walk ends.
const DEPTH: usize = 128;

/// Creates a folder below another.
pub(super) fn create(
    connection: &Connection,
    parent: i64,
    kind: i64,
    name: &str,
    or_open: bool,
    now: FileTime,
    props: &Packed,
) -> Sql<Done> {
    const CALL: &str = "Folder::create_folder";
    if !is_folder(connection, parent)? {
        return Err(deleted(CALL));
    }
    if path_up(connection, parent)?.len() >= DEPTH {
        let detail = "folders lie too deep within one another";
        return Err(Fault::Mapi(Error::new(ErrorCode::TOO_COMPLEX, CALL, detail)));
    }
    if let Some(id) = named(connection, parent, name)? {
        return if or_open { Ok(Done::Folder { id }) } else { Err(collision(CALL)) };
    }
    let blobs = stream::replace(connection, &[], &[props])?;
    let id: i64 = connection
        .prepare_cached(
            "INSERT INTO folder (guard, parent, kind, name, name_key, deleted, created, modified, change_no, props)
             VALUES (random() & 4294967295, ?1, ?2, ?3, ?4, 0, ?5, ?5, 1, ?6) RETURNING id",
        )?
        .query_row(params![parent, kind, name, name.to_lowercase(), now.0 as i64, blobs[0]], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO folderstat (folder, total, unread, assoc, size, changed) VALUES (?1, 0, 0, 0, 0, 0)",
        )?
        .execute([id])?;
    told(connection, count::CREATED, id, parent, 0)?;
    Ok(Done::Folder { id })
}

/// Saves a folder's name and properties.
pub(super) fn save(
    connection: &Connection,
    id: i64,
    expected: Option<i64>,
    name: &str,
    now: FileTime,
    props: &Packed,
) -> Sql<Done> {
    const CALL: &str = "Folder::save_changes";
    let held: Option<(i64, i64, Vec<u8>)> = connection
        .prepare_cached("SELECT parent, change_no, props FROM folder WHERE id = ?1 AND deleted = 0")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((parent, change, old)) = held else { return Err(deleted(CALL)) };
    expect(change, expected)?;
    if named(connection, parent, name)?.is_some_and(|other| other != id) {
        return Err(collision(CALL));
    }
    let blobs = stream::replace(connection, &[&old], &[props])?;
    connection
        .prepare_cached(
            "UPDATE folder SET name = ?2, name_key = ?3, modified = ?4, change_no = change_no + 1, props = ?5
             WHERE id = ?1",
        )?
        .execute(params![id, name, name.to_lowercase(), now.0 as i64, blobs[0]])?;
    told(connection, count::MODIFIED, id, parent, 0)?;
    Ok(Done::Nothing)
}

/// Moves a folder below another.
pub(super) fn relocate(connection: &Connection, id: i64, to: i64, name: &str, now: FileTime) -> Sql<Done> {
    const CALL: &str = "Folder::copy_folder";
    let parent = check_target(connection, id, to, name, CALL)?;
    connection
        .prepare_cached(
            "UPDATE folder SET parent = ?2, name = ?3, name_key = ?4, modified = ?5, change_no = change_no + 1
             WHERE id = ?1",
        )?
        .execute(params![id, to, name, name.to_lowercase(), now.0 as i64])?;
    told(connection, count::MOVED, id, to, parent)?;
    Ok(Done::Count { asked: 1, done: 1 })
}

/// Copies a folder below another.
pub(super) fn copy(
    connection: &Connection,
    id: i64,
    to: i64,
    name: &str,
    deep: bool,
    now: FileTime,
) -> Sql<Done> {
    check_target(connection, id, to, name, "Folder::copy_folder")?;
    // The tree is read before it is copied, so that a copy within the folder's own parent ends.
    let tree = if deep { below(connection, id)? } else { Vec::new() };
    let mut copies = vec![(id, copy_one(connection, id, to, name, now)?)];
    for (folder, parent, name) in tree {
        let Some((_, parent)) = copies.iter().find(|(original, _)| *original == parent) else { continue };
        let copy = copy_one(connection, folder, *parent, &name, now)?;
        copies.push((folder, copy));
    }
    Ok(Done::Count { asked: copies.len() as u64, done: copies.len() as u64 })
}

/// Deletes a folder with what is in it; `what` says whether messages and folders may go.
pub(super) fn delete(
    connection: &Connection,
    id: i64,
    parent: i64,
    hard: bool,
    now: FileTime,
    what: (bool, bool),
) -> Sql<Done> {
    const CALL: &str = "Folder::delete_folder";
    let refused = |code, detail| Err(Fault::Mapi(Error::new(code, CALL, detail)));
    let held: Option<i64> = connection
        .prepare_cached("SELECT parent FROM folder WHERE id = ?1 AND deleted = 0")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if held != Some(parent) {
        return Err(gone(CALL));
    }
    if is_special(connection, id)? {
        return refused(ErrorCode::NO_ACCESS, "a special folder cannot be deleted");
    }
    let tree = below(connection, id)?;
    if !what.1 && !tree.is_empty() {
        return refused(ErrorCode::HAS_FOLDERS, "the folder has folders");
    }
    if tree.iter().any(|(folder, _, _)| is_special(connection, *folder).unwrap_or(true)) {
        return refused(ErrorCode::NO_ACCESS, "a special folder lies below");
    }
    let holds: bool = connection
        .prepare_cached("SELECT total + assoc > 0 FROM folderstat WHERE folder = ?1")?
        .query_row([id], |row| row.get(0))?;
    if !what.0 && holds {
        return refused(ErrorCode::HAS_MESSAGES, "the folder has messages");
    }
    let mut all: Vec<(i64, i64)> = tree.iter().rev().map(|(folder, parent, _)| (*folder, *parent)).collect();
    all.push((id, parent));
    for (folder, parent) in &all {
        let ids = messages::all_in(connection, *folder)?;
        if messages::any_queued(connection, &ids)? {
            return refused(ErrorCode::SUBMITTED, "a message in the folder is in the outgoing queue");
        }
        delete_messages(connection, &ids, *folder, hard)?;
        remove_one(connection, *folder, *parent, hard, now)?;
    }
    Ok(Done::Count { asked: all.len() as u64, done: all.len() as u64 })
}

fn remove_one(connection: &Connection, id: i64, parent: i64, hard: bool, now: FileTime) -> Sql<()> {
    told(connection, count::DELETED, id, parent, 0)?;
    if hard {
        for message in messages::everything_in(connection, id)? {
            remove::message(connection, message)?;
        }
        let props: Vec<u8> =
            connection.query_row("SELECT props FROM folder WHERE id = ?1", [id], |row| row.get(0))?;
        stream::replace(connection, &[&props], &[])?;
        connection.prepare_cached("DELETE FROM folderstat WHERE folder = ?1")?.execute([id])?;
        connection.prepare_cached("DELETE FROM folder WHERE id = ?1")?.execute([id])?;
    } else {
        connection
            .prepare_cached(
                "UPDATE folder SET deleted = 1, modified = ?2, change_no = change_no + 1 WHERE id = ?1",
            )?
            .execute(params![id, now.0 as i64])?;
    }
    connection.prepare_cached("DELETE FROM receive WHERE folder = ?1 AND class_key <> ''")?.execute([id])?;
    // The default of receiving always leads somewhere.
    connection
        .prepare_cached(
            "UPDATE receive SET folder = (SELECT folder FROM special WHERE role = 3) WHERE folder = ?1",
        )?
        .execute([id])?;
    Ok(())
}

fn copy_one(connection: &Connection, id: i64, to: i64, name: &str, now: FileTime) -> Sql<i64> {
    let (kind, props): (i64, Vec<u8>) =
        connection.query_row("SELECT kind, props FROM folder WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let props = Packed { bytes: stream::duplicate(connection, &props)?, slots: Vec::new() };
    let Done::Folder { id: copy } = create(connection, to, kind.max(1), name, false, now, &props)? else {
        return Err(gone("Folder::copy_folder"));
    };
    for message in messages::all_in(connection, id)? {
        let Some(held) = Held::of(connection, message)? else { continue };
        let view = if held.view.is_associated() { View::Associated } else { View::Normal };
        let (new, guard, flags) = duplicate::message(connection, message, &held, (copy, view), now)?;
        let what = count::message(count::COPIED, new, guard, (copy, view));
        count::changed(connection, Delta::of(view, flags, held.size), what)?;
    }
    Ok(copy)
}

/// Checks that a folder may come below another; returns its parent so far.
fn check_target(connection: &Connection, id: i64, to: i64, name: &str, call: &'static str) -> Sql<i64> {
    if !is_folder(connection, to)? {
        return Err(gone(call));
    }
    let parent: Option<i64> = connection
        .prepare_cached("SELECT parent FROM folder WHERE id = ?1 AND deleted = 0")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(parent) = parent else { return Err(gone(call)) };
    if path_up(connection, to)?.contains(&id) {
        let detail = "the destination is the folder or lies below it";
        return Err(Fault::Mapi(Error::new(ErrorCode::FOLDER_CYCLE, call, detail)));
    }
    if named(connection, to, name)?.is_some_and(|other| other != id || to != parent) {
        return Err(collision(call));
    }
    Ok(parent)
}

/// Records what happened to a folder.
fn told(connection: &Connection, event: EventMask, id: i64, folder: i64, old_folder: i64) -> Sql<()> {
    let mut one = connection.prepare_cached("SELECT guard FROM folder WHERE id = ?1")?;
    let guard = one.query_row([id], |row| row.get(0)).optional()?.unwrap_or(0);
    let what = count::of_folder(event, count::FOLDER, id, guard);
    count::record(connection, count::What { folder, old_folder, ..what }).map(drop)
}

/// The folder itself and those above it. A circle in a damaged file ends the walk.
fn path_up(connection: &Connection, mut id: i64) -> Sql<Vec<i64>> {
    let mut path = Vec::new();
    let mut up = connection.prepare_cached("SELECT parent FROM folder WHERE id = ?1")?;
    while id != 0 && !path.contains(&id) {
        path.push(id);
        id = up.query_row([id], |row| row.get(0)).optional()?.unwrap_or(0);
    }
    Ok(path)
}

/// The folders below a folder with parent and name, parents first.
fn below(connection: &Connection, id: i64) -> Sql<Vec<(i64, i64, String)>> {
    let mut children =
        connection.prepare_cached("SELECT id, parent, name FROM folder WHERE parent = ?1 AND deleted = 0")?;
    let (mut all, mut next): (Vec<(i64, i64, String)>, usize) = (Vec::new(), 0);
    let mut parent = id;
    loop {
        let rows = children.query_map([parent], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for row in rows {
            let row: (i64, i64, String) = row?;
            if row.0 != id && !all.iter().any(|(known, _, _)| *known == row.0) {
                all.push(row);
            }
        }
        let Some((folder, _, _)) = all.get(next) else { return Ok(all) };
        (parent, next) = (*folder, next + 1);
    }
}

fn named(connection: &Connection, parent: i64, name: &str) -> Sql<Option<i64>> {
    let mut one = connection
        .prepare_cached("SELECT id FROM folder WHERE parent = ?1 AND name_key = ?2 AND deleted = 0")?;
    Ok(one.query_row(params![parent, name.to_lowercase()], |row| row.get(0)).optional()?)
}

fn is_special(connection: &Connection, id: i64) -> Sql<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM special WHERE folder = ?1")?.exists([id])?)
}

fn collision(call: &'static str) -> Fault {
    Fault::Mapi(Error::new(ErrorCode::COLLISION, call, "there is a folder of that name"))
}
