//! Structures that single calls take and answer (MAPIX.H, MAPIUTIL.H, MAPISPI.H, OBJIDL.H).
//! What belongs to properties, rows and notifications is in the neighbouring files.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::{FILETIME, GUID, SPropValue};
use std::ffi::c_void;

/// What MAPIInitialize takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MAPIINIT_0 {
    pub ulVersion: u32,
    pub ulFlags: u32,
}

/// What WrapCompressedRTFStreamEx takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RTF_WCSINFO {
    pub size: u32,
    pub ulFlags: u32,
    pub ulInCodePage: u32,
    pub ulOutCodePage: u32,
}

/// What WrapCompressedRTFStreamEx answers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RTF_WCSRETINFO {
    pub size: u32,
    pub ulStreamFlags: u32,
}

/// A transport's options; RegisterOptions is not called any more.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct OPTIONDATA {
    pub ulFlags: u32,
    pub lpRecipGUID: *mut GUID,
    pub lpszAdrType: *mut c_void,
    pub lpszDLLName: *mut c_void,
    pub ulOrdinal: u32,
    pub cbOptionsData: u32,
    pub lpbOptionsData: *mut u8,
    pub cOptionsProps: u32,
    pub lpOptionsProps: *mut SPropValue,
}

/// A description of a stream or storage.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct STATSTG {
    pub pwcsName: *mut u16,
    pub type_: u32,
    pub cbSize: u64,
    pub mtime: FILETIME,
    pub ctime: FILETIME,
    pub atime: FILETIME,
    pub grfMode: u32,
    pub grfLocksSupported: u32,
    pub clsid: GUID,
    pub grfStateBits: u32,
    pub reserved: u32,
}
