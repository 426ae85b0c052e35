//! `Fields`: the header of one entity, written field by field so that no value can begin a field of its own.
//!
//! Everything that reaches a header passes through here: line breaks become spaces, other control
//! characters are left out, what is not plain ASCII is encoded (RFC 2047, RFC 2231), lines are folded. Which
//! fields there are is decided in `headers.rs`; addresses are checked in `address.rs`.

use crate::address::Mailbox;
use crate::loss::Reason;
use encodify::Fold;
use encodify::rfc2047::{B, Q_PHRASE, Q_TEXT, WordEncoder};
use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use std::borrow::Cow;

/// Words of text up to this length stay as they are; longer ones are encoded, so that lines can be short.
const LONGEST_PLAIN_WORD: usize = 70;
/// A word that cannot be encoded must leave room for the name of its field within 998 octets.
pub(crate) const LONGEST_WORD: usize = 900;
/// Lines are folded behind this column where a fold is possible.
const FOLD_COLUMN: usize = 76;
/// More spaces in a row than this would make folding produce lines of white space.
const LONGEST_GAP: &str = "    ";

/// The fields of one header, in order, each ending in CRLF.
#[derive(Default)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    names: Vec<String>,
}

impl Fields {
    /// Whether a field of this name was written.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Writes unstructured text; true where control characters were left out.
    ///
    /// Text without anything to show writes no field.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> bool {
        self.unstructured(name, value, LONGEST_PLAIN_WORD)
    }

    /// The same for a field of unknown structure: long words stay whole as far as a line holds them.
    pub(crate) fn unknown(&mut self, name: &str, value: &str) -> bool {
        self.unstructured(name, value, LONGEST_WORD)
    }

    fn unstructured(&mut self, name: &str, value: &str, longest_word: usize) -> bool {
        let (value, dropped) = without_controls(value);
        if value.is_empty() {
            return dropped;
        }
        let mut column = self.open(name);
        if is_plain(&value) && value.split(' ').all(|word| word.len() <= longest_word) {
            Raw::new(value.as_ref()).write_header(&mut self.bytes, column);
        } else {
            self.words(shorter(Q_TEXT, &value), &value, &mut column);
            self.close();
        }
        dropped
    }

    /// Writes a value whose syntax allows no encoding: ASCII, folded at its spaces.
    pub(crate) fn structured(&mut self, name: &str, value: &str) -> Result<(), Reason> {
        let (value, _) = without_controls(value);
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(is_visible_or_space) || value.contains(LONGEST_GAP) {
            return Err(Reason::Malformed);
        }
        if value.split(' ').any(|word| word.len() > LONGEST_WORD) {
            return Err(Reason::TooLong);
        }
        let column = self.open(name);
        Raw::new(value).write_header(&mut self.bytes, column);
        Ok(())
    }

    /// Writes words that may not be broken, such as message identifiers, one line each where needed.
    pub(crate) fn tokens(&mut self, name: &str, tokens: &[Cow<'_, str>]) {
        let mut column = self.open(name);
        for (place, token) in tokens.iter().enumerate() {
            self.gap(place, token.len(), &mut column);
            self.push(token.as_bytes(), &mut column);
        }
        self.close();
    }

    /// Writes a list of addresses; nothing for an empty list.
    pub(crate) fn mailboxes(&mut self, name: &str, mailboxes: &[Mailbox]) {
        if mailboxes.is_empty() {
            return;
        }
        let mut column = self.open(name);
        for (place, mailbox) in mailboxes.iter().enumerate() {
            self.mailbox(place, mailbox, &mut column);
            if place.saturating_add(1) < mailboxes.len() {
                self.push(b",", &mut column);
            }
        }
        self.close();
    }

    fn mailbox(&mut self, place: usize, mailbox: &Mailbox, column: &mut usize) {
        let name = without_controls(&mailbox.name).0;
        match &mailbox.address {
            Some(address) if name.is_empty() => {
                self.gap(place, address.len().saturating_add(1), column);
                self.push(address.as_bytes(), column);
            }
            Some(address) => {
                self.phrase(place, &name, column);
                self.gap(1, address.len().saturating_add(3), column);
                for piece in ["<", address, ">"] {
                    self.push(piece.as_bytes(), column);
                }
            }
            // RFC 5322 3.4: a group without members is the form for a name without an address.
            None => {
                self.phrase(place, &name, column);
                self.push(b":;", column);
            }
        }
    }

    /// Writes a display name: a quoted string, or encoded words.
    fn phrase(&mut self, place: usize, name: &str, column: &mut usize) {
        if is_plain(name) && name.len() <= LONGEST_PLAIN_WORD {
            let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
            self.gap(place, quoted.len(), column);
            self.push(quoted.as_bytes(), column);
        } else {
            self.gap(place, LONGEST_PLAIN_WORD.min(name.len()), column);
            self.words(shorter(Q_PHRASE, name), name, column);
        }
    }

    /// Writes a value with parameters (RFC 2231); the value itself must be a checked token.
    pub(crate) fn parameters(&mut self, name: &str, value: ContentType<'_>) {
        let column = self.open(name);
        value.write_header(&mut self.bytes, column);
    }

    /// Writes a field whose value was made here out of safe characters and fits on a line.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        self.open(name);
        self.bytes.extend_from_slice(value.as_bytes());
        self.close();
    }

    /// Writes lines that were made elsewhere out of safe characters; each ends in CRLF.
    pub(crate) fn verbatim(&mut self, name: &str, lines: &[u8]) {
        self.names.push(name.to_owned());
        self.bytes.extend_from_slice(lines);
    }

    /// Appends the fields of another header.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.bytes.append(&mut other.bytes);
        self.names.append(&mut other.names);
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins a field and answers the column behind its name.
    fn open(&mut self, name: &str) -> usize {
        self.names.push(name.to_owned());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
        name.len().saturating_add(2)
    }

    fn close(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn push(&mut self, bytes: &[u8], column: &mut usize) {
        self.bytes.extend_from_slice(bytes);
        *column = column.saturating_add(bytes.len());
    }

    /// Parts the item at `place` from the one before it: by a space, or by a fold where it would not fit.
    fn gap(&mut self, place: usize, length: usize, column: &mut usize) {
        if place == 0 {
            return;
        }
        if column.saturating_add(length).saturating_add(1) > FOLD_COLUMN {
            self.bytes.extend_from_slice(b"\r\n ");
            *column = 1;
        } else {
            self.push(b" ", column);
        }
    }

    fn words(&mut self, encoder: WordEncoder, text: &str, column: &mut usize) {
        encoder.encode_words("utf-8", text, column, Fold::HEADER, &mut self.bytes);
    }
}

/// Whether a name may be that of a header field (RFC 5322 3.6.8), and is not absurdly long.
pub(crate) fn is_field_name(name: &str) -> bool {
    (1..=LONGEST_PLAIN_WORD).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, 33..=57 | 59..=126))
}

/// The text on one line: line breaks, with the white space behind them, become one space; other control
/// characters are left out, which the second answer tells.
pub(crate) fn without_controls(text: &str) -> (Cow<'_, str>, bool) {
    if !text.bytes().any(|byte| byte.is_ascii_control()) {
        return (Cow::Borrowed(text), false);
    }
    let (mut out, mut dropped, mut behind_break) = (String::with_capacity(text.len()), false, false);
    for letter in text.chars() {
        match letter {
            '\r' | '\n' => behind_break = true,
            ' ' | '\t' if behind_break => {}
            '\t' => out.push(' '),
            _ if letter.is_ascii_control() => dropped = true,
            _ => {
                if behind_break && !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
                behind_break = false;
                out.push(letter);
            }
        }
    }
    (Cow::Owned(out), dropped)
}

/// Whether text can stand in a header as it is and will be read back as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(is_visible_or_space)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("=?")
        && !text.contains(LONGEST_GAP)
}

fn is_visible_or_space(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// The "Q" encoding where it is not longer than "B".
fn shorter(q: WordEncoder, text: &str) -> WordEncoder {
    if q.payload_len(text) <= B.payload_len(text) { q } else { B }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fill: impl FnOnce(&mut Fields)) -> String {
        let mut fields = Fields::default();
        fill(&mut fields);
        String::from_utf8(fields.bytes).unwrap()
    }

    #[track_caller]
    fn check_text(value: &str, expect: &str) {
        let text = written(|fields| {
            fields.text("Subject", value);
        });
        assert_eq!(text, expect, "{value:?}");
    }

    #[test]
    fn text_stays_on_its_own_field() {
        check_text("Lunch on Friday", "Subject: Lunch on Friday\r\n");
        check_text("a\r\nBcc: eve@example.org", "Subject: a Bcc: eve@example.org\r\n");
        check_text("a\r\n \tb\nc\rd\0e", "Subject: a b c de\r\n");
        check_text("\r\n", "");
        check_text("caf\u{e9} au lait", "Subject: =?utf-8?Q?caf=C3=A9_au_lait?=\r\n");
        check_text("=?utf-8?Q?x?=", "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n");
        check_text(" led by a space", "Subject: =?utf-8?Q?_led_by_a_space?=\r\n");
        check_text("\u{65e5}\u{672c}", "Subject: =?utf-8?B?5pel5pys?=\r\n");
    }

    #[test]
    fn lines_are_folded_and_long_words_encoded() {
        let long = format!("{} end", "word ".repeat(30).trim_end());
        let folded = written(|fields| {
            fields.text("Subject", &long);
        });
        assert!(
            folded.lines().all(|line| line.len() <= 78) && folded.matches("\r\n ").count() == 2,
            "{folded}"
        );
        assert_eq!(folded.replace("\r\n ", " ").trim_end(), format!("Subject: {long}"));
        let endless = written(|fields| {
            fields.text("Subject", &"x".repeat(5000));
        });
        assert!(endless.lines().all(|line| line.len() <= 78), "{endless}");
    }

    #[test]
    fn structured_values_are_refused_when_they_do_not_fit() {
        let mut fields = Fields::default();
        assert_eq!(fields.structured("List-Help", "caf\u{e9}"), Err(Reason::Malformed));
        assert_eq!(fields.structured("List-Help", &"x".repeat(901)), Err(Reason::TooLong));
        assert_eq!(fields.structured("List-Help", " "), Err(Reason::Malformed));
        assert!(fields.bytes.is_empty());
        assert_eq!(fields.structured("List-Help", "<mailto:a@example.org>,\r\n\t<https://b>"), Ok(()));
        assert_eq!(fields.bytes, b"List-Help: <mailto:a@example.org>, <https://b>\r\n");
        assert!(fields.has("list-help"));
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        let to = |name: &str, address: Option<&str>| {
            let mailbox = Mailbox { name: name.to_owned(), address: address.map(str::to_owned) };
            written(|fields| fields.mailboxes("To", &[mailbox]))
        };
        assert_eq!(to("Ann \"A\" \\", Some("a@b.c")), "To: \"Ann \\\"A\\\" \\\\\" <a@b.c>\r\n");
        assert_eq!(to("", Some("a@b.c")), "To: a@b.c\r\n");
        assert_eq!(to("Team", None), "To: \"Team\":;\r\n");
        assert_eq!(to("J\u{f6}rg", Some("a@b.c")), "To: =?utf-8?B?SsO2cmc=?= <a@b.c>\r\n");
        assert_eq!(to("x\r\nBcc: y", Some("a@b.c")), "To: \"x Bcc: y\" <a@b.c>\r\n");
    }

    #[test]
    fn a_field_name_is_visible_ascii_without_a_colon() {
        assert!(is_field_name("x-mailer") && is_field_name("X!"));
        for bad in ["", "a b", "a:", "a\r\nb", "\u{e9}", &"x".repeat(71)] {
            assert!(!is_field_name(bad), "{bad}");
        }
    }
}
