//! The property stream ([MS-OXMSG] 2.4): sixteen bytes for each property of an object.
//!
//! Fixed values stand in here; of all others only the tag does, and the bytes are elsewhere
//! (`property_value.rs`). How many bytes of header come first depends on whose stream it is.

use crate::little_endian::{array_at, u32_at};
use mapi_defs::prop::PropTag;

/// Bytes before the first entry of the file's own message.
pub(crate) const TOP_HEADER: usize = 32;
/// Bytes before the first entry of an embedded message.
pub(crate) const EMBEDDED_HEADER: usize = 24;
/// Bytes before the first entry of a recipient or an attachment.
pub(crate) const ROW_HEADER: usize = 8;
/// Bytes of an entry.
pub(crate) const ENTRY: usize = 16;

/// PROPATTR_READABLE.
pub(crate) const READABLE: u32 = 2;
/// PROPATTR_WRITEABLE.
pub(crate) const WRITEABLE: u32 = 4;
/// PROPATTR_MANDATORY.
pub(crate) const MANDATORY: u32 = 1;

/// One entry: a tag, the attribute bits, and eight bytes whose meaning depends on the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) tag: PropTag,
    pub(crate) attributes: u32,
    pub(crate) value: [u8; 8],
}

/// The counts in a message's header. They are hints: the storages decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) next_recipient: u32,
    pub(crate) next_attachment: u32,
    pub(crate) recipients: u32,
    pub(crate) attachments: u32,
}

/// The counts of a message's property stream, where it is long enough for them.
pub(crate) fn counts(stream: &[u8]) -> Option<Counts> {
    Some(Counts {
        next_recipient: u32_at(stream, 8)?,
        next_attachment: u32_at(stream, 12)?,
        recipients: u32_at(stream, 16)?,
        attachments: u32_at(stream, 20)?,
    })
}

/// The entries after `header` bytes; a piece of one at the end is left out.
pub(crate) fn entries(stream: &[u8], header: usize) -> impl ExactSizeIterator<Item = Entry> + '_ {
    stream.get(header..).unwrap_or_default().chunks_exact(ENTRY).map(|entry| Entry {
        tag: PropTag(u32_at(entry, 0).unwrap_or_default()),
        attributes: u32_at(entry, 4).unwrap_or_default(),
        value: array_at(entry, 8).unwrap_or_default(),
    })
}

/// True where the entries end with a piece of one.
pub(crate) fn has_trailing_bytes(stream: &[u8], header: usize) -> bool {
    !stream.len().saturating_sub(header).is_multiple_of(ENTRY)
}

/// A message's header as written; an embedded message's ends before the last eight bytes.
pub(crate) fn write_header(counts: Counts, bytes: usize) -> Vec<u8> {
    let mut header = vec![0; 8];
    for count in [counts.next_recipient, counts.next_attachment, counts.recipients, counts.attachments] {
        header.extend_from_slice(&count.to_le_bytes());
    }
    header.resize(bytes, 0);
    header
}

/// Appends an entry.
pub(crate) fn write_entry(stream: &mut Vec<u8>, entry: Entry) {
    stream.extend_from_slice(&entry.tag.0.to_le_bytes());
    stream.extend_from_slice(&entry.attributes.to_le_bytes());
    stream.extend_from_slice(&entry.value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_the_header_and_come_back_as_written() {
        let counts_written = Counts { next_recipient: 3, next_attachment: 2, recipients: 2, attachments: 1 };
        let mut stream = write_header(counts_written, EMBEDDED_HEADER);
        let entry = Entry { tag: PropTag(0x0E07_0003), attributes: 6, value: [9, 0, 0, 0, 0, 0, 0, 0] };
        write_entry(&mut stream, entry);
        assert_eq!(counts(&stream), Some(counts_written));
        assert_eq!(entries(&stream, EMBEDDED_HEADER).collect::<Vec<_>>(), [entry]);
        assert!(!has_trailing_bytes(&stream, EMBEDDED_HEADER));
        stream.extend_from_slice(&[1, 2, 3, 4]);
        assert_eq!(entries(&stream, EMBEDDED_HEADER).len(), 1);
        assert!(has_trailing_bytes(&stream, EMBEDDED_HEADER));
        assert_eq!(entries(&[0; 7], ROW_HEADER).len(), 0);
        assert_eq!(counts(&[0; 23]), None);
    }
}
