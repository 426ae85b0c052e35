//! COM objects of C programs and of providers in libraries behind the safe traits: the other way round than
//! `export/`. An object that a library hands out is held by one reference until its last owner lets go.

pub mod address_book;
pub mod advise_sink;
pub mod attachment;
pub mod container;
pub mod folder;
pub mod message;
pub mod msg_store;
pub mod progress;
pub mod prop;
pub mod provider;
pub mod status;
pub mod storage;
pub mod support;
pub mod table;

use crate::abi::MAPIERROR;
use crate::marshal::text::text;
use crate::memory;
use mapi_defs::{Error, ErrorCode, Result};
use windows_core::{HRESULT, Interface};

/// What a foreign object answered: a success, or an error of MAPI.
///
/// # Errors
/// The code it answered.
pub(crate) fn told(answer: HRESULT, call: &'static str) -> Result<()> {
    answered(answer.0, call)
}

/// As [`told`], of the number that a plain function answered.
///
/// # Errors
/// As [`told`].
pub(crate) fn answered(number: i32, call: &'static str) -> Result<()> {
    match ErrorCode::from_u32(number as u32) {
        None => Ok(()),
        Some(code) => Err(Error::new(code, call, "the provider in a library answered so")),
    }
}

/// What a foreign object handed out, which is there after a success.
///
/// # Errors
/// - `MAPI_E_CALL_FAILED`: it answered success and no object.
pub(crate) fn given<I: Interface>(object: Option<I>, call: &'static str) -> Result<I> {
    object.ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, call, "it answered success and no object"))
}

/// A foreign object by another of its interfaces.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: it has none such.
pub(crate) fn face<I: Interface>(object: &impl Interface, call: &'static str) -> Result<I> {
    object.cast().map_err(|_| {
        Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, call, "the provider's object lacks an interface")
    })
}

/// Reads the words of an error that a foreign object handed out, and frees it; NULL has none.
///
/// # Safety
/// The pointer is NULL or an error in one of our buffers, with texts of the width in `flags`.
pub(crate) unsafe fn error_words(error: *mut MAPIERROR, flags: u32) -> Option<String> {
    if error.is_null() || !error.is_aligned() {
        return None;
    }
    // SAFETY: the promise is the caller's own.
    let words = unsafe { text((*error).lpszError, flags, "MAPIERROR") };
    memory::free_quietly(error.cast());
    words.ok().flatten().filter(|words| !words.is_empty())
}

/// A buffer of ours, or one that a foreign object made with our functions; freed with this.
pub(crate) struct Block<T>(pub(crate) *mut T);

impl<T> Block<T> {
    /// NULL, to be filled in by a call.
    pub(crate) const fn empty() -> Self {
        Self(std::ptr::null_mut())
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        memory::free_quietly(self.0.cast());
    }
}
