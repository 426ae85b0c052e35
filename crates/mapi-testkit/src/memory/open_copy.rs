//! `HeldMessage`: the copy of a message that is open, what may be done with it, and its saving.
//!
//! Saving puts the copy in place of what is kept, if nobody else did so meanwhile.

use super::attachment::HeldAttachment;
use super::content::{AttachmentBody, Content, Id, MESSAGE, MessageBody, MessageData};
use super::holder::Holder;
use super::life::Life;
use super::{Logon, rows};
use mapi_defs::flags::{MessageFlags, OpenFlags, SaveFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::spooler::DELIVERY_KEY;
use mapi_spi::table::{Pending, TableData, TableRow};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Flags that a client chooses until the first save.
const CHOSEN: u32 = MessageFlags::READ.0
    | MessageFlags::UNSENT.0
    | MessageFlags::FROMME.0
    | MessageFlags::RESEND.0
    | MessageFlags::RN_PENDING.0
    | MessageFlags::NRN_PENDING.0;

/// An open message, shared by its object, its streams and its attachments.
pub(super) struct HeldMessage {
    pub(super) logon: Arc<Logon>,
    pub(super) life: Arc<Life>,
    state: Mutex<State>,
}

/// The copy, and the tables over it once they were asked for.
pub(super) struct State {
    pub(super) body: MessageBody,
    pub(super) place: Place,
    pub(super) flags: u32,
    pub(super) access: Access,
    pub(super) recipient_table: Option<Arc<TableData>>,
    pub(super) attachment_table: Option<Arc<TableData>>,
}

/// Where the message is kept.
#[derive(Clone)]
pub(super) enum Place {
    /// Not saved yet.
    New { id: Id, folder: Id, associated: bool },
    /// Saved, when it had this version.
    Saved { id: Id, version: u64 },
    /// In an attachment.
    Embedded(Arc<HeldAttachment>),
}

/// What may be done with it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Access {
    Read,
    Write,
    /// Open for writing by the spooler although it is queued.
    Spooler,
}

/// What a logon may do with a message that it opens.
pub(super) fn access_to(
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
    pub(super) fn new(
        logon: Arc<Logon>,
        life: Arc<Life>,
        (body, flags): (MessageBody, u32),
        place: Place,
        access: Access,
    ) -> Self {
        let (recipient_table, attachment_table) = (None, None);
        let state = State { body, place, flags, access, recipient_table, attachment_table };
        Self { logon, life, state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
    pub(super) fn change(&self, change: impl FnOnce(&mut State) -> Result<Option<Pending>>) -> Result<()> {
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
                if !self.insert((id, folder), message, call)? {
                    return Ok(());
                }
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

    /// False where the delivery that the spooler saves was made before.
    fn insert(&self, (id, folder): (Id, Id), message: MessageData, call: &'static str) -> Result<bool> {
        let key = message.body.props.binary(DELIVERY_KEY).filter(|_| self.logon.is_spooler);
        let key = key.map(<[u8]>::to_vec);
        self.logon.data.change(|content, effects| {
            if key.as_ref().is_some_and(|key| content.delivered.contains_key(key)) {
                return Ok(false);
            }
            let Some(home) = content.folders.get_mut(&folder) else {
                return Err(Error::new(ErrorCode::OBJECT_DELETED, call, "the folder is gone"));
            };
            home.messages.insert(id);
            content.messages.insert(id, message);
            effects.message_row(content, id)?;
            effects.event(content, EventMask::OBJECT_CREATED, MESSAGE, id, Some(folder));
            if let Some(key) = key {
                content.delivered.insert(key, id);
            }
            Ok(true)
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
            if content.queued(id).is_some() && !self.logon.is_spooler {
                return Err(Error::new(ErrorCode::SUBMITTED, call, "the message was submitted meanwhile"));
            }
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
    pub(super) fn show_recipients(&self) -> Result<Option<Pending>> {
        let rows = self.body.recipients.iter().map(|row| TableRow::from(rows::recipient_row(row)));
        let rows = rows.collect();
        self.recipient_table.as_ref().map(|table| table.replace_rows_later(rows)).transpose()
    }

    /// What the attachment table has to tell, once the lock is gone.
    pub(super) fn show_attachments(&self) -> Result<Option<Pending>> {
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
