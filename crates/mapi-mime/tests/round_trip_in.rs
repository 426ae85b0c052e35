//! Messages made at random: what `to_mime` writes `from_mime` reads back.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_defs::{FileTime, guids};
use mapi_mime::{FromOptions, Options, from_mime, to_mime};
use objects::{NOON, embedded, file, message, recipient};
use proptest::collection::vec;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> MessageObject {
    from_mime(bytes, &FromOptions::new(FileTime(0))).unwrap()
}

/// Text on one line, of any script, without white space at its ends.
fn line() -> impl Strategy<Value = String> {
    "[ -~\u{e4}-\u{fc}\u{416}-\u{44f}\u{65e5}\u{1f600}\"\\\\=?]{1,60}"
        .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .prop_filter("something to show", |text| !text.is_empty())
}

fn address() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,12}(\\.[a-z0-9+_-]{1,8})?@[a-z0-9]{1,10}\\.(org|net)"
}

fn body() -> impl Strategy<Value = String> {
    vec("[ -~\u{e9}\u{65e5}\t]{0,90}", 0..12).prop_map(|lines| lines.join("\r\n"))
}

prop_compose! {
    fn notes()(
        subject in line(), text in body(), html in prop::option::of(body()), name in line(), author in address(),
        people in vec((1..=3_i32, line(), address()), 0..6), grades in (0..3_i32, -1..2_i32, 0..4_i32),
        files in vec((line(), vec(any::<u8>(), 0..400)), 0..4), seconds in 0..2_000_000_000_i64, id in "[a-z0-9.]{1,40}",
        field in line(),
    ) -> MessageObject {
        let mut properties = vec![
            Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
            Property::new(tags::PR_SUBJECT, subject),
            Property::new(tags::PR_BODY, text),
            Property::new(tags::PR_CLIENT_SUBMIT_TIME, FileTime::from_unix_seconds(seconds)),
            Property::new(tags::PR_SENDER_NAME, name),
            Property::new(tags::PR_SENDER_ADDRTYPE, "SMTP"),
            Property::new(tags::PR_SENDER_EMAIL_ADDRESS, author),
            Property::new(tags::PR_INTERNET_MESSAGE_ID, format!("<{id}@x.org>")),
            Property::new(tags::PR_IMPORTANCE, grades.0),
            // Normal importance is not written, and a priority alone counts for both.
            Property::new(tags::PR_PRIORITY, if grades.0 == 1 { 0 } else { grades.1 }),
            Property::new(tags::PR_SENSITIVITY, grades.2),
            Property::named(mapi_defs::prop::NamedProp::text(guids::PS_INTERNET_HEADERS, "x-field"), field),
        ];
        if let Some(html) = html {
            properties.push(Property::new(tags::PR_HTML, format!("<p>{html}</p>").into_bytes()));
            properties.push(Property::new(tags::PR_INTERNET_CPID, 65001));
        }
        let mut note = message(properties);
        note.recipients = people.iter().map(|(kind, name, address)| recipient(*kind, name, "SMTP", address)).collect();
        note.recipients.sort_by_key(|row| find(row, tags::PR_RECIPIENT_TYPE).and_then(PropValue::as_long));
        note.attachments = files.iter().enumerate().map(|(n, (name, octets))| file(n as u32, name, octets)).collect();
        note
    }
}

fn value(properties: &[Property], tag: PropTag) -> Option<&PropValue> {
    find(properties, tag)
}

fn check(before: &MessageObject, behind: &MessageObject) {
    for tag in [
        tags::PR_MESSAGE_CLASS,
        tags::PR_SUBJECT,
        tags::PR_CLIENT_SUBMIT_TIME,
        tags::PR_SENDER_NAME,
        tags::PR_SENDER_ADDRTYPE,
        tags::PR_SENDER_EMAIL_ADDRESS,
        tags::PR_INTERNET_MESSAGE_ID,
        tags::PR_IMPORTANCE,
        tags::PR_PRIORITY,
        tags::PR_SENSITIVITY,
    ] {
        assert_eq!(before.property(tag), behind.property(tag), "{tag:?}");
    }
    // A text that does not end in a line end gets one where it is the whole message.
    let body = |message: &MessageObject| {
        let text = message.text(tags::PR_BODY).unwrap_or_default().to_owned();
        text.trim_end_matches(['\r', '\n']).to_owned()
    };
    assert_eq!(body(before), body(behind));
    let html = |message: &MessageObject| {
        let html = message.property(tags::PR_HTML).and_then(PropValue::as_binary).unwrap_or_default();
        html.trim_ascii_end().to_vec()
    };
    assert_eq!(html(before), html(behind));
    let field = |message: &MessageObject| {
        let named = message.properties.iter().find(|held| {
            held.named.as_ref().is_some_and(|name| {
                *name == mapi_defs::prop::NamedProp::text(guids::PS_INTERNET_HEADERS, "x-field")
            })
        });
        named.map(|held| held.value.clone())
    };
    assert_eq!(field(before), field(behind));
    assert_eq!(before.recipients.len(), behind.recipients.len());
    for (before, behind) in before.recipients.iter().zip(&behind.recipients) {
        for tag in [tags::PR_RECIPIENT_TYPE, tags::PR_ADDRTYPE, tags::PR_EMAIL_ADDRESS, tags::PR_DISPLAY_NAME]
        {
            assert_eq!(value(before, tag), value(behind, tag), "{tag:?}");
        }
    }
    assert_eq!(before.attachments.len(), behind.attachments.len());
    for (before, behind) in before.attachments.iter().zip(&behind.attachments) {
        assert_eq!(before.property(tags::PR_ATTACH_DATA_BIN), behind.property(tags::PR_ATTACH_DATA_BIN));
        assert_eq!(before.property(tags::PR_ATTACH_METHOD), behind.property(tags::PR_ATTACH_METHOD));
        match (&before.message, &behind.message) {
            (Some(before), Some(behind)) => check(before, behind),
            (None, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(outer in notes(), inner in prop::option::of(notes())) {
        let mut note = outer;
        if let Some(inner) = inner {
            let number = note.attachments.len() as u32;
            note.attachments.push(embedded(number, inner));
        }
        let options = Options { include_bcc: true, ..objects::options() };
        let mime = to_mime(&note, &options).unwrap();
        let again = read(&mime.bytes);
        check(&note, &again);
        // From there on nothing changes any more.
        let second = to_mime(&again, &options).unwrap();
        let third = to_mime(&read(&second.bytes), &options).unwrap();
        prop_assert_eq!(String::from_utf8(second.bytes), String::from_utf8(third.bytes));
    }
}

#[test]
fn sixty_four_messages_deep_are_read_back() {
    let innermost = objects::note("0", "innermost");
    let deep = (1..=64).fold(innermost, |inner, level| {
        let mut outer = objects::note(&level.to_string(), "text");
        outer.attachments.push(embedded(0, inner));
        outer
    });
    let mime = to_mime(&deep, &objects::options()).unwrap();
    let mut message = read(&mime.bytes);
    for level in (0..64).rev() {
        message = *message.attachments.remove(0).message.unwrap();
        assert_eq!(message.text(tags::PR_SUBJECT), Some(level.to_string().as_str()));
    }
    assert_eq!(
        message.property(tags::PR_CLIENT_SUBMIT_TIME),
        Some(&FileTime::from_unix_seconds(NOON).into())
    );
}
