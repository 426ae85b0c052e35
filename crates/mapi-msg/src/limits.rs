//! What a reader accepts at most, so that a hostile file costs a bounded amount of work and memory.
//!
//! The figures are far above what real files need. Where one is passed the reader says so: with an
//! error where a whole object would be missing, with a [`Note`](crate::Note) where one property is.

/// Directory entries in one compound file, free ones included.
pub const CONTAINER_ENTRIES_MAX: usize = 1_000_000;
/// Storages within storages; the root is at depth 0.
pub const STORAGE_DEPTH_MAX: u16 = 512;
/// Messages embedded in messages; the file's own message is at depth 0.
pub const NESTING_MAX: u32 = 64;
/// Properties of one object.
pub const PROPERTIES_MAX: usize = 65_535;
/// Recipients of one message.
pub const RECIPIENTS_MAX: usize = 100_000;
/// Attachments of one message.
pub const ATTACHMENTS_MAX: usize = 100_000;
/// Names in the map of named properties: identifiers 0x8000 to 0xFFFE.
pub const NAMES_MAX: usize = 32_767;
/// UTF-16 units in the text of one property name.
pub const NAME_UNITS_MAX: usize = 1_024;
/// Values of one property that are kept in memory while properties are listed, in bytes.
///
/// A longer value is listed with its length and read through a stream.
pub const LARGE_VALUE_BYTES: u64 = 64 * 1024;
/// Files up to this many bytes are read into memory whole; of longer ones only what is asked for.
pub const WHOLE_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Small streams live in one stream of their own, kept in memory up to this many bytes.
pub const MINI_STREAM_WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// Notes kept by one reader; later ones are only counted.
pub const NOTES_MAX: usize = 1_000;
/// Recipients, and attachments, that Outlook opens in one file ([MS-OXMSG] 2.2.1, 2.2.2).
pub const OUTLOOK_ROWS_MAX: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docfile::{DocFile, SectorSize};
    use crate::layout::{ATTACHMENT, NAMES, PROPERTIES, RECIPIENT};
    use crate::property_stream::{Counts, Entry, TOP_HEADER, write_entry, write_header};
    use crate::{MsgFile, Note, Reason, WriteOptions, write_message};
    use mapi_defs::object::{MessageObject, Property};
    use mapi_defs::prop::{NamedProp, PropTag};
    use mapi_defs::{ErrorCode, Guid, Result};

    /// A file whose message has this property stream and these further storages.
    fn file(stream: Vec<u8>, storages: &[String]) -> MsgFile {
        let mut file = DocFile::new(SectorSize::Bytes4096, Guid::NULL);
        file.add_stream(DocFile::ROOT, PROPERTIES, stream).unwrap();
        for name in storages {
            file.add_storage(DocFile::ROOT, name, Guid::NULL).unwrap();
        }
        let mut bytes = Vec::new();
        file.write(&mut bytes).unwrap();
        MsgFile::from_source(bytes).unwrap()
    }

    fn rows(start: &str, count: usize) -> Result<usize> {
        let names: Vec<String> = (0..count).map(|number| format!("{start}{number:08X}")).collect();
        let message = file(write_header(Counts::default(), TOP_HEADER), &names).message()?;
        Ok(message.recipient_count() + message.attachment_count())
    }

    #[test]
    fn a_message_has_100_000_recipients_or_attachments_at_most() {
        assert_eq!(rows(RECIPIENT, RECIPIENTS_MAX).unwrap(), RECIPIENTS_MAX);
        for (start, limit) in [(RECIPIENT, RECIPIENTS_MAX), (ATTACHMENT, ATTACHMENTS_MAX)] {
            assert_eq!(rows(start, limit + 1).unwrap_err().code(), ErrorCode::TABLE_TOO_BIG);
        }
    }

    #[test]
    fn an_object_has_65_535_properties_at_most() {
        let listed = |count: usize| {
            let mut stream = write_header(Counts::default(), TOP_HEADER);
            for number in 0..count as u32 {
                // Two types, so that there are more tags than identifiers.
                let tag = PropTag((number % 0x8000) << 16 | if number < 0x8000 { 3 } else { 0x14 });
                write_entry(&mut stream, Entry { tag, attributes: 6, value: [0; 8] });
            }
            let message = file(stream, &[]).message().unwrap();
            let too_many = |note: &Note| note.reason == Reason::TooManyProperties;
            (message.properties().len(), message.notes().iter().any(too_many), message.notes().len())
        };
        assert_eq!(listed(0x8000), (0x8000, false, 0));
        // One property per identifier: the second type of each leaves a note, up to the limit of notes.
        assert_eq!(listed(PROPERTIES_MAX), (0x8000, false, NOTES_MAX));
        assert_eq!(listed(PROPERTIES_MAX + 1), (0x8000, true, NOTES_MAX));
    }

    #[test]
    fn a_file_has_32_767_names_at_most() {
        let object = |count: usize| MessageObject {
            properties: (0..count as u32)
                .map(|number| Property::named(NamedProp::id(Guid([1; 16]), number), 1))
                .collect(),
            ..MessageObject::default()
        };
        let bytes = write_message(&object(NAMES_MAX), &WriteOptions::default()).unwrap();
        let file = MsgFile::from_source(bytes).unwrap();
        assert_eq!(file.named(0xFFFE), Some(&NamedProp::id(Guid([1; 16]), 32_766)));
        assert_eq!(file.named_id(&NamedProp::id(Guid([1; 16]), 5)), Some(0x8005));
        let error = write_message(&object(NAMES_MAX + 1), &WriteOptions::default()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::TOO_BIG);
    }

    #[test]
    fn a_name_has_1_024_units_at_most_and_names_may_not_lie_over_one_another() {
        let name = |units: usize| {
            let name = NamedProp::text(Guid::PS_PUBLIC_STRINGS, "n".repeat(units));
            let properties = vec![Property::named(name, 1)];
            let object = MessageObject { properties, ..MessageObject::default() };
            let bytes = write_message(&object, &WriteOptions::default()).unwrap();
            MsgFile::from_source(bytes).unwrap().named(0x8000).is_some()
        };
        assert!(name(NAME_UNITS_MAX) && !name(NAME_UNITS_MAX + 1));
        let mut file = DocFile::new(SectorSize::Bytes512, Guid::NULL);
        file.add_stream(DocFile::ROOT, PROPERTIES, vec![0; TOP_HEADER]).unwrap();
        let names = file.add_storage(DocFile::ROOT, NAMES, Guid::NULL).unwrap();
        // A hundred names, all of the same text of 400 bytes.
        let entries: Vec<u8> = (0..100_u8).flat_map(|index| [0, 0, 0, 0, 5, 0, index, 0]).collect();
        let strings: Vec<u8> =
            [400, 1, 0, 0].map(|byte: u16| byte as u8).into_iter().chain([b'a'; 400]).collect();
        file.add_stream(names, "__substg1.0_00020102", Vec::new()).unwrap();
        file.add_stream(names, "__substg1.0_00030102", entries).unwrap();
        file.add_stream(names, "__substg1.0_00040102", strings).unwrap();
        let mut bytes = Vec::new();
        file.write(&mut bytes).unwrap();
        let file = MsgFile::from_source(bytes).unwrap();
        let read = (0x8000..0x8064).filter(|id| file.named(*id).is_some()).count();
        assert_eq!(read, 2);
        assert!(file.notes().iter().any(|note| note.reason == Reason::BadName(50)), "{:?}", file.notes());
    }
}
