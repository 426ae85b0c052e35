//! `LdapTable`: the table of a container or of a list's members. The directory is asked at the first look, for
//! what the restriction leaves; order, columns and position are those of a table in memory.
//!
//! The table does not change while it is open; a new restriction asks again.

use crate::directory::Directory;
use crate::entry::{self, COMPUTED};
use crate::filter::Filter;
use crate::members::members;
use crate::restriction::{Translated, by_properties, translate};
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_INSTANCE_KEY};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, RowSet};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::table::{Bookmark, MapiTable, Position, TableData, TableRow, TableView};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest filter, in octets.
const MAX_FILTER_BYTES: usize = 64 * 1024;

/// Where the rows come from.
pub(crate) enum Source {
    /// Everybody who is shown.
    Everybody,
    /// The members of the list of this name.
    Members(String),
}

/// The table.
pub(crate) struct LdapTable {
    directory: Arc<Directory>,
    source: Source,
    data: Arc<TableData>,
    view: TableView,
    state: Mutex<State>,
}

struct State {
    wanted: Translated,
    is_read: bool,
}

impl LdapTable {
    pub(crate) fn new(directory: Arc<Directory>, source: Source) -> Result<Self> {
        let mut columns: Vec<PropTag> = directory.schema.mappings.iter().map(|mapping| mapping.tag).collect();
        columns.extend(COMPUTED);
        let data = TableData::new(PR_INSTANCE_KEY, &columns);
        let view = data.view(SortOrder::by(PR_DISPLAY_NAME, Direction::Ascending))?;
        let wanted = Translated { filter: None, rest: None };
        Ok(Self { directory, source, data, view, state: Mutex::new(State { wanted, is_read: false }) })
    }

    /// The table with its rows.
    fn read(&self) -> Result<&TableView> {
        let mut state = self.state();
        if !state.is_read {
            let rows = self.rows(&state.wanted)?;
            let told = self.data.replace_rows_later(rows)?;
            self.view.restrict(state.wanted.rest.clone())?;
            state.is_read = true;
            drop(state);
            drop(told);
        }
        Ok(&self.view)
    }

    fn rows(&self, wanted: &Translated) -> Result<Vec<TableRow>> {
        const CALL: &str = "MapiTable::query_rows";
        let (directory, schema) = (&*self.directory, self.directory.schema);
        let props = match &self.source {
            Source::Members(list) => members(directory, list)?,
            Source::Everybody => {
                let listed = schema.listed();
                let filter = match wanted.filter.clone() {
                    Some(filter) => Filter::And(vec![filter, listed]),
                    None => listed,
                };
                let entries = directory.list(CALL, &filter, &schema.attributes())?;
                entries.iter().filter_map(|entry| entry::props(directory.uid, schema, entry)).collect()
            }
        };
        Ok(props.into_iter().map(TableRow::from).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MapiTable for LdapTable {
    fn columns(&self) -> Result<ColumnSet> {
        self.view.columns()
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        self.view.all_columns()
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        self.view.set_columns(columns)
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        let wanted = match (&restriction, &self.source) {
            (None, _) => Translated { filter: None, rest: None },
            (Some(restriction), source) => {
                restriction.check()?;
                match source {
                    Source::Everybody => translate(self.directory.schema, restriction),
                    Source::Members(_) => Translated { filter: None, rest: Some(by_properties(restriction)) },
                }
            }
        };
        if let Some(filter) = &wanted.filter
            && yasna::construct_der(|writer| filter.write(writer)).len() > MAX_FILTER_BYTES
        {
            let detail = "the condition is too long for a directory";
            return Err(Error::new(ErrorCode::TOO_COMPLEX, "MapiTable::restrict", detail));
        }
        let mut state = self.state();
        // The same question has the same answer: only what is shown of it changes.
        state.is_read = state.is_read && wanted.filter == state.wanted.filter;
        state.wanted = wanted;
        if state.is_read { self.view.restrict(state.wanted.rest.clone()) } else { Ok(()) }
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        self.view.sort(order)
    }

    fn sort_order(&self) -> Result<SortOrder> {
        self.view.sort_order()
    }

    fn row_count(&self) -> Result<u64> {
        self.read()?.row_count()
    }

    fn position(&self) -> Result<Position> {
        self.read()?.position()
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        self.read()?.seek_row(from, rows)
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        self.read()?.seek_row_approx(numerator, denominator)
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        restriction.check()?;
        self.read()?.find_row(&by_properties(restriction), from, backwards)
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        self.read()?.query_rows(count)
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        self.read()?.create_bookmark()
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.view.free_bookmark(bookmark)
    }
}
