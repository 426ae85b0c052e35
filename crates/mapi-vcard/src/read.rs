//! `Cards`: a file taken apart into its cards.
//!
//! A file may be anything: it is walked once, nothing is taken by a claimed length, and cards within
//! cards are counted and not entered.

use crate::card::{Card, Version};
use crate::line;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;

/// Octets of one card, at most.
pub const MOST_CARD_BYTES: usize = 64 << 20;
/// Lines of one card, at most.
pub const MOST_LINES: usize = 10_000;

/// True where octets begin as a vCard does.
pub fn is_vcard(octets: &[u8]) -> bool {
    let head = octets.get(..octets.len().min(256)).unwrap_or(octets);
    let head = as_utf8(head);
    let head = head.trim_ascii_start();
    let begin = b"BEGIN:VCARD";
    head.len() >= begin.len() && head[..begin.len()].eq_ignore_ascii_case(begin)
}

/// The cards of a file, one after the other; what stands between them is passed over. A card that cannot
/// be read is an error in its place, and the next one is read.
#[derive(Debug)]
pub struct Cards<'a> {
    octets: Cow<'a, [u8]>,
    place: usize,
}

impl<'a> Cards<'a> {
    /// The cards of a file's octets: UTF-8, or UTF-16 that says so at its head.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { octets: as_utf8(octets), place: 0 }
    }

    /// How many octets have been read, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.place, self.octets.len())
    }

    /// The next line as it stands in the file, without its end.
    fn physical_line(&mut self) -> Option<(usize, usize)> {
        let start = self.place;
        let rest = self.octets.get(start..).filter(|rest| !rest.is_empty())?;
        let end = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
        let ending = match rest.get(end..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        self.place = start + end + ending;
        Some((start, start + end))
    }
}

/// UTF-8 octets without a mark at their head.
fn as_utf8(octets: &[u8]) -> Cow<'_, [u8]> {
    match octets {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFF, 0xFE, ..] | [b'B' | b'b', 0, ..] => wide(octets, UTF_16LE),
        [0xFE, 0xFF, ..] | [0, b'B' | b'b', ..] => wide(octets, UTF_16BE),
        _ => Cow::Borrowed(octets),
    }
}

fn wide<'a>(octets: &'a [u8], encoding: &'static encoding_rs::Encoding) -> Cow<'a, [u8]> {
    debug_assert_ne!(encoding, UTF_8);
    let (text, _) = encoding.decode_with_bom_removal(octets);
    Cow::Owned(text.into_owned().into_bytes())
}

impl Iterator for Cards<'_> {
    type Item = Result<Card>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (start, end) = self.physical_line()?;
            if is(&self.octets[start..end], b"BEGIN:VCARD") {
                break;
            }
        }
        let begin = self.place;
        let (mut lines, mut depth, mut inner, mut bytes) = (Vec::new(), 0_usize, 0_usize, 0_usize);
        while let Some((start, end)) = self.physical_line() {
            let line = &self.octets[start..end];
            if is(line, b"BEGIN:VCARD") {
                depth += 1;
                inner += 1;
            } else if is(line, b"END:VCARD") {
                if depth == 0 {
                    return Some(self.card(&lines, inner, bytes));
                }
                depth -= 1;
            } else if depth == 0 {
                bytes = bytes.saturating_add(end - start);
                // What is too much is counted on to its end, and then refused.
                if bytes <= MOST_CARD_BYTES && lines.len() <= MOST_PHYSICAL_LINES {
                    lines.push((start, end));
                }
            }
        }
        Some(Err(broken(begin, "it does not end")))
    }
}

/// Lines as they stand in the file: a photo alone has thousands.
const MOST_PHYSICAL_LINES: usize = MOST_CARD_BYTES / 16;

impl Cards<'_> {
    fn card(&self, places: &[(usize, usize)], inner: usize, bytes: usize) -> Result<Card> {
        let begin = places.first().map_or(self.place, |place| place.0);
        if bytes > MOST_CARD_BYTES || places.len() > MOST_PHYSICAL_LINES {
            return Err(Error::new(
                ErrorCode::TOO_BIG,
                CALL,
                format!("the card at octet {begin} is too big"),
            ));
        }
        let physical: Vec<&[u8]> = places.iter().map(|(start, end)| &self.octets[*start..*end]).collect();
        let version = version(&physical);
        let mut card = Card { unread: inner, ..Card::new(version) };
        let mut lines = physical.into_iter().peekable();
        while let Some(first) = lines.next() {
            let mut whole = first.to_vec();
            loop {
                let is_soft = whole.ends_with(b"=") && line::is_quoted_printable(&whole);
                match lines.next_if(|next| is_soft || matches!(next.first(), Some(b' ' | b'\t'))) {
                    Some(next) if is_soft => {
                        whole.extend_from_slice(b"\r\n");
                        whole.extend_from_slice(next);
                    }
                    // RFC 2426 2.6: the blank is the fold's; in 2.1 it is the text's.
                    Some(next) if version == Version::V2 => whole.extend_from_slice(next),
                    Some(next) => whole.extend_from_slice(next.get(1..).unwrap_or_default()),
                    None => break,
                }
            }
            if whole.trim_ascii().is_empty() {
                continue;
            }
            match line::read(&whole, version) {
                Some(line) if line.name == "VERSION" => {}
                Some(line) => card.lines.push(line),
                None => card.unread += 1,
            }
            if card.lines.len() > MOST_LINES {
                return Err(Error::new(
                    ErrorCode::TOO_BIG,
                    CALL,
                    format!("the card at octet {begin} has too many lines"),
                ));
            }
        }
        Ok(card)
    }
}

const CALL: &str = "Cards::next";

fn broken(place: usize, why: &str) -> Error {
    Error::new(ErrorCode::CORRUPT_DATA, CALL, format!("the card at octet {place}: {why}"))
}

/// Whether a line is this one, in any case and with blanks around its colon, as 2.1 has them.
fn is(line: &[u8], expected: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.eq_ignore_ascii_case(expected) {
        return true;
    }
    let halves = |line: &[u8]| {
        let colon = line.iter().position(|octet| *octet == b':')?;
        Some((
            line[..colon].trim_ascii().to_ascii_uppercase(),
            line[colon + 1..].trim_ascii().to_ascii_uppercase(),
        ))
    };
    line.len() <= 64 && halves(line).is_some_and(|found| Some(found) == halves(expected))
}

fn version(lines: &[&[u8]]) -> Version {
    let said =
        lines.iter().find(|line| line.get(..8).is_some_and(|head| head.eq_ignore_ascii_case(b"VERSION:")));
    match said.map(|line| line[8..].trim_ascii()) {
        Some(b"2.1" | b"2.0") => Version::V2,
        Some(version) if version.starts_with(b"4") => Version::V4,
        _ => Version::V3,
    }
}
