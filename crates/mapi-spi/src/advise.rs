//! `AdviseSink`: who is told of events (IMAPIAdviseSink), and `Connection`, its receipt.

use mapi_defs::notification::Notification;
use std::ops::ControlFlow;
use std::thread::ThreadId;

/// The receipt of an advise (ulConnection); never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Connection(pub u64);

/// Told of events. Called outside gates and locks, so it may call anything, Logoff included.
pub trait AdviseSink: Send + Sync {
    /// Something happened; the notifications are in the order they came about.
    fn on_notify(&self, notifications: &[Notification]);

    /// The same for a sink that was subscribed with NOTIFY_SYNC. `Break` keeps the sinks after it from
    /// being called (CALLBACK_DISCONTINUE).
    fn on_sync_notify(&self, notifications: &[Notification]) -> ControlFlow<()> {
        self.on_notify(notifications);
        ControlFlow::Continue(())
    }

    /// The thread on which alone the sink may be called (HrThisThreadAdviseSink); none for any thread.
    fn thread(&self) -> Option<ThreadId> {
        None
    }
}

impl<F: Fn(&[Notification]) + Send + Sync> AdviseSink for F {
    fn on_notify(&self, notifications: &[Notification]) {
        self(notifications);
    }
}
