//! Windows code pages: bytes to text and text to bytes, by number.
//!
//! The tables are those of `encoding_rs` and `oem_cp`, amended where Windows differs, and our own for the
//! pages both lack. Which code page a property is in is not decided here: the caller knows.

mod best_fit;
mod iscii;
mod iscii_tables;
mod iso2022;
mod johab;
mod locale;
mod multi_byte;
mod single_byte;
mod t61;
mod tables;
mod tables_20000;
mod utf16;
mod utf7;

pub use locale::ansi_code_page;

/// UTF-8, as a Windows code page number.
pub const UTF_8: u32 = 65001;
/// Western European Windows, the code page taken when nothing else is known.
pub const WINDOWS_1252: u32 = 1252;
/// Text that came out of [`decode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; U+FFFD stands where the bytes meant nothing.
    pub text: String,
    /// Whether some bytes meant nothing in the code page.
    pub lossy: bool,
}

/// Bytes that came out of [`encode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes, without terminator.
    pub bytes: Vec<u8>,
    /// Whether some characters are not in the code page and became a similar one or `?`.
    pub lossy: bool,
}

/// Turns bytes of a Windows code page into text.
///
/// Byte order marks, terminators and control characters are kept as they are. The answer is `None` when the
/// code page is unknown; 0 (`CP_ACP`) and 1 (`CP_OEMCP`) are unknown, since this crate has no system locale.
///
/// # Differs
/// Code page 950 reads the Hong Kong characters that Windows maps to private-use ones; 20127 answers U+FFFD
/// for bytes over 127 where Windows drops the eighth bit; 20269 reads the bytes of ASCII that Windows leaves
/// unread there. 709 and 710 are unknown: Windows lists their numbers and has no table of them.
///
/// # Source
/// MultiByteToWideChar, Code Page Identifiers.
pub fn decode(code_page: u32, bytes: &[u8]) -> Option<Decoded> {
    Some(match page(code_page)? {
        Page::Utf8 => decode_utf8(bytes),
        Page::Utf7 => utf7::decode(bytes),
        Page::Utf16 { big_endian } => utf16::decode_utf16(bytes, big_endian),
        Page::Utf32 { big_endian } => utf16::decode_utf32(bytes, big_endian),
        Page::Latin1 => Decoded { text: bytes.iter().map(|&b| char::from(b)).collect(), lossy: false },
        Page::Ascii => single_byte::decode_ascii(bytes),
        Page::Symbol => single_byte::decode_symbol(bytes),
        Page::Table(table) => single_byte::decode_table(table, bytes),
        Page::Oem(number) => single_byte::decode_oem(number, bytes)?,
        Page::Stateful(family) => iso2022::decode(family, bytes),
        Page::Johab => johab::decode(bytes),
        Page::T61 => t61::decode(bytes),
        Page::Iscii(script) => iscii::decode(script, bytes),
        Page::Web(encoding) => multi_byte::decode(code_page, encoding, bytes),
    })
}

/// Turns text into bytes of a Windows code page.
///
/// A character the page lacks becomes the nearest one it has (a curly quotation mark a straight one, an
/// accented letter the bare one) or `?`. The answer is `None` when the code page is unknown.
///
/// # Source
/// WideCharToMultiByte, Code Page Identifiers.
pub fn encode(code_page: u32, text: &str) -> Option<Encoded> {
    Some(match page(code_page)? {
        Page::Utf8 => Encoded { bytes: text.as_bytes().to_vec(), lossy: false },
        Page::Utf7 => utf7::encode(text),
        Page::Utf16 { big_endian } => utf16::encode_utf16(text, big_endian),
        Page::Utf32 { big_endian } => utf16::encode_utf32(text, big_endian),
        Page::Latin1 => single_byte::encode_by(text, |c| u8::try_from(u32::from(c)).ok()),
        Page::Ascii => single_byte::encode_by(text, |c| u8::try_from(c).ok().filter(u8::is_ascii)),
        Page::Symbol => single_byte::encode_symbol(text),
        Page::Table(table) => single_byte::encode_table(table, text),
        Page::Oem(number) => single_byte::encode_oem(number, text)?,
        Page::Stateful(family) => iso2022::encode(family, text),
        Page::Johab => johab::encode(text),
        Page::T61 => t61::encode(text),
        Page::Iscii(script) => iscii::encode(script, text),
        Page::Web(encoding) => multi_byte::encode(code_page, encoding, text),
    })
}

/// Says whether [`decode`] and [`encode`] know a code page.
pub fn is_known(code_page: u32) -> bool {
    page(code_page).is_some()
}

/// Says whether a byte opens a two-byte character in a code page (932, 936, 949, 950, 1361 and kin).
///
/// # Source
/// IsDBCSLeadByteEx.
pub fn is_lead_byte(code_page: u32, byte: u8) -> bool {
    match code_page {
        932 => matches!(byte, 0x81..=0x9F | 0xE0..=0xFC),
        936 | 949 | 950 | 951 | 54936 => matches!(byte, 0x81..=0xFE),
        20936 | 20949 | 51936 | 51949 => matches!(byte, 0xA1..=0xFE),
        1361 => johab::is_lead_byte(byte),
        20932 | 51932 => matches!(byte, 0x8E..=0x8F | 0xA1..=0xFE),
        10001 => matches!(byte, 0x81..=0x9F | 0xE0..=0xFC),
        _ => false,
    }
}

/// Answers the character of each byte in a code page of one byte per character, U+FFFD where there is none;
/// `None` for every other code page.
pub(crate) fn single_byte_table(code_page: u32) -> Option<Box<[char; 256]>> {
    let single = match page(code_page)? {
        Page::Latin1 | Page::Ascii | Page::Symbol | Page::Table(_) | Page::Oem(_) => true,
        Page::Web(encoding) => encoding.is_single_byte(),
        _ => false,
    };
    if !single {
        return None;
    }
    let mut table = Box::new([char::REPLACEMENT_CHARACTER; 256]);
    for (byte, c) in (0..=u8::MAX).zip(table.iter_mut()) {
        *c = decode(code_page, &[byte])?.text.chars().next()?;
    }
    Some(table)
}

/// How the bytes of a code page are read.
enum Page {
    Utf8,
    Utf7,
    Utf16 { big_endian: bool },
    Utf32 { big_endian: bool },
    Latin1,
    Ascii,
    Symbol,
    Table(&'static tables::Table),
    Oem(u16),
    Stateful(iso2022::Family),
    Johab,
    T61,
    Iscii(&'static iscii_tables::Script),
    Web(&'static encoding_rs::Encoding),
}

fn page(code_page: u32) -> Option<Page> {
    Some(match code_page {
        UTF_8 => Page::Utf8,
        65000 => Page::Utf7,
        1200 | 21010 => Page::Utf16 { big_endian: false },
        1201 => Page::Utf16 { big_endian: true },
        12000 => Page::Utf32 { big_endian: false },
        12001 => Page::Utf32 { big_endian: true },
        28591 => Page::Latin1,
        20127 => Page::Ascii,
        42 => Page::Symbol,
        50220..=50222 => Page::Stateful(iso2022::Family::Japanese),
        50225 => Page::Stateful(iso2022::Family::Korean),
        50227 => Page::Stateful(iso2022::Family::Chinese),
        52936 => Page::Stateful(iso2022::Family::Hz),
        1361 => Page::Johab,
        20261 => Page::T61,
        57002..=57011 => Page::Iscii(iscii::script(code_page)?),
        // The two numbers of EUC-JP and of the Macintosh pages that the tables list only once.
        51932 => Page::Web(encoding_rs::EUC_JP),
        10001 => Page::Web(encoding_rs::SHIFT_JIS),
        10002 => Page::Web(encoding_rs::BIG5),
        10003 => Page::Web(encoding_rs::EUC_KR),
        10008 => Page::Web(encoding_rs::GBK),
        _ => return tabled_page(code_page),
    })
}

fn tabled_page(code_page: u32) -> Option<Page> {
    if let Some(table) = single_byte::table(code_page) {
        return Some(Page::Table(table));
    }
    let number = u16::try_from(code_page).ok()?;
    match codepage::to_encoding_no_replacement(number) {
        Some(encoding) => Some(Page::Web(encoding)),
        None => single_byte::knows_oem(number).then_some(Page::Oem(number)),
    }
}

fn decode_utf8(bytes: &[u8]) -> Decoded {
    match str::from_utf8(bytes) {
        Ok(text) => Decoded { text: text.to_owned(), lossy: false },
        Err(_) => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), lossy: true },
    }
}

#[cfg(test)]
mod tests;
