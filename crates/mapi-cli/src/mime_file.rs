//! Files that hold an Internet message: told by what is in them, whatever they are called.
//!
//! The conversion is `mapi_mime::from_mime`; mailboxes with many messages are `mailbox.rs`.

use crate::failure::{Failure, Outcome};
use mapi::{Clock, SystemClock};
use mapi_defs::object::MessageObject;
use mapi_mime::{FromOptions, from_mime};
use std::io::Read;
use std::path::Path;

/// Within so many octets a header has one of the fields that tell.
const HEAD_BYTES: u64 = 4096;

/// Fields of which a message has one near its beginning, in lower case.
const TELLING: [&str; 16] = [
    "bcc",
    "cc",
    "content-type",
    "date",
    "delivered-to",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "thread-topic",
    "to",
];

/// Whether a file begins as an Internet message does; what cannot be opened does not.
pub(crate) fn is_mime_file(path: &Path) -> bool {
    head(path).is_some_and(|head| is_mime(&head))
}

/// The first octets of a file; of a pipe, which gives its octets but once, none.
pub(crate) fn head(path: &Path) -> Option<Vec<u8>> {
    if !path.is_file() {
        return None;
    }
    let file = std::fs::File::open(path).ok()?;
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    Some(head)
}

/// Whether octets begin as an Internet message does: with a header field, and one that tells among the first.
pub(crate) fn is_mime(octets: &[u8]) -> bool {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets).trim_ascii_start();
    let head = octets.get(..octets.len().min(HEAD_BYTES as usize)).unwrap_or(octets);
    let mut lines = head.split(|octet| matches!(octet, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let mut lines_of_header = lines.by_ref().skip_while(|line| line.starts_with(b"From "));
    let Some(first) = lines_of_header.next() else { return false };
    field_name(first).is_some_and(|name| {
        let is_telling = |name: &str| TELLING.iter().any(|known| known.eq_ignore_ascii_case(name));
        is_telling(name) || lines_of_header.filter_map(field_name).any(is_telling)
    })
}

/// Whether the first line is one of a header, or of an envelope before it.
pub(crate) fn begins_with_field(octets: &[u8]) -> bool {
    let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
    line.trim_ascii().is_empty() || line.starts_with(b"From ") || field_name(line).is_some()
}

/// The name of the field that a line begins.
fn field_name(line: &[u8]) -> Option<&str> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name =
        !name.is_empty() && name.iter().all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(octet));
    if is_name { str::from_utf8(name).ok() } else { None }
}

/// The message that the octets of `path` are.
pub(crate) fn message(octets: &[u8], path: &Path) -> Outcome<MessageObject> {
    let options = FromOptions::new(SystemClock.now());
    from_mime(octets, &options).map_err(|error| crate::input::unreadable(path, Failure::from(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_by_their_header() {
        for (octets, expect) in [
            (&b"From: a@b\n\nx"[..], true),
            (b"\xEF\xBB\xBF\r\nX-A: b\r\n c\r\nSubject: x\r\n", true),
            (b"From ann@x.org Fri Nov 20\nReceived: x\n", true),
            (b"https://example.org/\nmore: x\n", false),
            (b"{\"to\": 1}", false),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", false),
            (b"plain text\nSubject: x\n", false),
            (b"", false),
        ] {
            assert_eq!(is_mime(octets), expect, "{}", String::from_utf8_lossy(octets));
        }
    }
}
