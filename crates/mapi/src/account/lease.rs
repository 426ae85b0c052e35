//! `Lender`: a manager's helper, and what the manager owes it.
//!
//! A session is the manager's for one operation only: a lease. Once a lease succeeded the manager owes the
//! helper a HandsOffSession, once, when no session is the manager's any more. The helper is called with
//! nothing locked, and a helper that panics has answered MAPI_E_CALL_FAILED.

use super::account_helper::AccountHelper;
use crate::Session;
use crate::session::unpanicked;
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// UTF-16 units a profile's name is first asked with.
const NAME_UNITS: usize = 256;
/// More than any profile's name has.
const MOST_UNITS: usize = 64 * 1024;
/// What no name holds: where the end is missing, it stays.
const UNWRITTEN: u16 = 0xFFFF;

/// A helper, until it is let go.
pub(super) struct Lender {
    helper: Arc<dyn AccountHelper>,
    owes_hand_off: AtomicBool,
}

impl Lender {
    pub(super) fn new(helper: Arc<dyn AccountHelper>) -> Self {
        Self { helper, owes_hand_off: AtomicBool::new(false) }
    }

    /// The name of the profile.
    ///
    /// # Errors
    /// - What the helper answers.
    /// - `MAPI_E_INVALID_PARAMETER`: the name is empty, or has no end.
    pub(super) fn profile_name(&self) -> Result<String> {
        let mut name = vec![UNWRITTEN; NAME_UNITS];
        let mut length = unit_count(&name);
        match unpanicked(|| self.helper.identity(&mut name, &mut length)) {
            Err(error) if error.code() == ErrorCode::NOT_ENOUGH_MEMORY => {
                let wanted = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
                if wanted > MOST_UNITS {
                    return Err(error);
                }
                name = vec![UNWRITTEN; wanted.max(NAME_UNITS)];
                length = unit_count(&name);
                unpanicked(|| self.helper.identity(&mut name, &mut length))?;
            }
            answer => answer?,
        }
        // What it says of the length is not believed: many a helper leaves the zero out.
        let refused = |detail| Err(Error::new(ErrorCode::INVALID_PARAMETER, "AccountManager::init", detail));
        match name.iter().position(|unit| *unit == 0) {
            None => refused("the helper's name of the profile has no end"),
            Some(0) => refused("the helper's name of the profile is empty"),
            Some(end) => Ok(String::from_utf16_lossy(&name[..end])),
        }
    }

    /// Does something with the session of the profile, or without one where there is none to use; what
    /// went wrong with it is the second answer.
    pub(super) fn with_session<T>(
        &self,
        profile: &str,
        work: impl FnOnce(Option<&Session>) -> T,
    ) -> (T, Option<Error>) {
        match self.lease(profile) {
            Ok(session) => (work(Some(&session)), None),
            Err(error) => {
                tracing::info!(%error, "an account manager goes on without a session");
                (work(None), Some(error))
            }
        }
    }

    /// A session for one operation; it is let go with the value.
    fn lease(&self, profile: &str) -> Result<Session> {
        const CALL: &str = "AccountHelper::mapi_session";
        let refused = |code, detail: String| Err(Error::new(code, CALL, detail));
        let Some(object) = unpanicked(|| self.helper.mapi_session())? else {
            return refused(ErrorCode::NOT_FOUND, "the helper brought no session".to_owned());
        };
        self.owes_hand_off.store(true, Ordering::Release);
        let Some(session) = object.downcast_ref::<Session>().cloned() else {
            return refused(
                ErrorCode::INTERFACE_NOT_SUPPORTED,
                "what the helper brought is no session".to_owned(),
            );
        };
        let name = session.profile_name()?;
        if name.to_lowercase() != profile.to_lowercase() {
            return refused(
                ErrorCode::NOT_FOUND,
                "the helper's session is one of another profile".to_owned(),
            );
        }
        Ok(session)
    }

    /// Hands the session off where one was leased since this was done last.
    pub(super) fn hand_off(&self) {
        if !self.owes_hand_off.swap(false, Ordering::AcqRel) {
            return;
        }
        match unpanicked(|| self.helper.hands_off_session()) {
            Err(error) if error.code() != ErrorCode::E_NOTIMPL => {
                tracing::info!(%error, "a helper did not hand its session off");
            }
            _ => {}
        }
    }
}

fn unit_count(name: &[u16]) -> u32 {
    u32::try_from(name.len()).unwrap_or(u32::MAX)
}
