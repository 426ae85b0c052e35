//! `Table`: rows of properties (IMAPITable).

use super::Open;
use crate::notify::CatchUp;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropTag;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::table::{Bookmark, InstanceKey, MapiTable, Position, query_all_rows};
use std::sync::Arc;

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    open: Open<dyn MapiTable>,
}

impl Table {
    pub(crate) fn new(open: Open<dyn MapiTable>) -> Self {
        Self { open }
    }

    /// Returns the columns in order (QueryColumns).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the table's logon has ended; so for every method.
    pub fn columns(&self) -> Result<ColumnSet> {
        self.open.live()?.columns()
    }

    /// Returns every column that rows may have (QueryColumns with TBL_ALL_COLUMNS).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn all_columns(&self) -> Result<ColumnSet> {
        self.open.live()?.all_columns()
    }

    /// Chooses the columns and their order (SetColumns).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: no column.
    pub fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        self.open.live()?.set_columns(columns)
    }

    /// Shows only the rows that meet a condition, or all (Restrict).
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: the condition cannot be evaluated.
    pub fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        self.open.live()?.restrict(restriction)
    }

    /// Orders the rows (SortTable).
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: the order cannot be made.
    pub fn sort(&self, order: SortOrder) -> Result<()> {
        self.open.live()?.sort(order)
    }

    /// Returns the order (QuerySortOrder).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn sort_order(&self) -> Result<SortOrder> {
        self.open.live()?.sort_order()
    }

    /// Number of rows that the restriction leaves (GetRowCount).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn row_count(&self) -> Result<u64> {
        self.open.live()?.row_count()
    }

    /// Returns where the table stands (QueryPosition).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn position(&self) -> Result<Position> {
        self.open.live()?.position()
    }

    /// Moves by rows from a place; returns the rows moved (SeekRow).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_BOOKMARK`: no such bookmark.
    pub fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        self.open.live()?.seek_row(from, rows)
    }

    /// Moves to about this fraction of the table (SeekRowApprox).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the denominator is 0.
    pub fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        self.open.live()?.seek_row_approx(numerator, denominator)
    }

    /// Moves to the next row from a place that meets a condition (FindRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no row does.
    pub fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        self.open.live()?.find_row(restriction, from, backwards)
    }

    /// Returns up to `count` rows from the position; a negative count reads backwards (QueryRows).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn query_rows(&self, count: i64) -> Result<RowSet> {
        self.open.live()?.query_rows(count)
    }

    /// Returns all rows in these columns, from the first (HrQueryAllRows).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn query_all_rows(&self, columns: &[PropTag]) -> Result<Vec<Row>> {
        query_all_rows(&*self.open.live()?, columns)
    }

    /// The rows from the position on, one by one, read a page at a time.
    pub fn rows(&self) -> Rows {
        Rows { table: self.clone(), page: Vec::new().into_iter(), finished: false }
    }

    /// Keeps the current place (CreateBookmark).
    ///
    /// # Errors
    /// - `MAPI_E_UNABLE_TO_COMPLETE`: too many are kept.
    pub fn create_bookmark(&self) -> Result<Bookmark> {
        self.open.live()?.create_bookmark()
    }

    /// Forgets a kept place (FreeBookmark).
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.open.live()?.free_bookmark(bookmark)
    }

    /// Opens a category and returns its first rows and the number of rows below (ExpandRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such category.
    pub fn expand_row(&self, key: &InstanceKey, count: usize) -> Result<(RowSet, u64)> {
        self.open.live()?.expand_row(key, count)
    }

    /// Closes a category and returns the number of rows hidden (CollapseRow).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such category.
    pub fn collapse_row(&self, key: &InstanceKey) -> Result<u64> {
        self.open.live()?.collapse_row(key)
    }

    /// Calls a sink, on the session's own threads, whenever the table changes (Advise). A sink that falls
    /// behind is told to read the table again (TABLE_RELOAD) in place of everything that it missed.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the mask asks for anything but TABLE_MODIFIED; this table does not change, or
    ///   belongs to no session.
    pub fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let live = self.open.live()?;
        if self.open.is_free() {
            // Such a table never changes, so there is nobody to call from.
            return live.advise(mask, sink);
        }
        let (core, gate) = self.open.session()?;
        if mask != EventMask::TABLE_MODIFIED {
            let detail = format!("event mask {:#010x}: a table tells of its changes alone", mask.0);
            return Err(Error::new(ErrorCode::NO_SUPPORT, "Table::advise", detail));
        }
        core.advises.advise_behind(gate.clone(), mask, CatchUp::Reload, sink, |forward| {
            let connection = live.advise(mask, forward)?;
            let table = Arc::downgrade(live.object());
            Ok(Box::new(move || {
                let _pass = gate.enter()?;
                table.upgrade().map_or(Ok(()), |table| table.unadvise(connection))
            }))
        })
    }

    /// Ends an advise (Unadvise). The sink is let go; a call of it that is running in another thread is not
    /// waited for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        let live = self.open.live()?;
        if self.open.is_free() {
            return live.unadvise(connection);
        }
        drop(live);
        self.open.session()?.0.advises.unadvise(connection)
    }
}

/// The rows of a table, read a page at a time; after an error there are no more.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    page: std::vec::IntoIter<Row>,
    finished: bool,
}

impl Iterator for Rows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Result<Row>> {
        const PAGE_ROWS: i64 = 256;
        if let Some(row) = self.page.next() {
            return Some(Ok(row));
        }
        if self.finished {
            return None;
        }
        match self.table.query_rows(PAGE_ROWS) {
            Ok(rows) => {
                self.page = rows.into_iter();
                let first = self.page.next();
                self.finished = first.is_none();
                first.map(Ok)
            }
            Err(error) => {
                self.finished = true;
                Some(Err(error))
            }
        }
    }
}
