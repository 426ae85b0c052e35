//! An open message of the store (IMessage): in a folder, or embedded in an attachment.
//!
//! `data.rs` is its state, `save.rs` its save and submit, `object.rs` its face as `Message`.

pub(crate) mod data;
pub(crate) mod image;
mod object;
mod recipients;
mod save;

pub(crate) use object::read_flags;
pub(crate) use save::{arriving, ours};

use crate::attachment::Attach;
use crate::computed::Facts;
use crate::engine::Marks;
use crate::engine::record::View;
use crate::logon::Logon;
use data::MessageData;
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::{PropValue, tags};
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An open message.
pub(crate) struct StoreMessage {
    logon: Arc<Logon>,
    home: Home,
    state: Mutex<State>,
    /// The message itself, for what is opened through it.
    this: std::sync::Weak<Self>,
}

/// Where a message lies.
pub(crate) enum Home {
    /// In a folder: its number and guard.
    Folder { folder: i64, guard: u32, associated: bool },
    /// In an attachment.
    Attachment(Arc<Attach>),
}

/// What may change about an open message.
pub(crate) struct State {
    pub(crate) data: MessageData,
    pub(crate) can_write: bool,
    /// True from a submit or a last save on.
    ended: bool,
    /// True after a save until the row is read again.
    stale: bool,
    changed: Changed,
    /// What is marked in one step with the next save.
    marks: Option<Marks>,
}

/// What is not saved yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Changed {
    Nothing,
    /// The recipients at most.
    Recipients,
    /// Anything.
    All,
}

impl StoreMessage {
    /// A message that is not saved yet.
    pub(crate) fn create(logon: Arc<Logon>, home: Home) -> Arc<Self> {
        let mut data = MessageData {
            // Who writes a message has read it.
            flags: MessageFlags::UNSENT.0 | MessageFlags::READ.0,
            ..MessageData::default()
        };
        if matches!(home, Home::Folder { .. }) {
            let key = logon.support().new_uid();
            data.props
                .put(mapi_defs::prop::Prop::new(tags::PR_SEARCH_KEY, PropValue::Binary(key.0.to_vec())));
        }
        Self::with(logon, home, data, true)
    }

    /// A message with these contents.
    pub(crate) fn with(logon: Arc<Logon>, home: Home, data: MessageData, can_write: bool) -> Arc<Self> {
        let changed = if data.row.is_some() { Changed::Nothing } else { Changed::All };
        let state = Mutex::new(State { data, can_write, ended: false, stale: false, changed, marks: None });
        Arc::new_cyclic(|this| Self { logon, home, state, this: this.clone() })
    }

    /// The number of the saved message.
    pub(crate) fn number(&self) -> Option<i64> {
        self.lock().data.row.as_ref().map(|row| row.id)
    }

    /// True where both are of one logon.
    pub(crate) fn is_of(&self, logon: &Arc<Logon>) -> bool {
        Arc::ptr_eq(&self.logon, logon)
    }

    /// The logon.
    pub(crate) fn logon(&self) -> &Arc<Logon> {
        &self.logon
    }

    /// The state, as fresh as the last save.
    pub(crate) fn live(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        let engine = self.logon.engine(call)?;
        if let Home::Attachment(attach) = &self.home {
            attach.check(call)?;
        }
        let mut state = self.lock();
        if state.ended {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the message was submitted or closed"));
        }
        if state.stale {
            let id = state.data.row.as_ref().map_or(0, |row| row.id);
            let record = engine.message(id)?.ok_or_else(|| {
                Error::new(ErrorCode::OBJECT_DELETED, call, "somebody deleted the message meanwhile")
            })?;
            state.data = MessageData::read(record)?;
            state.stale = false;
        }
        Ok(state)
    }

    /// The state for a change.
    pub(crate) fn writable(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        self.writable_for(Changed::All, call)
    }

    /// The state for a change that is not more than this.
    fn writable_for(&self, change: Changed, call: &'static str) -> Result<MutexGuard<'_, State>> {
        let mut state = self.live(call)?;
        if !state.can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the message is open for reading only"));
        }
        state.changed = state.changed.max(change);
        Ok(state)
    }

    /// What the computed properties are made of.
    fn facts(&self, state: &State) -> Facts {
        let data = &state.data;
        let mut facts = match &data.row {
            Some(row) => Facts::of(row, state.can_write),
            None => Facts {
                object: None,
                folder: None,
                flags: 0,
                status: 0,
                size: data.props.size_bytes(),
                can_write: state.can_write,
            },
        };
        let shown = MessageFlags::HASATTACH.0 | MessageFlags::ASSOCIATED.0;
        facts.flags = data.flags & !shown;
        if !data.attachments.is_empty() {
            facts.flags |= MessageFlags::HASATTACH.0;
        }
        if let Home::Folder { folder, guard, associated } = &self.home {
            facts.folder.get_or_insert((*folder, *guard));
            if *associated || data.is_associated() {
                facts.flags |= MessageFlags::ASSOCIATED.0;
            }
        } else {
            facts.folder = None;
        }
        facts
    }

    fn view(&self) -> View {
        match &self.home {
            Home::Folder { associated: true, .. } => View::Associated,
            Home::Folder { .. } => View::Normal,
            Home::Attachment(_) => View::Embedded,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
