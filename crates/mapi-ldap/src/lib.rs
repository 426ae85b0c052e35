//! The address book provider for LDAP directories: people and lists of a server, looked up over TLS and
//! never changed.
//!
//! `message.rs` is what is said on the wire and `filter.rs` its conditions; `connection.rs` says it and bounds
//! what is answered, `directory.rs` keeps connections and logs on again,
//! `referral.rs` is another server. `schema.rs` says which attribute is
//! which property, as data; `entry.rs` makes properties of an entry, `restriction.rs` a filter of a
//! restriction. `container.rs`, `table.rs`, `object.rs`, `resolve.rs` and `members.rs` are MAPI's faces of it;
//! `settings.rs`, `service.rs` and `provider.rs` are how a profile says which directory.
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
mod schema;
mod service;
pub mod settings;
mod table;

pub use provider::{LdapProvider, PROVIDER_NAME};
pub use service::{LdapService, SERVICE_NAME};
