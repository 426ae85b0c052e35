//! `MsgSession`: messages in files that are closed together (OpenIMsgSession, CloseIMsgSession).
//!
//! What a message in a file can do is `imessage.rs`, what one on a storage can `imsg/`.

use crate::imsg::{OnStorage, OnStorageFlags, Shared, open_on_storage};
use crate::message::MsgFile;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObject, OpenObjects};
use mapi_spi::message::Message as IMessage;
use mapi_spi::storage::Storage;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
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
pub struct MsgSession {
    gate: Arc<Gate>,
    book: Arc<OpenObjects>,
    unicode: bool,
    /// The messages on storages, which have to let go of them at the close.
    on_storages: Mutex<Vec<Weak<Shared>>>,
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
        Self::new(false)
    }

    /// Opens a session whose flags say how its new messages keep their text (OpenIMsgSession).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: a flag other than [`OnStorageFlags::UNICODE`].
    pub fn open_with(flags: OnStorageFlags) -> Result<Self> {
        if !OnStorageFlags::UNICODE.contains(flags) {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "OpenIMsgSession", "an undefined flag"));
        }
        Ok(Self::new(flags.contains(OnStorageFlags::UNICODE)))
    }

    fn new(unicode: bool) -> Self {
        // Numbers of message sessions have the top bit, so that they are never a MAPI session's.
        static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
        let gate = Gate::new(NEXT.fetch_add(1, Ordering::Relaxed));
        Self { gate: Arc::new(gate), book: Arc::default(), unicode, on_storages: Mutex::default() }
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

    /// Opens the message on a storage, or makes one on an empty storage (OpenIMsgOnIStg).
    ///
    /// Whatever is opened through the message ends with the session, entered or not.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session is closed.
    /// - As [`open_on_storage`](crate::open_on_storage).
    #[track_caller]
    pub fn open_on_storage(
        &self,
        storage: Arc<dyn Storage>,
        mut with: OnStorage,
    ) -> Result<Handle<dyn IMessage>> {
        let _pass = self.gate.enter()?;
        if self.unicode {
            with.flags = with.flags | OnStorageFlags::UNICODE;
        }
        let message = open_on_storage(storage, with)?;
        let closing = Arc::clone(message.closing());
        {
            let mut all = self.on_storages.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|closing| closing.strong_count() > 0);
            all.push(Arc::downgrade(&closing));
        }
        if self.gate.is_closed() {
            // The session was closed and did not wait for this call.
            closing.close();
        }
        let name = "message on a storage".to_owned();
        Ok(Handle::new(message as Arc<dyn IMessage>, self.gate.clone(), &self.book, "IMessage", name))
    }

    /// Closes every message and everything opened through them, and says what was still open
    /// (CloseIMsgSession). Closing twice changes nothing.
    ///
    /// Changes that were not saved are lost, storages are let go of, and the release callback of each
    /// message on a storage runs unless it has run before.
    ///
    /// Waits at most 10 s for calls that other threads have running; later calls answer
    /// `MAPI_E_INVALID_OBJECT`.
    pub fn close(&self) -> MsgSessionEnd {
        const LISTED: usize = 100;
        let began = Instant::now();
        self.gate.close();
        self.gate.wait_idle(PATIENCE);
        let left_open = self.book.oldest(LISTED);
        self.end_messages();
        MsgSessionEnd {
            opened: self.book.opened(),
            closed: self.book.closed(),
            left_open,
            took: began.elapsed(),
        }
    }
}

impl MsgSession {
    /// Ends the messages on storages; callbacks run without any lock.
    fn end_messages(&self) {
        let all = std::mem::take(&mut *self.on_storages.lock().unwrap_or_else(PoisonError::into_inner));
        all.iter().filter_map(Weak::upgrade).for_each(|closing| closing.close());
    }
}

impl Drop for MsgSession {
    fn drop(&mut self) {
        self.gate.close();
        self.end_messages();
    }
}

impl fmt::Debug for MsgSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MsgSession")
            .field("gate", &self.gate)
            .field("book", &self.book)
            .finish_non_exhaustive()
    }
}
