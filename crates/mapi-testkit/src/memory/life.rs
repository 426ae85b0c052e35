//! `Life`: whether an object still lives. An object ends with the one it was opened through.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The life of an object, of a logon, or of a message with everything opened through it.
pub(super) struct Life {
    gate: Arc<Gate>,
    below: Mutex<Vec<Weak<Life>>>,
}

impl Life {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { gate: Arc::new(Gate::new(0)), below: Mutex::default() })
    }

    /// A life that ends at the latest with this one.
    pub(super) fn below(&self) -> Arc<Self> {
        let life = Self::new();
        let mut below = self.below.lock().unwrap_or_else(PoisonError::into_inner);
        below.retain(|held| held.strong_count() > 0);
        below.push(Arc::downgrade(&life));
        if self.gate.is_closed() {
            life.gate.close();
        }
        life
    }

    /// The gate that views of tables are put behind.
    pub(super) fn gate(&self) -> Option<Arc<Gate>> {
        Some(self.gate.clone())
    }

    pub(super) fn check(&self, call: &'static str) -> Result<()> {
        if self.gate.is_closed() {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the object has ended"));
        }
        Ok(())
    }

    pub(super) fn end(&self) {
        self.gate.close();
        let below = std::mem::take(&mut *self.below.lock().unwrap_or_else(PoisonError::into_inner));
        below.iter().filter_map(Weak::upgrade).for_each(|life| life.end());
    }
}
