//! `Dispatcher`: the threads of a session that call its sinks.
//!
//! One at a time, in the order in which they have something to hear; a sink that has not returned within
//! [`TURN`] loses its turn, and another thread goes on with those behind it. Events of one sink are told one
//! after the other whatever happens. Owned by the session's advises; the threads are started by the first
//! event, stopped at the session's end and joined by whoever ends it, unless a sink does, on one of these
//! very threads, or never returns.

use super::listener::Listener;
use super::this_thread;
use crate::sync::{Builder, Condvar, Instant, JoinHandle, Mutex, MutexGuard, PoisonError, thread_local};
use mapi_defs::{Error, ErrorCode, Result};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How long a sink runs before those behind it are told by another thread.
const TURN: Duration = Duration::from_millis(100);
/// Threads of one session, at most: so many sinks but one may be stuck before the others wait.
const THREADS: usize = 64;

thread_local! {
    /// The dispatcher whose thread this is, and the listeners it is telling, innermost last.
    static TELLING: RefCell<(usize, Vec<Arc<Listener>>)> = const { RefCell::new((0, Vec::new())) };
}

/// The threads and their queue.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Listeners with something to hear.
    ready: VecDeque<Arc<Listener>>,
    /// Whose turn it is, and since when.
    turn: Option<(u64, Instant)>,
    next_turn: u64,
    /// Threads whose sink has lost its turn.
    late: usize,
    /// Threads that wait for a turn.
    idle: usize,
    threads: Vec<JoinHandle<()>>,
    stopped: bool,
}

impl Dispatcher {
    /// A dispatcher with one thread, so that a program without room for any learns it in time.
    pub(super) fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        shared.hire(&mut shared.state()).map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Advise", "no thread can be started")
                .with_source(error)
        })?;
        Ok(Self { shared })
    }

    pub(super) fn poster(&self) -> Poster {
        Poster(self.shared.clone())
    }

    /// Stops the threads and waits for sinks that are running, at most `patience`, unless the caller is one.
    /// What still waits is dropped.
    pub(super) fn stop(self, patience: Duration) {
        let mut state = self.shared.state();
        state.stopped = true;
        let left = std::mem::take(&mut state.ready);
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        drop(left);
        self.shared.changed.notify_all();
        if self.shared.is_own_thread() {
            return;
        }
        if self.shared.wait_while(patience, |state| state.turn.is_some() || state.late > 0) {
            // Every thread is past its last sink; panics are caught around each.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        } else {
            tracing::warn!("a sink does not return; its thread is left behind");
        }
    }
}

/// Has listeners told.
#[derive(Clone)]
pub(super) struct Poster(Arc<Shared>);

impl Poster {
    /// Puts a listener that has something to hear into the queue of those to be told.
    pub(super) fn list(&self, listener: &Arc<Listener>) {
        if listener.thread.is_some() {
            return this_thread::list(listener);
        }
        let mut state = self.0.state();
        if state.stopped {
            return;
        }
        state.ready.push_back(listener.clone());
        if state.turn.is_some() {
            self.0.provide_for_others(&mut state);
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// Waits until nobody waits for a turn and nothing is `untold`, at most `patience`; a sink that has lost
    /// its turn is not waited for. On a thread that tells sinks, tells them at once.
    pub(super) fn flush(&self, patience: Duration, untold: impl Fn() -> bool) -> bool {
        this_thread::tell_here();
        if self.0.is_own_thread() {
            self.tell_here();
            return self.0.wait_while(patience, |_| untold());
        }
        self.0.wait_while(patience, |state| {
            !state.ready.is_empty() || state.turn.is_some_and(|(_, since)| since.elapsed() < TURN) || untold()
        })
    }

    fn tell_here(&self) {
        let own = TELLING.with(|telling| telling.borrow().1.clone());
        own.iter().for_each(|listener| listener.tell_within());
        loop {
            let next = self.0.state().ready.pop_front();
            let Some(listener) = next else { return };
            while self.0.tell(&listener) {}
        }
    }
}

impl Shared {
    fn hire(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        let shared = self.clone();
        let thread = Builder::new().name("mapi-notify".into()).spawn(move || shared.work())?;
        state.threads.push(thread);
        Ok(())
    }

    /// While somebody has the turn and others wait, a thread has to be there that takes it over.
    fn provide_for_others(self: &Arc<Self>, state: &mut State) {
        let is_needed = !state.ready.is_empty() && state.idle == 0 && !state.stopped;
        if is_needed
            && state.threads.len() < THREADS
            && let Err(error) = self.hire(state)
        {
            tracing::warn!(%error, "no second thread for sinks can be started");
        }
    }

    fn work(self: &Arc<Self>) {
        TELLING.with(|telling| telling.borrow_mut().0 = self.number());
        let mut state = self.state();
        while !state.stopped {
            let Some((turn, listener)) = state.take_turn() else {
                state = self.wait_for_turn(state);
                continue;
            };
            self.provide_for_others(&mut state);
            drop(state);
            let more = self.tell(&listener);
            state = self.state();
            state.end_turn(turn);
            if more && !state.stopped {
                state.ready.push_back(listener);
            } else {
                drop(state);
                // A sink's last owner may be this event, and dropping it may call anything.
                drop(listener);
                state = self.state();
            }
            self.changed.notify_all();
        }
    }

    /// Tells one listener on this thread.
    fn tell(&self, listener: &Arc<Listener>) -> bool {
        TELLING.with(|telling| telling.borrow_mut().1.push(listener.clone()));
        let more = listener.tell();
        let told = TELLING.with(|telling| telling.borrow_mut().1.pop());
        drop(told);
        more
    }

    fn wait_for_turn<'state>(&self, mut state: MutexGuard<'state, State>) -> MutexGuard<'state, State> {
        state.idle += 1;
        let patience = match state.turn {
            Some((_, since)) if !state.ready.is_empty() => Some(TURN.saturating_sub(since.elapsed())),
            _ => None,
        };
        let mut state = match patience {
            Some(patience) => {
                self.changed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        state.idle -= 1;
        state
    }

    fn wait_while(&self, patience: Duration, busy: impl Fn(&State) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while busy(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let wait = left.min(TURN);
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn is_own_thread(&self) -> bool {
        TELLING.with(|telling| telling.borrow().0 == self.number())
    }

    /// Tells dispatchers apart; never 0.
    fn number(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next listener, where nobody has the turn or has had it for too long.
    fn take_turn(&mut self) -> Option<(u64, Arc<Listener>)> {
        if self.ready.is_empty() {
            return None;
        }
        if let Some((_, since)) = self.turn {
            if since.elapsed() < TURN {
                return None;
            }
            self.late += 1;
        }
        self.next_turn += 1;
        self.turn = Some((self.next_turn, Instant::now()));
        self.ready.pop_front().map(|listener| (self.next_turn, listener))
    }

    fn end_turn(&mut self, turn: u64) {
        if self.turn.is_some_and(|(current, _)| current == turn) {
            self.turn = None;
        } else {
            self.late = self.late.saturating_sub(1);
        }
    }
}
