//! Code pages of one byte per character: table look-ups both ways.
//!
//! The tables of our own are in `tables.rs` and `tables_20000.rs`; those of the MS-DOS pages come from `oem_cp`. The Windows
//! pages 874 and 1250 to 1258 are not here but in `multi_byte.rs`, because `encoding_rs` has them.

use super::best_fit::best_fit;
use super::tables::{TABLES, Table};
use super::tables_20000::TABLES_20000;
use super::{Decoded, Encoded};
use oem_cp::code_table_type::TableType;

const ISO_6937: u32 = 20269;

/// Finds one of our own tables by code page number.
pub(super) fn table(code_page: u32) -> Option<&'static Table> {
    let tables: &'static [Table] = if code_page < 20_000 { &TABLES } else { &TABLES_20000 };
    let at = tables.binary_search_by_key(&code_page, |table| table.code_page).ok()?;
    tables.get(at)
}

/// Says whether `oem_cp` has a table for this number.
pub(super) fn knows_oem(number: u16) -> bool {
    oem_cp::code_table::DECODING_TABLE_CP_MAP.contains_key(&number)
}

pub(super) fn decode_table(table: &Table, bytes: &[u8]) -> Decoded {
    decode_by(bytes, |byte| {
        let unit = table.units.get(usize::from(byte)).copied()?;
        let c = char::from_u32(u32::from(unit)).filter(|&c| c != char::REPLACEMENT_CHARACTER);
        // ISO 6937 has the marks of ASCII that Windows writes by its accents.
        c.or_else(|| (table.code_page == ISO_6937 && byte.is_ascii()).then(|| char::from(byte)))
    })
}

pub(super) fn decode_oem(number: u16, bytes: &[u8]) -> Option<Decoded> {
    let table = oem_cp::code_table::DECODING_TABLE_CP_MAP.get(&number)?;
    Some(decode_by(bytes, |byte| {
        let Some(high) = byte.checked_sub(0x80) else { return Some(char::from(byte)) };
        match table {
            TableType::Complete(chars) => chars.get(usize::from(high)).copied(),
            TableType::Incomplete(chars) => chars.get(usize::from(high)).copied().flatten(),
        }
    }))
}

pub(super) fn decode_ascii(bytes: &[u8]) -> Decoded {
    decode_by(bytes, |byte| byte.is_ascii().then(|| char::from(byte)))
}

/// Reads the symbol page: bytes from 0x20 up stand for U+F020 to U+F0FF.
pub(super) fn decode_symbol(bytes: &[u8]) -> Decoded {
    decode_by(bytes, |byte| match byte {
        0..0x20 => Some(char::from(byte)),
        _ => char::from_u32(0xF000 | u32::from(byte)),
    })
}

pub(super) fn encode_symbol(text: &str) -> Encoded {
    encode_by(text, |c| match u32::from(c) {
        low @ 0..0x20 => u8::try_from(low).ok(),
        high @ 0xF020..=0xF0FF => u8::try_from(high & 0xFF).ok(),
        _ => None,
    })
}

pub(super) fn encode_table(table: &Table, text: &str) -> Encoded {
    encode_by(text, |c| {
        let unit = u16::try_from(u32::from(c)).ok().filter(|&unit| unit != 0xFFFD)?;
        let at = table.units.iter().position(|&known| known == unit)?;
        u8::try_from(at).ok()
    })
}

pub(super) fn encode_oem(number: u16, text: &str) -> Option<Encoded> {
    let table = oem_cp::code_table::ENCODING_TABLE_CP_MAP.get(&number)?;
    Some(encode_by(text, |c| oem_cp::encode_char_checked(c, table)))
}

fn decode_by(bytes: &[u8], to_char: impl Fn(u8) -> Option<char>) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut lossy = false;
    for &byte in bytes {
        let c = to_char(byte);
        lossy |= c.is_none();
        text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Decoded { text, lossy }
}

/// Encodes character by character, falling back to a similar character and then to `?`.
pub(super) fn encode_by(text: &str, to_byte: impl Fn(char) -> Option<u8>) -> Encoded {
    let mut bytes = Vec::with_capacity(text.len());
    let mut lossy = false;
    for c in text.chars() {
        let byte = to_byte(c);
        lossy |= byte.is_none();
        let question = || to_byte('?').unwrap_or(b'?');
        bytes.push(byte.or_else(|| best_fit(c).and_then(&to_byte)).unwrap_or_else(question));
    }
    Encoded { bytes, lossy }
}
