//! `PropType`: the low half of a property tag (PT_*).

use std::fmt;

/// A property type; any 16-bit number fits, so that unknown types survive being read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropType(pub u16);

/// The bit that makes a type multi-valued (MV_FLAG).
pub const MV_FLAG: u16 = 0x1000;

const NAMES: [(u16, &str); 27] = [
    (0x0000, "PT_UNSPECIFIED"),
    (0x0001, "PT_NULL"),
    (0x0002, "PT_I2"),
    (0x0003, "PT_LONG"),
    (0x0004, "PT_R4"),
    (0x0005, "PT_DOUBLE"),
    (0x0006, "PT_CURRENCY"),
    (0x0007, "PT_APPTIME"),
    (0x000A, "PT_ERROR"),
    (0x000B, "PT_BOOLEAN"),
    (0x000D, "PT_OBJECT"),
    (0x0014, "PT_I8"),
    (0x001E, "PT_STRING8"),
    (0x001F, "PT_UNICODE"),
    (0x0040, "PT_SYSTIME"),
    (0x0048, "PT_CLSID"),
    (0x0102, "PT_BINARY"),
    (0x1002, "PT_MV_I2"),
    (0x1003, "PT_MV_LONG"),
    (0x1004, "PT_MV_R4"),
    (0x1005, "PT_MV_DOUBLE"),
    (0x1006, "PT_MV_CURRENCY"),
    (0x1007, "PT_MV_APPTIME"),
    (0x1014, "PT_MV_I8"),
    (0x101E, "PT_MV_STRING8"),
    (0x101F, "PT_MV_UNICODE"),
    (0x1040, "PT_MV_SYSTIME"),
];

impl PropType {
    /// Any type: as a request, "whatever type the object has".
    pub const UNSPECIFIED: Self = Self(0x0000);
    /// No value.
    pub const NULL: Self = Self(0x0001);
    /// 16-bit signed integer.
    pub const I2: Self = Self(0x0002);
    /// 32-bit signed integer.
    pub const LONG: Self = Self(0x0003);
    /// 32-bit float.
    pub const R4: Self = Self(0x0004);
    /// 64-bit float.
    pub const DOUBLE: Self = Self(0x0005);
    /// 64-bit integer in ten-thousandths.
    pub const CURRENCY: Self = Self(0x0006);
    /// Days since 1899-12-30 as a 64-bit float, without a zone.
    pub const APPTIME: Self = Self(0x0007);
    /// An error code in place of a value.
    pub const ERROR: Self = Self(0x000A);
    /// True or false.
    pub const BOOLEAN: Self = Self(0x000B);
    /// An object opened by OpenProperty; it has no value.
    pub const OBJECT: Self = Self(0x000D);
    /// 64-bit signed integer.
    pub const I8: Self = Self(0x0014);
    /// Text in the object's code page.
    pub const STRING8: Self = Self(0x001E);
    /// Text.
    pub const UNICODE: Self = Self(0x001F);
    /// A moment, UTC.
    pub const SYSTIME: Self = Self(0x0040);
    /// A GUID.
    pub const CLSID: Self = Self(0x0048);
    /// Bytes.
    pub const BINARY: Self = Self(0x0102);
    /// Many 16-bit integers.
    pub const MV_I2: Self = Self(0x1002);
    /// Many 32-bit integers.
    pub const MV_LONG: Self = Self(0x1003);
    /// Many 32-bit floats.
    pub const MV_R4: Self = Self(0x1004);
    /// Many 64-bit floats.
    pub const MV_DOUBLE: Self = Self(0x1005);
    /// Many currency amounts.
    pub const MV_CURRENCY: Self = Self(0x1006);
    /// Many application times.
    pub const MV_APPTIME: Self = Self(0x1007);
    /// Many 64-bit integers.
    pub const MV_I8: Self = Self(0x1014);
    /// Many code-page texts.
    pub const MV_STRING8: Self = Self(0x101E);
    /// Many texts.
    pub const MV_UNICODE: Self = Self(0x101F);
    /// Many moments.
    pub const MV_SYSTIME: Self = Self(0x1040);
    /// Many GUIDs.
    pub const MV_CLSID: Self = Self(0x1048);
    /// Many byte strings.
    pub const MV_BINARY: Self = Self(0x1102);

    /// True for a multi-valued type.
    pub const fn is_multi(self) -> bool {
        self.0 & MV_FLAG != 0
    }

    /// The type of one value of a multi-valued type; the type itself otherwise.
    #[must_use]
    pub const fn single(self) -> Self {
        Self(self.0 & !MV_FLAG)
    }

    /// The multi-valued form of a single type.
    #[must_use]
    pub const fn multi(self) -> Self {
        Self(self.0 | MV_FLAG)
    }

    /// True for text of either width, single or many.
    pub const fn is_text(self) -> bool {
        matches!(self.single(), Self::STRING8 | Self::UNICODE)
    }

    /// The same type with 8-bit text made Unicode.
    #[must_use]
    pub const fn unicode(self) -> Self {
        match self {
            Self::STRING8 => Self::UNICODE,
            Self::MV_STRING8 => Self::MV_UNICODE,
            other => other,
        }
    }

    /// Bytes of one value where the type is of fixed width, as stored (PT_BOOLEAN counts 2).
    pub const fn fixed_bytes(self) -> Option<usize> {
        match self {
            Self::I2 | Self::BOOLEAN => Some(2),
            Self::LONG | Self::R4 | Self::ERROR => Some(4),
            Self::DOUBLE | Self::CURRENCY | Self::APPTIME | Self::I8 | Self::SYSTIME => Some(8),
            Self::CLSID => Some(16),
            _ => None,
        }
    }

    /// The name in the headers, such as `PT_UNICODE`.
    pub fn name(self) -> Option<&'static str> {
        match self.0 {
            0x1048 => Some("PT_MV_CLSID"),
            0x1102 => Some("PT_MV_BINARY"),
            number => NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name),
        }
    }

    /// The type that a header name such as `PT_UNICODE` stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "PT_MV_CLSID" => Some(Self::MV_CLSID),
            "PT_MV_BINARY" => Some(Self::MV_BINARY),
            _ => NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| Self(*number)),
        }
    }
}

impl fmt::Display for PropType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04X}", self.0),
        }
    }
}

impl fmt::Debug for PropType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_that_leads_back() {
        for number in 0..=u16::MAX {
            if let Some(name) = PropType(number).name() {
                assert_eq!(PropType::from_name(name), Some(PropType(number)));
            }
        }
        assert_eq!(PropType::MV_BINARY.single(), PropType::BINARY);
        assert_eq!(PropType::BINARY.multi(), PropType::MV_BINARY);
        assert_eq!(PropType::MV_STRING8.unicode(), PropType::MV_UNICODE);
        assert!(PropType::MV_UNICODE.is_text() && !PropType::BINARY.is_text());
        assert_eq!(PropType(0x1234).to_string(), "0x1234");
    }
}
