//! `Message`: a message with recipients and attachments (IMessage).

use super::{Attachment, Object, Open, Stream, Table, copy};
use mapi_defs::Result;
use mapi_defs::flags::{OpenFlags, ReadFlags, StreamFlags, TableFlags};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_spi::handle::Handle;
use mapi_spi::message::{Message as Provided, ModifyRecipients};
use mapi_spi::prop::MapiProp;

/// A message. Changes are permanent once it is saved.
#[derive(Clone, Debug)]
pub struct Message {
    open: Open<dyn Provided>,
}

impl Message {
    /// A message behind a handle, such as one in a file.
    pub fn new(handle: Handle<dyn Provided>) -> Self {
        Self { open: Open::free(handle) }
    }

    pub(crate) fn of(open: Open<dyn Provided>) -> Self {
        Self { open }
    }

    pub(super) fn open(&self) -> &Open<dyn Provided> {
        &self.open
    }

    /// Returns the recipients in ascending order of their row.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the message's logon has ended; so for every method.
    pub fn recipients(&self) -> Result<Vec<Recipient>> {
        self.open.live()?.recipients()
    }

    /// Adds an SMTP recipient.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    pub fn add_recipient(&self, kind: RecipientType, name: &str, address: &str) -> Result<()> {
        let mut props = PropList::new();
        props.set(Recipient::TYPE, kind.value());
        props.set(Recipient::DISPLAY_NAME, if name.is_empty() { address } else { name });
        props.set(Recipient::ADDRTYPE, "SMTP");
        props.set(Recipient::EMAIL_ADDRESS, address);
        props.set(Recipient::SMTP_ADDRESS, address);
        self.modify_recipients(ModifyRecipients::Add, vec![Recipient { row_id: 0, props }])
    }

    /// Changes the recipients (ModifyRecipients).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    /// - `MAPI_E_NOT_FOUND`: a row that is not there.
    pub fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        self.open.live()?.modify_recipients(how, rows)
    }

    /// Returns the recipients as a table (GetRecipientTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: use [`Message::recipients`].
    #[track_caller]
    pub fn recipient_table(&self, flags: TableFlags) -> Result<Table> {
        let table = self.open.live()?.recipient_table(flags)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "recipients".into())))
    }

    /// Returns the numbers of the attachments, ascending.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`.
    pub fn attachments(&self) -> Result<Vec<u32>> {
        self.open.live()?.attachments()
    }

    /// Returns the attachments as a table (GetAttachmentTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: use [`Message::attachments`].
    #[track_caller]
    pub fn attachment_table(&self, flags: TableFlags) -> Result<Table> {
        let table = self.open.live()?.attachment_table(flags)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "attachments".into())))
    }

    /// Opens an attachment by its number (OpenAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such attachment.
    #[track_caller]
    pub fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Attachment> {
        let attachment = self.open.live()?.open_attach(number, flags)?;
        Ok(Attachment::new(self.open.child(attachment, "IAttach", number.to_string())))
    }

    /// Creates an attachment and returns its number (CreateAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    #[track_caller]
    pub fn create_attach(&self) -> Result<(u32, Attachment)> {
        let (number, attachment) = self.open.live()?.create_attach()?;
        Ok((number, Attachment::new(self.open.child(attachment, "IAttach", number.to_string()))))
    }

    /// Deletes an attachment (DeleteAttach).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such attachment.
    pub fn delete_attach(&self, number: u32) -> Result<()> {
        self.open.live()?.delete_attach(number)
    }

    /// Opens a property as a stream (OpenProperty with IID_IStream).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and CREATE is not set.
    #[track_caller]
    pub fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Stream> {
        let stream = self.open.live()?.open_stream(tag, flags)?;
        Ok(Stream::new(self.open.child(stream, "IStream", tag.to_string())))
    }

    /// Saves the message and puts it into the outgoing queue, in one durable step (SubmitMessage).
    /// After success the message answers `MAPI_E_INVALID_OBJECT`.
    ///
    /// # Errors
    /// - `MAPI_E_NO_RECIPIENTS`: nobody to send it to; the message stays open.
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    pub fn submit(&self) -> Result<()> {
        self.open.live()?.submit()
    }

    /// Marks the message read or unread (SetReadFlag).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: a message in a file.
    pub fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        self.open.live()?.set_read_flag(flags)
    }

    /// Reads the message with everything in it into memory.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_BIG`: embedded too deep.
    pub fn object(&self) -> Result<MessageObject> {
        mapi_spi::copy::message_object(&*self.open.live()?)
    }

    /// Writes a whole message into this one, unsaved; properties in `exclude` are left out.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    pub fn fill(&self, object: &MessageObject, exclude: &[u16]) -> Result<()> {
        mapi_spi::copy::fill_message(object, &*self.open.live()?, exclude)
    }

    /// Copies everything into another message, of whatever store or file, unsaved (CopyTo).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: both are the same, or the other is open for reading.
    pub fn copy_to(&self, to: &Self, exclude: &[u16]) -> Result<()> {
        copy::copy_message(self, to, exclude)
    }
}

impl Object for Message {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}
