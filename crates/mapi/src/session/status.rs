//! The status table: a row for the subsystem, the spooler, the address book and each provider
//! (GetStatusTable). The objects behind the rows are `status_object.rs`.

use super::live_table::LiveTable;
use super::{Core, Session, lock};
use crate::object::{Open, Table};
use crate::profile::ProviderKind;
use mapi_defs::flags::StatusCode;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_ENTRYID, PR_IDENTITY_DISPLAY, PR_IDENTITY_ENTRYID, PR_IDENTITY_SEARCH_KEY,
    PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_PROVIDER_DISPLAY, PR_RESOURCE_FLAGS, PR_RESOURCE_METHODS,
    PR_RESOURCE_TYPE, PR_ROWID, PR_STATUS_CODE, PR_STATUS_STRING,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Guid, Result};
use std::sync::Mutex;

/// PR_STATUS_CODE bits.
const AVAILABLE: i32 = StatusCode::AVAILABLE.0.cast_signed();
const FAILURE: i32 = StatusCode::FAILURE.0.cast_signed();
/// PR_RESOURCE_METHODS bits.
const VALIDATE_STATE: i32 = 0x1;
const FLUSH_QUEUES: i32 = 0x8;
/// PR_DISPLAY_NAME of MAPI's own rows; that of the subsystem is the profile's name.
const SPOOLER_NAME: &str = "MAPI Spooler";
const ADDRESS_BOOK_NAME: &str = "MAPI Address Book";
/// MAPI_STATUS.
const OBJECT_TYPE: i32 = 10;
/// The UID at the head of the identifiers of status rows.
const STATUS: MapiUid = Guid::from_fields(0x3B1A_6C52, 0x8C0F, 0x4E57, *b"\x9D\x21\x5E\x77\x0A\x4C\xE8\x13");
/// The columns of the table.
const COLUMNS: [PropTag; 14] = [
    PR_DISPLAY_NAME,
    PR_STATUS_CODE,
    PR_STATUS_STRING,
    PR_RESOURCE_METHODS,
    PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE,
    PR_PROVIDER_DISPLAY,
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_OBJECT_TYPE,
    PR_ROWID,
    PR_IDENTITY_DISPLAY,
    PR_IDENTITY_ENTRYID,
    PR_IDENTITY_SEARCH_KEY,
];
/// What a provider's section tells its status row.
const FROM_SECTION: [PropTag; 4] =
    [PR_RESOURCE_FLAGS, PR_IDENTITY_DISPLAY, PR_IDENTITY_ENTRYID, PR_IDENTITY_SEARCH_KEY];

/// Columns that MAPI itself answers for, whatever a provider says.
const BY_MAPI: [PropTag; 7] = [
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_OBJECT_TYPE,
    PR_PROVIDER_DISPLAY,
    PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE,
    PR_ROWID,
];

/// The rows of a session's status table.
#[derive(Default)]
pub(crate) struct StatusRows {
    rows: Mutex<Vec<StatusRow>>,
    /// The live table, once somebody has asked for it.
    table: LiveTable,
}

/// One row: what MAPI knows, and above it what the provider told.
struct StatusRow {
    key: MapiUid,
    own: PropList,
    told: PropList,
    /// True where the provider took its row away.
    is_hidden: bool,
}

impl StatusRow {
    fn new(key: MapiUid, kind: i32) -> Self {
        let mut own = PropList::new();
        own.set(PR_RESOURCE_TYPE, kind);
        own.set(PR_STATUS_CODE, AVAILABLE);
        own.set(PR_RESOURCE_METHODS, 0);
        own.set(PR_RESOURCE_FLAGS, 0);
        Self { key, own, told: PropList::new(), is_hidden: false }
    }

    fn props(&self, number: usize) -> PropList {
        let mut props = self.own.clone();
        props.merge(self.told.clone());
        props.set(PR_ENTRYID, entry_id(self.key).as_bytes().to_vec());
        props.set(PR_INSTANCE_KEY, self.key.0.to_vec());
        props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
        props.set(PR_ROWID, i32::try_from(number).unwrap_or(i32::MAX));
        props
    }
}

impl StatusRows {
    /// Makes MAPI's own rows.
    pub(super) fn begin(&self, core: &Core) {
        let profile = core.profile.look(|data| data.name.clone());
        let row = |own: Own, name: &str, code: i32, methods: i32| {
            let mut row = StatusRow::new(own.key(), own.resource_type());
            row.own.set(PR_DISPLAY_NAME, name);
            row.own.set(PR_STATUS_CODE, code);
            row.own.set(PR_RESOURCE_METHODS, methods);
            row
        };
        let rows = [
            row(Own::Subsystem, &profile, AVAILABLE, VALIDATE_STATE),
            row(Own::Spooler, SPOOLER_NAME, FAILURE, VALIDATE_STATE | FLUSH_QUEUES),
            row(Own::AddressBook, ADDRESS_BOOK_NAME, AVAILABLE, VALIDATE_STATE),
        ];
        lock(&self.rows).extend(rows);
    }

    /// Says whether the spooler works.
    pub(super) fn spooler_is(&self, running: bool) {
        let code = if running { AVAILABLE } else { FAILURE };
        if let Some(row) = lock(&self.rows).iter_mut().find(|row| row.key == Own::Spooler.key()) {
            row.own.set(PR_STATUS_CODE, code);
        }
        self.refresh();
    }

    /// Adds the row of a provider that has logged on, below what the provider said of itself.
    pub(super) fn add(&self, core: &Core, provider: MapiUid, kind: ProviderKind, name: &str) {
        let section = core.profile.look(|data| data.provider_section(provider));
        self.change(provider, kind.resource_type(), |row| {
            let known = FROM_SECTION.iter().filter_map(|tag| section.prop(*tag).cloned());
            row.own.merge(known.collect::<PropList>());
            row.own.set(PR_DISPLAY_NAME, section.text(PR_DISPLAY_NAME).unwrap_or(name));
            row.own.set(PR_PROVIDER_DISPLAY, name);
        });
    }

    /// Makes columns the provider's row; none at all take it away (ModifyStatusRow).
    pub(crate) fn modify(&self, core: &Core, provider: MapiUid, columns: PropList) {
        self.change(provider, kind_of(core, provider), |row| {
            row.is_hidden = columns.is_empty();
            row.told = from_provider(columns);
        });
    }

    /// Sets columns of a provider's row (ModifyStatusRow with STATUSROW_UPDATE).
    pub(crate) fn update(&self, core: &Core, provider: MapiUid, columns: PropList) {
        self.change(provider, kind_of(core, provider), |row| {
            row.is_hidden = false;
            row.told.merge(from_provider(columns));
        });
    }

    /// Shows the roles of stores in the rows of those that are open.
    pub(super) fn set_roles(&self, roles: &[(MapiUid, i32)]) {
        for row in lock(&self.rows).iter_mut() {
            if let Some((_, roles)) = roles.iter().find(|(store, _)| *store == row.key) {
                let others = row.own.long(PR_RESOURCE_FLAGS).unwrap_or(0) & !super::default_store::ROLES;
                row.own.set(PR_RESOURCE_FLAGS, others | roles);
            }
        }
        self.refresh();
    }

    /// Drops a provider's row.
    pub(super) fn remove(&self, provider: MapiUid) {
        lock(&self.rows).retain(|row| row.key != provider);
        self.refresh();
    }

    /// Drops all rows.
    pub(super) fn clear(&self) {
        lock(&self.rows).clear();
        self.refresh();
    }

    /// The rows with what MAPI computes.
    pub(super) fn rows(&self) -> Vec<Row> {
        let rows = lock(&self.rows);
        let shown = rows.iter().filter(|row| !row.is_hidden).enumerate();
        shown.map(|(number, row)| Row { props: row.props(number).into_iter().collect() }).collect()
    }

    /// One row by its key.
    pub(super) fn row(&self, key: MapiUid) -> Option<PropList> {
        let rows = lock(&self.rows);
        let mut shown = rows.iter().filter(|row| !row.is_hidden).enumerate();
        shown.find(|(_, row)| row.key == key).map(|(number, row)| row.props(number))
    }

    /// Changes a provider's row, which is made where there is none.
    fn change(&self, provider: MapiUid, kind: i32, change: impl FnOnce(&mut StatusRow)) {
        let mut rows = lock(&self.rows);
        let place = rows.iter().position(|row| row.key == provider).unwrap_or_else(|| {
            rows.push(StatusRow::new(provider, kind));
            rows.len() - 1
        });
        change(&mut rows[place]);
        drop(rows);
        self.refresh();
    }

    fn refresh(&self) {
        self.table.refresh(|| self.rows());
    }
}

/// MAPI's own rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Own {
    Subsystem,
    Spooler,
    AddressBook,
}

impl Own {
    pub(super) const ALL: [Self; 3] = [Self::Subsystem, Self::Spooler, Self::AddressBook];

    pub(super) fn key(self) -> MapiUid {
        Guid([self as u8 + 1; 16])
    }

    /// PR_RESOURCE_TYPE.
    fn resource_type(self) -> i32 {
        match self {
            Self::Subsystem => 39,
            Self::Spooler => 37,
            Self::AddressBook => 34,
        }
    }
}

/// The identifier of the object behind a row.
fn entry_id(key: MapiUid) -> EntryId {
    EntryId::new(STATUS, &key.0)
}

/// The key of the row that an identifier belongs to, where it is one of the status table.
pub(super) fn key_of(id: &EntryId) -> Option<MapiUid> {
    let key: [u8; 16] = id.body().try_into().ok()?;
    (id.provider() == Some(STATUS)).then_some(Guid(key))
}

/// What a provider may say of itself.
fn from_provider(columns: PropList) -> PropList {
    columns.into_iter().filter(|prop| !BY_MAPI.iter().any(|tag| tag.id() == prop.tag.id())).collect()
}

/// PR_RESOURCE_TYPE of a provider of the profile.
fn kind_of(core: &Core, provider: MapiUid) -> i32 {
    let kind = core.profile.look(|data| data.provider(provider).map(|row| row.kind));
    kind.map_or(0, ProviderKind::resource_type)
}

impl Session {
    /// The status table (GetStatusTable). It is live: it changes with the providers' states.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    #[track_caller]
    pub fn status_table(&self) -> Result<Table> {
        let core = self.core();
        let _pass = core.enter()?;
        let view = core.status.table.view(|| core.status.rows(), &COLUMNS)?;
        Ok(Table::new(Open::of_session(core, &core.gate, view, "IMAPITable", "status".into())))
    }

    /// The rows of the status table (GetStatusTable).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn status(&self) -> Result<Vec<Row>> {
        let core = self.core();
        let _pass = core.enter()?;
        Ok(core.status.rows())
    }
}
