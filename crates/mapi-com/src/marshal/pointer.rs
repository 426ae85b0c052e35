//! The three kinds of pointer arguments: an interface handed in, an out parameter, an array.
//! What the elements of arrays mean is in the neighbouring files.

use super::MOST_ELEMENTS;
use crate::verify;
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;
use windows_core::Interface;

/// An interface handed in: borrowed for the call, possibly NULL.
#[repr(transparent)]
pub struct In<I>(*mut c_void, PhantomData<fn() -> I>);

impl<I> Clone for In<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for In<I> {}

impl<I> Default for In<I> {
    fn default() -> Self {
        Self::null()
    }
}

impl<I> In<I> {
    /// NULL.
    pub const fn null() -> Self {
        Self(std::ptr::null_mut(), PhantomData)
    }

    /// The pointer as it was handed in.
    pub const fn as_raw(self) -> *mut c_void {
        self.0
    }

    /// A pointer of C, taken for an interface pointer.
    pub const fn from_raw(pointer: *mut c_void) -> Self {
        Self(pointer, PhantomData)
    }
}

impl<I: Interface> In<I> {
    /// The interface, or `None` for NULL.
    ///
    /// # Safety
    /// The pointer is NULL or an interface of kind `I` that lives as long as `self` is borrowed.
    pub unsafe fn as_ref(&self) -> Option<&I> {
        if verify::is_on() && verify::object::is_released(self.0) {
            return None;
        }
        // SAFETY: the caller promises a live interface of this kind; NULL gives `None`.
        unsafe { I::from_raw_borrowed(&self.0) }
    }

    /// The interface.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: NULL.
    ///
    /// # Safety
    /// As [`In::as_ref`].
    pub unsafe fn required(&self, call: &'static str) -> Result<&I> {
        // SAFETY: the promise is the caller's own.
        unsafe { self.as_ref() }.ok_or_else(|| invalid(call, "an interface is NULL"))
    }
}

impl<'a, I: Interface> From<&'a I> for In<I> {
    fn from(interface: &'a I) -> Self {
        Self(interface.as_raw(), PhantomData)
    }
}

/// An out parameter for an interface: written once, with a reference that the caller releases.
#[repr(transparent)]
pub struct OutInterface<I>(*mut *mut c_void, PhantomData<fn(I)>);

impl<I> Clone for OutInterface<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for OutInterface<I> {}

impl<I> OutInterface<I> {
    /// A pointer of C, taken for an out parameter.
    pub const fn from_raw(pointer: *mut *mut c_void) -> Self {
        Self(pointer, PhantomData)
    }
}

impl<I: Interface> OutInterface<I> {
    /// The out parameter, checked before the call does anything.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: NULL or misaligned.
    ///
    /// # Safety
    /// The pointer is NULL or may be written for the length of the call.
    pub unsafe fn required(self, call: &'static str) -> Result<Out<*mut c_void>> {
        // SAFETY: the promise is the caller's own.
        unsafe { Out::required(self.0, call) }
    }

    /// The out parameter, where the caller wants the interface at all.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: misaligned.
    ///
    /// # Safety
    /// As [`OutInterface::required`].
    pub unsafe fn optional(self, call: &'static str) -> Result<Option<Out<*mut c_void>>> {
        // SAFETY: the promise is the caller's own.
        unsafe { Out::optional(self.0, call) }
    }
}

impl<I: Interface> From<&mut Option<I>> for OutInterface<I> {
    fn from(place: &mut Option<I>) -> Self {
        // An `Option` of an interface is one pointer, NULL for `None`.
        Self(std::ptr::from_mut(place).cast(), PhantomData)
    }
}

/// An out parameter that was checked: it can be written, and is written once.
#[derive(Debug)]
pub struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// An out parameter that must be there.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: NULL or misaligned.
    ///
    /// # Safety
    /// The pointer is NULL or may be written as a `T` until the `Out` is gone.
    pub unsafe fn required(pointer: *mut T, call: &'static str) -> Result<Self> {
        // SAFETY: the promise is the caller's own.
        unsafe { Self::optional(pointer, call) }?.ok_or_else(|| invalid(call, "an out parameter is NULL"))
    }

    /// An out parameter that may be NULL where the caller does not care.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: misaligned.
    ///
    /// # Safety
    /// As [`Out::required`].
    pub unsafe fn optional(pointer: *mut T, call: &'static str) -> Result<Option<Self>> {
        if !pointer.is_aligned() {
            return Err(invalid(call, "an out parameter is misaligned"));
        }
        refuse_freed(pointer.cast(), call)?;
        Ok(NonNull::new(pointer).map(Self))
    }

    /// Writes the value; what was there before is not looked at.
    pub fn write(self, value: T) {
        // SAFETY: whoever made this `Out` promised that the place may be written.
        unsafe { self.0.write(value) };
    }
}

impl Out<*mut c_void> {
    /// Hands out an interface with the reference that it holds.
    pub fn give<I: Interface>(self, interface: I) {
        self.write(verify::object::handed_out(interface));
    }
}

/// The elements of a counted array, borrowed for the call.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: NULL with a count, misaligned, or more than [`MOST_ELEMENTS`].
///
/// # Safety
/// A pointer that is not NULL leads to `count` elements that live and do not change during `'a`.
pub unsafe fn array<'a, T>(pointer: *const T, count: u32, call: &'static str) -> Result<&'a [T]> {
    let count = count as usize;
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(invalid(call, "an array is NULL or misaligned"));
    }
    refuse_freed(pointer.cast(), call)?;
    if count > MOST_ELEMENTS {
        return Err(invalid(call, "an array claims too many elements"));
    }
    // SAFETY: not NULL, aligned, bounded; the caller promises that the elements are there.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// Refuses, in verify mode, a pointer into a buffer that was freed.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: it is one.
#[inline]
pub(super) fn refuse_freed(pointer: *const c_void, call: &'static str) -> Result<()> {
    if verify::is_on() && verify::block::is_freed(pointer, call) {
        return Err(invalid(call, "a buffer was freed"));
    }
    Ok(())
}

/// The error of an argument that cannot be used.
pub fn invalid(call: &'static str, what: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_PARAMETER, call, what)
}
