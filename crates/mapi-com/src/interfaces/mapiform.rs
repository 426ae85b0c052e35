//! Interfaces of forms, in vtable order (MAPIFORM.H).
//! No form server is part of this project; the layout is for programs that bring their own.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IMAPIFolder, IMAPIProp, IMAPIProp_Impl, IMAPISession, IMessage, IMsgStore, IStream};
use crate::abi::{
    FORMPRINTSETUP, MAPIERROR, SMAPIFormInfoArray, SMAPIFormPropArray, SMAPIVerbArray, SMessageClassArray,
};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IMAPIForm` : `IUnknown`.
#[interface("00020327-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIForm: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn SetViewContext(&self, view_context: In<IMAPIViewContext>) -> HRESULT;
    pub fn GetViewContext(&self, view_context: OutInterface<IMAPIViewContext>) -> HRESULT;
    pub fn ShutdownForm(&self, save_options: u32) -> HRESULT;
    pub fn DoVerb(
        &self,
        verb: i32,
        view_context: In<IMAPIViewContext>,
        parent: usize,
        pos_rect: *const c_void,
    ) -> HRESULT;
    pub fn Advise(&self, advise: In<IMAPIViewAdviseSink>, status: *mut usize) -> HRESULT;
    pub fn Unadvise(&self, connection: usize) -> HRESULT;
}

/// `IMAPIFormAdviseSink` : `IUnknown`.
#[interface("0002032f-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormAdviseSink: IUnknown {
    pub fn OnChange(&self, dir: u32) -> HRESULT;
    pub fn OnActivateNext(
        &self,
        message_class: *const u8,
        message_status: u32,
        message_flags: u32,
        persist_message: OutInterface<IPersistMessage>,
    ) -> HRESULT;
}

/// `IMAPIFormContainer` : `IUnknown`.
#[interface("0002032e-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormContainer: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn InstallForm(&self, ui_param: usize, flags: u32, cfg_path_name: *const c_void) -> HRESULT;
    pub fn RemoveForm(&self, message_class: *const u8) -> HRESULT;
    pub fn ResolveMessageClass(
        &self,
        message_class: *const u8,
        flags: u32,
        pforminfo: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    pub fn ResolveMultipleMessageClasses(
        &self,
        msg_class_array: *mut SMessageClassArray,
        flags: u32,
        ppfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    pub fn CalcFormPropSet(&self, flags: u32, results: *mut *mut SMAPIFormPropArray) -> HRESULT;
    pub fn GetDisplay(&self, flags: u32, display_name: *mut *mut c_void) -> HRESULT;
}

/// `IMAPIFormFactory` : `IUnknown`.
#[interface("00020350-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormFactory: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn CreateClassFactory(
        &self,
        form: *const GUID,
        flags: u32,
        class_factory: *mut *mut c_void,
    ) -> HRESULT;
    pub fn LockServer(&self, flags: u32, lock_server: u32) -> HRESULT;
}

/// `IMAPIFormInfo` : `IMAPIProp`.
#[interface("00020324-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormInfo: IMAPIProp {
    pub fn CalcFormPropSet(&self, flags: u32, form_prop_array: *mut *mut SMAPIFormPropArray) -> HRESULT;
    pub fn CalcVerbSet(&self, flags: u32, mapi_verb_array: *mut *mut SMAPIVerbArray) -> HRESULT;
    pub fn MakeIconFromBinary(&self, prop_id: u32, phicon: *mut *mut c_void) -> HRESULT;
    pub fn SaveForm(&self, file_name: *const c_void) -> HRESULT;
    pub fn OpenFormContainer(&self, ppformcontainer: OutInterface<IMAPIFormContainer>) -> HRESULT;
}

/// `IMAPIFormMgr` : `IUnknown`.
#[interface("00020322-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormMgr: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn LoadForm(
        &self,
        ui_param: usize,
        flags: u32,
        message_class: *const u8,
        message_status: u32,
        message_flags: u32,
        folder_focus: In<IMAPIFolder>,
        message_site: In<IMAPIMessageSite>,
        pmsg: In<IMessage>,
        view_context: In<IMAPIViewContext>,
        riid: *const GUID,
        obj: *mut *mut c_void,
    ) -> HRESULT;
    pub fn ResolveMessageClass(
        &self,
        msg_class: *const u8,
        flags: u32,
        folder_focus: In<IMAPIFolder>,
        result: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    pub fn ResolveMultipleMessageClasses(
        &self,
        msg_classes: *mut SMessageClassArray,
        flags: u32,
        folder_focus: In<IMAPIFolder>,
        pfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    pub fn CalcFormPropSet(
        &self,
        pfrminfoarray: *mut SMAPIFormInfoArray,
        flags: u32,
        results: *mut *mut SMAPIFormPropArray,
    ) -> HRESULT;
    pub fn CreateForm(
        &self,
        ui_param: usize,
        flags: u32,
        to_activate: In<IMAPIFormInfo>,
        to_ask: *const GUID,
        obj: *mut *mut c_void,
    ) -> HRESULT;
    pub fn SelectForm(
        &self,
        ui_param: usize,
        flags: u32,
        title: *const c_void,
        pfld: In<IMAPIFolder>,
        returned: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    pub fn SelectMultipleForms(
        &self,
        ui_param: usize,
        flags: u32,
        title: *const c_void,
        pfld: In<IMAPIFolder>,
        pfrminfoarray: *mut SMAPIFormInfoArray,
        ppfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    pub fn SelectFormContainer(
        &self,
        ui_param: usize,
        flags: u32,
        lppfcnt: OutInterface<IMAPIFormContainer>,
    ) -> HRESULT;
    pub fn OpenFormContainer(
        &self,
        hfrmreg: u32,
        lpunk: In<IUnknown>,
        lppfcnt: OutInterface<IMAPIFormContainer>,
    ) -> HRESULT;
    pub fn PrepareForm(&self, ui_param: usize, flags: u32, pfrminfo: In<IMAPIFormInfo>) -> HRESULT;
    pub fn IsInConflict(
        &self,
        message_flags: u32,
        message_status: u32,
        message_class: *const u8,
        folder_focus: In<IMAPIFolder>,
    ) -> HRESULT;
}

/// `IMAPIMessageSite` : `IUnknown`.
#[interface("00020370-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIMessageSite: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetSession(&self, session: OutInterface<IMAPISession>) -> HRESULT;
    pub fn GetStore(&self, store: OutInterface<IMsgStore>) -> HRESULT;
    pub fn GetFolder(&self, folder: OutInterface<IMAPIFolder>) -> HRESULT;
    pub fn GetMessage(&self, ppmsg: OutInterface<IMessage>) -> HRESULT;
    pub fn GetFormManager(&self, form_mgr: OutInterface<IMAPIFormMgr>) -> HRESULT;
    pub fn NewMessage(
        &self,
        compose_in_folder: u32,
        folder_focus: In<IMAPIFolder>,
        persist_message: In<IPersistMessage>,
        message: OutInterface<IMessage>,
        message_site: OutInterface<IMAPIMessageSite>,
        view_context: OutInterface<IMAPIViewContext>,
    ) -> HRESULT;
    pub fn CopyMessage(&self, folder_destination: In<IMAPIFolder>) -> HRESULT;
    pub fn MoveMessage(
        &self,
        folder_destination: In<IMAPIFolder>,
        view_context: In<IMAPIViewContext>,
        pos_rect: *const c_void,
    ) -> HRESULT;
    pub fn DeleteMessage(&self, view_context: In<IMAPIViewContext>, pos_rect: *const c_void) -> HRESULT;
    pub fn SaveMessage(&self) -> HRESULT;
    pub fn SubmitMessage(&self, flags: u32) -> HRESULT;
    pub fn GetSiteStatus(&self, status: *mut u32) -> HRESULT;
}

/// `IMAPIViewAdviseSink` : `IUnknown`.
#[interface("0002032b-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIViewAdviseSink: IUnknown {
    pub fn OnShutdown(&self) -> HRESULT;
    pub fn OnNewMessage(&self) -> HRESULT;
    pub fn OnPrint(&self, page_number: u32, status: i32) -> HRESULT;
    pub fn OnSubmitted(&self) -> HRESULT;
    pub fn OnSaved(&self) -> HRESULT;
}

/// `IMAPIViewContext` : `IUnknown`.
#[interface("00020321-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIViewContext: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn SetAdviseSink(&self, pmvns: In<IMAPIFormAdviseSink>) -> HRESULT;
    pub fn ActivateNext(&self, dir: u32, pos_rect: *const c_void) -> HRESULT;
    pub fn GetPrintSetup(&self, flags: u32, form_print_setup: *mut *mut FORMPRINTSETUP) -> HRESULT;
    pub fn GetSaveStream(&self, flags: *mut u32, format: *mut u32, ppstm: OutInterface<IStream>) -> HRESULT;
    pub fn GetViewStatus(&self, status: *mut u32) -> HRESULT;
}

/// `IPersistMessage` : `IUnknown`.
#[interface("0002032a-0000-0000-c000-000000000046")]
pub unsafe trait IPersistMessage: IUnknown {
    pub fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    pub fn GetClassID(&self, class_id: *mut GUID) -> HRESULT;
    pub fn IsDirty(&self) -> HRESULT;
    pub fn InitNew(&self, message_site: In<IMAPIMessageSite>, message: In<IMessage>) -> HRESULT;
    pub fn Load(
        &self,
        message_site: In<IMAPIMessageSite>,
        message: In<IMessage>,
        message_status: u32,
        message_flags: u32,
    ) -> HRESULT;
    pub fn Save(&self, message: In<IMessage>, same_as_load: u32) -> HRESULT;
    pub fn SaveCompleted(&self, message: In<IMessage>) -> HRESULT;
    pub fn HandsOffMessage(&self) -> HRESULT;
}
