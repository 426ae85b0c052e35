//! The address book provider for LDAP directories: people and lists of a server, looked up over TLS and
//! never changed.
//!
//! `message.rs` is what is said on the wire and `filter.rs` its conditions; `connection.rs` says it and bounds
//! what is answered, `connections.rs` keeps some and logs on again, `directory.rs` searches and reads pages,
//! `root_entry.rs` is what a server says of itself, `referral.rs` is another server. `schema.rs` says which attribute is
//! which property, as data; `entry.rs` makes properties of an entry, `restriction.rs` a filter of a
//! restriction. `container.rs`, `table.rs`, `object.rs`, `resolve.rs` and `members.rs` are MAPI's faces of it;
//! `settings.rs`, `service.rs` and `provider.rs` are how a profile says which directory, `trial.rs` whether one
//! would do.
//!
//! Nothing of a directory is kept on this computer: that is a matter of a store.
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

mod connection;
mod connections;
mod container;
pub mod deadlines;
mod directory;
mod distinguished_name;
mod entry;
mod entry_id;
mod fault;
mod filter;
mod members;
mod message;
mod object;
mod provider;
mod referral;
mod resolve;
mod restriction;
mod root_entry;
mod schema;
mod service;
pub mod settings;
mod table;
mod trial;

pub use provider::{LdapProvider, PROVIDER_NAME};
pub use service::{LdapService, SERVICE_NAME};
pub use trial::try_logon;
