//! A hundred thousand messages in the queue: the room that the machine needs for them, and its time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::guid::Guid;
use mapi_defs::{EntryId, FileTime};
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, RecipientState};
use mapi_spooler::machine::{Action, Attempted, Machine};
use mapi_spooler::retry::RetryPolicy;
use mapi_spooler::{Addressee, QueuedMessage};
use std::time::Duration;

const MESSAGES: u32 = 100_000;
const SENT: u64 = 1_000;
const KIB: u64 = 1_024;

/// The most that this process has had in memory, in bytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * KIB
}

/// An identifier as long as the store's.
fn queued(number: u32) -> QueuedMessage {
    let mut body = [0; 16];
    body[..4].copy_from_slice(&number.to_le_bytes());
    let moment = FileTime::from_unix_seconds(1_700_000_000 + i64::from(number));
    QueuedMessage::new(EntryId::new(Guid([7; 16]), &body), moment)
}

#[test]
fn a_hundred_thousand_messages_fit_and_each_is_found_at_once() {
    let before = most_memory();
    let mut machine = Machine::new(RetryPolicy::default(), 1);
    machine.handle_transports(vec![Some(AddressTypes { any: true, ..AddressTypes::default() })]);
    let now = FileTime::from_unix_seconds(1_700_200_000);
    machine.handle_queue(now, (0..MESSAGES).map(queued).collect());
    let mut steps = 0_u64;
    // All of them wait once; then they go out, of which some are enough to see it.
    for round in 0..2_u64 {
        let now = now.plus(Duration::from_secs(round * 3_600));
        while let Some(action) = machine.poll_action(now) {
            steps += 1;
            match action {
                Action::Lock { reference, .. } => {
                    let address_type = "SMTP".to_owned();
                    let one = Addressee { row_id: 0, address_type, uid: None, in_doubt: false };
                    machine.handle_locked(reference, now, vec![one], false);
                }
                Action::Attempt { reference, rows, .. } => {
                    let later = RecipientState::RetryAfter(Duration::ZERO);
                    let state = if round == 0 { later } else { RecipientState::Sent };
                    let said = RecipientOutcome { row_id: rows[0], state, reply: "said".to_owned() };
                    machine.handle_outcome(reference, now, Attempted::Outcomes(vec![said]));
                }
                Action::Record { reference, .. } => machine.handle_recorded(reference),
                Action::Finish { reference, .. } => {
                    machine.handle_finished(reference);
                    if machine.finished().0 == SENT {
                        break;
                    }
                }
                Action::Release { reference, .. } => machine.handle_released(reference),
            }
        }
        assert_eq!(machine.queued() + machine.finished().0, u64::from(MESSAGES));
    }
    let room = most_memory() - before;
    println!("figure: messages = {MESSAGES}");
    println!("figure: steps = {steps}");
    println!("figure: memory, KiB = {}", room / KIB);
    assert_eq!(steps, u64::from(MESSAGES) * 4 + SENT * 3);
    assert!(room < 64 * KIB * KIB, "{room} bytes for {MESSAGES} messages");
}
