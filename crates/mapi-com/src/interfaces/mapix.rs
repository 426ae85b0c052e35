//! Interfaces of sessions, the address book and profiles, in vtable order (MAPIX.H, MAPIAUX.H).
//! What they mean is in the crate `mapi`.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{
    IMAPIAdviseSink, IMAPIFolder, IMAPIProp, IMAPIProp_Impl, IMAPITable, IMessage, IMsgStore, IProfSect,
    IProviderAdmin,
};
use crate::abi::{
    ADRENTRY, ADRLIST, ADRPARM, ButtonCallback, DismissModeless, ENTRYID, MAPIERROR, MAPIUID, SPropTagArray,
    SPropValue, SRowSet,
};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IAddrBook` : `IMAPIProp`.
#[interface("00020309-0000-0000-c000-000000000046")]
pub unsafe trait IAddrBook: IMAPIProp {
    pub fn OpenEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn CompareEntryIDs(
        &self,
        entry_id1_bytes: u32,
        entry_id1: *mut ENTRYID,
        entry_id2_bytes: u32,
        entry_id2: *mut ENTRYID,
        flags: u32,
        result: *mut u32,
    ) -> HRESULT;
    pub fn Advise(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        event_mask: u32,
        advise_sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT;
    pub fn Unadvise(&self, connection: usize) -> HRESULT;
    pub fn CreateOneOff(
        &self,
        name: *mut c_void,
        adr_type: *mut c_void,
        address: *mut c_void,
        flags: u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn NewEntry(
        &self,
        ui_param: usize,
        flags: u32,
        eid_container_bytes: u32,
        eid_container: *mut ENTRYID,
        eid_new_entry_tpl_bytes: u32,
        eid_new_entry_tpl: *mut ENTRYID,
        eid_new_entry_bytes: *mut u32,
        eid_new_entry: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn ResolveName(
        &self,
        ui_param: usize,
        flags: u32,
        new_entry_title: *mut c_void,
        adr_list: *mut ADRLIST,
    ) -> HRESULT;
    pub fn Address(
        &self,
        ui_param: *mut usize,
        adr_parms: *mut ADRPARM,
        adr_list: *mut *mut ADRLIST,
    ) -> HRESULT;
    pub fn Details(
        &self,
        ui_param: *mut usize,
        dismiss: DismissModeless,
        dismiss_context: *mut c_void,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        button_callback: ButtonCallback,
        button_context: *mut c_void,
        button_text: *mut c_void,
        flags: u32,
    ) -> HRESULT;
    pub fn RecipOptions(&self, ui_param: usize, flags: u32, recip: *mut ADRENTRY) -> HRESULT;
    pub fn QueryDefaultRecipOpt(
        &self,
        adr_type: *mut c_void,
        flags: u32,
        values_count: *mut u32,
        options: *mut *mut SPropValue,
    ) -> HRESULT;
    pub fn GetPAB(&self, entry_id_bytes: *mut u32, entry_id: *mut *mut ENTRYID) -> HRESULT;
    pub fn SetPAB(&self, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn GetDefaultDir(&self, entry_id_bytes: *mut u32, entry_id: *mut *mut ENTRYID) -> HRESULT;
    pub fn SetDefaultDir(&self, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn GetSearchPath(&self, flags: u32, search_path: *mut *mut SRowSet) -> HRESULT;
    pub fn SetSearchPath(&self, flags: u32, search_path: *mut SRowSet) -> HRESULT;
    pub fn PrepareRecips(
        &self,
        flags: u32,
        prop_tag_array: *mut SPropTagArray,
        recip_list: *mut ADRLIST,
    ) -> HRESULT;
}

/// `IProfAdmin` : `IUnknown`.
#[interface("0002031c-0000-0000-c000-000000000046")]
pub unsafe trait IProfAdmin: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetProfileTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn CreateProfile(
        &self,
        profile_name: *mut c_void,
        password: *mut c_void,
        ui_param: usize,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteProfile(&self, profile_name: *mut c_void, flags: u32) -> HRESULT;
    pub fn ChangeProfilePassword(
        &self,
        profile_name: *mut c_void,
        old_password: *mut c_void,
        new_password: *mut c_void,
        flags: u32,
    ) -> HRESULT;
    pub fn CopyProfile(
        &self,
        old_profile_name: *mut c_void,
        old_password: *mut c_void,
        new_profile_name: *mut c_void,
        ui_param: usize,
        flags: u32,
    ) -> HRESULT;
    pub fn RenameProfile(
        &self,
        old_profile_name: *mut c_void,
        old_password: *mut c_void,
        new_profile_name: *mut c_void,
        ui_param: usize,
        flags: u32,
    ) -> HRESULT;
    pub fn SetDefaultProfile(&self, profile_name: *mut c_void, flags: u32) -> HRESULT;
    pub fn AdminServices(
        &self,
        profile_name: *mut c_void,
        password: *mut c_void,
        ui_param: usize,
        flags: u32,
        service_admin: OutInterface<IMsgServiceAdmin>,
    ) -> HRESULT;
}

/// `IMsgServiceAdmin` : `IUnknown`.
#[interface("0002031d-0000-0000-c000-000000000046")]
pub unsafe trait IMsgServiceAdmin: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetMsgServiceTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn CreateMsgService(
        &self,
        service: *mut c_void,
        display_name: *mut c_void,
        ui_param: usize,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteMsgService(&self, uid: *mut MAPIUID) -> HRESULT;
    pub fn CopyMsgService(
        &self,
        uid: *mut MAPIUID,
        display_name: *mut c_void,
        interface_to_copy: *const GUID,
        interface_dst: *const GUID,
        object_dst: *mut c_void,
        ui_param: usize,
        flags: u32,
    ) -> HRESULT;
    pub fn RenameMsgService(&self, uid: *mut MAPIUID, flags: u32, display_name: *mut c_void) -> HRESULT;
    pub fn ConfigureMsgService(
        &self,
        uid: *mut MAPIUID,
        ui_param: usize,
        flags: u32,
        values_count: u32,
        props: *mut SPropValue,
    ) -> HRESULT;
    pub fn OpenProfileSection(
        &self,
        uid: *mut MAPIUID,
        interface: *const GUID,
        flags: u32,
        prof_sect: OutInterface<IProfSect>,
    ) -> HRESULT;
    pub fn MsgServiceTransportOrder(&self, uid_count: u32, uid_list: *mut MAPIUID, flags: u32) -> HRESULT;
    pub fn AdminProviders(
        &self,
        uid: *mut MAPIUID,
        flags: u32,
        provider_admin: OutInterface<IProviderAdmin>,
    ) -> HRESULT;
    pub fn SetPrimaryIdentity(&self, uid: *mut MAPIUID, flags: u32) -> HRESULT;
    pub fn GetProviderTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
}

/// `IMsgServiceAdmin2` : `IMsgServiceAdmin`.
#[interface("00020387-0000-0000-c000-000000000046")]
pub unsafe trait IMsgServiceAdmin2: IMsgServiceAdmin {
    pub fn CreateMsgServiceEx(
        &self,
        service: *mut c_void,
        display_name: *mut c_void,
        ui_param: usize,
        flags: u32,
        service_lpuid: *mut MAPIUID,
    ) -> HRESULT;
}

/// `IMAPISession` : `IUnknown`.
#[interface("00020300-0000-0000-c000-000000000046")]
pub unsafe trait IMAPISession: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetMsgStoresTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn OpenMsgStore(
        &self,
        ui_param: usize,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        flags: u32,
        mdb: OutInterface<IMsgStore>,
    ) -> HRESULT;
    pub fn OpenAddressBook(
        &self,
        ui_param: usize,
        interface: *const GUID,
        flags: u32,
        adr_book: OutInterface<IAddrBook>,
    ) -> HRESULT;
    pub fn OpenProfileSection(
        &self,
        uid: *mut MAPIUID,
        interface: *const GUID,
        flags: u32,
        prof_sect: OutInterface<IProfSect>,
    ) -> HRESULT;
    pub fn GetStatusTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn OpenEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn CompareEntryIDs(
        &self,
        entry_id1_bytes: u32,
        entry_id1: *mut ENTRYID,
        entry_id2_bytes: u32,
        entry_id2: *mut ENTRYID,
        flags: u32,
        result: *mut u32,
    ) -> HRESULT;
    pub fn Advise(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        event_mask: u32,
        advise_sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT;
    pub fn Unadvise(&self, connection: usize) -> HRESULT;
    pub fn MessageOptions(
        &self,
        ui_param: usize,
        flags: u32,
        adr_type: *mut c_void,
        message: In<IMessage>,
    ) -> HRESULT;
    pub fn QueryDefaultMessageOpt(
        &self,
        adr_type: *mut c_void,
        flags: u32,
        values_count: *mut u32,
        options: *mut *mut SPropValue,
    ) -> HRESULT;
    pub fn EnumAdrTypes(
        &self,
        flags: u32,
        adr_types_count: *mut u32,
        adr_types: *mut *mut *mut c_void,
    ) -> HRESULT;
    pub fn QueryIdentity(&self, entry_id_bytes: *mut u32, entry_id: *mut *mut ENTRYID) -> HRESULT;
    pub fn Logoff(&self, ui_param: usize, flags: u32, reserved: u32) -> HRESULT;
    pub fn SetDefaultStore(&self, flags: u32, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn AdminServices(&self, flags: u32, service_admin: OutInterface<IMsgServiceAdmin>) -> HRESULT;
    pub fn ShowForm(
        &self,
        ui_param: usize,
        msg_store: In<IMsgStore>,
        parent_folder: In<IMAPIFolder>,
        interface: *const GUID,
        message_token: usize,
        message_sent: In<IMessage>,
        flags: u32,
        message_status: u32,
        message_flags: u32,
        access: u32,
        message_class: *mut u8,
    ) -> HRESULT;
    pub fn PrepareForm(
        &self,
        interface: *const GUID,
        message: In<IMessage>,
        message_token: *mut usize,
    ) -> HRESULT;
}
