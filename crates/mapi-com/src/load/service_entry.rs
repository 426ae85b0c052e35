//! The entry of a message service in a library (MSGSERVICEENTRY), behind the safe trait.

use crate::abi::{MAPIERROR, SPropValue};
use crate::export::malloc::default_malloc;
use crate::export::provider::{admin, service_support};
use crate::import::{answered, error_words};
use crate::lent::lend_admin;
use crate::marshal::block::Allocator;
use crate::marshal::prop::put_props;
use crate::memory;
use libloading::os::unix::Library as Loaded;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::{MessageService, ServiceCall};
use std::ffi::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;
use windows_core::Interface;

/// MSGSERVICEENTRY.
type MsgServiceEntry = unsafe extern "C" fn(
    instance: *mut c_void,
    malloc: *mut c_void,
    support: *mut c_void,
    ui_param: usize,
    flags: u32,
    context: u32,
    value_count: u32,
    values: *mut SPropValue,
    provider_admin: *mut c_void,
    error: *mut *mut MAPIERROR,
) -> i32;

/// The longest name of an entry point.
const MOST_NAME_BYTES: usize = 256;

/// Finds a service's entry in a library by its name.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: the library exports no function of that name.
pub(super) fn find(library: &'static Loaded, path: &Path, name: &str) -> Result<Arc<dyn MessageService>> {
    let none = || {
        let detail = format!("{} exports no function \"{name}\"", path.display());
        Error::new(ErrorCode::NOT_FOUND, "LibraryLoader::load", detail)
    };
    if name.is_empty() || name.len() > MOST_NAME_BYTES || name.contains('\0') {
        return Err(none());
    }
    // SAFETY: mapisvc.inf, or the name that entries have by default, says that this is a service's entry.
    let entry = unsafe { library.get::<MsgServiceEntry>(name) }.map_err(|_| none())?;
    Ok(Arc::new(ServiceInLibrary { entry: *entry }))
}

struct ServiceInLibrary {
    entry: MsgServiceEntry,
}

impl MessageService for ServiceInLibrary {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        const CALL: &str = "MSGSERVICEENTRY";
        let values: *mut SPropValue = match call.props.len() {
            0 => null_mut(),
            _ => Allocator::OURS.buffer(|writer| put_props(writer, call.props))?,
        };
        let mut error: *mut MAPIERROR = null_mut();
        let answer = lend_admin(call.providers, |lent| {
            let admin = admin::provider_admin(lent.clone());
            let support = service_support::service_support(lent.clone());
            // SAFETY: the entry was found under the name that the service has for it; what it is given is
            // borrowed for the call, and the lent administration ends with it.
            unsafe {
                (self.entry)(
                    null_mut(),
                    default_malloc(),
                    support.as_raw(),
                    0,
                    call.flags.0,
                    call.context.value(),
                    call.props.len() as u32,
                    values,
                    admin.as_raw(),
                    &raw mut error,
                )
            }
        });
        memory::free_quietly(values.cast());
        // SAFETY: the service answered NULL or an error in one of our buffers, in text of the call's width.
        let words = unsafe { error_words(error, call.flags.0) };
        answered(answer, CALL).map_err(|failed| match words {
            Some(words) => Error::new(failed.code(), CALL, words),
            None => failed,
        })
    }
}
