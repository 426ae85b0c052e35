//! The MAPI spooler: empties the outgoing queue of a store through the transports of a profile.
//!
//! Two halves. [`machine`] decides: it is a pure state machine over the queue, to which everything
//! that happened is told with the time it happened, and which answers with the next thing to do
//! (`entry.rs` draws the states, [`route`] finds the transport, [`retry`] the moment of the next
//! attempt). The driver does: a thread that holds the [`lease`], reads the queue (`outgoing.rs`),
//! calls store and transports (`perform.rs`) and keeps the book on the message itself (`ledger.rs`).
//!
//! The durable queue is the store's. Nothing of it is kept here: whoever takes the lease next begins
//! with what the messages and their rows in the queue say: outcomes, counts and the next moment.
//!
//! A recipient that is refused gets its outcome on its row; before the message leaves the queue to its
//! sent folder the sender gets a report of it (`report.rs`).
//!
//! What comes in is [`inbound`](InboundPolicy)'s, on a thread of its own.
#![forbid(unsafe_code)]

mod driver;
mod entry;
mod hooks;
mod inbound;
pub mod lease;
mod ledger;
pub mod machine;
mod outgoing;
mod perform;
mod presentation;
mod report;
pub mod retry;
pub mod route;
mod running;
mod signals;
mod store_logoff;

pub use entry::{Addressee, EntryState, QueuedMessage, Reference, Rest};
pub use inbound::InboundPolicy;
pub use running::MapiSpooler;
