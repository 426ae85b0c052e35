//! Reading: a message with its sender, recipients and files, as Simple MAPI has it.

use crate::extract::{Extraction, files};
use crate::failure::Result;
use crate::find::open_named;
use crate::message::{AttachedFile, MessageFlags, Party, SimpleMessage};
use crate::recipient::{address, party};
use crate::session::{SessionHandle, extended};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mapi::object::Object;
use mapi::{Message, RecipientType};
use mapi_defs::FileTime;
use mapi_defs::flags::{MessageFlags as Stored, ReadFlags as MarkFlags};
use mapi_defs::prop::tags::{
    PR_BODY, PR_CONVERSATION_KEY, PR_MESSAGE_CLASS, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS,
    PR_READ_RECEIPT_REQUESTED, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS, PR_SENDER_ENTRYID,
    PR_SENDER_NAME, PR_SUBJECT,
};

/// What MAPIReadMail is asked for.
#[derive(Clone, Copy, Default, Debug)]
pub struct ReadFlags {
    /// MAPI_ENVELOPE_ONLY: neither text nor files are written anywhere.
    pub envelope_only: bool,
    /// MAPI_SUPPRESS_ATTACH: the text, but no files.
    pub suppress_attach: bool,
    /// MAPI_BODY_AS_FILE: the text is written to a file, the first of the message's.
    pub body_as_file: bool,
    /// MAPI_PEEK: the message stays unread.
    pub peek: bool,
}

/// Reads a message (MAPIReadMail). Its files are written into a new folder that only this user can read; who
/// reads the message deletes them.
///
/// # Errors
/// - `InvalidMessage`: no message has this name.
/// - `AttachmentWriteFailure`: a file cannot be written.
/// - `InvalidSession`: no such session.
///
/// # Source
/// MAPIReadMail.
pub fn read_mail(handle: SessionHandle, name: &str, flags: ReadFlags) -> Result<SimpleMessage> {
    let session = extended(handle)?;
    let message = open_named(&session, name)?;
    let text = if flags.envelope_only { None } else { message.text(PR_BODY)? }.unwrap_or_default();
    let extraction = if flags.envelope_only || flags.suppress_attach {
        Extraction::NamesOnly
    } else {
        Extraction::Written
    };
    let body = (flags.body_as_file && !flags.envelope_only).then_some(text.as_str());
    let files = files(&message, extraction, body)?;
    let read = envelope(&message, files)?;
    if !flags.peek {
        mark_read(&message);
    }
    Ok(SimpleMessage { text: if flags.body_as_file { String::new() } else { text }, ..read })
}

fn envelope(message: &Message, files: Vec<AttachedFile>) -> Result<SimpleMessage> {
    let text = |tag| Ok::<_, mapi::Error>(message.text(tag)?.unwrap_or_default());
    let recipients = message.recipients()?;
    let conversation = message.binary(PR_CONVERSATION_KEY)?.unwrap_or_default();
    Ok(SimpleMessage {
        subject: text(PR_SUBJECT)?,
        text: String::new(),
        message_type: text(PR_MESSAGE_CLASS)?,
        date_received: message.time(PR_MESSAGE_DELIVERY_TIME)?.and_then(date).unwrap_or_default(),
        conversation: String::from_utf8(conversation).unwrap_or_default(),
        flags: flags_of(message)?,
        originator: Some(originator(message)?),
        recipients: recipients
            .iter()
            .filter(|row| row.kind() != RecipientType::Originator)
            .map(party)
            .collect(),
        files,
    })
}

/// The sender; one without a name where nobody is known, since programs look at it without a question.
fn originator(message: &Message) -> Result<Party> {
    let (kind, native) = (message.text(PR_SENDER_ADDRTYPE)?, message.text(PR_SENDER_EMAIL_ADDRESS)?);
    let address = address(kind.as_deref(), native.as_deref());
    Ok(Party {
        class: RecipientType::Originator,
        name: message.text(PR_SENDER_NAME)?.or(native).unwrap_or_default(),
        address,
        entry_id: message.binary(PR_SENDER_ENTRYID)?.unwrap_or_default(),
    })
}

fn flags_of(message: &Message) -> Result<MessageFlags> {
    let stored = message.long(PR_MESSAGE_FLAGS)?.unwrap_or_default() as u32;
    let mut flags = 0;
    for (is_set, bit) in [
        (stored & Stored::READ.0 == 0, MessageFlags::UNREAD),
        (stored & Stored::FROMME.0 != 0, MessageFlags::SENT),
        (message.boolean(PR_READ_RECEIPT_REQUESTED)? == Some(true), MessageFlags::RECEIPT_REQUESTED),
    ] {
        flags |= if is_set { bit } else { 0 };
    }
    Ok(MessageFlags(flags))
}

/// A store that cannot be written to is still read.
fn mark_read(message: &Message) {
    if let Err(error) = message.set_read_flag(MarkFlags::NONE) {
        tracing::debug!(%error, "the message stays unread");
    }
}

/// `YYYY/MM/DD HH:MM` in local time.
fn date(time: FileTime) -> Option<String> {
    let at = Timestamp::from_second(time.unix_seconds()).ok()?.to_zoned(TimeZone::system());
    Some(at.strftime("%Y/%m/%d %H:%M").to_string())
}
