//! Text of C programs: UTF-16 with MAPI_UNICODE, otherwise bytes of one code page of the process.
//! The tables of the code pages are in `mapi-rtf`; which width a property has is in `prop.rs`.

use super::invalid;
use super::pointer::refuse_freed;
use mapi_defs::Result;
use mapi_rtf::codepage;
use std::ffi::c_void;
use std::sync::OnceLock;

/// The flag that makes a call's text arguments UTF-16.
pub const MAPI_UNICODE: u32 = 0x8000_0000;
/// Most units of one text; whoever forgot the terminator meets this bound or unmapped memory first.
pub const MOST_UNITS: usize = 1 << 28;

/// The code page of 8-bit text: that of the locale the process was started in, UTF-8 without one.
pub fn code_page() -> u32 {
    static CODE_PAGE: OnceLock<u32> = OnceLock::new();
    *CODE_PAGE.get_or_init(|| {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let locale = names.iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
        code_page_of(&locale.unwrap_or_default().to_string_lossy())
    })
}

/// The code page of a locale such as `de_DE.ISO-8859-15@euro`.
fn code_page_of(locale: &str) -> u32 {
    let charset = locale.split('@').next().and_then(|name| name.split_once('.')).map(|(_, charset)| charset);
    let plain: String = charset.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.to_ascii_uppercase().as_str() {
        "ISO88591" => 28591,
        "ISO88592" => 28592,
        "ISO88595" => 28595,
        "ISO88597" => 28597,
        "ISO88599" => 28599,
        "ISO885915" => 28605,
        "KOI8R" => 20866,
        "KOI8U" => 21866,
        "CP1251" => 1251,
        "EUCJP" => 20932,
        "SJIS" | "SHIFTJIS" => 932,
        "EUCKR" => 949,
        "GB2312" | "GBK" => 936,
        "GB18030" => 54936,
        "BIG5" => 950,
        _ => codepage::UTF_8,
    }
}

/// Reads a text argument (LPTSTR) in the width that the call's flags say; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: misaligned, or not ended within [`MOST_UNITS`].
///
/// # Safety
/// A pointer that is not NULL leads to a text of that width that ends with a zero unit.
pub unsafe fn text(pointer: *const c_void, flags: u32, call: &'static str) -> Result<Option<String>> {
    if flags & MAPI_UNICODE != 0 {
        // SAFETY: with the flag the caller promises UTF-16.
        unsafe { utf16(pointer.cast(), call) }
    } else {
        // SAFETY: without the flag the caller promises bytes.
        unsafe { bytes8(pointer.cast(), call) }.map(|bytes| bytes.map(decode8))
    }
}

/// Reads UTF-16 up to its terminator; an unpaired surrogate becomes U+FFFD.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// A pointer that is not NULL leads to 16-bit units that end with a zero unit.
pub unsafe fn utf16(pointer: *const u16, call: &'static str) -> Result<Option<String>> {
    // SAFETY: the promise is the caller's own.
    Ok(unsafe { units(pointer, call) }?.map(String::from_utf16_lossy))
}

/// The bytes of an 8-bit text up to its terminator.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// A pointer that is not NULL leads to bytes that end with a zero byte and live during `'a`.
pub unsafe fn bytes8<'a>(pointer: *const u8, call: &'static str) -> Result<Option<&'a [u8]>> {
    // SAFETY: the promise is the caller's own.
    unsafe { units(pointer, call) }
}

/// The units of a text up to its terminator, which is left out.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// A pointer that is not NULL leads to units that end with a zero unit and live during `'a`.
pub unsafe fn units<'a, U: Copy + Default + PartialEq>(
    pointer: *const U,
    call: &'static str,
) -> Result<Option<&'a [U]>> {
    if pointer.is_null() {
        return Ok(None);
    }
    if !pointer.is_aligned() {
        return Err(invalid(call, "a text is misaligned"));
    }
    refuse_freed(pointer.cast(), call)?;
    let zero = U::default();
    // SAFETY: every unit before the terminator, and the terminator itself, may be read.
    let len = (0..MOST_UNITS).find(|at| unsafe { *pointer.add(*at) } == zero);
    let len = len.ok_or_else(|| invalid(call, "a text does not end"))?;
    // SAFETY: the units up to the terminator were just read.
    Ok(Some(unsafe { std::slice::from_raw_parts(pointer, len) }))
}

/// 8-bit text as text; what means nothing becomes U+FFFD.
pub fn decode8(bytes: &[u8]) -> String {
    codepage::decode(code_page(), bytes)
        .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decoded| decoded.text)
}

/// Text as 8-bit text, without terminator; what the code page lacks becomes a likeness or `?`.
pub fn encode8(text: &str) -> Vec<u8> {
    codepage::encode(code_page(), text).map_or_else(|| text.as_bytes().to_vec(), |encoded| encoded.bytes)
}

/// 8-bit text of a code page as text; 0 and 1 are the process's own. `None` for a page that is unknown.
pub fn decode_page(page: u32, bytes: &[u8]) -> Option<String> {
    codepage::decode(or_own(page), bytes).map(|decoded| decoded.text)
}

/// Text as 8-bit text of a code page, and whether a character was replaced. As [`decode_page`].
pub fn encode_page(page: u32, text: &str) -> Option<(Vec<u8>, bool)> {
    codepage::encode(or_own(page), text).map(|encoded| (encoded.bytes, encoded.lossy))
}

fn or_own(page: u32) -> u32 {
    // CP_ACP and CP_OEMCP.
    if page <= 1 { code_page() } else { page }
}

/// Text as UTF-16 with a terminator; a NUL within ends it, as C sees it.
pub fn encode16(text: &str) -> Vec<u16> {
    text.encode_utf16().take_while(|unit| *unit != 0).chain([0]).collect()
}

/// Text as 8-bit text with a terminator; a NUL within ends it, as C sees it.
pub fn encode8z(text: &str) -> Vec<u8> {
    let mut bytes = encode8(text);
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_code_page() {
        for (locale, page) in [
            ("", 65001),
            ("C", 65001),
            ("en_GB.UTF-8", 65001),
            ("de_DE.ISO-8859-15@euro", 28605),
            ("ru_RU.KOI8-R", 20866),
            ("ja_JP.eucJP", 20932),
            ("x.ISO-8859-1", 28591),
        ] {
            assert_eq!(code_page_of(locale), page, "{locale}");
            assert!(codepage::encode(page, "a").is_some(), "{page} is known");
        }
    }

    #[test]
    fn text_is_read_in_the_width_of_the_flag() {
        let (wide, narrow) = (encode16("Grüße \u{1F600}"), encode8z("Gr"));
        // SAFETY: both end with a zero unit.
        let read = |pointer, flags| unsafe { text(pointer, flags, "t") }.unwrap();
        assert_eq!(read(wide.as_ptr().cast(), MAPI_UNICODE).as_deref(), Some("Grüße \u{1F600}"));
        assert_eq!(read(narrow.as_ptr().cast(), 0).as_deref(), Some("Gr"));
        assert_eq!(read(std::ptr::null(), MAPI_UNICODE), None);
        let odd = wide.as_ptr().wrapping_byte_add(1);
        // SAFETY: the misaligned pointer is refused before it is read.
        assert!(unsafe { utf16(odd, "t") }.is_err());
        let lone = [0xD800, 0x41, 0];
        // SAFETY: it ends with a zero unit.
        assert_eq!(unsafe { utf16(lone.as_ptr(), "t") }.unwrap().as_deref(), Some("\u{FFFD}A"));
        assert_eq!(encode16("a\0b"), [0x61, 0]);
        assert_eq!(encode8z("a\0b"), b"a\0");
    }
}
