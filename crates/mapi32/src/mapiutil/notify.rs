//! Advise sinks made of functions, and sinks that are told on their own thread.
//! The classes are in `mapi_com::export`.

use mapi_com::abi::NotifCallback;
use mapi_com::export::advise_sink::{callback_sink, dispatch, this_thread_sink};
use mapi_com::guard::entry;
use mapi_com::interfaces::IMAPIAdviseSink;
use mapi_com::marshal::{In, OutInterface, invalid};
use mapi_defs::ErrorCode;
use std::ffi::c_void;

/// Makes an advise sink that calls a function.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the function or the out parameter is NULL.
///
/// # Source
/// HrAllocAdviseSink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrAllocAdviseSink(
    callback: NotifCallback,
    context: *mut c_void,
    sink: OutInterface<IMAPIAdviseSink>,
) -> i32 {
    const CALL: &str = "HrAllocAdviseSink";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { sink.required(CALL) }?;
        // SAFETY: the caller promises a function that may be called with this context from any thread.
        out.give(unsafe { callback_sink(callback, context) }?);
        Ok(())
    })
    .0
}

/// Wraps an advise sink so that it is told on the calling thread: while that thread dispatches, or at
/// once where it notifies itself.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
///
/// # Source
/// HrThisThreadAdviseSink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrThisThreadAdviseSink(
    sink: In<IMAPIAdviseSink>,
    wrapped: OutInterface<IMAPIAdviseSink>,
) -> i32 {
    const CALL: &str = "HrThisThreadAdviseSink";
    entry(CALL, || {
        // SAFETY: the caller's sink and out parameter.
        let (sink, out) = unsafe { (sink.required(CALL)?, wrapped.required(CALL)?) };
        out.give(this_thread_sink(sink.clone()));
        Ok(())
    })
    .0
}

/// Tells the sinks of the calling thread what is waiting for them.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `flags` is not 0.
///
/// # Source
/// HrDispatchNotifications.
#[unsafe(no_mangle)]
pub extern "C" fn HrDispatchNotifications(flags: u32) -> i32 {
    const CALL: &str = "HrDispatchNotifications";
    entry(CALL, || {
        if flags != 0 {
            return Err(invalid(CALL, "the flags are reserved"));
        }
        dispatch();
        match mapi::notify::dispatch_notifications() {
            // The sinks of table data in memory need no MAPI around them.
            Err(error) if error.code() == ErrorCode::NOT_INITIALIZED => Ok(()),
            told => told,
        }
    })
    .0
}
