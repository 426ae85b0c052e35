//! What Outlook wants to find in a file beside what the message has (message-file rules of practice).
//!
//! Nothing that the message has is replaced, except what says how wide its text is. Text that only
//! repeats other properties is made of them; the time comes from the caller.

use super::{TextWidth, WriteOptions};
use crate::attachment::ATTACH_OLE;
use crate::codepage::Pages;
use crate::message::STORE_UNICODE_OK;
use crate::property_stream::{MANDATORY, READABLE, WRITEABLE};
use mapi_defs::FileTime;
use mapi_defs::guids::MAPI_ONE_OFF_UID;
use mapi_defs::object::{AttachmentObject, MessageObject, Property, find};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropType, PropValue};
use mapi_defs::recipient::RecipientType;

/// What Microsoft's message object says it can do, without the bit for Unicode.
const SUPPORT_MASK: i32 = 0x0000_0E79;
/// MSGFLAG_READ.
const READ: i32 = 1;
/// MSGFLAG_HASATTACH.
const HAS_ATTACHMENTS: i32 = 0x10;
/// ATTACH_BY_VALUE.
const ATTACH_BY_VALUE: i32 = 1;
/// ATTACH_EMBEDDED_MSG.
const ATTACH_EMBEDDED: i32 = 5;
/// MAPI_MAILUSER.
const MAIL_USER: i32 = 6;
/// MAPI_ATTACH.
const ATTACH: i32 = 7;
/// MAPI_ACCESS_READ.
const ACCESS_READ: i32 = 2;
/// The flags of an entry id that carries an address in itself: Unicode text, no rich text to this recipient.
const ONE_OFF_FLAGS: u16 = 0x8001;

/// What kind of object a property belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Message,
    Recipient,
    Attachment,
}

/// Properties added to those that an object has.
#[derive(Default)]
pub(crate) struct Added {
    /// Written instead of the object's own.
    pub(crate) instead: Vec<Property>,
    /// Written where the object has none.
    pub(crate) beside: Vec<Property>,
}

/// The attribute bits that Microsoft's message object gives a property.
pub(crate) fn attributes(kind: Kind, id: u16) -> u32 {
    match (kind, id) {
        (Kind::Message, 0x3007 | 0x3008 | 0x0FF7 | 0x0FF4 | 0x340D | 0x0E02..=0x0E04 | 0x0E1B | 0x0E1D) => {
            READABLE
        }
        (Kind::Attachment, 0x3705 | 0x370B) => MANDATORY | READABLE | WRITEABLE,
        (Kind::Attachment, 0x0E21 | 0x0FF9 | 0x0FFE | 0x0FF4 | 0x0FF7 | 0x340D) => READABLE,
        _ => READABLE | WRITEABLE,
    }
}

/// What a message gets.
pub(crate) fn message(message: &MessageObject, options: &WriteOptions, pages: Pages) -> Added {
    let mut added = Added { instead: width(&message.properties, options), ..Added::default() };
    if let TextWidth::String8(_) = options.text {
        added.instead.push(Property::new(PR_MESSAGE_CODEPAGE, pages.text.cast_signed()));
    }
    if !options.complete {
        return added;
    }
    let has_attachments = !message.attachments.is_empty();
    let flags = READ | if has_attachments { HAS_ATTACHMENTS } else { 0 };
    added.beside = vec![
        Property::new(PR_MESSAGE_CLASS, text_of_width(&message.properties, "IPM.Note")),
        Property::new(PR_STORE_SUPPORT_MASK, mask(&message.properties, options)),
        Property::new(PR_MESSAGE_FLAGS, flags),
        Property::new(PR_ACCESS, ACCESS_READ),
        Property::new(PR_ACCESS_LEVEL, 0),
        Property::new(PR_HASATTACH, has_attachments),
    ];
    let lists = [
        (PR_DISPLAY_TO, RecipientType::To),
        (PR_DISPLAY_CC, RecipientType::Cc),
        (PR_DISPLAY_BCC, RecipientType::Bcc),
    ];
    for (tag, kind) in lists {
        let names = display_list(message, kind);
        added.beside.push(Property::new(tag, text_of_width(&message.properties, &names)));
    }
    if let Some(subject) = message.text(PR_SUBJECT) {
        let prefix = message.text(PR_SUBJECT_PREFIX).unwrap_or_else(|| subject_prefix(subject));
        let rest = subject.strip_prefix(prefix).unwrap_or(subject);
        added.beside.push(Property::new(PR_SUBJECT_PREFIX, text_of_width(&message.properties, prefix)));
        added.beside.push(Property::new(PR_NORMALIZED_SUBJECT, text_of_width(&message.properties, rest)));
    }
    added.beside.extend(times(options.now));
    added
}

/// What a recipient gets.
pub(crate) fn recipient(row: &[Property], number: u32, options: &WriteOptions) -> Added {
    let mut added = Added { instead: width(row, options), ..Added::default() };
    if !options.complete {
        return added;
    }
    let text = |tag| find(row, tag).and_then(PropValue::as_text).filter(|text| !text.is_empty());
    let smtp =
        text(PR_SMTP_ADDRESS).or_else(|| text(PR_EMAIL_ADDRESS).filter(|address| address.contains('@')));
    let address = text(PR_EMAIL_ADDRESS).or(smtp).unwrap_or_default();
    let address_type = text(PR_ADDRTYPE).or(smtp.map(|_| "SMTP")).unwrap_or_default();
    let name = text(PR_DISPLAY_NAME).unwrap_or(address);
    added.beside = vec![
        Property::new(PR_ROWID, number.cast_signed()),
        Property::new(PR_RECIPIENT_TYPE, RecipientType::To.value()),
        Property::new(PR_OBJECT_TYPE, MAIL_USER),
        Property::new(PR_DISPLAY_TYPE, 0),
        Property::new(PR_DISPLAY_NAME, text_of_width(row, name)),
        Property::new(PR_ADDRTYPE, text_of_width(row, address_type)),
        Property::new(PR_EMAIL_ADDRESS, text_of_width(row, address)),
    ];
    if !address.is_empty() && !address_type.is_empty() {
        let mut key = format!("{address_type}:{address}").to_uppercase().into_bytes();
        key.push(0);
        added.beside.push(Property::new(PR_SEARCH_KEY, key));
        added.beside.push(Property::new(PR_ENTRYID, one_off(name, address_type, address)));
    }
    added
}

/// What an attachment gets.
pub(crate) fn attachment(attachment: &AttachmentObject, number: u32, options: &WriteOptions) -> Added {
    let properties = &attachment.properties;
    let mut added = Added { instead: width(properties, options), ..Added::default() };
    if !options.complete {
        return added;
    }
    let method = match (&attachment.message, &attachment.storage) {
        (Some(_), _) => ATTACH_EMBEDDED,
        (None, Some(_)) => ATTACH_OLE,
        (None, None) => ATTACH_BY_VALUE,
    };
    added.beside = vec![
        Property::new(PR_ATTACH_NUM, number.cast_signed()),
        Property::new(PR_OBJECT_TYPE, ATTACH),
        Property::new(PR_ACCESS, ACCESS_READ),
        Property::new(PR_ACCESS_LEVEL, 0),
        Property::new(PR_ATTACH_METHOD, method),
        Property::new(PR_RENDERING_POSITION, -1),
        Property::new(PR_RECORD_KEY, number.to_le_bytes().to_vec()),
        Property::new(PR_STORE_SUPPORT_MASK, mask(properties, options)),
        Property::new(PR_ATTACH_ENCODING, Vec::new()),
    ];
    added.beside.extend(times(options.now));
    added
}

/// The support mask where the object has one and its text is made wider or narrower.
fn width(properties: &[Property], options: &WriteOptions) -> Vec<Property> {
    let held = find(properties, PR_STORE_SUPPORT_MASK).and_then(PropValue::as_long);
    let unicode = match options.text {
        TextWidth::Keep => return Vec::new(),
        TextWidth::Unicode => true,
        TextWidth::String8(_) => false,
    };
    let turned = |mask: i32| if unicode { mask | STORE_UNICODE_OK } else { mask & !STORE_UNICODE_OK };
    held.map(|mask| Property::new(PR_STORE_SUPPORT_MASK, turned(mask))).into_iter().collect()
}

/// The support mask of an object that has none.
fn mask(properties: &[Property], options: &WriteOptions) -> i32 {
    let unicode = match options.text {
        TextWidth::Keep => !is_narrow(properties),
        TextWidth::Unicode => true,
        TextWidth::String8(_) => false,
    };
    SUPPORT_MASK | if unicode { STORE_UNICODE_OK } else { 0 }
}

/// True where an object's own text is 8-bit text.
fn is_narrow(properties: &[Property]) -> bool {
    properties.iter().any(|one| matches!(one.tag.ptype(), PropType::STRING8 | PropType::MV_STRING8))
}

/// Text of the width that an object's own text has.
fn text_of_width(properties: &[Property], text: &str) -> PropValue {
    match is_narrow(properties) {
        true => PropValue::String8(text.to_owned()),
        false => PropValue::Unicode(text.to_owned()),
    }
}

fn times(now: Option<FileTime>) -> impl Iterator<Item = Property> {
    let tags: [PropTag; 2] = [PR_CREATION_TIME, PR_LAST_MODIFICATION_TIME];
    now.into_iter().flat_map(move |now| tags.into_iter().map(move |tag| Property::new(tag, now)))
}

/// The recipients of one kind, as they are shown.
fn display_list(message: &MessageObject, kind: RecipientType) -> String {
    let shown = |row: &&Vec<Property>| {
        let value = find(row, PR_RECIPIENT_TYPE).and_then(PropValue::as_long);
        value.map_or(RecipientType::To, RecipientType::from_value) == kind
    };
    let name = |row: &Vec<Property>| {
        let text = |tag| find(row, tag).and_then(PropValue::as_text).filter(|text| !text.is_empty());
        text(PR_DISPLAY_NAME).or_else(|| text(PR_EMAIL_ADDRESS)).unwrap_or_default().to_owned()
    };
    let names: Vec<String> = message.recipients.iter().filter(shown).map(name).collect();
    names.join("; ")
}

/// One to three letters, a colon and a space at the start of a subject.
fn subject_prefix(subject: &str) -> &str {
    match subject.split_once(": ") {
        Some((word, rest))
            if (1..=3).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic) =>
        {
            subject.strip_suffix(rest).unwrap_or_default()
        }
        _ => "",
    }
}

/// An entry id that carries the address in itself.
fn one_off(name: &str, address_type: &str, address: &str) -> Vec<u8> {
    let mut entry_id = vec![0; 4];
    entry_id.extend_from_slice(&MAPI_ONE_OFF_UID.0);
    entry_id.extend_from_slice(&[0, 0]);
    entry_id.extend_from_slice(&ONE_OFF_FLAGS.to_le_bytes());
    for text in [name, address_type, address] {
        entry_id.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    }
    entry_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_prefix_has_one_to_three_letters() {
        for (subject, expect) in [
            ("RE: Lunch", "RE: "),
            ("Antwort: Lunch", ""),
            ("AW: WG: x", "AW: "),
            ("1: x", ""),
            ("Re:x", ""),
            ("", ""),
            (": x", ""),
            ("На: Обед", "На: "),
        ] {
            assert_eq!(subject_prefix(subject), expect, "{subject}");
        }
    }

    #[test]
    fn attributes_are_those_of_the_object_microsoft_writes() {
        assert_eq!(attributes(Kind::Message, 0x0E1D), 2);
        assert_eq!(attributes(Kind::Message, 0x0037), 6);
        assert_eq!(attributes(Kind::Attachment, 0x3705), 7);
        assert_eq!(attributes(Kind::Attachment, 0x3707), 6);
        assert_eq!(attributes(Kind::Recipient, 0x3001), 6);
    }
}
