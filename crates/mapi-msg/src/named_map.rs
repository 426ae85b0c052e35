//! `NamedMap`: which names the identifiers from 0x8000 on stand for in one file ([MS-OXMSG] 2.2.3).
//!
//! One map serves the message and everything in it. It is built from the entry stream; the hash
//! buckets, which some writers leave out, are written (`write/names.rs`) and never read.

use crate::layout::Layout;
use crate::limits::{NAME_UNITS_MAX, NAMES_MAX};
use crate::little_endian::{array_at, narrow, u16_at, u32_at};
use crate::note::{Notes, Reason};
use crate::tree::{Node, Tree};
use mapi_defs::Guid;
use mapi_defs::prop::{Name, NamedProp, PropTag};
use std::borrow::Cow;
use std::collections::HashSet;

/// The stream of property sets.
pub(crate) const GUID_STREAM: PropTag = PropTag(0x0002_0102);
/// The stream of entries, eight bytes each.
pub(crate) const ENTRY_STREAM: PropTag = PropTag(0x0003_0102);
/// The stream of names that are text.
pub(crate) const STRING_STREAM: PropTag = PropTag(0x0004_0102);
/// The index that stands for `PS_MAPI` without an entry in the stream of property sets.
pub(crate) const PS_MAPI_INDEX: u16 = 1;
/// The index that stands for `PS_PUBLIC_STRINGS`.
pub(crate) const PS_PUBLIC_STRINGS_INDEX: u16 = 2;
/// The index of the first set in the stream of property sets.
pub(crate) const FIRST_SET_INDEX: u16 = 3;

/// The names of one file, by identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamedMap {
    names: Vec<Option<NamedProp>>,
}

impl NamedMap {
    /// Reads the map out of its storage.
    pub(crate) fn read(tree: &Tree, storage: Node, notes: &mut Notes) -> Self {
        let layout = Layout::of(tree, storage);
        let stream = |tag| match layout.stream(tag).map(|node| tree.bytes(node)) {
            Some(Ok(bytes)) => bytes,
            _ => Cow::Borrowed(&[][..]),
        };
        let (sets, entries, strings) = (stream(GUID_STREAM), stream(ENTRY_STREAM), stream(STRING_STREAM));
        let mut map = Self::default();
        // Names that lie over one another could make a small file fill the memory.
        let mut room = strings.len().saturating_mul(2);
        let mut seen = HashSet::new();
        for (index, entry) in entries.chunks_exact(8).take(NAMES_MAX).enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let name = parse_entry(entry, &sets, &strings, &mut room);
            match &name {
                None => notes.container(Reason::BadName(index)),
                Some(name) if !seen.insert(name.clone()) => notes.container(Reason::DuplicateName(index)),
                Some(_) => {}
            }
            map.names.push(name);
        }
        map
    }

    /// All names in the order of their identifiers; `None` where one could not be read.
    pub(crate) fn all(&self) -> &[Option<NamedProp>] {
        &self.names
    }

    /// The name of an identifier.
    pub(crate) fn name(&self, id: u16) -> Option<&NamedProp> {
        let index = id.checked_sub(PropTag::NAMED_FIRST)?;
        self.names.get(usize::from(index))?.as_ref()
    }

    /// The identifier of a name.
    pub(crate) fn id(&self, name: &NamedProp) -> Option<u16> {
        let index = self.names.iter().position(|known| known.as_ref() == Some(name))?;
        PropTag::NAMED_FIRST.checked_add(u16::try_from(index).ok()?)
    }
}

/// Reads one entry; `None` where it names no set or no text.
fn parse_entry(entry: &[u8], sets: &[u8], strings: &[u8], room: &mut usize) -> Option<NamedProp> {
    let number = u32_at(entry, 0)?;
    let kind = u16_at(entry, 4)?;
    let set = match kind.checked_shr(1)? {
        0 => return None,
        PS_MAPI_INDEX => Guid::PS_MAPI,
        PS_PUBLIC_STRINGS_INDEX => Guid::PS_PUBLIC_STRINGS,
        index => {
            let at = usize::from(index.checked_sub(FIRST_SET_INDEX)?).checked_mul(16)?;
            Guid(array_at(sets, at)?)
        }
    };
    if kind & 1 == 0 {
        return Some(NamedProp { set, name: Name::Id(number) });
    }
    let at = narrow(u64::from(number));
    let len = narrow(u64::from(u32_at(strings, at)?));
    let start = at.checked_add(4)?;
    let text = strings.get(start..start.checked_add(len)?)?;
    if len / 2 > NAME_UNITS_MAX || len > *room {
        return None;
    }
    *room = room.saturating_sub(len);
    let units = text.chunks_exact(2).map(|unit| u16_at(unit, 0).unwrap_or_default());
    let text: Result<String, _> = char::decode_utf16(units).collect();
    Some(NamedProp { set, name: Name::Text(text.ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entry: [u8; 8], strings: &[u8], expect: Option<NamedProp>) {
        let mut room = strings.len();
        assert_eq!(parse_entry(&entry, &[7; 16], strings, &mut room), expect);
    }

    #[test]
    fn entries_name_a_set_and_a_number_or_text() {
        check([0x60, 0x85, 0, 0, 4, 0, 0, 0], &[], Some(NamedProp::id(Guid::PS_PUBLIC_STRINGS, 0x8560)));
        check([0x60, 0x85, 0, 0, 6, 0, 0, 0], &[], Some(NamedProp::id(Guid([7; 16]), 0x8560)));
        let strings = b"\x04\0\0\0a\0b\0";
        check([0, 0, 0, 0, 3, 0, 0, 0], strings, Some(NamedProp::text(Guid::PS_MAPI, "ab")));
    }

    #[test]
    fn an_entry_that_leads_nowhere_has_no_name() {
        check([0, 0, 0, 0, 0, 0, 0, 0], &[], None);
        check([0, 0, 0, 0, 8, 0, 0, 0], &[], None);
        check([0, 0, 0, 0, 0xFF, 0xFF, 0, 0], &[], None);
        check([0, 0, 0, 0, 3, 0, 0, 0], b"\x05\0\0\0a\0b\0", None);
        check([0xFF, 0xFF, 0xFF, 0xFF, 3, 0, 0, 0], b"\x04\0\0\0a\0b\0", None);
        check([0, 0, 0, 0, 3, 0, 0, 0], b"\x02\0\0\0\0\xD8", None);
    }
}
