//! Rows in the folder's own order, read from keys.

use super::row::RowOf;
use super::{Place, Rows};
use crate::engine::record::{Cursor, Key, RowRecord, View};
use crate::message::image::NO_DELIVERY;
use mapi_defs::Result;
use mapi_defs::restriction::Restriction;
use mapi_defs::sort::SortOrder;

/// Rows looked at in one query while a condition is searched for.
const SEARCH_ROWS: usize = 512;
/// Rows that meet no condition, after which a list is made of those that do.
const VAIN_ROWS: usize = 4096;
/// Keys stepped over in one query.
const STEP_KEYS: usize = 8192;
/// Rows of one page, whatever the caller asks for.
const PAGE_ROWS: usize = 4096;

impl Rows<'_> {
    /// Rows from a place, nearest first, and the place beyond them; a negative count reads backwards and
    /// still returns the rows in the table's order. `None` where too many rows meet no condition.
    pub(super) fn page(&self, from: Place, count: i64) -> Result<Option<(Vec<RowRecord>, Place)>> {
        let (backwards, mut wanted) =
            (count < 0, usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX));
        let (mut page, mut place, mut vain) = (Vec::new(), from, 0);
        while wanted > 0 {
            if vain > VAIN_ROWS {
                return Ok(None);
            }
            let size = if self.restriction.is_none() { wanted.min(PAGE_ROWS) } else { SEARCH_ROWS };
            let rows = self.engine.rows(
                self.folder,
                self.view,
                &self.cursor(place),
                self.turned(backwards),
                size,
            )?;
            let last = rows.len() < size;
            for row in rows {
                if wanted == 0 {
                    break;
                }
                place = Self::past(&row, backwards);
                if self.meets(&row)? {
                    page.push(row);
                    wanted -= 1;
                } else {
                    vain += 1;
                }
            }
            if last && wanted > 0 {
                place = if backwards { Place::Start } else { Place::End };
                break;
            }
        }
        if backwards {
            page.reverse();
        }
        Ok(Some((page, place)))
    }

    /// Moves by rows; returns the place and how far it is. `None` where only looking at rows can tell.
    pub(super) fn step(&self, from: Place, count: i64) -> Result<Option<(Place, i64)>> {
        if self.restriction.is_some() && count != 0 {
            return Ok(None);
        }
        let backwards = count < 0;
        let mut left = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let (mut place, mut moved) = (from, 0);
        while left > 0 {
            let size = left.min(STEP_KEYS);
            let keys = self.engine.keys(
                self.folder,
                self.view,
                &self.cursor(place),
                self.turned(backwards),
                size,
            )?;
            moved += keys.len() as i64;
            left -= keys.len();
            if let Some(key) = keys.last() {
                place = if backwards { Place::At(*key) } else { Place::Behind(*key) };
            }
            if keys.len() < size {
                place = if backwards { Place::Start } else { Place::End };
                break;
            }
        }
        Ok(Some((place, if backwards { -moved } else { moved })))
    }

    /// The next row from a place that meets a condition.
    pub(super) fn find(&self, from: Place, condition: &Restriction, backwards: bool) -> Result<Option<Key>> {
        let mut place = from;
        loop {
            let cursor = self.cursor(place);
            let rows =
                self.engine.rows(self.folder, self.view, &cursor, self.turned(backwards), SEARCH_ROWS)?;
            for row in &rows {
                if self.meets(row)? && RowOf::new(self, row).meets(condition) {
                    return Ok(Some(key(row)));
                }
            }
            match rows.last() {
                Some(last) if rows.len() == SEARCH_ROWS => place = Self::past(last, backwards),
                _ => return Ok(None),
            }
        }
    }

    /// True where messages without a delivery time stand first in the index though they have to come
    /// last: in ascending order. A table of such a folder is a list.
    pub(super) fn has_missing_first(&self, sort: &SortOrder) -> Result<bool> {
        if sort.columns.is_empty() || self.descending {
            return Ok(false);
        }
        let first = self.engine.keys(self.folder, self.view, &Cursor::Start, false, 1)?;
        Ok(first.first().is_some_and(|key| key.delivered == NO_DELIVERY))
    }

    /// Number of rows; `None` where only looking at them can tell.
    pub(super) fn count(&self) -> Result<Option<u64>> {
        if self.restriction.is_some() {
            return Ok(None);
        }
        let folder = self.engine.folder(self.folder)?;
        let count = match (self.view, folder) {
            (View::Normal, Some(folder)) => u64::try_from(folder.counts.total).unwrap_or(0),
            (View::Associated, Some(folder)) => u64::try_from(folder.counts.assoc).unwrap_or(0),
            _ => self.engine.rank(self.folder, self.view, &Cursor::End)?,
        };
        Ok(Some(count))
    }

    /// Number of rows before a place, of so many.
    pub(super) fn rank(&self, place: Place, count: u64) -> Result<u64> {
        if place == Place::Start {
            return Ok(0);
        }
        let before = self.engine.rank(self.folder, self.view, &self.cursor(place))?;
        Ok(if self.descending { count.saturating_sub(before) } else { before })
    }

    /// True where a row meets the table's restriction.
    pub(super) fn meets(&self, row: &RowRecord) -> Result<bool> {
        Ok(self.restriction.is_none_or(|restriction| RowOf::new(self, row).meets(restriction)))
    }

    /// The place beyond a row that was read.
    fn past(row: &RowRecord, backwards: bool) -> Place {
        if backwards { Place::At(key(row)) } else { Place::Behind(key(row)) }
    }

    /// The place in the index, whose order is ascending whatever the table's is.
    fn cursor(&self, place: Place) -> Cursor {
        match (place, self.descending) {
            (Place::Start, false) | (Place::End, true) => Cursor::Start,
            (Place::End, false) | (Place::Start, true) => Cursor::End,
            (Place::At(key), false) | (Place::Behind(key), true) => Cursor::Before(key),
            (Place::Behind(key), false) | (Place::At(key), true) => Cursor::After(key),
        }
    }

    /// The direction in the index.
    fn turned(&self, backwards: bool) -> bool {
        backwards != self.descending
    }
}

/// A row's key.
pub(super) fn key(row: &RowRecord) -> Key {
    Key { delivered: row.delivered, id: row.id }
}
