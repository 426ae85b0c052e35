//! Searching 8-bit text, reading numbers from it, and small things that have no other place in the
//! reference either: byte order, unique identifiers, reference counts.

use mapi_com::Interface;
use mapi_com::abi::MAPIUID;
use mapi_com::guard::{entry, value};
use mapi_com::interfaces::IUnknown;
use mapi_com::marshal::prop::counted;
use mapi_com::marshal::{In, Out, invalid, text};
use mapi_defs::Result;
use std::ptr::null;

/// The first place of a character, or NULL (SzFindCh).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SzFindCh(text: *const u8, character: u16) -> *const u8 {
    value("SzFindCh", null(), || {
        // SAFETY: the caller's text.
        let bytes = unsafe { bytes(text, "SzFindCh") }?;
        let at = bytes.iter().position(|byte| u16::from(*byte) == character);
        Ok(at.map_or(null(), |at| bytes[at..].as_ptr()))
    })
}

/// The last place of a character, or NULL (SzFindLastCh).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SzFindLastCh(text: *const u8, character: u16) -> *const u8 {
    value("SzFindLastCh", null(), || {
        // SAFETY: the caller's text.
        let bytes = unsafe { bytes(text, "SzFindLastCh") }?;
        let at = bytes.iter().rposition(|byte| u16::from(*byte) == character);
        Ok(at.map_or(null(), |at| bytes[at..].as_ptr()))
    })
}

/// The first place of a text in another, or NULL (SzFindSz). The empty text is at the start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SzFindSz(text: *const u8, key: *const u8) -> *const u8 {
    value("SzFindSz", null(), || {
        // SAFETY: the caller's texts.
        let (bytes, key) = unsafe { (bytes(text, "SzFindSz")?, bytes(key, "SzFindSz")?) };
        if key.is_empty() {
            return Ok(bytes.as_ptr());
        }
        let at = bytes.windows(key.len()).position(|window| window == key);
        Ok(at.map_or(null(), |at| bytes[at..].as_ptr()))
    })
}

/// The decimal number that a text begins with, or 0 (UFromSz). More than 32 bits keep the low ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UFromSz(text: *const u8) -> u32 {
    // SAFETY: the caller's text.
    value("UFromSz", 0, || Ok(number(unsafe { bytes(text, "UFromSz") }?, 10)))
}

/// The hexadecimal number that a text begins with, or 0 (UlFromSzHex). More than 32 bits keep the low
/// ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UlFromSzHex(text: *const u8) -> u32 {
    // SAFETY: the caller's text.
    value("UlFromSzHex", 0, || Ok(number(unsafe { bytes(text, "UlFromSzHex") }?, 16)))
}

/// Turns the byte order of 32-bit numbers in `count` bytes; a rest is left alone (SwapPlong).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SwapPlong(data: *mut u8, count: u32) {
    // SAFETY: the promise is the caller's own.
    unsafe { swap::<4>("SwapPlong", data, count) }
}

/// Turns the byte order of 16-bit numbers in `count` bytes; a rest is left alone (SwapPword).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SwapPword(data: *mut u8, count: u32) {
    // SAFETY: the promise is the caller's own.
    unsafe { swap::<2>("SwapPword", data, count) }
}

/// Makes a unique identifier (ScGenerateMuid).
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `uid` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScGenerateMuid(uid: *mut MAPIUID) -> i32 {
    const CALL: &str = "ScGenerateMuid";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(uid, CALL) }?;
        out.write(MAPIUID { ab: uuid::Uuid::new_v4().into_bytes() });
        Ok(())
    })
    .0
}

/// Adds a reference to an object and returns the new count; 0 for NULL (UlAddRef).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UlAddRef(object: In<IUnknown>) -> u32 {
    value("UlAddRef", 0, || {
        // SAFETY: the caller's object, NULL or live.
        let object = unsafe { object.required("UlAddRef") }?;
        // SAFETY: as above; the reference belongs to the caller.
        Ok(unsafe { (object.vtable().AddRef)(object.as_raw()) })
    })
}

/// Releases an object and returns the new count; 0 for NULL (UlRelease).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UlRelease(object: In<IUnknown>) -> u32 {
    value("UlRelease", 0, || {
        // SAFETY: the caller's object, NULL or live.
        let object = unsafe { object.required("UlRelease") }?;
        // SAFETY: as above; the caller gives up a reference.
        Ok(unsafe { (object.vtable().Release)(object.as_raw()) })
    })
}

/// # Safety
/// NULL, or a text that ends with a zero byte.
unsafe fn bytes<'a>(text: *const u8, call: &'static str) -> Result<&'a [u8]> {
    // SAFETY: the promise is the caller's own.
    unsafe { text::bytes8(text, call) }?.ok_or_else(|| invalid(call, "the text is NULL"))
}

fn number(text: &[u8], radix: u32) -> u32 {
    let digits = text.iter().map_while(|byte| char::from(*byte).to_digit(radix));
    digits.fold(0, |number: u32, digit| number.wrapping_mul(radix).wrapping_add(digit))
}

/// # Safety
/// The bytes can be read and written.
unsafe fn swap<const WIDTH: usize>(call: &'static str, data: *mut u8, count: u32) {
    value(call, (), || {
        // SAFETY: the promise is the caller's own.
        let len = unsafe { counted(data, count, call) }?.len();
        if len > 0 {
            // SAFETY: not NULL, and the bytes are the caller's to change.
            let data = unsafe { std::slice::from_raw_parts_mut(data, len) };
            data.chunks_exact_mut(WIDTH).for_each(<[u8]>::reverse);
        }
        Ok(())
    });
}
