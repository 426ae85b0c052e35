//! `Dispatcher`: the one thread of a session that calls its sinks, in the order of the events.
//!
//! Owned by the session's advises; started by the first advise, stopped at the session's end and
//! joined by whoever ends it — unless a sink does, on this very thread, or never returns.

use super::registry::Registration;
use mapi_defs::notification::Notification;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// Events that wait at most; what comes while so many wait is lost, and the log says so.
const WAITING_EVENTS: usize = 65_536;

type Item = (Arc<Registration>, Vec<Notification>);

/// The thread and its queue.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    calling: bool,
    stopped: bool,
}

impl Dispatcher {
    pub(super) fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let work = {
            let shared = shared.clone();
            move || shared.work()
        };
        let thread = Builder::new().name("mapi-notify".into()).spawn(work).map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Advise", "no thread can be started")
                .with_source(error)
        })?;
        Ok(Self { shared, thread })
    }

    /// The thread that calls the sinks.
    pub(super) fn thread_id(&self) -> ThreadId {
        self.thread.thread().id()
    }

    pub(super) fn poster(&self) -> Poster {
        Poster(self.shared.clone())
    }

    /// Stops the thread and waits for a sink that is running, at most `patience`, unless that sink
    /// is the caller. What still waits is dropped.
    pub(super) fn stop(self, patience: Duration) {
        let mut queue = self.shared.queue();
        queue.stopped = true;
        let left = std::mem::take(&mut queue.items);
        drop(queue);
        drop(left);
        self.shared.changed.notify_all();
        if self.thread_id() == std::thread::current().id() {
            return;
        }
        if self.shared.wait_while(patience, |queue| queue.calling) {
            // The thread is past its last sink; panics are caught around each.
            drop(self.thread.join());
        } else {
            tracing::warn!("a sink does not return; its thread is left behind");
        }
    }
}

/// Puts events into a dispatcher's queue.
#[derive(Clone)]
pub(super) struct Poster(Arc<Shared>);

impl Poster {
    /// Queues an event for one listener.
    pub(super) fn post(&self, listener: &Arc<Registration>, notifications: Vec<Notification>) {
        let mut queue = self.0.queue();
        if queue.stopped {
            return;
        }
        if queue.items.len() >= WAITING_EVENTS {
            tracing::warn!("a sink is too slow; an event was lost");
            return;
        }
        queue.items.push_back((listener.clone(), notifications));
        drop(queue);
        self.0.changed.notify_all();
    }

    /// Waits until nothing waits and no sink is running, at most `patience`.
    pub(super) fn wait_idle(&self, patience: Duration) -> bool {
        self.0.wait_while(patience, |queue| queue.calling || !queue.items.is_empty())
    }

    /// Calls the sinks of everything that waits, on this thread.
    pub(super) fn pump(&self) {
        loop {
            let next = self.0.queue().items.pop_front();
            match next {
                Some((listener, notifications)) => listener.tell(&notifications),
                None => return,
            }
        }
    }
}

impl Shared {
    fn work(&self) {
        let mut queue = self.queue();
        loop {
            if queue.stopped {
                return;
            }
            let Some((listener, notifications)) = queue.items.pop_front() else {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            queue.calling = true;
            drop(queue);
            listener.tell(&notifications);
            // A sink's last owner may be this event, and dropping it may call anything.
            drop((listener, notifications));
            queue = self.queue();
            queue.calling = false;
            self.changed.notify_all();
        }
    }

    fn wait_while(&self, patience: Duration, busy: impl Fn(&Queue) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut queue = self.queue();
        while busy(&queue) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
