//! A message store in memory: how a store behaves, without a file.
//!
//! It does what `mapi_spi`'s contracts and lifecycle say and nothing clever; the suites in
//! `ms_provider` hold for it and for real stores alike. Search folders are not made
//! (`MAPI_E_NO_SUPPORT`), and the hierarchy table of a whole tree is a picture of its moment.
//!
//! `content.rs` is what is kept; `store.rs`, `folder.rs`, `message.rs` and `attachment.rs` are the
//! objects over it.

mod attachment;
mod content;
mod deleting;
mod effects;
mod folder;
mod holder;
mod life;
mod message;
mod moving;
mod names;
mod open_copy;
mod queue;
mod recipients;
mod rows;
pub(crate) mod section;
mod storage;
mod store;
mod stream;
mod subscriptions;
mod tree;

use content::Content;
use effects::Effects;
use life::Life;
use mapi_defs::flags::{OpenFlags, StoreLogoffFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::container::Opened;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::support::Support;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::MemoryStore;

/// Counts providers, so that each store has an identity of its own.
static STORES: AtomicU64 = AtomicU64::new(1);

/// A store provider over one store in memory, which lives as long as the provider.
pub struct MemoryProvider {
    data: Arc<StoreData>,
}

impl MemoryProvider {
    /// A provider with an empty store.
    #[expect(clippy::new_ret_no_self, reason = "a provider is only ever used as one")]
    pub fn new() -> Arc<dyn MsProvider> {
        let number = STORES.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let uid = Guid::from_fields(0x4D65_6D6F, 0x7279, 0x4D53, number);
        Arc::new(Self { data: StoreData::new(uid) })
    }
}

impl MsProvider for MemoryProvider {
    fn name(&self) -> &str {
        "MEMORY"
    }

    fn logon(&self, how: StoreLogon) -> Result<(Arc<dyn MsLogon>, Arc<dyn MsgStore>)> {
        const CALL: &str = "MsProvider::logon";
        if how.flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        let number = self.data.change(|content, _| {
            if !how.entry_id.is_empty() && how.entry_id != content.store_entry_id() {
                return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "there is no such store"));
            }
            content.logons += 1;
            Ok(content.logons)
        })?;
        let logon = Arc::new(Logon {
            data: self.data.clone(),
            support: how.support,
            life: Life::new(),
            number,
            is_spooler: how.is_spooler,
            is_writable: how.flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS),
            pending_logoff: AtomicU32::new(StoreLogoffFlags::ABORT.0),
            has_left: AtomicBool::new(false),
        });
        let store = MemoryStore::new(logon.clone());
        Ok((Arc::new(MemoryLogon { logon }), store))
    }
}

/// What the logons of a store share.
struct StoreData {
    content: Mutex<Content>,
}

impl StoreData {
    fn new(uid: MapiUid) -> Arc<Self> {
        let data = Self { content: Mutex::new(Content::new(uid)) };
        let rows = data.change(|content, effects| {
            let folders: Vec<content::Id> = content.folders.keys().copied().collect();
            folders.into_iter().try_for_each(|id| effects.folder_row(content, id))?;
            let classes: Vec<(String, content::Id)> = content.receive.values().cloned().collect();
            classes
                .iter()
                .try_for_each(|(class, folder)| effects.receive_row(content, Some((class, *folder)), None))
        });
        debug_assert!(rows.is_ok(), "rows of a new store have their index columns");
        Arc::new(data)
    }

    fn read<T>(&self, read: impl FnOnce(&Content) -> Result<T>) -> Result<T> {
        read(&self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the content under its lock, then tells what followed without it.
    fn change<T>(&self, change: impl FnOnce(&mut Content, &mut Effects) -> Result<T>) -> Result<T> {
        let mut effects = Effects::default();
        let answer = change(&mut self.content.lock().unwrap_or_else(PoisonError::into_inner), &mut effects);
        effects.tell();
        answer
    }
}

/// One logon, as its objects see it.
struct Logon {
    data: Arc<StoreData>,
    support: Arc<dyn Support>,
    life: Arc<Life>,
    number: u64,
    is_spooler: bool,
    is_writable: bool,
    /// What StoreLogoff was told last.
    pending_logoff: AtomicU32,
    has_left: AtomicBool,
}

impl Logon {
    fn now(&self) -> FileTime {
        self.support.now()
    }

    /// Tells MAPI, once, that the last client lets go of the store.
    fn leave(&self) {
        if !self.is_spooler && !self.has_left.swap(true, Ordering::AcqRel) {
            let way = self.pending_logoff.load(Ordering::Acquire);
            // A session without a spooler has nothing to give up.
            self.support.store_logoff_transports(way).ok();
        }
    }

    fn check_spooler(&self, call: &'static str) -> Result<()> {
        if self.is_spooler {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_SUPPORT, call, "the store was not opened by the spooler"))
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        if self.is_writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, call, "the store is open for reading only"))
    }
}

struct MemoryLogon {
    logon: Arc<Logon>,
}

impl MsLogon for MemoryLogon {
    fn uids(&self) -> Vec<MapiUid> {
        self.logon.data.read(|content| Ok(vec![content.uid])).unwrap_or_default()
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        store::open_entry(&self.logon, id, flags)
    }

    fn logoff(&self) -> Result<()> {
        self.logon.leave();
        self.logon.life.end();
        Ok(())
    }
}
