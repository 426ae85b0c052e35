//! The smallest store and transport that a spooler can be run against, with faults on order.
//!
//! Not a store to be used: it keeps messages in memory and knows nothing but the queue.
#![allow(dead_code, reason = "each test file uses its own part of the double")]
#![allow(unreachable_pub, reason = "a module of a test has no outside")]

use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::prop::tags::{PR_CLIENT_SUBMIT_TIME, PR_ENTRYID, PR_SEARCH_KEY};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, Row, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::container::Opened;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportNotify, XpLogon,
};
use mapi_spi::spooler::recipient_outcome;
use mapi_spi::table::{Bookmark, MapiTable, Position};
use std::any::Any;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store in memory.
#[derive(Default)]
pub struct Store {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    recipients: BTreeMap<EntryId, Vec<Recipient>>,
    queue: Vec<(EntryId, FileTime)>,
    locked: Vec<EntryId>,
    finished: Vec<EntryId>,
    /// Errors that the next calls of a name answer, the first one first; `None` lets one call pass.
    faults: HashMap<&'static str, VecDeque<Option<ErrorCode>>>,
    /// Calls made, by name.
    calls: HashMap<&'static str, u64>,
    rows_read: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn enter(&mut self, call: &'static str) -> Result<()> {
        *self.calls.entry(call).or_default() += 1;
        match self.faults.get_mut(call).and_then(VecDeque::pop_front).flatten() {
            Some(code) => Err(Error::new(code, call, "as ordered")),
            None => Ok(()),
        }
    }

    fn position(&self, id: &EntryId) -> Result<usize> {
        self.queue
            .iter()
            .position(|(queued, _)| queued == id)
            .ok_or_else(|| Error::new(ErrorCode::NOT_IN_QUEUE, "Store", "not queued"))
    }
}

impl Store {
    /// The same store by another logon.
    pub fn logon(&self) -> Arc<Self> {
        Arc::new(Self { inner: self.inner.clone() })
    }

    /// Submits a message to recipients of these address types; their rows count from 0.
    pub fn submit(&self, number: u32, types: &[&str]) -> EntryId {
        let id = EntryId::from_bytes(number.to_be_bytes());
        let rows = types.iter().enumerate().map(|(row_id, address_type)| {
            let mut row = Recipient { row_id: row_id as u32, ..Recipient::default() };
            row.props.set(Recipient::ADDRTYPE, *address_type);
            row.props.set(Recipient::RESPONSIBILITY, false);
            row
        });
        let mut inner = lock(&self.inner);
        inner.recipients.insert(id.clone(), rows.collect());
        inner.queue.push((id.clone(), FileTime::from_unix_seconds(1_700_000_000)));
        id
    }

    /// Takes a message out of the queue, as AbortSubmit does.
    pub fn abort(&self, id: &EntryId) {
        lock(&self.inner).queue.retain(|(queued, _)| queued != id);
    }

    pub fn order_faults(&self, call: &'static str, faults: &[Option<ErrorCode>]) {
        lock(&self.inner).faults.entry(call).or_default().extend(faults);
    }

    pub fn calls(&self, call: &'static str) -> u64 {
        lock(&self.inner).calls.get(call).copied().unwrap_or(0)
    }

    pub fn rows_read(&self) -> u64 {
        lock(&self.inner).rows_read
    }

    pub fn queued(&self) -> Vec<EntryId> {
        lock(&self.inner).queue.iter().map(|(id, _)| id.clone()).collect()
    }

    pub fn finished(&self) -> Vec<EntryId> {
        lock(&self.inner).finished.clone()
    }

    pub fn is_locked(&self, id: &EntryId) -> bool {
        lock(&self.inner).locked.contains(id)
    }

    /// What is saved of each recipient: whether it is taken, its state and its reply.
    pub fn outcomes(&self, id: &EntryId) -> Vec<(bool, String, String)> {
        let text = |row: &Recipient, tag| row.props.text(tag).unwrap_or_default().to_owned();
        let read = |row: &Recipient| {
            (row.is_taken(), text(row, recipient_outcome::STATE), text(row, recipient_outcome::REPLY))
        };
        lock(&self.inner).recipients[id].iter().map(read).collect()
    }
}

impl MapiProp for Store {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, _tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        Ok(Vec::new())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(Vec::new())
    }
}

impl MsgStore for Store {
    fn open_entry(&self, id: &EntryId, _flags: OpenFlags) -> Result<Opened> {
        let mut inner = lock(&self.inner);
        inner.enter("open_entry")?;
        let rows = inner.recipients.get(id).cloned();
        let rows = rows.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, "open_entry", "no such message"))?;
        let (store, rows) = (self.inner.clone(), Mutex::new(rows));
        Ok(Opened::Message(Arc::new(QueuedMessage { store, id: id.clone(), rows })))
    }

    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        lock(&self.inner).enter("outgoing_queue")?;
        Ok(Arc::new(QueueTable { store: self.inner.clone(), next: Mutex::new(0) }))
    }

    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        let Some(message) = message.as_any().downcast_ref::<QueuedMessage>() else {
            panic!("a message of another store")
        };
        let mut inner = lock(&self.inner);
        inner.enter("set_lock_state")?;
        inner.position(&message.id)?;
        inner.locked.retain(|id| *id != message.id);
        if locked {
            inner.locked.push(message.id.clone());
        }
        Ok(())
    }

    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        let mut inner = lock(&self.inner);
        inner.enter("finished_msg")?;
        let position = inner.position(id)?;
        assert!(inner.locked.contains(id), "only a locked message is finished");
        inner.queue.remove(position);
        inner.locked.retain(|locked| locked != id);
        inner.finished.push(id.clone());
        Ok(())
    }
}

struct QueuedMessage {
    store: Arc<Mutex<Inner>>,
    id: EntryId,
    rows: Mutex<Vec<Recipient>>,
}

impl MapiProp for QueuedMessage {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, _tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        Ok(vec![Prop::new(PR_SEARCH_KEY, self.id.as_bytes().to_vec())])
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(vec![PR_SEARCH_KEY])
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        let mut inner = lock(&self.store);
        inner.enter("save_changes")?;
        let rows = lock(&self.rows).clone();
        inner.recipients.insert(self.id.clone(), rows);
        Ok(())
    }
}

impl Message for QueuedMessage {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        Ok(lock(&self.rows).clone())
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        assert_eq!(how, ModifyRecipients::Modify);
        let mut held = lock(&self.rows);
        for row in rows {
            let place = held.iter_mut().find(|one| one.row_id == row.row_id);
            *place.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, "modify_recipients", "no such row"))? = row;
        }
        Ok(())
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        Ok(Vec::new())
    }

    fn open_attach(&self, _number: u32, _flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        Err(Error::new(ErrorCode::NOT_FOUND, "open_attach", "no attachment"))
    }
}

struct QueueTable {
    store: Arc<Mutex<Inner>>,
    next: Mutex<usize>,
}

fn unused<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_SUPPORT, call, "the double does not do this"))
}

impl MapiTable for QueueTable {
    fn columns(&self) -> Result<ColumnSet> {
        Ok(vec![PR_ENTRYID, PR_CLIENT_SUBMIT_TIME])
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        assert!(columns.starts_with(&[PR_ENTRYID, PR_CLIENT_SUBMIT_TIME]));
        Ok(())
    }

    fn restrict(&self, _restriction: Option<Restriction>) -> Result<()> {
        unused("restrict")
    }

    fn sort(&self, _order: SortOrder) -> Result<()> {
        unused("sort")
    }

    fn sort_order(&self) -> Result<SortOrder> {
        unused("sort_order")
    }

    fn row_count(&self) -> Result<u64> {
        Ok(lock(&self.store).queue.len() as u64)
    }

    fn position(&self) -> Result<Position> {
        unused("position")
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        let count = lock(&self.store).queue.len() as i64;
        let base = if from == Bookmark::End { count } else { 0 };
        let target = (base + rows).clamp(0, count);
        *lock(&self.next) = target as usize;
        Ok(target - base)
    }

    fn seek_row_approx(&self, _numerator: u32, _denominator: u32) -> Result<()> {
        unused("seek_row_approx")
    }

    fn find_row(&self, _restriction: &Restriction, _from: Bookmark, _backwards: bool) -> Result<()> {
        unused("find_row")
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        let mut next = lock(&self.next);
        let mut inner = lock(&self.store);
        let rows: RowSet = inner.queue.iter().skip(*next).take(count as usize).map(row).collect();
        *next += rows.len();
        inner.rows_read += rows.len() as u64;
        Ok(rows)
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        unused("create_bookmark")
    }

    fn free_bookmark(&self, _bookmark: Bookmark) -> Result<()> {
        unused("free_bookmark")
    }
}

fn row((id, submitted): &(EntryId, FileTime)) -> Row {
    let id = Prop::new(PR_ENTRYID, PropValue::Binary(id.as_bytes().to_vec()));
    Row { props: vec![id, Prop::new(PR_CLIENT_SUBMIT_TIME, *submitted)] }
}

/// What a scripted transport answers to a message.
pub type Script = Box<dyn Fn(&dyn Message, u32) -> Result<Vec<RecipientOutcome>> + Send + Sync>;

/// A transport that does as it is told and writes down what happens to it.
pub struct Transport {
    types: AddressTypes,
    script: Script,
    /// The search keys of the messages it was handed, in order.
    handed: Mutex<Vec<Vec<u8>>>,
    told: Mutex<Vec<String>>,
}

impl Transport {
    pub fn new(
        types: AddressTypes,
        script: impl Fn(&dyn Message, u32) -> Result<Vec<RecipientOutcome>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (handed, told) = (Mutex::default(), Mutex::default());
        Arc::new(Self { types, script: Box::new(script), handed, told })
    }

    /// One that takes every recipient it is asked for.
    pub fn willing(types: AddressTypes) -> Arc<Self> {
        Self::new(types, |message, _| Ok(all_sent(message)))
    }

    pub fn handed(&self) -> Vec<Vec<u8>> {
        lock(&self.handed).clone()
    }

    pub fn told(&self) -> Vec<String> {
        lock(&self.told).clone()
    }

    fn tell(&self, what: String) -> Result<()> {
        lock(&self.told).push(what);
        Ok(())
    }
}

/// Every recipient that is still open, sent.
pub fn all_sent(message: &dyn Message) -> Vec<RecipientOutcome> {
    let open = message.recipients().unwrap().into_iter().filter(|row| !row.is_taken());
    let reply = "250 2.0.0 Ok".to_owned();
    open.map(|row| RecipientOutcome { row_id: row.row_id, state: RecipientState::Sent, reply: reply.clone() })
        .collect()
}

pub fn key(message: &dyn Message) -> Vec<u8> {
    let key = message.props(Some(&[PR_SEARCH_KEY])).unwrap().remove(0).value;
    key.as_binary().unwrap().to_vec()
}

pub fn takes(types: &[&str]) -> AddressTypes {
    AddressTypes { types: types.iter().map(|text| (*text).to_owned()).collect(), ..AddressTypes::default() }
}

pub fn any() -> AddressTypes {
    AddressTypes { any: true, ..AddressTypes::default() }
}

impl XpLogon for Transport {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(self.types.clone())
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.tell(format!("{what:?}"))
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        lock(&self.handed).push(key(message));
        self.tell(format!("submit {reference}"))?;
        (self.script)(message, reference)
    }

    fn end_message(&self, reference: u32) -> Result<()> {
        self.tell(format!("end {reference}"))
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.tell(format!("flush {flags}"))
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}
