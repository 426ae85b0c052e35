//! `MsgSession`: messages in files that are closed together (OpenIMsgSession, CloseIMsgSession).
//!
//! What a message in a file can do is `imessage.rs`.

use crate::message::MsgFile;
use mapi_defs::Result;
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObject, OpenObjects};
use mapi_spi::message::Message as IMessage;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long closing waits for calls that other threads have running.
const PATIENCE: Duration = Duration::from_secs(10);

/// A group of messages in files that one call closes.
///
/// Objects opened through the messages, such as attachments and embedded messages, belong to the
/// session when they are entered with [`Handle::child`].
///
/// # Source
/// OpenIMsgSession, OpenIMsgOnIStg, CloseIMsgSession.
#[derive(Debug)]
pub struct MsgSession {
    gate: Arc<Gate>,
    book: Arc<OpenObjects>,
}

/// What a message session had open when it was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MsgSessionEnd {
    /// Objects opened in the session.
    pub opened: u64,
    /// Objects closed before the session was.
    pub closed: u64,
    /// The oldest of those that were still open, at most a hundred.
    pub left_open: Vec<OpenObject>,
    /// How long closing took.
    pub took: Duration,
}

impl MsgSession {
    /// Opens a session (OpenIMsgSession).
    pub fn open() -> Self {
        // Numbers of message sessions have the top bit, so that they are never a MAPI session's.
        static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
        let gate = Gate::new(NEXT.fetch_add(1, Ordering::Relaxed));
        Self { gate: Arc::new(gate), book: Arc::default() }
    }

    /// Opens the message in a file (OpenIMsgOnIStg).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session is closed.
    /// - `MAPI_E_CORRUPT_DATA`: the file holds no message that can be read.
    #[track_caller]
    pub fn open_message(&self, file: &MsgFile) -> Result<Handle<dyn IMessage>> {
        // The pass is of this session, so that a close waits for the opening.
        let _pass = self.gate.enter()?;
        let message: Arc<dyn IMessage> = Arc::new(file.message()?);
        Ok(Handle::new(message, self.gate.clone(), &self.book, "IMessage", "message in a file".to_owned()))
    }

    /// Closes every message and everything opened through them, and says what was still open
    /// (CloseIMsgSession). Closing twice changes nothing.
    ///
    /// Waits at most 10 s for calls that other threads have running; later calls answer
    /// `MAPI_E_INVALID_OBJECT`.
    pub fn close(&self) -> MsgSessionEnd {
        const LISTED: usize = 100;
        let began = Instant::now();
        self.gate.close();
        self.gate.wait_idle(PATIENCE);
        let left_open = self.book.oldest(LISTED);
        MsgSessionEnd {
            opened: self.book.opened(),
            closed: self.book.closed(),
            left_open,
            took: began.elapsed(),
        }
    }
}

impl Drop for MsgSession {
    fn drop(&mut self) {
        self.gate.close();
    }
}
