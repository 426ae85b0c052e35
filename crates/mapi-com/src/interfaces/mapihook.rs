//! The spooler hook, in vtable order (MAPIHOOK.H).
//! What it means is in `mapi_spi::hook`.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IMAPIFolder, IMessage, IMsgStore};
use crate::marshal::In;
use windows_core::{HRESULT, IUnknown, interface};

/// `ISpoolerHook` : `IUnknown`.
#[interface("00020320-0000-0000-c000-000000000046")]
pub unsafe trait ISpoolerHook: IUnknown {
    pub fn InboundMsgHook(
        &self,
        message: In<IMessage>,
        folder: In<IMAPIFolder>,
        mdb: In<IMsgStore>,
        flags: *mut u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut u8,
    ) -> HRESULT;
    pub fn OutboundMsgHook(
        &self,
        message: In<IMessage>,
        folder: In<IMAPIFolder>,
        mdb: In<IMsgStore>,
        flags: *mut u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut u8,
    ) -> HRESULT;
}
