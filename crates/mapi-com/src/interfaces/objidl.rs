//! Memory, streams and storages of COM, in vtable order (OBJIDL.H).
//! IUnknown itself is windows-core's.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "methods are those of the C headers, whose reference describes each"
)]
#![allow(clippy::too_many_arguments, reason = "the arguments are those of the C headers")]

use crate::abi::{FILETIME, STATSTG};
use crate::marshal::{In, OutInterface};
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, interface};

/// `IEnumSTATSTG` : `IUnknown`.
#[interface("0000000d-0000-0000-c000-000000000046")]
pub unsafe trait IEnumSTATSTG: IUnknown {
    pub fn Next(&self, celt: u32, rgelt: *mut STATSTG, fetched: *mut u32) -> HRESULT;
    pub fn Skip(&self, celt: u32) -> HRESULT;
    pub fn Reset(&self) -> HRESULT;
    pub fn Clone(&self, ppenum: OutInterface<IEnumSTATSTG>) -> HRESULT;
}

/// `IStorage` : `IUnknown`.
#[interface("0000000b-0000-0000-c000-000000000046")]
pub unsafe trait IStorage: IUnknown {
    pub fn CreateStream(
        &self,
        name: *const u16,
        mode: u32,
        reserved1: u32,
        reserved2: u32,
        ppstm: OutInterface<IStream>,
    ) -> HRESULT;
    pub fn OpenStream(
        &self,
        name: *const u16,
        reserved1: *mut c_void,
        mode: u32,
        reserved2: u32,
        ppstm: OutInterface<IStream>,
    ) -> HRESULT;
    pub fn CreateStorage(
        &self,
        name: *const u16,
        mode: u32,
        reserved1: u32,
        reserved2: u32,
        ppstg: OutInterface<IStorage>,
    ) -> HRESULT;
    pub fn OpenStorage(
        &self,
        name: *const u16,
        priority: In<IStorage>,
        mode: u32,
        exclude: *mut *mut u16,
        reserved: u32,
        ppstg: OutInterface<IStorage>,
    ) -> HRESULT;
    pub fn CopyTo(
        &self,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_snb: *mut *mut u16,
        dest: In<IStorage>,
    ) -> HRESULT;
    pub fn MoveElementTo(
        &self,
        name: *const u16,
        dest: In<IStorage>,
        new_name: *const u16,
        flags: u32,
    ) -> HRESULT;
    pub fn Commit(&self, commit_flags: u32) -> HRESULT;
    pub fn Revert(&self) -> HRESULT;
    pub fn EnumElements(
        &self,
        reserved1: u32,
        reserved2: *mut c_void,
        reserved3: u32,
        ppenum: OutInterface<IEnumSTATSTG>,
    ) -> HRESULT;
    pub fn DestroyElement(&self, name: *const u16) -> HRESULT;
    pub fn RenameElement(&self, old_name: *const u16, new_name: *const u16) -> HRESULT;
    pub fn SetElementTimes(
        &self,
        name: *const u16,
        pctime: *const FILETIME,
        patime: *const FILETIME,
        pmtime: *const FILETIME,
    ) -> HRESULT;
    pub fn SetClass(&self, clsid: *const GUID) -> HRESULT;
    pub fn SetStateBits(&self, state_bits: u32, mask: u32) -> HRESULT;
    pub fn Stat(&self, pstatstg: *mut STATSTG, stat_flag: u32) -> HRESULT;
}

/// `IMalloc` : `IUnknown`.
#[interface("00000002-0000-0000-c000-000000000046")]
pub unsafe trait IMalloc: IUnknown {
    pub fn Alloc(&self, cb: usize) -> *mut c_void;
    pub fn Realloc(&self, pv: *mut c_void, cb: usize) -> *mut c_void;
    pub fn Free(&self, pv: *mut c_void);
    pub fn GetSize(&self, pv: *mut c_void) -> usize;
    pub fn DidAlloc(&self, pv: *mut c_void) -> i32;
    pub fn HeapMinimize(&self);
}

/// `ISequentialStream` : `IUnknown`.
#[interface("0c733a30-2a1c-11ce-ade5-00aa0044773d")]
pub unsafe trait ISequentialStream: IUnknown {
    pub fn Read(&self, pv: *mut c_void, cb: u32, read_bytes: *mut u32) -> HRESULT;
    pub fn Write(&self, pv: *const c_void, cb: u32, written_bytes: *mut u32) -> HRESULT;
}

/// `IStream` : `ISequentialStream`.
#[interface("0000000c-0000-0000-c000-000000000046")]
pub unsafe trait IStream: ISequentialStream {
    pub fn Seek(&self, move_: i64, origin: u32, new_position: *mut u64) -> HRESULT;
    pub fn SetSize(&self, new_size: u64) -> HRESULT;
    pub fn CopyTo(
        &self,
        pstm: In<IStream>,
        cb: u64,
        read_bytes: *mut u64,
        written_bytes: *mut u64,
    ) -> HRESULT;
    pub fn Commit(&self, commit_flags: u32) -> HRESULT;
    pub fn Revert(&self) -> HRESULT;
    pub fn LockRegion(&self, offset: u64, cb: u64, lock_type: u32) -> HRESULT;
    pub fn UnlockRegion(&self, offset: u64, cb: u64, lock_type: u32) -> HRESULT;
    pub fn Stat(&self, pstatstg: *mut STATSTG, stat_flag: u32) -> HRESULT;
    pub fn Clone(&self, ppstm: OutInterface<IStream>) -> HRESULT;
}
