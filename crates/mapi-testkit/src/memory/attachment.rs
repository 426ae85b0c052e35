//! `MemoryAttachment`: an open attachment (IAttach). Its save hands it to the open message.

use super::content::{AttachedObject, AttachmentBody, MessageBody};
use super::holder::{self, Holder};
use super::life::Life;
use super::message::MemoryMessage;
use super::open_copy::HeldMessage;
use super::storage::MemoryStorage;
use super::{Logon, rows, store};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::object::StorageObject;
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::Storage;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) struct MemoryAttachment {
    held: Arc<HeldAttachment>,
}

/// An open attachment, shared by its object, its streams and what is embedded in it.
pub(super) struct HeldAttachment {
    message: Arc<HeldMessage>,
    number: u32,
    life: Arc<Life>,
    state: Mutex<State>,
}

struct State {
    body: AttachmentBody,
    writable: bool,
}

impl MemoryAttachment {
    pub(super) fn new(
        message: Arc<HeldMessage>,
        number: u32,
        body: AttachmentBody,
        writable: bool,
    ) -> Arc<Self> {
        let (life, state) = (message.life.below(), Mutex::new(State { body, writable }));
        Arc::new(Self { held: Arc::new(HeldAttachment { message, number, life, state }) })
    }
}

impl HeldAttachment {
    pub(super) fn logon(&self) -> &Arc<Logon> {
        &self.message.logon
    }

    pub(super) fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// The embedded message was saved.
    pub(super) fn keep_message(&self, body: MessageBody) -> Result<()> {
        self.check_write("MapiProp::save_changes")?;
        self.lock().body.object = AttachedObject::Message(Box::new(body));
        Ok(())
    }

    /// The storage was committed.
    pub(super) fn keep_storage(&self, object: StorageObject) -> Result<()> {
        self.check_write("Storage::commit")?;
        self.lock().body.object = AttachedObject::Storage(object);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder for HeldAttachment {
    fn life(&self) -> &Arc<Life> {
        &self.life
    }

    fn whole(&self) -> Result<PropList> {
        Ok(rows::attachment_props(self.number, &self.lock().body))
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        if self.lock().writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, call, "the attachment is open for reading only"))
    }

    fn is_computed(&self, tag: PropTag) -> bool {
        rows::is_computed_of_attachment(tag)
    }

    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()> {
        edit(&mut self.lock().body.props);
        Ok(())
    }
}

impl MapiProp for MemoryAttachment {
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

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "MapiProp::save_changes";
        self.held.life.check(CALL)?;
        self.held.check_write(CALL)?;
        let body = self.held.lock().body.clone();
        self.held.message.keep_attachment(self.held.number, body)?;
        if flags.contains(SaveFlags::KEEP_OPEN_READONLY) {
            self.held.lock().writable = false;
        }
        Ok(())
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        store::names(self.held.logon(), ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        store::ids(self.held.logon(), names, create)
    }
}

impl Attachment for MemoryAttachment {
    fn open_message(&self, create: bool) -> Result<Arc<dyn Message>> {
        const CALL: &str = "Attachment::open_message";
        self.held.life.check(CALL)?;
        if create {
            self.held.check_write(CALL)?;
        }
        let (object, writable) = {
            let state = self.held.lock();
            (state.body.object.clone(), state.writable)
        };
        let body = match object {
            AttachedObject::Message(body) if !create => *body,
            _ if create => MessageBody::default(),
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "no message is embedded")),
        };
        Ok(MemoryMessage::embedded(self.held.clone(), body, writable))
    }

    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "Attachment::open_storage";
        self.held.life.check(CALL)?;
        if create {
            self.held.check_write(CALL)?;
        }
        let (object, writable) = {
            let state = self.held.lock();
            (state.body.object.clone(), state.writable)
        };
        let object = match object {
            AttachedObject::Storage(object) if !create => object,
            _ if create => StorageObject::default(),
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "there is no storage")),
        };
        Ok(MemoryStorage::root(object, self.held.clone(), writable))
    }
}
