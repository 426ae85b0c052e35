//! Content-Transfer-Encoding: what text and bytes look like on the wire.
//!
//! Text is made of lines that end in CRLF before it comes here. Nothing that is written here contains
//! `--=_` at the beginning of a line, so a boundary that begins with `=_` cannot be met in it.

use encodify::base64::MIME;
use encodify::qp;
use mail_builder::Writer;
use std::borrow::Cow;

/// Lines of text up to this length need no encoding.
const LONGEST_PLAIN_LINE: usize = 78;
/// Octets encoded at a time: whole lines of 57 octets.
const CHUNK_BYTES: usize = 57 * 4096;

/// How a part's octets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    SevenBit,
    QuotedPrintable,
    Base64,
}

impl Encoding {
    /// The value of Content-Transfer-Encoding.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    /// The shortest encoding that keeps text whole.
    pub(crate) fn of_text(text: &[u8]) -> Self {
        if is_plain(text) {
            return Self::SevenBit;
        }
        let base64_length = MIME.encoded_len(text.len());
        match qp::BODY.encoded_len_within(text, base64_length) {
            Some(_) => Self::QuotedPrintable,
            None => Self::Base64,
        }
    }

    /// Octets that `length` octets take at most, except in a text that does not deserve quoted-printable.
    pub(crate) fn estimate(self, length: usize) -> usize {
        match self {
            Self::SevenBit => length,
            Self::QuotedPrintable => length.saturating_add(length / 4),
            Self::Base64 => MIME.encoded_len(length),
        }
    }

    /// Writes octets so encoded; the last line lacks its CRLF where text does, in base64 never.
    pub(crate) fn write(self, octets: &[u8], out: &mut impl Writer) {
        match self {
            Self::SevenBit => out.write(octets),
            Self::QuotedPrintable => {
                let length = self.estimate(octets.len());
                out.append_with(length, |buffer| qp::BODY.encode_append(octets, buffer));
            }
            Self::Base64 => {
                for chunk in octets.chunks(CHUNK_BYTES) {
                    out.append_with(MIME.encoded_len(chunk.len()), |buffer| {
                        MIME.encode_append(chunk, buffer)
                    });
                }
            }
        }
    }
}

/// Text with CRLF at the end of every line, whatever ended them.
pub(crate) fn with_crlf(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !has_bare_ends(&text) {
        return text;
    }
    let mut out = Vec::with_capacity(text.len().saturating_add(text.len() / 16));
    let mut after_cr = false;
    for byte in text.iter().copied() {
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => out.extend_from_slice(b"\r\n"),
            _ => out.push(byte),
        }
        after_cr = byte == b'\r';
    }
    Cow::Owned(out)
}

/// Whether some CR or LF stands alone.
fn has_bare_ends(text: &[u8]) -> bool {
    let Some((_, behind)) = text.split_first() else { return false };
    // Without an early exit the compiler compares many pairs at once.
    let uneven = text
        .iter()
        .zip(behind)
        .fold(false, |uneven, (byte, next)| uneven | ((*byte == b'\r') != (*next == b'\n')));
    uneven || text.starts_with(b"\n") || text.ends_with(b"\r")
}

/// Whether text is visible ASCII in short lines without white space at their ends.
fn is_plain(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').all(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.len() <= LONGEST_PLAIN_LINE
            && !line.ends_with(b" ")
            && !line.ends_with(b"\t")
            && !line.starts_with(b"--=_")
            // Mail stores of the mbox kind write ">" before such lines.
            && !line.starts_with(b"From ")
            && line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    })
}

/// Whether octets may stand in a message as they are: ASCII without NUL, whole line ends, no long lines.
pub(crate) fn is_sendable(octets: &[u8]) -> bool {
    const LONGEST_LINE: usize = 998;
    !has_bare_ends(octets)
        && octets.iter().all(|byte| matches!(byte, 1..=127))
        && octets
            .split(|byte| *byte == b'\n')
            .all(|line| line.strip_suffix(b"\r").unwrap_or(line).len() <= LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, encoding: Encoding, expect: &str) {
        let octets = with_crlf(Cow::Borrowed(text.as_bytes()));
        assert_eq!(Encoding::of_text(&octets), encoding, "{text:?}");
        let mut out = Vec::new();
        encoding.write(&octets, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn text_gets_the_shortest_encoding_that_keeps_it() {
        check("plain\ntext\rhere\r\n", Encoding::SevenBit, "plain\r\ntext\r\nhere\r\n");
        check("caf\u{e9} au lait\n", Encoding::QuotedPrintable, "caf=C3=A9 au lait\r\n");
        check("nul \0 and blank \n.", Encoding::QuotedPrintable, "nul =00 and blank=20\r\n.");
        check("--=_x\n", Encoding::QuotedPrintable, "--=3D_x\r\n");
        check("\u{65e5}\u{672c}", Encoding::Base64, "5pel5pys\r\n");
    }

    #[test]
    fn base64_of_several_chunks_is_one_text() {
        let octets: Vec<u8> = (0..CHUNK_BYTES * 2 + 100).map(|place| (place % 251) as u8).collect();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        Encoding::Base64.write(&octets, &mut ours);
        MIME.encode_append(&octets, &mut theirs);
        assert!(ours == theirs);
    }

    #[test]
    fn line_ends_are_made_whole() {
        for (text, expect) in [("", ""), ("a\r\r\nb", "a\r\n\r\nb"), ("\n\r", "\r\n\r\n"), ("a\r", "a\r\n")] {
            assert_eq!(with_crlf(Cow::Borrowed(text.as_bytes())).as_ref(), expect.as_bytes(), "{text:?}");
        }
        assert!(is_sendable(b"a\r\nb\r\n") && is_sendable(b""));
        for bad in [&b"a\nb"[..], b"a\r", b"\0", b"\xE9", &[b'x'; 999]] {
            assert!(!is_sendable(bad), "{bad:?}");
        }
    }
}
