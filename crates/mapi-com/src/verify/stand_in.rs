//! The interface pointer that a program gets in verify mode: it stands in for one interface of an object,
//! counts its references by itself, and hands every other call on as it is.
//!
//! Handing on takes a few instructions of the machine, since a method may have any arguments: the pointer to the
//! object is exchanged, the method's address fetched, and jumped to. After the last release the same pointer
//! leads to methods that refuse. What is counted and told is `object.rs`'s.

use super::object;
use crate::invalid::MOST_METHODS;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use windows_core::{GUID, HRESULT};

const METHODS: usize = MOST_METHODS as usize;
const MAGIC: u64 = u64::from_le_bytes(*b"MAPIface");

/// One interface of one object.
#[repr(C)]
pub(super) struct StandIn {
    methods: AtomicPtr<Methods>,
    magic: u64,
    /// The interface that it stands in for; `forward` knows its place.
    inner: *mut c_void,
    /// The record of the object.
    number: u64,
}

const _: () = assert!(std::mem::offset_of!(StandIn, inner) == 16);

#[repr(transparent)]
pub(super) struct Methods([*const c_void; METHODS]);

// SAFETY: the table holds addresses of functions and is never written.
unsafe impl Sync for Methods {}

impl StandIn {
    /// For an interface of the object with this number; freed by [`StandIn::free`].
    pub(super) fn new(inner: *mut c_void, number: u64) -> *mut Self {
        let methods = AtomicPtr::new((&raw const LIVING).cast_mut());
        Box::into_raw(Box::new(Self { methods, magic: MAGIC, inner, number }))
    }

    /// From now on every call is refused.
    ///
    /// # Safety
    /// It was made by [`StandIn::new`] and not freed.
    pub(super) unsafe fn end(this: *mut Self) {
        // SAFETY: the promise is the caller's own.
        unsafe { &(*this).methods }.store((&raw const ENDED).cast_mut(), Ordering::Release);
    }

    /// Frees the memory.
    ///
    /// # Safety
    /// As [`StandIn::end`], and nobody uses the pointer any longer.
    pub(super) unsafe fn free(this: *mut Self) {
        // SAFETY: the promise is the caller's own.
        drop(unsafe { Box::from_raw(this) });
    }

    /// The object's number and the interface, unless a program has written over them.
    ///
    /// # Safety
    /// As [`StandIn::end`].
    unsafe fn read(this: *mut c_void) -> Option<(u64, *mut c_void)> {
        // SAFETY: the promise is the caller's own.
        let this = unsafe { &*this.cast::<Self>() };
        (this.magic == MAGIC).then_some((this.number, this.inner))
    }
}

macro_rules! each_slot {
    ($first:expr, $second:expr, $third:expr, $rest:ident) => {
        [
            $first as *const c_void,
            $second as *const c_void,
            $third as *const c_void,
            each_slot!(@ $rest 3), each_slot!(@ $rest 4), each_slot!(@ $rest 5), each_slot!(@ $rest 6),
            each_slot!(@ $rest 7), each_slot!(@ $rest 8), each_slot!(@ $rest 9), each_slot!(@ $rest 10),
            each_slot!(@ $rest 11), each_slot!(@ $rest 12), each_slot!(@ $rest 13), each_slot!(@ $rest 14),
            each_slot!(@ $rest 15), each_slot!(@ $rest 16), each_slot!(@ $rest 17), each_slot!(@ $rest 18),
            each_slot!(@ $rest 19), each_slot!(@ $rest 20), each_slot!(@ $rest 21), each_slot!(@ $rest 22),
            each_slot!(@ $rest 23), each_slot!(@ $rest 24), each_slot!(@ $rest 25), each_slot!(@ $rest 26),
            each_slot!(@ $rest 27), each_slot!(@ $rest 28), each_slot!(@ $rest 29), each_slot!(@ $rest 30),
            each_slot!(@ $rest 31), each_slot!(@ $rest 32), each_slot!(@ $rest 33), each_slot!(@ $rest 34),
            each_slot!(@ $rest 35), each_slot!(@ $rest 36), each_slot!(@ $rest 37), each_slot!(@ $rest 38),
            each_slot!(@ $rest 39), each_slot!(@ $rest 40), each_slot!(@ $rest 41), each_slot!(@ $rest 42),
            each_slot!(@ $rest 43), each_slot!(@ $rest 44), each_slot!(@ $rest 45), each_slot!(@ $rest 46),
            each_slot!(@ $rest 47), each_slot!(@ $rest 48), each_slot!(@ $rest 49), each_slot!(@ $rest 50),
            each_slot!(@ $rest 51), each_slot!(@ $rest 52), each_slot!(@ $rest 53), each_slot!(@ $rest 54),
            each_slot!(@ $rest 55), each_slot!(@ $rest 56), each_slot!(@ $rest 57), each_slot!(@ $rest 58),
            each_slot!(@ $rest 59), each_slot!(@ $rest 60), each_slot!(@ $rest 61), each_slot!(@ $rest 62),
            each_slot!(@ $rest 63),
        ]
    };
    (@ $rest:ident $slot:literal) => { $rest::<$slot> as *const c_void };
}

static LIVING: Methods = Methods(each_slot!(query_interface, add_ref, release, forward));
static ENDED: Methods = Methods(each_slot!(ended_query, ended_add_ref, ended_release, refuse));

/// Jumps to the same method of the object itself, with the arguments as they are.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn forward<const SLOT: usize>() {
    std::arch::naked_asm!(
        "mov rdi, [rdi + 16]",
        "mov rax, [rdi]",
        "jmp qword ptr [rax + {at}]",
        at = const SLOT * 8,
    )
}

/// Jumps to the same method of the object itself, with the arguments as they are.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn forward<const SLOT: usize>() {
    std::arch::naked_asm!(
        "ldr x0, [x0, #16]",
        "ldr x16, [x0]",
        "ldr x16, [x16, #{at}]",
        "br x16",
        at = const SLOT * 8,
    )
}

/// Refuses a method of a released object; nothing but the object is looked at.
extern "C" fn refuse<const SLOT: usize>(this: *mut c_void) -> HRESULT {
    // SAFETY: whoever calls this has a pointer that stood in for an object, and is kept.
    unsafe { tell(this, SLOT) };
    object::INVALID
}

/// Tells of a call on a released object.
///
/// # Safety
/// The pointer stood in for an object, and is kept.
unsafe fn tell(this: *mut c_void, slot: usize) {
    // SAFETY: the promise is the caller's own.
    object::refuse(unsafe { StandIn::read(this) }.map(|(number, _)| number), slot);
}

unsafe extern "C" fn query_interface(this: *mut c_void, iid: *const GUID, out: *mut *mut c_void) -> HRESULT {
    // SAFETY: a living stand-in, by its methods.
    let Some((_, inner)) = (unsafe { StandIn::read(this) }) else {
        object::refuse(None, 0);
        return object::INVALID;
    };
    // SAFETY: the object lives while its stand-in does; the arguments are the caller's.
    unsafe { object::query(inner, iid, out) }
}

unsafe extern "C" fn add_ref(this: *mut c_void) -> u32 {
    // SAFETY: a living stand-in, by its methods.
    match unsafe { StandIn::read(this) } {
        Some((number, _)) => object::add_ref(number),
        None => {
            object::refuse(None, 1);
            0
        }
    }
}

/// Hands on the address that the call returns to beside the object: it says who released.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn release(_this: *mut c_void) -> u32 {
    std::arch::naked_asm!("mov rsi, [rsp]", "jmp {released}", released = sym released)
}

/// Hands on the address that the call returns to beside the object: it says who released.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn release(_this: *mut c_void) -> u32 {
    std::arch::naked_asm!("mov x1, x30", "b {released}", released = sym released)
}

unsafe extern "C" fn released(this: *mut c_void, by: usize) -> u32 {
    // SAFETY: a living stand-in, by its methods.
    match unsafe { StandIn::read(this) } {
        Some((number, _)) => object::release(number, by),
        None => {
            object::refuse(None, 2);
            0
        }
    }
}

unsafe extern "C" fn ended_query(this: *mut c_void, iid: *const GUID, out: *mut *mut c_void) -> HRESULT {
    if iid.is_null() || out.is_null() {
        return HRESULT(mapi_defs::ErrorCode::INVALID_PARAMETER.as_u32() as i32);
    }
    // SAFETY: the caller's out parameter.
    unsafe { out.write_unaligned(std::ptr::null_mut()) };
    // SAFETY: the methods of an ended stand-in lead here.
    unsafe { tell(this, 0) };
    object::INVALID
}

unsafe extern "C" fn ended_add_ref(this: *mut c_void) -> u32 {
    // SAFETY: the methods of an ended stand-in lead here.
    unsafe { tell(this, 1) };
    0
}

unsafe extern "C" fn ended_release(this: *mut c_void) -> u32 {
    // SAFETY: the methods of an ended stand-in lead here.
    unsafe { tell(this, 2) };
    0
}
