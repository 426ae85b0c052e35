//! `TableView`: a table over rows in memory (the IMAPITable that ITableData::HrGetView returns).
//!
//! # What the reference leaves open
//!
//! A negative count of `query_rows` goes back that many rows and reads them in the order of the
//! table; the view then stands behind them, where it stood before. Whoever pages backwards seeks
//! back by the rows it got. Sorting and restricting forget every bookmark.

use super::data::{Inner, TableData};
use super::state::{ViewState, no_category};
use super::{Bookmark, InstanceKey, MapiTable, Position};
use crate::advise::{AdviseSink, Connection};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropTag;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::Arc;

/// The bit of a column's type that asks for one row per value (MV_INSTANCE).
const MV_INSTANCE: u16 = 0x2000;

/// One view of a [`TableData`]; it ends with its last owner.
pub struct TableView {
    data: Arc<TableData>,
    number: u64,
}

impl TableView {
    pub(super) fn new(data: Arc<TableData>, number: u64) -> Self {
        Self { data, number }
    }

    /// Works on the view's state under the lock of the rows.
    fn with<T>(
        &self,
        call: &'static str,
        work: impl FnOnce(&mut ViewState, &mut Rows<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut inner = self.data.lock();
        // Taken out for the time of the work, so that it can look at the rows meanwhile.
        let mut state = inner.views.remove(&self.number).ok_or_else(|| ended(call))?;
        let answer = if state.has_ended() {
            Err(ended(call))
        } else {
            work(&mut state, &mut Rows { inner: &mut inner })
        };
        inner.views.insert(self.number, state);
        answer
    }
}

/// The rows beside a view's state.
struct Rows<'table> {
    inner: &'table mut Inner,
}

impl MapiTable for TableView {
    fn columns(&self) -> Result<ColumnSet> {
        self.with("MapiTable::columns", |view, _| Ok(view.columns.clone()))
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        self.with("MapiTable::all_columns", |_, rows| Ok(rows.inner.columns().clone()))
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        const CALL: &str = "MapiTable::set_columns";
        self.with(CALL, |view, _| {
            if columns.is_empty() {
                return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "no column"));
            }
            if columns.iter().any(|tag| tag.ptype().0 & MV_INSTANCE != 0) {
                let detail = "a row for each value of a column is not made";
                return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, detail));
            }
            view.columns = columns.to_vec();
            Ok(())
        })
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        self.with("MapiTable::restrict", |view, rows| view.set_restriction(restriction, rows.inner.rows()))
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        self.with("MapiTable::sort", |view, rows| view.set_order(order, rows.inner.rows()))
    }

    fn sort_order(&self) -> Result<SortOrder> {
        self.with("MapiTable::sort_order", |view, _| Ok(view.order.clone()))
    }

    fn row_count(&self) -> Result<u64> {
        self.with("MapiTable::row_count", |view, _| Ok(view.len() as u64))
    }

    fn position(&self) -> Result<Position> {
        self.with("MapiTable::position", |view, _| {
            let (row, len) = (view.cursor.position() as u64, view.len() as u64);
            // Halved until both fit, which keeps the fraction.
            let shift = u64::from(u32::BITS).saturating_sub(u64::from(len.leading_zeros()));
            let part = |value: u64| u32::try_from(value >> shift).unwrap_or(u32::MAX);
            Ok(Position { row, numerator: part(row), denominator: part(len).max(1) })
        })
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        const CALL: &str = "MapiTable::seek_row";
        self.with(CALL, |view, _| {
            let start = view.place(from, CALL)? as i64;
            let target = start.saturating_add(rows).clamp(0, view.len() as i64);
            view.cursor.move_to(usize::try_from(target).unwrap_or(0));
            Ok(target - start)
        })
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        const CALL: &str = "MapiTable::seek_row_approx";
        self.with(CALL, |view, _| {
            if denominator == 0 {
                return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "the denominator is 0"));
            }
            let len = view.len() as u128;
            let place = (len * u128::from(numerator) / u128::from(denominator)).min(len);
            view.cursor.move_to(usize::try_from(place).unwrap_or(usize::MAX));
            Ok(())
        })
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        const CALL: &str = "MapiTable::find_row";
        self.with(CALL, |view, _| {
            restriction.check()?;
            let start = view.place(from, CALL)?;
            let found = view.find(restriction, start, backwards);
            let none = || Error::new(ErrorCode::NOT_FOUND, CALL, "no row meets the condition");
            view.cursor.move_to(found.ok_or_else(none)?);
            Ok(())
        })
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        const CALL: &str = "MapiTable::query_rows";
        self.with(CALL, |view, _| {
            if count == 0 {
                return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "no row was asked for"));
            }
            let (position, asked) = (view.cursor.position(), count.unsigned_abs());
            let asked = usize::try_from(asked).unwrap_or(usize::MAX);
            if count < 0 {
                let from = position.saturating_sub(asked);
                return Ok(view.rows(from, position - from));
            }
            let rows = view.rows(position, asked);
            view.cursor.move_to(position + rows.len());
            Ok(rows)
        })
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        self.with("MapiTable::create_bookmark", |view, _| view.cursor.keep())
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.with("MapiTable::free_bookmark", |view, _| {
            view.cursor.forget(bookmark);
            Ok(())
        })
    }

    fn expand_row(&self, key: &InstanceKey, count: usize) -> Result<(RowSet, u64)> {
        const CALL: &str = "MapiTable::expand_row";
        self.with(CALL, |view, rows| {
            let (below, added) = view.expand(key, rows.inner.rows()).ok_or_else(|| no_category(CALL))?;
            let first = view.rows(below, added.min(count));
            view.cursor.move_to(below + first.len());
            Ok((first, added as u64))
        })
    }

    fn collapse_row(&self, key: &InstanceKey) -> Result<u64> {
        const CALL: &str = "MapiTable::collapse_row";
        self.with(CALL, |view, rows| {
            let hidden = view.collapse(key, rows.inner.rows());
            hidden.map(|hidden| hidden as u64).ok_or_else(|| no_category(CALL))
        })
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        const CALL: &str = "MapiTable::advise";
        self.with(CALL, |view, rows| {
            if !mask.intersects(EventMask::TABLE_MODIFIED) {
                return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "a table has table events alone"));
            }
            let connection = Connection(rows.inner.next_number());
            view.advise(connection, sink);
            Ok(connection)
        })
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        // Dropped behind the call, since dropping a sink is the client's business.
        let sink = self.with("MapiTable::unadvise", |view, _| Ok(view.unadvise(connection)))?;
        drop(sink);
        Ok(())
    }
}

impl Drop for TableView {
    fn drop(&mut self) {
        let state = self.data.lock().views.remove(&self.number);
        drop(state);
    }
}

impl std::fmt::Debug for TableView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TableView({} of {:?})", self.number, self.data)
    }
}

fn ended(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, call, "the table has ended")
}
