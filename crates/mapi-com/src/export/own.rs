//! Which COM objects are of this library: an object of ours that a program hands in is taken for what it is,
//! any other for a foreign one.
//!
//! Told by the vtable, which is compared and never called: a foreign object is asked nothing but
//! QueryInterface for the interface of the class.

use crate::verify;
use std::any::Any;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use windows_core::{ComObject, ComObjectInner, ComObjectInterface, IUnknown, IUnknownImpl, Interface};

/// A class whose objects are recognised.
pub(super) trait Own: ComObjectInner + 'static
where
    Self::Outer: Any + IUnknownImpl<Impl = Self> + ComObjectInterface<Self::Face>,
{
    /// The interface that it is handed out by.
    type Face: Interface;

    /// Where the class keeps the vtable of its objects.
    fn vtable() -> &'static AtomicPtr<c_void>;
}

/// Makes a COM object that is recognised later.
pub(super) fn export<T: Own>(object: T) -> T::Face
where
    T::Outer: Any + IUnknownImpl<Impl = T> + ComObjectInterface<T::Face>,
{
    let face: T::Face = ComObject::new(object).into_interface();
    T::vtable().store(vtable_of(&face), Ordering::Relaxed);
    face
}

/// The object of this class behind a pointer of a program, if it is one.
pub(super) fn known<T: Own>(object: &IUnknown) -> Option<ComObject<T>>
where
    T::Outer: Any + IUnknownImpl<Impl = T> + ComObjectInterface<T::Face>,
{
    let inner = verify::object::inner(object.as_raw());
    // SAFETY: the pointer handed in, or the object that it stands in for and keeps alive.
    let object = unsafe { IUnknown::from_raw_borrowed(&inner) }?;
    let face: T::Face = object.cast().ok()?;
    let ours = T::vtable().load(Ordering::Relaxed);
    if ours.is_null() || vtable_of(&face) != ours {
        return None;
    }
    // From here on it is one of our own objects, so the private query of windows-core is answered by it.
    face.cast_object::<T>().ok()
}

fn vtable_of(face: &impl Interface) -> *mut c_void {
    // SAFETY: every COM object begins with the address of its vtable.
    unsafe { *face.as_raw().cast::<*mut c_void>() }
}
