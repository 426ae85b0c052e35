//! `Inbound`: the thread of incoming mail, and what others tell it and see of it.

use super::InboundPolicy;
use super::arrival::{Arrival, receive};
use super::round::Receiver;
use crate::hooks::Hooks;
use crate::perform::Around;
use crate::perform::guarded;
use crate::running::Shared;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::transport::{TransportNotify, XpLogon};
use mapi_spi::spooler::{InboundState, SpoolerTransport, SpoolerWork};
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

const THREAD_NAME: &str = "mapi-inbound";
const DOWNLOAD: &str = "RunningSpooler::download";

/// Incoming mail of one spooler.
pub(crate) struct Inbound {
    desk: Arc<Desk>,
    work: SpoolerWork,
    hooks: Arc<Hooks>,
    receiver: ThreadId,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Inbound {
    /// Starts the thread. It asks nobody for anything before its policy says so or somebody does.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started.
    pub(crate) fn start(
        work: &SpoolerWork,
        policy: InboundPolicy,
        around: Around,
        queue: Arc<Shared>,
    ) -> Result<Self> {
        let desk = Arc::new(Desk::new(&work.transports));
        let hooks = around.hooks.clone();
        let receiver = Receiver::new(work.clone(), policy, around, desk.clone(), queue);
        // Owned by `Inbound`; stopped by `stop`, which joins it.
        let thread = thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || receiver.run());
        let thread = thread.map_err(|fault| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Spooler::start", "no thread can be started")
                .with_source(fault)
        })?;
        let receiver = thread.thread().id();
        Ok(Self { desk, work: work.clone(), hooks, receiver, thread: Mutex::new(Some(thread)) })
    }

    /// A transport has mail. One that is not at work here is not heard.
    pub(crate) fn new_mail(&self, transport: usize) {
        self.desk.change(|notes| {
            if notes.begun.contains(&transport) {
                notes.has_mail.insert(transport);
            }
        });
    }

    /// Hands in what these transports have; true where nothing waits any more.
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: called by a transport that is being waited for.
    /// - `MAPI_E_END_OF_SESSION`: stopped meanwhile.
    pub(crate) fn download(&self, transports: Option<&[usize]>, patience: Duration) -> Result<bool> {
        if self.is_receiver() {
            let detail = "called by a provider that the spooler is waiting for";
            return Err(Error::new(ErrorCode::BUSY, DOWNLOAD, detail));
        }
        let all: BTreeSet<usize> = (0..self.work.transports.len()).collect();
        let wanted = transports.map_or(all, |some| some.iter().copied().collect());
        let mut ticket = 0;
        self.desk.change(|notes| {
            notes.asked += 1;
            ticket = notes.asked;
            notes.downloads.push(Download {
                ticket,
                transports: wanted,
                until: Instant::now().checked_add(patience),
            });
        });
        let is_over = |notes: &Notes| notes.is_stopping || notes.done.contains_key(&ticket);
        self.desk.wait(patience, is_over);
        let mut notes = self.desk.notes();
        notes.downloads.retain(|download| download.ticket != ticket);
        match notes.done.remove(&ticket) {
            Some(nothing_waits) => Ok(nothing_waits),
            None if notes.is_stopping => {
                Err(Error::new(ErrorCode::END_OF_SESSION, DOWNLOAD, "the spooler was stopped"))
            }
            None => Ok(false),
        }
    }

    /// Takes one message from somebody, on the caller's thread.
    ///
    /// # Errors
    /// - `MAPI_E_END_OF_SESSION`: stopped meanwhile.
    /// - Those of the store and of `from`.
    pub(crate) fn hand_in(&self, from: &dyn XpLogon) -> Result<bool> {
        if self.desk.notes().is_stopping {
            let detail = "the spooler was stopped";
            return Err(Error::new(ErrorCode::END_OF_SESSION, "RunningSpooler::hand_in", detail));
        }
        let arrival =
            self.desk.handing_in(|| receive(&*self.work.store, from, &self.hooks, (self.work.now)()));
        Ok(arrival? == Arrival::Arrived)
    }

    /// True while a message is being handed in.
    pub(crate) fn is_receiving(&self) -> bool {
        self.desk.notes().arriving > 0
    }

    /// What became of incoming mail so far.
    pub(crate) fn states(&self) -> Vec<InboundState> {
        self.desk.notes().states.clone()
    }

    /// Asks the thread to end, and the transports to let go of the message that they are handing in.
    pub(crate) fn begin_stop(&self) {
        self.desk.change(|notes| notes.is_stopping = true);
        self.desk.end(&self.work.transports);
    }

    /// Waits for the thread to end. True where it has.
    pub(crate) fn stop(&self, patience: Duration) -> bool {
        self.begin_stop();
        if self.is_receiver() || !self.desk.wait(patience, |notes| notes.has_ended) {
            tracing::warn!(thread = THREAD_NAME, "the spooler is late to stop");
            return false;
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(thread = THREAD_NAME, "incoming mail ended by a panic");
        }
        true
    }

    fn is_receiver(&self) -> bool {
        thread::current().id() == self.receiver
    }
}

impl Drop for Inbound {
    /// Nobody can ask for anything any more.
    fn drop(&mut self) {
        self.desk.change(|notes| notes.is_stopping = true);
    }
}

/// A download that somebody waits for.
#[derive(Clone, Debug)]
pub(super) struct Download {
    pub(super) ticket: u64,
    pub(super) transports: BTreeSet<usize>,
    /// `None` is without end.
    pub(super) until: Option<Instant>,
}

/// What the thread and the others tell one another. The lock is held for moments, never across a call.
#[derive(Default)]
pub(super) struct Notes {
    /// Transports that said they have mail.
    pub(super) has_mail: BTreeSet<usize>,
    /// Transports that were told that work begins, and not that it ends.
    pub(super) begun: BTreeSet<usize>,
    pub(super) downloads: Vec<Download>,
    /// Downloads that are over, and whether nothing waits any more.
    pub(super) done: std::collections::BTreeMap<u64, bool>,
    /// Transports that said they receive nothing.
    pub(super) deaf: BTreeSet<usize>,
    pub(super) states: Vec<InboundState>,
    /// How many messages are being handed in at the moment.
    pub(super) arriving: usize,
    pub(super) is_stopping: bool,
    pub(super) has_ended: bool,
    asked: u64,
}

/// [`Notes`], and who waits for a change of them.
pub(super) struct Desk {
    notes: Mutex<Notes>,
    changed: Condvar,
}

impl Desk {
    fn new(transports: &[SpoolerTransport]) -> Self {
        // Of those that are not polled nothing is known before they are told that work begins.
        let state = |transport: &SpoolerTransport| InboundState {
            receives: transport.flags.poll,
            ..InboundState::default()
        };
        let states = transports.iter().map(state).collect();
        Self { notes: Mutex::new(Notes { states, ..Notes::default() }), changed: Condvar::new() }
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.notes());
        self.changed.notify_all();
    }

    /// Hands a message in, which counts as activity until it is over.
    pub(super) fn handing_in<T>(&self, hand_in: impl FnOnce() -> T) -> T {
        self.change(|notes| notes.arriving += 1);
        let answer = hand_in();
        self.change(|notes| notes.arriving -= 1);
        answer
    }

    /// Waits until `is_met`, at most `patience`. True where it is met.
    pub(super) fn wait(&self, patience: Duration, is_met: impl Fn(&Notes) -> bool) -> bool {
        let notes = self.notes();
        let waited = self.changed.wait_timeout_while(notes, patience, |notes| !is_met(notes));
        is_met(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Tells the transports at work that work ends, each once.
    pub(super) fn end(&self, transports: &[SpoolerTransport]) {
        let begun = std::mem::take(&mut self.notes().begun);
        for transport in begun.into_iter().filter_map(|index| transports.get(index)) {
            let answer = guarded("XpLogon::notify", || transport.logon.notify(TransportNotify::EndInbound));
            if let Err(error) = answer {
                tracing::debug!(transport = transport.name, %error, "a transport did not hear of the end");
            }
        }
    }
}
