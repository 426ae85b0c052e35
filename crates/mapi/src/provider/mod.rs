//! The providers at hand: `registry.rs` knows them by the name of their service, `support.rs` is
//! what MAPI does for each logon.

pub mod registry;
pub(crate) mod support;

pub use registry::{ProviderFactory, Registration, register, register_spooler};
