//! The SMTP transport provider: hands messages to a mail server, and tells of each recipient what became
//! of it.
//!
//! `session` is the dialogue as a state machine without sockets; `connection.rs` drives it, `mapi-wire`
//! carries it, encrypts it and knows who logs on, `pool.rs` keeps it for the next message. `address.rs` and `dot.rs` refuse or encode
//! whatever could be taken for a command, `reception` is the other side of a dialogue, `reply.rs` bounds what a server says, `outcome.rs` puts it into
//! MAPI's words. `settings.rs` reads one account out of the profile; `provider.rs`, `logon.rs` and `service.rs` are MAPI's
//! faces. When a message is sent, and again, is `mapi-spooler`'s; its text is `mapi-mime`'s.
//!
//! A message counts as sent only where the server said so in reply to its final dot. Where the dialogue
//! ends between the two, nobody knows: the recipient is in doubt, its reply begins with
//! [`outcome::IN_DOUBT`], and the message keeps its Message-ID.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        reason = "tests may panic"
    )
)]

pub mod address;
pub mod capabilities;
pub mod connection;
pub mod deadlines;
pub mod dot;
mod logon;
pub mod outcome;
pub mod pool;
mod provider;
pub mod reception;
pub mod reply;
mod service;
pub mod session;
pub mod settings;
mod submission;
mod trial;

pub use provider::{PROVIDER_NAME, SmtpTransport};
pub use service::{SERVICE_NAME, SmtpService};
pub use trial::try_logon;
