//! Small messages built in code, for the tests of this crate.

#![allow(dead_code, reason = "each test file uses some of it")]

use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{PropTag, PropType, PropValue, tags};
use mapi_defs::{FileTime, guids};
use mapi_mime::Options;

/// Fri, 20 Nov 2026 14:02:01 +0000.
pub(crate) const NOON: i64 = 1_795_183_321;

/// Options with a fixed time and domain.
pub(crate) fn options() -> Options {
    Options::new(FileTime::from_unix_seconds(NOON), "example.org")
}

/// A message of these properties.
pub(crate) fn message(properties: impl IntoIterator<Item = Property>) -> MessageObject {
    let mut properties: Vec<Property> = properties.into_iter().collect();
    properties.sort_by(Property::order);
    MessageObject { properties, ..MessageObject::default() }
}

/// A note from Ann with this subject and text.
pub(crate) fn note(subject: &str, body: &str) -> MessageObject {
    message([
        Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
        Property::new(tags::PR_SUBJECT, subject),
        Property::new(tags::PR_BODY, body),
        Property::new(tags::PR_CLIENT_SUBMIT_TIME, FileTime::from_unix_seconds(NOON)),
        Property::new(tags::PR_SENDER_NAME, "Ann Lee"),
        Property::new(tags::PR_SENDER_ADDRTYPE, "SMTP"),
        Property::new(tags::PR_SENDER_EMAIL_ADDRESS, "ann@example.org"),
        Property::new(tags::PR_SEARCH_KEY, (0..16).collect::<Vec<u8>>()),
    ])
}

/// Adds properties.
pub(crate) fn with(
    mut message: MessageObject,
    properties: impl IntoIterator<Item = Property>,
) -> MessageObject {
    message.properties.extend(properties);
    message.properties.sort_by(Property::order);
    message
}

/// A row of the recipient table; `kind` is 1 for To, 2 for Cc, 3 for Bcc.
pub(crate) fn recipient(kind: i32, name: &str, address_type: &str, address: &str) -> Vec<Property> {
    vec![
        Property::new(tags::PR_RECIPIENT_TYPE, kind),
        Property::new(tags::PR_DISPLAY_NAME, name),
        Property::new(tags::PR_ADDRTYPE, address_type),
        Property::new(tags::PR_EMAIL_ADDRESS, address),
    ]
}

/// An attachment by value.
pub(crate) fn file(number: u32, name: &str, octets: &[u8]) -> AttachmentObject {
    let properties = vec![
        Property::new(tags::PR_ATTACH_DATA_BIN, octets.to_vec()),
        Property::new(tags::PR_ATTACH_METHOD, 1),
        Property::new(tags::PR_ATTACH_LONG_FILENAME, name),
    ];
    AttachmentObject { number, properties, ..AttachmentObject::default() }
}

/// An embedded message.
pub(crate) fn embedded(number: u32, message: MessageObject) -> AttachmentObject {
    let data = PropTag::new(0x3701, PropType::OBJECT);
    let properties = vec![
        Property { tag: data, named: None, value: PropValue::Object, lossy: false },
        Property::new(tags::PR_ATTACH_METHOD, 5),
    ];
    AttachmentObject { number, properties, message: Some(Box::new(message)), ..AttachmentObject::default() }
}

/// A one-off entry ID.
pub(crate) fn one_off(name: &str, address_type: &str, address: &str) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend_from_slice(&guids::MAPI_ONE_OFF_UID.0);
    bytes.extend_from_slice(&[0, 0, 1, 0x90]);
    for text in [name, address_type, address] {
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]));
    }
    bytes
}

/// A list of entry IDs.
pub(crate) fn entry_list(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for entry in entries {
        body.extend_from_slice(&(entry.len() as u32).to_le_bytes());
        body.extend_from_slice(entry);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut bytes = (entries.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes
}
