//! [`arrive`]: an Internet message fills an open message of a store and is saved, as transports do in StartMessage.
//!
//! What the bytes mean is `from_mime`'s. Which delivery it is, the transport says.

use crate::{FromOptions, from_mime};
use mapi_defs::Result;
use mapi_defs::flags::{MessageFlags, SaveFlags};
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{Prop, tags};
use mapi_spi::copy::fill_message;
use mapi_spi::message::Message;
use mapi_spi::spooler::DELIVERY_KEY;

/// PR_ATTACH_METHOD of a file in the message.
const BY_VALUE: i32 = 1;

/// Fills a message with what came, and saves it: as new mail, or as read. With a key it arrives once (see
/// [`DELIVERY_KEY`]).
///
/// What cannot be read is not lost: it arrives as a note that carries it as a file.
///
/// # Errors
/// Those of the store.
pub fn arrive(
    text: &[u8],
    options: &FromOptions,
    delivery_key: Option<&[u8]>,
    is_read: bool,
    message: &dyn Message,
) -> Result<()> {
    let object = from_mime(text, options).unwrap_or_else(|error| as_file(text, &error));
    fill_message(&object, message, &[])?;
    let read = if is_read { MessageFlags::READ.0 } else { 0 };
    let mut props = vec![Prop::new(tags::PR_MESSAGE_FLAGS, (MessageFlags::UNMODIFIED.0 | read) as i32)];
    props.extend(options.delivered.map(|moment| Prop::new(tags::PR_MESSAGE_DELIVERY_TIME, moment)));
    props.extend(delivery_key.map(|key| Prop::new(DELIVERY_KEY, key.to_vec())));
    message.set_props(&props)?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
}

fn as_file(text: &[u8], why: &mapi_defs::Error) -> MessageObject {
    let mut note = MessageObject::default();
    let body = format!("This message could not be read ({}). It is attached as it came.", why.detail());
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
