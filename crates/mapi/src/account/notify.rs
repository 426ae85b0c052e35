//! Sinks of accounts (IOlkAccountNotify): who is told of what, one event after the other.
//!
//! Events are told in the order in which they were found, by one thread at a time; whoever finds one while
//! another tells leaves it to him, and waits a moment for him where it was its own doing. Nothing is locked while a sink runs, so it may call anything, and what a
//! sink answers changes nothing.

use super::picture::Happened;
use crate::session::unpanicked;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Sinks of one manager, at most.
const SINKS: usize = 4096;
/// How long a call waits for what it did to be told by another thread.
const TELLING: Duration = Duration::from_secs(1);

/// What happened to an account (NOTIFY_ACCT_*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AccountEvent {
    /// NOTIFY_ACCT_CHANGED (1): its properties.
    Changed,
    /// NOTIFY_ACCT_CREATED (2).
    Created,
    /// NOTIFY_ACCT_DELETED (3): it cannot be opened any more.
    Deleted,
    /// NOTIFY_ACCT_ORDER_CHANGED (4): the order of a category.
    OrderChanged,
    /// NOTIFY_ACCT_PREDELETED (5): it can still be opened, by who is told.
    Predeleted,
}

impl AccountEvent {
    /// The NOTIFY_ACCT_* value.
    pub const fn value(self) -> u32 {
        match self {
            Self::Changed => 1,
            Self::Created => 2,
            Self::Deleted => 3,
            Self::OrderChanged => 4,
            Self::Predeleted => 5,
        }
    }
}

/// A sink of accounts (IOlkAccountNotify).
pub trait AccountNotify: Send + Sync {
    /// Hears what happened to the account of this identifier, which is 0 for an order; `flags` is 0. What
    /// it answers changes nothing.
    ///
    /// # Errors
    /// Any; nobody minds.
    fn notify(&self, event: AccountEvent, account: u32, flags: u32) -> Result<()>;
}

/// A sink with its cookie.
type Sink = (u32, Arc<dyn AccountNotify>);

/// The sinks of a manager, and what they have not been told yet.
#[derive(Default)]
pub(super) struct Sinks {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    sinks: Vec<Sink>,
    last_cookie: u32,
    waiting: VecDeque<Happened>,
    /// The thread that tells at this moment.
    telling: Option<ThreadId>,
    is_over: bool,
}

impl Sinks {
    /// Adds a sink; the answer is never 0.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager has ended.
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: there are too many.
    pub(super) fn add(&self, sink: Arc<dyn AccountNotify>) -> Result<u32> {
        const CALL: &str = "AccountManager::advise";
        let mut state = self.lock();
        if state.is_over {
            return Err(Error::new(ErrorCode::E_OLK_NOT_INITIALIZED, CALL, "the manager has ended"));
        }
        let next = state.last_cookie.checked_add(1).filter(|_| state.sinks.len() < SINKS);
        let Some(cookie) = next else {
            return Err(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, CALL, "the manager has too many sinks"));
        };
        state.last_cookie = cookie;
        state.sinks.push((cookie, sink));
        Ok(cookie)
    }

    /// Removes a sink; true where there are others.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: there is none of this cookie.
    pub(super) fn remove(&self, cookie: u32) -> Result<bool> {
        let mut state = self.lock();
        let Some(place) = state.sinks.iter().position(|(known, _)| *known == cookie) else {
            let detail = format!("there is no sink {cookie}");
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "AccountManager::unadvise", detail));
        };
        let removed = state.sinks.remove(place);
        let has_others = !state.sinks.is_empty();
        // A sink may do anything when it is dropped.
        drop(state);
        drop(removed);
        Ok(has_others)
    }

    /// Puts events behind those that wait.
    pub(super) fn put(&self, happened: Vec<Happened>) {
        self.lock().waiting.extend(happened);
    }

    /// Tells what waits, unless another thread does so already; `told` hears of each event after the sinks.
    pub(super) fn tell(&self, told: impl Fn(Happened)) {
        {
            let mut state = self.lock();
            if state.telling.is_some() {
                return;
            }
            state.telling = Some(thread::current().id());
        }
        while let Some((happened, sinks)) = self.next() {
            let (event, account) = happened;
            for (cookie, sink) in sinks {
                // One that was removed meanwhile hears no more.
                if self.lock().sinks.iter().any(|(known, _)| *known == cookie)
                    && let Err(error) = unpanicked(|| sink.notify(event, account, 0))
                {
                    tracing::debug!(account, ?event, %error, "a sink of accounts did not take what it heard");
                }
            }
            told(happened);
        }
    }

    /// Waits until everything was told that waits now, unless this is the thread that tells; not for long,
    /// as a sink may take its time.
    pub(super) fn wait_until_told(&self) {
        let is_others =
            |state: &mut State| state.telling.is_some_and(|teller| teller != thread::current().id());
        // Whatever came of it: the sinks are told sooner or later.
        drop(self.told.wait_timeout_while(self.lock(), TELLING, is_others));
    }

    /// The next event with those who hear it; where there is none, nobody tells any more.
    fn next(&self) -> Option<(Happened, Vec<Sink>)> {
        let mut state = self.lock();
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.telling = None;
            self.told.notify_all();
        }
        next.map(|happened| (happened, state.sinks.clone()))
    }

    /// Lets go of every sink, and takes no more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.is_over = true;
        state.waiting.clear();
        let sinks = std::mem::take(&mut state.sinks);
        drop(state);
        drop(sinks);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
