//! `Here`: what a thread knows of itself: its place at every gate, whose gates it is inside of, and what it
//! has put off until it is inside none. The gates are `gate.rs`.

use crate::barrier;
use crate::sync::{PLACES, thread_local};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

/// Work for the time after the outermost call.
pub(crate) type Later = Vec<Box<dyn FnOnce()>>;

/// No place yet.
const UNASKED: usize = usize::MAX;

/// The places that threads have, a bit for each.
static TAKEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static HERE: Here = const { Here::new() };
}

struct Here {
    place: Cell<usize>,
    /// The owners of the gates it is inside of, innermost last.
    owners: RefCell<Vec<u64>>,
    later: RefCell<Later>,
}

/// This thread goes in where `owner` lets it. Answers its place, which is its alone as long as it is inside;
/// one beyond the last where it has none, since all are taken or the thread drops its last values.
#[inline]
pub(crate) fn goes_in(owner: u64) -> usize {
    let place = HERE.try_with(|here| {
        here.owners.borrow_mut().push(owner);
        here.place()
    });
    place.unwrap_or(PLACES)
}

/// This thread comes out; what it put off is handed back where it is inside of nothing any more.
#[inline]
pub(crate) fn comes_out(owner: u64) -> Later {
    HERE.try_with(|here| here.comes_out(owner)).unwrap_or_default()
}

/// True where this thread is inside a gate of `owner`.
pub(crate) fn is_inside_of(owner: u64) -> bool {
    HERE.try_with(|here| here.owners.borrow().contains(&owner)).unwrap_or(false)
}

/// True where this thread is inside any gate.
pub(crate) fn is_inside() -> bool {
    HERE.try_with(|here| !here.owners.borrow().is_empty()).unwrap_or(false)
}

/// Puts work off. Only for a thread that is inside.
pub(crate) fn put_off(work: impl FnOnce() + 'static) {
    HERE.try_with(|here| here.later.borrow_mut().push(Box::new(work))).unwrap_or_default();
}

impl Here {
    const fn new() -> Self {
        Self { place: Cell::new(UNASKED), owners: RefCell::new(Vec::new()), later: RefCell::new(Vec::new()) }
    }

    #[inline]
    fn place(&self) -> usize {
        if self.place.get() == UNASKED {
            self.place.set(take_place());
        }
        self.place.get()
    }

    #[inline]
    fn comes_out(&self, owner: u64) -> Later {
        let mut owners = self.owners.borrow_mut();
        if owners.last() == Some(&owner) {
            owners.pop();
        } else if let Some(index) = owners.iter().rposition(|other| *other == owner) {
            owners.remove(index);
        }
        if owners.is_empty() { self.later.take() } else { Vec::new() }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        // A place whose thread is still inside somewhere stays its own for ever.
        if self.place.get() < PLACES && self.owners.get_mut().is_empty() {
            TAKEN.fetch_and(!(1 << self.place.get()), Ordering::Release);
        }
    }
}

/// The first place that no thread has, or one beyond the last.
#[cold]
fn take_place() -> usize {
    barrier::prepare();
    let free = |taken: u64| taken.trailing_ones() as usize;
    let take = |taken: u64| (free(taken) < PLACES).then(|| taken | 1 << free(taken));
    TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, take).map_or(PLACES, free)
}
