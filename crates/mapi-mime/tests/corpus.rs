//! Real messages: every sound `.msg` of the corpus becomes MIME that mail-parser reads, with the same
//! subject and the same bytes in its attachments.
//!
//! The files are found through `MAPI_CORPUS`. `MAPI_CORPUS_REPORT=1` prints the figures and the losses.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropValue, tags};
use mapi_mime::{Loss, Options, Reason, to_mime};
use mapi_msg::{MsgFile, ObjectLimits};
use mapi_testkit::corpus;
use objects::options;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::path::Path;

/// The sound files: all but those that their list marks as no compound file or malformed.
fn sound_files(folder: &Path) -> Vec<(String, serde_json::Value)> {
    let list = std::fs::read_to_string(folder.join("EXPECTED.jsonl")).unwrap();
    let rows = list.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.filter(|row| row.get("not_cfb").is_none() && row.get("malformed").is_none())
        .map(|row| (row["file"].as_str().unwrap().to_owned(), row))
        .collect()
}

fn object(path: &Path) -> MessageObject {
    let file = MsgFile::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.message().unwrap().to_object(&ObjectLimits::default()).unwrap()
}

fn is_secured(message: &MessageObject) -> bool {
    message
        .text(tags::PR_MESSAGE_CLASS)
        .is_some_and(|class| class.to_ascii_uppercase().starts_with("IPM.NOTE.SMIME"))
}

/// The octets of every file in a message and the messages in it.
fn held_files<'a>(message: &'a MessageObject, files: &mut Vec<&'a [u8]>) {
    for attachment in &message.attachments {
        match &attachment.message {
            Some(inner) => held_files(inner, files),
            None => {
                files.extend(attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary))
            }
        }
    }
}

/// The octets of every part that is a file, whatever messages it is in.
fn read_files<'a>(message: &'a Message<'a>, files: &mut Vec<&'a [u8]>) {
    for part in &message.parts {
        match &part.body {
            PartType::Message(inner)
                if part.content_disposition().is_some_and(|d| d.attribute("size").is_none()) =>
            {
                read_files(inner, files);
            }
            PartType::Message(_) => {
                let raw = message.raw_message();
                files.push(&raw[part.offset_body as usize..part.offset_end as usize]);
            }
            PartType::Multipart(_) => {}
            _ if part.content_disposition().is_some() => files.push(part.contents()),
            _ => {}
        }
    }
}

fn check_wire(name: &str, bytes: &[u8]) {
    assert!(bytes.ends_with(b"\r\n"), "{name}");
    let text = str::from_utf8(bytes).unwrap_or_else(|_| panic!("{name}: not 7-bit"));
    assert!(text.is_ascii() && !text.contains('\0'), "{name}: not 7-bit");
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']) && line.len() <= 998, "{name}: {} octets in a line", line.len());
    }
}

fn hash(octets: &[u8]) -> String {
    Sha1::digest(octets).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The one attachment of a signed or encrypted message is in the bytes as it is, without its own header.
fn check_secured(name: &str, message: &MessageObject, bytes: &[u8], parsed: &Message<'_>) {
    let mut held = Vec::new();
    held_files(message, &mut held);
    let [octets] = held.as_slice() else { panic!("{name}: {} attachments", held.len()) };
    let body = octets.windows(4).position(|window| window == b"\r\n\r\n").map(|place| &octets[place..]);
    let is_sent = body.is_some_and(|body| bytes.windows(body.len()).any(|window| window == body));
    assert!(is_sent || parsed.parts.iter().any(|part| part.contents() == *octets), "{name}");
}

/// Converts one file and compares what mail-parser reads; answers the losses.
fn check(name: &str, message: &MessageObject, expected: &serde_json::Value) -> Vec<Loss> {
    let mime = to_mime(message, &options()).unwrap_or_else(|error| panic!("{name}: {error}"));
    check_wire(name, &mime.bytes);
    let parsed = MessageParser::default().parse(&mime.bytes).unwrap_or_else(|| panic!("{name}: not read"));
    let plain = |text: &str| text.split(|c: char| c.is_whitespace() || c.is_control()).collect::<String>();
    let subject = expected["subject"].as_str().unwrap_or_default();
    assert_eq!(plain(parsed.subject().unwrap_or_default()), plain(subject), "{name}");
    assert!(parsed.date().is_some() && parsed.message_id().is_some(), "{name}");
    if is_secured(message) {
        check_secured(name, message, &mime.bytes, &parsed);
    } else {
        let (mut held, mut read) = (Vec::new(), Vec::new());
        held_files(message, &mut held);
        read_files(&parsed, &mut read);
        held.sort_unstable();
        read.sort_unstable();
        // An attachment of method 1 without data is a file of no octets.
        read.retain(|octets| !octets.is_empty());
        held.retain(|octets| !octets.is_empty());
        assert_eq!(held.len(), read.len(), "{name}: number of files");
        assert!(held == read, "{name}: octets of files");
        let hashes: Vec<String> = read.iter().map(|octets| hash(octets)).collect();
        for expected in expected["att"].as_array().into_iter().flatten().filter_map(|hash| hash.as_str()) {
            let is_empty = expected == hash(b"");
            assert!(is_empty || hashes.iter().any(|hash| hash == expected), "{name}: {expected}");
        }
    }
    let text_held = message
        .text(tags::PR_BODY)
        .is_some_and(|text| !text.trim_matches(['\0', ' ', '\r', '\n']).is_empty());
    if text_held && !is_secured(message) {
        let text = plain(parsed.body_text(0).unwrap_or_default().as_ref());
        assert_eq!(text, plain(message.text(tags::PR_BODY).unwrap()), "{name}: text");
    }
    let all = Options { include_bcc: true, keep_transport_headers: true, ..options() };
    let all = to_mime(message, &all).unwrap();
    check_wire(name, &all.bytes);
    assert!(MessageParser::default().parse(&all.bytes).is_some(), "{name}");
    mime.losses
}

/// Files made to do harm are converted or refused; nothing else happens.
#[test]
fn every_hostile_file_is_converted_or_refused() {
    let Some(folder) = corpus("hostile") else { return };
    let (mut converted, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let message =
            MsgFile::open(&path).and_then(|file| file.message()?.to_object(&ObjectLimits::default()));
        match message.and_then(|message| to_mime(&message, &options())) {
            Ok(mime) => {
                check_wire(&path.display().to_string(), &mime.bytes);
                converted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(converted > 0 && refused > 0, "{converted} converted, {refused} refused");
}

#[test]
fn every_sound_file_becomes_mime() {
    let Some(folder) = corpus("msg") else { return };
    let files = sound_files(&folder);
    let mut losses: BTreeMap<(Reason, String), usize> = BTreeMap::new();
    let (mut with_html, mut encapsulated, mut without_loss) = (0, 0, 0);
    for (name, expected) in &files {
        let message = object(&folder.join(name));
        let found = check(name, &message, expected);
        let bytes = to_mime(&message, &options()).unwrap().bytes;
        let has_html = bytes.windows(23).any(|window| window == b"Content-Type: text/html");
        with_html += usize::from(has_html);
        encapsulated += usize::from(found.iter().any(|loss| loss.reason == Reason::NotInternetAddress));
        without_loss += usize::from(found.is_empty());
        for loss in found {
            *losses.entry((loss.reason, loss.name())).or_default() += 1;
        }
    }
    if std::env::var_os("MAPI_CORPUS_REPORT").is_some() {
        let count = files.len();
        println!(
            "{count} files, {with_html} with HTML, {encapsulated} with other addresses, {without_loss} without loss"
        );
        let mut rows: Vec<_> = losses.into_iter().collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        rows.iter().for_each(|((reason, name), count)| println!("{count:6} {reason:?} {name}"));
    }
    assert_eq!(files.len(), 211);
}
