//! No value of a property begins a header field, ends a header or leaves a bare CR, LF or NUL.
//!
//! # Source
//! The threats M1, M2 and M8 of an SMTP transport: smuggling, header injection, blind copies.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mail_parser::MessageParser;
use mapi_defs::guids;
use mapi_defs::names::PID_NAME_KEYWORDS;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{NamedProp, PropTag, PropValue, tags};
use mapi_defs::{ErrorCode, FileTime};
use mapi_mime::{Options, to_mime};
use objects::{embedded, file, message, options, recipient};
use proptest::prelude::*;

/// The fields that may be there; nothing else may.
const FIELDS: [&str; 38] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "thread-topic",
    "thread-index",
    "importance",
    "x-priority",
    "priority",
    "sensitivity",
    "disposition-notification-to",
    "return-receipt-to",
    "organization",
    "keywords",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
    "content-location",
    "content-description",
    "x-custom",
    "x-kept",
    "received",
    "reply-by",
    "expires",
    "x-auto-response-suppress",
    "latest-delivery-time",
];

/// Checks what every output must be, and answers the names of the fields of the outermost header.
fn check_wire(bytes: &[u8]) -> Vec<String> {
    assert!(bytes.ends_with(b"\r\n"));
    let text = str::from_utf8(bytes).expect("7-bit output is UTF-8");
    assert!(text.is_ascii() && !text.contains('\0'));
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n'])), "bare CR or LF");
    assert!(lines.iter().all(|line| line.len() <= 998), "a line is too long");
    let header = lines.iter().take_while(|line| !line.is_empty());
    let mut names = Vec::new();
    for line in header.filter(|line| !line.starts_with([' ', '\t'])) {
        let (name, _) = line.split_once(": ").unwrap_or_else(|| panic!("no field: {line:?}"));
        names.push(name.to_ascii_lowercase());
    }
    names
}

/// A message with the same text in every property that reaches a header.
fn with_everywhere(value: &str, kind: &str) -> MessageObject {
    let text = |tag| Property::new(tag, value);
    let header = |name: &str| Property::named(NamedProp::text(guids::PS_INTERNET_HEADERS, name), value);
    let mut message = message([
        text(tags::PR_SUBJECT),
        text(tags::PR_BODY),
        text(tags::PR_SENDER_NAME),
        Property::new(tags::PR_SENDER_ADDRTYPE, kind),
        text(tags::PR_SENDER_EMAIL_ADDRESS),
        text(tags::PR_SENDER_SMTP_ADDRESS),
        text(tags::PR_SENT_REPRESENTING_NAME),
        text(tags::PR_SENT_REPRESENTING_ADDRTYPE),
        text(tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS),
        text(tags::PR_REPLY_RECIPIENT_NAMES),
        Property::new(tags::PR_READ_RECEIPT_REQUESTED, true),
        text(tags::PR_INTERNET_MESSAGE_ID),
        text(tags::PR_IN_REPLY_TO_ID),
        text(tags::PR_INTERNET_REFERENCES),
        text(tags::PR_CONVERSATION_TOPIC),
        Property::new(tags::PR_CONVERSATION_INDEX, value.as_bytes().to_vec()),
        text(tags::PR_INTERNET_ORGANIZATION),
        text(tags::PR_LIST_HELP),
        text(tags::PR_LIST_SUBSCRIBE),
        text(tags::PR_LIST_UNSUBSCRIBE),
        Property::new(tags::PR_TRANSPORT_MESSAGE_HEADERS, format!("X-Kept: {value}")),
        Property::named(PID_NAME_KEYWORDS.named(), PropValue::MvUnicode(vec![value.into(), value.into()])),
        header("x-custom"),
        header(value),
        Property::new(tags::PR_HTML, value.as_bytes().to_vec()),
    ]);
    message.recipients = (1..=3).map(|row| recipient(row, value, kind, value)).collect();
    let mut attachment = file(0, value, value.as_bytes());
    for tag in [
        tags::PR_DISPLAY_NAME,
        tags::PR_ATTACH_MIME_TAG,
        tags::PR_ATTACH_CONTENT_ID,
        tags::PR_ATTACH_CONTENT_LOCATION,
        tags::PID_TAG_TEXT_ATTACHMENT_CHARSET,
    ] {
        attachment.properties.push(Property::new(tag, value));
    }
    message.attachments.push(attachment);
    message
}

fn check(value: &str, kind: &str) {
    let mut outer = with_everywhere(value, kind);
    outer.attachments.push(embedded(1, with_everywhere(value, kind)));
    for (include_bcc, keep_transport_headers) in [(false, false), (true, true)] {
        let options = Options { include_bcc, keep_transport_headers, ..options() };
        let bytes = to_mime(&outer, &options).unwrap().bytes;
        let names = check_wire(&bytes);
        let own_name = value.to_ascii_lowercase();
        for name in &names {
            let is_known = FIELDS.contains(&name.as_str()) || *name == own_name;
            // A line of the earlier header that looks like a field is one, and may be repeated.
            assert!(is_known || keep_transport_headers, "{name:?} out of {value:?}");
            assert!(include_bcc || name != "bcc", "{value:?}");
        }
        for once in
            ["from", "subject", "to", "cc", "bcc", "date", "message-id", "mime-version", "content-type"]
        {
            assert!(names.iter().filter(|name| *name == once).count() <= 1, "{once} twice out of {value:?}");
        }
        let parsed = MessageParser::default().parse(&bytes).expect("mail-parser reads it");
        assert_eq!(parsed.headers().len(), names.len(), "{value:?}");
        assert_eq!(parsed.attachment_count(), 2, "{value:?}");
    }
}

#[test]
fn the_usual_attacks_stay_values() {
    for value in [
        "",
        " ",
        "\r\n",
        "x\r\nBcc: eve@example.org",
        "x\nBcc: eve@example.org",
        "x\rBcc: eve@example.org",
        "x\r\n\r\n<script>",
        "a@b\r\n.\r\nMAIL FROM:<x>",
        "a@b> SIZE=1",
        "a@b>\0",
        "\"a@b",
        "a@b, c@d",
        "a@b; bcc: c@d",
        "(a@b",
        "<a@b>\r\n <c@d>",
        "=?utf-8?Q?=0D=0ABcc:_x?=",
        "image/png\r\nX-Evil: 1",
        "text/plain; charset=\"\r\n\r\nx\"",
        "multipart/mixed; boundary=x",
        "message/rfc822",
        "\u{2028}Bcc: x\u{85}Bcc: y",
        "\u{fffd}\u{feff}\u{0}\u{7f}\u{80}",
        ".\r\n.\r\n..",
        "--=_00000000\r\n--=_",
    ] {
        for kind in ["SMTP", "EX", "", "X\r\nY: z"] {
            check(value, kind);
        }
    }
    for length in [77, 78, 79, 900, 901, 997, 998, 999, 5000] {
        check(&"x".repeat(length), "SMTP");
        check(&format!("{}@example.org", "x".repeat(length)), "SMTP");
        check(&" ".repeat(length), "SMTP");
        check(&"\u{e9}".repeat(length), "EX");
        check(&format!("<{}>", "\\\"".repeat(length)), "FAX");
    }
}

/// Every message body made of these pieces, up to five of them, keeps its lines to itself.
#[test]
fn no_body_leaves_a_bare_line_end() {
    const PIECES: [&str; 8] = ["\r", "\n", "\r\n", ".", "..", "\0", "text", "--=_"];
    for length in 0..=5_u32 {
        for number in 0..8_usize.pow(length) {
            let value: String = (0..length).map(|place| PIECES[number / 8_usize.pow(place) % 8]).collect();
            let mut message = message([Property::new(tags::PR_BODY, value.as_str())]);
            check_wire(&to_mime(&message, &options()).unwrap().bytes);
            if length <= 3 {
                message.attachments.push(file(0, "x", value.as_bytes()));
                message.properties.push(Property::new(tags::PR_HTML, value.as_bytes().to_vec()));
                let bytes = to_mime(&message, &options()).unwrap().bytes;
                check_wire(&bytes);
                let parsed = MessageParser::default().parse(&bytes).unwrap();
                assert_eq!(parsed.attachment(0).unwrap().contents(), value.as_bytes());
                let lines = value.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
                let text = parsed.body_text(0).unwrap_or_default();
                assert_eq!(text.trim_end_matches('\0'), lines.trim_end_matches('\0'), "{value:?}");
            }
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\n".to_owned()),
        Just("\0".to_owned()),
        Just(": ".to_owned()),
        Just("Bcc: eve@example.org".to_owned()),
        Just("a@example.org".to_owned()),
        Just("=?utf-8?B?DQo=?=".to_owned()),
        Just("\"".to_owned()),
        Just("<".to_owned()),
        Just(">".to_owned()),
        Just(";".to_owned()),
        Just("--=_".to_owned()),
        "[ -~]{0,40}",
        "\\PC{0,20}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A value of any type, small.
fn values() -> impl Strategy<Value = PropValue> {
    prop_oneof![
        pieces().prop_map(PropValue::Unicode),
        pieces().prop_map(PropValue::String8),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(PropValue::Binary),
        pieces().prop_map(|text| PropValue::Binary(text.into_bytes())),
        any::<i32>().prop_map(PropValue::Long),
        (0..8).prop_map(PropValue::Long),
        any::<bool>().prop_map(PropValue::Boolean),
        any::<u64>().prop_map(|ticks| PropValue::SysTime(FileTime(ticks))),
        prop::collection::vec(pieces(), 0..3).prop_map(PropValue::MvUnicode),
        Just(PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY)),
        Just(PropValue::Object),
        Just(PropValue::Null),
        Just(PropValue::Unicode("IPM.Note.SMIME.MultipartSigned".into())),
        Just(PropValue::Unicode("IPM.Note.SMIME".into())),
        Just(PropValue::Binary(b"Content-Type: multipart/signed\r\nBcc: x\r\n\r\nx\r\n".to_vec())),
        Just(PropValue::Binary(mapi_rtf::compress(b"{\\rtf1\\fromhtml1 {\\*\\htmltag <p>}x}"))),
    ]
}

/// Properties that the conversion reads, each with a value of any type.
fn properties() -> impl Strategy<Value = Vec<Property>> {
    let ids: Vec<u16> =
        [0x0015..0x0072, 0x0C15..0x0C20, 0x0E02..0x0E30, 0x1000..0x1046, 0x3001..0x300C, 0x3701..0x371C]
            .into_iter()
            .flatten()
            .chain([0x007D, 0x0FFF, 0x39FE, 0x3FDE, 0x3FDF, 0x3FF9, 0x3FFB, 0x5D01, 0x5D02, 0x5D0A, 0x5D0B])
            .collect();
    let property = (prop::sample::select(ids), values())
        .prop_map(|(id, value)| Property::new(PropTag::new(id, value.ptype()), value));
    prop::collection::vec(property, 0..60)
}

prop_compose! {
    fn attachments()(number in any::<u32>(), properties in properties()) -> AttachmentObject {
        AttachmentObject { number, properties, ..AttachmentObject::default() }
    }
}

prop_compose! {
    fn objects()(
        properties in properties(),
        recipients in prop::collection::vec(properties(), 0..3),
        attachments in prop::collection::vec(attachments(), 0..3),
    ) -> MessageObject {
        MessageObject { properties, recipients, attachments }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_stays_in_its_field(value in pieces(), kind in prop_oneof![Just("SMTP"), Just("EX"), Just("")]) {
        check(&value, kind);
    }

    #[test]
    fn any_object_becomes_clean_lines(outer in objects(), inner in objects(), all in any::<bool>()) {
        let mut outer = outer;
        outer.attachments.push(embedded(9, inner));
        let options = Options { include_bcc: all, keep_transport_headers: all, ..options() };
        let mime = to_mime(&outer, &options).unwrap();
        let names = check_wire(&mime.bytes);
        prop_assert!(all || !names.contains(&"bcc".to_owned()));
        prop_assert!(MessageParser::default().parse(&mime.bytes).is_some());
        prop_assert!(mime.losses.iter().all(|loss| !loss.to_string().contains(['\r', '\n'])));
    }

    #[test]
    fn any_subject_is_read_back(subject in pieces()) {
        let message = message([Property::new(tags::PR_SUBJECT, subject.as_str())]);
        let bytes = to_mime(&message, &options()).unwrap().bytes;
        check_wire(&bytes);
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        let clean: String = subject.strip_prefix('\u{1}').unwrap_or(&subject).chars().filter(|c| !c.is_ascii_control()).collect();
        let read: String = parsed.subject().unwrap_or_default().chars().filter(|c| *c != ' ').collect();
        if !subject.starts_with('\u{1}') {
            prop_assert_eq!(read, clean.replace(' ', ""));
        }
    }
}
