//! The status table: a row for the subsystem, the spooler, the address book and each provider
//! (GetStatusTable).

use super::live_table::LiveTable;
use super::{Core, Session, lock};
use crate::object::{Open, Table};
use crate::profile::ProviderKind;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_ENTRYID, PR_IDENTITY_DISPLAY, PR_IDENTITY_ENTRYID, PR_IDENTITY_SEARCH_KEY,
    PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_PROVIDER_DISPLAY, PR_RESOURCE_FLAGS, PR_RESOURCE_METHODS,
    PR_RESOURCE_TYPE, PR_ROWID, PR_STATUS_CODE,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Guid, Result};
use std::sync::Mutex;

/// PR_STATUS_CODE bits.
const AVAILABLE: i32 = 0x1;
const FAILURE: i32 = 0x4;
/// PR_RESOURCE_METHODS bits.
const VALIDATE_STATE: i32 = 0x1;
const FLUSH_QUEUES: i32 = 0x8;
/// PR_RESOURCE_TYPE of MAPI's own rows.
const SUBSYSTEM: i32 = 39;
const SPOOLER: i32 = 37;
const ADDRESS_BOOK: i32 = 34;
/// MAPI_STATUS.
const OBJECT_TYPE: i32 = 10;
/// The UID at the head of the identifiers of status rows.
const STATUS: MapiUid = Guid::from_fields(0x3B1A_6C52, 0x8C0F, 0x4E57, *b"\x9D\x21\x5E\x77\x0A\x4C\xE8\x13");
/// The columns of the table.
const COLUMNS: [PropTag; 13] = [
    PR_DISPLAY_NAME,
    PR_STATUS_CODE,
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

/// The rows of a session's status table.
#[derive(Default)]
pub(crate) struct StatusRows {
    rows: Mutex<Vec<(MapiUid, PropList)>>,
    /// The live table, once somebody has asked for it.
    table: LiveTable,
}

impl StatusRows {
    /// Makes MAPI's own rows.
    pub(super) fn begin(&self, core: &Core) {
        let profile = core.profile.look(|data| data.name.clone());
        let own = |number: u8| Guid([number; 16]);
        let row = |name: &str, kind: i32, code: i32, methods: i32| {
            let mut props = PropList::new();
            props.set(PR_DISPLAY_NAME, name);
            props.set(PR_RESOURCE_TYPE, kind);
            props.set(PR_STATUS_CODE, code);
            props.set(PR_RESOURCE_METHODS, methods);
            props
        };
        let rows = [
            (own(1), row(&profile, SUBSYSTEM, AVAILABLE, VALIDATE_STATE)),
            (own(2), row("MAPI Spooler", SPOOLER, FAILURE, VALIDATE_STATE | FLUSH_QUEUES)),
            (own(3), row("MAPI Address Book", ADDRESS_BOOK, AVAILABLE, VALIDATE_STATE)),
        ];
        lock(&self.rows).extend(rows);
    }

    /// Says whether the spooler works.
    pub(super) fn spooler_is(&self, running: bool) {
        let code = if running { AVAILABLE } else { FAILURE };
        for (_, row) in lock(&self.rows).iter_mut() {
            if row.long(PR_RESOURCE_TYPE) == Some(SPOOLER) {
                row.set(PR_STATUS_CODE, code);
            }
        }
        self.refresh();
    }

    /// Adds the row of a provider that has logged on, below what the provider said of itself.
    pub(super) fn add(&self, core: &Core, provider: MapiUid, kind: ProviderKind, name: &str) {
        let section = core.profile.look(|data| data.provider_section(provider));
        let mut row: PropList = FROM_SECTION.iter().filter_map(|tag| section.prop(*tag).cloned()).collect();
        row.set(PR_DISPLAY_NAME, section.text(PR_DISPLAY_NAME).unwrap_or(name));
        row.set(PR_PROVIDER_DISPLAY, name);
        row.set(PR_RESOURCE_TYPE, kind.resource_type());
        row.set(PR_STATUS_CODE, AVAILABLE);
        let mut rows = lock(&self.rows);
        match rows.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, said)) => {
                row.merge(std::mem::take(said));
                *said = row;
            }
            None => rows.push((provider, row)),
        }
        drop(rows);
        self.refresh();
    }

    /// Sets columns of a provider's row (ModifyStatusRow).
    pub(crate) fn modify(&self, core: &Core, provider: MapiUid, columns: PropList) {
        let kind = core.profile.look(|data| data.provider(provider).map(|row| row.kind));
        let mut rows = lock(&self.rows);
        match rows.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, row)) => row.merge(columns),
            None => {
                let mut row = columns;
                kind.map(|kind| row.set(PR_RESOURCE_TYPE, kind.resource_type()));
                rows.push((provider, row));
            }
        }
        drop(rows);
        self.refresh();
    }

    /// Shows the roles of stores in the rows of those that are open.
    pub(super) fn set_roles(&self, roles: &[(MapiUid, i32)]) {
        for (provider, row) in lock(&self.rows).iter_mut() {
            if let Some((_, roles)) = roles.iter().find(|(store, _)| store == provider) {
                let others = row.long(PR_RESOURCE_FLAGS).unwrap_or(0) & !super::default_store::ROLES;
                row.set(PR_RESOURCE_FLAGS, others | roles);
            }
        }
        self.refresh();
    }

    /// Drops a provider's row.
    pub(super) fn remove(&self, provider: MapiUid) {
        lock(&self.rows).retain(|(known, _)| *known != provider);
        self.refresh();
    }

    /// Drops all rows.
    pub(super) fn clear(&self) {
        lock(&self.rows).clear();
        self.refresh();
    }

    fn refresh(&self) {
        self.table.refresh(|| self.rows());
    }

    /// The rows with what MAPI computes.
    pub(super) fn rows(&self) -> Vec<Row> {
        let rows = lock(&self.rows);
        let row = |(number, (uid, row)): (usize, &(MapiUid, PropList))| {
            let mut props = row.clone();
            props.set(PR_ENTRYID, EntryId::new(STATUS, &uid.0).as_bytes().to_vec());
            props.set(PR_INSTANCE_KEY, uid.0.to_vec());
            props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
            props.set(PR_ROWID, i32::try_from(number).unwrap_or(i32::MAX));
            Row { props: props.into_iter().collect() }
        };
        rows.iter().enumerate().map(row).collect()
    }
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
