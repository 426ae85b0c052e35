//! `LastError`: what an object that administers a profile can say of its last error (GetLastError).

use mapi_defs::{Error, ErrorCode, Result};
use std::sync::{Mutex, PoisonError};

/// The last error of a call, with its text.
#[derive(Debug, Default)]
pub(crate) struct LastError {
    kept: Mutex<Option<(ErrorCode, &'static str, String)>>,
}

impl LastError {
    /// Keeps what a call answered, where that is an error, and hands it on.
    pub(crate) fn of<T>(&self, answer: Result<T>) -> Result<T> {
        if let Err(error) = &answer {
            let known = (error.code(), error.call(), error.detail().to_owned());
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
        answer
    }

    /// The last error, where it is of this code.
    pub(crate) fn known(&self, code: ErrorCode) -> Option<Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, call, detail) = kept.as_ref().filter(|(known, ..)| *known == code)?;
        Some(Error::new(*known, call, detail.clone()))
    }
}
