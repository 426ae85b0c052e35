//! `MemoryMessage`: an open message (IMessage), of a folder or of an attachment.
//!
//! What is open is a copy; saving puts it in place of what is kept, if nobody else did so meanwhile.

use super::attachment::MemoryAttachment;
use super::content::{AttachmentBody, Content, Id, MESSAGE, MessageBody, MessageData};
use super::holder::{self, Holder};
use super::life::Life;
use super::{Logon, queue, rows, store};
use mapi_defs::flags::{MessageFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::{MapiTable, Pending, TableData, TableRow};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Flags that a client chooses until the first save.
const CHOSEN: u32 = MessageFlags::READ.0
    | MessageFlags::UNSENT.0
    | MessageFlags::FROMME.0
    | MessageFlags::RESEND.0
    | MessageFlags::RN_PENDING.0
    | MessageFlags::NRN_PENDING.0;

pub(super) struct MemoryMessage {
    held: Arc<HeldMessage>,
}

/// An open message, shared by its object, its streams and its attachments.
pub(super) struct HeldMessage {
    pub(super) logon: Arc<Logon>,
    pub(super) life: Arc<Life>,
    state: Mutex<State>,
}

struct State {
    body: MessageBody,
    place: Place,
    flags: u32,
    access: Access,
    recipient_table: Option<Arc<TableData>>,
    attachment_table: Option<Arc<TableData>>,
}

#[derive(Clone)]
enum Place {
    /// Not saved yet.
    New { id: Id, folder: Id, associated: bool },
    /// Saved, when it had this version.
    Saved { id: Id, version: u64 },
    /// In an attachment.
    Embedded(Arc<super::attachment::HeldAttachment>),
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    Write,
    /// Open for writing by the spooler although it is queued.
    Spooler,
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

    pub(super) fn embedded(
        attachment: Arc<super::attachment::HeldAttachment>,
        body: MessageBody,
        writable: bool,
    ) -> Arc<Self> {
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
        let (recipient_table, attachment_table) = (None, None);
        let state = State { body, place, flags, access, recipient_table, attachment_table };
        Arc::new(Self { held: Arc::new(HeldMessage { logon, life, state: Mutex::new(state) }) })
    }

    pub(super) fn held(&self) -> &Arc<HeldMessage> {
        &self.held
    }
}

/// What a logon may do with a message that it opens.
fn access_to(
    content: &Content,
    logon: &Logon,
    (id, message): (Id, &MessageData),
    flags: OpenFlags,
    writable: bool,
) -> Result<Access> {
    const CALL: &str = "MsgStore::open_entry";
    let fail = |code, detail| Err(Error::new(code, CALL, detail));
    if message.soft_deleted {
        if !flags.contains(OpenFlags::SHOW_SOFT_DELETES) {
            return fail(ErrorCode::NOT_FOUND, "the message was deleted");
        }
        if flags.contains(OpenFlags::MODIFY) {
            return fail(ErrorCode::NO_ACCESS, "a deleted message is read-only");
        }
        return Ok(Access::Read);
    }
    let Some(queued) = content.queued(id) else {
        return Ok(if writable { Access::Write } else { Access::Read });
    };
    if logon.is_spooler {
        return Ok(if writable { Access::Spooler } else { Access::Read });
    }
    if queued.locked_by.is_some() {
        return fail(ErrorCode::NO_ACCESS, "the spooler is at work on the message");
    }
    if flags.contains(OpenFlags::MODIFY) {
        return fail(ErrorCode::SUBMITTED, "the message is in the outgoing queue");
    }
    Ok(Access::Read)
}

impl HeldMessage {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number in the store, of a message that is or will be one of a folder.
    pub(super) fn number(&self) -> Option<Id> {
        match self.lock().place {
            Place::New { id, .. } | Place::Saved { id, .. } => Some(id),
            Place::Embedded(_) => None,
        }
    }

    /// Works on the open copy under its lock, then lets its tables tell without it.
    fn change(&self, change: impl FnOnce(&mut State) -> Result<Option<Pending>>) -> Result<()> {
        let pending = change(&mut self.lock());
        pending.map(drop)
    }

    /// Puts a saved attachment among those that the message's next save keeps.
    pub(super) fn keep_attachment(&self, number: u32, body: AttachmentBody) -> Result<()> {
        self.change(|state| {
            state.body.attachments.insert(number, body);
            state.show_attachments()
        })
    }

    /// Saves the message, whatever it was opened for.
    pub(super) fn save(&self, flags: SaveFlags, call: &'static str) -> Result<()> {
        let (place, body, message_flags) = {
            let state = self.lock();
            (state.place.clone(), state.body.clone(), state.flags)
        };
        let (place, message_flags) = match place {
            Place::Embedded(attachment) => {
                let mut body = body;
                body.props.set(PR_MESSAGE_FLAGS, message_flags.cast_signed());
                return attachment.keep_message(body);
            }
            Place::New { id, folder, associated } => {
                let now = self.logon.now();
                let (soft_deleted, status, version) = (false, 0, 1);
                let flags = message_flags;
                let (created, modified) = (now, now);
                let message = MessageData {
                    folder,
                    associated,
                    soft_deleted,
                    body,
                    flags,
                    status,
                    version,
                    created,
                    modified,
                };
                self.insert((id, folder), message, call)?;
                (Place::Saved { id, version }, flags)
            }
            Place::Saved { id, version } => {
                let expected = (!flags.contains(SaveFlags::FORCE_SAVE)).then_some(version);
                let (version, flags) = self.replace((id, expected), body, call)?;
                (Place::Saved { id, version }, flags)
            }
        };
        let mut state = self.lock();
        state.place = place;
        state.flags = message_flags;
        Ok(())
    }

    fn insert(&self, (id, folder): (Id, Id), message: MessageData, call: &'static str) -> Result<()> {
        self.logon.data.change(|content, effects| {
            let Some(home) = content.folders.get_mut(&folder) else {
                return Err(Error::new(ErrorCode::OBJECT_DELETED, call, "the folder is gone"));
            };
            home.messages.insert(id);
            content.messages.insert(id, message);
            effects.message_row(content, id)?;
            effects.event(content, EventMask::OBJECT_CREATED, MESSAGE, id, Some(folder));
            Ok(())
        })
    }

    fn replace(
        &self,
        (id, expected): (Id, Option<u64>),
        body: MessageBody,
        call: &'static str,
    ) -> Result<(u64, u32)> {
        let now = self.logon.now();
        self.logon.data.change(|content, effects| {
            let Some(kept) = content.messages.get_mut(&id).filter(|kept| !kept.soft_deleted) else {
                return Err(Error::new(ErrorCode::OBJECT_DELETED, call, "the message is gone"));
            };
            if expected.is_some_and(|expected| expected != kept.version) {
                let detail = "the message was saved by somebody else";
                return Err(Error::new(ErrorCode::OBJECT_CHANGED, call, detail));
            }
            kept.body = body;
            kept.version += 1;
            kept.modified = now;
            kept.flags &= !MessageFlags::UNMODIFIED.0;
            let (version, flags, folder) = (kept.version, kept.flags, kept.folder);
            effects.message_row(content, id)?;
            effects.event(content, EventMask::OBJECT_MODIFIED, MESSAGE, id, Some(folder));
            Ok((version, flags))
        })
    }

    /// Changes the recipients without asking for access, for those who submit.
    pub(super) fn each_recipient(&self, edit: impl Fn(&mut Recipient)) -> Result<()> {
        self.change(|state| {
            state.body.recipients.iter_mut().for_each(edit);
            state.show_recipients()
        })
    }

    pub(super) fn set_prop(&self, prop: Prop) {
        self.lock().body.props.set(prop.tag, prop.value);
    }

    pub(super) fn flags(&self) -> u32 {
        let state = self.lock();
        let kept = match state.place {
            Place::Saved { id, .. } => {
                self.logon.data.read(|content| Ok(content.messages.get(&id).map(|kept| kept.flags)))
            }
            _ => Ok(None),
        };
        kept.ok().flatten().unwrap_or(state.flags)
    }

    pub(super) fn is_embedded(&self) -> bool {
        matches!(self.lock().place, Place::Embedded(_))
    }

    pub(super) fn recipient_count(&self) -> usize {
        self.lock().body.recipients.len()
    }
}

impl State {
    /// What the recipient table has to tell, once the lock is gone.
    fn show_recipients(&self) -> Result<Option<Pending>> {
        let rows = self.body.recipients.iter().map(|row| TableRow::from(rows::recipient_row(row)));
        let rows = rows.collect();
        self.recipient_table.as_ref().map(|table| table.replace_rows_later(rows)).transpose()
    }

    /// What the attachment table has to tell, once the lock is gone.
    fn show_attachments(&self) -> Result<Option<Pending>> {
        let attached = self.body.attachments.iter();
        let rows = attached.map(|(number, body)| TableRow::from(rows::attachment_props(*number, body)));
        let rows = rows.collect();
        self.attachment_table.as_ref().map(|table| table.replace_rows_later(rows)).transpose()
    }
}

impl Holder for HeldMessage {
    fn life(&self) -> &Arc<Life> {
        &self.life
    }

    fn whole(&self) -> Result<PropList> {
        let (own, place) = {
            let state = self.lock();
            (rows::body_props(&state.body, state.flags), state.place.clone())
        };
        let id = match place {
            Place::Saved { id, .. } | Place::New { id, .. } => id,
            Place::Embedded(_) => return Ok(own),
        };
        // What the store computes of the saved message, and what this copy has of its own over it.
        let kept = self.logon.data.read(|content| {
            let kept = content.messages.get(&id).map(|kept| rows::message_props(content, id, kept));
            let entry_id = content.entry_id(MESSAGE, id).as_bytes().to_vec();
            Ok((kept, entry_id))
        })?;
        let mut whole = own;
        whole.set(PR_ENTRYID, kept.1);
        for prop in kept.0.into_iter().flatten() {
            let own = [PR_MESSAGE_SIZE, PR_HASATTACH, PR_DISPLAY_TO, PR_DISPLAY_CC, PR_DISPLAY_BCC];
            let computed = rows::is_computed_of_message(prop.tag) && !own.contains(&prop.tag);
            if computed || prop.tag == PR_MESSAGE_FLAGS {
                whole.set(prop.tag, prop.value);
            }
        }
        let level = i32::from(self.lock().access != Access::Read);
        whole.set(PR_ACCESS_LEVEL, level);
        Ok(whole)
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        if self.lock().access == Access::Read {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the message is open for reading only"));
        }
        Ok(())
    }

    fn is_computed(&self, tag: PropTag) -> bool {
        // Read once it was saved; before that the client's choice is kept apart from the properties.
        rows::is_computed_of_message(tag)
    }

    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()> {
        let mut props = self.lock().body.props.clone();
        edit(&mut props);
        let mut state = self.lock();
        if let Some(chosen) = props.remove(PR_MESSAGE_FLAGS.id()) {
            let chosen = chosen.as_long().unwrap_or(0).cast_unsigned();
            if !matches!(state.place, Place::Saved { .. }) {
                state.flags = state.flags & !CHOSEN | chosen & CHOSEN;
            }
        }
        state.body.props = props;
        Ok(())
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
            modify(&mut state.body, how, rows, CALL)?;
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

fn modify(
    body: &mut MessageBody,
    how: ModifyRecipients,
    rows: Vec<Recipient>,
    call: &'static str,
) -> Result<()> {
    let known = |row: &Recipient| body.recipients.iter().any(|held| held.row_id == row.row_id);
    let changes = matches!(how, ModifyRecipients::Modify | ModifyRecipients::Remove);
    if changes && let Some(stranger) = rows.iter().find(|row| !known(row)) {
        let detail = format!("there is no recipient row {}", stranger.row_id);
        return Err(Error::new(ErrorCode::NOT_FOUND, call, detail));
    }
    match how {
        ModifyRecipients::ReplaceAll => {
            body.recipients.clear();
            add(body, rows);
        }
        ModifyRecipients::Add => add(body, rows),
        ModifyRecipients::Modify => {
            for row in rows {
                body.recipients.retain(|held| held.row_id != row.row_id);
                body.recipients.push(row);
            }
            body.recipients.sort_by_key(|row| row.row_id);
        }
        ModifyRecipients::Remove => {
            body.recipients.retain(|held| rows.iter().all(|row| row.row_id != held.row_id));
        }
    }
    Ok(())
}

fn add(body: &mut MessageBody, rows: Vec<Recipient>) {
    for mut row in rows {
        row.row_id = body.next_row;
        row.props.remove(PR_ROWID.id());
        body.next_row += 1;
        body.recipients.push(row);
    }
}
