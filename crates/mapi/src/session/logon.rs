//! Logon: which profile, with which flags, and what starts with the session (MAPILogonEx).
//!
//! Logons of one process come one after the other. Which session others share, and whether this
//! logon joins it, is `shared_session/`. Stores and address books are logged on to when
//! they are first opened; the transports and the spooler of a mail session here.

use super::shared_session::{Entrance, Membership};
use super::{Core, Session, lock, spool, status};
use crate::clock::{Clock, SystemClock};
use crate::dialogs::Dialogs;
use crate::notify::Advises;
use crate::profile::{NAME_CHARACTERS, Profile, ProfileFolder};
use crate::{Home, initialize, profile};
use mapi_defs::flags::LogonFlags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::spooler::Spooler;
use std::fmt;
use std::fs::{File, TryLockError};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long each wait of a session's end may take unless the logon says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long TIMEOUT_SHORT waits for another logon unless the logon says otherwise.
const SHORT: Duration = Duration::from_secs(5);

static NEXT_SESSION: AtomicU64 = AtomicU64::new(1);

/// How to log on.
#[derive(Clone)]
pub struct LogonOptions {
    profile: Option<String>,
    flags: LogonFlags,
    home: Option<Home>,
    clock: Arc<dyn Clock>,
    patience: Duration,
    spooler: Option<Arc<dyn Spooler>>,
    dialogs: Option<Arc<dyn Dialogs>>,
    password: Option<String>,
    short: Duration,
}

impl LogonOptions {
    /// With the profile of this name.
    pub fn profile(name: &str) -> Self {
        Self { profile: Some(name.to_owned()), ..Self::flags(LogonFlags::EXTENDED | LogonFlags::NEW_SESSION) }
    }

    /// With the default profile (MAPI_USE_DEFAULT).
    pub fn default_profile() -> Self {
        Self::flags(LogonFlags::EXTENDED | LogonFlags::NEW_SESSION | LogonFlags::USE_DEFAULT)
    }

    /// With these flags and no profile named.
    pub fn flags(flags: LogonFlags) -> Self {
        Self {
            profile: None,
            flags,
            home: None,
            clock: Arc::new(SystemClock),
            patience: PATIENCE,
            spooler: None,
            dialogs: None,
            password: None,
            short: SHORT,
        }
    }

    /// The profile of a session that is made; one that is joined has its own.
    #[must_use]
    pub fn named(mut self, profile: &str) -> Self {
        self.profile = Some(profile.to_owned());
        self
    }

    /// Adds flags.
    #[must_use]
    pub fn with(mut self, flags: LogonFlags) -> Self {
        self.flags |= flags;
        self
    }

    /// Without transports and spooler (MAPI_NO_MAIL).
    #[must_use]
    pub fn no_mail(self) -> Self {
        self.with(LogonFlags::NO_MAIL)
    }

    /// In this home; without, in the one that `MAPI_HOME` or the XDG base directories name.
    #[must_use]
    pub fn home(mut self, home: &Home) -> Self {
        self.home = Some(home.clone());
        self
    }

    /// By this clock; without, by the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long each wait of the session's end may take; without, 10 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// With this spooler; without, with the one registered.
    #[must_use]
    pub fn spooler(mut self, spooler: Arc<dyn Spooler>) -> Self {
        self.spooler = Some(spooler);
        self
    }

    /// With somebody to ask where a flag allows it; without, nobody is asked.
    #[must_use]
    pub fn dialogs(mut self, dialogs: Arc<dyn Dialogs>) -> Self {
        self.dialogs = Some(dialogs);
        self
    }

    /// With a password (lpszPassword). Profiles have none, so anything but an empty one fails.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// How long TIMEOUT_SHORT waits for other logons; without, 5 s.
    #[must_use]
    pub fn short_timeout(mut self, timeout: Duration) -> Self {
        self.short = timeout;
        self
    }
}

impl fmt::Debug for LogonOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogonOptions")
            .field("profile", &self.profile)
            .field("flags", &self.flags)
            .field("home", &self.home)
            .field("patience", &self.patience)
            .field("short", &self.short)
            .finish_non_exhaustive()
    }
}

/// Logs on.
pub(super) fn logon(options: LogonOptions) -> Result<Session> {
    initialize::check("Session::logon")?;
    check(&options)?;
    let home = options.home.clone().map_or_else(|| Home::locate(None), Ok)?;
    let _turn = Turn::take(&home, &options)?;
    let folder = ProfileFolder::of(&home);
    let dialogs = options.dialogs.clone().filter(|_| may_ask(options.flags));
    let id = profile::short(profile::new_uid());
    let entrance = Entrance::find(options.flags, &home, &id)?;
    let name = match entrance.profile() {
        Some(joined) => joined.to_owned(),
        None => choose_profile(&options, dialogs.as_deref(), &folder)?,
    };
    let in_use = folder.use_by_session(&name)?;
    let profile = open_profile(folder, &name, entrance.profile().is_some())?;
    if options.flags.contains(LogonFlags::SERVICE_UI_ALWAYS) && dialogs.is_some() {
        profile.show_services()?;
    }
    let number = NEXT_SESSION.fetch_add(1, Ordering::Relaxed);
    let core = Arc::new(Core {
        id,
        number,
        profile: Arc::new(profile.bound()),
        clock: options.clock,
        patience: options.patience,
        no_mail: options.flags.contains(LogonFlags::NO_MAIL),
        run_folder: home.run().to_owned(),
        config: home.config_file(),
        dialogs,
        gate: Arc::new(Gate::new(number)),
        book: Arc::default(),
        logons: super::Logons::default(),
        status: status::StatusRows::default(),
        stores_table: super::live_table::LiveTable::default(),
        advises: Arc::new(Advises::default()),
        spool: spool::Spool::default(),
        roles: super::default_store::Roles::default(),
        forms: super::forms::Forms::default(),
        last_error: super::last_error::LastError::default(),
        shared: Membership::default(),
        in_use: Mutex::new(Some(in_use)),
        dead: AtomicBool::new(false),
    });
    let session = Session::new(core.clone());
    initialize::remember(&session)?;
    core.status.begin(&core);
    entrance.enter(&core)?;
    if !core.no_mail {
        {
            // Whoever ends the session from now on waits for its beginning.
            let _pass = core.enter()?;
            spool::start(&core, options.spooler);
        }
        if options.flags.contains(LogonFlags::FORCE_DOWNLOAD) {
            spool::download(&core);
        }
    }
    tracing::info!(session = core.id, no_mail = core.no_mail, "logged on");
    Ok(session)
}

fn check(options: &LogonOptions) -> Result<()> {
    let flags = options.flags;
    if flags.has_unknown() {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "Session::logon", detail));
    }
    if options.password.as_ref().is_some_and(|password| !password.is_empty()) {
        return Err(failed("profiles have no password"));
    }
    Ok(())
}

/// True where neither the logon nor the process says that nobody is there.
fn may_ask(flags: LogonFlags) -> bool {
    !flags.contains(LogonFlags::NT_SERVICE) && !initialize::is_service()
}

/// The name to log on with: the one given, else the default where that is asked for, else what a person
/// says where one may be asked.
fn choose_profile(
    options: &LogonOptions,
    dialogs: Option<&dyn Dialogs>,
    folder: &ProfileFolder,
) -> Result<String> {
    if let Some(name) = options.profile.as_deref().filter(|name| !name.is_empty()) {
        return checked(name);
    }
    if options.flags.contains(LogonFlags::USE_DEFAULT)
        && let Some(name) = folder.default_name()?
    {
        return Ok(name);
    }
    match dialogs.filter(|_| options.flags.contains(LogonFlags::UI)) {
        Some(dialogs) => checked(&dialogs.choose_profile(&folder.names()?)?),
        None => Err(failed("no profile is named, there is no default to use, and nobody can be asked")),
    }
}

fn checked(name: &str) -> Result<String> {
    if name.chars().count() > NAME_CHARACTERS {
        return Err(failed(format!("a profile's name has at most {NAME_CHARACTERS} characters")));
    }
    let failed = |error: Error| failed(error.detail().to_owned());
    profile::check_name(name, "Session::logon").map(|()| name.to_owned()).map_err(failed)
}

/// Opens the profile; one that waits to be deleted only for who joins a session that has it.
fn open_profile(folder: ProfileFolder, name: &str, is_joined: bool) -> Result<Profile> {
    let profile = Profile::open(folder, name).map_err(|error| match error.code() {
        ErrorCode::NOT_FOUND => failed(error.detail().to_owned()),
        _ => error,
    })?;
    if !is_joined && profile.look(|data| data.deleted) {
        return Err(failed(format!("the profile \"{name}\" is deleted")));
    }
    Ok(profile)
}

fn failed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::LOGON_FAILED, "Session::logon", detail)
}

/// The turn to log on: one logon of the user at a time, in this process and among the processes that
/// share the home. Who logs on holds it, not a lock: what a provider calls back finds every lock free.
struct Turn {
    // Given back before the turn in this process is.
    _among_processes: File,
    _in_process: InProcess,
}

struct InProcess;

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREED: Condvar = Condvar::new();
/// How often a logon in another process is looked for again where the wait is short.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Turn {
    fn take(home: &Home, options: &LogonOptions) -> Result<Self> {
        let short = options.flags.contains(LogonFlags::TIMEOUT_SHORT);
        let deadline = short.then(|| Instant::now() + options.short);
        let in_process = InProcess::take(deadline)?;
        let file = mapi_files::PrivateFolder::open(home.run())?.lock_file("logon.lock")?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _among_processes: file, _in_process: in_process }),
                Err(TryLockError::Error(error)) => {
                    return Err(failed("the turn to log on cannot be taken").with_source(error));
                }
                Err(TryLockError::WouldBlock) => match deadline {
                    Some(deadline) if Instant::now() >= deadline => return Err(under_way()),
                    Some(_) => std::thread::sleep(LOOK_AGAIN),
                    None => {
                        let fault = |error| failed("the turn to log on cannot be taken").with_source(error);
                        file.lock().map_err(fault)?;
                        return Ok(Self { _among_processes: file, _in_process: in_process });
                    }
                },
            }
        }
    }
}

impl InProcess {
    fn take(deadline: Option<Instant>) -> Result<Self> {
        let mut taken = lock(&TAKEN);
        while *taken {
            taken = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return Err(under_way()),
                Some(left) => FREED.wait_timeout(taken, left).unwrap_or_else(PoisonError::into_inner).0,
                None => FREED.wait(taken).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *taken = true;
        Ok(Self)
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        *lock(&TAKEN) = false;
        FREED.notify_one();
    }
}

fn under_way() -> Error {
    Error::new(ErrorCode::TIMEOUT, "Session::logon", "another logon is under way")
}
