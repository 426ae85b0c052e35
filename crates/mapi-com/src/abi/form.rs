//! Forms as C programs hold them (MAPIFORM.H).
//! No form is made here; the layout is for programs that pass these on.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::MAPINAMEID;
use std::ffi::c_void;

/// How a form is printed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FORMPRINTSETUP {
    pub ulFlags: u32,
    pub hDevMode: *mut c_void,
    pub hDevNames: *mut c_void,
    pub ulFirstPageNumber: u32,
    pub fPrintAttachments: u32,
}

/// A value of an enumerated form property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIFormPropEnumVal {
    pub pszDisplayName: *mut c_void,
    pub nVal: u32,
}

/// The enumeration of a form property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIFormProp_s1 {
    pub nmidIdx: MAPINAMEID,
    pub cfpevAvailable: u32,
    pub pfpevAvailable: *mut SMAPIFormPropEnumVal,
}

/// The union of a form property.
#[repr(C)]
#[derive(Clone, Copy)]
pub union SMAPIFormProp_u {
    pub s1: SMAPIFormProp_s1,
}

/// A property of a form.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIFormProp {
    pub ulFlags: u32,
    pub nPropType: u32,
    pub nmid: MAPINAMEID,
    pub pszDisplayName: *mut c_void,
    pub nSpecialType: u32,
    pub u: SMAPIFormProp_u,
}

/// Counted form properties.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIFormPropArray {
    pub cProps: u32,
    pub ulPad: u32,
    pub aFormProp: [SMAPIFormProp; 1],
}

/// A verb of a form.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIVerb {
    pub lVerb: i32,
    pub szVerbname: *mut c_void,
    pub fuFlags: u32,
    pub grfAttribs: u32,
    pub ulFlags: u32,
}

/// Counted verbs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIVerbArray {
    pub cMAPIVerb: u32,
    pub aMAPIVerb: [SMAPIVerb; 1],
}

/// Counted message classes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMessageClassArray {
    pub cValues: u32,
    pub aMessageClass: [*const u8; 1],
}

/// Counted form descriptions.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SMAPIFormInfoArray {
    pub cForms: u32,
    pub aFormInfo: [*mut c_void; 1],
}
