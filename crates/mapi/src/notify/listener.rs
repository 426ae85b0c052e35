//! `Listener`: one sink of a session with the events that wait for it.
//!
//! What waits is bounded, in events and in bytes. A sink that falls behind is told one thing in place of all
//! that it missed: a table to read again, an object that was modified.

use super::this_thread;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use mapi_defs::EntryId;
use mapi_defs::notification::{EventMask, Notification, ObjectEvent, TableEvent};
use mapi_defs::prop::Prop;
use mapi_defs::row::Row;
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::Gate;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

/// Events that wait for one sink, at most.
pub const WAITING_EVENTS: usize = 4_096;
/// Bytes of the events that wait for one sink, at most, about.
pub const WAITING_BYTES: usize = 1 << 20;
/// Events of one call of a sink, at most.
const BATCH: usize = 256;
/// Critical errors that are kept for a sink that has fallen behind.
const CRITICAL: usize = 16;

/// Owners of listeners' gates, far from those of sessions.
static NEXT_OWNER: AtomicU64 = AtomicU64::new(1 << 62);

/// What a sink that has fallen behind is told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum CatchUp {
    /// TABLE_RELOAD.
    Reload,
    /// The object that it listens to was modified, whatever the mask is; empty for the whole store.
    Modified(EntryId),
    /// The newest event: of a session, whose events say no more than themselves.
    Newest,
}

/// Where a listener's events come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The session itself.
    Session,
    /// The session's address book.
    AddressBook,
    /// Objects behind the gate of a logon.
    Behind(Arc<Gate>),
    /// A provider that listens for itself.
    Support,
}

impl Source {
    fn words(&self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::AddressBook => "address book",
            Self::Behind(_) => "object",
            Self::Support => "provider",
        }
    }
}

/// One sink.
pub(super) struct Listener {
    pub(super) connection: Connection,
    pub(super) mask: EventMask,
    pub(super) source: Source,
    catch_up: CatchUp,
    /// The thread that alone may call the sink.
    pub(super) thread: Option<ThreadId>,
    owner: u64,
    /// Closed once the sink is not to be called any more; inside while it is called.
    pub(super) gate: Gate,
    sink: Mutex<Option<Arc<dyn AdviseSink>>>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Notification>,
    bytes: usize,
    /// True while it stands in a queue of those to be told, or is being told.
    is_listed: bool,
    has_fallen_behind: bool,
}

impl Listener {
    pub(super) fn new(
        connection: Connection,
        mask: EventMask,
        source: Source,
        catch_up: CatchUp,
        sink: Arc<dyn AdviseSink>,
    ) -> Self {
        let owner = NEXT_OWNER.fetch_add(1, Ordering::Relaxed);
        Self {
            connection,
            mask,
            source,
            catch_up,
            thread: sink.thread(),
            owner,
            gate: Gate::new(owner),
            sink: Mutex::new(Some(sink)),
            waiting: Mutex::default(),
        }
    }

    /// What an account calls it.
    pub(super) fn name(&self) -> String {
        format!("{} advise {}", self.source.words(), self.connection.0)
    }

    /// Adds events to those that wait. True where the listener is to be put into a queue of those to be
    /// told; it stays there until [`Listener::tell`] says that nothing waits.
    pub(super) fn put(&self, notifications: &[Notification]) -> bool {
        let mut waiting = lock(&self.waiting);
        for notification in notifications {
            waiting.put(notification, &self.catch_up);
        }
        !waiting.events.is_empty() && !std::mem::replace(&mut waiting.is_listed, true)
    }

    /// True where events wait that no call has begun to tell.
    pub(super) fn has_waiting(&self) -> bool {
        !lock(&self.waiting).events.is_empty() && !self.gate.is_closed()
    }

    /// Calls the sink with what waits, unless it was cancelled; a panic of the sink is logged. True where
    /// more has come meanwhile.
    pub(super) fn tell(&self) -> bool {
        self.call();
        let mut waiting = lock(&self.waiting);
        waiting.is_listed = !waiting.events.is_empty() && !self.gate.is_closed();
        waiting.is_listed
    }

    /// Calls the sink with what waits although it is running, on the very thread it runs on.
    pub(super) fn tell_within(&self) {
        while self.call() {}
    }

    /// True where the sink was called. What waits is taken inside the gate: an event that waits no longer is
    /// told by a call that the session's end waits for.
    fn call(&self) -> bool {
        let Ok(_pass) = self.gate.enter() else { return false };
        let batch = lock(&self.waiting).take();
        let sink = lock(&self.sink).clone();
        let Some(sink) = sink.filter(|_| !batch.is_empty()) else { return false };
        if catch_unwind(AssertUnwindSafe(|| sink.on_notify(&batch))).is_err() {
            tracing::error!(sink = self.name(), "a sink panicked");
        }
        true
    }

    /// Keeps the sink from being called and lets it go; a call that is running lets it go when it returns.
    pub(super) fn cancel(&self) {
        self.gate.close();
        this_thread::unlist(self);
        let left = std::mem::take(&mut lock(&self.waiting).events);
        let sink = lock(&self.sink).take();
        // Dropping a sink may call anything.
        drop((left, sink));
    }

    /// Waits for a call of the sink that is running in another thread, at most so long. True where none is.
    pub(super) fn wait_returned(&self, patience: Duration) -> bool {
        Gate::entered_by_this_thread(self.owner) || self.gate.wait_idle(patience)
    }
}

impl Waiting {
    fn put(&mut self, notification: &Notification, catch_up: &CatchUp) {
        let is_critical = is_critical(notification);
        if self.has_fallen_behind && *catch_up != CatchUp::Newest && !is_critical {
            // What is told for all that was missed is true of this, too.
            return;
        }
        self.bytes += bytes(notification);
        self.events.push_back(notification.clone());
        if self.events.len() > WAITING_EVENTS || self.bytes > WAITING_BYTES {
            self.fall_behind(catch_up);
        }
    }

    fn fall_behind(&mut self, catch_up: &CatchUp) {
        tracing::warn!(events = self.events.len(), "a sink is too slow and has fallen behind");
        let newest = self.events.pop_back();
        self.events.retain(is_critical);
        let too_many = self.events.len().saturating_sub(CRITICAL);
        self.events.drain(..too_many);
        self.events.extend(match catch_up {
            CatchUp::Reload => Some(Notification::Table(TableEvent::Reload)),
            CatchUp::Modified(id) => Some(modified(id)),
            CatchUp::Newest => newest,
        });
        self.events.shrink_to_fit();
        self.bytes = 0;
        self.has_fallen_behind = true;
    }

    fn take(&mut self) -> Vec<Notification> {
        let count = self.events.len().min(BATCH);
        let batch: Vec<Notification> = self.events.drain(..count).collect();
        if self.events.is_empty() {
            self.events = VecDeque::new();
            (self.bytes, self.has_fallen_behind) = (0, false);
        } else {
            self.bytes = self.bytes.saturating_sub(batch.iter().map(bytes).sum());
        }
        batch
    }
}

fn modified(id: &EntryId) -> Notification {
    const STORE: u32 = 1;
    let object_type = if id.is_empty() { STORE } else { 0 };
    let object = ObjectEvent { object_type, entry_id: id.clone(), ..ObjectEvent::default() };
    Notification::Object { event: EventMask::OBJECT_MODIFIED, object }
}

fn is_critical(notification: &Notification) -> bool {
    matches!(notification, Notification::CriticalError { .. })
}

/// About how much memory an event takes.
fn bytes(notification: &Notification) -> usize {
    let row = |row: &Row| -> usize {
        row.props.iter().map(|prop| size_of::<Prop>() + prop.value.size_bytes()).sum()
    };
    let key = |key: &Option<Vec<u8>>| key.as_ref().map_or(0, Vec::len);
    let id = |id: &EntryId| id.as_bytes().len();
    let held: usize = match notification {
        Notification::CriticalError { entry_id, message, .. } => id(entry_id) + message.len(),
        Notification::NewMail { entry_id, parent_id, message_class, .. } => {
            id(entry_id) + id(parent_id) + message_class.len()
        }
        Notification::Object { object, .. } => {
            let old = [&object.old_id, &object.old_parent_id].into_iter().flatten().map(id).sum::<usize>();
            id(&object.entry_id) + id(&object.parent_id) + old + 4 * object.tags.len()
        }
        Notification::Table(TableEvent::Reload) => 0,
        Notification::Table(TableEvent::RowDeleted { index }) => index.len(),
        Notification::Table(
            TableEvent::RowAdded { index, prior, row: cells }
            | TableEvent::RowModified { index, prior, row: cells },
        ) => index.len() + key(prior) + row(cells),
        Notification::Extended { parameters, .. } => parameters.len(),
    };
    size_of::<Notification>() + held
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(catch_up: CatchUp) -> Listener {
        let sink = Arc::new(|_: &[Notification]| {});
        Listener::new(Connection(1), EventMask(u32::MAX), Source::Session, catch_up, sink)
    }

    fn extended(event: u32) -> Notification {
        Notification::Extended { event, parameters: Vec::new() }
    }

    fn put(listener: &Listener, events: std::ops::Range<u32>) {
        for event in events {
            listener.put(&[extended(event)]);
        }
    }

    fn drain(listener: &Listener) -> Vec<Notification> {
        let mut waiting = lock(&listener.waiting);
        std::iter::from_fn(|| Some(waiting.take()).filter(|batch| !batch.is_empty())).flatten().collect()
    }

    fn critical() -> Notification {
        let entry_id = EntryId::default();
        Notification::CriticalError { entry_id, code: mapi_defs::ErrorCode::CALL_FAILED, message: "x".into() }
    }

    #[test]
    fn what_waits_is_told_in_order_until_the_bound_and_then_as_one() {
        let listener = listener(CatchUp::Reload);
        put(&listener, 0..WAITING_EVENTS as u32);
        let all = drain(&listener);
        assert!(all.iter().zip(0..).all(|(told, event)| *told == extended(event)), "nothing is lost");
        assert_eq!(all.len(), WAITING_EVENTS);
        put(&listener, 0..WAITING_EVENTS as u32 + 2);
        assert_eq!(drain(&listener), [Notification::Table(TableEvent::Reload)], "told in place of all");
        put(&listener, 8..9);
        assert_eq!(drain(&listener), [extended(8)], "and from then on all again");
    }

    #[test]
    fn bytes_count_as_well_as_events() {
        let listener = listener(CatchUp::Modified(EntryId::default()));
        let large = Notification::Extended { event: 1, parameters: vec![0; WAITING_BYTES / 4] };
        for _ in 0..4 {
            listener.put(std::slice::from_ref(&large));
        }
        assert_eq!(drain(&listener), [modified(&EntryId::default())]);
    }

    #[test]
    fn a_critical_error_outlasts_falling_behind() {
        let listener = listener(CatchUp::Newest);
        listener.put(&[critical()]);
        put(&listener, 0..10 * WAITING_EVENTS as u32);
        let all = drain(&listener);
        assert_eq!(all.first(), Some(&critical()));
        assert_eq!(all.last(), Some(&extended(10 * WAITING_EVENTS as u32 - 1)));
        assert!(all.len() <= WAITING_EVENTS + CRITICAL);
    }
}
