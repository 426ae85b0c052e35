//! `Advises`: the listeners of one session, on itself and on its stores and tables.
//!
//! An advise on a store dies with the store's logon, and all of them with the session. A listener
//! that has been cancelled is not called any more; who cancels waits for a call that is running,
//! unless the listener itself cancels.

use super::dispatcher::{Dispatcher, Poster};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::Gate;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Owners of listeners' gates, far from those of sessions.
static NEXT_OWNER: AtomicU64 = AtomicU64::new(1 << 62);

/// The advises of one session.
#[derive(Default)]
pub(crate) struct Advises {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    closed: bool,
    listeners: Vec<Arc<Registration>>,
    dispatcher: Option<Dispatcher>,
}

/// One listener.
pub(crate) struct Registration {
    connection: Connection,
    mask: EventMask,
    /// The gate of the logon whose objects it listens to; none for the session itself.
    behind: Option<Arc<Gate>>,
    /// The receipt that the provider gave.
    provider: Mutex<Option<Connection>>,
    owner: u64,
    gate: Gate,
    sink: Mutex<Option<Arc<dyn AdviseSink>>>,
}

impl Registration {
    /// The receipt for the client.
    pub(crate) fn connection(&self) -> Connection {
        self.connection
    }

    /// Keeps the provider's receipt.
    pub(crate) fn set_provider(&self, connection: Connection) {
        *lock(&self.provider) = Some(connection);
    }

    /// Calls the sink, unless it was cancelled. A panic of the sink is logged.
    pub(super) fn tell(&self, notifications: &[Notification]) {
        let Ok(_pass) = self.gate.enter() else { return };
        let Some(sink) = lock(&self.sink).clone() else { return };
        if catch_unwind(AssertUnwindSafe(|| sink.on_notify(notifications))).is_err() {
            tracing::error!("a sink panicked");
        }
    }

    /// The provider's receipt, if a provider gave one.
    pub(crate) fn provider(&self) -> Option<Connection> {
        *lock(&self.provider)
    }

    /// Keeps the sink from being called; waits for a call that is running in another thread. Call it
    /// outside of gates: that sink may be ending the session, and wait for whoever is inside.
    pub(crate) fn cancel(&self, patience: Duration) {
        self.gate.close();
        let is_own = Gate::entered_by_this_thread(self.owner);
        if !is_own && !self.gate.wait_idle(patience) {
            tracing::warn!("a sink does not return");
        }
        drop(lock(&self.sink).take());
    }
}

/// What a provider is given in a client's place: it hands events on to the session's thread.
struct Forward {
    listener: Weak<Registration>,
    poster: Poster,
}

impl AdviseSink for Forward {
    fn on_notify(&self, notifications: &[Notification]) {
        if let Some(listener) = self.listener.upgrade() {
            self.poster.post(&listener, notifications.to_vec());
        }
    }
}

impl Advises {
    /// Registers a sink for the session's own events.
    pub(crate) fn advise_session(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        self.register(mask, None, sink).map(|(listener, _)| listener.connection)
    }

    /// Registers a sink for objects behind a logon's gate; returns it with the sink for the provider.
    pub(crate) fn advise_behind(
        &self,
        gate: Arc<Gate>,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<(Arc<Registration>, Arc<dyn AdviseSink>)> {
        let (listener, poster) = self.register(mask, Some(gate), sink)?;
        let forward = Forward { listener: Arc::downgrade(&listener), poster };
        Ok((listener, Arc::new(forward)))
    }

    fn register(
        &self,
        mask: EventMask,
        behind: Option<Arc<Gate>>,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<(Arc<Registration>, Poster)> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, "Advise", "the session has ended"));
        }
        let dispatcher = match inner.dispatcher.take() {
            Some(dispatcher) => dispatcher,
            None => Dispatcher::start()?,
        };
        let poster = dispatcher.poster();
        inner.dispatcher = Some(dispatcher);
        inner.last += 1;
        let owner = NEXT_OWNER.fetch_add(1, Ordering::Relaxed);
        let listener = Arc::new(Registration {
            connection: Connection(inner.last),
            mask,
            behind,
            provider: Mutex::new(None),
            owner,
            gate: Gate::new(owner),
            sink: Mutex::new(Some(sink)),
        });
        inner.listeners.push(listener.clone());
        Ok((listener, poster))
    }

    /// Takes a listener out, for who then cancels it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    pub(crate) fn take(&self, connection: Connection) -> Result<Arc<Registration>> {
        let mut inner = lock(&self.inner);
        let found = inner.listeners.iter().position(|listener| listener.connection == connection);
        found.map(|index| inner.listeners.remove(index)).ok_or_else(|| {
            Error::new(ErrorCode::NOT_FOUND, "Unadvise", format!("there is no advise {}", connection.0))
        })
    }

    /// Tells the session's own sinks that asked for this event.
    pub(crate) fn tell_session(&self, notification: &Notification) {
        let inner = lock(&self.inner);
        let Some(poster) = inner.dispatcher.as_ref().map(Dispatcher::poster) else { return };
        let asked = |listener: &&Arc<Registration>| {
            listener.behind.is_none() && listener.mask.intersects(notification.event())
        };
        let listeners: Vec<_> = inner.listeners.iter().filter(asked).cloned().collect();
        drop(inner);
        listeners.iter().for_each(|listener| poster.post(listener, vec![notification.clone()]));
    }

    /// Waits until every event has been told, at most `patience`; on the thread that tells them, tells
    /// them at once. True where none waits.
    pub(crate) fn flush(&self, patience: Duration) -> bool {
        let inner = lock(&self.inner);
        let Some(dispatcher) = &inner.dispatcher else { return true };
        let (poster, is_own) = (dispatcher.poster(), dispatcher.thread_id() == std::thread::current().id());
        drop(inner);
        if is_own {
            poster.pump();
            return true;
        }
        poster.wait_idle(patience)
    }

    /// Cancels the advises on objects behind a gate without waiting for their sinks.
    pub(crate) fn cancel_behind(&self, gate: &Arc<Gate>) {
        let is_behind =
            |listener: &Registration| listener.behind.as_ref().is_some_and(|known| Arc::ptr_eq(known, gate));
        let listeners = lock(&self.inner).listeners.clone();
        for listener in listeners.iter().filter(|listener| is_behind(listener)) {
            listener.gate.close();
        }
    }

    /// Forgets the advises behind a gate that has ended on its own.
    pub(crate) fn forget_behind(&self, gate: &Arc<Gate>) {
        self.cancel_behind(gate);
        let is_behind =
            |listener: &Registration| listener.behind.as_ref().is_some_and(|known| Arc::ptr_eq(known, gate));
        let gone: Vec<_> =
            lock(&self.inner).listeners.extract_if(.., |listener| is_behind(listener)).collect();
        drop(gone);
    }

    /// Cancels everything and stops the thread; returns how many advises there were. No sink is called
    /// afterwards, and each has returned, unless it is the caller or outlasted `patience`.
    pub(crate) fn cancel_all(&self, patience: Duration) -> u64 {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        let listeners = std::mem::take(&mut inner.listeners);
        let dispatcher = inner.dispatcher.take();
        drop(inner);
        let deadline = Instant::now() + patience;
        for listener in &listeners {
            listener.cancel(deadline.saturating_duration_since(Instant::now()));
        }
        if let Some(dispatcher) = dispatcher {
            dispatcher.stop(deadline.saturating_duration_since(Instant::now()));
        }
        listeners.len() as u64
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
