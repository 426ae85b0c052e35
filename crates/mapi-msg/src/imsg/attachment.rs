//! `StorageAttachment`: an attachment of a message on a storage.
//!
//! Its save makes it part of the message's pending state; only the save of the top message writes it.
//! What it holds as a structured storage is `ole.rs`'s.

use super::computed::outline_of;
use super::held::Held;
use super::life::Life;
use super::message::StorageMessage;
use super::props::{self, Keeper, Streams, gone};
use super::state::{AttachmentState, MessageState, Object};
use super::stream::PropertyStream;
use super::whole::{Shared, lock};
use crate::limits::NESTING_MAX;
use crate::message::Outer;
use crate::storage::WeakStorage;
use crate::write::complete::{self, Kind};
use crate::write::{TextWidth, WriteOptions};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment as IAttach;
use mapi_spi::message::Message as IMessage;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::Storage;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

const CALL: &str = "IAttach::OpenProperty";

/// An attachment of a message on a storage.
pub struct StorageAttachment {
    pub(super) me: Weak<Self>,
    pub(super) shared: Arc<Shared>,
    pub(super) life: Arc<Life>,
    owner: Owner,
    number: u32,
    pub(super) live: Mutex<Live>,
    streams: Streams,
}

/// The message that it is in. Whoever holds an attachment does not keep the outermost message open.
enum Owner {
    Top(Weak<StorageMessage>),
    Embedded(Arc<StorageMessage>),
}

/// What changes.
pub(super) struct Live {
    pub(super) state: AttachmentState,
    pub(super) writable: bool,
    message: Weak<StorageMessage>,
    /// The storage that is open, if one is: opened again it is the same one.
    pub(super) storage: WeakStorage,
    /// The same as the bytes of a compound file.
    pub(super) docfile: Weak<PropertyStream>,
}

impl StorageAttachment {
    pub(super) fn new(
        message: &Arc<StorageMessage>,
        number: u32,
        state: AttachmentState,
        writable: bool,
    ) -> Arc<Self> {
        let owner = match message.is_top() {
            true => Owner::Top(Arc::downgrade(message)),
            false => Owner::Embedded(Arc::clone(message)),
        };
        let live = Live {
            state,
            writable,
            message: Weak::new(),
            storage: WeakStorage::default(),
            docfile: Weak::new(),
        };
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            shared: Arc::clone(&message.shared),
            life: message.life.inner(),
            owner,
            number,
            live: Mutex::new(live),
            streams: Streams::default(),
        })
    }

    /// Takes the state of the embedded message that was saved.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the attachment is open for reading.
    pub(super) fn take_message(&self, state: MessageState) -> Result<()> {
        self.change("IMAPIProp::SaveChanges", |live| live.state.object = Object::Message(Arc::new(state)))
    }

    fn owner(&self) -> Result<Arc<StorageMessage>> {
        match &self.owner {
            Owner::Top(message) => message.upgrade().ok_or_else(gone),
            Owner::Embedded(message) => Ok(Arc::clone(message)),
        }
    }

    pub(super) fn change<T>(&self, call: &'static str, change: impl FnOnce(&mut Live) -> T) -> Result<T> {
        let mut live = lock(&self.live);
        if !live.writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the attachment is open for reading"));
        }
        live.state.dirty = true;
        Ok(change(&mut live))
    }

    /// An empty message for this attachment.
    fn new_message(&self) -> Result<MessageState> {
        let (unicode, around) = self.owner()?.width_and_nesting();
        let nesting = around.nesting.saturating_add(1);
        if nesting > NESTING_MAX {
            let detail = "messages are embedded more than 64 deep";
            return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, detail));
        }
        let place = format!("attachment {}/message", self.number);
        Ok(MessageState::new(unicode, Outer { nesting, page: around.page, place }))
    }
}

impl Keeper for StorageAttachment {
    const KIND: Kind = Kind::Attachment;

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
        look(&lock(&self.live).state.props)
    }

    fn edit<T>(&self, call: &'static str, edit: impl FnOnce(&mut Held, bool) -> T) -> Result<T> {
        let (unicode, _) = self.owner()?.width_and_nesting();
        self.change(call, |live| edit(&mut live.state.props, unicode))
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        const ASKED: [PropTag; 7] = [
            PR_ATTACH_NUM,
            PR_OBJECT_TYPE,
            PR_ACCESS,
            PR_ACCESS_LEVEL,
            PR_ATTACH_METHOD,
            PR_STORE_SUPPORT_MASK,
            PR_RECORD_KEY,
        ];
        if !ASKED.iter().any(|asked| asked.id() == tag.id()) {
            return None;
        }
        let unicode = self.owner().map(|owner| owner.width_and_nesting().0).unwrap_or(true);
        let text = if unicode { TextWidth::Unicode } else { TextWidth::Keep };
        let options = WriteOptions { text, ..WriteOptions::default() };
        let added =
            complete::attachment(&outline_of(&lock(&self.live).state, self.number), self.number, &options);
        added.beside.into_iter().find(|one| one.tag == tag).map(|one| one.value)
    }

    fn has_object(&self) -> bool {
        lock(&self.live).state.object.is_some()
    }

    fn drop_object(&self) {
        let mut live = lock(&self.live);
        live.state.object = Object::None;
        live.storage = WeakStorage::default();
        live.docfile = Weak::new();
        let message = live.message.upgrade();
        live.message = Weak::new();
        drop(live);
        if let Some(message) = message {
            message.life.end();
        }
    }
}

impl MapiProp for StorageAttachment {
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
        let _pass = self.life.enter()?;
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        let state = self.change(CALL, |live| live.state.clone())?;
        self.owner()?.take(self.number, state)?;
        lock(&self.live).writable = flags.contains(SaveFlags::KEEP_OPEN_READWRITE);
        Ok(())
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        props::names(self, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        props::ids(self, names, create)
    }
}

impl IAttach for StorageAttachment {
    fn open_message(&self, create: bool) -> Result<Arc<dyn IMessage>> {
        let _pass = self.life.enter()?;
        let me = self.me.upgrade().ok_or_else(gone)?;
        let mut live = lock(&self.live);
        if let Some(open) = live.message.upgrade() {
            return Ok(open);
        }
        if create && !live.writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the attachment is open for reading"));
        }
        let state = match (&live.state.object, create) {
            (_, true) => self.new_message()?,
            (Object::Message(message), false) => (**message).clone(),
            (Object::MessageInFile(node, outer), false) => {
                if outer.nesting > NESTING_MAX {
                    let detail = "messages are embedded more than 64 deep";
                    return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, detail));
                }
                MessageState::read(&self.shared.parts().ok_or_else(gone)?, *node, outer)?
            }
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment holds no message")),
        };
        if create {
            live.state.dirty = true;
        }
        let message = StorageMessage::new(&self.shared, self.life.inner(), Some(me), state, live.writable);
        live.message = Arc::downgrade(&message);
        Ok(message)
    }

    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        self.ole_storage(create)
    }

    fn open_docfile(&self, create: bool) -> Result<Arc<dyn PropStream>> {
        self.ole_docfile(create)
    }
}

impl fmt::Debug for StorageAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageAttachment").field("number", &self.number).finish_non_exhaustive()
    }
}
