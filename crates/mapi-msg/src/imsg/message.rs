//! `StorageMessage`: a message on a storage, or embedded in one, open for reading and writing.
//!
//! Its state is in memory; the save of the top message writes it (`save.rs`). An embedded message's save
//! hands its state to its attachment. What both have in common with attachments is `props.rs`.

use super::attachment::StorageAttachment;
use super::computed::computed;
use super::held::Held;
use super::life::Life;
use super::props::{self, Keeper, Streams, gone};
use super::save::Saver;
use super::state::{AttachmentState, MessageState, Slot};
use super::tables;
use super::whole::{Shared, lock};
use crate::write::complete::Kind;
use mapi_defs::flags::{OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment as IAttach;
use mapi_spi::message::{Message as IMessage, ModifyRecipients};
use mapi_spi::no_support;
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::{MapiTable, Pending, TableData};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

/// A message on a storage.
///
/// The last one who lets go of the outermost message closes it with everything opened through it.
pub struct StorageMessage {
    me: Weak<Self>,
    pub(super) shared: Arc<Shared>,
    pub(super) life: Arc<Life>,
    /// The attachment it is in; the outermost message is in none.
    owner: Option<Arc<StorageAttachment>>,
    live: Mutex<Live>,
    streams: Streams,
}

/// What changes.
struct Live {
    message: MessageState,
    /// The attachments as of the last save, which are those that the table shows.
    saved: BTreeMap<u32, Slot>,
    writable: bool,
    /// Counts changes, so that a save knows whether something came in between.
    version: u64,
    open: BTreeMap<u32, Weak<StorageAttachment>>,
    recipient_table: Option<Arc<TableData>>,
    attachment_table: Option<Arc<TableData>>,
}

impl StorageMessage {
    pub(super) fn new(
        shared: &Arc<Shared>,
        life: Arc<Life>,
        owner: Option<Arc<StorageAttachment>>,
        message: MessageState,
        writable: bool,
    ) -> Arc<Self> {
        let live = Live {
            saved: message.attachments.clone(),
            message,
            writable,
            version: 0,
            open: BTreeMap::new(),
            recipient_table: None,
            attachment_table: None,
        };
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            shared: Arc::clone(shared),
            life,
            owner,
            live: Mutex::new(live),
            streams: Streams::default(),
        })
    }

    /// What the message's session closes.
    pub(crate) fn closing(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The message as everybody who opens it holds it.
    pub(super) fn arc(&self) -> Result<Arc<Self>> {
        self.me.upgrade().ok_or_else(gone)
    }

    /// True for a message that lies in no other.
    pub(super) fn is_top(&self) -> bool {
        self.owner.is_none()
    }

    /// Takes the state of an attachment that was saved.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the message is open for reading.
    pub(super) fn take(&self, number: u32, state: AttachmentState) -> Result<()> {
        self.change("IMAPIProp::SaveChanges", |live| {
            live.message.attachments.insert(number, Slot::Held(Arc::new(state)));
        })
    }

    /// What a writable attachment of it writes its text as, and whether it is embedded too deep.
    pub(super) fn width_and_nesting(&self) -> (bool, crate::message::Outer) {
        let live = lock(&self.live);
        (live.message.unicode, live.message.outer.clone())
    }

    fn change<T>(&self, call: &'static str, change: impl FnOnce(&mut Live) -> T) -> Result<T> {
        let mut live = lock(&self.live);
        if !live.writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the message is open for reading"));
        }
        live.message.dirty = true;
        live.version = live.version.saturating_add(1);
        Ok(change(&mut live))
    }

    /// Writes the outermost message into its storage.
    fn save_top(&self) -> Result<()> {
        const CALL: &str = "IMAPIProp::SaveChanges";
        let _saving = lock(&self.shared.saving);
        let (mut state, version) = {
            let live = lock(&self.live);
            (live.message.clone(), live.version)
        };
        // Taken out, so that no lock is held while a client's storage is called.
        let mut places = lock(&self.shared.places).take().ok_or_else(gone)?;
        let mut saver = Saver { shared: &self.shared, places: &mut places, now: self.shared.now() };
        let saved = saver.save(&mut state).and_then(|()| places.root());
        let saved = saved.and_then(|root| if self.shared.commits { root.storage.commit() } else { Ok(()) });
        {
            // Asked under the lock: a close that comes now finds them here and lets go of them.
            let mut held = lock(&self.shared.places);
            if self.life.enter().is_ok() {
                *held = Some(places);
            }
        }
        saved?;
        let mut live = lock(&self.live);
        live.saved.clone_from(&state.attachments);
        if live.version == version {
            live.message = state;
            Ok(())
        } else if self.shared.parts().is_none() && self.life.enter().is_err() {
            Err(Error::new(ErrorCode::INVALID_OBJECT, CALL, "the message was closed while it was saved"))
        } else {
            Ok(())
        }
    }

    /// What the recipient table has to tell, once the lock is gone.
    fn show_recipients(live: &Live) -> Result<Option<Pending>> {
        let rows = || tables::recipient_rows(&live.message);
        live.recipient_table.as_ref().map(|table| table.replace_rows_later(rows())).transpose()
    }

    /// What the attachment table has to tell, once the lock is gone.
    fn show_attachments(&self, live: &Live) -> Result<Option<Pending>> {
        let parts = self.shared.parts();
        let rows = || tables::attachment_rows(&live.message, &live.saved, parts.as_ref());
        live.attachment_table.as_ref().map(|table| table.replace_rows_later(rows())).transpose()
    }
}

impl Keeper for StorageMessage {
    const KIND: Kind = Kind::Message;

    fn me(&self) -> Weak<Self> {
        self.me.clone()
    }

    fn life(&self) -> &Arc<Life> {
        &self.life
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn streams(&self) -> &Streams {
        &self.streams
    }

    fn look<T>(&self, look: impl FnOnce(&Held) -> T) -> T {
        look(&lock(&self.live).message.props)
    }

    fn edit<T>(&self, call: &'static str, edit: impl FnOnce(&mut Held, bool) -> T) -> Result<T> {
        self.change(call, |live| edit(&mut live.message.props, live.message.unicode))
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        let live = lock(&self.live);
        computed(&live.message, tag)
    }
}

impl MapiProp for StorageMessage {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        props::props(self, tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        props::prop_list(self)
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        props::set_props(self, props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        props::delete_props(self, tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        props::open_stream(self, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "IMAPIProp::SaveChanges";
        let pass = self.life.enter()?;
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        self.change(CALL, |_| ())?;
        match &self.owner {
            None => self.save_top()?,
            Some(owner) => {
                let state = lock(&self.live).message.clone();
                owner.take_message(state)?;
                let mut live = lock(&self.live);
                live.saved = live.message.attachments.clone();
            }
        }
        let mut live = lock(&self.live);
        live.writable = flags.contains(SaveFlags::KEEP_OPEN_READWRITE);
        let pending = self.show_attachments(&live);
        drop(live);
        drop(pass);
        pending.map(drop)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        props::names(self, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        props::ids(self, names, create)
    }
}

impl IMessage for StorageMessage {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        let _pass = self.life.enter()?;
        let live = lock(&self.live);
        let row =
            |(row_id, held): (&u32, &Held)| Recipient { row_id: *row_id, props: held.list(&[PR_ROWID]) };
        Ok(live.message.recipients.iter().map(row).collect())
    }

    fn modify_recipients(&self, how: ModifyRecipients, mut rows: Vec<Recipient>) -> Result<()> {
        const CALL: &str = "IMessage::ModifyRecipients";
        let _pass = self.life.enter()?;
        if let Some(support) = &self.shared.support {
            tables::make_lasting(&mut rows, &**support);
        }
        let pending = self.change(CALL, |live| {
            tables::modify(&mut live.message, how, rows)?;
            Self::show_recipients(live)
        })?;
        pending.map(drop)
    }

    fn recipient_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _pass = self.life.enter()?;
        let (table, pending) = {
            let mut live = lock(&self.live);
            let table = live.recipient_table.get_or_insert_with(tables::recipient_table).clone();
            (table, Self::show_recipients(&live)?)
        };
        drop(pending);
        Ok(Arc::new(table.view_behind(mapi_defs::sort::SortOrder::default(), Some(self.life.gate()))?))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        let _pass = self.life.enter()?;
        Ok(lock(&self.live).message.attachments.keys().copied().collect())
    }

    fn attachment_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let _pass = self.life.enter()?;
        let (table, pending) = {
            let mut live = lock(&self.live);
            let table = live.attachment_table.get_or_insert_with(tables::attachment_table).clone();
            (table, self.show_attachments(&live)?)
        };
        drop(pending);
        Ok(Arc::new(table.view_behind(mapi_defs::sort::SortOrder::default(), Some(self.life.gate()))?))
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn IAttach>> {
        const CALL: &str = "IMessage::OpenAttach";
        let _pass = self.life.enter()?;
        let parts = self.shared.parts();
        let message = self.arc()?;
        let mut live = lock(&self.live);
        if let Some(open) = live.open.get(&number).and_then(Weak::upgrade) {
            return Ok(open);
        }
        if flags.contains(OpenFlags::MODIFY) && !flags.contains(OpenFlags::BEST_ACCESS) && !live.writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the message is open for reading"));
        }
        let state = match (live.message.attachments.get(&number), parts) {
            (Some(Slot::Held(state)), _) => (**state).clone(),
            (Some(Slot::InFile(node)), Some(parts)) => {
                AttachmentState::read(&parts, &live.message, number, *node)
            }
            _ => {
                let detail = format!("there is no attachment {number}");
                return Err(Error::new(ErrorCode::NOT_FOUND, CALL, detail));
            }
        };
        let writable = live.writable && flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
        let attachment = StorageAttachment::new(&message, number, state, writable);
        live.open.insert(number, Arc::downgrade(&attachment));
        Ok(attachment)
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn IAttach>)> {
        let _pass = self.life.enter()?;
        let message = self.arc()?;
        self.change("IMessage::CreateAttach", |live| {
            let number = live.message.next_attachment;
            live.message.next_attachment = number.saturating_add(1);
            let state = AttachmentState { dirty: true, ..AttachmentState::default() };
            let attachment = StorageAttachment::new(&message, number, state, true);
            if live.open.len().is_power_of_two() {
                live.open.retain(|_, open| open.strong_count() > 0);
            }
            live.open.insert(number, Arc::downgrade(&attachment));
            (number, attachment as Arc<dyn IAttach>)
        })
    }

    fn delete_attach(&self, number: u32) -> Result<()> {
        let _pass = self.life.enter()?;
        let (was_there, open) = self.change("IMessage::DeleteAttach", |live| {
            let open = live.open.remove(&number).and_then(|open| open.upgrade());
            (live.message.attachments.remove(&number).is_some(), open)
        })?;
        let was_open = open.is_some();
        if let Some(open) = open {
            open.life.end();
        }
        if was_there || was_open {
            return Ok(());
        }
        let detail = format!("there is no attachment {number}");
        Err(Error::new(ErrorCode::NOT_FOUND, "IMessage::DeleteAttach", detail))
    }

    fn submit(&self) -> Result<()> {
        let _pass = self.life.enter()?;
        no_support("IMessage::SubmitMessage")
    }

    fn set_read_flag(&self, _flags: ReadFlags) -> Result<()> {
        let _pass = self.life.enter()?;
        no_support("IMessage::SetReadFlag")
    }
}

impl Drop for StorageMessage {
    fn drop(&mut self) {
        if self.is_top() {
            self.shared.close();
        }
    }
}

impl fmt::Debug for StorageMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageMessage").field("top", &self.is_top()).finish_non_exhaustive()
    }
}
