//! What the values of header fields say: text, people, moments and media types, read by mail-parser.
//!
//! Everything is answered as owned Unicode. Octets above 127 that are not UTF-8 are taken for the code page
//! of the caller.

use crate::from_mime::limits::MAX_PARAMETER_BYTES;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address, ContentType, HeaderValue};
use mapi_defs::FileTime;
use mapi_rtf::codepage;
use std::borrow::Cow;

/// The first moment that counts as a date: 1900-01-01.
const FIRST_SECOND: i64 = -2_208_988_800;
/// The first that does not any more: 4501-01-01.
const NONE_SECOND: i64 = 79_870_665_600;

/// Somebody named in a field.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Person {
    /// The display name; the address where there is none.
    pub(crate) name: String,
    /// The address; empty where the field has a name alone.
    pub(crate) address: String,
}

/// The octets of a value as UTF-8 that ends in a line feed, which mail-parser's readers end at.
///
/// Encoded words stay as they are: octets above 127 in one are in the charset that it names.
fn prepared(value: &[u8], code_page: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len().saturating_add(1));
    if str::from_utf8(value).is_ok() {
        bytes.extend_from_slice(value);
    } else {
        for word in value.split_inclusive(u8::is_ascii_whitespace) {
            match memchr::memmem::find(word, b"=?") {
                Some(_) => bytes.extend_from_slice(word),
                None => bytes.extend_from_slice(octets_text(word, code_page).as_bytes()),
            }
        }
    }
    bytes.push(b'\n');
    bytes
}

/// Octets as text: UTF-8 where they are, else in the code page.
pub(crate) fn octets_text(octets: &[u8], code_page: u32) -> Cow<'_, str> {
    match str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => match codepage::decode(code_page, octets) {
            Some(decoded) => Cow::Owned(decoded.text),
            None => String::from_utf8_lossy(octets),
        },
    }
}

/// Unstructured text with its encoded words decoded; empty where there is none.
pub(crate) fn text(value: &[u8], code_page: u32) -> String {
    let bytes = prepared(value, code_page);
    let text = match MessageStream::new(&bytes).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    };
    without_nuls(text)
}

/// A value as it stands, on one line.
pub(crate) fn line(value: &[u8], code_page: u32) -> String {
    let text = octets_text(value.trim_ascii(), code_page);
    let mut out = String::with_capacity(text.len());
    let mut is_fold = false;
    for letter in text.chars().filter(|letter| *letter != '\0') {
        match letter {
            '\r' | '\n' => is_fold = true,
            ' ' | '\t' if is_fold => {}
            _ => {
                if is_fold {
                    out.push(' ');
                    is_fold = false;
                }
                out.push(letter);
            }
        }
    }
    out
}

/// How many people there may be in a field, at most.
pub(crate) fn people_count(value: &[u8]) -> usize {
    value.iter().filter(|byte| matches!(byte, b',' | b';' | b':')).count()
}

/// The people in a field; empty groups name nobody.
pub(crate) fn people(value: &[u8], code_page: u32) -> Vec<Person> {
    let bytes = prepared(value, code_page);
    match MessageStream::new(&bytes).parse_address() {
        HeaderValue::Address(address) => people_of(&address),
        _ => Vec::new(),
    }
}

fn people_of(address: &Address<'_>) -> Vec<Person> {
    let person = |addr: &mail_parser::Addr<'_>| {
        let part = |text: Option<&str>| without_nuls(text.unwrap_or_default().trim().to_owned());
        let (name, address) = (part(addr.name()), part(addr.address()));
        let name = if name.is_empty() { address.clone() } else { name };
        (!name.is_empty()).then_some(Person { name, address })
    };
    address.iter().filter_map(person).collect()
}

/// A moment, where the value is one.
pub(crate) fn moment(value: &[u8]) -> Option<FileTime> {
    let bytes = prepared(value, codepage::WINDOWS_1252);
    let HeaderValue::DateTime(date) = MessageStream::new(&bytes).parse_date() else { return None };
    if !date.is_valid() {
        return None;
    }
    let seconds = date.to_timestamp();
    (FIRST_SECOND..NONE_SECOND).contains(&seconds).then(|| FileTime::from_unix_seconds(seconds))
}

/// A media type or disposition with its parameters.
pub(crate) fn content_type(value: &[u8], code_page: u32) -> Option<ContentType<'static>> {
    let bytes = prepared(value.get(..MAX_PARAMETER_BYTES).unwrap_or(value), code_page);
    match MessageStream::new(&bytes).parse_content_type() {
        HeaderValue::ContentType(found) => Some(owned(found)),
        _ => None,
    }
}

fn owned(found: ContentType<'_>) -> ContentType<'static> {
    match HeaderValue::ContentType(found).into_owned() {
        HeaderValue::ContentType(found) => found,
        _ => ContentType { c_type: Cow::Borrowed(""), c_subtype: None, attributes: None },
    }
}

/// An identifier without its angle brackets; empty where there is none.
pub(crate) fn identifier(value: &[u8], code_page: u32) -> String {
    let text = line(value, code_page);
    let text = text.trim();
    let inner = text.strip_prefix('<').unwrap_or(text);
    inner.strip_suffix('>').unwrap_or(inner).trim().to_owned()
}

/// The parts of a list parted by commas, each with its encoded words decoded.
pub(crate) fn list(value: &[u8], code_page: u32) -> Vec<String> {
    let text = text(value, code_page);
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn without_nuls(mut text: String) -> String {
    if text.contains('\0') {
        text.retain(|letter| letter != '\0');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        assert_eq!(text(b" =?utf-8?Q?caf=C3=A9?= au\r\n lait", 1252), "caf\u{e9} au lait");
        assert_eq!(text(b" caf\xE9", 1252), "caf\u{e9}");
        assert_eq!(text(b" =?iso-8859-2?Q?caf\xB1?= \xE9", 1252), "caf\u{105} \u{e9}");
        assert_eq!(text(b" caf\xC3\xA9\0", 1252), "caf\u{e9}");
        assert_eq!(
            (text(b"", 1252), line(b" <a@b>\r\n\t<c@d> ", 1252)),
            (String::new(), "<a@b> <c@d>".into())
        );
        assert_eq!(
            (identifier(b" <a@b>", 1252), list(b"a, =?utf-8?Q?b?=,,c", 1252).len()),
            ("a@b".into(), 3)
        );
        assert_eq!(moment(b" Fri, 20 Nov 2026 15:02:01 +0100 (x)").unwrap().unix_seconds(), 1_795_183_321);
        assert_eq!((moment(b"yesterday"), moment(b"")), (None, None));
    }

    #[test]
    fn people_have_a_name_or_an_address() {
        let found = |value: &str| {
            let found = people(value.as_bytes(), 1252);
            found.into_iter().map(|person| (person.name, person.address)).collect::<Vec<_>>()
        };
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(
            found(" \"Lee, Ann\" <ann@x.org>, bob@x.org,\r\n T: c@x.org, D <d@x.org>;, empty:;"),
            [
                pair("Lee, Ann", "ann@x.org"),
                pair("bob@x.org", "bob@x.org"),
                pair("c@x.org", "c@x.org"),
                pair("D", "d@x.org")
            ]
        );
        assert_eq!(found("=?utf-8?B?SsO2cmc=?= <j@x.org>"), [pair("J\u{f6}rg", "j@x.org")]);
        assert_eq!(people_count(b" a, T: b;"), 3);
    }
}
