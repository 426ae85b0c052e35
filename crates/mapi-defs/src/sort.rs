//! `SortOrder`: how a table is ordered and grouped (SSortOrderSet).

use crate::prop::PropTag;

/// The direction of one sort column.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// TABLE_SORT_ASCEND.
    Ascending,
    /// TABLE_SORT_DESCEND.
    Descending,
    /// TABLE_SORT_COMBINE: shares the category of the column before it.
    Combine,
    /// TABLE_SORT_CATEG_MAX: categories by the largest value of this column within them.
    CategoryMax,
    /// TABLE_SORT_CATEG_MIN: categories by the smallest value of this column within them.
    CategoryMin,
}

/// One sort column.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SortColumn {
    /// The property.
    pub tag: PropTag,
    /// Its direction.
    pub direction: Direction,
}

/// The order of a table: the first `categories` columns make groups, of which `expanded` are open.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct SortOrder {
    /// The columns, most significant first.
    pub columns: Vec<SortColumn>,
    /// How many of the columns make categories (cCategories).
    pub categories: usize,
    /// How many of the categories start expanded (cExpanded).
    pub expanded: usize,
}

impl SortOrder {
    /// Sorts by one column.
    pub fn by(tag: PropTag, direction: Direction) -> Self {
        Self { columns: vec![SortColumn { tag, direction }], categories: 0, expanded: 0 }
    }

    /// Adds a less significant column.
    #[must_use]
    pub fn then(mut self, tag: PropTag, direction: Direction) -> Self {
        self.columns.push(SortColumn { tag, direction });
        self
    }
}
