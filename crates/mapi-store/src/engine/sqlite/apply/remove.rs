//! Removing a message or attachment with everything in it.

use super::super::fault::Sql;
use super::super::read::ATTACH_BITS;
use super::message::Held;
use super::stream;
use crate::engine::pack::Reader;
use mapi_spi::copy::EMBEDDED_DEPTH;
use rusqlite::{Connection, OptionalExtension};

/// Removes a message, its attachments and what is embedded in them.
pub(super) fn message(connection: &Connection, id: i64) -> Sql<()> {
    at_depth(connection, id, 0)
}

/// Removes an attachment; one that is not there is none the worse.
pub(super) fn attachment(connection: &Connection, id: i64) -> Sql<()> {
    attachment_at_depth(connection, id, 0)
}

fn at_depth(connection: &Connection, id: i64, depth: usize) -> Sql<()> {
    // A chain in a hostile file may be a circle; what is left of it is found by the check.
    if depth > EMBEDDED_DEPTH * 2 {
        return Ok(());
    }
    let Some(held) = Held::of(connection, id)? else { return Ok(()) };
    streams_of(connection, &[&held.props, &held.rest])?;
    let attachments: Vec<i64> = connection
        .prepare_cached("SELECT id FROM attach WHERE id BETWEEN ?1 AND ?2")?
        .query_map([id << ATTACH_BITS, (id << ATTACH_BITS) + (1 << ATTACH_BITS) - 1], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for attach in attachments {
        attachment_at_depth(connection, attach, depth)?;
    }
    connection.prepare_cached("DELETE FROM outq WHERE message = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn attachment_at_depth(connection: &Connection, id: i64, depth: usize) -> Sql<()> {
    let held: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT embedded, props FROM attach WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((embedded, props)) = held else { return Ok(()) };
    streams_of(connection, &[&props])?;
    connection.prepare_cached("DELETE FROM attach WHERE id = ?1")?.execute([id])?;
    if embedded == 0 { Ok(()) } else { at_depth(connection, embedded, depth + 1) }
}

fn streams_of(connection: &Connection, blobs: &[&[u8]]) -> Sql<()> {
    for blob in blobs {
        stream::remove(connection, &Reader::new(blob)?.streams()?)?;
    }
    Ok(())
}
