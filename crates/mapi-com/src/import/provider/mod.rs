//! Providers in libraries behind the safe traits (IMSProvider, IXPProvider, IABProvider and their logons).
//!
//! What their entry point answered is kept and told at each logon, so that one bad library is an error of
//! its own logons and of nothing else.

mod address_book;
mod store;
mod transport;

pub(crate) use address_book::foreign_ab_provider;
pub(crate) use store::foreign_ms_provider;
pub(crate) use transport::foreign_xp_provider;

use super::error_words;
use crate::abi::MAPIERROR;
use crate::marshal::text::MAPI_UNICODE;
use mapi_defs::{Error, Result};

/// The provider, or again why there is none.
fn started<I>(provider: &Result<I>) -> Result<&I> {
    provider.as_ref().map_err(|error| Error::new(error.code(), error.call(), error.detail().to_owned()))
}

/// What a logon answered, with the words that the provider has for it.
fn logged_on(answer: Result<()>, error: *mut MAPIERROR) -> Result<()> {
    // SAFETY: the provider answered NULL, or an error in one of our buffers with texts of the call's width.
    let words = unsafe { error_words(error, MAPI_UNICODE) };
    answer.map_err(|failed| match words {
        Some(words) => Error::new(failed.code(), failed.call(), words),
        None => failed,
    })
}
