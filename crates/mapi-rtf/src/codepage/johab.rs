//! Johab (page 1361, KS X 1001 annex 3): Korean syllables by their three letters, all else by rows.
//!
//! Two bytes hold one bit and three times five: initial, vowel and final. The other characters are those of
//! EUC-KR, moved elsewhere; 188 are the user's. Letters alone are U+3131 to U+3163, as the standard and
//! CPython have it, where Windows 2000 had conjoining ones (U+1100).

use super::best_fit::best_fit;
use super::{Decoded, Encoded};
use encoding_rs::EUC_KR;

/// What the five bits of an initial, a vowel and a final say: a place in the alphabet of its kind.
const NOTHING: u16 = 1;
const NO_VOWEL: u16 = 2;
const FIRST_INITIAL: u16 = 2;
const VOWELS: [u16; 21] = [3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 26, 27, 28, 29];
/// The letters that open a syllable, and those that end one, as they stand alone (from U+3131).
const INITIAL_LETTERS: [u8; 19] = [0, 1, 3, 6, 7, 8, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29];
const FINAL_LETTERS: [u8; 27] =
    [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29];
const LETTERS: u32 = 0x3131;
const VOWEL_LETTERS: u32 = 0x314F;
const SYLLABLES: u32 = 0xAC00;
/// Where the user's characters are.
const OWN: u32 = 0xE000;
/// Bytes that mean nothing, and stand for U+F8EC and those after it.
const FREE: [u8; 11] = [0xD4, 0xD5, 0xD6, 0xD7, 0xDF, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF];
const FREE_FIRST: u32 = 0xF8EC;

/// Says whether a byte opens a character of two.
pub(super) fn is_lead_byte(byte: u8) -> bool {
    matches!(byte, 0x84..=0xD3 | 0xD8..=0xDE | 0xE0..=0xF9)
}

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded { text: String::with_capacity(bytes.len()), lossy: false };
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        let pair = after.first().filter(|_| is_lead_byte(*byte)).and_then(|&trail| double(*byte, trail));
        // A lead byte that leads nowhere is lost alone: what follows may be a line end.
        rest = if pair.is_some() { after.get(1..).unwrap_or_default() } else { after };
        let c = pair.or_else(|| single(*byte));
        decoded.lossy |= c.is_none();
        decoded.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    decoded
}

pub(super) fn encode(text: &str) -> Encoded {
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), lossy: false };
    for c in text.chars() {
        if let Some(byte) = single_byte(c) {
            encoded.bytes.push(byte);
        } else if let Some(code) = syllable_code(c).or_else(|| row_code(c)) {
            encoded.bytes.extend(code.to_be_bytes());
        } else {
            encoded.lossy = true;
            encoded.bytes.push(best_fit(c).and_then(single_byte).unwrap_or(b'?'));
        }
    }
    encoded
}

fn single(byte: u8) -> Option<char> {
    if byte < 0x84 {
        return Some(char::from(byte));
    }
    let at = FREE.iter().position(|&free| free == byte)?;
    char::from_u32(FREE_FIRST.checked_add(u32::try_from(at).ok()?)?)
}

fn single_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        low @ 0..0x84 => u8::try_from(low).ok(),
        high => FREE.get(usize::try_from(high.checked_sub(FREE_FIRST)?).ok()?).copied(),
    }
}

fn double(lead: u8, trail: u8) -> Option<char> {
    if lead < 0xD8 { syllable(u16::from_be_bytes([lead, trail])) } else { in_row(lead, trail) }
}

fn syllable(code: u16) -> Option<char> {
    let (initial, vowel, last) = (code >> 10 & 31, code >> 5 & 31, code & 31);
    let vowel_at = VOWELS.iter().position(|&known| known == vowel).and_then(|at| u32::try_from(at).ok());
    let initial_at = initial.checked_sub(FIRST_INITIAL).filter(|&at| at < 19);
    // The place that would be the eighteenth final is free.
    let final_at = match last {
        NOTHING..=17 => last.checked_sub(1)?,
        19..=29 => last.checked_sub(2)?,
        _ => return None,
    };
    let letter = |letters: &[u8], at: u16| {
        letters.get(usize::from(at)).and_then(|&letter| char::from_u32(LETTERS.checked_add(letter.into())?))
    };
    match (initial_at, vowel_at) {
        (Some(initial), Some(vowel)) => {
            let syllable = u32::from(initial).checked_mul(21)?.checked_add(vowel)?.checked_mul(28)?;
            char::from_u32(SYLLABLES.checked_add(syllable)?.checked_add(final_at.into())?)
        }
        (Some(initial), None) if vowel == NO_VOWEL && last == NOTHING => letter(&INITIAL_LETTERS, initial),
        (None, Some(vowel)) if initial == NOTHING && last == NOTHING => {
            char::from_u32(VOWEL_LETTERS.checked_add(vowel)?)
        }
        (None, None) if initial == NOTHING && vowel == NO_VOWEL => {
            letter(&FINAL_LETTERS, final_at.checked_sub(1)?)
        }
        _ => None,
    }
}

fn syllable_code(c: char) -> Option<u16> {
    let c = u32::from(c);
    let place = |letters: &[u8]| {
        let letter = u8::try_from(c.checked_sub(LETTERS)?).ok()?;
        u16::try_from(letters.iter().position(|&known| known == letter)?).ok()
    };
    let vowel_at = |at: u32| VOWELS.get(usize::try_from(at).ok()?).copied();
    let code = |initial: u16, vowel: u16, last: u16| Some(0x8000 | initial << 10 | vowel << 5 | last);
    let last_code = |at: u16| at.checked_add(if at < 17 { 1 } else { 2 });
    if let Some(syllable) = c.checked_sub(SYLLABLES).filter(|&at| at < 19 * 21 * 28) {
        let initial = u16::try_from(syllable / (21 * 28)).ok()?.checked_add(FIRST_INITIAL)?;
        return code(initial, vowel_at(syllable / 28 % 21)?, last_code(u16::try_from(syllable % 28).ok()?)?);
    }
    if let Some(initial) = place(&INITIAL_LETTERS) {
        return code(initial.checked_add(FIRST_INITIAL)?, NO_VOWEL, NOTHING);
    }
    if let Some(vowel) = c.checked_sub(VOWEL_LETTERS).and_then(vowel_at) {
        return code(NOTHING, vowel, NOTHING);
    }
    code(NOTHING, NO_VOWEL, last_code(place(&FINAL_LETTERS)?.checked_add(1)?)?)
}

/// A character of the rows: two rows of 94 of EUC-KR for each lead byte.
fn in_row(lead: u8, trail: u8) -> Option<char> {
    let at = match trail {
        0x31..=0x7E => trail.wrapping_sub(0x31),
        0x91..=0xFE => trail.wrapping_sub(0x43),
        _ => return None,
    };
    if lead == 0xD8 {
        return char::from_u32(OWN.checked_add(at.into())?);
    }
    let pair = if lead < 0xE0 { lead.checked_sub(0xD9)? } else { lead.checked_sub(0xE0)?.checked_add(21)? };
    // The first of the two rows of symbols begins at 1, the first of Chinese characters at 42.
    let first = if lead < 0xE0 { pair.checked_mul(2)? } else { pair.checked_mul(2)?.checked_sub(1)? };
    let row = first.checked_add(at / 94)?.checked_add(0xA1)?;
    let c = euc(&[row, (at % 94).checked_add(0xA1)?])?;
    // Letters alone have their place among the syllables.
    syllable_code(c).is_none().then_some(c)
}

fn row_code(c: char) -> Option<u16> {
    let (lead, at) = match u32::from(c).checked_sub(OWN).filter(|&at| at < 188) {
        Some(at) => (0xD8, u8::try_from(at).ok()?),
        None => {
            let mut utf8 = [0; 4];
            let (bytes, _, lost) = EUC_KR.encode(c.encode_utf8(&mut utf8));
            let [row, column] = *bytes else { return None };
            if lost {
                return None;
            }
            let (row, column) = (row.checked_sub(0xA1)?, column.checked_sub(0xA1)?);
            let (lead, second) = match row {
                0..12 => (0xD9_u8.checked_add(row / 2)?, row % 2),
                41..93 => (0xE0_u8.checked_add(row.checked_sub(41)? / 2)?, row.checked_sub(41)? % 2),
                _ => return None,
            };
            (lead, second.checked_mul(94)?.checked_add(column)?)
        }
    };
    let trail = at.checked_add(if at < 0x4E { 0x31 } else { 0x43 })?;
    Some(u16::from_be_bytes([lead, trail]))
}

fn euc(bytes: &[u8]) -> Option<char> {
    let text = EUC_KR.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
