//! The allocator of the program that loaded this library: a provider in Rust has a copy of this crate of its own,
//! and what it hands out is freed by its host.
//!
//! Nothing is adopted in the host itself; `memory.rs` then keeps its own book.

use crate::abi::{AllocateBuffer, AllocateMore, FreeBuffer};
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// The three functions of a host.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    allocate: AllocateBuffer,
    more: AllocateMore,
    free: FreeBuffer,
}

static HOST: OnceLock<Host> = OnceLock::new();

/// Makes every buffer of this copy of the crate one of the host's. The first host stays: a library has one.
///
/// # Safety
/// The functions do what MAPI's do, on any thread, for as long as the process lives.
pub(crate) unsafe fn adopt(allocate: AllocateBuffer, more: AllocateMore, free: FreeBuffer) -> Result<()> {
    if allocate.is_none() || more.is_none() || free.is_none() {
        return Err(crate::marshal::invalid("ProviderInit", "an allocator function is NULL"));
    }
    HOST.get_or_init(|| Host { allocate, more, free });
    Ok(())
}

/// The host's functions, where this is a library of its.
pub(crate) fn host() -> Option<&'static Host> {
    HOST.get()
}

impl Host {
    pub(crate) fn allocate(&self, bytes: usize) -> Result<NonNull<c_void>> {
        let mut block = std::ptr::null_mut();
        // SAFETY: whoever adopted the host promised a function that may be called so.
        let answer = self
            .allocate
            .zip(size(bytes))
            .map(|(allocate, bytes)| unsafe { allocate(bytes, &raw mut block) });
        made(answer, block)
    }

    pub(crate) fn allocate_more(&self, bytes: usize, root: *mut c_void) -> Result<NonNull<c_void>> {
        let mut block = std::ptr::null_mut();
        // SAFETY: as in `allocate`; the root is one of the host's buffers.
        let answer =
            self.more.zip(size(bytes)).map(|(more, bytes)| unsafe { more(bytes, root, &raw mut block) });
        made(answer, block)
    }

    pub(crate) fn free(&self, block: *mut c_void) {
        if let Some(free) = self.free {
            // SAFETY: as in `allocate`; the host looks a pointer up before it believes it.
            unsafe { free(block) };
        }
    }
}

fn size(bytes: usize) -> Option<u32> {
    u32::try_from(bytes).ok()
}

fn made(answer: Option<i32>, block: *mut c_void) -> Result<NonNull<c_void>> {
    let good = answer.is_some_and(|answer| answer >= 0);
    NonNull::new(block).filter(|_| good).ok_or_else(|| {
        Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "ALLOCATEBUFFER", "the host has no block of this size")
    })
}
