//! Exchange's own interfaces, in vtable order (EDKMDB.H).
//! Nothing here implements them.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IMAPITable, IMessage, IStream};
use crate::abi::{
    ACTION, ENTRYID, MAPIERROR, READSTATE, ROWLIST, SBinary, SBinaryArray, SPropTagArray, SPropValue,
    SRestriction,
};
use crate::marshal::{In, OutInterface};
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IExchangeBadItemCallback` : `IUnknown`.
#[interface("1df85ab7-4d20-4a57-b170-2f062136c1d6")]
pub unsafe trait IExchangeBadItemCallback: IUnknown {
    pub fn BadItem(
        &self,
        result: i32,
        flags: u32,
        folder_name: *mut u16,
        folder_eid: *mut SBinary,
        values_count: u32,
        prop_array: *mut SPropValue,
    ) -> HRESULT;
}

/// `IExchangeFavorites` : `IUnknown`.
#[interface("cf4f3bc0-ec66-11ce-b31c-00aa00574cc6")]
pub unsafe trait IExchangeFavorites: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn AddFavorites(&self, entry_list: *mut SBinaryArray) -> HRESULT;
    pub fn DelFavorites(&self, entry_list: *mut SBinaryArray) -> HRESULT;
}

/// `IExchangeManageStore` : `IUnknown`.
#[interface("559d10b0-a772-11cd-9bc8-00aa002fc45a")]
pub unsafe trait IExchangeManageStore: IUnknown {
    pub fn CreateStoreEntryID(
        &self,
        msg_store_dn: *const u8,
        mailbox_dn: *const u8,
        flags: u32,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn EntryIDFromSourceKey(
        &self,
        folder_key_size_count: u32,
        folder_source_key: *mut u8,
        message_key_size_count: u32,
        message_source_key: *mut u8,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
    ) -> HRESULT;
    pub fn GetRights(
        &self,
        user_entry_id_bytes: u32,
        user_entry_id: *mut ENTRYID,
        entry_id_bytes: u32,
        entry_id: *mut ENTRYID,
        rights: *mut u32,
    ) -> HRESULT;
    pub fn GetMailboxTable(
        &self,
        server_name: *mut u8,
        table: OutInterface<IMAPITable>,
        flags: u32,
    ) -> HRESULT;
    pub fn GetPublicFolderTable(
        &self,
        server_name: *mut u8,
        table: OutInterface<IMAPITable>,
        flags: u32,
    ) -> HRESULT;
}

/// `IExchangeManageStore2` : `IExchangeManageStore`.
#[interface("b6dca470-0ff3-11d0-a409-00c04fd7bd87")]
pub unsafe trait IExchangeManageStore2: IExchangeManageStore {
    pub fn CreateNewsgroupNameEntryID(
        &self,
        newsgroup_name: *mut u8,
        entry_id_bytes: *mut u32,
        entry_id: *mut *mut ENTRYID,
    ) -> HRESULT;
}

/// `IExchangeManageStore3` : `IExchangeManageStore2`.
#[interface("166d9bc2-db75-44a9-8a93-9f3ffc994d76")]
pub unsafe trait IExchangeManageStore3: IExchangeManageStore2 {
    pub fn GetMailboxTableOffset(
        &self,
        server_name: *mut u8,
        table: OutInterface<IMAPITable>,
        flags: u32,
        offset: u32,
    ) -> HRESULT;
}

/// `IExchangeManageStore4` : `IExchangeManageStore3`.
#[interface("2590ff87-c431-4f9c-b1a8-cd69d760cd10")]
pub unsafe trait IExchangeManageStore4: IExchangeManageStore3 {
    pub fn GetPublicFolderTableOffset(
        &self,
        server_name: *mut u8,
        table: OutInterface<IMAPITable>,
        flags: u32,
        offset: u32,
    ) -> HRESULT;
}

/// `IExchangeMessageConversion` : `IUnknown`.
#[interface("3532b360-d114-11cf-a83b-00c04fd65597")]
pub unsafe trait IExchangeMessageConversion: IUnknown {
    pub fn OpenStream(
        &self,
        values_count: u32,
        prop_array: *mut SPropValue,
        stream: OutInterface<IStream>,
    ) -> HRESULT;
}

/// `IExchangeModifyTable` : `IUnknown`.
#[interface("2d734cb0-53fd-101b-b19d-08002b3056e3")]
pub unsafe trait IExchangeModifyTable: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetTable(&self, flags: u32, table: OutInterface<IMAPITable>) -> HRESULT;
    pub fn ModifyTable(&self, flags: u32, mods: *mut ROWLIST) -> HRESULT;
}

/// `IExchangeMoveUserProgress` : `IUnknown`.
#[interface("ef2fb44a-8dac-4e4e-b1e3-a3b926355617")]
pub unsafe trait IExchangeMoveUserProgress: IUnknown {
    pub fn NextFolder(&self, flags: u32, folder_name: *mut u16) -> HRESULT;
    pub fn Progress(&self, flags: u32, count: u32, total: u32) -> HRESULT;
    pub fn Restart(&self, flags: u32) -> HRESULT;
}

/// `IExchangeNntpNewsfeed` : `IUnknown`.
#[interface("380f41c0-3cdc-11d0-9792-00c04fd6551d")]
pub unsafe trait IExchangeNntpNewsfeed: IUnknown {
    pub fn Configure(
        &self,
        newsfeed_dn: *mut u8,
        values_count: u32,
        i_mail_prop_array: *mut SPropValue,
    ) -> HRESULT;
    pub fn CheckMsgIds(&self, msg_ids: *mut u8, wanted: *mut u32, wanted_lppf: *mut *mut u8) -> HRESULT;
    pub fn OpenArticleStream(&self, stream: OutInterface<IStream>) -> HRESULT;
}

/// `IExchangeRuleAction` : `IUnknown`.
#[interface("74bba840-c93a-11ce-9581-00aa005742f7")]
pub unsafe trait IExchangeRuleAction: IUnknown {
    pub fn ActionCount(&self, actions_count: *mut u32) -> HRESULT;
    pub fn GetAction(&self, action_number: u32, lpruleid: *mut i64, action: *mut *mut ACTION) -> HRESULT;
}

/// `IExchangeChangeAdviseSink` : `IUnknown`.
#[interface]
pub unsafe trait IExchangeChangeAdviseSink: IUnknown {
    pub fn OnNotify(&self, flags: u32, entry_list: *mut SBinaryArray) -> u32;
}

/// `IExchangeChangeAdvisor` : `IUnknown`.
#[interface("1e300720-a839-11cf-bde0-00004c7531e3")]
pub unsafe trait IExchangeChangeAdvisor: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Config(
        &self,
        stream: In<IStream>,
        guid: *mut GUID,
        advise_sink: In<IExchangeChangeAdviseSink>,
        flags: u32,
    ) -> HRESULT;
    pub fn UpdateState(&self, stream: In<IStream>) -> HRESULT;
    pub fn AddKeys(&self, entry_list: *mut SBinaryArray) -> HRESULT;
    pub fn RemoveKeys(&self, entry_list: *mut SBinaryArray) -> HRESULT;
}

/// `IExchangeExportChanges` : `IUnknown`.
#[interface("a3ea9cc0-d1b2-11cd-80fc-00aa004bba0b")]
pub unsafe trait IExchangeExportChanges: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Config(
        &self,
        stream: In<IStream>,
        flags: u32,
        unk: In<IUnknown>,
        restriction: *mut SRestriction,
        include_props: *mut SPropTagArray,
        exclude_props: *mut SPropTagArray,
        buffer_size: u32,
    ) -> HRESULT;
    pub fn Synchronize(&self, steps: *mut u32, progress: *mut u32) -> HRESULT;
    pub fn UpdateState(&self, stream: In<IStream>) -> HRESULT;
}

/// `IExchangeExportChanges2` : `IExchangeExportChanges`.
#[interface("387cebe0-f53f-11cf-a48f-00c04fd65595")]
pub unsafe trait IExchangeExportChanges2: IExchangeExportChanges {
    pub fn ConfigForConversionStream(
        &self,
        stream: In<IStream>,
        flags: u32,
        unk: In<IUnknown>,
        restriction: *mut SRestriction,
        values_conversion_count: u32,
        prop_array_conversion: *mut SPropValue,
        buffer_size: u32,
    ) -> HRESULT;
}

/// `IExchangeExportChanges3` : `IExchangeExportChanges2`.
#[interface("702e7f86-50a6-11d1-abd6-00a0c905660a")]
pub unsafe trait IExchangeExportChanges3: IExchangeExportChanges2 {
    pub fn ConfigForSelectiveSync(
        &self,
        stream: In<IStream>,
        flags: u32,
        unk: In<IUnknown>,
        msg_list: *mut SBinaryArray,
        restriction: *mut SRestriction,
        include_props: *mut SPropTagArray,
        exclude_props: *mut SPropTagArray,
        buffer_size: u32,
    ) -> HRESULT;
}

/// `IExchangeFastTransfer` : `IUnknown`.
#[interface("ff7db070-a88a-11cd-9bc8-00aa002fc45a")]
pub unsafe trait IExchangeFastTransfer: IUnknown {
    pub fn Config(&self, flags: u32, transfer_method: u32) -> HRESULT;
    pub fn TransferBuffer(&self, cb: u32, lpb: *mut u8, processed_bytes: *mut u32) -> HRESULT;
    pub fn IsInterfaceOk(
        &self,
        transfer_method: u32,
        refiid: *const GUID,
        list: *mut SPropTagArray,
        flags: u32,
    ) -> i32;
}

/// `IExchangeImportContentsChanges` : `IUnknown`.
#[interface("f75abfa0-d0e0-11cd-80fc-00aa004bba0b")]
pub unsafe trait IExchangeImportContentsChanges: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Config(&self, stream: In<IStream>, flags: u32) -> HRESULT;
    pub fn UpdateState(&self, stream: In<IStream>) -> HRESULT;
    pub fn ImportMessageChange(
        &self,
        changes: u32,
        changes_ppval: *mut SPropValue,
        flags: u32,
        lppmessage: OutInterface<IMessage>,
    ) -> HRESULT;
    pub fn ImportMessageDeletion(&self, flags: u32, src_entry_list: *mut SBinaryArray) -> HRESULT;
    pub fn ImportPerUserReadStateChange(&self, elements_count: u32, read_state: *mut READSTATE) -> HRESULT;
    pub fn ImportMessageMove(
        &self,
        source_key_src_folder_bytes: u32,
        source_key_src_folder: *mut u8,
        source_key_src_message_bytes: u32,
        source_key_src_message: *mut u8,
        pcl_message_bytes: u32,
        pcl_message: *mut u8,
        source_key_dest_message_bytes: u32,
        source_key_dest_message: *mut u8,
        change_num_dest_message_bytes: u32,
        change_num_dest_message: *mut u8,
    ) -> HRESULT;
}

/// `IExchangeImportContentsChanges2` : `IExchangeImportContentsChanges`.
#[interface("7dfdd720-f53f-11cf-a48f-00c04fd65595")]
pub unsafe trait IExchangeImportContentsChanges2: IExchangeImportContentsChanges {
    pub fn ConfigForConversionStream(
        &self,
        stream: In<IStream>,
        flags: u32,
        values_conversion_count: u32,
        prop_array_conversion: *mut SPropValue,
    ) -> HRESULT;
    pub fn ImportMessageChangeAsAStream(
        &self,
        changes: u32,
        changes_ppval: *mut SPropValue,
        flags: u32,
        lppstream: OutInterface<IStream>,
    ) -> HRESULT;
}

/// `IExchangeImportHierarchyChanges` : `IUnknown`.
#[interface("85a66cf0-d0e0-11cd-80fc-00aa004bba0b")]
pub unsafe trait IExchangeImportHierarchyChanges: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn Config(&self, stream: In<IStream>, flags: u32) -> HRESULT;
    pub fn UpdateState(&self, stream: In<IStream>) -> HRESULT;
    pub fn ImportFolderChange(&self, changes: u32, changes_ppval: *mut SPropValue) -> HRESULT;
    pub fn ImportFolderDeletion(&self, flags: u32, src_entry_list: *mut SBinaryArray) -> HRESULT;
}
