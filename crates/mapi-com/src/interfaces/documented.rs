//! Interfaces that the reference describes and no header of MAPI declares, in vtable order.
//! Slots without a documented signature take no arguments here; nothing calls them.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IAddrBook, IMAPIProgress, IMessage, IStream};
use crate::abi::{ENTRYID, FILETIME, MAPIERROR, SPropValue, SRowSet};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{HRESULT, IUnknown, interface};

/// `IContabAdmin` : `IUnknown`.
#[interface("cc6a3ba9-e7f5-4769-887b-34e190817bfc")]
pub unsafe trait IContabAdmin: IUnknown {
    pub fn RemoveStore(&self, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
}

/// `IAttachmentSecurity` : `IUnknown`.
#[interface("b2533636-c3f3-416f-bf04-aefe41abaae2")]
pub unsafe trait IAttachmentSecurity: IUnknown {
    pub fn IsAttachmentBlocked(&self, file_name: *const u16, blocked: *mut i32) -> HRESULT;
}

/// `IEnumFBBlock` : `IUnknown`.
#[interface("00067064-0000-0000-c000-000000000046")]
pub unsafe trait IEnumFBBlock: IUnknown {
    pub fn Next(&self, celt: i32, pblk: *mut c_void, pcfetch: *mut i32) -> HRESULT;
    pub fn Skip(&self, celt: i32) -> HRESULT;
    pub fn Reset(&self) -> HRESULT;
    pub fn Clone(&self, ppclone: OutInterface<IEnumFBBlock>) -> HRESULT;
    pub fn Restrict(&self, start: FILETIME, end: FILETIME) -> HRESULT;
}

/// `IFreeBusyData` : `IUnknown`.
#[interface("00067066-0000-0000-c000-000000000046")]
pub unsafe trait IFreeBusyData: IUnknown {
    pub fn Placeholder1(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn EnumBlocks(&self, ppenumfb: OutInterface<IEnumFBBlock>, start: FILETIME, end: FILETIME)
    -> HRESULT;
    pub fn Placeholder2(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder3(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder4(
        &self,
        reserved0: i32,
        reserved1: i32,
        reserved2: i32,
        reserved3: i32,
        reserved4: i32,
        reserved5: i32,
        reserved6: i32,
        reserved7: *mut c_void,
    ) -> HRESULT;
    pub fn Placeholder5(&self, reserved0: *mut c_void, reserved1: i32, reserved2: *mut c_void) -> HRESULT;
    pub fn SetFBRange(&self, start: i32, end: i32) -> HRESULT;
    pub fn Placeholder6(
        &self,
        reserved0: *mut c_void,
        reserved1: u32,
        reserved2: *mut c_void,
        reserved3: u32,
        reserved4: *mut c_void,
        reserved5: *mut c_void,
    ) -> HRESULT;
    pub fn GetFBPublishRange(&self, start: *mut i32, end: *mut i32) -> HRESULT;
}

/// `IFreeBusySupport` : `IUnknown`.
#[interface("00067067-0000-0000-c000-000000000046")]
pub unsafe trait IFreeBusySupport: IUnknown {
    pub fn Placeholder1(&self, reserved0: *mut c_void, reserved1: *mut c_void, reserved2: i32) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn LoadFreeBusyData(
        &self,
        max_count: u32,
        rgfbuser: *mut c_void,
        prgfbdata: OutInterface<IFreeBusyData>,
        status: *mut i32,
        read_count: *mut u32,
    ) -> HRESULT;
    pub fn Placeholder23(
        &self,
        reserved0: u32,
        reserved1: *mut c_void,
        reserved2: *mut *mut c_void,
        reserved3: *mut c_void,
        reserved4: *mut c_void,
    ) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self, reserved0: c_void, reserved1: *mut c_void) -> HRESULT;
    pub fn Placeholder5(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder6(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder7(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder8(&self, reserved0: *mut *mut c_void, reserved1: i32) -> HRESULT;
    pub fn Placeholder9(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder10(&self) -> HRESULT;
    pub fn Placeholder11(&self, reserved0: i32) -> i32;
    pub fn Placeholder12(&self) -> HRESULT;
    pub fn Placeholder13(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder14(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder15(&self) -> HRESULT;
    pub fn Placeholder16(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn Placeholder17(&self) -> HRESULT;
    pub fn Placeholder18(&self) -> HRESULT;
    pub fn Placeholder19(
        &self,
        reserved0: c_void,
        reserved1: *mut c_void,
        reserved2: *mut c_void,
        reserved3: *mut c_void,
    ) -> HRESULT;
    pub fn Placeholder20(&self) -> HRESULT;
    pub fn Placeholder21(&self, reserved0: *mut c_void, reserved1: *mut c_void, reserved2: i32) -> HRESULT;
    pub fn Placeholder22(&self) -> HRESULT;
}

/// `IOlkApptRebaser` : `IUnknown`.
#[interface]
pub unsafe trait IOlkApptRebaser: IUnknown {
    pub fn BeginEnumerateAppointments(&self, progress: *mut c_void, context: *mut *mut c_void) -> HRESULT;
    pub fn EndEnumerateAppointments(
        &self,
        context: *mut c_void,
        result: *mut i32,
        error: *mut *mut MAPIERROR,
        rows: *mut *mut SRowSet,
    ) -> HRESULT;
    pub fn BeginRebaseAppointments(
        &self,
        rows: *const SRowSet,
        progress: *mut c_void,
        complete: *mut c_void,
        context: *mut *mut c_void,
    ) -> HRESULT;
    pub fn EndRebaseAppointments(&self, context: *mut c_void, result: *mut i32) -> HRESULT;
}

/// `IFolderSupport` : `IUnknown`.
#[interface("00375ac3-ecaf-4ef8-a527-34f452fa9c67")]
pub unsafe trait IFolderSupport: IUnknown {
    pub fn GetSupportMask(&self, support_mask: *mut u32) -> HRESULT;
}

/// `IMAPIInitMonitor` : `IUnknown`.
#[interface]
pub unsafe trait IMAPIInitMonitor: IUnknown {
    pub fn IsInitialized(&self) -> i32;
    pub fn Wait(&self, timeout: u32) -> HRESULT;
    pub fn BeginWait(&self, timeout: u32, result: OutInterface<IMAPIWaitResult>) -> HRESULT;
}

/// `IMAPIWaitResult` : `IUnknown`.
#[interface]
pub unsafe trait IMAPIWaitResult: IUnknown {
    pub fn End(&self, timeout: u32) -> HRESULT;
}

/// `IMAPISecureMessage` : `IUnknown`.
#[interface("253cc320-eab6-11d0-8222-0060979387ea")]
pub unsafe trait IMAPISecureMessage: IUnknown {
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self) -> HRESULT;
    pub fn GetBaseMessage(&self, ppmsg: *mut *mut c_void) -> HRESULT;
    pub fn Placeholder5(&self) -> HRESULT;
    pub fn Placeholder6(&self) -> HRESULT;
    pub fn Placeholder7(&self) -> HRESULT;
}

/// `IConverterSession` : `IUnknown`.
#[interface("4b401570-b77b-11d0-9da5-00c04fd65685")]
pub unsafe trait IConverterSession: IUnknown {
    pub fn SetAdrBook(&self, pab: In<IAddrBook>) -> HRESULT;
    pub fn SetEncoding(&self, et: i32) -> HRESULT;
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn MIMEToMAPI(
        &self,
        pstm: In<IStream>,
        pmsg: In<IMessage>,
        src_srv: *const u8,
        flags: u32,
    ) -> HRESULT;
    pub fn MAPIToMIMEStm(&self, pmsg: In<IMessage>, pstm: In<IStream>, flags: u32) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self) -> HRESULT;
    pub fn SetTextWrapping(&self, wrap_text: i32, wrap_width: u32) -> HRESULT;
    pub fn SetSaveFormat(&self, save_format: i32) -> HRESULT;
    pub fn Placeholder5(&self) -> HRESULT;
    pub fn SetCharSet(&self, apply: i32, hcharset: *mut c_void, csetapplytype: i32) -> HRESULT;
}

/// `IMAPISync` : `IUnknown`.
#[interface("5024a385-2d44-486a-81a8-8f0ecb6071dd")]
pub unsafe trait IMAPISync: IUnknown {
    pub fn SynchronizeInBackground(&self, psibpb: *mut c_void) -> HRESULT;
}

/// `IMAPISyncProgressCallback` : `IUnknown`.
#[interface("5024a386-2d44-486a-81a8-8f0ecb6071dd")]
pub unsafe trait IMAPISyncProgressCallback: IUnknown {
    pub fn Progress(&self, progress: *const u16, index: u32, index_max: u32) -> HRESULT;
    pub fn Error(&self, result: i32, error_str: *const u16) -> HRESULT;
    pub fn Done(&self, thread_done_event: *mut c_void, result: i32) -> HRESULT;
}

/// `IOSTX` : `IUnknown`.
#[interface("d2d85db4-840f-49b8-9982-07d2405ec6b7")]
pub unsafe trait IOSTX: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn InitSync(&self, flags: u32) -> HRESULT;
    pub fn SyncBeg(&self, sync: u32, ppv: *mut *mut c_void) -> HRESULT;
    pub fn SyncEnd(&self) -> HRESULT;
    pub fn SyncHdrBeg(&self, cbeid: u32, lpeid: *mut ENTRYID, ppv: *mut *mut c_void) -> HRESULT;
    pub fn SyncHdrEnd(&self, pprog: In<IMAPIProgress>) -> HRESULT;
    pub fn SetSyncResult(&self, sync: i32) -> HRESULT;
    pub fn Placeholder1(&self) -> HRESULT;
}

/// `IPSTOVERRIDE1` : `IUnknown`.
#[interface("fbb68d34-f561-44fb-a8ca-ae36696342ca")]
pub unsafe trait IPSTOVERRIDE1: IUnknown {
    pub fn GetPersistedRegistrations(&self, ppmval: *mut *mut SPropValue) -> HRESULT;
    pub fn SetPersistedRegistrations(&self, pmval: *mut SPropValue) -> HRESULT;
    pub fn OverridePSTDisableGrow(&self) -> HRESULT;
}

/// `IPSTOVERRIDEREQ` : `IUnknown`.
#[interface("892ebc6d-24dc-4d90-ba48-c6cbec14a86a")]
pub unsafe trait IPSTOVERRIDEREQ: IUnknown {
    pub fn RegisterTrustedPSTOverrideHandler(
        &self,
        dll_path: *const u16,
        client_data: *mut c_void,
    ) -> HRESULT;
}

/// `IPSTX` : `IUnknown`.
#[interface("4fdeeff0-0319-11cf-b4cf-00aa0dbbb6e6")]
pub unsafe trait IPSTX: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetSyncObject(&self, ppostx: OutInterface<IOSTX>) -> HRESULT;
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self) -> HRESULT;
    pub fn EmulateSpooler(&self, emulate: i32) -> HRESULT;
    pub fn Placeholder5(&self) -> HRESULT;
    pub fn Placeholder6(&self) -> HRESULT;
    pub fn Placeholder7(&self) -> HRESULT;
    pub fn Placeholder8(&self) -> HRESULT;
    pub fn Placeholder9(&self) -> HRESULT;
}

/// `IPSTX2` : `IPSTX`.
#[interface("2067a790-2a45-11d1-eb86-00a0c90dca6d")]
pub unsafe trait IPSTX2: IPSTX {
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn SetSpoolSuspendState(&self, state: u32);
}

/// `IPSTX3` : `IPSTX2`.
#[interface("55f15320-111b-11d2-a999-006008b05aa7")]
pub unsafe trait IPSTX3: IPSTX2 {
    pub fn Placeholder1(&self) -> HRESULT;
}

/// `IPSTX4` : `IPSTX3`.
#[interface("aa2e2092-ac08-11d2-a2f9-0060b0ec3d4f")]
pub unsafe trait IPSTX4: IPSTX3 {
    pub fn Placeholder1(&self) -> HRESULT;
}

/// `IPSTX5` : `IPSTX4`.
#[interface("55f15322-111b-11d2-a999-006008b05aa7")]
pub unsafe trait IPSTX5: IPSTX4 {
    pub fn Placeholder1(&self) -> HRESULT;
}

/// `IPSTX6` : `IPSTX5`.
#[interface("55f15323-111b-11d2-a999-006008b05aa7")]
pub unsafe trait IPSTX6: IPSTX5 {
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn DisconnectStore(&self, flags: u32) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self) -> HRESULT;
}

/// `IProxyStoreObject` : `IUnknown`.
#[interface("29f3ab10-554d-11d0-a97c-00a0c911f50a")]
pub unsafe trait IProxyStoreObject: IUnknown {
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn UnwrapNoRef(&self, object: *mut *mut c_void) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
}

/// `IMAPIGetSession` : `IUnknown`.
#[interface("614ab435-491d-4f5b-a8b4-60eb031030c6")]
pub unsafe trait IMAPIGetSession: IUnknown {
    pub fn GetMAPISession(&self, session: OutInterface<IUnknown>) -> HRESULT;
}

/// `IMAPIOffline` : `IUnknown`.
#[interface("000672b5-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIOffline: IUnknown {
    pub fn SetCurrentState(&self, flags: u32, mask: u32, state: u32, reserved: *mut c_void) -> HRESULT;
    pub fn GetCapabilities(&self, capabilities: *mut u32) -> HRESULT;
    pub fn GetCurrentState(&self, state: *mut u32) -> HRESULT;
    pub fn Placeholder1(&self) -> HRESULT;
}

/// `IMAPIOfflineMgr` : `IMAPIOffline`.
#[interface("42175607-ff3e-4790-bc18-66c8643e6424")]
pub unsafe trait IMAPIOfflineMgr: IMAPIOffline {
    pub fn Advise(&self, flags: u32, advise_info: *mut c_void, advise_token: *mut u32) -> HRESULT;
    pub fn Unadvise(&self, flags: u32, advise_token: u32) -> HRESULT;
    pub fn Placeholder1(&self) -> HRESULT;
    pub fn Placeholder2(&self) -> HRESULT;
    pub fn Placeholder3(&self) -> HRESULT;
    pub fn Placeholder4(&self) -> HRESULT;
    pub fn Placeholder5(&self) -> HRESULT;
    pub fn Placeholder6(&self) -> HRESULT;
    pub fn Placeholder7(&self) -> HRESULT;
}

/// `IMAPIOfflineNotify` : `IUnknown`.
#[interface("0317bde5-fc29-44cd-8dcd-36125a3be9ec")]
pub unsafe trait IMAPIOfflineNotify: IUnknown {
    pub fn Notify(&self, notify_info: *const c_void);
}
