//! `Spool`: what of the spooler a mail session holds: the running spooler, and its own store logon.
//!
//! Which message goes when is the spooler's (`mapi-spooler`); it never sees a session.

use super::deadline::{Deadline, unpanicked};
use super::logons::{Logons, Provider, TransportLogon};
use super::unavailable::Unavailable;
use super::{Core, Session, StoreUse, lock, stores};
use crate::profile::{ProviderKind, ProviderRow};
use crate::provider::registry;
use crate::provider::support::LogonSupport;
use mapi_defs::flags::{OpenFlags, StoreLogoffFlags, TransportLogonIn};
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::hook::SpoolerHook;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::store::{MsLogon, StoreLogon};
use mapi_spi::provider::transport::TransportLogonFlags;
use mapi_spi::spooler::section::{FILE, IN_DOUBT};
use mapi_spi::spooler::{QueueState, RunningSpooler, Spooler, SpoolerTransport, SpoolerWork, lease_of};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// The spooler's side of a session.
#[derive(Default)]
pub(crate) struct Spool {
    running: Mutex<Option<Arc<dyn RunningSpooler>>>,
    /// The same, for transports, until it has stopped: a message may be in process until then.
    recorder: Mutex<Option<Weak<dyn RunningSpooler>>>,
    store: Mutex<Option<SpoolerStore>>,
    /// The same to the stores that accounts bring along, by the transport whose mail arrives there.
    own_stores: Mutex<Vec<(MapiUid, SpoolerStore)>>,
    /// The same to stores in whose folders sent messages were put.
    others: Mutex<Vec<SpoolerStore>>,
    /// What another spooler would be made of, where the default store changes.
    parts: Mutex<Option<Parts>>,
}

#[derive(Clone)]
struct Parts {
    spooler: Arc<dyn Spooler>,
    transports: Vec<SpoolerTransport>,
}

/// The spooler's own logon to the default store (SpoolerLogon).
#[derive(Clone)]
pub(super) struct SpoolerStore {
    provider: MapiUid,
    pub(super) name: String,
    pub(super) logon: Arc<dyn MsLogon>,
    pub(super) store: Arc<dyn MsgStore>,
}

impl Spool {
    /// The spooler, where one is running.
    pub(crate) fn running(&self) -> Option<Arc<dyn RunningSpooler>> {
        lock(&self.running).clone()
    }

    /// The spooler that a message in process belongs to.
    pub(crate) fn recorder(&self) -> Option<Arc<dyn RunningSpooler>> {
        lock(&self.recorder).as_ref().and_then(Weak::upgrade)
    }

    /// The spooler, where it works on the store of this provider of the profile.
    pub(crate) fn running_for(&self, provider: MapiUid) -> Option<Arc<dyn RunningSpooler>> {
        let is_its = lock(&self.store).as_ref().is_some_and(|own| own.provider == provider);
        self.running().filter(|_| is_its)
    }

    /// The store into which transports deliver.
    pub(crate) fn store(&self) -> Option<Arc<dyn MsgStore>> {
        lock(&self.store).as_ref().map(|logon| logon.store.clone())
    }

    /// The store in which the mail of this transport arrives.
    pub(crate) fn store_of(&self, transport: MapiUid) -> Option<Arc<dyn MsgStore>> {
        let own = lock(&self.own_stores);
        let own = own.iter().find(|(of, _)| *of == transport).map(|(_, own)| own.store.clone());
        own.or_else(|| self.store())
    }

    /// Takes the spooler out, to stop it.
    pub(super) fn take_running(&self) -> Option<Arc<dyn RunningSpooler>> {
        lock(&self.running).take()
    }

    /// Lets go of what another spooler would be made of.
    pub(super) fn forget_parts(&self) {
        let parts = lock(&self.parts).take();
        drop(parts);
    }

    /// Takes the spooler's store logon out, to end it.
    pub(super) fn take_store(&self) -> Option<SpoolerStore> {
        lock(&self.store).take()
    }

    /// Takes the logons to other stores than the one it sends from out, to end them.
    pub(super) fn take_own_stores(&self) -> Vec<SpoolerStore> {
        let others = std::mem::take(&mut *lock(&self.others));
        let own = std::mem::take(&mut *lock(&self.own_stores));
        own.into_iter().map(|(_, own)| own).chain(others).collect()
    }

    /// A logon to the store of this provider, where there is one.
    fn known(&self, provider: MapiUid) -> Option<SpoolerStore> {
        let is_its = |known: &&SpoolerStore| known.provider == provider;
        let others = lock(&self.others).iter().find(is_its).cloned();
        others.or_else(|| lock(&self.own_stores).iter().map(|(_, own)| own).find(is_its).cloned())
    }
}

impl Session {
    /// Sends what waits; true where the queue is empty (FlushQueues of the spooler's status object).
    ///
    /// Returns after `patience` at the latest.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    /// - `MAPI_E_END_OF_SESSION`: the session was logged off meanwhile.
    pub fn flush_queues(&self, patience: Duration) -> Result<bool> {
        // The wait is outside the session's gate, so that a logoff can end it.
        self.spooler("Session::flush_queues")?.flush(patience)
    }

    /// Has the spooler look at once whether another program has put something into the queue, for who hears of
    /// a change by the store's notifications.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    pub fn look_at_queue(&self) -> Result<()> {
        self.spooler("Session::look_at_queue")?.look();
        Ok(())
    }

    /// The outgoing queue in figures.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    pub fn queue(&self) -> Result<QueueState> {
        Ok(self.spooler("Session::queue")?.queue())
    }

    /// The messages that wait, each with the moment of its next attempt.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    pub fn waiting(&self) -> Result<Vec<(EntryId, Option<FileTime>)>> {
        self.spooler("Session::waiting")?.waiting()
    }

    /// The queued messages that are set aside until somebody looks into them, each with the reason.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    pub fn set_aside(&self) -> Result<Vec<(EntryId, String)>> {
        self.spooler("Session::set_aside")?.set_aside()
    }

    /// Registers a hook that sees messages before they leave the queue, and before they are announced.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler, or one without hooks.
    pub fn register_hook(&self, hook: Arc<dyn SpoolerHook>) -> Result<()> {
        self.spooler("Session::register_hook")?.register_hook(hook)
    }

    pub(super) fn spooler(&self, call: &'static str) -> Result<Arc<dyn RunningSpooler>> {
        let core = self.core();
        let _pass = core.enter()?;
        core.spool
            .running()
            .ok_or_else(|| Error::new(ErrorCode::NO_SUPPORT, call, "the session has no spooler"))
    }
}

/// Logs on to the transports and starts the spooler. What fails leaves the session without it.
pub(super) fn start(core: &Arc<Core>, given: Option<Arc<dyn Spooler>>) {
    let transports = log_on_transports(core);
    if transports.is_empty() {
        return;
    }
    let Some(spooler) = given.or_else(registry::spooler) else {
        tracing::warn!(session = core.id, "no spooler is registered; mail stays in the queue");
        return;
    };
    let parts = Parts { spooler: spooler.clone(), transports: transports.clone() };
    *lock(&core.spool.parts) = Some(parts);
    run(core, &*spooler, transports);
    if core.logons.is_sealed() {
        // The session ended without waiting for this any longer.
        withdraw(core);
    }
}

fn run(core: &Arc<Core>, spooler: &dyn Spooler, transports: Vec<SpoolerTransport>) {
    match start_spooler(core, spooler, transports) {
        Ok(()) => core.status.spooler_is(true),
        Err(error) => tracing::warn!(session = core.id, %error, "the spooler cannot be started"),
    }
}

/// Lets the spooler finish the message in process, and sends from the profile's default store as it is
/// now. A spooler that does not stop in time keeps the old store's lease; then nothing is sent in this
/// session any more.
pub(super) fn follow_default_store(core: &Arc<Core>) {
    let Some(Parts { spooler, transports }) = lock(&core.spool.parts).clone() else { return };
    if withdraw(core) {
        run(core, &*spooler, transports);
    }
}

/// The way in which the spooler is to leave its store at the end of the session, while a client has that
/// open and has not taken leave.
pub(super) fn pending_way(core: &Core) -> Option<StoreLogoffFlags> {
    let provider = lock(&core.spool.store).as_ref()?.provider;
    let table = core.logons.table();
    let is_sending = |usage: &&Arc<StoreUse>| usage.sends_mail();
    let open = table.stores.iter().filter(|known| known.row.uid == provider).map(|known| &known.usage);
    open.filter(is_sending).map(|usage| usage.way()).next()
}

/// Ends the spooler's work: the message in process as the way has it, then everything.
///
/// # Errors
/// - `MAPI_E_TIMEOUT`: the spooler has not stopped.
pub(super) fn quiesce(
    spooler: &dyn RunningSpooler,
    way: Option<StoreLogoffFlags>,
    patience: Duration,
) -> Result<()> {
    if let Some(way) = way
        && let Err(error) = spooler.store_logoff(way, patience)
    {
        tracing::debug!(%error, "the spooler did not take its leave of the store");
    }
    if spooler.stop(patience) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::TIMEOUT, "Session::logoff", "the spooler has not stopped"))
}

/// Stops the spooler and ends its store logon; false where it does not stop.
fn withdraw(core: &Core) -> bool {
    let mut deadline = Deadline::new(core.patience);
    if let Some(running) = core.spool.take_running() {
        core.status.spooler_is(false);
        let patience = core.patience;
        let (stopped, _) = deadline.call(move || Ok(running.stop(patience)));
        if !matches!(stopped, Ok(true)) {
            tracing::warn!(session = core.id, "the spooler does not leave its store");
            return false;
        }
    }
    if let Some(own) = core.spool.take_store()
        && let (Err(error), _) = deadline.call(move || own.logon.logoff())
    {
        tracing::warn!(session = core.id, %error, "the spooler's store failed to log off");
    }
    true
}

/// FORCE_DOWNLOAD: waits until what the transports have to hand in is here, no longer than the session's
/// patience. A spooler that receives nothing has nothing to wait for.
pub(super) fn download(core: &Core) {
    let Some(running) = core.spool.running() else { return };
    match running.download(core.patience) {
        Ok(true) => {}
        Ok(false) => tracing::warn!(session = core.id, "mail is still being fetched"),
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => {}
        Err(error) => tracing::warn!(session = core.id, %error, "mail cannot be fetched now"),
    }
}

fn log_on_transports(core: &Arc<Core>) -> Vec<SpoolerTransport> {
    let rows: Vec<ProviderRow> =
        core.profile.look(|data| data.providers(ProviderKind::Transport).into_iter().cloned().collect());
    let (mut transports, mut unavailable) = (Vec::new(), Vec::new());
    for row in rows {
        match log_on_transport(core, &row) {
            Ok(transport) => transports.push(transport),
            Err(error) => {
                tracing::warn!(session = core.id, %error, "a transport cannot be used");
                unavailable.push(stand_in(core, &row, &error));
            }
        }
    }
    // They come last: what another transport takes does not wait for them.
    transports.append(&mut unavailable);
    transports
}

fn stand_in(core: &Core, row: &ProviderRow, error: &Error) -> SpoolerTransport {
    let name = core.profile.look(|data| data.service_of(row.uid).map(|service| service.display_name.clone()));
    let name = name.unwrap_or_default();
    let logon = Arc::new(Unavailable::new(&name, error));
    SpoolerTransport::new(&name, logon, TransportLogonFlags::default())
}

fn log_on_transport(core: &Arc<Core>, row: &ProviderRow) -> Result<SpoolerTransport> {
    let Provider::Transport(provider) = core.logons.provider(core, row)? else {
        return Err(Error::new(ErrorCode::NOT_FOUND, "Session::logon", "the provider is no transport"));
    };
    let store = own_store(core, row)?;
    let support = || Arc::new(LogonSupport::of_transport(core, row.uid));
    let (logon, flags) = core.logons.log_on(core, row, || provider.logon(support(), logon_flags(core)))?;
    let name = provider.name().to_owned();
    let kept = TransportLogon { provider: row.uid, name: name.clone(), logon: logon.clone() };
    let added = Logons::add(&core.logons, core, None, |table| table.transports.push(Arc::new(kept)));
    if let Err(error) = added {
        // The session ended meanwhile, and nobody else would end this logon.
        drop(unpanicked(|| logon.logoff()));
        return Err(error);
    }
    core.status.add(core, row.uid, ProviderKind::Transport, &name);
    Ok(SpoolerTransport { store, ..SpoolerTransport::new(&name, logon, flags) })
}

/// The stores come after the transports, which are told when to begin.
fn logon_flags(core: &Core) -> TransportLogonIn {
    let quiet = TransportLogonIn::NO_INBOUND | TransportLogonIn::NO_OUTBOUND;
    if core.dialogs.is_some() { quiet } else { quiet | TransportLogonIn::NO_DIALOG }
}

/// A service that brings a transport and a store has its mail in that store; where it is the default store
/// the spooler has a logon to it anyway.
fn own_store(core: &Arc<Core>, transport: &ProviderRow) -> Result<Option<Arc<dyn MsgStore>>> {
    let row = core.profile.look(|data| {
        let default = data.default_store().map(|row| row.uid);
        let service = data.service_of(transport.uid)?;
        let own = service.providers.iter().find(|row| row.kind == ProviderKind::Store)?;
        Some(own.clone()).filter(|own| default != Some(own.uid))
    });
    let Some(row) = row else { return Ok(None) };
    let own = log_on_store(core, &row)?;
    let store = own.store.clone();
    lock(&core.spool.own_stores).push((transport.uid, own));
    Ok(Some(store))
}

fn start_spooler(core: &Arc<Core>, spooler: &dyn Spooler, transports: Vec<SpoolerTransport>) -> Result<()> {
    let row = core.profile.look(|data| data.default_store().cloned()).ok_or_else(|| {
        Error::new(ErrorCode::NOT_FOUND, "Session::logon", "the profile has no store to send from")
    })?;
    let own = log_on_store(core, &row)?;
    *lock(&core.spool.store) = Some(own.clone());
    let clock = core.clock.clone();
    let work = SpoolerWork {
        store: own.store,
        transports,
        lease: lease(core, &row),
        hold_in_doubt: core
            .profile
            .look(|data| data.provider_section(row.uid).text(IN_DOUBT) == Some("hold")),
        now: Arc::new(move || clock.now()),
    };
    let running = spooler.start(work)?;
    *lock(&core.spool.recorder) = Some(Arc::downgrade(&running));
    *lock(&core.spool.running) = Some(running);
    Ok(())
}

/// The stores of the profile, but for the one that is sent from, whose provider may have made an identifier:
/// logged on to one after the other, as they are asked for. One that does not let the spooler in is passed by.
pub(super) fn stores_that_may_have(
    core: &Arc<Core>,
    id: &EntryId,
) -> impl Iterator<Item = Arc<dyn MsgStore>> + use<> {
    let (core, uid) = (core.clone(), id.provider());
    let sent_from = lock(&core.spool.store).as_ref().map(|own| own.provider);
    let rows: Vec<ProviderRow> =
        core.profile.look(|data| data.providers(ProviderKind::Store).into_iter().cloned().collect());
    let others = rows.into_iter().filter(move |row| Some(row.uid) != sent_from);
    others.filter_map(move |row| {
        match core.spool.known(row.uid).map_or_else(|| other_store(&core, &row), Ok) {
            Ok(own) => uid.filter(|uid| own.logon.uids().contains(uid)).map(|_| own.store),
            Err(error) => {
                tracing::warn!(session = core.id, %error, "a store cannot take sent messages");
                None
            }
        }
    })
}

fn other_store(core: &Arc<Core>, row: &ProviderRow) -> Result<SpoolerStore> {
    let other = log_on_store(core, row)?;
    lock(&core.spool.others).push(other.clone());
    Ok(other)
}

fn log_on_store(core: &Arc<Core>, row: &ProviderRow) -> Result<SpoolerStore> {
    let Provider::Store(provider) = core.logons.provider(core, row)? else {
        return Err(Error::new(ErrorCode::NOT_FOUND, "Session::logon", "the provider is no store provider"));
    };
    let how = || StoreLogon {
        support: Arc::new(LogonSupport::of_spooler_store(core, row.uid)),
        entry_id: stores::known_id(core, row),
        flags: OpenFlags::MODIFY,
        is_spooler: true,
    };
    let (logon, store) = core.logons.log_on(core, row, || provider.logon(how()))?;
    Ok(SpoolerStore { provider: row.uid, name: provider.name().to_owned(), logon, store })
}

/// The file whose lock belongs to the one spooler of a store: beside the store's file, so that all
/// processes agree on it whatever their environment.
fn lease(core: &Core, row: &ProviderRow) -> PathBuf {
    let section = core.profile.look(|data| data.provider_section(row.uid));
    match section.text(FILE).filter(|file| !file.is_empty()) {
        Some(file) => lease_of(Path::new(file)),
        None => core.run_folder.join(format!("spooler-{}.lease", crate::profile::short(row.uid))),
    }
}
