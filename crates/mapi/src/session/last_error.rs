//! `MapiError`: what a session can say of its last error beyond the code (IMAPISession::GetLastError).
//!
//! Kept are the failures of providers that the session called on a client's behalf: logons, and what
//! was forwarded by an entry identifier. OpenAddressBook may keep several, joined into one.

use super::{Session, lock};
use mapi_defs::{Error, Result};
use std::sync::Mutex;

/// Characters of text that are kept at most.
const MOST: usize = 4_096;

/// Words for a person on an error (MAPIERROR).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapiError {
    /// What went wrong (lpszError).
    pub error: String,
    /// Whose error it is (lpszComponent).
    pub component: String,
    /// The provider's own number for it (ulLowLevelError): here the code it answered.
    pub low_level_error: u32,
    /// Where in the component (ulContext); always 0.
    pub context: u32,
}

/// The last error of a session.
#[derive(Default)]
pub(super) struct LastError {
    kept: Mutex<Option<(u32, MapiError)>>,
}

impl LastError {
    /// Keeps what is known of an answer, in place of what was kept before.
    pub(super) fn keep(&self, result: u32, component: &str, errors: &[Error]) {
        let Some(first) = errors.first() else { return };
        let lines: Vec<String> = errors.iter().map(Error::to_string).collect();
        let error: String = lines.join("\n").chars().take(MOST).collect();
        let low_level_error = first.code().as_u32();
        let known = MapiError { error, component: component.to_owned(), low_level_error, context: 0 };
        *lock(&self.kept) = Some((result, known));
    }

    /// Keeps what is known of a call's failure, and hands the answer on.
    pub(super) fn of<T>(&self, component: &str, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.keep(error.code().as_u32(), component, std::slice::from_ref(error));
        }
        result
    }
}

impl Session {
    /// Says more of the session's last error; `None` where no more is known of this answer
    /// (GetLastError). `result` is the number that the call answered, such as
    /// [`ErrorCode::as_u32`](mapi_defs::ErrorCode::as_u32) or that of a warning.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn last_error(&self, result: u32) -> Result<Option<MapiError>> {
        let core = self.core();
        let _pass = core.enter()?;
        let kept = lock(&core.last_error.kept);
        Ok(kept.as_ref().filter(|(known, _)| *known == result).map(|(_, error)| error.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::ErrorCode;

    #[test]
    fn the_last_failure_is_kept_with_all_its_parts_and_no_more_than_fits() {
        let last = LastError::default();
        last.keep(1, "nobody", &[]);
        assert!(lock(&last.kept).is_none());
        let long = Error::new(ErrorCode::NOT_FOUND, "there", "x".repeat(MOST));
        last.of::<()>("one", Err(long)).unwrap_err();
        assert_eq!(lock(&last.kept).as_ref().unwrap().1.error.chars().count(), MOST);
        let two = [
            Error::new(ErrorCode::BUSY, "here", "first"),
            Error::new(ErrorCode::NOT_FOUND, "there", "second"),
        ];
        last.keep(7, "both", &two);
        last.of("a success changes nothing", Ok(())).unwrap();
        let (result, error) = lock(&last.kept).clone().unwrap();
        assert_eq!((result, error.component.as_str(), error.context), (7, "both", 0));
        assert_eq!(error.low_level_error, ErrorCode::BUSY.as_u32());
        assert!(error.error.contains("first") && error.error.contains("second"), "{}", error.error);
    }
}
