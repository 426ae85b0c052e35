//! Which code page the 8-bit text of a message is in, and text out of a file's bytes.
//!
//! The tables are `mapi_rtf::codepage`'s. PR_INTERNET_CPID describes the HTML and MIME body: it is the
//! code page of PR_HTML and of no other property; of those, only its e-mail relatives count.

use mapi_defs::prop::tags::PR_HTML;
use mapi_rtf::codepage::{self, Decoded, Encoded, WINDOWS_1252};

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

/// The code pages that a message's 8-bit text may be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pages {
    /// The one that all text is in unless something else shows.
    pub(crate) text: u32,
    /// The East Asian one of the message's locale, where the message says windows-1252 of itself.
    local: Option<u32>,
    /// The one of the HTML body.
    html: u32,
}

impl Pages {
    /// All text in windows-1252.
    pub(crate) const WESTERN: Self = Self { text: WINDOWS_1252, local: None, html: WINDOWS_1252 };

    /// The code pages of a message; `parent` is that of the message it is embedded in.
    ///
    /// Text is in the first of: PR_MESSAGE_CODEPAGE unless it says Unicode; the ANSI code page of
    /// PR_MESSAGE_LOCALE_ID; the Windows relative of an e-mail code page in PR_INTERNET_CPID; the
    /// parent's; windows-1252.
    ///
    /// Programs on Chinese and Korean systems write text in the system's code page although the
    /// message is a windows-1252 one: text that consists of that page's characters alone is read so.
    pub(crate) fn of_message(clues: Clues, parent: Option<u32>) -> Self {
        let stated = clues.message.filter(|page| !matches!(page, 0 | 1 | 1200 | 1201)).map(widened);
        let of_locale = clues.locale.filter(|locale| *locale != 0).map(codepage::ansi_code_page);
        let text = stated
            .or(of_locale)
            .or_else(|| clues.internet.and_then(windows_relative))
            .or(parent)
            .unwrap_or(WINDOWS_1252);
        let local = of_locale.filter(|page| text == WINDOWS_1252 && matches!(page, 936 | 949));
        let html = clues.internet.filter(|page| codepage::is_known(*page)).map_or(text, widened);
        Self { text, local, html }
    }

    /// Text of a PT_STRING8 property, without terminators; `None` where the code page is not known.
    pub(crate) fn decode(self, id: u16, bytes: &[u8]) -> Option<Decoded> {
        let page = self.page(id);
        let bytes = without_terminators(bytes);
        if bytes.is_ascii() && !is_stateful(page) {
            let text = bytes.iter().copied().map(char::from).collect();
            return Some(Decoded { text, lossy: false });
        }
        if page == self.text
            && let Some(local) = self.local.filter(|_| is_all_pairs(bytes))
            && let Some(decoded) = codepage::decode(local, bytes).filter(|decoded| !decoded.lossy)
        {
            return Some(decoded);
        }
        codepage::decode(page, bytes)
    }

    /// The bytes of a PT_STRING8 property that [`Pages::decode`] reads back.
    pub(crate) fn encode(self, id: u16, text: &str) -> Option<Encoded> {
        let page = self.page(id);
        let encoded = codepage::encode(page, text)?;
        if !encoded.lossy || page != self.text {
            return Some(encoded);
        }
        let local = self.local.and_then(|local| codepage::encode(local, text));
        Some(local.filter(|local| !local.lossy && is_all_pairs(&local.bytes)).unwrap_or(encoded))
    }

    fn page(self, id: u16) -> u32 {
        if id == PR_HTML.id() { self.html } else { self.text }
    }
}

/// True where all 8-bit characters are pairs of GB 2312 or KS X 1001, and there is one.
fn is_all_pairs(bytes: &[u8]) -> bool {
    let mut pairs = 0_usize;
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return pairs > 0,
            [first, tail @ ..] if first.is_ascii() => tail,
            [0xA1..=0xFE, 0xA1..=0xFE, tail @ ..] => {
                pairs = pairs.saturating_add(1);
                tail
            }
            _ => return false,
        };
    }
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

fn without_terminators(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_suffix(&[0]) {
        bytes = rest;
    }
    bytes
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
        assert_eq!(Pages::of_message(clues, parent).text, expect, "{clues:?} {parent:?}");
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
        let russian = pages(1251, 0, 0);
        let decoded = russian.decode(0x37, b"\xCF\xF0\xE8\0").unwrap();
        assert_eq!((decoded.text.as_str(), decoded.lossy), ("При", false));
        assert_eq!(pages(4242, 0, 0).decode(0x37, b"\xCF"), None);
    }

    fn pages(message: u32, locale: u32, internet: u32) -> Pages {
        let some = |number| (number != 0).then_some(number);
        let clues = Clues { message: some(message), locale: some(locale), internet: some(internet) };
        Pages::of_message(clues, None)
    }

    fn reads(pages: Pages, id: u16, bytes: &[u8], expect: &str) {
        assert_eq!(pages.decode(id, bytes).unwrap().text, expect, "{pages:?} {bytes:?}");
        assert_eq!(pages.encode(id, expect).unwrap().bytes, bytes, "{pages:?} {expect:?}");
    }

    #[test]
    fn html_is_in_the_internet_code_page_and_nothing_else_is() {
        let german = pages(0, 1031, 65001);
        reads(german, 0x1013, b"\xC3\xA4", "ä");
        reads(german, 0x1000, b"\xE4", "ä");
        reads(pages(0, 1049, 0), 0x1013, b"\xCF", "П");
    }

    #[test]
    fn chinese_text_in_a_western_message_is_read_as_chinese() {
        let pages = pages(1252, 2052, 20127);
        reads(pages, 0x0E05, b"\xCA\xD5\xBC\xFE\xCF\xE4", "收件箱");
        reads(pages, 0x0037, b"d\xE9fini", "défini");
        reads(pages, 0x0037, b"plain", "plain");
    }
}
