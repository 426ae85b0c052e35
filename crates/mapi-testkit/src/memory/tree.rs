//! The hierarchy table of a whole tree (CONVENIENT_DEPTH), as it is at the moment.

use super::content::{Content, Id};
use super::rows;
use mapi_defs::Result;
use mapi_defs::prop::tags::{
    PR_COMMENT, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DEPTH, PR_DISPLAY_NAME, PR_ENTRYID,
};
use mapi_spi::table::{TableData, TableRow};
use std::sync::Arc;

/// The folders below a folder, each behind the one that it is in.
pub(super) fn hierarchy(content: &Content, above: Id) -> Result<Arc<TableData>> {
    let columns = [PR_ENTRYID, PR_DISPLAY_NAME, PR_DEPTH, PR_COMMENT, PR_CONTENT_COUNT, PR_CONTENT_UNREAD];
    let table = TableData::new(PR_ENTRYID, &columns);
    let below = |id: Id, depth: i32| {
        let children = content.children(id).into_iter().rev();
        children.map(move |child| (child, depth)).collect::<Vec<_>>()
    };
    let mut open = below(above, 1);
    let mut rows = Vec::new();
    while let Some((id, depth)) = open.pop() {
        if let Some(folder) = content.folders.get(&id) {
            let mut props = rows::folder_props(content, id, folder);
            props.set(PR_DEPTH, depth);
            rows.push(TableRow::from(props));
        }
        open.extend(below(id, depth + 1));
    }
    table.modify_rows(rows)?;
    Ok(table)
}
