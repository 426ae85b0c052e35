//! IProfAdmin over the administration of profiles (MAPIAdminProfiles).

use super::held::{Context, session_table};
use super::last_error::last_error;
use super::msg_service_admin::msg_service_admin;
use super::prop::only;
use crate::abi::MAPIERROR;
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{IMAPITable, IMsgServiceAdmin, IProfAdmin, IProfAdmin_Impl};
use crate::marshal::OutInterface;
use crate::marshal::invalid;
use crate::marshal::text::{MAPI_UNICODE, text};
use mapi_defs::Result;
use mapi_defs::flags::ProfileFlags;
use mapi_spi::gate::Gate;
use std::ffi::c_void;
use windows_core::{HRESULT, implement};

/// Makes the COM object of an administration of profiles.
pub fn prof_admin(admin: mapi::ProfAdmin) -> IProfAdmin {
    ProfAdmin { admin, last: LastError::new() }.into()
}

#[implement(IProfAdmin)]
struct ProfAdmin {
    admin: mapi::ProfAdmin,
    last: LastError,
}

impl Guarded for ProfAdmin {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

/// Reads a text that must be there.
///
/// # Safety
/// As for `text`.
pub(super) unsafe fn required_text(pointer: *const c_void, flags: u32, call: &'static str) -> Result<String> {
    // SAFETY: the promise is the caller's own.
    unsafe { text(pointer, flags, call) }?.ok_or_else(|| invalid(call, "a text is NULL"))
}

impl IProfAdmin_Impl for ProfAdmin_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(&self.this, "IProfAdmin::GetLastError", result, flags, out) }
    }

    unsafe fn GetProfileTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IProfAdmin::GetProfileTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            out.give(session_table(self.admin.profile_table()?, &Context::FREE, flags)?);
            Ok(())
        })
    }

    unsafe fn CreateProfile(
        &self,
        name: *mut c_void,
        _password: *mut c_void,
        _ui_param: usize,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IProfAdmin::CreateProfile";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text.
            let name = unsafe { required_text(name, flags, CALL) }?;
            only(flags, ProfileFlags::ALL.0, CALL)?;
            self.admin.with_flags(ProfileFlags(flags)).create_profile(&name, &[])
        })
    }

    unsafe fn DeleteProfile(&self, name: *mut c_void, flags: u32) -> HRESULT {
        const CALL: &str = "IProfAdmin::DeleteProfile";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text.
            let name = unsafe { required_text(name, flags, CALL) }?;
            only(flags, ProfileFlags::ALL.0, CALL)?;
            self.admin.with_flags(ProfileFlags(flags)).delete_profile(&name)
        })
    }

    unsafe fn ChangeProfilePassword(
        &self,
        name: *mut c_void,
        old: *mut c_void,
        new: *mut c_void,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IProfAdmin::ChangeProfilePassword";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts, of which the passwords may be NULL.
            let (name, old, new) = unsafe {
                let old = text(old, flags, CALL)?.unwrap_or_default();
                let new = text(new, flags, CALL)?.unwrap_or_default();
                (required_text(name, flags, CALL)?, old, new)
            };
            only(flags, MAPI_UNICODE, CALL)?;
            self.admin.change_profile_password(&name, &old, &new)
        })
    }

    unsafe fn CopyProfile(
        &self,
        name: *mut c_void,
        _password: *mut c_void,
        new_name: *mut c_void,
        _ui_param: usize,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IProfAdmin::CopyProfile";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts.
            let (name, new) =
                unsafe { (required_text(name, flags, CALL)?, required_text(new_name, flags, CALL)?) };
            only(flags, ProfileFlags::ALL.0, CALL)?;
            self.admin.with_flags(ProfileFlags(flags)).copy_profile(&name, &new)
        })
    }

    unsafe fn RenameProfile(
        &self,
        name: *mut c_void,
        _password: *mut c_void,
        new_name: *mut c_void,
        _ui_param: usize,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IProfAdmin::RenameProfile";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts.
            let (name, new) =
                unsafe { (required_text(name, flags, CALL)?, required_text(new_name, flags, CALL)?) };
            only(flags, ProfileFlags::ALL.0, CALL)?;
            self.admin.with_flags(ProfileFlags(flags)).rename_profile(&name, &new)
        })
    }

    unsafe fn SetDefaultProfile(&self, name: *mut c_void, flags: u32) -> HRESULT {
        const CALL: &str = "IProfAdmin::SetDefaultProfile";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text, or NULL for no default.
            let name = unsafe { text(name, flags, CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            self.admin.set_default_profile(name.as_deref())
        })
    }

    unsafe fn AdminServices(
        &self,
        name: *mut c_void,
        _password: *mut c_void,
        _ui_param: usize,
        flags: u32,
        out: OutInterface<IMsgServiceAdmin>,
    ) -> HRESULT {
        const CALL: &str = "IProfAdmin::AdminServices";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text and out parameter.
            let (name, out) = unsafe { (required_text(name, flags, CALL)?, out.required(CALL)?) };
            only(flags, ProfileFlags::ALL.0, CALL)?;
            out.give(msg_service_admin(self.admin.services(&name)?, &Context::FREE));
            Ok(())
        })
    }
}
