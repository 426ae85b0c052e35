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
    fn Next(&self, celt: u32, rgelt: *mut STATSTG, fetched: *mut u32) -> HRESULT;
    fn Skip(&self, celt: u32) -> HRESULT;
    fn Reset(&self) -> HRESULT;
    fn Clone(&self, ppenum: OutInterface<IEnumSTATSTG>) -> HRESULT;
}

/// `IStorage` : `IUnknown`.
#[interface("0000000b-0000-0000-c000-000000000046")]
pub unsafe trait IStorage: IUnknown {
    fn CreateStream(
        &self,
        name: *const u16,
        mode: u32,
        reserved1: u32,
        reserved2: u32,
        ppstm: OutInterface<IStream>,
    ) -> HRESULT;
    fn OpenStream(
        &self,
        name: *const u16,
        reserved1: *mut c_void,
        mode: u32,
        reserved2: u32,
        ppstm: OutInterface<IStream>,
    ) -> HRESULT;
    fn CreateStorage(
        &self,
        name: *const u16,
        mode: u32,
        reserved1: u32,
        reserved2: u32,
        ppstg: OutInterface<IStorage>,
    ) -> HRESULT;
    fn OpenStorage(
        &self,
        name: *const u16,
        priority: In<IStorage>,
        mode: u32,
        exclude: *mut *mut u16,
        reserved: u32,
        ppstg: OutInterface<IStorage>,
    ) -> HRESULT;
    fn CopyTo(
        &self,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_snb: *mut *mut u16,
        dest: In<IStorage>,
    ) -> HRESULT;
    fn MoveElementTo(
        &self,
        name: *const u16,
        dest: In<IStorage>,
        new_name: *const u16,
        flags: u32,
    ) -> HRESULT;
    fn Commit(&self, commit_flags: u32) -> HRESULT;
    fn Revert(&self) -> HRESULT;
    fn EnumElements(
        &self,
        reserved1: u32,
        reserved2: *mut c_void,
        reserved3: u32,
        ppenum: OutInterface<IEnumSTATSTG>,
    ) -> HRESULT;
    fn DestroyElement(&self, name: *const u16) -> HRESULT;
    fn RenameElement(&self, old_name: *const u16, new_name: *const u16) -> HRESULT;
    fn SetElementTimes(
        &self,
        name: *const u16,
        pctime: *const FILETIME,
        patime: *const FILETIME,
        pmtime: *const FILETIME,
    ) -> HRESULT;
    fn SetClass(&self, clsid: *const GUID) -> HRESULT;
    fn SetStateBits(&self, state_bits: u32, mask: u32) -> HRESULT;
    fn Stat(&self, pstatstg: *mut STATSTG, stat_flag: u32) -> HRESULT;
}

/// `IMalloc` : `IUnknown`.
#[interface("00000002-0000-0000-c000-000000000046")]
pub unsafe trait IMalloc: IUnknown {
    fn Alloc(&self, cb: usize) -> *mut c_void;
    fn Realloc(&self, pv: *mut c_void, cb: usize) -> *mut c_void;
    fn Free(&self, pv: *mut c_void);
    fn GetSize(&self, pv: *mut c_void) -> usize;
    fn DidAlloc(&self, pv: *mut c_void) -> i32;
    fn HeapMinimize(&self);
}

/// `ISequentialStream` : `IUnknown`.
#[interface("0c733a30-2a1c-11ce-ade5-00aa0044773d")]
pub unsafe trait ISequentialStream: IUnknown {
    fn Read(&self, pv: *mut c_void, cb: u32, read_bytes: *mut u32) -> HRESULT;
    fn Write(&self, pv: *const c_void, cb: u32, written_bytes: *mut u32) -> HRESULT;
}

/// `IStream` : `ISequentialStream`.
#[interface("0000000c-0000-0000-c000-000000000046")]
pub unsafe trait IStream: ISequentialStream {
    fn Seek(&self, move_: i64, origin: u32, new_position: *mut u64) -> HRESULT;
    fn SetSize(&self, new_size: u64) -> HRESULT;
    fn CopyTo(&self, pstm: In<IStream>, cb: u64, read_bytes: *mut u64, written_bytes: *mut u64) -> HRESULT;
    fn Commit(&self, commit_flags: u32) -> HRESULT;
    fn Revert(&self) -> HRESULT;
    fn LockRegion(&self, offset: u64, cb: u64, lock_type: u32) -> HRESULT;
    fn UnlockRegion(&self, offset: u64, cb: u64, lock_type: u32) -> HRESULT;
    fn Stat(&self, pstatstg: *mut STATSTG, stat_flag: u32) -> HRESULT;
    fn Clone(&self, ppstm: OutInterface<IStream>) -> HRESULT;
}
