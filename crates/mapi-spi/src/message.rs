//! `Message`: a message with recipients and attachments (IMessage).

use crate::attachment::Attachment;
use crate::no_support;
use crate::prop::MapiProp;
use crate::table::MapiTable;
use mapi_defs::Result;
use mapi_defs::flags::{OpenFlags, ReadFlags, TableFlags};
use mapi_defs::recipient::Recipient;
use std::sync::Arc;

/// What ModifyRecipients does with the rows it is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ModifyRecipients {
    /// 0: the rows replace the whole list; their PR_ROWID is given anew.
    ReplaceAll,
    /// MODRECIP_ADD: the rows are added; their PR_ROWID is given anew.
    Add,
    /// MODRECIP_MODIFY: each row replaces the one with its PR_ROWID.
    Modify,
    /// MODRECIP_REMOVE: the rows with these PR_ROWIDs go.
    Remove,
}

/// A message.
///
/// # Source
/// IMessage : IMAPIProp.
pub trait Message: MapiProp {
    /// Returns the recipients, in ascending order of PR_ROWID.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the message has ended.
    fn recipients(&self) -> Result<Vec<Recipient>>;

    /// Changes the recipients; permanent at the message's save (ModifyRecipients).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading only.
    /// - `MAPI_E_NOT_FOUND`: MODIFY or REMOVE of a row that is not there.
    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        let _ = (how, rows);
        no_support("Message::modify_recipients")
    }

    /// Returns the recipients as a table (GetRecipientTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: use [`Message::recipients`].
    fn recipient_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _ = flags;
        no_support("Message::recipient_table")
    }

    /// Returns the numbers of the attachments, ascending; gaps are normal.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the message has ended.
    fn attachments(&self) -> Result<Vec<u32>>;

    /// Returns the attachments as a table (GetAttachmentTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: use [`Message::attachments`].
    fn attachment_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _ = flags;
        no_support("Message::attachment_table")
    }

    /// Opens an attachment by its number (OpenAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such attachment.
    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>>;

    /// Creates an attachment and returns its number; it is in the message once both are saved (CreateAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading only.
    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        no_support("Message::create_attach")
    }

    /// Deletes an attachment; permanent at the message's save (DeleteAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such attachment.
    fn delete_attach(&self, number: u32) -> Result<()> {
        let _ = number;
        no_support("Message::delete_attach")
    }

    /// Saves the message and puts it into the outgoing queue, in one durable step (SubmitMessage).
    ///
    /// After success the message and everything opened through it answer `MAPI_E_INVALID_OBJECT`.
    ///
    /// # Errors
    /// - `MAPI_E_NO_RECIPIENTS`: nobody to send it to; the message stays open.
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading only.
    /// - `MAPI_E_NO_SUPPORT`: an embedded message, or a message in a file.
    fn submit(&self) -> Result<()> {
        no_support("Message::submit")
    }

    /// Marks the message read or unread (SetReadFlag).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: a message in a file.
    fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        let _ = flags;
        no_support("Message::set_read_flag")
    }
}
