//! Text functions of the headers (MAPINLS.H): length, copying, comparing, code pages.
//! The tables of the code pages are in `mapi-rtf`, by way of `mapi_com::marshal::text`.

use mapi_com::guard::value;
use mapi_com::marshal::text::{decode_page, encode_page, units};
use mapi_com::marshal::{array, invalid};
use mapi_defs::Result;
use mapi_defs::prop::collation::compare_text;
use std::cmp::Ordering;
use std::ptr::null_mut;

/// NORM_IGNORECASE of MNLS_CompareStringW.
const NORM_IGNORECASE: u32 = 1;

/// Units before the terminator; 0 for NULL (MNLS_lstrlenW).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_lstrlenW(text: *const u16) -> i32 {
    // SAFETY: the caller's text.
    value("MNLS_lstrlenW", 0, || Ok(unsafe { wide(text, "MNLS_lstrlenW") }?.len() as i32))
}

/// Less than 0, 0 or more than 0, in the order of texts with regard to case (MNLS_lstrcmpW).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_lstrcmpW(one: *const u16, other: *const u16) -> i32 {
    const CALL: &str = "MNLS_lstrcmpW";
    let order = value(CALL, Ordering::Equal, || {
        // SAFETY: the caller's texts.
        let (one, other) = unsafe { (wide(one, CALL)?, wide(other, CALL)?) };
        let (one, other) = (String::from_utf16_lossy(one), String::from_utf16_lossy(other));
        Ok(compare_text(&one, &other).then_with(|| one.cmp(&other)))
    });
    order as i32
}

/// Copies a text with its terminator and returns the copy (MNLS_lstrcpyW).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_lstrcpyW(target: *mut u16, source: *const u16) -> *mut u16 {
    const CALL: &str = "MNLS_lstrcpyW";
    value(CALL, null_mut(), || {
        // SAFETY: the caller's text.
        let units = unsafe { wide(source, CALL) }?;
        if target.is_null() {
            return Err(invalid(CALL, "the place to write is NULL"));
        }
        // SAFETY: the caller promises room for the text and its terminator, which stands behind the units.
        unsafe { target.copy_from(source, units.len() + 1) };
        Ok(target)
    })
}

/// Compares two texts: 1 less, 2 equal, 3 greater, 0 for arguments that cannot be used
/// (MNLS_CompareStringW). A negative count is a text that ends with a zero unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_CompareStringW(
    _locale: u32,
    flags: u32,
    one: *const u16,
    one_units: i32,
    other: *const u16,
    other_units: i32,
) -> i32 {
    const CALL: &str = "MNLS_CompareStringW";
    value(CALL, 0, || {
        // SAFETY: the caller's texts.
        let (one, other) = unsafe { (counted(one, one_units, CALL)?, counted(other, other_units, CALL)?) };
        let (one, other) = (String::from_utf16_lossy(one), String::from_utf16_lossy(other));
        let order = compare_text(&one, &other);
        let order = if flags & NORM_IGNORECASE == 0 { order.then_with(|| one.cmp(&other)) } else { order };
        Ok(order as i32 + 2)
    })
}

/// TRUE for a NULL text, or one that does not end within `most` units (MNLS_IsBadStringPtrW).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_IsBadStringPtrW(text: *const u16, most: u32) -> i32 {
    // SAFETY: the caller's text.
    let ends = value("MNLS_IsBadStringPtrW", false, || unsafe { ends_within(text, most) });
    i32::from(!ends)
}

/// TRUE for a NULL text, or one that does not end within `most` bytes (IsBadBoundedStringPtr).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsBadBoundedStringPtr(text: *const u8, most: u32) -> i32 {
    // SAFETY: the caller's text.
    let ends = value("IsBadBoundedStringPtr", false, || unsafe { ends_within(text, most) });
    i32::from(!ends)
}

/// Turns 8-bit text of a code page into UTF-16; returns the units written, or needed where there is no
/// room asked for, or 0 where they do not fit or the code page is unknown (MNLS_MultiByteToWideChar).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_MultiByteToWideChar(
    code_page: u32,
    _flags: u32,
    text: *const u8,
    count: i32,
    out: *mut u16,
    room: i32,
) -> i32 {
    const CALL: &str = "MNLS_MultiByteToWideChar";
    value(CALL, 0, || {
        // SAFETY: the caller's text.
        let bytes = unsafe { with_terminator(text, count, CALL) }?;
        let text = decode_page(code_page, bytes).ok_or_else(|| invalid(CALL, "the code page is unknown"))?;
        let units: Vec<u16> = text.encode_utf16().collect();
        // SAFETY: the caller's room.
        unsafe { hand_out(&units, out, room, CALL) }
    })
}

/// Turns UTF-16 into 8-bit text of a code page; returns the bytes written, or needed where there is no
/// room asked for, or 0 where they do not fit or the code page is unknown (MNLS_WideCharToMultiByte). A
/// character that the code page lacks becomes a likeness or `?`, and `used_default` says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MNLS_WideCharToMultiByte(
    code_page: u32,
    _flags: u32,
    text: *const u16,
    count: i32,
    out: *mut u8,
    room: i32,
    _default: *const u8,
    used_default: *mut i32,
) -> i32 {
    const CALL: &str = "MNLS_WideCharToMultiByte";
    value(CALL, 0, || {
        // SAFETY: the caller's text and out parameter.
        let (units, used) = unsafe {
            (with_terminator(text, count, CALL)?, mapi_com::marshal::Out::optional(used_default, CALL)?)
        };
        let text = String::from_utf16_lossy(units);
        let (bytes, lossy) =
            encode_page(code_page, &text).ok_or_else(|| invalid(CALL, "the code page is unknown"))?;
        if let Some(used) = used {
            used.write(i32::from(lossy));
        }
        // SAFETY: the caller's room.
        unsafe { hand_out(&bytes, out, room, CALL) }
    })
}

/// # Safety
/// NULL, or a text that ends with a zero unit.
unsafe fn wide<'a>(text: *const u16, call: &'static str) -> Result<&'a [u16]> {
    // SAFETY: the promise is the caller's own.
    unsafe { units(text, call) }?.ok_or_else(|| invalid(call, "the text is NULL"))
}

/// # Safety
/// A text of as many units, or one that ends with a zero unit where the count is negative.
unsafe fn counted<'a, U: Copy + Default + PartialEq>(
    text: *const U,
    count: i32,
    call: &'static str,
) -> Result<&'a [U]> {
    // SAFETY: the promise is the caller's own.
    unsafe {
        match u32::try_from(count) {
            Ok(count) => array(text, count, call),
            Err(_) => units(text, call)?.ok_or_else(|| invalid(call, "the text is NULL")),
        }
    }
}

/// As [`counted`], but a text that ends with a zero unit takes that with it.
///
/// # Safety
/// As [`counted`].
unsafe fn with_terminator<'a, U: Copy + Default + PartialEq>(
    text: *const U,
    count: i32,
    call: &'static str,
) -> Result<&'a [U]> {
    // SAFETY: the promise is the caller's own; the terminator was read to find the end.
    unsafe {
        let units = counted(text, count, call)?;
        Ok(if count < 0 { std::slice::from_raw_parts(text, units.len() + 1) } else { units })
    }
}

/// # Safety
/// NULL, or a text that can be read up to its end or for `most` units.
unsafe fn ends_within<U: Copy + Default + PartialEq>(text: *const U, most: u32) -> Result<bool> {
    if text.is_null() || !text.is_aligned() {
        return Ok(false);
    }
    // SAFETY: the promise is the caller's own.
    Ok((0..most as usize).any(|at| unsafe { *text.add(at) } == U::default()))
}

/// # Safety
/// `out` has room for `room` units.
unsafe fn hand_out<U: Copy>(units: &[U], out: *mut U, room: i32, call: &'static str) -> Result<i32> {
    let count = i32::try_from(units.len()).map_err(|_| invalid(call, "the text is too long"))?;
    if room == 0 {
        return Ok(count);
    }
    if out.is_null() || count > room {
        return Err(invalid(call, "there is no room for the text"));
    }
    // SAFETY: the caller promises the room, and the text fits.
    unsafe { out.copy_from(units.as_ptr(), units.len()) };
    Ok(count)
}
