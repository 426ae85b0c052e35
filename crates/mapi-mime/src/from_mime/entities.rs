//! `Entities`: where the headers, bodies and parts of a message are in its bytes.
//!
//! One pass over the lines, with a stack of open boundaries in place of recursion, so that depth and number
//! of parts are bounded whatever the bytes say. Nothing is copied or decoded here. What the fields say is read
//! by mail-parser, in `values.rs`.
//!
//! # Differs
//! mail-parser's own tree is not used: it builds messages within messages without a limit (its value for
//! 100,000 of them cannot be dropped on an ordinary stack), keeps every field of every part decoded, and
//! takes a boundary in the middle of a line for one.

use crate::from_mime::described::Described;
use crate::from_mime::fields::field_name;
use crate::from_mime::limits::{Budget, MAX_HEADER_BYTES, MULTIPART_DEPTH, too_big};
use mapi_defs::Result;
use mapi_spi::copy::EMBEDDED_DEPTH;
use memchr::memmem::Finder;
use std::ops::Range;

/// How an entity is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Octets.
    Leaf,
    /// Parts, parted by a boundary that was found.
    Multipart,
    /// One message, as the only child.
    Message,
}

/// A header with what it describes.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) kind: Kind,
    pub(crate) header: Range<usize>,
    pub(crate) body: Range<usize>,
    pub(crate) children: Vec<usize>,
    /// Parts of a digest are messages unless they say otherwise.
    pub(crate) in_digest: bool,
    is_digest: bool,
}

/// The entities of one message; the first is the message itself.
pub(crate) struct Entities<'x> {
    pub(crate) bytes: &'x [u8],
    all: Vec<Entity>,
    /// In how many messages these octets were found.
    messages: usize,
}

impl<'x> Entities<'x> {
    /// Finds all entities of a message that is itself in `messages` others.
    pub(crate) fn split(bytes: &'x [u8], messages: usize, budget: &mut Budget) -> Result<Self> {
        let mut splitter = Splitter {
            entities: Self { bytes, all: Vec::new(), messages },
            open: Vec::new(),
            place: 0,
            boundaries: 0,
            dashes: Finder::new(b"\n--"),
        };
        splitter.entity(None, budget)?;
        while let Some(delimiter) = splitter.next_delimiter() {
            splitter.pass(&delimiter, budget)?;
        }
        splitter.close_above(0, bytes.len());
        Ok(splitter.entities)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Entity> {
        self.all.get(index)
    }

    pub(crate) fn header(&self, index: usize) -> &'x [u8] {
        self.octets(self.get(index).map(|entity| entity.header.clone()))
    }

    pub(crate) fn body(&self, index: usize) -> &'x [u8] {
        self.octets(self.get(index).map(|entity| entity.body.clone()))
    }

    fn octets(&self, range: Option<Range<usize>>) -> &'x [u8] {
        range.and_then(|range| self.bytes.get(range)).unwrap_or_default()
    }
}

/// An entity whose end has not been met.
struct Open {
    entity: usize,
    /// What parts its children; only for multiparts.
    boundary: Option<Vec<u8>>,
}

/// A line that parts two entities.
struct Delimiter {
    line: Range<usize>,
    /// Which open entity it belongs to.
    level: usize,
    is_last: bool,
}

struct Splitter<'x> {
    entities: Entities<'x>,
    open: Vec<Open>,
    place: usize,
    /// How many of the open entities have a boundary.
    boundaries: usize,
    dashes: Finder<'static>,
}

impl<'x> Splitter<'x> {
    /// Reads the header of an entity at the current place, and of the messages that begin in it.
    fn entity(&mut self, mut parent: Option<usize>, budget: &mut Budget) -> Result<()> {
        let mut is_root = parent.is_none();
        loop {
            budget.part()?;
            let header = self.header(is_root)?;
            let in_digest = parent
                .and_then(|parent| self.entities.get(parent))
                .is_some_and(|parent| parent.is_digest && parent.kind == Kind::Multipart);
            let described = Described::read(self.slice(header.clone()), in_digest);
            let index = self.entities.all.len();
            let kind = if described.is_plain_message() { Kind::Message } else { Kind::Leaf };
            let body = self.place..self.place;
            let is_digest = described.is_digest();
            self.entities.all.push(Entity { kind, header, body, children: Vec::new(), in_digest, is_digest });
            if let Some(parent) = parent.and_then(|parent| self.entities.all.get_mut(parent)) {
                parent.children.push(index);
            }
            let boundary = described.boundary().map(|boundary| boundary.as_bytes().to_vec());
            self.open_entity(index, boundary)?;
            if kind != Kind::Message {
                return Ok(());
            }
            (parent, is_root) = (Some(index), true);
        }
    }

    fn open_entity(&mut self, entity: usize, boundary: Option<Vec<u8>>) -> Result<()> {
        let messages = self.open.iter().filter(|open| self.kind(open.entity) == Some(Kind::Message)).count();
        let is_message = usize::from(self.kind(entity) == Some(Kind::Message));
        self.boundaries = self.boundaries.saturating_add(usize::from(boundary.is_some()));
        self.open.push(Open { entity, boundary });
        if self.boundaries > MULTIPART_DEPTH {
            return Err(too_big(format!("multiparts are nested more than {MULTIPART_DEPTH} deep")));
        }
        let messages = messages.saturating_add(is_message);
        if self.entities.messages.saturating_add(messages) > EMBEDDED_DEPTH {
            return Err(too_big(format!("messages are embedded more than {EMBEDDED_DEPTH} deep")));
        }
        Ok(())
    }

    fn kind(&self, entity: usize) -> Option<Kind> {
        self.entities.get(entity).map(|entity| entity.kind)
    }

    fn slice(&self, range: Range<usize>) -> &'x [u8] {
        self.entities.bytes.get(range).unwrap_or_default()
    }

    /// The end of the line at `start`, behind its line feed.
    fn line_end(&self, start: usize) -> usize {
        let rest = self.slice(start..self.entities.bytes.len());
        memchr::memchr(b'\n', rest)
            .map_or(self.entities.bytes.len(), |place| start.saturating_add(place).saturating_add(1))
    }

    /// Reads over a header; the place is then that of the body.
    fn header(&mut self, is_root: bool) -> Result<Range<usize>> {
        if is_root {
            self.skip_before_header();
        }
        let start = self.place;
        let mut at = start;
        while at < self.entities.bytes.len() {
            let end = self.line_end(at);
            let line = self.slice(at..end);
            let text = line.trim_ascii_end();
            if line == b"\n" || line == b"\r\n" {
                self.place = end;
                return Ok(start..at);
            }
            let is_text = at == start && !is_root && field_name(line).is_none();
            if is_text || self.delimiter_of(text).is_some() {
                break;
            }
            if end.saturating_sub(start) > MAX_HEADER_BYTES {
                return Err(too_big(format!("a header of more than {MAX_HEADER_BYTES} octets")));
            }
            at = end;
        }
        self.place = at;
        Ok(start..at)
    }

    /// Line ends, and the line that mailbox files put between messages, are no part of a message.
    fn skip_before_header(&mut self) {
        let bytes = self.entities.bytes;
        while matches!(bytes.get(self.place), Some(b'\r' | b'\n')) {
            self.place = self.place.saturating_add(1);
        }
        let rest = bytes.get(self.place..).unwrap_or_default();
        if rest.starts_with(b"From ") || rest.starts_with(b">From ") {
            self.place = self.line_end(self.place);
        }
    }

    /// The next line from here on that is a delimiter of an open multipart.
    fn next_delimiter(&mut self) -> Option<Delimiter> {
        if self.boundaries == 0 {
            return None;
        }
        let bytes = self.entities.bytes;
        let mut at = self.place;
        loop {
            let rest = bytes.get(at..)?;
            if !rest.starts_with(b"--") {
                at = at.saturating_add(self.dashes.find(rest)?).saturating_add(1);
            }
            let end = self.line_end(at);
            if let Some((level, is_last)) = self.delimiter_of(self.slice(at..end).trim_ascii_end()) {
                return Some(Delimiter { line: at..end, level, is_last });
            }
            // The line feed stays, so that the next line is found by it.
            at = end.saturating_sub(1).max(at.saturating_add(1));
        }
    }

    /// Which open multipart a line parts, and whether it is the last of its lines.
    fn delimiter_of(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--").filter(|_| self.boundaries > 0)?;
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let behind = rest.strip_prefix(open.boundary.as_deref()?)?;
            (behind.is_empty() || behind.starts_with(b"--")).then_some((level, !behind.is_empty()))
        })
    }

    /// Ends what the delimiter ends, and begins what it begins.
    fn pass(&mut self, delimiter: &Delimiter, budget: &mut Budget) -> Result<()> {
        let before = self.slice(0..delimiter.line.start);
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        self.close_above(delimiter.level.saturating_add(1), before.len());
        self.place = delimiter.line.end;
        let Some(owner) = self.open.last().map(|open| open.entity) else { return Ok(()) };
        if let Some(owner) = self.entities.all.get_mut(owner) {
            owner.kind = Kind::Multipart;
        }
        if delimiter.is_last {
            self.close_above(delimiter.level, delimiter.line.end);
            return Ok(());
        }
        self.entity(Some(owner), budget)
    }

    /// Ends the open entities from `level` on.
    fn close_above(&mut self, level: usize, end: usize) {
        while self.open.len() > level {
            let Some(open) = self.open.pop() else { break };
            self.boundaries = self.boundaries.saturating_sub(usize::from(open.boundary.is_some()));
            if let Some(entity) = self.entities.all.get_mut(open.entity) {
                entity.body.end = entity.body.start.max(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let mut budget = Budget::new(text.len());
        let entities = Entities::split(text.as_bytes(), 0, &mut budget).unwrap();
        fn write(entities: &Entities<'_>, index: usize, out: &mut String) {
            let entity = entities.get(index).unwrap();
            match entity.kind {
                Kind::Leaf => out.push_str(&String::from_utf8_lossy(entities.body(index))),
                kind => {
                    out.push(if kind == Kind::Message { '{' } else { '(' });
                    entity.children.iter().for_each(|child| write(entities, *child, out));
                    out.push(if kind == Kind::Message { '}' } else { ')' });
                }
            }
            out.push(';');
        }
        let mut out = String::new();
        write(&entities, 0, &mut out);
        out
    }

    #[test]
    fn parts_are_found_by_whole_lines() {
        let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        assert_eq!(shape("A: 1\r\n\r\ntext\r\n"), "text\r\n;");
        assert_eq!(
            shape(&format!("{head}pre\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\npost")),
            "(one;two;);"
        );
        assert_eq!(
            shape(&format!("{head}--b\n\none\n--bb\n x--b\n--b  \n\ntwo")),
            "(one\n--bb\n x--b;two;);"
        );
        assert_eq!(shape(&format!("{head}--b\r\nA: 1\r\n--b\r\nno header\r\n--b--")), "(;no header;);");
        assert_eq!(shape(&format!("{head}no parts")), "no parts;");
        let nested = "--b\r\nContent-Type: multipart/x; boundary=bb\r\n\r\n--bb\r\n\r\n1\r\n--b\r\n\r\n2\r\n--bb\r\n\r\n3";
        assert_eq!(shape(&format!("{head}{nested}")), "((1;);2\r\n--bb\r\n\r\n3;);");
    }

    #[test]
    fn messages_are_entities_with_one_child() {
        let inner = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ntext";
        let head = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
        assert_eq!(
            shape(&format!("{head}--b\r\n{inner}\r\n--b\r\n\r\nA: 1\r\n\r\n2\r\n--b--")),
            "({text;};{2;};);"
        );
        assert_eq!(shape(inner), "{text;};");
    }
}
