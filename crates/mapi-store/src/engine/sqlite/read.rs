//! Every SELECT of the engine.

use super::fault::{Fault, Sql};
use crate::engine::record::{
    ChangeRecord, Counts, Cursor, FolderRecord, HELD, Identity, Key, MessageRecord, QueueRecord,
    ReceiveRecord, RowRecord, View,
};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Name, NamedProp};
use mapi_defs::{Error, ErrorCode, FileTime, Guid};
use mapi_spi::spooler::QueueNotes;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Bits of attach.id that are the number of the attachment.
pub(super) const ATTACH_BITS: i64 = 20;
/// Bits of chunk.id that are the number of the chunk.
pub(super) const CHUNK_BITS: i64 = 24;
/// Bytes of a chunk.
pub(super) const CHUNK_BYTES: u64 = 64 * 1024;

/// One statement for the identity and the rest: a session asks for both.
const STORE: &str = "SELECT name, change_no, props, uid FROM store WHERE id = 1";

pub(super) fn identity(connection: &Connection) -> Sql<Identity> {
    let mut one = connection.prepare_cached(STORE)?;
    let uid: Vec<u8> = one.query_row([], |row| row.get(3))?;
    Ok(Identity { uid: guid(&uid)? })
}

pub(super) fn store(connection: &Connection) -> Sql<(String, i64, Vec<u8>)> {
    let mut one = connection.prepare_cached(STORE)?;
    Ok(one.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// The columns of a folder; `folder` is f, its counters s.
macro_rules! folder_columns {
    () => {
        "SELECT f.id, f.guard, f.parent, coalesce((SELECT guard FROM folder p WHERE p.id = f.parent), 0), f.kind,
                f.name, f.deleted, f.created, f.modified, f.change_no, s.total, s.unread, s.assoc, s.size,
                EXISTS (SELECT 1 FROM folder c WHERE c.parent = f.id AND c.deleted = 0), f.props
         FROM folder f JOIN folderstat s ON s.folder = f.id "
    };
}

pub(super) fn folder(connection: &Connection, id: i64) -> Sql<Option<FolderRecord>> {
    let mut one = connection.prepare_cached(concat!(folder_columns!(), "WHERE f.id = ?1"))?;
    Ok(one.query_row([id], folder_record).optional()?)
}

pub(super) fn subfolders(connection: &Connection, parent: i64, deleted: bool) -> Sql<Vec<FolderRecord>> {
    let sql = if deleted {
        concat!(folder_columns!(), "WHERE f.parent = ?1 AND f.deleted <> 0 ORDER BY f.name_key, f.id")
    } else {
        concat!(folder_columns!(), "WHERE f.parent = ?1 AND f.deleted = 0 ORDER BY f.name_key, f.id")
    };
    let mut all = connection.prepare_cached(sql)?;
    let rows = all.query_map([parent], folder_record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn folder_record(row: &Row<'_>) -> rusqlite::Result<FolderRecord> {
    Ok(FolderRecord {
        id: row.get(0)?,
        guard: row.get(1)?,
        parent: row.get(2)?,
        parent_guard: row.get(3)?,
        kind: row.get(4)?,
        name: row.get(5)?,
        deleted: row.get(6)?,
        created: time(row.get(7)?),
        modified: time(row.get(8)?),
        change: row.get(9)?,
        counts: Counts { total: row.get(10)?, unread: row.get(11)?, assoc: row.get(12)?, size: row.get(13)? },
        has_subfolders: row.get(14)?,
        props: row.get(15)?,
    })
}

pub(super) fn specials(connection: &Connection) -> Sql<Vec<(i64, i64, u32)>> {
    let mut all = connection.prepare_cached(
        "SELECT s.role, f.id, f.guard FROM special s JOIN folder f ON f.id = s.folder WHERE f.deleted = 0",
    )?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The columns of a row; `message` is m.
macro_rules! row_columns {
    () => {
        "m.id, m.guard, m.folder, m.view, m.delivered, m.flags, m.status, m.size, m.created, m.modified,
         m.change_no, m.props"
    };
}

pub(super) fn message(connection: &Connection, id: i64) -> Sql<Option<MessageRecord>> {
    let mut one = connection.prepare_cached(concat!(
        "SELECT ",
        row_columns!(),
        ", coalesce((SELECT guard FROM folder f WHERE f.id = m.folder), 0), m.recipients, m.rest,
         CASE WHEN m.flags & 16 THEN (SELECT group_concat(a.id & 1048575) FROM attach a
            WHERE a.id BETWEEN m.id << 20 AND (m.id << 20) + 1048575) END
         FROM message m WHERE m.id = ?1"
    ))?;
    let record = one.query_row([id], |row| {
        let guard = row.get(12)?;
        let numbers: Option<String> = row.get(15)?;
        let numbers = numbers.iter().flat_map(|numbers| numbers.split(','));
        let mut attachments: Vec<u32> = numbers.filter_map(|number| number.parse().ok()).collect();
        attachments.sort_unstable();
        Ok(MessageRecord {
            row: row_record(row, guard)?,
            recipients: row.get(13)?,
            rest: row.get(14)?,
            attachments,
        })
    });
    Ok(record.optional()?)
}

fn row_record(row: &Row<'_>, folder_guard: u32) -> rusqlite::Result<RowRecord> {
    let view: i64 = row.get(3)?;
    Ok(RowRecord {
        id: row.get(0)?,
        guard: row.get(1)?,
        folder: row.get(2)?,
        folder_guard,
        view: View::from_number(view).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, view))?,
        delivered: row.get(4)?,
        flags: row.get(5)?,
        status: row.get(6)?,
        size: bytes(row, 7)?,
        created: time(row.get(8)?),
        modified: time(row.get(9)?),
        change: row.get(10)?,
        props: row.get(11)?,
    })
}

pub(super) fn attachment(
    connection: &Connection,
    message: i64,
    number: u32,
) -> Sql<Option<(Vec<u8>, u64, i64)>> {
    let mut one = connection.prepare_cached("SELECT props, size, embedded FROM attach WHERE id = ?1")?;
    let id = message << ATTACH_BITS | i64::from(number);
    Ok(one.query_row([id], |row| Ok((row.get(0)?, bytes(row, 1)?, row.get(2)?))).optional()?)
}

pub(super) fn stream(connection: &Connection, stream: i64, offset: u64, into: &mut [u8]) -> Sql<usize> {
    let mut one = connection.prepare_cached("SELECT data FROM chunk WHERE id = ?1")?;
    let mut done = 0;
    while done < into.len() {
        let at = offset + done as u64;
        let id = stream << CHUNK_BITS | (at / CHUNK_BYTES) as i64;
        let mut rows = one.query([id])?;
        let Some(row) = rows.next()? else { break };
        let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let within = (at % CHUNK_BYTES) as usize;
        let Some(data) = data.get(within..).filter(|data| !data.is_empty()) else { break };
        let count = data.len().min(into.len() - done);
        into[done..done + count].copy_from_slice(&data[..count]);
        done += count;
    }
    Ok(done)
}

/// A page of rows beyond a key.
macro_rules! rows_sql {
    ($beyond:literal, $order:literal) => {
        concat!(
            "SELECT ",
            row_columns!(),
            ", coalesce((SELECT guard FROM folder WHERE id = ?1), 0)
             FROM message m WHERE m.folder = ?1 AND m.view = ?2 AND (m.delivered, m.id) ",
            $beyond,
            " (?3, ?4) ORDER BY m.delivered ",
            $order,
            ", m.id ",
            $order,
            " LIMIT ?5"
        )
    };
}
pub(super) fn rows(
    connection: &Connection,
    folder: i64,
    view: View,
    from: &Cursor,
    backwards: bool,
    count: usize,
) -> Sql<Vec<RowRecord>> {
    let Some(bound) = Bound::of(from, backwards) else { return Ok(Vec::new()) };
    let mut page = connection.prepare_cached(match (backwards, bound.inclusive) {
        (false, true) => rows_sql!(">=", "ASC"),
        (false, false) => rows_sql!(">", "ASC"),
        (true, true) => rows_sql!("<=", "DESC"),
        (true, false) => rows_sql!("<", "DESC"),
    })?;
    let rows = page
        .query_map(params![folder, view as i64, bound.key.delivered, bound.key.id, count as i64], |row| {
            row_record(row, row.get(12)?)
        })?;
    let mut all = Vec::with_capacity(count.min(1024));
    for row in rows {
        all.push(row?);
    }
    Ok(all)
}

/// A page of keys beyond a key, from the index alone.
macro_rules! keys_sql {
    ($beyond:literal, $order:literal) => {
        concat!(
            "SELECT delivered, id FROM message WHERE folder = ?1 AND view = ?2 AND (delivered, id) ",
            $beyond,
            " (?3, ?4) ORDER BY delivered ",
            $order,
            ", id ",
            $order,
            " LIMIT ?5"
        )
    };
}

pub(super) fn keys(
    connection: &Connection,
    folder: i64,
    view: View,
    from: &Cursor,
    backwards: bool,
    count: usize,
) -> Sql<Vec<Key>> {
    let Some(bound) = Bound::of(from, backwards) else { return Ok(Vec::new()) };
    let mut page = connection.prepare_cached(match (backwards, bound.inclusive) {
        (false, true) => keys_sql!(">=", "ASC"),
        (false, false) => keys_sql!(">", "ASC"),
        (true, true) => keys_sql!("<=", "DESC"),
        (true, false) => keys_sql!("<", "DESC"),
    })?;
    let keys = page
        .query_map(params![folder, view as i64, bound.key.delivered, bound.key.id, count as i64], |row| {
            Ok(Key { delivered: row.get(0)?, id: row.get(1)? })
        })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn rows_by_id(connection: &Connection, ids: &[i64]) -> Sql<Vec<RowRecord>> {
    if ids.len() < 2 {
        return each_by_id(connection, ids);
    }
    // One transaction, so that the file is locked once and all rows are of one moment.
    connection.prepare_cached("BEGIN")?.execute([])?;
    let rows = each_by_id(connection, ids);
    connection.prepare_cached("COMMIT")?.execute([])?;
    rows
}

fn each_by_id(connection: &Connection, ids: &[i64]) -> Sql<Vec<RowRecord>> {
    let mut one = connection.prepare_cached(concat!(
        "SELECT ",
        row_columns!(),
        ", coalesce((SELECT guard FROM folder f WHERE f.id = m.folder), 0) FROM message m WHERE m.id = ?1"
    ))?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(row) = one.query_row([id], |row| row_record(row, row.get(12)?)).optional()? {
            all.push(row);
        }
    }
    Ok(all)
}

pub(super) fn rank(connection: &Connection, folder: i64, view: View, at: &Cursor) -> Sql<u64> {
    let (beyond, key) = match at {
        Cursor::Start => return Ok(0),
        Cursor::Before(key) => ("<", *key),
        Cursor::After(key) => ("<=", *key),
        Cursor::End => ("<=", Key { delivered: i64::MAX, id: i64::MAX }),
    };
    let mut one = connection.prepare_cached(match beyond {
        "<" => "SELECT count(*) FROM message WHERE folder = ?1 AND view = ?2 AND (delivered, id) < (?3, ?4)",
        _ => "SELECT count(*) FROM message WHERE folder = ?1 AND view = ?2 AND (delivered, id) <= (?3, ?4)",
    })?;
    Ok(one.query_row(params![folder, view as i64, key.delivered, key.id], |row| bytes(row, 0))?)
}

pub(super) fn folder_changed(connection: &Connection, folder: i64) -> Sql<i64> {
    let mut one = connection.prepare_cached("SELECT changed FROM folderstat WHERE folder = ?1")?;
    one.query_row([folder], |row| row.get(0)).optional()?.ok_or_else(|| {
        Fault::Mapi(Error::new(ErrorCode::OBJECT_DELETED, "MapiTable::query_rows", "the folder was deleted"))
    })
}

pub(super) fn named(connection: &Connection) -> Sql<Vec<(u16, NamedProp)>> {
    let mut all = connection.prepare_cached("SELECT id, set_uid, number, text FROM named ORDER BY id")?;
    let mut rows = all.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let (set, number): (Vec<u8>, i64) = (row.get(1)?, row.get(2)?);
        let name = match u32::try_from(number) {
            Ok(number) => Name::Id(number),
            Err(_) => Name::Text(row.get(3)?),
        };
        names.push((row.get(0)?, NamedProp { set: guid(&set)?, name }));
    }
    Ok(names)
}

pub(super) fn receive_folders(connection: &Connection) -> Sql<Vec<ReceiveRecord>> {
    let mut all = connection.prepare_cached(
        "SELECT r.class, r.folder, f.guard, r.modified FROM receive r JOIN folder f ON f.id = r.folder
         ORDER BY r.class_key",
    )?;
    let rows = all.query_map([], |row| {
        Ok(ReceiveRecord {
            class: row.get(0)?,
            folder: row.get(1)?,
            folder_guard: row.get(2)?,
            modified: time(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn queue_page(connection: &Connection, after: i64, most: usize) -> Sql<Vec<QueueRecord>> {
    let mut all = connection.prepare_cached(
        "SELECT seq, message, lock, submit_flags, spooler_status, begun, passes, faults, next, aside FROM outq
         WHERE seq > ?1 AND submit_flags & ?2 = 0 ORDER BY seq LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = all.query_map(params![after, HELD, most], queue_record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn queue_rank(connection: &Connection, up_to: i64) -> Sql<u64> {
    let mut one =
        connection.prepare_cached("SELECT count(*) FROM outq WHERE seq <= ?1 AND submit_flags & ?2 = 0")?;
    Ok(one.query_row(params![up_to, HELD], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

pub(super) fn queue_at(connection: &Connection, before: u64) -> Sql<Option<i64>> {
    let mut one = connection
        .prepare_cached("SELECT seq FROM outq WHERE submit_flags & ?1 = 0 ORDER BY seq LIMIT 1 OFFSET ?2")?;
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    Ok(one.query_row(params![HELD, before], |row| row.get(0)).optional()?)
}

pub(super) fn queued(connection: &Connection, message: i64) -> Sql<Option<QueueRecord>> {
    let mut one = connection.prepare_cached(
        "SELECT seq, message, lock, submit_flags, spooler_status, begun, passes, faults, next, aside FROM outq
         WHERE message = ?1",
    )?;
    Ok(one.query_row([message], queue_record).optional()?)
}

pub(super) fn has_delivered(connection: &Connection, keys: &[Vec<u8>]) -> Sql<Vec<bool>> {
    let mut one = connection.prepare_cached("SELECT 1 FROM delivery WHERE search_key = ?1")?;
    Ok(keys.iter().map(|key| one.exists([key])).collect::<rusqlite::Result<_>>()?)
}

fn queue_record(row: &Row<'_>) -> rusqlite::Result<QueueRecord> {
    Ok(QueueRecord {
        seq: row.get(0)?,
        message: row.get(1)?,
        lock: row.get(2)?,
        submit_flags: row.get(3)?,
        spooler_status: row.get(4)?,
        notes: QueueNotes {
            begun: row.get(5)?,
            passes: row.get(6)?,
            faults: row.get(7)?,
            next: Some(time(row.get(8)?)).filter(|next| next.0 != 0),
            aside: Some(row.get::<_, String>(9)?).filter(|aside| !aside.is_empty()),
        },
    })
}

pub(super) fn changes_since(connection: &Connection, seq: i64, most: usize) -> Sql<Vec<ChangeRecord>> {
    let mut all = connection.prepare_cached(
        "SELECT seq, event, kind, object, guard, folder, old_folder, view, counted FROM change WHERE seq > ?1
         ORDER BY seq LIMIT ?2",
    )?;
    let rows = all.query_map(params![seq, most as i64], |row| {
        Ok(ChangeRecord {
            seq: row.get(0)?,
            event: row.get(1)?,
            kind: row.get(2)?,
            object: row.get(3)?,
            guard: row.get(4)?,
            folder: row.get(5)?,
            old_folder: row.get(6)?,
            view: row.get(7)?,
            counted: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn last_change(connection: &Connection) -> Sql<i64> {
    let mut one = connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM change")?;
    Ok(one.query_row([], |row| row.get(0))?)
}

/// A key that SQL compares with.
struct Bound {
    key: Key,
    inclusive: bool,
}

impl Bound {
    /// The bound of reading from a place; `None` where there is nothing to read in that direction.
    fn of(from: &Cursor, backwards: bool) -> Option<Self> {
        let smallest = Key { delivered: i64::MIN, id: i64::MIN };
        let largest = Key { delivered: i64::MAX, id: i64::MAX };
        match (from, backwards) {
            (Cursor::Start, false) => Some(Self { key: smallest, inclusive: true }),
            (Cursor::End, true) => Some(Self { key: largest, inclusive: true }),
            (Cursor::Start, true) | (Cursor::End, false) => None,
            (Cursor::Before(key), backwards) => Some(Self { key: *key, inclusive: !backwards }),
            (Cursor::After(key), backwards) => Some(Self { key: *key, inclusive: backwards }),
        }
    }
}

fn guid(bytes: &[u8]) -> Sql<MapiUid> {
    bytes.try_into().map(Guid).map_err(|_| {
        Fault::Mapi(Error::new(ErrorCode::CORRUPT_STORE, "Engine", "an identity is not sixteen bytes"))
    })
}

/// A number that is never negative.
fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn time(ticks: i64) -> FileTime {
    FileTime(ticks as u64)
}
