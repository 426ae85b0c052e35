//! What `from_mime` makes of small messages: header, bodies, files, embedded and secured messages.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use mapi_defs::FileTime;
use mapi_defs::guids;
use mapi_defs::object::{AttachmentObject, MessageObject};
use mapi_defs::prop::{NamedProp, PropTag, PropValue, tags};
use mapi_mime::{FromOptions, from_mime};

const NOW: i64 = 1_600_000_000;

fn read(text: &str) -> MessageObject {
    from_mime(text.replace('\n', "\r\n").as_bytes(), &FromOptions::new(FileTime::from_unix_seconds(NOW)))
        .unwrap()
}

fn headers(fields: &str) -> MessageObject {
    read(&format!("{fields}\n\nx"))
}

fn long(message: &MessageObject, tag: PropTag) -> Option<i32> {
    message.property(tag).and_then(PropValue::as_long)
}

fn text(attachment: &AttachmentObject, tag: PropTag) -> &str {
    attachment.property(tag).and_then(PropValue::as_text).unwrap_or_default()
}

fn data(attachment: &AttachmentObject) -> &[u8] {
    attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary).unwrap_or_default()
}

fn row_text(row: &[mapi_defs::object::Property], tag: PropTag) -> String {
    mapi_defs::object::find(row, tag).and_then(PropValue::as_text).unwrap_or_default().to_owned()
}

#[test]
fn the_first_author_represents_and_the_sender_sends() {
    let message = headers("From: \"Lee, Ann\" <ann@x.org>, Bob <bob@x.org>\nSender: Carl <carl@x.org>");
    assert_eq!(message.text(tags::PR_SENT_REPRESENTING_NAME), Some("Lee, Ann"));
    assert_eq!(message.text(tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS), Some("ann@x.org"));
    assert_eq!(message.text(tags::PR_SENT_REPRESENTING_SMTP_ADDRESS), Some("ann@x.org"));
    assert_eq!(message.text(tags::PR_SENT_REPRESENTING_ADDRTYPE), Some("SMTP"));
    assert_eq!(message.text(tags::PR_SENDER_NAME), Some("Carl"));
    assert_eq!(
        message.property(tags::PR_SENDER_SEARCH_KEY),
        Some(&PropValue::Binary(b"SMTP:CARL@X.ORG\0".to_vec()))
    );
    let entry_id = message.property(tags::PR_SENDER_ENTRYID).and_then(PropValue::as_binary).unwrap();
    assert_eq!(entry_id[4..20], guids::MAPI_ONE_OFF_UID.0);
    assert_eq!(entry_id[20..24], [0, 0, 1, 0x90]);
    assert!(entry_id.ends_with(b"r\0g\0\0\0"));
    let alone = headers("From: ann@x.org");
    assert_eq!(alone.text(tags::PR_SENDER_NAME), Some("ann@x.org"));
    assert_eq!(headers("Sender: ann@x.org").text(tags::PR_SENT_REPRESENTING_NAME), Some("ann@x.org"));
}

#[test]
fn recipients_keep_their_kind_and_order() {
    let message = headers(
        "To: Bob <bob@x.org>, c@x.org\nCc: =?utf-8?Q?J=C3=B6rg?= <j@x.org>\nTo: d@x.org\nBcc: e@x.org, nobody:;",
    );
    let rows: Vec<(i32, String, String)> = message
        .recipients
        .iter()
        .map(|row| {
            let kind =
                mapi_defs::object::find(row, tags::PR_RECIPIENT_TYPE).and_then(PropValue::as_long).unwrap();
            (kind, row_text(row, tags::PR_DISPLAY_NAME), row_text(row, tags::PR_EMAIL_ADDRESS))
        })
        .collect();
    let expect = [
        (1, "Bob", "bob@x.org"),
        (1, "c@x.org", "c@x.org"),
        (2, "J\u{f6}rg", "j@x.org"),
        (1, "d@x.org", "d@x.org"),
        (3, "e@x.org", "e@x.org"),
    ];
    assert_eq!(rows, expect.map(|(kind, name, address)| (kind, name.to_owned(), address.to_owned())));
    let row = &message.recipients[0];
    assert_eq!(row_text(row, tags::PR_ADDRTYPE), "SMTP");
    assert_eq!(row_text(row, tags::PR_SMTP_ADDRESS), "bob@x.org");
    assert_eq!(mapi_defs::object::find(row, tags::PR_OBJECT_TYPE), Some(&PropValue::Long(6)));
    assert_eq!(mapi_defs::object::find(row, tags::PR_DISPLAY_TYPE), Some(&PropValue::Long(0)));
    assert_eq!(
        mapi_defs::object::find(row, tags::PR_SEARCH_KEY),
        Some(&PropValue::Binary(b"SMTP:BOB@X.ORG\0".to_vec()))
    );
}

#[test]
fn subjects_are_split_and_name_the_thread() {
    let message = headers("Subject: Re: =?utf-8?Q?caf=C3=A9?=\n au lait");
    assert_eq!(message.text(tags::PR_SUBJECT), Some("Re: caf\u{e9} au lait"));
    assert_eq!(message.text(tags::PR_SUBJECT_PREFIX), Some("Re: "));
    assert_eq!(message.text(tags::PR_NORMALIZED_SUBJECT), Some("caf\u{e9} au lait"));
    assert_eq!(message.text(tags::PR_CONVERSATION_TOPIC), Some("caf\u{e9} au lait"));
    let message = headers("Subject: x\nThread-Topic: y\nThread-Index: AQ\n I=");
    assert_eq!(message.text(tags::PR_CONVERSATION_TOPIC), Some("y"));
    assert_eq!(message.property(tags::PR_CONVERSATION_INDEX), Some(&PropValue::Binary(vec![1, 2])));
}

#[test]
fn moments_come_from_date_and_the_topmost_received() {
    let time = |message: &MessageObject, tag| {
        message.property(tag).and_then(PropValue::as_time).map(FileTime::unix_seconds)
    };
    let message = headers(
        "Received: from a by b; Fri, 20 Nov 2026 15:03:00 +0100\nReceived: from c by a; Fri, 20 Nov 2026 15:02:30 +0100\nDate: Fri, 20 Nov 2026 14:02:01 +0000",
    );
    assert_eq!(time(&message, tags::PR_CLIENT_SUBMIT_TIME), Some(1_795_183_321));
    assert_eq!(time(&message, tags::PR_MESSAGE_DELIVERY_TIME), Some(1_795_183_380));
    for date in ["From: a@x.org", "Date: yesterday"] {
        assert_eq!(time(&headers(date), tags::PR_CLIENT_SUBMIT_TIME), Some(NOW));
        assert_eq!(time(&headers(date), tags::PR_MESSAGE_DELIVERY_TIME), None);
    }
    let options =
        FromOptions { delivered: Some(FileTime::from_unix_seconds(7)), ..FromOptions::new(FileTime(0)) };
    let message = from_mime(b"Received: x; Fri, 20 Nov 2026 15:03:00 +0100\n\n", &options).unwrap();
    assert_eq!(time(&message, tags::PR_MESSAGE_DELIVERY_TIME), Some(7));
}

#[test]
fn importance_beats_the_other_grades() {
    for (fields, importance, priority) in [
        ("X: y", 1, 0),
        ("Importance: high\nX-Priority: 5\nPriority: non-urgent", 2, -1),
        ("X-Priority: 1 (Highest)\nX-MSMail-Priority: Low", 2, 0),
        ("X-MSMail-Priority: Low\nPriority: urgent", 0, 1),
        ("Priority: urgent", 2, 1),
        ("Importance: Normal\nX-Priority: 1", 1, 0),
    ] {
        let message = headers(fields);
        assert_eq!(long(&message, tags::PR_IMPORTANCE), Some(importance), "{fields}");
        assert_eq!(long(&message, tags::PR_PRIORITY), Some(priority), "{fields}");
    }
    assert_eq!(long(&headers("Sensitivity: Company-Confidential"), tags::PR_SENSITIVITY), Some(3));
}

#[test]
fn other_fields_have_their_properties() {
    let message = headers(
        "Message-ID: <a@x.org>\nIn-Reply-To: <b@x.org>\nReferences: <b@x.org>\n <c@x.org>\nReply-To: Bob <bob@x.org>\n\
         Disposition-Notification-To: ann@x.org\nReturn-Receipt-To: ann@x.org\nKeywords: red, =?utf-8?Q?gr=C3=BCn?=\n\
         List-Help: <mailto:h@x.org>\nX-Mailer: Y\nX-Mailer: Z\nList-Id: <l.x.org>\nX-Auto-Response-Suppress: OOF, DR\nX-Unsent: 1",
    );
    assert_eq!(message.text(tags::PR_INTERNET_MESSAGE_ID), Some("<a@x.org>"));
    assert_eq!(message.text(tags::PR_IN_REPLY_TO_ID), Some("<b@x.org>"));
    assert_eq!(message.text(tags::PR_INTERNET_REFERENCES), Some("<b@x.org> <c@x.org>"));
    assert_eq!(message.text(tags::PR_REPLY_RECIPIENT_NAMES), Some("Bob"));
    assert_eq!(message.text(tags::PR_LIST_HELP), Some("<mailto:h@x.org>"));
    assert_eq!(message.property(tags::PR_READ_RECEIPT_REQUESTED), Some(&PropValue::Boolean(true)));
    assert_eq!(
        message.property(tags::PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED),
        Some(&PropValue::Boolean(true))
    );
    assert_eq!(long(&message, tags::PR_AUTO_RESPONSE_SUPPRESS), Some(17));
    assert_eq!(long(&message, tags::PR_MESSAGE_FLAGS), Some(8));
    let named = |name: NamedProp| {
        message
            .properties
            .iter()
            .find(|property| property.named.as_ref() == Some(&name))
            .map(|found| found.value.clone())
    };
    let field = |name: &str| named(NamedProp::text(guids::PS_INTERNET_HEADERS, name));
    assert_eq!(field("x-mailer"), Some("Y".into()));
    assert_eq!(field("list-id"), Some("<l.x.org>".into()));
    let keywords = PropValue::MvUnicode(vec!["red".into(), "gr\u{fc}n".into()]);
    assert_eq!(named(mapi_defs::names::PID_NAME_KEYWORDS.named()), Some(keywords));
    let whole = message.text(tags::PR_TRANSPORT_MESSAGE_HEADERS).unwrap();
    assert!(whole.starts_with("Message-ID: <a@x.org>\r\n") && whole.ends_with("X-Unsent: 1\r\n"), "{whole}");
}

const ALTERNATIVE: &str = "Content-Type: multipart/alternative; boundary=a\n\n\
    --a\nContent-Type: text/plain; charset=utf-8\n\ncaf\u{e9}\n\
    --a\nContent-Type: multipart/related; boundary=r\n\n\
    --r\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<p>caf=E9<img src=\"cid:p@x\">\n\
    --r\nContent-Type: image/png; name=\"p.png\"\nContent-ID: <p@x>\nContent-Transfer-Encoding: base64\n\nAQID\n\
    --r\nContent-Type: image/gif\nContent-ID: <q@x>\n\nGIF\n\
    --r--\n\
    --a\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--a--\n";

#[test]
fn the_best_alternative_is_the_body() {
    let message = read(ALTERNATIVE);
    assert_eq!(message.text(tags::PR_BODY), Some("caf\u{e9}"));
    let html = message.property(tags::PR_HTML).and_then(PropValue::as_binary).unwrap();
    assert_eq!(html, b"<p>caf\xE9<img src=\"cid:p@x\">");
    assert_eq!(long(&message, tags::PR_INTERNET_CPID), Some(28591));
    let [shown, other, calendar] = message.attachments.as_slice() else { panic!("three files") };
    assert_eq!((text(shown, tags::PR_ATTACH_CONTENT_ID), data(shown)), ("p@x", &[1, 2, 3][..]));
    assert_eq!(shown.property(tags::PR_ATTACHMENT_HIDDEN), Some(&PropValue::Boolean(true)));
    assert_eq!(shown.property(tags::PR_ATTACH_FLAGS), Some(&PropValue::Long(4)));
    assert_eq!(shown.property(tags::PR_RENDERING_POSITION), Some(&PropValue::Long(-1)));
    assert_eq!(other.property(tags::PR_ATTACHMENT_HIDDEN), Some(&PropValue::Boolean(false)));
    assert_eq!(text(other, tags::PR_ATTACH_LONG_FILENAME), "ATT00002.gif");
    assert_eq!((other.number, other.property(tags::PR_ATTACH_NUM)), (1, Some(&PropValue::Long(1))));
    assert_eq!(text(calendar, tags::PR_ATTACH_MIME_TAG), "text/calendar");
}

#[test]
fn later_texts_are_files() {
    let message = read(
        "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nfirst\n--b\nContent-Type: text/html\n\n<p>second\n\
         --b\nContent-Type: text/plain; charset=koi8-r\nContent-Disposition: inline\n\nfooter\n--b--\nepilogue",
    );
    assert_eq!(message.text(tags::PR_BODY), Some("first"));
    assert_eq!(message.property(tags::PR_HTML), None);
    let names: Vec<&str> =
        message.attachments.iter().map(|file| text(file, tags::PR_ATTACH_LONG_FILENAME)).collect();
    assert_eq!(names, ["ATT00001.htm", "ATT00002.txt"]);
    assert_eq!(text(&message.attachments[1], tags::PID_TAG_TEXT_ATTACHMENT_CHARSET), "koi8-r");
    assert_eq!(data(&message.attachments[1]), b"footer");
}

#[test]
fn files_are_named_in_many_ways() {
    for (fields, name) in [
        (
            "Content-Disposition: attachment; filename=a.pdf\nContent-Type: application/pdf; name=b.pdf",
            "a.pdf",
        ),
        ("Content-Type: application/pdf; name=\"b c.pdf\"", "b c.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf", "caf\u{e9}.pdf"),
        ("Content-Disposition: attachment; filename*0=\"long \"; filename*1=name.pdf", "long name.pdf"),
        ("Content-Disposition: attachment; filename=\"=?utf-8?Q?caf=C3=A9.pdf?=\"", "caf\u{e9}.pdf"),
        ("Content-Disposition: attachment; filename=\"caf\u{e9}.pdf\"", "caf\u{e9}.pdf"),
        ("Content-Disposition: attachment; filename=\"../../etc/x.pdf\"", "x.pdf"),
        ("Content-Disposition: attachment\nContent-Location: http://x.org/y/z.pdf?q#f", "z.pdf"),
        ("Content-Disposition: attachment\nContent-Description: report.pdf", "report.pdf"),
        ("Content-Disposition: attachment\nContent-Type: application/pdf", "ATT00001.pdf"),
        ("Content-Disposition: attachment\nContent-Type: application/x-new", "ATT00001.dat"),
    ] {
        let message =
            read(&format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{fields}\n\nx\n--b--\n"));
        let [file] = message.attachments.as_slice() else { panic!("{fields}") };
        assert_eq!(text(file, tags::PR_ATTACH_LONG_FILENAME), name, "{fields}");
        assert_eq!(data(file), b"x", "{fields}");
        let extension = &name[name.rfind('.').unwrap()..];
        assert_eq!(text(file, tags::PR_ATTACH_EXTENSION), extension);
    }
}

#[test]
fn messages_are_embedded_whether_encoded_or_not() {
    let inner = "Subject: inner\nTo: b@x.org\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ntext\n--i\nContent-Type: image/png\n\nx\n--i--\n";
    let base64 = encode(inner.replace('\n', "\r\n").as_bytes());
    for part in [
        format!("Content-Type: message/rfc822\n\n{inner}"),
        format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{base64}"),
    ] {
        let message = read(&format!(
            "Subject: outer\nContent-Type: multipart/mixed; boundary=o\n\n--o\n{part}\n--o--\n"
        ));
        let [attachment] = message.attachments.as_slice() else { panic!("{part}") };
        assert_eq!(attachment.property(tags::PR_ATTACH_METHOD), Some(&PropValue::Long(5)));
        assert_eq!(text(attachment, tags::PR_DISPLAY_NAME), "inner");
        let inner = attachment.message.as_deref().unwrap();
        assert_eq!((inner.text(tags::PR_SUBJECT), inner.text(tags::PR_BODY)), (Some("inner"), Some("text")));
        assert_eq!((inner.recipients.len(), inner.attachments.len()), (1, 1));
    }
    let none =
        read("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n\n--o--\n");
    assert!(none.attachments.iter().all(|attachment| attachment.message.is_none()));
}

fn encode(octets: &[u8]) -> String {
    encodify::base64::STANDARD.encode(octets)
}

#[test]
fn secured_content_is_kept_byte_for_byte() {
    let body = "--s\nContent-Type: text/plain\n\nsigned  \n--s\nContent-Type: application/pkcs7-signature\n\nMII=\n--s--\n";
    let kind = "Content-Type: multipart/signed; boundary=s;\n protocol=\"application/pkcs7-signature\"\n";
    let message = read(&format!("Subject: x\n{kind}X-A: b\n\n{body}"));
    assert_eq!(message.text(tags::PR_MESSAGE_CLASS), Some("IPM.Note.SMIME.MultipartSigned"));
    let [attachment] = message.attachments.as_slice() else { panic!("one file") };
    assert_eq!(data(attachment), format!("{kind}\n{body}").replace('\n', "\r\n").as_bytes());
    assert_eq!(text(attachment, tags::PR_ATTACH_MIME_TAG), "multipart/signed");
    assert_eq!(message.text(tags::PR_BODY), Some("signed  "));
    let message = read(
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nAQID\n",
    );
    assert_eq!(message.text(tags::PR_MESSAGE_CLASS), Some("IPM.Note.SMIME"));
    assert_eq!(data(&message.attachments[0]), [1, 2, 3]);
    let pgp = read(&format!("{}\n{body}", kind.replace("pkcs7", "pgp")));
    assert_eq!((pgp.text(tags::PR_MESSAGE_CLASS), pgp.attachments.len()), (Some("IPM.Note"), 1));
}

#[test]
fn tnef_stays_a_file() {
    let tnef = read(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nT\n--b--\n",
    );
    assert_eq!(text(&tnef.attachments[0], tags::PR_ATTACH_LONG_FILENAME), "winmail.dat");
}

#[test]
fn lines_may_end_in_anything() {
    let text = "Subject: x\nTo: a@x.org\n\none\ntwo";
    for end in ["\n", "\r\n", "\r"] {
        let bytes = text.replace('\n', end).into_bytes();
        let message = from_mime(&bytes, &FromOptions::new(FileTime(0))).unwrap();
        assert_eq!(message.text(tags::PR_BODY), Some("one\r\ntwo"), "{end:?}");
        assert_eq!(message.recipients.len(), 1);
    }
    for none in [&b""[..], b"\r\n\r\n", b"\0\0\0", b": \0\n\n"] {
        let error = from_mime(none, &FromOptions::new(FileTime(0))).unwrap_err();
        assert_eq!(error.code(), mapi_defs::ErrorCode::CORRUPT_DATA, "{none:?}");
    }
    let alone = read("Hi,\n\nFrom: nobody");
    assert_eq!(
        (alone.text(tags::PR_BODY), alone.text(tags::PR_SENDER_NAME)),
        (Some("Hi,\r\n\r\nFrom: nobody"), None)
    );
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for mark in [&b"\xFF\xFE"[..], b""] {
        let message = from_mime(&[mark, &wide].concat(), &FromOptions::new(FileTime(0))).unwrap();
        assert_eq!(message.text(tags::PR_BODY), Some("one\r\ntwo"));
    }
    let mbox = read("From ann@x.org Fri Nov 20 14:02:01 2026\nSubject: x\n\ny");
    assert_eq!(mbox.text(tags::PR_SUBJECT), Some("x"));
    let flowed = read("Content-Type: text/plain; format=flowed\n\none \ntwo\n");
    assert_eq!(flowed.text(tags::PR_BODY), Some("one two\r\n"));
}
