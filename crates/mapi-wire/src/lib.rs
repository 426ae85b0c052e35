//! What transports speak over: a connection whose every wait has an end, encryption with checked
//! certificates, who logs on, and how a profile's section says all of that.
//!
//! The dialogues themselves belong to the transports (`mapi-smtp`, `mapi-imap`); how a secret is kept or asked
//! for is `mapi-vault`'s.
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

mod endpoint;
mod fault;
mod login;
mod redactor;
pub mod section;
pub mod tls;
mod wire;

pub use endpoint::{Endpoint, Security};
pub use fault::Fault;
pub use login::{Login, Mechanism, Source, User};
pub use redactor::Redactor;
pub use tls::Tls;
pub use wire::{Interrupter, Wire, is_timeout};
