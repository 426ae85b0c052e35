//! What a table of messages tells of its rows: those that came, went and changed, with the row before each.
//!
//! In the folder's own order each row is found by its key. In any other order, or under a restriction, the
//! list of rows is made again and compared; a folder of more than [`LISTED_ROWS`] rows is then told to be read
//! again, and so is a table whose order or restriction was changed since it was last told.

use super::keyed::key;
use super::listed::Listed;
use super::row::RowOf;
use super::{ContentsTable, Place, Rows, State};
use crate::changes::LiveTable;
use crate::engine::record::{ANNOUNCED, ChangeRecord, RowRecord};
use crate::entry_id::{Kind, ObjectId};
use mapi_defs::Result;
use mapi_defs::notification::{EventMask, TableEvent};
use std::collections::{HashMap, HashSet};

/// Rows of a folder whose list is made again for each change.
const LISTED_ROWS: u64 = 8_192;
/// Rows looked at in one query for the one before.
const BEFORE_ROWS: i64 = 16;
/// Changes that may have happened since those that are told; beyond, the table is read again.
const LATER_CHANGES: usize = 4_096;
/// How often rows are looked at again because somebody changed them meanwhile.
const TRIES: usize = 4;

/// What sinks know of the rows.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// The rows that they were told, where only a list tells them.
    told: Option<HashSet<i64>>,
    /// Rows that came and had gone when they were to be told.
    never_came: HashSet<i64>,
}

impl LiveTable for ContentsTable {
    fn events(&self, changes: Option<&[ChangeRecord]>) -> Vec<TableEvent> {
        let Some(changes) = changes else {
            self.lock().known = Known::default();
            return vec![TableEvent::Reload];
        };
        let own: Vec<&ChangeRecord> = changes.iter().filter(|change| self.is_of(change)).collect();
        if own.is_empty() {
            return Vec::new();
        }
        if self.view.is_deleted() {
            // What is soft-deleted comes here without a record of its own.
            return vec![TableEvent::Reload];
        }
        let own: Vec<&ChangeRecord> = own
            .into_iter()
            .filter(|change| change.view == self.view as i64 && change.event != ANNOUNCED)
            .collect();
        let last = changes.last().map_or(0, |change| change.seq);
        self.row_events(&own, last).unwrap_or_else(|error| {
            tracing::warn!(%error, "a table cannot tell its rows");
            vec![TableEvent::Reload]
        })
    }
}

impl ContentsTable {
    /// Keeps in mind what a sink that comes now has seen.
    pub(super) fn begin_telling(&self) -> Result<()> {
        let engine = self.logon.engine("MapiTable::advise")?;
        let mut state = self.lock();
        let restriction = state.restriction.clone();
        let rows = self.rows(&*engine, restriction.as_ref(), &state);
        if !state.is_plain(&rows)? {
            state.known.told = list(&rows, &state)?.map(|listed| listed.held().collect());
        }
        Ok(())
    }

    fn is_of(&self, change: &ChangeRecord) -> bool {
        change.kind == Kind::Message as i64 && [change.folder, change.old_folder].contains(&self.folder)
    }

    fn row_events(&self, own: &[&ChangeRecord], last: i64) -> Result<Vec<TableEvent>> {
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let engine = self.logon.engine("AdviseSink::on_notify")?;
        let mut state = self.lock();
        let restriction = state.restriction.clone();
        let rows = self.rows(&*engine, restriction.as_ref(), &state);
        let is_plain = state.is_plain(&rows)?;
        let mut known = std::mem::take(&mut state.known);
        for _ in 0..TRIES {
            let listed = if is_plain { None } else { list(&rows, &state)? };
            let later = engine.changes_since(last, LATER_CHANGES)?;
            let read_up_to = later.last().map_or(last, |change| change.seq);
            let later = later.iter().filter(|change| self.is_of(change)).map(|change| change.object);
            let moving: HashSet<i64> = own.iter().map(|change| change.object).chain(later).collect();
            let told = Told::read(&rows, &state, own, moving)?;
            let mut now = known.clone();
            let events = match (&listed, &mut now.told) {
                _ if is_plain => told.by_keys(own, &mut now.never_came)?,
                (Some(listed), Some(shown)) => told.by_list(own, listed, shown)?,
                (listed, shown) => {
                    *shown = listed.as_ref().map(|listed| listed.held().collect());
                    vec![TableEvent::Reload]
                }
            };
            if engine.folder_changed(self.folder)? <= read_up_to {
                state.known = now;
                return Ok(events);
            }
            // Rows that somebody changed meanwhile were perhaps among those looked at.
        }
        known.told = None;
        state.known = known;
        Ok(vec![TableEvent::Reload])
    }
}

impl State {
    /// True where the order is that of the folder's index and every row is shown.
    fn is_plain(&self, rows: &Rows<'_>) -> Result<bool> {
        Ok(self.restriction.is_none() && self.is_keyed() && !rows.has_missing_first(&self.sort)?)
    }
}

/// The rows in their order, unless there are too many.
fn list(rows: &Rows<'_>, state: &State) -> Result<Option<Listed>> {
    let folder = rows.engine.folder(rows.folder)?;
    let count = folder.map_or(0, |folder| folder.counts.total.max(folder.counts.assoc));
    if count.unsigned_abs() > LISTED_ROWS {
        return Ok(None);
    }
    let changed = rows.engine.folder_changed(rows.folder)?;
    Listed::make(rows, &state.sort, changed).map(Some)
}

/// What the rows concerned are now.
struct Told<'a> {
    rows: &'a Rows<'a>,
    state: &'a State,
    held: HashMap<i64, RowRecord>,
    /// Rows of which something is still to be told: who follows does not have them where they are now, so no
    /// other row is told to stand behind one.
    moving: HashSet<i64>,
}

impl<'a> Told<'a> {
    fn read(
        rows: &'a Rows<'a>,
        state: &'a State,
        own: &[&ChangeRecord],
        moving: HashSet<i64>,
    ) -> Result<Self> {
        let mut ids: Vec<i64> = own.iter().map(|change| change.object).collect();
        ids.sort_unstable();
        ids.dedup();
        let held = rows.engine.rows_by_id(&ids)?.into_iter();
        let held = held.filter(|row| row.folder == rows.folder && row.view == rows.view);
        Ok(Self { rows, state, held: held.map(|row| (row.id, row)).collect(), moving })
    }

    /// Each change by itself.
    fn by_keys(mut self, own: &[&ChangeRecord], never_came: &mut HashSet<i64>) -> Result<Vec<TableEvent>> {
        let mut events = Vec::new();
        for (at, change) in own.iter().enumerate() {
            let id = change.object;
            if goes(change, self.rows.folder) {
                if !never_came.remove(&id) {
                    events.push(TableEvent::RowDeleted { index: change_key(change) });
                }
                continue;
            }
            let comes = comes(change, self.rows.folder);
            if comes && (self.goes_after(own, at) || !self.held.contains_key(&id)) {
                never_came.insert(id);
                continue;
            }
            let is_last = !own[at + 1..].iter().any(|next| next.object == id);
            if !never_came.contains(&id) && is_last {
                self.moving.remove(&id);
            }
            let Some(row) = self.held.get(&id).filter(|_| comes || is_last) else { continue };
            let prior = self.before(row)?;
            events.push(if comes { self.came(row, prior)? } else { self.changed(row, prior)? });
        }
        Ok(events)
    }

    /// True where a row that comes goes before it comes for good.
    fn goes_after(&self, own: &[&ChangeRecord], at: usize) -> bool {
        let folder = self.rows.folder;
        own[at + 1..].iter().any(|next| next.object == own[at].object && goes(next, folder))
    }

    /// Each row by what it was and is, in the order of the changes.
    fn by_list(
        mut self,
        own: &[&ChangeRecord],
        listed: &Listed,
        told: &mut HashSet<i64>,
    ) -> Result<Vec<TableEvent>> {
        let mut events = Vec::new();
        for (at, change) in own.iter().enumerate() {
            let id = change.object;
            if own[at + 1..].iter().any(|next| next.object == id) {
                continue;
            }
            let was = told.remove(&id);
            self.moving.remove(&id);
            let Some(row) = self.held.get(&id).filter(|_| listed.holds(id)) else {
                if was {
                    events.push(TableEvent::RowDeleted { index: change_key(change) });
                }
                continue;
            };
            let is_in_place = |row: i64| told.contains(&row) && !self.moving.contains(&row);
            let before: Vec<i64> = listed.before(id, is_in_place).into_iter().collect();
            let prior = self.rows.engine.rows_by_id(&before)?.first().map(row_key);
            told.insert(id);
            events.push(if was { self.changed(row, prior)? } else { self.came(row, prior)? });
        }
        Ok(events)
    }

    fn came(&self, row: &RowRecord, prior: Option<Vec<u8>>) -> Result<TableEvent> {
        let cells = RowOf::new(self.rows, row).columns(&self.state.columns)?;
        Ok(TableEvent::RowAdded { index: row_key(row), prior, row: cells })
    }

    fn changed(&self, row: &RowRecord, prior: Option<Vec<u8>>) -> Result<TableEvent> {
        let cells = RowOf::new(self.rows, row).columns(&self.state.columns)?;
        Ok(TableEvent::RowModified { index: row_key(row), prior, row: cells })
    }

    /// The key of the row before that is where it is told to be.
    fn before(&self, row: &RowRecord) -> Result<Option<Vec<u8>>> {
        let mut place = Place::At(key(row));
        loop {
            let Some((page, beyond)) = self.rows.page(place, -BEFORE_ROWS)? else { return Ok(None) };
            if let Some(found) = page.iter().rev().find(|row| !self.moving.contains(&row.id)) {
                return Ok(Some(row_key(found)));
            }
            if (page.len() as i64) < BEFORE_ROWS {
                return Ok(None);
            }
            place = beyond;
        }
    }
}

fn comes(change: &ChangeRecord, folder: i64) -> bool {
    const COMES: EventMask =
        EventMask(EventMask::OBJECT_CREATED.0 | EventMask::NEW_MAIL.0 | EventMask::OBJECT_COPIED.0);
    let is_moved_in = change.old_folder != 0 && change.old_folder != folder;
    change.folder == folder && (COMES.intersects(EventMask(change.event)) || is_moved_in)
}

fn goes(change: &ChangeRecord, folder: i64) -> bool {
    let is_moved_out = change.old_folder == folder && change.folder != folder;
    change.event == EventMask::OBJECT_DELETED.0 || is_moved_out
}

fn row_key(row: &RowRecord) -> Vec<u8> {
    ObjectId { kind: Kind::Message, number: row.id, guard: row.guard }.key()
}

fn change_key(change: &ChangeRecord) -> Vec<u8> {
    ObjectId { kind: Kind::Message, number: change.object, guard: change.guard }.key()
}
