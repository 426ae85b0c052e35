//! `Properties`: what one object of a file has, message, recipient or attachment.
//!
//! Short values are read when the object is opened; long ones are only listed and read through a
//! stream. What cannot be read is left out with a note, and the rest stays.

use crate::codepage::Pages;
use crate::container::Fault;
use crate::layout::Layout;
use crate::limits::{LARGE_VALUE_BYTES, PROPERTIES_MAX};
use crate::little_endian::wide;
use crate::note::{Notes, Place, Reason};
use crate::property_stream::{self, Entry};
use crate::property_value::{Keeping, Read, gather, keeping, read_inside, read_packed, read_stream};
use crate::tree::{Tree, ValueStream};
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value that is too long to be read along with the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LargeValue {
    /// The property.
    pub tag: PropTag,
    /// Bytes in the file.
    pub len: u64,
}

/// The properties of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    /// Those that were read.
    pub(crate) list: PropList,
    /// Those that were only listed, ascending.
    pub(crate) large: Vec<LargeValue>,
    /// Those in which a character could not be read, ascending.
    pub(crate) lossy: Vec<PropTag>,
    entries: Vec<Entry>,
    pages: Option<Pages>,
}

/// What is needed to read an object's values.
pub(crate) struct Reader<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) layout: &'a Layout,
    /// The code pages of 8-bit text.
    pub(crate) pages: Pages,
    pub(crate) place: Place<'a>,
    pub(crate) notes: &'a mut Notes,
}

/// One value as found.
enum Found {
    Value(Read),
    Large(u64),
    /// There is none, and why.
    Nothing(Reason),
}

impl Properties {
    /// Reads an object's properties out of its property stream and the streams beside it.
    pub(crate) fn read(stream: &[u8], header: usize, reader: &mut Reader<'_>) -> Self {
        let listed = reader.listed(stream, header);
        let unlisted: Vec<PropTag> = {
            let is_listed = |tag: &PropTag| listed.binary_search_by_key(tag, |entry| entry.tag).is_ok();
            reader.layout.tags().filter(|tag| !is_listed(tag)).collect()
        };
        let mut slots: Vec<(Entry, bool)> = listed.into_iter().map(|entry| (entry, true)).collect();
        let attributes = property_stream::READABLE | property_stream::WRITEABLE;
        slots.extend(unlisted.into_iter().map(|tag| (Entry { tag, attributes, value: [0; 8] }, false)));
        // Stable, so that of two types for one identifier the listed one comes first.
        slots.sort_by_key(|(entry, _)| entry.tag.id());
        let mut properties = Self { pages: Some(reader.pages), ..Self::default() };
        let mut taken: Option<u16> = None;
        for (entry, is_listed) in slots {
            if taken == Some(entry.tag.id()) {
                reader.notes.add(reader.place, Reason::DuplicateProperty(entry.tag));
                continue;
            }
            if properties.take(entry, is_listed, reader) {
                taken = Some(entry.tag.id());
            }
        }
        properties
    }

    /// Takes one property; false where it has no value.
    fn take(&mut self, entry: Entry, is_listed: bool, reader: &mut Reader<'_>) -> bool {
        match reader.find(entry, LARGE_VALUE_BYTES) {
            Found::Value(read) => {
                if read.lossy {
                    self.lossy.push(entry.tag);
                }
                if read.unknown_page {
                    reader.notes.add(reader.place, Reason::UnknownCodePage(reader.pages.text));
                }
                self.list.set(entry.tag, read.value);
            }
            Found::Large(len) => self.large.push(LargeValue { tag: entry.tag, len }),
            Found::Nothing(reason) => {
                reader.notes.add(reader.place, reason);
                return false;
            }
        }
        if !is_listed {
            reader.notes.add(reader.place, Reason::UnlistedStream(entry.tag));
        }
        self.entries.push(entry);
        true
    }

    /// The tags of all properties, read or only listed, ascending by identifier.
    pub(crate) fn tags(&self) -> impl Iterator<Item = PropTag> + '_ {
        self.entries.iter().map(|entry| entry.tag)
    }

    /// The attribute bits of a property.
    pub(crate) fn attributes(&self, tag: PropTag) -> Option<u32> {
        self.entry(tag).map(|entry| entry.attributes)
    }

    /// The whole value of a property, however long.
    pub(crate) fn value(&self, tag: PropTag, tree: &Tree, layout: &Layout) -> Result<Cow<'_, PropValue>> {
        Ok(self.read_value(tag, tree, layout)?.0)
    }

    /// The whole value of a property, and whether a character of it was lost.
    pub(crate) fn read_value(
        &self,
        tag: PropTag,
        tree: &Tree,
        layout: &Layout,
    ) -> Result<(Cow<'_, PropValue>, bool)> {
        let call = "Message::value";
        if let Some(prop) = self.list.prop(tag) {
            return Ok((Cow::Borrowed(&prop.value), self.lossy.binary_search(&prop.tag).is_ok()));
        }
        let entry = self.entry(tag).ok_or_else(|| not_found(call))?;
        let (place, mut notes) = (Place::FILE, Notes::default());
        let pages = self.pages.unwrap_or(Pages::WESTERN);
        let mut reader = Reader { tree, layout, pages, place, notes: &mut notes };
        match reader.find(*entry, u64::MAX) {
            Found::Value(read) => Ok((Cow::Owned(read.value), read.lossy)),
            Found::Large(_) | Found::Nothing(_) => {
                Err(Error::new(ErrorCode::CORRUPT_DATA, call, "the property's stream cannot be read"))
            }
        }
    }

    /// Every property as listed, with its value or, where it was only measured, its length in bytes.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Entry, Result<&PropValue, u64>)> + '_ {
        self.entries.iter().map(|entry| {
            let large = self.large.iter().find(|large| large.tag == entry.tag).map_or(0, |large| large.len);
            (*entry, self.list.value(entry.tag).ok_or(large))
        })
    }

    /// Reads one value, however long, of which nothing but its entry is at hand.
    pub(crate) fn read_entry(entry: Entry, tree: &Tree, layout: &Layout, pages: Pages) -> Result<PropValue> {
        let mut notes = Notes::default();
        let mut reader = Reader { tree, layout, pages, place: Place::FILE, notes: &mut notes };
        match reader.find(entry, u64::MAX) {
            Found::Value(read) => Ok(read.value),
            Found::Large(_) | Found::Nothing(_) => {
                let detail = "the property's stream cannot be read";
                Err(Error::new(ErrorCode::CORRUPT_DATA, "IMAPIProp::GetProps", detail))
            }
        }
    }

    /// Opens the bytes of a property that has a stream of its own.
    pub(crate) fn stream(&self, tag: PropTag, tree: &Tree, layout: &Layout) -> Result<ValueStream> {
        let call = "Message::stream";
        let tag = self.entry(tag).map_or(tag, |entry| entry.tag);
        let node = layout.stream(tag).ok_or_else(|| not_found(call))?;
        tree.stream(node).map_err(|fault| fault.of(call))
    }

    /// The entry by the rule of [`PropList::prop`].
    fn entry(&self, tag: PropTag) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&tag.id(), |entry| entry.tag.id()).ok()?;
        let held = |entry: &&Entry| {
            tag.ptype() == PropType::UNSPECIFIED || tag.ptype().unicode() == entry.tag.ptype().unicode()
        };
        self.entries.get(at).filter(held)
    }
}

fn not_found(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "the object has no such property")
}

impl Reader<'_> {
    /// The entries of a property stream, ascending by tag, each tag once.
    fn listed(&mut self, stream: &[u8], header: usize) -> Vec<Entry> {
        if stream.len() < header {
            self.notes.add(self.place, Reason::NoPropertyStream);
        }
        if property_stream::has_trailing_bytes(stream, header) {
            self.notes.add(self.place, Reason::TrailingBytes);
        }
        let all = property_stream::entries(stream, header);
        if all.len() > PROPERTIES_MAX {
            self.notes.add(self.place, Reason::TooManyProperties);
        }
        let mut listed: Vec<Entry> = all.take(PROPERTIES_MAX).collect();
        listed.sort_by_key(|entry| entry.tag);
        listed.dedup_by(|later, first| {
            let twice = later.tag == first.tag;
            if twice {
                self.notes.add(self.place, Reason::DuplicateProperty(later.tag));
            }
            twice
        });
        listed
    }

    /// Looks for a property's value; one of more than `limit` bytes is only measured.
    fn find(&mut self, entry: Entry, limit: u64) -> Found {
        let tag = entry.tag;
        match keeping(tag.ptype()) {
            None => Found::Nothing(Reason::UnknownType(tag)),
            Some(Keeping::Inside) => found(tag, read_inside(tag.ptype(), entry.value).map(whole)),
            Some(Keeping::Storage) => match self.layout.storage(tag) {
                Some(_) => Found::Value(whole(PropValue::Object)),
                None => Found::Nothing(Reason::MissingStream(tag)),
            },
            Some(Keeping::Stream) => {
                let pages = self.pages;
                self.in_stream(tag, limit, |bytes| read_stream(tag, bytes, pages))
            }
            Some(Keeping::Packed) => {
                self.in_stream(tag, limit, |bytes| read_packed(tag.ptype(), bytes).map(whole))
            }
            Some(Keeping::Parts(width)) => self.in_parts(tag, width, limit),
        }
    }

    fn in_stream(&mut self, tag: PropTag, limit: u64, read: impl Fn(&[u8]) -> Option<Read>) -> Found {
        let Some(node) = self.layout.stream(tag) else { return Found::Nothing(Reason::MissingStream(tag)) };
        let size = self.tree.size(node);
        if size > limit {
            return Found::Large(size);
        }
        match self.tree.bytes(node) {
            Ok(bytes) => {
                self.check_length(tag, size, &bytes);
                found(tag, read(&bytes))
            }
            Err(_) => Found::Nothing(Reason::Unreadable(tag)),
        }
    }

    /// Reads many values, each from its stream. The stream of lengths says how many there are.
    fn in_parts(&mut self, tag: PropTag, width: usize, limit: u64) -> Found {
        let Some(node) = self.layout.stream(tag) else { return Found::Nothing(Reason::MissingStream(tag)) };
        let bytes = self.tree.size(node);
        let count = u32::try_from(bytes.checked_div(wide(width)).unwrap_or(0)).unwrap_or(u32::MAX);
        let parts = self.layout.parts(tag);
        let sizes = parts.map(|(_, part)| self.tree.size(part)).fold(bytes, u64::saturating_add);
        if sizes > limit {
            return Found::Large(sizes);
        }
        let mut values = Vec::new();
        let mut whole = Read { value: PropValue::Null, lossy: false, unknown_page: false };
        for (index, part) in self.layout.parts(tag) {
            // Of two streams with the same index the first counts, and a gap ends the values.
            match wide(values.len()).cmp(&u64::from(index)) {
                Ordering::Greater => continue,
                Ordering::Less => break,
                Ordering::Equal if index >= count => break,
                Ordering::Equal => {}
            }
            let size = self.tree.size(part);
            let read = match self.tree.bytes(part) {
                Ok(bytes) => {
                    self.check_length(tag, size, &bytes);
                    read_stream(tag.with_type(tag.ptype().single()), &bytes, self.pages)
                }
                Err(_) => None,
            };
            let Some(read) = read else { return Found::Nothing(Reason::Unreadable(tag)) };
            whole.lossy |= read.lossy;
            whole.unknown_page |= read.unknown_page;
            values.push(read.value);
        }
        if wide(values.len()) < u64::from(count) {
            self.notes.add(self.place, Reason::MissingStream(tag));
        }
        found(tag, gather(tag.ptype(), values).map(|value| Read { value, ..whole }))
    }

    fn check_length(&mut self, tag: PropTag, size: u64, bytes: &[u8]) {
        if wide(bytes.len()) < size {
            self.notes.add(self.place, Reason::Truncated(tag));
        }
    }
}

fn whole(value: PropValue) -> Read {
    Read { value, lossy: false, unknown_page: false }
}

fn found(tag: PropTag, read: Option<Read>) -> Found {
    read.map_or(Found::Nothing(Reason::BadValue(tag)), Found::Value)
}

/// The bytes of an object's property stream; none where it has none that can be read.
pub(crate) fn property_stream<'a>(tree: &'a Tree, layout: &Layout) -> Cow<'a, [u8]> {
    let bytes: Option<Result<Cow<'a, [u8]>, Fault>> = layout.properties.map(|node| tree.bytes(node));
    match bytes {
        Some(Ok(bytes)) => bytes,
        Some(Err(_)) | None => Cow::Borrowed(&[]),
    }
}
