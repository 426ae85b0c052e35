//! `Logon`: what every object of one logon shares, and what ends with it.
//!
//! The provider that makes logons is `provider.rs`.

use crate::changes::{Changes, folder_of};
use crate::engine::Engine;
use crate::engine::record::QueueRecord;
use crate::engine::sqlite::SqliteEngine;
use crate::entry_id::{Kind, ObjectId};
use crate::lease;
use mapi_defs::flags::StoreLogoffFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::support::Support;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// One logon to one store.
pub(crate) struct Logon {
    engine: RwLock<Option<Arc<SqliteEngine>>>,
    support: Arc<dyn Support>,
    store: MapiUid,
    /// What a change answers; `None` where changes are made.
    refusal: Option<ErrorCode>,
    is_spooler: bool,
    /// The lock epoch, once the spooler has locked a message.
    epoch: AtomicI64,
    changes: Changes,
    /// The file whose lock the spooler of this store holds.
    lease: PathBuf,
    /// What StoreLogoff was told last (LOGOFF_*).
    pending_logoff: AtomicU32,
    /// True once MAPI was told that the store has no client any more.
    has_left: AtomicBool,
}

impl Logon {
    /// A logon that uses an engine until it ends.
    pub(crate) fn new(
        engine: Arc<SqliteEngine>,
        support: Arc<dyn Support>,
        lease: PathBuf,
        refusal: Option<ErrorCode>,
        is_spooler: bool,
    ) -> Self {
        let store = engine.identity().uid;
        let refusal = refusal.or(engine.is_read_only().then_some(ErrorCode::NO_ACCESS));
        if let Some(run) = support.run_folder() {
            engine.ring_in(folder_of(&run, &store.0));
        }
        let engine = RwLock::new(Some(engine));
        let (epoch, changes) = (AtomicI64::new(0), Changes::default());
        let (pending_logoff, has_left) = (AtomicU32::new(0), AtomicBool::new(false));
        Self { engine, support, store, refusal, is_spooler, epoch, changes, lease, pending_logoff, has_left }
    }

    /// The engine.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the logon has ended.
    pub(crate) fn engine(&self, call: &'static str) -> Result<Arc<dyn Engine>> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        match engine.as_ref() {
            Some(engine) => Ok(engine.clone()),
            None => Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the store's logon has ended")),
        }
    }

    /// Ends the logon; objects that are still held answer `MAPI_E_INVALID_OBJECT` from now on.
    pub(crate) fn end(&self) {
        self.changes.end();
        let engine = self.engine.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            engine.release();
        }
    }

    /// Keeps how the use of the store is to end; the last way counts.
    pub(crate) fn set_pending_logoff(&self, way: StoreLogoffFlags) {
        self.pending_logoff.store(way.0, Ordering::Release);
    }

    /// Tells MAPI, once, that the last client lets go of the store. The spooler's own logon has nobody to
    /// tell.
    pub(crate) fn leave(&self) {
        if self.is_spooler || self.has_left.swap(true, Ordering::AcqRel) {
            return;
        }
        let way = match self.pending_logoff.load(Ordering::Acquire) {
            0 => StoreLogoffFlags::ABORT.0,
            way => way,
        };
        match self.support.store_logoff_transports(way) {
            Err(error) if error.code() != ErrorCode::NO_SUPPORT => {
                tracing::warn!(%error, "the spooler did not take its leave of the store");
            }
            _ => {}
        }
    }

    /// True where a queued message is locked by a spooler that still lives: a lock is worth as much as
    /// the lease of whoever took it.
    pub(crate) fn is_locked(&self, queued: &QueueRecord) -> bool {
        queued.lock != 0 && lease::is_held(&self.lease)
    }

    /// The logon's sinks.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Tells sinks what has happened meanwhile; false where that takes another thread long. Called before
    /// anything is locked.
    pub(crate) fn tell(&self) -> bool {
        self.changes.tell(self)
    }

    /// Where other programs' bells for this store are.
    pub(crate) fn bells_folder(&self) -> Option<PathBuf> {
        self.support.run_folder().map(|run| folder_of(&run, &self.store.0))
    }

    /// What MAPI does for the logon.
    pub(crate) fn support(&self) -> &dyn Support {
        &*self.support
    }

    /// The present moment.
    pub(crate) fn now(&self) -> FileTime {
        self.support.now()
    }

    /// PR_RECORD_KEY of the store.
    pub(crate) fn store_uid(&self) -> MapiUid {
        self.store
    }

    /// True where the spooler logged on.
    pub(crate) fn is_spooler(&self) -> bool {
        self.is_spooler
    }

    /// True where the store may be changed.
    pub(crate) fn can_write(&self) -> bool {
        self.refusal.is_none()
    }

    /// Refuses a change where the store may only be read.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the store is open for reading only.
    /// - `MAPI_E_NOT_ENOUGH_DISK`: it is, because there was no room to open it for writing.
    pub(crate) fn check_write(&self, call: &'static str) -> Result<()> {
        let detail = match self.refusal {
            None => return Ok(()),
            Some(ErrorCode::NOT_ENOUGH_DISK) => {
                "the disk has no room for changes, the store is open for reading"
            }
            Some(_) => "the store is open for reading only",
        };
        Err(Error::new(self.refusal.unwrap_or(ErrorCode::NO_ACCESS), call, detail))
    }

    /// The spooler's lock epoch; 0 before it has locked a message.
    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Keeps the spooler's lock epoch.
    pub(crate) fn set_epoch(&self, epoch: i64) {
        self.epoch.store(epoch, Ordering::Release);
    }

    /// The entry identifier of an object of the store.
    pub(crate) fn entry_id(&self, kind: Kind, number: i64, guard: u32) -> EntryId {
        ObjectId { kind, number, guard }.entry_id(self.store)
    }

    /// The store's own entry identifier.
    pub(crate) fn store_entry_id(&self) -> EntryId {
        self.entry_id(Kind::Store, 1, 0)
    }

    /// Reads an identifier of this store.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: it is not of this store.
    pub(crate) fn read_id(&self, id: &EntryId, call: &'static str) -> Result<ObjectId> {
        ObjectId::read(id, self.store, call)
    }
}

impl Drop for Logon {
    fn drop(&mut self) {
        self.end();
    }
}
