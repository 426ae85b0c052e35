//! `LiveTable`: a table of the session's own rows, made when somebody first asks for it.
//!
//! Rows are told apart by PR_INSTANCE_KEY. The engine behind it is `mapi_spi::table`.

use mapi_defs::Result;
use mapi_defs::prop::tags::PR_INSTANCE_KEY;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::row::Row;
use mapi_defs::sort::SortOrder;
use mapi_spi::table::{MapiTable, TableData, TableRow};
use std::sync::{Arc, OnceLock};

/// The rows, once somebody has asked.
#[derive(Default)]
pub(super) struct LiveTable {
    data: OnceLock<Arc<TableData>>,
}

impl LiveTable {
    /// A view of the rows as they are now and will be.
    pub(super) fn view(
        &self,
        rows: impl Fn() -> Vec<Row>,
        columns: &[PropTag],
    ) -> Result<Arc<dyn MapiTable>> {
        let data = self.data.get_or_init(|| TableData::new(PR_INSTANCE_KEY, columns));
        data.replace_rows(table_rows(rows()))?;
        Ok(Arc::new(data.view(SortOrder::default())?))
    }

    /// Takes the rows as they are now, if there is a table.
    pub(super) fn refresh(&self, rows: impl FnOnce() -> Vec<Row>) {
        if let Some(data) = self.data.get()
            && let Err(error) = data.replace_rows(table_rows(rows()))
        {
            // Every row has its key, so this cannot be; the table then shows what it showed before.
            tracing::error!(%error, "a table of the session cannot be brought up to date");
        }
    }
}

fn table_rows(rows: Vec<Row>) -> Vec<TableRow> {
    rows.into_iter().map(|row| TableRow::from(row.props.into_iter().collect::<PropList>())).collect()
}
