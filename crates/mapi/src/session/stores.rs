//! The session's stores: the table of them, and how one is opened (GetMsgStoresTable, OpenMsgStore).

use super::logons::{Logons, Provider, StoreAnchor, StoreLogon};
use super::store_use::StoreUse;
use super::wrapped;
use super::{Core, Session, lock};
use crate::object::{MsgStore, Open, Table};
use crate::profile::{ProviderKind, ProviderRow};
use crate::provider::support::LogonSupport;
use mapi_defs::flags::{MdbFlags, OpenFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_INSTANCE_KEY, PR_MDB_PROVIDER, PR_OBJECT_TYPE,
    PR_PROVIDER_DISPLAY, PR_RECORD_KEY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::msg_store::MsgStore as ProvidedStore;
use mapi_spi::provider::store::{MsProvider, StoreLogon as How};
use std::sync::Arc;

/// MAPI_STORE.
const OBJECT_TYPE: i32 = 1;
/// The columns of the table.
const COLUMNS: [PropTag; 10] = [
    PR_DEFAULT_STORE,
    PR_DISPLAY_NAME,
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_MDB_PROVIDER,
    PR_OBJECT_TYPE,
    PR_PROVIDER_DISPLAY,
    PR_RECORD_KEY,
    PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE,
];
/// What the stores table shows of a store's own properties.
const KEPT: [PropTag; 4] = [PR_ENTRYID, PR_RECORD_KEY, PR_MDB_PROVIDER, PR_DISPLAY_NAME];

impl Session {
    /// The table of the profile's stores (GetMsgStoresTable). It is live: it changes with what stores
    /// say of themselves when they are opened.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    #[track_caller]
    pub fn msg_stores_table(&self) -> Result<Table> {
        let core = self.core();
        let _pass = core.enter()?;
        let view = core.stores_table.view(|| rows(core), &COLUMNS)?;
        Ok(Table::new(Open::of_session(core, &core.gate, view, "IMAPITable", "message stores".into())))
    }

    /// The stores of the profile, a row for each, in profile order (GetMsgStoresTable).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn stores(&self) -> Result<Vec<Row>> {
        let core = self.core();
        let _pass = core.enter()?;
        Ok(rows(core))
    }

    /// Opens the default store for writing, or for reading where that is all there is.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the profile has no store.
    /// - Those of [`Session::open_msg_store`].
    #[track_caller]
    pub fn open_default_store(&self) -> Result<MsgStore> {
        let core = self.core();
        let _pass = core.enter()?;
        let row = core.profile.look(|data| data.default_store().cloned());
        let row = row.ok_or_else(|| not_found("the profile has no store"))?;
        opened(core, &row, MdbFlags::BEST_ACCESS)
    }

    /// Opens a store by its identifier in the stores table (OpenMsgStore). A store that is open
    /// already is opened through the same logon. One that the profile does not know is opened by what
    /// [`wrap_store_entry_id`](super::wrap_store_entry_id) made of its provider's identifier; it stays in the
    /// profile without a service, unless TEMPORARY is set.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty identifier.
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: no store of the profile, and none that the named provider has.
    /// - `MAPI_E_NO_ACCESS`: WRITE of a store that can only be read.
    /// - `MAPI_E_LOGON_FAILED`: NO_DIALOG, and the provider lacks what only a person knows.
    /// - What the provider answers to the logon.
    #[track_caller]
    pub fn open_msg_store(&self, id: &EntryId, flags: impl Into<MdbFlags>) -> Result<MsgStore> {
        let core = self.core();
        let _pass = core.enter()?;
        let flags = flags.into();
        if flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "Session::open_msg_store", detail));
        }
        if id.is_empty() {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "Session::open_msg_store", "no identifier"));
        }
        match row_of(core, id) {
            Some(row) => opened(core, &row, flags),
            None => adopted(core, id, flags),
        }
    }
}

/// Opens a store that the profile does not know, by an identifier that a program has made, and keeps it in
/// the profile as a section without a service, unless it is temporary.
#[track_caller]
pub(super) fn adopted(core: &Arc<Core>, id: &EntryId, flags: MdbFlags) -> Result<MsgStore> {
    let unknown = || not_found("no store of the profile has this identifier");
    let (name, own) = wrapped::unwrap(id).ok_or_else(unknown)?;
    let catalogue = core.profile.look(|data| data.catalogue.clone());
    let of_library = catalogue.services().into_iter().find(|known| known.libraries.contains(&name));
    let name = of_library.map_or(name, |known| known.name);
    let known = catalogue.service(&name).map_err(|error| unknown().with_source(error))?;
    if let Some(row) = same_store(core, &name, &own)? {
        return opened(core, &row, flags);
    }
    let is_kept = !flags.contains(MdbFlags::TEMPORARY);
    let row = core.profile.adopt_store(&name, &known, &own, is_kept)?;
    let opened = opened(core, &row, flags);
    if opened.is_err() {
        core.profile.disown_store(row.uid)?;
    }
    refresh(core);
    opened
}

#[track_caller]
fn opened(core: &Arc<Core>, row: &ProviderRow, flags: MdbFlags) -> Result<MsgStore> {
    let anchor = open(core, row, flags)?;
    MsgStore::of_logon(core, anchor)
}

/// The store of this service that its provider takes for the same (CompareStoreIDs).
fn same_store(core: &Core, service: &str, own: &EntryId) -> Result<Option<ProviderRow>> {
    let rows: Vec<ProviderRow> = core.profile.look(|data| {
        let of_service = |row: &&&ProviderRow| data.service_of(row.uid).is_some_and(|of| of.name == service);
        data.providers(ProviderKind::Store).iter().filter(of_service).map(|row| (*row).clone()).collect()
    });
    for row in rows {
        if let Provider::Store(provider) = core.logons.provider(core, &row)?
            && provider.compare_store_ids(&known_id(core, &row), own)?
        {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The store of the profile that an identifier of the stores table belongs to.
pub(super) fn row_of(core: &Core, id: &EntryId) -> Option<ProviderRow> {
    core.profile.look(|data| {
        let is_it = |row: &&&ProviderRow| {
            let section = data.section(row.uid);
            section.binary(PR_ENTRYID) == Some(id.as_bytes()) || *id == wrapped::of_section(row.uid)
        };
        data.providers(ProviderKind::Store).iter().find(is_it).map(|row| (*row).clone())
    })
}

/// Opens a store of the profile through the one logon that it has for this way of access.
pub(super) fn open(core: &Arc<Core>, row: &ProviderRow, flags: MdbFlags) -> Result<Arc<StoreAnchor>> {
    let _turn = core.logons.turn(core, row.uid)?;
    let writable = flags.intersects(MdbFlags::WRITE | MdbFlags::BEST_ACCESS);
    let sends = !core.no_mail && !flags.contains(MdbFlags::NO_MAIL);
    if let Some(anchor) = shared(&core.logons, row.uid, writable) {
        if sends {
            anchor.logon.usage.send_mail(core, row);
        }
        return Ok(anchor);
    }
    let Provider::Store(provider) = core.logons.provider(core, row)? else {
        return Err(not_found("the provider is no store provider"));
    };
    let (entry_id, usage) = (known_id(core, row), Arc::new(StoreUse::begin(core, row)));
    let how = || How {
        support: Arc::new(LogonSupport::of_store(core, row.uid, usage.clone())),
        entry_id: entry_id.clone(),
        flags: for_provider(flags),
        is_spooler: false,
    };
    let logged_on = core.logons.log_on(core, row, || provider.logon(how()));
    let logged_on = logged_on.map_err(|error| without_dialog(error, flags));
    let logged_on = core.last_error.of(provider.name(), logged_on)?;
    let logon = StoreLogon::new(core, row, provider.name(), writable, logged_on, usage.clone());
    let anchor = keep(core, &provider, Arc::new(logon))?;
    if sends {
        usage.send_mail(core, row);
    }
    // Where this fails, dropping the anchor ends the logon.
    if !flags.contains(MdbFlags::TEMPORARY) {
        remember(core, row, &*anchor.logon.store.get()?)?;
    }
    Ok(anchor)
}

/// What of OpenMsgStore's flags is a provider's business. It never asks anybody.
fn for_provider(flags: MdbFlags) -> OpenFlags {
    let pairs = [
        (MdbFlags::WRITE, OpenFlags::MODIFY),
        (MdbFlags::DEFERRED_ERRORS, OpenFlags::DEFERRED_ERRORS),
        (MdbFlags::BEST_ACCESS, OpenFlags::BEST_ACCESS),
        (MdbFlags::NO_MAIL, OpenFlags::NO_MAIL),
        (MdbFlags::ONLINE, OpenFlags::NO_CACHE),
    ];
    let chosen = pairs.into_iter().filter(|(asked, _)| flags.contains(*asked));
    chosen.fold(OpenFlags::NONE, |all, (_, one)| all | one)
}

/// MDB_NO_DIALOG: what only a person could tell is a failed logon.
fn without_dialog(error: Error, flags: MdbFlags) -> Error {
    if error.code() != ErrorCode::UNCONFIGURED || !flags.contains(MdbFlags::NO_DIALOG) {
        return error;
    }
    Error::new(ErrorCode::LOGON_FAILED, "Session::open_msg_store", "the store is not configured")
        .with_source(error)
}

fn shared(logons: &Logons, uid: MapiUid, writable: bool) -> Option<Arc<StoreAnchor>> {
    let table = logons.table();
    let mut same = table.stores.iter().filter(|known| known.row.uid == uid && known.writable == writable);
    same.find_map(|known| lock(&known.anchor).upgrade())
}

fn keep(
    core: &Arc<Core>,
    provider: &Arc<dyn MsProvider>,
    logon: Arc<StoreLogon>,
) -> Result<Arc<StoreAnchor>> {
    let anchor = StoreAnchor::new(core, logon.clone());
    *lock(&logon.anchor) = Arc::downgrade(&anchor);
    // Where the session has ended meanwhile, dropping the anchor ends the logon.
    core.logons.add(core, Some(&logon.gate), |table| table.stores.push(logon.clone()))?;
    core.status.add(core, logon.row.uid, ProviderKind::Store, provider.name());
    let roles = core.profile.look(|data| core.roles.of(data, logon.row.uid));
    core.status.set_roles(&[(logon.row.uid, roles)]);
    Ok(anchor)
}

/// Keeps in the profile what the stores table shows of a store.
fn remember(core: &Core, row: &ProviderRow, store: &dyn ProvidedStore) -> Result<()> {
    let told = store.props(Some(&KEPT))?;
    let told: PropList = told.into_iter().filter(|prop| !matches!(prop.value, PropValue::Error(_))).collect();
    let known = core.profile.look(|data| data.provider_section(row.uid));
    if told.iter().any(|prop| known.value(prop.tag) != Some(&prop.value)) {
        core.profile.edit_section(row.uid, |data| {
            data.sections.entry(row.uid).or_default().merge(told.clone());
        })?;
        refresh(core);
    }
    Ok(())
}

/// Brings the stores table up to date.
pub(super) fn refresh(core: &Core) {
    core.stores_table.refresh(|| rows(core));
}

/// What a provider is told of its store's identifier: what it said before, or nothing.
pub(super) fn known_id(core: &Core, row: &ProviderRow) -> EntryId {
    let section = core.profile.look(|data| data.section(row.uid));
    section.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default()
}

fn rows(core: &Core) -> Vec<Row> {
    core.profile.look(|data| {
        let default = data.default_store().map(|row| row.uid);
        let row = |row: &&ProviderRow| {
            let service = data.service_of(row.uid).map_or("", |service| service.display_name.as_str());
            let section = data.provider_section(row.uid);
            let is_default = default == Some(row.uid);
            let mut props = PropList::new();
            props.set(PR_DEFAULT_STORE, is_default);
            props.set(PR_DISPLAY_NAME, section.text(PR_DISPLAY_NAME).unwrap_or(service));
            props.set(PR_ENTRYID, wrapped::of_section(row.uid).as_bytes().to_vec());
            props.set(PR_INSTANCE_KEY, row.uid.0.to_vec());
            props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
            props.set(PR_PROVIDER_DISPLAY, service);
            props.set(PR_RESOURCE_FLAGS, core.roles.of(data, row.uid));
            props.set(PR_RESOURCE_TYPE, ProviderKind::Store.resource_type());
            let kept = KEPT.iter().filter_map(|tag| data.section(row.uid).prop(*tag).cloned());
            kept.for_each(|prop: Prop| drop(props.set(prop.tag, prop.value)));
            Row { props: props.into_iter().collect() }
        };
        let stores = data.providers(ProviderKind::Store);
        stores.iter().filter(|row| !data.is_temporary(row.uid)).map(row).collect()
    })
}

fn not_found(detail: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "Session::open_msg_store", detail)
}
