//! `Cursor`: where a view stands, and its bookmarks; both keep to their rows while rows come and go.
//!
//! A place is before a row. A row that comes in before it moves the place along; where the row itself
//! goes, the place is before the next row. Rows added at the end come behind a place at the end.

use super::Bookmark;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;

/// The most bookmarks that a view keeps.
const BOOKMARKS: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Cursor {
    position: usize,
    kept: HashMap<u32, usize>,
    next: u32,
}

impl Cursor {
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// Forgets every bookmark and goes to the first row: the table was sorted or restricted anew.
    pub(super) fn reset(&mut self) {
        self.position = 0;
        self.kept.clear();
    }

    /// The place of a bookmark in a table of `len` rows.
    pub(super) fn place(&self, bookmark: Bookmark, len: usize, call: &'static str) -> Result<usize> {
        match bookmark {
            Bookmark::Beginning => Ok(0),
            Bookmark::Current => Ok(self.position),
            Bookmark::End => Ok(len),
            Bookmark::Kept(number) => self.kept.get(&number).copied().ok_or_else(|| {
                let detail = format!("there is no bookmark {number}");
                Error::new(ErrorCode::INVALID_BOOKMARK, call, detail)
            }),
        }
    }

    pub(super) fn keep(&mut self) -> Result<Bookmark> {
        if self.kept.len() >= BOOKMARKS {
            let detail = format!("{BOOKMARKS} bookmarks are kept already");
            return Err(Error::new(ErrorCode::UNABLE_TO_COMPLETE, "MapiTable::create_bookmark", detail));
        }
        // Bookmarks 0 to 2 are the predefined ones; numbers are not used again within 2^32 of them.
        self.next = self.next.checked_add(1).unwrap_or(3).max(3);
        self.kept.insert(self.next, self.position);
        Ok(Bookmark::Kept(self.next))
    }

    pub(super) fn forget(&mut self, bookmark: Bookmark) {
        if let Bookmark::Kept(number) = bookmark {
            self.kept.remove(&number);
        }
    }

    /// Rows came in before the row `at` of a table that had `len` rows.
    pub(super) fn inserted(&mut self, at: usize, count: usize, len: usize) {
        let along = |place| if at < place || (at == place && place < len) { place + count } else { place };
        // Who has read nothing yet reads the new first row too.
        self.position = if self.position == 0 { 0 } else { along(self.position) };
        self.kept.values_mut().for_each(|place| *place = along(*place));
    }

    /// The rows from `at` on went.
    pub(super) fn removed(&mut self, at: usize, count: usize) {
        self.each(|place| if place > at { at.max(place.saturating_sub(count)) } else { place });
    }

    /// Every place moves to where `to` says.
    pub(super) fn each(&mut self, to: impl Fn(usize) -> usize) {
        self.position = to(self.position);
        self.kept.values_mut().for_each(|place| *place = to(*place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: usize) -> Cursor {
        Cursor { position, ..Cursor::default() }
    }

    #[test]
    fn a_place_keeps_to_its_row() {
        let moved = |position, change: fn(&mut Cursor)| {
            let mut cursor = at(position);
            change(&mut cursor);
            cursor.position()
        };
        assert_eq!(moved(2, |cursor| cursor.inserted(1, 1, 5)), 3);
        assert_eq!(moved(2, |cursor| cursor.inserted(2, 2, 5)), 4, "the row is two further on");
        assert_eq!(moved(5, |cursor| cursor.inserted(5, 1, 5)), 5, "new rows at the end are unread");
        assert_eq!(moved(2, |cursor| cursor.inserted(3, 1, 5)), 2);
        assert_eq!(moved(0, |cursor| cursor.inserted(0, 1, 5)), 0, "nothing was read yet");
        assert_eq!(moved(2, |cursor| cursor.removed(2, 1)), 2, "before the next row");
        assert_eq!(moved(2, |cursor| cursor.removed(0, 1)), 1);
        assert_eq!(moved(3, |cursor| cursor.removed(1, 9)), 1);
        assert_eq!(moved(1, |cursor| cursor.removed(2, 1)), 1);
    }

    #[test]
    fn bookmarks_are_bounded_and_forgotten() {
        let mut cursor = at(4);
        let bookmark = cursor.keep().unwrap();
        cursor.move_to(0);
        assert_eq!(cursor.place(bookmark, 9, "x").unwrap(), 4);
        cursor.forget(bookmark);
        assert_eq!(cursor.place(bookmark, 9, "x").unwrap_err().code(), ErrorCode::INVALID_BOOKMARK);
        let all: Vec<_> = (0..BOOKMARKS).map(|_| cursor.keep().unwrap()).collect();
        assert_eq!(cursor.keep().unwrap_err().code(), ErrorCode::UNABLE_TO_COMPLETE);
        cursor.forget(all[0]);
        assert!(cursor.keep().is_ok());
    }
}
