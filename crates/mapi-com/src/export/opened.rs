//! Handing out what was opened: by an entry identifier, and by the interface that a program asked for.

use super::ab_container::mail_user;
use super::folder::folder;
use super::held::Context;
use super::message::message;
use super::msg_store::msg_store;
use super::status::status_object;
use crate::abi::ENTRYID;
use crate::marshal::block::buffer;
use crate::marshal::prop::counted;
use crate::marshal::{Out, array};
use mapi::Opened;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use std::ffi::c_void;
use windows_core::{GUID, IUnknown, Interface};

const MAPI_STORE: u32 = 1;
pub(super) const MAPI_ABCONT: u32 = 4;
pub(super) const MAPI_FOLDER: u32 = 3;
pub(super) const MAPI_MESSAGE: u32 = 5;
pub(super) const MAPI_MAILUSER: u32 = 6;
pub(super) const MAPI_DISTLIST: u32 = 8;
const MAPI_STATUS: u32 = 10;

/// Makes the COM object of what was opened, with its kind; as the interface asked for, or its own.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: it has no such interface.
pub(super) fn wrap(
    opened: Opened,
    context: &Context,
    iid: Option<GUID>,
    call: &'static str,
) -> Result<(IUnknown, u32)> {
    let (object, kind) = match opened {
        Opened::MsgStore(store) => (msg_store(store, context).into(), MAPI_STORE),
        Opened::Folder(opened) => (folder(opened, context).into(), MAPI_FOLDER),
        Opened::Message(opened) => (message(opened, context).into(), MAPI_MESSAGE),
        Opened::Object(object) => (mail_user(object, context).into(), MAPI_MAILUSER),
        Opened::Status(object) => (status_object(object, context).into(), MAPI_STATUS),
    };
    Ok((asked(object, iid, call)?, kind))
}

/// The interface asked for, of an object that is handed out; its own where none is asked for.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: it has no such interface.
pub(super) fn asked(object: IUnknown, iid: Option<GUID>, call: &'static str) -> Result<IUnknown> {
    let Some(iid) = iid else { return Ok(object) };
    let mut found: *mut c_void = std::ptr::null_mut();
    // SAFETY: an object of ours, and a place of ours.
    let answer = unsafe { object.query(&raw const iid, &raw mut found) };
    if answer.is_err() || found.is_null() {
        return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, call, "the object has no such interface"));
    }
    // SAFETY: a successful query hands out one reference, by the pointer of the interface asked for.
    Ok(unsafe { IUnknown::from_raw(found) })
}

/// Reads an interface identifier; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: misaligned.
///
/// # Safety
/// NULL, or an identifier.
pub(super) unsafe fn interface_id(iid: *const GUID, call: &'static str) -> Result<Option<GUID>> {
    if iid.is_null() {
        return Ok(None);
    }
    // SAFETY: the promise is the caller's own.
    Ok(Some(unsafe { array(iid, 1, call) }?[0]))
}

/// Reads an entry identifier; no bytes are the empty one.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: NULL with a count, or too many bytes.
///
/// # Safety
/// The pointer leads to as many bytes.
pub(crate) unsafe fn entry_id(bytes: u32, id: *const ENTRYID, call: &'static str) -> Result<EntryId> {
    // SAFETY: the promise is the caller's own; an ENTRYID has no alignment.
    Ok(EntryId::from_bytes(unsafe { counted(id.cast(), bytes, call) }?))
}

/// Hands out an entry identifier in a buffer of its own.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub(super) fn write_entry_id(id: &EntryId, bytes: Out<u32>, out: Out<*mut ENTRYID>) -> Result<()> {
    let block = buffer(|writer| writer.put(id.as_bytes()))?;
    bytes.write(id.as_bytes().len() as u32);
    out.write(block.cast());
    Ok(())
}
