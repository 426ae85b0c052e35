//! The roles of stores: which one is the default, the simple, the primary and the secondary store
//! (SetDefaultStore).
//!
//! A role is a bit of PR_RESOURCE_FLAGS. It is kept in the section of the store's provider, but for the
//! default store, which the profile itself names, and for a simple store that this session alone has.

use super::logons::StoreAnchor;
use super::{Core, Session, lock, spool, stores};
use crate::profile::ProfileData;
use mapi_defs::flags::MdbFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{PR_RESOURCE_FLAGS, PR_STORE_SUPPORT_MASK};
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use std::sync::{Arc, Mutex};

/// STATUS_* bits of PR_RESOURCE_FLAGS.
const DEFAULT: i32 = 0x2;
const SIMPLE: i32 = 0x8;
const PRIMARY: i32 = 0x1000;
const SECONDARY: i32 = 0x2000;
/// Every role.
pub(super) const ROLES: i32 = DEFAULT | SIMPLE | PRIMARY | SECONDARY;
/// STORE_MODIFY_OK, STORE_CREATE_OK and STORE_SUBMIT_OK: what a default store has to be able to.
const NEEDED: i32 = 0x8 | 0x10 | 0x80;
/// The turn of those who change roles; nobody's UID.
const TURN: MapiUid = Guid([0xDE; 16]);

const CALL: &str = "Session::set_default_store";

/// What a store can be to a session (the values of SetDefaultStore; exactly one of them).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StoreRole {
    /// MAPI_DEFAULT_STORE: mail arrives in it and is sent from it.
    Default = 1,
    /// MAPI_SIMPLE_STORE_TEMPORARY: the store of Simple MAPI, for this session.
    SimpleTemporary = 2,
    /// MAPI_SIMPLE_STORE_PERMANENT: the store of Simple MAPI.
    SimplePermanent = 3,
    /// MAPI_PRIMARY_STORE.
    Primary = 4,
    /// MAPI_SECONDARY_STORE.
    Secondary = 5,
}

impl TryFrom<u32> for StoreRole {
    type Error = Error;

    /// The role of a value; the values are no bits, and everything else is `MAPI_E_UNKNOWN_FLAGS`.
    fn try_from(value: u32) -> Result<Self> {
        match value {
            1 => Ok(Self::Default),
            2 => Ok(Self::SimpleTemporary),
            3 => Ok(Self::SimplePermanent),
            4 => Ok(Self::Primary),
            5 => Ok(Self::Secondary),
            _ => Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, format!("{value} is no store's role"))),
        }
    }
}

impl StoreRole {
    fn bit(self) -> i32 {
        match self {
            Self::Default => DEFAULT,
            Self::SimpleTemporary | Self::SimplePermanent => SIMPLE,
            Self::Primary => PRIMARY,
            Self::Secondary => SECONDARY,
        }
    }
}

/// The simple store of this session alone, where it was set: a store, or none.
#[derive(Default)]
pub(super) struct Roles {
    simple: Mutex<Option<Option<MapiUid>>>,
}

impl Roles {
    /// The roles of a store, as bits of PR_RESOURCE_FLAGS.
    pub(super) fn of(&self, data: &ProfileData, store: MapiUid) -> i32 {
        let kept = data.section(store).long(PR_RESOURCE_FLAGS).unwrap_or(0) & ROLES & !DEFAULT;
        let is_default = data.default_store().is_some_and(|row| row.uid == store);
        let roles = if is_default { kept | DEFAULT } else { kept };
        match *lock(&self.simple) {
            Some(simple) if simple == Some(store) => roles | SIMPLE,
            Some(_) => roles & !SIMPLE,
            None => roles,
        }
    }
}

impl Session {
    /// Gives a store a role in place of the one that had it, or takes it from that one
    /// (SetDefaultStore). Both tables of the session show it at once; a new default store is sent from
    /// once the message in process is done.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no store of the profile; nothing is changed.
    /// - `MAPI_E_NO_SUPPORT`: the default store has to be one that messages can be made in, changed in and
    ///   sent from; nothing is changed.
    pub fn set_default_store(&self, role: StoreRole, store: Option<&EntryId>) -> Result<()> {
        let core = self.core();
        let _pass = core.enter()?;
        let _turn = core.logons.turn(core, TURN)?;
        let row = match store {
            Some(id) => Some(stores::row_of(core, id).ok_or_else(unknown)?),
            None => None,
        };
        if let Some(row) = row.as_ref().filter(|_| role == StoreRole::Default) {
            let anchor = stores::open(core, row, MdbFlags::BEST_ACCESS)?;
            check_support(&anchor)?;
        }
        let before = core.profile.look(|data| data.default_store().map(|row| row.uid));
        keep(core, role, row.map(|row| row.uid))?;
        show(core);
        if core.profile.look(|data| data.default_store().map(|row| row.uid)) != before {
            spool::follow_default_store(core);
        }
        Ok(())
    }
}

fn check_support(anchor: &StoreAnchor) -> Result<()> {
    let _pass = anchor.logon.gate.enter()?;
    let told = anchor.logon.store.get()?.props(Some(&[PR_STORE_SUPPORT_MASK]))?;
    let mask = told.first().and_then(|prop| prop.value.as_long()).unwrap_or(0);
    if mask & NEEDED != NEEDED {
        let detail = format!("a store that can {mask:#x} cannot be the default");
        return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, detail));
    }
    Ok(())
}

fn keep(core: &Core, role: StoreRole, store: Option<MapiUid>) -> Result<()> {
    if role == StoreRole::SimpleTemporary {
        *lock(&core.roles.simple) = Some(store);
        return Ok(());
    }
    core.profile.change(|data| {
        data.set_store_role(role.bit(), store);
        Ok(())
    })?;
    if role == StoreRole::SimplePermanent {
        *lock(&core.roles.simple) = None;
    }
    Ok(())
}

/// Brings both tables up to date.
pub(super) fn show(core: &Arc<Core>) {
    stores::refresh(core);
    let roles: Vec<(MapiUid, i32)> = core.profile.look(|data| {
        let stores = data.providers(crate::profile::ProviderKind::Store);
        stores.iter().map(|row| (row.uid, core.roles.of(data, row.uid))).collect()
    });
    core.status.set_roles(&roles);
}

fn unknown() -> Error {
    Error::new(ErrorCode::NOT_FOUND, CALL, "no store of the profile has this identifier")
}
