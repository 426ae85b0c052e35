//! `Failure`: why the command ends with another exit than 0, in words that say what to do next.

use crate::exit::Exit;
use mapi_defs::{Error, ErrorCode};
use serde_json::{Value, json};
use std::path::Path;

/// The result of everything in the command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why the command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The number to end with.
    pub(crate) exit: Exit,
    /// The MAPI code.
    pub(crate) code: ErrorCode,
    /// What failed, for a person.
    pub(crate) message: String,
    /// What to do next, where something helps.
    pub(crate) hint: Option<String>,
    /// True where standard output holds the one JSON document already, with this in it.
    pub(crate) is_reported: bool,
    /// True where whoever read standard output has gone, and nobody needs to be told.
    pub(crate) is_stdout_closed: bool,
}

impl Failure {
    /// A failure with the exit that its code leads to.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            exit: Exit::of(code),
            code,
            message: message.into(),
            hint: hint_for(code),
            is_reported: false,
            is_stdout_closed: false,
        }
    }

    /// A failure of the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(ErrorCode::INVALID_PARAMETER, message) }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (exit, code) = match error.kind() {
            ErrorKind::NotFound => (Exit::NoInput, ErrorCode::NOT_FOUND),
            ErrorKind::PermissionDenied => (Exit::NoAccess, ErrorCode::NO_ACCESS),
            ErrorKind::AlreadyExists => (Exit::CannotCreate, ErrorCode::COLLISION),
            ErrorKind::StorageFull => (Exit::CannotCreate, ErrorCode::NOT_ENOUGH_DISK),
            _ => (Exit::Failed, ErrorCode::DISK_ERROR),
        };
        Self { exit, ..Self::new(code, format!("{}: {error}", path.display())) }
    }

    /// The same failure with another exit.
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The same failure with advice.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure without advice.
    #[must_use]
    pub(crate) fn without_hint(mut self) -> Self {
        self.hint = None;
        self
    }

    /// The same failure, whose details the one JSON document has shown already.
    #[must_use]
    pub(crate) fn already_reported(mut self) -> Self {
        self.is_reported = true;
        self
    }

    /// The same failure, saying what it was about first.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        let prefix = format!("{what}: ");
        if !self.message.starts_with(&prefix) {
            self.message.insert_str(0, &prefix);
        }
        self
    }

    /// The form of `--json`.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({
            "code": format!("0x{:08X}", self.code.as_u32()),
            "name": self.code.name(),
            "message": self.message,
        });
        if let (Some(hint), Some(object)) = (&self.hint, error.as_object_mut()) {
            object.insert("hint".into(), json!(hint));
        }
        json!({ "error": error })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            let words = inner.to_string();
            // Many an error repeats its cause in its own words already.
            if !message.ends_with(&words) {
                message = format!("{message}: {words}");
            }
            cause = inner.source();
        }
        Self::new(error.code(), message)
    }
}

/// What usually helps.
fn hint_for(code: ErrorCode) -> Option<String> {
    let hint = match code {
        ErrorCode::LOGON_FAILED => "see which profiles there are with `mapi profile list`",
        ErrorCode::UNCONFIGURED => "see what is missing with `mapi doctor`",
        ErrorCode::VERSION => {
            "the file was written by another version of the program: update it, or use a copy"
        }
        ErrorCode::CORRUPT_STORE => "look at the damage with `mapi store check`; the file was not changed",
        ErrorCode::NOT_ENOUGH_DISK => "make room and run the command again; nothing was lost",
        ErrorCode::BUSY => "another program is at work on it: try again in a moment",
        _ => return None,
    };
    Some(hint.to_owned())
}
