//! Exit codes: which failure ends the command with which number.
//!
//! The numbers are those of sysexits.h where it has one.

use mapi_defs::ErrorCode;

/// The number the command ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: failed.
    Failed,
    /// 2: the command line makes no sense.
    Usage,
    /// 64: the same for whoever calls the command sendmail.
    UsageOfSendmail,
    /// 65: the input is no good, or was lost in part with `--loss fail`.
    BadData,
    /// 66: no such file, profile or entry.
    NoInput,
    /// 69: no provider or service does this.
    Unavailable,
    /// 70: the command itself failed, for whoever calls it sendmail.
    Software,
    /// 73: the output cannot be created.
    CannotCreate,
    /// 75: queued, but not sent within the wait.
    Queued,
    /// 77: no access.
    NoAccess,
    /// 78: no profile to send with, for whoever calls the command sendmail.
    Unconfigured,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::UsageOfSendmail => 64,
            Self::BadData => 65,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::CannotCreate => 73,
            Self::Queued => 75,
            Self::NoAccess => 77,
            Self::Unconfigured => 78,
            Self::Interrupted => 130,
        }
    }

    /// The exit that a failing call leads to.
    pub(crate) fn of(code: ErrorCode) -> Self {
        match code {
            ErrorCode::CORRUPT_DATA | ErrorCode::CORRUPT_STORE | ErrorCode::VERSION => Self::BadData,
            ErrorCode::NOT_FOUND | ErrorCode::LOGON_FAILED | ErrorCode::UNKNOWN_ENTRYID => Self::NoInput,
            ErrorCode::INVALID_ENTRYID => Self::NoInput,
            ErrorCode::NO_SUPPORT | ErrorCode::UNCONFIGURED | ErrorCode::FAILONEPROVIDER => Self::Unavailable,
            ErrorCode::COLLISION => Self::CannotCreate,
            ErrorCode::NO_ACCESS => Self::NoAccess,
            ErrorCode::INVALID_PARAMETER
            | ErrorCode::UNKNOWN_FLAGS
            | ErrorCode::BAD_VALUE
            | ErrorCode::STRING_TOO_LONG => Self::Usage,
            ErrorCode::USER_CANCEL => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}
