//! Logon: which profile, with which flags, and what starts with the session (MAPILogonEx).
//!
//! Logons of one process come one after the other. Stores and address books are logged on to when
//! they are first opened; the transports and the spooler of a mail session here.

use super::{Core, Session, lock, spool, status};
use crate::clock::{Clock, SystemClock};
use crate::notify::Advises;
use crate::profile::{NAME_CHARACTERS, Profile, ProfileFolder};
use crate::{Home, initialize, profile};
use mapi_defs::flags::LogonFlags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::spooler::Spooler;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long each wait of a session's end may take unless the logon says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long TIMEOUT_SHORT waits for another logon.
const SHORT: Duration = Duration::from_secs(3);

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
    question: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
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
            question: None,
        }
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

    /// Asked before a logoff with [`LogoffFlags::UI`](mapi_defs::flags::LogoffFlags::UI); false keeps
    /// the session alive.
    #[must_use]
    pub fn logoff_question(mut self, ask: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.question = Some(Arc::new(ask));
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
            .finish_non_exhaustive()
    }
}

/// Logs on.
pub(super) fn logon(options: LogonOptions) -> Result<Session> {
    initialize::check("Session::logon")?;
    check(&options)?;
    let _turn = Turn::take(options.flags)?;
    let home = options.home.clone().map_or_else(|| Home::locate(None), Ok)?;
    let folder = ProfileFolder::of(&home);
    let name = choose_profile(&options, &folder)?;
    let in_use = folder.use_by_session(&name)?;
    let profile = open_profile(folder, &name)?;
    let number = NEXT_SESSION.fetch_add(1, Ordering::Relaxed);
    let core = Arc::new(Core {
        id: profile::short(profile::new_uid()),
        number,
        profile: Arc::new(profile),
        clock: options.clock,
        patience: options.patience,
        no_mail: options.flags.contains(LogonFlags::NO_MAIL),
        run_folder: home.run().to_owned(),
        question: options.question,
        gate: Arc::new(Gate::new(number)),
        book: Arc::default(),
        logons: super::Logons::default(),
        status: status::StatusRows::default(),
        stores_table: super::live_table::LiveTable::default(),
        advises: Arc::new(Advises::default()),
        spool: spool::Spool::default(),
        in_use: Mutex::new(Some(in_use)),
        dead: AtomicBool::new(false),
    });
    let session = Session::new(core.clone());
    initialize::remember(&session)?;
    core.status.begin(&core);
    if !core.no_mail {
        spool::start(&core, options.spooler);
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
    if flags.contains(LogonFlags::UI | LogonFlags::PASSWORD_UI) {
        return Err(failed("UI and PASSWORD_UI exclude one another"));
    }
    Ok(())
}

/// The name to log on with; nobody can be asked, so an empty name means the default or nothing.
fn choose_profile(options: &LogonOptions, folder: &ProfileFolder) -> Result<String> {
    match options.profile.as_deref().filter(|name| !name.is_empty()) {
        Some(name) if name.chars().count() > NAME_CHARACTERS => {
            Err(failed(format!("a profile's name has at most {NAME_CHARACTERS} characters")))
        }
        Some(name) => profile::check_name(name, "Session::logon")
            .map(|()| name.to_owned())
            .map_err(|error| failed(error.detail().to_owned())),
        None if options.flags.contains(LogonFlags::USE_DEFAULT) => {
            folder.default_name()?.ok_or_else(|| failed("there is no default profile"))
        }
        None => Err(failed("no profile is named, and nobody can be asked")),
    }
}

fn open_profile(folder: ProfileFolder, name: &str) -> Result<Profile> {
    let profile = Profile::open(folder, name).map_err(|error| match error.code() {
        ErrorCode::NOT_FOUND => failed(error.detail().to_owned()),
        _ => error,
    })?;
    if profile.look(|data| data.deleted) {
        return Err(failed(format!("the profile \"{name}\" is deleted")));
    }
    Ok(profile)
}

fn failed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::LOGON_FAILED, "Session::logon", detail)
}

/// The turn to log on: one logon of the process at a time. No lock is held meanwhile.
struct Turn;

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREED: Condvar = Condvar::new();

impl Turn {
    fn take(flags: LogonFlags) -> Result<Self> {
        let deadline = flags.contains(LogonFlags::TIMEOUT_SHORT).then(|| Instant::now() + SHORT);
        let mut taken = lock(&TAKEN);
        while *taken {
            taken = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => {
                    return Err(Error::new(
                        ErrorCode::TIMEOUT,
                        "Session::logon",
                        "another logon is under way",
                    ));
                }
                Some(left) => FREED.wait_timeout(taken, left).unwrap_or_else(PoisonError::into_inner).0,
                None => FREED.wait(taken).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *taken = true;
        Ok(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&TAKEN) = false;
        FREED.notify_one();
    }
}
