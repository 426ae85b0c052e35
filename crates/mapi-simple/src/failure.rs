//! `Failure`: why a call failed, in Simple MAPI's own numbers (MAPI.H).

use mapi::{Error, ErrorCode};
use std::fmt;

/// What Simple MAPI answers instead of SUCCESS_SUCCESS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u32)]
pub enum Code {
    /// MAPI_E_USER_ABORT.
    UserAbort = 1,
    /// MAPI_E_FAILURE.
    Failure = 2,
    /// MAPI_E_LOGON_FAILURE.
    LogonFailure = 3,
    /// MAPI_E_DISK_FULL.
    DiskFull = 4,
    /// MAPI_E_INSUFFICIENT_MEMORY.
    InsufficientMemory = 5,
    /// MAPI_E_ACCESS_DENIED.
    AccessDenied = 6,
    /// MAPI_E_TOO_MANY_SESSIONS.
    TooManySessions = 8,
    /// MAPI_E_TOO_MANY_FILES.
    TooManyFiles = 9,
    /// MAPI_E_TOO_MANY_RECIPIENTS.
    TooManyRecipients = 10,
    /// MAPI_E_ATTACHMENT_NOT_FOUND.
    AttachmentNotFound = 11,
    /// MAPI_E_ATTACHMENT_OPEN_FAILURE.
    AttachmentOpenFailure = 12,
    /// MAPI_E_ATTACHMENT_WRITE_FAILURE.
    AttachmentWriteFailure = 13,
    /// MAPI_E_UNKNOWN_RECIPIENT.
    UnknownRecipient = 14,
    /// MAPI_E_BAD_RECIPTYPE.
    BadRecipType = 15,
    /// MAPI_E_NO_MESSAGES.
    NoMessages = 16,
    /// MAPI_E_INVALID_MESSAGE.
    InvalidMessage = 17,
    /// MAPI_E_TEXT_TOO_LARGE.
    TextTooLarge = 18,
    /// MAPI_E_INVALID_SESSION.
    InvalidSession = 19,
    /// MAPI_E_TYPE_NOT_SUPPORTED.
    TypeNotSupported = 20,
    /// MAPI_E_AMBIGUOUS_RECIPIENT.
    AmbiguousRecipient = 21,
    /// MAPI_E_MESSAGE_IN_USE.
    MessageInUse = 22,
    /// MAPI_E_NETWORK_FAILURE.
    NetworkFailure = 23,
    /// MAPI_E_INVALID_EDITFIELDS.
    InvalidEditFields = 24,
    /// MAPI_E_INVALID_RECIPS.
    InvalidRecips = 25,
    /// MAPI_E_NOT_SUPPORTED.
    NotSupported = 26,
}

/// A failed call: its number, and what a person would want to know.
#[derive(Clone, Debug)]
pub struct Failure {
    code: Code,
    detail: String,
}

/// What every call answers.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure in words.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Its number.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The same words under another number.
    pub(crate) fn with_code(self, code: Code) -> Self {
        Self { code, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.code, self.code as u32, self.detail)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: code(error.code()), detail: error.to_string() }
    }
}

/// Simple MAPI's number of an error of Extended MAPI.
fn code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::USER_CANCEL => Code::UserAbort,
        ErrorCode::LOGON_FAILED | ErrorCode::NOT_INITIALIZED | ErrorCode::END_OF_SESSION => {
            Code::LogonFailure
        }
        ErrorCode::NOT_ENOUGH_DISK => Code::DiskFull,
        ErrorCode::NOT_ENOUGH_MEMORY | ErrorCode::NOT_ENOUGH_RESOURCES => Code::InsufficientMemory,
        ErrorCode::NO_ACCESS => Code::AccessDenied,
        ErrorCode::SESSION_LIMIT => Code::TooManySessions,
        ErrorCode::NO_RECIPIENTS => Code::InvalidRecips,
        ErrorCode::AMBIGUOUS_RECIP => Code::AmbiguousRecipient,
        ErrorCode::INVALID_ENTRYID | ErrorCode::UNKNOWN_ENTRYID | ErrorCode::OBJECT_DELETED => {
            Code::InvalidMessage
        }
        ErrorCode::INVALID_OBJECT => Code::InvalidSession,
        ErrorCode::OBJECT_CHANGED | ErrorCode::BUSY | ErrorCode::SUBMITTED => Code::MessageInUse,
        ErrorCode::NETWORK_ERROR => Code::NetworkFailure,
        ErrorCode::NO_SUPPORT => Code::NotSupported,
        _ => Code::Failure,
    }
}
