//! `initialize` and `uninitialize` (MAPIInitialize, MAPIUninitialize): the count of those who use MAPI
//! in this process, and the sessions that are alive.
//!
//! [`Mapi`] is the same as a value that cannot be forgotten. Logging on is `session/logon.rs`.

use crate::session::{Session, stop_idle};
use mapi_defs::flags::LogoffFlags;
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How MAPI is initialised (MAPIINIT_0).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InitFlags(pub u32);

impl InitFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// MAPI_MULTITHREAD_NOTIFICATIONS: sinks are called on a thread of MAPI's own. They always are.
    pub const MULTITHREAD_NOTIFICATIONS: Self = Self(0x1);
    /// MAPI_NO_COINIT: COM is not initialised. There is none here.
    pub const NO_COINIT: Self = Self(0x8);
    /// MAPI_NT_SERVICE: the caller is a service, and nobody can be asked anything.
    pub const NT_SERVICE: Self = Self(0x1_0000);
    /// Every defined flag.
    pub const ALL: Self = Self(0x1 | 0x8 | 0x1_0000);
}

/// What this process knows of itself.
struct Process {
    count: u32,
    sessions: Vec<crate::session::WeakSession>,
}

static PROCESS: Mutex<Process> = Mutex::new(Process { count: 0, sessions: Vec::new() });

/// Counts one more user of MAPI in this process (MAPIInitialize).
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag; nothing was counted.
///
/// # Source
/// MAPIInitialize, Initializing MAPI.
pub fn initialize(flags: InitFlags) -> Result<()> {
    if flags.0 & !InitFlags::ALL.0 != 0 {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "MAPIInitialize", detail));
    }
    let mut process = process();
    process.count = process.count.checked_add(1).ok_or_else(|| {
        Error::new(ErrorCode::SESSION_LIMIT, "MAPIInitialize", "the process has initialised too often")
    })?;
    Ok(())
}

/// Takes back one [`initialize`] (MAPIUninitialize); one too many changes nothing.
///
/// With the last one, every session that is still alive is logged off in order, newest first.
pub fn uninitialize() {
    let left = {
        let mut process = process();
        if process.count == 0 {
            tracing::debug!("MAPIUninitialize without MAPIInitialize");
            return;
        }
        process.count -= 1;
        if process.count > 0 {
            return;
        }
        std::mem::take(&mut process.sessions)
    };
    for session in left.into_iter().rev().filter_map(|session| session.upgrade()) {
        tracing::warn!(session = session.id(), "a session was alive at the last MAPIUninitialize");
        if let Err(error) = session.logoff(LogoffFlags::NONE) {
            tracing::debug!(session = session.id(), %error, "the session ended meanwhile");
        }
    }
    stop_idle();
}

/// MAPI, initialised for as long as this value lives.
#[derive(Debug)]
pub struct Mapi(());

impl Mapi {
    /// Initialises MAPI until the value is dropped.
    ///
    /// # Errors
    /// Those of [`initialize`].
    pub fn initialize() -> Result<Self> {
        initialize(InitFlags::NONE).map(|()| Self(()))
    }
}

impl Drop for Mapi {
    fn drop(&mut self) {
        uninitialize();
    }
}

/// The answer of every call before [`initialize`].
pub(crate) fn check(call: &'static str) -> Result<()> {
    if process().count == 0 {
        return Err(Error::new(ErrorCode::NOT_INITIALIZED, call, "MAPIInitialize comes first"));
    }
    Ok(())
}

/// Keeps a new session in mind, to end it at the last uninitialise.
///
/// # Errors
/// - `MAPI_E_NOT_INITIALIZED`: the last uninitialise came while the session was being made.
pub(crate) fn remember(session: &Session) -> Result<()> {
    let mut process = process();
    if process.count == 0 {
        return Err(Error::new(
            ErrorCode::NOT_INITIALIZED,
            "Session::logon",
            "MAPI was uninitialised meanwhile",
        ));
    }
    process.sessions.retain(|known| !known.is_gone());
    process.sessions.push(session.downgrade());
    Ok(())
}

fn process() -> MutexGuard<'static, Process> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}
