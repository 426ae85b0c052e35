//! `MapiTable`: rows of properties with columns, order, restriction and a position (IMAPITable).
//!
//! A provider without a table of its own uses the engine beside it: `data.rs` holds rows in memory,
//! `view.rs` is the table over them, with `state.rs`, `cursor.rs` and `category.rs` behind it.

pub mod category;
mod cursor;
pub mod data;
mod state;
pub mod view;

pub use data::{Pending, TableData, TableRow};
pub use view::TableView;

use crate::advise::{AdviseSink, Connection};
use crate::no_support;
use mapi_defs::notification::EventMask;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Result, prop::PropTag};
use std::sync::Arc;

/// A place in a table (BOOKMARK).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bookmark {
    /// BOOKMARK_BEGINNING: before the first row.
    Beginning,
    /// BOOKMARK_CURRENT: where the table stands.
    Current,
    /// BOOKMARK_END: behind the last row.
    End,
    /// A place kept by [`MapiTable::create_bookmark`].
    Kept(u32),
}

/// Where a table stands (QueryPosition).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Number of the current row, from 0.
    pub row: u64,
    /// The place as a fraction of the table: its numerator.
    pub numerator: u32,
    /// The place as a fraction of the table: its denominator, never 0.
    pub denominator: u32,
}

/// A row kept for later in a categorised table (PR_INSTANCE_KEY).
pub type InstanceKey = Vec<u8>;

/// A table.
///
/// # Source
/// IMAPITable : IUnknown.
pub trait MapiTable: Send + Sync {
    /// Returns the columns in order (QueryColumns).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the table has ended.
    fn columns(&self) -> Result<ColumnSet>;

    /// Returns every column that rows may have (QueryColumns with TBL_ALL_COLUMNS).
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn all_columns(&self) -> Result<ColumnSet> {
        self.columns()
    }

    /// Chooses the columns and their order (SetColumns).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: no column.
    fn set_columns(&self, columns: &[PropTag]) -> Result<()>;

    /// Shows only the rows that meet a condition, or all (Restrict). The position becomes the first row.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: the condition cannot be evaluated.
    fn restrict(&self, restriction: Option<Restriction>) -> Result<()>;

    /// Orders the rows (SortTable). The position becomes the first row.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: the order cannot be made.
    /// - `MAPI_E_NO_SUPPORT`: the table has no categories.
    fn sort(&self, order: SortOrder) -> Result<()>;

    /// Returns the order (QuerySortOrder).
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn sort_order(&self) -> Result<SortOrder>;

    /// Number of rows that the restriction leaves (GetRowCount).
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn row_count(&self) -> Result<u64>;

    /// Returns where the table stands (QueryPosition).
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn position(&self) -> Result<Position>;

    /// Moves by `rows` from a place; returns the rows moved, fewer at either end (SeekRow).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_BOOKMARK`: no such bookmark.
    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64>;

    /// Moves to about this fraction of the table (SeekRowApprox).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the denominator is 0.
    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()>;

    /// Moves to the next row from a place that meets a condition (FindRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no row does; the position is as before.
    /// - `MAPI_E_INVALID_BOOKMARK`: no such bookmark.
    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()>;

    /// Returns up to `count` rows from the position and moves behind them; a negative count reads
    /// backwards (QueryRows). No rows at the end is a success.
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn query_rows(&self, count: i64) -> Result<RowSet>;

    /// Keeps the current place (CreateBookmark).
    ///
    /// # Errors
    /// - `MAPI_E_UNABLE_TO_COMPLETE`: too many are kept.
    fn create_bookmark(&self) -> Result<Bookmark>;

    /// Forgets a kept place (FreeBookmark); unknown and predefined ones are ignored.
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()>;

    /// Opens a category and returns its first `count` rows and the number of rows below (ExpandRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such category.
    fn expand_row(&self, key: &InstanceKey, count: usize) -> Result<(RowSet, u64)> {
        let _ = (key, count);
        no_support("MapiTable::expand_row")
    }

    /// Closes a category and returns the number of rows hidden (CollapseRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such category.
    fn collapse_row(&self, key: &InstanceKey) -> Result<u64> {
        let _ = key;
        no_support("MapiTable::collapse_row")
    }

    /// Calls a sink whenever the table changes (Advise).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this table does not change.
    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let _ = (mask, sink);
        no_support("MapiTable::advise")
    }

    /// Ends an advise (Unadvise); an unknown connection is ignored.
    ///
    /// # Errors
    /// As [`MapiTable::columns`].
    fn unadvise(&self, connection: Connection) -> Result<()> {
        let _ = connection;
        no_support("MapiTable::unadvise")
    }
}

/// Returns all rows in the given columns, from the first (HrQueryAllRows).
///
/// # Errors
/// Those of the table.
pub fn query_all_rows(table: &dyn MapiTable, columns: &[PropTag]) -> Result<Vec<Row>> {
    const PAGE_ROWS: i64 = 256;
    table.set_columns(columns)?;
    table.seek_row(Bookmark::Beginning, 0)?;
    let mut rows = Vec::new();
    loop {
        let page = table.query_rows(PAGE_ROWS)?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}
