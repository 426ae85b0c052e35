//! The spooler's decisions as a pure state machine: `handle_*` tells it what happened, `poll_action`
//! answers with what to do, `poll_timeout` with when to ask again.
//!
//! It reads no clock, calls nobody and holds no message: time and everything else are arguments.
//! The states of a message are drawn in `entry.rs`; which step follows which within the message in
//! process is `step.rs`; the words for both are `action.rs`; whoever carries the actions out is the driver.
//!
//! As many messages are in process as a transport takes at once, which is one unless it says otherwise: then
//! only the oldest message is locked, unless the transport it waits for is not available. Whatever their number,
//! the first attempts of a transport are given out in the order of submission.

mod action;
mod clock;
mod deferred;
mod leave;
mod step;
mod through;

pub use action::{Action, Attempted, Fault};
pub use leave::Attempt;

use crate::entry::{Addressee, Entry, EntryState, QueuedMessage, Reference, Rest};
use crate::retry::RetryPolicy;
use leave::Leave;
use mapi_defs::{EntryId, FileTime};
use mapi_spi::provider::transport::AddressTypes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use step::Work;

/// The machine.
#[derive(Debug)]
pub struct Machine {
    policy: Arc<RetryPolicy>,
    /// What each transport takes; `None` where it does not say at present.
    types: Vec<Option<AddressTypes>>,
    lines: Vec<Line>,
    /// Each in a place of its own: a tree that is filled in ascending order is half empty.
    entries: BTreeMap<Reference, Box<Entry>>,
    references: HashMap<EntryId, Reference>,
    ready: BTreeSet<Reference>,
    waiting: BTreeSet<(FileTime, Reference)>,
    /// The one transport that is flushed, and what waits for others meanwhile.
    through: Option<usize>,
    put_by: BTreeSet<Reference>,
    last_reference: Reference,
    /// The messages in process.
    active: BTreeMap<Reference, Active>,
    paused_until: Option<FileTime>,
    /// Since when the machine could try anything, as far as the clock tells.
    awake_since: FileTime,
    store_failures: u32,
    stopping: bool,
    hold_in_doubt: bool,
    leave: Leave,
    /// Deferred messages that were taken back, each with the transport that keeps it.
    abandoned: Vec<(EntryId, usize)>,
    sent: u64,
    refused: u64,
}

/// Whether a transport can be reached.
#[derive(Clone, Default, Debug)]
struct Line {
    failures: u32,
    down_until: Option<FileTime>,
    reply: String,
    /// How often it was found not to be available.
    falls: u32,
    /// How many messages it takes at once; 0 counts as one.
    at_once: usize,
    /// How many it has.
    busy: usize,
}

impl Line {
    fn at_once(&self) -> usize {
        self.at_once.max(1)
    }

    fn is_down(&self, now: FileTime) -> bool {
        self.down_until.is_some_and(|until| until > now)
    }
}

/// A message in process.
#[derive(Debug)]
struct Active {
    /// True while the driver has an action that it has not answered.
    awaiting: bool,
    work: Work,
}

impl Machine {
    /// A machine with an empty queue and this many transports that have not said what they take.
    pub fn new(policy: RetryPolicy, transports: usize) -> Self {
        Self {
            policy: Arc::new(policy),
            types: vec![None; transports],
            lines: vec![Line::default(); transports],
            entries: BTreeMap::new(),
            references: HashMap::new(),
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            through: None,
            put_by: BTreeSet::new(),
            last_reference: 0,
            active: BTreeMap::new(),
            paused_until: None,
            awake_since: FileTime(0),
            store_failures: 0,
            stopping: false,
            hold_in_doubt: false,
            leave: Leave::No,
            abandoned: Vec::new(),
            sent: 0,
            refused: 0,
        }
    }

    /// Leaves recipients in doubt alone until somebody decides, in place of sending to them again.
    pub fn hold_in_doubt(&mut self) {
        self.hold_in_doubt = true;
    }

    /// Is told how many messages each transport takes at once, in transport order.
    pub fn handle_limits(&mut self, at_once: &[usize]) {
        self.lines.iter_mut().zip(at_once).for_each(|(line, most)| line.at_once = *most);
    }

    /// Is told what each transport takes, in transport order; `None` where it cannot say at present.
    /// Recipients that fit no transport are not refused while one is silent.
    pub fn handle_transports(&mut self, types: Vec<Option<AddressTypes>>) {
        if types == self.types {
            return;
        }
        self.lines.resize(types.len(), Line::default());
        self.types = types;
        self.entries.values_mut().for_each(|entry| entry.waits_for = None);
    }

    /// Is told the whole queue, oldest submission first. What is not in it has left by another hand.
    pub fn handle_queue(&mut self, now: FileTime, rows: Vec<QueuedMessage>) {
        if self.entries.is_empty() {
            return self.handle_submitted(now, rows);
        }
        let listed: HashMap<&EntryId, FileTime> = rows.iter().map(|row| (&row.id, row.submitted)).collect();
        let stays = |reference: &Reference, entry: &Entry| {
            self.active.contains_key(reference) || listed.get(&entry.id) == Some(&entry.submitted)
        };
        let gone: Vec<Reference> =
            self.entries.iter().filter(|(key, entry)| !stays(key, entry)).map(|(key, _)| *key).collect();
        gone.into_iter().for_each(|reference| self.remove(reference));
        self.handle_submitted(now, rows);
    }

    /// Is told of messages that joined the queue at its end, oldest first; known ones are ignored.
    pub fn handle_submitted(&mut self, now: FileTime, rows: Vec<QueuedMessage>) {
        for row in rows {
            if !self.references.contains_key(&row.id) {
                self.last_reference += 1;
                let reference = self.last_reference;
                self.references.insert(row.id.clone(), reference);
                let due = self.due(&row, now);
                let mut entry = Entry::new(row, now);
                match due {
                    _ if entry.aside.is_some() => entry.state = EntryState::Aside,
                    Some(moment) => {
                        entry.state = EntryState::Waiting(moment);
                        self.waiting.insert((moment, reference));
                    }
                    None => drop(self.ready.insert(reference)),
                }
                self.entries.insert(reference, Box::new(entry));
            }
        }
    }

    /// The moment before which a message that joins is not tried: its sender's, that of the spooler before
    /// this one, or a rest because spoolers have ended over it.
    fn due(&self, row: &QueuedMessage, now: FileTime) -> Option<FileTime> {
        let begun = row.notes.begun;
        let rest = || now.plus(self.policy.delay(begun, row.id.as_bytes()));
        let shaken = (begun >= self.policy.faults).then(rest);
        [row.send_at, row.notes.next, shaken].into_iter().flatten().max().filter(|moment| *moment > now)
    }

    /// Is told that sending is possible again: nobody waits for a transport any longer.
    pub fn handle_ready_to_send(&mut self, now: FileTime) {
        if self.lines.iter().any(|line| line.down_until.is_some()) {
            self.bring_forward(now, false);
        }
    }

    /// Is told to send what waits: only what another side asked for delays an attempt now.
    pub fn handle_flush(&mut self, now: FileTime) {
        self.paused_until = None;
        self.bring_forward(now, true);
    }

    /// Is told to begin nothing new; what is in process goes on.
    pub fn handle_stop(&mut self) {
        self.stopping = true;
    }

    /// Is told that the message was opened and locked, who is still to be served, and whether a
    /// recipient had been refused before.
    ///
    /// # Panics
    /// Where no [`Action::Lock`] is open.
    pub fn handle_locked(
        &mut self,
        reference: Reference,
        now: FileTime,
        addressees: Vec<Addressee>,
        refused_before: bool,
    ) {
        let (hold_in_doubt, policy) = (self.hold_in_doubt, self.policy.clone());
        let (entry, active) = self.answered(reference, |state| state == EntryState::Locking);
        if std::mem::take(&mut entry.begun) >= policy.crashes.max(1) {
            entry.aside = Some(format!("{} spoolers in a row ended over it", policy.crashes).into());
            active.work.rest = Some(Rest::Aside);
        }
        entry.any_refused |= refused_before;
        entry.preprocess = false;
        active.work.open(entry, addressees, hold_in_doubt, now);
        self.store_failures = 0;
        if let Some(active) = self.active.get_mut(&reference) {
            active.work.route(&self.types);
        }
    }

    /// Is told how an attempt ended.
    ///
    /// # Panics
    /// Where no [`Action::Attempt`] is open.
    pub fn handle_outcome(&mut self, reference: Reference, now: FileTime, attempted: Attempted) {
        let (policy, awake_since) = (self.policy.clone(), self.awake_since);
        let hold_in_doubt = self.hold_in_doubt;
        let is_attempting = |state| matches!(state, EntryState::Attempting { .. });
        let (entry, active) = self.answered(reference, is_attempting);
        let EntryState::Attempting { transport } = entry.state else { return };
        let around = step::Around {
            policy: &policy,
            lines: &[],
            full: &[],
            may_begin: true,
            is_silent: false,
            hold_in_doubt,
            awake_since,
            now,
        };
        active.work.outcome(entry, transport, &attempted, &around);
        let line = &mut self.lines[transport];
        line.busy = line.busy.saturating_sub(1);
        match attempted {
            // Another message found that out while this one was under way: it counts once.
            _ if line.is_down(now) => {}
            Attempted::Unavailable(reply) => {
                line.failures = line.failures.saturating_add(1);
                line.falls = line.falls.wrapping_add(1);
                line.down_until = Some(now.plus(policy.delay(line.failures, &transport.to_le_bytes())));
                line.reply = reply;
            }
            // A transport that failed over one message has shown nothing about the next one.
            Attempted::Failed(_) | Attempted::Stopped(_) => {}
            _ => {
                let Line { at_once, busy, falls, .. } = *line;
                *line = Line { at_once, busy, falls, ..Line::default() };
            }
        }
    }

    /// Is told that the outcomes are saved.
    ///
    /// # Panics
    /// Where no [`Action::Record`] is open.
    pub fn handle_recorded(&mut self, reference: Reference) {
        let (entry, _) = self.answered(reference, |state| state == EntryState::Recording);
        entry.unrecorded.clear();
        self.store_failures = 0;
    }

    /// Is told that the message has left the queue.
    ///
    /// # Panics
    /// Where no [`Action::Finish`] is open.
    pub fn handle_finished(&mut self, reference: Reference) {
        let (entry, _) = self.answered(reference, |state| state == EntryState::Finishing);
        *if entry.any_refused { &mut self.refused } else { &mut self.sent } += 1;
        self.store_failures = 0;
        self.remove(reference);
    }

    /// Is told that the message is unlocked.
    ///
    /// # Panics
    /// Where no [`Action::Release`] is open.
    pub fn handle_released(&mut self, reference: Reference) {
        self.answered(reference, |state| matches!(state, EntryState::Releasing(_)));
        self.rest(reference);
    }

    /// Is told that the open action could not be done.
    ///
    /// # Panics
    /// Where no action is open.
    pub fn handle_fault(&mut self, reference: Reference, now: FileTime, fault: Fault) {
        if fault == Fault::Store {
            self.store_failures = self.store_failures.saturating_add(1);
            self.paused_until = Some(now.plus(self.policy.pause(self.store_failures)));
        }
        let policy = self.policy.clone();
        let (entry, active) = self.answered(reference, |_| true);
        if fault == Fault::Gone {
            self.remove(reference);
        } else if matches!(entry.state, EntryState::Releasing(_)) {
            // A lock that could not be taken back is this spooler's own, and is set again next time.
            self.rest(reference);
        } else if fault == Fault::Store {
            active.work.rest = Some(Rest::Queued);
        } else {
            active.work.rest = Some(step::rest_after_fault(entry, &policy, now));
        }
    }

    /// The next thing to do now, if there is one: of a message in process, the oldest first, else of the next.
    pub fn poll_action(&mut self, now: FileTime) -> Option<Action> {
        let (step, is_waiting) = self.next_step(now);
        if step.is_some() {
            return step;
        }
        // A message that waits for its turn with a transport keeps those behind it from being locked.
        if is_waiting || self.active.len() >= self.at_once() {
            return None;
        }
        if self.stopping || self.leave == Leave::Left || self.is_paused(now) {
            return None;
        }
        self.wake_due(now);
        let Some(reference) = self.take_ready(now) else {
            if self.leave == Leave::WhenDone && self.active.is_empty() {
                self.leave = Leave::Left;
            }
            return None;
        };
        let entry = self.entries.get_mut(&reference)?;
        entry.state = EntryState::Locking;
        let (id, preprocess) = (entry.id.clone(), entry.preprocess);
        let mut work = Work::taken(&self.lines, now);
        work.pass_by(|transport| self.is_passed_by(transport));
        self.active.insert(reference, Active { awaiting: true, work });
        Some(Action::Lock { reference, id, preprocess })
    }

    /// The next thing to do now of a message in process, the oldest first, if there is one.
    pub fn poll_step(&mut self, now: FileTime) -> Option<Action> {
        self.next_step(now).0
    }

    /// True where a message in process may have a next step that nobody was given.
    pub fn waits(&self) -> bool {
        self.active.values().any(|active| !active.awaiting)
    }

    /// The next step of a message in process, and whether one waits for its turn with a transport.
    fn next_step(&mut self, now: FileTime) -> (Option<Action>, bool) {
        let is_silent = self.types.iter().any(Option::is_none);
        let (policy, awake_since) = (self.policy.clone(), self.awake_since);
        let hold_in_doubt = self.hold_in_doubt;
        let mut full: Vec<bool> = self.lines.iter().map(|line| line.busy >= line.at_once()).collect();
        let (mut may_begin, mut is_waiting) = (true, false);
        for (reference, active) in &mut self.active {
            let Some(entry) = self.entries.get_mut(reference) else { continue };
            if active.awaiting {
                // Whom it is for is not known yet, and it comes first.
                may_begin &= entry.state != EntryState::Locking;
                active.work.go_ahead(entry.state, &mut full);
                continue;
            }
            let lines = &self.lines[..];
            let (policy, full_now) = (&*policy, &full[..]);
            let around = step::Around {
                policy,
                lines,
                full: full_now,
                may_begin,
                is_silent,
                hold_in_doubt,
                awake_since,
                now,
            };
            match active.work.next(*reference, entry, &around) {
                step::Next::Do(action) => {
                    active.awaiting = true;
                    if let Action::Attempt { transport, .. } = action {
                        self.lines[transport].busy += 1;
                    }
                    return (Some(action), is_waiting);
                }
                step::Next::Turn(transport) => {
                    full[transport] = true;
                    is_waiting = true;
                }
            }
        }
        (None, is_waiting)
    }

    /// The moment at which there is something to do again, if nothing happens before.
    pub fn poll_timeout(&self) -> Option<FileTime> {
        let rest = self.waiting.first().map(|(moment, _)| *moment);
        match self.paused_until {
            Some(pause) if !self.ready.is_empty() => Some(pause),
            Some(pause) => rest.map(|rest| rest.max(pause)),
            None => rest,
        }
    }

    /// True where no message is in process.
    pub fn is_idle(&self) -> bool {
        self.active.is_empty()
    }

    /// How many messages are in process at once at most.
    pub fn at_once(&self) -> usize {
        self.lines.iter().map(Line::at_once).max().unwrap_or(1)
    }

    /// True where there may soon be nothing left to begin.
    pub fn is_short(&self) -> bool {
        self.ready.len() < self.at_once()
    }

    /// True while the whole queue rests because the store failed.
    pub fn is_paused(&self, now: FileTime) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// Number of messages in the queue, the one in process included.
    pub fn queued(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Number of messages finished with every recipient served, and with a recipient refused.
    pub fn finished(&self) -> (u64, u64) {
        (self.sent, self.refused)
    }

    /// Number of messages in the queue with a recipient in doubt.
    pub fn in_doubt(&self) -> u64 {
        self.entries.values().filter(|entry| entry.any_in_doubt).count() as u64
    }

    /// The message that was submitted last.
    pub fn newest(&self) -> Option<QueuedMessage> {
        let (_, entry) = self.entries.last_key_value()?;
        Some(QueuedMessage::new(entry.id.clone(), entry.submitted))
    }

    /// Where a message stands, if it is in the queue.
    pub fn state(&self, id: &EntryId) -> Option<EntryState> {
        let reference = self.references.get(id)?;
        self.entries.get(reference).map(|entry| entry.state)
    }

    /// The messages in order of submission with the moment of their next attempt: `None` is as soon
    /// as possible, [`FileTime::MAX`] a message that is set aside.
    pub fn next_attempts(&self) -> Vec<(EntryId, Option<FileTime>)> {
        let moment = |entry: &Entry| match entry.state {
            EntryState::Waiting(moment) => Some(moment),
            EntryState::Aside => Some(FileTime::MAX),
            _ => None,
        };
        self.entries.values().map(|entry| (entry.id.clone(), moment(entry))).collect()
    }

    /// The entry in process and the rest of what is known of it; its action counts as answered.
    fn answered(
        &mut self,
        reference: Reference,
        fits: impl FnOnce(EntryState) -> bool,
    ) -> (&mut Entry, &mut Active) {
        let (Some(active), Some(entry)) = (self.active.get_mut(&reference), self.entries.get_mut(&reference))
        else {
            panic!("an answer of a message that is not in process")
        };
        assert!(active.awaiting && fits(entry.state), "an answer to no action, in {:?}", entry.state);
        active.awaiting = false;
        (entry, active)
    }

    /// Lets a message in process rest as was decided.
    fn rest(&mut self, reference: Reference) {
        self.active.remove(&reference);
        let Some(entry) = self.entries.get_mut(&reference) else { return };
        let EntryState::Releasing(rest) = entry.state else { return };
        let is_recalled = entry
            .recalled
            .is_some_and(|transport| entry.deferred.iter().any(|(_, keeper)| *keeper == transport));
        if !is_recalled {
            entry.recalled = None;
        }
        entry.state = match rest {
            // Asked for while it was on its way to rest.
            _ if is_recalled => {
                self.ready.insert(reference);
                EntryState::Queued
            }
            Rest::Queued => {
                self.ready.insert(reference);
                EntryState::Queued
            }
            // It waits for a transport whose turn it is not.
            Rest::Until(moment) if self.through.is_some() && entry.waits_for_transport => {
                self.put_by.insert(reference);
                EntryState::Waiting(moment)
            }
            Rest::Until(moment) => {
                self.waiting.insert((moment, reference));
                EntryState::Waiting(moment)
            }
            Rest::Aside => EntryState::Aside,
        };
    }

    fn bring_forward(&mut self, now: FileTime, flush: bool) {
        self.lines.iter_mut().for_each(|line| line.down_until = None);
        for (moment, reference) in std::mem::take(&mut self.waiting) {
            let Some(entry) = self.entries.get_mut(&reference) else { continue };
            let due = entry.earliest(now, flush).unwrap_or(moment).min(moment);
            if flush {
                entry.held.iter_mut().for_each(|held| held.until = held.until.min(held.not_before.max(now)));
            }
            entry.state = EntryState::Waiting(due);
            self.waiting.insert((due, reference));
        }
        // What is in process may be about to rest until a moment that has just lost its reason.
        for reference in self.active.keys() {
            if let Some(entry) = self.entries.get_mut(reference)
                && let EntryState::Releasing(Rest::Until(moment)) = entry.state
            {
                let due = entry.earliest(now, flush).unwrap_or(moment).min(moment);
                entry.state = EntryState::Releasing(Rest::Until(due));
            }
        }
    }

    fn wake_due(&mut self, now: FileTime) {
        while let Some((moment, reference)) = self.waiting.first().copied()
            && moment <= now
        {
            self.waiting.remove(&(moment, reference));
            if let Some(entry) = self.entries.get_mut(&reference) {
                entry.state = EntryState::Queued;
                self.ready.insert(reference);
            }
        }
    }

    /// Takes the oldest message that does not wait for a transport; the others go back to rest
    /// without being opened.
    fn take_ready(&mut self, now: FileTime) -> Option<Reference> {
        while let Some(reference) = self.ready.pop_first() {
            let passed_by = self.entries.get(&reference).and_then(|entry| entry.waits_for);
            if passed_by.is_some_and(|transport| self.is_passed_by(transport)) {
                self.put_by.insert(reference);
                continue;
            }
            let Some(entry) = self.entries.get_mut(&reference) else { continue };
            let down = entry.waits_for.and_then(|transport| self.lines.get(transport)?.down_until);
            let since = entry.first_seen.max(self.awake_since);
            let is_given_up = self.policy.is_expired(entry.submitted.max(entry.send_at), since, now);
            let down = if entry.send_at > now { Some(entry.send_at) } else { down };
            match down {
                Some(until) if until > now && !is_given_up => {
                    entry.state = EntryState::Waiting(until);
                    self.waiting.insert((until, reference));
                }
                _ => return Some(reference),
            }
        }
        None
    }

    fn remove(&mut self, reference: Reference) {
        if let Some(mut entry) = self.entries.remove(&reference) {
            self.references.remove(&entry.id);
            let deferred = std::mem::take(&mut entry.deferred);
            self.abandoned.extend(deferred.into_iter().map(|(_, transport)| (entry.id.clone(), transport)));
            self.ready.remove(&reference);
            self.put_by.remove(&reference);
            if let EntryState::Waiting(moment) = entry.state {
                self.waiting.remove(&(moment, reference));
            }
        }
        self.active.remove(&reference);
    }
}
