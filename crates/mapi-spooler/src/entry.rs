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
    /// Is not tried again by this spooler.
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
        if self.waits_for_transport || (flush && self.held.is_empty()) {
            return Some(now);
        }
        let moment = |held: &Held| if flush { held.not_before.max(now) } else { held.until };
        self.held.iter().map(moment).min()
    }

    pub(crate) fn new(message: QueuedMessage, now: FileTime) -> Self {
        Self {
            id: message.id,
            submitted: message.submitted,
            first_seen: now,
            state: EntryState::Queued,
            passes: 0,
            faults: 0,
            held: Vec::new(),
            waits_for_transport: false,
            waits_for: None,
            unrecorded: BTreeMap::new(),
            any_refused: false,
            any_in_doubt: false,
        }
    }
}
