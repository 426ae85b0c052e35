//! UTF-16 and UTF-32 in both byte orders (1200, 1201, 12000, 12001).
//!
//! Byte order marks are neither looked at nor removed: the code page number settles the order.

use super::{Decoded, Encoded};

pub(super) fn decode_utf16(bytes: &[u8], big_endian: bool) -> Decoded {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| match big_endian {
        true => u16::from_be_bytes(pair),
        false => u16::from_le_bytes(pair),
    });
    let mut decoded = Decoded { text: String::with_capacity(bytes.len()), lossy: !rest.is_empty() };
    for c in char::decode_utf16(units) {
        decoded.lossy |= c.is_err();
        decoded.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    decoded
}

pub(super) fn encode_utf16(text: &str, big_endian: bool) -> Encoded {
    let bytes = text.encode_utf16().flat_map(|unit| match big_endian {
        true => unit.to_be_bytes(),
        false => unit.to_le_bytes(),
    });
    Encoded { bytes: bytes.collect(), lossy: false }
}

pub(super) fn decode_utf32(bytes: &[u8], big_endian: bool) -> Decoded {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut decoded = Decoded { text: String::with_capacity(words.len()), lossy: !rest.is_empty() };
    for &word in words {
        let c = char::from_u32(match big_endian {
            true => u32::from_be_bytes(word),
            false => u32::from_le_bytes(word),
        });
        decoded.lossy |= c.is_none();
        decoded.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    decoded
}

pub(super) fn encode_utf32(text: &str, big_endian: bool) -> Encoded {
    let bytes = text.chars().flat_map(|c| match big_endian {
        true => u32::from(c).to_be_bytes(),
        false => u32::from(c).to_le_bytes(),
    });
    Encoded { bytes: bytes.collect(), lossy: false }
}
