//! What faces ask of a profile beside what IMsgServiceAdmin does: its order, its own sections, and
//! whether a service would do as it is.
//!
//! What changes services is `services.rs`.

use super::draft::Draft;
use super::service_data::no_service;
use super::{MsgServiceAdmin, ProviderKind, entry};
use mapi_defs::Result;
use mapi_defs::flags::ServiceFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_spi::provider::service::ServiceContext;
use std::sync::Arc;

impl MsgServiceAdmin {
    /// The provider UIDs of the transports, in the order in which they are offered recipients.
    pub fn transport_order(&self) -> Vec<MapiUid> {
        self.profile
            .look(|data| data.providers(ProviderKind::Transport).into_iter().map(|row| row.uid).collect())
    }

    /// The provider UID of the default store.
    pub fn default_store(&self) -> Option<MapiUid> {
        self.profile.look(|data| data.default_store().map(|row| row.uid))
    }

    /// The properties of a section itself, nothing laid under it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is no such section.
    pub fn own_section(&self, uid: MapiUid) -> Result<PropList> {
        self.profile.look(|data| data.sections.get(&uid).cloned()).ok_or_else(|| no_service(uid))
    }

    /// Asks a service whether it is configured, as a logon would where a provider is not; whatever it
    /// changes in the profile meanwhile is forgotten.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service, or its library is missing.
    /// - `MAPI_E_NOT_INITIALIZED`: it has no entry, and nothing to configure.
    /// - `MAPI_E_UNCONFIGURED` and whatever else the service answers.
    pub fn check_service(&self, uid: MapiUid) -> Result<()> {
        let draft = Arc::new(Draft::of(self.profile.snapshot()));
        let answer = entry::call(&draft, uid, ServiceContext::Configure, ServiceFlags::UI_READ_ONLY, &[]);
        draft.end()?;
        answer
    }
}
