//! Mail that comes in: a thread that asks the transports for it and has it filled into new messages.
//!
//! It polls while this spooler has the queue: those transports that want it (LOGON_SP_POLL) in their turn,
//! and any transport at once that says it has mail (NOTIFY_NEWMAIL). Between the store and a transport one
//! message at a time passes: see `arrival.rs`. Who fetches at this moment, in whatever process, holds a lock
//! beside the lease of the queue, so that two never hand in the same. What of a message was handed in before,
//! the store knows; nothing is remembered here.
//!
//! Not what goes out: that is the driver's.

mod arrival;
mod round;
mod state;

pub(crate) use state::Inbound;

use std::time::Duration;

/// How often incoming mail is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboundPolicy {
    /// How long after the beginning the first poll comes: a session that sends one message is over by then.
    pub first: Duration,
    /// How long the transports rest between two polls.
    pub rest: Duration,
}

impl Default for InboundPolicy {
    fn default() -> Self {
        Self { first: Duration::from_secs(5), rest: Duration::from_secs(60) }
    }
}
