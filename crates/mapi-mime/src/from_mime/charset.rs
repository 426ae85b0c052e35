//! The charset of a body as a Windows code page, and its text.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.2.3.3.1 (PidTagInternetCodepage).

use crate::body::meta_code_page;
use crate::charset::code_page_of;
use mail_parser::decoders::charsets::DecoderFnc;
use mail_parser::decoders::charsets::map::charset_decoder;
use mapi_rtf::codepage::{self, UTF_8};
use std::borrow::Cow;

/// US-ASCII.
const US_ASCII: u32 = 20127;
/// UTF-16, and with its octets the other way round; neither is a charset of text in MIME, but in use.
const WIDE: [(&str, u32); 4] = [("utf-16", 1200), ("utf-16le", 1200), ("utf-16be", 1201), ("utf-7", 65000)];

/// How the octets of a body are read.
#[derive(Clone, Copy)]
pub(crate) enum Charset {
    /// A Windows code page.
    Page(u32),
    /// A charset that has none; its text counts as UTF-8.
    Other(DecoderFnc),
}

impl Charset {
    /// The charset that is named, else the one that the octets can be in.
    pub(crate) fn of_text(name: Option<&str>, octets: &[u8], default: u32) -> Self {
        match name.map(str::trim).and_then(Self::named) {
            // ASCII that is none is what programs say that never thought about it.
            Some(Self::Page(US_ASCII)) | None if !octets.is_ascii() => Self::Page(fitting(octets, default)),
            Some(charset) => charset,
            None => Self::Page(US_ASCII),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let wide = WIDE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, page)| *page);
        let page = wide.or_else(|| code_page_of(name)).filter(|page| codepage::is_known(*page));
        page.map(Self::Page).or_else(|| charset_decoder(name.as_bytes()).map(Self::Other))
    }

    /// What PR_INTERNET_CPID is.
    pub(crate) fn code_page(self) -> u32 {
        match self {
            Self::Page(page) => page,
            Self::Other(_) => UTF_8,
        }
    }

    pub(crate) fn text(self, octets: &[u8]) -> String {
        match self {
            Self::Page(page) => match codepage::decode(page, octets) {
                Some(decoded) => decoded.text.trim_start_matches('\u{feff}').to_owned(),
                None => String::from_utf8_lossy(octets).into_owned(),
            },
            Self::Other(decode) => decode(octets),
        }
    }
}

/// The octets of HTML with their code page; they change only where their charset has none.
pub(crate) fn html<'x>(octets: Cow<'x, [u8]>, name: Option<&str>, default: u32) -> (Cow<'x, [u8]>, u32) {
    let named = name.map(str::trim).and_then(Charset::named);
    let by_itself = || meta_code_page(&octets).filter(|page| codepage::is_known(*page)).map(Charset::Page);
    let page = match named.or_else(by_itself) {
        Some(Charset::Page(US_ASCII)) | None if !octets.is_ascii() => fitting(&octets, default),
        Some(Charset::Page(page)) => page,
        Some(Charset::Other(decode)) => return (Cow::Owned(decode(&octets).into_bytes()), UTF_8),
        None => US_ASCII,
    };
    (octets, page)
}

/// UTF-8 where the octets are, else the page that the caller named.
fn fitting(octets: &[u8], default: u32) -> u32 {
    if str::from_utf8(octets).is_ok() { UTF_8 } else { default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_read_in_the_charset_that_fits() {
        for (name, octets, page, expect) in [
            (None, &b"abc"[..], US_ASCII, "abc"),
            (None, "caf\u{e9}".as_bytes(), UTF_8, "caf\u{e9}"),
            (Some("us-ascii"), b"caf\xE9", 1252, "caf\u{e9}"),
            (Some("KOI8-R"), b"\xC1", 20866, "\u{430}"),
            (Some("utf-16be"), b"\0a", 1201, "a"),
            (Some("no-such"), b"caf\xE9", 1252, "caf\u{e9}"),
            (Some("macintosh"), b"\x8E", UTF_8, "\u{e9}"),
        ] {
            let charset = Charset::of_text(name, octets, 1252);
            assert_eq!((charset.code_page(), charset.text(octets).as_str()), (page, expect), "{name:?}");
        }
        let (octets, page) = html(Cow::Borrowed(b"<meta charset=koi8-r>\xC1"), None, 1252);
        assert_eq!((octets.len(), page), (22, 20866));
    }
}
