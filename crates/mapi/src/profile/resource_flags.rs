//! What PR_RESOURCE_FLAGS say in a profile, and which provider holds the default store and the
//! primary identity.
//!
//! A section keeps what mapisvc.inf says and what was chosen; what is shown has each of these roles
//! once. Bits of services (SERVICE_*) and providers (STATUS_*) mean different things and never mix.

use super::{ProfileData, ProviderKind, ProviderRow};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::PR_RESOURCE_FLAGS;
use mapi_defs::{Error, ErrorCode, Result};

/// Bits of a service.
mod service {
    pub(super) const DEFAULT_STORE: i32 = 0x1;
    pub(super) const PRIMARY_IDENTITY: i32 = 0x8;
    pub(super) const NO_PRIMARY_IDENTITY: i32 = 0x20;
}

/// Bits of a provider.
pub(super) mod status {
    pub(super) const DEFAULT_STORE: i32 = 0x2;
    pub(super) const PRIMARY_IDENTITY: i32 = 0x4;
    pub(super) const XP_PREFER_LAST: i32 = 0x10;
    pub(super) const NO_PRIMARY_IDENTITY: i32 = 0x20;
    pub(in crate::profile) const NO_DEFAULT_STORE: i32 = 0x40;
    pub(in crate::profile) const TEMP_SECTION: i32 = 0x80;
}

impl ProfileData {
    /// The default store: the one that was chosen, else the first that may be it (STATUS_DEFAULT_STORE).
    pub(crate) fn default_store(&self) -> Option<&ProviderRow> {
        let stores = self.providers(ProviderKind::Store);
        let chosen = stores.iter().find(|row| Some(row.uid) == self.default_store).copied();
        let may_be = |row: &&&ProviderRow| {
            // A profile of an earlier version says nothing of its stores.
            let flags = self.kept_flags(row.uid).unwrap_or(status::DEFAULT_STORE);
            flags & status::DEFAULT_STORE != 0 && flags & status::NO_DEFAULT_STORE == 0
        };
        chosen.or_else(|| stores.iter().find(may_be).copied())
    }

    /// Gives a role of stores, a bit of STATUS_*, to this store alone, or to none. Stores that offer to
    /// be the default go on to offer it as long as one is chosen.
    pub(crate) fn set_store_role(&mut self, bit: i32, store: Option<MapiUid>) {
        if bit == status::DEFAULT_STORE {
            self.default_store = store;
            if let Some(chosen) = store {
                return self.set_bit(chosen, bit, true);
            }
        }
        let stores: Vec<MapiUid> = self.providers(ProviderKind::Store).iter().map(|row| row.uid).collect();
        for uid in stores {
            self.set_bit(uid, bit, store == Some(uid));
        }
    }

    /// Makes a store the default store, or none.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: it is no store of this profile.
    /// - `MAPI_E_NO_SUPPORT`: it can never be the default (STATUS_NO_DEFAULT_STORE).
    pub(super) fn set_default_store(&mut self, store: Option<MapiUid>) -> Result<()> {
        if let Some(uid) = store
            && !self.providers(ProviderKind::Store).iter().any(|row| row.uid == uid)
        {
            let detail = format!("{uid} is no store of this profile");
            return Err(Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin::set_default_store", detail));
        }
        if store.is_some_and(|uid| self.flags_of(uid) & status::NO_DEFAULT_STORE != 0) {
            let detail = "the store can never be the default";
            return Err(Error::new(ErrorCode::NO_SUPPORT, "MsgServiceAdmin::set_default_store", detail));
        }
        self.set_store_role(status::DEFAULT_STORE, store);
        Ok(())
    }

    /// The provider that says who the user is: of the service that was chosen, else the first that
    /// offers to.
    pub(crate) fn primary_identity(&self) -> Option<MapiUid> {
        let eligible = |row: &&super::ServiceRow| {
            self.flags_of(row.uid) & service::NO_PRIMARY_IDENTITY == 0 && self.offers_identity(row).is_some()
        };
        let is_chosen = |row: &&super::ServiceRow| self.flags_of(row.uid) & service::PRIMARY_IDENTITY != 0;
        let mut services = self.services.iter().filter(eligible);
        let chosen = services.clone().find(is_chosen).or_else(|| services.next())?;
        self.offers_identity(chosen)
    }

    /// The first provider of a service that offers to say who the user is.
    fn offers_identity(&self, service: &super::ServiceRow) -> Option<MapiUid> {
        let offers = |uid: &MapiUid| {
            let flags = self.flags_of(*uid);
            flags & status::PRIMARY_IDENTITY != 0 && flags & status::NO_PRIMARY_IDENTITY == 0
        };
        service.providers.iter().map(|row| row.uid).find(offers)
    }

    /// Chooses the service that says who the user is, by its own UID or a provider's, or none.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service or provider.
    /// - `MAPI_E_NO_ACCESS`: the service cannot say it.
    pub(super) fn set_primary_identity(&mut self, chosen: Option<MapiUid>) -> Result<()> {
        const CALL: &str = "MsgServiceAdmin::set_primary_identity";
        let Some(uid) = chosen else {
            for service in self.services.clone() {
                self.set_bit(service.uid, service::PRIMARY_IDENTITY, false);
                service.providers.iter().for_each(|row| {
                    self.set_bit(row.uid, status::PRIMARY_IDENTITY, false);
                });
            }
            return Ok(());
        };
        let service = self.service_of(uid).map_or_else(|| self.service(uid), Ok)?.clone();
        let refused = |detail: &'static str| Err(Error::new(ErrorCode::NO_ACCESS, CALL, detail));
        if self.flags_of(service.uid) & service::NO_PRIMARY_IDENTITY != 0 {
            return refused("the service cannot say who the user is");
        }
        if self.offers_identity(&service).is_none() {
            let can = |row: &&ProviderRow| self.flags_of(row.uid) & status::NO_PRIMARY_IDENTITY == 0;
            let Some(first) = service.providers.iter().find(can).map(|row| row.uid) else {
                return refused("no provider of the service can say who the user is");
            };
            self.set_bit(first, status::PRIMARY_IDENTITY, true);
        }
        for row in self.services.clone() {
            self.set_bit(row.uid, service::PRIMARY_IDENTITY, row.uid == service.uid);
        }
        Ok(())
    }

    /// PR_RESOURCE_FLAGS of a provider as they are shown.
    pub(super) fn provider_flags(&self, provider: MapiUid) -> i32 {
        let is_default = self.default_store().is_some_and(|row| row.uid == provider);
        let is_primary = self.primary_identity() == Some(provider);
        let flags = self.flags_of(provider) & !(status::DEFAULT_STORE | status::PRIMARY_IDENTITY);
        flags | bit(is_default, status::DEFAULT_STORE) | bit(is_primary, status::PRIMARY_IDENTITY)
    }

    /// PR_RESOURCE_FLAGS of a service as they are shown.
    pub(super) fn service_flags(&self, service: &super::ServiceRow) -> i32 {
        let has = |uid: MapiUid| service.providers.iter().any(|row| row.uid == uid);
        let is_default = self.default_store().is_some_and(|row| has(row.uid));
        let is_primary = self.primary_identity().is_some_and(has);
        let flags = self.flags_of(service.uid) & !(service::DEFAULT_STORE | service::PRIMARY_IDENTITY);
        flags | bit(is_default, service::DEFAULT_STORE) | bit(is_primary, service::PRIMARY_IDENTITY)
    }

    /// True for a transport that is asked after the others.
    pub(super) fn is_preferred_last(&self, transport: MapiUid) -> bool {
        self.flags_of(transport) & status::XP_PREFER_LAST != 0
    }

    fn set_bit(&mut self, uid: MapiUid, bit: i32, on: bool) {
        let flags = self.kept_flags(uid);
        let wanted = if on { flags.unwrap_or(0) | bit } else { flags.unwrap_or(0) & !bit };
        if flags != Some(wanted) {
            self.sections.entry(uid).or_default().set(PR_RESOURCE_FLAGS, wanted);
        }
    }

    fn flags_of(&self, uid: MapiUid) -> i32 {
        self.kept_flags(uid).unwrap_or(0)
    }

    fn kept_flags(&self, uid: MapiUid) -> Option<i32> {
        self.sections.get(&uid).and_then(|section| section.long(PR_RESOURCE_FLAGS))
    }
}

fn bit(is_set: bool, bit: i32) -> i32 {
    if is_set { bit } else { 0 }
}
