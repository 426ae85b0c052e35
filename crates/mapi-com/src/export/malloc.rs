//! The task allocator as an object (MAPIGetDefaultMalloc): static, so counting references changes nothing.
//! Its blocks stand in the same book as MAPI's buffers, see `memory.rs`.

use crate::guard;
use crate::interfaces::{IMalloc, IMalloc_Vtbl};
use crate::memory;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use windows_core::{GUID, HRESULT, IUnknown, IUnknown_Vtbl, Interface};

/// The address of the one allocator object; it needs no reference and lives as long as the process.
pub fn default_malloc() -> *mut c_void {
    (&raw const MALLOC).cast_mut().cast()
}

#[repr(C)]
struct Malloc {
    vtable: &'static IMalloc_Vtbl,
}

static MALLOC: Malloc = Malloc { vtable: &VTABLE };

static VTABLE: IMalloc_Vtbl = IMalloc_Vtbl {
    base__: IUnknown_Vtbl { QueryInterface: query_interface, AddRef: count, Release: count },
    Alloc: alloc,
    Realloc: realloc,
    Free: free,
    GetSize: size,
    DidAlloc: did_alloc,
    HeapMinimize: minimize,
};

unsafe extern "system" fn query_interface(
    this: *mut c_void,
    iid: *const GUID,
    interface: *mut *mut c_void,
) -> HRESULT {
    let (Some(iid), Some(out)) = (NonNull::new(iid.cast_mut()), NonNull::new(interface)) else {
        return HRESULT(0x8000_4003_u32 as i32);
    };
    // SAFETY: the caller's identifier and out parameter, neither NULL.
    unsafe {
        let known = [IUnknown::IID, IMalloc::IID].contains(&iid.read_unaligned());
        out.write_unaligned(if known { this } else { null_mut() });
        HRESULT(if known { 0 } else { 0x8000_4002_u32 as i32 })
    }
}

unsafe extern "system" fn count(_this: *mut c_void) -> u32 {
    1
}

unsafe extern "system" fn alloc(_this: *mut c_void, bytes: usize) -> *mut c_void {
    guard::value("IMalloc::Alloc", null_mut(), || Ok(memory::allocate(bytes)?.as_ptr()))
}

unsafe extern "system" fn realloc(this: *mut c_void, block: *mut c_void, bytes: usize) -> *mut c_void {
    if bytes == 0 && !block.is_null() {
        // SAFETY: the arguments are the caller's own.
        unsafe { free(this, block) };
        return null_mut();
    }
    guard::value("IMalloc::Realloc", null_mut(), || Ok(memory::reallocate(block, bytes)?.as_ptr()))
}

unsafe extern "system" fn free(_this: *mut c_void, block: *mut c_void) {
    guard::value("IMalloc::Free", (), || {
        memory::free(block);
        Ok(())
    });
}

unsafe extern "system" fn size(_this: *mut c_void, block: *mut c_void) -> usize {
    // COM's answer for what is no block of this allocator.
    guard::value("IMalloc::GetSize", usize::MAX, || Ok(memory::size_of_buffer(block).unwrap_or(usize::MAX)))
}

unsafe extern "system" fn did_alloc(_this: *mut c_void, block: *mut c_void) -> i32 {
    if block.is_null() {
        return -1;
    }
    guard::value("IMalloc::DidAlloc", -1, || Ok(i32::from(memory::size_of_buffer(block).is_some())))
}

unsafe extern "system" fn minimize(_this: *mut c_void) {}
