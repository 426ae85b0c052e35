//! Interfaces of providers and of their support object, in vtable order (MAPISPI.H).
//! What they mean is in `mapi_spi::provider` and `mapi_spi::support`.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{
    IAddrBook, IMAPIAdviseSink, IMAPIProgress, IMAPIProp, IMAPIStatus, IMAPITable, IMessage, IMsgStore,
    IProfSect, IStorage,
};
use crate::abi::{
    ADRLIST, ADRPARM, AllocateBuffer, AllocateMore, ButtonCallback, DismissModeless, ENTRYID, FreeBuffer,
    MAPIERROR, MAPIUID, NOTIFICATION, NOTIFKEY, OPTIONDATA, SBinaryArray, SPropProblemArray, SPropTagArray,
    SPropValue,
};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IMAPISupport` : `IUnknown`.
#[interface("0002030f-0000-0000-c000-000000000046")]
pub unsafe trait IMAPISupport: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetMemAllocRoutines(
        &self,
        allocate_buffer: *mut AllocateBuffer,
        allocate_more: *mut AllocateMore,
        free_buffer: *mut FreeBuffer,
    ) -> HRESULT;
    pub fn Subscribe(
        &self,
        key: *mut NOTIFKEY,
        event_mask: u32,
        flags: u32,
        advise_sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT;
    pub fn Unsubscribe(&self, connection: usize) -> HRESULT;
    pub fn Notify(
        &self,
        key: *mut NOTIFKEY,
        notification_count: u32,
        notifications: *mut NOTIFICATION,
        flags: *mut u32,
    ) -> HRESULT;
    pub fn ModifyStatusRow(&self, values_count: u32, column_vals: *mut SPropValue, flags: u32) -> HRESULT;
    pub fn OpenProfileSection(
        &self,
        uid: *mut MAPIUID,
        flags: u32,
        profile_obj: OutInterface<IProfSect>,
    ) -> HRESULT;
    pub fn RegisterPreprocessor(
        &self,
        muid: *mut MAPIUID,
        adr_type: *mut c_void,
        dll_name: *mut c_void,
        preprocess: *mut u8,
        remove_preprocess_info: *mut u8,
        flags: u32,
    ) -> HRESULT;
    pub fn NewUID(&self, muid: *mut MAPIUID) -> HRESULT;
    pub fn MakeInvalid(&self, flags: u32, object: *mut c_void, ref_count: u32, methods_count: u32)
    -> HRESULT;
    pub fn SpoolerYield(&self, flags: u32) -> HRESULT;
    pub fn SpoolerNotify(&self, flags: u32, data: *mut c_void) -> HRESULT;
    pub fn CreateOneOff(
        &self,
        name: *mut c_void,
        adr_type: *mut c_void,
        address: *mut c_void,
        flags: u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn SetProviderUID(&self, provider_id: *mut MAPIUID, flags: u32) -> HRESULT;
    pub fn CompareEntryIDs(
        &self,
        entry1_bytes: u32,
        entry1: *mut ENTRYID,
        entry2_bytes: u32,
        entry2: *mut ENTRYID,
        compare_flags: u32,
        result: *mut u32,
    ) -> HRESULT;
    pub fn OpenTemplateID(
        &self,
        template_id_bytes: u32,
        template_id: *mut ENTRYID,
        template_flags: u32,
        mapi_prop_data: In<IMAPIProp>,
        interface: *const GUID,
        mapi_prop_new: OutInterface<IMAPIProp>,
        mapi_prop_sibling: In<IMAPIProp>,
    ) -> HRESULT;
    pub fn OpenEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        open_flags: u32,
        obj_type: *mut u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn GetOneOffTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
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
    pub fn DoConfigPropsheet(
        &self,
        ui_param: usize,
        flags: u32,
        title: *mut c_void,
        display_table: In<IMAPITable>,
        c_onfig_data: In<IMAPIProp>,
        top_page: u32,
    ) -> HRESULT;
    pub fn CopyMessages(
        &self,
        src_interface: *const GUID,
        src_folder: *mut c_void,
        msg_list: *mut SBinaryArray,
        dest_interface: *const GUID,
        dest_folder: *mut c_void,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn CopyFolder(
        &self,
        src_interface: *const GUID,
        src_folder: *mut c_void,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        dest_interface: *const GUID,
        dest_folder: *mut c_void,
        new_folder_name: *mut c_void,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn DoCopyTo(
        &self,
        src_interface: *const GUID,
        src_obj: *mut c_void,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_props: *mut SPropTagArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        dest_interface: *const GUID,
        dest_obj: *mut c_void,
        flags: u32,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn DoCopyProps(
        &self,
        src_interface: *const GUID,
        src_obj: *mut c_void,
        include_props: *mut SPropTagArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        dest_interface: *const GUID,
        dest_obj: *mut c_void,
        flags: u32,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn DoProgressDialog(
        &self,
        ui_param: usize,
        flags: u32,
        progress: OutInterface<IMAPIProgress>,
    ) -> HRESULT;
    pub fn ReadReceipt(
        &self,
        flags: u32,
        read_message: In<IMessage>,
        empty_message: OutInterface<IMessage>,
    ) -> HRESULT;
    pub fn PrepareSubmit(&self, message: In<IMessage>, flags: *mut u32) -> HRESULT;
    pub fn ExpandRecips(&self, message: In<IMessage>, flags: *mut u32) -> HRESULT;
    pub fn UpdatePAB(&self, flags: u32, message: In<IMessage>) -> HRESULT;
    pub fn DoSentMail(&self, flags: u32, message: In<IMessage>) -> HRESULT;
    pub fn OpenAddressBook(
        &self,
        interface: *const GUID,
        flags: u32,
        adr_book: OutInterface<IAddrBook>,
    ) -> HRESULT;
    pub fn Preprocess(&self, flags: u32, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn CompleteMsg(&self, flags: u32, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn StoreLogoffTransports(&self, flags: *mut u32) -> HRESULT;
    pub fn StatusRecips(&self, message: In<IMessage>, recip_list: *mut ADRLIST) -> HRESULT;
    pub fn WrapStoreEntryID(
        &self,
        orig_entry_bytes: u32,
        orig_entry: *mut ENTRYID,
        wrapped_entry_bytes: *mut u32,
        wrapped_entry: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn ModifyProfile(&self, flags: u32) -> HRESULT;
    pub fn IStorageFromStream(
        &self,
        unk_in: In<IUnknown>,
        interface: *const GUID,
        flags: u32,
        storage_out: OutInterface<IStorage>,
    ) -> HRESULT;
    pub fn GetSvcConfigSupportObj(&self, flags: u32, svc_support: OutInterface<IMAPISupport>) -> HRESULT;
}

/// `IABLogon` : `IUnknown`.
#[interface("00020314-0000-0000-c000-000000000046")]
pub unsafe trait IABLogon: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Logoff(&self, flags: u32) -> HRESULT;
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
    pub fn OpenStatusEntry(
        &self,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        entry: OutInterface<IMAPIStatus>,
    ) -> HRESULT;
    pub fn OpenTemplateID(
        &self,
        template_id_bytes: u32,
        template_id: *mut ENTRYID,
        template_flags: u32,
        mapi_prop_data: In<IMAPIProp>,
        interface: *const GUID,
        mapi_prop_new: OutInterface<IMAPIProp>,
        mapi_prop_sibling: In<IMAPIProp>,
    ) -> HRESULT;
    pub fn GetOneOffTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn PrepareRecips(
        &self,
        flags: u32,
        prop_tag_array: *mut SPropTagArray,
        recip_list: *mut ADRLIST,
    ) -> HRESULT;
}

/// `IABProvider` : `IUnknown`.
#[interface("00020311-0000-0000-c000-000000000046")]
pub unsafe trait IABProvider: IUnknown {
    pub fn Shutdown(&self, flags: *mut u32) -> HRESULT;
    pub fn Logon(
        &self,
        mapi_sup: In<IMAPISupport>,
        ui_param: usize,
        profile_name: *mut c_void,
        flags: u32,
        security_bytes: *mut u32,
        security: *mut *mut u8,
        mapi_error: *mut *mut MAPIERROR,
        ab_logon: OutInterface<IABLogon>,
    ) -> HRESULT;
}

/// `IMSLogon` : `IUnknown`.
#[interface("00020313-0000-0000-c000-000000000046")]
pub unsafe trait IMSLogon: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Logoff(&self, flags: *mut u32) -> HRESULT;
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
    pub fn OpenStatusEntry(
        &self,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        entry: *mut *mut c_void,
    ) -> HRESULT;
}

/// `IMSProvider` : `IUnknown`.
#[interface("00020310-0000-0000-c000-000000000046")]
pub unsafe trait IMSProvider: IUnknown {
    pub fn Shutdown(&self, flags: *mut u32) -> HRESULT;
    pub fn Logon(
        &self,
        mapi_sup: In<IMAPISupport>,
        ui_param: usize,
        profile_name: *mut c_void,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        flags: u32,
        interface: *const GUID,
        spool_security_bytes: *mut u32,
        spool_security: *mut *mut u8,
        mapi_error: *mut *mut MAPIERROR,
        ms_logon: OutInterface<IMSLogon>,
        mdb: OutInterface<IMsgStore>,
    ) -> HRESULT;
    pub fn SpoolerLogon(
        &self,
        mapi_sup: In<IMAPISupport>,
        ui_param: usize,
        profile_name: *mut c_void,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        flags: u32,
        interface: *const GUID,
        spool_security_bytes: u32,
        spool_security: *mut u8,
        mapi_error: *mut *mut MAPIERROR,
        ms_logon: OutInterface<IMSLogon>,
        mdb: OutInterface<IMsgStore>,
    ) -> HRESULT;
    pub fn CompareStoreIDs(
        &self,
        entry_id1_bytes: u32,
        entry_id1: *mut ENTRYID,
        entry_id2_bytes: u32,
        entry_id2: *mut ENTRYID,
        flags: u32,
        result: *mut u32,
    ) -> HRESULT;
}

/// `IXPLogon` : `IUnknown`.
#[interface("00020315-0000-0000-c000-000000000046")]
pub unsafe trait IXPLogon: IUnknown {
    pub fn AddressTypes(
        &self,
        flags: *mut u32,
        adr_type_count: *mut u32,
        adr_type_array: *mut *mut *mut c_void,
        mapiuid_count: *mut u32,
        uid_array: *mut *mut *mut MAPIUID,
    ) -> HRESULT;
    pub fn RegisterOptions(
        &self,
        flags: *mut u32,
        options_count: *mut u32,
        options: *mut *mut OPTIONDATA,
    ) -> HRESULT;
    pub fn TransportNotify(&self, flags: *mut u32, data: *mut *mut c_void) -> HRESULT;
    pub fn Idle(&self, flags: u32) -> HRESULT;
    pub fn TransportLogoff(&self, flags: u32) -> HRESULT;
    pub fn SubmitMessage(
        &self,
        flags: u32,
        message: In<IMessage>,
        msg_ref: *mut usize,
        return_parm: *mut usize,
    ) -> HRESULT;
    pub fn EndMessage(&self, msg_ref: usize, flags: *mut u32) -> HRESULT;
    pub fn Poll(&self, incoming: *mut u32) -> HRESULT;
    pub fn StartMessage(&self, flags: u32, message: In<IMessage>, msg_ref: *mut usize) -> HRESULT;
    pub fn OpenStatusEntry(
        &self,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        entry: OutInterface<IMAPIStatus>,
    ) -> HRESULT;
    pub fn ValidateState(&self, ui_param: usize, flags: u32) -> HRESULT;
    pub fn FlushQueues(
        &self,
        ui_param: usize,
        target_transport_bytes: u32,
        target_transport: *mut ENTRYID,
        flags: u32,
    ) -> HRESULT;
}

/// `IXPProvider` : `IUnknown`.
#[interface("00020312-0000-0000-c000-000000000046")]
pub unsafe trait IXPProvider: IUnknown {
    pub fn Shutdown(&self, flags: *mut u32) -> HRESULT;
    pub fn TransportLogon(
        &self,
        mapi_sup: In<IMAPISupport>,
        ui_param: usize,
        profile_name: *mut c_void,
        flags: *mut u32,
        mapi_error: *mut *mut MAPIERROR,
        xp_logon: OutInterface<IXPLogon>,
    ) -> HRESULT;
}
