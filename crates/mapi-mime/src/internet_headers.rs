//! Header fields kept as named properties of PS_INTERNET_HEADERS: the name of the property is the name of
//! the field.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1.3.2 (header fields as named properties).

use crate::fields::{Fields, is_field_name, without_controls};
use crate::loss::{Losses, Reason};
use crate::to_mime::Scope;
use mapi_defs::guids;
use mapi_defs::object::Property;
use mapi_defs::prop::Name;

/// Fields that only properties of their own, the body or a transport decide, in lower case.
const DECIDED_ELSEWHERE: [&str; 19] = [
    "bcc",
    "cc",
    "content-description",
    "content-disposition",
    "content-id",
    "content-location",
    "date",
    "disposition-notification-to",
    "from",
    "in-reply-to",
    "message-id",
    "references",
    "reply-to",
    "resent-bcc",
    "return-path",
    "return-receipt-to",
    "sender",
    "subject",
    "to",
];

/// Fields that describe the form of an earlier body, in lower case; the new one has its own.
const OF_THE_BODY: [&str; 4] = ["content-transfer-encoding", "content-type", "lines", "mime-version"];

/// Writes the fields that no other property has written yet.
pub(crate) fn write_internet_headers(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    for property in &scope.message.properties {
        if let Some(name) = field_of(property) {
            let lower = name.to_ascii_lowercase();
            let reason = if !is_field_name(name) {
                Some(Reason::Malformed)
            } else if OF_THE_BODY.contains(&lower.as_str()) {
                None
            } else if DECIDED_ELSEWHERE.contains(&lower.as_str()) || fields.has(name) {
                Some(Reason::DecidedElsewhere)
            } else {
                write_field(name, property, fields)
            };
            if let Some(reason) = reason {
                losses.note_property(&scope.place, property, reason);
            }
        }
    }
}

/// The name of the field that a property stands for.
pub(crate) fn field_of(property: &Property) -> Option<&str> {
    match property.named.as_ref()? {
        named if named.set != guids::PS_INTERNET_HEADERS => None,
        named => match &named.name {
            Name::Text(name) => Some(name),
            Name::Id(_) => None,
        },
    }
}

fn write_field(name: &str, property: &Property, fields: &mut Fields) -> Option<Reason> {
    let Some(value) = property.value.as_text() else { return Some(Reason::Malformed) };
    if without_controls(value).0.trim().is_empty() {
        return (!value.trim().is_empty()).then_some(Reason::ControlCharacters);
    }
    fields.unknown(name, value).then_some(Reason::ControlCharacters)
}
