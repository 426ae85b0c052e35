//! The message in process: who is asked for which recipient, and what the next step is.
//!
//! Not the queue around it: that is `mod.rs`. Not who fits a recipient: that is `route.rs`.

use super::{Action, Attempted, Line};
use crate::entry::{Addressee, Entry, EntryState, Held, Reference, Rest};
use crate::retry::RetryPolicy;
use crate::route;
use mapi_defs::{ErrorCode, FileTime};
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, RecipientState};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of the message in process while it is open.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The recipients that are not settled, by PR_ROWID.
    open: BTreeMap<u32, Open>,
    /// The recipients of the open attempt.
    attempt: Vec<u32>,
    /// For each transport, whether it was down when this pass over the message began, or went down
    /// in it. One that comes back meanwhile is left to the next pass: older messages that rest
    /// because of it come first.
    down: Vec<bool>,
    /// How often each had gone down when this pass began: another message in process may find that out.
    falls: Vec<u32>,
    /// What a transport said that failed over this message.
    failed: Option<String>,
    /// How often this pass has handed the message over once more at once.
    resent: u32,
    /// True once the message is to be given up for now.
    is_cancelled: bool,
    /// Set where something else than its recipients makes the message rest.
    pub(super) rest: Option<Rest>,
}

/// A recipient that is not settled.
#[derive(Debug)]
struct Open {
    addressee: Addressee,
    /// The transports that take it, the next one to ask last.
    candidates: Vec<usize>,
    wait: Wait,
    /// True where the transport that had deferred it has asked for it.
    is_recalled: bool,
}

/// What a recipient waits for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Nothing,
    Moment(Held),
    Transport(usize),
    /// The transport that keeps it has to ask for it.
    Deferred(usize),
    /// Somebody has to decide.
    Decision,
}

/// What surrounds the message.
pub(super) struct Around<'a> {
    pub(super) policy: &'a RetryPolicy,
    pub(super) lines: &'a [Line],
    /// The transports that take nothing more at the moment.
    pub(super) full: &'a [bool],
    /// False while an older message may still be for any of the transports.
    pub(super) may_begin: bool,
    /// True where a transport has not said what it takes.
    pub(super) is_silent: bool,
    /// True where recipients in doubt are left alone.
    pub(super) hold_in_doubt: bool,
    /// Since when anything could be tried.
    pub(super) awake_since: FileTime,
    pub(super) now: FileTime,
}

/// What comes next for a message.
pub(super) enum Next {
    /// This.
    Do(Action),
    /// Nothing before it is its turn with this transport.
    Turn(usize),
}

impl Around<'_> {
    /// How often a transport was found not to be available.
    fn falls(&self, transport: usize) -> u32 {
        self.lines.get(transport).map_or(0, |line| line.falls)
    }

    /// True where a transport can be given a message now.
    fn has_room(&self, transport: usize) -> bool {
        self.may_begin && self.full.get(transport) != Some(&true)
    }

    /// When a transport that is down is asked again.
    fn up_at(&self, transport: usize) -> FileTime {
        let until = self.lines.get(transport).and_then(|line| line.down_until);
        until.map_or(self.now, |until| until.max(self.now))
    }

    /// The moment at which a message is given up, as far as that is known now.
    fn gives_up(&self, entry: &Entry) -> FileTime {
        let since = entry.first_seen.max(self.awake_since).plus(self.policy.grace);
        entry.submitted.max(entry.send_at).plus(self.policy.lifetime).max(since)
    }

    fn is_expired(&self, entry: &Entry) -> bool {
        self.policy.is_expired(
            entry.submitted.max(entry.send_at),
            entry.first_seen.max(self.awake_since),
            self.now,
        )
    }
}

impl Work {
    /// The work on a message that was just taken, over these transports.
    pub(super) fn taken(lines: &[Line], now: FileTime) -> Self {
        let down = lines.iter().map(|line| line.is_down(now)).collect();
        let falls = lines.iter().map(|line| line.falls).collect();
        Self { down, falls, ..Self::default() }
    }

    /// Is told which transports are passed by in this pass.
    pub(super) fn pass_by(&mut self, is_passed_by: impl Fn(usize) -> bool) {
        self.down.iter_mut().enumerate().for_each(|(place, down)| *down |= is_passed_by(place));
    }

    /// Is told who is still to be served. Outcomes that could not be saved last time still hold, and
    /// recipients whose moment has not come keep waiting.
    pub(super) fn open(
        &mut self,
        entry: &mut Entry,
        addressees: Vec<Addressee>,
        hold_in_doubt: bool,
        now: FileTime,
    ) {
        let held: BTreeMap<u32, Held> = std::mem::take(&mut entry.held)
            .into_iter()
            .filter(|held| held.until > now)
            .map(|held| (held.row_id, held))
            .collect();
        entry.waits_for = None;
        entry.waits_for_transport = false;
        let deferred: BTreeMap<u32, usize> = std::mem::take(&mut entry.deferred).into_iter().collect();
        let recalled = entry.recalled.take();
        let is_settled =
            |row_id: &u32| entry.unrecorded.get(row_id).is_some_and(|known| is_final(&known.state));
        let open = addressees.into_iter().filter(|one| !is_settled(&one.row_id)).map(|addressee| {
            let keeper = deferred.get(&addressee.row_id).copied();
            let wait = match (held.get(&addressee.row_id), keeper) {
                _ if addressee.in_doubt && hold_in_doubt => Wait::Decision,
                (_, Some(keeper)) if recalled != Some(keeper) => Wait::Deferred(keeper),
                (Some(held), _) => Wait::Moment(*held),
                (None, _) => Wait::Nothing,
            };
            let is_recalled = keeper.is_some() && recalled == keeper;
            (addressee.row_id, Open { addressee, candidates: Vec::new(), wait, is_recalled })
        });
        self.open = open.collect();
        entry.any_in_doubt = self.any_in_doubt();
    }

    fn any_in_doubt(&self) -> bool {
        self.open.values().any(|open| open.addressee.in_doubt)
    }

    /// Is told to begin no further attempt.
    pub(super) fn cancel(&mut self) {
        self.is_cancelled = true;
    }

    /// Finds who may take each recipient.
    pub(super) fn route(&mut self, types: &[Option<AddressTypes>]) {
        for open in self.open.values_mut() {
            open.candidates = route::candidates(&open.addressee, types);
            open.candidates.reverse();
        }
    }

    /// The next step, which is also the entry's new state.
    pub(super) fn next(&mut self, reference: Reference, entry: &mut Entry, around: &Around<'_>) -> Next {
        if let Some(rest) = self.rest {
            return Next::Do(release(reference, entry, rest));
        }
        // What became of the last recipients is saved in the step that ends the message.
        if !self.open.is_empty()
            && let Some(record) = record(reference, entry)
        {
            return Next::Do(record);
        }
        if self.is_cancelled && !self.open.is_empty() {
            return Next::Do(release(reference, entry, Rest::Queued));
        }
        if let Some(transport) = self.next_transport(entry, around) {
            if !around.has_room(transport) {
                return Next::Turn(transport);
            }
            entry.state = EntryState::Attempting { transport };
            let deferred;
            (self.attempt, deferred) = self.rows_for(transport);
            return Next::Do(Action::Attempt { reference, transport, rows: self.attempt.clone(), deferred });
        }
        if self.open.is_empty() {
            entry.state = EntryState::Finishing;
            let outcomes = entry.unrecorded.values().cloned().collect();
            return Next::Do(Action::Finish { reference, id: entry.id.clone(), outcomes });
        }
        // Looking for a transport may have given up recipients.
        if let Some(record) = record(reference, entry) {
            return Next::Do(record);
        }
        let rest = self.rest_of_waiting(entry, around);
        Next::Do(release(reference, entry, rest))
    }

    /// Keeps for this message the transports that it may come to after what is under way, ahead of younger ones.
    pub(super) fn go_ahead(&self, state: EntryState, full: &mut [bool]) {
        let has = match state {
            EntryState::Attempting { transport } => Some(transport),
            EntryState::Recording => None,
            _ => return,
        };
        for open in self.open.values().filter(|open| matches!(open.wait, Wait::Nothing)) {
            for transport in open.candidates.iter().filter(|transport| Some(**transport) != has) {
                full.get_mut(*transport).into_iter().for_each(|full| *full = true);
            }
        }
    }

    /// Judges what a transport said of the recipients it was asked for.
    pub(super) fn outcome(
        &mut self,
        entry: &mut Entry,
        transport: usize,
        attempted: &Attempted,
        around: &Around<'_>,
    ) {
        let rows = std::mem::take(&mut self.attempt);
        for row_id in &rows {
            self.open.get_mut(row_id).into_iter().for_each(|open| open.is_recalled = false);
        }
        match attempted {
            Attempted::Outcomes(outcomes) => {
                // What it says of recipients it was not asked for, or says twice, does not count.
                for outcome in outcomes.iter().filter(|outcome| rows.contains(&outcome.row_id)) {
                    self.settle(entry, outcome, around);
                    self.defer(entry, outcome, transport, around);
                }
                if outcomes.iter().any(|outcome| outcome.state == RecipientState::ResendNow) {
                    self.resent += 1;
                    // Those who are to be asked for once more stay with this transport.
                    let again = |row_id: &u32| {
                        !outcomes
                            .iter()
                            .any(|one| one.row_id == *row_id && one.state == RecipientState::ResendNow)
                    };
                    let passed: Vec<u32> = rows.iter().copied().filter(again).collect();
                    return self.pass_on(transport, &passed);
                }
            }
            // It was asked to give the message up, whatever its word for that is.
            Attempted::Stopped(_) | Attempted::Cancelled(_) if self.is_cancelled => return,
            Attempted::NotMe => {}
            Attempted::Unavailable(reply) => {
                self.down.get_mut(transport).into_iter().for_each(|down| *down = true);
                for row_id in rows {
                    self.keep_queued(entry, row_id, Duration::ZERO, reply);
                }
                return;
            }
            Attempted::Cancelled(reply) => {
                for row_id in &rows {
                    self.refuse(entry, *row_id, ErrorCode::CANCEL, reply.clone());
                }
            }
            // Nobody had asked it to stop.
            Attempted::Stopped(reply) | Attempted::Failed(reply) => {
                self.failed = Some(reply.clone());
                let own = around.policy.delay(entry.faults + 1, entry.id.as_bytes());
                let (until, not_before) = (around.now.plus(own), around.now);
                for row_id in &rows {
                    self.hold(Held { row_id: *row_id, until, not_before });
                    self.keep_queued(entry, *row_id, Duration::ZERO, reply);
                }
            }
        }
        self.pass_on(transport, &rows);
    }

    /// The moments that recipients of the message in process wait for.
    pub(super) fn held(&mut self) -> impl Iterator<Item = &mut Held> {
        self.open.values_mut().filter_map(|open| match &mut open.wait {
            Wait::Moment(held) => Some(held),
            _ => None,
        })
    }

    fn settle(&mut self, entry: &mut Entry, outcome: &RecipientOutcome, around: &Around<'_>) {
        let row_id = outcome.row_id;
        match self.open.get(&row_id) {
            Some(open) if matches!(open.wait, Wait::Nothing) => {}
            _ => return,
        }
        match outcome.state {
            RecipientState::Sent | RecipientState::Local => {
                self.open.remove(&row_id);
                entry.unrecorded.insert(row_id, outcome.clone());
            }
            RecipientState::Refused(code) => self.refuse(entry, row_id, code, outcome.reply.clone()),
            RecipientState::InDoubt if around.hold_in_doubt => {
                self.doubt(entry, outcome);
                if let Some(open) = self.open.get_mut(&row_id) {
                    open.wait = Wait::Decision;
                }
            }
            RecipientState::RetryAfter(_) | RecipientState::InDoubt | RecipientState::Deferred
                if around.is_expired(entry) =>
            {
                self.refuse(entry, row_id, ErrorCode::TIMEOUT, given_up(around.policy, &outcome.reply));
            }
            RecipientState::ResendNow if self.resent < around.policy.faults => {}
            RecipientState::ResendNow => {
                let outcome =
                    RecipientOutcome { state: RecipientState::RetryAfter(Duration::ZERO), ..outcome.clone() };
                return self.settle(entry, &outcome, around);
            }
            RecipientState::Deferred => {}
            RecipientState::RetryAfter(asked) => {
                let own = around.policy.delay(entry.passes + 1, entry.id.as_bytes());
                let (until, not_before) = (around.now.plus(own.max(asked)), around.now.plus(asked));
                self.hold(Held { row_id, until, not_before });
                self.keep_queued(entry, row_id, asked, &outcome.reply);
            }
            RecipientState::InDoubt => {
                let rest = around.policy.doubt;
                let own = around.policy.delay(entry.passes + 1, entry.id.as_bytes());
                let (until, not_before) = (around.now.plus(own.max(rest)), around.now.plus(rest));
                self.hold(Held { row_id, until, not_before });
                self.doubt(entry, outcome);
            }
        }
        entry.any_in_doubt = self.any_in_doubt();
    }

    /// Leaves a recipient with a transport that will ask for it, and says so to the reader of the queue.
    fn defer(
        &mut self,
        entry: &mut Entry,
        outcome: &RecipientOutcome,
        transport: usize,
        around: &Around<'_>,
    ) {
        if outcome.state != RecipientState::Deferred || around.is_expired(entry) {
            return;
        }
        let row_id = outcome.row_id;
        if let Some(open) = self.open.get_mut(&row_id)
            && matches!(open.wait, Wait::Nothing)
        {
            open.wait = Wait::Deferred(transport);
            self.keep_queued(entry, row_id, Duration::ZERO, &outcome.reply);
        }
    }

    /// Keeps for the reader of the queue what was said of somebody who waits. One that was in doubt before stays
    /// so: what a server says of this attempt says nothing of the one that nobody heard the end of.
    fn keep_queued(&self, entry: &mut Entry, row_id: u32, asked: Duration, reply: &str) {
        let is_doubt = self.open.get(&row_id).is_some_and(|open| open.addressee.in_doubt);
        let (state, reply) = match is_doubt {
            true => {
                (RecipientState::InDoubt, format!("in doubt since an attempt before; this time: {reply}"))
            }
            false => (RecipientState::RetryAfter(asked), reply.to_owned()),
        };
        entry.unrecorded.insert(row_id, RecipientOutcome { row_id, state, reply });
    }

    /// Keeps that a recipient is in doubt, to be recorded as such.
    fn doubt(&mut self, entry: &mut Entry, outcome: &RecipientOutcome) {
        if let Some(open) = self.open.get_mut(&outcome.row_id) {
            open.addressee.in_doubt = true;
        }
        entry.unrecorded.insert(outcome.row_id, outcome.clone());
    }

    fn refuse(&mut self, entry: &mut Entry, row_id: u32, code: ErrorCode, reply: String) {
        self.open.remove(&row_id);
        entry.any_refused = true;
        let state = RecipientState::Refused(code);
        entry.unrecorded.insert(row_id, RecipientOutcome { row_id, state, reply });
    }

    fn hold(&mut self, held: Held) {
        if let Some(open) = self.open.get_mut(&held.row_id) {
            open.wait = Wait::Moment(held);
        }
    }

    /// Those that a transport was asked for and neither took nor keeps waiting go to the next match.
    fn pass_on(&mut self, transport: usize, rows: &[u32]) {
        for row_id in rows {
            if let Some(open) = self.open.get_mut(row_id)
                && matches!(open.wait, Wait::Nothing)
                && open.candidates.last() == Some(&transport)
            {
                open.candidates.pop();
            }
        }
    }

    /// The first transport, in transport order, that can be asked for somebody.
    ///
    /// On the way whoever nobody takes, or has waited too long for a transport, is refused.
    fn next_transport(&mut self, entry: &mut Entry, around: &Around<'_>) -> Option<usize> {
        let mut first: Option<usize> = None;
        let mut refused = Vec::new();
        for (row_id, open) in &mut self.open {
            match open.wait {
                Wait::Deferred(_) if around.is_expired(entry) => {
                    refused.push((*row_id, ErrorCode::TIMEOUT, given_up(around.policy, "it was deferred")));
                    continue;
                }
                Wait::Moment(_) | Wait::Decision | Wait::Deferred(_) => continue,
                Wait::Nothing | Wait::Transport(_) => {}
            }
            let Some(transport) = open.candidates.last().copied() else {
                if around.is_silent {
                    let until = around.now.plus(around.policy.delay(entry.passes + 1, entry.id.as_bytes()));
                    open.wait = Wait::Moment(Held { row_id: *row_id, until, not_before: around.now });
                } else {
                    let reply = route::unroutable(&open.addressee.address_type);
                    refused.push((*row_id, ErrorCode::NO_RECIPIENTS, reply));
                }
                continue;
            };
            if self.falls.get(transport).is_some_and(|falls| *falls != around.falls(transport))
                && let Some(down) = self.down.get_mut(transport)
            {
                *down = true;
            }
            if self.down.get(transport) != Some(&true) {
                open.wait = Wait::Nothing;
                first = Some(first.map_or(transport, |found| found.min(transport)));
            } else if around.is_expired(entry) {
                let reply = given_up(around.policy, &around.lines[transport].reply);
                refused.push((*row_id, ErrorCode::TIMEOUT, reply));
            } else {
                open.wait = Wait::Transport(transport);
            }
        }
        for (row_id, code, reply) in refused {
            self.refuse(entry, row_id, code, reply);
        }
        first
    }

    /// Whom the transport is asked for, and whether it had deferred them: those come by themselves.
    fn rows_for(&self, transport: usize) -> (Vec<u32>, bool) {
        let is_for =
            |open: &Open| matches!(open.wait, Wait::Nothing) && open.candidates.last() == Some(&transport);
        let own = || self.open.iter().filter(|(_, open)| is_for(open));
        let deferred = own().any(|(_, open)| open.is_recalled);
        let rows = own().filter(|(_, open)| open.is_recalled == deferred);
        (rows.map(|(row_id, _)| *row_id).collect(), deferred)
    }

    /// How the message rests while all of its open recipients wait.
    fn rest_of_waiting(&self, entry: &mut Entry, around: &Around<'_>) -> Rest {
        entry.passes = entry.passes.saturating_add(1);
        entry.faults = if self.failed.is_some() { entry.faults.saturating_add(1) } else { 0 };
        if let Some(reply) = self.failed.as_ref().filter(|_| entry.faults >= around.policy.faults) {
            entry.aside = Some(format!("{} failures in a row, the last: {reply}", entry.faults).into());
            return Rest::Aside;
        }
        let mut moments = Vec::new();
        let mut transports = Vec::new();
        for (row_id, open) in &self.open {
            match open.wait {
                Wait::Nothing => moments.push(around.now),
                Wait::Moment(held) => {
                    entry.held.push(held);
                    moments.push(held.until);
                }
                Wait::Transport(transport) => {
                    transports.push(transport);
                    moments.push(around.up_at(transport));
                }
                Wait::Deferred(keeper) => {
                    entry.deferred.push((*row_id, keeper));
                    moments.push(around.gives_up(entry));
                }
                Wait::Decision => {}
            }
        }
        transports.dedup();
        entry.waits_for_transport = !transports.is_empty();
        entry.waits_for = match transports[..] {
            [only] if entry.held.is_empty() => Some(only),
            _ => None,
        };
        // Where everybody waits for a decision, so does the message.
        moments.into_iter().min().map_or(Rest::Aside, Rest::Until)
    }
}

/// How a message rests after a fault of its own. What is not saved yet is never set aside.
pub(super) fn rest_after_fault(entry: &mut Entry, policy: &RetryPolicy, now: FileTime) -> Rest {
    entry.faults = entry.faults.saturating_add(1);
    if entry.faults >= policy.faults && entry.unrecorded.is_empty() {
        entry.aside = Some(format!("{} failures in a row over reading or changing it", entry.faults).into());
        return Rest::Aside;
    }
    Rest::Until(now.plus(policy.delay(entry.faults, entry.id.as_bytes())))
}

fn release(reference: Reference, entry: &mut Entry, rest: Rest) -> Action {
    entry.state = EntryState::Releasing(rest);
    Action::Release { reference, id: entry.id.clone(), rest, notes: entry.notes(rest) }
}

fn record(reference: Reference, entry: &mut Entry) -> Option<Action> {
    if entry.unrecorded.is_empty() {
        return None;
    }
    entry.state = EntryState::Recording;
    let outcomes = entry.unrecorded.values().cloned().collect();
    Some(Action::Record { reference, id: entry.id.clone(), outcomes })
}

fn is_final(state: &RecipientState) -> bool {
    matches!(state, RecipientState::Sent | RecipientState::Local | RecipientState::Refused(_))
}

fn given_up(policy: &RetryPolicy, reply: &str) -> String {
    format!("given up {} hours after it was submitted: {reply}", policy.lifetime.as_secs() / 3600)
}
