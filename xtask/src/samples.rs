//! `cargo xtask samples`: writes the example messages in `samples/`, always with the same bytes.
//!
//! They are made in code, so that they can be read, changed and shipped; real mail of others is never
//! committed. With `--check` nothing is written and files that differ are named.

use crate::Outcome;
use mapi_defs::guids::PS_INTERNET_HEADERS;
use mapi_defs::names::{
    PID_LID_APPOINTMENT_DURATION, PID_LID_APPOINTMENT_END_WHOLE, PID_LID_APPOINTMENT_START_WHOLE,
    PID_LID_APPOINTMENT_SUB_TYPE, PID_LID_BUSY_STATUS, PID_LID_COMMON_END, PID_LID_COMMON_START,
    PID_LID_LOCATION, PID_LID_RECURRING, PID_LID_REMINDER_DELTA, PID_LID_REMINDER_SET, PID_NAME_KEYWORDS,
};
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, PropTag, PropValue};
use mapi_defs::{Error, FileTime};
use mapi_msg::{TextWidth, WriteOptions, write_message};
use std::fs;
use std::path::Path;

/// 20 November 2026, 09:00 UTC, in seconds after 1970.
const MORNING: i64 = 1_795_165_200;

/// A sample: the name of its file, what it shows, how wide its text is.
struct Sample {
    name: &'static str,
    message: fn() -> MessageObject,
    text: TextWidth,
}

const SAMPLES: [Sample; 4] = [
    Sample { name: "welcome.msg", message: welcome, text: TextWidth::Unicode },
    Sample { name: "cyrillic-8bit.msg", message: cyrillic, text: TextWidth::String8(1251) },
    Sample { name: "plain.msg", message: plain, text: TextWidth::Unicode },
    Sample { name: "appointment.msg", message: appointment, text: TextWidth::Unicode },
];

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("the only argument is --check".to_owned()),
    };
    let folder = root.join("samples");
    let mut differing = Vec::new();
    for sample in &SAMPLES {
        let bytes = bytes(sample).map_err(|error| format!("{}: {error}", sample.name))?;
        let path = folder.join(sample.name);
        if !check {
            fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        } else if fs::read(&path).ok().as_deref() != Some(&bytes) {
            differing.push(sample.name);
        }
    }
    if differing.is_empty() {
        return Ok(());
    }
    Err(format!("{} differ from what is made; run `cargo xtask samples`", differing.join(", ")))
}

fn bytes(sample: &Sample) -> Result<Vec<u8>, Error> {
    let options = WriteOptions { text: sample.text, now: Some(morning(0)), ..WriteOptions::default() };
    write_message(&(sample.message)(), &options)
}

/// HTML inside compressed RTF, an inline picture, an embedded message with an attachment of its own,
/// named properties by number and by text, and a blind copy.
fn welcome() -> MessageObject {
    let html = "<html><head><meta charset=\"utf-8\"></head><body>\r\n\
        <h1>Welcome to OpenMAPI</h1>\r\n\
        <p>This message lives in a file. Its HTML is kept inside RTF, as Outlook does it.</p>\r\n\
        <p><img src=\"cid:picture@example.org\" alt=\"a square\"> Grüße aus dem Norden, привет, 你好.</p>\r\n\
        </body></html>\r\n";
    let text = "Welcome to OpenMAPI\r\n\r\n\
        This message lives in a file. Its HTML is kept inside RTF, as Outlook does it.\r\n\r\n\
        Grüße aus dem Norden, привет, 你好.\r\n";
    let mut properties = mail("Welcome to OpenMAPI", "<welcome@example.org>");
    properties.extend(sender("Olivia Example", "olivia@example.org"));
    properties.extend([
        Property::new(PR_BODY, text),
        Property::new(PR_RTF_COMPRESSED, mapi_rtf::compress(&mapi_rtf::encapsulate_html(html))),
        Property::new(PR_RTF_IN_SYNC, true),
        Property::new(PR_INTERNET_CPID, 65001),
        Property::named(PID_LID_REMINDER_SET.named(), false),
        Property::named(
            PID_NAME_KEYWORDS.named(),
            PropValue::MvUnicode(vec!["Welcome".into(), "Проба".into()]),
        ),
        Property::named(NamedProp::text(PS_INTERNET_HEADERS, "x-mailer"), "OpenMAPI"),
    ]);
    let picture = AttachmentObject {
        number: 0,
        properties: vec![
            Property::new(PR_ATTACH_LONG_FILENAME, "picture.png"),
            Property::new(PR_ATTACH_FILENAME, "picture.png"),
            Property::new(PR_ATTACH_EXTENSION, ".png"),
            Property::new(PR_ATTACH_MIME_TAG, "image/png"),
            Property::new(PR_ATTACH_CONTENT_ID, "picture@example.org"),
            Property::new(PR_ATTACH_FLAGS, 4),
            Property::new(PR_ATTACHMENT_HIDDEN, true),
            Property::new(PR_ATTACH_DATA_BIN, png_square(16)),
        ],
        ..AttachmentObject::default()
    };
    let embedded = AttachmentObject {
        number: 1,
        properties: vec![Property::new(PR_DISPLAY_NAME, "An earlier note")],
        message: Some(Box::new(earlier_note())),
        ..AttachmentObject::default()
    };
    let recipients = vec![
        recipient(1, "Alice Example", "alice@example.org"),
        recipient(1, "Bob Example", "bob@example.org"),
        recipient(3, "Carol Example", "carol@example.org"),
    ];
    MessageObject { properties, recipients, attachments: vec![picture, embedded] }
}

/// The message embedded in the welcome: it has an attachment of its own.
fn earlier_note() -> MessageObject {
    let mut properties = mail("An earlier note", "<note@example.org>");
    properties.extend(sender("Bob Example", "bob@example.org"));
    properties.push(Property::new(PR_BODY, "The list we spoke of is attached.\r\n"));
    properties.push(Property::named(PID_NAME_KEYWORDS.named(), PropValue::MvUnicode(vec!["List".into()])));
    let list = AttachmentObject {
        properties: vec![
            Property::new(PR_ATTACH_LONG_FILENAME, "list.txt"),
            Property::new(PR_ATTACH_FILENAME, "list.txt"),
            Property::new(PR_ATTACH_MIME_TAG, "text/plain"),
            Property::new(PR_ATTACH_DATA_BIN, b"bread\r\nmilk\r\napples\r\n".to_vec()),
        ],
        ..AttachmentObject::default()
    };
    let recipients = vec![recipient(1, "Olivia Example", "olivia@example.org")];
    MessageObject { properties, recipients, attachments: vec![list] }
}

/// All text in windows-1251.
fn cyrillic() -> MessageObject {
    let mut properties = mail("Добро пожаловать", "<cyrillic@example.org>");
    properties.extend(sender("Анна Примерова", "anna@example.org"));
    properties.extend([
        Property::new(PR_BODY, "Добрый день!\r\n\r\nЭто сообщение хранит текст в кодовой странице 1251.\r\n"),
        Property::new(PR_MESSAGE_LOCALE_ID, 1049),
        Property::new(PR_INTERNET_CPID, 20866),
    ]);
    let recipients = vec![recipient(1, "Алиса Примерова", "alice@example.org")];
    MessageObject { properties, recipients, attachments: Vec::new() }
}

/// As little as a message needs.
fn plain() -> MessageObject {
    MessageObject {
        properties: vec![Property::new(PR_SUBJECT, "Plain"), Property::new(PR_BODY, "Nothing but text.\r\n")],
        recipients: vec![vec![Property::new(PR_EMAIL_ADDRESS, "alice@example.org")]],
        attachments: Vec::new(),
    }
}

/// An appointment of an hour.
fn appointment() -> MessageObject {
    let (start, end) = (morning(86_400), morning(90_000));
    let properties = vec![
        Property::new(PR_MESSAGE_CLASS, "IPM.Appointment"),
        Property::new(PR_SUBJECT, "Planning the week"),
        Property::new(PR_BODY, "Bring the list.\r\n"),
        Property::new(PR_START_DATE, start),
        Property::new(PR_END_DATE, end),
        Property::new(PR_INTERNET_CPID, 65001),
        Property::named(PID_LID_APPOINTMENT_START_WHOLE.named(), start),
        Property::named(PID_LID_APPOINTMENT_END_WHOLE.named(), end),
        Property::named(PID_LID_APPOINTMENT_DURATION.named(), 60),
        Property::named(PID_LID_APPOINTMENT_SUB_TYPE.named(), false),
        Property::named(PID_LID_BUSY_STATUS.named(), 2),
        Property::named(PID_LID_LOCATION.named(), "Room 4"),
        Property::named(PID_LID_RECURRING.named(), false),
        Property::named(PID_LID_COMMON_START.named(), start),
        Property::named(PID_LID_COMMON_END.named(), end),
        Property::named(PID_LID_REMINDER_SET.named(), true),
        Property::named(PID_LID_REMINDER_DELTA.named(), 15),
    ];
    let recipients = vec![recipient(1, "Alice Example", "alice@example.org")];
    MessageObject { properties, recipients, attachments: Vec::new() }
}

fn mail(subject: &str, message_id: &str) -> Vec<Property> {
    vec![
        Property::new(PR_MESSAGE_CLASS, "IPM.Note"),
        Property::new(PR_SUBJECT, subject),
        Property::new(PR_IMPORTANCE, 1),
        Property::new(PR_SENSITIVITY, 0),
        Property::new(PR_CLIENT_SUBMIT_TIME, morning(0)),
        Property::new(PR_MESSAGE_DELIVERY_TIME, morning(60)),
        Property::new(PR_INTERNET_MESSAGE_ID, message_id),
    ]
}

/// The sender, for itself and on its own behalf.
fn sender(name: &str, address: &str) -> Vec<Property> {
    let tags: [(PropTag, &str); 6] = [
        (PR_SENDER_NAME, name),
        (PR_SENDER_ADDRTYPE, "SMTP"),
        (PR_SENDER_EMAIL_ADDRESS, address),
        (PR_SENT_REPRESENTING_NAME, name),
        (PR_SENT_REPRESENTING_ADDRTYPE, "SMTP"),
        (PR_SENT_REPRESENTING_EMAIL_ADDRESS, address),
    ];
    tags.into_iter().map(|(tag, text)| Property::new(tag, text)).collect()
}

/// A recipient: 1 To, 2 Cc, 3 Bcc.
fn recipient(kind: i32, name: &str, address: &str) -> Vec<Property> {
    vec![
        Property::new(PR_RECIPIENT_TYPE, kind),
        Property::new(PR_DISPLAY_NAME, name),
        Property::new(PR_ADDRTYPE, "SMTP"),
        Property::new(PR_EMAIL_ADDRESS, address),
        Property::new(PR_SMTP_ADDRESS, address),
    ]
}

fn morning(later_seconds: i64) -> FileTime {
    FileTime::from_unix_seconds(MORNING + later_seconds)
}

/// A PNG picture: a blue square with a lighter frame, RGB, uncompressed.
fn png_square(side: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0);
        for x in 0..side {
            let frame = x == 0 || y == 0 || x + 1 == side || y + 1 == side;
            rows.extend_from_slice(if frame { &[0x9E, 0xC5, 0xFE] } else { &[0x1F, 0x5F, 0xBF] });
        }
    }
    let mut header = Vec::new();
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1A\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib_stored(&rows)), (b"IEND", Vec::new())] {
        let chunk: Vec<u8> = name.iter().copied().chain(data.iter().copied()).collect();
        png.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
        png.extend_from_slice(&chunk);
        png.extend_from_slice(&crc32(&chunk).to_be_bytes());
    }
    png
}

/// Bytes in the zlib format in one stored block; a sample's picture is far below its 65,535 bytes.
fn zlib_stored(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut zlib = vec![0x78, 0x01, 0x01];
    zlib.extend_from_slice(&len.to_le_bytes());
    zlib.extend_from_slice(&(!len).to_le_bytes());
    zlib.extend_from_slice(bytes);
    let adler = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    zlib.extend_from_slice(&(adler.1 << 16 | adler.0).to_be_bytes());
    zlib
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_in_the_repository_are_what_is_made() {
        assert_eq!(run(&crate::root(), &["--check".to_owned()]), Ok(()));
    }

    #[test]
    fn checksums_of_the_picture_are_the_known_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(zlib_stored(b"abc"), b"\x78\x01\x01\x03\0\xFC\xFFabc\x02\x4D\x01\x27");
    }
}
