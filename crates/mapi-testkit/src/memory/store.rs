//! `MemoryStore`: the open store (IMsgStore).

use super::content::{FOLDER, Id};
use super::folder::MemoryFolder;
use super::holder::{self, Holder};
use super::life::Life;
use super::message::MemoryMessage;
use super::{Logon, queue, rows};
use mapi_defs::flags::{OpenFlags, SaveFlags, StoreLogoffFlags, StreamFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag};
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::{Delivered, MsgStore, ReceiveFolder};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::QueueNotes;
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The most characters of a message class.
const CLASS_CHARACTERS: usize = 255;

pub(super) struct MemoryStore {
    held: Arc<HeldStore>,
}

struct HeldStore {
    logon: Arc<Logon>,
}

impl MemoryStore {
    pub(super) fn new(logon: Arc<Logon>) -> Arc<Self> {
        Arc::new(Self { held: Arc::new(HeldStore { logon }) })
    }

    fn logon(&self) -> &Arc<Logon> {
        &self.held.logon
    }

    fn check(&self, call: &'static str) -> Result<()> {
        self.logon().life.check(call)
    }
}

impl Holder for HeldStore {
    fn life(&self) -> &Arc<Life> {
        &self.logon.life
    }

    fn whole(&self) -> Result<PropList> {
        self.logon.data.read(|content| Ok(rows::store_props(content)))
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        self.logon.check_write(call)
    }

    fn is_computed(&self, tag: PropTag) -> bool {
        let computed = self.logon.data.read(|content| Ok(rows::is_computed_of_store(content, tag)));
        computed.unwrap_or(true)
    }

    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()> {
        // Taken out, because what is computed is asked meanwhile.
        let mut props = self.logon.data.read(|content| Ok(content.store_props.clone()))?;
        edit(&mut props);
        self.logon.data.change(|content, _| {
            content.store_props = props;
            Ok(())
        })
    }
}

impl MapiProp for MemoryStore {
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
        holder::set_props(&*self.held, props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        holder::delete_props(&*self.held, tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        holder::open_stream(&self.held, tag, flags)
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.check("MapiProp::save_changes")
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        names(self.logon(), ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        ids(self.logon(), names, create)
    }
}

impl MsgStore for MemoryStore {
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open_entry(self.logon(), id, flags)
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        const CALL: &str = "MsgStore::compare_entry_ids";
        self.check(CALL)?;
        self.logon().data.read(|content| {
            if [one, other].iter().all(|id| content.parse_id(id, CALL).is_err()) {
                return Err(Error::new(ErrorCode::UNKNOWN_ENTRYID, CALL, "neither is of this store"));
            }
            Ok(one == other)
        })
    }

    fn receive_folder(&self, message_class: &str) -> Result<ReceiveFolder> {
        const CALL: &str = "MsgStore::receive_folder";
        self.check(CALL)?;
        check_class(message_class, CALL)?;
        self.logon().data.read(|content| {
            let (class, folder) = queue::receives(content, message_class);
            Ok(ReceiveFolder { folder: content.entry_id(FOLDER, folder), message_class: class.to_owned() })
        })
    }

    fn set_receive_folder(&self, message_class: &str, folder: Option<&EntryId>) -> Result<()> {
        const CALL: &str = "MsgStore::set_receive_folder";
        self.check(CALL)?;
        self.logon().check_write(CALL)?;
        check_class(message_class, CALL)?;
        if message_class.is_empty() && folder.is_none() {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "the default cannot be forgotten"));
        }
        self.logon().data.change(|content, effects| {
            let folder = folder.map(|id| folder_number(content, id, CALL)).transpose()?;
            let key = message_class.to_lowercase();
            let old = match folder {
                Some(folder) => content.receive.insert(key, (message_class.to_owned(), folder)),
                None => content.receive.remove(&key),
            };
            let set = folder.map(|folder| (message_class, folder));
            effects.receive_row(content, set, old.as_ref().map(|(class, _)| class.as_str()))
        })
    }

    fn receive_folder_table(&self) -> Result<Arc<dyn MapiTable>> {
        self.check("MsgStore::receive_folder_table")?;
        let table = self.logon().data.read(|content| Ok(content.receive_table.clone()))?;
        Ok(Arc::new(table.view_behind(SortOrder::default(), self.logon().life.gate())?))
    }

    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        const CALL: &str = "MsgStore::advise";
        self.check(CALL)?;
        self.logon().data.change(|content, _| {
            content.parse_id(id, CALL)?;
            Ok(content.subscriptions.add(id.clone(), mask, sink, self.logon().life.clone()))
        })
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.check("MsgStore::unadvise")?;
        let sink = self.logon().data.change(|content, _| Ok(content.subscriptions.remove(connection)))?;
        drop(sink);
        Ok(())
    }

    fn abort_submit(&self, id: &EntryId) -> Result<()> {
        self.check("MsgStore::abort_submit")?;
        queue::abort(self.logon(), id)
    }

    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        self.check("MsgStore::outgoing_queue")?;
        queue::table(self.logon())
    }

    fn rest_msg(&self, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
        self.check("MsgStore::rest_msg")?;
        queue::rest(self.logon(), message, notes)
    }

    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        self.check("MsgStore::set_lock_state")?;
        queue::set_lock(self.logon(), message, locked)
    }

    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        self.check("MsgStore::finished_msg")?;
        queue::finish(self.logon(), id)
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        self.check("MsgStore::deliver")?;
        queue::deliver(self.logon(), message, search_key)
    }

    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        self.check("MsgStore::has_delivered")?;
        let is_known = |content: &super::content::Content| {
            keys.iter().map(|key| content.delivered.contains_key(key)).collect()
        };
        self.logon().data.read(|content| Ok(is_known(content)))
    }

    fn notify_new_mail(&self, notification: &Notification) -> Result<()> {
        const CALL: &str = "MsgStore::notify_new_mail";
        self.check(CALL)?;
        self.logon().check_spooler(CALL)?;
        if notification.event() != EventMask::NEW_MAIL {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "not an event of new mail"));
        }
        self.logon().data.change(|content, effects| {
            effects.notify(content, notification, &EntryId::default());
            Ok(())
        })
    }

    fn store_logoff(&self, flags: u32) -> Result<u32> {
        const CALL: &str = "MsgStore::store_logoff";
        self.check(CALL)?;
        let way = StoreLogoffFlags(flags).way(CALL)?;
        if way != StoreLogoffFlags::NONE {
            self.logon().pending_logoff.store(way.0, Ordering::Release);
        }
        let is_empty = self.logon().data.read(|content| Ok(content.queue.is_empty()))?;
        Ok(if is_empty { 0 } else { StoreLogoffFlags::OUTBOUND_QUEUE.0 })
    }
}

/// The last client's Release.
impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.logon().leave();
    }
}

/// Opens a folder or message for a logon; every OpenEntry ends here.
pub(super) fn open_entry(logon: &Arc<Logon>, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
    const CALL: &str = "MsgStore::open_entry";
    logon.life.check(CALL)?;
    if flags.has_unknown() {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
    }
    if flags.contains(OpenFlags::MODIFY) {
        logon.check_write(CALL)?;
    }
    let (kind, number) = logon.data.read(|content| content.parse_id(id, CALL))?;
    let writable = logon.is_writable && flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
    if kind == FOLDER {
        logon.data.read(|content| content.folder(number, CALL).map(|_| ()))?;
        return Ok(Opened::Folder(MemoryFolder::new(logon.clone(), number, writable)));
    }
    Ok(Opened::Message(MemoryMessage::open(logon.clone(), number, flags, writable)?))
}

pub(super) fn folder_number(
    content: &super::content::Content,
    id: &EntryId,
    call: &'static str,
) -> Result<Id> {
    let (kind, number) = content.parse_id(id, call)?;
    if kind != FOLDER {
        return Err(Error::new(ErrorCode::INVALID_ENTRYID, call, "the identifier is not a folder's"));
    }
    content.folder(number, call)?;
    Ok(number)
}

pub(super) fn names(logon: &Logon, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
    logon.life.check("MapiProp::names")?;
    logon.data.read(|content| Ok(content.names.names(ids)))
}

pub(super) fn ids(logon: &Logon, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
    const CALL: &str = "MapiProp::ids";
    logon.life.check(CALL)?;
    if create {
        logon.check_write(CALL)?;
    }
    logon.data.change(|content, _| content.names.ids(names, create))
}

fn check_class(class: &str, call: &'static str) -> Result<()> {
    let is_class = class.len() <= CLASS_CHARACTERS
        && class.bytes().all(|byte| (0x20..0x7F).contains(&byte))
        && !class.starts_with('.')
        && !class.ends_with('.')
        && !class.contains("..");
    if is_class {
        return Ok(());
    }
    Err(Error::new(ErrorCode::INVALID_PARAMETER, call, "the text is no message class"))
}
