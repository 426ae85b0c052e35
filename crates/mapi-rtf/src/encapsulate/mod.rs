//! HTML or text into RTF, such that taking it out again gives the same.
//!
//! The HTML is kept word for word in `\htmltag` groups; beside it stands enough RTF for a reader that knows
//! RTF only to show text, paragraphs and bold letters. Cutting HTML into pieces is in `pieces.rs`, the way
//! back in `deencapsulate/`.
//!
//! # Source
//! `[MS-OXRTFEX]` 2.1.1 (control words), 2.1.2 (writing).

mod pieces;

use pieces::{Piece, Pieces};

const HTML_HEAD: &str = "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl\r\n\
{\\f0\\fswiss\\fcharset0 Arial;}\r\n{\\f1\\fmodern\\fcharset0 Courier New;}}\r\n\
{\\colortbl\\red0\\green0\\blue0;}\r\n\\uc1\\pard\\plain\\deftab360 \\f0\\fs24 \r\n";

const TEXT_HEAD: &str = "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl\r\n\
{\\f0\\fswiss\\fcharset0 Arial;}}\r\n{\\colortbl\\red0\\green0\\blue0;}\r\n\
\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 ";

/// Makes RTF of plain text: `\fromtext`.
///
/// [`crate::extract`] gives the same text back. CR LF becomes a paragraph; a single CR or LF stays what it is.
pub fn encapsulate_text(text: &str) -> Vec<u8> {
    let mut rtf = Writer::new(TEXT_HEAD, text.len());
    rtf.text(text);
    rtf.finish()
}

/// Makes RTF of HTML: `\fromhtml1`.
///
/// [`crate::extract`] gives the same HTML back, well-formed or not. The RTF is in code page 1252 with `\u` for
/// what that lacks, whatever charset the HTML names.
pub fn encapsulate_html(html: &str) -> Vec<u8> {
    let mut rtf = Writer::new(HTML_HEAD, html.len().saturating_mul(2));
    let mut shown = false;
    let mut preformatted = false;
    for piece in Pieces::new(html) {
        match piece {
            Piece::Tag { name, closing, source } => {
                shown |= !pieces::is_head_element(name);
                if name.eq_ignore_ascii_case("pre") {
                    preformatted = !closing;
                }
                rtf.tag(tag_number(name, closing), source);
                rtf.for_rtf_readers(shown_for_tag(name, closing));
            }
            Piece::Hidden { number, source } => rtf.tag(number, source),
            Piece::Entity { source, meaning } => {
                rtf.tag(84, source);
                if shown {
                    rtf.character_for_rtf_readers(meaning);
                }
            }
            Piece::LineEnd(source) => {
                rtf.tag(4, source);
                match (shown, preformatted) {
                    (true, true) => rtf.for_rtf_readers("\\par"),
                    (true, false) => rtf.for_rtf_readers(" "),
                    (false, _) => {}
                }
            }
            Piece::Text(text) if shown => rtf.text(text),
            Piece::Text(text) => {
                shown = !text.trim_ascii().is_empty();
                match shown {
                    true => rtf.text(text),
                    false => rtf.tag(1, text),
                }
            }
        }
    }
    rtf.finish()
}

struct Writer {
    rtf: Vec<u8>,
}

impl Writer {
    fn new(head: &str, room: usize) -> Writer {
        let mut rtf = Vec::with_capacity(head.len().saturating_add(room));
        rtf.extend_from_slice(head.as_bytes());
        Writer { rtf }
    }

    fn raw(&mut self, rtf: &str) {
        self.rtf.extend_from_slice(rtf.as_bytes());
    }

    /// Writes a piece of HTML that RTF readers must not show.
    fn tag(&mut self, number: u32, source: &str) {
        self.raw("{\\*\\htmltag");
        self.raw(&number.to_string());
        self.raw(" ");
        self.text(source);
        self.raw("}");
    }

    /// Writes RTF that HTML readers must not take for text.
    fn for_rtf_readers(&mut self, rtf: &str) {
        if !rtf.is_empty() {
            self.raw("\\htmlrtf ");
            self.raw(rtf);
            self.raw("\\htmlrtf0 ");
        }
    }

    fn character_for_rtf_readers(&mut self, c: char) {
        self.raw("\\htmlrtf ");
        self.text(c.encode_utf8(&mut [0; 4]));
        self.raw("\\htmlrtf0 ");
    }

    /// Writes characters, escaping all that RTF or its code page could change.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let plain = rest.bytes().take_while(|&byte| is_plain(byte)).count();
            let (before, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            self.raw(before);
            let mut chars = after.chars();
            let Some(c) = chars.next() else { return };
            rest = chars.as_str();
            match c {
                '\r' if rest.starts_with('\n') => {
                    self.raw("\\par\r\n");
                    rest = rest.get(1..).unwrap_or_default();
                }
                '\t' => self.raw("\\tab "),
                '{' | '}' | '\\' => {
                    self.raw("\\");
                    self.rtf.extend(u8::try_from(c));
                }
                '\0'..='\x1F' | '\x7F' | '\u{A0}'..='\u{FF}' => self.raw(&format!("\\'{:02x}", u32::from(c))),
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.raw(&format!("\\u{}?", unit.cast_signed()));
                    }
                }
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.raw("}");
        self.rtf
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E) && !matches!(byte, b'{' | b'}' | b'\\')
}

/// The number behind `\htmltag`: what the tag is, where it stands, and 8 for a closing one. Readers need it
/// not; it is there for editors.
fn tag_number(name: &str, closing: bool) -> u32 {
    let number = match name.to_ascii_lowercase().as_str() {
        "html" => 19,
        "head" => 34,
        "meta" | "base" | "link" | "title" => 161,
        "style" | "script" => 241,
        "body" => 50,
        "p" => 64,
        "a" | "b" | "i" | "u" | "em" | "strong" => 84,
        "div" => 96,
        "br" => 116,
        "ul" | "ol" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => 128,
        "span" | "font" => 148,
        _ => 240,
    };
    if closing { number | 8 } else { number }
}

/// What a reader of RTF does for a tag.
fn shown_for_tag(name: &str, closing: bool) -> &'static str {
    match (name.to_ascii_lowercase().as_str(), closing) {
        ("br", _) => "\\line",
        ("p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "hr", true) => "\\par",
        ("td" | "th", true) => "\\tab",
        ("li", false) => "\\bullet\\tab",
        ("b" | "strong", false) => "\\b",
        ("b" | "strong", true) => "\\b0",
        ("i" | "em", false) => "\\i",
        ("i" | "em", true) => "\\i0",
        ("u", false) => "\\ul",
        ("u", true) => "\\ulnone",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
