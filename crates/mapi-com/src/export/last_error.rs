//! GetLastError, for every interface that has it.
//! What is kept, and when, is `guard.rs`'s.

use crate::abi::MAPIERROR;
use crate::guard::{Guarded, slot};
use crate::marshal::Out;
use crate::marshal::block::Allocator;
use crate::marshal::text::{MAPI_UNICODE, encode8z};
use mapi_defs::{Error, ErrorCode};
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
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag"));
        }
        // SAFETY: the promise is the caller's own.
        let out = unsafe { Out::required(out, call) }?;
        let Some(words) = words else {
            out.write(null_mut());
            return Ok(());
        };
        let wide = flags & MAPI_UNICODE != 0;
        let error = Allocator::OURS.buffer(|writer| {
            let place = writer.reserve::<MAPIERROR>(1)?;
            let mut put = |text: &str| {
                Ok::<_, Error>(if wide {
                    writer.put_text16(text)?.cast()
                } else {
                    writer.put(&encode8z(text))?.cast()
                })
            };
            let (error, component) = (put(&words)?, put("OpenMAPI")?);
            let value = MAPIERROR {
                ulVersion: 0,
                lpszError: error,
                lpszComponent: component,
                ulLowLevelError: 0,
                ulContext: 0,
            };
            // SAFETY: the room was reserved for one.
            unsafe { writer.set(place, 0, value) };
            Ok(place)
        })?;
        out.write(error);
        Ok(())
    })
}
