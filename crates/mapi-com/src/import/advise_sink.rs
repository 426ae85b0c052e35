//! An advise sink of a C program, told by the safe core.
//! Sinks that this library makes are in `export/advise_sink.rs`.

use crate::export::advise_sink::thread_of;
use crate::interfaces::IMAPIAdviseSink;
use crate::marshal::notification::c_notifications;
use crate::memory;
use mapi_defs::notification::Notification;
use mapi_spi::advise::AdviseSink;
use std::sync::Arc;
use std::thread::ThreadId;

/// Puts a program's sink behind the safe trait; a reference is held until the last owner lets go.
pub fn foreign_sink(sink: IMAPIAdviseSink) -> Arc<dyn AdviseSink> {
    let thread = thread_of(&sink);
    Arc::new(ForeignSink { sink, thread })
}

struct ForeignSink {
    sink: IMAPIAdviseSink,
    /// Where alone it may be told (HrThisThreadAdviseSink).
    thread: Option<ThreadId>,
}

// SAFETY: MAPI lets a sink be told from any thread; IMAPIAdviseSink's reference demands it of clients.
unsafe impl Send for ForeignSink {}
// SAFETY: as above.
unsafe impl Sync for ForeignSink {}

impl AdviseSink for ForeignSink {
    fn on_notify(&self, notifications: &[Notification]) {
        let block = match c_notifications(notifications) {
            Ok(block) => block,
            Err(error) => {
                tracing::warn!(target: "mapi::call", %error, "a sink is not told");
                return;
            }
        };
        // SAFETY: the sink lives as long as `self`; the block holds as many notifications, for the call.
        unsafe { self.sink.OnNotify(notifications.len() as u32, block) };
        memory::free(block.cast());
    }

    fn thread(&self) -> Option<ThreadId> {
        self.thread
    }
}
