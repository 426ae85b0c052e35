//! `Spooler`: what a session wants of the program that empties its queues (the MAPI spooler).
//!
//! The session opens the stores and transports and hands them over; the spooler works on a thread of
//! its own until it is stopped. Its states and timing are in `mapi-spooler`.

use crate::hook::{Preprocessor, SpoolerHook};
use crate::message::Message;
use crate::msg_store::MsgStore;
use crate::no_support;
use crate::provider::transport::{TransportLogonFlags, XpLogon};
use crate::support::SpoolerNotify;
use mapi_defs::flags::StoreLogoffFlags;
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, FileTime, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Starts spoolers.
pub trait Spooler: Send + Sync {
    /// Starts a spooler over one store and the transports of a profile, in transport order.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started.
    fn start(&self, work: SpoolerWork) -> Result<Arc<dyn RunningSpooler>>;
}

/// What a spooler works on.
#[derive(Clone)]
pub struct SpoolerWork {
    /// The default store, by a logon of the spooler's own.
    pub store: Arc<dyn MsgStore>,
    /// The transports, in transport order.
    pub transports: Vec<SpoolerTransport>,
    /// A file whose lock belongs to the one spooler at work on this store, in whatever process.
    pub lease: PathBuf,
    /// True where a recipient in doubt is left alone until somebody decides; else the message is sent to it
    /// again, the same as before.
    pub hold_in_doubt: bool,
    /// Tells the present moment.
    pub now: Arc<dyn Fn() -> FileTime + Send + Sync>,
}

/// One transport of a profile.
#[derive(Clone)]
pub struct SpoolerTransport {
    /// The transport's name in messages and accounts.
    pub name: String,
    /// Its logon.
    pub logon: Arc<dyn XpLogon>,
    /// How often it wants to be called.
    pub flags: TransportLogonFlags,
    /// The store that its account brings along, by a logon of the spooler's own: there its mail arrives.
    /// Without one it arrives in the default store.
    pub store: Option<Arc<dyn MsgStore>>,
}

impl SpoolerTransport {
    /// A transport whose mail arrives in the default store.
    pub fn new(name: &str, logon: Arc<dyn XpLogon>, flags: TransportLogonFlags) -> Self {
        Self { name: name.to_owned(), logon, flags, store: None }
    }
}

/// A spooler at work.
pub trait RunningSpooler: Send + Sync {
    /// Sending is possible again, or the queue is worth a look (NOTIFY_READYTOSEND).
    fn wake(&self);

    /// Sends what waits (FlushQueues with FLUSH_UPLOAD); returns once the queue is empty, nothing in
    /// it can be sent now, or `patience` has passed. True where the queue is empty.
    ///
    /// # Errors
    /// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
    fn flush(&self, patience: Duration) -> Result<bool>;

    /// As [`RunningSpooler::flush`], of what goes by the transport at this place in transport order alone. True
    /// where nothing waits for it.
    ///
    /// # Errors
    /// Those of [`RunningSpooler::flush`]; `MAPI_E_NO_SUPPORT`: this spooler sends everything or nothing.
    fn flush_through(&self, transport: usize, patience: Duration) -> Result<bool> {
        let _ = (transport, patience);
        no_support("RunningSpooler::flush_through")
    }

    /// As [`RunningSpooler::flush_through`], without waiting for the end.
    fn start_flush_through(&self, transport: usize) {
        let _ = transport;
        self.start_flush();
    }

    /// Hands in what the transports have for this profile (FlushQueues with FLUSH_DOWNLOAD); returns once
    /// nothing waits any more or `patience` has passed. True where nothing waits.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this spooler receives nothing.
    /// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
    fn download(&self, patience: Duration) -> Result<bool> {
        let _ = patience;
        no_support("RunningSpooler::download")
    }

    /// As [`RunningSpooler::download`], of the transports at these places in transport order alone.
    ///
    /// # Errors
    /// As [`RunningSpooler::download`].
    fn download_from(&self, transports: &[usize], patience: Duration) -> Result<bool> {
        let _ = (transports, patience);
        no_support("RunningSpooler::download_from")
    }

    /// The transport at this place in transport order has something to hand in (NOTIFY_NEWMAIL). One that
    /// was not told that work begins, or was told that it ends, is not heard.
    fn new_mail(&self, transport: usize) {
        let _ = transport;
    }

    /// Has somebody hand in one message at once, into the default store: it is created in the receive folder,
    /// filled by `from` (StartMessage), shown to hooks and told of. True where a message arrived, false where
    /// nothing was saved.
    ///
    /// # Errors
    /// Those of `from` and of the store: nothing arrived.
    fn hand_in(&self, from: &dyn XpLogon) -> Result<bool> {
        let _ = from;
        no_support("RunningSpooler::hand_in")
    }

    /// What became of incoming mail so far, for each transport in transport order.
    fn inbound(&self) -> Vec<InboundState> {
        Vec::new()
    }

    /// What the queue held when last looked at, and what became of messages so far.
    fn queue(&self) -> QueueState;

    /// Messages that wait, with the moment of their next attempt (`None`: as soon as possible).
    ///
    /// # Errors
    /// Those of reading the store.
    fn waiting(&self) -> Result<Vec<(EntryId, Option<FileTime>)>>;

    /// Messages that are set aside until somebody looks into them, each with the reason.
    ///
    /// # Errors
    /// Those of reading the store.
    fn set_aside(&self) -> Result<Vec<(EntryId, String)>> {
        Ok(Vec::new())
    }

    /// True while a message is with a transport.
    fn is_sending(&self) -> bool {
        false
    }

    /// Sends what waits, as [`RunningSpooler::flush`] does, without waiting for the end.
    fn start_flush(&self) {
        self.wake();
    }

    /// The transport at this place in transport order tells something (SpoolerNotify).
    fn transport_notify(&self, transport: usize, what: &SpoolerNotify) {
        match what {
            SpoolerNotify::NewMail => self.new_mail(transport),
            _ => self.wake(),
        }
    }

    /// Registers a preprocessor of outgoing messages (RegisterPreprocessor).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this spooler has messages prepared by nobody.
    fn register_preprocessor(&self, preprocessor: Arc<dyn Preprocessor>) -> Result<()> {
        let _ = preprocessor;
        no_support("RunningSpooler::register_preprocessor")
    }

    /// True where a preprocessor has to see what is submitted.
    fn needs_preprocessing(&self) -> bool {
        false
    }

    /// Registers a hook that sees messages on their way.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this spooler shows messages to nobody.
    fn register_hook(&self, hook: Arc<dyn SpoolerHook>) -> Result<()> {
        let _ = hook;
        no_support("RunningSpooler::register_hook")
    }

    /// Makes reports of what became of recipients of a message (StatusRecips).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this spooler reports to nobody.
    fn status_recips(&self, message: &dyn Message, rows: &[Recipient]) -> Result<()> {
        let _ = (message, rows);
        no_support("RunningSpooler::status_recips")
    }

    /// Another program may have put something into the queue. A spooler looks now and then anyway; this has it
    /// look at once, where nothing else is under way.
    fn look(&self) {}

    /// A transport is about to take the step after which nobody may know whether a server has the message
    /// that it was given for these recipients (PR_ROWID). That is recorded durably before this returns.
    ///
    /// # Errors
    /// Those of saving the message; `MAPI_E_CALL_FAILED` where no transport was given it.
    fn in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        let _ = (message, row_ids);
        Ok(())
    }

    /// The store is about to lose its last client (StoreLogoffTransports): how the spooler takes its leave
    /// of it is one of `LOGOFF_NO_WAIT`, `ORDERLY`, `PURGE`, `ABORT`, `QUIET`; the answer has what is
    /// going on (`LOGOFF_*` out), with `COMPLETE` where the store is given up. A spooler that gave it up
    /// begins nothing and lets go of the lease, until [`RunningSpooler::store_logon`] or a flush.
    ///
    /// Waiting goes on as long as there is progress, and no longer than `patience` without.
    ///
    /// # Errors
    /// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
    fn store_logoff(&self, way: StoreLogoffFlags, patience: Duration) -> Result<StoreLogoffFlags> {
        let _ = (way, patience);
        Ok(StoreLogoffFlags::COMPLETE)
    }

    /// The store has a client again, or something was submitted to it.
    fn store_logon(&self) {}

    /// Takes no new work, lets the message in process finish, tells the transports that work ends
    /// (the END_* of whatever was begun), gives up the lease and ends the thread. True where all of
    /// that happened within `patience`.
    fn stop(&self, patience: Duration) -> bool;
}

/// The file whose lock belongs to the one spooler at work on a store that is kept in a file: beside it, so
/// that all processes agree on it whatever their environment.
///
/// A store that finds a message locked by a spooler tells by it whether that spooler still lives.
pub fn lease_of(store_file: &Path) -> PathBuf {
    let mut name = store_file.as_os_str().to_owned();
    name.push(".spooler");
    PathBuf::from(name)
}

/// The queue in figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueState {
    /// Messages that left the queue through this spooler with every recipient served.
    pub sent: u64,
    /// Messages that wait.
    pub queued: u64,
    /// Messages of which nobody knows whether the server took them.
    pub in_doubt: u64,
    /// Messages of which a recipient was refused for good.
    pub refused: u64,
}

/// What one transport handed in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InboundState {
    /// False for a transport that receives nothing.
    pub receives: bool,
    /// Messages that arrived through this spooler.
    pub received: u64,
    /// Messages that the transport said were still waiting when it was last asked.
    pub waiting: u64,
    /// What it answered when it failed last, until it succeeds: code and text.
    pub fault: Option<(ErrorCode, String)>,
}

/// A property by which a transport says, before it saves a message in StartMessage, what delivery this is. The
/// store keeps one message for each value, in the same step as the message itself; a delivery that was made
/// before is not made again, and its message is not saved. Nothing but the spooler's logon is heard.
pub const DELIVERY_KEY: PropTag = PropTag::new(0x6786, PropType::BINARY);

/// What the spooler keeps with a queued message, so that the next spooler goes on where this one was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueNotes {
    /// How often the message rested with somebody waiting.
    pub passes: u32,
    /// Failures over the message in a row.
    pub faults: u32,
    /// How often a spooler began with the message and ended without a word; the store counts it.
    pub begun: u32,
    /// The moment of the next attempt; `None` as soon as possible.
    pub next: Option<FileTime>,
    /// Why the message is set aside, where it is.
    pub aside: Option<String>,
}

impl QueueNotes {
    /// Puts the notes into a row of the outgoing queue.
    pub fn write(&self, row: &mut PropList) {
        for (tag, count) in [
            (queue_notes::PASSES, self.passes),
            (queue_notes::FAULTS, self.faults),
            (queue_notes::BEGUN, self.begun),
        ] {
            if count > 0 {
                row.set(tag, count.cast_signed());
            }
        }
        if let Some(next) = self.next {
            row.set(queue_notes::NEXT, next);
        }
        if let Some(aside) = &self.aside {
            row.set(queue_notes::ASIDE, aside.as_str());
        }
    }

    /// Reads the notes from a row of the outgoing queue.
    pub fn read(row: &Row) -> Self {
        let count = |tag| row.long(tag).unwrap_or(0).max(0).unsigned_abs();
        Self {
            passes: count(queue_notes::PASSES),
            faults: count(queue_notes::FAULTS),
            begun: count(queue_notes::BEGUN),
            next: row.value(queue_notes::NEXT).and_then(PropValue::as_time),
            aside: row.text(queue_notes::ASIDE).map(str::to_owned),
        }
    }
}

/// A queued message as its owner may know it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Queued {
    /// What the spooler keeps with it.
    pub notes: QueueNotes,
    /// True where it is kept from being sent ([`MsgStore::hold`]); the queue that the spooler sees is
    /// without it.
    pub is_held: bool,
    /// True while the spooler is at work on it.
    pub is_locked: bool,
}

/// Columns of the outgoing queue for [`QueueNotes`]; those without a value are not in a row.
pub mod queue_notes {
    use mapi_defs::prop::{PropTag, PropType};

    /// [`QueueNotes::passes`](super::QueueNotes::passes).
    pub const PASSES: PropTag = PropTag::new(0x67A0, PropType::LONG);
    /// [`QueueNotes::faults`](super::QueueNotes::faults).
    pub const FAULTS: PropTag = PropTag::new(0x67A1, PropType::LONG);
    /// [`QueueNotes::begun`](super::QueueNotes::begun).
    pub const BEGUN: PropTag = PropTag::new(0x67A2, PropType::LONG);
    /// [`QueueNotes::next`](super::QueueNotes::next).
    pub const NEXT: PropTag = PropTag::new(0x67A3, PropType::SYSTIME);
    /// [`QueueNotes::aside`](super::QueueNotes::aside).
    pub const ASIDE: PropTag = PropTag::new(0x67A4, PropType::UNICODE);
}

/// Recipient properties in which the spooler keeps what became of a recipient.
///
/// They are of the provider-private, non-transmittable range.
pub mod recipient_outcome {
    use mapi_defs::prop::{PropTag, PropType};

    /// `sent`, `local`, `queued`, `in_doubt` or `refused`.
    pub const STATE: PropTag = PropTag::new(0x6781, PropType::UNICODE);
    /// What the other side said, such as `250 2.0.0 Ok`.
    pub const REPLY: PropTag = PropTag::new(0x6782, PropType::UNICODE);
    /// How often a transport was asked for the recipient.
    pub const ATTEMPTS: PropTag = PropTag::new(0x67A5, PropType::LONG);
}

/// Properties of profile sections by which services and MAPI understand one another.
pub mod section {
    use mapi_defs::prop::{PropTag, PropType};

    /// PR_PROFILE_NAME.
    pub const PROFILE_NAME: PropTag = PropTag::new(0x3D12, PropType::UNICODE);
    /// The folder in which a service keeps its files; MAPI sets it before it calls the service.
    pub const DATA_FOLDER: PropTag = PropTag::new(0x6780, PropType::UNICODE);
    /// `hold` where recipients in doubt are left alone until somebody decides; of a store, for what is sent
    /// from it. Whatever else, or nothing: the message is sent to them again.
    pub const IN_DOUBT: PropTag = PropTag::new(0x6785, PropType::UNICODE);
    /// [`NEVER`] where no read reports are sent from a store. Whatever else, or nothing: as those who mark
    /// messages read ask for (SetReadFlag).
    pub const READ_REPORTS: PropTag = PropTag::new(0x6787, PropType::UNICODE);
    /// A value of [`READ_REPORTS`].
    pub const NEVER: &str = "never";
    /// The file of a store or address book, absolute.
    pub const FILE: PropTag = PropTag::new(0x6783, PropType::UNICODE);
}
