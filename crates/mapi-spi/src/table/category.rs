//! Categories: rows in groups with a header row each, and the order of rows (SSortOrderSet).
//!
//! Pure: rows and a sort order give the lines of a table. Position and notifications are the view's.
//!
//! # What the reference leaves open
//!
//! TABLE_SORT_COMBINE makes no category of its own, and neither do TABLE_SORT_CATEG_MAX and
//! TABLE_SORT_CATEG_MIN: the first joins the category before it, the others order those categories,
//! the one with the largest value first, or the one with the smallest.

use super::InstanceKey;
use super::data::StoredRow;
use mapi_defs::prop::collation::collation_key;
use mapi_defs::prop::compare::order;
use mapi_defs::prop::tags::{PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DEPTH, PR_INSTANCE_KEY, PR_ROW_TYPE};
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::sort::{Direction, SortColumn, SortOrder};
use mapi_defs::{Error, ErrorCode, Result};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// The most columns that a table is sorted by.
const SORT_COLUMNS: usize = 32;
/// The bit of a column's type that asks for one row per value (MV_INSTANCE).
const MV_INSTANCE: u16 = 0x2000;

/// PR_ROW_TYPE values.
pub mod row_type {
    /// TBL_LEAF_ROW: data.
    pub const LEAF: i32 = 1;
    /// TBL_EXPANDED_CATEGORY: a header with its rows below it.
    pub const EXPANDED: i32 = 3;
    /// TBL_COLLAPSED_CATEGORY: a header alone.
    pub const COLLAPSED: i32 = 4;
}

/// One line of a table as a client sees it.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// A row of data, and how many categories it is in.
    Leaf(Arc<StoredRow>, usize),
    /// The header of a category.
    Header(Arc<Header>),
}

impl Line {
    pub(super) fn key(&self) -> &InstanceKey {
        match self {
            Self::Leaf(row, _) => &row.key,
            Self::Header(header) => &header.key,
        }
    }

    /// True where both show the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(one, _), Self::Leaf(other, _)) => Arc::ptr_eq(one, other),
            (Self::Header(one), Self::Header(other)) => one == other,
            _ => false,
        }
    }
}

/// A header row.
#[derive(PartialEq, Debug)]
pub(super) struct Header {
    pub(super) key: InstanceKey,
    pub(super) props: PropList,
}

/// A sort order taken apart: the categories from the outside in, then the order within the innermost.
#[derive(Debug, Default)]
pub(super) struct Plan {
    levels: Vec<Level>,
    leaves: Vec<SortColumn>,
    expanded: usize,
}

#[derive(Debug, Default)]
struct Level {
    columns: Vec<SortColumn>,
    /// The column by whose extreme value the categories of this level are ordered.
    extreme: Option<SortColumn>,
}

impl Plan {
    /// Takes a sort order apart.
    pub(super) fn of(sort: &SortOrder) -> Result<Self> {
        check(sort)?;
        let mut plan = Self { expanded: sort.expanded, ..Self::default() };
        for column in &sort.columns {
            let is_group = matches!(column.direction, Direction::Ascending | Direction::Descending);
            if is_group && plan.levels.len() < sort.categories && plan.leaves.is_empty() {
                plan.levels.push(Level { columns: vec![*column], extreme: None });
                continue;
            }
            match (column.direction, plan.levels.last_mut()) {
                (Direction::Ascending | Direction::Descending, _) => plan.leaves.push(*column),
                (_, Some(_)) if !plan.leaves.is_empty() => return Err(misplaced(*column)),
                (Direction::Combine, Some(level)) => level.columns.push(*column),
                (_, Some(level)) => level.extreme = Some(*column),
                (_, None) => return Err(misplaced(*column)),
            }
        }
        Ok(plan)
    }

    pub(super) fn has_categories(&self) -> bool {
        !self.levels.is_empty()
    }

    /// The order of two rows in a table without categories; rows that are equal by the columns are
    /// in the order of their arrival.
    pub(super) fn compare(&self, one: &StoredRow, other: &StoredRow) -> Ordering {
        compare_by(&self.leaves, one, other).then(one.arrival.cmp(&other.arrival))
    }

    /// The lines of a table with these rows; `toggled` says which categories are not as the sort order
    /// has them, and how they are instead.
    pub(super) fn lines(
        &self,
        mut rows: Vec<Arc<StoredRow>>,
        toggled: &HashMap<InstanceKey, bool>,
    ) -> Vec<Line> {
        rows.sort_by(|one, other| self.compare(one, other));
        let mut lines = Vec::with_capacity(rows.len());
        self.group(rows, 0, &Header { key: Vec::new(), props: PropList::new() }, toggled, &mut lines);
        lines
    }

    fn group(
        &self,
        mut rows: Vec<Arc<StoredRow>>,
        depth: usize,
        above: &Header,
        toggled: &HashMap<InstanceKey, bool>,
        lines: &mut Vec<Line>,
    ) {
        let Some(level) = self.levels.get(depth) else {
            lines.extend(rows.into_iter().map(|row| Line::Leaf(row, depth)));
            return;
        };
        // Stable, so that the order within the innermost category stays.
        rows.sort_by(|one, other| compare_by(&level.columns, one, other));
        for members in level.categories(&rows) {
            let (mut header, is_expanded) = (level.header(members, depth, above), depth < self.expanded);
            let is_expanded = toggled.get(&header.key).copied().unwrap_or(is_expanded);
            let kind = if is_expanded { row_type::EXPANDED } else { row_type::COLLAPSED };
            header.props.set(PR_ROW_TYPE, kind);
            let header = Arc::new(header);
            lines.push(Line::Header(header.clone()));
            if is_expanded {
                self.group(members.to_vec(), depth + 1, &header, toggled, lines);
            }
        }
    }
}

impl Level {
    /// The rows of each category, the categories in their order.
    fn categories<'rows>(&self, rows: &'rows [Arc<StoredRow>]) -> Vec<&'rows [Arc<StoredRow>]> {
        let alike =
            |one: &Arc<StoredRow>, other: &Arc<StoredRow>| compare_by(&self.columns, one, other).is_eq();
        let mut categories: Vec<&[Arc<StoredRow>]> = rows.chunk_by(alike).collect();
        if let Some(extreme) = self.extreme {
            let direction = extreme_direction(extreme);
            categories
                .sort_by(|one, other| order(value_of(one, extreme), value_of(other, extreme), direction));
        }
        categories
    }

    fn header(&self, members: &[Arc<StoredRow>], depth: usize, above: &Header) -> Header {
        let mut props: PropList =
            above.props.iter().filter(|prop| prop.tag != PR_ROW_TYPE).cloned().collect();
        let mut key = if above.key.is_empty() { b"category".to_vec() } else { above.key.clone() };
        for column in &self.columns {
            let value = members.first().and_then(|row| row.props().value(column.tag));
            let value = value.filter(|value| !matches!(value, PropValue::Error(_)));
            push_value(&mut key, value);
            if let Some(value) = value {
                props.set(column.tag, value.clone());
            }
        }
        if let Some(extreme) = self.extreme
            && let Some(value) = value_of(members, extreme)
        {
            props.set(extreme.tag, value.clone());
        }
        let unread = members.iter().filter(|row| row.is_unread()).count();
        props.set(PR_CONTENT_COUNT, i32::try_from(members.len()).unwrap_or(i32::MAX));
        props.set(PR_CONTENT_UNREAD, i32::try_from(unread).unwrap_or(i32::MAX));
        props.set(PR_DEPTH, i32::try_from(depth).unwrap_or(i32::MAX));
        props.set(PR_INSTANCE_KEY, key.clone());
        Header { key, props }
    }
}

/// The largest or smallest value among the rows of a category.
fn value_of(members: &[Arc<StoredRow>], extreme: SortColumn) -> Option<&PropValue> {
    let values = members.iter().filter_map(|row| row.props().value(extreme.tag));
    let direction = extreme_direction(extreme);
    values.min_by(|one, other| order(Some(one), Some(other), direction))
}

fn extreme_direction(extreme: SortColumn) -> Direction {
    if extreme.direction == Direction::CategoryMax { Direction::Descending } else { Direction::Ascending }
}

fn compare_by(columns: &[SortColumn], one: &StoredRow, other: &StoredRow) -> Ordering {
    let by = |column: &SortColumn| {
        order(one.props().value(column.tag), other.props().value(column.tag), column.direction)
    };
    columns.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Adds a value to the key of a category so that different paths have different keys.
fn push_value(key: &mut Vec<u8>, value: Option<&PropValue>) {
    let bytes = match value {
        None => Vec::new(),
        Some(PropValue::String8(text) | PropValue::Unicode(text)) => collation_key(text),
        Some(PropValue::Binary(bytes)) => bytes.clone(),
        Some(other) => format!("{other:?}").into_bytes(),
    };
    key.push(u8::from(value.is_some()));
    key.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    key.extend_from_slice(&bytes);
}

fn check(sort: &SortOrder) -> Result<()> {
    let wrong = |detail| Err(Error::new(ErrorCode::INVALID_PARAMETER, "MapiTable::sort", detail));
    let complex = |detail: String| Err(Error::new(ErrorCode::TOO_COMPLEX, "MapiTable::sort", detail));
    if sort.categories > sort.columns.len() || sort.expanded > sort.categories {
        return wrong("more categories than columns, or more of them open than there are");
    }
    if sort.columns.len() > SORT_COLUMNS {
        return complex(format!("more than {SORT_COLUMNS} sort columns"));
    }
    for column in &sort.columns {
        let ptype = column.tag.ptype();
        if ptype.0 & MV_INSTANCE != 0 || matches!(ptype, PropType::OBJECT | PropType::ERROR | PropType::NULL)
        {
            return complex(format!("rows cannot be sorted by {}", column.tag));
        }
    }
    Ok(())
}

fn misplaced(column: SortColumn) -> Error {
    let PropTag(number) = column.tag;
    let detail = format!("column 0x{number:08X} belongs to no category");
    Error::new(ErrorCode::TOO_COMPLEX, "MapiTable::sort", detail)
}
