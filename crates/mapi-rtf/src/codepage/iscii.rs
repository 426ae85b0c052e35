//! ISCII (IS 13194:1991, pages 57002 to 57011): one code for the scripts of India, which share their letters.
//!
//! A page names the script that a text begins in; `ATR` and a script's code switch to another. The letters
//! are in `iscii_tables.rs`. A nukta after a letter makes another letter of it; after a virama, virama and
//! nukta say how the two letters beside it are joined.
//!
//! As Windows reads and writes it, but that its Oriya takes three letters from Telugu, and that it switches
//! from Assamese to the same letters of Bengali.

use super::best_fit::best_fit;
use super::iscii_tables::{SCRIPTS, Script};
use super::{Decoded, Encoded};

/// Switches to the script whose code follows.
const ATR: u8 = 0xEF;
/// Opens one of two Devanagari signs.
const EXT: u8 = 0xF0;
const VIRAMA: u8 = 0xE8;
const NUKTA: u8 = 0xE9;
const DANDA: u8 = 0xEA;
const ZERO: u8 = 0xF1;
const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
/// Devanagari signs of two bytes: EXT and one of these.
const EXTENDED: [(u8, char); 2] = [(0xB8, '\u{952}'), (0xBF, '\u{970}')];

/// Finds the script of a page by its number.
pub(super) fn script(code_page: u32) -> Option<&'static Script> {
    by_code(u8::try_from(code_page.checked_sub(57000)?).ok()?)
}

pub(super) fn decode(first: &'static Script, bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded { text: String::with_capacity(bytes.len()), lossy: false };
    let mut script = first;
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = after;
        let next = after.first().copied();
        if *byte == ATR
            && let Some(other) = next.and_then(|code| switched(first, code))
        {
            script = other;
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let (c, taken) = character(script, *byte, next);
        decoded.lossy |= c.is_none();
        decoded.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        let join = match (taken, next) {
            (1, Some(VIRAMA)) if *byte == VIRAMA => Some(NON_JOINER),
            (1, Some(NUKTA)) if *byte == VIRAMA => Some(JOINER),
            _ => None,
        };
        decoded.text.extend(join);
        if taken == 2 || join.is_some() {
            rest = after.get(1..).unwrap_or_default();
        }
    }
    decoded
}

pub(super) fn encode(first: &'static Script, text: &str) -> Encoded {
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), lossy: false };
    let mut script = first;
    let mut after_virama = false;
    for c in text.chars() {
        if after_virama && matches!(c, NON_JOINER | JOINER) {
            encoded.bytes.push(if c == JOINER { NUKTA } else { VIRAMA });
            after_virama = false;
            continue;
        }
        let found = found(script, c);
        encoded.lossy |= found.is_none();
        let (other, byte, second) = found.unwrap_or_else(|| (script, question_or_similar(c), None));
        if !std::ptr::eq(other, script) {
            encoded.bytes.extend([ATR, 0x40 | other.code]);
            script = other;
        }
        encoded.bytes.push(byte);
        encoded.bytes.extend(second);
        after_virama = (byte, second) == (VIRAMA, None);
    }
    if !std::ptr::eq(script, first) {
        encoded.bytes.extend([ATR, 0x40 | first.code]);
    }
    encoded
}

/// The script that follows ATR; `DEF` and the Roman one, which nobody reads, are the one that came first.
fn switched(first: &'static Script, code: u8) -> Option<&'static Script> {
    match code {
        0x40 | 0x41 => Some(first),
        0x42..=0x4B => by_code(code & 0x0F),
        _ => None,
    }
}

/// Assamese is written with the letters of Bengali.
fn by_code(code: u8) -> Option<&'static Script> {
    let code = if code == 6 { 3 } else { code };
    SCRIPTS.iter().find(|script| script.code == code)
}

/// The character at the beginning of some bytes, and how many of them, one or two, it takes.
fn character(script: &Script, byte: u8, next: Option<u8>) -> (Option<char>, usize) {
    if byte < 0xA0 {
        return (Some(char::from(byte)), 1);
    }
    let pair = match next {
        Some(NUKTA) => script.with_nukta.iter().find(|(letter, _)| *letter == byte).map(|(_, made)| *made),
        _ => None,
    };
    if let Some(made) = pair {
        return (script.char(made), 2);
    }
    if byte == EXT && script.block == 0x0900 {
        let sign = EXTENDED.iter().find(|(code, _)| Some(*code) == next);
        return sign.map_or((None, 1), |(_, sign)| (Some(*sign), 2));
    }
    let letter = script.letters.get(usize::from(byte.wrapping_sub(0xA0))).copied().unwrap_or_default();
    let c = match (byte, letter) {
        // Scripts other than Devanagari have no danda of their own, Tamil has no zero.
        (DANDA, 0) => Some('.'),
        (ZERO, 0) => Some('0'),
        (_, 0) => None,
        _ => script.char(letter),
    };
    (c, 1)
}

/// The script and the bytes of a character, of the script at hand where that has it.
fn found(script: &'static Script, c: char) -> Option<(&'static Script, u8, Option<u8>)> {
    if u32::from(c) < 0xA0 {
        return Some((script, u8::try_from(c).ok()?, None));
    }
    if let Some((sign, _)) = EXTENDED.iter().find(|(_, known)| *known == c) {
        return Some((by_code(2)?, EXT, Some(*sign)));
    }
    let script = SCRIPTS.iter().find(|script| script.offset(c).is_some())?;
    let offset = script.offset(c)?;
    if let Some(at) = script.letters.iter().position(|&letter| letter == offset) {
        return Some((script, u8::try_from(at).ok()?.checked_add(0xA0)?, None));
    }
    let (letter, _) = script.with_nukta.iter().find(|(_, made)| *made == offset)?;
    Some((script, *letter, Some(NUKTA)))
}

fn question_or_similar(c: char) -> u8 {
    best_fit(c).and_then(|similar| u8::try_from(similar).ok()).filter(u8::is_ascii).unwrap_or(b'?')
}

impl Script {
    fn char(&self, offset: u8) -> Option<char> {
        char::from_u32(u32::from(self.block.wrapping_add(u16::from(offset))))
    }

    /// Where in the script's 128 characters this one stands.
    fn offset(&self, c: char) -> Option<u8> {
        let offset = u32::from(c).checked_sub(u32::from(self.block)).filter(|&offset| offset < 0x80)?;
        u8::try_from(offset).ok()
    }
}
