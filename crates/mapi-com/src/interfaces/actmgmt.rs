//! The Account Management API, in vtable order (ACTMGMT.H).
//! IOlkEnum has the identifier of its page: the header repeats that of IOlkErrorUnknown.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use crate::abi::ACCT_VARIANT;
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IOlkAccountHelper` : `IUnknown`.
#[interface("9240a6cb-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkAccountHelper: IUnknown {
    pub fn PlaceHolder1(&self, reserved0: *mut c_void) -> HRESULT;
    pub fn GetIdentity(&self, identity: *mut u16, pcch: *mut u32) -> HRESULT;
    pub fn GetMapiSession(&self, ppmsess: OutInterface<IUnknown>) -> HRESULT;
    pub fn HandsOffSession(&self) -> HRESULT;
}

/// `IOlkEnum` : `IUnknown`.
#[interface("9240a6c1-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkEnum: IUnknown {
    pub fn GetCount(&self, count: *mut u32) -> HRESULT;
    pub fn Reset(&self) -> HRESULT;
    pub fn GetNext(&self, ppunk: OutInterface<IUnknown>) -> HRESULT;
    pub fn Skip(&self, skip_count: u32) -> HRESULT;
}

/// `IOlkErrorUnknown` : `IUnknown`.
#[interface("9240a6c0-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkErrorUnknown: IUnknown {
    pub fn GetLastError(&self, hr: i32, error: *mut *mut u16) -> HRESULT;
}

/// `IOlkAccount` : `IOlkErrorUnknown`.
#[interface("9240a6d2-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkAccount: IOlkErrorUnknown {
    pub fn PlaceHolder1(&self) -> HRESULT;
    pub fn PlaceHolder2(&self) -> HRESULT;
    pub fn PlaceHolder3(&self) -> HRESULT;
    pub fn PlaceHolder4(&self) -> HRESULT;
    pub fn PlaceHolder5(&self) -> HRESULT;
    pub fn PlaceHolder6(&self) -> HRESULT;
    pub fn GetAccountInfo(
        &self,
        type_: *mut GUID,
        categories_count: *mut u32,
        category: *mut *mut GUID,
    ) -> HRESULT;
    pub fn GetProp(&self, prop: u32, var: *mut ACCT_VARIANT) -> HRESULT;
    pub fn SetProp(&self, prop: u32, var: *mut ACCT_VARIANT) -> HRESULT;
    pub fn PlaceHolder7(&self) -> HRESULT;
    pub fn PlaceHolder8(&self) -> HRESULT;
    pub fn PlaceHolder9(&self) -> HRESULT;
    pub fn FreeMemory(&self, pv: *mut u8) -> HRESULT;
    pub fn PlaceHolder10(&self) -> HRESULT;
    pub fn SaveChanges(&self, flags: u32) -> HRESULT;
}

/// `IOlkAccountManager` : `IOlkErrorUnknown`.
#[interface("9240a6cd-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkAccountManager: IOlkErrorUnknown {
    pub fn Init(&self, acct_helper: In<IOlkAccountHelper>, flags: u32) -> HRESULT;
    pub fn DisplayAccountList(
        &self,
        hwnd: *mut c_void,
        flags: u32,
        title: *const u16,
        categories_count: u32,
        categories: *const GUID,
        type_: *const GUID,
    ) -> HRESULT;
    pub fn PlaceHolder1(&self) -> HRESULT;
    pub fn PlaceHolder2(&self) -> HRESULT;
    pub fn PlaceHolder3(&self) -> HRESULT;
    pub fn PlaceHolder4(&self) -> HRESULT;
    pub fn PlaceHolder5(&self) -> HRESULT;
    pub fn FindAccount(
        &self,
        prop: u32,
        var: *mut ACCT_VARIANT,
        account: OutInterface<IOlkAccount>,
    ) -> HRESULT;
    pub fn PlaceHolder6(&self) -> HRESULT;
    pub fn PlaceHolder7(&self) -> HRESULT;
    pub fn PlaceHolder8(&self) -> HRESULT;
    pub fn DeleteAccount(&self, acct_id: u32) -> HRESULT;
    pub fn PlaceHolder9(&self) -> HRESULT;
    pub fn SaveChanges(&self, acct_id: u32, flags: u32) -> HRESULT;
    pub fn GetOrder(&self, category: *const GUID, accts_count: *mut u32, accts: *mut *mut u32) -> HRESULT;
    pub fn SetOrder(&self, category: *const GUID, accts_count: *mut u32, accts: *mut *mut u32) -> HRESULT;
    pub fn EnumerateAccounts(
        &self,
        category: *const GUID,
        type_: *const GUID,
        flags: u32,
        enum_: OutInterface<IOlkEnum>,
    ) -> HRESULT;
    pub fn PlaceHolder10(&self) -> HRESULT;
    pub fn PlaceHolder11(&self) -> HRESULT;
    pub fn FreeMemory(&self, pv: *mut u8) -> HRESULT;
    pub fn Advise(&self, notify: In<IOlkAccountNotify>, cookie: *mut u32) -> HRESULT;
    pub fn Unadvise(&self, cookie: *mut u32) -> HRESULT;
    pub fn PlaceHolder12(&self) -> HRESULT;
    pub fn PlaceHolder13(&self) -> HRESULT;
    pub fn PlaceHolder14(&self) -> HRESULT;
}

/// `IOlkAccountNotify` : `IOlkErrorUnknown`.
#[interface("9240a6c3-af41-11d2-8c3b-00104b2a6676")]
pub unsafe trait IOlkAccountNotify: IOlkErrorUnknown {
    pub fn Notify(&self, notify: u32, acct_id: u32, flags: u32) -> HRESULT;
}
