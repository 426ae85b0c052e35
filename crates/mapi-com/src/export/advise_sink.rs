//! Advise sinks that this library makes: one that calls a function, and one that is told on the thread
//! that wrapped it.
//! Sinks of programs that the safe core calls are another matter; they are wrapped where Advise is.

use super::own::{self, Own};
use crate::abi::{NOTIFICATION, NotifCallback};
use crate::guard;
use crate::interfaces::{IMAPIAdviseSink, IMAPIAdviseSink_Impl};
use crate::marshal::block::buffer;
use crate::marshal::notification::put_c_notifications;
use crate::marshal::{array, invalid};
use crate::memory;
use mapi_defs::Result;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use windows_core::implement;

/// Makes an advise sink that calls a function (HrAllocAdviseSink).
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the function is NULL.
///
/// # Safety
/// The function may be called with this context from any thread for as long as the sink lives.
pub unsafe fn callback_sink(callback: NotifCallback, context: *mut c_void) -> Result<IMAPIAdviseSink> {
    if callback.is_none() {
        return Err(invalid("HrAllocAdviseSink", "the function is NULL"));
    }
    Ok(CallbackSink { callback, context }.into())
}

/// Wraps an advise sink so that it is told on the calling thread (HrThisThreadAdviseSink); the wrapper
/// holds a reference to it.
pub fn this_thread_sink(sink: IMAPIAdviseSink) -> IMAPIAdviseSink {
    own::export(ThreadSink { sink, thread: thread::current().id() })
}

/// The thread that a sink was bound to by [`this_thread_sink`].
pub(crate) fn thread_of(sink: &IMAPIAdviseSink) -> Option<ThreadId> {
    own::known::<ThreadSink>(sink).map(|bound| bound.thread)
}

#[implement(IMAPIAdviseSink)]
struct CallbackSink {
    callback: NotifCallback,
    context: *mut c_void,
}

impl IMAPIAdviseSink_Impl for CallbackSink_Impl {
    unsafe fn OnNotify(&self, count: u32, notifications: *mut NOTIFICATION) -> u32 {
        guard::value("IMAPIAdviseSink::OnNotify", 0, || {
            // SAFETY: whoever made the sink promised a function that takes this context.
            let answer = self.callback.map(|call| unsafe { call(self.context, count, notifications) });
            Ok(answer.unwrap_or(0) as u32)
        })
    }
}

#[implement(IMAPIAdviseSink)]
struct ThreadSink {
    sink: IMAPIAdviseSink,
    thread: ThreadId,
}

impl Own for ThreadSink {
    type Face = IMAPIAdviseSink;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        &VTABLE
    }
}

impl IMAPIAdviseSink_Impl for ThreadSink_Impl {
    unsafe fn OnNotify(&self, count: u32, notifications: *mut NOTIFICATION) -> u32 {
        const CALL: &str = "IMAPIAdviseSink::OnNotify";
        guard::value(CALL, 0, || {
            if self.thread == thread::current().id() {
                // What came earlier from other threads is told first.
                dispatch();
                // SAFETY: the notifier's notifications, handed on; the sink lives as long as its wrapper.
                return Ok(unsafe { self.sink.OnNotify(count, notifications) });
            }
            // SAFETY: the notifier's notifications.
            let all = unsafe { array(notifications, count, CALL) }?;
            if all.is_empty() {
                return Err(invalid(CALL, "there is nothing to tell"));
            }
            // SAFETY: as above.
            let copy = buffer(|writer| unsafe { put_c_notifications(writer, all, CALL) })?;
            queues().entry(self.thread).or_default().push_back(Waiting {
                sink: self.sink.clone(),
                copy,
                count,
            });
            WAITING.fetch_add(1, Ordering::Release);
            Ok(0)
        })
    }
}

/// Tells the sinks of the calling thread what is waiting for them, in the order it came.
pub fn dispatch() {
    if WAITING.load(Ordering::Acquire) == 0 {
        return;
    }
    let thread = thread::current().id();
    loop {
        let mut queues = queues();
        let Some(queue) = queues.get_mut(&thread) else { return };
        let Some(waiting) = queue.pop_front() else {
            queues.remove(&thread);
            return;
        };
        drop(queues);
        WAITING.fetch_sub(1, Ordering::AcqRel);
        // SAFETY: the copy holds `count` notifications and lives until it is dropped; no lock is held.
        unsafe { waiting.sink.OnNotify(waiting.count, waiting.copy) };
    }
}

/// Notifications on their way to a thread.
struct Waiting {
    sink: IMAPIAdviseSink,
    copy: *mut NOTIFICATION,
    count: u32,
}

// SAFETY: MAPI's objects may be used from any thread, so the sink may be; the copy is nobody else's.
unsafe impl Send for Waiting {}

impl Drop for Waiting {
    fn drop(&mut self) {
        memory::free(self.copy.cast());
    }
}

/// Notifications waiting in all queues, so that a call without any looks at one number.
static WAITING: AtomicUsize = AtomicUsize::new(0);

static QUEUES: LazyLock<Mutex<HashMap<ThreadId, VecDeque<Waiting>>>> = LazyLock::new(Mutex::default);

fn queues() -> MutexGuard<'static, HashMap<ThreadId, VecDeque<Waiting>>> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}
