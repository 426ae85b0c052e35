//! IProviderAdmin over the providers of one service.

use super::held::{Context, session_table};
use super::last_error::last_error;
use super::opened::{asked, interface_id};
use super::prof_admin::required_text;
use super::prof_sect::{free_section, prof_sect, uid};
use super::prop::only;
use crate::abi::{MAPIERROR, MAPIUID, SPropValue};
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{IMAPITable, IProfSect, IProviderAdmin, IProviderAdmin_Impl};
use crate::marshal::prop::props;
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{Out, OutInterface};
use mapi_defs::Result;
use mapi_defs::flags::SectionFlags;
use mapi_spi::gate::Gate;
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, implement};

/// Makes the COM object of an administration of providers; `session` is the one it was made through.
pub(super) fn provider_admin(admin: mapi::ProviderAdmin, context: &Context) -> IProviderAdmin {
    ProviderAdmin { admin, context: context.clone(), last: LastError::new() }.into()
}

#[implement(IProviderAdmin)]
struct ProviderAdmin {
    admin: mapi::ProviderAdmin,
    context: Context,
    last: LastError,
}

impl Guarded for ProviderAdmin {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
    fn check(&self) -> Result<()> {
        self.context.session().map_or(Ok(()), |session| session.profile_name().map(drop))
    }
}

impl ProviderAdmin {
    fn get(&self) -> Result<&mapi::ProviderAdmin> {
        self.check()?;
        Ok(&self.admin)
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
            out.give(session_table(self.get()?.provider_table()?, &self.context, flags)?);
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
            only(flags, MAPI_UNICODE, CALL)?;
            let uid = self.get()?.create_provider(&name, &values)?;
            made.write(MAPIUID { ab: uid.0 });
            Ok(())
        })
    }

    unsafe fn DeleteProvider(&self, provider: *mut MAPIUID) -> HRESULT {
        const CALL: &str = "IProviderAdmin::DeleteProvider";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID.
            let provider = unsafe { uid(provider, CALL) }?;
            self.get()?.delete_provider(provider)
        })
    }

    unsafe fn OpenProfileSection(
        &self,
        section: *mut MAPIUID,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IProfSect>,
    ) -> HRESULT {
        const CALL: &str = "IProviderAdmin::OpenProfileSection";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (section, iid, out) =
                unsafe { (uid(section, CALL)?, interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, SectionFlags::ALL.0, CALL)?;
            let opened = self.get()?.open_profile_section(Some(section), SectionFlags(flags))?;
            let object = prof_sect(free_section(opened, section), &self.context);
            out.give(asked(object.into(), iid, CALL)?);
            Ok(())
        })
    }
}
