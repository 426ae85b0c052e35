//! Code pages that switch character sets by escape or shift sequences: 50220 to 50222, 50225, 50227, 52936.
//!
//! Runs of two-byte characters are handed to `encoding_rs` in their 8-bit (EUC) form; what is done here is
//! the switching. Single-state pages are in `multi_byte.rs`.

use super::best_fit::best_fit;
use super::{Decoded, Encoded};
use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP};

/// Which national set of switches a page uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// ISO-2022-JP and its variants.
    Japanese,
    /// ISO-2022-KR.
    Korean,
    /// ISO-2022-CN, the simplified half.
    Chinese,
    /// HZ-GB-2312.
    Hz,
}

/// The set that 7-bit bytes currently select.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    /// JIS X 0201 Roman, which Windows reads as ASCII.
    Katakana,
    Double(&'static Encoding),
    /// JIS X 0212, the second Japanese plane.
    Supplement,
}

const ESCAPE: u8 = 0x1B;
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;

/// Reads one of the switching pages.
pub(super) fn decode(family: Family, bytes: &[u8]) -> Decoded {
    let mut reader = Reader::new(family);
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match reader.switch(rest) {
            Some(after) => after,
            None => {
                reader.take(first);
                tail
            }
        };
    }
    reader.flush();
    Decoded { text: reader.text, lossy: reader.lossy }
}

/// Writes one of the switching pages, ending in ASCII.
pub(super) fn encode(family: Family, text: &str) -> Encoded {
    if family == Family::Japanese {
        return super::multi_byte::encode(50220, ISO_2022_JP, text);
    }
    let encoding = if family == Family::Korean { EUC_KR } else { GBK };
    let (announce, enter, leave): (&[u8], &[u8], &[u8]) = match family {
        Family::Hz => (b"", b"~{", b"~}"),
        Family::Korean => (b"\x1B$)C", &[SHIFT_OUT], &[SHIFT_IN]),
        Family::Chinese | Family::Japanese => (b"\x1B$)A", &[SHIFT_OUT], &[SHIFT_IN]),
    };
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), lossy: false };
    if !text.is_ascii() {
        encoded.bytes.extend(announce);
    }
    let mut shifted = false;
    for c in text.chars() {
        let pair = double_byte(encoding, c);
        if pair.is_some() != shifted {
            encoded.bytes.extend(if shifted { leave } else { enter });
            shifted = pair.is_some();
        }
        match pair {
            Some(pair) => encoded.bytes.extend(pair),
            None if c == '~' && family == Family::Hz => encoded.bytes.extend(b"~~"),
            None => {
                encoded.lossy |= !c.is_ascii();
                let single = if c.is_ascii() { c } else { best_fit(c).unwrap_or('?') };
                encoded.bytes.extend(u8::try_from(single));
            }
        }
    }
    if shifted {
        encoded.bytes.extend(leave);
    }
    encoded
}

/// The 7-bit pair of a character in the 94 by 94 part of an EUC set.
fn double_byte(encoding: &'static Encoding, c: char) -> Option<[u8; 2]> {
    if c.is_ascii() {
        return None;
    }
    let mut utf8 = [0; 4];
    let (bytes, _, unmappable) = encoding.encode(c.encode_utf8(&mut utf8));
    match *bytes {
        [lead @ 0xA1..=0xFE, trail @ 0xA1..=0xFE] if !unmappable => Some([lead & 0x7F, trail & 0x7F]),
        _ => None,
    }
}

struct Reader {
    family: Family,
    /// The set in use, and the one that SO selects.
    current: Set,
    shifted: Set,
    /// 8-bit bytes not yet handed to `encoding_rs`, and the set they are in.
    run: Vec<u8>,
    run_set: Set,
    text: String,
    lossy: bool,
}

impl Reader {
    fn new(family: Family) -> Reader {
        let shifted = match family {
            Family::Japanese => Set::Katakana,
            Family::Korean => Set::Double(EUC_KR),
            Family::Chinese | Family::Hz => Set::Double(GBK),
        };
        let (current, run_set) = (Set::Ascii, Set::Ascii);
        Reader { family, current, shifted, run: Vec::new(), run_set, text: String::new(), lossy: false }
    }

    /// Obeys an escape or shift sequence at the front and answers what follows it.
    fn switch<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        if self.family == Family::Hz {
            return self.switch_hz(bytes);
        }
        let (set, after) = match bytes {
            [ESCAPE, b'(', b'B' | b'J', after @ ..] => (Set::Ascii, after),
            [ESCAPE, b'(', b'I', after @ ..] => (Set::Katakana, after),
            [ESCAPE, b'$', b'@' | b'B', after @ ..] => (Set::Double(EUC_JP), after),
            [ESCAPE, b'$', b'A', after @ ..] => (Set::Double(GBK), after),
            [ESCAPE, b'$', b'(', b'C', after @ ..] => (Set::Double(EUC_KR), after),
            [ESCAPE, b'$', b'(', b'D', after @ ..] => (Set::Supplement, after),
            [ESCAPE, b'$', b')', b'C', after @ ..] => return self.announce(EUC_KR, after),
            [ESCAPE, b'$', b')', b'A', after @ ..] => return self.announce(GBK, after),
            [SHIFT_OUT, after @ ..] => (self.shifted, after),
            [SHIFT_IN, after @ ..] => (Set::Ascii, after),
            _ => return None,
        };
        self.current = set;
        Some(after)
    }

    fn announce<'a>(&mut self, encoding: &'static Encoding, after: &'a [u8]) -> Option<&'a [u8]> {
        self.shifted = Set::Double(encoding);
        Some(after)
    }

    fn switch_hz<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match (bytes, self.current) {
            ([b'~', b'{', after @ ..], Set::Ascii) => {
                self.current = self.shifted;
                Some(after)
            }
            ([b'~', b'}', after @ ..], Set::Double(_)) => {
                self.current = Set::Ascii;
                Some(after)
            }
            ([b'~', b'~', after @ ..], Set::Ascii) => {
                self.take(b'~');
                Some(after)
            }
            // A tilde at the end of a line continues it.
            ([b'~', b'\n', after @ ..], Set::Ascii) => Some(after),
            _ => None,
        }
    }

    fn take(&mut self, byte: u8) {
        // A line end returns to ASCII; RFC 1468 and RFC 1843 forbid it elsewhere, writers forget it.
        if matches!(byte, b'\r' | b'\n') {
            self.current = Set::Ascii;
        }
        let set = match (self.current, byte) {
            (_, 0..=0x20 | 0x7F) => Set::Ascii,
            // Bytes already in 8-bit form are read by the family's EUC.
            (Set::Ascii, 0x80..) => self.eight_bit(),
            (set, _) => set,
        };
        if set != self.run_set {
            self.flush();
            self.run_set = set;
        }
        match set {
            Set::Supplement if self.run.len().is_multiple_of(3) => self.run.extend([0x8F, byte | 0x80]),
            Set::Katakana => self.run.extend([0x8E, byte | 0x80]),
            Set::Supplement | Set::Double(_) => self.run.push(byte | 0x80),
            Set::Ascii => self.text.push(char::from(byte)),
        }
    }

    fn eight_bit(&self) -> Set {
        match (self.family, self.shifted) {
            (Family::Japanese, _) => Set::Double(EUC_JP),
            (_, set) => set,
        }
    }

    fn flush(&mut self) {
        let encoding = match self.run_set {
            Set::Double(encoding) => encoding,
            Set::Katakana | Set::Supplement | Set::Ascii => EUC_JP,
        };
        let (text, had_errors) = encoding.decode_without_bom_handling(&self.run);
        self.text.push_str(&text);
        self.lossy |= had_errors;
        self.run.clear();
    }
}
