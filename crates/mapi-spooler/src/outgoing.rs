//! Reads the outgoing queue of a store, as little of it as shows what has changed.
//!
//! Other processes submit too, so the queue is looked at several times a second: one row is read
//! where nothing has changed, the new rows where messages joined, all of them only otherwise.

use crate::entry::QueuedMessage;
use mapi_defs::flags::SubmitFlags;
use mapi_defs::prop::tags::{PR_CLIENT_SUBMIT_TIME, PR_DEFERRED_SEND_TIME, PR_ENTRYID, PR_SUBMIT_FLAGS};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, FileTime, Result};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::spooler::{QueueNotes, queue_notes};
use mapi_spi::table::{Bookmark, MapiTable};

const COLUMNS: [PropTag; 9] = [
    PR_ENTRYID,
    PR_CLIENT_SUBMIT_TIME,
    PR_DEFERRED_SEND_TIME,
    PR_SUBMIT_FLAGS,
    queue_notes::PASSES,
    queue_notes::FAULTS,
    queue_notes::BEGUN,
    queue_notes::NEXT,
    queue_notes::ASIDE,
];

/// Rows read at once.
const PAGE: i64 = 1_000;
/// Rows that are read first to find the last one that is known.
const FIRST_LOOK: i64 = 16;

/// What a look at the queue showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// Nothing has changed.
    Same,
    /// These joined at the end, oldest first.
    Joined(Vec<QueuedMessage>),
    /// Something else happened; this is all of the queue.
    Whole(Vec<QueuedMessage>),
}

/// Looks at the queue, of which this many messages and this newest one are known.
///
/// # Errors
/// Those of the store's table.
pub(crate) fn look(store: &dyn MsgStore, known: u64, newest: Option<&QueuedMessage>) -> Result<Look> {
    let table = store.outgoing_queue()?;
    let count = table.row_count()?;
    if count == 0 && known == 0 {
        return Ok(Look::Same);
    }
    if let Some(newest) = newest
        && let Some(joined) = count.checked_sub(known)
        && let Some(rows) = behind(&*table, newest, joined)?
    {
        return Ok(if rows.is_empty() { Look::Same } else { Look::Joined(rows) });
    }
    Ok(Look::Whole(whole(&*table)?))
}

/// The messages behind the last one that is known, oldest first; of them those that are not known.
///
/// Unlike [`look`] it does not mind what has left the queue meanwhile.
///
/// # Errors
/// Those of the store's table.
pub(crate) fn behind_known(
    store: &dyn MsgStore,
    is_known: impl Fn(&EntryId) -> bool,
) -> Result<Vec<QueuedMessage>> {
    let table = store.outgoing_queue()?;
    table.set_columns(&COLUMNS)?;
    let mut wanted = FIRST_LOOK;
    loop {
        let found = table.seek_row(Bookmark::End, -wanted)?.abs();
        let mut rows = messages(table.query_rows(found)?);
        let known = rows.iter().rposition(|row| is_known(&row.id));
        if let Some(known) = known {
            return Ok(rows.split_off(known + 1));
        }
        if found < wanted {
            return Ok(rows);
        }
        wanted = wanted.saturating_mul(8);
    }
}

/// All messages of the queue, oldest submission first.
///
/// # Errors
/// Those of the store's table.
pub(crate) fn all(store: &dyn MsgStore) -> Result<Vec<QueuedMessage>> {
    whole(&*store.outgoing_queue()?)
}

/// The whole table, a page at a time: of a long queue the rows need more room than what is kept of them.
fn whole(table: &dyn MapiTable) -> Result<Vec<QueuedMessage>> {
    table.set_columns(&COLUMNS)?;
    table.seek_row(Bookmark::Beginning, 0)?;
    let mut all = Vec::new();
    loop {
        let rows = table.query_rows(PAGE)?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(messages(rows));
    }
}

/// Number of messages in the queue.
///
/// # Errors
/// Those of the store's table.
pub(crate) fn count(store: &dyn MsgStore) -> Result<u64> {
    store.outgoing_queue()?.row_count()
}

/// The last `joined` messages, if the one before them is the newest that is known.
fn behind(table: &dyn MapiTable, newest: &QueuedMessage, joined: u64) -> Result<Option<Vec<QueuedMessage>>> {
    let Ok(wanted) = i64::try_from(joined.saturating_add(1)) else { return Ok(None) };
    table.set_columns(&COLUMNS)?;
    if table.seek_row(Bookmark::End, -wanted)?.abs() != wanted {
        return Ok(None);
    }
    let mut rows = Vec::new();
    while (rows.len() as i64) < wanted {
        let page = messages(table.query_rows(wanted - rows.len() as i64)?);
        if page.is_empty() {
            return Ok(None);
        }
        rows.extend(page);
    }
    // What is kept of it may have changed since.
    if rows.first().is_none_or(|first| (&first.id, first.submitted) != (&newest.id, newest.submitted)) {
        return Ok(None);
    }
    rows.remove(0);
    Ok(Some(rows))
}

/// A row without an entry identifier is one that is just leaving.
fn messages(rows: Vec<Row>) -> Vec<QueuedMessage> {
    let time = |row: &Row, tag| row.value(tag).and_then(PropValue::as_time);
    let message = |row: &Row| {
        let id = EntryId::from_bytes(row.binary(PR_ENTRYID)?);
        let flags = SubmitFlags(row.long(PR_SUBMIT_FLAGS).unwrap_or(0).cast_unsigned());
        Some(QueuedMessage {
            id,
            submitted: time(row, PR_CLIENT_SUBMIT_TIME).unwrap_or(FileTime(0)),
            send_at: time(row, PR_DEFERRED_SEND_TIME),
            preprocess: flags.contains(SubmitFlags::PREPROCESS),
            notes: QueueNotes::read(row),
        })
    };
    rows.iter().filter_map(message).collect()
}
