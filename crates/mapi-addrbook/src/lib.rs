//! The personal address book: people with their addresses, in one SQLite file of the user's own.
//!
//! `provider.rs` is the provider and its logons, `container.rs` the one container, `mail_user.rs` an
//! entry, `resolve.rs` how names are found, `entry_id.rs` the bytes of identifiers, `storage.rs` the
//! file and all of its SQL, `service.rs` what a profile says of it. `dist_list.rs` is a distribution list
//! and `members.rs` who is in it. There are no containers below the one.
#![forbid(unsafe_code)]

mod container;
mod dist_list;
mod entry_id;
mod mail_user;
mod members;
mod provider;
mod resolve;
mod service;
mod several;
mod storage;

pub use provider::{PROVIDER_NAME, PabProvider};
pub use service::{PabService, SERVICE_NAME};
