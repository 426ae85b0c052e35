//! The names of COM that a MAPI program needs on a machine without COM: beginning and ending its use, and the
//! task allocator.
//!
//! There is no COM around these, so beginning it is counted by nobody. Compound files are `storage.rs`.

use mapi_com::export::malloc::default_malloc;
use mapi_com::guard::{entry, value};
use mapi_com::marshal::{Out, invalid};
use mapi_com::memory;
use std::ffi::c_void;
use std::ptr::null_mut;

/// Begins the use of COM; there is nothing to begin (CoInitialize).
#[unsafe(no_mangle)]
pub extern "C" fn CoInitialize(_reserved: *mut c_void) -> i32 {
    entry("CoInitialize", || Ok(())).0
}

/// As CoInitialize; objects may be used from any thread, whatever the model asked for (CoInitializeEx).
#[unsafe(no_mangle)]
pub extern "C" fn CoInitializeEx(_reserved: *mut c_void, _model: u32) -> i32 {
    entry("CoInitializeEx", || Ok(())).0
}

/// Ends the use of COM (CoUninitialize).
#[unsafe(no_mangle)]
pub extern "C" fn CoUninitialize() {
    value("CoUninitialize", (), || Ok(()));
}

/// As CoInitialize (OleInitialize).
#[unsafe(no_mangle)]
pub extern "C" fn OleInitialize(_reserved: *mut c_void) -> i32 {
    entry("OleInitialize", || Ok(())).0
}

/// As CoUninitialize (OleUninitialize).
#[unsafe(no_mangle)]
pub extern "C" fn OleUninitialize() {
    value("OleUninitialize", (), || Ok(()));
}

/// The task allocator as an object.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the out parameter is NULL, or `context` is not MEMCTX_TASK.
///
/// # Source
/// CoGetMalloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CoGetMalloc(context: u32, out: *mut *mut c_void) -> i32 {
    const CALL: &str = "CoGetMalloc";
    const MEMCTX_TASK: u32 = 1;
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(out, CALL) }?;
        if context != MEMCTX_TASK {
            return Err(invalid(CALL, "no such allocator"));
        }
        out.write(default_malloc());
        Ok(())
    })
    .0
}

/// A block of the task allocator, NULL where there is no memory (CoTaskMemAlloc).
#[unsafe(no_mangle)]
pub extern "C" fn CoTaskMemAlloc(bytes: usize) -> *mut c_void {
    value("CoTaskMemAlloc", null_mut(), || Ok(memory::allocate(bytes)?.as_ptr()))
}

/// Makes a block of another size; no bytes free it (CoTaskMemRealloc).
#[unsafe(no_mangle)]
pub extern "C" fn CoTaskMemRealloc(block: *mut c_void, bytes: usize) -> *mut c_void {
    value("CoTaskMemRealloc", null_mut(), || {
        if bytes == 0 {
            memory::free(block);
            return Ok(null_mut());
        }
        Ok(memory::reallocate(block, bytes)?.as_ptr())
    })
}

/// Frees a block of the task allocator; NULL and what is none are left alone (CoTaskMemFree).
#[unsafe(no_mangle)]
pub extern "C" fn CoTaskMemFree(block: *mut c_void) {
    value("CoTaskMemFree", (), || {
        memory::free(block);
        Ok(())
    });
}
