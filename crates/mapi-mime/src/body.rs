//! The text and the HTML of a message, out of the up to three bodies it has.
//!
//! HTML bytes travel as they are where their charset has a name in MIME, so that what they say of
//! themselves stays true. RTF has no form in MIME: HTML or text is taken out of it. How bodies and
//! attachments are put together is in `to_mime.rs`.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1.3.3, `[MS-OXBBODY]` 2.1.3.1, `[MS-OXRTFEX]`.

use crate::charset::{code_page_of, name_of};
use crate::encoding::{Encoding, with_crlf};
use crate::entity::{Body, Entity};
use crate::fields::Fields;
use crate::loss::{Losses, Reason};
use crate::to_mime::Scope;
use mail_builder::headers::content_type::ContentType;
use mapi_defs::prop::{PropTag, PropType, PropValue, tags};
use mapi_rtf::body::{Bodies, Body as Native, Presence, best_body};
use mapi_rtf::codepage::{self, UTF_8, WINDOWS_1252};
use mapi_rtf::{Extracted, Fault};
use std::borrow::Cow;

/// PR_HTML of any type: bytes, or text as some writers have it.
const HTML: PropTag = tags::PR_HTML.with_type(PropType::UNSPECIFIED);
/// The charset of HTML is named within its first octets (HTML standard, 4.2.5.4).
const META_BYTES: usize = 1024;

/// What there is to show.
#[derive(Default)]
pub(crate) struct Texts<'a> {
    pub(crate) plain: Option<Text<'a>>,
    pub(crate) html: Option<Text<'a>>,
}

/// Octets with the name of their charset.
pub(crate) struct Text<'a> {
    pub(crate) octets: Cow<'a, [u8]>,
    charset: &'static str,
}

impl<'a> Text<'a> {
    fn utf8(text: Cow<'a, str>) -> Self {
        let octets = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self { octets, charset: "utf-8" }
    }

    /// The part of a message that shows this text.
    pub(crate) fn entity(self, media_type: &'static str) -> Entity<'a> {
        let octets = with_crlf(self.octets);
        let encoding = Encoding::of_text(&octets);
        let mut fields = Fields::default();
        fields.parameters("Content-Type", ContentType::new(media_type).attribute("charset", self.charset));
        Entity { fields, body: Body::Octets(octets, encoding) }
    }
}

/// Reads the bodies of a message.
pub(crate) fn texts<'a>(scope: &Scope<'a>, losses: &mut Losses) -> Texts<'a> {
    let message = scope.message;
    let plain = message.text(tags::PR_BODY).map(without_nuls).filter(|text| !text.is_empty());
    let plain = plain.map(|text| Text::utf8(Cow::Borrowed(text)));
    let mut texts = Texts { plain, html: html(scope) };
    let rtf = message.property(tags::PR_RTF_COMPRESSED).and_then(PropValue::as_binary);
    // With HTML there, RTF is another form of the same.
    if let (None, Some(rtf)) = (&texts.html, rtf.filter(|rtf| !rtf.is_empty())) {
        take_rtf(scope, rtf, &mut texts, losses);
    }
    texts
}

fn html<'a>(scope: &Scope<'a>) -> Option<Text<'a>> {
    match scope.message.property(HTML)? {
        PropValue::Binary(bytes) if !bytes.is_empty() => Some(of_bytes(bytes, internet_code_page(scope))),
        value => {
            let text = without_nuls(value.as_text()?);
            (!text.is_empty()).then(|| of_text(Cow::Borrowed(text)))
        }
    }
}

fn internet_code_page(scope: &Scope<'_>) -> Option<u32> {
    let number = scope.message.property(tags::PR_INTERNET_CPID).and_then(PropValue::as_long)?;
    u32::try_from(number).ok().filter(|page| codepage::is_known(*page))
}

/// HTML bytes with the first charset that they can be in: the one the message names, the one they name,
/// UTF-8, Western European.
fn of_bytes(bytes: &[u8], named: Option<u32>) -> Text<'_> {
    let candidates = [named, meta_code_page(bytes), Some(UTF_8), Some(WINDOWS_1252)];
    let fits = |page: &u32| match *page {
        UTF_8 => str::from_utf8(bytes).is_ok(),
        20127 => bytes.is_ascii(),
        _ => true,
    };
    let page = candidates.into_iter().flatten().find(fits).unwrap_or(WINDOWS_1252);
    match name_of(page) {
        Some(charset) => Text { octets: Cow::Borrowed(bytes.strip_suffix(b"\0").unwrap_or(bytes)), charset },
        // UTF-16, UTF-7 and the like cannot stand in a text part or should not.
        None => match codepage::decode(page, bytes) {
            Some(decoded) => Text::utf8(Cow::Owned(decoded.text)),
            None => Text { octets: Cow::Borrowed(bytes), charset: "us-ascii" },
        },
    }
}

/// HTML text in the charset that it names itself, where that has every character of it; else in UTF-8.
fn of_text(html: Cow<'_, str>) -> Text<'_> {
    let page = meta_code_page(html.as_bytes()).filter(|page| *page != UTF_8);
    let encoded = page.and_then(|page| Some((codepage::encode(page, &html)?, name_of(page)?)));
    match encoded {
        Some((encoded, charset)) if !encoded.lossy => Text { octets: Cow::Owned(encoded.bytes), charset },
        _ => Text::utf8(html),
    }
}

/// The code page that HTML names in a `meta` element.
pub(crate) fn meta_code_page(html: &[u8]) -> Option<u32> {
    let head = html.get(..META_BYTES).unwrap_or(html).to_ascii_lowercase();
    let mut rest = head.as_slice();
    while let Some(place) = rest.windows(8).position(|window| window == b"charset=") {
        rest = rest.get(place.saturating_add(8)..)?;
        let name = match rest.trim_ascii_start() {
            [b'"' | b'\'', name @ ..] => name,
            name => name,
        };
        let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte));
        let name = name.get(..end.unwrap_or(name.len()))?;
        if let Some(page) = str::from_utf8(name).ok().and_then(code_page_of) {
            return Some(page);
        }
    }
    None
}

/// Adds what RTF holds: HTML, or the text where there is none yet.
fn take_rtf<'a>(scope: &Scope<'a>, rtf: &[u8], texts: &mut Texts<'a>, losses: &mut Losses) {
    let mut note = |reason| losses.note(&scope.place, tags::PR_RTF_COMPRESSED, reason);
    if !rtf_counts(scope, texts.plain.is_some()) {
        // Text that is the native body needs no RTF beside it.
        if native_body(scope) != 1 {
            note(Reason::RtfOutOfStep);
        }
        return;
    }
    match extracted(rtf) {
        Ok(Extracted::Html { html, .. }) => texts.html = Some(of_text(Cow::Owned(html))),
        Ok(Extracted::Text(text)) => texts.add_plain(text),
        Ok(other) => {
            note(Reason::RtfFormatting);
            texts.add_plain(other.into_string());
        }
        Err(_) => note(Reason::RtfDamaged),
    }
}

impl Texts<'_> {
    fn add_plain(&mut self, text: String) {
        if self.plain.is_none() && !text.is_empty() {
            self.plain = Some(Text::utf8(Cow::Owned(text)));
        }
    }
}

fn extracted(rtf: &[u8]) -> Result<Extracted, Fault> {
    mapi_rtf::extract(&mapi_rtf::decompress(rtf)?.rtf)
}

/// Whether the RTF is the body to show, there being no HTML.
///
/// # Differs
/// `[MS-OXBBODY]` takes an absent PR_RTF_IN_SYNC for false. Writers that leave it out mean no such thing,
/// and most of their HTML is in the RTF alone.
fn rtf_counts(scope: &Scope<'_>, has_text: bool) -> bool {
    let in_sync =
        scope.message.property(tags::PR_RTF_IN_SYNC).and_then(PropValue::as_boolean).unwrap_or(true);
    let bodies = Bodies {
        text: if has_text { Presence::Present } else { Presence::Absent },
        rtf: Presence::Present,
        html: Presence::Absent,
        rtf_in_sync: in_sync,
        native_body: native_body(scope),
    };
    best_body(&bodies) == Some(Native::Rtf)
}

fn native_body(scope: &Scope<'_>) -> u32 {
    let value = scope.message.property(tags::PR_NATIVE_BODY_INFO).and_then(PropValue::as_long);
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

/// Writers leave terminators behind.
fn without_nuls(text: &str) -> &str {
    text.trim_end_matches('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_bytes_get_the_charset_they_can_be_in() {
        for (bytes, named, charset) in [
            (&b"<p>caf\xE9"[..], Some(1252), "windows-1252"),
            (b"<p>caf\xE9", Some(65001), "windows-1252"),
            (b"<p>caf\xE9", Some(20127), "windows-1252"),
            (b"<p>caf\xC3\xA9", None, "utf-8"),
            (b"<meta content='text/html; charset=KOI8-R'><p>\xC1", None, "koi8-r"),
            (b"<meta charset=\"iso-8859-2\">\xB1", Some(65001), "iso-8859-2"),
            (b"<\0p\0>\0\xE9\0", Some(1200), "utf-8"),
            (b"+ADw-p+AD4-", Some(65000), "utf-8"),
            (b"", None, "utf-8"),
        ] {
            assert_eq!(of_bytes(bytes, named).charset, charset, "{bytes:?} {named:?}");
        }
        assert_eq!(of_bytes(b"<\0p\0>\0\xE9\0", Some(1200)).octets.as_ref(), "<p>\u{e9}".as_bytes());
    }

    #[test]
    fn html_text_follows_its_own_charset_where_it_can() {
        let text = of_text(Cow::Borrowed("<meta charset=windows-1251>\u{416}"));
        assert_eq!((text.charset, text.octets.last()), ("windows-1251", Some(&0xC6)));
        let text = of_text(Cow::Borrowed("<meta charset=windows-1251>\u{65e5}"));
        assert_eq!(text.charset, "utf-8");
    }
}
