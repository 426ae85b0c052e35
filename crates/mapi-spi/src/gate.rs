//! `Gate`: lets calls into a logon's objects, and refuses them once the logon has ended.
//!
//! A call in flight finishes; a call that comes later is refused; whoever closes the gate can wait,
//! for a bounded time, until the last call has left. Which objects are behind it is `handle.rs`.

use crate::sync::{AtomicU64, Condvar, Instant, Mutex, PoisonError, thread_local};
use mapi_defs::{Error, ErrorCode, Result};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once the gate refuses newcomers; the bits below count the calls inside.
const CLOSED: u64 = 1 << 63;

thread_local! {
    static INSIDE: RefCell<Inside> = const { RefCell::new(Inside { owners: Vec::new(), later: Vec::new() }) };
}

/// Where a thread is.
struct Inside {
    /// The owners of the gates it is inside of, innermost last.
    owners: Vec<u64>,
    /// What it does once it is inside none.
    later: Vec<Box<dyn FnOnce()>>,
}

/// Looks at where this thread is; `None` in a thread that is going away, in the drop of its last values. It
/// is inside of nothing.
fn inside<T>(look: impl FnOnce(&mut Inside) -> T) -> Option<T> {
    INSIDE.try_with(|inside| look(&mut inside.borrow_mut())).ok()
}

/// For proofs alone: a build with the seeded fault lets everybody in, and they have to notice.
const IS_CHECKED: bool = cfg!(not(feature = "seeded-fault-gate"));

/// True once MAPI has ended in this process without a logoff.
static PROCESS_HAS_ENDED: AtomicBool = AtomicBool::new(false);

/// MAPI ends in this process (DoFastShutdown): closed gates answer `MAPI_E_END_OF_SESSION` from now on.
pub fn end_process() {
    PROCESS_HAS_ENDED.store(true, Ordering::Release);
}

/// True after [`end_process`].
pub fn process_has_ended() -> bool {
    PROCESS_HAS_ENDED.load(Ordering::Acquire)
}

/// Stands between clients and the objects of one logon.
#[derive(Debug)]
pub struct Gate {
    state: AtomicU64,
    owner: u64,
    idle: Condvar,
    waiting: Mutex<()>,
}

impl Gate {
    /// An open gate. Gates of one session share its number as `owner`, so that a thread can tell
    /// whether it is inside a call of that session.
    pub const fn new(owner: u64) -> Self {
        Self { state: AtomicU64::new(0), owner, idle: Condvar::new(), waiting: Mutex::new(()) }
    }

    /// Enters for the length of one call.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the gate is closed.
    /// - `MAPI_E_END_OF_SESSION`: so has all of MAPI in this process.
    pub fn enter(&self) -> Result<Pass<'_>> {
        // Counting first and looking second leaves no moment between the two in which a closer
        // could believe that nobody is inside.
        if self.state.fetch_add(1, Ordering::Acquire) & CLOSED != 0 && IS_CHECKED {
            self.leave();
            return Err(refusal());
        }
        inside(|inside| inside.owners.push(self.owner));
        Ok(Pass { gate: self, same_thread: PhantomData })
    }

    /// Refuses newcomers from now on. True for the one call that closed it.
    pub fn close(&self) -> bool {
        self.state.fetch_or(CLOSED, Ordering::AcqRel) & CLOSED == 0
    }

    /// True once the gate refuses newcomers.
    pub fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Number of calls inside.
    pub fn inside(&self) -> u64 {
        self.state.load(Ordering::Acquire) & !CLOSED
    }

    /// Waits until no call is inside, at most `patience`. True where none is.
    pub fn wait_idle(&self, patience: Duration) -> bool {
        // A patience beyond the clock's range waits for as long as it takes.
        let deadline = Instant::now().checked_add(patience);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while self.inside() != 0 {
            let left = deadline.map_or(Duration::from_secs(3_600), |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            waiting = self.idle.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// True where the calling thread is inside a gate of `owner`.
    pub fn entered_by_this_thread(owner: u64) -> bool {
        inside(|inside| inside.owners.contains(&owner)).unwrap_or(false)
    }

    /// True where the calling thread is inside any gate.
    pub fn is_any_entered() -> bool {
        inside(|inside| !inside.owners.is_empty()).unwrap_or(false)
    }

    /// Does something as soon as the calling thread is inside no gate: at once, or when the outermost call
    /// has done its work. What a call causes in others then begins after it.
    pub fn when_left(work: impl FnOnce() + 'static) {
        if !Self::is_any_entered() {
            return work();
        }
        inside(|inside| inside.later.push(Box::new(work)));
    }

    fn leave(&self) {
        // Only the last to leave a closed gate has somebody to wake. Taking the lock makes sure that
        // a waiter is either before its look at the count or already asleep.
        if self.state.fetch_sub(1, Ordering::Release) == CLOSED | 1 {
            drop(self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            self.idle.notify_all();
        }
    }
}

fn refusal() -> Error {
    if process_has_ended() {
        return Error::new(ErrorCode::END_OF_SESSION, "Gate::enter", "MAPI has ended in this process");
    }
    Error::new(ErrorCode::INVALID_OBJECT, "Gate::enter", "the object's session has ended")
}

/// Being inside a gate, for the length of one call and in one thread.
#[derive(Debug)]
pub struct Pass<'gate> {
    gate: &'gate Gate,
    same_thread: PhantomData<*const ()>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let later = inside(|inside| {
            if let Some(index) = inside.owners.iter().rposition(|owner| *owner == self.gate.owner) {
                inside.owners.remove(index);
            }
            if inside.owners.is_empty() { std::mem::take(&mut inside.later) } else { Vec::new() }
        });
        self.gate.leave();
        later.into_iter().flatten().for_each(|work| work());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    #[test]
    fn a_closed_gate_refuses_and_counts_nobody() {
        let gate = Gate::new(1);
        drop(gate.enter().unwrap());
        assert!(!gate.is_closed());
        assert!(gate.close());
        assert!(!gate.close(), "only one call closes");
        assert_eq!(gate.enter().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
        assert_eq!(gate.inside(), 0);
        assert!(gate.is_closed() && gate.wait_idle(Duration::ZERO));
    }

    #[test]
    fn closing_waits_for_the_call_inside_and_no_longer() {
        let gate = Arc::new(Gate::new(2));
        let (entered, wait_entered) = channel();
        let (go, wait_go) = channel::<()>();
        let worker = std::thread::spawn({
            let gate = gate.clone();
            move || {
                let pass = gate.enter().unwrap();
                entered.send(()).unwrap();
                wait_go.recv().unwrap();
                drop(pass);
            }
        });
        wait_entered.recv().unwrap();
        gate.close();
        assert!(!gate.wait_idle(Duration::from_millis(5)), "a call is inside");
        assert!(!gate.wait_idle(Duration::ZERO), "and no patience is no wait");
        assert_eq!(gate.inside(), 1);
        go.send(()).unwrap();
        assert!(gate.wait_idle(Duration::MAX));
        worker.join().unwrap();
    }

    #[test]
    fn a_thread_knows_whose_gates_it_is_inside() {
        let (mine, other) = (Gate::new(3), Gate::new(4));
        let outer = mine.enter().unwrap();
        let inner = other.enter().unwrap();
        assert!(Gate::entered_by_this_thread(3) && Gate::entered_by_this_thread(4));
        drop(outer);
        assert!(!Gate::entered_by_this_thread(3) && Gate::entered_by_this_thread(4));
        drop(inner);
        assert!(!Gate::entered_by_this_thread(4));
    }

    #[test]
    fn what_is_put_off_is_done_once_the_outermost_gate_is_left() {
        let done = std::rc::Rc::new(RefCell::new(Vec::new()));
        let put_off = |number: u32| {
            let done = done.clone();
            Gate::when_left(move || done.borrow_mut().push((number, Gate::is_any_entered())));
        };
        put_off(1);
        assert_eq!(*done.borrow(), [(1, false)], "at once outside of gates");
        let (one, other) = (Gate::new(5), Gate::new(6));
        let outer = one.enter().unwrap();
        let inner = other.enter().unwrap();
        put_off(2);
        put_off(3);
        drop(outer);
        assert_eq!(done.borrow().len(), 1, "still inside one");
        drop(inner);
        assert_eq!(*done.borrow(), [(1, false), (2, false), (3, false)]);
    }
}
