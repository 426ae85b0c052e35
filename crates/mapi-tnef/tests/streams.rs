//! Streams made by hand, and those of many programs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::ErrorCode;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, PropValue};
use mapi_tnef::{NESTING_MAX, Read, Reason, SIGNATURE, mended, read};
use proptest::prelude::*;
use std::path::PathBuf;

const MESSAGE: u8 = 1;
const ATTACHMENT: u8 = 2;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![level];
    bytes.extend(id.to_le_bytes());
    bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend(data);
    bytes.extend(data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).to_le_bytes());
    bytes
}

fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    [&SIGNATURE[..], &[7, 0], &attributes.concat()].concat()
}

fn version() -> Vec<u8> {
    attribute(MESSAGE, 0x0008_9006, &[0, 0, 1, 0])
}

fn page(page: u32) -> Vec<u8> {
    attribute(MESSAGE, 0x0006_9007, &[&page.to_le_bytes()[..], &[0; 4]].concat())
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A value with its length, filled up to four bytes.
fn counted(bytes: &[u8]) -> Vec<u8> {
    let mut out = words(&[1, u32::try_from(bytes.len()).unwrap()]);
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn whole() -> Vec<u8> {
    let rendering = attribute(ATTACHMENT, 0x0006_9002, &[1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut props = words(&[3, 0x0037_001F]);
    props.extend(counted(b"T\0w\0o\0\0\0"));
    props.extend(words(&[0x0E1F_000B, 1]));
    props.extend([&words(&[0x8001_0003])[..], &[5; 16], &words(&[1, 4]), b"n\0\0\0", &words(&[42])].concat());
    let mut people = words(&[1, 2, 0x3001_001E]);
    people.extend(counted(b"M\xFCller\0"));
    people.extend(words(&[0x0C15_0003, 1]));
    stream(&[
        version(),
        page(1252),
        attribute(MESSAGE, 0x0007_8008, b"IPM.Microsoft Mail.Note\0"),
        attribute(MESSAGE, 0x0001_8004, b"One\0"),
        attribute(MESSAGE, 0x0004_800D, &[1, 0]),
        attribute(MESSAGE, 0x0003_8005, &[0xEA, 7, 11, 0, 20, 0, 23, 0, 59, 0, 58, 0, 5, 0]),
        attribute(MESSAGE, 0x0000_8000, b"\x04\0\x20\0\x04\0\x0D\0Ann\0SMTP:a@b.org\0"),
        attribute(MESSAGE, 0x0006_9004, &people),
        attribute(MESSAGE, 0x0006_9003, &props),
        rendering,
        attribute(ATTACHMENT, 0x0006_800F, b"bytes"),
        attribute(ATTACHMENT, 0x0001_8010, b"a.txt\0"),
    ])
}

fn reasons(read: &Read) -> Vec<Reason> {
    read.problems.iter().map(|problem| problem.reason).collect()
}

#[test]
fn a_stream_becomes_a_message() {
    let Read { message, problems } = read(&whole()).unwrap();
    assert_eq!(problems, []);
    assert_eq!(message.text(PR_MESSAGE_CLASS), Some("IPM.Note"));
    assert_eq!(message.text(PR_SUBJECT), Some("Two"), "the list of properties counts");
    assert_eq!(message.property(PR_IMPORTANCE).and_then(PropValue::as_long), Some(2));
    assert_eq!(message.text(PR_SENDER_EMAIL_ADDRESS), Some("a@b.org"));
    let PropValue::SysTime(sent) = message.property(PR_CLIENT_SUBMIT_TIME).unwrap() else { panic!("a time") };
    assert_eq!(sent.unix_seconds(), 1_795_219_198);
    let named = message.properties.iter().find(|one| one.named.is_some()).unwrap();
    assert_eq!(named.named, Some(NamedProp::text(mapi_defs::Guid([5; 16]), "n")));
    assert_eq!(named.value, PropValue::Long(42));
    let row = MessageObject { properties: message.recipients[0].clone(), ..MessageObject::default() };
    assert_eq!(row.text(PR_DISPLAY_NAME), Some("Müller"));
    let [attachment] = &message.attachments[..] else { panic!("there is one") };
    assert_eq!(attachment.property(PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary), Some(&b"bytes"[..]));
    assert_eq!(attachment.property(PR_ATTACH_FILENAME).and_then(PropValue::as_text), Some("a.txt"));
    assert_eq!(attachment.property(PR_ATTACH_METHOD).and_then(PropValue::as_long), Some(1));
    assert_eq!(attachment.property(PR_RENDERING_POSITION).and_then(PropValue::as_long), Some(9));
}

#[test]
fn what_is_wrong_is_told_and_mended() {
    let sound = whole();
    let mut wrong_sum = sound.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let late = attribute(MESSAGE, 0x0001_8004, b"x\0");
    for (bytes, expect, left) in [
        (wrong_sum, vec![Reason::CheckValue(0x0001_8010)], vec![]),
        ([&sound[..], b"\r\n"].concat(), vec![Reason::BytesAfterEnd(2)], vec![]),
        ([&sound[..], &late].concat(), vec![Reason::OutOfOrder(0x0001_8004)], vec![]),
        (sound[..sound.len() - 3].to_vec(), vec![Reason::CutShort(0x0001_8010)], vec![]),
        ([&sound[..], &[9; 20]].concat(), vec![Reason::UnknownLevel(9)], vec![]),
        (stream(std::slice::from_ref(&late)), vec![Reason::Version, Reason::NoCodePage], vec![]),
        (
            stream(&[version(), page(1252), attribute(ATTACHMENT, 0x0006_800F, b"x")]),
            vec![Reason::NoRendering],
            vec![],
        ),
        (
            stream(&[version(), page(4711), late.clone()]),
            vec![Reason::UnknownCodePage(4711)],
            vec![Reason::UnknownCodePage(4711)],
        ),
        (
            stream(&[version(), page(1252), attribute(MESSAGE, 0x0004_800D, b"")]),
            vec![Reason::BadAttribute(0x0004_800D)],
            vec![Reason::BadAttribute(0x0004_800D)],
        ),
    ] {
        let read_first = read(&bytes).unwrap();
        assert_eq!(reasons(&read_first), expect);
        let again = read(&mended(&bytes).unwrap()).unwrap();
        assert_eq!(reasons(&again), left, "{expect:?}");
        if expect.iter().all(|reason| reason.is_repairable()) {
            assert_eq!(again.message, read_first.message, "{expect:?}");
        }
    }
    assert_eq!(mended(&sound).unwrap(), sound);
    for none in [&b""[..], b"x\x9f\x3e\x22", b"\x78\x9f\x3e\x22\0\0", b"\x78\x9f\x3e\x22\0\0\x01\x02"] {
        assert_eq!(read(none).unwrap_err().code(), ErrorCode::CORRUPT_DATA);
        assert_eq!(mended(none).unwrap_err().code(), ErrorCode::CORRUPT_DATA);
    }
}

#[test]
fn messages_in_messages_are_followed_so_far_and_no_farther() {
    let mut inner = whole();
    for _ in 0..NESTING_MAX + 2 {
        let mut props = words(&[1, 0x3701_000D]);
        let mut object = mapi_defs::guids::IID_IMESSAGE.0.to_vec();
        object.extend(&inner);
        props.extend(counted(&object));
        let rendering = attribute(ATTACHMENT, 0x0006_9002, &[1, 0, 0, 0, 0, 0]);
        inner = stream(&[version(), page(1252), rendering, attribute(ATTACHMENT, 0x0006_9005, &props)]);
    }
    let Read { message, problems } = read(&inner).unwrap();
    assert_eq!(problems.iter().map(|one| one.reason).collect::<Vec<_>>(), [Reason::Embedded]);
    let (mut depth, mut at) = (0, &message);
    while let Some(next) = at.attachments[0].message.as_deref() {
        (depth, at) = (depth + 1, next);
    }
    assert_eq!(depth, NESTING_MAX);
    assert!(at.attachments[0].property(PR_ATTACH_DATA_BIN).is_some(), "the rest stays as its bytes");
}

/// Each file of the corpus: how many attachments it has, and whether all of it could be read.
#[test]
fn streams_of_many_programs_are_read() {
    let Some(corpus) = std::env::var_os("MAPI_CORPUS") else {
        assert!(std::env::var_os("MAPI_FORBID_SKIP").is_none(), "MAPI_CORPUS is not set");
        eprintln!("SKIPPED (MAPI_CORPUS is not set): TNEF streams");
        return;
    };
    let folder = PathBuf::from(corpus).join("tnef");
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut count = 0;
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (special, name) = (fields[5], fields[7]);
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let told =
            |key: &str| special.split(' ').find_map(|word| word.strip_prefix(key)?.parse::<usize>().ok());
        count += 1;
        let found = match read(&bytes) {
            Ok(found) => found,
            Err(_) => {
                assert!(special.contains("BAD-SIGNATURE"), "{name}");
                continue;
            }
        };
        assert_eq!(found.message.attachments.len(), told("rend=").unwrap_or_default(), "{name}");
        let lost = found.problems.iter().filter(|one| !one.reason.is_repairable()).collect::<Vec<_>>();
        assert_eq!(lost.is_empty(), !special.contains("truncated"), "{name}: {lost:?}");
        assert!(found.message.text(PR_MESSAGE_CLASS).is_some() || name.contains("minimal"), "{name}");
        for attachment in &found.message.attachments {
            let has_data = attachment.property(PR_ATTACH_DATA_BIN).is_some() || attachment.message.is_some();
            assert!(has_data, "{name}, attachment {}", attachment.number);
        }
        let again = read(&mended(&bytes).unwrap()).unwrap();
        assert!(again.problems.iter().all(|one| !one.reason.is_repairable()), "{name}: {:?}", again.problems);
        assert_eq!(again.message, found.message, "{name}");
    }
    assert_eq!(count, 25);
}

proptest! {
    #[test]
    fn damaged_streams_never_panic(at in 0_usize..4096, byte in any::<u8>(), cut in 0_usize..4096) {
        let mut bytes = whole();
        let len = bytes.len();
        bytes[at % len] = byte;
        bytes.truncate(len - cut % len);
        if let (Ok(_), Ok(written)) = (read(&bytes), mended(&bytes)) {
            prop_assert!(read(&written).is_ok());
        }
    }

    #[test]
    fn arbitrary_lists_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200), id in 0_usize..3) {
        let id = [0x0006_9003, 0x0006_9004, 0x0006_9005][id];
        let level = if id == 0x0006_9005 { ATTACHMENT } else { MESSAGE };
        prop_assert!(read(&stream(&[attribute(level, id, &data)])).is_ok());
    }
}
