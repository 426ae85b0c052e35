//! Rows for a person: aligned columns under a head.

use crate::output::visible;
use comfy_table::{ContentArrangement, Table};

/// Sets rows under a head; `empty` where there is none.
pub(crate) fn listing(head: &[&str], rows: &[Vec<String>], empty: &str) -> String {
    if rows.is_empty() {
        return format!("{empty}\n");
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head);
    for row in rows {
        // Before the table counts columns: a control character would shift them.
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}
