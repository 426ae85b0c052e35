//! The code pages that `encoding_rs` carries, amended where Windows answers otherwise.
//!
//! `encoding_rs` follows the WHATWG standard. It differs from Windows in a few single bytes and in the
//! user-defined rows, which Windows maps to the private use area.

use super::best_fit::best_fit;
use super::{Decoded, Encoded};
use encoding_rs::{DecoderResult, EncoderResult, Encoding};

pub(super) fn decode(code_page: u32, encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        return decode_amended(code_page, encoding, bytes);
    }
    Decoded { text: as_windows(code_page, text.into_owned()), lossy: false }
}

/// Decodes again, looking up each malformed sequence among those that Windows knows.
fn decode_amended(code_page: u32, encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let mut lossy = false;
    let mut at = 0_usize;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        text.reserve(room.unwrap_or(rest.len()).min(rest.len().saturating_mul(3).saturating_add(16)));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        at = at.saturating_add(read);
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, extra) => {
                let end = at.saturating_sub(usize::from(extra));
                let start = end.saturating_sub(usize::from(length));
                let known = bytes.get(start..end).and_then(|bad| windows_only(code_page, bad));
                lossy |= known.is_none();
                text.push(known.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
    }
    Decoded { text: as_windows(code_page, text), lossy }
}

pub(super) fn encode(code_page: u32, encoding: &'static Encoding, text: &str) -> Encoded {
    let mut encoder = encoding.new_encoder();
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), lossy: false };
    let mut rest = text;
    loop {
        let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        encoded.bytes.reserve(room.unwrap_or(rest.len()).saturating_add(16));
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut encoded.bytes, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return encoded,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(c) => match windows_bytes(code_page, c) {
                Some(known) => encoded.bytes.extend(known.iter().filter(|&&byte| byte != 0)),
                None => {
                    encoded.lossy = true;
                    encoded.bytes.extend(u8::try_from(best_fit(c).unwrap_or('?')));
                }
            },
        }
    }
}

/// The characters of byte sequences that WHATWG calls malformed and Windows does not.
fn windows_only(code_page: u32, bad: &[u8]) -> Option<char> {
    let unit = match (code_page, bad) {
        (932, [0xA0]) => 0xF8F0,
        (932, [byte @ 0xFD..=0xFF]) => u32::from(*byte).wrapping_add(0xF8F1).wrapping_sub(0xFD),
        (936, [0xFF]) => 0xF8F5,
        (949, [0x80]) | (950, [0x80]) => 0x80,
        (949, [0xFF]) => 0xF8F7,
        (950, [0xFF]) => 0xF8F8,
        // The two user-defined rows of the Korean page: 94 characters each.
        (949, [0xC9, trail @ 0xA1..=0xFE]) => u32::from(*trail).wrapping_add(0xE000).wrapping_sub(0xA1),
        (949, [0xFE, trail @ 0xA1..=0xFE]) => u32::from(*trail).wrapping_add(0xE05E).wrapping_sub(0xA1),
        _ => return None,
    };
    char::from_u32(unit)
}

/// The inverse of [`windows_only`]; a zero second byte means one byte.
fn windows_bytes(code_page: u32, c: char) -> Option<[u8; 2]> {
    let low = u8::try_from(u32::from(c) & 0xFF).ok()?;
    Some(match (code_page, u32::from(c)) {
        (932, 0xF8F0) => [0xA0, 0],
        (932, 0xF8F1..=0xF8F3) => [low.wrapping_sub(0xF1).wrapping_add(0xFD), 0],
        (936, 0xF8F5) | (949, 0xF8F7) | (950, 0xF8F8) => [0xFF, 0],
        (949 | 950, 0x80) => [0x80, 0],
        (949, 0xE000..=0xE05D) => [0xC9, low.wrapping_add(0xA1)],
        (949, 0xE05E..=0xE0BB) => [0xFE, low.wrapping_sub(0x5E).wrapping_add(0xA1)],
        (950, 0x2593) => [0xF9, 0xFE],
        _ => return None,
    })
}

/// Replaces the characters that WHATWG maps otherwise than Windows.
fn as_windows(code_page: u32, text: String) -> String {
    match code_page {
        950 if text.contains('\u{FFED}') => text.replace('\u{FFED}', "\u{2593}"),
        _ => text,
    }
}
