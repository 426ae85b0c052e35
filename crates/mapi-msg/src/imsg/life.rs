//! `Life`: whether an object of a message still answers, and what ends with it.
//!
//! Every object opened through another lives inside its life: ending one ends all below it at once, and
//! whoever still holds them hears `MAPI_E_INVALID_OBJECT`.

use mapi_defs::Result;
use mapi_spi::gate::{Gate, Pass};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The life of one object.
pub(super) struct Life {
    gate: Arc<Gate>,
    /// Kept, so that an end from further above still finds what is below an object that was let go.
    above: Option<Arc<Self>>,
    below: Mutex<Vec<Weak<Self>>>,
    held: Mutex<Vec<Weak<dyn LetGo>>>,
}

/// Something that holds on to the storage and has to let go of it.
pub(super) trait LetGo: Send + Sync {
    /// Lets go.
    fn let_go(&self);
}

impl Life {
    /// The life of a message that lies in no other.
    pub(super) fn top() -> Arc<Self> {
        Self::below(None)
    }

    fn below(above: Option<Arc<Self>>) -> Arc<Self> {
        let gate = Arc::new(Gate::new(0));
        Arc::new(Self { gate, above, below: Mutex::default(), held: Mutex::default() })
    }

    /// A life inside this one.
    pub(super) fn inner(self: &Arc<Self>) -> Arc<Self> {
        let inner = Self::below(Some(Arc::clone(self)));
        let mut below = self.below.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut below);
        below.push(Arc::downgrade(&inner));
        // Looked at under the lock, so that an end that comes now finds the newcomer or is seen here.
        if self.is_ended() {
            inner.gate.close();
        }
        inner
    }

    /// Enters for one call.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object has ended.
    pub(super) fn enter(&self) -> Result<Pass<'_>> {
        self.gate.enter()
    }

    fn is_ended(&self) -> bool {
        let mut life = Some(self);
        while let Some(this) = life {
            if this.gate.is_closed() {
                return true;
            }
            life = this.above.as_deref();
        }
        false
    }

    /// The gate, for tables and storages that belong to the object.
    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Lets go of `held` when the object ends.
    pub(super) fn hold(&self, held: &Arc<impl LetGo + 'static>) {
        let held: Weak<dyn LetGo> = Arc::downgrade(&(Arc::clone(held) as Arc<dyn LetGo>));
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut all);
        all.push(held);
    }

    /// Ends the object and everything opened through it.
    pub(super) fn end(&self) {
        let mut waiting = self.end_alone();
        while let Some(life) = waiting.pop() {
            waiting.extend(life.end_alone());
        }
    }

    fn end_alone(&self) -> Vec<Arc<Self>> {
        self.gate.close();
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        held.iter().filter_map(Weak::upgrade).for_each(|held| held.let_go());
        let below = std::mem::take(&mut *self.below.lock().unwrap_or_else(PoisonError::into_inner));
        below.iter().filter_map(Weak::upgrade).collect()
    }
}

/// Drops what nobody holds any more whenever a list has grown to a power of two, which costs each entry
/// little, however many there are.
fn sweep<T: ?Sized>(all: &mut Vec<Weak<T>>) {
    if all.len().is_power_of_two() {
        all.retain(|one| one.strong_count() > 0);
    }
}
