//! IMessage on IStorage: messages that can be read, changed and saved on a storage of any maker.
//!
//! [`open_on_storage`] opens a message, or makes one on an empty storage; sessions that close several
//! together are `session.rs`. For reading files alone `message.rs` is lighter, and whole files are
//! written by `write/`.
//!
//! The state of the message is in memory (`state.rs`, `held.rs`). Saving an attachment or an embedded
//! message hands its state to what it lies in; saving the outermost message writes what its storage does
//! not have (`save.rs`) and commits the storage.

mod attachment;
mod attributes;
mod computed;
mod copy;
mod held;
mod life;
mod message;
mod names;
mod ole;
mod places;
mod props;
mod save;
mod state;
mod stream;
mod tables;
mod whole;
mod written;

pub use attachment::StorageAttachment;
pub use attributes::{
    PROPATTR_MANDATORY, PROPATTR_NOT_PRESENT, PROPATTR_READABLE, PROPATTR_WRITEABLE, attributes_on_storage,
    set_attributes_on_storage,
};
pub use message::StorageMessage;
pub use whole::ReleaseCallback;

pub(crate) use whole::Shared;

use crate::message::{FileParts, MsgFile, Outer};
use crate::tree::Tree;
use life::Life;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::{ElementKind, Storage, StorageMode};
use mapi_spi::support::Support;
use names::NameTable;
use places::Places;
use state::{MessageState, holds_message};
use std::fmt;
use std::sync::{Arc, Mutex};

/// How a message is opened on a storage (the ulFlags of OpenIMsgOnIStg).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct OnStorageFlags(pub u32);

impl OnStorageFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// IMSG_NO_ISTG_COMMIT: a save does not commit the storage; whoever opened it does.
    pub const NO_COMMIT: Self = Self(1);
    /// MAPI_UNICODE: a new message keeps its text as PT_UNICODE. What an existing one says of itself counts.
    pub const UNICODE: Self = Self(0x8000_0000);

    /// True where every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for OnStorageFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What goes with opening a message on a storage.
#[derive(Default)]
pub struct OnStorage {
    /// The flags.
    pub flags: OnStorageFlags,
    /// The support object, where a provider opens the message; it tells the time of saves.
    pub support: Option<Arc<dyn Support>>,
    /// Called once when the message has ended, however it ends; the storage is free by then.
    pub on_release: Option<ReleaseCallback>,
    /// Saves more than 2,048 recipients or attachments too, although Outlook does not open such a file.
    pub beyond_outlook: bool,
}

impl fmt::Debug for OnStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnStorage").field("flags", &self.flags).finish_non_exhaustive()
    }
}

/// Opens the message on a storage, or makes one where the storage holds none.
///
/// The message keeps the storage until it ends. It is not in any session: letting go of it ends it.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_NO_ACCESS`: the storage is open for writing alone.
/// - `MAPI_E_INVALID_PARAMETER`: the storage is open for reading and writing, and not transacted.
/// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_TOO_COMPLEX`, `MAPI_E_TABLE_TOO_BIG`: it holds a message that
///   cannot be read.
/// - What the storage answers.
///
/// After an error the release callback is not called.
///
/// # Source
/// OpenIMsgOnIStg.
pub fn open_on_storage(storage: Arc<dyn Storage>, with: OnStorage) -> Result<Arc<StorageMessage>> {
    const CALL: &str = "OpenIMsgOnIStg";
    let flags = with.flags;
    if flags.0 & !(OnStorageFlags::NO_COMMIT | OnStorageFlags::UNICODE).0 != 0 {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
    }
    let stat = storage.stat()?;
    let writable = match stat.mode {
        StorageMode::Read => false,
        StorageMode::Write => {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the storage is open for writing alone"));
        }
        StorageMode::ReadWrite if stat.transacted => true,
        StorageMode::ReadWrite => {
            let detail = "the storage is open for writing without transactions";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
        }
    };
    let parts = existing(&storage)?;
    let (state, names, opened) = match &parts {
        Some(parts) => {
            let state = MessageState::read(parts, Tree::ROOT, &Outer::default())?;
            (state, NameTable::of_file(&parts.names), parts.tree.storages())
        }
        None => {
            let state = MessageState::new(flags.contains(OnStorageFlags::UNICODE), Outer::default());
            (state, NameTable::default(), Vec::new())
        }
    };
    let shared = Arc::new(Shared {
        life: Life::top(),
        names: Mutex::new(names),
        places: Mutex::new(Some(Places::new(&storage, opened))),
        parts: Mutex::new(parts),
        saving: Mutex::default(),
        commits: !flags.contains(OnStorageFlags::NO_COMMIT),
        outlook_limits: !with.beyond_outlook,
        support: with.support,
        on_release: Mutex::new(with.on_release),
    });
    let life = Arc::clone(&shared.life);
    Ok(StorageMessage::new(&shared, life, None, state, writable))
}

/// The message that a storage holds; `None` where nothing of one is in it.
fn existing(storage: &Arc<dyn Storage>) -> Result<Option<Arc<FileParts>>> {
    let is_own = |name: &str| name.starts_with("__");
    if !storage.elements()?.iter().any(|element| element.kind == ElementKind::Stream && is_own(&element.name))
    {
        return Ok(None);
    }
    let file = MsgFile::from_storage(Arc::clone(storage))?;
    Ok(Some(file.parts).filter(|parts| holds_message(parts)))
}
