//! `map_storage_scode`: what a storage answers, as a MAPI code (MapStorageSCode).
//!
//! The storages here answer MAPI codes from the start; a client's IStorage behind the C face does not.

use mapi_defs::ErrorCode;

/// The MAPI code for what a storage answered; `None` for success.
///
/// A failure that is neither a storage's nor MAPI's becomes `MAPI_E_CALL_FAILED`, codes of MAPI
/// itself stay.
///
/// # Source
/// MapStorageSCode.
pub fn map_storage_scode(scode: u32) -> Option<ErrorCode> {
    let code = ErrorCode::from_u32(scode)?;
    Some(match code {
        ErrorCode::STG_FILENOTFOUND | ErrorCode::STG_PATHNOTFOUND => ErrorCode::NOT_FOUND,
        ErrorCode::STG_ACCESSDENIED
        | ErrorCode::STG_SHAREVIOLATION
        | ErrorCode::STG_LOCKVIOLATION
        | ErrorCode::STG_INUSE
        | ErrorCode::STG_DISKISWRITEPROTECTED => ErrorCode::NO_ACCESS,
        ErrorCode::STG_INSUFFICIENTMEMORY => ErrorCode::NOT_ENOUGH_MEMORY,
        ErrorCode::STG_TOOMANYOPENFILES | ErrorCode::STG_NOMOREFILES => ErrorCode::NOT_ENOUGH_RESOURCES,
        ErrorCode::STG_MEDIUMFULL => ErrorCode::NOT_ENOUGH_DISK,
        ErrorCode::STG_READFAULT | ErrorCode::STG_WRITEFAULT | ErrorCode::STG_SEEKERROR => {
            ErrorCode::DISK_ERROR
        }
        ErrorCode::STG_FILEALREADYEXISTS => ErrorCode::COLLISION,
        ErrorCode::STG_INVALIDPARAMETER
        | ErrorCode::STG_INVALIDPOINTER
        | ErrorCode::STG_INVALIDNAME
        | ErrorCode::STG_INVALIDFLAG
        | ErrorCode::STG_INVALIDHANDLE => ErrorCode::INVALID_PARAMETER,
        ErrorCode::STG_INVALIDHEADER
        | ErrorCode::STG_DOCFILECORRUPT
        | ErrorCode::STG_OLDFORMAT
        | ErrorCode::STG_INCOMPLETE => ErrorCode::CORRUPT_DATA,
        ErrorCode::STG_NOTCURRENT => ErrorCode::OBJECT_CHANGED,
        ErrorCode::STG_REVERTED => ErrorCode::OBJECT_DELETED,
        ErrorCode::STG_UNIMPLEMENTEDFUNCTION | ErrorCode::STG_INVALIDFUNCTION => ErrorCode::NO_SUPPORT,
        code if is_mapi(code) => code,
        _ => ErrorCode::CALL_FAILED,
    })
}

/// FACILITY_ITF, and the general codes that MAPI shares with OLE.
fn is_mapi(code: ErrorCode) -> bool {
    code.as_u32() & 0xFFFF_0000 == 0x8004_0000
        || matches!(
            code,
            ErrorCode::INVALID_PARAMETER
                | ErrorCode::NOT_ENOUGH_MEMORY
                | ErrorCode::NO_ACCESS
                | ErrorCode::INTERFACE_NOT_SUPPORTED
        )
}
