//! Sending: a message that is whole before it is submitted, or an error and nothing sent.

use crate::attach::attach;
use crate::failure::{Code, Failure, Result};
use crate::message::{AttachedFile, MessageFlags, SimpleMessage};
use crate::recipient::rows;
use crate::session::{Logon, SessionHandle, flush, with_session};
use mapi::object::Object;
use mapi::{Message, Session};
use mapi_defs::prop::tags::{
    PR_BODY, PR_CONVERSATION_KEY, PR_MESSAGE_CLASS, PR_READ_RECEIPT_REQUESTED, PR_SUBJECT,
};
use mapi_spi::message::ModifyRecipients;
use std::path::PathBuf;

/// The class of a message that nobody gave one.
pub(crate) const NOTE: &str = "IPM.Note";

/// Sends a message (MAPISendMail). It is in the durable queue when the call returns; a session made for the
/// call also tries to send it before it ends.
///
/// # Errors
/// - `InvalidRecips`: nobody to send it to.
/// - `UnknownRecipient`, `AmbiguousRecipient`: a recipient that fits nobody, or several.
/// - `AttachmentNotFound`, `AttachmentOpenFailure`: a file that is not there, or cannot be read.
/// - Those of [`with_session`]. After an error no message was sent.
///
/// # Source
/// MAPISendMail.
pub fn send_mail(handle: Option<SessionHandle>, options: &Logon, message: &SimpleMessage) -> Result<()> {
    if message.recipients.is_empty() {
        return Err(Failure::new(
            Code::InvalidRecips,
            "the message has no recipient, and nobody can be asked",
        ));
    }
    with_session(handle, options, |session| {
        let draft = session.open_default_store()?.compose()?;
        compose(session, &draft, message)?;
        draft.submit()?;
        if handle.is_none()
            && let Err(failure) = flush(session)
        {
            tracing::warn!(%failure, "the message is in the queue; another session sends it");
        }
        Ok(())
    })
}

/// Sends files to somebody whom a dialog asks for (MAPISendDocuments).
///
/// # Errors
/// - `NotSupported`: always, once the files are looked at: the call has no recipients, and nobody can be asked
///   for them.
/// - `AttachmentNotFound`: a file is not there.
///
/// # Source
/// MAPISendDocuments.
pub fn send_documents(delimiter: &str, paths: &str) -> Result<()> {
    let delimiter = delimiter.chars().next().unwrap_or(';');
    for path in paths.split(delimiter).filter(|path| !path.is_empty()) {
        crate::attach::open(&AttachedFile { path: PathBuf::from(path), ..AttachedFile::default() })?;
    }
    Err(Failure::new(
        Code::NotSupported,
        "MAPISendDocuments asks a person for the recipients: call MAPISendMail with them",
    ))
}

/// Fills a new message; nothing of it is permanent yet.
pub(crate) fn compose(session: &Session, draft: &Message, message: &SimpleMessage) -> Result<()> {
    let class = if message.message_type.is_empty() { NOTE } else { &message.message_type };
    draft.set(PR_MESSAGE_CLASS, class)?;
    draft.set(PR_SUBJECT, message.subject.as_str())?;
    if !message.text.is_empty() {
        draft.set(PR_BODY, message.text.as_str())?;
    }
    if !message.conversation.is_empty() {
        draft.set(PR_CONVERSATION_KEY, message.conversation.clone().into_bytes())?;
    }
    if message.flags.has(MessageFlags::RECEIPT_REQUESTED) {
        draft.set(PR_READ_RECEIPT_REQUESTED, true)?;
    }
    draft.modify_recipients(ModifyRecipients::Add, rows(session, &message.recipients)?)?;
    message.files.iter().try_for_each(|file| attach(draft, file))
}
