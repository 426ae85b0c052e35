//! The directory of a compound file: storages, streams and the trees that hold them ([MS-CFB] 2.6).
//!
//! Every tree is walked once, without recursion and without looking at colours, order or balance;
//! afterwards each storage has its elements in a row. Nothing here reads a stream.

use super::Fault;
use super::fat::Geometry;
use super::header::{END_OF_CHAIN, MINI_CUTOFF};
use crate::limits::{CONTAINER_ENTRIES_MAX, STORAGE_DEPTH_MAX};
use crate::little_endian::{array_at, narrow, u16_at, u32_at, u64_at, wide};
use crate::note::{Notes, Reason};
use mapi_defs::{FileTime, Guid};
use std::cmp::Ordering;

/// Bytes of one directory entry.
pub(super) const ENTRY_BYTES: usize = 128;
/// Mark: no entry.
const NO_ENTRY: u32 = 0xFFFF_FFFF;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Free, or of a kind that does not exist.
    Free,
    /// A storage, the root included.
    Storage,
    /// A stream.
    Stream,
}

/// One entry as kept: what is needed to find its elements or its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// First sector of a stream.
    pub(super) start: u32,
    /// Bytes of a stream, never more than the file has.
    pub(super) size: u64,
    /// Where its elements stand in [`Directory::order`].
    first_element: u32,
    elements: u32,
    depth: u16,
    /// Its sectors belong to another stream as well.
    pub(super) shared: bool,
}

/// All entries, and each storage's elements in a row.
#[derive(Debug)]
pub(super) struct Directory {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    order: Vec<u32>,
}

impl Directory {
    /// Reads the entries out of the directory's bytes and walks all trees.
    ///
    /// # Errors
    /// No root, more entries or deeper storages than the limits allow, or an entry reached twice.
    pub(super) fn parse(
        bytes: Vec<u8>,
        geometry: Geometry,
        wide_sizes: bool,
        notes: &mut Notes,
    ) -> Result<Self, Fault> {
        let count = bytes.len() / ENTRY_BYTES;
        if count > CONTAINER_ENTRIES_MAX {
            return Err(Fault::TooComplex("the container has more than 1,000,000 entries"));
        }
        let mut entries = Vec::with_capacity(count);
        for (index, raw) in bytes.chunks_exact(ENTRY_BYTES).enumerate() {
            entries.push(parse_entry(raw, index == 0, geometry, wide_sizes, notes));
        }
        if entries.first().is_none_or(|root| root.kind != Kind::Storage) {
            return Err(Fault::Corrupt("the directory has no root storage"));
        }
        let mut directory = Self { bytes, entries, order: Vec::with_capacity(count) };
        directory.walk(notes)?;
        Ok(directory)
    }

    /// A directory without entries, until the real one is read.
    pub(super) fn empty() -> Self {
        Self { bytes: Vec::new(), entries: Vec::new(), order: Vec::new() }
    }

    /// Number of entries, free ones included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries.get(narrow(u64::from(index)))
    }

    pub(super) fn entry_mut(&mut self, index: u32) -> Option<&mut Entry> {
        self.entries.get_mut(narrow(u64::from(index)))
    }

    /// The elements of a storage; none for a stream.
    pub(super) fn elements(&self, index: u32) -> &[u32] {
        let Some(entry) = self.entry(index) else { return &[] };
        let first = narrow(u64::from(entry.first_element));
        let end = first.saturating_add(narrow(u64::from(entry.elements)));
        self.order.get(first..end).unwrap_or_default()
    }

    /// The name of an entry as UTF-16LE bytes, without the end mark.
    pub(super) fn name(&self, index: u32) -> &[u8] {
        self.raw(index).map_or(&[], name_bytes)
    }

    /// The class id of a storage.
    pub(super) fn class_id(&self, index: u32) -> Guid {
        self.raw(index).and_then(|raw| array_at(raw, 80)).map_or(Guid::NULL, Guid)
    }

    /// When a storage was made and last changed; zero where nobody wrote it down.
    pub(super) fn times(&self, index: u32) -> (FileTime, FileTime) {
        let time = |at| self.raw(index).and_then(|raw| u64_at(raw, at)).unwrap_or_default();
        (FileTime(time(100)), FileTime(time(108)))
    }

    fn raw(&self, index: u32) -> Option<&[u8]> {
        let start = narrow(u64::from(index)).checked_mul(ENTRY_BYTES)?;
        self.bytes.get(start..start.checked_add(ENTRY_BYTES)?)
    }

    /// Walks the tree of every storage that is reached from the root.
    fn walk(&mut self, notes: &mut Notes) -> Result<(), Fault> {
        let mut reached = vec![false; self.entries.len()];
        if let Some(root) = reached.first_mut() {
            *root = true;
        }
        let mut storages = vec![0_u32];
        let mut done = 0_usize;
        while let Some(storage) = storages.get(done).copied() {
            done = done.saturating_add(1);
            let first = self.order.len();
            self.walk_tree(storage, &mut reached, notes)?;
            let depth = self.entry(storage).map_or(0, |entry| entry.depth).saturating_add(1);
            for index in self.order.get(first..).unwrap_or_default() {
                let Some(entry) = self.entries.get_mut(narrow(u64::from(*index))) else { continue };
                entry.depth = depth;
                if entry.kind == Kind::Storage {
                    storages.push(*index);
                }
            }
            if depth > STORAGE_DEPTH_MAX.saturating_add(1) {
                return Err(Fault::TooComplex("storages are nested more than 512 deep"));
            }
            let elements = self.order.len().saturating_sub(first);
            if let Some(entry) = self.entry_mut(storage) {
                entry.first_element = u32::try_from(first).unwrap_or(NO_ENTRY);
                entry.elements = u32::try_from(elements).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Appends the elements of one storage to the order, left to right.
    fn walk_tree(&mut self, storage: u32, reached: &mut [bool], notes: &mut Notes) -> Result<(), Fault> {
        let mut waiting: Vec<u32> = Vec::new();
        let mut next = self.link(storage, 76, notes);
        let mut previous: Option<u32> = None;
        loop {
            while let Some(index) = next {
                match reached.get_mut(narrow(u64::from(index))) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return Err(Fault::Corrupt("the directory's tree runs in a circle")),
                }
                waiting.push(index);
                next = self.link(index, 68, notes);
            }
            let Some(index) = waiting.pop() else { return Ok(()) };
            if self.entry(index).is_some_and(|entry| entry.kind != Kind::Free) {
                self.check_order(previous, index, notes);
                self.order.push(index);
                previous = Some(index);
            } else {
                notes.container(Reason::EntryKind);
            }
            next = self.link(index, 72, notes);
        }
    }

    /// The entry that the link at byte `at` of an entry leads to.
    fn link(&self, index: u32, at: usize, notes: &mut Notes) -> Option<u32> {
        let raw = self.raw(index)?;
        let link = u32_at(raw, at).filter(|link| *link != NO_ENTRY)?;
        if wide(self.entries.len()) <= u64::from(link) {
            notes.container(Reason::TreeLink);
            return None;
        }
        Some(link)
    }

    fn check_order(&self, previous: Option<u32>, index: u32, notes: &mut Notes) {
        let Some(previous) = previous else { return };
        match compare_names(self.name(previous), self.name(index)) {
            Ordering::Less => {}
            Ordering::Equal => notes.container(Reason::DuplicateElement),
            Ordering::Greater => notes.container(Reason::TreeUnsorted),
        }
    }
}

/// The order of names in a storage: the shorter first, then by upper-cased UTF-16 units.
pub(crate) fn compare_names(left: &[u8], right: &[u8]) -> Ordering {
    let by_length = left.len().cmp(&right.len());
    if by_length != Ordering::Equal {
        return by_length;
    }
    // Names in a storage mostly begin alike: only what follows has to be looked at unit by unit.
    let alike = left.iter().zip(right).take_while(|(left, right)| left == right).count() & !1;
    let rest = |name| upper_units(<[u8]>::get(name, alike..).unwrap_or_default());
    rest(left).cmp(rest(right))
}

/// A name as bytes that sort as names in a storage do: for those who compare one many times.
pub(crate) fn name_order(name: &[u8]) -> Vec<u8> {
    let len = u32::try_from(name.len()).unwrap_or(u32::MAX);
    len.to_be_bytes().into_iter().chain(upper_units(name).flat_map(u16::to_be_bytes)).collect()
}

/// The UTF-16 units of a name in upper case, as far as one unit stays one unit.
fn upper_units(name: &[u8]) -> impl Iterator<Item = u16> + '_ {
    name.chunks_exact(2).map(|unit| upper_unit(u16_at(unit, 0).unwrap_or_default()))
}

fn upper_unit(unit: u16) -> u16 {
    if unit < 0x80 {
        return u8::try_from(unit).map_or(unit, |byte| u16::from(byte.to_ascii_uppercase()));
    }
    let Some(letter) = char::from_u32(u32::from(unit)) else { return unit };
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(unit),
        _ => unit,
    }
}

/// The name in a raw entry, cut at its end mark or its stated length.
fn name_bytes(raw: &[u8]) -> &[u8] {
    let stated = usize::from(u16_at(raw, 64).unwrap_or_default()).saturating_sub(2) & !1;
    let field = raw.get(..64).unwrap_or_default();
    match field.get(..stated) {
        Some(name) => name,
        // The length is impossible: the name ends at its mark.
        None => {
            let units = field.chunks_exact(2).take(31).take_while(|unit| *unit != [0, 0]).count();
            field.get(..units.saturating_mul(2)).unwrap_or_default()
        }
    }
}

fn parse_entry(raw: &[u8], root: bool, geometry: Geometry, wide_sizes: bool, notes: &mut Notes) -> Entry {
    let kind = match (raw.get(66), root) {
        (Some(5 | 1), true) | (Some(1), false) => Kind::Storage,
        (Some(2), false) => Kind::Stream,
        (Some(0), _) => Kind::Free,
        _ => {
            notes.container(Reason::EntryKind);
            Kind::Free
        }
    };
    let low = u64::from(u32_at(raw, 120).unwrap_or_default());
    let high = u64::from(u32_at(raw, 124).unwrap_or_default());
    let stated = if wide_sizes { high.checked_shl(32).unwrap_or_default() | low } else { low };
    let start = u32_at(raw, 116).unwrap_or(NO_ENTRY);
    let mut entry = Entry {
        kind,
        start,
        size: stated.min(geometry.len),
        first_element: 0,
        elements: 0,
        depth: 0,
        shared: false,
    };
    if kind == Kind::Free {
        return entry;
    }
    let has_data = root || kind == Kind::Stream;
    if !has_data {
        entry.size = 0;
    }
    let stated_name = u16_at(raw, 64).unwrap_or_default();
    let usual_start = match has_data {
        true => entry.size > 0 || start == END_OF_CHAIN,
        false => matches!(start, 0 | END_OF_CHAIN | NO_ENTRY),
    };
    let findings = [
        (!wide_sizes && high != 0, Reason::SizeGarbage),
        (has_data && stated > geometry.len, Reason::SizeBeyondFile),
        (!usual_start, Reason::StartWithoutData),
        (stated_name > 64 || !stated_name.is_multiple_of(2), Reason::NameLength),
        (!root && has_illegal_characters(name_bytes(raw)), Reason::NameCharacters),
    ];
    for (_, reason) in findings.into_iter().filter(|(found, _)| *found) {
        notes.container(reason);
    }
    entry
}

/// True where a name has a character that no element's name may have, or half a character.
fn has_illegal_characters(name: &[u8]) -> bool {
    let mut units = name.chunks_exact(2).map(|unit| u16_at(unit, 0).unwrap_or_default());
    // Nearly every name is plain: characters above are looked at only where there are any.
    let plain = units.all(|unit| unit < 0x80 && !matches!(unit, 0x21 | 0x2F | 0x3A | 0x5C));
    if plain {
        return false;
    }
    let units = name.chunks_exact(2).map(|unit| u16_at(unit, 0).unwrap_or_default());
    char::decode_utf16(units).any(|unit| matches!(unit, Err(_) | Ok('!' | '/' | ':' | '\\')))
}

/// True where a stream of this size lives among the small streams.
pub(super) fn is_small(size: u64) -> bool {
    size < MINI_CUTOFF
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn shorter_names_come_first_then_upper_case_order() {
        let cases = [
            ("b", "aa", Ordering::Less),
            ("__ATTACH", "__attach", Ordering::Equal),
            ("a_", "aZ", Ordering::Greater),
            ("ä", "Ä", Ordering::Equal),
        ];
        for (left, right, expect) in cases {
            assert_eq!(compare_names(&utf16(left), &utf16(right)), expect, "{left} {right}");
            let ordered = name_order(&utf16(left)).cmp(&name_order(&utf16(right)));
            assert_eq!(ordered, expect, "{left} {right}");
        }
    }

    #[test]
    fn names_may_not_hold_separators_or_half_characters() {
        assert!(!has_illegal_characters(&utf16("__substg1.0_0037001F")));
        assert!(!has_illegal_characters(&utf16("Überblick")));
        assert!(has_illegal_characters(&utf16("a/b")));
        assert!(has_illegal_characters(&[0x00, 0xD8]));
    }
}
