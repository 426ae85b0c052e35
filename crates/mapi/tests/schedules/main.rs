//! Schedules: the gate, the handles, the advises and their dispatcher under a scheduler that tries one order of
//! the threads' steps after the other, while sessions end in them.
//!
//! The sources are the library's own, compiled here with the scheduler's locks and threads in place of the
//! standard library's (`sync` below). What ends the session does the steps of `session/logoff.rs` that the
//! calls of other threads can meet — 3, 5, 8 and 12 — in their order. `MAPI_SCHEDULES` says how many orders
//! are tried; a failing one is printed, and can be replayed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

extern crate mapi_spi as spi;
// The sources below find the modules of this program where they ask for those of the library.
extern crate self as mapi_spi;

#[allow(dead_code, unreachable_pub, unused_imports, reason = "not everything of it is used here")]
#[path = "../../../mapi-spi/src/gate.rs"]
mod gate;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "not everything of it is used here")]
#[path = "../../../mapi-spi/src/handle.rs"]
mod handle;
#[path = "../../../mapi-spi/src/here.rs"]
mod here;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "not everything of it is used here")]
#[path = "../../src/notify"]
mod notify {
    pub(crate) mod advises;
    mod dispatcher;
    pub(crate) mod listener;

    /// No sink of these schedules is told on a thread of its own choice.
    mod this_thread {
        use super::listener::Listener;
        use std::sync::Arc;

        pub(super) fn list(_: &Arc<Listener>) {}
        pub(super) fn unlist(_: &Listener) {}
        pub(super) fn tell_here() {}
    }
}
/// The scheduler's atomics are always in order.
mod barrier {
    pub(crate) fn prepare() {}
    pub(crate) fn light() {}
    pub(crate) fn heavy() {}
}
mod sync {
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64};
    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use shuttle::thread::{Builder, JoinHandle};
    pub(crate) use shuttle::thread_local;
    pub(crate) use std::sync::PoisonError;
    use std::time::Duration;

    /// Fewer than there are threads, so that some have none.
    pub(crate) const PLACES: usize = 2;

    /// A clock that stands still: no sink is late here, however busy the machine is.
    #[derive(Clone, Copy)]
    pub(crate) struct Instant(Duration);

    impl Instant {
        pub(crate) fn now() -> Self {
            Self(Duration::ZERO)
        }

        pub(crate) fn elapsed(self) -> Duration {
            Duration::ZERO
        }

        pub(crate) fn checked_add(self, time: Duration) -> Option<Self> {
            self.0.checked_add(time).map(Self)
        }

        pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }
    }

    impl std::ops::Add<Duration> for Instant {
        type Output = Self;

        fn add(self, time: Duration) -> Self {
            Self(self.0.saturating_add(time))
        }
    }
}
pub(crate) mod advise {
    pub(crate) use crate::spi::advise::{AdviseSink, Connection};
}

use gate::Gate;
use handle::{Handle, OpenObjects};
use mapi_defs::ErrorCode;
use mapi_defs::notification::{EventMask, Notification};
use notify::advises::Advises;
use notify::listener::CatchUp;
use shuttle::thread;
use std::sync::Arc;
// Of the standard library: what is only looked at is no step of any thread.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// The scheduler knows no time; a wait ends when somebody wakes it.
const LONG: Duration = Duration::from_secs(3_600);
const OWNER: u64 = 1;
const CALLERS: usize = 3;
const CALLS: usize = 2;

/// What a provider keeps, and must not be asked for any more once it has been logged off.
#[derive(Default)]
struct Provider {
    inside: AtomicUsize,
    ended: AtomicBool,
}

impl Provider {
    fn call(&self) {
        assert!(!self.ended.load(SeqCst), "a call reached the provider after its logoff");
        self.inside.fetch_add(1, SeqCst);
        thread::yield_now();
        assert!(!self.ended.load(SeqCst), "the provider was logged off under a call");
        self.inside.fetch_sub(1, SeqCst);
    }

    fn logoff(&self) {
        assert_eq!(self.inside.load(SeqCst), 0, "a call is inside at the provider's logoff");
        assert!(!self.ended.swap(true, SeqCst), "logged off twice");
    }
}

/// As much of a session as its end meets.
struct Session {
    gate: Arc<Gate>,
    store: Arc<Gate>,
    book: Arc<OpenObjects>,
    advises: Advises,
    provider: Arc<Provider>,
    /// Set where no sink may be called any more.
    silent: AtomicBool,
    ends: AtomicUsize,
    told: AtomicUsize,
}

impl Session {
    fn new() -> Arc<Self> {
        let session = Arc::new(Self {
            gate: Arc::new(Gate::new(OWNER)),
            store: Arc::new(Gate::new(OWNER)),
            book: Arc::default(),
            advises: Advises::default(),
            provider: Arc::default(),
            silent: AtomicBool::new(false),
            ends: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
        });
        let weak = Arc::downgrade(&session);
        let sink = move |_: &[Notification]| {
            let Some(session) = weak.upgrade() else { return };
            assert!(!session.silent.load(SeqCst), "a sink was called after the end");
            session.told.fetch_add(1, SeqCst);
        };
        session.advises.advise_session(EventMask::EXTENDED, Arc::new(sink)).unwrap();
        session
    }

    fn open(&self) -> Handle<Provider> {
        Handle::new(self.provider.clone(), self.store.clone(), &self.book, "IMsgStore", String::new())
    }

    /// The steps of Logoff; exactly one caller does them.
    fn logoff(&self) -> Result<u64, ErrorCode> {
        if Gate::entered_by_this_thread(OWNER) {
            return Err(ErrorCode::BUSY);
        }
        if !self.gate.close() {
            return Err(ErrorCode::INVALID_OBJECT);
        }
        self.store.close();
        let closed = self.book.closed();
        let left_open = self.book.opened() - closed;
        assert!(self.gate.wait_idle(LONG) && self.store.wait_idle(LONG));
        self.advises.tell_session(&extended());
        assert!(self.advises.flush(LONG));
        self.provider.logoff();
        let (_, late) = self.advises.cancel_all(LONG);
        assert!(late.is_empty(), "{late:?}");
        self.silent.store(true, SeqCst);
        self.ends.fetch_add(1, SeqCst);
        Ok(left_open)
    }
}

fn extended() -> Notification {
    Notification::Extended { event: 0, parameters: Vec::new() }
}

/// Calls that were refused stay refused.
fn caller(session: &Session, store: &Handle<Provider>) {
    let mut refused = false;
    for _ in 0..CALLS {
        match store.live() {
            Ok(live) => {
                assert!(!refused, "a call succeeded after one was refused");
                live.call();
                assert_eq!(session.logoff(), Err(ErrorCode::BUSY), "from inside a call");
                let child = store.child(session.provider.clone(), "IMessage", String::new());
                drop(live);
                drop(child);
            }
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::INVALID_OBJECT);
                refused = true;
            }
        }
        if let Ok(_pass) = session.gate.enter() {
            session.advises.tell_session(&extended());
        }
    }
}

/// Callers, and two who log off.
fn ended_by_one_of_two() {
    let session = Session::new();
    let store = session.open();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (session, store) = (session.clone(), store.clone());
            thread::spawn(move || caller(&session, &store))
        })
        .collect();
    let enders: Vec<_> = (0..2)
        .map(|_| {
            let session = session.clone();
            thread::spawn(move || session.logoff())
        })
        .collect();
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    let answers: Vec<_> = enders.into_iter().map(|ender| ender.join().unwrap()).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    check_dead(&session, store);
}

/// A sink that logs off when it hears of an event, while callers are inside.
fn ended_by_a_sink() {
    let session = Session::new();
    let store = session.open();
    let ender = Arc::downgrade(&session);
    let sink = move |_: &[Notification]| {
        if let Some(session) = ender.upgrade() {
            assert!(matches!(session.logoff(), Ok(_) | Err(ErrorCode::INVALID_OBJECT)));
        }
    };
    let mut forward = None;
    let gate = session.store.clone();
    let advised =
        session.advises.advise_behind(gate, EventMask::EXTENDED, CatchUp::Reload, Arc::new(sink), |given| {
            forward = Some(given);
            Ok(Box::new(|| Ok(())))
        });
    advised.unwrap();
    let caller = {
        let (session, store) = (session.clone(), store.clone());
        thread::spawn(move || caller(&session, &store))
    };
    let teller = thread::spawn(move || forward.unwrap().on_notify(&[extended()]));
    teller.join().unwrap();
    caller.join().unwrap();
    // Whether the sink was told in time or not, the session ends.
    match session.logoff() {
        Ok(_) => {}
        Err(code) => {
            assert_eq!(code, ErrorCode::INVALID_OBJECT);
            // The sink is at it: its thread is done once nobody waits for the end any more.
            while session.ends.load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
    }
    check_dead(&session, store);
}

fn check_dead(session: &Session, store: Handle<Provider>) {
    assert_eq!(session.ends.load(SeqCst), 1);
    assert!(session.told.load(SeqCst) >= 1, "the end itself is told");
    assert_eq!(store.live().err().map(|error| error.code()), Some(ErrorCode::INVALID_OBJECT));
    assert_eq!(session.gate.enter().err().map(|error| error.code()), Some(ErrorCode::INVALID_OBJECT));
    drop(store);
    assert_eq!(session.book.opened(), session.book.closed(), "whatever is dropped late is counted");
}

fn main() {
    // Of the arguments of a test program: a name that is not this one's leaves nothing to do.
    let is_other = |name: &String| !name.starts_with('-') && !"schedules".contains(name.as_str());
    if std::env::args().skip(1).any(|name| is_other(&name)) || std::env::args().any(|name| name == "--list") {
        return;
    }
    let schedules = std::env::var("MAPI_SCHEDULES").map_or(5_000, |count| count.parse().unwrap());
    shuttle::check_random(ended_by_one_of_two, schedules / 2);
    shuttle::check_pct(ended_by_one_of_two, schedules / 4, 3);
    shuttle::check_random(ended_by_a_sink, schedules / 4);
    println!("figure: schedules = {}", schedules / 2 + 2 * (schedules / 4));
    println!("figure: deadlocks = 0");
    println!("figure: calls that reached a provider after its logoff = 0");
}
