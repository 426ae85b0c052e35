//! GetLastError, for every interface that has it.
//! What is kept, and when, is `guard.rs`'s.

use crate::abi::MAPIERROR;
use crate::guard::{Guarded, slot};
use crate::marshal::Out;
use crate::marshal::block::{Allocator, Writer};
use crate::marshal::text::{MAPI_UNICODE, encode8z};
use mapi::session::MapiError;
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::ptr::null_mut;
use windows_core::HRESULT;

/// Answers the words of the object's last error where it has this number, else NULL.
///
/// # Safety
/// `out` is the caller's out parameter.
pub(super) unsafe fn last_error(
    object: &impl Guarded,
    call: &'static str,
    number: i32,
    flags: u32,
    out: *mut *mut MAPIERROR,
) -> HRESULT {
    let words = object.last_error().words(number);
    slot(object, call, || {
        object.check()?;
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag"));
        }
        // SAFETY: the promise is the caller's own.
        let out = unsafe { Out::required(out, call) }?;
        let known = words.map(|error| MapiError {
            error,
            component: "OpenMAPI".to_owned(),
            low_level_error: 0,
            context: 0,
        });
        write_error(known.as_ref(), flags, out)
    })
}

/// Hands out what is known of an error in one buffer; NULL where nothing is.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub(super) fn write_error(known: Option<&MapiError>, flags: u32, out: Out<*mut MAPIERROR>) -> Result<()> {
    let Some(known) = known else {
        out.write(null_mut());
        return Ok(());
    };
    let wide = flags & MAPI_UNICODE != 0;
    let error = Allocator::OURS.buffer(|writer| {
        let place = writer.reserve::<MAPIERROR>(1)?;
        let (error, component) =
            (put_text(writer, &known.error, wide)?, put_text(writer, &known.component, wide)?);
        let value = MAPIERROR {
            ulVersion: 0,
            lpszError: error,
            lpszComponent: component,
            ulLowLevelError: known.low_level_error,
            ulContext: known.context,
        };
        // SAFETY: the room was reserved for one.
        unsafe { writer.set(place, 0, value) };
        Ok(place)
    })?;
    out.write(error);
    Ok(())
}

/// Writes a text in the width that the flags of a call ask for.
///
/// # Errors
/// As `Writer::reserve`.
pub(super) fn put_text(writer: &mut Writer, text: &str, wide: bool) -> Result<*mut c_void> {
    Ok(if wide { writer.put_text16(text)?.cast() } else { writer.put(&encode8z(text))?.cast() })
}
