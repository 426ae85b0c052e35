//! The contents table of a folder, and the table of its associated messages.
//!
//! Columns, restriction and order are collected without a look at the store. In the folder's own order
//! (delivery time, or nothing) a page is one query from a key; a place is a key too, so it survives
//! whatever happens to the rows around it. Any other order is a list of row numbers, made by one look at
//! every row and made again when the folder has changed. `row.rs` is one row.

mod events;
mod keyed;
mod listed;
mod row;

use crate::changes::Subject;
use crate::engine::Engine;
use crate::engine::record::{Key, RowRecord, View};
use crate::logon::Logon;
use crate::rows::{
    BOOKMARKS, approximately, check_columns, check_order, fraction, no_row, too_many_bookmarks,
};
use events::Known;
use listed::Listed;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::{PropList, PropTag, PropValue, tags};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, RowSet};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::table::{Bookmark, MapiTable, Position};
use row::RowOf;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The properties of a row outside any table; those that it does not have are left out.
pub(crate) fn row_props(logon: &Logon, row: &RowRecord, columns: &[PropTag]) -> Result<PropList> {
    let engine = logon.engine("MapiTable::query_rows")?;
    let (folder, view) = (row.folder, row.view);
    let rows = Rows { engine: &*engine, logon, folder, view, restriction: None, descending: false };
    let found = RowOf::new(&rows, row).columns(columns)?;
    let held = found.props.into_iter().filter(|prop| !matches!(prop.value, PropValue::Error(_)));
    Ok(held.collect())
}

/// The columns of a table that nobody has chosen columns for.
const COLUMNS: [PropTag; 11] = [
    tags::PR_ENTRYID,
    tags::PR_INSTANCE_KEY,
    tags::PR_SUBJECT,
    tags::PR_SENDER_NAME,
    tags::PR_DISPLAY_TO,
    tags::PR_MESSAGE_DELIVERY_TIME,
    tags::PR_MESSAGE_CLASS,
    tags::PR_MESSAGE_FLAGS,
    tags::PR_MESSAGE_SIZE,
    tags::PR_HASATTACH,
    tags::PR_LAST_MODIFICATION_TIME,
];

/// A table of messages.
pub(crate) struct ContentsTable {
    logon: Arc<Logon>,
    folder: i64,
    view: View,
    state: Mutex<State>,
    this: Weak<Self>,
}

struct State {
    columns: ColumnSet,
    restriction: Option<Restriction>,
    sort: SortOrder,
    place: Place,
    listed: Option<Listed>,
    /// True once reading by keys has given up.
    prefers_list: bool,
    bookmarks: BTreeMap<u32, Place>,
    next_bookmark: u32,
    /// What sinks know of the rows.
    known: Known,
}

/// Where a table stands, or a bookmark is: before the first row, behind the last, or at a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// Before every row.
    Start,
    /// At the row with this key, or where it would be.
    At(Key),
    /// Behind the row with this key, or where it would be.
    Behind(Key),
    /// Behind every row.
    End,
}

/// A table's rows for the length of one call.
struct Rows<'a> {
    engine: &'a dyn Engine,
    logon: &'a Logon,
    folder: i64,
    view: View,
    restriction: Option<&'a Restriction>,
    descending: bool,
}

impl ContentsTable {
    /// The table of a folder's messages of one kind.
    pub(crate) fn new(logon: Arc<Logon>, folder: i64, view: View) -> Arc<Self> {
        let state = State {
            columns: COLUMNS.to_vec(),
            restriction: None,
            sort: SortOrder::default(),
            place: Place::Start,
            listed: None,
            prefers_list: false,
            bookmarks: BTreeMap::new(),
            next_bookmark: 0,
            known: Known::default(),
        };
        let state = Mutex::new(state);
        Arc::new_cyclic(|this| Self { logon, folder, view, state, this: this.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows<'a>(
        &'a self,
        engine: &'a dyn Engine,
        restriction: Option<&'a Restriction>,
        state: &State,
    ) -> Rows<'a> {
        let first = state.sort.columns.first();
        Rows {
            engine,
            logon: &self.logon,
            folder: self.folder,
            view: self.view,
            restriction,
            descending: first.is_some_and(|first| first.direction == Direction::Descending),
        }
    }

    /// Does something with the rows as they are now; where reading by keys gives up, with a list.
    fn with<T>(
        &self,
        call: &'static str,
        keyed: impl FnOnce(&mut State, &Rows<'_>) -> Result<Option<T>>,
        listed: impl FnOnce(&mut State, &Rows<'_>) -> Result<T>,
    ) -> Result<T> {
        self.logon.tell();
        let engine = self.logon.engine(call)?;
        let mut state = self.lock();
        let restriction = state.restriction.clone();
        let rows = self.rows(&*engine, restriction.as_ref(), &state);
        if state.is_keyed() && !rows.has_missing_first(&state.sort)? {
            if let Some(answer) = keyed(&mut state, &rows)? {
                return Ok(answer);
            }
            // What is searched for is rare: from now on the list of what was found is better.
            state.prefers_list = true;
        }
        state.relist(&rows)?;
        listed(&mut state, &rows)
    }
}

impl State {
    /// True where the order is that of the folder's index.
    fn is_keyed(&self) -> bool {
        let counts = matches!(self.restriction, Some(Restriction::Count { .. }));
        let own = match self.sort.columns.as_slice() {
            [] => true,
            [only] => only.tag == tags::PR_MESSAGE_DELIVERY_TIME,
            _ => false,
        };
        own && !counts && !self.prefers_list
    }

    /// Makes the list, or makes it again where the folder has changed.
    fn relist(&mut self, rows: &Rows<'_>) -> Result<()> {
        let changed = rows.engine.folder_changed(rows.folder)?;
        if self.listed.as_ref().is_some_and(|listed| listed.changed == changed) {
            return Ok(());
        }
        let new = Listed::make(rows, &self.sort, changed)?;
        let old = self.listed.take().unwrap_or(Listed::empty());
        self.place = old.carried(self.place, &new);
        for place in self.bookmarks.values_mut() {
            *place = old.carried(*place, &new);
        }
        self.listed = Some(new);
        Ok(())
    }

    fn at(&self, bookmark: Bookmark) -> Result<Place> {
        match bookmark {
            Bookmark::Beginning => Ok(Place::Start),
            Bookmark::Current => Ok(self.place),
            Bookmark::End => Ok(Place::End),
            Bookmark::Kept(key) => self.bookmarks.get(&key).copied().ok_or_else(|| {
                Error::new(ErrorCode::INVALID_BOOKMARK, "MapiTable", "there is no such bookmark")
            }),
        }
    }

    fn start_anew(&mut self) {
        self.place = Place::Start;
        self.listed = None;
        self.prefers_list = false;
        self.known = Known::default();
        self.bookmarks.clear();
    }

    fn list(&self) -> &Listed {
        // `with` makes the list before it is asked for; an empty one answers for the impossible.
        const EMPTY: &Listed = &Listed::empty();
        self.listed.as_ref().unwrap_or(EMPTY)
    }
}

impl MapiTable for ContentsTable {
    fn columns(&self) -> Result<ColumnSet> {
        self.logon.engine("MapiTable::columns")?;
        Ok(self.lock().columns.clone())
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        let engine = self.logon.engine("MapiTable::columns")?;
        let mut all: ColumnSet = COLUMNS.to_vec();
        all.extend(crate::computed::MESSAGE);
        let first = engine.rows(self.folder, self.view, &crate::engine::record::Cursor::Start, false, 64)?;
        for row in &first {
            all.extend(crate::engine::pack::Reader::new(&row.props)?.tags());
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        check_columns(columns)?;
        self.logon.engine("MapiTable::set_columns")?;
        self.lock().columns = columns.to_vec();
        Ok(())
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        if let Some(restriction) = &restriction {
            restriction.check()?;
        }
        self.logon.engine("MapiTable::restrict")?;
        let mut state = self.lock();
        state.restriction = restriction;
        state.start_anew();
        Ok(())
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        check_order(&order)?;
        self.logon.engine("MapiTable::sort")?;
        let mut state = self.lock();
        state.sort = order;
        state.start_anew();
        Ok(())
    }

    fn sort_order(&self) -> Result<SortOrder> {
        self.logon.engine("MapiTable::sort_order")?;
        Ok(self.lock().sort.clone())
    }

    fn row_count(&self) -> Result<u64> {
        self.with("MapiTable::row_count", |_, rows| rows.count(), |state, _| Ok(state.list().len() as u64))
    }

    fn position(&self) -> Result<Position> {
        self.with(
            "MapiTable::position",
            |state, rows| match rows.count()? {
                Some(count) => Ok(Some(fraction(rows.rank(state.place, count)?, count))),
                None => Ok(None),
            },
            |state, _| Ok(fraction(state.list().index(state.place) as u64, state.list().len() as u64)),
        )
    }

    fn seek_row(&self, from: Bookmark, count: i64) -> Result<i64> {
        self.with(
            "MapiTable::seek_row",
            |state, rows| {
                let stepped = rows.step(state.at(from)?, count)?;
                Ok(stepped.map(|(place, moved)| {
                    state.place = place;
                    moved
                }))
            },
            |state, _| {
                let start = state.list().index(state.at(from)?);
                let end = state.list().beyond(start, count);
                state.place = state.list().place(end);
                Ok(end as i64 - start as i64)
            },
        )
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        approximately(0, numerator, denominator)?;
        self.with(
            "MapiTable::seek_row_approx",
            |state, rows| {
                let Some(count) = rows.count()? else { return Ok(None) };
                let target = approximately(count, numerator, denominator)?;
                let stepped = rows.step(Place::Start, i64::try_from(target).unwrap_or(i64::MAX))?;
                Ok(stepped.map(|(place, _)| state.place = place))
            },
            |state, _| {
                let target = approximately(state.list().len() as u64, numerator, denominator)?;
                state.place = state.list().place(target as usize);
                Ok(())
            },
        )
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        restriction.check()?;
        self.with(
            "MapiTable::find_row",
            |state, rows| {
                let found = rows.find(state.at(from)?, restriction, backwards)?;
                state.place = Place::At(found.ok_or_else(no_row)?);
                Ok(Some(()))
            },
            |state, rows| {
                let start = state.list().index(state.at(from)?);
                let found = state.list().find(rows, start, restriction, backwards)?;
                state.place = state.list().place(found.ok_or_else(no_row)?);
                Ok(())
            },
        )
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        self.with(
            "MapiTable::query_rows",
            |state, rows| {
                let Some((page, place)) = rows.page(state.place, count)? else { return Ok(None) };
                let answer: Result<RowSet> =
                    page.iter().map(|row| RowOf::new(rows, row).columns(&state.columns)).collect();
                // A page read backwards leaves the table behind its last row, where it was.
                if count > 0 {
                    state.place = place;
                }
                answer.map(Some)
            },
            |state, rows| {
                let start = state.list().index(state.place);
                let end = state.list().beyond(start, count);
                let ids = state.list().ids(start.min(end)..start.max(end));
                // A page read backwards leaves the table behind its last row, where it was.
                if count > 0 {
                    state.place = state.list().place(end);
                }
                let page = rows.engine.rows_by_id(&ids)?;
                page.iter().map(|row| RowOf::new(rows, row).columns(&state.columns)).collect()
            },
        )
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        self.begin_telling()?;
        self.logon.changes().advise(&self.logon, Subject::Table(self.this.clone()), mask, sink)
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.logon.engine("MapiTable::unadvise")?;
        self.logon.changes().unadvise(connection);
        Ok(())
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        self.logon.engine("MapiTable::create_bookmark")?;
        let mut state = self.lock();
        if state.bookmarks.len() >= BOOKMARKS {
            return Err(too_many_bookmarks());
        }
        let (key, place) = (state.next_bookmark, state.place);
        state.next_bookmark += 1;
        state.bookmarks.insert(key, place);
        Ok(Bookmark::Kept(key))
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.logon.engine("MapiTable::free_bookmark")?;
        if let Bookmark::Kept(key) = bookmark {
            self.lock().bookmarks.remove(&key);
        }
        Ok(())
    }
}
