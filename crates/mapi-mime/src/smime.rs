//! Signed and encrypted messages (IPM.Note.SMIME…), whose one attachment holds the content as it is.
//!
//! Such content travels byte for byte, since every change breaks the signature. No cryptography is done
//! here: neither is a signature checked nor anything opened.
//!
//! # Source
//! `[MS-OXOSMIME]` 2.1.3.

use crate::encoding::{Encoding, is_sendable, with_crlf};
use crate::entity::{Body, Entity};
use crate::fields::{Fields, is_field_name};
use crate::loss::{Losses, Reason};
use crate::to_mime::Scope;
use mail_builder::headers::content_type::ContentType;
use mapi_defs::object::AttachmentObject;
use mapi_defs::prop::{PropValue, tags};
use std::borrow::Cow;

/// What the message classes of such messages begin with.
const CLASS: &str = "IPM.Note.SMIME";
/// What follows for content that is signed and readable.
const CLEAR_SIGNED: &str = ".MultipartSigned";
/// The object identifier 1.2.840.113549.1.7, of which the kinds of content are arcs, in DER.
const PKCS7_ARC: [u8; 8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];
/// The object identifier stands within the first octets.
const ARC_WITHIN: usize = 32;

/// The content of a signed or encrypted message; `None` for others, and where the content is not fit to be
/// sent unchanged.
pub(crate) fn secured<'a>(scope: &Scope<'a>, losses: &mut Losses) -> Option<Entity<'a>> {
    let class = scope.message.text(tags::PR_MESSAGE_CLASS)?;
    let rest = class.get(CLASS.len()..).filter(|_| starts_with_ignoring_case(class, CLASS))?;
    let [attachment] = scope.message.attachments.as_slice() else {
        losses.note(&scope.place, tags::PR_MESSAGE_CLASS, Reason::NotSendable);
        return None;
    };
    let octets = attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary)?;
    let entity = if starts_with_ignoring_case(rest, CLEAR_SIGNED) || is_multipart(attachment) {
        clear_signed(octets)
    } else {
        Some(opaque(octets))
    };
    match &entity {
        None => losses.note(&scope.place, tags::PR_MESSAGE_CLASS, Reason::NotSendable),
        Some(_) => note_bodies(scope, losses),
    }
    entity
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_multipart(attachment: &AttachmentObject) -> bool {
    let tag = attachment.property(tags::PR_ATTACH_MIME_TAG).and_then(PropValue::as_text);
    tag.is_some_and(|tag| starts_with_ignoring_case(tag.trim(), "multipart/"))
}

/// The bodies beside such content were made of it.
fn note_bodies(scope: &Scope<'_>, losses: &mut Losses) {
    for tag in [tags::PR_BODY, tags::PR_RTF_COMPRESSED, tags::PR_HTML] {
        let held = scope.message.property(tag.with_type(mapi_defs::prop::PropType::UNSPECIFIED));
        if held.is_some_and(|value| value.size_bytes() > 0) {
            losses.note(&scope.place, tag, Reason::SecuredContent);
        }
    }
}

/// A whole entity: the fields that describe it, and its body unchanged.
///
/// Where lines end in LF alone, CRLF is what was signed (RFC 8551 3.1.1).
fn clear_signed(octets: &[u8]) -> Option<Entity<'_>> {
    let is_unix = !octets.contains(&b'\r');
    let whole = if is_unix { with_crlf(Cow::Borrowed(octets)) } else { Cow::Borrowed(octets) };
    if !is_sendable(&whole) {
        return None;
    }
    let (fields, place) = described(&whole)?;
    let body = match whole {
        Cow::Borrowed(octets) => Cow::Borrowed(octets.get(place..)?),
        Cow::Owned(mut octets) => Cow::Owned(octets.split_off(place)),
    };
    Some(Entity { fields, body: Body::Unchanged(body) })
}

/// The fields that describe an entity, and the place where its body begins.
///
/// Other fields are dropped: they are not signed, and the message has its own.
fn described(octets: &[u8]) -> Option<(Fields, usize)> {
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n")?;
    let header = str::from_utf8(octets.get(..end.saturating_add(2))?).ok()?;
    let mut fields = Fields::default();
    for (name, lines) in header_fields(header)? {
        if starts_with_ignoring_case(name, "Content-") && !fields.has(name) {
            fields.verbatim(name, lines.as_bytes());
        }
    }
    fields.has("Content-Type").then_some((fields, end.saturating_add(4)))
}

/// The fields of a header with all their lines; `None` where a line belongs to no field.
fn header_fields(header: &str) -> Option<Vec<(&str, String)>> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in header.split_inclusive("\r\n") {
        if line.starts_with([' ', '\t']) {
            fields.last_mut()?.1.push_str(line);
        } else {
            let (name, _) = line.split_once(':')?;
            if !is_field_name(name) {
                return None;
            }
            fields.push((name, line.to_owned()));
        }
    }
    Some(fields)
}

/// Content that only its receiver can read, or that is signed as a whole.
fn opaque(octets: &[u8]) -> Entity<'_> {
    let mut value = ContentType::new("application/pkcs7-mime");
    if let Some(kind) = kind(octets) {
        value = value.attribute("smime-type", kind);
    }
    let mut fields = Fields::default();
    fields.parameters("Content-Type", value.attribute("name", "smime.p7m"));
    fields
        .parameters("Content-Disposition", ContentType::new("attachment").attribute("filename", "smime.p7m"));
    Entity { fields, body: Body::Octets(Cow::Borrowed(octets), Encoding::Base64) }
}

/// What the content says it is (RFC 8551 3.2.2).
fn kind(octets: &[u8]) -> Option<&'static str> {
    let head = octets.get(..ARC_WITHIN).unwrap_or(octets);
    let place = head.windows(PKCS7_ARC.len()).position(|window| window == PKCS7_ARC)?;
    match head.get(place.saturating_add(PKCS7_ARC.len()))? {
        2 => Some("signed-data"),
        3 => Some("enveloped-data"),
        _ => None,
    }
}
