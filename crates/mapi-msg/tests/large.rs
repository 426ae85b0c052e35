//! Large values and large containers: listed without being loaded, read piece by piece.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::ErrorCode;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_ATTACH_LONG_FILENAME, PR_BODY, PR_SUBJECT};
use mapi_defs::prop::{PropTag, PropType, PropValue};
use mapi_msg::container::ReadAt;
use mapi_msg::limits::{LARGE_VALUE_BYTES, WHOLE_FILE_BYTES};
use mapi_msg::{LargeValue, MsgFile, ObjectLimits, SectorSize, WriteOptions, write_message};
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file whose reads are counted.
#[derive(Clone)]
struct Counted {
    bytes: Arc<[u8]>,
    work: Arc<AtomicU64>,
}

impl Counted {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), work: Arc::default() }
    }

    fn read(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }
}

impl ReadAt for Counted {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read_at(offset, buf)?;
        self.work.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn len(&self) -> std::io::Result<u64> {
        ReadAt::len(&*self.bytes)
    }
}

fn data(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 251) as u8 ^ at as u8).collect()
}

/// A message with one attachment of `len` bytes.
fn with_attachment(len: usize) -> MessageObject {
    let attachment = AttachmentObject {
        properties: vec![
            Property::new(PR_ATTACH_LONG_FILENAME, "large.bin"),
            Property::new(PR_ATTACH_DATA_BIN, data(len)),
        ],
        ..AttachmentObject::default()
    };
    MessageObject { attachments: vec![attachment], ..MessageObject::default() }
}

#[test]
fn a_fifty_megabyte_attachment_is_listed_without_being_loaded_and_read_in_pieces() {
    const LEN: usize = 50 * 1024 * 1024;
    for sector in [SectorSize::Bytes512, SectorSize::Bytes4096] {
        let options = WriteOptions { sector, ..WriteOptions::default() };
        let medium = Counted::new(write_message(&with_attachment(LEN), &options).unwrap());
        let message = MsgFile::from_source(medium.clone()).unwrap().message().unwrap();
        let attachment = message.attachment(0).unwrap();
        assert_eq!(attachment.properties().text(PR_ATTACH_LONG_FILENAME), Some("large.bin"));
        assert_eq!(attachment.large_values(), [LargeValue { tag: PR_ATTACH_DATA_BIN, len: LEN as u64 }]);
        // The tables alone are read: four bytes for each sector.
        let listed = medium.read();
        assert!(listed < 1024 * 1024, "{listed} bytes were read for a list");
        let mut stream = attachment.data().unwrap().unwrap();
        assert_eq!(stream.len(), LEN as u64);
        let mut piece = vec![0; 100_000];
        stream.seek(SeekFrom::Start(40_000_000)).unwrap();
        stream.read_exact(&mut piece).unwrap();
        assert!(piece == data(40_100_000)[40_000_000..]);
        assert!(medium.read() < listed + 200_000);
        stream.seek(SeekFrom::End(-3)).unwrap();
        assert_eq!(stream.read(&mut piece).unwrap(), 3);
        assert_eq!(stream.read(&mut piece).unwrap(), 0);
        let whole = message.to_object(&ObjectLimits::default()).unwrap();
        assert!(whole.attachments[0].property(PR_ATTACH_DATA_BIN) == Some(&PropValue::Binary(data(LEN))));
    }
}

#[test]
fn a_value_is_large_from_one_byte_beyond_the_limit() {
    let limit = LARGE_VALUE_BYTES as usize;
    let list = PropTag::new(0x6801, PropType::MV_BINARY);
    let object = MessageObject {
        properties: vec![
            Property::new(PR_SUBJECT, "s".repeat(limit / 2)),
            Property::new(PR_BODY, "b".repeat(limit / 2 + 1)),
            Property::new(list, PropValue::MvBinary(vec![vec![1; limit / 2], vec![2; limit / 2]])),
        ],
        ..MessageObject::default()
    };
    let options = WriteOptions { complete: false, ..WriteOptions::default() };
    let file = MsgFile::from_source(write_message(&object, &options).unwrap()).unwrap();
    let message = file.message().unwrap();
    assert_eq!(message.properties().tags().collect::<Vec<_>>(), [PR_SUBJECT]);
    let large: Vec<PropTag> = message.large_values().iter().map(|large| large.tag).collect();
    assert_eq!(large, [PR_BODY, list]);
    assert_eq!(message.tags().collect::<Vec<_>>(), [PR_SUBJECT, PR_BODY, list]);
    assert_eq!(message.value(PR_BODY).unwrap().as_text().unwrap().len(), limit / 2 + 1);
    let narrow = PR_BODY.with_type(PropType::STRING8);
    assert_eq!(message.stream(narrow).unwrap().len(), LARGE_VALUE_BYTES + 2);
    assert_eq!(message.value(PR_ATTACH_DATA_BIN).unwrap_err().code(), ErrorCode::NOT_FOUND);
    assert_eq!(message.stream(PR_ATTACH_DATA_BIN).unwrap_err().code(), ErrorCode::NOT_FOUND);
    assert_eq!(message.to_object(&ObjectLimits::default()).unwrap(), object);
}

#[test]
fn a_long_file_is_read_by_its_path_and_stays_on_its_medium() {
    let folder = tempfile::tempdir().unwrap();
    for len in [WHOLE_FILE_BYTES as usize / 2, WHOLE_FILE_BYTES as usize * 2] {
        let path = folder.path().join(format!("{len}.msg"));
        let object = with_attachment(len);
        std::fs::write(&path, write_message(&object, &WriteOptions::default()).unwrap()).unwrap();
        let read =
            MsgFile::open(&path).unwrap().message().unwrap().to_object(&ObjectLimits::default()).unwrap();
        let bytes = read.attachments[0].property(PR_ATTACH_DATA_BIN);
        assert!(bytes == object.attachments[0].property(PR_ATTACH_DATA_BIN));
    }
    let missing = MsgFile::open(folder.path().join("none.msg")).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NOT_FOUND);
    let directory = MsgFile::open(folder.path()).unwrap_err();
    assert_eq!(directory.code(), ErrorCode::CORRUPT_DATA);
    assert!(directory.detail().contains("a folder"), "{directory}");
}

#[test]
fn small_streams_of_more_than_16_mib_are_read_from_the_medium() {
    let rows: Vec<Vec<Property>> =
        (0..5_000_u16).map(|at| vec![Property::new(PropTag(0x6801_0102), vec![at as u8; 3_900])]).collect();
    let object = MessageObject { recipients: rows, ..MessageObject::default() };
    let options = WriteOptions { complete: false, outlook_limits: false, ..WriteOptions::default() };
    let medium = Counted::new(write_message(&object, &options).unwrap());
    let message = MsgFile::from_source(medium.clone()).unwrap().message().unwrap();
    let listed = medium.read();
    assert!(listed < 4 * 1024 * 1024, "{listed} bytes were read for a list");
    assert!(message.to_object(&ObjectLimits::default()).unwrap() == object);
}
