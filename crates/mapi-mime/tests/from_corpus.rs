//! Real Internet messages: every `.eml` of the corpus becomes a MAPI message with the subject, the people and
//! the files that mail-parser finds in it, and becomes MIME again that says the same.
//!
//! The files are found through `MAPI_CORPUS`. `MAPI_CORPUS_REPORT=1` prints what differs.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mail_parser::{Address, Message, MessageParser, PartType};
use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_mime::{FromOptions, Options, from_mime, to_mime};
use mapi_testkit::corpus;
use objects::NOON;
use sha1::{Digest, Sha1};

/// Files whose header mail-parser does not read: 8-bit text that is not UTF-8, UTF-16, a mark of byte order.
const READ_BETTER: [&str; 7] = [
    "04121e20e903-010.eml",
    "133a20a52fa9-020.eml",
    "5567362ea46b-022.eml",
    "69ab0b60efdd-fake-email-utf-16.eml",
    "6b44e55a96d1-fake-email-utf-16-le.eml",
    "9572dc394cb0-027.eml",
    "bf7bec783b62-utf_8_with_bom.eml",
];

fn files() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = corpus("eml")?;
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert_eq!(files.len(), 144);
    Some(files)
}

fn read(bytes: &[u8]) -> mapi_defs::Result<MessageObject> {
    from_mime(bytes, &FromOptions::new(mapi_defs::FileTime::from_unix_seconds(NOON)))
}

fn plain(text: &str) -> String {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect()
}

fn addresses(address: Option<&Address<'_>>) -> Vec<String> {
    let all = address.into_iter().flat_map(Address::iter);
    all.filter_map(|person| person.address()).map(|address| address.trim().to_owned()).collect()
}

fn row_text(row: &[Property], tag: PropTag) -> String {
    find(row, tag).and_then(PropValue::as_text).unwrap_or_default().to_owned()
}

fn recipients(message: &MessageObject, kind: i32) -> Vec<String> {
    let rows = message.recipients.iter();
    rows.filter(|row| find(row, tags::PR_RECIPIENT_TYPE) == Some(&PropValue::Long(kind)))
        .map(|row| row_text(row, tags::PR_EMAIL_ADDRESS))
        .filter(|address| !address.is_empty())
        .collect()
}

/// The octets of every file in a message and the messages in it; signed content counts by its parts.
fn held(message: &MessageObject, files: &mut Vec<String>) {
    let class = message.text(tags::PR_MESSAGE_CLASS).unwrap();
    if class == "IPM.Note.SMIME.MultipartSigned" {
        let data = message.attachments[0].property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary);
        return parsed(&MessageParser::default().parse(data.unwrap()).unwrap(), files);
    }
    for attachment in &message.attachments {
        match &attachment.message {
            Some(inner) => held(inner, files),
            None => {
                let data = attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary);
                files.push(hash(data.unwrap()));
            }
        }
    }
}

/// The octets of every part that is no text and no multipart, whatever messages it is in.
fn parsed(message: &Message<'_>, files: &mut Vec<String>) {
    for part in &message.parts {
        match &part.body {
            PartType::Message(inner) => parsed(inner, files),
            PartType::Binary(octets) | PartType::InlineBinary(octets) => files.push(hash(octets)),
            _ => {}
        }
    }
}

fn hash(octets: &[u8]) -> String {
    Sha1::digest(octets).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn is_report(message: &MessageObject) -> bool {
    message.text(tags::PR_MESSAGE_CLASS).is_some_and(|class| class.starts_with("Report."))
}

/// What mail-parser finds that the message does not have.
fn differences(message: &MessageObject, expect: &Message<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            found.push(format!("{what}: {ours} against {theirs}"));
        }
    };
    let subject = message.text(tags::PR_SUBJECT).unwrap_or_default();
    check("subject", &plain(subject), &plain(expect.subject().unwrap_or_default()));
    let from = message.text(tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS).unwrap_or_default();
    let author = addresses(expect.from().or(expect.sender())).into_iter().next().unwrap_or_default();
    check("from", &from, &author);
    let all_to: Vec<String> = expect.all_to().flat_map(|to| addresses(Some(to))).collect();
    // The recipients of a report are those that it is about.
    if !is_report(message) {
        check("to", &recipients(message, 1), &all_to);
    }
    let all_cc: Vec<String> = expect.all_cc().flat_map(|cc| addresses(Some(cc))).collect();
    check("cc", &recipients(message, 2), &all_cc);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    held(message, &mut ours);
    parsed(expect, &mut theirs);
    // Ours are more: texts beyond the body are files too.
    theirs.retain(|hash| match ours.iter().position(|other| other == hash) {
        Some(place) => {
            ours.remove(place);
            false
        }
        None => true,
    });
    check("files that are missing", &theirs, &Vec::<String>::new());
    found
}

#[test]
fn every_file_becomes_a_message() {
    let Some(files) = files() else { return };
    let mut different = Vec::new();
    for (name, bytes) in &files {
        let message = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expect = MessageParser::default().parse(bytes).unwrap();
        let found = differences(&message, &expect);
        if !found.is_empty() {
            different.push((name.as_str(), found));
        }
    }
    let (better, worse): (Vec<_>, Vec<_>) =
        different.iter().partition(|(name, _)| READ_BETTER.contains(name));
    assert_eq!(worse.len(), 0, "{worse:#?}");
    assert_eq!(better.len(), READ_BETTER.len(), "{better:#?}");
}

/// The same without line ends, which are CRLF on the wire whatever they were: those of HTML, and of signed content.
fn text_hash(octets: &[u8]) -> String {
    let is_kept = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    hash(&octets.trim_ascii_end().iter().copied().filter(is_kept).collect::<Vec<u8>>())
}

/// What has to be the same behind the way out and in again.
fn lasting(message: &MessageObject) -> Vec<String> {
    let text = |tag| message.text(tag).unwrap_or_default();
    let mut lasting = vec![
        text(tags::PR_SUBJECT).split_whitespace().collect::<Vec<_>>().join(" "),
        text(tags::PR_BODY).trim_end().to_owned(),
        // One that is generated stands for none.
        Some(text(tags::PR_INTERNET_MESSAGE_ID))
            .filter(|id| !id.ends_with("@example.org>") && id.starts_with('<'))
            .unwrap_or_default()
            .to_owned(),
        text(tags::PR_MESSAGE_CLASS).to_owned(),
        format!("{:?}", message.property(tags::PR_CLIENT_SUBMIT_TIME)),
        format!("{:?}", message.property(tags::PR_IMPORTANCE)),
        format!("{:?}", message.property(tags::PR_SENSITIVITY)),
        message.attachments.len().to_string(),
    ];
    let html = message.property(tags::PR_HTML).and_then(PropValue::as_binary).unwrap_or_default();
    lasting.push(text_hash(html));
    for attachment in &message.attachments {
        let text = |tag| attachment.property(tag).and_then(PropValue::as_text).unwrap_or_default().to_owned();
        match &attachment.message {
            Some(inner) => lasting.extend(self::lasting(inner)),
            None => {
                let data = attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary);
                let media_type = text(tags::PR_ATTACH_MIME_TAG);
                // What is no whole entity any more may not be called one.
                let is_container = media_type.starts_with("message/") || media_type.starts_with("multipart/");
                let media_type = if is_container { String::new() } else { media_type };
                let is_secured = message.text(tags::PR_MESSAGE_CLASS).unwrap().contains("SMIME");
                let octets = if is_secured { text_hash(data.unwrap()) } else { hash(data.unwrap()) };
                lasting.extend([octets, text(tags::PR_ATTACH_LONG_FILENAME), media_type]);
            }
        }
    }
    lasting
}

/// Out and in again gives the same message; a second time gives the same MIME.
#[test]
fn every_message_survives_the_way_out_and_in() {
    let Some(files) = files() else { return };
    let options = Options { include_bcc: true, ..objects::options() };
    let mut different = Vec::new();
    for (name, bytes) in &files {
        let message = read(bytes).unwrap();
        let mime = to_mime(&message, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = read(&mime.bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (before, behind) = (lasting(&message), lasting(&again));
        let same = |(a, b): (&String, &String)| a == b || (a.is_empty() && b == "application/octet-stream");
        if before.len() != behind.len() || !before.iter().zip(&behind).all(same) {
            let pairs = before.iter().zip(&behind).filter(|pair| !same(*pair));
            different.push((name, pairs.map(|(a, b)| format!("{a:.80} | {b:.80}")).collect::<Vec<_>>()));
        }
    }
    assert_eq!(different.len(), 0, "{different:#?}");
}
