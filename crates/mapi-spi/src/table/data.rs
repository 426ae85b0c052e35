//! `TableData`: the rows of a table in memory, for providers without a table engine of their own
//! (ITableData, CreateTable).
//!
//! A row is known by its index column; its PR_INSTANCE_KEY is made of that value. Clients see the rows
//! through views (`view.rs`), any number at a time. A change reaches every view before the call
//! returns, and the sinks of the views are called then, one after the other, without any lock.

use super::InstanceKey;
use super::state::ViewState;
use super::view::TableView;
use crate::advise::{AdviseSink, Connection};
use crate::gate::Gate;
use mapi_defs::notification::Notification;
use mapi_defs::prop::tags::{PR_INSTANCE_KEY, PR_MESSAGE_FLAGS};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::restriction::Subject;
use mapi_defs::row::ColumnSet;
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// MSGFLAG_READ.
const READ: i32 = 1;

/// One row as its provider hands it in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TableRow {
    /// The columns that the row has.
    pub props: PropList,
    /// The tables below the object, for RES_SUBRESTRICTION: PR_MESSAGE_RECIPIENTS,
    /// PR_MESSAGE_ATTACHMENTS and their rows.
    pub below: Vec<(PropTag, Vec<PropList>)>,
}

impl From<PropList> for TableRow {
    fn from(props: PropList) -> Self {
        Self { props, below: Vec::new() }
    }
}

/// A row in the table: its place in the order of arrival, its key, and what it holds.
#[derive(Debug)]
pub(super) struct StoredRow {
    pub(super) arrival: u64,
    pub(super) key: InstanceKey,
    row: TableRow,
}

impl StoredRow {
    pub(super) fn props(&self) -> &PropList {
        &self.row.props
    }

    pub(super) fn is_unread(&self) -> bool {
        self.row.props.long(PR_MESSAGE_FLAGS).is_some_and(|flags| flags & READ == 0)
    }
}

impl Subject for StoredRow {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        self.row.props.value(tag).map(Cow::Borrowed)
    }

    fn rows(&self, tag: PropTag) -> Vec<Cow<'_, PropList>> {
        let tables = self.row.below.iter().filter(|(of, _)| of.id() == tag.id());
        tables.flat_map(|(_, rows)| rows).map(Cow::Borrowed).collect()
    }
}

/// What became of one row, as views are told.
pub(super) enum Change {
    /// The row is new, or replaces the one with its key.
    Put { old: Option<Arc<StoredRow>>, new: Arc<StoredRow> },
    /// The row went.
    Gone(Arc<StoredRow>),
}

/// The rows of a table.
pub struct TableData {
    index: PropTag,
    inner: Mutex<Inner>,
    outbox: Mutex<Outbox>,
}

#[derive(Default)]
pub(super) struct Inner {
    columns: ColumnSet,
    rows: BTreeMap<u64, Arc<StoredRow>>,
    arrivals: HashMap<InstanceKey, u64>,
    next_arrival: u64,
    pub(super) views: BTreeMap<u64, ViewState>,
    next_number: u64,
}

/// Notifications on their way, so that every sink is told in the order of the changes.
#[derive(Default)]
struct Outbox {
    waiting: VecDeque<Delivery>,
    /// True while some call is delivering; it takes along what others put in meanwhile.
    busy: bool,
}

struct Delivery {
    view: u64,
    connection: Connection,
    sink: Arc<dyn AdviseSink>,
    notifications: Arc<[Notification]>,
}

impl TableData {
    /// An empty table whose rows are told apart by the column `index` and have these columns
    /// (CreateTable).
    pub fn new(index: PropTag, columns: &[PropTag]) -> Arc<Self> {
        let mut inner = Inner::default();
        inner.learn(columns.iter().copied());
        inner.learn([PR_INSTANCE_KEY].into_iter());
        Arc::new(Self { index, inner: Mutex::new(inner), outbox: Mutex::new(Outbox::default()) })
    }

    /// Puts rows in: each replaces the row with its index, or is added at the end (HrModifyRows).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: a row lacks the index column; no row was put in.
    pub fn modify_rows(&self, rows: Vec<TableRow>) -> Result<()> {
        let keyed = self.keyed(rows)?;
        self.change(|inner| keyed.into_iter().map(|(key, row)| inner.put(key, row)).collect());
        Ok(())
    }

    /// Puts rows in as [`TableData::modify_rows`] does and calls the sinks only when the answer is dropped:
    /// for a provider that changes the table under a lock of its own.
    ///
    /// # Errors
    /// As [`TableData::modify_rows`].
    pub fn modify_rows_later(self: &Arc<Self>, rows: Vec<TableRow>) -> Result<Pending> {
        let keyed = self.keyed(rows)?;
        self.change_later(|inner| keyed.into_iter().map(|(key, row)| inner.put(key, row)).collect());
        Ok(Pending(self.clone()))
    }

    /// Deletes rows as [`TableData::delete_rows`] does and calls the sinks only when the answer is dropped.
    pub fn delete_rows_later(self: &Arc<Self>, indexes: &[PropValue]) -> Pending {
        let keys: Vec<InstanceKey> = indexes.iter().map(index_key).collect();
        self.change_later(|inner| keys.iter().filter_map(|key| inner.remove(key)).collect());
        Pending(self.clone())
    }

    /// Puts one row in (HrModifyRow).
    ///
    /// # Errors
    /// As [`TableData::modify_rows`].
    pub fn modify_row(&self, row: impl Into<TableRow>) -> Result<()> {
        self.modify_rows(vec![row.into()])
    }

    /// Deletes the rows with these values in the index column, and returns how many there were
    /// (HrDeleteRows).
    pub fn delete_rows(&self, indexes: &[PropValue]) -> usize {
        let keys: Vec<InstanceKey> = indexes.iter().map(index_key).collect();
        self.change(|inner| keys.iter().filter_map(|key| inner.remove(key)).collect())
    }

    /// Deletes every row; views are told to read again (HrDeleteRows with TAD_ALL_ROWS).
    pub fn delete_all(&self) -> usize {
        let mut inner = self.lock();
        let count = inner.rows.len();
        inner.rows.clear();
        inner.arrivals.clear();
        self.tell(&mut inner.views, ViewState::cleared);
        drop(inner);
        self.deliver();
        count
    }

    /// Makes these the rows of the table; views are told of the difference alone.
    ///
    /// # Errors
    /// As [`TableData::modify_rows`].
    pub fn replace_rows(&self, rows: Vec<TableRow>) -> Result<()> {
        let keyed = self.keyed(rows)?;
        self.change(|inner| inner.replace(keyed));
        Ok(())
    }

    /// Replaces rows as [`TableData::replace_rows`] does and calls the sinks only when the answer is dropped.
    ///
    /// # Errors
    /// As [`TableData::modify_rows`].
    pub fn replace_rows_later(self: &Arc<Self>, rows: Vec<TableRow>) -> Result<Pending> {
        let keyed = self.keyed(rows)?;
        self.change_later(|inner| inner.replace(keyed));
        Ok(Pending(self.clone()))
    }

    /// The row with this value in the index column (HrQueryRow).
    pub fn row(&self, index: &PropValue) -> Option<PropList> {
        let inner = self.lock();
        let arrival = inner.arrivals.get(&index_key(index))?;
        inner.rows.get(arrival).map(|row| row.props().clone())
    }

    /// Number of rows, restrictions of views apart.
    pub fn row_count(&self) -> usize {
        self.lock().rows.len()
    }

    /// A view of the rows, in this order (HrGetView).
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`, `MAPI_E_INVALID_PARAMETER`: the order cannot be made.
    pub fn view(self: &Arc<Self>, order: SortOrder) -> Result<TableView> {
        self.view_behind(order, None)
    }

    /// A view that answers `MAPI_E_INVALID_OBJECT`, and whose sinks hear nothing, once this gate is closed.
    ///
    /// # Errors
    /// As [`TableData::view`].
    pub fn view_behind(self: &Arc<Self>, order: SortOrder, gate: Option<Arc<Gate>>) -> Result<TableView> {
        let mut inner = self.lock();
        let state = ViewState::new(inner.columns.clone(), order, gate, inner.rows.values())?;
        let number = inner.next_number();
        inner.views.insert(number, state);
        drop(inner);
        Ok(TableView::new(self.clone(), number))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keyed(&self, rows: Vec<TableRow>) -> Result<Vec<(InstanceKey, TableRow)>> {
        rows.into_iter()
            .map(|row| {
                let key = row.props.value(self.index).map(index_key);
                key.map(|key| (key, row)).ok_or_else(|| {
                    let detail = format!("a row lacks its index column {}", self.index);
                    Error::new(ErrorCode::INVALID_PARAMETER, "TableData::modify_rows", detail)
                })
            })
            .collect()
    }

    /// Changes rows under the lock and tells the views, then calls the sinks without the lock.
    fn change(&self, change: impl FnOnce(&mut Inner) -> Vec<Change>) -> usize {
        let count = self.change_later(change);
        self.deliver();
        count
    }

    fn change_later(&self, change: impl FnOnce(&mut Inner) -> Vec<Change>) -> usize {
        let mut inner = self.lock();
        let changes = change(&mut inner);
        if !changes.is_empty() {
            let Inner { rows, views, .. } = &mut *inner;
            self.tell(views, |view| view.apply(&changes, rows.values()));
        }
        changes.len()
    }

    /// Called under the lock of the rows, so that the outbox is in the order of the changes.
    fn tell(
        &self,
        views: &mut BTreeMap<u64, ViewState>,
        mut tell: impl FnMut(&mut ViewState) -> Vec<Notification>,
    ) {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, view) in views {
            let notifications: Arc<[Notification]> = tell(view).into();
            if notifications.is_empty() {
                continue;
            }
            for (connection, sink) in view.sinks() {
                let (sink, notifications) = (sink.clone(), notifications.clone());
                outbox.waiting.push_back(Delivery { view: *number, connection, sink, notifications });
            }
        }
    }

    fn deliver(&self) {
        {
            let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
            if outbox.busy || outbox.waiting.is_empty() {
                return;
            }
            outbox.busy = true;
        }
        let delivering = Delivering(&self.outbox);
        while let Some(delivery) = delivering.next() {
            let inner = self.lock();
            let view = inner.views.get(&delivery.view);
            let wanted = view.is_some_and(|view| view.is_advised(delivery.connection));
            drop(inner);
            if wanted {
                delivery.sink.on_notify(&delivery.notifications);
            }
        }
    }
}

impl std::fmt::Debug for TableData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TableData(index {}, {} rows)", self.index, self.row_count())
    }
}

/// Sinks that have not been called yet; dropping it calls them, so drop it without a lock.
#[must_use = "the sinks of the table are called when this is dropped"]
#[derive(Debug)]
pub struct Pending(Arc<TableData>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.deliver();
    }
}

/// The turn of delivering; a sink that panics ends the turn and not the deliveries for ever.
struct Delivering<'table>(&'table Mutex<Outbox>);

impl Delivering<'_> {
    fn next(&self) -> Option<Delivery> {
        let mut outbox = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = outbox.waiting.pop_front();
        // Given up under the same lock, so that whoever puts something in next delivers it.
        outbox.busy = next.is_some();
        next
    }
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).busy = false;
        }
    }
}

impl Inner {
    pub(super) fn columns(&self) -> &ColumnSet {
        &self.columns
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Arc<StoredRow>> {
        self.rows.values()
    }

    /// A number for a view or an advise, never 0.
    pub(super) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn put(&mut self, key: InstanceKey, mut row: TableRow) -> Change {
        row.props.set(PR_INSTANCE_KEY, key.clone());
        self.learn(row.props.tags());
        let arrival = self.arrivals.get(&key).copied().unwrap_or(self.next_arrival);
        self.next_arrival = self.next_arrival.max(arrival + 1);
        let new = Arc::new(StoredRow { arrival, key: key.clone(), row });
        self.arrivals.insert(key, arrival);
        let old = self.rows.insert(arrival, new.clone());
        Change::Put { old, new }
    }

    fn remove(&mut self, key: &InstanceKey) -> Option<Change> {
        let arrival = self.arrivals.remove(key)?;
        self.rows.remove(&arrival).map(Change::Gone)
    }

    fn replace(&mut self, rows: Vec<(InstanceKey, TableRow)>) -> Vec<Change> {
        let kept: std::collections::HashSet<&InstanceKey> = rows.iter().map(|(key, _)| key).collect();
        let gone: Vec<InstanceKey> =
            self.rows.values().filter(|row| !kept.contains(&row.key)).map(|row| row.key.clone()).collect();
        let mut changes: Vec<Change> = gone.iter().filter_map(|key| self.remove(key)).collect();
        for (key, mut row) in rows {
            row.props.set(PR_INSTANCE_KEY, key.clone());
            let held = self.arrivals.get(&key).and_then(|arrival| self.rows.get(arrival));
            if held.is_none_or(|held| held.row != row) {
                changes.push(self.put(key, row));
            }
        }
        changes
    }

    fn learn(&mut self, tags: impl Iterator<Item = PropTag>) {
        for tag in tags {
            if !self.columns.iter().any(|known| known.id() == tag.id()) {
                self.columns.push(tag.unicode());
            }
        }
    }
}

/// The instance key of an index value: bytes as they are, other values by their bytes.
fn index_key(value: &PropValue) -> InstanceKey {
    match value {
        PropValue::Binary(bytes) => bytes.clone(),
        PropValue::Long(number) => number.to_le_bytes().to_vec(),
        PropValue::I8(number) => number.to_le_bytes().to_vec(),
        PropValue::Clsid(guid) => guid.0.to_vec(),
        PropValue::String8(text) | PropValue::Unicode(text) => text.clone().into_bytes(),
        other => format!("{other:?}").into_bytes(),
    }
}
