//! `Error`: what a failing call answers, one word wide.
//!
//! Every crate converts its private faults once, at its edge, and keeps the original as `source()`.

use crate::ErrorCode;
use std::borrow::Cow;
use std::fmt;

/// The result of every MAPI call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call: the code, the call that failed, and what was found.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    code: ErrorCode,
    call: &'static str,
    detail: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `call`, such as `"Folder::create_message"`.
    ///
    /// `detail` names what was asked and what was found: lower case, no full stop, and never a
    /// value that came from a mail.
    pub fn new(code: ErrorCode, call: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { inner: Box::new(Inner { code, call, detail: detail.into(), source: None }) }
    }

    /// Keeps the fault that caused this error, for `source()`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Returns the MAPI code.
    pub fn code(&self) -> ErrorCode {
        self.inner.code
    }

    /// Returns the call that failed.
    pub fn call(&self) -> &'static str {
        self.inner.call
    }

    /// Returns what was asked and what was found.
    pub fn detail(&self) -> &str {
        &self.inner.detail
    }

    /// True where the same call may succeed later without anything being changed.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.code(),
            ErrorCode::BUSY | ErrorCode::TIMEOUT | ErrorCode::NETWORK_ERROR | ErrorCode::WAIT
        )
    }

    /// True where the object has ended: its session logged off, or its parent was closed.
    pub fn is_invalid_object(&self) -> bool {
        self.code() == ErrorCode::INVALID_OBJECT
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.inner.code, self.inner.call)?;
        if !self.inner.detail.is_empty() {
            write!(f, ": {}", self.inner.detail)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.inner.source {
            Some(source) => write!(f, " (caused by: {source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide_and_keeps_its_cause() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        let error = Error::new(ErrorCode::NOT_FOUND, "Folder::open_message", "entry 5f3a is not here")
            .with_source("disk gone");
        assert_eq!(
            error.to_string(),
            "MAPI_E_NOT_FOUND (0x8004010F): Folder::open_message: entry 5f3a is not here"
        );
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "disk gone");
        assert!(!error.is_transient());
        assert!(Error::new(ErrorCode::BUSY, "x", "").is_transient());
        assert!(Error::new(ErrorCode::INVALID_OBJECT, "x", "").is_invalid_object());
    }
}
