//! The map of named properties as written ([MS-OXMSG] 2.2.3): three streams and the hash buckets.
//!
//! Names get identifiers from 0x8000 on in the order in which the message has them; the map that is
//! read is `named_map.rs`.

use super::CALL;
use crate::docfile::DocFile;
use crate::layout::NAMES;
use crate::limits::NAMES_MAX;
use crate::named_map::{
    ENTRY_STREAM, FIRST_SET_INDEX, GUID_STREAM, PS_MAPI_INDEX, PS_PUBLIC_STRINGS_INDEX, STRING_STREAM,
};
use crate::property_stream::ENTRY;
use mapi_defs::guids::PS_INTERNET_HEADERS;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::{Name, NamedProp, PropTag};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::collections::BTreeMap;

/// The identifier of the first bucket's stream.
const FIRST_BUCKET: u32 = 0x1000;
/// Number of buckets.
const BUCKETS: u32 = 31;

/// The names of a message with everything in it, and their identifiers.
pub(super) struct Names<'a> {
    names: Vec<&'a NamedProp>,
    ids: BTreeMap<&'a NamedProp, u16>,
    /// Identifiers of properties whose name nobody knows, and what they become.
    nameless: BTreeMap<u16, u16>,
}

impl<'a> Names<'a> {
    /// Gathers the names in the order of the message.
    ///
    /// # Errors
    /// `MAPI_E_TOO_BIG`: more names than there are identifiers.
    pub(super) fn gather(message: &'a MessageObject) -> Result<Self> {
        let mut gathered = Self { names: Vec::new(), ids: BTreeMap::new(), nameless: BTreeMap::new() };
        let mut waiting = vec![message];
        while let Some(message) = waiting.pop() {
            gathered.add_all(&message.properties)?;
            message.recipients.iter().try_for_each(|row| gathered.add_all(row))?;
            for attachment in &message.attachments {
                gathered.add_all(&attachment.properties)?;
            }
            // Taken from the end, so that the first embedded message comes next.
            waiting.extend(message.attachments.iter().rev().filter_map(|one| one.message.as_deref()));
        }
        gathered.settle_nameless();
        Ok(gathered)
    }

    fn add_all(&mut self, properties: &'a [Property]) -> Result<()> {
        // Empty text is not written, so its name is not needed either.
        for property in properties.iter().filter(|one| one.value.as_text() != Some("")) {
            match &property.named {
                Some(name) => self.add(name)?,
                None if property.tag.is_named() => {
                    self.nameless.insert(property.tag.id(), property.tag.id());
                }
                None => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &'a NamedProp) -> Result<()> {
        if self.ids.contains_key(name) {
            return Ok(());
        }
        let index = u16::try_from(self.names.len()).ok().filter(|index| usize::from(*index) < NAMES_MAX);
        let id = index.and_then(|index| PropTag::NAMED_FIRST.checked_add(index));
        let Some(id) = id else {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "more than 32,767 names of properties"));
        };
        self.ids.insert(name, id);
        self.names.push(name);
        Ok(())
    }

    /// An identifier without a name stays what it is unless a name has got it now.
    fn settle_nameless(&mut self) {
        let last = self.names.len().checked_sub(1).and_then(|last| u16::try_from(last).ok());
        let last = last.and_then(|last| PropTag::NAMED_FIRST.checked_add(last));
        let mut free = PropTag::NAMED_LAST;
        let kept: Vec<u16> = self.nameless.keys().copied().collect();
        for (id, becomes) in &mut self.nameless {
            if last.is_some_and(|last| *id <= last) {
                while kept.binary_search(&free).is_ok() {
                    free = free.saturating_sub(1);
                }
                *becomes = free;
                free = free.saturating_sub(1);
            }
        }
    }

    /// The tag that a property has in the file.
    pub(super) fn tag_of(&self, property: &Property) -> Option<PropTag> {
        let id = match &property.named {
            Some(name) => *self.ids.get(name)?,
            None if property.tag.is_named() => *self.nameless.get(&property.tag.id())?,
            None => property.tag.id(),
        };
        Some(PropTag::new(id, property.tag.ptype()))
    }

    /// Writes the storage of names.
    ///
    /// # Errors
    /// None that the fixed names of its streams could cause.
    pub(super) fn write(&self, file: &mut DocFile<'a>) -> Result<()> {
        let storage = file.add_storage(DocFile::ROOT, NAMES, Guid::NULL)?;
        let mut streams = NameStreams::default();
        for (name, index) in self.names.iter().zip(0_u16..) {
            streams.push(name, index);
        }
        for (name, bytes) in streams.into_streams() {
            file.add_stream(storage, &name, bytes)?;
        }
        Ok(())
    }
}

/// The streams of the storage of names, to which names can be appended.
#[derive(Default)]
pub(crate) struct NameStreams {
    sets: Vec<u8>,
    entries: Vec<u8>,
    strings: Vec<u8>,
    /// By the identifier of the bucket's stream.
    buckets: BTreeMap<u32, Vec<u8>>,
    known: BTreeMap<Guid, u16>,
}

impl NameStreams {
    /// Goes on where streams of a file end; `stream` answers the bytes of one, empty where there is none.
    ///
    /// # Errors
    /// What `stream` answers.
    pub(crate) fn continuing(mut stream: impl FnMut(&str) -> Result<Vec<u8>>) -> Result<Self> {
        let mut read = |tag| stream(&super::value_name(tag));
        let (sets, mut entries, strings) = (read(GUID_STREAM)?, read(ENTRY_STREAM)?, read(STRING_STREAM)?);
        // A piece of an entry at the end is none, and the next one begins where it does.
        entries.truncate(entries.as_chunks::<8>().0.as_flattened().len());
        let mut buckets = BTreeMap::new();
        for id in FIRST_BUCKET..FIRST_BUCKET.saturating_add(BUCKETS) {
            let bytes = read(PropTag(id.wrapping_shl(16) | 0x0102))?;
            if !bytes.is_empty() {
                buckets.insert(id, bytes);
            }
        }
        let set = |(bytes, index): (&[u8], u16)| Some((Guid(bytes.try_into().ok()?), index));
        let indexed = sets.chunks_exact(ENTRY).zip(FIRST_SET_INDEX..);
        // Of two equal sets the first counts, so the later ones go in first.
        let known = indexed.filter_map(set).collect::<Vec<_>>().into_iter().rev().collect();
        Ok(Self { sets, entries, strings, buckets, known })
    }

    /// Appends the name of a property's index.
    pub(crate) fn push(&mut self, name: &NamedProp, index: u16) {
        let set = self.set(name.set);
        let (number, kind) = match &name.name {
            Name::Id(id) => (*id, 0),
            Name::Text(text) => (append_text(&mut self.strings, text), 1),
        };
        let set_and_kind = set.wrapping_shl(1) | kind;
        self.entries.extend_from_slice(&entry(number, set_and_kind, index));
        let (bucket, found_by) = in_bucket(name, set_and_kind, index);
        self.buckets.entry(bucket).or_default().extend_from_slice(&found_by);
    }

    /// The index of a set, which is appended where it is new.
    fn set(&mut self, set: Guid) -> u16 {
        if set == Guid::PS_MAPI {
            return PS_MAPI_INDEX;
        }
        if set == Guid::PS_PUBLIC_STRINGS {
            return PS_PUBLIC_STRINGS_INDEX;
        }
        let next = u16::try_from(self.sets.len() / ENTRY).unwrap_or(u16::MAX).saturating_add(FIRST_SET_INDEX);
        let sets = &mut self.sets;
        *self.known.entry(set).or_insert_with(|| {
            sets.truncate(sets.as_chunks::<ENTRY>().0.as_flattened().len());
            sets.extend_from_slice(&set.0);
            next
        })
    }

    /// The streams by their names.
    pub(crate) fn into_streams(self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let fixed = [(GUID_STREAM, self.sets), (ENTRY_STREAM, self.entries), (STRING_STREAM, self.strings)];
        let buckets =
            self.buckets.into_iter().map(|(id, bytes)| (PropTag(id.wrapping_shl(16) | 0x0102), bytes));
        fixed.into_iter().chain(buckets).map(|(tag, bytes)| (super::value_name(tag), bytes))
    }
}

/// The bucket in which a name is looked up, and the entry that it is found by.
pub(crate) fn in_bucket(name: &NamedProp, set_and_kind: u16, index: u16) -> (u32, [u8; 8]) {
    let hashed = hashed(name);
    let place = (hashed ^ u32::from(set_and_kind)).checked_rem(BUCKETS).unwrap_or_default();
    (FIRST_BUCKET.saturating_add(place), entry(hashed, set_and_kind, index))
}

/// Eight bytes: a number or hash, then the index of the set with the kind, then the property's index.
fn entry(number: u32, set_and_kind: u16, index: u16) -> [u8; 8] {
    let all =
        u64::from(index).wrapping_shl(48) | u64::from(set_and_kind).wrapping_shl(32) | u64::from(number);
    all.to_le_bytes()
}

/// Appends a text with its length on a multiple of four bytes; returns where it begins.
///
/// Nothing follows the last text: Outlook does not pad it either.
fn append_text(strings: &mut Vec<u8>, text: &str) -> u32 {
    strings.resize(strings.len().next_multiple_of(4), 0);
    let at = u32::try_from(strings.len()).unwrap_or(u32::MAX);
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    strings.extend_from_slice(&u32::try_from(units.len()).unwrap_or(u32::MAX).to_le_bytes());
    strings.extend_from_slice(&units);
    at
}

/// What a name is found by in its bucket: its number, or the checksum of its text.
fn hashed(name: &NamedProp) -> u32 {
    match &name.name {
        Name::Id(id) => *id,
        Name::Text(text) if name.set == PS_INTERNET_HEADERS => checksum(&text.to_lowercase()),
        Name::Text(text) => checksum(text),
    }
}

/// The check value of compressed RTF over the text's UTF-16 bytes.
fn checksum(text: &str) -> u32 {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    mapi_rtf::checksum(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_identifiers_in_order_and_nameless_properties_step_aside() {
        let set = Guid([3; 16]);
        let nameless = Property::new(PropTag(0x8001_0003), 5);
        let beyond = Property::new(PropTag(0x9000_0003), 6);
        let message = MessageObject {
            properties: vec![
                Property::named(NamedProp::id(set, 2), 1),
                Property::named(NamedProp::id(set, 1), 2),
                Property::named(NamedProp::id(set, 2), 3),
                nameless.clone(),
                beyond.clone(),
            ],
            ..MessageObject::default()
        };
        let names = Names::gather(&message).unwrap();
        let ids: Vec<u16> = message.properties.iter().map(|one| names.tag_of(one).unwrap().id()).collect();
        assert_eq!(ids, [0x8000, 0x8001, 0x8000, 0xFFFE, 0x9000]);
    }
}
