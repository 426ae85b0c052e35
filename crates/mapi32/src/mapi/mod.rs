//! Simple MAPI (MAPI.H): messages by one call each, in the character set of the process or in UTF-16.
//!
//! What these calls do is in the crate `mapi-simple`; here C's structures become Rust's and back. They answer
//! Simple MAPI's own numbers, never an HRESULT.

mod incoming;
mod outgoing;

use incoming::{message, message_w, party};
use mapi_com::abi::{MapiMessage, MapiRecipDesc};
use mapi_com::export::session::session as com_session;
use mapi_com::guard::{entry, value};
use mapi_com::interfaces::IMAPISession;
use mapi_com::marshal::text::{MAPI_UNICODE, text};
use mapi_com::marshal::{Out, OutInterface, invalid};
use mapi_defs::Error;
use mapi_simple::{Code, Failure, FindFlags, IdWidth, Logon, ReadFlags, SessionHandle};
use outgoing::{c_message, c_party, write_name};
use std::ffi::c_void;

const MAPI_NEW_SESSION: u32 = 0x0000_0002;
const MAPI_DIALOG: u32 = 0x0000_0008;
const MAPI_UNREAD_ONLY: u32 = 0x0000_0020;
const MAPI_ENVELOPE_ONLY: u32 = 0x0000_0040;
const MAPI_PEEK: u32 = 0x0000_0080;
const MAPI_GUARANTEE_FIFO: u32 = 0x0000_0100;
const MAPI_BODY_AS_FILE: u32 = 0x0000_0200;
const MAPI_SUPPRESS_ATTACH: u32 = 0x0000_0800;
const MAPI_FORCE_DOWNLOAD: u32 = 0x0000_1000;
const MAPI_LONG_MSGID: u32 = 0x0000_4000;
const MAPI_LOGOFF_SHARED: u32 = 0x0000_0001;

/// Runs the body of a function of Simple MAPI and answers its number.
fn simple(call: &'static str, body: impl FnOnce() -> mapi_simple::Result<()>) -> u32 {
    let outcome = value(call, Err(Code::Failure), || {
        Ok(body().map_err(|failure| {
            tracing::debug!(target: "mapi::call", call, %failure);
            failure.code()
        }))
    });
    outcome.map_or_else(|code| code as u32, |()| 0)
}

/// A NULL where there has to be something, or a text without an end.
fn bad(error: Error) -> Failure {
    Failure::new(Code::Failure, error.to_string())
}

fn session_of(handle: usize) -> mapi_simple::Result<SessionHandle> {
    let unknown = || Failure::new(Code::InvalidSession, "no session has this number");
    // Only the low half is ours: some headers give a handle 32 bits.
    Some(SessionHandle(handle as u32)).filter(|handle| handle.0 != 0).ok_or_else(unknown)
}

fn session_or_none(handle: usize) -> Option<SessionHandle> {
    Some(SessionHandle(handle as u32)).filter(|handle| handle.0 != 0)
}

fn of_flags(flags: u32) -> Logon {
    Logon {
        is_new: flags & MAPI_NEW_SESSION != 0,
        downloads: flags & MAPI_FORCE_DOWNLOAD != 0,
        ..Logon::default()
    }
}

fn no_dialog(flags: u32) -> mapi_simple::Result<()> {
    if flags & MAPI_DIALOG == 0 {
        return Ok(());
    }
    Err(Failure::new(Code::NotSupported, "MAPI_DIALOG: there is no window to ask in; leave the flag out"))
}

fn width_of(flags: u32) -> IdWidth {
    if flags & MAPI_LONG_MSGID == 0 { IdWidth::Short } else { IdWidth::Long }
}

/// A text of the process's character set; empty for NULL.
///
/// # Safety
/// NULL, or a text that ends with NUL.
unsafe fn text8(pointer: *const u8, call: &'static str) -> mapi_simple::Result<String> {
    // SAFETY: the caller's text.
    Ok(unsafe { text(pointer.cast(), 0, call) }.map_err(bad)?.unwrap_or_default())
}

/// Logs on. The number is never 0 and fits 32 bits.
///
/// # Source
/// MAPILogon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPILogon(
    _ui_param: usize,
    profile: *const u8,
    password: *const u8,
    flags: u32,
    _reserved: u32,
    out: *mut usize,
) -> u32 {
    const CALL: &str = "MAPILogon";
    simple(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(out, CALL) }.map_err(bad)?;
        // SAFETY: the caller's texts.
        let (profile, password) = unsafe { (text8(profile, CALL)?, text8(password, CALL)?) };
        mapi_services::register();
        let password = Some(password).filter(|password| !password.is_empty());
        let handle = mapi_simple::logon(&Logon { profile, password, ..of_flags(flags) })?;
        out.write(handle.0 as usize);
        Ok(())
    })
}

/// Logs off.
///
/// # Source
/// MAPILogoff.
#[unsafe(no_mangle)]
pub extern "C" fn MAPILogoff(session: usize, _ui_param: usize, flags: u32, _reserved: u32) -> u32 {
    simple("MAPILogoff", || mapi_simple::logoff(session_of(session)?, flags & MAPI_LOGOFF_SHARED != 0))
}

/// Sends a message.
///
/// # Differs
/// MAPI_DIALOG is answered MAPI_E_NOT_SUPPORTED: there is no window to ask in.
///
/// # Source
/// MAPISendMail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPISendMail(
    session: usize,
    _ui_param: usize,
    mail: *const MapiMessage,
    flags: u32,
    _reserved: u32,
) -> u32 {
    const CALL: &str = "MAPISendMail";
    simple(CALL, || {
        // SAFETY: the caller's message.
        let mail = unsafe { message(mail, CALL) }?;
        no_dialog(flags)?;
        mapi_services::register();
        mapi_simple::send_mail(session_or_none(session), &of_flags(flags), &mail)
    })
}

/// Sends a message whose texts are UTF-16.
///
/// # Differs
/// As [`MAPISendMail`].
///
/// # Source
/// MAPISendMailW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPISendMailW(
    session: usize,
    _ui_param: usize,
    mail: *const MapiMessage,
    flags: u32,
    _reserved: u32,
) -> u32 {
    const CALL: &str = "MAPISendMailW";
    simple(CALL, || {
        // SAFETY: the caller's message; it is laid out as the narrow one.
        let mail = unsafe { message_w(mail, CALL) }?;
        no_dialog(flags)?;
        mapi_services::register();
        mapi_simple::send_mail(session_or_none(session), &of_flags(flags), &mail)
    })
}

/// Sends files to somebody whom a dialog would ask for.
///
/// # Differs
/// MAPI_E_NOT_SUPPORTED once the files have been looked at: there is no window to ask in.
///
/// # Source
/// MAPISendDocuments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPISendDocuments(
    _ui_param: usize,
    delimiter: *const u8,
    paths: *const u8,
    names: *const u8,
    _reserved: u32,
) -> u32 {
    const CALL: &str = "MAPISendDocuments";
    simple(CALL, || {
        // SAFETY: the caller's texts.
        let (delimiter, paths, _names) =
            unsafe { (text8(delimiter, CALL)?, text8(paths, CALL)?, text8(names, CALL)?) };
        mapi_simple::send_documents(&delimiter, &paths)
    })
}

/// Finds the next message.
///
/// # Source
/// MAPIFindNext.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIFindNext(
    session: usize,
    _ui_param: usize,
    class: *const u8,
    seed: *const u8,
    flags: u32,
    _reserved: u32,
    name: *mut u8,
) -> u32 {
    const CALL: &str = "MAPIFindNext";
    simple(CALL, || {
        if name.is_null() {
            return Err(bad(invalid(CALL, "lpszMessageID is NULL")));
        }
        // SAFETY: the caller's texts.
        let (class, seed) = unsafe { (text8(class, CALL)?, text8(seed, CALL)?) };
        let find = FindFlags {
            in_order: flags & MAPI_GUARANTEE_FIFO != 0,
            unread_only: flags & MAPI_UNREAD_ONLY != 0,
        };
        let width = width_of(flags);
        let found = mapi_simple::find_next(session_of(session)?, &class, &seed, find, width)?;
        // SAFETY: the caller's buffer has 64 bytes, 512 with MAPI_LONG_MSGID.
        unsafe { write_name(name, &found, width) }
    })
}

/// Reads a message into one block, which MAPIFreeBuffer frees.
///
/// # Source
/// MAPIReadMail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIReadMail(
    session: usize,
    _ui_param: usize,
    name: *const u8,
    flags: u32,
    _reserved: u32,
    out: *mut *mut MapiMessage,
) -> u32 {
    const CALL: &str = "MAPIReadMail";
    simple(CALL, || {
        // SAFETY: the caller's out parameter and text.
        let (out, name) = unsafe { (Out::required(out, CALL).map_err(bad)?, text8(name, CALL)?) };
        let how = ReadFlags {
            envelope_only: flags & MAPI_ENVELOPE_ONLY != 0,
            suppress_attach: flags & MAPI_SUPPRESS_ATTACH != 0,
            body_as_file: flags & MAPI_BODY_AS_FILE != 0,
            peek: flags & MAPI_PEEK != 0,
        };
        let read = mapi_simple::read_mail(session_of(session)?, &name, how)?;
        out.write(c_message(&read)?);
        Ok(())
    })
}

/// Saves a message, and writes the name of a new one.
///
/// # Source
/// MAPISaveMail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPISaveMail(
    session: usize,
    _ui_param: usize,
    mail: *const MapiMessage,
    flags: u32,
    _reserved: u32,
    name: *mut u8,
) -> u32 {
    const CALL: &str = "MAPISaveMail";
    simple(CALL, || {
        if name.is_null() {
            return Err(bad(invalid(CALL, "lpszMessageID is NULL")));
        }
        // SAFETY: the caller's message and text.
        let (mail, old) = unsafe { (message(mail, CALL)?, text8(name, CALL)?) };
        mapi_services::register();
        let width = width_of(flags);
        let saved = mapi_simple::save_mail(session_or_none(session), &of_flags(flags), &mail, &old, width)?;
        if !old.is_empty() {
            return Ok(());
        }
        // SAFETY: the caller's buffer has 64 bytes, 512 with MAPI_LONG_MSGID.
        unsafe { write_name(name, &saved, width) }
    })
}

/// Deletes a message.
///
/// # Source
/// MAPIDeleteMail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIDeleteMail(
    session: usize,
    _ui_param: usize,
    name: *const u8,
    _flags: u32,
    _reserved: u32,
) -> u32 {
    const CALL: &str = "MAPIDeleteMail";
    simple(CALL, || {
        // SAFETY: the caller's text.
        let name = unsafe { text8(name, CALL) }?;
        mapi_simple::delete_mail(session_of(session)?, &name)
    })
}

/// Finds the one entry of the address book that a name fits, in a block that MAPIFreeBuffer frees.
///
/// # Source
/// MAPIResolveName.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIResolveName(
    session: usize,
    _ui_param: usize,
    name: *const u8,
    flags: u32,
    _reserved: u32,
    out: *mut *mut MapiRecipDesc,
) -> u32 {
    const CALL: &str = "MAPIResolveName";
    simple(CALL, || {
        // SAFETY: the caller's out parameter and text.
        let (out, name) = unsafe { (Out::required(out, CALL).map_err(bad)?, text8(name, CALL)?) };
        mapi_services::register();
        let found = mapi_simple::resolve_name(session_or_none(session), &of_flags(flags), &name)?;
        out.write(c_party(&found)?);
        Ok(())
    })
}

/// Lets a person choose recipients.
///
/// # Differs
/// MAPI_E_NOT_SUPPORTED: there is no window to ask in. The recipients that are given are looked at first.
///
/// # Source
/// MAPIAddress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIAddress(
    _session: usize,
    _ui_param: usize,
    _caption: *const u8,
    edit_fields: u32,
    _labels: *const u8,
    count: u32,
    recipients: *const MapiRecipDesc,
    _flags: u32,
    _reserved: u32,
    new_count: *mut u32,
    new_recipients: *mut *mut MapiRecipDesc,
) -> u32 {
    const CALL: &str = "MAPIAddress";
    simple(CALL, || {
        // SAFETY: the caller's out parameters and recipients.
        unsafe {
            Out::required(new_count, CALL).map_err(bad)?;
            Out::required(new_recipients, CALL).map_err(bad)?;
            incoming::parties(recipients, count, CALL)?;
        }
        if edit_fields > 4 {
            return Err(Failure::new(Code::InvalidEditFields, "there are four edit fields at most"));
        }
        Err(Failure::new(Code::NotSupported, "there is no window to choose recipients in"))
    })
}

/// Shows a person what is known of a recipient.
///
/// # Differs
/// MAPI_E_NOT_SUPPORTED: there is no window to show it in. The recipient is looked at first.
///
/// # Source
/// MAPIDetails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIDetails(
    _session: usize,
    _ui_param: usize,
    recipient: *const MapiRecipDesc,
    _flags: u32,
    _reserved: u32,
) -> u32 {
    const CALL: &str = "MAPIDetails";
    simple(CALL, || {
        // SAFETY: the caller's recipient.
        let known = unsafe { party(recipient, CALL) }?;
        if known.entry_id.is_empty() {
            return Err(Failure::new(Code::InvalidRecips, "the recipient has no entry identifier"));
        }
        Err(Failure::new(Code::NotSupported, "there is no window to show details in"))
    })
}

/// The session of Extended MAPI behind one of Simple MAPI.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: no session has the number, or the out parameter is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
///
/// # Source
/// ScMAPIXFromSMAPI.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScMAPIXFromSMAPI(
    handle: usize,
    flags: u32,
    _interface: *const c_void,
    out: OutInterface<IMAPISession>,
) -> i32 {
    const CALL: &str = "ScMAPIXFromSMAPI";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { out.required(CALL) }?;
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(mapi_defs::ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        let unknown = |_| invalid(CALL, "no session of Simple MAPI has this number");
        let session = session_of(handle).and_then(mapi_simple::extended).map_err(unknown)?;
        out.give(com_session(session));
        Ok(())
    })
    .0
}
