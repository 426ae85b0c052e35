//! `Core`: one level of a storage's transactions, shared by all who hold that storage.
//!
//! What may be done with it is `mod.rs`'s; here is who is still alive.

use super::medium::Medium;
use super::tree::{Folder, Key, Node};
use crate::docfile::SectorSize;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::storage::StorageMode;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// How many open storages are noted before the first sweep.
const SWEEP_FIRST: usize = 64;

/// What all holders of one storage share.
pub(super) struct Core {
    pub(super) place: Place,
    pub(super) mode: StorageMode,
    pub(super) sector: SectorSize,
    pub(super) depth: u16,
    /// Closed with what the storage belongs to, where it belongs to something.
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) state: Mutex<State>,
}

/// Where a storage lies.
pub(super) enum Place {
    Root(Medium),
    Inside { parent: Arc<Core>, key: Key, number: u64 },
}

/// What changes.
pub(super) struct State {
    pub(super) pending: Arc<Folder>,
    /// A root's last commit.
    pub(super) kept: Arc<Folder>,
    pub(super) open: HashMap<u64, Weak<Core>>,
    /// At how many entries those that nobody holds any more are swept out of `open`.
    sweep_at: usize,
    ended: bool,
}

impl Core {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, where the storage and all that it lies in have not ended.
    pub(super) fn live(&self, call: &'static str) -> Result<MutexGuard<'_, State>> {
        if self.gate.as_ref().is_some_and(|gate| gate.is_closed()) {
            return Err(ended(call));
        }
        let mut above = self;
        while let Place::Inside { parent, .. } = &above.place {
            if parent.lock().ended {
                return Err(ended(call));
            }
            above = parent;
        }
        let state = self.lock();
        if state.ended { Err(ended(call)) } else { Ok(state) }
    }

    pub(super) fn check_write(&self, call: &'static str) -> Result<()> {
        match self.mode {
            StorageMode::Read => {
                Err(Error::new(ErrorCode::NO_ACCESS, call, "the storage is open for reading"))
            }
            StorageMode::Write | StorageMode::ReadWrite => Ok(()),
        }
    }

    pub(super) fn name(&self) -> String {
        match &self.place {
            Place::Root(Medium::File(path)) => path.display().to_string(),
            Place::Root(_) => String::new(),
            Place::Inside { parent, key, number } => {
                parent.lock().pending.node(key, *number).map(|node| node.name.to_string()).unwrap_or_default()
            }
        }
    }
}

impl State {
    pub(super) fn new(folder: Arc<Folder>) -> Self {
        Self {
            pending: Arc::clone(&folder),
            kept: folder,
            open: HashMap::new(),
            sweep_at: SWEEP_FIRST,
            ended: false,
        }
    }

    /// Notes a storage that was opened. Sweeping at twice the number of those held costs each of them
    /// little, however many there are.
    pub(super) fn note(&mut self, number: u64, core: &Arc<Core>) {
        if self.open.len() >= self.sweep_at {
            self.open.retain(|_, core| core.strong_count() > 0);
            self.sweep_at = self.open.len().saturating_mul(2).max(SWEEP_FIRST);
        }
        self.open.insert(number, Arc::downgrade(core));
    }

    /// Ends what was opened of an element that is gone.
    pub(super) fn end(&mut self, gone: Option<&Node>) {
        if let Some(core) =
            gone.and_then(|node| self.open.remove(&node.number)).and_then(|core| core.upgrade())
        {
            core.lock().ended = true;
        }
    }

    pub(super) fn end_all(&mut self) {
        let mut open: Vec<(u64, Weak<Core>)> = self.open.drain().collect();
        open.sort_unstable_by_key(|(number, _)| *number);
        for core in open.into_iter().filter_map(|(_, core)| core.upgrade()) {
            core.lock().ended = true;
        }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocStorage")
            .field("mode", &self.mode)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

/// The storage is no more.
pub(super) fn ended(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, call, "the storage, or one it lies in, has ended")
}
