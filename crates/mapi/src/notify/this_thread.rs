//! Sinks that are told on one thread alone (HrThisThreadAdviseSink): while that thread dispatches, or at the
//! entry of its next call of MAPI, before that enters any gate — so that such a sink may even log off.
//!
//! What waits for a thread that never calls again is bounded like any sink's (`listener.rs`).

use super::listener::Listener;
use crate::initialize;
use mapi_defs::Result;
use mapi_defs::notification::Notification;
use mapi_spi::advise::AdviseSink;
use mapi_spi::gate::Gate;
use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

/// Binds a sink to the calling thread (HrThisThreadAdviseSink): wherever it is advised, it is told on this
/// thread alone, by [`dispatch_notifications`] or at the entry of any call of the library's objects.
pub fn this_thread_sink(sink: Arc<dyn AdviseSink>) -> Arc<dyn AdviseSink> {
    Arc::new(ThisThread { sink, thread: thread::current().id() })
}

/// Tells the sinks of the calling thread what waits for them (HrDispatchNotifications).
///
/// # Errors
/// - `MAPI_E_NOT_INITIALIZED`: MAPI is not initialised.
///
/// # Differs
/// Nothing asks a program to quit here, so `MAPI_E_USER_CANCEL` is never answered.
pub fn dispatch_notifications() -> Result<()> {
    initialize::check("HrDispatchNotifications")?;
    tell_here();
    Ok(())
}

struct ThisThread {
    sink: Arc<dyn AdviseSink>,
    thread: ThreadId,
}

impl AdviseSink for ThisThread {
    fn on_notify(&self, notifications: &[Notification]) {
        self.sink.on_notify(notifications);
    }

    fn thread(&self) -> Option<ThreadId> {
        Some(self.thread)
    }
}

/// Listeners in all queues, so that a call looks at one number where nothing waits.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Listeners with something to hear, by their thread. Weak: who is cancelled hears no more.
static QUEUES: LazyLock<Mutex<HashMap<ThreadId, VecDeque<Weak<Listener>>>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// True while the thread tells its sinks; what comes meanwhile is told after.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Puts a listener that is bound to a thread into that thread's queue.
pub(super) fn list(listener: &Arc<Listener>) {
    let Some(thread) = listener.thread else { return };
    queues().entry(thread).or_default().push_back(Arc::downgrade(listener));
    WAITING.fetch_add(1, Ordering::Release);
}

/// Takes a listener out that is not to be told any more.
pub(super) fn unlist(listener: &Listener) {
    let Some(thread) = listener.thread else { return };
    let mut queues = queues();
    let Some(queue) = queues.get_mut(&thread) else { return };
    let before = queue.len();
    queue.retain(|waiting| !std::ptr::eq(waiting.as_ptr(), listener));
    WAITING.fetch_sub(before - queue.len(), Ordering::AcqRel);
    if queue.is_empty() {
        queues.remove(&thread);
    }
}

/// At the entry of a call: tells what waits, unless the thread is in a call already.
pub(crate) fn dispatch_at_entry() {
    if WAITING.load(Ordering::Acquire) != 0 && !Gate::is_any_entered() {
        tell_here();
    }
}

/// Tells what waits for this thread.
pub(super) fn tell_here() {
    if WAITING.load(Ordering::Acquire) == 0 || IS_TELLING.replace(true) {
        return;
    }
    let thread = thread::current().id();
    // As many as there are now: a sink that causes events for itself does not keep the thread for ever.
    let mut left = queues().get(&thread).map_or(0, VecDeque::len);
    while left > 0 {
        left -= 1;
        let Some(next) = next(thread) else { break };
        if let Some(listener) = next.upgrade()
            && listener.tell()
        {
            list(&listener);
        }
    }
    IS_TELLING.set(false);
}

fn next(thread: ThreadId) -> Option<Weak<Listener>> {
    let mut queues = queues();
    let queue = queues.get_mut(&thread)?;
    let next = queue.pop_front();
    if queue.is_empty() {
        queues.remove(&thread);
    }
    if next.is_some() {
        WAITING.fetch_sub(1, Ordering::AcqRel);
    }
    next
}

fn queues() -> MutexGuard<'static, HashMap<ThreadId, VecDeque<Weak<Listener>>>> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}
