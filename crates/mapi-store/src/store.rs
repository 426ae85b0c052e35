//! An open store (IMsgStore): its properties, and the way to everything else.
//!
//! The queue is `queue.rs`, receiving `receive_folder.rs` and `deliver.rs`, opening `open.rs`.

use crate::answer;
use crate::changes::Subject;
use crate::computed::of_every_object;
use crate::engine::Change;
use crate::engine::pack::{Reader, pack};
use crate::entry_id::{Kind, ObjectId};
use crate::logon::Logon;
use crate::open::open_entry;
use crate::prop_set::PropSet;
use crate::special_folders::{INBOX_VALID, LAYOUT, Layout, Role};
use crate::stream::{Owner, open_stream};
use crate::{deliver, queue, receive_folder};
use mapi_defs::flags::{OpenFlags, SaveFlags, StoreLogoffFlags, StreamFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, tags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::{Delivered, MsgStore, ReceiveFolder};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::{QueueNotes, Queued};
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// An open store.
pub(crate) struct Store {
    logon: Arc<Logon>,
    /// One change of the store's properties at a time.
    changing: Mutex<()>,
    this: Weak<Self>,
}

impl Store {
    /// The store of a logon.
    pub(crate) fn new(logon: Arc<Logon>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self { logon, changing: Mutex::new(()), this: this.clone() })
    }

    fn held(&self, call: &'static str) -> Result<(String, i64, PropSet)> {
        let (name, change, bytes) = self.logon.engine(call)?.store()?;
        let mut set = PropSet::default();
        Reader::new(&bytes)?.unpack(&mut set)?;
        Ok((name, change, set))
    }

    /// The computed properties, of the special folders only those asked for: they are read.
    fn computed(&self, name: &str, asked: Option<&[PropTag]>, call: &'static str) -> Result<PropList> {
        let mut list = PropList::new();
        of_every_object(&mut list, &self.logon, ObjectId { kind: Kind::Store, number: 1, guard: 0 });
        list.set(tags::PR_RECORD_KEY, self.logon.store_uid().0.to_vec());
        list.set(tags::PR_DISPLAY_NAME, name);
        list.set(tags::PR_ACCESS_LEVEL, i32::from(self.logon.can_write()));
        let is_asked =
            |tag: PropTag| asked.is_none_or(|asked| asked.iter().any(|asked| asked.id() == tag.id()));
        let of_folders = || LAYOUT.iter().filter_map(of_folder).map(|(_, tag, _)| tag);
        if of_folders().chain([tags::PR_VALID_FOLDER_MASK]).any(is_asked) {
            self.special_folders(&mut list, call)?;
        }
        Ok(list)
    }

    fn special_folders(&self, list: &mut PropList, call: &'static str) -> Result<()> {
        let specials = self.logon.engine(call)?.specials()?;
        let mut mask = INBOX_VALID;
        for (role, tag, bit) in LAYOUT.iter().filter_map(of_folder) {
            if let Some((_, id, guard)) = specials.iter().find(|(plays, ..)| *plays == role as i64) {
                list.set(tag, self.logon.entry_id(Kind::Folder, *id, *guard).as_bytes().to_vec());
                mask |= bit;
            }
        }
        list.set(tags::PR_VALID_FOLDER_MASK, mask);
        Ok(())
    }

    /// Changes the properties and saves them at once: a store is not transacted.
    fn change(
        &self,
        call: &'static str,
        work: &mut dyn FnMut(&mut PropSet, &mut String, &PropList) -> Result<bool>,
    ) -> Result<()> {
        const TRIES: usize = 8;
        self.logon.check_write(call)?;
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = self.logon.engine(call)?;
        for attempt in 1.. {
            let (mut name, change, mut set) = self.held(call)?;
            let computed = self.computed(&name, None, call)?;
            if !work(&mut set, &mut name, &computed)? {
                return Ok(());
            }
            let props = pack(set.small().iter(), set.large(), &[], mapi_spi::prop::SMALL_VALUE_BYTES as u64)?;
            match engine.commit(Change::Store { name, expected: Some(change), props }) {
                Err(error) if error.code() == ErrorCode::OBJECT_CHANGED && attempt < TRIES => {}
                other => return other.map(drop),
            }
        }
        Ok(())
    }
}

/// A special folder's part, the store's property that leads to it, and its bit in the mask.
fn of_folder(folder: &Layout) -> Option<(Role, PropTag, i32)> {
    let drafts = Some((tags::PR_IPM_DRAFTS_ENTRYID, 0));
    let property = if folder.role == Role::Drafts { drafts } else { folder.property };
    property.map(|(tag, bit)| (folder.role, tag, bit))
}

impl Owner for Store {
    fn with_props(&self, call: &'static str, write: bool, work: &mut dyn FnMut(&mut PropSet)) -> Result<()> {
        if !write {
            work(&mut self.held(call)?.2);
            return Ok(());
        }
        self.change(call, &mut |set, _, _| {
            work(set);
            Ok(true)
        })
    }

    fn logon(&self) -> &Arc<Logon> {
        &self.logon
    }
}

impl MapiProp for Store {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        const CALL: &str = "MsgStore::props";
        self.logon.tell();
        let (name, _, set) = self.held(CALL)?;
        let computed = self.computed(&name, asked, CALL)?;
        let Some(asked) = asked else { return Ok(answer::all(&set, computed)) };
        let one = |tag: &PropTag| {
            let found = computed.prop(*tag).cloned().or_else(|| answer::held_as(&set, *tag));
            answer::pick(*tag, found)
        };
        Ok(asked.iter().map(one).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        const CALL: &str = "MsgStore::prop_list";
        let (name, _, set) = self.held(CALL)?;
        Ok(answer::tags(&set, &self.computed(&name, None, CALL)?))
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let display_name = tags::PR_DISPLAY_NAME.id();
        let mut problems = Vec::new();
        self.change("MsgStore::set_props", &mut |set, name, computed| {
            problems.clear();
            for (index, prop) in props.iter().enumerate().filter(|(_, prop)| prop.tag.id() == display_name) {
                match prop.value.as_text() {
                    Some(text) if !text.trim().is_empty() => text.clone_into(name),
                    _ => problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::BAD_VALUE }),
                }
            }
            let mut others = Vec::new();
            answer::set(set, props, |id| computed.contains_id(id), &mut others);
            problems.extend(others.into_iter().filter(|problem| problem.tag.id() != display_name));
            problems.sort_by_key(|problem| problem.index);
            Ok(problems.len() < props.len())
        })?;
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut problems = Vec::new();
        self.change("MsgStore::delete_props", &mut |set, _, computed| {
            problems.clear();
            Ok(answer::delete(set, tags, |id| computed.contains_id(id), &mut problems))
        })?;
        Ok(problems)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let this = self.this.upgrade().ok_or_else(|| {
            Error::new(ErrorCode::INVALID_OBJECT, "MsgStore::open_stream", "the store is being closed")
        })?;
        open_stream(this, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "MsgStore::save_changes";
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        self.logon.check_write(CALL)?;
        self.logon.engine(CALL).map(drop)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        answer::names(&self.logon, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        answer::ids(&self.logon, names, create)
    }
}

impl MsgStore for Store {
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.logon.tell();
        open_entry(&self.logon, id, flags, "MsgStore::open_entry")
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        const CALL: &str = "MsgStore::compare_entry_ids";
        self.logon.engine(CALL)?;
        let ours = |id: &EntryId| self.logon.read_id(id, CALL).ok();
        match (ours(one), ours(other)) {
            (Some(one), Some(other)) => Ok(one == other),
            (None, None) => {
                Err(Error::new(ErrorCode::UNKNOWN_ENTRYID, CALL, "neither identifier is of this store"))
            }
            _ => Ok(false),
        }
    }

    fn receive_folder(&self, message_class: &str) -> Result<ReceiveFolder> {
        receive_folder::find(&self.logon, message_class)
    }

    fn set_receive_folder(&self, message_class: &str, folder: Option<&EntryId>) -> Result<()> {
        receive_folder::set(&self.logon, message_class, folder)
    }

    fn receive_folder_table(&self) -> Result<Arc<dyn MapiTable>> {
        receive_folder::table(&self.logon)
    }

    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        const CALL: &str = "MsgStore::advise";
        let subject = if id.is_empty() {
            Subject::Store
        } else {
            let object = self.logon.read_id(id, CALL)?;
            match object.kind {
                Kind::Store => Subject::Store,
                kind => Subject::Object(kind, object.number),
            }
        };
        self.logon.changes().advise(&self.logon, subject, mask, sink)
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.logon.engine("MsgStore::unadvise")?;
        self.logon.changes().unadvise(connection);
        Ok(())
    }

    fn notify_new_mail(&self, notification: &Notification) -> Result<()> {
        const CALL: &str = "MsgStore::notify_new_mail";
        queue::spooler_only(&self.logon, CALL)?;
        match notification {
            Notification::NewMail { entry_id, .. } => deliver::announce(&self.logon, entry_id, CALL),
            _ => Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "not an event of new mail")),
        }
    }

    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        self.logon.engine("MsgStore::has_delivered")?.has_delivered(keys)
    }

    fn abort_submit(&self, id: &EntryId) -> Result<()> {
        queue::abort(&self.logon, id)
    }

    fn hold(&self, id: &EntryId, hold: bool) -> Result<()> {
        queue::hold(&self.logon, id, hold)
    }

    fn queued(&self, id: &EntryId) -> Result<Option<Queued>> {
        queue::queued(&self.logon, id)
    }

    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        queue::table(&self.logon)
    }

    fn rest_msg(&self, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
        queue::rest(&self.logon, message, notes)
    }

    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        queue::set_lock(&self.logon, message, locked)
    }

    fn finish_msg(&self, message: &dyn Message, _id: &EntryId) -> Result<()> {
        queue::finish_open(&self.logon, message)
    }

    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        queue::finish(&self.logon, id)
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        deliver::deliver(&self.logon, message, search_key)
    }

    /// Remembers the flags for the end of the store's use and says whether mail waits or is being sent.
    /// The store can be used until then, so LOGOFF_COMPLETE is never part of the answer.
    fn store_logoff(&self, flags: u32) -> Result<u32> {
        const CALL: &str = "MsgStore::store_logoff";
        let way = StoreLogoffFlags(flags).way(CALL)?;
        let queue = self.logon.engine(CALL)?.queue_page(0, usize::MAX)?;
        if way != StoreLogoffFlags::NONE {
            self.logon.set_pending_logoff(way);
        }
        let mut answer = StoreLogoffFlags::NONE;
        if !queue.is_empty() {
            answer |= StoreLogoffFlags::OUTBOUND_QUEUE;
        }
        if queue.iter().any(|queued| self.logon.is_locked(queued)) {
            answer |= StoreLogoffFlags::OUTBOUND;
        }
        Ok(answer.0)
    }
}

/// The last client's Release.
impl Drop for Store {
    fn drop(&mut self) {
        self.logon.leave();
    }
}
