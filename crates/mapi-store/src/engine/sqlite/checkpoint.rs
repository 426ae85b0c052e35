//! Writing the log back into the store file, on a thread of its own, out of the way of saves.
//!
//! The engine owns the thread; closing the signal stops it; closing the engine joins it.

use super::open::{Reach, connect};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Pages in the log after which it is written back: 4 MiB.
const PAGES: u64 = 1024;

/// Tells the thread when there is work.
#[derive(Debug)]
pub(super) struct Checkpoints {
    pages: AtomicU64,
    signal: Mutex<Option<SyncSender<()>>>,
}

impl Checkpoints {
    /// A signal to a thread that runs [`work`].
    pub(super) fn new(signal: SyncSender<()>) -> Self {
        Self { pages: AtomicU64::new(0), signal: Mutex::new(Some(signal)) }
    }

    /// Counts pages that went into the log, and wakes the thread once they are many.
    pub(super) fn written(&self, pages: u64) {
        if self.pages.fetch_add(pages, Ordering::Relaxed) + pages < PAGES {
            return;
        }
        let signal = self.signal.lock().unwrap_or_else(PoisonError::into_inner);
        // A signal that is there already is enough.
        if let Some(Ok(()) | Err(TrySendError::Full(()))) = signal.as_ref().map(|signal| signal.try_send(()))
        {
            self.pages.store(0, Ordering::Relaxed);
        }
    }

    /// Ends the thread after the work it is at.
    pub(super) fn close(&self) {
        self.signal.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Writes the log back whenever it is told to, until the signal is closed.
pub(super) fn work(path: &Path, signal: &Receiver<()>) {
    let mut connection: Option<Connection> = None;
    while signal.recv().is_ok() {
        let Some(open) = connection.take().or_else(|| connect(path, Reach::Write, Duration::ZERO).ok())
        else {
            continue;
        };
        // PASSIVE waits for nobody and stops nobody; what it leaves is done the next time.
        let done = open.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match done {
            Ok(done) => {
                tracing::trace!(?done, "the log was written back");
                connection = Some(open);
            }
            // Saves go on in the log; a fresh connection tries again.
            Err(error) => tracing::debug!(%error, "the log could not be written back"),
        }
    }
}
