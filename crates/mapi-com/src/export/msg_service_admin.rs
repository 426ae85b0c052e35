//! IMsgServiceAdmin2, and with it IMsgServiceAdmin, over the services of one profile.
//! One made through a session ends with it.

use super::held::{Context, session_table};
use super::last_error::last_error;
use super::opened::{asked, interface_id};
use super::own::{self, Own};
use super::prof_admin::required_text;
use super::prof_sect::{free_section, prof_sect, uid};
use super::prop::only;
use super::provider_admin::provider_admin;
use crate::abi::{MAPIERROR, MAPIUID, SPropValue};
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{
    IMAPITable, IMsgServiceAdmin, IMsgServiceAdmin_Impl, IMsgServiceAdmin2, IMsgServiceAdmin2_Impl,
    IProfSect, IProviderAdmin, IUnknown,
};
use crate::marshal::prop::props;
use crate::marshal::text::{MAPI_UNICODE, text};
use crate::marshal::{In, Out, OutInterface, array};
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::gate::Gate;
use std::ffi::c_void;
use std::sync::atomic::AtomicPtr;
use windows_core::{GUID, HRESULT, implement};

/// Makes the COM object of an administration of services; `session` is the one it was made through.
pub(super) fn msg_service_admin(admin: mapi::MsgServiceAdmin, context: &Context) -> IMsgServiceAdmin {
    let admin = own::export(ServiceAdmin { admin, context: context.clone(), last: LastError::new() });
    // The interface begins with the older one.
    (*admin).clone()
}

#[implement(IMsgServiceAdmin2)]
struct ServiceAdmin {
    admin: mapi::MsgServiceAdmin,
    context: Context,
    last: LastError,
}

impl Own for ServiceAdmin {
    type Face = IMsgServiceAdmin2;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        &VTABLE
    }
}

impl Guarded for ServiceAdmin {
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

impl ServiceAdmin {
    /// The administration, while its session lives, for a call with these flags.
    fn get(&self, flags: u32, call: &'static str) -> Result<mapi::MsgServiceAdmin> {
        only(flags, ServiceFlags::ALL.0, call)?;
        self.check()?;
        Ok(self.admin.with_flags(ServiceFlags(flags)))
    }

    /// # Safety
    /// The caller's texts.
    unsafe fn create(
        &self,
        service: *mut c_void,
        display_name: *mut c_void,
        flags: u32,
        call: &'static str,
    ) -> Result<MapiUid> {
        // SAFETY: the promise is the caller's own; the display name may be NULL.
        let (name, shown) =
            unsafe { (required_text(service, flags, call)?, text(display_name, flags, call)?) };
        self.get(flags, call)?.create_service_ex(&name, shown.as_deref())
    }
}

impl IMsgServiceAdmin_Impl for ServiceAdmin_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(&self.this, "IMsgServiceAdmin::GetLastError", result, flags, out) }
    }

    unsafe fn GetMsgServiceTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::GetMsgServiceTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let table = self.get(0, CALL)?.service_table()?;
            out.give(session_table(table, &self.context, flags)?);
            Ok(())
        })
    }

    unsafe fn CreateMsgService(
        &self,
        service: *mut c_void,
        display_name: *mut c_void,
        _ui_param: usize,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::CreateMsgService";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts.
            unsafe { self.create(service, display_name, flags, CALL) }.map(drop)
        })
    }

    unsafe fn DeleteMsgService(&self, service: *mut MAPIUID) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::DeleteMsgService";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID.
            let service = unsafe { uid(service, CALL) }?;
            self.get(0, CALL)?.delete_service(service)
        })
    }

    unsafe fn CopyMsgService(
        &self,
        service: *mut MAPIUID,
        _display_name: *mut c_void,
        _interface_to_copy: *const GUID,
        _interface_dst: *const GUID,
        target: *mut c_void,
        _ui_param: usize,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::CopyMsgService";
        slot(&self.this, CALL, || {
            let target = In::<IUnknown>::from_raw(target);
            // SAFETY: the caller's UID and object.
            let (service, target) = unsafe { (uid(service, CALL)?, target.required(CALL)?) };
            let known = own::known::<ServiceAdmin>(target).ok_or_else(|| {
                let detail = "services are copied to an administration of services";
                Error::new(ErrorCode::NO_SUPPORT, CALL, detail)
            })?;
            self.get(flags, CALL)?.copy_service(service, &known.this.get(0, CALL)?).map(drop)
        })
    }

    unsafe fn RenameMsgService(&self, service: *mut MAPIUID, flags: u32, name: *mut c_void) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::RenameMsgService";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID and text.
            let (service, name) = unsafe { (uid(service, CALL)?, required_text(name, flags, CALL)?) };
            self.get(flags, CALL)?.rename_service(service, &name)
        })
    }

    unsafe fn ConfigureMsgService(
        &self,
        service: *mut MAPIUID,
        _ui_param: usize,
        flags: u32,
        count: u32,
        values: *mut SPropValue,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::ConfigureMsgService";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID and values.
            let (service, values) = unsafe { (uid(service, CALL)?, props(values, count, CALL)?) };
            self.get(flags, CALL)?.configure_service(service, values.into_iter().collect())
        })
    }

    unsafe fn OpenProfileSection(
        &self,
        section: *mut MAPIUID,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IProfSect>,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::OpenProfileSection";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (section, iid, out) =
                unsafe { (uid(section, CALL)?, interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, SectionFlags::ALL.0, CALL)?;
            let opened = self.get(0, CALL)?.open_profile_section(section, SectionFlags(flags))?;
            let object = prof_sect(free_section(opened, section), &self.context);
            out.give(asked(object.into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn MsgServiceTransportOrder(&self, count: u32, list: *mut MAPIUID, flags: u32) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::MsgServiceTransportOrder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UIDs.
            let order: Vec<MapiUid> =
                unsafe { array(list, count, CALL) }?.iter().map(|uid| Guid(uid.ab)).collect();
            only(flags, 0, CALL)?;
            self.get(0, CALL)?.set_transport_order(&order)
        })
    }

    unsafe fn AdminProviders(
        &self,
        service: *mut MAPIUID,
        flags: u32,
        out: OutInterface<IProviderAdmin>,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::AdminProviders";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID and out parameter.
            let (service, out) = unsafe { (uid(service, CALL)?, out.required(CALL)?) };
            only(flags, MAPI_UNICODE, CALL)?;
            let admin = self.get(0, CALL)?.admin_providers(service)?;
            out.give(provider_admin(admin, &self.context));
            Ok(())
        })
    }

    unsafe fn SetPrimaryIdentity(&self, service: *mut MAPIUID, flags: u32) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::SetPrimaryIdentity";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID, or NULL for nobody.
            let service = if service.is_null() { None } else { Some(unsafe { uid(service, CALL) }?) };
            only(flags, 0, CALL)?;
            self.get(0, CALL)?.set_primary_identity(service)
        })
    }

    unsafe fn GetProviderTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin::GetProviderTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let table = self.get(0, CALL)?.provider_table()?;
            out.give(session_table(table, &self.context, flags)?);
            Ok(())
        })
    }
}

impl IMsgServiceAdmin2_Impl for ServiceAdmin_Impl {
    unsafe fn CreateMsgServiceEx(
        &self,
        service: *mut c_void,
        display_name: *mut c_void,
        _ui_param: usize,
        flags: u32,
        made: *mut MAPIUID,
    ) -> HRESULT {
        const CALL: &str = "IMsgServiceAdmin2::CreateMsgServiceEx";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter and texts.
            let (out, uid) =
                unsafe { (Out::required(made, CALL)?, self.create(service, display_name, flags, CALL)?) };
            out.write(MAPIUID { ab: uid.0 });
            Ok(())
        })
    }
}
