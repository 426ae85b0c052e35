//! Rows in any other order: a list of their numbers, with the keys that their places are known by.

use super::keyed::key;
use super::row::RowOf;
use super::{Place, Rows};
use crate::engine::record::Key;
use mapi_defs::Result;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::compare::order;
use mapi_defs::restriction::Restriction;
use mapi_defs::sort::SortOrder;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

/// The rows of a table in their order.
pub(super) struct Listed {
    keys: Vec<Key>,
    /// Where each row stands, made when a place is asked for.
    index: Option<HashMap<i64, usize>>,
    /// The folder's number of changes that the list was made at.
    pub(super) changed: i64,
}

impl Listed {
    /// No rows.
    pub(super) const fn empty() -> Self {
        Self { keys: Vec::new(), index: None, changed: 0 }
    }

    /// Looks at every row of the folder.
    pub(super) fn make(rows: &Rows<'_>, sort: &SortOrder, changed: i64) -> Result<Self> {
        let mut found: Vec<(Vec<Option<PropValue>>, Key)> = Vec::new();
        rows.engine.scan(rows.folder, rows.view, &mut |row| {
            let one = RowOf::new(rows, &row);
            if rows.restriction.is_none_or(|restriction| one.meets(restriction)) {
                let values = sort.columns.iter().map(|column| one.sorted_by(column.tag)).collect();
                found.push((values, key(&row)));
            }
            Ok(true)
        })?;
        found.sort_by(|one, other| compare(sort, one, other));
        let mut keys: Vec<Key> = found.into_iter().map(|(_, key)| key).collect();
        if let Some(Restriction::Count { count, .. }) = rows.restriction {
            keys.truncate(*count as usize);
        }
        let index = keys.iter().enumerate().map(|(index, key)| (key.id, index)).collect();
        Ok(Self { keys, index: Some(index), changed })
    }

    /// A place of this list in a newer one: where its row is gone, the next row that is still there.
    pub(super) fn carried(&self, place: Place, new: &Self) -> Place {
        let (key, beyond) = match place {
            Place::At(key) => (key, 0),
            Place::Behind(key) => (key, 1),
            Place::Start | Place::End => return place,
        };
        let Some(start) = self.find_key(key).filter(|_| new.find_key(key).is_none()) else { return place };
        let mut after = self.keys[start..].iter().skip(beyond);
        after.find(|key| new.find_key(**key).is_some()).map_or(Place::End, |key| Place::At(*key))
    }

    fn find_key(&self, key: Key) -> Option<usize> {
        self.index.as_ref().and_then(|index| index.get(&key.id)).copied()
    }

    /// True where it holds a row.
    pub(super) fn holds(&self, id: i64) -> bool {
        self.index.as_ref().is_some_and(|index| index.contains_key(&id))
    }

    /// The nearest row before a row that is one of some.
    pub(super) fn before(&self, id: i64, is_one: impl Fn(i64) -> bool) -> Option<i64> {
        let at = self.index.as_ref().and_then(|index| index.get(&id)).copied()?;
        self.keys[..at].iter().rev().map(|key| key.id).find(|id| is_one(*id))
    }

    /// The numbers of all rows.
    pub(super) fn held(&self) -> impl Iterator<Item = i64> {
        self.keys.iter().map(|key| key.id)
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The row that a place is before.
    pub(super) fn index(&self, place: Place) -> usize {
        match place {
            Place::Start => 0,
            Place::End => self.len(),
            // A row that no list has held leaves the place at the start: where it stood is not known.
            Place::At(key) => self.find_key(key).unwrap_or(0),
            Place::Behind(key) => self.find_key(key).map_or(0, |index| index + 1),
        }
    }

    /// The place before a row.
    pub(super) fn place(&self, index: usize) -> Place {
        match (index, self.keys.get(index)) {
            (0, _) => Place::Start,
            (_, Some(_)) => Place::Behind(self.keys[index - 1]),
            (_, None) => Place::End,
        }
    }

    /// The row `count` rows on, within the table.
    pub(super) fn beyond(&self, start: usize, count: i64) -> usize {
        let many = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count < 0 { start.saturating_sub(many) } else { start.saturating_add(many).min(self.len()) }
    }

    /// The numbers of rows.
    pub(super) fn ids(&self, range: Range<usize>) -> Vec<i64> {
        self.keys[range].iter().map(|key| key.id).collect()
    }

    /// The next row that meets a condition.
    pub(super) fn find(
        &self,
        rows: &Rows<'_>,
        start: usize,
        condition: &Restriction,
        backwards: bool,
    ) -> Result<Option<usize>> {
        const SEARCH_ROWS: usize = 256;
        let order: Vec<usize> =
            if backwards { (0..start).rev().collect() } else { (start..self.len()).collect() };
        for part in order.chunks(SEARCH_ROWS) {
            let ids: Vec<i64> = part.iter().map(|index| self.keys[*index].id).collect();
            for row in rows.engine.rows_by_id(&ids)? {
                if RowOf::new(rows, &row).meets(condition) {
                    return Ok(Some(self.index(Place::At(key(&row)))));
                }
            }
        }
        Ok(None)
    }
}

fn compare(
    sort: &SortOrder,
    one: &(Vec<Option<PropValue>>, Key),
    other: &(Vec<Option<PropValue>>, Key),
) -> Ordering {
    for (index, column) in sort.columns.iter().enumerate() {
        let found = order(one.0[index].as_ref(), other.0[index].as_ref(), column.direction);
        if found != Ordering::Equal {
            return found;
        }
    }
    one.1.cmp(&other.1)
}
