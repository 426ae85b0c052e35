//! Saving and deleting messages where such messages arrive.

use crate::failure::{Code, Failure, Result};
use crate::find::{IdWidth, entry_id, folder_of, name_of, open_named};
use crate::message::{MessageFlags, SimpleMessage};
use crate::send::compose;
use crate::session::{Logon, SessionHandle, extended, with_session};
use mapi::object::Object;
use mapi::{EntryId, FolderFlags, Message, OpenFlags, SaveFlags, Session};
use mapi_defs::flags::MessageFlags as Stored;
use mapi_defs::prop::tags::{
    PR_BODY, PR_CONVERSATION_KEY, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS, PR_PARENT_ENTRYID,
    PR_READ_RECEIPT_REQUESTED,
};
use mapi_spi::message::ModifyRecipients;

/// Saves a message, a new one or in place of the one of this name, and returns its name (MAPISaveMail). A new one
/// is put where messages of its class arrive.
///
/// # Errors
/// - `InvalidMessage`: no message has the name.
/// - `InvalidSession`: a name, and no session that it belongs to.
/// - As [`crate::send_mail`] for recipients and files; after an error nothing was changed.
///
/// # Source
/// MAPISaveMail.
pub fn save_mail(
    handle: Option<SessionHandle>,
    options: &Logon,
    message: &SimpleMessage,
    name: &str,
    width: IdWidth,
) -> Result<String> {
    if !name.is_empty() && handle.is_none() {
        let detail = "the message of a name is saved in the session that the name comes from";
        return Err(Failure::new(Code::InvalidSession, detail));
    }
    with_session(handle, options, |session| {
        let saved = if name.is_empty() { new(session, message)? } else { replaced(session, message, name)? };
        name_of(&saved, width)
    })
}

fn new(session: &Session, message: &SimpleMessage) -> Result<Message> {
    let saved = folder_of(&session.open_default_store()?, &message.message_type)?.create_message()?;
    let mut flags = Stored::READ;
    if message.flags.has(MessageFlags::UNREAD) {
        flags = Stored(0);
    }
    saved.set(PR_MESSAGE_FLAGS, flags.0 as i32)?;
    saved.set(PR_MESSAGE_DELIVERY_TIME, session.now())?;
    compose(session, &saved, message)?;
    saved.save(SaveFlags::KEEP_OPEN_READWRITE)?;
    Ok(saved)
}

fn replaced(session: &Session, message: &SimpleMessage, name: &str) -> Result<Message> {
    let saved = open_named(session, name)?;
    saved.modify_recipients(ModifyRecipients::Remove, saved.recipients()?)?;
    for number in saved.attachments()? {
        saved.delete_attach(number)?;
    }
    saved.delete_props(&[PR_BODY, PR_CONVERSATION_KEY, PR_READ_RECEIPT_REQUESTED])?;
    compose(session, &saved, message)?;
    saved.save(SaveFlags::KEEP_OPEN_READWRITE)?;
    Ok(saved)
}

/// Deletes a message (MAPIDeleteMail).
///
/// # Errors
/// - `InvalidMessage`: no message has this name.
/// - `InvalidSession`: no such session.
///
/// # Source
/// MAPIDeleteMail.
pub fn delete_mail(handle: SessionHandle, name: &str) -> Result<()> {
    let session = extended(handle)?;
    let store = session.open_default_store()?;
    let id = entry_id(&store, name)?;
    let message = open_named(&session, name)?;
    let parent = message.binary(PR_PARENT_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
    drop(message);
    store.open_folder(&parent, OpenFlags::MODIFY)?.delete_messages(&[id], FolderFlags::NONE)?;
    Ok(())
}
