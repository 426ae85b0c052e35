//! The photo: in a contact an attachment of its own kind, in an address book a property.

use crate::card::{Card, Content, Line, Version};
use encodify::base64;
use mapi_defs::names::PID_LID_HAS_PICTURE;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_ATTACH_EXTENSION, PR_ATTACH_FILENAME, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD,
    PR_ATTACH_MIME_TAG, PR_ATTACHMENT_CONTACTPHOTO, PR_ATTACHMENT_HIDDEN, PR_RENDERING_POSITION,
};
use mapi_defs::prop::{PropTag, PropType};

/// The photo of an address book's entry (PR_EMS_AB_THUMBNAIL_PHOTO).
pub const PHOTO_IN_ENTRY: PropTag = PropTag::new(0x8C9E, PropType::BINARY);

/// ATTACH_BY_VALUE.
const BY_VALUE: i32 = 1;
/// Nowhere in the text.
const NOT_RENDERED: i32 = -1;

/// The bytes of a line that holds bytes: in base64, or as a data address.
pub(crate) fn bytes(line: &Line) -> Option<Vec<u8>> {
    match &line.content {
        Content::Binary(bytes) => Some(bytes.clone()).filter(|bytes| !bytes.is_empty()),
        Content::Text(text) => {
            let head = text.get(..5).filter(|head| head.eq_ignore_ascii_case("data:"))?;
            // A comma or semicolon of the address may have been escaped like one of a text.
            let (what, data) = text[head.len()..].split_once(',')?;
            let is_base64 = what.trim_end_matches('\\').to_ascii_lowercase().ends_with(";base64");
            let bytes = is_base64.then(|| base64::LENIENT.decode(data.as_bytes()).ok()).flatten()?;
            Some(bytes).filter(|bytes| !bytes.is_empty())
        }
    }
}

/// Media type, type of 3.0 and ending, by what the bytes begin with.
fn kind(bytes: &[u8]) -> (&'static str, &'static str, &'static str) {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => ("image/png", "PNG", ".png"),
        [b'G', b'I', b'F', b'8', ..] => ("image/gif", "GIF", ".gif"),
        [b'B', b'M', ..] => ("image/bmp", "BMP", ".bmp"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("image/webp", "WEBP", ".webp"),
        _ => ("image/jpeg", "JPEG", ".jpg"),
    }
}

/// Puts a photo into a contact, as a hidden attachment.
pub(crate) fn put(bytes: Vec<u8>, object: &mut MessageObject) {
    let (media_type, _, ending) = kind(&bytes);
    let name = format!("ContactPicture{ending}");
    let mut properties = vec![
        Property::new(PR_ATTACH_METHOD, BY_VALUE),
        Property::new(PR_ATTACH_FILENAME, name.as_str()),
        Property::new(PR_ATTACH_LONG_FILENAME, name.as_str()),
        Property::new(PR_ATTACH_EXTENSION, ending),
        Property::new(PR_ATTACH_MIME_TAG, media_type),
        Property::new(PR_RENDERING_POSITION, NOT_RENDERED),
        Property::new(PR_ATTACHMENT_HIDDEN, true),
        Property::new(PR_ATTACHMENT_CONTACTPHOTO, true),
        Property::new(PR_ATTACH_DATA_BIN, bytes),
    ];
    properties.sort_by(Property::order);
    let number = u32::try_from(object.attachments.len()).unwrap_or(u32::MAX);
    object.attachments.push(AttachmentObject { number, properties, ..AttachmentObject::default() });
    object.properties.push(Property::named(PID_LID_HAS_PICTURE.named(), true));
}

/// The photo of a contact, or of an address book's entry.
pub fn photo(object: &MessageObject) -> Option<&[u8]> {
    let of_entry = || object.property(PHOTO_IN_ENTRY).and_then(|value| value.as_binary());
    let attached = object.attachments.iter().find(|attachment| is_photo(attachment));
    attached.and_then(|attachment| attachment.property(PR_ATTACH_DATA_BIN)?.as_binary()).or_else(of_entry)
}

pub(crate) fn is_photo(attachment: &AttachmentObject) -> bool {
    attachment.property(PR_ATTACHMENT_CONTACTPHOTO).and_then(|value| value.as_boolean()) == Some(true)
}

pub(crate) fn write(object: &MessageObject, card: &mut Card) {
    let Some(bytes) = photo(object) else { return };
    let (media_type, name, _) = kind(bytes);
    let param = if card.version == Version::V4 { ("MEDIATYPE", media_type) } else { ("TYPE", name) };
    card.push("PHOTO", &[param], Content::Binary(bytes.to_vec()));
}
