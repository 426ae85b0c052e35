//! The LOCAL transport provider: keeps what is sent in the Inbox of the profile's own store.
//!
//! A profile without a mail account still sends: LOCAL stands last in transport order, takes
//! whatever address no other transport took, and delivers one copy of the message. `provider.rs` is
//! the transport, `logon.rs` one logon of it, `section.rs` what the profile says of it, `service.rs`
//! the service that configures that. When a message is handed over, and again, is `mapi-spooler`'s;
//! what a delivered copy looks like is the store's.
#![forbid(unsafe_code)]

mod logon;
mod provider;
mod section;
mod service;

pub use provider::{LocalTransport, PROVIDER_NAME};
pub use section::{ACCEPTS_FOREIGN, ADDRESSES};
pub use service::{LocalService, SERVICE_NAME};
