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
use crate::engine::record::{ChangeRecord, RowRecord};
use crate::entry_id::{Kind, ObjectId};
use mapi_defs::Result;
use mapi_defs::notification::{EventMask, TableEvent};
use std::collections::{HashMap, HashSet};

/// Rows of a folder whose list is made again for each change.
const LISTED_ROWS: u64 = 8_192;
/// Rows looked at in one query for the one before.
const BEFORE_ROWS: i64 = 16;

impl LiveTable for ContentsTable {
    fn events(&self, changes: Option<&[ChangeRecord]>, later: &[ChangeRecord]) -> Vec<TableEvent> {
        let Some(changes) = changes else {
            self.lock().told = None;
            return vec![TableEvent::Reload];
        };
        let here = |change: &&ChangeRecord| {
            change.kind == Kind::Message as i64 && [change.folder, change.old_folder].contains(&self.folder)
        };
        let own: Vec<&ChangeRecord> = changes.iter().filter(here).collect();
        if own.is_empty() {
            return Vec::new();
        }
        if self.view.is_deleted() {
            // What is soft-deleted comes here without a record of its own.
            return vec![TableEvent::Reload];
        }
        let own: Vec<&ChangeRecord> =
            own.into_iter().filter(|change| change.view == self.view as i64).collect();
        let later: Vec<&ChangeRecord> = later.iter().filter(here).collect();
        self.row_events(&own, &later).unwrap_or_else(|error| {
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
        state.told = if state.is_plain(&rows)? { None } else { list(&rows, &state)? };
        Ok(())
    }

    fn row_events(&self, own: &[&ChangeRecord], later: &[&ChangeRecord]) -> Result<Vec<TableEvent>> {
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let engine = self.logon.engine("AdviseSink::on_notify")?;
        let mut state = self.lock();
        let restriction = state.restriction.clone();
        let rows = self.rows(&*engine, restriction.as_ref(), &state);
        let mut ids: Vec<i64> = own.iter().map(|change| change.object).collect();
        ids.sort_unstable();
        ids.dedup();
        let held = engine.rows_by_id(&ids)?.into_iter();
        let held = held.filter(|row| row.folder == self.folder && row.view == self.view);
        let told = Told { rows: &rows, state: &state, held: held.map(|row| (row.id, row)).collect() };
        if state.is_plain(&rows)? {
            return told.by_keys(own, later);
        }
        let new = list(&rows, &state)?;
        let events = match (&state.told, &new) {
            (Some(old), Some(new)) => told.by_lists(own, old, new)?,
            _ => vec![TableEvent::Reload],
        };
        state.told = new;
        Ok(events)
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
}

impl Told<'_> {
    /// Each change by itself. A row that comes only later is before no other yet.
    fn by_keys(&self, own: &[&ChangeRecord], later: &[&ChangeRecord]) -> Result<Vec<TableEvent>> {
        let coming = own.iter().chain(later).filter(|change| comes(change, self.rows.folder));
        let mut coming: HashSet<i64> = coming.map(|change| change.object).collect();
        let mut never_came: HashSet<i64> = HashSet::new();
        let mut events = Vec::new();
        for (at, change) in own.iter().enumerate() {
            let id = change.object;
            let is_again = || own[at + 1..].iter().any(|next| next.object == id);
            if goes(change, self.rows.folder) {
                if !never_came.remove(&id) {
                    events.push(TableEvent::RowDeleted { index: change_key(change) });
                }
            } else if comes(change, self.rows.folder) {
                match self.held.get(&id) {
                    Some(row) => {
                        coming.remove(&id);
                        events.push(self.came(row, self.before(row, &coming)?)?);
                    }
                    None => drop(never_came.insert(id)),
                }
            } else if let Some(row) = self.held.get(&id).filter(|_| !is_again() && !coming.contains(&id)) {
                events.push(self.changed(row, self.before(row, &coming)?)?);
            }
        }
        Ok(events)
    }

    /// Each row by what it was and is, in the order of the changes.
    fn by_lists(&self, own: &[&ChangeRecord], old: &Listed, new: &Listed) -> Result<Vec<TableEvent>> {
        let last = |at: usize| !own[at + 1..].iter().any(|next| next.object == own[at].object);
        let changes: Vec<&ChangeRecord> =
            own.iter().enumerate().filter(|(at, _)| last(*at)).map(|(_, change)| *change).collect();
        let is_new = |id: &i64| new.holds(*id) && !old.holds(*id);
        let mut coming: HashSet<i64> = changes.iter().map(|change| change.object).filter(is_new).collect();
        let mut events = Vec::new();
        for change in changes {
            let id = change.object;
            coming.remove(&id);
            let row = self.held.get(&id).filter(|_| new.holds(id));
            let before: Vec<i64> = new.before(id, &coming).into_iter().collect();
            let prior = || -> Result<Option<Vec<u8>>> {
                Ok(self.rows.engine.rows_by_id(&before)?.first().map(row_key))
            };
            match (row, old.holds(id)) {
                (Some(row), false) => events.push(self.came(row, prior()?)?),
                (Some(row), true) => events.push(self.changed(row, prior()?)?),
                (None, true) => events.push(TableEvent::RowDeleted { index: change_key(change) }),
                (None, false) => {}
            }
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

    /// The key of the row before, those left out that have not come yet.
    fn before(&self, row: &RowRecord, coming: &HashSet<i64>) -> Result<Option<Vec<u8>>> {
        let mut place = Place::At(key(row));
        loop {
            let Some((page, beyond)) = self.rows.page(place, -BEFORE_ROWS)? else { return Ok(None) };
            if let Some(found) = page.iter().rev().find(|row| !coming.contains(&row.id)) {
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
