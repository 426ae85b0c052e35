//! Saving a message with everything in it.

use super::super::fault::{Fault, Sql};
use super::super::read::ATTACH_BITS;
use super::count::{self, Delta};
use super::{deleted, expect, queue, remove, stream};
use crate::engine::record::{ANNOUNCED, View};
use crate::engine::{AttachImage, Done, EmbeddedImage, Marks, MessageChange, MessageImage, Saved, Target};
use mapi_defs::flags::MessageFlags;
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, FileTime};
use rusqlite::{Connection, OptionalExtension, params};

const CALL: &str = "Message::save_changes";

/// Saves a message: a new one, or one that is there.
pub(super) fn save(connection: &Connection, change: &MessageChange) -> Sql<Done> {
    if let Some(once) = &change.once
        && let Some((id, guard)) = delivered_before(connection, &once.key)?
    {
        return Ok(Done::Message(Saved { id, guard, change: 0, flags: 0, size: 0, is_new: false }));
    }
    let saved = match change.target {
        Target::New { folder, view } => {
            let (id, guard, flags, size) = insert(connection, folder, view, &change.image)?;
            let is_announced = change.once.as_ref().is_some_and(|once| once.is_announced);
            let event = if is_announced { count::NEW_MAIL } else { count::CREATED };
            let what = count::message(event, id, guard, (folder, view));
            count::changed(connection, Delta::of(view, flags, size), what)?;
            saved(id, guard, 1, (flags, size))
        }
        Target::Existing { id, expected } => existing(connection, id, expected, change)?,
    };
    if let Some(once) = &change.once {
        connection
            .prepare_cached("INSERT INTO delivery (search_key, message, guard) VALUES (?1, ?2, ?3)")?
            .execute(params![once.key, saved.id, saved.guard])?;
    }
    if let Some(submit_flags) = change.submit {
        queue::enqueue(connection, saved.id, submit_flags)?;
    }
    if let Some(Marks { id, folder, set, clear }) = change.marks {
        super::folder::set_flags(connection, &[id], folder, set, clear)?;
    }
    Ok(Done::Message(saved))
}

/// Records that a message is new mail. One that is gone meanwhile is none.
pub(super) fn announce(connection: &Connection, id: i64) -> Sql<Done> {
    if let Some(held) = Held::of(connection, id)?.filter(|held| !held.view.is_deleted()) {
        let what = count::message(EventMask(ANNOUNCED), id, held.guard, (held.folder, held.view));
        count::record(connection, what)?;
    }
    Ok(Done::Nothing)
}

fn saved(id: i64, guard: u32, change: i64, now: (u32, i64)) -> Saved {
    Saved { id, guard, change, flags: now.0, size: now.1.unsigned_abs(), is_new: true }
}

fn delivered_before(connection: &Connection, key: &[u8]) -> Sql<Option<(i64, u32)>> {
    let mut one = connection.prepare_cached("SELECT message, guard FROM delivery WHERE search_key = ?1")?;
    Ok(one.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn insert(
    connection: &Connection,
    folder: i64,
    view: View,
    image: &MessageImage,
) -> Sql<(i64, u32, u32, i64)> {
    if view != View::Embedded && !is_folder(connection, folder)? {
        return Err(deleted(CALL));
    }
    let blobs = stream::replace(connection, &[], &[&image.props, &image.rest])?;
    let size = image_size(image);
    let flags = with_attachments(image.flags, !image.attachments.is_empty());
    let (id, guard): (i64, u32) = connection
        .prepare_cached(
            "INSERT INTO message (guard, folder, view, delivered, flags, status, size, created, modified, change_no,
             props, recipients, rest)
             VALUES (random() & 4294967295, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, ?8, ?9, ?10) RETURNING id, guard",
        )?
        .query_row(
            params![
                folder,
                view as i64,
                image.delivered,
                flags,
                image.status,
                size,
                image.now.0 as i64,
                blobs[0],
                image.recipients,
                blobs[1]
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
    for (number, attachment) in &image.attachments {
        put_attachment(connection, id, *number, attachment)?;
    }
    Ok((id, guard, flags, size))
}

fn existing(connection: &Connection, id: i64, expected: Option<i64>, change: &MessageChange) -> Sql<Saved> {
    let held =
        Held::of(connection, id)?.filter(|held| !held.view.is_deleted()).ok_or_else(|| deleted(CALL))?;
    expect(held.change, expected)?;
    if held.flags & MessageFlags::SUBMIT.0 != 0 && !change.by_spooler {
        let detail = "the message is in the outgoing queue";
        return Err(Fault::Mapi(Error::new(ErrorCode::SUBMITTED, CALL, detail)));
    }
    let (flags, size) = update(connection, id, &held, &change.image)?;
    let before = Delta::of(held.view, held.flags, held.size);
    let delta = Delta::of(held.view, flags, size).plus(before.minus());
    count::changed(
        connection,
        delta,
        count::message(count::MODIFIED, id, held.guard, (held.folder, held.view)),
    )?;
    Ok(saved(id, held.guard, held.change + 1, (flags, size)))
}

/// Writes the recipients of a message that is there, and nothing else of it.
pub(super) fn save_recipients(
    connection: &Connection,
    id: i64,
    expected: Option<i64>,
    recipients: &[u8],
    now: FileTime,
) -> Sql<Done> {
    let mut one = connection.prepare_cached(
        "SELECT guard, folder, view, flags, size, change_no, length(recipients) FROM message
         WHERE id = ?1 AND view < 2",
    )?;
    let held = one.query_row([id], |row| {
        let view: i64 = row.get(2)?;
        let view = View::from_number(view).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, view))?;
        let place: (u32, i64, View) = (row.get(0)?, row.get(1)?, view);
        let figures: (u32, i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
        Ok((place, figures))
    });
    let held = held.optional()?.ok_or_else(|| deleted(CALL))?;
    let ((guard, folder, view), (flags, old_size, change, old_bytes)) = held;
    expect(change, expected)?;
    let size = old_size - old_bytes + recipients.len() as i64;
    connection
        .prepare_cached(
            "UPDATE message SET recipients = ?2, size = ?3, modified = ?4, change_no = change_no + 1 WHERE id = ?1",
        )?
        .execute(params![id, recipients, size, now.0 as i64])?;
    let delta = Delta::of(view, flags, size).plus(Delta::of(view, flags, old_size).minus());
    count::changed(connection, delta, count::message(count::MODIFIED, id, guard, (folder, view)))?;
    Ok(Done::Message(saved(id, guard, change + 1, (flags, size))))
}

/// Writes the image over a message; returns its flags and size.
fn update(connection: &Connection, id: i64, held: &Held, image: &MessageImage) -> Sql<(u32, i64)> {
    let blobs = stream::replace(connection, &[&held.props, &held.rest], &[&image.props, &image.rest])?;
    for number in &image.removed {
        remove::attachment(connection, id << ATTACH_BITS | i64::from(*number))?;
    }
    for (number, attachment) in &image.attachments {
        put_attachment(connection, id, *number, attachment)?;
    }
    let (attachments, bytes): (i64, i64) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(size), 0) FROM attach WHERE id BETWEEN ?1 AND ?2")?
        .query_row([id << ATTACH_BITS, (id << ATTACH_BITS) + (1 << ATTACH_BITS) - 1], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let size = own_size(image) + bytes;
    let flags = held.flags & !image.flags_mask | image.flags & image.flags_mask;
    let flags = with_attachments(flags, attachments > 0);
    connection
        .prepare_cached(
            "UPDATE message SET delivered = ?2, flags = ?3, size = ?4, modified = ?5, change_no = change_no + 1,
             props = ?6, recipients = ?7, rest = ?8 WHERE id = ?1",
        )?
        .execute(params![
            id,
            image.delivered,
            flags,
            size,
            image.now.0 as i64,
            blobs[0],
            image.recipients,
            blobs[1]
        ])?;
    Ok((flags, size))
}

fn put_attachment(connection: &Connection, message: i64, number: u32, image: &AttachImage) -> Sql<()> {
    let id = message << ATTACH_BITS | i64::from(number);
    let held: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT embedded, props FROM attach WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (old_embedded, old_props) = held.unwrap_or_default();
    let blobs = stream::replace(connection, &[&old_props], &[&image.props])?;
    let (embedded, bytes) = put_embedded(connection, id, old_embedded, &image.embedded)?;
    connection
        .prepare_cached(
            "INSERT INTO attach (id, embedded, size, props) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET embedded = ?2, size = ?3, props = ?4",
        )?
        .execute(params![id, embedded, stream::size(&image.props) + bytes, blobs[0]])?;
    Ok(())
}

/// Does what becomes of the embedded message; returns its number and size.
fn put_embedded(connection: &Connection, attach: i64, old: i64, image: &EmbeddedImage) -> Sql<(i64, i64)> {
    let held = if old == 0 { None } else { Held::of(connection, old)? };
    match (image, held) {
        (EmbeddedImage::Keep, held) => Ok((old, held.map_or(0, |held| held.size))),
        (EmbeddedImage::Update(image), Some(held)) => {
            update(connection, old, &held, image).map(|(_, size)| (old, size))
        }
        (EmbeddedImage::New(image) | EmbeddedImage::Update(image), _) => {
            if old != 0 {
                remove::message(connection, old)?;
            }
            insert(connection, attach, View::Embedded, image).map(|(id, _, _, size)| (id, size))
        }
        (EmbeddedImage::None, _) => {
            if old != 0 {
                remove::message(connection, old)?;
            }
            Ok((0, 0))
        }
    }
}

/// What is kept of a message before a change.
pub(super) struct Held {
    pub(super) guard: u32,
    pub(super) folder: i64,
    pub(super) view: View,
    pub(super) flags: u32,
    pub(super) size: i64,
    pub(super) change: i64,
    pub(super) props: Vec<u8>,
    pub(super) rest: Vec<u8>,
}

impl Held {
    /// The message with this number.
    pub(super) fn of(connection: &Connection, id: i64) -> Sql<Option<Self>> {
        let mut one = connection.prepare_cached(
            "SELECT guard, folder, view, flags, size, change_no, props, rest FROM message WHERE id = ?1",
        )?;
        let held = one.query_row([id], |row| {
            let view: i64 = row.get(2)?;
            Ok(Self {
                guard: row.get(0)?,
                folder: row.get(1)?,
                view: View::from_number(view).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, view))?,
                flags: row.get(3)?,
                size: row.get(4)?,
                change: row.get(5)?,
                props: row.get(6)?,
                rest: row.get(7)?,
            })
        });
        Ok(held.optional()?)
    }

    /// What the message counts in its folder.
    pub(super) fn delta(&self) -> Delta {
        Delta::of(self.view, self.flags, self.size)
    }
}

/// True for a folder that is there and not soft-deleted.
pub(super) fn is_folder(connection: &Connection, id: i64) -> Sql<bool> {
    let mut one = connection.prepare_cached("SELECT 1 FROM folder WHERE id = ?1 AND deleted = 0")?;
    Ok(one.exists([id])?)
}

fn with_attachments(flags: u32, has: bool) -> u32 {
    let bit = MessageFlags::HASATTACH.0;
    if has { flags | bit } else { flags & !bit }
}

fn own_size(image: &MessageImage) -> i64 {
    stream::size(&image.props) + stream::size(&image.rest) + image.recipients.len() as i64
}

fn image_size(image: &MessageImage) -> i64 {
    let attachments = image.attachments.iter().map(|(_, attachment)| {
        let embedded = match &attachment.embedded {
            EmbeddedImage::New(image) | EmbeddedImage::Update(image) => image_size(image),
            EmbeddedImage::None | EmbeddedImage::Keep => 0,
        };
        stream::size(&attachment.props) + embedded
    });
    own_size(image) + attachments.sum::<i64>()
}
