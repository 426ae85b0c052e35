//! HTML or text out of RTF.
//!
//! `extract` tells the three kinds of RTF apart and runs the reader over it. The reader's parts: `reader.rs`
//! obeys control words, `destinations.rs` names the groups that hold no text, `fonts.rs` knows the code page
//! of each font, `output.rs` turns bytes into characters. Cutting RTF into tokens is in `tokens.rs`.
//!
//! # Source
//! `[MS-OXRTFEX]` 2.1.3 (recognising and reading), `[MSFT-RTF]`.

mod destinations;
mod fonts;
mod output;
mod reader;

use crate::Fault;
use crate::codepage::WINDOWS_1252;
use crate::tokens::{Token, Tokens};
use reader::Reader;

/// Groups may be nested this deep; real bodies stay below 100.
pub const MAX_GROUP_DEPTH: usize = 4096;

/// How many tokens are looked at for `\fromhtml1` or `\fromtext`.
const HEADER_TOKENS: usize = 10;

/// What RTF held.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extracted {
    /// RTF made from HTML (`\fromhtml1`), and the HTML it was made from.
    Html {
        /// The HTML. A `<meta charset>` in it still names the charset of the original bytes.
        html: String,
        /// The code page of the RTF (`\ansicpg`), usually that of the HTML.
        code_page: u32,
    },
    /// RTF made from plain text (`\fromtext`), and that text. Lines end in CR LF.
    Text(String),
    /// RTF that was written as such, and the plain text of it. Lines end in CR LF.
    Native {
        /// The text without formatting, hidden text, pictures, bullets, headers and field instructions.
        text: String,
    },
}

impl Extracted {
    /// The HTML or text, whichever it is.
    pub fn into_string(self) -> String {
        match self {
            Extracted::Html { html, .. } => html,
            Extracted::Text(text) | Extracted::Native { text } => text,
        }
    }
}

/// Which of the three kinds RTF is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Made from HTML: `\fromhtml1`.
    Html,
    /// Made from plain text: `\fromtext`.
    Text,
    /// Written as RTF.
    Native,
}

/// Takes the HTML or the text out of RTF.
///
/// Damaged RTF gives what can be read: an unfinished escape is dropped, unclosed groups are closed, what
/// stands behind the last group is ignored.
///
/// # Errors
/// - [`Fault::NotRtf`]: the bytes do not begin with `{\rtf`.
/// - [`Fault::TooDeep`]: groups nest deeper than [`MAX_GROUP_DEPTH`].
pub fn extract(rtf: &[u8]) -> Result<Extracted, Fault> {
    let kind = kind(rtf)?;
    let (text, code_page) = Reader::new(kind, rtf.len()).read(rtf)?;
    Ok(match kind {
        Kind::Html => Extracted::Html { html: text, code_page },
        Kind::Text => Extracted::Text(text),
        Kind::Native => Extracted::Native { text },
    })
}

/// The plain text of RTF of any kind, as a reader shows it that knows RTF alone: of RTF made from HTML what
/// stands beside the HTML. Lines end in CR LF.
///
/// # Errors
/// As [`extract`].
pub fn plain_text(rtf: &[u8]) -> Result<String, Fault> {
    let kind = if kind(rtf)? == Kind::Text { Kind::Text } else { Kind::Native };
    Ok(Reader::new(kind, rtf.len()).read(rtf)?.0)
}

/// Says which kind RTF is, looking at no more than its first ten tokens.
///
/// # Errors
/// [`Fault::NotRtf`]: the bytes do not begin with `{\rtf`.
pub fn kind(rtf: &[u8]) -> Result<Kind, Fault> {
    let mut tokens = Tokens::new(trimmed(rtf));
    if tokens.next() != Some(Token::GroupStart) {
        return Err(Fault::NotRtf);
    }
    let Some(Token::Word { name: b"rtf", .. }) = tokens.next() else { return Err(Fault::NotRtf) };
    for token in tokens.take(HEADER_TOKENS) {
        match token {
            Token::Word { name: b"fromhtml", value } if value != Some(0) => return Ok(Kind::Html),
            Token::Word { name: b"fromtext", .. } => return Ok(Kind::Text),
            Token::Word { .. } | Token::GroupStart => {}
            _ => break,
        }
    }
    Ok(Kind::Native)
}

/// RTF without what some writers put before it: white space and a UTF-8 mark.
fn trimmed(rtf: &[u8]) -> &[u8] {
    let rtf = rtf.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rtf);
    rtf.trim_ascii_start()
}

/// The code page in force until `\ansicpg` says another: that of `\ansi`.
const DEFAULT_CODE_PAGE: u32 = WINDOWS_1252;

#[cfg(test)]
mod tests;
