//! `Watch`: hears of changes that other programs make to profiles, by the kernel's word about their folder
//! (inotify). It is there only while a manager has sinks.
//!
//! Profile files are put into their place by renaming, so that a name that appears or goes is all there is
//! to hear. What changed is found by reading.

use mapi_defs::{Error, ErrorCode, Result};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::{Errno, write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

/// Octets of events read at once.
const EVENT_BYTES: usize = 4096;

/// A thread that waits for changes. It ends when this is dropped, and nobody waits for it: a sink may be
/// what drops it.
pub(super) struct Watch {
    stop: Arc<OwnedFd>,
}

impl Watch {
    /// Calls `changed` after every change of the folder.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: the kernel has no watch or thread left.
    pub(super) fn start(folder: &Path, changed: impl Fn() + Send + 'static) -> Result<Self> {
        let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(|error| spent(&error))?;
        let flags = WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM | WatchFlags::DELETE | WatchFlags::ONLYDIR;
        add_watch(&watch, folder, flags).map_err(|error| spent(&error))?;
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(|error| spent(&error))?);
        let heard = stop.clone();
        // Owned by the watch, stopped by its end, waited for by nobody.
        let thread = std::thread::Builder::new().name("mapi-accounts".into());
        thread.spawn(move || listen(&watch, &heard, &changed)).map_err(|error| spent(&error))?;
        Ok(Self { stop })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Err(error) = write(&*self.stop, &1_u64.to_ne_bytes()) {
            tracing::debug!(%error, "a watch of profiles goes on with nobody to hear it");
        }
    }
}

fn listen(watch: &OwnedFd, stop: &OwnedFd, changed: &dyn Fn()) {
    let mut buffer = [MaybeUninit::uninit(); EVENT_BYTES];
    loop {
        let mut ready = [PollFd::new(watch, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) if !ready[1].revents().is_empty() => return,
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        let mut events = Reader::new(watch, &mut buffer);
        let mut is_changed = false;
        // Ends with EAGAIN, once everything was read.
        while events.next().is_ok() {
            is_changed = true;
        }
        if is_changed {
            changed();
        }
    }
}

fn spent(error: &dyn std::error::Error) -> Error {
    let detail = format!("changes of other programs cannot be waited for: {error}");
    Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "AccountManager::advise", detail)
}
