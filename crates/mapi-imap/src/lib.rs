//! The IMAP and POP3 transport providers: fetch what waits in a mailbox, each message once, and leave it there.
//!
//! `imap/` and `pop3/` are the dialogues as state machines without sockets; `connection.rs` drives either,
//! `mapi-wire` carries, encrypts and logs on. `mailbox.rs` is what both offer: a list of what is there, and the
//! messages one after the other. `logon.rs` hands them to the spooler as what `mapi-mime` makes of
//! them, `watch.rs` waits for new ones (IDLE). `settings.rs`, `provider.rs` and `service.rs` are MAPI's faces.
//!
//! Nothing is written at the server: a mailbox is opened for reading (EXAMINE), texts are taken with PEEK, no
//! message is deleted. Nothing is remembered here: each message carries the key of its delivery, and the store
//! knows which it has (`docs/decisions/0039`).
//!
//! # Source
//! RFC 3501, 2177 (IDLE), 2595 and 8314 (TLS), 1939, 2449 and 5034 (POP3).
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

pub mod connection;
mod dialogue;
mod exchange;
mod fault;
pub mod imap;
mod logon;
mod mailbox;
pub mod pop3;
mod provider;
mod service;
pub mod settings;
mod trial;
mod watch;

pub use dialogue::{Deadlines, Dialogue, MAX_MESSAGE_BYTES, Opening, Step};
pub use fault::{Fault, Stage};
pub use provider::{IMAP_PROVIDER_NAME, InboxTransport, POP3_PROVIDER_NAME};
pub use service::{IMAP_SERVICE_NAME, InboxService, POP3_SERVICE_NAME};
pub use settings::Protocol;
pub use trial::try_logon;
