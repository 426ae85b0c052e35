//! A message of a provider in a library (IMessage).

use super::attachment::foreign_attachment;
use super::prop::{Foreign, PropFace};
use super::table::foreign_table;
use super::{given, told};
use crate::abi::ADRLIST;
use crate::export::message::recipient;
use crate::interfaces::{IAttach, IMAPIProp, IMAPITable, IMessage};
use crate::marshal::In;
use crate::marshal::block::Allocator;
use crate::marshal::row::{c_rows, free_rows};
use crate::marshal::text::MAPI_UNICODE;
use mapi_defs::Result;
use mapi_defs::flags::{OpenFlags, ReadFlags, TableFlags};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ATTACH_NUM, PR_ROWID};
use mapi_defs::recipient::Recipient;
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::table::{MapiTable, query_all_rows};
use std::ptr::null;
use std::sync::Arc;

impl PropFace for IMessage {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

/// Puts a provider's message behind the safe trait.
pub(crate) fn foreign_message(message: &IMessage) -> Arc<dyn Message> {
    Arc::new(Foreign(message.clone()))
}

impl Message for Foreign<IMessage> {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        let table = self.recipient_table(TableFlags::NONE)?;
        let mut columns = table.all_columns()?;
        if !columns.iter().any(|column| column.id() == PR_ROWID.id()) {
            columns.push(PR_ROWID);
        }
        let rows = query_all_rows(&*table, &columns)?;
        let mut found: Vec<Recipient> = rows.into_iter().map(|row| recipient(row.props)).collect();
        found.sort_by_key(|row| row.row_id);
        Ok(found)
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        let flags = match how {
            ModifyRecipients::ReplaceAll => 0,
            ModifyRecipients::Add => 2,
            ModifyRecipients::Modify => 4,
            ModifyRecipients::Remove => 8,
        };
        let rows: Vec<Vec<Prop>> = rows
            .into_iter()
            .map(|row| {
                let mut props = row.props;
                props.set(PR_ROWID, row.row_id.cast_signed());
                props.iter().cloned().collect()
            })
            .collect();
        let list = c_rows(Allocator::OURS, rows.iter().map(Vec::as_slice))?;
        // SAFETY: the object is held by `self`; the list is ours, and laid out as an address list.
        let answer = unsafe { self.0.ModifyRecipients(flags, list.cast::<ADRLIST>()) };
        // SAFETY: the list was just made.
        unsafe { free_rows(list) };
        told(answer, "IMessage::ModifyRecipients")
    }

    fn recipient_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMessage::GetRecipientTable";
        let mut table: Option<IMAPITable> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.GetRecipientTable(flags.0 | MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        let table = self.attachment_table(TableFlags::NONE)?;
        let rows = query_all_rows(&*table, &[PR_ATTACH_NUM])?;
        let mut numbers: Vec<u32> =
            rows.iter().filter_map(|row| row.long(PR_ATTACH_NUM)).map(i32::cast_unsigned).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn attachment_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "IMessage::GetAttachmentTable";
        let mut table: Option<IMAPITable> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.GetAttachmentTable(flags.0 | MAPI_UNICODE, (&mut table).into()) }, CALL)?;
        foreign_table(table, CALL)
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        const CALL: &str = "IMessage::OpenAttach";
        let mut attachment: Option<IAttach> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.OpenAttach(number, null(), flags.0, (&mut attachment).into()) }, CALL)?;
        Ok(foreign_attachment(given(attachment, CALL)?))
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        const CALL: &str = "IMessage::CreateAttach";
        let (mut number, mut attachment): (u32, Option<IAttach>) = (0, None);
        // SAFETY: the object is held by `self`; the places are ours.
        told(unsafe { self.0.CreateAttach(null(), 0, &raw mut number, (&mut attachment).into()) }, CALL)?;
        Ok((number, foreign_attachment(given(attachment, CALL)?)))
    }

    fn delete_attach(&self, number: u32) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.DeleteAttach(number, 0, In::null(), 0) }, "IMessage::DeleteAttach")
    }

    fn submit(&self) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.SubmitMessage(0) }, "IMessage::SubmitMessage")
    }

    fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.SetReadFlag(flags.0) }, "IMessage::SetReadFlag")
    }
}
