//! `MsgFile::check`: each rule finds its fault, and a repair mends it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::*;
use mapi_msg::{Checked, MsgFile, Reason, WriteOptions, write_message};

fn plain() -> MessageObject {
    MessageObject {
        properties: vec![Property::new(PR_SUBJECT, "Lunch")],
        recipients: vec![vec![Property::new(PR_DISPLAY_NAME, "Ann")]],
        attachments: Vec::new(),
    }
}

fn check(message: &MessageObject, options: &WriteOptions) -> (MsgFile, Checked) {
    let file = MsgFile::from_source(write_message(message, options).unwrap()).unwrap();
    let checked = file.check().unwrap();
    (file, checked)
}

/// Finds these faults, and after a repair those of them that cannot be repaired.
#[track_caller]
fn finds(message: &MessageObject, options: &WriteOptions, expect: &[Reason]) {
    let (file, checked) = check(message, options);
    let reasons = |checked: &Checked| checked.problems.iter().map(|note| note.reason).collect::<Vec<_>>();
    assert_eq!(reasons(&checked), expect);
    let (_, again) = check(&checked.message, &file.repair_options(&checked));
    let left: Vec<Reason> = expect.iter().copied().filter(|reason| !reason.is_repairable()).collect();
    assert_eq!(reasons(&again), left);
}

#[test]
fn what_is_written_here_is_sound() {
    finds(&plain(), &WriteOptions::default(), &[]);
    for path in files::samples() {
        assert_eq!(MsgFile::open(&path).unwrap().check().unwrap().problems, [], "{}", path.display());
    }
}

#[test]
fn what_outlook_wants_and_does_not_find_is_told() {
    let bare = WriteOptions { complete: false, ..WriteOptions::default() };
    let wanted = [PR_MESSAGE_CLASS, PR_RECIPIENT_TYPE].map(Reason::Required);
    finds(&plain(), &bare, &wanted);
    let nameless = WriteOptions { class_id: mapi_defs::Guid::NULL, ..WriteOptions::default() };
    finds(&plain(), &nameless, &[Reason::NoClassId]);
}

#[test]
fn text_of_two_widths_becomes_text_of_one() {
    let mut message = plain();
    message.properties.push(Property::new(PR_BODY, PropValue::String8("text".into())));
    let (_, checked) = check(&message, &WriteOptions::default());
    assert!(checked.problems.iter().any(|note| note.reason == Reason::TwoWidths), "{:?}", checked.problems);
    finds(&checked.message, &WriteOptions::default(), &[Reason::TwoWidths]);
}

#[test]
fn damaged_rtf_and_too_many_rows_stay_what_they_are() {
    let mut message = plain();
    let mut rtf = mapi_rtf::compress(b"{\\rtf1 Lunch}");
    *rtf.last_mut().unwrap() ^= 1;
    message.properties.push(Property::new(PR_RTF_COMPRESSED, rtf));
    finds(&message, &WriteOptions::default(), &[Reason::DamagedRtf]);
    let mut message = plain();
    message.recipients = vec![message.recipients[0].clone(); 2_049];
    let many = WriteOptions { outlook_limits: false, ..WriteOptions::default() };
    finds(&message, &many, &[Reason::TooManyRows("recipients")]);
}

#[test]
fn names_that_are_not_in_their_bucket_are_told_once() {
    let mut bytes =
        std::fs::read(files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap())
            .unwrap();
    // Every bucket's stream has a name of its own: __substg1.0_10xx0102.
    let name: Vec<u8> = "__substg1.0_10".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut at = 0;
    let mut hidden = 0;
    while let Some(found) = bytes[at..].windows(name.len()).position(|window| window == name) {
        at += found + name.len();
        // 10xx0102 becomes 10xx0103: a stream that nobody looks for.
        if &bytes[at + 4..at + 12] == b"0\x001\x000\x002\0" {
            bytes[at + 10] = b'3';
            hidden += 1;
        }
    }
    assert!(hidden > 0);
    let file = MsgFile::from_source(bytes).unwrap();
    let problems = file.check().unwrap().problems;
    assert_eq!(
        problems.iter().filter(|note| note.reason == Reason::NameNotFound(0)).count(),
        1,
        "{problems:?}"
    );
}
