//! `Core`: the inside of a manager, which its accounts hold as well.
//!
//! ```text
//!  NEW ── init ──▶ BUSY ──▶ READY ── the manager's last handle, or end() ──▶ ENDED
//!   ▲               │
//!   └── it failed ──┘
//! ```

use super::lease::Lender;
use super::notify::{AccountEvent, Sinks};
use super::picture::Picture;
use super::watch::Watch;
use crate::Home;
use crate::profile::last_error::LastError;
use crate::profile::{AccountRecord, Accounts, Profile};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

/// What the handles of a manager and its accounts share.
pub(super) struct Core {
    pub(super) home: Home,
    pub(super) last_error: LastError,
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Busy,
    Ready(Arc<Ready>, Arc<Lender>),
    Ended,
}

/// A manager that works.
pub(super) struct Ready {
    pub(super) name: String,
    pub(super) profile: Arc<Profile>,
    pub(super) sinks: Sinks,
    /// Set by SetProp and not saved yet, by account.
    pub(super) staged: Mutex<BTreeMap<u32, PropList>>,
    pub(super) hears_others: bool,
    pub(super) watch: Mutex<Option<Watch>>,
    picture: Mutex<Picture>,
    /// Held while the profile is read, so that what was read last is known last.
    reading: Mutex<()>,
}

/// The managers of this process, who tell one another what they change.
static MANAGERS: LazyLock<Mutex<Vec<Weak<Ready>>>> = LazyLock::new(Mutex::default);

impl Core {
    pub(super) fn new(home: &Home) -> Self {
        Self { home: home.clone(), last_error: LastError::default(), state: Mutex::default() }
    }

    /// Begins the initialisation.
    ///
    /// # Errors
    /// - `E_OLK_ALREADY_INITIALIZED`: it has begun before.
    /// - `E_OLK_NOT_INITIALIZED`: the manager has ended.
    pub(super) fn begin(&self) -> Result<()> {
        const CALL: &str = "AccountManager::init";
        let mut state = lock(&self.state);
        match *state {
            State::New => *state = State::Busy,
            State::Ended => return Err(Error::new(ErrorCode::E_OLK_NOT_INITIALIZED, CALL, "it has ended")),
            _ => {
                return Err(Error::new(
                    ErrorCode::E_OLK_ALREADY_INITIALIZED,
                    CALL,
                    "it was initialised before",
                ));
            }
        }
        Ok(())
    }

    /// Ends the initialisation: the manager works, or is as new. False where it was ended meanwhile.
    pub(super) fn begun(&self, made: Option<(Arc<Ready>, Arc<Lender>)>) -> bool {
        let mut state = lock(&self.state);
        if matches!(*state, State::Ended) {
            return false;
        }
        *state = match made {
            Some((ready, lender)) => {
                remember(&ready);
                State::Ready(ready, lender)
            }
            None => State::New,
        };
        true
    }

    /// The manager at work.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: it was not initialised, or has ended.
    pub(super) fn ready(&self, call: &'static str) -> Result<Arc<Ready>> {
        match &*lock(&self.state) {
            State::Ready(ready, _) => Ok(ready.clone()),
            _ => Err(Error::new(ErrorCode::E_OLK_NOT_INITIALIZED, call, "the manager is not initialised")),
        }
    }

    /// The manager's helper.
    ///
    /// # Errors
    /// As [`Core::ready`].
    pub(super) fn lender(&self, call: &'static str) -> Result<Arc<Lender>> {
        self.ready(call)?;
        match &*lock(&self.state) {
            State::Ready(_, lender) => Ok(lender.clone()),
            _ => Err(Error::new(ErrorCode::E_OLK_NOT_INITIALIZED, call, "the manager has ended")),
        }
    }

    /// Ends the manager: sinks first, then the session is handed off, then the helper is let go. Doing it
    /// again does nothing.
    pub(super) fn end(&self) {
        let before = std::mem::replace(&mut *lock(&self.state), State::Ended);
        let State::Ready(ready, lender) = before else { return };
        drop(lock(&ready.watch).take());
        ready.sinks.end();
        lock(&ready.staged).clear();
        drop(ready);
        lender.hand_off();
    }
}

impl Ready {
    pub(super) fn new(name: String, profile: Profile, hears_others: bool) -> Self {
        let picture = Picture::new(profile.folder().stamp(&name), profile.look(|data| data.accounts()));
        Self {
            name,
            profile: Arc::new(profile),
            sinks: Sinks::default(),
            staged: Mutex::default(),
            hears_others,
            watch: Mutex::default(),
            picture: Mutex::new(picture),
            reading: Mutex::default(),
        }
    }

    /// Looks at the accounts as they are now; `look` calls nobody.
    ///
    /// # Errors
    /// - `E_OLK_REGISTRY`: the profile cannot be read any more.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Accounts) -> T) -> Result<T> {
        self.look_for_changes()?;
        Ok(look(lock(&self.picture).accounts()))
    }

    /// An account; one that is leaving is still there for who is told so.
    ///
    /// # Errors
    /// - `E_ACCT_NOT_FOUND`: there is none.
    /// - `E_OLK_REGISTRY`: the profile cannot be read any more.
    pub(super) fn record(&self, id: u32, call: &'static str) -> Result<AccountRecord> {
        self.look_for_changes()?;
        let record = lock(&self.picture).record(id).cloned();
        record
            .ok_or_else(|| Error::new(ErrorCode::E_ACCT_NOT_FOUND, call, format!("there is no account {id}")))
    }

    /// Looks for changes, and tells sinks of them.
    ///
    /// # Errors
    /// - `E_OLK_REGISTRY`: the profile cannot be read any more; there is nothing to be told.
    pub(super) fn look_for_changes(&self) -> Result<()> {
        self.renew()?;
        self.sinks.tell(|(event, id)| {
            if event == AccountEvent::Predeleted {
                lock(&self.picture).forget(id);
            }
        });
        Ok(())
    }

    /// Brings the picture up to date.
    fn renew(&self) -> Result<()> {
        let _reading = lock(&self.reading);
        let stamp = self.profile.folder().stamp(&self.name);
        if lock(&self.picture).is_of(stamp) {
            return Ok(());
        }
        self.profile.refresh().map_err(|error| registry(&error))?;
        let now = self.profile.look(|data| data.accounts());
        let happened = lock(&self.picture).renew(stamp, now);
        self.sinks.put(happened);
        Ok(())
    }

    fn is_same_profile(&self, folder: &std::path::Path, instance: MapiUid) -> bool {
        self.profile.folder().path() == folder && self.profile.instance() == instance
    }
}

/// Tells every manager of this process that has the same profile to look for changes; sinks that take long
/// are not waited for.
pub(super) fn changed(by: &Ready) {
    let (folder, instance) = (by.profile.folder().path().to_owned(), by.profile.instance());
    let all: Vec<Arc<Ready>> = lock(&MANAGERS).iter().filter_map(Weak::upgrade).collect();
    for manager in all.iter().filter(|other| other.is_same_profile(&folder, instance)) {
        if let Err(error) = manager.look_for_changes() {
            tracing::debug!(%error, "a manager of accounts does not see its profile");
        }
        manager.sinks.wait_until_told();
    }
}

fn remember(ready: &Arc<Ready>) {
    let mut managers = lock(&MANAGERS);
    managers.retain(|known| known.strong_count() > 0);
    managers.push(Arc::downgrade(ready));
}

/// What a profile that cannot be read or written answers.
pub(super) fn registry(error: &Error) -> Error {
    let told = Error::new(ErrorCode::E_OLK_REGISTRY, "AccountManager", error.to_string());
    match std::error::Error::source(error) {
        Some(source) => told.with_source(source.to_string()),
        None => told,
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
