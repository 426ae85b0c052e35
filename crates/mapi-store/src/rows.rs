//! `MemoryTable`: a table whose rows are few and are made anew when it is looked at from the start:
//! recipients, attachments, folders, receive folders, the outgoing queue.
//!
//! Tables of messages are `contents.rs`; what this one tells its sinks is `row_events.rs`.

use crate::changes::Subject;
use crate::logon::Logon;
use crate::row_events::Concern;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::compare::order;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::table::{Bookmark, MapiTable, Position};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Makes the rows.
pub(crate) type Source = Box<dyn Fn() -> Result<Vec<PropList>> + Send + Sync>;

/// Bookmarks kept at once.
pub(crate) const BOOKMARKS: usize = 1024;

/// A table of few rows.
pub(crate) struct MemoryTable {
    logon: Arc<Logon>,
    source: Source,
    concern: Concern,
    state: Mutex<State>,
    this: Weak<Self>,
}

struct State {
    columns: ColumnSet,
    restriction: Option<Restriction>,
    sort: SortOrder,
    rows: Option<Vec<PropList>>,
    place: usize,
    bookmarks: BTreeMap<u32, usize>,
    next_bookmark: u32,
    /// The rows that sinks know of.
    told: Option<Vec<PropList>>,
}

impl MemoryTable {
    /// A table over rows that `source` makes; nothing is made yet.
    pub(crate) fn new(logon: Arc<Logon>, columns: &[PropTag], concern: Concern, source: Source) -> Arc<Self> {
        let state = State {
            columns: columns.to_vec(),
            restriction: None,
            sort: SortOrder::default(),
            rows: None,
            place: 0,
            bookmarks: BTreeMap::new(),
            next_bookmark: 0,
            told: None,
        };
        let state = Mutex::new(state);
        Arc::new_cyclic(|this| Self { logon, source, concern, state, this: this.clone() })
    }

    /// Which changes its rows may come of.
    pub(crate) fn concern(&self) -> Concern {
        self.concern
    }

    /// Compares the rows that sinks know of with those there are now, which they know from here on; `None`
    /// where they know of none, or the rows cannot be made.
    pub(crate) fn tell_anew<T>(
        &self,
        compare: impl FnOnce(&[PropList], &[PropList], &dyn Fn(&PropList) -> Row) -> T,
    ) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let new = state.make(&self.source).ok();
        let told = match (&state.told, &new) {
            (Some(old), Some(new)) => Some(compare(old, new, &|row| state.shown(Some(row)))),
            _ => None,
        };
        state.told = new;
        // Who is told of a row finds it in the table.
        state.rows = None;
        told
    }

    fn lock(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        self.logon.engine(call)?;
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The state with its rows there.
    fn filled(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock(call)?;
        if state.rows.is_none() {
            let rows = state.make(&self.source)?;
            state.place = state.place.min(rows.len());
            state.rows = Some(rows);
        }
        Ok(state)
    }
}

impl State {
    /// The rows as they are now, in the table's order and under its restriction.
    fn make(&self, source: &Source) -> Result<Vec<PropList>> {
        let mut rows = source()?;
        if let Some(restriction) = &self.restriction {
            rows.retain(|row| restriction.matches(row));
            if let Restriction::Count { count, .. } = restriction {
                rows.truncate(*count as usize);
            }
        }
        rows.sort_by(|one, other| compare(&self.sort, one, other));
        Ok(rows)
    }

    fn start_anew(&mut self) {
        self.rows = None;
        self.told = None;
        self.place = 0;
        self.bookmarks.clear();
    }

    fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, Vec::len)
    }

    fn at(&self, bookmark: Bookmark) -> Result<usize> {
        match bookmark {
            Bookmark::Beginning => Ok(0),
            Bookmark::Current => Ok(self.place),
            Bookmark::End => Ok(self.len()),
            Bookmark::Kept(kept) => {
                self.bookmarks.get(&kept).map(|place| (*place).min(self.len())).ok_or_else(|| {
                    Error::new(ErrorCode::INVALID_BOOKMARK, "MapiTable", "there is no such bookmark")
                })
            }
        }
    }

    fn row(&self, index: usize) -> Row {
        self.shown(self.rows.as_ref().and_then(|rows| rows.get(index)))
    }

    /// A row in the table's columns.
    fn shown(&self, row: Option<&PropList>) -> Row {
        let found = |tag: &PropTag| crate::answer::pick(*tag, row.and_then(|row| row.prop(*tag)).cloned());
        Row { props: self.columns.iter().map(found).collect() }
    }
}

impl MapiTable for MemoryTable {
    fn columns(&self) -> Result<ColumnSet> {
        Ok(self.lock("MapiTable::columns")?.columns.clone())
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        let state = self.filled("MapiTable::columns")?;
        let held = state.rows.iter().flatten().flat_map(PropList::tags);
        let mut all: ColumnSet = held.chain(state.columns.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        check_columns(columns)?;
        self.lock("MapiTable::set_columns")?.columns = columns.to_vec();
        Ok(())
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        if let Some(restriction) = &restriction {
            restriction.check()?;
        }
        let mut state = self.lock("MapiTable::restrict")?;
        state.restriction = restriction;
        state.start_anew();
        Ok(())
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        check_order(&order)?;
        let mut state = self.lock("MapiTable::sort")?;
        state.sort = order;
        state.start_anew();
        Ok(())
    }

    fn sort_order(&self) -> Result<SortOrder> {
        Ok(self.lock("MapiTable::sort_order")?.sort.clone())
    }

    fn row_count(&self) -> Result<u64> {
        Ok(self.filled("MapiTable::row_count")?.len() as u64)
    }

    fn position(&self) -> Result<Position> {
        let state = self.filled("MapiTable::position")?;
        Ok(fraction(state.place as u64, state.len() as u64))
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        if from == Bookmark::Beginning {
            // Who looks from the start again wants to see what is there now; bookmarks stay.
            self.lock("MapiTable::seek_row")?.rows = None;
        }
        let mut state = self.filled("MapiTable::seek_row")?;
        let start = state.at(from)?;
        let len = state.len();
        let end = if rows < 0 {
            start.saturating_sub(usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX))
        } else {
            start.saturating_add(usize::try_from(rows).unwrap_or(usize::MAX)).min(len)
        };
        state.place = end;
        Ok(end as i64 - start as i64)
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        let mut state = self.filled("MapiTable::seek_row_approx")?;
        state.place = approximately(state.len() as u64, numerator, denominator)? as usize;
        Ok(())
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        restriction.check()?;
        let mut state = self.filled("MapiTable::find_row")?;
        let start = state.at(from)?;
        let rows = state.rows.as_deref().unwrap_or_default();
        let matches = |index: &usize| restriction.matches(&rows[*index]);
        let found =
            if backwards { (0..start).rev().find(matches) } else { (start..rows.len()).find(matches) };
        state.place = found.ok_or_else(no_row)?;
        Ok(())
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        let mut state = self.filled("MapiTable::query_rows")?;
        let (place, len) = (state.place, state.len());
        let many = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let range = if count < 0 {
            place.saturating_sub(many)..place
        } else {
            place..place.saturating_add(many).min(len)
        };
        // A page read backwards leaves the table behind its last row, where it was.
        state.place = range.end;
        Ok(range.map(|index| state.row(index)).collect())
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        const CALL: &str = "MapiTable::advise";
        if self.concern == Concern::Nothing {
            return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "the table does not change"));
        }
        self.logon.engine(CALL)?;
        self.tell_anew(|_, _, _| ());
        self.logon.changes().advise(&self.logon, Subject::Table(self.this.clone()), mask, sink)
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.logon.engine("MapiTable::unadvise")?;
        self.logon.changes().unadvise(connection);
        Ok(())
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        let mut state = self.filled("MapiTable::create_bookmark")?;
        if state.bookmarks.len() >= BOOKMARKS {
            return Err(too_many_bookmarks());
        }
        let (key, place) = (state.next_bookmark, state.place);
        state.next_bookmark += 1;
        state.bookmarks.insert(key, place);
        Ok(Bookmark::Kept(key))
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        if let Bookmark::Kept(key) = bookmark {
            self.lock("MapiTable::free_bookmark")?.bookmarks.remove(&key);
        }
        Ok(())
    }
}

fn compare(sort: &SortOrder, one: &PropList, other: &PropList) -> Ordering {
    for column in &sort.columns {
        let order = order(one.value(column.tag), other.value(column.tag), column.direction);
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Refuses what no table here does.
///
/// # Errors
/// - `MAPI_E_NO_SUPPORT`: categories.
pub(crate) fn check_order(order: &SortOrder) -> Result<()> {
    let plain = |direction| matches!(direction, Direction::Ascending | Direction::Descending);
    if order.categories == 0 && order.columns.iter().all(|column| plain(column.direction)) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::NO_SUPPORT, "MapiTable::sort", "the table has no categories"))
}

/// Refuses no columns at all.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: there is none.
pub(crate) fn check_columns(columns: &[PropTag]) -> Result<()> {
    if columns.is_empty() {
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, "MapiTable::set_columns", "no column is named"));
    }
    Ok(())
}

/// A row's place as a fraction of a table.
pub(crate) fn fraction(row: u64, rows: u64) -> Position {
    // Both are made smaller together until they fit.
    let shift = 64 - (rows.max(row).max(1) >> 31).leading_zeros();
    Position { row, numerator: (row >> shift) as u32, denominator: ((rows >> shift) as u32).max(1) }
}

/// The row at about this fraction of a table.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the denominator is 0.
pub(crate) fn approximately(rows: u64, numerator: u32, denominator: u32) -> Result<u64> {
    if denominator == 0 {
        return Err(Error::new(
            ErrorCode::INVALID_PARAMETER,
            "MapiTable::seek_row_approx",
            "the denominator is 0",
        ));
    }
    let row = u128::from(rows) * u128::from(numerator) / u128::from(denominator);
    Ok(u64::try_from(row).unwrap_or(u64::MAX).min(rows))
}

/// No row meets the condition.
pub(crate) fn no_row() -> Error {
    Error::new(ErrorCode::NOT_FOUND, "MapiTable::find_row", "no row meets the condition")
}

/// Too many bookmarks are kept.
pub(crate) fn too_many_bookmarks() -> Error {
    let detail = "too many bookmarks are kept";
    Error::new(ErrorCode::UNABLE_TO_COMPLETE, "MapiTable::create_bookmark", detail)
}
