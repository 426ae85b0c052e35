//! UTF-7 (65000) as RFC 2152 has it; the variant of IMAP mailbox names is another thing.

use super::{Decoded, Encoded};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads UTF-7; bytes over 127 and broken shift sequences become U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut lossy = false;
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' if rest.next_if_eq(&b'-').is_some() => text.push('+'),
            b'+' => {
                let mut shifted = Shifted::default();
                while let Some(value) = rest.peek().copied().and_then(sextet) {
                    rest.next();
                    shifted.take(value);
                }
                lossy |= shifted.units.is_empty();
                // The minus sign that ends a shift belongs to it; any other byte is text.
                rest.next_if_eq(&b'-');
                lossy |= shifted.write_to(&mut text);
            }
            0..0x80 => text.push(char::from(byte)),
            _ => {
                text.push(char::REPLACEMENT_CHARACTER);
                lossy = true;
            }
        }
    }
    Decoded { text, lossy }
}

/// Writes UTF-7, shifting everything outside the set of directly allowed characters.
pub(super) fn encode(text: &str) -> Encoded {
    let mut bytes = Vec::with_capacity(text.len());
    let mut run: Vec<u16> = Vec::new();
    for c in text.chars() {
        if is_direct(c) {
            let ends_explicitly = c == '-' || u8::try_from(c).ok().and_then(sextet).is_some();
            end_shift(&mut run, ends_explicitly, &mut bytes);
            bytes.extend(u8::try_from(c));
        } else if c == '+' && run.is_empty() {
            bytes.extend(b"+-");
        } else {
            run.extend(c.encode_utf16(&mut [0; 2]).iter());
        }
    }
    end_shift(&mut run, true, &mut bytes);
    Encoded { bytes, lossy: false }
}

/// The bits of one shift sequence, gathered into UTF-16 units.
#[derive(Default)]
struct Shifted {
    units: Vec<u16>,
    bits: u32,
    count: u32,
}

impl Shifted {
    fn take(&mut self, value: u8) {
        // At most 15 bits wait here, so six more always fit.
        self.bits = (self.bits << 6) | u32::from(value);
        self.count = self.count.saturating_add(6);
        if let Some(left) = self.count.checked_sub(16) {
            self.units.push(u16::try_from((self.bits >> left) & 0xFFFF).unwrap_or(0xFFFD));
            self.bits &= (1_u32 << left).wrapping_sub(1);
            self.count = left;
        }
    }

    /// Appends the characters and answers whether any was broken.
    fn write_to(&self, text: &mut String) -> bool {
        let mut broken = self.count >= 6 || self.bits != 0;
        for c in char::decode_utf16(self.units.iter().copied()) {
            broken |= c.is_err();
            text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        broken
    }
}

fn end_shift(run: &mut Vec<u16>, ends_explicitly: bool, bytes: &mut Vec<u8>) {
    if run.is_empty() {
        return;
    }
    bytes.push(b'+');
    let (mut bits, mut count) = (0_u32, 0_u32);
    for unit in run.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        count = count.saturating_add(16);
        while let Some(left) = count.checked_sub(6) {
            bytes.push(letter(bits >> left));
            count = left;
        }
        bits &= (1_u32 << count).wrapping_sub(1);
    }
    if count > 0 {
        bytes.push(letter(bits << 6_u32.saturating_sub(count)));
    }
    if ends_explicitly {
        bytes.push(b'-');
    }
}

fn letter(value: u32) -> u8 {
    let at = usize::try_from(value & 63).unwrap_or_default();
    ALPHABET.get(at).copied().unwrap_or(b'A')
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// RFC 2152, set D and the white space that needs no shift.
fn is_direct(c: char) -> bool {
    c.is_ascii_alphanumeric() || "'(),-./:? \t\r\n\0".contains(c)
}
