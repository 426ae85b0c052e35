//! What the machine asks for, and what it is told of how it went.

use crate::entry::{Reference, Rest};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::provider::transport::RecipientOutcome;
use mapi_spi::spooler::QueueNotes;

/// What the driver is to do. Each is answered by the `handle_*` it names, or by
/// [`Machine::handle_fault`](super::Machine::handle_fault), before the next one of the message is given out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Open the message and lock it: [`Machine::handle_locked`](super::Machine::handle_locked).
    Lock {
        /// The message's number.
        reference: Reference,
        /// The message.
        id: EntryId,
        /// True where preprocessors have to see it first.
        preprocess: bool,
    },
    /// Hand the message to a transport for these recipients: [`Machine::handle_outcome`](super::Machine::handle_outcome).
    Attempt {
        /// The message's number.
        reference: Reference,
        /// The transport's place in transport order.
        transport: usize,
        /// PR_ROWID of the recipients, ascending.
        rows: Vec<u32>,
        /// True where the transport had deferred them and has asked for them (BEGIN_DEFERRED).
        deferred: bool,
    },
    /// Save what became of recipients on the message: [`Machine::handle_recorded`](super::Machine::handle_recorded).
    Record {
        /// The message's number.
        reference: Reference,
        /// The message.
        id: EntryId,
        /// What became of them, by ascending PR_ROWID.
        outcomes: Vec<RecipientOutcome>,
    },
    /// Let the message leave the queue, and save with that step what became of its last recipients:
    /// [`Machine::handle_finished`](super::Machine::handle_finished).
    Finish {
        /// The message's number.
        reference: Reference,
        /// The message.
        id: EntryId,
        /// What became of them, by ascending PR_ROWID.
        outcomes: Vec<RecipientOutcome>,
    },
    /// Unlock the message and close it: [`Machine::handle_released`](super::Machine::handle_released).
    Release {
        /// The message's number.
        reference: Reference,
        /// The message.
        id: EntryId,
        /// How it will rest.
        rest: Rest,
        /// What is kept with it.
        notes: QueueNotes,
    },
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attempted {
    /// The transport took these recipients; those it does not mention are not its.
    Outcomes(Vec<RecipientOutcome>),
    /// None of the recipients is for this transport (`MAPI_E_NOT_ME`).
    NotMe,
    /// The transport cannot send at present; nothing was sent.
    Unavailable(String),
    /// Nothing was sent and nothing shall be (`MAPI_E_CANCEL`).
    Cancelled(String),
    /// The transport gave the message up (`MAPI_E_USER_CANCEL`), as it was asked to; nothing was sent.
    Stopped(String),
    /// The transport failed over this message.
    Failed(String),
}

impl From<Result<Vec<RecipientOutcome>>> for Attempted {
    fn from(answer: Result<Vec<RecipientOutcome>>) -> Self {
        match answer {
            Ok(outcomes) => Self::Outcomes(outcomes),
            Err(error) => match error.code() {
                ErrorCode::NOT_ME => Self::NotMe,
                ErrorCode::CANCEL => Self::Cancelled(error.to_string()),
                ErrorCode::USER_CANCEL => Self::Stopped(error.to_string()),
                ErrorCode::WAIT | ErrorCode::NETWORK_ERROR | ErrorCode::BUSY => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Failed(error.to_string()),
            },
        }
    }
}

/// Why an action could not be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The message is not in the queue any more.
    Gone,
    /// The store does not work at present; it says nothing against the message.
    Store,
    /// Something is wrong with this message.
    Message,
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        match error.code() {
            ErrorCode::NOT_FOUND | ErrorCode::NOT_IN_QUEUE | ErrorCode::OBJECT_DELETED => Self::Gone,
            ErrorCode::BUSY
            | ErrorCode::TIMEOUT
            | ErrorCode::WAIT
            | ErrorCode::NETWORK_ERROR
            | ErrorCode::DISK_ERROR
            | ErrorCode::NOT_ENOUGH_DISK
            | ErrorCode::NOT_ENOUGH_MEMORY
            | ErrorCode::NOT_ENOUGH_RESOURCES
            | ErrorCode::INVALID_OBJECT
            | ErrorCode::END_OF_SESSION => Self::Store,
            _ => Self::Message,
        }
    }
}
