//! Delivery reports and receipts as they come: class, recipients, what became of each, and the original.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::FileTime;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_mime::{FromOptions, from_mime};

fn read(text: &str) -> MessageObject {
    from_mime(text.replace('\n', "\r\n").as_bytes(), &FromOptions::new(FileTime(0))).unwrap()
}

fn class(message: &MessageObject) -> &str {
    message.text(tags::PR_MESSAGE_CLASS).unwrap()
}

fn of_row(message: &MessageObject, row: usize, tag: PropTag) -> Option<PropValue> {
    message.recipients[row]
        .iter()
        .find(|property| property.tag.id() == tag.id())
        .map(|property| property.value.clone())
}

fn text_of_row(message: &MessageObject, row: usize, tag: PropTag) -> String {
    of_row(message, row, tag).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}

/// A report as Postfix writes it, with this about its recipients and this as the original.
fn delivery(recipients: &str, original: &str) -> MessageObject {
    read(&format!(
        "From: MAILER-DAEMON@mx.example.org\nTo: ann@example.org\nSubject: Undelivered Mail Returned to Sender\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\
         Content-Description: Notification\nContent-Type: text/plain\n\nI could not deliver it.\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\nArrival-Date: Fri, 20 Nov 2026 09:59:00 +0000\n\n\
         {recipients}\n--b\n{original}\n--b--\n"
    ))
}

const ORIGINAL: &str = "Content-Type: message/rfc822\n\nFrom: ann@example.org\nTo: bob@example.net\nSubject: Lunch\nDate: Fri, 20 Nov 2026 09:58:00 +0000\n\nAt noon?";
const FAILED: &str = "Final-Recipient: rfc822; bob@example.net\nOriginal-Recipient: rfc822;Bob@example.net\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1\n  no such user\nLast-Attempt-Date: Fri, 20 Nov 2026 09:59:30 +0000\n";

#[test]
fn what_was_not_delivered_is_an_ndr_with_the_original() {
    let relayed = "Final-Recipient: rfc822; eve@example.net\nAction: relayed\nStatus: 2.0.0\n";
    let report = delivery(&format!("{FAILED}\n{relayed}"), ORIGINAL);
    assert_eq!(class(&report), "Report.IPM.Note.NDR");
    assert_eq!(report.recipients.len(), 1, "those that it is about");
    assert_eq!(text_of_row(&report, 0, tags::PR_EMAIL_ADDRESS), "Bob@example.net");
    assert_eq!(of_row(&report, 0, tags::PR_NDR_REASON_CODE), Some(PropValue::Long(0)));
    assert_eq!(of_row(&report, 0, tags::PR_NDR_DIAG_CODE), Some(PropValue::Long(0)));
    assert_eq!(
        text_of_row(&report, 0, tags::PR_SUPPLEMENTARY_INFO),
        "mx.example.net 5.1.1 550 5.1.1 no such user"
    );
    let attempted = FileTime::from_unix_seconds(1_795_168_770);
    assert_eq!(of_row(&report, 0, tags::PR_REPORT_TIME), Some(PropValue::SysTime(attempted)));
    assert_eq!(report.text(tags::PR_ORIGINAL_SUBJECT), Some("Lunch"));
    assert!(report.property(tags::PR_ORIGINAL_SUBMIT_TIME).is_some());
    assert_eq!(report.text(tags::PR_REPORT_TEXT).map(str::trim), Some("I could not deliver it."));
    assert_eq!(report.text(tags::PR_SENDER_EMAIL_ADDRESS), Some("MAILER-DAEMON@mx.example.org"));
    let original = report.attachments.iter().find_map(|one| one.message.as_deref()).unwrap();
    assert_eq!((class(original), original.text(tags::PR_SUBJECT)), ("IPM.Note", Some("Lunch")));
    assert_eq!(report.attachments.len(), 2, "the part for programs stays");
}

#[test]
fn the_header_of_the_original_alone_is_a_message_as_well() {
    let header =
        "Content-Type: text/rfc822-headers\n\nFrom: ann@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=";
    let report = delivery(FAILED, header);
    let original = report.attachments.iter().find_map(|one| one.message.as_deref()).unwrap();
    assert_eq!(original.text(tags::PR_SUBJECT), Some("Gr\u{fc}\u{df}e"));
    assert_eq!(report.text(tags::PR_ORIGINAL_SUBJECT), Some("Gr\u{fc}\u{df}e"));
}

#[test]
fn each_kind_of_report_has_its_class() {
    let about = |action: &str| {
        delivery(&format!("Final-Recipient: rfc822; bob@example.net\nAction: {action}\n"), ORIGINAL)
    };
    for (action, expected) in [
        ("failed", "Report.IPM.Note.NDR"),
        ("Delivered", "Report.IPM.Note.DR"),
        ("relayed", "Report.IPM.Note.DR"),
        ("expanded", "Report.IPM.Note.DR"),
        ("delayed", "IPM.Note"),
        ("odd", "IPM.Note"),
    ] {
        assert_eq!(class(&about(action)), expected, "{action}");
    }
    assert_eq!(of_row(&about("failed"), 0, tags::PR_NDR_DIAG_CODE), Some(PropValue::Long(-1)), "no status");
    assert_eq!(of_row(&about("delivered"), 0, tags::PR_NDR_DIAG_CODE), None);
    for (status, code) in [
        ("5.2.2", 4),
        ("5.2.3", 13),
        ("5.4.6", 3),
        ("4.4.7", 5),
        ("5.7.1", 29),
        ("5.7.26", 38),
        ("x", -1),
        ("5.999999.1", -1),
    ] {
        let report = delivery(
            &format!("Final-Recipient: rfc822; b@c\nAction: failed\nStatus: {status} (why)\n"),
            ORIGINAL,
        );
        assert_eq!(of_row(&report, 0, tags::PR_NDR_DIAG_CODE), Some(PropValue::Long(code)), "{status}");
    }
}

#[test]
fn receipts_say_whether_it_was_read() {
    let receipt = |disposition: &str| {
        read(&format!(
            "From: bob@example.net\nTo: ann@example.org\nSubject: Read: Lunch\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\
             Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was read.\n--b\n\
             Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; bob@example.net\n\
             Original-Message-ID: <1@example.org>\nDisposition: {disposition}\n\n--b--\n"
        ))
    };
    let read = receipt("manual-action/MDN-sent-manually; displayed");
    assert_eq!(class(&read), "Report.IPM.Note.IPNRN");
    assert_eq!(read.text(tags::PR_REPORT_DISPOSITION), Some("displayed"));
    assert_eq!(read.text(tags::PR_REPORT_DISPOSITION_MODE), Some("manual-action/MDN-sent-manually"));
    let moment = FileTime::from_unix_seconds(1_795_168_800);
    assert_eq!(read.property(tags::PR_RECEIPT_TIME), Some(&PropValue::SysTime(moment)));
    assert_eq!(text_of_row(&read, 0, tags::PR_SMTP_ADDRESS), "bob@example.net");
    assert_eq!(
        class(&receipt("automatic-action/MDN-sent-automatically; deleted/error")),
        "Report.IPM.Note.IPNNRN"
    );
    assert_eq!(class(&receipt("automatic-action/MDN-sent-automatically; processed")), "IPM.Note");
    assert_eq!(class(&receipt("displayed")), "IPM.Note");
}

#[test]
fn what_is_no_report_stays_what_it_is() {
    for kind in [
        "multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b--\n",
        "multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n\n--b--\n",
        "multipart/mixed; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nFinal-Recipient: rfc822; a@b\n--b--\n",
    ] {
        assert_eq!(class(&read(&format!("To: ann@example.org\nContent-Type: {kind}"))), "IPM.Note");
    }
    let anonymous = delivery("Action: failed\nStatus: 5.0.0\n", ORIGINAL);
    assert_eq!((class(&anonymous), anonymous.recipients.len()), ("IPM.Note", 1), "it is about nobody");
}

/// A report as MAPI has it: about two people, with the original.
fn held(class: &str) -> MessageObject {
    use mapi_defs::object::{AttachmentObject, Property};
    let original = MessageObject {
        properties: vec![
            Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
            Property::new(tags::PR_SUBJECT, "Lunch"),
            Property::new(tags::PR_BODY, "At noon?"),
        ],
        ..MessageObject::default()
    };
    let row = |address: &str, diagnostic: i32| {
        vec![
            Property::new(tags::PR_RECIPIENT_TYPE, 1),
            Property::new(tags::PR_NDR_REASON_CODE, 0),
            Property::new(tags::PR_NDR_DIAG_CODE, diagnostic),
            Property::new(tags::PR_REPORT_TEXT, "550 5.1.1 no such user"),
            Property::new(tags::PR_REPORT_TIME, FileTime::from_unix_seconds(1_795_168_770)),
            Property::new(tags::PR_DISPLAY_NAME, address),
            Property::new(tags::PR_ADDRTYPE, "SMTP"),
            Property::new(tags::PR_EMAIL_ADDRESS, address),
        ]
    };
    MessageObject {
        properties: vec![
            Property::new(tags::PR_MESSAGE_CLASS, class),
            Property::new(tags::PR_SUBJECT, "Undeliverable: Lunch"),
            Property::new(tags::PR_ORIGINAL_SENDER_ADDRTYPE, "SMTP"),
            Property::new(tags::PR_ORIGINAL_SENDER_EMAIL_ADDRESS, "ann@example.org"),
            Property::new(tags::PR_BODY, "Your message did not reach them.\r\n"),
        ],
        recipients: vec![row("bob@example.net", 0), row("eve@example.net", 4)],
        attachments: vec![AttachmentObject {
            number: 0,
            properties: vec![Property::new(tags::PR_ATTACH_METHOD, 5)],
            message: Some(Box::new(original)),
            ..AttachmentObject::default()
        }],
    }
}

fn written(report: &MessageObject) -> (String, MessageObject) {
    let now = FileTime::from_unix_seconds(1_795_168_800);
    let mime = mapi_mime::to_mime(report, &mapi_mime::Options::new(now, "example.org")).unwrap();
    let back = from_mime(&mime.bytes, &FromOptions::new(now)).unwrap();
    (String::from_utf8(mime.bytes).unwrap(), back)
}

#[test]
fn what_was_not_delivered_is_written_as_a_report_and_read_as_the_same() {
    let (text, back) = written(&held("Report.IPM.Note.NDR"));
    for line in [
        "To: ann@example.org\r\n",
        "Content-Type: multipart/report; report-type=delivery-status;\r\n",
        "Reporting-MTA: dns; example.org\r\n",
        "Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        "Final-Recipient: rfc822; eve@example.net\r\nAction: failed\r\nStatus: 5.2.1\r\n",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
        "Content-Type: message/rfc822\r\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    assert_eq!(class(&back), "Report.IPM.Note.NDR");
    assert_eq!(back.recipients.len(), 2);
    for (row, address, diagnostic) in [(0, "bob@example.net", 0), (1, "eve@example.net", 4)] {
        assert_eq!(text_of_row(&back, row, tags::PR_EMAIL_ADDRESS), address);
        assert_eq!(of_row(&back, row, tags::PR_NDR_DIAG_CODE), Some(PropValue::Long(diagnostic)));
    }
    assert_eq!(back.text(tags::PR_ORIGINAL_SUBJECT), Some("Lunch"));
    let (again, twice) = written(&back);
    assert_eq!(class(&twice), "Report.IPM.Note.NDR");
    assert_eq!(
        again.matches("message/delivery-status").count(),
        1,
        "the part that came is the part: {again}"
    );
    assert_eq!(twice.attachments.len(), back.attachments.len());
}

#[test]
fn every_kind_of_report_comes_back_with_its_class() {
    for kind in ["NDR", "DR", "IPNRN", "IPNNRN"] {
        let mut report = held(&format!("REPORT.IPM.Note.{kind}"));
        if kind.starts_with("IP") {
            report.attachments.clear();
        }
        let (text, back) = written(&report);
        assert_eq!(class(&back), format!("Report.IPM.Note.{kind}"), "{text}");
    }
    let (_, back) = written(&held("Report.IPM.Note.Odd"));
    assert_eq!(class(&back), "IPM.Note");
}

#[test]
fn nothing_in_a_report_makes_fields_of_its_own() {
    let mut report = held("Report.IPM.Note.NDR");
    for row in &mut report.recipients {
        for property in row.iter_mut().filter(|property| property.value.as_text().is_some()) {
            property.value = PropValue::Unicode("a@b.c\r\nAction: delivered\r\n\r\nStatus: 2.0.0".into());
        }
    }
    let (text, _) = written(&report);
    assert!(!text.contains("\r\nAction: delivered") && !text.contains("\r\nStatus: 2.0.0"), "{text}");
    let mut receipt = held("Report.IPM.Note.IPNRN");
    receipt.attachments.clear();
    let hostile = "<1@x>\r\nDisposition: automatic-action/MDN-sent-automatically; deleted";
    for tag in [tags::PR_IN_REPLY_TO_ID, tags::PR_REPORT_DISPOSITION_MODE] {
        receipt.properties.push(mapi_defs::object::Property::new(tag, hostile));
    }
    let (text, back) = written(&receipt);
    assert_eq!(text.matches("\r\nDisposition: ").count(), 1, "{text}");
    assert_eq!(class(&back), "Report.IPM.Note.IPNRN");
}
