//! The states of one outgoing message, and what the machine keeps of it.
//!
//! ```text
//!             poll_action                    every recipient settled
//!  Queued ───────────────► Locking ──► Attempting(t) ──► Recording ──► Finishing ──► gone
//!    ▲  ▲                     │            ▲   │             │
//!    │  │ store fault         │            └───┴── next transport
//!    │  └─────────────────────┤                              │ somebody has to wait
//!    │                        └────────► Releasing ◄─────────┘
//!    │ its moment comes                    │     │ too many faults
//!    └─────────── Waiting(until) ◄─────────┘     └──────► Aside
//! ```
//!
//! "Refused" is no state of a message but of a recipient: a message whose last recipients are
//! refused is finished as any other. Which step follows which is decided in `machine`.

use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, FileTime};
use mapi_spi::provider::transport::RecipientOutcome;
use mapi_spi::spooler::QueueNotes;
use std::collections::BTreeMap;

/// The number of a queued message within one spooler, ascending in the order of submission.
pub type Reference = u64;

/// A row of the outgoing queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuedMessage {
    /// PR_ENTRYID.
    pub id: EntryId,
    /// PR_CLIENT_SUBMIT_TIME; the beginning of time where the row does not say.
    pub submitted: FileTime,
    /// PR_DEFERRED_SEND_TIME: not before this moment, whoever asks.
    pub send_at: Option<FileTime>,
    /// True where preprocessors have to see it first (SUBMITFLAG_PREPROCESS).
    pub preprocess: bool,
    /// What the spoolers before this one have kept.
    pub notes: QueueNotes,
}

impl QueuedMessage {
    /// A message that may go at once and of which nothing is known.
    pub fn new(id: EntryId, submitted: FileTime) -> Self {
        Self { id, submitted, send_at: None, preprocess: false, notes: QueueNotes::default() }
    }
}

/// A recipient that is still to be served, as far as routing needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addressee {
    /// PR_ROWID.
    pub row_id: u32,
    /// PR_ADDRTYPE; empty where the row does not say.
    pub address_type: String,
    /// The provider's UID in PR_ENTRYID.
    pub uid: Option<MapiUid>,
    /// True where a server may have the message for it, and nobody knows.
    pub in_doubt: bool,
}

/// Where a message stands. The drawing above this file's code shows how it gets there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryState {
    /// May be taken as soon as it is its turn.
    Queued,
    /// Is being opened and locked.
    Locking,
    /// Is with a transport.
    Attempting {
        /// The transport's place in transport order.
        transport: usize,
    },
    /// What became of recipients is being saved.
    Recording,
    /// Is leaving the queue.
    Finishing,
    /// Is being unlocked, to rest.
    Releasing(Rest),
    /// Rests until this moment.
    Waiting(FileTime),
    /// Is not tried again until somebody looks into it.
    Aside,
}

/// How an unlocked message rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// Not at all: it is the next one, once the store works again.
    Queued,
    /// Until this moment.
    Until(FileTime),
    /// Until somebody looks into it.
    Aside,
}

/// What the machine keeps of one message; small, since a queue may be long.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) submitted: FileTime,
    /// When this spooler saw it first.
    pub(crate) first_seen: FileTime,
    pub(crate) state: EntryState,
    /// Passes that ended with somebody waiting.
    pub(crate) passes: u32,
    /// Faults in a row.
    pub(crate) faults: u32,
    /// PR_DEFERRED_SEND_TIME, or the beginning of time.
    pub(crate) send_at: FileTime,
    /// How many spoolers in a row have ended over it.
    pub(crate) begun: u32,
    /// True until preprocessors have seen it.
    pub(crate) preprocess: bool,
    /// Why it is set aside, where it is for good.
    pub(crate) aside: Option<Box<str>>,
    /// Recipients that a transport keeps to itself: PR_ROWID and transport.
    pub(crate) deferred: Vec<(u32, usize)>,
    /// The transport that has asked for them.
    pub(crate) recalled: Option<usize>,
    /// Recipients with a moment of their own.
    pub(crate) held: Vec<Held>,
    /// True where somebody waits for a transport rather than for a moment of their own.
    pub(crate) waits_for_transport: bool,
    /// The one transport that everybody waits for, where it is one: known without opening the message.
    pub(crate) waits_for: Option<usize>,
    /// What is known of recipients and not saved yet, by PR_ROWID. It is never asked for again.
    pub(crate) unrecorded: BTreeMap<u32, RecipientOutcome>,
    /// True once a recipient was refused.
    pub(crate) any_refused: bool,
    /// True while a recipient is in doubt.
    pub(crate) any_in_doubt: bool,
}

/// A recipient that is not asked for before its moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) row_id: u32,
    /// The moment by the retry table.
    pub(crate) until: FileTime,
    /// The moment the other side asked for; a flush does not come before it either.
    pub(crate) not_before: FileTime,
}

impl Entry {
    /// The earliest moment at which somebody of this resting message may be asked for, if everything
    /// that can be overruled is: all of it where `flush`, else only waiting for a transport.
    pub(crate) fn earliest(&self, now: FileTime, flush: bool) -> Option<FileTime> {
        let floor = now.max(self.send_at);
        if self.waits_for_transport || (flush && self.held.is_empty() && self.deferred.is_empty()) {
            return Some(floor);
        }
        let moment = |held: &Held| if flush { held.not_before.max(floor) } else { held.until };
        self.held.iter().map(moment).min()
    }

    /// What the next spooler has to know. Waiting for a transport is not kept: it may be there by then.
    pub(crate) fn notes(&self, rest: Rest) -> QueueNotes {
        if cfg!(feature = "seeded-fault-patience") {
            return QueueNotes::default();
        }
        let next = match rest {
            Rest::Until(moment) if !self.held.is_empty() && !self.waits_for_transport => Some(moment),
            _ => None,
        };
        let aside = self.aside.as_deref().map(str::to_owned);
        QueueNotes { passes: self.passes, faults: self.faults, begun: 0, next, aside }
    }

    pub(crate) fn new(message: QueuedMessage, now: FileTime) -> Self {
        Self {
            id: message.id,
            submitted: message.submitted,
            first_seen: now,
            state: EntryState::Queued,
            passes: message.notes.passes,
            faults: message.notes.faults,
            send_at: message.send_at.unwrap_or(FileTime(0)),
            preprocess: message.preprocess,
            begun: message.notes.begun,
            aside: message.notes.aside.map(String::into_boxed_str),
            deferred: Vec::new(),
            recalled: None,
            held: Vec::new(),
            waits_for_transport: false,
            waits_for: None,
            unrecorded: BTreeMap::new(),
            any_refused: false,
            any_in_doubt: false,
        }
    }
}
