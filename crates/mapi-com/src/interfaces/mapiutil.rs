//! Table data and property data, in vtable order (MAPIUTIL.H).
//! The classes behind them are in `export/`.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use super::{IMAPIProp, IMAPIProp_Impl, IMAPITable};
use crate::abi::{CallerRelease, SPropProblemArray, SPropTagArray, SPropValue, SRow, SRowSet, SSortOrderSet};
use crate::marshal::OutInterface;
use windows_core::{HRESULT, IUnknown, interface};

/// `IPropData` : `IMAPIProp`.
#[interface("0002031a-0000-0000-c000-000000000046")]
pub unsafe trait IPropData: IMAPIProp {
    pub fn HrSetObjAccess(&self, access: u32) -> HRESULT;
    pub fn HrSetPropAccess(&self, prop_tag_array: *mut SPropTagArray, access: *mut u32) -> HRESULT;
    pub fn HrGetPropAccess(&self, prop_tag_array: *mut *mut SPropTagArray, access: *mut *mut u32) -> HRESULT;
    pub fn HrAddObjProps(
        &self,
        prop_tag_array: *mut SPropTagArray,
        access: *mut *mut SPropProblemArray,
    ) -> HRESULT;
}

/// `ITableData` : `IUnknown`.
#[interface("00020316-0000-0000-c000-000000000046")]
pub unsafe trait ITableData: IUnknown {
    pub fn HrGetView(
        &self,
        s_sort_order_set: *mut SSortOrderSet,
        caller_release: CallerRelease,
        caller_data: usize,
        mapi_table: OutInterface<IMAPITable>,
    ) -> HRESULT;
    pub fn HrModifyRow(&self, reserved0: *mut SRow) -> HRESULT;
    pub fn HrDeleteRow(&self, s_prop_value: *mut SPropValue) -> HRESULT;
    pub fn HrQueryRow(&self, prop_value: *mut SPropValue, s_row: *mut *mut SRow, row: *mut u32) -> HRESULT;
    pub fn HrEnumRow(&self, row_number: u32, s_row: *mut *mut SRow) -> HRESULT;
    pub fn HrNotify(&self, flags: u32, values_count: u32, s_prop_value: *mut SPropValue) -> HRESULT;
    pub fn HrInsertRow(&self, row: u32, s_row: *mut SRow) -> HRESULT;
    pub fn HrModifyRows(&self, flags: u32, s_row_set: *mut SRowSet) -> HRESULT;
    pub fn HrDeleteRows(&self, flags: u32, to_delete: *mut SRowSet, rows_deleted_count: *mut u32) -> HRESULT;
}
