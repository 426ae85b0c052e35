//! Copying a message with everything in it within the store.

use super::super::fault::{Fault, Sql};
use super::super::read::ATTACH_BITS;
use super::message::Held;
use super::stream;
use crate::engine::record::View;
use mapi_defs::flags::MessageFlags;
use mapi_defs::{Error, ErrorCode, FileTime};
use mapi_spi::copy::EMBEDDED_DEPTH;
use rusqlite::{Connection, params};

/// Copies a message into a folder (or, embedded, into an attachment); returns number, guard and flags.
pub(super) fn message(
    connection: &Connection,
    id: i64,
    held: &Held,
    to: (i64, View),
    now: FileTime,
) -> Sql<(i64, u32, u32)> {
    at_depth(connection, id, held, to, now, 0)
}

fn at_depth(
    connection: &Connection,
    id: i64,
    held: &Held,
    to: (i64, View),
    now: FileTime,
    depth: usize,
) -> Sql<(i64, u32, u32)> {
    if depth > EMBEDDED_DEPTH {
        let detail = "messages are embedded too deep";
        return Err(Fault::Mapi(Error::new(ErrorCode::TOO_BIG, "Folder::copy_messages", detail)));
    }
    // The copy is not in the queue, whatever the original is.
    let flags = held.flags & !MessageFlags::SUBMIT.0;
    let props = stream::duplicate(connection, &held.props)?;
    let rest = stream::duplicate(connection, &held.rest)?;
    let (copy, guard): (i64, u32) = connection
        .prepare_cached(
            "INSERT INTO message (guard, folder, view, delivered, flags, status, size, created, modified, change_no,
             props, recipients, rest)
             SELECT random() & 4294967295, ?2, ?3, delivered, ?4, 0, size, ?5, ?5, 1, ?6, recipients, ?7
             FROM message WHERE id = ?1 RETURNING id, guard",
        )?
        .query_row(params![id, to.0, to.1 as i64, flags, now.0 as i64, props, rest], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let attachments: Vec<(i64, i64, i64, Vec<u8>)> = connection
        .prepare_cached("SELECT id, embedded, size, props FROM attach WHERE id BETWEEN ?1 AND ?2")?
        .query_map([id << ATTACH_BITS, (id << ATTACH_BITS) + (1 << ATTACH_BITS) - 1], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (attach, embedded, size, props) in attachments {
        let new = copy << ATTACH_BITS | attach & ((1 << ATTACH_BITS) - 1);
        let inner = match Held::of(connection, embedded)? {
            Some(held) if embedded != 0 => {
                at_depth(connection, embedded, &held, (new, View::Embedded), now, depth + 1)?.0
            }
            _ => 0,
        };
        connection
            .prepare_cached("INSERT INTO attach (id, embedded, size, props) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![new, inner, size, stream::duplicate(connection, &props)?])?;
    }
    Ok((copy, guard, flags))
}
