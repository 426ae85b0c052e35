//! Buffers (MAPIX.H).
//! The allocator itself is `mapi_com::memory`; starting and stopping is `mapix.rs`.

use mapi_com::guard::{entry, value};
use mapi_com::marshal::Out;
use mapi_com::memory;
use std::ffi::c_void;

/// Makes a buffer of `bytes` bytes.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `buffer` is NULL.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
///
/// # Source
/// MAPIAllocateBuffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIAllocateBuffer(bytes: u32, buffer: *mut *mut c_void) -> i32 {
    const CALL: &str = "MAPIAllocateBuffer";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(buffer, CALL) }?;
        out.write(memory::allocate(bytes as usize)?.as_ptr());
        Ok(())
    })
    .0
}

/// Makes a buffer that is freed together with `object`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `buffer` is NULL, or `object` is no live buffer.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
///
/// # Source
/// MAPIAllocateMore.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIAllocateMore(bytes: u32, object: *mut c_void, buffer: *mut *mut c_void) -> i32 {
    const CALL: &str = "MAPIAllocateMore";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(buffer, CALL) }?;
        out.write(memory::allocate_more(bytes as usize, object)?.as_ptr());
        Ok(())
    })
    .0
}

/// Frees a buffer and everything linked to it. NULL, a linked buffer and a pointer that is no buffer are
/// left alone; the answer is always S_OK.
///
/// # Source
/// MAPIFreeBuffer.
#[unsafe(no_mangle)]
pub extern "C" fn MAPIFreeBuffer(buffer: *mut c_void) -> u32 {
    value("MAPIFreeBuffer", 0, || {
        memory::free(buffer);
        Ok(0)
    })
}

/// Makes a buffer of another size with the content of `old`, which is freed; what is linked moves along.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `buffer` is NULL, or `old` is neither NULL nor a buffer.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`: `old` is untouched.
///
/// # Source
/// MAPIReallocateBuffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIReallocateBuffer(old: *mut c_void, bytes: u32, buffer: *mut *mut c_void) -> i32 {
    const CALL: &str = "MAPIReallocateBuffer";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(buffer, CALL) }?;
        out.write(memory::reallocate(old, bytes as usize)?.as_ptr());
        Ok(())
    })
    .0
}

/// Counts the live buffers of the process, linked ones included, and their bytes. Not part of MAPI: for
/// programs that look for buffers they forgot. Either pointer may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMAPILiveBuffers(buffers: *mut u64, bytes: *mut u64) {
    const CALL: &str = "OpenMAPILiveBuffers";
    value(CALL, (), || {
        let live = memory::live();
        // SAFETY: the caller's out parameters.
        let (buffers, bytes) = unsafe { (Out::optional(buffers, CALL)?, Out::optional(bytes, CALL)?) };
        buffers.into_iter().for_each(|out| out.write(live.buffers as u64));
        bytes.into_iter().for_each(|out| out.write(live.bytes as u64));
        Ok(())
    });
}

/// The task allocator: one object for the life of the process, whose references need not be counted.
///
/// # Source
/// MAPIGetDefaultMalloc.
#[unsafe(no_mangle)]
pub extern "C" fn MAPIGetDefaultMalloc() -> *mut c_void {
    mapi_com::export::malloc::default_malloc()
}
