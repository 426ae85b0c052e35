//! Secrets of profiles: sealed where they are kept, their key in another place, and never printed.
//!
//! `secret.rs` is the type that a password has while somebody uses it. `vault.rs` seals one for its place
//! in a profile and opens it again, `sealed.rs` is the form of what it makes. The key is a keeper's
//! (`keeper.rs`): the key ring of the desktop session (`secret_service.rs`, a feature), or a file apart from
//! the profiles (`key_file.rs`). `command.rs` is the way without a vault: a program that says the password
//! when it is needed.
//!
//! Which properties of a profile are secret, and who may read them, is `mapi`'s.
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

pub mod command;
mod keeper;
mod key_file;
mod sealed;
mod secret;
#[cfg(feature = "secret-service")]
mod secret_service;
mod vault;

pub use keeper::{KeptBy, Key, KeyId, KeyKeeper};
pub use key_file::KeyFile;
pub use secret::Secret;
#[cfg(feature = "secret-service")]
pub use secret_service::SecretService;
pub use vault::{KEY_KEEPER, Place, Vault};
