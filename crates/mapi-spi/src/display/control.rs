//! `Control`: what a row of a display table shows, and PR_CONTROL_STRUCTURE, which says it in bytes.
//!
//! A structure is words of 32 bits, lowest octet first, with its texts behind them; a word of it is a text's
//! offset. The layouts are those of the DTBL* structures in `mapi-com`.

use mapi_defs::prop::PropTag;

/// Texts are UTF-16 (MAPI_UNICODE).
const UNICODE: u32 = 0x8000_0000;

/// What a control allows (the DT_* flags of PR_CONTROL_FLAGS).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ControlFlags(pub u32);

impl ControlFlags {
    /// None: it is shown and cannot be changed.
    pub const NONE: Self = Self(0);
    /// DT_MULTILINE.
    pub const MULTILINE: Self = Self(1);
    /// DT_EDITABLE.
    pub const EDITABLE: Self = Self(2);
    /// DT_REQUIRED.
    pub const REQUIRED: Self = Self(4);
    /// DT_SET_IMMEDIATE: a change is set at once.
    pub const SET_IMMEDIATE: Self = Self(8);
}

impl std::ops::BitOr for ControlFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A control.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Control {
    /// DTCT_LABEL: a text.
    Label {
        /// The text.
        text: String,
    },
    /// DTCT_EDIT: a field for a text property.
    Edit {
        /// The characters allowed, such as `*` for all.
        allowed: String,
        /// Characters at most.
        most: u32,
        /// The property.
        property: PropTag,
    },
    /// DTCT_LBX: the rows of a table of the object.
    ListBox {
        /// The property that the chosen row sets; 0 for none.
        set: PropTag,
        /// The table, a property of PT_OBJECT.
        table: PropTag,
    },
    /// DTCT_CHECKBOX: a truth.
    CheckBox {
        /// The text beside it.
        label: String,
        /// The property.
        property: PropTag,
    },
    /// DTCT_GROUPBOX: a frame.
    GroupBox {
        /// Its title.
        label: String,
    },
    /// DTCT_BUTTON.
    Button {
        /// Its text.
        label: String,
        /// The control object that it calls, a property of PT_OBJECT.
        control: PropTag,
    },
    /// DTCT_PAGE: what follows stands on it.
    Page {
        /// Its title.
        label: String,
    },
    /// DTCT_MVLISTBOX: the values of a property that has several.
    MvListBox {
        /// The property.
        property: PropTag,
    },
}

impl Control {
    /// A field for any text.
    pub fn edit(property: PropTag) -> Self {
        Self::Edit { allowed: "*".to_owned(), most: 0, property }
    }

    /// PR_CONTROL_TYPE.
    pub fn kind(&self) -> u32 {
        match self {
            Self::Label { .. } => 0,
            Self::Edit { .. } => 1,
            Self::ListBox { .. } => 2,
            Self::CheckBox { .. } => 5,
            Self::GroupBox { .. } => 6,
            Self::Button { .. } => 7,
            Self::Page { .. } => 8,
            Self::MvListBox { .. } => 11,
        }
    }

    /// PR_CONTROL_STRUCTURE.
    pub fn structure(&self) -> Vec<u8> {
        match self {
            Self::Label { text } | Self::GroupBox { label: text } => made(&[0, UNICODE], &[(0, text)]),
            Self::Edit { allowed, most, property } => made(&[0, UNICODE, *most, property.0], &[(0, allowed)]),
            Self::ListBox { set, table } => made(&[0, set.0, table.0], &[]),
            Self::CheckBox { label, property: tag } | Self::Button { label, control: tag } => {
                made(&[0, UNICODE, tag.0], &[(0, label)])
            }
            Self::Page { label } => made(&[0, UNICODE, 0, 0], &[(0, label), (2, "")]),
            Self::MvListBox { property } => made(&[0, property.0], &[]),
        }
    }

    /// Reads a control; `None` for a kind that is not read here, and where the structure is cut short or an offset
    /// leads out of it.
    pub fn read(kind: u32, structure: &[u8]) -> Option<Self> {
        let word = |place: usize| {
            let bytes = structure.get(place * 4..place * 4 + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        let tag = |place| word(place).map(PropTag);
        let first_text = || text_at(structure, word(0)?, word(1)? & UNICODE != 0);
        Some(match kind {
            0 => Self::Label { text: first_text()? },
            1 => Self::Edit { allowed: first_text()?, most: word(2)?, property: tag(3)? },
            2 => Self::ListBox { set: tag(1)?, table: tag(2)? },
            5 => Self::CheckBox { label: first_text()?, property: tag(2)? },
            6 => Self::GroupBox { label: first_text()? },
            7 => Self::Button { label: first_text()?, control: tag(2)? },
            8 => Self::Page { label: first_text()? },
            11 => Self::MvListBox { property: tag(1)? },
            _ => return None,
        })
    }

    /// The property that it shows.
    pub fn property(&self) -> Option<PropTag> {
        match self {
            Self::Edit { property, .. } | Self::CheckBox { property, .. } | Self::MvListBox { property } => {
                Some(*property)
            }
            _ => None,
        }
    }
}

fn made(words: &[u32], texts: &[(usize, &str)]) -> Vec<u8> {
    let mut words = words.to_vec();
    let mut behind: Vec<u8> = Vec::new();
    for (place, text) in texts {
        words[*place] = u32::try_from(words.len() * 4 + behind.len()).unwrap_or(0);
        let units = text.encode_utf16().filter(|unit| *unit != 0).chain([0]);
        behind.extend(units.flat_map(u16::to_le_bytes));
    }
    words.iter().flat_map(|word| word.to_le_bytes()).chain(behind).collect()
}

/// A text that ends with a zero within the structure.
fn text_at(structure: &[u8], offset: u32, is_wide: bool) -> Option<String> {
    let rest = structure.get(usize::try_from(offset).ok()?..)?;
    if is_wide {
        let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        let end = units.iter().position(|unit| *unit == 0)?;
        return Some(String::from_utf16_lossy(&units[..end]));
    }
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::tags::{PR_CONTAINER_CONTENTS, PR_DISPLAY_NAME, PR_SEND_RICH_INFO};

    #[test]
    fn structures_are_read_as_they_were_made_and_what_is_cut_is_none() {
        let text = || "Ä name:".to_owned();
        for control in [
            Control::Label { text: text() },
            Control::Edit { allowed: "[0-9]".to_owned(), most: 7, property: PR_DISPLAY_NAME },
            Control::ListBox { set: PropTag(0), table: PR_CONTAINER_CONTENTS },
            Control::CheckBox { label: text(), property: PR_SEND_RICH_INFO },
            Control::GroupBox { label: String::new() },
            Control::Button { label: text(), control: PR_CONTAINER_CONTENTS },
            Control::Page { label: text() },
            Control::MvListBox { property: PropTag(0x3A58_101F) },
        ] {
            let structure = control.structure();
            assert_eq!(Control::read(control.kind(), &structure), Some(control.clone()));
            let read = |cut| Control::read(control.kind(), &structure[..cut]);
            assert!((0..structure.len() - 2).all(|cut| read(cut) != Some(control.clone())), "{control:?}");
        }
        assert_eq!(Control::read(0, &[0xFF; 16]), None, "an offset out of it");
        assert_eq!(Control::read(99, &[0; 64]), None);
    }
}
