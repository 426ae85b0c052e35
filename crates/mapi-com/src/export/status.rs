//! IMAPIStatus over a status object of the safe API.

use super::held::{Class, Context, Held};
use super::opened::entry_id;
use super::prop::only;
use crate::abi::ENTRYID;
use crate::guard::slot;
use crate::interfaces::{IMAPIStatus, IMAPIStatus_Impl};
use crate::marshal::invalid;
use crate::marshal::text::{MAPI_UNICODE, text};
use mapi_defs::flags::{FlushFlags, ValidateFlags};
use std::ffi::c_void;
use windows_core::{HRESULT, implement};

/// Makes the COM object of a status object.
pub(super) fn status_object(object: mapi::StatusObject, context: &Context) -> IMAPIStatus {
    Status(Held::new(object, context)).into()
}

#[implement(IMAPIStatus)]
struct Status(Held<mapi::StatusObject>);

impl Class for Status {
    type Object = mapi::StatusObject;

    fn held(&self) -> &Held<mapi::StatusObject> {
        &self.0
    }
}

impl IMAPIStatus_Impl for Status_Impl {
    unsafe fn ValidateState(&self, _ui_param: usize, flags: u32) -> HRESULT {
        slot(&self.this, "IMAPIStatus::ValidateState", || {
            self.0.object().validate_state(ValidateFlags(flags))
        })
    }

    unsafe fn SettingsDialog(&self, _ui_param: usize, flags: u32) -> HRESULT {
        slot(&self.this, "IMAPIStatus::SettingsDialog", || self.0.object().settings_dialog(flags))
    }

    unsafe fn ChangePassword(&self, old: *mut c_void, new: *mut c_void, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPIStatus::ChangePassword";
        slot(&self.this, CALL, || {
            let null = || invalid(CALL, "a password is NULL");
            // SAFETY: the caller's texts.
            let (old, new) = unsafe {
                let old = text(old, flags, CALL)?.ok_or_else(null)?;
                (old, text(new, flags, CALL)?.ok_or_else(null)?)
            };
            only(flags, MAPI_UNICODE, CALL)?;
            self.0.object().change_password(&old, &new)
        })
    }

    unsafe fn FlushQueues(
        &self,
        _ui_param: usize,
        target_bytes: u32,
        target: *mut ENTRYID,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIStatus::FlushQueues";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            let transport = unsafe { entry_id(target_bytes, target, CALL) }?;
            match transport.is_empty() {
                true => self.0.object().flush_queues(FlushFlags(flags)),
                false => self.0.object().flush_queues_of(&transport, FlushFlags(flags)),
            }
        })
    }
}
