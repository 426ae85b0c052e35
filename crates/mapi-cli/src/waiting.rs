//! How a message waits: what the queue knows of it, with what its recipients were told last.
//!
//! What became of a message that may have left the queue is `outgoing.rs`.

use crate::failure::Outcome;
use crate::moment;
use crate::outgoing::{State, outgoing};
use mapi::object::MsgStore;
use mapi_defs::{EntryId, ErrorCode, FileTime};
use mapi_spi::spooler::Queued;
use serde_json::{Map, Value, json};

/// A message that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    /// `waiting`, `sending`, `in_doubt`, `held` or `aside`.
    pub(crate) state: &'static str,
    /// How often a transport was asked for the recipient it was asked for most.
    pub(crate) attempts: u32,
    /// Not before this moment; nothing where it may go at once, or not by itself.
    pub(crate) next: Option<FileTime>,
    /// What was said last about a recipient that still waits.
    pub(crate) reply: Option<String>,
}

impl Waiting {
    /// Looks how a queued message waits.
    pub(crate) fn of(store: &MsgStore, id: &EntryId) -> Outcome<Self> {
        let queued = match store.queued(id) {
            // Not every store tells.
            Err(error) if error.code() == ErrorCode::NO_SUPPORT => None,
            other => other?,
        };
        let message = outgoing(store, id)?;
        let open =
            message.recipients.iter().filter(|end| matches!(end.state, State::Queued | State::InDoubt));
        let is_in_doubt = open.clone().any(|end| end.state == State::InDoubt);
        let reply = open.filter_map(|end| end.reply.clone()).next_back();
        let queued = queued.unwrap_or_default();
        let attempts = message.recipients.iter().map(|end| end.attempts).max().unwrap_or(0);
        let reply = queued.notes.aside.clone().or(reply);
        Ok(Self { state: state(&queued, is_in_doubt), attempts, next: queued.notes.next, reply })
    }

    /// Adds what is known to a row of `queue list --json`.
    pub(crate) fn put_into(&self, row: &mut Map<String, Value>) {
        row.insert("state".into(), json!(self.state));
        row.insert("attempts".into(), json!(self.attempts));
        row.insert("next_try".into(), json!(self.next.and_then(moment::file_time)));
        row.insert("last_reply".into(), json!(self.reply));
    }
}

fn state(queued: &Queued, is_in_doubt: bool) -> &'static str {
    match queued {
        Queued { is_held: true, .. } => "held",
        Queued { is_locked: true, .. } => "sending",
        Queued { notes, .. } if notes.aside.is_some() => "aside",
        _ if is_in_doubt => "in_doubt",
        _ => "waiting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_spi::spooler::QueueNotes;

    #[test]
    fn who_holds_a_message_back_comes_before_what_is_known_of_it() {
        let aside = QueueNotes { aside: Some("faults".into()), ..QueueNotes::default() };
        let queued =
            |is_held, is_locked, notes: &QueueNotes| Queued { is_held, is_locked, notes: notes.clone() };
        let none = QueueNotes::default();
        assert_eq!(state(&queued(true, false, &aside), true), "held");
        assert_eq!(state(&queued(false, true, &none), false), "sending");
        assert_eq!(state(&queued(false, false, &aside), true), "aside");
        assert_eq!(state(&queued(false, false, &none), true), "in_doubt");
        assert_eq!(state(&queued(false, false, &none), false), "waiting");
    }
}
