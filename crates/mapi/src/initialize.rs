//! `initialize` and `uninitialize` (MAPIInitialize, MAPIUninitialize): the count of those who use MAPI
//! in this process, and the sessions that are alive.
//!
//! [`Mapi`] is the same as a value that cannot be forgotten. Logging on is `session/logon.rs`.

use crate::session::{Session, stop_idle};
use mapi_defs::flags::LogoffFlags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate;
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
    /// MAPI_NT_SERVICE: the process is a service; nobody is asked anything until its last uninitialise.
    pub const NT_SERVICE: Self = Self(0x1_0000);
    /// Every defined flag.
    pub const ALL: Self = Self(0x1 | 0x8 | 0x1_0000);
}

/// What this process knows of itself.
struct Process {
    count: u32,
    /// Those who use the utilities alone.
    utilities: u32,
    is_service: bool,
    sessions: Vec<crate::session::WeakSession>,
}

static PROCESS: Mutex<Process> =
    Mutex::new(Process { count: 0, utilities: 0, is_service: false, sessions: Vec::new() });

/// Counts one more user of MAPI in this process (MAPIInitialize).
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag; nothing was counted.
/// - `MAPI_E_END_OF_SESSION`: the process has ended MAPI in a hurry.
///
/// # Source
/// MAPIInitialize, Initializing MAPI.
pub fn initialize(flags: InitFlags) -> Result<()> {
    if flags.0 & !InitFlags::ALL.0 != 0 {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "MAPIInitialize", detail));
    }
    check_process("MAPIInitialize")?;
    let mut process = process();
    process.count = process.count.checked_add(1).ok_or_else(|| {
        Error::new(ErrorCode::SESSION_LIMIT, "MAPIInitialize", "the process has initialised too often")
    })?;
    process.is_service |= flags.0 & InitFlags::NT_SERVICE.0 != 0;
    Ok(())
}

/// Takes back one [`initialize`] (MAPIUninitialize); one too many changes nothing.
///
/// With the last one, every session that is still alive is logged off in order, newest first. After a fast
/// shutdown it does nothing. True where this was the last one, so that the use of MAPI has ended with it.
pub fn uninitialize() -> bool {
    if gate::process_has_ended() {
        return false;
    }
    let left = {
        let mut process = process();
        if process.count == 0 {
            tracing::debug!("MAPIUninitialize without MAPIInitialize");
            return false;
        }
        process.count -= 1;
        if process.count > 0 {
            return false;
        }
        process.is_service = false;
        std::mem::take(&mut process.sessions)
    };
    for session in left.into_iter().rev().filter_map(|session| session.upgrade()) {
        tracing::warn!(session = session.id(), "a session was alive at the last MAPIUninitialize");
        if let Err(error) = session.logoff(LogoffFlags::NONE) {
            tracing::debug!(session = session.id(), %error, "the session ended meanwhile");
        }
    }
    stop_idle();
    true
}

/// Counts one more user of the utilities alone (ScInitMapiUtil): property and table data objects and
/// buffers, which need no MAPI around them. There is nothing to start; the count is for those who ask.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `flags` is not 0; nothing was counted.
/// - `MAPI_E_NOT_ENOUGH_RESOURCES`: the process has started them too often.
///
/// # Source
/// ScInitMapiUtil, Initializing the MAPI Utilities.
pub fn init_mapi_util(flags: u32) -> Result<()> {
    const CALL: &str = "ScInitMapiUtil";
    if flags != 0 {
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "the flags are reserved"));
    }
    let mut process = process();
    let too_often = || Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, CALL, "started too often");
    process.utilities = process.utilities.checked_add(1).ok_or_else(too_often)?;
    Ok(())
}

/// Takes back one [`init_mapi_util`] (DeinitMapiUtil), also after the last [`uninitialize`]; one too many
/// changes nothing.
pub fn deinit_mapi_util() {
    let mut process = process();
    process.utilities = process.utilities.saturating_sub(1);
}

/// How many use the utilities: each [`init_mapi_util`], and MAPI itself where it is initialised, which
/// starts them with its first [`initialize`] and stops them with its last [`uninitialize`].
pub fn utility_users() -> u32 {
    let process = process();
    process.utilities.saturating_add(u32::from(process.count > 0))
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
    check_process(call)?;
    if process().count == 0 {
        return Err(Error::new(ErrorCode::NOT_INITIALIZED, call, "MAPIInitialize comes first"));
    }
    Ok(())
}

/// The answer of every call after a fast shutdown.
fn check_process(call: &'static str) -> Result<()> {
    if gate::process_has_ended() {
        return Err(Error::new(ErrorCode::END_OF_SESSION, call, "MAPI has ended in this process"));
    }
    Ok(())
}

/// The sessions of the process that are alive, oldest first.
pub(crate) fn sessions() -> Vec<Session> {
    process().sessions.iter().filter_map(|session| session.upgrade()).collect()
}

/// True where somebody has said that the process is a service.
pub(crate) fn is_service() -> bool {
    process().is_service
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
