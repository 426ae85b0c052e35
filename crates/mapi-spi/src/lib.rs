//! The contracts of MAPI: what a provider implements, and how its objects end.
//!
//! MAPISPI.H as safe traits. Every method that a provider may leave out has a default that answers
//! `MAPI_E_NO_SUPPORT`, so a small provider is a few methods. Whatever implements these traits may
//! be called from any thread at any time: MAPI's threads are free, therefore `Send + Sync`.
//!
//! The order of calls in a provider's life is: provider made → `logon` → objects opened through the
//! logon → `logoff` of each logon, once → `shutdown` of the provider, once. Providers never see each
//! other and never see a session; they see their [`Support`](support::Support) object.
//!
//! Clients hold objects through a [`Handle`](handle::Handle), which enters the [`Gate`](gate::Gate)
//! of the logon at each call. When the logon ends its gate closes, and whatever is still open
//! answers `MAPI_E_INVALID_OBJECT`.
//!
//! Nothing here reads a clock, touches a file or starts a thread.
#![forbid(unsafe_code)]

pub mod address_book;
pub mod advise;
pub mod attachment;
mod barrier;
pub mod container;
pub mod copy;
pub mod display;
pub mod folder;
pub mod gate;
pub mod handle;
mod here;
pub mod hook;
pub mod message;
pub mod msg_store;
pub mod progress;
pub mod prop;
pub mod provider;
pub mod report;
pub mod spooler;
pub mod status;
pub mod status_row;
pub mod storage;
pub mod stream;
pub mod support;
mod sync;
pub mod table;

use mapi_defs::{Error, ErrorCode, Result};

/// The answer of every method that a provider leaves out.
///
/// # Errors
/// - `MAPI_E_NO_SUPPORT`, always.
pub fn no_support<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_SUPPORT, call, "this object does not support the call"))
}
