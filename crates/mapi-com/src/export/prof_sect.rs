//! IProfSect over a section of a profile, of a session or of an administration.

use super::held::{Class, Context, Held};
use crate::abi::MAPIUID;
use crate::interfaces::{IProfSect, IProfSect_Impl};
use crate::marshal::array;
use mapi::object::{AnyObject, SessionSection};
use mapi_defs::guid::MapiUid;
use mapi_defs::{Guid, Result};
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObjects};
use mapi_spi::prop::MapiProp;
use std::sync::Arc;
use windows_core::implement;

/// Makes the COM object of a section.
pub(super) fn prof_sect(section: SessionSection, context: &Context) -> IProfSect {
    ProfSect(Held::new(section, context)).into()
}

/// A section of an administration, which no session ends.
pub(super) fn free_section(section: impl MapiProp + 'static, uid: MapiUid) -> AnyObject {
    let section: Arc<dyn MapiProp> = Arc::new(section);
    let book = Arc::new(OpenObjects::default());
    AnyObject::new(Handle::new(section, Arc::new(Gate::new(0)), &book, "IProfSect", uid.to_string()))
}

/// A section that others have too, behind their gate.
pub(super) fn shared_section(section: Arc<dyn MapiProp>, gate: &Arc<Gate>) -> AnyObject {
    let book = Arc::new(OpenObjects::default());
    AnyObject::new(Handle::new(section, gate.clone(), &book, "IProfSect", String::new()))
}

/// Reads a UID.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: NULL.
///
/// # Safety
/// NULL, or a UID.
pub(super) unsafe fn uid(uid: *const MAPIUID, call: &'static str) -> Result<MapiUid> {
    // SAFETY: the promise is the caller's own.
    Ok(Guid(unsafe { array(uid, 1, call) }?[0].ab))
}

#[implement(IProfSect)]
struct ProfSect(Held<SessionSection>);

impl Class for ProfSect {
    type Object = SessionSection;

    fn held(&self) -> &Held<SessionSection> {
        &self.0
    }
}

impl IProfSect_Impl for ProfSect_Impl {}
