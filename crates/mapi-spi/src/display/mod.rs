//! Display tables: what a dialog shows of an object, as rows of controls (PR_DETAILS_TABLE, the dialog of
//! PR_SEARCH). They are data: a face draws them, and nothing here does.
//!
//! `control.rs` is one control with its structure, `templates.rs` the dialogs of the address book's objects,
//! `search.rs` the container behind a dialog that searches.

mod control;
mod search;
mod templates;

pub use control::{Control, ControlFlags};
pub use search::SearchDialog;
pub use templates::{dist_list, mail_user, search};

use crate::table::{MapiTable, TableData, TableRow};
use mapi_defs::Result;
use mapi_defs::prop::tags::{
    PR_CONTROL_FLAGS, PR_CONTROL_ID, PR_CONTROL_STRUCTURE, PR_CONTROL_TYPE, PR_DELTAX, PR_DELTAY, PR_ROWID,
    PR_XPOS, PR_YPOS,
};
use mapi_defs::prop::{Prop, PropTag};
use mapi_defs::sort::{Direction, SortOrder};
use std::sync::Arc;

/// The columns of every display table.
pub const COLUMNS: [PropTag; 9] = [
    PR_ROWID,
    PR_XPOS,
    PR_DELTAX,
    PR_YPOS,
    PR_DELTAY,
    PR_CONTROL_TYPE,
    PR_CONTROL_FLAGS,
    PR_CONTROL_STRUCTURE,
    PR_CONTROL_ID,
];

/// In dialog units: the edge of a page, the room of a control, and from one control to the next.
const EDGE: i32 = 7;
const WIDTH: i32 = 186;
const HEIGHT: i32 = 12;
const STEP: i32 = 16;
/// How wide a label before its control is.
const LABEL_WIDTH: i32 = 60;

/// Where a control stands on its page, in dialog units: a quarter of a letter wide, an eighth of it high.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// From the page's left edge.
    pub x: i32,
    /// From the page's upper edge.
    pub y: i32,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
}

impl Place {
    /// The place of a page with so many lines.
    pub fn of_page(lines: i32) -> Self {
        Self { x: 0, y: 0, width: WIDTH + 2 * EDGE, height: 2 * EDGE + STEP * lines }
    }

    /// The place of a control that has a line of its page for itself.
    pub fn of_line(line: i32) -> Self {
        Self { x: EDGE, y: EDGE + STEP * line, width: WIDTH, height: HEIGHT }
    }

    /// The place of a label, and that of the control behind it, which may be several lines high.
    fn of_pair(line: i32, lines: i32) -> [Self; 2] {
        let whole = Self::of_line(line);
        let label = Self { width: LABEL_WIDTH, ..whole };
        let x = whole.x + LABEL_WIDTH;
        [label, Self { x, width: WIDTH - LABEL_WIDTH, height: HEIGHT + STEP * (lines - 1), ..whole }]
    }
}

/// The row of a control. `number` tells it from the others of its table, `id` is what it is called in
/// notifications.
pub fn row(number: i32, place: Place, kind: u32, flags: u32, structure: Vec<u8>, id: &[u8]) -> Vec<Prop> {
    vec![
        Prop::new(PR_ROWID, number),
        Prop::new(PR_XPOS, place.x),
        Prop::new(PR_DELTAX, place.width),
        Prop::new(PR_YPOS, place.y),
        Prop::new(PR_DELTAY, place.height),
        Prop::new(PR_CONTROL_TYPE, kind.cast_signed()),
        Prop::new(PR_CONTROL_FLAGS, flags.cast_signed()),
        Prop::new(PR_CONTROL_STRUCTURE, structure),
        Prop::new(PR_CONTROL_ID, id.to_vec()),
    ]
}

/// A dialog as its pages.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Dialog {
    pages: Vec<Page>,
}

/// One page: lines, each a label with the control behind it or a control alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    title: &'static str,
    lines: Vec<Line>,
}

#[derive(Clone, PartialEq, Debug)]
struct Line {
    label: Option<&'static str>,
    control: Control,
    flags: ControlFlags,
    height: i32,
}

impl Page {
    /// An empty page.
    pub fn new(title: &'static str) -> Self {
        Self { title, lines: Vec::new() }
    }

    /// A label with a field of one line for a text property.
    pub fn edit(self, label: &'static str, property: PropTag, flags: ControlFlags) -> Self {
        self.line(Some(label), Control::edit(property), flags, 1)
    }

    /// A label with a field of several lines.
    pub fn lines(self, label: &'static str, property: PropTag, flags: ControlFlags, height: i32) -> Self {
        self.line(Some(label), Control::edit(property), flags | ControlFlags::MULTILINE, height)
    }

    /// A list of the rows of a table that the object has, such as PR_CONTAINER_CONTENTS.
    pub fn list(self, table: PropTag, height: i32) -> Self {
        self.line(None, Control::ListBox { set: PropTag(0), table }, ControlFlags::NONE, height)
    }

    fn line(
        mut self,
        label: Option<&'static str>,
        control: Control,
        flags: ControlFlags,
        height: i32,
    ) -> Self {
        self.lines.push(Line { label, control, flags, height });
        self
    }
}

impl Dialog {
    /// A dialog of these pages.
    pub fn new(pages: Vec<Page>) -> Self {
        Self { pages }
    }

    /// The rows of its table: each page, then what stands on it.
    pub fn rows(&self) -> Vec<Vec<Prop>> {
        let mut rows: Vec<Vec<Prop>> = Vec::new();
        let mut push = |place, control: &Control, flags: ControlFlags| {
            let number = i32::try_from(rows.len()).unwrap_or(i32::MAX);
            rows.push(row(
                number,
                place,
                control.kind(),
                flags.0,
                control.structure(),
                &number.to_le_bytes(),
            ));
        };
        for page in &self.pages {
            let height = page.lines.iter().map(|line| line.height).sum();
            push(Place::of_page(height), &Control::Page { label: page.title.to_owned() }, ControlFlags::NONE);
            let mut line_number = 0;
            for line in &page.lines {
                let [before, behind] = Place::of_pair(line_number, line.height);
                match line.label {
                    Some(label) => {
                        push(before, &Control::Label { text: label.to_owned() }, ControlFlags::NONE);
                        push(behind, &line.control, line.flags);
                    }
                    None => {
                        let place = Place { height: behind.height, ..Place::of_line(line_number) };
                        push(place, &line.control, line.flags);
                    }
                }
                line_number += line.height;
            }
        }
        rows
    }

    /// The table, in the order of its rows.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_MEMORY`: it cannot be made.
    pub fn table(&self) -> Result<Arc<dyn MapiTable>> {
        let table = TableData::new(PR_ROWID, &COLUMNS);
        let rows = self
            .rows()
            .into_iter()
            .map(|row| TableRow::from(row.into_iter().collect::<mapi_defs::prop::PropList>()));
        table.replace_rows(rows.collect())?;
        Ok(Arc::new(table.view(SortOrder::by(PR_ROWID, Direction::Ascending))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::PropList;
    use mapi_defs::prop::tags::{PR_COMMENT, PR_DISPLAY_NAME};

    #[test]
    fn the_rows_say_what_stands_where_and_are_read_back() {
        let dialog = Dialog::new(vec![
            Page::new("General").edit("Name:", PR_DISPLAY_NAME, ControlFlags::EDITABLE).lines(
                "Notes:",
                PR_COMMENT,
                ControlFlags::EDITABLE,
                4,
            ),
        ]);
        let rows = dialog.rows();
        assert_eq!(rows.len(), 5);
        let controls: Vec<Control> = rows
            .iter()
            .map(|row| {
                let row: PropList = row.iter().cloned().collect();
                let tags: Vec<PropTag> = row.tags().collect();
                assert!(COLUMNS.iter().all(|column| tags.contains(column)));
                let kind = row.long(PR_CONTROL_TYPE).unwrap().cast_unsigned();
                Control::read(kind, row.binary(PR_CONTROL_STRUCTURE).unwrap()).unwrap()
            })
            .collect();
        let label = |text: &str| Control::Label { text: text.to_owned() };
        let expected = [
            Control::Page { label: "General".to_owned() },
            label("Name:"),
            Control::edit(PR_DISPLAY_NAME),
            label("Notes:"),
            Control::edit(PR_COMMENT),
        ];
        assert_eq!(controls, expected);
        let places: Vec<i32> = rows.iter().filter_map(|row| row[3].value.as_long()).collect();
        assert_eq!(places, [0, EDGE, EDGE, EDGE + STEP, EDGE + STEP]);
        let heights: Vec<i32> = rows.iter().filter_map(|row| row[4].value.as_long()).collect();
        assert_eq!(heights, [2 * EDGE + 5 * STEP, HEIGHT, HEIGHT, HEIGHT, HEIGHT + 3 * STEP]);
        let flags = rows[4][6].value.as_long().unwrap().cast_unsigned();
        assert_eq!(flags, (ControlFlags::EDITABLE | ControlFlags::MULTILINE).0);
    }
}
