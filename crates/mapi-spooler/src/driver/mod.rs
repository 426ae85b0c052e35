//! The driver: one thread that asks the machine what to do and does it, or has it done by a crew where a
//! transport takes several messages at once (`crew.rs`).
//!
//! It is a loop over a closed set of events. Between two actions it looks whether there is an event;
//! with nothing to do it waits for one, and for no longer than a tick, since other processes submit
//! into the same queue and hold the same lease. What is decided where: see `machine`.

mod crew;
#[cfg(test)]
mod simulation;

use crate::lease::Lease;
use crate::machine::Machine;
use crate::outgoing::{self, Look};
use crate::perform::{Around, Performer, guarded};
use crate::running::{Shared, State};
use crew::{Crew, Hand};
use mapi_defs::FileTime;
use mapi_spi::provider::transport::TransportNotify;
use mapi_spi::spooler::SpoolerWork;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often the queue is looked at for messages of other processes.
const TICK: Duration = Duration::from_millis(200);
/// How often the lease is tried while another process has it.
const LEASE_TICK: Duration = Duration::from_millis(100);

/// A clock that advances this much within one tick was set, or the machine slept.
const JUMP: Duration = Duration::from_secs(60);

/// What can happen to a driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// Nothing did, for as long as a tick.
    Tick,
    /// What was done is to be looked at: the machine was told something.
    Look,
    /// Somebody of the crew has nothing left to do.
    Done,
    /// What transports take has changed.
    ConfigChange,
    /// Something was submitted, or sending is possible again.
    Wake,
    /// The flush of this number was asked for, of everything or of what goes by one transport.
    Flush(u64, Option<usize>),
    /// The store is to be left.
    Leave,
    /// The spooler shall end.
    Stop,
}

/// Works until the spooler is stopped; the body of the spooler's thread.
///
/// `lease` is the lease if it was free when the spooler was started.
pub(crate) fn run(
    work: SpoolerWork,
    lease: Option<Lease>,
    around: &Around,
    shared: Arc<Shared>,
    events: Receiver<Event>,
    bell: Weak<Sender<Event>>,
) {
    // Dropped last, so that whoever waits for the end finds the lease and the providers given back.
    let _ended = Ended(shared.clone());
    let mut driver = Driver::new(work, around, shared, events, bell);
    lease.into_iter().for_each(|lease| driver.begin(lease));
    driver.run();
}

struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.change(|state| {
            state.is_owner = false;
            state.has_ended = true;
        });
    }
}

/// The flush that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flush {
    None,
    Asked(u64),
    Begun(u64),
}

struct Driver {
    work: SpoolerWork,
    shared: Arc<Shared>,
    events: Receiver<Event>,
    performer: Arc<Performer>,
    crew: Crew,
    lease: Option<Lease>,
    look_is_due: bool,
    /// True while the last step found something to do.
    is_busy: bool,
    /// True once the trouble with lease or queue that lasts was logged.
    has_complained: bool,
    flush: Flush,
    /// The one transport that is flushed; `None` is all.
    through: Option<usize>,
}

impl Driver {
    fn new(
        work: SpoolerWork,
        around: &Around,
        shared: Arc<Shared>,
        events: Receiver<Event>,
        bell: Weak<Sender<Event>>,
    ) -> Self {
        let performer = Arc::new(Performer::new(work.store.clone(), work.transports.clone(), around));
        shared.state().machine.handle_limits(&performer.limits());
        let at_once = shared.state().machine.at_once();
        let hand = Hand { performer: performer.clone(), shared: shared.clone(), now: work.now.clone() };
        let crew = Crew::new(hand, at_once, bell);
        let (lease, flush, through) = (None, Flush::None, None);
        let (look_is_due, is_busy, has_complained) = (true, false, false);
        Self {
            work,
            shared,
            events,
            performer,
            crew,
            lease,
            look_is_due,
            is_busy,
            has_complained,
            flush,
            through,
        }
    }

    fn run(mut self) {
        loop {
            let event = self.next_event();
            if !self.turn(event) {
                break;
            }
        }
        self.crew.end();
        self.give_up_lease();
    }

    /// Hears one event and does one thing. False where the spooler is to end.
    fn turn(&mut self, event: Option<Event>) -> bool {
        if let Some(event) = event {
            self.handle(event);
        }
        self.crew.check();
        let is_idle = self.machine(|machine| machine.is_idle());
        if is_idle && self.is_stopping() {
            return false;
        }
        if is_idle && !self.keep_lease() {
            self.is_busy = false;
            self.answer_flush_of_another();
            return true;
        }
        if self.look_is_due {
            match is_idle {
                true => self.look(),
                false => self.look_behind(),
            }
            self.begin_flush();
        }
        self.is_busy = self.step(is_idle);
        if !self.is_busy && self.machine(|machine| machine.is_idle()) {
            self.end_flush();
            if event == Some(Event::Tick) {
                self.performer.idle();
            }
        }
        true
    }

    fn next_event(&self) -> Option<Event> {
        let before = self.now();
        let event = self.await_event();
        let after = self.now();
        if after < before || after.since(before) > JUMP {
            self.machine(|machine| machine.handle_clock_jump(before, after));
        }
        event
    }

    fn await_event(&self) -> Option<Event> {
        if self.is_busy {
            return match self.events.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Event::Stop),
            };
        }
        match self.events.recv_timeout(if self.lease.is_some() { TICK } else { LEASE_TICK }) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => Some(Event::Tick),
            // Nobody can ask for anything any more: the session dropped its spooler.
            Err(RecvTimeoutError::Disconnected) => Some(Event::Stop),
        }
    }

    fn handle(&mut self, event: Event) {
        let now = self.now();
        self.look_is_due |= event != Event::Done;
        match event {
            Event::Tick | Event::Leave | Event::Look | Event::Done => {}
            Event::ConfigChange => {
                if self.lease.is_some() {
                    self.ask_transports();
                }
            }
            Event::Wake => {
                self.shared.state().is_woken = false;
                if self.lease.is_some() {
                    self.ask_transports();
                }
                self.machine(|machine| machine.handle_ready_to_send(now));
            }
            Event::Flush(ticket, through) => self.ask_flush(ticket, through),
            Event::Stop => self.shared.change(|state| {
                state.is_stopping = true;
                state.machine.handle_stop();
            }),
        }
    }

    /// Does the next thing there is to do, or has it done. False where there is nothing.
    fn step(&mut self, is_idle: bool) -> bool {
        let now = self.now();
        let mut next = self.machine(|machine| machine.poll_step(now));
        // Nothing is begun by a lease that is nobody's any more.
        if next.is_none() && (is_idle || self.lease.as_ref().is_some_and(Lease::is_current)) {
            next = self.machine(|machine| machine.poll_action(now));
        }
        let Some(action) = next else { return false };
        self.crew.give(action);
        true
    }

    /// Reads what has changed in the queue. A store that cannot be read now is read at the next tick.
    fn look(&mut self) {
        let (known, newest) = self.machine(|machine| (machine.queued(), machine.newest()));
        let store = &*self.work.store;
        let seen = guarded("MsgStore::outgoing_queue", || outgoing::look(store, known, newest.as_ref()));
        let now = self.now();
        match seen {
            Ok(Look::Same) => {}
            Ok(Look::Joined(rows)) => self.machine(|machine| machine.handle_submitted(now, rows)),
            Ok(Look::Whole(rows)) => self.machine(|machine| machine.handle_queue(now, rows)),
            Err(error) => return self.complain(&error, "the outgoing queue could not be read"),
        }
        self.has_complained = false;
        self.look_is_due = false;
        for (id, transport) in self.machine(Machine::take_abandoned) {
            self.performer.abort_deferred(&id, transport, true);
        }
    }

    /// Reads what joined the queue, while something is in process and little is left to begin.
    fn look_behind(&mut self) {
        if !self.machine(|machine| machine.is_short()) {
            return;
        }
        let store = &*self.work.store;
        let is_known = |id: &_| self.shared.state().machine.state(id).is_some();
        let seen = guarded("MsgStore::outgoing_queue", || outgoing::behind_known(store, is_known));
        let now = self.now();
        match seen {
            Ok(rows) => self.machine(|machine| machine.handle_submitted(now, rows)),
            Err(error) => return self.complain(&error, "the outgoing queue could not be read"),
        }
        self.has_complained = false;
        self.look_is_due = false;
    }

    /// Keeps a flush that was asked for. Two at once of different transports are one of all.
    fn ask_flush(&mut self, ticket: u64, through: Option<usize>) {
        let is_under_way = self.flush != Flush::None;
        if let Flush::Begun(_) = self.flush
            && self.through != through
        {
            self.close_flush();
        }
        self.through = if is_under_way && self.through != through { None } else { through };
        self.flush = Flush::Asked(ticket);
    }

    /// Tells the transports that were told of a flush that it ends.
    fn close_flush(&self) {
        self.performer.notify_one(self.through, TransportNotify::EndOutboundFlush);
        self.machine(|machine| machine.handle_through(None));
    }

    fn begin_flush(&mut self) {
        let Flush::Asked(ticket) = self.flush else { return };
        if self.look_is_due {
            return;
        }
        self.performer.flush_queues(self.through);
        let (now, through) = (self.now(), self.through);
        self.machine(|machine| {
            machine.handle_through(through);
            machine.handle_flush(now);
        });
        self.flush = Flush::Begun(ticket);
    }

    /// Ends a flush, now that nothing more can be sent.
    fn end_flush(&mut self) {
        let now = self.now();
        let Flush::Begun(ticket) = self.flush else { return };
        if self.look_is_due || self.machine(|machine| machine.is_paused(now)) {
            return;
        }
        self.flush = Flush::None;
        self.close_flush();
        let through = self.through;
        self.shared.change(|state| {
            let is_done = match through {
                None => state.machine.queued() == 0,
                Some(transport) => !state.machine.waits_for(transport),
            };
            state.flush_done = (ticket, is_done);
        });
    }

    /// While another spooler empties the queue, a flush ends once the queue is empty.
    fn answer_flush_of_another(&mut self) {
        let (Flush::Asked(ticket) | Flush::Begun(ticket)) = self.flush else { return };
        self.flush = Flush::Asked(ticket);
        let store = &*self.work.store;
        match guarded("MsgStore::outgoing_queue", || outgoing::count(store)) {
            Ok(0) => {
                self.flush = Flush::None;
                self.shared.change(|state| {
                    state.queued_elsewhere = 0;
                    state.flush_done = (ticket, true);
                });
            }
            Ok(count) => self.shared.change(|state| state.queued_elsewhere = count),
            Err(error) => self.complain(&error, "the outgoing queue could not be read"),
        }
    }

    /// Takes the lease if it is free, and sees that it is still worth something. True where it is. A
    /// store that was left is somebody else's.
    fn keep_lease(&mut self) -> bool {
        if self.machine(|machine| machine.has_left()) {
            self.give_up_lease();
            return false;
        }
        if self.lease.as_ref().is_some_and(|lease| !lease.is_current()) {
            tracing::warn!("the file of the lease was replaced: the queue is given up");
            self.give_up_lease();
        }
        if self.lease.is_none() {
            match Lease::acquire(&self.work.lease) {
                Ok(Some(lease)) => self.begin(lease),
                Ok(None) => {}
                Err(error) => self.complain(&error, "the lease of the queue cannot be taken"),
            }
        }
        self.lease.is_some()
    }

    fn begin(&mut self, lease: Lease) {
        self.lease = Some(lease);
        self.look_is_due = true;
        self.shared.change(|state| state.is_owner = true);
        self.ask_transports();
        self.performer.notify(TransportNotify::BeginOutbound);
        tracing::info!("the spooler has the queue");
    }

    fn give_up_lease(&mut self) {
        if let Some(lease) = self.lease.take() {
            if self.flush != Flush::None {
                self.close_flush();
            }
            for (id, transport) in self.machine(|machine| machine.deferred()) {
                self.performer.abort_deferred(&id, transport, false);
            }
            self.performer.notify(TransportNotify::EndOutbound);
            let now = self.now();
            drop(lease);
            self.shared.change(|state| {
                state.queued_elsewhere = state.machine.queued();
                state.doubted_elsewhere = state.machine.in_doubt();
                state.is_owner = false;
                state.machine.handle_queue(now, Vec::new());
                state.machine.take_abandoned();
            });
        }
    }

    fn ask_transports(&mut self) {
        let types = self.performer.address_types();
        self.machine(|machine| machine.handle_transports(types));
    }

    /// Logs a trouble that is met again at every tick, once for as long as it lasts.
    fn complain(&mut self, error: &dyn std::fmt::Display, what: &str) {
        if !std::mem::replace(&mut self.has_complained, true) {
            tracing::warn!(%error, "{what}");
        }
    }

    fn machine<T>(&self, ask: impl FnOnce(&mut Machine) -> T) -> T {
        ask(&mut self.shared.state().machine)
    }

    fn is_stopping(&self) -> bool {
        let state: &State = &self.shared.state();
        state.is_stopping
    }

    fn now(&self) -> FileTime {
        (self.work.now)()
    }
}
