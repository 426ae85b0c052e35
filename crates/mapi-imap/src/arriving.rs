//! A letter of the server as a message of the store.

use crate::mailbox::Letter;
use mapi_defs::flags::{MessageFlags, SaveFlags};
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{Prop, tags};
use mapi_defs::{FileTime, Result};
use mapi_mime::{FromOptions, from_mime};
use mapi_spi::copy::fill_message;
use mapi_spi::message::Message;
#[cfg(not(feature = "seeded-fault"))]
use mapi_spi::spooler::DELIVERY_KEY;

/// PR_ATTACH_METHOD of a file in the message.
const BY_VALUE: i32 = 1;

/// Fills a message with a letter and saves it as the delivery of this key.
///
/// # Errors
/// Those of the store.
pub(crate) fn arrive(letter: &Letter, key: &[u8], now: FileTime, message: &dyn Message) -> Result<()> {
    let mut options = FromOptions::new(now);
    options.delivered = letter.received;
    let object = from_mime(&letter.text, &options).unwrap_or_else(|error| {
        tracing::warn!(%error, "a message cannot be read, and arrives as the file it is");
        as_file(&letter.text)
    });
    fill_message(&object, message, &[])?;
    let read = if letter.is_read { MessageFlags::READ.0 } else { 0 };
    let mut props = vec![Prop::new(tags::PR_MESSAGE_FLAGS, (MessageFlags::UNMODIFIED.0 | read) as i32)];
    props.extend(letter.received.map(|moment| Prop::new(tags::PR_MESSAGE_DELIVERY_TIME, moment)));
    #[cfg(not(feature = "seeded-fault"))]
    props.push(Prop::new(DELIVERY_KEY, key.to_vec()));
    #[cfg(feature = "seeded-fault")]
    let _ = key;
    message.set_props(&props)?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
}

/// What cannot be read is not lost: a note that carries it.
fn as_file(text: &[u8]) -> MessageObject {
    let mut note = MessageObject::default();
    let body = "This message could not be read. It is attached as it came.";
    note.properties.push(Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"));
    note.properties.push(Property::new(tags::PR_SUBJECT, "A message that could not be read"));
    note.properties.push(Property::new(tags::PR_BODY, body));
    let mut file = AttachmentObject::default();
    file.properties.push(Property::new(tags::PR_ATTACH_METHOD, BY_VALUE));
    file.properties.push(Property::new(tags::PR_ATTACH_LONG_FILENAME, "message.eml"));
    file.properties.push(Property::new(tags::PR_ATTACH_MIME_TAG, "application/octet-stream"));
    file.properties.push(Property::new(tags::PR_ATTACH_DATA_BIN, text.to_vec()));
    note.attachments.push(file);
    note
}
