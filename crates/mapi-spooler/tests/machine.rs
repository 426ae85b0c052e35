//! The machine by itself: days of retries in microseconds, and random interleavings of everything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::{EntryId, ErrorCode, FileTime};
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, RecipientState};
use mapi_spi::spooler::QueueNotes;
use mapi_spooler::machine::{Action, Attempted, Fault, Machine};
use mapi_spooler::retry::RetryPolicy;
use mapi_spooler::{Addressee, EntryState, QueuedMessage};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn start() -> FileTime {
    FileTime::from_unix_seconds(1_700_000_000)
}

fn id(number: u32) -> EntryId {
    EntryId::from_bytes(number.to_be_bytes())
}

fn queued(number: u32) -> QueuedMessage {
    QueuedMessage::new(id(number), start())
}

fn to(row_id: u32, address_type: &str) -> Addressee {
    Addressee { row_id, address_type: address_type.to_owned(), uid: None, in_doubt: false }
}

fn takes(types: &[&str]) -> Option<AddressTypes> {
    let types = types.iter().map(|text| (*text).to_owned()).collect();
    Some(AddressTypes { types, ..AddressTypes::default() })
}

fn any() -> Option<AddressTypes> {
    Some(AddressTypes { any: true, ..AddressTypes::default() })
}

fn outcome(row_id: u32, state: RecipientState) -> RecipientOutcome {
    RecipientOutcome { row_id, state, reply: "as the other side said".to_owned() }
}

/// A machine over these transports that holds these messages.
fn machine(types: Vec<Option<AddressTypes>>, messages: u32) -> Machine {
    let mut machine = Machine::new(RetryPolicy::default(), types.len());
    machine.handle_transports(types);
    machine.handle_queue(start(), (1..=messages).map(queued).collect());
    machine
}

fn lock(machine: &mut Machine, now: FileTime, addressees: Vec<Addressee>) -> EntryId {
    match machine.poll_action(now) {
        Some(Action::Lock { reference, id, .. }) => {
            machine.handle_locked(reference, now, addressees, false);
            id
        }
        other => panic!("expected a lock, got {other:?}"),
    }
}

/// Expects an attempt by this transport for these rows, and answers it.
fn attempt(machine: &mut Machine, now: FileTime, by: usize, expected: &[u32], answer: Attempted) {
    match machine.poll_action(now) {
        Some(Action::Attempt { reference, transport, rows, .. }) => {
            assert_eq!((transport, &rows[..]), (by, expected));
            machine.handle_outcome(reference, now, answer);
        }
        other => panic!("expected an attempt, got {other:?}"),
    }
}

/// Expects that outcomes are recorded, and returns them as row and word.
fn record(machine: &mut Machine, now: FileTime) -> Vec<(u32, RecipientState, String)> {
    let Some(Action::Record { reference, outcomes, .. }) = machine.poll_action(now) else {
        panic!("expected a record")
    };
    machine.handle_recorded(reference);
    outcomes.into_iter().map(|one| (one.row_id, one.state, one.reply)).collect()
}

/// Expects that the message ends, and returns what is recorded with that, as row and word.
fn finish(machine: &mut Machine, now: FileTime) -> Vec<(u32, RecipientState, String)> {
    let Some(Action::Finish { reference, outcomes, .. }) = machine.poll_action(now) else {
        panic!("expected an end")
    };
    machine.handle_finished(reference);
    outcomes.into_iter().map(|one| (one.row_id, one.state, one.reply)).collect()
}

fn release(machine: &mut Machine, now: FileTime) {
    match machine.poll_action(now) {
        Some(Action::Release { reference, .. }) => machine.handle_released(reference),
        other => panic!("expected a release, got {other:?}"),
    }
}

#[test]
fn a_message_goes_to_each_transport_for_its_own_recipients_and_then_leaves() {
    let (mut machine, now) = (machine(vec![takes(&["SMTP"]), any()], 1), start());
    lock(&mut machine, now, vec![to(1, "smtp"), to(2, "FAX"), to(3, "SMTP")]);
    // Row 3 is left to the next match; what is said of row 2, which was not asked for, does not count.
    let said = vec![
        outcome(1, RecipientState::Sent),
        outcome(2, RecipientState::Sent),
        outcome(1, RecipientState::Refused(ErrorCode::CANCEL)),
    ];
    attempt(&mut machine, now, 0, &[1, 3], Attempted::Outcomes(said));
    assert_eq!(record(&mut machine, now), [(1, RecipientState::Sent, "as the other side said".to_owned())]);
    let said = vec![outcome(2, RecipientState::Local), outcome(3, RecipientState::Local)];
    attempt(&mut machine, now, 1, &[2, 3], Attempted::Outcomes(said));
    assert_eq!(finish(&mut machine, now).len(), 2);
    assert_eq!((machine.queued(), machine.finished()), (0, (1, 0)));
    assert_eq!(machine.poll_action(now), None);
}

#[test]
fn whom_nobody_takes_is_refused_with_its_type_once_every_transport_has_spoken() {
    let now = start();
    let mut silent = machine(vec![takes(&["SMTP"]), None], 1);
    lock(&mut silent, now, vec![to(1, "X400")]);
    release(&mut silent, now);
    assert!(matches!(silent.state(&id(1)), Some(EntryState::Waiting(until)) if until > now));

    let mut machine = machine(vec![takes(&["SMTP"])], 1);
    lock(&mut machine, now, vec![to(1, "X400"), to(2, "SMTP")]);
    attempt(&mut machine, now, 0, &[2], Attempted::NotMe);
    let recorded = record(&mut machine, now);
    let refused = RecipientState::Refused(ErrorCode::NO_RECIPIENTS);
    assert_eq!(recorded[0], (1, refused.clone(), "no transport takes addresses of type X400".to_owned()));
    assert_eq!(finish(&mut machine, now)[0].1, refused);
    assert_eq!(machine.finished(), (0, 1));
}

#[test]
fn a_server_that_is_away_for_a_day_costs_a_dozen_attempts_and_loses_nothing() {
    let mut machine = machine(vec![takes(&["SMTP"])], 1);
    let (mut now, back) = (start(), start().plus(24 * HOUR));
    let mut attempts = 0;
    while machine.queued() == 1 {
        now = machine.poll_timeout().unwrap_or(now);
        lock(&mut machine, now, vec![to(1, "SMTP")]);
        attempts += 1;
        let answer = if now < back {
            Attempted::Unavailable("connection refused".to_owned())
        } else {
            Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)])
        };
        attempt(&mut machine, now, 0, &[1], answer);
        if now < back {
            record(&mut machine, now);
            release(&mut machine, now);
        } else {
            finish(&mut machine, now);
        }
    }
    assert!((8..=14).contains(&attempts), "{attempts} attempts");
    assert!(now.since(back) <= 5 * HOUR, "sent {:?} after the server came back", now.since(back));
    assert_eq!(machine.finished(), (1, 0));
}

#[test]
fn whoever_could_not_be_served_for_two_days_is_given_up() {
    let mut machine = machine(vec![takes(&["SMTP"])], 1);
    let mut now = start();
    let recorded = loop {
        now = machine.poll_timeout().unwrap_or(now);
        lock(&mut machine, now, vec![to(1, "SMTP")]);
        let later = outcome(1, RecipientState::RetryAfter(Duration::ZERO));
        attempt(&mut machine, now, 0, &[1], Attempted::Outcomes(vec![later]));
        match machine.poll_action(now) {
            Some(Action::Record { reference, .. }) => machine.handle_recorded(reference),
            Some(Action::Finish { reference, outcomes, .. }) => {
                machine.handle_finished(reference);
                break outcomes;
            }
            other => panic!("expected an outcome to be saved, got {other:?}"),
        }
        release(&mut machine, now);
    };
    assert_eq!(recorded[0].state, RecipientState::Refused(ErrorCode::TIMEOUT));
    assert!(recorded[0].reply.starts_with("given up 48 hours after"), "{}", recorded[0].reply);
    assert!(now.since(start()) >= 48 * HOUR && now.since(start()) < 53 * HOUR);
    assert_eq!(machine.finished(), (0, 1));
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_longer() {
    let mut machine = machine(vec![takes(&["A"]), takes(&["B"])], 2);
    let now = start();
    lock(&mut machine, now, vec![to(1, "A")]);
    attempt(&mut machine, now, 0, &[1], Attempted::Unavailable("away".to_owned()));
    record(&mut machine, now);
    release(&mut machine, now);
    lock(&mut machine, now, vec![to(1, "B")]);
    let later = outcome(1, RecipientState::RetryAfter(HOUR));
    attempt(&mut machine, now, 1, &[1], Attempted::Outcomes(vec![later]));
    record(&mut machine, now);
    let rest = machine.poll_timeout().unwrap().since(now);
    let yesterday = FileTime::from_unix_seconds(now.unix_seconds() - 86_400);
    machine.handle_clock_jump(now, yesterday);
    release(&mut machine, yesterday);
    assert_eq!(machine.poll_timeout(), Some(yesterday.plus(rest)));
    assert_eq!(lock(&mut machine, yesterday.plus(rest), vec![to(1, "A")]), id(1));
    attempt(&mut machine, yesterday, 0, &[1], Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]));
    finish(&mut machine, yesterday);
    assert_eq!(machine.poll_timeout(), Some(yesterday.plus(HOUR)));
    assert_eq!(lock(&mut machine, yesterday.plus(HOUR), vec![to(1, "B")]), id(2));
    attempt(&mut machine, yesterday, 1, &[1], Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]));
}

#[test]
fn a_computer_that_slept_for_a_week_is_given_an_hour_to_find_its_network() {
    let mut machine = machine(vec![any()], 1);
    let awake = start().plus(168 * HOUR);
    machine.handle_clock_jump(start(), awake);
    lock(&mut machine, awake, vec![to(1, "A")]);
    attempt(&mut machine, awake, 0, &[1], Attempted::Unavailable("no network".to_owned()));
    assert!(matches!(record(&mut machine, awake)[0].1, RecipientState::RetryAfter(_)));
    release(&mut machine, awake);
    let later = awake.plus(HOUR);
    lock(&mut machine, later, vec![to(1, "A")]);
    attempt(&mut machine, later, 0, &[1], Attempted::Unavailable("no network".to_owned()));
    record(&mut machine, later);
    assert_eq!(finish(&mut machine, later)[0].1, RecipientState::Refused(ErrorCode::TIMEOUT));
}

#[test]
fn only_the_recipients_whose_moment_has_come_are_asked_for_again() {
    let (mut machine, now) = (machine(vec![any()], 1), start());
    lock(&mut machine, now, vec![to(1, "A"), to(2, "B"), to(3, "C")]);
    let said = vec![
        outcome(1, RecipientState::Sent),
        outcome(2, RecipientState::RetryAfter(Duration::ZERO)),
        outcome(3, RecipientState::RetryAfter(10 * HOUR)),
    ];
    attempt(&mut machine, now, 0, &[1, 2, 3], Attempted::Outcomes(said));
    assert_eq!(record(&mut machine, now).len(), 3);
    release(&mut machine, now);
    let soon = machine.poll_timeout().unwrap();
    assert!(soon < now.plus(2 * Duration::from_secs(60)) && machine.poll_action(now).is_none());
    lock(&mut machine, soon, vec![to(2, "B"), to(3, "C")]);
    attempt(&mut machine, soon, 0, &[2], Attempted::Outcomes(vec![outcome(2, RecipientState::Sent)]));
    record(&mut machine, soon);
    release(&mut machine, soon);
    // A flush overrules the retry table, but not what the other side asked for.
    machine.handle_flush(soon);
    assert_eq!(machine.poll_action(soon), None);
    assert_eq!(machine.poll_timeout(), Some(now.plus(10 * HOUR)));
    let then = now.plus(10 * HOUR);
    lock(&mut machine, then, vec![to(3, "C")]);
    attempt(&mut machine, then, 0, &[3], Attempted::Outcomes(vec![outcome(3, RecipientState::Sent)]));
    finish(&mut machine, then);
}

#[test]
fn a_transport_that_is_away_holds_up_its_own_messages_only() {
    let (mut machine, now) = (machine(vec![takes(&["SMTP"]), takes(&["FAX"])], 3), start());
    assert_eq!(lock(&mut machine, now, vec![to(1, "SMTP")]), id(1));
    attempt(&mut machine, now, 0, &[1], Attempted::Unavailable("away".to_owned()));
    record(&mut machine, now);
    release(&mut machine, now);
    assert_eq!(lock(&mut machine, now, vec![to(1, "SMTP")]), id(2));
    release(&mut machine, now); // Not even tried: the line is known to be down.
    assert_eq!(lock(&mut machine, now, vec![to(1, "FAX")]), id(3));
    attempt(&mut machine, now, 1, &[1], Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]));
    finish(&mut machine, now);
    assert_eq!(machine.poll_action(now), None);
    // Sending is possible again: the oldest comes first.
    machine.handle_ready_to_send(now);
    assert_eq!(lock(&mut machine, now, vec![to(1, "SMTP")]), id(1));
}

#[test]
fn a_message_over_which_a_transport_fails_three_times_is_set_aside_and_the_queue_moves_on() {
    let mut machine = machine(vec![any()], 2);
    let mut now = start();
    for fault in 1..=3 {
        assert_eq!(lock(&mut machine, now, vec![to(1, "A")]), id(1));
        attempt(&mut machine, now, 0, &[1], Attempted::Failed("the provider panicked".to_owned()));
        let recorded = record(&mut machine, now);
        assert!(matches!(recorded[0].1, RecipientState::RetryAfter(_)), "{recorded:?}");
        release(&mut machine, now);
        if fault == 1 {
            assert_eq!(lock(&mut machine, now, vec![to(1, "A")]), id(2));
            let sent = Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]);
            attempt(&mut machine, now, 0, &[1], sent);
            finish(&mut machine, now);
        }
        now = machine.poll_timeout().unwrap_or(now);
    }
    assert_eq!(machine.state(&id(1)), Some(EntryState::Aside));
    machine.handle_flush(now);
    assert_eq!((machine.poll_action(now.plus(1000 * HOUR)), machine.poll_timeout()), (None, None));
    assert_eq!(machine.next_attempts(), [(id(1), Some(FileTime::MAX))]);
    // Taken back and submitted again it is a new message.
    machine.handle_queue(now, vec![QueuedMessage::new(id(1), now)]);
    assert_eq!(lock(&mut machine, now, vec![to(1, "A")]), id(1));
}

#[test]
fn an_outcome_that_could_not_be_saved_is_saved_later_and_never_asked_for_again() {
    let (mut machine, mut now) = (machine(vec![any()], 1), start());
    lock(&mut machine, now, vec![to(1, "A")]);
    attempt(&mut machine, now, 0, &[1], Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]));
    for fault in [Fault::Store, Fault::Message, Fault::Message, Fault::Message, Fault::Message] {
        let Some(Action::Finish { reference, .. }) = machine.poll_action(now) else {
            panic!("expected an end")
        };
        machine.handle_fault(reference, now, fault);
        release(&mut machine, now);
        assert_eq!(machine.poll_action(now), None);
        now = machine.poll_timeout().unwrap();
        // The store still says that the recipient is open.
        lock(&mut machine, now, vec![to(1, "A")]);
    }
    assert_eq!(finish(&mut machine, now)[0].1, RecipientState::Sent);
}

#[test]
fn a_store_that_fails_stops_the_queue_in_its_order() {
    let (mut machine, mut now) = (machine(vec![any()], 2), start());
    for _ in 0..10 {
        let Some(Action::Lock { reference, id: oldest, .. }) = machine.poll_action(now) else {
            panic!("expected a lock")
        };
        assert_eq!(oldest, id(1));
        machine.handle_fault(reference, now, Fault::Store);
        release(&mut machine, now);
        assert_eq!(machine.poll_action(now), None);
        assert!(machine.is_paused(now));
        now = machine.poll_timeout().unwrap();
    }
    assert!(now.since(start()) < Duration::from_secs(400));
    assert_eq!(lock(&mut machine, now, vec![]), id(1));
    finish(&mut machine, now);
}

#[test]
fn after_a_stop_the_message_in_process_is_brought_to_its_end_and_no_other_begun() {
    let (mut machine, now) = (machine(vec![takes(&["SMTP"]), any()], 2), start());
    lock(&mut machine, now, vec![to(1, "SMTP"), to(2, "FAX")]);
    machine.handle_stop();
    attempt(&mut machine, now, 0, &[1], Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]));
    record(&mut machine, now);
    attempt(&mut machine, now, 1, &[2], Attempted::Outcomes(vec![outcome(2, RecipientState::Sent)]));
    finish(&mut machine, now);
    assert_eq!((machine.poll_action(now), machine.is_idle(), machine.queued()), (None, true, 1));
}

/// Three days, twenty thousand messages, a server that never answers: the oldest is asked for
/// and the others are not even opened a second time.
#[test]
fn a_long_queue_for_a_dead_server_does_not_storm_it_and_keeps_its_order() {
    const MESSAGES: u32 = 20_000;
    let mut machine = machine(vec![takes(&["SMTP"])], MESSAGES);
    let (mut now, mut locks, mut attempts) = (start(), 0_u32, 0_u32);
    while now < start().plus(40 * HOUR) {
        match machine.poll_action(now) {
            Some(Action::Lock { reference, .. }) => {
                locks += 1;
                machine.handle_locked(reference, now, vec![to(1, "SMTP")], false);
            }
            Some(Action::Attempt { reference, .. }) => {
                attempts += 1;
                machine.handle_outcome(reference, now, Attempted::Unavailable("away".to_owned()));
            }
            Some(Action::Record { reference, .. }) => machine.handle_recorded(reference),
            Some(Action::Release { reference, .. }) => machine.handle_released(reference),
            Some(Action::Finish { .. }) => panic!("a message was given up too early"),
            None => now = machine.poll_timeout().unwrap(),
        }
    }
    assert!(attempts < 20, "{attempts} attempts");
    assert!(locks < MESSAGES + 20, "{locks} openings");
    machine.handle_flush(now);
    let mut expected = 1;
    while let Some(action) = machine.poll_action(now) {
        match action {
            Action::Lock { reference, id: found, .. } => {
                assert_eq!(found, id(expected));
                expected += 1;
                machine.handle_locked(reference, now, vec![to(1, "SMTP")], false);
            }
            Action::Attempt { reference, .. } => {
                machine.handle_outcome(
                    reference,
                    now,
                    Attempted::Outcomes(vec![outcome(1, RecipientState::Sent)]),
                );
            }
            Action::Record { reference, .. } => machine.handle_recorded(reference),
            Action::Finish { reference, .. } => machine.handle_finished(reference),
            Action::Release { .. } => panic!("nothing has to wait any more"),
        }
    }
    assert_eq!((machine.queued(), machine.finished()), (0, (u64::from(MESSAGES), 0)));
}

#[test]
fn what_spoolers_end_over_rests_longer_and_is_set_aside_in_the_end() {
    let begun = |begun: u32| QueuedMessage {
        notes: QueueNotes { begun, ..QueueNotes::default() },
        ..queued(begun + 1)
    };
    let mut machine = Machine::new(RetryPolicy::default(), 1);
    machine.handle_transports(vec![any()]);
    machine.handle_queue(start(), [0, 2, 3, 19, 20].map(begun).to_vec());
    let rests =
        |machine: &Machine, number: u32| matches!(machine.state(&id(number)), Some(EntryState::Waiting(_)));
    assert_eq!([1, 3, 4, 20, 21].map(|number| rests(&machine, number)), [false, false, true, true, true]);
    machine.handle_flush(start());
    let mut aside = Vec::new();
    while let Some(action) = machine.poll_action(start()) {
        match action {
            Action::Lock { reference, .. } => {
                machine.handle_locked(reference, start(), vec![to(0, "SMTP")], false)
            }
            Action::Attempt { reference, rows, .. } => {
                let sent = rows.into_iter().map(|row| outcome(row, RecipientState::Sent)).collect();
                machine.handle_outcome(reference, start(), Attempted::Outcomes(sent));
            }
            Action::Record { reference, .. } => machine.handle_recorded(reference),
            Action::Finish { reference, .. } => machine.handle_finished(reference),
            Action::Release { reference, id, notes, .. } => {
                aside.push((id, notes.aside.unwrap()));
                machine.handle_released(reference);
            }
        }
    }
    assert_eq!(aside, [(id(21), "20 spoolers in a row ended over it".to_owned())]);
    assert_eq!(machine.finished(), (4, 0));
}
