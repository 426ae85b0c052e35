//! `QueueTable`: the table of the outgoing queue (GetOutgoingQueue), of which a spooler looks at the end
//! several times a second: counted and read by number as long as it is in the order of submission.
//!
//! Sorted, restricted, searched or with bookmarks it is a `MemoryTable` like others (`rows.rs`), which also
//! tells its sinks.

use crate::answer::pick;
use crate::logon::Logon;
use crate::queue::row;
use crate::rows::{MemoryTable, fraction};
use mapi_defs::Result;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::table::{Bookmark, MapiTable, Position};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows read at once.
const PAGE: usize = 1_000;

/// The table of the outgoing queue.
pub(crate) struct QueueTable {
    logon: Arc<Logon>,
    sorted: Arc<MemoryTable>,
    state: Mutex<State>,
}

struct State {
    columns: ColumnSet,
    /// The row that the table stands behind; 0 is the beginning.
    behind: i64,
    /// True once the table was asked for what only the other one can do.
    is_sorted: bool,
}

impl QueueTable {
    pub(crate) fn new(logon: Arc<Logon>, columns: &[PropTag], sorted: Arc<MemoryTable>) -> Self {
        let state = State { columns: columns.to_vec(), behind: 0, is_sorted: false };
        Self { logon, sorted, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The other table, standing where this one does.
    fn sorted(&self) -> Result<&MemoryTable> {
        let mut state = self.lock();
        if !state.is_sorted {
            let place = self.logon.engine("MapiTable::sort")?.queue_rank(state.behind)?;
            state.is_sorted = true;
            drop(state);
            self.sorted.seek_row(Bookmark::Beginning, i64::try_from(place).unwrap_or(i64::MAX))?;
        }
        Ok(&self.sorted)
    }

    /// The state where the table is in the order of submission.
    fn plain(&self) -> Option<MutexGuard<'_, State>> {
        Some(self.lock()).filter(|state| !state.is_sorted)
    }
}

impl MapiTable for QueueTable {
    fn columns(&self) -> Result<ColumnSet> {
        self.logon.engine("MapiTable::columns")?;
        Ok(self.lock().columns.clone())
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        self.sorted()?.all_columns()
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        self.sorted.set_columns(columns)?;
        self.lock().columns = columns.to_vec();
        Ok(())
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        self.sorted()?.restrict(restriction)
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        self.sorted()?.sort(order)
    }

    fn sort_order(&self) -> Result<SortOrder> {
        self.sorted.sort_order()
    }

    fn row_count(&self) -> Result<u64> {
        match self.plain() {
            Some(_) => self.logon.engine("MapiTable::row_count")?.queue_rank(i64::MAX),
            None => self.sorted()?.row_count(),
        }
    }

    fn position(&self) -> Result<Position> {
        const CALL: &str = "MapiTable::position";
        match self.plain() {
            Some(state) => {
                let engine = self.logon.engine(CALL)?;
                Ok(fraction(engine.queue_rank(state.behind)?, engine.queue_rank(i64::MAX)?))
            }
            None => self.sorted()?.position(),
        }
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        let Some(mut state) = self.plain().filter(|_| !matches!(from, Bookmark::Kept(_))) else {
            return self.sorted()?.seek_row(from, rows);
        };
        let engine = self.logon.engine("MapiTable::seek_row")?;
        let count = engine.queue_rank(i64::MAX)?;
        let start = match from {
            Bookmark::Beginning => 0,
            Bookmark::End => count,
            _ => engine.queue_rank(state.behind)?,
        };
        let end = start.saturating_add_signed(rows).min(count);
        state.behind = match end {
            0 => 0,
            end => engine.queue_at(end - 1)?.unwrap_or(i64::MAX),
        };
        Ok(end.cast_signed() - start.cast_signed())
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        self.sorted()?.seek_row_approx(numerator, denominator)
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        self.sorted()?.find_row(restriction, from, backwards)
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        let Some(mut state) = self.plain().filter(|_| count >= 0) else {
            return self.sorted()?.query_rows(count);
        };
        let engine = self.logon.engine("MapiTable::query_rows")?;
        let (mut found, mut left) = (RowSet::new(), usize::try_from(count).unwrap_or(usize::MAX));
        while left > 0 {
            let page = engine.queue_page(state.behind, left.min(PAGE))?;
            let Some(last) = page.last() else { break };
            state.behind = last.seq;
            left -= page.len();
            for queued in &page {
                if let Some(props) = row(&self.logon, queued) {
                    found.push(shown(&props?, &state.columns));
                }
            }
        }
        Ok(found)
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        self.sorted()?.create_bookmark()
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.sorted()?.free_bookmark(bookmark)
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        self.sorted.advise(mask, sink)
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.sorted.unadvise(connection)
    }
}

fn shown(props: &PropList, columns: &[PropTag]) -> Row {
    let found = |tag: &PropTag| pick(*tag, props.prop(*tag).cloned());
    Row { props: columns.iter().map(found).collect() }
}
