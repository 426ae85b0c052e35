//! Counters of folders and the record of what happened, written with the change itself.

use super::super::fault::Sql;
use crate::engine::record::View;
use mapi_defs::flags::MessageFlags;
use mapi_defs::notification::EventMask;
use rusqlite::{Connection, params};

pub(super) const CREATED: EventMask = EventMask::OBJECT_CREATED;
pub(super) const DELETED: EventMask = EventMask::OBJECT_DELETED;
pub(super) const MODIFIED: EventMask = EventMask::OBJECT_MODIFIED;
pub(super) const MOVED: EventMask = EventMask::OBJECT_MOVED;
pub(super) const COPIED: EventMask = EventMask::OBJECT_COPIED;
pub(super) const NEW_MAIL: EventMask = EventMask::NEW_MAIL;

/// PR_OBJECT_TYPE.
pub(super) const STORE: i64 = 1;
pub(super) const FOLDER: i64 = 3;
pub(super) const MESSAGE: i64 = 5;

/// How many records of changes are kept.
const KEPT: i64 = 65_536;

/// By how much a folder's counters change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    total: i64,
    unread: i64,
    assoc: i64,
    size: i64,
}

impl Delta {
    /// A message that comes.
    pub(super) fn of(view: View, flags: u32, size: i64) -> Self {
        match view {
            View::Normal => {
                Self { total: 1, unread: i64::from(flags & MessageFlags::READ.0 == 0), assoc: 0, size }
            }
            View::Associated => Self { total: 0, unread: 0, assoc: 1, size },
            View::Deleted | View::DeletedAssociated | View::Embedded => Self::default(),
        }
    }

    /// Both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            unread: self.unread + other.unread,
            assoc: self.assoc + other.assoc,
            size: self.size + other.size,
        }
    }

    /// The opposite.
    pub(super) fn minus(self) -> Self {
        Self { total: -self.total, unread: -self.unread, assoc: -self.assoc, size: -self.size }
    }
}

/// What happened to an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct What {
    pub(super) event: EventMask,
    /// PR_OBJECT_TYPE.
    pub(super) kind: i64,
    pub(super) object: i64,
    pub(super) guard: u32,
    /// The folder it is in.
    pub(super) folder: i64,
    /// The folder it was in before a move, else 0.
    pub(super) old_folder: i64,
    /// Of a message: the view that it is seen in, before or after.
    pub(super) view: View,
    /// True where counters of its folders change with it.
    pub(super) counted: bool,
}

/// The store itself changed.
pub(super) fn of_store() -> What {
    of_folder(MODIFIED, STORE, 1, 0)
}

/// What happened to a folder, or to the store, that did not move.
pub(super) fn of_folder(event: EventMask, kind: i64, object: i64, guard: u32) -> What {
    What { event, kind, object, guard, folder: 0, old_folder: 0, view: View::Normal, counted: false }
}

/// What happened to a message that did not move.
pub(super) fn message(event: EventMask, object: i64, guard: u32, (folder, view): (i64, View)) -> What {
    What { event, kind: MESSAGE, object, guard, folder, old_folder: 0, view, counted: false }
}

/// What happened to a message that was in another folder before.
pub(super) fn moved(object: i64, guard: u32, old_folder: i64, to: (i64, View)) -> What {
    What { old_folder, counted: true, ..message(MOVED, object, guard, to) }
}

/// Records what happened to a message in a folder, and counts it.
pub(super) fn changed(connection: &Connection, delta: Delta, what: What) -> Sql<()> {
    let seq = record(connection, What { counted: delta != Delta::default(), ..what })?;
    adjust(connection, what.folder, delta, seq)
}

/// Counts.
pub(super) fn adjust(connection: &Connection, folder: i64, delta: Delta, seq: i64) -> Sql<()> {
    connection
        .prepare_cached(
            "UPDATE folderstat SET total = total + ?2, unread = unread + ?3, assoc = assoc + ?4, size = size + ?5,
             changed = ?6 WHERE folder = ?1",
        )?
        .execute(params![folder, delta.total, delta.unread, delta.assoc, delta.size, seq])?;
    Ok(())
}

/// Records what happened.
pub(super) fn record(connection: &Connection, what: What) -> Sql<i64> {
    connection
        .prepare_cached(
            "INSERT INTO change (event, kind, object, guard, folder, old_folder, view, counted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            what.event.0,
            what.kind,
            what.object,
            what.guard,
            what.folder,
            what.old_folder,
            what.view as i64,
            what.counted
        ])?;
    let seq = connection.last_insert_rowid();
    if seq % 1024 == 0 {
        connection.prepare_cached("DELETE FROM change WHERE seq <= ?1")?.execute([seq - KEPT])?;
    }
    Ok(seq)
}
