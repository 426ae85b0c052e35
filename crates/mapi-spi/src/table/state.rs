//! `ViewState`: what one view shows of the rows, and where it stands.
//!
//! All of it is behind the lock of the rows (`data.rs`), so nothing here calls anybody.

use super::category::{Line, Plan, row_type};
use super::cursor::Cursor;
use super::data::{Change, StoredRow};
use super::{Bookmark, InstanceKey};
use crate::advise::{AdviseSink, Connection};
use crate::gate::Gate;
use mapi_defs::notification::{Notification, TableEvent};
use mapi_defs::prop::tags::{PR_DEPTH, PR_ROW_TYPE};
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::restriction::{Restriction, Subject};
use mapi_defs::row::{ColumnSet, Row};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// PR_NULL: a column that stays empty.
const PR_NULL: PropTag = PropTag::new(0, PropType::NULL);

/// What one view shows.
pub(super) struct ViewState {
    pub(super) columns: ColumnSet,
    pub(super) order: SortOrder,
    pub(super) cursor: Cursor,
    plan: Plan,
    restriction: Option<Restriction>,
    lines: Vec<Line>,
    /// Categories that were opened or closed by hand.
    toggled: HashMap<InstanceKey, bool>,
    sinks: Vec<(Connection, Arc<dyn AdviseSink>)>,
    gate: Option<Arc<Gate>>,
}

impl ViewState {
    pub(super) fn new<'rows>(
        columns: ColumnSet,
        order: SortOrder,
        gate: Option<Arc<Gate>>,
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Result<Self> {
        let mut view = Self {
            columns,
            plan: Plan::of(&order)?,
            order,
            cursor: Cursor::default(),
            restriction: None,
            lines: Vec::new(),
            toggled: HashMap::new(),
            sinks: Vec::new(),
            gate,
        };
        view.lines = view.all_lines(rows);
        Ok(view)
    }

    /// True once the gate that the view is behind is closed.
    pub(super) fn has_ended(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| gate.is_closed())
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn set_order<'rows>(
        &mut self,
        order: SortOrder,
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Result<()> {
        self.plan = Plan::of(&order)?;
        self.order = order;
        self.toggled.clear();
        self.start_again(rows);
        Ok(())
    }

    pub(super) fn set_restriction<'rows>(
        &mut self,
        restriction: Option<Restriction>,
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Result<()> {
        restriction.as_ref().map_or(Ok(()), Restriction::check)?;
        self.restriction = restriction;
        self.start_again(rows);
        Ok(())
    }

    /// The lines from `from` on, `count` of them, as rows in the view's columns.
    pub(super) fn rows(&self, from: usize, count: usize) -> Vec<Row> {
        self.lines.iter().skip(from).take(count).map(|line| self.row(line)).collect()
    }

    /// The place of the next line from `from` on (or before it, backwards) that meets a condition.
    pub(super) fn find(&self, restriction: &Restriction, from: usize, backwards: bool) -> Option<usize> {
        let meets = |line: &Line| restriction.matches(&LineSubject { line, is_grouped: self.is_grouped() });
        if backwards {
            self.lines.iter().take(from).rposition(meets)
        } else {
            self.lines.iter().skip(from).position(meets).map(|offset| from + offset)
        }
    }

    /// Opens a category; returns the place below its header and how many lines came in there.
    pub(super) fn expand<'rows>(
        &mut self,
        key: &InstanceKey,
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Option<(usize, usize)> {
        let (below, before) = (self.header_at(key)? + 1, self.lines.len());
        self.toggled.insert(key.clone(), true);
        self.lines = self.all_lines(rows);
        let added = self.lines.len().saturating_sub(before);
        self.cursor.inserted(below, added, before);
        Some((below, added))
    }

    /// Closes a category; returns how many lines went. Places among them move behind the header.
    pub(super) fn collapse<'rows>(
        &mut self,
        key: &InstanceKey,
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Option<usize> {
        let (below, before) = (self.header_at(key)? + 1, self.lines.len());
        self.toggled.insert(key.clone(), false);
        self.lines = self.all_lines(rows);
        let hidden = before.saturating_sub(self.lines.len());
        self.cursor.removed(below, hidden);
        Some(hidden)
    }

    pub(super) fn advise(&mut self, connection: Connection, sink: Arc<dyn AdviseSink>) {
        self.sinks.push((connection, sink));
    }

    /// Gives the sink back, so that it is dropped without the lock.
    pub(super) fn unadvise(&mut self, connection: Connection) -> Option<Arc<dyn AdviseSink>> {
        let at = self.sinks.iter().position(|(held, _)| *held == connection)?;
        Some(self.sinks.remove(at).1)
    }

    pub(super) fn is_advised(&self, connection: Connection) -> bool {
        !self.has_ended() && self.sinks.iter().any(|(held, _)| *held == connection)
    }

    pub(super) fn sinks(&self) -> impl Iterator<Item = (Connection, &Arc<dyn AdviseSink>)> {
        self.sinks.iter().map(|(connection, sink)| (*connection, sink))
    }

    pub(super) fn place(&self, bookmark: Bookmark, call: &'static str) -> Result<usize> {
        self.cursor.place(bookmark, self.lines.len(), call)
    }

    /// Every row went at once.
    pub(super) fn cleared(&mut self) -> Vec<Notification> {
        self.lines.clear();
        self.cursor.reset();
        vec![Notification::Table(TableEvent::Reload)]
    }

    /// Takes changed rows in and says what a client has to be told.
    pub(super) fn apply<'rows>(
        &mut self,
        changes: &[Change],
        rows: impl Iterator<Item = &'rows Arc<StoredRow>>,
    ) -> Vec<Notification> {
        let events = if self.is_flat() {
            changes.iter().filter_map(|change| self.apply_flat(change)).collect()
        } else {
            let lines = self.all_lines(rows);
            self.replace_lines(lines)
        };
        events.into_iter().map(Notification::Table).collect()
    }

    fn start_again<'rows>(&mut self, rows: impl Iterator<Item = &'rows Arc<StoredRow>>) {
        self.lines = self.all_lines(rows);
        self.cursor.reset();
    }

    fn all_lines<'rows>(&self, rows: impl Iterator<Item = &'rows Arc<StoredRow>>) -> Vec<Line> {
        let mut shown: Vec<Arc<StoredRow>> = rows.filter(|row| self.shows(row)).cloned().collect();
        if let Some(Restriction::Count { count, .. }) = &self.restriction {
            shown.sort_by(|one, other| self.plan.compare(one, other));
            shown.truncate(usize::try_from(*count).unwrap_or(usize::MAX));
        }
        self.plan.lines(shown, &self.toggled)
    }

    fn shows(&self, row: &StoredRow) -> bool {
        self.restriction.as_ref().is_none_or(|restriction| restriction.matches(row))
    }

    fn is_grouped(&self) -> bool {
        self.plan.has_categories()
    }

    /// True where each line depends on its row alone, so that one change moves one line.
    fn is_flat(&self) -> bool {
        !self.is_grouped() && !matches!(self.restriction, Some(Restriction::Count { .. }))
    }

    fn apply_flat(&mut self, change: &Change) -> Option<TableEvent> {
        let (old, new) = match change {
            Change::Put { old, new } => (old.as_ref(), self.shows(new).then_some(new)),
            Change::Gone(old) => (Some(old), None),
        };
        let was_shown = old.and_then(|old| self.search(old).ok());
        if let Some(at) = was_shown {
            self.lines.remove(at);
            self.cursor.removed(at, 1);
        }
        let Some(new) = new else {
            return was_shown.and(old).map(|old| TableEvent::RowDeleted { index: old.key.clone() });
        };
        let at = self.search(new).unwrap_or_else(|at| at);
        self.cursor.inserted(at, 1, self.lines.len());
        self.lines.insert(at, Line::Leaf(new.clone(), 0));
        Some(self.came(at, was_shown.is_some()))
    }

    /// Where the row is, or where it belongs.
    fn search(&self, row: &StoredRow) -> std::result::Result<usize, usize> {
        self.lines.binary_search_by(|line| match line {
            Line::Leaf(held, _) => self.plan.compare(held, row),
            Line::Header(_) => std::cmp::Ordering::Less,
        })
    }

    fn came(&self, at: usize, was_shown: bool) -> TableEvent {
        let prior = at.checked_sub(1).map(|before| self.lines[before].key().clone());
        let index = self.lines[at].key().clone();
        let row = self.row(&self.lines[at]);
        if was_shown {
            TableEvent::RowModified { index, prior, row }
        } else {
            TableEvent::RowAdded { index, prior, row }
        }
    }

    /// Puts other lines in place of the present ones, keeps places at their rows, and returns the
    /// difference as events.
    fn replace_lines(&mut self, lines: Vec<Line>) -> Vec<TableEvent> {
        let old = std::mem::replace(&mut self.lines, lines);
        // Most changes leave most lines alone: only what lies between the same beginning and the same
        // end is compared by keys.
        let is_same = |(one, other): &(&Line, &Line)| one.key() == other.key() && one.is_same(other);
        let head = old.iter().zip(&self.lines).take_while(is_same).count();
        let ends = old[head..].iter().rev().zip(self.lines[head..].iter().rev());
        let tail = ends.take_while(is_same).count();
        let (old_end, new_end) = (old.len() - tail, self.lines.len() - tail);
        let (gone, come) = (&old[head..old_end], &self.lines[head..new_end]);
        let now: HashMap<&InstanceKey, usize> =
            come.iter().enumerate().map(|(at, line)| (line.key(), head + at)).collect();
        let before: HashMap<&InstanceKey, &Line> = gone.iter().map(|line| (line.key(), line)).collect();
        self.cursor.each(|place| match place {
            0 => 0,
            unmoved if unmoved < head => unmoved,
            behind if behind >= old_end => behind - old_end + new_end,
            within => {
                let next = old[within..old_end].iter().find_map(|line| now.get(line.key()));
                next.copied().unwrap_or(new_end)
            }
        });
        let is_unchanged = |line: &&Line| before.get(line.key()).is_some_and(|held| held.is_same(line));
        let unchanged: Vec<&InstanceKey> = come.iter().filter(is_unchanged).map(Line::key).collect();
        let known: HashSet<&InstanceKey> = unchanged.iter().copied().collect();
        if !gone.iter().map(Line::key).filter(|key| known.contains(key)).eq(unchanged) {
            return vec![TableEvent::Reload];
        }
        let gone = gone.iter().filter(|line| !now.contains_key(line.key()));
        let mut events: Vec<TableEvent> =
            gone.map(|line| TableEvent::RowDeleted { index: line.key().clone() }).collect();
        for (at, line) in come.iter().enumerate() {
            if !known.contains(line.key()) {
                events.push(self.came(head + at, before.contains_key(line.key())));
            }
        }
        events
    }

    fn header_at(&self, key: &InstanceKey) -> Option<usize> {
        self.lines.iter().position(|line| matches!(line, Line::Header(header) if header.key == *key))
    }

    fn row(&self, line: &Line) -> Row {
        let subject = LineSubject { line, is_grouped: self.is_grouped() };
        Row { props: self.columns.iter().map(|tag| subject.column(*tag)).collect() }
    }
}

/// A line as restrictions and rows see it: its properties, and what it is in its table.
struct LineSubject<'line> {
    line: &'line Line,
    is_grouped: bool,
}

impl LineSubject<'_> {
    fn column(&self, tag: PropTag) -> Prop {
        if tag == PR_NULL {
            return Prop { tag, value: PropValue::Null };
        }
        match self.value(tag) {
            Some(value) => Prop::new(tag, in_width(value.into_owned(), tag.ptype())),
            None => Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND)),
        }
    }
}

impl Subject for LineSubject<'_> {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        let (row, depth) = match self.line {
            Line::Header(header) => return header.props.value(tag).map(Cow::Borrowed),
            Line::Leaf(row, depth) => (row, *depth),
        };
        if self.is_grouped && tag == PR_DEPTH {
            return Some(Cow::Owned(PropValue::Long(i32::try_from(depth).unwrap_or(i32::MAX))));
        }
        let held = Subject::value(&**row, tag);
        if held.is_none() && tag == PR_ROW_TYPE {
            return Some(Cow::Owned(PropValue::Long(row_type::LEAF)));
        }
        held
    }

    fn rows(&self, tag: PropTag) -> Vec<Cow<'_, PropList>> {
        match self.line {
            Line::Header(_) => Vec::new(),
            Line::Leaf(row, _) => row.rows(tag),
        }
    }
}

/// The value with its text in the width that a column asks for.
fn in_width(value: PropValue, asked: PropType) -> PropValue {
    match (value, asked) {
        (PropValue::Unicode(text), PropType::STRING8) => PropValue::String8(text),
        (PropValue::String8(text), PropType::UNICODE) => PropValue::Unicode(text),
        (PropValue::MvUnicode(texts), PropType::MV_STRING8) => PropValue::MvString8(texts),
        (PropValue::MvString8(texts), PropType::MV_UNICODE) => PropValue::MvUnicode(texts),
        (other, _) => other,
    }
}

/// Answers that a category is not in the table.
pub(super) fn no_category(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "no header row of this instance key is shown")
}
