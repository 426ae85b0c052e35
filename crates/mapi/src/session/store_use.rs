//! `StoreUse`: how one logon's store is used – whether mail is sent from it, how its use is to end, and
//! whether another session has it open too.
//!
//! What a store's leave means to the spooler is decided here (StoreLogoffTransports); what the spooler
//! does then is its own.

use super::{Core, lock};
use crate::profile::{ProviderRow, short};
use mapi_defs::Result;
use mapi_defs::flags::StoreLogoffFlags;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const CALL: &str = "Support::store_logoff_transports";

/// The use of a store through one logon.
#[derive(Debug, Default)]
pub(crate) struct StoreUse {
    /// True once somebody opened the store without MDB_NO_MAIL.
    sends: AtomicBool,
    /// What StoreLogoff was told last (LOGOFF_*).
    pending: AtomicU32,
    /// True once the spooler has taken its leave.
    has_left: AtomicBool,
    presence: Mutex<Option<Presence>>,
}

impl StoreUse {
    /// The use of a store of the profile, from now on.
    pub(super) fn begin(core: &Core, row: &ProviderRow) -> Self {
        let presence = Presence::enter(core, row).map_err(|error| {
            // Then nobody sees that this session has the store open, and nothing else follows.
            tracing::warn!(session = core.id, %error, "a store is opened without a sign of it");
        });
        Self { presence: Mutex::new(presence.ok()), ..Self::default() }
    }

    /// Mail is sent from the store from now on, if it was not before.
    pub(super) fn send_mail(&self, core: &Core, row: &ProviderRow) {
        if !self.sends.swap(true, Ordering::AcqRel)
            && let Some(spooler) = core.spool.running_for(row.uid)
        {
            spooler.store_logon();
        }
    }

    /// True where mail is sent from the store.
    pub(crate) fn sends_mail(&self) -> bool {
        self.sends.load(Ordering::Acquire)
    }

    /// Keeps what StoreLogoff was told.
    pub(crate) fn set_pending(&self, way: StoreLogoffFlags) {
        self.pending.store(way.0, Ordering::Release);
    }

    /// The way in which the use is to end.
    pub(super) fn way(&self) -> StoreLogoffFlags {
        match self.pending.load(Ordering::Acquire) {
            0 => StoreLogoffFlags::ABORT,
            way => StoreLogoffFlags(way),
        }
    }

    /// Lets the spooler take its leave of the store, once (StoreLogoffTransports).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`, `MAPI_E_INVALID_PARAMETER`: not one way to log off.
    /// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
    pub(crate) fn leave(
        &self,
        core: &Core,
        provider: mapi_defs::guid::MapiUid,
        flags: StoreLogoffFlags,
    ) -> Result<StoreLogoffFlags> {
        let way = match flags.way(CALL)? {
            StoreLogoffFlags::NONE => StoreLogoffFlags::ABORT,
            way => way,
        };
        let is_first = !self.has_left.swap(true, Ordering::AcqRel);
        let spooler = core.spool.running_for(provider).filter(|_| is_first && self.sends_mail());
        let Some(spooler) = spooler.filter(|_| !self.is_open_elsewhere()) else {
            return Ok(StoreLogoffFlags::COMPLETE);
        };
        let answer = spooler.store_logoff(way, core.patience);
        let is_complete = answer.as_ref().is_ok_and(|told| told.contains(StoreLogoffFlags::COMPLETE));
        self.has_left.store(is_complete, Ordering::Release);
        answer
    }

    /// The logon has ended; providers may keep their support objects, and this with them.
    pub(super) fn end(&self) {
        drop(lock(&self.presence).take());
    }

    fn is_open_elsewhere(&self) -> bool {
        lock(&self.presence).as_ref().is_some_and(|presence| !presence.is_alone())
    }
}

/// The sign that a session has a store of a profile open: a shared lock, which the kernel takes back
/// however the process ends.
#[derive(Debug)]
struct Presence {
    file: File,
}

impl Presence {
    fn enter(core: &Core, row: &ProviderRow) -> io::Result<Self> {
        let path = core.run_folder.join(format!("store-{}.open", short(row.uid)));
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link);
        let file = options.open(path)?;
        flock(&file, FlockOperation::LockShared)?;
        Ok(Self { file })
    }

    /// True where no other session has the store open.
    fn is_alone(&self) -> bool {
        let is_alone = flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok();
        // A change of the lock that is refused has lost the lock. Whoever has it exclusively has asked
        // just this, and gives it back.
        if let Err(error) = flock(&self.file, FlockOperation::LockShared) {
            tracing::warn!(%error, "the sign that a store is open is lost");
        }
        is_alone
    }
}
