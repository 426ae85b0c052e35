//! The TNEF object, in vtable order (TNEF.H).
//! Reading and writing TNEF is another crate's.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IMAPITable, IMessage, IStream};
use crate::abi::{SPropTagArray, SPropValue};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{HRESULT, IUnknown, interface};

/// `ITnef` : `IUnknown`.
#[interface("00020319-0000-0000-c000-000000000046")]
pub unsafe trait ITnef: IUnknown {
    pub fn AddProps(
        &self,
        flags: u32,
        elem_id: u32,
        data: *mut c_void,
        prop_list: *mut SPropTagArray,
    ) -> HRESULT;
    pub fn ExtractProps(
        &self,
        flags: u32,
        prop_list: *mut SPropTagArray,
        problems: *mut *mut c_void,
    ) -> HRESULT;
    pub fn Finish(&self, flags: u32, key: *mut u16, problems: *mut *mut c_void) -> HRESULT;
    pub fn OpenTaggedBody(&self, message: In<IMessage>, flags: u32, stream: OutInterface<IStream>)
    -> HRESULT;
    pub fn SetProps(&self, flags: u32, elem_id: u32, values_count: u32, props: *mut SPropValue) -> HRESULT;
    pub fn EncodeRecips(&self, flags: u32, recipient_table: In<IMAPITable>) -> HRESULT;
    pub fn FinishComponent(
        &self,
        flags: u32,
        component_id: u32,
        custom_prop_list: *mut SPropTagArray,
        custom_props: *mut SPropValue,
        prop_list: *mut SPropTagArray,
        problems: *mut *mut c_void,
    ) -> HRESULT;
}
