//! An open attachment (IAttach). Its save puts it into the message's pending state.
//!
//! Its embedded message is a `message/` whose home is the attachment.

use crate::answer;
use crate::logon::Logon;
use crate::message::data::{AttachData, Embedded, MessageData, Slot};
use crate::message::{Home, StoreMessage};
use crate::ole_storage::{self, OleStorage};
use crate::prop_set::{Held, PropSet};
use crate::stream::{Owner, open_stream};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::object::StorageObject;
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, PropType, PropValue, tags};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::Storage;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// PR_ATTACH_DATA_OBJ, of the same identifier as PR_ATTACH_DATA_BIN.
const DATA_OBJECT: PropTag = PropTag::new(0x3701, PropType::OBJECT);

/// An open attachment.
pub(crate) struct Attach {
    message: Arc<StoreMessage>,
    number: u32,
    state: Mutex<State>,
    this: Weak<Self>,
}

struct State {
    data: AttachData,
    can_write: bool,
}

impl Attach {
    /// An attachment of an open message with these contents.
    pub(crate) fn open(
        message: Arc<StoreMessage>,
        number: u32,
        data: AttachData,
        can_write: bool,
    ) -> Arc<Self> {
        let state = Mutex::new(State { data, can_write });
        Arc::new_cyclic(|this| Self { message, number, state, this: this.clone() })
    }

    /// Takes the embedded message as it was saved.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the attachment is open for reading only.
    pub(crate) fn embed(&self, embedded: Embedded) -> Result<()> {
        let mut state = self.writable("Message::save_changes")?;
        state.data.embedded = embedded;
        // What was an OLE storage is a message now.
        if matches!(state.data.props.held(DATA_OBJECT.id()), Some(Held::Large(held)) if held.ptype == PropType::OBJECT)
        {
            state.data.props.remove(DATA_OBJECT.id());
        }
        Ok(())
    }

    /// Answers `MAPI_E_INVALID_OBJECT` once the attachment's message has ended.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`.
    pub(crate) fn check(&self, call: &'static str) -> Result<()> {
        self.message.live(call).map(drop)
    }

    /// The attachment's row in the table of attachments.
    pub(crate) fn row(&self) -> PropList {
        let state = self.lock();
        let mut row = state.data.props.list();
        row.merge(self.listed(&state));
        row.set(tags::PR_ATTACH_NUM, self.number as i32);
        row.set(tags::PR_ATTACH_SIZE, self.size(&state));
        row.set(tags::PR_INSTANCE_KEY, self.number.to_le_bytes().to_vec());
        row
    }

    /// What the attachment computes and lists among its properties.
    ///
    /// Number and size can always be asked for, but are listed only where somebody has set them: a copy
    /// of an attachment then has just the properties of the original.
    fn listed(&self, state: &State) -> PropList {
        let mut list = PropList::new();
        if state.data.props.held(tags::PR_ATTACH_NUM.id()).is_some() {
            list.set(tags::PR_ATTACH_NUM, self.number as i32);
        }
        if !matches!(state.data.embedded, Embedded::None) {
            list.set(DATA_OBJECT, PropValue::Object);
        }
        list
    }

    /// The value that is computed for this tag, listed or not.
    fn computed(&self, state: &State, tag: PropTag) -> Option<Prop> {
        if tag.id() == tags::PR_ATTACH_NUM.id() {
            return Some(Prop::new(tags::PR_ATTACH_NUM, self.number as i32));
        }
        let is_size = tag.id() == tags::PR_ATTACH_SIZE.id() && state.data.props.held(tag.id()).is_none();
        is_size.then(|| Prop::new(tags::PR_ATTACH_SIZE, self.size(state)))
    }

    /// PR_ATTACH_SIZE in bytes, as the store counts.
    fn size(&self, state: &State) -> i32 {
        let bytes = if state.data.size == 0 { state.data.props.size_bytes() } else { state.data.size };
        i32::try_from(bytes).unwrap_or(i32::MAX)
    }

    fn live(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        // An attachment ends with its message.
        drop(self.message.live(call)?);
        Ok(self.lock())
    }

    fn writable(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        let state = self.live(call)?;
        if !state.can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the attachment is open for reading only"));
        }
        Ok(state)
    }

    fn shared(&self, call: &'static str) -> Result<Arc<Self>> {
        let closing = || Error::new(ErrorCode::INVALID_OBJECT, call, "the attachment is being closed");
        self.this.upgrade().ok_or_else(closing)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True for what nobody can delete.
fn is_fixed(id: u16) -> bool {
    id == tags::PR_ATTACH_NUM.id()
}

impl Owner for Attach {
    fn with_props(&self, call: &'static str, write: bool, work: &mut dyn FnMut(&mut PropSet)) -> Result<()> {
        let mut state = if write { self.writable(call)? } else { self.live(call)? };
        work(&mut state.data.props);
        Ok(())
    }

    fn logon(&self) -> &Arc<Logon> {
        self.message.logon()
    }
}

impl MapiProp for Attach {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let state = self.live("Attachment::props")?;
        let listed = self.listed(&state);
        let Some(asked) = asked else { return Ok(answer::all(&state.data.props, listed)) };
        let one = |tag: &PropTag| {
            let computed = self.computed(&state, *tag).or_else(|| listed.prop(*tag).cloned());
            let found = computed.or_else(|| answer::held_as(&state.data.props, *tag));
            answer::pick(*tag, found)
        };
        Ok(asked.iter().map(one).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        let state = self.live("Attachment::prop_list")?;
        Ok(answer::tags(&state.data.props, &self.listed(&state)))
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut state = self.writable("Attachment::set_props")?;
        let mut problems = Vec::new();
        answer::set(&mut state.data.props, props, |_| false, &mut problems);
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut state = self.writable("Attachment::delete_props")?;
        let mut problems = Vec::new();
        for (index, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.id() == DATA_OBJECT.id()) {
            let held = state.data.props.remove(tag.id());
            let embedded = !matches!(std::mem::take(&mut state.data.embedded), Embedded::None);
            if !held && !embedded {
                problems.push(PropProblem { index, tag: *tag, code: ErrorCode::NOT_FOUND });
            }
        }
        let others: Vec<PropTag> = tags.iter().filter(|tag| tag.id() != DATA_OBJECT.id()).copied().collect();
        let mut other_problems = Vec::new();
        answer::delete(&mut state.data.props, &others, is_fixed, &mut other_problems);
        for problem in &mut other_problems {
            let place = tags.iter().position(|tag| *tag == problem.tag);
            problem.index = place.unwrap_or(problem.index);
        }
        problems.extend(other_problems);
        problems.sort_by_key(|problem| problem.index);
        Ok(problems)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        open_stream(self.shared("Attachment::open_stream")?, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "Attachment::save_changes";
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        let data = {
            let mut state = self.writable(CALL)?;
            state.data.size = 0;
            if flags.contains(SaveFlags::KEEP_OPEN_READONLY)
                && !flags.contains(SaveFlags::KEEP_OPEN_READWRITE)
            {
                state.can_write = false;
            }
            Arc::new(state.data.clone())
        };
        let mut message = self.message.writable(CALL)?;
        message.data.removed.retain(|number| *number != self.number);
        message.data.attachments.insert(self.number, Slot::Pending(data));
        Ok(())
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        answer::names(self.message.logon(), ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        answer::ids(self.message.logon(), names, create)
    }
}

impl Attachment for Attach {
    fn open_message(&self, create: bool) -> Result<Arc<dyn Message>> {
        const CALL: &str = "Attachment::open_message";
        let state = if create { self.writable(CALL)? } else { self.live(CALL)? };
        let (can_write, embedded) = (state.can_write, state.data.embedded.clone());
        drop(state);
        let logon = self.message.logon().clone();
        let home = Home::Attachment(self.shared(CALL)?);
        if create {
            return Ok(StoreMessage::create(logon, home));
        }
        let data = match embedded {
            Embedded::None => {
                return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment embeds no message"));
            }
            Embedded::Pending { data, .. } => (*data).clone(),
            Embedded::Stored(row) => {
                let record = logon.engine(CALL)?.message(row)?.ok_or_else(|| {
                    Error::new(ErrorCode::OBJECT_CHANGED, CALL, "somebody else saved the message meanwhile")
                })?;
                MessageData::read(record)?
            }
        };
        Ok(StoreMessage::with(logon, home, data, can_write))
    }

    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "Attachment::open_storage";
        let mut state = if create { self.writable(CALL)? } else { self.live(CALL)? };
        let can_write = state.can_write;
        if create {
            state.data.embedded = Embedded::None;
            drop(state);
            return Ok(OleStorage::root(self.shared(CALL)?, StorageObject::default(), true));
        }
        let bytes = match state.data.props.held(DATA_OBJECT.id()) {
            Some(Held::Large(large)) if large.ptype == PropType::OBJECT => large.bytes.clone(),
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment holds no storage")),
        };
        drop(state);
        let object = ole_storage::read(&bytes.read_all(&*self.message.logon().engine(CALL)?)?)?;
        Ok(OleStorage::root(self.shared(CALL)?, object, can_write))
    }
}
