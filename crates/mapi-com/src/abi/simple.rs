//! Simple MAPI's messages, recipients and files (MAPI.H).
//! Extended MAPI knows none of them.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use std::ffi::c_void;

/// A file of a Simple MAPI message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MapiFileDesc {
    pub ulReserved: u32,
    pub flFlags: u32,
    pub nPosition: u32,
    pub lpszPathName: *mut u8,
    pub lpszFileName: *mut u8,
    pub lpFileType: *mut c_void,
}

/// The type of such a file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MapiFileTagExt {
    pub ulReserved: u32,
    pub cbTag: u32,
    pub lpTag: *mut u8,
    pub cbEncoding: u32,
    pub lpEncoding: *mut u8,
}

/// A recipient or sender of a Simple MAPI message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MapiRecipDesc {
    pub ulReserved: u32,
    pub ulRecipClass: u32,
    pub lpszName: *mut u8,
    pub lpszAddress: *mut u8,
    pub ulEIDSize: u32,
    pub lpEntryID: *mut c_void,
}

/// A Simple MAPI message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MapiMessage {
    pub ulReserved: u32,
    pub lpszSubject: *mut u8,
    pub lpszNoteText: *mut u8,
    pub lpszMessageType: *mut u8,
    pub lpszDateReceived: *mut u8,
    pub lpszConversationID: *mut u8,
    pub flFlags: u32,
    pub lpOriginator: *mut MapiRecipDesc,
    pub nRecipCount: u32,
    pub lpRecips: *mut MapiRecipDesc,
    pub nFileCount: u32,
    pub lpFiles: *mut MapiFileDesc,
}
