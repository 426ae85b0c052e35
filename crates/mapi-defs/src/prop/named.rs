//! `NamedProp`: a property known by a property set and a number or text (MAPINAMEID).

use crate::Guid;
use std::fmt;

/// A property name: the property set and what it is called in there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedProp {
    /// The property set.
    pub set: Guid,
    /// The name within the set.
    pub name: Name,
}

/// What a property is called within its set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Name {
    /// A number (MNID_ID), such as 0x8560.
    Id(u32),
    /// A text (MNID_STRING), compared exactly.
    Text(String),
}

impl NamedProp {
    /// A numbered name.
    pub const fn id(set: Guid, id: u32) -> Self {
        Self { set, name: Name::Id(id) }
    }

    /// A text name.
    pub fn text(set: Guid, text: impl Into<String>) -> Self {
        Self { set, name: Name::Text(text.into()) }
    }
}

impl fmt::Display for NamedProp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Id(id) => write!(f, "{}:0x{id:04X}", self.set),
            Name::Text(text) => write!(f, "{}:{text:?}", self.set),
        }
    }
}

impl fmt::Debug for NamedProp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
