//! The table of the folders below a folder, one level or all of them.

use super::properties::{computed, held};
use crate::engine::record::FolderRecord;
use crate::logon::Logon;
use crate::row_events::Concern;
use crate::rows::MemoryTable;
use mapi_defs::Result;
use mapi_defs::prop::{PropList, PropTag, tags};
use std::collections::HashSet;
use std::sync::Arc;

const COLUMNS: [PropTag; 9] = [
    tags::PR_ENTRYID,
    tags::PR_INSTANCE_KEY,
    tags::PR_DISPLAY_NAME,
    tags::PR_CONTENT_COUNT,
    tags::PR_CONTENT_UNREAD,
    tags::PR_SUBFOLDERS,
    tags::PR_FOLDER_TYPE,
    tags::PR_CONTAINER_CLASS,
    tags::PR_DEPTH,
];

/// The table; rows of all levels stand in the order of the tree.
pub(super) fn table(logon: Arc<Logon>, folder: i64, deep: bool, deleted: bool) -> Arc<MemoryTable> {
    let of = logon.clone();
    let source = move || {
        let engine = of.engine("Container::hierarchy_table")?;
        let mut rows = Vec::new();
        // A list in place of recursion, and a memory of what was seen: in a damaged file folders may
        // lie within one another in a circle.
        let mut seen = HashSet::from([folder]);
        let mut open: Vec<(FolderRecord, i32)> = children(&*engine, folder, deleted, 1)?;
        while let Some((record, depth)) = open.pop() {
            if !seen.insert(record.id) {
                continue;
            }
            if deep {
                open.extend(children(&*engine, record.id, deleted, depth + 1)?);
            }
            rows.push(row(&record, depth, &of)?);
        }
        Ok(rows)
    };
    MemoryTable::new(logon, &COLUMNS, Concern::Folders, Box::new(source))
}

/// The folders below, last first, as a stack wants them.
fn children(
    engine: &dyn crate::engine::Engine,
    folder: i64,
    deleted: bool,
    depth: i32,
) -> Result<Vec<(FolderRecord, i32)>> {
    let children = engine.subfolders(folder, deleted)?;
    Ok(children.into_iter().rev().map(|record| (record, depth)).collect())
}

fn row(record: &FolderRecord, depth: i32, logon: &Logon) -> Result<PropList> {
    let mut row = held(record)?.list();
    row.merge(computed(record, logon, logon.can_write()));
    row.set(tags::PR_DEPTH, depth);
    Ok(row)
}
