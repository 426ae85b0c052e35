//! `Session`: what a program is logged on to (IMAPISession).
//!
//! ```text
//!  Session::logon ──▶ ACTIVE ── logoff / last handle dropped / last uninitialise ──▶ LOGGING_OFF ──▶ DEAD
//! ```
//!
//! ACTIVE: everything works. LOGGING_OFF: calls that are under way finish, new ones are refused with
//! `MAPI_E_INVALID_OBJECT`, providers can still use their support objects. DEAD: every call answers
//! `MAPI_E_INVALID_OBJECT`. Logging on is `logon.rs`, the end is `logoff.rs`, the account of it
//! `account.rs`; `logons.rs` holds the provider logons, `spool.rs` the spooler of a mail session,
//! `shared_session/` what programs share that join one another's session.

mod account;
mod address_books;
mod adr_types;
mod deadline;
mod default_store;
mod fast_shutdown;
mod fetch;
mod forms;
mod identity;
mod last_error;
mod live_table;
mod logoff;
mod logon;
mod logons;
mod open_entry;
mod sent_mail;
pub mod shared_session;
mod spool;
mod status;
mod status_object;
mod store_use;
mod stores;
mod unavailable;
mod wrapped;

pub use account::{Account, LEFT_OPEN_NAMED, ProviderEnd};
pub use default_store::StoreRole;
pub use fast_shutdown::ClientShutdown;
pub use fetch::Inbox;
pub use forms::FormToken;
pub use identity::Identity;
pub use last_error::MapiError;
pub use logon::LogonOptions;
pub use wrapped::wrap_store_entry_id;

pub(crate) use deadline::{stop_idle, unpanicked};
pub(crate) use logons::{AddressBookLogon, StoreAnchor};
pub(crate) use open_entry::long_term_entry_id;
pub(crate) use sent_mail::do_sent_mail;
pub(crate) use store_use::StoreUse;

use crate::clock::Clock;
use crate::dialogs::Dialogs;
use crate::notify::{self, Advises};
use crate::object::{Open, SessionSection};
use crate::profile::{InUse, MsgServiceAdmin, Profile, ProfileSection};
use logons::Logons;
use mapi_defs::flags::{LogoffFlags, SectionFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, FileTime, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::{Gate, Pass};
use mapi_spi::handle::OpenObjects;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// A session. Clones are the same session, and the last one dropped logs it off.
#[derive(Clone)]
pub struct Session {
    held: Arc<Held>,
}

/// What the clones of a session share.
struct Held {
    core: Arc<Core>,
}

/// A session that is known but not kept alive.
pub(crate) struct WeakSession(Weak<Held>);

/// The inside of a session, which its objects and providers reach weakly.
pub(crate) struct Core {
    /// Tells sessions apart in the log.
    pub(crate) id: String,
    /// The owner of the session's gates.
    pub(crate) number: u64,
    pub(crate) profile: Arc<Profile>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) patience: Duration,
    pub(crate) no_mail: bool,
    /// Whom to ask, where a call may ask and the process is no service.
    dialogs: Option<Arc<dyn Dialogs>>,
    pub(crate) run_folder: std::path::PathBuf,
    /// The home's config.toml, which need not be there.
    config: std::path::PathBuf,
    /// The session's own gate: its methods, and the objects that MAPI itself implements.
    pub(crate) gate: Arc<Gate>,
    pub(crate) book: Arc<OpenObjects>,
    pub(crate) logons: Logons,
    pub(crate) status: status::StatusRows,
    stores_table: live_table::LiveTable,
    pub(crate) advises: Arc<Advises>,
    pub(crate) spool: spool::Spool,
    roles: default_store::Roles,
    forms: forms::Forms,
    last_error: last_error::LastError,
    shared: shared_session::Membership,
    in_use: Mutex<Option<InUse>>,
    dead: AtomicBool,
}

impl Core {
    /// Enters the session for one call. Sinks that are bound to this thread are told before.
    pub(crate) fn enter(&self) -> Result<Pass<'_>> {
        notify::dispatch_at_entry();
        self.gate.enter()
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }
}

impl Session {
    /// Logs on with a profile (MAPILogonEx).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_INITIALIZED`: MAPI is not initialised.
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_LOGON_FAILED`: no such profile, none given and nobody to ask, a name that cannot be one,
    ///   or a password: profiles have none.
    /// - `MAPI_E_USER_CANCEL`: UI, and the person who was asked for a profile gave up.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: the profile's file cannot be read.
    /// - `MAPI_E_TIMEOUT`: TIMEOUT_SHORT, and another logon is under way; or the shared session does
    ///   not answer.
    ///
    /// A provider that cannot be reached does not fail the logon; opening its store does.
    ///
    /// # Differs
    /// No built-in service has a dialog that SERVICE_UI_ALWAYS could show. BG_SESSION is a hint that changes
    /// nothing.
    ///
    /// # Source
    /// MAPILogonEx, Logging On to MAPI.
    pub fn logon(options: LogonOptions) -> Result<Self> {
        logon::logon(options)
    }

    /// Ends the session and invalidates every object opened through it.
    ///
    /// Waits for calls that are running in other threads, and for each provider, no longer than the
    /// session's patience (10 s unless the logon said otherwise). A provider that does not return in
    /// time is named in the account; the call still succeeds.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag; the session is untouched.
    /// - `MAPI_E_BUSY`: called from inside a call of this session; it is untouched.
    /// - `MAPI_E_USER_CANCEL`: UI, and the person who was asked said no; it is untouched.
    /// - `MAPI_E_INVALID_OBJECT`: the session had ended already.
    ///
    /// # Source
    /// IMAPISession::Logoff, Ending a MAPI Session.
    pub fn logoff(&self, flags: LogoffFlags) -> Result<Account> {
        logoff::logoff(&self.held.core, flags)
    }

    /// Ends the session and its handle in one; a refusal gives the session back.
    ///
    /// # Errors
    /// Those of [`Session::logoff`].
    pub fn end(self) -> Result<Account, (Self, Error)> {
        self.logoff(LogoffFlags::NONE).map_err(|error| (self, error))
    }

    /// Tells sessions apart in logs: eight hex digits.
    pub fn id(&self) -> &str {
        &self.held.core.id
    }

    /// The name of the session's profile.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn profile_name(&self) -> Result<String> {
        let core = &self.held.core;
        let _pass = core.enter()?;
        Ok(core.profile.look(|data| data.name.clone()))
    }

    /// The present moment by the session's clock.
    pub fn now(&self) -> FileTime {
        self.held.core.clock.now()
    }

    /// Administers the services of the session's profile; changes bind from the next session on
    /// (AdminServices).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn admin_services(&self) -> Result<MsgServiceAdmin> {
        let core = &self.held.core;
        let _pass = core.enter()?;
        let (folder, name) = (core.profile.folder().clone(), core.profile.look(|data| data.name.clone()));
        Ok(MsgServiceAdmin::new(Arc::new(Profile::open(folder, &name)?)))
    }

    /// Opens a section of the profile (OpenProfileSection). One that is missing is made where MODIFY is
    /// set; those of services and providers need FORCE_ACCESS.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: it belongs to somebody else, or somebody writes it; with MODIFY also
    ///   where somebody reads it.
    #[track_caller]
    pub fn open_profile_section(&self, uid: MapiUid, flags: SectionFlags) -> Result<SessionSection> {
        let core = &self.held.core;
        let _pass = core.enter()?;
        let section: Arc<dyn mapi_spi::prop::MapiProp> =
            Arc::new(ProfileSection::of_profile(core.profile.clone(), uid, flags)?);
        Ok(SessionSection::of(Open::of_session(core, &core.gate, section, "IProfSect", uid.to_string())))
    }

    /// Calls a sink at events of the session itself (Advise with a NULL entry identifier).
    ///
    /// Critical errors are told whatever the mask is. Sinks are called on threads of the session's
    /// own, outside every call, so they may call anything; [`notify::this_thread_sink`] binds a sink to a
    /// thread of the program's. A sink that falls behind by [`notify::WAITING_EVENTS`] is told the newest
    /// event in place of those that it missed.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started, or the session has too many advises.
    pub fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let core = &self.held.core;
        let _pass = core.enter()?;
        core.advises.advise_session(mask, sink)
    }

    /// Ends an advise of this session, on whatever object it was made (Unadvise). The sink is let go; a
    /// call of it that is running in another thread is not waited for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        let core = &self.held.core;
        drop(core.enter()?);
        core.advises.unadvise(connection)
    }

    pub(crate) fn downgrade(&self) -> WeakSession {
        WeakSession(Arc::downgrade(&self.held))
    }

    fn new(core: Arc<Core>) -> Self {
        Self { held: Arc::new(Held { core }) }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.held.core
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, ended: {})", self.id(), self.held.core.gate.is_closed())
    }
}

impl WeakSession {
    pub(crate) fn upgrade(&self) -> Option<Session> {
        self.0.upgrade().map(|held| Session { held })
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Forgetting to log off is safe: the last handle does it.
impl Drop for Held {
    fn drop(&mut self) {
        let core = self.core.clone();
        if core.gate.is_closed() {
            return;
        }
        tracing::debug!(session = core.id, "a session was dropped without logoff");
        let end = move || {
            if let Err(error) = logoff::logoff(&core, LogoffFlags::NONE) {
                tracing::debug!(session = core.id, %error, "the session ended meanwhile");
            }
        };
        if Gate::entered_by_this_thread(self.core.number) {
            // A call of this session is under way in this very thread, and the end waits for it.
            // Owned by nobody; it stops with the logoff, which is bounded.
            if let Err(error) = std::thread::Builder::new().name("mapi-logoff".into()).spawn(end) {
                tracing::error!(%error, "a dropped session cannot be logged off");
            }
            return;
        }
        end();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
