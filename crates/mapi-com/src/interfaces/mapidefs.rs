//! Interfaces of objects, tables, containers and sinks, in vtable order (MAPIDEFS.H, IMSCAPABILITIES.H).
//! What they mean is in `mapi-spi`.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use crate::abi::{
    ADRLIST, ENTRYID, FlagList, MAPIERROR, MAPINAMEID, MAPIUID, NOTIFICATION, SBinaryArray,
    SPropProblemArray, SPropTagArray, SPropValue, SRestriction, SRowSet, SSortOrderSet,
};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IMAPIControl` : `IUnknown`.
#[interface("0002031b-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIControl: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Activate(&self, flags: u32, ui_param: usize) -> HRESULT;
    pub fn GetState(&self, flags: u32, state: *mut u32) -> HRESULT;
}

/// `IMSCapabilities` : `IUnknown`.
#[interface("00020393-0000-0000-c000-000000000046")]
pub unsafe trait IMSCapabilities: IUnknown {
    pub fn GetCapabilities(&self, selector: i32) -> u32;
}

/// `IMAPIAdviseSink` : `IUnknown`.
#[interface("00020302-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIAdviseSink: IUnknown {
    pub fn OnNotify(&self, notif_count: u32, notifications: *mut NOTIFICATION) -> u32;
}

/// `IMAPIProgress` : `IUnknown`.
#[interface("0002031f-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIProgress: IUnknown {
    pub fn Progress(&self, value: u32, count: u32, total: u32) -> HRESULT;
    pub fn GetFlags(&self, flags: *mut u32) -> HRESULT;
    pub fn GetMax(&self, max: *mut u32) -> HRESULT;
    pub fn GetMin(&self, min: *mut u32) -> HRESULT;
    pub fn SetLimits(&self, min: *mut u32, max: *mut u32, flags: *mut u32) -> HRESULT;
}

/// `IMAPIProp` : `IUnknown`.
#[interface("00020303-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIProp: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn SaveChanges(&self, flags: u32) -> HRESULT;
    pub fn GetProps(
        &self,
        prop_tag_array: *mut SPropTagArray,
        flags: u32,
        values_count: *mut u32,
        prop_array: *mut *mut SPropValue,
    ) -> HRESULT;
    pub fn GetPropList(&self, flags: u32, prop_tag_array: *mut *mut SPropTagArray) -> HRESULT;
    pub fn OpenProperty(
        &self,
        prop_tag: u32,
        lpiid: *const GUID,
        interface_options: u32,
        flags: u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn SetProps(
        &self,
        values_count: u32,
        prop_array: *mut SPropValue,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn DeleteProps(
        &self,
        prop_tag_array: *mut SPropTagArray,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn CopyTo(
        &self,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_props: *mut SPropTagArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        interface: *const GUID,
        dest_obj: *mut c_void,
        flags: u32,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn CopyProps(
        &self,
        include_props: *mut SPropTagArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        interface: *const GUID,
        dest_obj: *mut c_void,
        flags: u32,
        problems: *mut *mut SPropProblemArray,
    ) -> HRESULT;
    pub fn GetNamesFromIDs(
        &self,
        prop_tags: *mut *mut SPropTagArray,
        prop_set_guid: *mut GUID,
        flags: u32,
        prop_names_count: *mut u32,
        prop_names: *mut *mut *mut MAPINAMEID,
    ) -> HRESULT;
    pub fn GetIDsFromNames(
        &self,
        prop_names_count: u32,
        prop_names: *mut *mut MAPINAMEID,
        flags: u32,
        prop_tags: *mut *mut SPropTagArray,
    ) -> HRESULT;
}

/// `IProviderAdmin` : `IUnknown`.
#[interface("00020325-0000-0000-c000-000000000046")]
pub unsafe trait IProviderAdmin: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetProviderTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn CreateProvider(
        &self,
        provider: *mut c_void,
        values_count: u32,
        props: *mut SPropValue,
        ui_param: usize,
        flags: u32,
        uid: *mut MAPIUID,
    ) -> HRESULT;
    pub fn DeleteProvider(&self, uid: *mut MAPIUID) -> HRESULT;
    pub fn OpenProfileSection(
        &self,
        uid: *mut MAPIUID,
        interface: *const GUID,
        flags: u32,
        prof_sect: OutInterface<IProfSect>,
    ) -> HRESULT;
}

/// `IMAPIClientShutdown` : `IUnknown`.
#[interface("00020397-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIClientShutdown: IUnknown {
    pub fn QueryFastShutdown(&self) -> HRESULT;
    pub fn NotifyProcessShutdown(&self) -> HRESULT;
    pub fn DoFastShutdown(&self) -> HRESULT;
}

/// `IMAPIProviderShutdown` : `IUnknown`.
#[interface("00020398-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIProviderShutdown: IUnknown {
    pub fn QueryFastShutdown(&self) -> HRESULT;
    pub fn NotifyProcessShutdown(&self) -> HRESULT;
    pub fn DoFastShutdown(&self) -> HRESULT;
}

/// `IMAPIStatus` : `IMAPIProp`.
#[interface("00020305-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIStatus: IMAPIProp {
    pub fn ValidateState(&self, ui_param: usize, flags: u32) -> HRESULT;
    pub fn SettingsDialog(&self, ui_param: usize, flags: u32) -> HRESULT;
    pub fn ChangePassword(&self, old_pass: *mut c_void, new_pass: *mut c_void, flags: u32) -> HRESULT;
    pub fn FlushQueues(
        &self,
        ui_param: usize,
        target_transport_bytes: u32,
        target_transport: *mut ENTRYID,
        flags: u32,
    ) -> HRESULT;
}

/// `IMAPITable` : `IUnknown`.
#[interface("00020301-0000-0000-c000-000000000046")]
pub unsafe trait IMAPITable: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Advise(
        &self,
        event_mask: u32,
        advise_sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT;
    pub fn Unadvise(&self, connection: usize) -> HRESULT;
    pub fn GetStatus(&self, table_status: *mut u32, table_type: *mut u32) -> HRESULT;
    pub fn SetColumns(&self, prop_tag_array: *mut SPropTagArray, flags: u32) -> HRESULT;
    pub fn QueryColumns(&self, flags: u32, prop_tag_array: *mut *mut SPropTagArray) -> HRESULT;
    pub fn GetRowCount(&self, flags: u32, count: *mut u32) -> HRESULT;
    pub fn SeekRow(&self, origin: usize, row_count: i32, rows_sought: *mut i32) -> HRESULT;
    pub fn SeekRowApprox(&self, numerator: u32, denominator: u32) -> HRESULT;
    pub fn QueryPosition(&self, row: *mut u32, numerator: *mut u32, denominator: *mut u32) -> HRESULT;
    pub fn FindRow(&self, restriction: *mut SRestriction, origin: usize, flags: u32) -> HRESULT;
    pub fn Restrict(&self, restriction: *mut SRestriction, flags: u32) -> HRESULT;
    pub fn CreateBookmark(&self, position: *mut usize) -> HRESULT;
    pub fn FreeBookmark(&self, position: usize) -> HRESULT;
    pub fn SortTable(&self, sort_criteria: *mut SSortOrderSet, flags: u32) -> HRESULT;
    pub fn QuerySortOrder(&self, sort_criteria: *mut *mut SSortOrderSet) -> HRESULT;
    pub fn QueryRows(&self, row_count: i32, flags: u32, rows: *mut *mut SRowSet) -> HRESULT;
    pub fn Abort(&self) -> HRESULT;
    pub fn ExpandRow(
        &self,
        instance_key_bytes: u32,
        instance_key: *mut u8,
        row_count: u32,
        flags: u32,
        rows: *mut *mut SRowSet,
        more_rows: *mut u32,
    ) -> HRESULT;
    pub fn CollapseRow(
        &self,
        instance_key_bytes: u32,
        instance_key: *mut u8,
        flags: u32,
        row_count: *mut u32,
    ) -> HRESULT;
    pub fn WaitForCompletion(&self, flags: u32, timeout: u32, table_status: *mut u32) -> HRESULT;
    pub fn GetCollapseState(
        &self,
        flags: u32,
        instance_key_bytes: u32,
        instance_key: *mut u8,
        collapse_state_bytes: *mut u32,
        collapse_state: *mut *mut u8,
    ) -> HRESULT;
    pub fn SetCollapseState(
        &self,
        flags: u32,
        collapse_state_bytes: u32,
        collapse_state: *mut u8,
        location: *mut usize,
    ) -> HRESULT;
}

/// `IAttach` : `IMAPIProp`.
#[interface("00020308-0000-0000-c000-000000000046")]
pub unsafe trait IAttach: IMAPIProp {}

/// `IMailUser` : `IMAPIProp`.
#[interface("0002030a-0000-0000-c000-000000000046")]
pub unsafe trait IMailUser: IMAPIProp {}

/// `IProfSect` : `IMAPIProp`.
#[interface("00020304-0000-0000-c000-000000000046")]
pub unsafe trait IProfSect: IMAPIProp {}

/// `IMAPIContainer` : `IMAPIProp`.
#[interface("0002030b-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIContainer: IMAPIProp {
    pub fn GetContentsTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn GetHierarchyTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn OpenEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn SetSearchCriteria(
        &self,
        restriction: *mut SRestriction,
        container_list: *mut SBinaryArray,
        search_flags: u32,
    ) -> HRESULT;
    pub fn GetSearchCriteria(
        &self,
        flags: u32,
        restriction: *mut *mut SRestriction,
        container_list: *mut *mut SBinaryArray,
        search_state: *mut u32,
    ) -> HRESULT;
}

/// `IMAPIFolder` : `IMAPIContainer`.
#[interface("0002030c-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFolder: IMAPIContainer {
    pub fn CreateMessage(
        &self,
        interface: *const GUID,
        flags: u32,
        message: OutInterface<IMessage>,
    ) -> HRESULT;
    pub fn CopyMessages(
        &self,
        msg_list: *mut SBinaryArray,
        interface: *const GUID,
        dest_folder: *mut c_void,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteMessages(
        &self,
        msg_list: *mut SBinaryArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn CreateFolder(
        &self,
        folder_type: u32,
        folder_name: *mut c_void,
        folder_comment: *mut c_void,
        interface: *const GUID,
        flags: u32,
        folder: OutInterface<IMAPIFolder>,
    ) -> HRESULT;
    pub fn CopyFolder(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        dest_folder: *mut c_void,
        new_folder_name: *mut c_void,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteFolder(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn SetReadFlags(
        &self,
        msg_list: *mut SBinaryArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn GetMessageStatus(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        flags: u32,
        message_status: *mut u32,
    ) -> HRESULT;
    pub fn SetMessageStatus(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        new_status: u32,
        new_status_mask: u32,
        old_status: *mut u32,
    ) -> HRESULT;
    pub fn SaveContentsSort(&self, sort_criteria: *mut SSortOrderSet, flags: u32) -> HRESULT;
    pub fn EmptyFolder(&self, ui_param: usize, progress: In<IMAPIProgress>, flags: u32) -> HRESULT;
}

/// `IMessage` : `IMAPIProp`.
#[interface("00020307-0000-0000-c000-000000000046")]
pub unsafe trait IMessage: IMAPIProp {
    pub fn GetAttachmentTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn OpenAttach(
        &self,
        attachment_num: u32,
        interface: *const GUID,
        flags: u32,
        attach: OutInterface<IAttach>,
    ) -> HRESULT;
    pub fn CreateAttach(
        &self,
        interface: *const GUID,
        flags: u32,
        attachment_num: *mut u32,
        attach: OutInterface<IAttach>,
    ) -> HRESULT;
    pub fn DeleteAttach(
        &self,
        attachment_num: u32,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn GetRecipientTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn ModifyRecipients(&self, flags: u32, mods: *mut ADRLIST) -> HRESULT;
    pub fn SubmitMessage(&self, flags: u32) -> HRESULT;
    pub fn SetReadFlag(&self, flags: u32) -> HRESULT;
}

/// `IMsgStore` : `IMAPIProp`.
#[interface("00020306-0000-0000-c000-000000000046")]
pub unsafe trait IMsgStore: IMAPIProp {
    pub fn Advise(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        event_mask: u32,
        advise_sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT;
    pub fn Unadvise(&self, connection: usize) -> HRESULT;
    pub fn CompareEntryIDs(
        &self,
        entry_id1_bytes: u32,
        entry_id1: *mut ENTRYID,
        entry_id2_bytes: u32,
        entry_id2: *mut ENTRYID,
        flags: u32,
        result: *mut u32,
    ) -> HRESULT;
    pub fn OpenEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        interface: *const GUID,
        flags: u32,
        obj_type: *mut u32,
        unk: OutInterface<IUnknown>,
    ) -> HRESULT;
    pub fn SetReceiveFolder(
        &self,
        message_class: *mut c_void,
        flags: u32,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
    ) -> HRESULT;
    pub fn GetReceiveFolder(
        &self,
        message_class: *mut c_void,
        flags: u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
        explicit_class: *mut *mut c_void,
    ) -> HRESULT;
    pub fn GetReceiveFolderTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn StoreLogoff(&self, flags: *mut u32) -> HRESULT;
    pub fn AbortSubmit(&self, entry_id_bytes: u32, entry_id: *mut ENTRYID, flags: u32) -> HRESULT;
    pub fn GetOutgoingQueue(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn SetLockState(&self, message: In<IMessage>, lock_state: u32) -> HRESULT;
    pub fn FinishedMsg(&self, flags: u32, entry_id_bytes: u32, entry_id: *mut ENTRYID) -> HRESULT;
    pub fn NotifyNewMail(&self, notification: *mut NOTIFICATION) -> HRESULT;
}

/// `IABContainer` : `IMAPIContainer`.
#[interface("0002030d-0000-0000-c000-000000000046")]
pub unsafe trait IABContainer: IMAPIContainer {
    pub fn CreateEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        create_flags: u32,
        mapi_prop_entry: OutInterface<IMAPIProp>,
    ) -> HRESULT;
    pub fn CopyEntries(
        &self,
        entries: *mut SBinaryArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteEntries(&self, entries: *mut SBinaryArray, flags: u32) -> HRESULT;
    pub fn ResolveNames(
        &self,
        prop_tag_array: *mut SPropTagArray,
        flags: u32,
        adr_list: *mut ADRLIST,
        flag_list: *mut FlagList,
    ) -> HRESULT;
}

/// `IDistList` : `IMAPIContainer`.
#[interface("0002030e-0000-0000-c000-000000000046")]
pub unsafe trait IDistList: IMAPIContainer {
    pub fn CreateEntry(
        &self,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        create_flags: u32,
        mapi_prop_entry: OutInterface<IMAPIProp>,
    ) -> HRESULT;
    pub fn CopyEntries(
        &self,
        entries: *mut SBinaryArray,
        ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT;
    pub fn DeleteEntries(&self, entries: *mut SBinaryArray, flags: u32) -> HRESULT;
    pub fn ResolveNames(
        &self,
        prop_tag_array: *mut SPropTagArray,
        flags: u32,
        adr_list: *mut ADRLIST,
        flag_list: *mut FlagList,
    ) -> HRESULT;
}
