//! IProviderAdmin as the entry of a service in a library is given it: lent for one call.
//! The one that clients get from a session is `export/provider_admin.rs`.

use super::{optional_uid, provided_table, section};
use crate::abi::{MAPIERROR, MAPIUID, SPropValue};
use crate::export::last_error::last_error;
use crate::export::opened::interface_id;
use crate::export::prof_admin::required_text;
use crate::export::prof_sect::uid;
use crate::export::prop::only;
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{IMAPITable, IProfSect, IProviderAdmin, IProviderAdmin_Impl};
use crate::lent::Lent;
use crate::marshal::prop::props;
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{Out, OutInterface};
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_spi::gate::Gate;
use mapi_spi::provider::service::ProviderAdmin as Provided;
use std::ffi::c_void;
use std::sync::Arc;
use windows_core::{GUID, HRESULT, implement};

/// Makes the COM object of an administration that is lent.
pub(crate) fn provider_admin(admin: Arc<Lent<dyn Provided>>) -> IProviderAdmin {
    ProviderAdmin { admin, last: LastError::new() }.into()
}

#[implement(IProviderAdmin)]
struct ProviderAdmin {
    admin: Arc<Lent<dyn Provided>>,
    last: LastError,
}

impl Guarded for ProviderAdmin {
    fn life(&self) -> Option<&Gate> {
        Some(self.admin.gate())
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl IProviderAdmin_Impl for ProviderAdmin_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(&self.this, "IProviderAdmin::GetLastError", result, flags, out) }
    }

    unsafe fn GetProviderTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IProviderAdmin::GetProviderTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            out.give(provided_table(self.admin.provider_table()?, Some(self.admin.gate().clone()), flags)?);
            Ok(())
        })
    }

    unsafe fn CreateProvider(
        &self,
        name: *mut c_void,
        count: u32,
        values: *mut SPropValue,
        _ui_param: usize,
        flags: u32,
        made: *mut MAPIUID,
    ) -> HRESULT {
        const CALL: &str = "IProviderAdmin::CreateProvider";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text, values and out parameter.
            let (name, values, made) = unsafe {
                let name = required_text(name, flags, CALL)?;
                (name, props(values, count, CALL)?, Out::required(made, CALL)?)
            };
            let uid = self.admin.create_provider(&name, &values, ServiceFlags(flags))?;
            made.write(MAPIUID { ab: uid.0 });
            Ok(())
        })
    }

    unsafe fn DeleteProvider(&self, provider: *mut MAPIUID) -> HRESULT {
        const CALL: &str = "IProviderAdmin::DeleteProvider";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID.
            let provider = unsafe { uid(provider, CALL) }?;
            self.admin.delete_provider(provider)
        })
    }

    unsafe fn OpenProfileSection(
        &self,
        which: *mut MAPIUID,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IProfSect>,
    ) -> HRESULT {
        const CALL: &str = "IProviderAdmin::OpenProfileSection";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter; NULL is the service's own section.
            let (which, iid, out) =
                unsafe { (optional_uid(which, CALL)?, interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, SectionFlags::ALL.0, CALL)?;
            let opened = self.admin.open_profile_section(which, SectionFlags(flags))?;
            out.give(section(opened, self.admin.gate(), iid, CALL)?);
            Ok(())
        })
    }
}
