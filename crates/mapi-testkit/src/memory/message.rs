//! `MemoryMessage`: an open message (IMessage), of a folder or of an attachment.
//!
//! What is open is a copy, which is `open_copy.rs`.

use super::attachment::{HeldAttachment, MemoryAttachment};
use super::content::{AttachmentBody, Id, MessageBody};
use super::holder::{self, Holder};
use super::life::Life;
use super::open_copy::{Access, HeldMessage, Place, access_to};
use super::{Logon, queue, recipients, store};
use mapi_defs::flags::{MessageFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::{MapiTable, TableData};
use std::any::Any;
use std::sync::Arc;

pub(super) struct MemoryMessage {
    held: Arc<HeldMessage>,
}

impl MemoryMessage {
    pub(super) fn open(logon: Arc<Logon>, id: Id, flags: OpenFlags, writable: bool) -> Result<Arc<Self>> {
        const CALL: &str = "MsgStore::open_entry";
        let (body, version, message_flags, access) = logon.data.read(|content| {
            let message = content.message(id, CALL)?;
            let access = access_to(content, &logon, (id, message), flags, writable)?;
            Ok((message.body.clone(), message.version, message.flags, access))
        })?;
        Ok(Self::make(
            logon.clone(),
            logon.life.below(),
            body,
            Place::Saved { id, version },
            message_flags,
            access,
        ))
    }

    pub(super) fn create(logon: Arc<Logon>, folder: Id, associated: bool) -> Result<Arc<Self>> {
        let id = logon.data.change(|content, _| Ok(content.new_id()))?;
        let mut body = MessageBody::default();
        body.props.set(PR_SEARCH_KEY, logon.support.new_uid().0.to_vec());
        body.props.set(PR_MESSAGE_CLASS, "IPM.Note");
        let hidden = if associated { MessageFlags::ASSOCIATED.0 } else { 0 };
        let flags = MessageFlags::UNSENT.0 | MessageFlags::UNMODIFIED.0 | hidden;
        let place = Place::New { id, folder, associated };
        Ok(Self::make(logon.clone(), logon.life.below(), body, place, flags, Access::Write))
    }

    pub(super) fn embedded(attachment: Arc<HeldAttachment>, body: MessageBody, writable: bool) -> Arc<Self> {
        let (logon, life) = (attachment.logon().clone(), attachment.life().below());
        let flags = body.props.long(PR_MESSAGE_FLAGS).unwrap_or(0).cast_unsigned();
        let access = if writable { Access::Write } else { Access::Read };
        Self::make(logon, life, body, Place::Embedded(attachment), flags, access)
    }

    fn make(
        logon: Arc<Logon>,
        life: Arc<Life>,
        body: MessageBody,
        place: Place,
        flags: u32,
        access: Access,
    ) -> Arc<Self> {
        Arc::new(Self { held: Arc::new(HeldMessage::new(logon, life, (body, flags), place, access)) })
    }

    pub(super) fn held(&self) -> &Arc<HeldMessage> {
        &self.held
    }
}

impl MapiProp for MemoryMessage {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        holder::props(&*self.held, tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        holder::prop_list(&*self.held)
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let is_saved = matches!(self.held.lock().place, Place::Saved { .. });
        let mut problems = holder::set_props(&*self.held, props)?;
        let flags = props.iter().position(|prop| prop.tag.id() == PR_MESSAGE_FLAGS.id());
        if let (true, Some(index)) = (is_saved, flags) {
            problems.push(PropProblem { index, tag: props[index].tag, code: ErrorCode::COMPUTED });
        }
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        holder::delete_props(&*self.held, tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        holder::open_stream(&self.held, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "MapiProp::save_changes";
        self.held.life.check(CALL)?;
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        self.held.check_write(CALL)?;
        self.held.save(flags, CALL)?;
        if flags.contains(SaveFlags::KEEP_OPEN_READONLY) {
            self.held.lock().access = Access::Read;
        }
        Ok(())
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.held.life.check("MapiProp::names")?;
        store::names(&self.held.logon, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.held.life.check("MapiProp::ids")?;
        store::ids(&self.held.logon, names, create)
    }
}

impl Message for MemoryMessage {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        self.held.life.check("Message::recipients")?;
        Ok(self.held.lock().body.recipients.clone())
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        const CALL: &str = "Message::modify_recipients";
        self.held.life.check(CALL)?;
        self.held.check_write(CALL)?;
        self.held.change(|state| {
            recipients::modify(&mut state.body, how, rows, CALL)?;
            state.show_recipients()
        })
    }

    fn recipient_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        self.held.life.check("Message::recipient_table")?;
        let columns = [PR_ROWID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE];
        self.held.change(|state| {
            state.recipient_table.get_or_insert_with(|| TableData::new(PR_ROWID, &columns));
            state.show_recipients()
        })?;
        let table = self.held.lock().recipient_table.clone();
        let table = table.ok_or_else(|| ended("Message::recipient_table"))?;
        Ok(Arc::new(table.view_behind(SortOrder::default(), self.held.life.gate())?))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        self.held.life.check("Message::attachments")?;
        Ok(self.held.lock().body.attachments.keys().copied().collect())
    }

    fn attachment_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        self.held.life.check("Message::attachment_table")?;
        let columns = [PR_ATTACH_NUM, PR_ATTACH_METHOD, PR_ATTACH_SIZE, PR_ATTACH_FILENAME];
        self.held.change(|state| {
            state.attachment_table.get_or_insert_with(|| TableData::new(PR_ATTACH_NUM, &columns));
            state.show_attachments()
        })?;
        let table = self.held.lock().attachment_table.clone();
        let table = table.ok_or_else(|| ended("Message::attachment_table"))?;
        Ok(Arc::new(table.view_behind(SortOrder::default(), self.held.life.gate())?))
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        const CALL: &str = "Message::open_attach";
        self.held.life.check(CALL)?;
        if flags.contains(OpenFlags::MODIFY) {
            self.held.check_write(CALL)?;
        }
        let state = self.held.lock();
        let missing = || Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no attachment {number}"));
        let body = state.body.attachments.get(&number).cloned().ok_or_else(missing)?;
        let writable =
            state.access != Access::Read && flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
        Ok(MemoryAttachment::new(self.held.clone(), number, body, writable))
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        const CALL: &str = "Message::create_attach";
        self.held.life.check(CALL)?;
        self.held.check_write(CALL)?;
        let number = {
            let mut state = self.held.lock();
            state.body.next_attachment += 1;
            state.body.next_attachment - 1
        };
        let attachment = MemoryAttachment::new(self.held.clone(), number, AttachmentBody::default(), true);
        Ok((number, attachment))
    }

    fn delete_attach(&self, number: u32) -> Result<()> {
        const CALL: &str = "Message::delete_attach";
        self.held.life.check(CALL)?;
        self.held.check_write(CALL)?;
        let missing = || Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no attachment {number}"));
        self.held.change(|state| {
            state.body.attachments.remove(&number).ok_or_else(missing)?;
            state.show_attachments()
        })
    }

    fn submit(&self) -> Result<()> {
        self.held.life.check("Message::submit")?;
        queue::submit(self)
    }

    fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        const CALL: &str = "Message::set_read_flag";
        self.held.life.check(CALL)?;
        if self.held.is_embedded() {
            return mapi_spi::no_support(CALL);
        }
        let place = self.held.lock().place.clone();
        match place {
            Place::Saved { id, .. } => {
                self.held.logon.data.change(|content, effects| {
                    super::folder::set_read(content, effects, id, flags).map(|_| ())
                })
            }
            _ => {
                super::folder::read_flags(&mut self.held.lock().flags, flags);
                Ok(())
            }
        }
    }
}

fn ended(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, call, "the message has ended")
}
