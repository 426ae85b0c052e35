//! Which code page the 8-bit text of a message is in, and text out of a file's bytes.
//!
//! The tables are `mapi_rtf::codepage`'s. PR_INTERNET_CPID describes the HTML and MIME body and is
//! not the code page of properties; only its e-mail code pages, which no property can be in, count.

use mapi_rtf::codepage::{self, Decoded, WINDOWS_1252};

/// What a message says about its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Clues {
    /// PR_MESSAGE_CODEPAGE.
    pub(crate) message: Option<u32>,
    /// PR_MESSAGE_LOCALE_ID.
    pub(crate) locale: Option<u32>,
    /// PR_INTERNET_CPID.
    pub(crate) internet: Option<u32>,
}

/// The code page of a message's 8-bit text; `parent` is that of the message it is embedded in.
///
/// The first of: PR_MESSAGE_CODEPAGE unless it says Unicode; the ANSI code page of
/// PR_MESSAGE_LOCALE_ID; the Windows relative of an e-mail code page in PR_INTERNET_CPID; the
/// parent's; windows-1252.
pub(crate) fn of_message(clues: Clues, parent: Option<u32>) -> u32 {
    let stated = clues.message.filter(|page| !matches!(page, 0 | 1 | 1200 | 1201));
    stated
        .map(widened)
        .or_else(|| clues.locale.filter(|locale| *locale != 0).map(codepage::ansi_code_page))
        .or_else(|| clues.internet.and_then(windows_relative))
        .or(parent)
        .unwrap_or(WINDOWS_1252)
}

/// US-ASCII has no 8-bit characters: text that has them is in its superset.
fn widened(page: u32) -> u32 {
    if page == 20127 { WINDOWS_1252 } else { page }
}

/// The ANSI code page of those who send in an e-mail code page.
fn windows_relative(page: u32) -> Option<u32> {
    Some(match page {
        50220..=50222 | 51932 | 20932 => 932,
        50225 | 51949 => 949,
        50227 | 51936 | 52936 | 54936 => 936,
        20866 | 21866 | 28595 => 1251,
        28592 => 1250,
        28597 => 1253,
        28599 => 1254,
        28598 | 38598 => 1255,
        28596 => 1256,
        28594 | 28603 => 1257,
        _ => return None,
    })
}

/// Text of a PT_UNICODE value: UTF-16LE, without the terminators that some writers store.
pub(crate) fn decode_unicode(bytes: &[u8]) -> Decoded {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_suffix(&[0, 0]).filter(|_| bytes.len().is_multiple_of(2)) {
        bytes = rest;
    }
    let (units, rest) = bytes.as_chunks::<2>();
    if rest.is_empty() && units.iter().all(|unit| unit[1] == 0 && unit[0] < 0x80) {
        let text = units.iter().map(|unit| char::from(unit[0])).collect();
        return Decoded { text, lossy: false };
    }
    let mut text = String::with_capacity(bytes.len());
    // Half a character at the end is no character.
    let mut lossy = !rest.is_empty();
    for letter in char::decode_utf16(units.iter().copied().map(u16::from_le_bytes)) {
        lossy |= letter.is_err();
        text.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Decoded { text, lossy }
}

/// Text of a PT_STRING8 value, without terminators; `None` where the code page is not known.
pub(crate) fn decode_string8(page: u32, bytes: &[u8]) -> Option<Decoded> {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_suffix(&[0]) {
        bytes = rest;
    }
    if bytes.is_ascii() && !is_stateful(page) {
        let text = bytes.iter().copied().map(char::from).collect();
        return Some(Decoded { text, lossy: false });
    }
    codepage::decode(page, bytes)
}

/// Code pages in which ASCII bytes may mean something else.
fn is_stateful(page: u32) -> bool {
    !matches!(page, 874 | 932 | 936 | 949 | 950 | 1250..=1258 | 20127 | 28591..=28606 | 65001)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: u32, locale: u32, internet: u32, parent: Option<u32>, expect: u32) {
        let some = |number| (number != 0).then_some(number);
        let clues = Clues { message: some(message), locale: some(locale), internet: some(internet) };
        assert_eq!(of_message(clues, parent), expect, "{clues:?} {parent:?}");
    }

    #[test]
    fn the_message_code_page_comes_first_then_the_locale_then_the_parent() {
        check(1251, 1031, 65001, Some(932), 1251);
        check(1200, 1049, 65001, None, 1251);
        check(0, 1041, 65001, None, 932);
        check(0, 0, 65001, Some(1251), 1251);
        check(0, 0, 50220, None, 932);
        check(0, 0, 1251, None, 1252);
        check(0, 0, 65001, None, 1252);
        check(20127, 0, 0, None, 1252);
    }

    #[test]
    fn terminators_are_dropped_and_broken_text_is_marked() {
        let text = |bytes: &[u8]| {
            let decoded = decode_unicode(bytes);
            (decoded.text, decoded.lossy)
        };
        assert_eq!(text(b"a\0b\0\0\0\0\0"), ("ab".into(), false));
        assert_eq!(text(b"a\0\x16\x04"), ("aЖ".into(), false));
        assert_eq!(text(b"a\0b"), ("a".into(), true));
        assert_eq!(text(b"\0\xD8a\0"), ("\u{FFFD}a".into(), true));
        assert_eq!(text(b""), (String::new(), false));
        let decoded = decode_string8(1251, b"\xCF\xF0\xE8\0").unwrap();
        assert_eq!((decoded.text.as_str(), decoded.lossy), ("При", false));
        assert_eq!(decode_string8(4242, b"\xCF"), None);
    }
}
