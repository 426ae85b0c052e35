//! `PropTag`: identifier and type in one number (SPropTagArray's element).
//!
//! The names of tags are generated into `tags.rs`; named properties are in `named.rs`.

use super::PropType;
use std::fmt;

/// A property tag: the identifier in the high half, the type in the low half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropTag(pub u32);

impl PropTag {
    /// The first identifier of the named range.
    pub const NAMED_FIRST: u16 = 0x8000;
    /// The last identifier of the named range.
    pub const NAMED_LAST: u16 = 0xFFFE;

    /// Makes a tag of identifier and type.
    pub const fn new(id: u16, ptype: PropType) -> Self {
        Self((id as u32) << 16 | ptype.0 as u32)
    }

    /// The identifier.
    pub const fn id(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The type.
    pub const fn ptype(self) -> PropType {
        PropType(self.0 as u16)
    }

    /// The same identifier with another type.
    #[must_use]
    pub const fn with_type(self, ptype: PropType) -> Self {
        Self::new(self.id(), ptype)
    }

    /// The same tag with 8-bit text made Unicode.
    #[must_use]
    pub const fn unicode(self) -> Self {
        self.with_type(self.ptype().unicode())
    }

    /// True where the identifier stands for a name (0x8000–0xFFFE) and is local to its store or file.
    pub const fn is_named(self) -> bool {
        self.id() >= Self::NAMED_FIRST && self.id() <= Self::NAMED_LAST
    }

    /// False in the ranges whose properties never travel with a message.
    ///
    /// # Source
    /// About Property Identifiers: 0x0E00–0x0FFF and 0x6000–0x67FF are not transmitted, of the
    /// message-class range 0x6800–0x7FFF the upper part 0x7C00–0x7FFF is not either.
    pub const fn is_transmittable(self) -> bool {
        !matches!(self.id(), 0x0E00..=0x0FFF | 0x6000..=0x67FF | 0x7C00..=0x7FFF)
    }
}

impl fmt::Display for PropTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

impl fmt::Debug for PropTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_identifier_and_type() {
        let tag = PropTag::new(0x0037, PropType::STRING8);
        assert_eq!((tag.0, tag.id(), tag.ptype()), (0x0037_001E, 0x0037, PropType::STRING8));
        assert_eq!(tag.unicode().0, 0x0037_001F);
        assert!(!tag.is_named() && PropTag(0x8000_001F).is_named() && !PropTag(0xFFFF_0000).is_named());
        assert!(tag.is_transmittable() && !PropTag(0x0E07_0003).is_transmittable());
    }
}
