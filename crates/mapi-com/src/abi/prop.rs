//! Property values and tags as C programs hold them (MAPIDEFS.H).
//! Their safe form is `mapi_defs::prop`; `marshal/prop.rs` goes between the two.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::{FILETIME, GUID};
use std::ffi::c_void;

/// A currency amount in ten-thousandths.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CY {
    pub int64: i64,
}

/// Counted bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SBinary {
    pub cb: u32,
    pub lpb: *mut u8,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SShortArray {
    pub cValues: u32,
    pub lpi: *mut i16,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SGuidArray {
    pub cValues: u32,
    pub lpguid: *mut GUID,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRealArray {
    pub cValues: u32,
    pub lpflt: *mut f32,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SLongArray {
    pub cValues: u32,
    pub lpl: *mut i32,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SLargeIntegerArray {
    pub cValues: u32,
    pub lpli: *mut i64,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SDateTimeArray {
    pub cValues: u32,
    pub lpft: *mut FILETIME,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SAppTimeArray {
    pub cValues: u32,
    pub lpat: *mut f64,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SCurrencyArray {
    pub cValues: u32,
    pub lpcur: *mut CY,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SBinaryArray {
    pub cValues: u32,
    pub lpbin: *mut SBinary,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SDoubleArray {
    pub cValues: u32,
    pub lpdbl: *mut f64,
}

/// Counted values of a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SWStringArray {
    pub cValues: u32,
    pub lppszW: *mut *mut u16,
}

/// Counted 8-bit texts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SLPSTRArray {
    pub cValues: u32,
    pub lppszA: *mut *mut u8,
}

/// The union of a property value; the tag says which member counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub union __UPV {
    pub i: i16,
    pub l: i32,
    pub ul: u32,
    pub lpv: *mut c_void,
    pub flt: f32,
    pub dbl: f64,
    pub b: u16,
    pub cur: CY,
    pub at: f64,
    pub ft: FILETIME,
    pub lpszA: *mut u8,
    pub bin: SBinary,
    pub lpszW: *mut u16,
    pub lpguid: *mut GUID,
    pub li: i64,
    pub MVi: SShortArray,
    pub MVl: SLongArray,
    pub MVflt: SRealArray,
    pub MVdbl: SDoubleArray,
    pub MVcur: SCurrencyArray,
    pub MVat: SAppTimeArray,
    pub MVft: SDateTimeArray,
    pub MVbin: SBinaryArray,
    pub MVszA: SLPSTRArray,
    pub MVszW: SWStringArray,
    pub MVguid: SGuidArray,
    pub MVli: SLargeIntegerArray,
    pub err: i32,
    pub x: i32,
}

/// A property: tag and value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropValue {
    pub ulPropTag: u32,
    pub dwAlignPad: u32,
    pub Value: __UPV,
}

/// Counted property tags; the array goes on behind its first element.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropTagArray {
    pub cValues: u32,
    pub aulPropTag: [u32; 1],
}

/// A property that could not be set, deleted or copied.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropProblem {
    pub ulIndex: u32,
    pub ulPropTag: u32,
    pub scode: i32,
}

/// Counted problems.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropProblemArray {
    pub cProblem: u32,
    pub aProblem: [SPropProblem; 1],
}

/// Counted property attributes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropAttrArray {
    pub cValues: u32,
    pub aPropAttr: [u32; 1],
}

/// Number or text of a name.
#[repr(C)]
#[derive(Clone, Copy)]
pub union MAPINAMEID_Kind {
    pub lID_Reserved: isize,
    pub lID: i32,
    pub lpwstrName: *mut u16,
}

/// The name of a named property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MAPINAMEID {
    pub lpguid: *mut GUID,
    pub ulKind: u32,
    pub Kind: MAPINAMEID_Kind,
}
