//! Values that are rows of chunks: written, kept, copied and removed.

use super::super::fault::{Fault, Sql};
use super::super::read::{self, CHUNK_BITS, CHUNK_BYTES};
use super::Filled;
use crate::engine::pack::{Packed, Reader};
use crate::prop_set::Bytes;
use mapi_defs::{Error, ErrorCode};
use rusqlite::{Connection, params};
use std::borrow::Cow;
use std::collections::HashSet;

/// Writes the streams of new packed properties, keeps those that the old ones had and the new ones
/// still name, and removes the rest of the old.
pub(super) fn replace<'a>(
    connection: &Connection,
    old: &[&[u8]],
    new: &[&'a Packed],
) -> Sql<Vec<Filled<'a>>> {
    let mut left: HashSet<i64> = HashSet::new();
    for bytes in old {
        left.extend(Reader::new(bytes)?.streams()?);
    }
    let mut filled = Vec::with_capacity(new.len());
    for packed in new {
        filled.push(fill(connection, packed, &mut left)?);
    }
    let mut left: Vec<i64> = left.into_iter().collect();
    left.sort_unstable();
    remove(connection, &left)?;
    Ok(filled)
}

/// Removes streams.
pub(super) fn remove(connection: &Connection, streams: &[i64]) -> Sql<()> {
    for stream in streams {
        connection
            .prepare_cached("DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2")?
            .execute([stream << CHUNK_BITS, (stream << CHUNK_BITS) + (1 << CHUNK_BITS) - 1])?;
        connection.prepare_cached("DELETE FROM stream WHERE id = ?1")?.execute([stream])?;
    }
    Ok(())
}

/// Copies the streams that packed properties name, and returns the properties with the new numbers.
pub(super) fn duplicate(connection: &Connection, bytes: &[u8]) -> Sql<Vec<u8>> {
    let mut copy = bytes.to_vec();
    for (offset, stream, len) in Reader::new(bytes)?.stream_places()? {
        let new = write(connection, &Bytes::Stored { stream, len })?;
        copy[offset..offset + 8].copy_from_slice(&new.to_le_bytes());
    }
    Ok(copy)
}

/// Bytes of all streams that packed properties name, and of the properties.
pub(super) fn size(packed: &Packed) -> i64 {
    let streams: u64 = packed.slots.iter().map(|slot| slot.bytes.len()).sum();
    packed.bytes.len() as i64 + i64::try_from(streams).unwrap_or(i64::MAX / 4)
}

fn fill<'a>(connection: &Connection, packed: &'a Packed, old: &mut HashSet<i64>) -> Sql<Filled<'a>> {
    if packed.slots.is_empty() {
        return Ok(Cow::Borrowed(&packed.bytes));
    }
    let mut bytes = packed.bytes.clone();
    for slot in &packed.slots {
        let stream = match &slot.bytes {
            Bytes::Stored { stream, .. } if old.remove(stream) => *stream,
            other => write(connection, other)?,
        };
        bytes[slot.offset..slot.offset + 8].copy_from_slice(&stream.to_le_bytes());
    }
    Ok(Cow::Owned(bytes))
}

fn write(connection: &Connection, from: &Bytes) -> Sql<i64> {
    connection.prepare_cached("INSERT INTO stream (bytes) VALUES (?1)")?.execute([from.len() as i64])?;
    let stream = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached("INSERT INTO chunk (id, data) VALUES (?1, ?2)")?;
    let mut buffer = vec![0; CHUNK_BYTES.min(from.len()) as usize];
    let mut offset = 0;
    while offset < from.len() {
        let want = buffer.len().min(usize::try_from(from.len() - offset).unwrap_or(usize::MAX));
        let count = match from {
            Bytes::Stored { stream, .. } => read::stream(connection, *stream, offset, &mut buffer[..want])?,
            Bytes::Staged(staged) => staged.read_at(offset, &mut buffer[..want])?,
        };
        if count == 0 {
            // Somebody else saved the object that this value was to be copied from.
            let detail = "a value was removed while it was being copied";
            return Err(Fault::Mapi(Error::new(ErrorCode::OBJECT_CHANGED, "MapiProp::save_changes", detail)));
        }
        insert.execute(params![stream << CHUNK_BITS | (offset / CHUNK_BYTES) as i64, &buffer[..count]])?;
        offset += count as u64;
    }
    Ok(stream)
}
