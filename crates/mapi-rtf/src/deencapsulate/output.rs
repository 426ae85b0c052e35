//! The text that a reader collects: bytes gathered per code page, UTF-16 units joined, HTML kept safe.
//!
//! Bytes are decoded only when the code page is sure not to change any more, because half a character may
//! stand in one escape and the other half in the next, or in plain text.

use super::fonts::SYMBOL;
use crate::codepage;

/// Latin-1: how glyph numbers of symbol fonts are passed on.
const LATIN_1: u32 = 28591;

#[derive(Debug)]
pub(super) struct Output {
    text: String,
    /// Bytes not decoded yet, and how.
    bytes: Vec<u8>,
    bytes_are: How,
    /// Whether the last byte opens a two-byte character.
    half: bool,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    tables: Tables,
}

/// The code pages of one byte per character met so far: most text is in one of them, byte by byte.
#[derive(Debug, Default)]
struct Tables {
    met: Vec<(u32, Option<Box<[char; 256]>>)>,
    /// The one used last.
    latest: usize,
}

impl Tables {
    /// The character of a byte, or `None` when the code page is not of that kind.
    fn character(&mut self, code_page: u32, byte: u8) -> Option<char> {
        if self.met.get(self.latest).is_none_or(|(known, _)| *known != code_page) {
            // There are no more of them than code pages, about a hundred.
            let known = self.met.iter().position(|(known, _)| *known == code_page);
            self.latest = known.unwrap_or(self.met.len());
            if known.is_none() {
                self.met.push((code_page, codepage::single_byte_table(code_page)));
            }
        }
        let (_, table) = self.met.get(self.latest)?;
        table.as_ref()?.get(usize::from(byte)).copied()
    }
}

/// How bytes and characters are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct How {
    pub(super) code_page: u32,
    /// Whether `<` and `>` are text and must not become tags.
    pub(super) escaped: bool,
}

impl Output {
    pub(super) fn new(how: How, capacity: usize) -> Output {
        let text = String::with_capacity(capacity);
        let tables = Tables::default();
        Output { text, bytes: Vec::new(), bytes_are: how, half: false, high: None, tables }
    }

    /// Adds one escaped byte.
    pub(super) fn byte(&mut self, byte: u8, how: How) {
        let page = if how.code_page == SYMBOL { LATIN_1 } else { how.code_page };
        if let Some(c) = self.tables.character(page, byte) {
            return self.character(c, how);
        }
        self.settle_half_pair();
        if how != self.bytes_are {
            self.settle_bytes();
            self.bytes_are = how;
        }
        self.half = !self.half && codepage::is_lead_byte(how.code_page, byte);
        self.bytes.push(byte);
    }

    /// Adds plain text, which is ASCII unless its writer forgot to escape.
    pub(super) fn text(&mut self, text: &[u8], how: How) {
        let mut text = text;
        if self.half
            && how == self.bytes_are
            && let Some((&trail, rest)) = text.split_first()
        {
            self.byte(trail, how);
            text = rest;
        }
        if !text.is_ascii() {
            text.iter().for_each(|&byte| self.byte(byte, how));
            return;
        }
        self.settle();
        match str::from_utf8(text) {
            Ok(ascii) if !how.escaped => self.text.push_str(ascii),
            Ok(ascii) => push_escaped(&mut self.text, ascii),
            Err(_) => {}
        }
    }

    /// Says whether the next byte completes a character.
    pub(super) fn wants_trail(&self, how: How) -> bool {
        self.half && how == self.bytes_are
    }

    /// Adds a character.
    pub(super) fn character(&mut self, c: char, how: How) {
        self.settle();
        match c {
            '<' if how.escaped => self.text.push_str("&lt;"),
            '>' if how.escaped => self.text.push_str("&gt;"),
            _ => self.text.push(c),
        }
    }

    /// Adds text of our own, such as a line end.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.settle();
        self.text.push_str(text);
    }

    /// Adds a number of `\u`: a UTF-16 unit, often written as a negative one, or now and then a character.
    pub(super) fn unit(&mut self, number: i32, how: How) {
        self.settle_bytes();
        let Ok(unit) = u16::try_from(number & 0xFFFF) else { return };
        let whole = u32::try_from(number).ok().filter(|&it| it > 0xFFFF).and_then(char::from_u32);
        if let Some(c) = whole {
            return self.character(c, how);
        }
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let pair = char::decode_utf16([high, unit]).next().and_then(Result::ok);
                self.character(pair.unwrap_or(char::REPLACEMENT_CHARACTER), how);
            }
            (before, _) => {
                self.high = before;
                self.settle_half_pair();
                self.single_unit(unit, how);
            }
        }
    }

    /// Decodes what is waiting and answers the text.
    pub(super) fn finish(mut self) -> String {
        self.settle();
        self.text
    }

    /// Decodes what is waiting, because what comes next cannot belong to it.
    pub(super) fn settle(&mut self) {
        self.settle_bytes();
        self.settle_half_pair();
    }

    fn single_unit(&mut self, unit: u16, how: How) {
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            0xF000..=0xF0FF if how.code_page == SYMBOL => {
                self.character(char::from(u8::try_from(unit & 0xFF).unwrap_or(b'?')), how);
            }
            _ => {
                let c = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.character(c, how);
            }
        }
    }

    fn settle_bytes(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        self.half = false;
        let How { code_page, escaped } = self.bytes_are;
        let decoded = codepage::decode(code_page, &self.bytes)
            .or_else(|| codepage::decode(codepage::WINDOWS_1252, &self.bytes))
            .map(|decoded| decoded.text)
            .unwrap_or_default();
        self.bytes.clear();
        if escaped {
            push_escaped(&mut self.text, &decoded);
        } else {
            self.text.push_str(&decoded);
        }
    }

    fn settle_half_pair(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Appends text that stood outside the HTML tags: an angle bracket in it opens none.
fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(['<', '>']) {
        out.push_str(before);
        let is_less = rest.as_bytes().get(before.len()) == Some(&b'<');
        out.push_str(if is_less { "&lt;" } else { "&gt;" });
        rest = after;
    }
    out.push_str(rest);
}
