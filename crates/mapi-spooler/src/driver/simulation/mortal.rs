//! A store as one process has it: with the process it ends, at any call, and at times a call fails.
//!
//! What was done before that stays done: the store behind it is another process's too.

use super::Chance;
use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags};
use mapi_defs::prop::{Prop, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::container::Opened;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::{Delivered, MsgStore, ReceiveFolder};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::QueueNotes;
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The life of one spooler's process.
pub(super) struct Fuse(Mutex<Life>);

struct Life {
    chance: Chance,
    /// Calls until the process ends.
    left: Option<u64>,
    is_dead: bool,
    /// Of a hundred calls of the store, so many fail.
    faults: u64,
    /// True once one did.
    has_failed: bool,
    /// The messages that were laid to rest.
    rested: BTreeSet<EntryId>,
}

impl Fuse {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let (left, is_dead, faults, has_failed, rested) = (None, false, 0, false, BTreeSet::new());
        Arc::new(Self(Mutex::new(Life { chance: Chance(seed), left, is_dead, faults, has_failed, rested })))
    }

    /// Lets the process end after so many calls.
    pub(super) fn light(&self, calls: u64) {
        self.0.lock().unwrap().left = Some(calls);
    }

    /// Lets so many of a hundred calls of the store fail from now on.
    pub(super) fn fail(&self, hundredths: u64) {
        self.0.lock().unwrap().faults = hundredths;
    }

    pub(super) fn is_dead(&self) -> bool {
        self.0.lock().unwrap().is_dead
    }

    /// True once a call of the store has failed: then not everything is known that is to be kept.
    pub(super) fn has_failed(&self) -> bool {
        self.0.lock().unwrap().has_failed
    }

    /// The messages that this spooler has laid to rest, as far as the store said that it did.
    pub(super) fn take_rested(&self) -> BTreeSet<EntryId> {
        std::mem::take(&mut self.0.lock().unwrap().rested)
    }

    /// One call that is no store's; an error where the process ends here.
    pub(super) fn burn(&self) -> Result<()> {
        let mut life = self.0.lock().unwrap();
        life.left = life.left.map(|left| left.saturating_sub(1));
        life.is_dead |= life.left == Some(0);
        match life.is_dead {
            true => Err(Error::new(ErrorCode::CALL_FAILED, "simulation", "the process has ended")),
            false => Ok(()),
        }
    }

    fn call(&self) -> Result<()> {
        self.burn()?;
        let mut life = self.0.lock().unwrap();
        let faults = life.faults;
        let fails = life.chance.percent(faults);
        life.has_failed |= fails;
        match fails {
            true => Err(Error::new(ErrorCode::DISK_ERROR, "simulation", "the disk is at fault")),
            false => Ok(()),
        }
    }
}

pub(super) struct MortalStore(pub(super) Arc<dyn MsgStore>, pub(super) Arc<Fuse>);

impl MapiProp for MortalStore {
    fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.0.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.0.prop_list()
    }
}

impl MsgStore for MortalStore {
    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.1.call()?;
        Ok(match self.0.open_entry(id, flags)? {
            Opened::Message(message) => Opened::Message(Arc::new(MortalMessage(message, self.1.clone()))),
            other => other,
        })
    }

    fn receive_folder(&self, class: &str) -> Result<ReceiveFolder> {
        self.0.receive_folder(class)
    }

    fn outgoing_queue(&self) -> Result<Arc<dyn MapiTable>> {
        self.1.call()?;
        self.0.outgoing_queue()
    }

    fn set_lock_state(&self, message: &dyn Message, locked: bool) -> Result<()> {
        self.1.call()?;
        self.0.set_lock_state(message, locked)
    }

    fn rest_msg(&self, message: &dyn Message, notes: &QueueNotes) -> Result<()> {
        self.1.call()?;
        self.0.rest_msg(message, notes)?;
        let id = message.props(Some(&[mapi_defs::prop::tags::PR_ENTRYID]))?.remove(0).value;
        let id = EntryId::from_bytes(id.as_binary().unwrap());
        self.1.0.lock().unwrap().rested.insert(id);
        Ok(())
    }

    fn finished_msg(&self, id: &EntryId) -> Result<()> {
        self.1.call()?;
        self.0.finished_msg(id)
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        self.1.call()?;
        self.0.deliver(message, search_key)
    }
}

struct MortalMessage(Arc<dyn Message>, Arc<Fuse>);

impl MapiProp for MortalMessage {
    fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.0.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.0.prop_list()
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.0.set_props(props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.0.delete_props(tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        self.0.open_stream(tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.1.call()?;
        self.0.save_changes(flags)
    }
}

impl Message for MortalMessage {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        self.0.recipients()
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        self.0.modify_recipients(how, rows)
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        self.0.attachments()
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        self.0.open_attach(number, flags)
    }
}
