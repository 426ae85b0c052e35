//! Arithmetic on FILETIMEs: 64-bit numbers in two halves, by value.
//! Sums and products keep their low 64 bits, as the reference's unsigned integers do.

use mapi_com::abi::FILETIME;
use mapi_com::guard::value;
use mapi_com::marshal::Out;

/// Adds two times (FtAddFt).
#[unsafe(no_mangle)]
pub extern "C" fn FtAddFt(one: FILETIME, other: FILETIME) -> FILETIME {
    FILETIME::from_ticks(one.ticks().wrapping_add(other.ticks()))
}

/// Adds two times and a carry, which is 0 or 1 and becomes the carry of the sum (FtAdcFt). NULL is no
/// carry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FtAdcFt(one: FILETIME, other: FILETIME, carry: *mut u16) -> FILETIME {
    const CALL: &str = "FtAdcFt";
    value(CALL, FtAddFt(one, other), || {
        // SAFETY: the caller's in and out parameter.
        let Some(out) = (unsafe { Out::optional(carry, CALL) })? else { return Ok(FtAddFt(one, other)) };
        // SAFETY: not NULL and aligned, and the caller put a carry there.
        let carried = unsafe { *carry } != 0;
        let sum = u128::from(one.ticks()) + u128::from(other.ticks()) + u128::from(carried);
        out.write((sum >> 64) as u16);
        Ok(FILETIME::from_ticks(sum as u64))
    })
}

/// Subtracts the second time from the first (FtSubFt).
#[unsafe(no_mangle)]
pub extern "C" fn FtSubFt(from: FILETIME, what: FILETIME) -> FILETIME {
    FILETIME::from_ticks(from.ticks().wrapping_sub(what.ticks()))
}

/// Multiplies a time by a number (FtMulDw).
#[unsafe(no_mangle)]
pub extern "C" fn FtMulDw(number: u32, time: FILETIME) -> FILETIME {
    FILETIME::from_ticks(time.ticks().wrapping_mul(u64::from(number)))
}

/// Multiplies two 32-bit numbers (FtMulDwDw).
#[unsafe(no_mangle)]
pub extern "C" fn FtMulDwDw(one: u32, other: u32) -> FILETIME {
    FILETIME::from_ticks(u64::from(one) * u64::from(other))
}

/// The two's complement of a time (FtNegFt).
#[unsafe(no_mangle)]
pub extern "C" fn FtNegFt(time: FILETIME) -> FILETIME {
    FILETIME::from_ticks(time.ticks().wrapping_neg())
}
