//! The stub that takes the place of an object's vtable (IMAPISupport::MakeInvalid): references are counted
//! as before, every other method answers `MAPI_E_INVALID_OBJECT`.
//!
//! Only for objects of C programs, which have no gate; our own objects ask theirs (`guard.rs`).

use crate::marshal::invalid;
use crate::memory;
use mapi_defs::{ErrorCode, Result};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_core::{GUID, HRESULT, IUnknown, Interface};

/// Methods of the longest vtable that can be replaced; the longest of MAPI has 44.
pub const MOST_METHODS: u32 = 64;
/// The smallest object that can be made invalid, in bytes.
const LEAST_BYTES: usize = 16;

/// What an invalid object begins with.
#[repr(C)]
struct Dead {
    vtable: &'static [Slot; MOST_METHODS as usize],
    references: AtomicU32,
}

const _: () = assert!(size_of::<Dead>() <= LEAST_BYTES);

/// A method of any signature: nothing but the object is looked at, and an HRESULT or a 32-bit number is
/// answered, which the C calling convention of these systems allows.
type Slot = *const c_void;

struct Slots([Slot; MOST_METHODS as usize]);

// SAFETY: the table holds addresses of functions and is never written.
unsafe impl Sync for Slots {}

static STUB: Slots = Slots({
    let mut slots = [refuse as *const c_void; MOST_METHODS as usize];
    slots[0] = query_interface as *const c_void;
    slots[1] = add_ref as *const c_void;
    slots[2] = release as *const c_void;
    slots
});

/// Makes an object of a C program unusable. Its memory is freed with its last reference, where it is one of
/// MAPI's buffers.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the object is NULL, misaligned or smaller than 16 bytes, or its vtable has
///   fewer than 3 or more than [`MOST_METHODS`] methods.
///
/// # Safety
/// The caller owns the object, which has 16 bytes at least, and nobody is inside one of its methods.
///
/// # Source
/// IMAPISupport::MakeInvalid.
pub unsafe fn make_invalid(object: *mut c_void, references: u32, methods: u32) -> Result<()> {
    const CALL: &str = "IMAPISupport::MakeInvalid";
    let dead = object.cast::<Dead>();
    if dead.is_null() || !dead.is_aligned() {
        return Err(invalid(CALL, "the object is NULL or misaligned"));
    }
    if memory::size_of_buffer(object).is_some_and(|bytes| bytes < LEAST_BYTES) {
        return Err(invalid(CALL, "the object is too small"));
    }
    if !(3..=MOST_METHODS).contains(&methods) {
        return Err(invalid(CALL, "the vtable has too few or too many methods"));
    }
    // SAFETY: the caller owns the object, which is large enough.
    unsafe { dead.write(Dead { vtable: &STUB.0, references: AtomicU32::new(references) }) };
    Ok(())
}

unsafe extern "system" fn query_interface(
    this: *mut c_void,
    iid: *const GUID,
    out: *mut *mut c_void,
) -> HRESULT {
    if iid.is_null() || out.is_null() {
        return HRESULT(ErrorCode::E_POINTER.as_u32() as i32);
    }
    // SAFETY: the caller's identifier and out parameter, neither NULL; the object is a dead one.
    unsafe {
        if iid.read_unaligned() == IUnknown::IID {
            add_ref(this);
            out.write_unaligned(this);
            return HRESULT(0);
        }
        out.write_unaligned(std::ptr::null_mut());
    }
    refuse(this)
}

unsafe extern "system" fn add_ref(this: *mut c_void) -> u32 {
    // SAFETY: a dead object, which the caller holds a reference to.
    unsafe { &(*this.cast::<Dead>()).references }.fetch_add(1, Ordering::Relaxed) + 1
}

unsafe extern "system" fn release(this: *mut c_void) -> u32 {
    // SAFETY: a dead object, of which the caller gives up a reference.
    let references = unsafe { &(*this.cast::<Dead>()).references };
    let left = references.fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| held.checked_sub(1));
    match left {
        Ok(1) => {
            memory::free_quietly(this);
            0
        }
        Ok(held) => held - 1,
        Err(_) => 0,
    }
}

extern "system" fn refuse(_this: *mut c_void) -> HRESULT {
    HRESULT(ErrorCode::INVALID_OBJECT.as_u32() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interfaces::{IMAPIFolder, IMAPIProp};
    use std::ptr::null_mut;

    #[test]
    fn every_method_refuses_and_the_last_release_frees() {
        let object = memory::allocate(64).unwrap().as_ptr();
        // SAFETY: the buffer is ours and large enough.
        unsafe { make_invalid(object, 2, 30) }.unwrap();
        // SAFETY: the stub has the first three slots of every interface, and takes any call.
        unsafe {
            let prop = IMAPIProp::from_raw(object);
            assert_eq!(prop.SaveChanges(0).0 as u32, 0x8004_0108);
            assert_eq!(prop.GetProps(null_mut(), 0, null_mut(), null_mut()).0 as u32, 0x8004_0108);
            let last = IMAPIFolder::from_raw(object);
            assert_eq!(last.EmptyFolder(0, Default::default(), 0).0 as u32, 0x8004_0108);
            let same: IUnknown = prop.cast().unwrap();
            assert_eq!(same.as_raw(), object);
            assert!(prop.cast::<IMAPIFolder>().is_err());
            drop((same, prop));
            assert!(memory::size_of_buffer(object).is_some());
            drop(last);
        }
        assert_eq!(memory::size_of_buffer(object), None);
    }

    #[test]
    fn what_cannot_be_made_invalid_is_left_alone() {
        let small = memory::allocate(8).unwrap().as_ptr();
        let object = memory::allocate(16).unwrap().as_ptr();
        for (object, methods) in
            [(null_mut(), 3), (small, 3), (object, 2), (object, 65), (object.wrapping_byte_add(1), 3)]
        {
            // SAFETY: each is refused before it is written.
            assert!(unsafe { make_invalid(object, 1, methods) }.is_err());
        }
        memory::free(small);
        memory::free(object);
    }
}
