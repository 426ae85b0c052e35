//! Who carries out actions: the driver's own thread, or a crew of threads where a transport takes several
//! messages at once.
//!
//! The driver gives out what begins; a thread of the crew goes on with whatever comes next of any message in
//! process, and tells the driver once there is nothing. So the marks before the dots of several messages, and
//! their ends, wait for the disk together.
//!
//! The driver owns the crew. It is started as it is needed, ends with the channel of its actions, and is joined.

use super::Event;
use crate::entry::Reference;
use crate::machine::{Action, Attempted, Fault, Machine};
use crate::perform::Performer;
use crate::running::Shared;
use mapi_defs::{EntryId, FileTime, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{Builder, JoinHandle};

/// The name of a crew's threads.
const THREAD_NAME: &str = "mapi-spooler-hand";

/// What is needed to carry out an action.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) performer: Arc<Performer>,
    pub(super) shared: Arc<Shared>,
    pub(super) now: Arc<dyn Fn() -> FileTime + Send + Sync>,
}

impl Hand {
    /// Carries out an action and tells the machine how it went.
    pub(super) fn carry_out(&self, action: Action) {
        match action {
            Action::Lock { reference, id, preprocess } => {
                let answer = self.performer.lock(reference, &id, preprocess);
                self.answer(reference, &id, answer, |machine, now, (addressees, refused)| {
                    machine.handle_locked(reference, now, addressees, refused);
                });
            }
            Action::Attempt { reference, transport, rows, deferred } => {
                let answer = self.performer.attempt(reference, transport, &rows, deferred);
                let attempted = Attempted::from(answer);
                let now = (self.now)();
                self.machine(|machine| machine.handle_outcome(reference, now, attempted));
            }
            Action::Record { reference, id, outcomes } => {
                let answer = self.performer.record(reference, &outcomes);
                tracing::debug!(reference, recipients = outcomes.len(), "outcomes recorded");
                self.answer(reference, &id, answer, |machine, _, ()| machine.handle_recorded(reference));
            }
            Action::Finish { reference, id, outcomes } => {
                let answer = self.performer.finish(reference, &id, &outcomes, (self.now)());
                self.answer(reference, &id, answer, |machine, _, ()| machine.handle_finished(reference));
            }
            Action::Release { reference, id, rest, notes } => {
                let answer = self.performer.release(reference, &id, &notes);
                tracing::info!(message = id.short(), ?rest, "a message stays in the queue");
                self.answer(reference, &id, answer, |machine, _, ()| machine.handle_released(reference));
            }
        }
        if self.machine(|machine| machine.is_idle()) {
            // Somebody may wait for what is in process to be done with.
            self.shared.change(|_| {});
        }
    }

    /// Tells the machine what the store said.
    fn answer<T>(
        &self,
        reference: Reference,
        id: &EntryId,
        answer: Result<T>,
        done: impl FnOnce(&mut Machine, FileTime, T),
    ) {
        let now = (self.now)();
        match answer {
            Ok(value) => self.machine(|machine| done(machine, now, value)),
            Err(error) => {
                let fault = Fault::from(&error);
                tracing::warn!(message = id.short(), %error, ?fault, "a queued message could not be handled");
                if fault == Fault::Gone {
                    self.performer.forget(reference);
                }
                self.machine(|machine| machine.handle_fault(reference, now, fault));
            }
        }
    }

    fn machine<T>(&self, ask: impl FnOnce(&mut Machine) -> T) -> T {
        ask(&mut self.shared.state().machine)
    }
}

/// Those who carry out actions.
pub(super) enum Crew {
    /// The driver, each when it is given out.
    Alone(Hand),
    /// Threads.
    Threads(Threads),
    /// Nobody before they are told to: simulations have an order of their own.
    #[cfg(test)]
    Told(Hand, Vec<Action>),
}

pub(super) struct Threads {
    hand: Hand,
    most: usize,
    actions: Option<Sender<Action>>,
    given: Arc<Mutex<Receiver<Action>>>,
    /// How many wait for an action.
    waiting: Arc<AtomicUsize>,
    /// True once one of them panicked over the machine.
    is_broken: Arc<AtomicBool>,
    bell: Weak<Sender<Event>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// A crew for so many actions at once; nobody of it has begun yet.
    pub(super) fn new(hand: Hand, most: usize, bell: Weak<Sender<Event>>) -> Self {
        if most <= 1 {
            return Self::Alone(hand);
        }
        let (actions, given) = channel();
        Self::Threads(Threads {
            hand,
            most,
            actions: Some(actions),
            given: Arc::new(Mutex::new(given)),
            waiting: Arc::default(),
            is_broken: Arc::default(),
            bell,
            threads: Vec::new(),
        })
    }

    /// Has an action carried out.
    pub(super) fn give(&mut self, action: Action) {
        match self {
            Self::Alone(hand) => hand.carry_out(action),
            Self::Threads(threads) => threads.give(action),
            #[cfg(test)]
            Self::Told(_, actions) => actions.push(action),
        }
    }

    /// Nobody carries out what is given out, before [`Crew::carry_out_one`].
    #[cfg(test)]
    pub(super) fn wait_to_be_told(&mut self) {
        let hand = match self {
            Self::Alone(hand) | Self::Told(hand, _) => hand.clone(),
            Self::Threads(threads) => threads.hand.clone(),
        };
        *self = Self::Told(hand, Vec::new());
    }

    /// Carries out one of the actions that were given out. Attempts begin in their order. False where there is none.
    #[cfg(test)]
    pub(super) fn carry_out_one(&mut self, choose: impl FnOnce(usize) -> usize) -> bool {
        let Self::Told(hand, actions) = self else { return false };
        if actions.is_empty() {
            return false;
        }
        let is_attempt = |action: &Action| matches!(action, Action::Attempt { .. });
        let mut chosen = choose(actions.len());
        if is_attempt(&actions[chosen]) {
            chosen = actions.iter().position(is_attempt).unwrap_or(chosen);
        }
        let action = actions.remove(chosen);
        hand.carry_out(action);
        true
    }

    /// A machine that does not add up is the end of the spooler, whoever finds it.
    ///
    /// # Panics
    /// Where a thread of the crew has panicked.
    pub(super) fn check(&self) {
        if let Self::Threads(threads) = self {
            assert!(!threads.is_broken.load(Ordering::Acquire), "a thread of the spooler has panicked");
        }
    }

    /// Ends the threads after what they are at.
    pub(super) fn end(&mut self) {
        if let Self::Threads(threads) = self {
            threads.end();
        }
    }
}

impl Threads {
    fn give(&mut self, action: Action) {
        let is_taken = |waiting: usize| waiting.checked_sub(1);
        let is_somebody_there =
            self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, is_taken).is_ok();
        if !is_somebody_there && self.threads.len() < self.most && !self.start() && self.threads.is_empty() {
            return self.hand.carry_out(action);
        }
        // Where nobody waits somebody will.
        drop(self.actions.as_ref().map(|actions| actions.send(action)));
    }

    /// Starts one more thread. False where none can be started.
    fn start(&mut self) -> bool {
        let (hand, given, waiting) = (self.hand.clone(), self.given.clone(), self.waiting.clone());
        let (bell, is_broken) = (self.bell.clone(), self.is_broken.clone());
        // Owned by the driver, ended by the end of the channel, joined in `end`.
        let started = Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
            let _ended = Panicked(is_broken, bell.clone());
            while let Some(action) = next(&given) {
                let mut next = Some(action);
                while let Some(action) = next {
                    hand.carry_out(action);
                    let now = (hand.now)();
                    let waits;
                    (next, waits) = hand.machine(|machine| (machine.poll_step(now), machine.waits()));
                    if next.is_some() && waits {
                        ring(&bell);
                    }
                }
                waiting.fetch_add(1, Ordering::AcqRel);
                ring(&bell);
            }
        });
        match started {
            Ok(thread) => {
                self.hand.shared.state().crew.push(thread.thread().id());
                self.threads.push(thread);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "no thread can be started: fewer messages go at once");
                false
            }
        }
    }

    fn end(&mut self) {
        self.actions = None;
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            drop(thread.join());
        }
    }
}

fn next(given: &Mutex<Receiver<Action>>) -> Option<Action> {
    given.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// The driver looks whether there is something to begin. One that has ended hears nothing any more.
fn ring(bell: &Weak<Sender<Event>>) {
    if let Some(events) = bell.upgrade()
        && events.send(Event::Done).is_err()
    {
        tracing::debug!("the driver has ended already");
    }
}

/// Tells the driver of a thread that panicked.
struct Panicked(Arc<AtomicBool>, Weak<Sender<Event>>);

impl Drop for Panicked {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
            ring(&self.1);
        }
    }
}
