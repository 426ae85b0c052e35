//! The bodies of a message for a person: its HTML, and its text.
//!
//! What goes into mail is made in `mapi-mime`; this is for looking at.

use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::{
    PR_BODY, PR_HTML, PR_INTERNET_CPID, PR_NATIVE_BODY_INFO, PR_RTF_COMPRESSED, PR_RTF_IN_SYNC,
};
use mapi_defs::prop::{PropType, PropValue};
use mapi_rtf::body::{Bodies, Body, Presence, best_body};
use mapi_rtf::codepage::{self, UTF_8, WINDOWS_1252};
use mapi_rtf::{Extracted, decompress, extract};

/// How wide HTML is set as text.
const TEXT_COLUMNS: usize = 100;

/// What a person can read of a message.
pub(crate) struct Readable {
    /// The HTML, where the message has any.
    pub(crate) html: Option<String>,
    /// The text; of HTML where there is nothing else.
    pub(crate) text: Option<String>,
}

/// Reads the bodies of a message. RTF that cannot be read is left out.
pub(crate) fn readable(message: &MessageObject) -> Readable {
    let own = message.text(PR_BODY).filter(|text| !text.is_empty()).map(str::to_owned);
    let rtf = from_rtf(message);
    let html = html_property(message).or_else(|| match &rtf {
        Some(Extracted::Html { html, .. }) => Some(html.clone()),
        _ => None,
    });
    let from_rtf = match rtf {
        Some(Extracted::Text(text) | Extracted::Native { text }) => Some(text),
        _ => None,
    };
    let text = if best_body(&bodies(message)) == Some(Body::Text) { own.clone() } else { None };
    let text = text.or_else(|| html.as_deref().and_then(html_as_text)).or(from_rtf).or(own);
    Readable { html, text }
}

fn bodies(message: &MessageObject) -> Bodies {
    let presence = |there: bool| if there { Presence::Present } else { Presence::Absent };
    let html = message.property(PR_HTML.with_type(PropType::UNSPECIFIED));
    let native = message.property(PR_NATIVE_BODY_INFO).and_then(PropValue::as_long).unwrap_or_default();
    Bodies {
        text: presence(message.text(PR_BODY).is_some_and(|text| !text.is_empty())),
        rtf: presence(message.property(PR_RTF_COMPRESSED).is_some()),
        html: presence(html.is_some()),
        rtf_in_sync: message.property(PR_RTF_IN_SYNC).and_then(PropValue::as_boolean).unwrap_or(false),
        native_body: u32::try_from(native).unwrap_or_default(),
    }
}

fn from_rtf(message: &MessageObject) -> Option<Extracted> {
    let bytes = message.property(PR_RTF_COMPRESSED)?.as_binary()?;
    extract(&decompress(bytes).ok()?.rtf).ok()
}

fn html_property(message: &MessageObject) -> Option<String> {
    let held = match message.property(PR_HTML.with_type(PropType::UNSPECIFIED))? {
        PropValue::Binary(bytes) => html_bytes(bytes, message),
        value => value.as_text()?.to_owned(),
    };
    (!held.trim_end_matches('\0').is_empty()).then(|| held.trim_end_matches('\0').to_owned())
}

/// Bytes of HTML in the page the message names, else in UTF-8 where they are, else in windows-1252.
fn html_bytes(bytes: &[u8], message: &MessageObject) -> String {
    let named = message
        .property(PR_INTERNET_CPID)
        .and_then(PropValue::as_long)
        .and_then(|page| u32::try_from(page).ok());
    let pages = named.into_iter().chain([UTF_8]);
    let whole = pages.filter_map(|page| codepage::decode(page, bytes)).find(|decoded| !decoded.lossy);
    match whole.or_else(|| codepage::decode(WINDOWS_1252, bytes)) {
        Some(decoded) => decoded.text,
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// HTML set as text; `None` where it cannot be set.
pub(crate) fn html_as_text(html: &str) -> Option<String> {
    let text = html2text::config::plain().string_from_read(html.as_bytes(), TEXT_COLUMNS).ok()?;
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| format!("{trimmed}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::object::Property;

    fn message(properties: Vec<Property>) -> MessageObject {
        MessageObject { properties, ..MessageObject::default() }
    }

    #[test]
    fn html_bytes_are_read_in_their_own_code_page() {
        let cyrillic = message(vec![
            Property::new(PR_HTML, b"<p>\xcf\xf0\xe8\xe2\xe5\xf2</p>".to_vec()),
            Property::new(PR_INTERNET_CPID, 1251),
        ]);
        let found = readable(&cyrillic);
        assert_eq!(found.html.as_deref(), Some("<p>\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}</p>"));
        assert_eq!(found.text.as_deref(), Some("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}\n"));
    }

    #[test]
    fn html_that_is_only_inside_rtf_is_found() {
        let rtf = br"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}Hello{\*\htmltag72 </p>}}";
        let found = readable(&message(vec![Property::new(PR_RTF_COMPRESSED, mapi_rtf::compress(rtf))]));
        assert_eq!(found.html.as_deref(), Some("<p>Hello</p>"));
        assert_eq!(found.text.as_deref(), Some("Hello\n"));
    }

    #[test]
    fn a_message_without_a_body_has_nothing_to_show() {
        let found = readable(&message(vec![Property::new(PR_BODY, "")]));
        assert!(found.html.is_none() && found.text.is_none());
    }
}
