//! `Dialogs`: what a program lets MAPI ask a person (the `ulUIParam` of MAPILogonEx and Logoff).
//!
//! Nothing is ever asked unless a logon brings dialogs, the call allows it by a flag (MAPI_LOGON_UI,
//! MAPI_LOGOFF_UI), and nobody said that the process is a service (MAPI_NT_SERVICE). Without, what
//! is missing is an error, and a logoff goes on.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::spooler::QueueState;

/// Asks a person. Called outside of locks and gates; other logons of the user wait meanwhile.
pub trait Dialogs: Send + Sync {
    /// Which of these profiles to log on with.
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: the person gave up; the logon answers the same.
    /// - `MAPI_E_LOGON_FAILED`: nobody can be asked.
    fn choose_profile(&self, names: &[String]) -> Result<String> {
        let _ = names;
        Err(Error::new(ErrorCode::LOGON_FAILED, "Dialogs::choose_profile", "nobody can be asked"))
    }

    /// Whether to log off while the outgoing queue is in this state; false keeps the session alive.
    fn confirm_logoff(&self, queue: &QueueState) -> bool {
        let _ = queue;
        true
    }
}
