//! Fast shutdown: ending the process in a hurry, without a logoff (IMAPIClientShutdown).
//!
//! Whatever session it is asked of, all sessions of the process are meant, and in each the transports,
//! then the address books, then the stores. Other processes are not touched. Whether it is allowed at
//! all is a policy: `MAPI_FAST_SHUTDOWN`, else `fast_shutdown` in the home's config.toml. What a provider
//! does is `mapi_spi::provider::shutdown`.

use super::deadline::{Deadline, unpanicked};
use super::logons::Provider;
use super::{Session, StoreAnchor, lock};
use crate::initialize;
use crate::profile::ProviderKind;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate;
use mapi_spi::provider::shutdown::ProviderShutdown;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The environment variable that goes before the home's setting.
const VARIABLE: &str = "MAPI_FAST_SHUTDOWN";
/// The setting in config.toml.
const SETTING: &str = "fast_shutdown";
/// What is read of a config.toml at most.
const CONFIG_BYTES: u64 = 1024 * 1024;
/// How long each spooler may take to end; the message that it is at is tried again by the next one.
const SPOOLER_PATIENCE: Duration = Duration::from_secs(1);

/// The sessions of a process that has ended in a hurry, with the stores their clients had open. They are
/// never let go: no provider hears of a release any more.
static KEPT: Mutex<Vec<(Session, Vec<Arc<StoreAnchor>>)>> = Mutex::new(Vec::new());

/// The process's end in a hurry. Only where [`query_fast_shutdown`](ClientShutdown::query_fast_shutdown)
/// answered with yes should a client go on.
///
/// # Source
/// IMAPIClientShutdown, Client Shutdown in MAPI.
#[derive(Clone, Debug)]
pub struct ClientShutdown {
    session: Session,
}

impl Session {
    /// What ends the process in a hurry (QueryInterface for IMAPIClientShutdown).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn client_shutdown(&self) -> Result<ClientShutdown> {
        drop(self.core().enter()?);
        Ok(ClientShutdown { session: self.clone() })
    }
}

impl ClientShutdown {
    /// Asks every provider of every session whether the process may end in a hurry (QueryFastShutdown).
    /// Nothing changes, and it may be asked again.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the policy forbids it; a provider objects; or all have to agree, and one
    ///   does not take part.
    pub fn query_fast_shutdown(&self) -> Result<()> {
        drop(self.session.core().enter()?);
        query(self.policy())
    }

    /// Tells every provider that takes part that the process is about to end (NotifyProcessShutdown).
    /// Whatever they answer, the sessions work as before.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn notify_process_shutdown(&self) -> Result<()> {
        drop(self.session.core().enter()?);
        if self.policy() != Policy::Never {
            each_provider(|session, provider| {
                call(session, provider, "notify", |face| face.notify_process_shutdown());
            });
        }
        Ok(())
    }

    /// Lets every provider that takes part save what would be lost, and ends MAPI in this process
    /// (DoFastShutdown). No provider is logged off or released, and every later call in the process,
    /// `uninitialize` but for, answers `MAPI_E_END_OF_SESSION`.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: as [`ClientShutdown::query_fast_shutdown`]; nothing has happened.
    pub fn do_fast_shutdown(&self) -> Result<()> {
        drop(self.session.core().enter()?);
        query(self.policy())?;
        gate::end_process();
        let sessions = initialize::sessions();
        for session in &sessions {
            refuse_calls(session);
        }
        sessions.iter().for_each(stop_spooler);
        each_provider(|session, provider| {
            call(session, provider, "shutdown", |face| face.do_fast_shutdown());
        });
        Ok(())
    }

    fn policy(&self) -> Policy {
        Policy::of(std::env::var(VARIABLE).ok().as_deref(), &self.session.core().config)
    }
}

/// Who decides whether a process may end in a hurry (FastShutdownBehavior).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Policy {
    /// 0: it may, unless a provider objects.
    UnlessRefused,
    /// 1: it may if every provider takes part and none objects.
    IfAllAgree,
    /// 2: it may not.
    Never,
}

impl Policy {
    fn of(variable: Option<&str>, config: &Path) -> Self {
        let of_variable =
            variable.filter(|text| !text.trim().is_empty()).map(|text| text.trim().parse().ok());
        match of_variable.unwrap_or_else(|| setting(config)) {
            Some(1) => Self::IfAllAgree,
            Some(2) => Self::Never,
            // Absent, 0, or nothing that is known.
            _ => Self::UnlessRefused,
        }
    }
}

/// The home's setting; a file that cannot be read says nothing.
fn setting(config: &Path) -> Option<i64> {
    let mut text = String::new();
    File::open(config).ok()?.take(CONFIG_BYTES).read_to_string(&mut text).ok()?;
    match text.parse::<toml::Table>() {
        Ok(table) => table.get(SETTING)?.as_integer(),
        Err(error) => {
            tracing::warn!(file = %config.display(), %error, "the settings cannot be read");
            None
        }
    }
}

/// Asks everybody, after the first objection too.
fn query(policy: Policy) -> Result<()> {
    let refused = |detail: String| Error::new(ErrorCode::NO_SUPPORT, "ClientShutdown::query", detail);
    if policy == Policy::Never {
        return Err(refused("the policy forbids ending in a hurry".to_owned()));
    }
    let mut objection = None;
    each_provider(|_, provider| {
        let answer = match provider.shutdown_face() {
            Some(face) => unpanicked(|| face.query_fast_shutdown()).err().map(|error| error.to_string()),
            None => (policy == Policy::IfAllAgree).then(|| "it does not take part".to_owned()),
        };
        let said = answer.map(|why| format!("{} objects: {why}", provider.name()));
        objection = objection.take().or(said);
    });
    objection.map_or(Ok(()), |detail| Err(refused(detail)))
}

/// Every provider of every session of the process: transports, address books, stores.
fn each_provider(mut call: impl FnMut(&Session, &Provider)) {
    for session in initialize::sessions() {
        let mut providers = session.core().logons.providers();
        providers.sort_by_key(|provider| match provider.kind() {
            ProviderKind::Transport => 0,
            ProviderKind::AddressBook => 1,
            ProviderKind::Store => 2,
        });
        providers.iter().for_each(|provider| call(&session, provider));
    }
}

/// Calls a provider that takes part, and waits for it no longer than the session has patience.
fn call(
    session: &Session,
    provider: &Provider,
    what: &'static str,
    run: impl Fn(&dyn ProviderShutdown) -> Result<()> + Send + 'static,
) {
    if provider.shutdown_face().is_none() {
        return;
    }
    let (called, name) = (provider.clone(), provider.name().to_owned());
    let mut deadline = Deadline::new(session.core().patience);
    let (answer, _) = deadline.call(move || called.shutdown_face().map_or(Ok(()), run));
    if let Err(error) = answer {
        tracing::warn!(session = session.id(), name, what, %error, "a provider failed at the fast shutdown");
    }
}

/// No call of the session comes in any more, and nothing of it is let go.
fn refuse_calls(session: &Session) {
    let core = session.core();
    core.gate.close();
    for gate in core.logons.gates() {
        gate.close();
    }
    let anchors = core.logons.anchors();
    lock(&KEPT).push((session.clone(), anchors));
}

/// Nothing more is handed to transports that are about to be told to save what they have.
fn stop_spooler(session: &Session) {
    let Some(spooler) = session.core().spool.take_running() else { return };
    let mut deadline = Deadline::new(SPOOLER_PATIENCE);
    if let (Err(error), _) = deadline.call(move || Ok(spooler.stop(SPOOLER_PATIENCE))) {
        tracing::warn!(session = session.id(), %error, "the spooler does not end");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_variable_else_the_homes_setting() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        assert_eq!(Policy::of(None, &config), Policy::UnlessRefused, "there is no file");
        for (text, policy) in [
            ("fast_shutdown = 2", Policy::Never),
            ("other = \"x\"\nfast_shutdown = 1\n", Policy::IfAllAgree),
            ("fast_shutdown = 0", Policy::UnlessRefused),
            ("fast_shutdown = 7", Policy::UnlessRefused),
            ("fast_shutdown = \"2\"", Policy::UnlessRefused),
            ("fast_shutdown = = 2", Policy::UnlessRefused),
        ] {
            std::fs::write(&config, text).unwrap();
            assert_eq!(Policy::of(None, &config), policy, "{text}");
        }
        std::fs::write(&config, "fast_shutdown = 2").unwrap();
        assert_eq!(Policy::of(Some("1"), &config), Policy::IfAllAgree, "the variable goes first");
        assert_eq!(Policy::of(Some("x"), &config), Policy::UnlessRefused, "even where it makes no sense");
        assert_eq!(Policy::of(Some(" "), &config), Policy::Never, "an empty one is none");
    }
}
