//! A store provider with one object of every kind. Every call is written down by its name.

use super::{Alive, Hurry, Script};
use mapi::{OpenFlags, Result, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::flags::{FolderFlags, ReadFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_ENTRYID, PR_IPM_SUBTREE_ENTRYID, PR_STORE_SUPPORT_MASK, PR_SUBJECT,
};
use mapi_defs::prop::{Prop, PropProblem, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, ErrorCode, Guid};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::attachment::Attachment;
use mapi_spi::container::{Container, Opened};
use mapi_spi::folder::{Completion, Folder, FolderType};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::{Delivered, MsgStore, ReceiveFolder};
use mapi_spi::progress::{Progress, step};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::stream::PropStream;
use mapi_spi::table::{Bookmark, MapiTable, Position};
use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

const STORE: Guid = Guid([0x55; 16]);

/// The provider.
pub(crate) struct RecordingStore {
    script: Arc<Script>,
    hurry: Hurry,
    _alive: Alive,
}

impl RecordingStore {
    pub(crate) fn new(script: &Arc<Script>) -> Self {
        Self {
            script: script.clone(),
            hurry: Hurry::new(script, "ms"),
            _alive: Alive(script.clone(), "ms provider"),
        }
    }

    /// An identifier of this provider.
    pub(crate) fn id(body: &[u8]) -> EntryId {
        EntryId::new(STORE, body)
    }

    /// The identifier of the one folder.
    pub(crate) fn folder_id() -> EntryId {
        EntryId::new(STORE, b"folder")
    }

    /// The identifier of the one message.
    pub(crate) fn message_id() -> EntryId {
        EntryId::new(STORE, b"message")
    }
}

impl MsProvider for RecordingStore {
    fn name(&self) -> &str {
        self.script.store_name.get().copied().unwrap_or("MS")
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        self.hurry.face()
    }

    fn logon(&self, how: StoreLogon) -> Result<(Arc<dyn MsLogon>, Arc<dyn MsgStore>)> {
        let whose = if how.is_spooler { "spooler ms" } else { "ms" };
        self.script.call(&format!("{whose} logon"))?;
        self.script.keep_support(whose, how.support);
        self.script.keep_flags(whose, how.flags);
        let number = match how.entry_id.body() {
            [number] => *number,
            _ => u8::try_from(self.script.stores.fetch_add(1, Ordering::Relaxed)).unwrap(),
        };
        let object = |what| Object {
            script: self.script.clone(),
            whose,
            number,
            sinks: Mutex::default(),
            _alive: Alive(self.script.clone(), what),
        };
        let logon = if how.is_spooler { "spooler ms logon" } else { "ms logon" };
        Ok((Arc::new(object(logon)), Arc::new(object("ms store"))))
    }

    fn compare_store_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        Ok(one.body() == other.body())
    }

    fn shutdown(&self) -> Result<()> {
        self.script.call("ms shutdown")
    }
}

/// Every kind of object in one.
struct Object {
    script: Arc<Script>,
    whose: &'static str,
    /// Tells stores apart.
    number: u8,
    sinks: Mutex<Vec<(u64, Arc<dyn AdviseSink>)>>,
    _alive: Alive,
}

impl Object {
    fn like(&self) -> Arc<Self> {
        Arc::new(Self {
            script: self.script.clone(),
            whose: self.whose,
            number: self.number,
            sinks: Mutex::default(),
            _alive: Alive(self.script.clone(), "ms object"),
        })
    }

    fn notify(&self) {
        let sinks: Vec<_> = self.sinks.lock().unwrap().iter().map(|(_, sink)| sink.clone()).collect();
        let event = Notification::Extended { event: 7, parameters: Vec::new() };
        sinks.iter().for_each(|sink| sink.on_notify(std::slice::from_ref(&event)));
    }
}

pub(crate) fn absent(tags: Option<&[PropTag]>) -> Vec<Prop> {
    let absent = |tag: &PropTag| Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND));
    tags.unwrap_or_default().iter().map(absent).collect()
}

impl MsLogon for Object {
    fn uids(&self) -> Vec<Guid> {
        vec![STORE]
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        MsgStore::open_entry(self, id, flags)
    }

    fn logoff(&self) -> Result<()> {
        self.script.call(&format!("{} logoff", self.whose))
    }
}

impl MapiProp for Object {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.script.call("props")?;
        let prop = |tag: &PropTag| match *tag {
            PR_SUBJECT => Prop::new(*tag, "a subject"),
            PR_STORE_SUPPORT_MASK => {
                let lacks = self.script.lacks.load(Ordering::Relaxed);
                Prop::new(*tag, (0x98 | 0x4_0000) & !lacks)
            }
            PR_DISPLAY_NAME => Prop::new(*tag, "The store"),
            PR_IPM_SUBTREE_ENTRYID => Prop::new(*tag, RecordingStore::folder_id().as_bytes().to_vec()),
            PR_ENTRYID => Prop::new(*tag, EntryId::new(STORE, &[self.number]).as_bytes().to_vec()),
            _ => Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND)),
        };
        Ok(tags.unwrap_or(&[PR_SUBJECT]).iter().map(prop).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(vec![PR_SUBJECT])
    }

    fn set_props(&self, _props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.script.call("set_props")?;
        Ok(Vec::new())
    }

    fn delete_props(&self, _tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        Ok(Vec::new())
    }

    fn open_stream(&self, _tag: PropTag, _flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        Ok(Arc::new(b"bytes".to_vec()))
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.script.call("save")?;
        self.notify();
        Ok(())
    }
}

impl MsgStore for Object {
    fn open_entry(&self, id: &EntryId, _flags: OpenFlags) -> Result<Opened> {
        self.script.call("open_entry")?;
        Ok(match id.body() {
            b"message" => Opened::Message(self.like()),
            _ => Opened::Folder(self.like()),
        })
    }

    /// The same bytes in capitals are the same object.
    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        self.script.call("ms compare")?;
        Ok(one.body().eq_ignore_ascii_case(other.body()))
    }

    fn receive_folder(&self, _class: &str) -> Result<ReceiveFolder> {
        Ok(ReceiveFolder { folder: RecordingStore::folder_id(), message_class: String::new() })
    }

    fn receive_folder_table(&self) -> Result<Arc<dyn MapiTable>> {
        Ok(Arc::new(EmptyTable(self.script.clone())))
    }

    fn advise(&self, _id: &EntryId, _mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let mut sinks = self.sinks.lock().unwrap();
        let number = sinks.len() as u64 + 1;
        sinks.push((number, sink));
        Ok(Connection(number))
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.script.call("unadvise")?;
        self.sinks.lock().unwrap().retain(|(number, _)| *number != connection.0);
        Ok(())
    }

    fn deliver(&self, _message: &dyn Message, _search_key: &[u8]) -> Result<Delivered> {
        self.script.call(&format!("{} deliver", self.whose))?;
        Ok(Delivered { entry_id: RecordingStore::message_id(), is_new: true })
    }

    fn store_logoff(&self, flags: u32) -> Result<u32> {
        Ok(flags)
    }
}

impl Container for Object {
    fn contents_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        Ok(Arc::new(EmptyTable(self.script.clone())))
    }

    fn hierarchy_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        Ok(Arc::new(EmptyTable(self.script.clone())))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        MsgStore::open_entry(self, id, flags)
    }
}

impl Folder for Object {
    fn create_message(&self, _associated: bool) -> Result<Arc<dyn Message>> {
        Ok(self.like())
    }

    fn create_folder(
        &self,
        _kind: FolderType,
        _name: &str,
        _comment: &str,
        _flags: FolderFlags,
    ) -> Result<Arc<dyn Folder>> {
        Ok(self.like())
    }

    fn copy_messages(
        &self,
        ids: &[EntryId],
        _to: &dyn Folder,
        _flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        for (done, _) in ids.iter().enumerate() {
            step(progress, "copy_messages", done as u64, ids.len() as u64)?;
        }
        let count = ids.len() as u64;
        Ok((Completion { asked: count, done: count }, ids.to_vec()))
    }
}

impl Message for Object {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        Ok(Vec::new())
    }

    fn modify_recipients(&self, _how: ModifyRecipients, _rows: Vec<Recipient>) -> Result<()> {
        Ok(())
    }

    fn recipient_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        Ok(Arc::new(EmptyTable(self.script.clone())))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        Ok(vec![0])
    }

    fn open_attach(&self, _number: u32, _flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        Ok(self.like())
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        Ok((1, self.like()))
    }

    fn submit(&self) -> Result<()> {
        self.script.call("submit")
    }

    fn set_read_flag(&self, _flags: ReadFlags) -> Result<()> {
        Ok(())
    }
}

impl Attachment for Object {
    fn open_message(&self, _create: bool) -> Result<Arc<dyn Message>> {
        Ok(self.like())
    }
}

/// A table without rows.
pub(crate) struct EmptyTable(pub(crate) Arc<Script>);

impl MapiTable for EmptyTable {
    fn columns(&self) -> Result<ColumnSet> {
        Ok(ColumnSet::default())
    }

    fn set_columns(&self, _columns: &[PropTag]) -> Result<()> {
        Ok(())
    }

    fn restrict(&self, _restriction: Option<Restriction>) -> Result<()> {
        Ok(())
    }

    fn sort(&self, _order: SortOrder) -> Result<()> {
        Ok(())
    }

    fn sort_order(&self) -> Result<SortOrder> {
        Ok(SortOrder::default())
    }

    fn row_count(&self) -> Result<u64> {
        Ok(0)
    }

    fn position(&self) -> Result<Position> {
        Ok(Position { row: 0, numerator: 0, denominator: 1 })
    }

    fn seek_row(&self, _from: Bookmark, _rows: i64) -> Result<i64> {
        Ok(0)
    }

    fn seek_row_approx(&self, _numerator: u32, _denominator: u32) -> Result<()> {
        Ok(())
    }

    fn find_row(&self, _restriction: &Restriction, _from: Bookmark, _backwards: bool) -> Result<()> {
        Ok(())
    }

    fn query_rows(&self, _count: i64) -> Result<RowSet> {
        self.0.call("query_rows")?;
        Ok(RowSet::default())
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        Ok(Bookmark::Kept(1))
    }

    fn free_bookmark(&self, _bookmark: Bookmark) -> Result<()> {
        Ok(())
    }
}
