//! Beginning and ending the use of MAPI: initialising, logging on, administering profiles (MAPIX.H), and the
//! utilities alone (MAPIUTIL.H).
//! What these calls mean is in the crate `mapi`; a session's methods are in `mapi_com::export::session`.

use mapi::{Home, InitFlags, LogonOptions, ProfAdmin, Session};
use mapi_com::abi::MAPIINIT_0;
use mapi_com::export::prof_admin::prof_admin;
use mapi_com::export::session::session;
use mapi_com::guard::{entry, value};
use mapi_com::interfaces::{IMAPISession, IProfAdmin};
use mapi_com::marshal::text::{MAPI_UNICODE, text};
use mapi_com::marshal::{OutInterface, array, invalid};
use mapi_com::verify;
use mapi_defs::flags::LogonFlags;
use mapi_defs::{Error, ErrorCode};
use std::ffi::c_void;

/// Begins the use of MAPI. Counted.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a version that is not MAPI_INIT_VERSION.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag; nothing was counted.
/// - `MAPI_E_END_OF_SESSION`: the process has ended MAPI in a hurry.
///
/// # Source
/// MAPIInitialize.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIInitialize(init: *const c_void) -> i32 {
    const CALL: &str = "MAPIInitialize";
    entry(CALL, || {
        let flags = if init.is_null() {
            InitFlags::NONE
        } else {
            // SAFETY: the caller's structure.
            let init = unsafe { array(init.cast::<MAPIINIT_0>(), 1, CALL) }?[0];
            if init.ulVersion != 0 {
                return Err(invalid(CALL, "no such version of the structure"));
            }
            InitFlags(init.ulFlags)
        };
        mapi_services::register();
        mapi::initialize(flags)
    })
    .0
}

/// Ends the use of MAPI once for each beginning; with the last one every session that is alive is logged
/// off. Once too often does nothing.
///
/// # Source
/// MAPIUninitialize.
#[unsafe(no_mangle)]
pub extern "C" fn MAPIUninitialize() {
    value("MAPIUninitialize", (), || {
        if mapi::uninitialize() {
            verify::list_left_open();
        }
        Ok(())
    });
}

/// Logs on.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the out parameter is NULL.
/// - Those of [`Session::logon`].
///
/// # Differs
/// Nobody is shown a dialog: what is missing fails as it does without the flags that allow one.
///
/// # Source
/// MAPILogonEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPILogonEx(
    _ui_param: usize,
    profile: *const c_void,
    password: *const c_void,
    flags: u32,
    out: OutInterface<IMAPISession>,
) -> i32 {
    const CALL: &str = "MAPILogonEx";
    entry(CALL, || {
        // SAFETY: the caller's texts and out parameter.
        let (profile, password, out) =
            unsafe { (text(profile, flags, CALL)?, text(password, flags, CALL)?, out.required(CALL)?) };
        let mut options = LogonOptions::flags(LogonFlags(flags));
        if let Some(profile) = profile.filter(|name| !name.is_empty()) {
            options = options.named(&profile);
        }
        if let Some(password) = password {
            options = options.password(&password);
        }
        out.give(session(Session::logon(options)?));
        Ok(())
    })
    .0
}

/// Opens the administration of profiles.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the out parameter is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_NOT_INITIALIZED`: MAPIInitialize comes first.
///
/// # Source
/// MAPIAdminProfiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MAPIAdminProfiles(flags: u32, out: OutInterface<IProfAdmin>) -> i32 {
    const CALL: &str = "MAPIAdminProfiles";
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { out.required(CALL) }?;
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        out.give(prof_admin(ProfAdmin::new(&Home::locate(None)?)?));
        Ok(())
    })
    .0
}

/// Starts the utilities without the rest of MAPI. Counted.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `flags` is not 0.
///
/// # Source
/// ScInitMapiUtil.
#[unsafe(no_mangle)]
pub extern "C" fn ScInitMapiUtil(flags: u32) -> i32 {
    entry("ScInitMapiUtil", || mapi::init_mapi_util(flags)).0
}

/// Stops the utilities once for each start; more often does nothing. Buffers stay as they are.
///
/// # Source
/// DeinitMapiUtil.
#[unsafe(no_mangle)]
pub extern "C" fn DeinitMapiUtil() {
    value("DeinitMapiUtil", (), || {
        mapi::deinit_mapi_util();
        Ok(())
    });
}
