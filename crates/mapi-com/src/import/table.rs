//! A table of a provider in a library (IMAPITable).

use super::prop::Foreign;
use super::{Block, given, told};
use crate::abi::SRowSet;
use crate::export::core_sink::core_sink;
use crate::interfaces::IMAPITable;
use crate::marshal::block::Allocator;
use crate::marshal::prop::{c_tags, tags};
use crate::marshal::restriction::{c_restriction, c_sort_order, sort_order};
use crate::marshal::row::{free_rows, rows};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropTag;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::table::{Bookmark, InstanceKey, MapiTable, Position};
use std::ptr::null_mut;
use std::sync::Arc;

const TBL_ALL_COLUMNS: u32 = 1;
const DIR_BACKWARD: u32 = 1;
/// The most rows that one call reads; a table that never ends then costs no more.
const MOST_ROWS: i64 = 1 << 20;

/// Puts a provider's table behind the safe trait.
///
/// # Errors
/// - `MAPI_E_CALL_FAILED`: there is none.
pub(crate) fn foreign_table(table: Option<IMAPITable>, call: &'static str) -> Result<Arc<dyn MapiTable>> {
    Ok(Arc::new(Foreign(given(table, call)?)))
}

/// Rows that a table handed out, freed with this.
struct Rows(*mut SRowSet);

impl Rows {
    fn read(&self, call: &'static str) -> Result<RowSet> {
        // SAFETY: the table answered NULL or a row set.
        let read = unsafe { rows(self.0, call) }?.unwrap_or_default();
        Ok(read.into_iter().map(|props| Row { props }).collect())
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // SAFETY: the table answered NULL or a row set, in our buffers.
        unsafe { free_rows(self.0) };
    }
}

fn place(bookmark: Bookmark) -> usize {
    match bookmark {
        Bookmark::Beginning => 0,
        Bookmark::Current => 1,
        Bookmark::End => 2,
        Bookmark::Kept(kept) => kept as usize,
    }
}

impl Foreign<IMAPITable> {
    fn query_columns(&self, flags: u32) -> Result<ColumnSet> {
        const CALL: &str = "IMAPITable::QueryColumns";
        let mut list = Block::empty();
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.QueryColumns(flags, &raw mut list.0) }, CALL)?;
        // SAFETY: the table answered NULL or a tag array.
        Ok(unsafe { tags(list.0, CALL) }?.unwrap_or_default())
    }
}

impl MapiTable for Foreign<IMAPITable> {
    fn columns(&self) -> Result<ColumnSet> {
        self.query_columns(0)
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        self.query_columns(TBL_ALL_COLUMNS)
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        let list = Block(c_tags(columns)?);
        // SAFETY: the object is held by `self`; the tags are ours.
        told(unsafe { self.0.SetColumns(list.0, 0) }, "IMAPITable::SetColumns")
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        let condition = restriction.as_ref().map(|condition| c_restriction(Allocator::OURS, condition));
        let condition = Block(condition.transpose()?.unwrap_or(null_mut()));
        // SAFETY: the object is held by `self`; the condition is ours, or NULL.
        told(unsafe { self.0.Restrict(condition.0, 0) }, "IMAPITable::Restrict")
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        let order = Block(c_sort_order(Allocator::OURS, &order)?);
        // SAFETY: the object is held by `self`; the order is ours.
        told(unsafe { self.0.SortTable(order.0, 0) }, "IMAPITable::SortTable")
    }

    fn sort_order(&self) -> Result<SortOrder> {
        const CALL: &str = "IMAPITable::QuerySortOrder";
        let mut order = Block::empty();
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.QuerySortOrder(&raw mut order.0) }, CALL)?;
        // SAFETY: the table answered NULL or an order.
        Ok(unsafe { sort_order(order.0, CALL) }?.unwrap_or_default())
    }

    fn row_count(&self) -> Result<u64> {
        let mut count = 0;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.GetRowCount(0, &raw mut count) }, "IMAPITable::GetRowCount")?;
        Ok(u64::from(count))
    }

    fn position(&self) -> Result<Position> {
        let (mut row, mut numerator, mut denominator) = (0, 0, 0);
        // SAFETY: the object is held by `self`; the places are ours.
        let answer = unsafe { self.0.QueryPosition(&raw mut row, &raw mut numerator, &raw mut denominator) };
        told(answer, "IMAPITable::QueryPosition")?;
        Ok(Position { row: u64::from(row), numerator, denominator: denominator.max(1) })
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        let rows = rows.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let mut moved = 0;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.SeekRow(place(from), rows, &raw mut moved) }, "IMAPITable::SeekRow")?;
        Ok(i64::from(moved))
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.SeekRowApprox(numerator, denominator) }, "IMAPITable::SeekRowApprox")
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        let condition = Block(c_restriction(Allocator::OURS, restriction)?);
        let flags = if backwards { DIR_BACKWARD } else { 0 };
        // SAFETY: the object is held by `self`; the condition is ours.
        told(unsafe { self.0.FindRow(condition.0, place(from), flags) }, "IMAPITable::FindRow")
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        const CALL: &str = "IMAPITable::QueryRows";
        let count = count.clamp(-MOST_ROWS, MOST_ROWS) as i32;
        let mut found = Rows(null_mut());
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.QueryRows(count, 0, &raw mut found.0) }, CALL)?;
        found.read(CALL)
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        const CALL: &str = "IMAPITable::CreateBookmark";
        let mut bookmark = 0;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.CreateBookmark(&raw mut bookmark) }, CALL)?;
        match u32::try_from(bookmark) {
            Ok(0..=2) | Err(_) => {
                Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the provider answered no bookmark of its own"))
            }
            Ok(kept) => Ok(Bookmark::Kept(kept)),
        }
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.FreeBookmark(place(bookmark)) }, "IMAPITable::FreeBookmark")
    }

    fn expand_row(&self, key: &InstanceKey, count: usize) -> Result<(RowSet, u64)> {
        const CALL: &str = "IMAPITable::ExpandRow";
        let mut key = key.clone();
        let most = u32::try_from(count).unwrap_or(u32::MAX);
        let (mut found, mut more) = (Rows(null_mut()), 0);
        // SAFETY: the object is held by `self`; key and places are ours.
        let answer = unsafe {
            let bytes = key.len() as u32;
            self.0.ExpandRow(bytes, key.as_mut_ptr(), most, 0, &raw mut found.0, &raw mut more)
        };
        told(answer, CALL)?;
        Ok((found.read(CALL)?, u64::from(more)))
    }

    fn collapse_row(&self, key: &InstanceKey) -> Result<u64> {
        let mut key = key.clone();
        let mut hidden = 0;
        // SAFETY: the object is held by `self`; key and place are ours.
        let answer = unsafe { self.0.CollapseRow(key.len() as u32, key.as_mut_ptr(), 0, &raw mut hidden) };
        told(answer, "IMAPITable::CollapseRow")?;
        Ok(u64::from(hidden))
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let (sink, mut connection) = (core_sink(sink), 0);
        // SAFETY: the object is held by `self`; sink and place are ours.
        told(unsafe { self.0.Advise(mask.0, (&sink).into(), &raw mut connection) }, "IMAPITable::Advise")?;
        Ok(Connection(connection as u64))
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.Unadvise(connection.0 as usize) }, "IMAPITable::Unadvise")
    }
}
