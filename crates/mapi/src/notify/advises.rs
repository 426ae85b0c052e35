//! `Advises`: the listeners of one session, on itself, its address book, its stores and its tables.
//!
//! An advise on a store dies with the store's logon, and all of them with the session. A listener that has
//! been cancelled is not called any more; who cancels does not wait for a call that is running, the end of
//! the session does, in bounded time.

use super::dispatcher::{Dispatcher, Poster};
use super::listener::{CatchUp, Listener, Source};
use crate::sync::{Instant, Mutex, MutexGuard, PoisonError};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::Gate;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Sinks of one session, at most.
const SINKS: usize = 4_096;

/// How a provider is told that an advise has ended.
pub(crate) type Undo = Box<dyn FnOnce() -> Result<()> + Send>;

/// The advises of one session.
#[derive(Default)]
pub(crate) struct Advises {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    closed: bool,
    advises: BTreeMap<u64, Advise>,
    dispatcher: Option<Dispatcher>,
}

struct Advise {
    listener: Arc<Listener>,
    /// None where MAPI itself notifies, or while the provider is being asked.
    undo: Option<Undo>,
}

/// What a provider is given in a client's place: it hands events on to the session's threads.
struct Forward {
    listener: Weak<Listener>,
    poster: Poster,
}

impl AdviseSink for Forward {
    fn on_notify(&self, notifications: &[Notification]) {
        if let Some(listener) = self.listener.upgrade()
            && listener.put(notifications)
        {
            self.poster.list(&listener);
        }
    }
}

impl Advises {
    /// Registers a sink for the session's own events; critical errors are told whatever its mask is.
    pub(crate) fn advise_session(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let mask = mask | EventMask::CRITICAL_ERROR;
        self.register(mask, Source::Session, CatchUp::Newest, sink).map(|(listener, _)| listener.connection)
    }

    /// Registers a sink for the whole address book; critical errors are told whatever its mask is.
    /// `provider` asks the address books, and answers how they are told of the end.
    pub(crate) fn advise_address_book(
        &self,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
        provider: impl FnOnce(Arc<dyn AdviseSink>) -> Result<Undo>,
    ) -> Result<Connection> {
        let mask = mask | EventMask::CRITICAL_ERROR;
        let catch_up = CatchUp::Modified(mapi_defs::EntryId::default());
        self.advise(mask, Source::AddressBook, catch_up, sink, provider)
    }

    /// Registers a sink for objects behind a logon's gate. `provider` hands the sink that it is given to the
    /// provider, and answers how that is told of the end.
    pub(crate) fn advise_behind(
        &self,
        gate: Arc<Gate>,
        mask: EventMask,
        catch_up: CatchUp,
        sink: Arc<dyn AdviseSink>,
        provider: impl FnOnce(Arc<dyn AdviseSink>) -> Result<Undo>,
    ) -> Result<Connection> {
        self.advise(mask, Source::Behind(gate), catch_up, sink, provider)
    }

    /// Registers a sink of a provider, which no account counts; returns it as one that is told later.
    pub(super) fn advise_support(
        &self,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<(Connection, Arc<dyn AdviseSink>)> {
        let (listener, poster) = self.register(mask, Source::Support, CatchUp::Newest, sink)?;
        let forward = Forward { listener: Arc::downgrade(&listener), poster };
        Ok((listener.connection, Arc::new(forward)))
    }

    fn advise(
        &self,
        mask: EventMask,
        source: Source,
        catch_up: CatchUp,
        sink: Arc<dyn AdviseSink>,
        provider: impl FnOnce(Arc<dyn AdviseSink>) -> Result<Undo>,
    ) -> Result<Connection> {
        let (listener, poster) = self.register(mask, source, catch_up, sink)?;
        let forward = Forward { listener: Arc::downgrade(&listener), poster };
        let connection = listener.connection;
        match provider(Arc::new(forward)) {
            Ok(undo) => {
                if let Some(advise) = lock(&self.inner).advises.get_mut(&connection.0) {
                    advise.undo = Some(undo);
                }
                Ok(connection)
            }
            Err(error) => {
                lock(&self.inner).advises.remove(&connection.0);
                listener.cancel();
                Err(error)
            }
        }
    }

    fn register(
        &self,
        mask: EventMask,
        source: Source,
        catch_up: CatchUp,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<(Arc<Listener>, Poster)> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, "Advise", "the session has ended"));
        }
        if inner.advises.len() >= SINKS {
            let detail = "the session has too many advises";
            return Err(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Advise", detail));
        }
        let dispatcher = match inner.dispatcher.take() {
            Some(dispatcher) => dispatcher,
            None => Dispatcher::start()?,
        };
        let poster = dispatcher.poster();
        inner.dispatcher = Some(dispatcher);
        inner.last += 1;
        let connection = Connection(inner.last);
        let listener = Arc::new(Listener::new(connection, mask, source, catch_up, sink));
        inner.advises.insert(connection.0, Advise { listener: listener.clone(), undo: None });
        Ok((listener, poster))
    }

    /// Ends an advise. The sink is let go, by the call of it that is running where there is one; that call
    /// is not waited for. Call it outside of gates: dropping the sink may call anything.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    /// - What the provider answers; the advise has ended.
    pub(crate) fn unadvise(&self, connection: Connection) -> Result<()> {
        let taken = lock(&self.inner).advises.remove(&connection.0);
        let Some(Advise { listener, undo }) = taken else {
            let detail = format!("there is no advise {}", connection.0);
            return Err(Error::new(ErrorCode::NOT_FOUND, "Unadvise", detail));
        };
        let told = undo.map_or(Ok(()), |undo| undo());
        listener.cancel();
        told
    }

    /// Tells an event of the session to its own sinks, those of the address book included where it is a
    /// critical error.
    pub(crate) fn tell_session(&self, notification: &Notification) {
        let inner = lock(&self.inner);
        let Some(poster) = inner.dispatcher.as_ref().map(Dispatcher::poster) else { return };
        let is_critical = notification.event() == EventMask::CRITICAL_ERROR;
        let asked = |listener: &&Arc<Listener>| {
            let is_own = match listener.source {
                Source::Session => true,
                Source::AddressBook => is_critical,
                Source::Behind(_) | Source::Support => false,
            };
            is_own && listener.mask.intersects(notification.event())
        };
        let listeners: Vec<_> =
            inner.advises.values().map(|advise| &advise.listener).filter(asked).cloned().collect();
        drop(inner);
        for listener in listeners.iter().filter(|listener| listener.put(std::slice::from_ref(notification))) {
            poster.list(listener);
        }
    }

    /// Waits until the session's own events have reached its sinks, at most `patience`: each has returned, or
    /// takes long over the last of them. On a thread that tells sinks, tells them at once. True where none
    /// waits.
    pub(crate) fn flush(&self, patience: Duration) -> bool {
        let inner = lock(&self.inner);
        let Some(poster) = inner.dispatcher.as_ref().map(Dispatcher::poster) else { return true };
        // Who is bound to a thread is told when that thread dispatches.
        let is_own = |listener: &&Arc<Listener>| {
            matches!(listener.source, Source::Session | Source::AddressBook) && listener.thread.is_none()
        };
        let own: Vec<_> =
            inner.advises.values().map(|advise| &advise.listener).filter(is_own).cloned().collect();
        drop(inner);
        poster.flush(patience, || own.iter().any(|listener| listener.has_waiting()))
    }

    /// Keeps the sinks of objects behind a gate from being called any more.
    pub(crate) fn cancel_behind(&self, gate: &Arc<Gate>) {
        let inner = lock(&self.inner);
        for advise in inner.advises.values().filter(|advise| advise.is_behind(gate)) {
            advise.listener.gate.close();
        }
    }

    /// Forgets the advises behind a gate that has ended on its own.
    pub(crate) fn forget_behind(&self, gate: &Arc<Gate>) {
        let gone: Vec<Advise> = {
            let mut inner = lock(&self.inner);
            inner.advises.extract_if(.., |_, advise| advise.is_behind(gate)).map(|(_, gone)| gone).collect()
        };
        gone.iter().for_each(|advise| advise.listener.cancel());
    }

    /// Cancels everything and stops the threads. Returns how many advises of clients there were, and the
    /// names of the sinks that had not returned within `patience`. No sink is called afterwards, and each
    /// other one has returned, unless it is the caller.
    pub(crate) fn cancel_all(&self, patience: Duration) -> (u64, Vec<String>) {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        let advises = std::mem::take(&mut inner.advises);
        let dispatcher = inner.dispatcher.take();
        drop(inner);
        let deadline = Instant::now() + patience;
        let left = || deadline.saturating_duration_since(Instant::now());
        let of_clients = advises.values().filter(|advise| !matches!(advise.listener.source, Source::Support));
        let count = of_clients.count() as u64;
        advises.values().for_each(|advise| advise.listener.cancel());
        let is_late = |listener: &&Arc<Listener>| !listener.wait_returned(left());
        let late = advises.values().map(|advise| &advise.listener).filter(is_late);
        let late = late.map(|listener| listener.name()).collect();
        if let Some(dispatcher) = dispatcher {
            dispatcher.stop(left());
        }
        (count, late)
    }
}

impl Advise {
    fn is_behind(&self, gate: &Arc<Gate>) -> bool {
        matches!(&self.listener.source, Source::Behind(known) if Arc::ptr_eq(known, gate))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::EntryId;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    #[test]
    fn lc_55_sinks_of_the_session_hear_critical_errors_whatever_their_mask_is() {
        let advises = Advises::default();
        let (told, hear) = channel();
        let sink = |name: &'static str| {
            let told = told.clone();
            Arc::new(move |events: &[Notification]| told.send((name, events.to_vec())).unwrap())
        };
        advises.advise_session(EventMask::NEW_MAIL, sink("session")).unwrap();
        let undo = |_: Arc<dyn AdviseSink>| -> Result<Undo> { Ok(Box::new(|| Ok(()))) };
        advises.advise_address_book(EventMask::TABLE_MODIFIED, sink("address book"), undo).unwrap();
        let gate = Arc::new(Gate::new(1));
        let everything = EventMask(u32::MAX);
        advises.advise_behind(gate, everything, CatchUp::Reload, sink("object"), undo).unwrap();
        advises.tell_session(&Notification::Extended { event: 0, parameters: Vec::new() });
        let error = Notification::CriticalError {
            entry_id: EntryId::default(),
            code: ErrorCode::END_OF_SESSION,
            message: "the shared session ends".into(),
        };
        advises.tell_session(&error);
        assert!(advises.flush(Duration::from_secs(60)));
        assert_eq!(
            hear.try_iter().collect::<Vec<_>>(),
            [("session", vec![error.clone()]), ("address book", vec![error])]
        );
        assert_eq!(advises.cancel_all(Duration::from_secs(60)), (3, Vec::new()));
    }

    #[test]
    fn an_event_of_the_session_reaches_a_sink_that_is_slow_over_the_one_before() {
        const LONG: Duration = Duration::from_secs(60);
        let advises = Arc::new(Advises::default());
        let (begun, (go, wait)) = (Arc::new(AtomicUsize::new(0)), channel::<()>());
        let (told, hear) = channel();
        let (count, wait) = (begun.clone(), Mutex::new(wait));
        let slow = move |events: &[Notification]| {
            count.fetch_add(events.len(), Ordering::SeqCst);
            wait.lock().unwrap().recv().unwrap();
        };
        let quick = move |_: &[Notification]| told.send(()).unwrap();
        let event = Notification::Extended { event: 0, parameters: Vec::new() };
        advises.advise_session(EventMask::EXTENDED, Arc::new(slow)).unwrap();
        advises.advise_session(EventMask::EXTENDED, Arc::new(quick)).unwrap();
        advises.tell_session(&event);
        hear.recv_timeout(LONG).expect("the slow one loses its turn");
        advises.tell_session(&event);
        let (flushed, answer) = channel();
        let flush = std::thread::spawn({
            let (advises, begun) = (advises.clone(), begun.clone());
            move || flushed.send((advises.flush(LONG), begun.load(Ordering::SeqCst))).unwrap()
        });
        assert!(answer.recv_timeout(Duration::from_millis(200)).is_err(), "it has not heard of the second");
        assert!(!advises.flush(Duration::ZERO), "and nobody waits longer than he wants");
        go.send(()).unwrap();
        assert_eq!(answer.recv_timeout(LONG), Ok((true, 2)), "heard of both, and not waited for any more");
        go.send(()).unwrap();
        flush.join().unwrap();
        assert_eq!(advises.cancel_all(LONG), (2, Vec::new()));
    }
}
