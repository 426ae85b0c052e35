//! `Shared`: what a message on a storage has in common with everything in it, and how all of it ends.

use super::life::Life;
use super::names::NameTable;
use super::places::Places;
use crate::message::FileParts;
use mapi_defs::FileTime;
use mapi_spi::support::Support;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Called once when a message on a storage has ended and nothing of it holds the storage any more
/// (MSGCALLRELEASE).
pub type ReleaseCallback = Box<dyn FnOnce() + Send>;

/// One message on a storage with everything opened through it.
pub(crate) struct Shared {
    pub(super) life: Arc<Life>,
    pub(super) names: Mutex<NameTable>,
    pub(super) parts: Mutex<Option<Arc<FileParts>>>,
    pub(super) places: Mutex<Option<Places>>,
    /// Held for the length of a save, so that one comes after the other.
    pub(super) saving: Mutex<()>,
    pub(super) commits: bool,
    pub(super) outlook_limits: bool,
    pub(super) support: Option<Arc<dyn Support>>,
    pub(super) on_release: Mutex<Option<ReleaseCallback>>,
}

impl Shared {
    /// Ends the message: every object of it answers `MAPI_E_INVALID_OBJECT` from now on, the storage is
    /// let go of, what was not saved is lost, and the release callback runs. Again it changes nothing.
    pub(crate) fn close(&self) {
        self.life.end();
        drop(lock(&self.parts).take());
        drop(lock(&self.places).take());
        let callback = lock(&self.on_release).take();
        if let Some(callback) = callback {
            callback();
        }
    }

    pub(super) fn parts(&self) -> Option<Arc<FileParts>> {
        lock(&self.parts).clone()
    }

    /// The moment of a save, where a support object tells it; without one no times are made up.
    pub(super) fn now(&self) -> Option<FileTime> {
        self.support.as_ref().map(|support| support.now())
    }
}

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
