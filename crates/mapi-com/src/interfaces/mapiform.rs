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
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn SetViewContext(&self, view_context: In<IMAPIViewContext>) -> HRESULT;
    fn GetViewContext(&self, view_context: OutInterface<IMAPIViewContext>) -> HRESULT;
    fn ShutdownForm(&self, save_options: u32) -> HRESULT;
    fn DoVerb(
        &self,
        verb: i32,
        view_context: In<IMAPIViewContext>,
        parent: usize,
        pos_rect: *const c_void,
    ) -> HRESULT;
    fn Advise(&self, advise: In<IMAPIViewAdviseSink>, status: *mut usize) -> HRESULT;
    fn Unadvise(&self, connection: usize) -> HRESULT;
}

/// `IMAPIFormAdviseSink` : `IUnknown`.
#[interface("0002032f-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormAdviseSink: IUnknown {
    fn OnChange(&self, dir: u32) -> HRESULT;
    fn OnActivateNext(
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
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn InstallForm(&self, ui_param: usize, flags: u32, cfg_path_name: *const c_void) -> HRESULT;
    fn RemoveForm(&self, message_class: *const u8) -> HRESULT;
    fn ResolveMessageClass(
        &self,
        message_class: *const u8,
        flags: u32,
        pforminfo: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    fn ResolveMultipleMessageClasses(
        &self,
        msg_class_array: *mut SMessageClassArray,
        flags: u32,
        ppfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    fn CalcFormPropSet(&self, flags: u32, results: *mut *mut SMAPIFormPropArray) -> HRESULT;
    fn GetDisplay(&self, flags: u32, display_name: *mut *mut c_void) -> HRESULT;
}

/// `IMAPIFormFactory` : `IUnknown`.
#[interface("00020350-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormFactory: IUnknown {
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn CreateClassFactory(&self, form: *const GUID, flags: u32, class_factory: *mut *mut c_void) -> HRESULT;
    fn LockServer(&self, flags: u32, lock_server: u32) -> HRESULT;
}

/// `IMAPIFormInfo` : `IMAPIProp`.
#[interface("00020324-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormInfo: IMAPIProp {
    fn CalcFormPropSet(&self, flags: u32, form_prop_array: *mut *mut SMAPIFormPropArray) -> HRESULT;
    fn CalcVerbSet(&self, flags: u32, mapi_verb_array: *mut *mut SMAPIVerbArray) -> HRESULT;
    fn MakeIconFromBinary(&self, prop_id: u32, phicon: *mut *mut c_void) -> HRESULT;
    fn SaveForm(&self, file_name: *const c_void) -> HRESULT;
    fn OpenFormContainer(&self, ppformcontainer: OutInterface<IMAPIFormContainer>) -> HRESULT;
}

/// `IMAPIFormMgr` : `IUnknown`.
#[interface("00020322-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIFormMgr: IUnknown {
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn LoadForm(
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
    fn ResolveMessageClass(
        &self,
        msg_class: *const u8,
        flags: u32,
        folder_focus: In<IMAPIFolder>,
        result: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    fn ResolveMultipleMessageClasses(
        &self,
        msg_classes: *mut SMessageClassArray,
        flags: u32,
        folder_focus: In<IMAPIFolder>,
        pfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    fn CalcFormPropSet(
        &self,
        pfrminfoarray: *mut SMAPIFormInfoArray,
        flags: u32,
        results: *mut *mut SMAPIFormPropArray,
    ) -> HRESULT;
    fn CreateForm(
        &self,
        ui_param: usize,
        flags: u32,
        to_activate: In<IMAPIFormInfo>,
        to_ask: *const GUID,
        obj: *mut *mut c_void,
    ) -> HRESULT;
    fn SelectForm(
        &self,
        ui_param: usize,
        flags: u32,
        title: *const c_void,
        pfld: In<IMAPIFolder>,
        returned: OutInterface<IMAPIFormInfo>,
    ) -> HRESULT;
    fn SelectMultipleForms(
        &self,
        ui_param: usize,
        flags: u32,
        title: *const c_void,
        pfld: In<IMAPIFolder>,
        pfrminfoarray: *mut SMAPIFormInfoArray,
        ppfrminfoarray: *mut *mut SMAPIFormInfoArray,
    ) -> HRESULT;
    fn SelectFormContainer(
        &self,
        ui_param: usize,
        flags: u32,
        lppfcnt: OutInterface<IMAPIFormContainer>,
    ) -> HRESULT;
    fn OpenFormContainer(
        &self,
        hfrmreg: u32,
        lpunk: In<IUnknown>,
        lppfcnt: OutInterface<IMAPIFormContainer>,
    ) -> HRESULT;
    fn PrepareForm(&self, ui_param: usize, flags: u32, pfrminfo: In<IMAPIFormInfo>) -> HRESULT;
    fn IsInConflict(
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
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn GetSession(&self, session: OutInterface<IMAPISession>) -> HRESULT;
    fn GetStore(&self, store: OutInterface<IMsgStore>) -> HRESULT;
    fn GetFolder(&self, folder: OutInterface<IMAPIFolder>) -> HRESULT;
    fn GetMessage(&self, ppmsg: OutInterface<IMessage>) -> HRESULT;
    fn GetFormManager(&self, form_mgr: OutInterface<IMAPIFormMgr>) -> HRESULT;
    fn NewMessage(
        &self,
        compose_in_folder: u32,
        folder_focus: In<IMAPIFolder>,
        persist_message: In<IPersistMessage>,
        message: OutInterface<IMessage>,
        message_site: OutInterface<IMAPIMessageSite>,
        view_context: OutInterface<IMAPIViewContext>,
    ) -> HRESULT;
    fn CopyMessage(&self, folder_destination: In<IMAPIFolder>) -> HRESULT;
    fn MoveMessage(
        &self,
        folder_destination: In<IMAPIFolder>,
        view_context: In<IMAPIViewContext>,
        pos_rect: *const c_void,
    ) -> HRESULT;
    fn DeleteMessage(&self, view_context: In<IMAPIViewContext>, pos_rect: *const c_void) -> HRESULT;
    fn SaveMessage(&self) -> HRESULT;
    fn SubmitMessage(&self, flags: u32) -> HRESULT;
    fn GetSiteStatus(&self, status: *mut u32) -> HRESULT;
}

/// `IMAPIViewAdviseSink` : `IUnknown`.
#[interface("0002032b-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIViewAdviseSink: IUnknown {
    fn OnShutdown(&self) -> HRESULT;
    fn OnNewMessage(&self) -> HRESULT;
    fn OnPrint(&self, page_number: u32, status: i32) -> HRESULT;
    fn OnSubmitted(&self) -> HRESULT;
    fn OnSaved(&self) -> HRESULT;
}

/// `IMAPIViewContext` : `IUnknown`.
#[interface("00020321-0000-0000-c000-000000000046")]
pub unsafe trait IMAPIViewContext: IUnknown {
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn SetAdviseSink(&self, pmvns: In<IMAPIFormAdviseSink>) -> HRESULT;
    fn ActivateNext(&self, dir: u32, pos_rect: *const c_void) -> HRESULT;
    fn GetPrintSetup(&self, flags: u32, form_print_setup: *mut *mut FORMPRINTSETUP) -> HRESULT;
    fn GetSaveStream(&self, flags: *mut u32, format: *mut u32, ppstm: OutInterface<IStream>) -> HRESULT;
    fn GetViewStatus(&self, status: *mut u32) -> HRESULT;
}

/// `IPersistMessage` : `IUnknown`.
#[interface("0002032a-0000-0000-c000-000000000046")]
pub unsafe trait IPersistMessage: IUnknown {
    fn GetLastError(&self, result: i32, flags: u32, mapi_error: *mut *mut MAPIERROR) -> HRESULT;
    fn GetClassID(&self, class_id: *mut GUID) -> HRESULT;
    fn IsDirty(&self) -> HRESULT;
    fn InitNew(&self, message_site: In<IMAPIMessageSite>, message: In<IMessage>) -> HRESULT;
    fn Load(
        &self,
        message_site: In<IMAPIMessageSite>,
        message: In<IMessage>,
        message_status: u32,
        message_flags: u32,
    ) -> HRESULT;
    fn Save(&self, message: In<IMessage>, same_as_load: u32) -> HRESULT;
    fn SaveCompleted(&self, message: In<IMessage>) -> HRESULT;
    fn HandsOffMessage(&self) -> HRESULT;
}
