//! What is written, byte for byte: `tests/files/NAME.eml`, and the losses in `NAME.losses`.
//!
//! `UPDATE_EXPECT=1` writes the files anew.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mapi_defs::FileTime;
use mapi_defs::guids;
use mapi_defs::names::{PID_LID_APPOINTMENT_START_WHOLE, PID_NAME_KEYWORDS};
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::{NamedProp, PropValue, tags};
use mapi_mime::{Options, to_mime, write_mime};
use objects::{NOON, embedded, entry_list, file, message, note, one_off, options, recipient, with};
use std::path::Path;

#[track_caller]
fn check(name: &str, message: &MessageObject, options: &Options) {
    let mime = to_mime(message, options).unwrap();
    let losses: String = mime.losses.iter().map(|loss| format!("{loss}\n")).collect();
    expect(&format!("{name}.eml"), &mime.bytes);
    expect(&format!("{name}.losses"), losses.as_bytes());
    let mut written = Vec::new();
    assert_eq!(write_mime(message, options, &mut written).unwrap(), mime.losses);
    assert!(written == mime.bytes, "{name}: written to a stream it is something else");
    assert_eq!(to_mime(message, options).unwrap(), mime, "{name}: the second time it is something else");
}

#[track_caller]
fn expect(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    let expected = std::fs::read(&path).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected), "{name}");
    assert!(bytes == expected, "{name}");
}

#[test]
fn a_plain_note() {
    let mut note = note("Lunch on Friday", "Dear Bob,\n\nshall we meet at noon?\n\nAnn\n");
    note.recipients.push(recipient(1, "Bob Ray", "SMTP", "bob@example.org"));
    check("plain", &note, &options());
}

#[test]
fn every_header_field() {
    let internet_header =
        |name: &str, value: &str| Property::named(NamedProp::text(guids::PS_INTERNET_HEADERS, name), value);
    let mut note = with(
        note("Re: Gr\u{fc}\u{df}e aus K\u{f6}ln", "Hi\r\n"),
        [
            Property::new(tags::PR_SENT_REPRESENTING_NAME, "B\u{f6}rse, Die"),
            Property::new(tags::PR_SENT_REPRESENTING_ADDRTYPE, "EX"),
            Property::new(tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS, "/o=Org/ou=Site/cn=Recipients/cn=boerse"),
            Property::new(tags::PR_SENT_REPRESENTING_SMTP_ADDRESS, "boerse@example.org"),
            Property::new(tags::PR_IMPORTANCE, 2),
            Property::new(tags::PR_PRIORITY, 1),
            Property::new(tags::PR_SENSITIVITY, 3),
            Property::new(tags::PR_READ_RECEIPT_REQUESTED, true),
            Property::new(tags::PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true),
            Property::new(tags::PR_INTERNET_MESSAGE_ID, "<first@mail.example.org>"),
            Property::new(tags::PR_IN_REPLY_TO_ID, "<zero@mail.example.org>"),
            Property::new(
                tags::PR_INTERNET_REFERENCES,
                "<older@mail.example.org>\r\n\t<zero@mail.example.org>",
            ),
            Property::new(tags::PR_CONVERSATION_TOPIC, "Gr\u{fc}\u{df}e aus K\u{f6}ln"),
            Property::new(tags::PR_CONVERSATION_INDEX, (0..27).collect::<Vec<u8>>()),
            Property::new(
                tags::PR_REPLY_RECIPIENT_ENTRIES,
                entry_list(&[
                    one_off("Desk", "SMTP", "desk@example.org"),
                    one_off("Fax", "FAX", "+49 221 1"),
                ]),
            ),
            Property::new(tags::PR_REPLY_RECIPIENT_NAMES, "Desk; Fax"),
            Property::new(tags::PR_REPLY_TIME, FileTime::from_unix_seconds(NOON + 86_400)),
            Property::new(tags::PR_EXPIRY_TIME, FileTime(0x0CB3_4557_A3DD_4000)),
            Property::new(tags::PR_AUTO_RESPONSE_SUPPRESS, 0x30),
            Property::new(tags::PR_INTERNET_ORGANIZATION, "Org"),
            Property::new(tags::PR_LIST_HELP, "<mailto:help@example.org>"),
            Property::new(tags::PR_LIST_UNSUBSCRIBE, "<https://example.org/\u{fc}>"),
            Property::named(
                PID_NAME_KEYWORDS.named(),
                PropValue::MvUnicode(vec!["red".into(), "blue".into()]),
            ),
            internet_header("x-mailer", "OpenMAPI"),
            internet_header("x-long", &"0123456789 ".repeat(20)),
            internet_header("bcc", "eve@example.org"),
            internet_header("x-bad: y\r\nx-worse", "z"),
            internet_header("thread-topic", "another"),
        ],
    );
    note.recipients = vec![
        recipient(1, "Bob Ray", "SMTP", "bob@example.org"),
        recipient(1, "Cy", "EX", "/o=Org/ou=Site/cn=Recipients/cn=cy"),
        recipient(2, "dora@example.org", "SMTP", "dora@example.org"),
        recipient(2, "Names alone", "", ""),
        recipient(3, "Eve", "SMTP", "eve@example.org"),
        recipient(0x1000_0001, "Resent", "SMTP", "resent@example.org"),
        recipient(2, "Breaks\r\nBcc: x@example.org", "SMTP", "a@example.org>\r\nBcc: x@example.org"),
    ];
    check("headers", &note, &options());
    check("headers-bcc", &note, &Options { include_bcc: true, ..options() });
}

#[test]
fn two_forms_of_one_text() {
    let html =
        b"<html><body><p>Caf\xE9 f\xFCr alle, und noch ein wenig mehr Text.</p></body></html>".to_vec();
    let note = with(
        note("Alternative", "Caf\u{e9} f\u{fc}r alle, und noch ein wenig mehr Text."),
        [Property::new(tags::PR_HTML, html), Property::new(tags::PR_INTERNET_CPID, 1252)],
    );
    check("alternative", &note, &options());
}

#[test]
fn pictures_and_files() {
    let html = b"<img src=\"cid:image001.png@01DC\"><p>See the file.</p>".to_vec();
    let mut note = with(
        note("Picture", "See the file."),
        [Property::new(tags::PR_HTML, html), Property::new(tags::PR_INTERNET_CPID, 65001)],
    );
    let mut picture = file(0, "image001.png", b"\x89PNG\r\n\x1A\n");
    picture.properties.push(Property::new(tags::PR_ATTACH_CONTENT_ID, "image001.png@01DC"));
    picture.properties.push(Property::new(tags::PR_ATTACH_FLAGS, 4));
    let mut sheet = file(1, "C:\\Users\\ann\\Jahres\u{fc}bersicht \u{201e}2026\u{201c}.xlsx", &[0; 100]);
    sheet.properties.push(Property::new(tags::PR_CREATION_TIME, FileTime::from_unix_seconds(NOON)));
    sheet.properties.push(Property::new(tags::PR_DISPLAY_NAME, "Overview"));
    let mut linked = file(2, "linked.doc", b"");
    linked.properties = vec![
        Property::new(tags::PR_ATTACH_METHOD, 2),
        Property::new(tags::PR_ATTACH_LONG_PATHNAME, "\\\\server\\secret\\linked.doc"),
    ];
    let ole = AttachmentObject {
        number: 3,
        properties: vec![Property::new(tags::PR_ATTACH_METHOD, 6)],
        storage: Some(StorageObject::default()),
        ..AttachmentObject::default()
    };
    let mut container = file(4, "mail.eml", b"Subject: 8-bit \xE9\r\n\r\n");
    container.properties.push(Property::new(tags::PR_ATTACH_MIME_TAG, "message/rfc822"));
    let mut whole = file(5, "whole.eml", b"Subject: whole\r\n\r\nbody\r\n");
    whole.properties.push(Property::new(tags::PR_ATTACH_MIME_TAG, "message/rfc822"));
    note.attachments = vec![picture, sheet, linked, ole, container, whole];
    check("attachments", &note, &options());
}

#[test]
fn messages_within_messages() {
    let mut innermost = note("Innermost", "No line end at the end");
    innermost.recipients.push(recipient(3, "Eve", "SMTP", "eve@example.org"));
    let mut inner = note("Inner", "In the middle\n");
    inner.attachments = vec![embedded(0, innermost), file(1, "a.txt", b"text\n")];
    let mut outer = note("Outer", "On top\n");
    outer.attachments = vec![embedded(7, inner)];
    check("embedded", &outer, &options());
}

#[test]
fn html_inside_rtf() {
    let rtf = b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag64 <p>}caf\\'e9{\\*\\htmltag72 </p>}}";
    let html = with(
        note("HTML in RTF", "caf\u{e9}"),
        [
            Property::new(tags::PR_RTF_COMPRESSED, mapi_rtf::wrap_uncompressed(rtf)),
            Property::new(tags::PR_RTF_IN_SYNC, true),
        ],
    );
    check("rtf-html", &html, &options());
    let native = b"{\\rtf1\\ansi {\\b bold} text\\par}";
    let native = message([
        Property::new(tags::PR_SUBJECT, "Native"),
        Property::new(tags::PR_RTF_COMPRESSED, mapi_rtf::compress(native)),
    ]);
    check("rtf-native", &native, &options());
    let damaged = message([Property::new(tags::PR_RTF_COMPRESSED, vec![1, 2, 3])]);
    check("rtf-damaged", &damaged, &options());
}

#[test]
fn signed_and_encrypted_content_is_passed_through() {
    let signed = b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n\
        \tmicalg=sha-256; boundary=\"sig\"\r\nBcc: eve@example.org\r\n\r\n--sig\r\n\
        Content-Type: text/plain\r\n\r\nsigned text \r\n--sig\r\n\
        Content-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--sig--\r\n";
    let class = |class: &str| Property::new(tags::PR_MESSAGE_CLASS, class);
    let mut clear =
        message([class("IPM.Note.SMIME.MultipartSigned"), Property::new(tags::PR_SUBJECT, "Signed")]);
    clear.attachments = vec![file(0, "smime.p7m", signed)];
    check("smime-signed", &clear, &options());
    let unix: Vec<u8> = signed.iter().copied().filter(|octet| *octet != b'\r').collect();
    clear.attachments = vec![file(0, "smime.p7m", &unix)];
    assert_eq!(
        to_mime(&clear, &options()).unwrap().bytes,
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/smime-signed.eml")).unwrap()
    );
    let der = b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80";
    let mut opaque = message([class("IPM.Note.SMIME"), Property::new(tags::PR_SUBJECT, "Encrypted")]);
    opaque.attachments = vec![file(0, "smime.p7m", der)];
    check("smime-encrypted", &opaque, &options());
    let mut unfit =
        message([class("IPM.Note.SMIME.MultipartSigned"), Property::new(tags::PR_SUBJECT, "8-bit")]);
    unfit.attachments = vec![file(0, "smime.p7m", b"Content-Type: multipart/signed\r\n\r\n\xE9")];
    check("smime-unfit", &unfit, &options());
}

#[test]
fn an_appointment_says_what_it_loses() {
    let appointment = message([
        Property::new(tags::PR_MESSAGE_CLASS, "IPM.Appointment"),
        Property::new(tags::PR_SUBJECT, "Review"),
        Property::new(tags::PR_BODY, "Room 5"),
        Property::new(tags::PR_DISPLAY_TO, "Bob Ray; cy@example.org\0"),
        Property::named(PID_LID_APPOINTMENT_START_WHOLE.named(), FileTime::from_unix_seconds(NOON)),
        Property::new(tags::PR_DELETE_AFTER_SUBMIT, true),
        Property::new(tags::PR_FLAG_STATUS, 2),
    ]);
    check("appointment", &appointment, &options());
}

#[test]
fn headers_of_an_earlier_transport() {
    let received = with(
        note("Received", "text"),
        [Property::new(
            tags::PR_TRANSPORT_MESSAGE_HEADERS,
            "Microsoft Mail Internet Headers Version 2.0\r\nReceived: from a.example (a.example [192.0.2.1])\r\n\
             \tby b.example; Fri, 20 Nov 2026 14:02:01 +0000\r\nFrom: \"Somebody Else\" <else@example.org>\r\n\
             To: \"Cy\" <cy@example.org>\r\nBcc: eve@example.org\r\nContent-Type: text/html\r\n\
             DKIM-Signature: v=1; b=abc\r\n\r\n",
        )],
    );
    let mut received = received;
    received.recipients.push(recipient(1, "Cy", "EX", "/o=Org/cn=cy"));
    check("transport", &received, &options());
    check("transport-kept", &received, &Options { keep_transport_headers: true, ..options() });
}
