//! What a table of few rows tells: folders, the outgoing queue, receive folders. The rows are made again at a
//! change that may concern them, and compared with those told before.
//!
//! What tables of messages tell is `contents/events.rs`.

use crate::changes::LiveTable;
use crate::engine::record::ChangeRecord;
use crate::entry_id::Kind;
use crate::rows::MemoryTable;
use mapi_defs::notification::TableEvent;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::PR_INSTANCE_KEY;
use mapi_defs::row::Row;
use std::collections::{HashMap, HashSet};

/// Which changes may concern a table's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Concern {
    /// None: it shows an object as it was opened.
    Nothing,
    /// Folders that come, go and change, their counters included.
    Folders,
    /// Messages: the outgoing queue.
    Messages,
    /// The store itself: where classes are received.
    Store,
}

impl Concern {
    fn is_of(self, change: &ChangeRecord) -> bool {
        match self {
            Self::Nothing => false,
            Self::Folders => change.kind == Kind::Folder as i64 || change.counted,
            Self::Messages => change.kind == Kind::Message as i64,
            Self::Store => change.kind == Kind::Store as i64,
        }
    }
}

impl LiveTable for MemoryTable {
    fn events(&self, changes: Option<&[ChangeRecord]>) -> Vec<TableEvent> {
        if changes.is_some_and(|changes| !changes.iter().any(|change| self.concern().is_of(change))) {
            return Vec::new();
        }
        let told = self.tell_anew(|old, new, show| difference(old, new, show));
        told.filter(|_| changes.is_some()).unwrap_or_else(|| vec![TableEvent::Reload])
    }
}

/// What became of rows, in an order in which each new one is told after the one before it.
fn difference(old: &[PropList], new: &[PropList], show: &dyn Fn(&PropList) -> Row) -> Vec<TableEvent> {
    let key = |row: &PropList| row.binary(PR_INSTANCE_KEY).unwrap_or_default().to_vec();
    let held: HashMap<Vec<u8>, &PropList> = old.iter().map(|row| (key(row), row)).collect();
    let kept: HashSet<Vec<u8>> = new.iter().map(key).collect();
    let gone = old.iter().map(key).filter(|key| !kept.contains(key));
    let mut events: Vec<TableEvent> = gone.map(|index| TableEvent::RowDeleted { index }).collect();
    let mut prior = None;
    for row in new {
        let index = key(row);
        match held.get(&index) {
            None => {
                let (index, prior) = (index.clone(), prior.clone());
                events.push(TableEvent::RowAdded { index, prior, row: show(row) });
            }
            Some(known) if *known != row => {
                let (index, prior) = (index.clone(), prior.clone());
                events.push(TableEvent::RowModified { index, prior, row: show(row) });
            }
            Some(_) => {}
        }
        prior = Some(index);
    }
    events
}
