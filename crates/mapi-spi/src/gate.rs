//! `Gate`: lets calls into a logon's objects, and refuses them once the logon has ended.
//!
//! A call in flight finishes; a call that comes later is refused; whoever closes the gate can wait,
//! for a bounded time, until the last call has left. Which objects are behind it is `handle.rs`.
//!
//! Calls are many and ends are few. So a call writes into a place that is its thread's alone, and then looks
//! whether the gate is closed, without a barrier in between; who waits for the calls pays for it
//! (`barrier.rs`). Which place is whose is `here.rs`.

use crate::sync::{AtomicBool, AtomicU64, Condvar, Instant, Mutex, PLACES, PoisonError};
use crate::{barrier, here};
use mapi_defs::{Error, ErrorCode, Result};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool as Flag, Ordering};
use std::time::Duration;

/// For proofs alone: a build with the seeded fault lets everybody in, and they have to notice.
const IS_CHECKED: bool = cfg!(not(feature = "seeded-fault-gate"));

/// True once MAPI has ended in this process without a logoff.
static PROCESS_HAS_ENDED: Flag = Flag::new(false);

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
    closed: AtomicBool,
    owner: u64,
    places: [Place; PLACES],
    /// Calls inside of threads that have no place of their own.
    crowd: AtomicU64,
    idle: Condvar,
    waiting: Mutex<()>,
}

/// The calls inside of one thread, on a line of the processor's cache that no other thread writes.
#[derive(Debug)]
#[repr(align(64))]
struct Place(AtomicU64);

impl Gate {
    /// An open gate. Gates of one session share its number as `owner`, so that a thread can tell
    /// whether it is inside a call of that session.
    pub const fn new(owner: u64) -> Self {
        Self {
            closed: AtomicBool::new(false),
            owner,
            places: [const { Place(AtomicU64::new(0)) }; PLACES],
            crowd: AtomicU64::new(0),
            idle: Condvar::new(),
            waiting: Mutex::new(()),
        }
    }

    /// Enters for the length of one call.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the gate is closed.
    /// - `MAPI_E_END_OF_SESSION`: so has all of MAPI in this process.
    #[inline]
    pub fn enter(&self) -> Result<Pass<'_>> {
        // Counting first and looking second leaves no moment between the two in which a closer
        // could believe that nobody is inside.
        let place = self.places.get(here::goes_in(self.owner));
        match place {
            Some(Place(calls)) => {
                calls.store(calls.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                barrier::light();
            }
            None => {
                self.crowd.fetch_add(1, Ordering::SeqCst);
            }
        }
        let pass = Pass { gate: self, place, same_thread: PhantomData };
        if self.closed.load(Ordering::SeqCst) && IS_CHECKED {
            drop(pass);
            return Err(refusal());
        }
        Ok(pass)
    }

    /// Refuses newcomers from now on. True for the one call that closed it.
    pub fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::SeqCst)
    }

    /// True once the gate refuses newcomers.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Number of calls inside, as far as this thread can see: those of others may have come and gone meanwhile.
    pub fn inside(&self) -> u64 {
        let own = self.places.iter().map(|place| place.0.load(Ordering::Acquire)).sum::<u64>();
        own + self.crowd.load(Ordering::SeqCst)
    }

    /// Waits until no call is inside a closed gate, at most `patience`. True where none is.
    pub fn wait_idle(&self, patience: Duration) -> bool {
        // A patience beyond the clock's range waits for as long as it takes.
        let deadline = Instant::now().checked_add(patience);
        // From here on each call has been counted, or sees that the gate is closed; so does each that leaves.
        barrier::heavy();
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
        here::is_inside_of(owner)
    }

    /// True where the calling thread is inside any gate.
    pub fn is_any_entered() -> bool {
        here::is_inside()
    }

    /// Does something as soon as the calling thread is inside no gate: at once, or when the outermost call
    /// has done its work. What a call causes in others then begins after it.
    pub fn when_left(work: impl FnOnce() + 'static) {
        if here::is_inside() { here::put_off(work) } else { work() }
    }

    /// Wakes who waits for the last call to leave. Taking the lock makes sure that a waiter is either before
    /// its look at the counts or already asleep.
    #[cold]
    fn wake(&self) {
        drop(self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.idle.notify_all();
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
    /// Where the call is counted; `None` for the crowd.
    place: Option<&'gate Place>,
    same_thread: PhantomData<*const ()>,
}

impl Drop for Pass<'_> {
    #[inline]
    fn drop(&mut self) {
        let later = here::comes_out(self.gate.owner);
        match self.place {
            Some(Place(calls)) => {
                calls.store(calls.load(Ordering::Relaxed) - 1, Ordering::Release);
                barrier::light();
            }
            None => {
                self.gate.crowd.fetch_sub(1, Ordering::SeqCst);
            }
        }
        if self.gate.closed.load(Ordering::SeqCst) {
            self.gate.wake();
        }
        if !later.is_empty() {
            later.into_iter().for_each(|work| work());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Barrier};

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
    fn threads_without_a_place_are_counted_too() {
        const THREADS: u64 = 2 * PLACES as u64;
        let gate = Gate::new(7);
        let (all_inside, go) = (Barrier::new(THREADS as usize + 1), Barrier::new(THREADS as usize + 1));
        std::thread::scope(|scope| {
            let inside = || {
                let pass = gate.enter().unwrap();
                all_inside.wait();
                go.wait();
                drop(pass);
            };
            (0..THREADS).for_each(|_| drop(scope.spawn(inside)));
            all_inside.wait();
            assert_eq!(gate.inside(), THREADS);
            gate.close();
            assert!(!gate.wait_idle(Duration::ZERO));
            go.wait();
            assert!(gate.wait_idle(Duration::MAX));
        });
        assert_eq!(gate.inside(), 0);
    }

    #[test]
    fn a_call_that_outlives_its_thread_s_knowledge_is_counted_until_its_end() {
        static GATE: Gate = Gate::new(8);
        struct Last(RefCell<Option<Pass<'static>>>);
        impl Drop for Last {
            fn drop(&mut self) {
                assert_eq!(GATE.inside(), 1);
                drop(self.0.take());
                assert_eq!(GATE.inside(), 0);
                drop(GATE.enter().unwrap());
            }
        }
        std::thread_local!(static LAST: Last = const { Last(RefCell::new(None)) });
        let thread = std::thread::spawn(|| {
            // Made before the gate is, and so dropped after what the gate knows of the thread.
            LAST.with(|last| drop(last.0.take()));
            let pass = GATE.enter().unwrap();
            LAST.with(|last| last.0.replace(Some(pass)).is_none())
        });
        assert!(thread.join().unwrap());
        assert!(GATE.close() && GATE.wait_idle(Duration::ZERO));
    }

    /// Without the barrier of `wait_idle` a processor looks at the gate before others see its count: its write
    /// waits behind those to memory that it does not have at hand. `MAPI_GATES` says how many are closed.
    #[test]
    fn nobody_is_inside_once_the_wait_is_over() {
        let rounds: usize = std::env::var("MAPI_GATES").map_or(1_000, |count| count.parse().unwrap());
        let far: Vec<AtomicUsize> = (0..1 << 22).map(AtomicUsize::new).collect();
        let mut next = 0;
        let mut write_far = || {
            for _ in 0..32 {
                next = (next + 8 * 67) % far.len();
                far[next].store(1, Ordering::Relaxed);
            }
        };
        let gates: Vec<Gate> = (0..rounds as u64).map(|owner| Gate::new(100 + owner)).collect();
        let (at, over, late) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (round, gate) in gates.iter().enumerate() {
                    at.store(round + 1, Ordering::SeqCst);
                    loop {
                        write_far();
                        let Ok(_pass) = gate.enter() else { break };
                        let is_over = (0..500).any(|_| over.load(Ordering::SeqCst) > round);
                        late.fetch_add(usize::from(is_over), Ordering::SeqCst);
                    }
                }
            });
            for (round, gate) in gates.iter().enumerate() {
                while (0..1_000).all(|_| at.load(Ordering::SeqCst) <= round) {
                    std::thread::yield_now();
                }
                // Each round ends at another moment of the call.
                (0..round % 256).for_each(|_| std::hint::spin_loop());
                gate.close();
                assert!(gate.wait_idle(Duration::MAX));
                over.store(round + 1, Ordering::SeqCst);
            }
        });
        println!("figure: gates closed = {rounds}, calls inside after the wait = {late:?}");
        assert_eq!(late.into_inner(), 0);
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
