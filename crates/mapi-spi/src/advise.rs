//! `AdviseSink`: who is told of events (IMAPIAdviseSink), and `Connection`, its receipt.

use mapi_defs::notification::Notification;

/// The receipt of an advise (ulConnection); never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Connection(pub u64);

/// Told of events. Called outside gates and locks, so it may call anything, Logoff included.
pub trait AdviseSink: Send + Sync {
    /// Something happened; the notifications are in the order they came about.
    fn on_notify(&self, notifications: &[Notification]);
}

impl<F: Fn(&[Notification]) + Send + Sync> AdviseSink for F {
    fn on_notify(&self, notifications: &[Notification]) {
        self(notifications);
    }
}
