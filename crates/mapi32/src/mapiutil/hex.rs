//! Bytes as hex digits, and entry identifiers as text.
//! Text is 8-bit here: these functions have no flags that could say otherwise.

use mapi_com::guard::{entry, value};
use mapi_com::marshal::block::buffer;
use mapi_com::marshal::prop::counted;
use mapi_com::marshal::{Out, invalid, text};
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;

/// Writes `count` bytes as capital hex digits and a terminator: twice the bytes and one (HexFromBin).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HexFromBin(bytes: *const u8, count: i32, out: *mut u8) {
    const CALL: &str = "HexFromBin";
    value(CALL, (), || {
        let count = u32::try_from(count).map_err(|_| invalid(CALL, "the count is negative"))?;
        if out.is_null() {
            return Err(invalid(CALL, "the text to write is NULL"));
        }
        // SAFETY: the caller's bytes.
        let digits = hex(unsafe { counted(bytes, count, CALL) }?);
        // SAFETY: the caller promises room for two digits a byte and the terminator.
        unsafe { out.copy_from(digits.as_ptr(), digits.len()) };
        Ok(())
    });
}

/// Reads hex digits into bytes, half as many (FBinFromHex). FALSE where the text is no even number of hex
/// digits; nothing is written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBinFromHex(digits: *const u8, out: *mut u8) -> i32 {
    // SAFETY: the promises are the caller's own.
    i32::from(value("FBinFromHex", false, || unsafe { from_hex(digits, out, u32::MAX) }.map(|()| true)))
}

/// Reads hex digits into at most `count` bytes.
///
/// # Errors
/// - `MAPI_E_CALL_FAILED`: the text is no even number of hex digits, or stands for more bytes.
///
/// # Source
/// ScBinFromHexBounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScBinFromHexBounded(digits: *const u8, out: *mut u8, count: u32) -> i32 {
    // SAFETY: the promises are the caller's own.
    entry("ScBinFromHexBounded", || unsafe { from_hex(digits, out, count) }).0
}

/// Makes an entry identifier of its text, in a buffer (HrEntryIDFromSz).
///
/// # Errors
/// - `MAPI_E_INVALID_ENTRYID`: the text is none of an entry identifier.
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrEntryIDFromSz(
    digits: *const u8,
    count: *mut u32,
    entry_id: *mut *mut c_void,
) -> i32 {
    const CALL: &str = "HrEntryIDFromSz";
    entry(CALL, || {
        // SAFETY: the caller's out parameters and text.
        let (count, out, digits) = unsafe {
            (Out::required(count, CALL)?, Out::required(entry_id, CALL)?, text::bytes8(digits, CALL)?)
        };
        let bytes = unhex(digits.ok_or_else(|| invalid(CALL, "the text is NULL"))?);
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        let none = || Error::new(ErrorCode::INVALID_ENTRYID, CALL, "the text is none of an entry identifier");
        let bytes = bytes.ok_or_else(none)?;
        let block = buffer(|writer| writer.put(&bytes))?;
        count.write(bytes.len() as u32);
        out.write(block.cast());
        Ok(())
    })
    .0
}

/// Makes the text of an entry identifier, in a buffer (HrSzFromEntryID).
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrSzFromEntryID(count: u32, entry_id: *const c_void, digits: *mut *mut u8) -> i32 {
    const CALL: &str = "HrSzFromEntryID";
    entry(CALL, || {
        // SAFETY: the caller's out parameter and bytes.
        let (out, bytes) = unsafe { (Out::required(digits, CALL)?, counted(entry_id.cast(), count, CALL)?) };
        if bytes.is_empty() {
            return Err(invalid(CALL, "the entry identifier is empty"));
        }
        let digits = hex(bytes);
        out.write(buffer(|writer| writer.put(&digits))?);
        Ok(())
    })
    .0
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digits =
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.chain([0]).collect()
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    });
    pairs.collect()
}

/// # Safety
/// `digits` is NULL or ends with a zero byte; `out` has room for what the digits stand for, or for `most`
/// bytes.
unsafe fn from_hex(digits: *const u8, out: *mut u8, most: u32) -> Result<()> {
    const CALL: &str = "ScBinFromHexBounded";
    let failed = |what| Error::new(ErrorCode::CALL_FAILED, CALL, what);
    // SAFETY: the promise is the caller's own.
    let digits = unsafe { text::bytes8(digits, CALL) }?.ok_or_else(|| invalid(CALL, "the text is NULL"))?;
    let bytes = unhex(digits).ok_or_else(|| failed("the text is no even number of hex digits"))?;
    if bytes.len() > most as usize {
        return Err(failed("the digits stand for more bytes than there is room for"));
    }
    if out.is_null() {
        return Err(invalid(CALL, "the place to write is NULL"));
    }
    // SAFETY: the caller promises the room.
    unsafe { out.copy_from(bytes.as_ptr(), bytes.len()) };
    Ok(())
}
