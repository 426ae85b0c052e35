//! `MapiSpooler` and the face of a running spooler: what a session sees of it.
//!
//! The work is done by the driver's thread (`driver.rs`). This side only posts events to it and
//! reads the machine, whose lock neither side holds across a call to anybody.

use crate::driver::{self, Event};
use crate::inbound::{Inbound, InboundPolicy};
use crate::lease::Lease;
use crate::machine::Machine;
use crate::outgoing;
use crate::perform::Around;
use crate::report;
use crate::retry::RetryPolicy;
use crate::store_logoff::store_logoff;
use mapi_defs::flags::StoreLogoffFlags;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::hook::{Preprocessor, SpoolerHook};
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::transport::XpLogon;
use mapi_spi::spooler::{InboundState, QueueState, RunningSpooler, Spooler, SpoolerTransport, SpoolerWork};
use mapi_spi::support::SpoolerNotify;
use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// The name of the driver's thread.
const THREAD_NAME: &str = "mapi-spooler";

/// Starts spoolers that work by a retry policy.
#[derive(Clone, Default)]
pub struct MapiSpooler {
    policy: RetryPolicy,
    inbound: InboundPolicy,
    hooks: Vec<Arc<dyn SpoolerHook>>,
}

impl MapiSpooler {
    /// A spooler with this patience; [`Default`] has the usual one.
    pub fn new(policy: RetryPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// The same, looking for incoming mail as often as this policy has it.
    #[must_use]
    pub fn receiving(mut self, policy: InboundPolicy) -> Self {
        self.inbound = policy;
        self
    }

    /// The same, with one more hook that sees each message after it came, behind those before it.
    #[must_use]
    pub fn hook(mut self, hook: Arc<dyn SpoolerHook>) -> Self {
        self.hooks.push(hook);
        self
    }
}

impl Spooler for MapiSpooler {
    /// Tries the lease at once, so that a place where no lease can be is told to whoever starts.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the file of the lease cannot be made or locked.
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started.
    fn start(&self, work: SpoolerWork) -> Result<Arc<dyn RunningSpooler>> {
        let lease = Lease::acquire(&work.lease).map_err(|fault| {
            Error::new(ErrorCode::NO_ACCESS, "Spooler::start", "the lease of the queue cannot be taken")
                .with_source(fault)
        })?;
        let mut machine = Machine::new(self.policy.clone(), work.transports.len());
        if work.hold_in_doubt {
            machine.hold_in_doubt();
        }
        let shared = Arc::new(Shared::new(machine));
        let (sender, events) = channel();
        // The crew does not keep the driver waiting for a session that has gone.
        let sender = Arc::new(sender);
        let bell = Arc::downgrade(&sender);
        let (store, transports, now) = (work.store.clone(), work.transports.clone(), work.now.clone());
        let (of_thread, around) = (shared.clone(), Around::default());
        self.hooks.iter().for_each(|hook| around.hooks.add_hook(hook.clone()));
        let handed_out = around.clone();
        let inbound = Inbound::start(&work, self.inbound, around.clone(), shared.clone())?;
        // Owned by `Running`; stopped by `Event::Stop` or the end of its channel; joined in `stop`.
        let thread = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || driver::run(work, lease, &handed_out, of_thread, events, bell))
            .map_err(|fault| {
                Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Spooler::start", "no thread can be started")
                    .with_source(fault)
            })?;
        let driver = thread.thread().id();
        Ok(Arc::new(Running {
            store,
            transports,
            around,
            inbound,
            now,
            shared,
            sender,
            driver,
            thread: Mutex::new(Some(thread)),
        }))
    }
}

/// What the driver and the session's threads both see.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// What is known of the spooler. Its lock is held for moments, never across a call to a provider.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) machine: Machine,
    /// True while this spooler holds the lease.
    pub(crate) is_owner: bool,
    /// Messages in the queue when last looked at while another spooler holds the lease.
    pub(crate) queued_elsewhere: u64,
    /// How many of them had a recipient in doubt when this spooler let go of the lease.
    pub(crate) doubted_elsewhere: u64,
    /// The number of the last flush that was asked for.
    flush_asked: u64,
    /// The number of the last flush that has ended, and whether it left the queue empty.
    pub(crate) flush_done: (u64, bool),
    pub(crate) is_stopping: bool,
    pub(crate) has_ended: bool,
    /// The threads that carry out actions beside the driver's.
    pub(crate) crew: Vec<ThreadId>,
    /// True while the driver is yet to hear that something was submitted.
    pub(crate) is_woken: bool,
}

impl Shared {
    pub(crate) fn new(machine: Machine) -> Self {
        let state = State {
            machine,
            is_owner: false,
            queued_elsewhere: 0,
            doubted_elsewhere: 0,
            flush_asked: 0,
            flush_done: (0, false),
            is_stopping: false,
            has_ended: false,
            crew: Vec::new(),
            is_woken: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The state; what a panicking thread left is still true, since every change of it is one step.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits for a change.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits until `is_met`, at most `patience`. True where it is met.
    pub(crate) fn wait(&self, patience: Duration, is_met: impl Fn(&State) -> bool) -> bool {
        // A patience that reaches beyond what the clock can say is without end.
        let deadline = Instant::now().checked_add(patience);
        let mut state = self.state();
        while !is_met(&state) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => return false,
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }
}

/// A spooler at work.
pub(crate) struct Running {
    pub(crate) store: Arc<dyn MsgStore>,
    pub(crate) transports: Vec<SpoolerTransport>,
    around: Around,
    pub(crate) inbound: Inbound,
    now: Arc<dyn Fn() -> FileTime + Send + Sync>,
    pub(crate) shared: Arc<Shared>,
    sender: Arc<Sender<Event>>,
    driver: ThreadId,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Tells the driver something. A driver that has ended hears nothing any more.
    pub(crate) fn post(&self, event: Event) {
        if self.sender.send(event).is_err() {
            tracing::debug!(?event, "the spooler has ended already");
        }
    }

    /// True on a thread of the spooler's, which would wait for itself.
    pub(crate) fn is_driver(&self) -> bool {
        let this = thread::current().id();
        this == self.driver || self.shared.state().crew.contains(&this)
    }

    /// Asks for a flush and answers its number. What was submitted before is in it.
    fn ask_flush(&self, through: Option<usize>) -> u64 {
        let ticket = {
            let mut state = self.shared.state();
            state.machine.handle_use();
            state.flush_asked += 1;
            state.flush_asked
        };
        self.post(Event::Flush(ticket, through));
        ticket
    }

    /// Sends what waits; true where the queue is empty.
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: called by a provider that the spooler is waiting for.
    /// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
    pub(crate) fn flush_queue(&self, through: Option<usize>, patience: Duration) -> Result<bool> {
        const CALL: &str = "RunningSpooler::flush";
        if self.is_driver() {
            let detail = "called by a provider that the spooler is waiting for";
            return Err(Error::new(ErrorCode::BUSY, CALL, detail));
        }
        let ticket = self.ask_flush(through);
        let has_stopped = |state: &State| state.is_stopping || state.has_ended;
        self.shared.wait(patience, |state| state.flush_done.0 >= ticket || has_stopped(state));
        let state = self.shared.state();
        match state.flush_done {
            (done, is_empty) if done >= ticket => Ok(is_empty),
            _ if has_stopped(&state) => {
                Err(Error::new(ErrorCode::END_OF_SESSION, CALL, "the spooler was stopped"))
            }
            _ => Ok(false),
        }
    }
}

impl RunningSpooler for Running {
    fn wake(&self) {
        // One that the driver has not heard yet is enough.
        if !std::mem::replace(&mut self.shared.state().is_woken, true) {
            self.post(Event::Wake);
        }
    }

    fn flush(&self, patience: Duration) -> Result<bool> {
        self.flush_queue(None, patience)
    }

    fn flush_through(&self, transport: usize, patience: Duration) -> Result<bool> {
        self.flush_queue(Some(transport), patience)
    }

    fn start_flush_through(&self, transport: usize) {
        self.ask_flush(Some(transport));
    }

    fn look(&self) {
        // Whoever is at work looks when that is done.
        if self.shared.state().machine.is_idle() {
            self.post(Event::Look);
        }
    }

    fn start_flush(&self) {
        self.ask_flush(None);
    }

    fn download(&self, patience: Duration) -> Result<bool> {
        self.inbound.download(None, patience)
    }

    fn download_from(&self, transports: &[usize], patience: Duration) -> Result<bool> {
        self.inbound.download(Some(transports), patience)
    }

    fn new_mail(&self, transport: usize) {
        self.inbound.new_mail(transport);
    }

    fn hand_in(&self, from: &dyn XpLogon) -> Result<bool> {
        self.inbound.hand_in(from)
    }

    fn inbound(&self) -> Vec<InboundState> {
        self.inbound.states()
    }

    fn is_sending(&self) -> bool {
        !self.shared.state().machine.is_idle()
    }

    fn transport_notify(&self, place: usize, what: &SpoolerNotify) {
        let signals = &self.around.signals;
        match what {
            SpoolerNotify::SentDeferred(id) => {
                self.shared.state().machine.handle_sent_deferred(id, place);
                self.post(Event::Look);
            }
            SpoolerNotify::CriticalSection => signals.set_critical(place, true),
            SpoolerNotify::NonCriticalSection => signals.set_critical(place, false),
            SpoolerNotify::ConfigChange => self.post(Event::ConfigChange),
            SpoolerNotify::CriticalError => {
                signals.set_broken(place);
                self.post(Event::ConfigChange);
            }
            SpoolerNotify::NewMail => self.inbound.new_mail(place),
            SpoolerNotify::ReadyToSend => self.post(Event::Wake),
        }
    }

    fn register_preprocessor(&self, preprocessor: Arc<dyn Preprocessor>) -> Result<()> {
        self.around.hooks.add_preprocessor(preprocessor);
        Ok(())
    }

    fn needs_preprocessing(&self) -> bool {
        self.around.hooks.has_preprocessors()
    }

    fn register_hook(&self, hook: Arc<dyn SpoolerHook>) -> Result<()> {
        self.around.hooks.add_hook(hook);
        Ok(())
    }

    fn status_recips(&self, message: &dyn Message, rows: &[Recipient]) -> Result<()> {
        report::of_status(&*self.store, message, rows, (self.now)())
    }

    fn in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        self.around.handed.mark_in_doubt(message, row_ids)
    }

    fn store_logoff(&self, way: StoreLogoffFlags, patience: Duration) -> Result<StoreLogoffFlags> {
        store_logoff(self, way, patience)
    }

    fn store_logon(&self) {
        // Not by the event: whoever takes leave after this call is not overruled by it.
        self.shared.state().machine.handle_use();
        self.post(Event::Wake);
    }

    fn queue(&self) -> QueueState {
        let state = self.shared.state();
        let (sent, refused) = state.machine.finished();
        let (queued, in_doubt) = match state.is_owner {
            true => (state.machine.queued(), state.machine.in_doubt()),
            false => (state.queued_elsewhere, state.doubted_elsewhere),
        };
        QueueState { sent, queued, in_doubt, refused }
    }

    fn waiting(&self) -> Result<Vec<(EntryId, Option<FileTime>)>> {
        let moments: HashMap<EntryId, Option<FileTime>> =
            self.shared.state().machine.next_attempts().into_iter().collect();
        // The store knows who waits, this spooler only when: another one may hold the lease.
        let listed = outgoing::all(&*self.store)?;
        let known = |id: &EntryId| moments.get(id).copied().flatten();
        Ok(listed.into_iter().map(|message| (message.id.clone(), known(&message.id))).collect())
    }

    fn set_aside(&self) -> Result<Vec<(EntryId, String)>> {
        let listed = outgoing::all(&*self.store)?;
        Ok(listed.into_iter().filter_map(|message| Some((message.id, message.notes.aside?))).collect())
    }

    fn stop(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        self.inbound.begin_stop();
        let driver = self.stop_driver(patience);
        self.inbound.stop(patience.saturating_sub(begun.elapsed())) && driver
    }
}

impl Running {
    fn stop_driver(&self, patience: Duration) -> bool {
        self.shared.change(|state| state.is_stopping = true);
        self.post(Event::Stop);
        if self.is_driver() || !self.shared.wait(patience, |state| state.has_ended) {
            tracing::warn!(thread = THREAD_NAME, "the spooler is late to stop");
            return false;
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            // It has ended nevertheless, and its lease with it.
            tracing::error!(thread = THREAD_NAME, "the spooler ended by a panic");
        }
        true
    }
}
