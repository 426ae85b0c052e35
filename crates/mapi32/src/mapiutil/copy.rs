//! Counting, copying, moving and duplicating property values and notifications as they are.
//! The layout is `mapi_com::marshal::copy`'s; reading and comparing values is in `property.rs`.

use mapi_com::abi::{AllocateBuffer, AllocateMore, NOTIFICATION, SPropValue};
use mapi_com::guard::entry;
use mapi_com::marshal::block::Writer;
use mapi_com::marshal::copy::{is_in_place, is_known, put_c_props, put_payload, relocate};
use mapi_com::marshal::notification::{put_c_notifications, relocate_notifications};
use mapi_com::marshal::{Out, array, invalid};
use mapi_defs::prop::PropTag;
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

/// Counts the bytes that a copy of the values takes. A NULL `bytes` only checks the values.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an identifier is PROP_ID_NULL or PROP_ID_INVALID, a multi-valued
///   property has no values, a type is none, or a pointer cannot be used.
///
/// # Source
/// ScCountProps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScCountProps(count: i32, values: *const SPropValue, bytes: *mut u32) -> i32 {
    const CALL: &str = "ScCountProps";
    entry(CALL, || {
        // SAFETY: the caller's values and out parameter.
        let (values, out) = unsafe { (signed_array(values, count, CALL)?, Out::optional(bytes, CALL)?) };
        values.iter().try_for_each(countable)?;
        let mut writer = Writer::counting();
        // SAFETY: the caller's values.
        unsafe { put_c_props(&mut writer, values, CALL) }?;
        write_count(out, writer.used())
    })
    .0
}

/// Copies values into one block, which ScCountProps says the size of.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a type is none, or a pointer cannot be used.
///
/// # Source
/// ScCopyProps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScCopyProps(
    count: i32,
    values: *const SPropValue,
    block: *mut c_void,
    bytes: *mut u32,
) -> i32 {
    const CALL: &str = "ScCopyProps";
    entry(CALL, || {
        // SAFETY: the caller's values and out parameter.
        let (values, out) = unsafe { (signed_array(values, count, CALL)?, Out::optional(bytes, CALL)?) };
        // SAFETY: as above.
        let used = unsafe { fill(block, CALL, |writer| put_c_props(writer, values, CALL).map(|_| ())) }?;
        write_count(out, used)
    })
    .0
}

/// Moves the pointers of copied values from one base address to another.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a base is NULL, or a pointer cannot be used.
///
/// # Source
/// ScRelocProps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScRelocProps(
    count: i32,
    values: *mut SPropValue,
    old: *mut c_void,
    new: *mut c_void,
    bytes: *mut u32,
) -> i32 {
    const CALL: &str = "ScRelocProps";
    entry(CALL, || {
        // SAFETY: the caller's values and out parameter.
        let (len, out) = unsafe { (signed_array(values, count, CALL)?.len(), Out::optional(bytes, CALL)?) };
        if old.is_null() || new.is_null() {
            return Err(invalid(CALL, "a base is NULL"));
        }
        if len == 0 {
            return write_count(out, 0);
        }
        // SAFETY: not NULL and aligned, as was just checked; the values are the caller's to change.
        let values = unsafe { std::slice::from_raw_parts_mut(values, len) };
        // SAFETY: the caller promises values that ScCopyProps laid out at the old base.
        let used = unsafe { relocate(values, old as usize, new as usize, CALL) }?;
        write_count(out, used)
    })
    .0
}

/// Copies values into a new buffer.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, or a value cannot be copied.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, or what the allocator answers.
///
/// # Source
/// ScDupPropset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScDupPropset(
    count: i32,
    values: *const SPropValue,
    allocate: AllocateBuffer,
    copy: *mut *mut SPropValue,
) -> i32 {
    const CALL: &str = "ScDupPropset";
    entry(CALL, || {
        // SAFETY: the caller's values and out parameter.
        let (values, out) = unsafe { (signed_array(values, count, CALL)?, Out::required(copy, CALL)?) };
        let allocate = allocate.ok_or_else(|| invalid(CALL, "the allocator is NULL"))?;
        let mut writer = Writer::counting();
        // SAFETY: the caller's values.
        unsafe { put_c_props(&mut writer, values, CALL) }?;
        let mut block = null_mut();
        // SAFETY: the caller's allocator, called as its type says.
        allocated(unsafe { allocate(size(writer.used())?, &raw mut block) }, block, CALL)?;
        // SAFETY: the allocator made a block of this size, which nobody else knows.
        unsafe { fill(block, CALL, |writer| put_c_props(writer, values, CALL).map(|_| ())) }?;
        out.write(block.cast());
        Ok(())
    })
    .0
}

/// Copies one value; what does not fit it is allocated with `object`.
///
/// # Errors
/// - `MAPI_E_NO_SUPPORT`: the type is none.
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, or a pointer cannot be used.
/// - what the allocator answers.
///
/// # Source
/// PropCopyMore.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PropCopyMore(
    target: *mut SPropValue,
    source: *const SPropValue,
    allocate_more: AllocateMore,
    object: *mut c_void,
) -> i32 {
    const CALL: &str = "PropCopyMore";
    entry(CALL, || {
        // SAFETY: the caller's value and out parameter.
        let (source, out) = unsafe { (&array(source, 1, CALL)?[0], Out::required(target, CALL)?) };
        let ptype = PropTag(source.ulPropTag).ptype();
        if !is_known(ptype) {
            return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "the property's type is none"));
        }
        if is_in_place(ptype) {
            out.write(*source);
            return Ok(());
        }
        let allocate_more = allocate_more.ok_or_else(|| invalid(CALL, "the allocator is NULL"))?;
        let mut writer = Writer::counting();
        // SAFETY: the caller's value.
        unsafe { put_payload(&mut writer, source, CALL) }?;
        let mut block = null_mut();
        // SAFETY: the caller's allocator, called as its type says.
        allocated(unsafe { allocate_more(size(writer.used())?, object, &raw mut block) }, block, CALL)?;
        // SAFETY: the allocator made a block of this size, which nobody else knows.
        let copied = unsafe {
            let mut copied = *source;
            fill(block, CALL, |writer| {
                copied = put_payload(writer, source, CALL)?;
                Ok(())
            })?;
            copied
        };
        out.write(copied);
        Ok(())
    })
    .0
}

/// Counts the bytes that a copy of the notifications takes. A NULL `bytes` only checks them.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an event is none, or a pointer cannot be used.
///
/// # Source
/// ScCountNotifications.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScCountNotifications(count: i32, all: *const NOTIFICATION, bytes: *mut u32) -> i32 {
    const CALL: &str = "ScCountNotifications";
    entry(CALL, || {
        // SAFETY: the caller's notifications and out parameter.
        let (all, out) = unsafe { (signed_array(all, count, CALL)?, Out::optional(bytes, CALL)?) };
        let mut writer = Writer::counting();
        // SAFETY: the caller's notifications.
        unsafe { put_c_notifications(&mut writer, all, CALL) }?;
        write_count(out, writer.used())
    })
    .0
}

/// Copies notifications into one block, which ScCountNotifications says the size of.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an event is none, or a pointer cannot be used.
///
/// # Source
/// ScCopyNotifications.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScCopyNotifications(
    count: i32,
    all: *const NOTIFICATION,
    block: *mut c_void,
    bytes: *mut u32,
) -> i32 {
    const CALL: &str = "ScCopyNotifications";
    entry(CALL, || {
        // SAFETY: the caller's notifications and out parameter.
        let (all, out) = unsafe { (signed_array(all, count, CALL)?, Out::optional(bytes, CALL)?) };
        // SAFETY: as above.
        let used = unsafe { fill(block, CALL, |writer| put_c_notifications(writer, all, CALL).map(|_| ())) }?;
        write_count(out, used)
    })
    .0
}

/// Moves the pointers of copied notifications from one base address to another.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a base is NULL, or a pointer cannot be used.
///
/// # Source
/// ScRelocNotifications.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScRelocNotifications(
    count: i32,
    all: *mut NOTIFICATION,
    old: *mut c_void,
    new: *mut c_void,
    bytes: *mut u32,
) -> i32 {
    const CALL: &str = "ScRelocNotifications";
    entry(CALL, || {
        // SAFETY: the caller's notifications and out parameter.
        let (len, out) = unsafe { (signed_array(all, count, CALL)?.len(), Out::optional(bytes, CALL)?) };
        if old.is_null() || new.is_null() {
            return Err(invalid(CALL, "a base is NULL"));
        }
        if len == 0 {
            return write_count(out, 0);
        }
        // SAFETY: not NULL and aligned, as was just checked; they are the caller's to change.
        let all = unsafe { std::slice::from_raw_parts_mut(all, len) };
        // SAFETY: the caller promises notifications that ScCopyNotifications laid out at the old base.
        let used = unsafe { relocate_notifications(all, old as usize, new as usize, CALL) }?;
        write_count(out, used)
    })
    .0
}

/// # Safety
/// The pointer leads to `count` elements, which live during the call.
unsafe fn signed_array<'a, T>(pointer: *const T, count: i32, call: &'static str) -> Result<&'a [T]> {
    let count = u32::try_from(count).map_err(|_| invalid(call, "the count is negative"))?;
    // SAFETY: the promise is the caller's own.
    unsafe { array(pointer, count, call) }
}

fn countable(value: &SPropValue) -> Result<()> {
    const CALL: &str = "ScCountProps";
    let tag = PropTag(value.ulPropTag);
    if matches!(tag.id(), 0 | 0xFFFF) {
        return Err(invalid(CALL, "a property has no identifier"));
    }
    // SAFETY: every multi-valued member begins with its count.
    if tag.ptype().is_multi() && unsafe { value.Value.MVl.cValues } == 0 {
        return Err(invalid(CALL, "a multi-valued property has no values"));
    }
    Ok(())
}

/// Lays out into a block of the caller; returns the bytes used.
///
/// # Safety
/// The block is NULL or has room for what is laid out.
unsafe fn fill(
    block: *mut c_void,
    call: &'static str,
    mut lay_out: impl FnMut(&mut Writer) -> Result<()>,
) -> Result<usize> {
    let block = NonNull::new(block).ok_or_else(|| invalid(call, "the block to write is NULL"))?;
    // SAFETY: how much room there is only the caller knows, who promises enough.
    let mut writer = unsafe { Writer::over(block.cast(), usize::MAX) };
    lay_out(&mut writer)?;
    Ok(writer.used())
}

fn size(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| Error::new(ErrorCode::TOO_BIG, "ScDupPropset", "more than 4 GiB"))
}

fn write_count(out: Option<Out<u32>>, bytes: usize) -> Result<()> {
    if let Some(out) = out {
        out.write(size(bytes)?);
    }
    Ok(())
}

/// The answer of a caller's allocator as a result.
fn allocated(code: i32, block: *mut c_void, call: &'static str) -> Result<()> {
    match ErrorCode::from_u32(code as u32) {
        Some(code) => Err(Error::new(code, call, "the caller's allocator failed")),
        None if block.is_null() => {
            Err(Error::new(ErrorCode::NOT_ENOUGH_MEMORY, call, "the caller's allocator gave no block"))
        }
        None => Ok(()),
    }
}
