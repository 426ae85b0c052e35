//! Sessions by a number (LHANDLE), and sessions that last for one call.

use crate::failure::{Code, Failure, Result};
use mapi::{LogoffFlags, LogonFlags, LogonOptions, Mapi, Session};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the end of a session waits for what it has submitted: what takes longer stays in the queue.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session of Simple MAPI (LHANDLE): never zero, below 2^32, and never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SessionHandle(pub u32);

/// How to log on.
#[derive(Clone, Default, Debug)]
pub struct Logon {
    /// The profile; the default one where it is empty.
    pub profile: String,
    /// The password, where one is given. Profiles have none, so that one is refused.
    pub password: Option<String>,
    /// MAPI_NEW_SESSION: not the session that others of this user share.
    pub is_new: bool,
    /// MAPI_FORCE_DOWNLOAD: mail is fetched before the call returns.
    pub downloads: bool,
}

/// A session, and MAPI kept initialised for as long as it is there; the session ends first.
struct Held {
    session: Session,
    _mapi: Mapi,
}

struct Sessions {
    next: u32,
    open: BTreeMap<SessionHandle, Held>,
}

static SESSIONS: Mutex<Sessions> = Mutex::new(Sessions { next: 1, open: BTreeMap::new() });

fn sessions() -> MutexGuard<'static, Sessions> {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs on (MAPILogon). The session is the one that others share, where there is one, and is shared with
/// others unless it is to be new.
///
/// # Errors
/// - `LogonFailure`: no such profile, no default profile, or a password.
/// - `TooManySessions`: every number has been given.
///
/// # Differs
/// Nobody is shown a dialog.
///
/// # Source
/// MAPILogon.
pub fn logon(options: &Logon) -> Result<SessionHandle> {
    let held = open(options, LogonFlags::ALLOW_OTHERS)?;
    let mut sessions = sessions();
    let handle = SessionHandle(sessions.next);
    match sessions.next.checked_add(1) {
        Some(next) => {
            sessions.next = next;
            sessions.open.insert(handle, held);
            Ok(handle)
        }
        None => {
            // Ending a session calls providers, which no lock is held across.
            drop(sessions);
            drop(held);
            Err(Failure::new(Code::TooManySessions, "every session number has been given"))
        }
    }
}

/// Logs off (MAPILogoff); `is_shared` ends the shared session for everybody (MAPI_LOGOFF_SHARED). What waits
/// in the queue is sent as far as that goes in the session's patience, and stays queued otherwise.
///
/// # Errors
/// - `InvalidSession`: no such session.
///
/// # Source
/// MAPILogoff.
pub fn logoff(handle: SessionHandle, is_shared: bool) -> Result<()> {
    let held = sessions().open.remove(&handle).ok_or_else(unknown)?;
    end(&held, if is_shared { LogoffFlags::SHARED } else { LogoffFlags::NONE })
}

/// The session behind a number, for Extended MAPI (ScMAPIXFromSMAPI).
///
/// # Errors
/// - `InvalidSession`: no such session.
pub fn extended(handle: SessionHandle) -> Result<Session> {
    sessions().open.get(&handle).map(|held| held.session.clone()).ok_or_else(unknown)
}

/// Calls with the session of this number, or, without one, with a session that lasts for the call.
///
/// # Errors
/// - `InvalidSession`: no such session.
/// - Those of [`logon`], and of the call.
pub fn with_session<T>(
    handle: Option<SessionHandle>,
    options: &Logon,
    call: impl FnOnce(&Session) -> Result<T>,
) -> Result<T> {
    if let Some(handle) = handle {
        return call(&extended(handle)?);
    }
    let held = open(options, LogonFlags::NONE)?;
    let answer = call(&held.session);
    let ended = end(&held, LogoffFlags::NONE);
    let answer = answer?;
    // What the call did is done; a session that ends badly does not undo it.
    if let Err(failure) = ended {
        tracing::warn!(%failure, "the session of one call did not end well");
    }
    Ok(answer)
}

fn open(options: &Logon, shares: LogonFlags) -> Result<Held> {
    let mapi = Mapi::initialize()?;
    let mut flags = LogonFlags::EXTENDED;
    flags |= if options.is_new { LogonFlags::NEW_SESSION } else { shares };
    if options.downloads {
        flags |= LogonFlags::FORCE_DOWNLOAD;
    }
    let mut logon = match options.profile.as_str() {
        "" => LogonOptions::flags(flags | LogonFlags::USE_DEFAULT),
        name => LogonOptions::flags(flags).named(name),
    };
    if let Some(password) = &options.password {
        logon = logon.password(password);
    }
    let session =
        Session::logon(logon).map_err(|error| Failure::from(error).with_code(Code::LogonFailure))?;
    Ok(Held { session, _mapi: mapi })
}

/// Lets what was submitted leave before a session ends that nobody else has.
pub(crate) fn flush(session: &Session) -> Result<()> {
    if !session.flush_queues(PATIENCE)? {
        tracing::info!("mail stays in the queue for the next session or the spooler");
    }
    Ok(())
}

fn end(held: &Held, flags: LogoffFlags) -> Result<()> {
    held.session.logoff(flags)?;
    Ok(())
}

fn unknown() -> Failure {
    Failure::new(Code::InvalidSession, "no session has this number")
}
