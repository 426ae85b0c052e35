//! Two helpers that are ready: [`OwnSession`] logs on itself and lets go of its session when it is told to;
//! [`LentSession`] lends the session of the program, which stays the program's.

use super::account_helper::{AccountHelper, not_implemented};
use crate::Session;
use crate::session::LogonOptions;
use mapi_defs::flags::LogoffFlags;
use mapi_defs::{Error, ErrorCode, Result};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type LogonFn = Box<dyn Fn() -> LogonOptions + Send + Sync>;

/// A helper that lends a session, or that has none to lend.
pub struct LentSession {
    profile: String,
    session: Option<Arc<Session>>,
}

impl LentSession {
    /// Lends this session.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: it has ended.
    pub fn new(session: Arc<Session>) -> Result<Self> {
        Ok(Self { profile: session.profile_name()?, session: Some(session) })
    }

    /// Says which profile it is, and has no session.
    pub fn without_session(profile: &str) -> Self {
        Self { profile: profile.to_owned(), session: None }
    }
}

impl AccountHelper for LentSession {
    fn identity(&self, name: &mut [u16], length: &mut u32) -> Result<()> {
        write_identity(&self.profile, name, length)
    }

    fn mapi_session(&self) -> Result<Option<Arc<dyn Any + Send + Sync>>> {
        match &self.session {
            Some(session) => Ok(Some(session.clone())),
            None => not_implemented("LentSession::mapi_session"),
        }
    }

    fn hands_off_session(&self) -> Result<()> {
        not_implemented("LentSession::hands_off_session")
    }
}

/// A helper that makes its own session.
///
/// A session can be lent to it for a time; while it is, that is the one it brings.
pub struct OwnSession {
    profile: String,
    logon: LogonFn,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    own: Option<Arc<Session>>,
    lent: Option<Arc<Session>>,
    /// True where the session that was brought last was lent.
    brought_lent: bool,
}

impl OwnSession {
    /// Logs on to a profile as these options say, which are made for each logon.
    pub fn new(profile: &str, logon: impl Fn() -> LogonOptions + Send + Sync + 'static) -> Self {
        Self { profile: profile.to_owned(), logon: Box::new(logon), state: Mutex::default() }
    }

    /// Brings this session from now on in place of one of its own, or one of its own again.
    pub fn lend(&self, session: Option<Arc<Session>>) {
        let before = std::mem::replace(&mut self.lock().lent, session);
        drop(before);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AccountHelper for OwnSession {
    fn identity(&self, name: &mut [u16], length: &mut u32) -> Result<()> {
        write_identity(&self.profile, name, length)
    }

    fn mapi_session(&self) -> Result<Option<Arc<dyn Any + Send + Sync>>> {
        {
            let mut state = self.lock();
            state.brought_lent = state.lent.is_some();
            if let Some(session) = state.lent.as_ref().or(state.own.as_ref()) {
                return Ok(Some(session.clone()));
            }
        }
        // Nothing is locked while it logs on. Of two that do so at once, one session is the one.
        let made = Arc::new(Session::logon((self.logon)())?);
        let (session, extra) = {
            let mut state = self.lock();
            match &state.own {
                Some(known) => (known.clone(), Some(made)),
                None => {
                    state.own = Some(made.clone());
                    (made, None)
                }
            }
        };
        extra.into_iter().for_each(release);
        Ok(Some(session))
    }

    fn hands_off_session(&self) -> Result<()> {
        let own = {
            let mut state = self.lock();
            if state.brought_lent {
                return not_implemented("OwnSession::hands_off_session");
            }
            state.own.take()
        };
        own.into_iter().for_each(release);
        Ok(())
    }
}

impl Drop for OwnSession {
    fn drop(&mut self) {
        let own = self.lock().own.take();
        own.into_iter().for_each(release);
    }
}

/// Logs a session off and lets go of it, whatever the logoff answers.
fn release(session: Arc<Session>) {
    if let Err(error) = session.logoff(LogoffFlags::NONE) {
        tracing::info!(session = session.id(), %error, "the session of an account helper did not log off");
    }
}

fn write_identity(profile: &str, name: &mut [u16], length: &mut u32) -> Result<()> {
    let units: Vec<u16> = profile.encode_utf16().chain([0]).collect();
    *length = u32::try_from(units.len()).unwrap_or(u32::MAX);
    match name.get_mut(..units.len()) {
        Some(place) => {
            place.copy_from_slice(&units);
            Ok(())
        }
        None => {
            let detail = format!("the name needs {} units", units.len());
            Err(Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "AccountHelper::identity", detail))
        }
    }
}
