//! `Row`: one row of a table, in the order of the table's columns (SRow, SRowSet).

use crate::prop::{Prop, PropTag, PropType, PropValue};

/// The columns of a table, in order (SPropTagArray of SetColumns).
pub type ColumnSet = Vec<PropTag>;

/// Many rows (SRowSet).
pub type RowSet = Vec<Row>;

/// One row: a property per column, `PT_ERROR` where the object has none.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// The properties in the order of the columns.
    pub props: Vec<Prop>,
}

impl Row {
    /// The value of a column, where the object has it; text of either width is found.
    pub fn value(&self, tag: PropTag) -> Option<&PropValue> {
        let agrees =
            |held: PropType| tag.ptype() == PropType::UNSPECIFIED || held.unicode() == tag.ptype().unicode();
        self.props
            .iter()
            .find(|prop| prop.tag.id() == tag.id() && agrees(prop.tag.ptype()))
            .map(|prop| &prop.value)
    }

    /// The text of a column.
    pub fn text(&self, tag: PropTag) -> Option<&str> {
        self.value(tag).and_then(PropValue::as_text)
    }

    /// The 32-bit number of a column.
    pub fn long(&self, tag: PropTag) -> Option<i32> {
        self.value(tag).and_then(PropValue::as_long)
    }

    /// The bytes of a column.
    pub fn binary(&self, tag: PropTag) -> Option<&[u8]> {
        self.value(tag).and_then(PropValue::as_binary)
    }
}
