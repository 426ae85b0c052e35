//! `Logons`: the provider logons of a session. One logon is one gate with the objects behind it.
//!
//! A store's logon is shared by all who open the store, and ends with the last object opened through
//! it or with the session, whichever comes first, once. Opening is `stores.rs`, the end of the session
//! `logoff.rs`.

use super::account::ProviderEnd;
use super::store_use::StoreUse;
use super::{Core, lock, unpanicked};
use crate::profile::{ProviderKind, ProviderRow};
use crate::provider::ProviderFactory;
use mapi_defs::flags::ServiceFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::provider::store::{MsLogon, MsProvider};
use mapi_spi::provider::transport::{XpLogon, XpProvider};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Instant;

/// The provider logons of a session.
#[derive(Default)]
pub(crate) struct Logons {
    table: Mutex<Table>,
    freed: Condvar,
}

#[derive(Default)]
pub(super) struct Table {
    pub(super) stores: Vec<Arc<StoreLogon>>,
    pub(super) address_books: Vec<Arc<AddressBookLogon>>,
    pub(super) transports: Vec<Arc<TransportLogon>>,
    pub(super) providers: Vec<ProviderObject>,
    /// UIDs that providers of the profile registered beside those of their logons, in order.
    registered: Vec<(MapiUid, MapiUid)>,
    /// What was said by services that failed; they are not called again in this session.
    failed: HashMap<MapiUid, (ErrorCode, String)>,
    /// Providers that somebody is logging on to.
    opening: HashSet<MapiUid>,
    /// How logons took their leave before the end of the session.
    pub(super) ended: Vec<ProviderEnd>,
    /// Set once the end has come so far that no logon may be added.
    sealed: bool,
}

impl Table {
    /// True where a logon of a provider of the profile opens the entry identifiers of a UID.
    pub(super) fn opens(&self, provider: MapiUid, uids: &[MapiUid], uid: MapiUid) -> bool {
        uids.contains(&uid) || self.registered.contains(&(provider, uid))
    }

    fn known(&self, service: &str, index: usize) -> Option<Provider> {
        let is_same = |known: &&ProviderObject| known.service == service && known.index == index;
        self.providers.iter().find(is_same).map(|known| known.provider.clone())
    }
}

/// One logon to a store.
pub(crate) struct StoreLogon {
    pub(crate) row: ProviderRow,
    pub(crate) name: String,
    pub(crate) writable: bool,
    pub(crate) uids: Vec<MapiUid>,
    pub(crate) gate: Arc<Gate>,
    pub(super) logon: ProviderRef<dyn MsLogon>,
    pub(crate) store: ProviderRef<dyn MsgStore>,
    pub(crate) usage: Arc<StoreUse>,
    pub(super) anchor: Mutex<Weak<StoreAnchor>>,
    ended: AtomicBool,
}

/// One logon of an address book.
pub(crate) struct AddressBookLogon {
    pub(crate) row: ProviderRow,
    pub(crate) name: String,
    pub(crate) uids: Vec<MapiUid>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) logon: ProviderRef<dyn AbLogon>,
}

/// One logon of a transport.
pub(crate) struct TransportLogon {
    pub(crate) provider: MapiUid,
    pub(crate) name: String,
    pub(crate) logon: Arc<dyn XpLogon>,
}

/// MAPI's reference to an object of a provider, released with the logon whatever a client still holds: a
/// provider has let go of its logons before it is shut down.
pub(crate) struct ProviderRef<T: ?Sized>(Mutex<Option<Arc<T>>>);

impl<T: ?Sized> ProviderRef<T> {
    pub(super) fn new(object: Arc<T>) -> Self {
        Self(Mutex::new(Some(object)))
    }

    /// The object, for the length of one call.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: its logon has ended.
    pub(crate) fn get(&self) -> Result<Arc<T>> {
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, "Session", "the provider's logon has ended");
        lock(&self.0).clone().ok_or_else(ended)
    }

    /// Lets the object go.
    pub(super) fn release(&self) {
        let object = lock(&self.0).take();
        drop(object);
    }
}

/// A provider of this session, whatever the number of its logons.
#[derive(Clone)]
pub(super) struct ProviderObject {
    service: String,
    index: usize,
    pub(super) provider: Provider,
}

/// A provider of any kind.
#[derive(Clone)]
pub(super) enum Provider {
    Store(Arc<dyn MsProvider>),
    Transport(Arc<dyn XpProvider>),
    AddressBook(Arc<dyn AbProvider>),
}

impl Provider {
    pub(super) fn kind(&self) -> ProviderKind {
        match self {
            Self::Store(_) => ProviderKind::Store,
            Self::Transport(_) => ProviderKind::Transport,
            Self::AddressBook(_) => ProviderKind::AddressBook,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Store(provider) => provider.name(),
            Self::Transport(provider) => provider.name(),
            Self::AddressBook(provider) => provider.name(),
        }
    }

    /// False where the provider says that its shutdown does nothing.
    pub(super) fn has_shutdown(&self) -> bool {
        match self {
            Self::Store(provider) => provider.has_shutdown(),
            Self::Transport(_) | Self::AddressBook(_) => true,
        }
    }

    /// What it does at a fast shutdown, where it takes part.
    pub(super) fn shutdown_face(&self) -> Option<&dyn ProviderShutdown> {
        match self {
            Self::Store(provider) => provider.provider_shutdown(),
            Self::Transport(provider) => provider.provider_shutdown(),
            Self::AddressBook(provider) => provider.provider_shutdown(),
        }
    }

    pub(super) fn shutdown(&self) -> Result<()> {
        match self {
            Self::Store(provider) => provider.shutdown(),
            Self::Transport(provider) => provider.shutdown(),
            Self::AddressBook(provider) => provider.shutdown(),
        }
    }
}

impl StoreLogon {
    pub(super) fn new(
        core: &Core,
        row: &ProviderRow,
        name: &str,
        writable: bool,
        logged_on: (Arc<dyn MsLogon>, Arc<dyn MsgStore>),
        usage: Arc<StoreUse>,
    ) -> Self {
        Self {
            row: row.clone(),
            name: name.to_owned(),
            writable,
            uids: logged_on.0.uids(),
            gate: Arc::new(Gate::new(core.number)),
            logon: ProviderRef::new(logged_on.0),
            store: ProviderRef::new(logged_on.1),
            usage,
            anchor: Mutex::default(),
            ended: AtomicBool::new(false),
        }
    }

    /// True for the one caller that ends the logon.
    pub(super) fn end_once(&self) -> bool {
        self.usage.end();
        !self.ended.swap(true, Ordering::AcqRel)
    }

    /// Lets the provider's objects go.
    pub(super) fn release(&self) {
        self.store.release();
        self.logon.release();
    }
}

/// Held by the store and every object opened through it; the last one lets go of the store, and then
/// ends its logon.
pub(crate) struct StoreAnchor {
    core: Weak<Core>,
    pub(crate) logon: Arc<StoreLogon>,
}

impl StoreAnchor {
    pub(super) fn new(core: &Arc<Core>, logon: Arc<StoreLogon>) -> Arc<Self> {
        Arc::new(Self { core: Arc::downgrade(core), logon })
    }

    pub(crate) fn core(&self) -> Option<Arc<Core>> {
        self.core.upgrade()
    }
}

/// The Release path of a store (lifecycle: closing a store). In its own Release it takes leave of the
/// spooler; then its identifiers and its row go, then its logon ends.
impl Drop for StoreAnchor {
    fn drop(&mut self) {
        let Some(core) = self.core.upgrade() else { return };
        let released = unpanicked(|| {
            self.logon.store.release();
            Ok(())
        });
        if let Err(error) = released {
            tracing::warn!(session = core.id, name = self.logon.name, %error, "a store failed to be let go");
        }
        self.logon.gate.close();
        if !self.logon.end_once() {
            return;
        }
        let is_last = {
            let mut table = core.logons.table();
            table.stores.retain(|known| !Arc::ptr_eq(known, &self.logon));
            let is_last = !table.stores.iter().any(|known| known.row.uid == self.logon.row.uid);
            if is_last {
                table.registered.retain(|(provider, _)| *provider != self.logon.row.uid);
            }
            is_last
        };
        if is_last {
            core.status.remove(self.logon.row.uid);
        }
        core.advises.forget_behind(&self.logon.gate);
        let began = Instant::now();
        let result = unpanicked(|| self.logon.logon.get()?.logoff());
        self.logon.release();
        let end = ProviderEnd {
            kind: ProviderKind::Store.word(),
            name: self.logon.name.clone(),
            result: result.map_err(|error| error.code()),
            took: began.elapsed(),
        };
        core.logons.table().ended.push(end);
    }
}

/// The turn to log on to one provider, so that two who open the same store share one logon.
pub(super) struct Turn<'logons> {
    logons: &'logons Logons,
    uid: MapiUid,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.logons.table().opening.remove(&self.uid);
        self.logons.freed.notify_all();
    }
}

impl Logons {
    pub(super) fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// The place of a transport in transport order, among those that are logged on.
    pub(crate) fn transport_place(&self, provider: MapiUid) -> Option<usize> {
        self.table().transports.iter().position(|known| known.provider == provider)
    }

    /// Waits for the turn to log on to a provider; the end of the session ends the wait.
    pub(super) fn turn(&self, core: &Core, uid: MapiUid) -> Result<Turn<'_>> {
        let deadline = Instant::now() + core.patience;
        let mut table = self.table();
        while !table.opening.insert(uid) {
            if core.gate.is_closed() {
                let detail = "the session was logged off while this waited for another logon";
                return Err(Error::new(ErrorCode::END_OF_SESSION, "Session", detail));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let detail = "another logon to the provider does not return";
                return Err(Error::new(ErrorCode::TIMEOUT, "Session", detail));
            }
            table = self.freed.wait_timeout(table, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(Turn { logons: self, uid })
    }

    /// Lets everybody who waits for a turn look again, once the session's gate is closed.
    pub(super) fn wake(&self) {
        drop(self.table());
        self.freed.notify_all();
    }

    /// Adds a logon to the table. Where the session is ending its gate is closed at once; where the
    /// end has gone past logons, it is refused.
    pub(super) fn add(&self, core: &Core, gate: Option<&Gate>, add: impl FnOnce(&mut Table)) -> Result<()> {
        let mut table = self.table();
        if table.sealed {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, "Session", "the session has ended"));
        }
        if let Some(gate) = gate.filter(|_| core.gate.is_closed()) {
            gate.close();
        }
        add(&mut table);
        Ok(())
    }

    /// Registers a UID for the logons of a provider of the profile (SetProviderUID).
    pub(crate) fn register(&self, provider: MapiUid, uid: MapiUid) {
        self.table().registered.push((provider, uid));
    }

    /// The session's providers, in the order in which they were made.
    pub(super) fn providers(&self) -> Vec<Provider> {
        self.table().providers.iter().map(|known| known.provider.clone()).collect()
    }

    /// What keeps the logons of stores that clients have open.
    pub(super) fn anchors(&self) -> Vec<Arc<StoreAnchor>> {
        self.table().stores.iter().filter_map(|known| lock(&known.anchor).upgrade()).collect()
    }

    /// Every gate of the session but its own.
    pub(super) fn gates(&self) -> Vec<Arc<Gate>> {
        let table = self.table();
        let stores = table.stores.iter().map(|logon| logon.gate.clone());
        stores.chain(table.address_books.iter().map(|logon| logon.gate.clone())).collect()
    }

    /// True once no logon may be added any more.
    pub(super) fn is_sealed(&self) -> bool {
        self.table().sealed
    }

    /// Takes all logons and providers out, and no more in.
    pub(super) fn seal(&self) -> Table {
        let mut table = self.table();
        std::mem::replace(&mut *table, Table { sealed: true, ..Table::default() })
    }

    /// This session's provider object behind a provider of the profile.
    pub(super) fn provider(&self, core: &Core, row: &ProviderRow) -> Result<Provider> {
        let service = core.profile.look(|data| data.service_of(row.uid).map(|service| service.name.clone()));
        let service = service
            .ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, "Session", "the profile has no such provider"))?;
        if let Some(known) = self.table().known(&service, row.index) {
            return Ok(known);
        }
        let registration = core.profile.look(|data| data.catalogue.clone()).service(&service)?;
        let known = registration.providers.get(row.index).ok_or_else(|| {
            let detail = format!("service \"{service}\" has no provider {}", row.index);
            Error::new(ErrorCode::NOT_FOUND, "Session", detail)
        })?;
        let provider = match &known.factory {
            ProviderFactory::Store(make) => Provider::Store(make()),
            ProviderFactory::Transport(make) => Provider::Transport(make()),
            ProviderFactory::AddressBook(make) => Provider::AddressBook(make()),
        };
        // Where two threads made one at the same time, the first in the table is the session's.
        let mut answer = provider.clone();
        self.add(core, None, |table| match table.known(&service, row.index) {
            Some(known) => answer = known,
            None => table.providers.push(ProviderObject { service, index: row.index, provider }),
        })?;
        Ok(answer)
    }

    /// Calls a provider's logon by the rules for its failures: what is not configured is configured
    /// and tried once more, and a service that fails is not called again in this session.
    pub(super) fn log_on<T>(
        &self,
        core: &Core,
        row: &ProviderRow,
        call: impl Fn() -> Result<T>,
    ) -> Result<T> {
        let service = core.profile.look(|data| data.service_of(row.uid).cloned());
        let service = service
            .ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, "Session", "the profile has no such provider"))?;
        if let Some((code, detail)) = self.table().failed.get(&service.uid) {
            let detail = format!("service \"{}\" has failed before: {detail}", service.name);
            return Err(Error::new(*code, "Session", detail));
        }
        let mut result = unpanicked(&call);
        if matches!(&result, Err(error) if error.code() == ErrorCode::UNCONFIGURED) {
            result = core
                .profile
                .configure_for_logon(service.uid, may_show(core))
                .and_then(|()| unpanicked(&call));
        }
        if let Err(error) = &result {
            tracing::warn!(session = core.id, service = service.name, %error, "a provider refused the logon");
            // How it was asked for, or the moment, was wrong with these; anything else is the service.
            let spares = matches!(
                error.code(),
                ErrorCode::FAILONEPROVIDER | ErrorCode::USER_CANCEL | ErrorCode::NO_ACCESS
            );
            if !spares && !error.is_transient() {
                let said = (error.code(), error.detail().to_owned());
                self.table().failed.insert(service.uid, said);
            }
        }
        result
    }
}

/// What a service may show that is configured for a logon.
fn may_show(core: &Core) -> ServiceFlags {
    if core.dialogs.is_some() { ServiceFlags::UI_ALLOWED } else { ServiceFlags::NONE }
}
