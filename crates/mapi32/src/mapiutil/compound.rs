//! Identifiers of what lies in a store, with the store's record key in front (MAPIUTIL.H): made of both, and taken
//! apart again with the help of a session's table of stores.
//!
//! How such an identifier looks is documented nowhere; ours begins like every identifier, with four flag bytes and
//! a UID of its own, so nothing else is taken for one.

use super::hex::{HrEntryIDFromSz, HrSzFromEntryID};
use super::property::{HrGetOneProp, succeeded};
use super::row::HrQueryAllRows;
use mapi_com::abi::{ENTRYID, SPropTagArray, SRowSet};
use mapi_com::guard::entry;
use mapi_com::interfaces::{IMAPIProp, IMAPISession, IMAPITable, IMsgStore};
use mapi_com::marshal::block::buffer;
use mapi_com::marshal::prop::{c_tags, counted, prop};
use mapi_com::marshal::row::{free_rows, rows};
use mapi_com::marshal::{In, Out, invalid};
use mapi_com::{Interface, memory};
use mapi_defs::prop::{Prop, PropValue, tags};
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// What stands in compound identifiers in the place of a provider's UID.
const COMPOUND: [u8; 16] =
    [0x6D, 0x61, 0x70, 0x69, 0x9C, 0x51, 0x4E, 0x0B, 0x8A, 0x2F, 0x63, 0x6F, 0x6D, 0x70, 0x69, 0x64];
/// Flags, UID, and the size of the record key.
const HEAD_BYTES: usize = 4 + 16 + 4;

/// Makes one identifier of a store's record key and that of an object within it; without a record key, a copy.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an out parameter is NULL, or there is no identifier.
///
/// # Source
/// HrComposeEID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrComposeEID(
    _session: In<IMAPISession>,
    key_bytes: u32,
    key: *const u8,
    id_bytes: u32,
    id: *const ENTRYID,
    bytes: *mut u32,
    out: *mut *mut ENTRYID,
) -> i32 {
    const CALL: &str = "HrComposeEID";
    entry(CALL, || {
        // SAFETY: the caller's bytes and out parameters.
        let (key, id, bytes, out) = unsafe {
            (
                counted(key, key_bytes, CALL)?,
                counted(id.cast(), id_bytes, CALL)?,
                Out::required(bytes, CALL)?,
                Out::required(out, CALL)?,
            )
        };
        if id.is_empty() {
            return Err(invalid(CALL, "there is no identifier"));
        }
        give(&composed(key, id), bytes, out)
    })
    .0
}

/// Takes an identifier apart: that of the store, found by its record key among the session's stores, and that of the
/// object. One that is not compound is copied, and no store is named.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
/// - `MAPI_E_NOT_FOUND`: no store of the session has this record key.
/// - what the session answers.
///
/// # Differs
/// The identifier handed in stays the caller's: it is not freed.
///
/// # Source
/// HrDecomposeEID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrDecomposeEID(
    session: In<IMAPISession>,
    id_bytes: u32,
    id: *const ENTRYID,
    store_bytes: *mut u32,
    store: *mut *mut ENTRYID,
    object_bytes: *mut u32,
    object: *mut *mut ENTRYID,
) -> i32 {
    const CALL: &str = "HrDecomposeEID";
    entry(CALL, || {
        // SAFETY: the caller's bytes and out parameters.
        let (id, store_bytes, store, object_bytes, object) = unsafe {
            (
                counted(id.cast(), id_bytes, CALL)?,
                Out::required(store_bytes, CALL)?,
                Out::required(store, CALL)?,
                Out::required(object_bytes, CALL)?,
                Out::required(object, CALL)?,
            )
        };
        if id.is_empty() {
            return Err(invalid(CALL, "there is no identifier"));
        }
        let Some((key, within)) = parted(id) else {
            store_bytes.write(0);
            store.write(null_mut());
            return give(id, object_bytes, object);
        };
        // SAFETY: the caller's session.
        let found = unsafe { store_of(session.required(CALL)?, key, CALL) }?;
        let block = buffer(|writer| writer.put(&found))?;
        give(within, object_bytes, object).inspect_err(|_| {
            memory::free(block.cast());
        })?;
        store_bytes.write(found.len() as u32);
        store.write(block.cast());
        Ok(())
    })
    .0
}

/// As HrComposeEID and then HrSzFromEntryID (HrComposeMsgID).
///
/// # Errors
/// As both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrComposeMsgID(
    session: In<IMAPISession>,
    key_bytes: u32,
    key: *const u8,
    id_bytes: u32,
    id: *const ENTRYID,
    out: *mut *mut u8,
) -> i32 {
    const CALL: &str = "HrComposeMsgID";
    entry(CALL, || {
        let (mut bytes, mut whole) = (0, null_mut());
        // SAFETY: the caller's arguments, handed on; what is made between is ours.
        unsafe {
            let _place: Out<*mut u8> = Out::required(out, CALL)?;
            let answer = HrComposeEID(session, key_bytes, key, id_bytes, id, &raw mut bytes, &raw mut whole);
            passed(answer, CALL)?;
            let answer = HrSzFromEntryID(bytes, whole.cast(), out);
            memory::free(whole.cast());
            passed(answer, CALL)
        }
    })
    .0
}

/// As HrEntryIDFromSz and then HrDecomposeEID (HrDecomposeMsgID).
///
/// # Errors
/// As both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrDecomposeMsgID(
    session: In<IMAPISession>,
    digits: *const u8,
    store_bytes: *mut u32,
    store: *mut *mut ENTRYID,
    object_bytes: *mut u32,
    object: *mut *mut ENTRYID,
) -> i32 {
    const CALL: &str = "HrDecomposeMsgID";
    entry(CALL, || {
        let (mut bytes, mut whole) = (0, null_mut::<c_void>());
        // SAFETY: the caller's arguments, handed on; what is made between is ours.
        unsafe {
            passed(HrEntryIDFromSz(digits, &raw mut bytes, &raw mut whole), CALL)?;
            let id = whole.cast::<ENTRYID>();
            let answer = HrDecomposeEID(session, bytes, id, store_bytes, store, object_bytes, object);
            memory::free(whole);
            passed(answer, CALL)
        }
    })
    .0
}

fn give(id: &[u8], bytes: Out<u32>, out: Out<*mut ENTRYID>) -> Result<()> {
    let block = buffer(|writer| writer.put(id))?;
    bytes.write(id.len() as u32);
    out.write(block.cast());
    Ok(())
}

fn passed(answer: i32, call: &'static str) -> Result<()> {
    let code = ErrorCode::from_u32(answer.cast_unsigned());
    code.map_or(Ok(()), |code| Err(Error::new(code, call, "the call it stands for was refused")))
}

fn composed(key: &[u8], id: &[u8]) -> Vec<u8> {
    if key.is_empty() {
        return id.to_vec();
    }
    let mut whole = vec![0; 4];
    whole.extend_from_slice(&COMPOUND);
    whole.extend_from_slice(&(key.len() as u32).to_le_bytes());
    whole.extend_from_slice(key);
    whole.extend_from_slice(id);
    whole
}

/// Record key and identifier of a compound one.
fn parted(whole: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = whole.split_at_checked(HEAD_BYTES)?;
    let size = u32::from_le_bytes(head[20..].try_into().ok()?) as usize;
    let (key, id) = rest.split_at_checked(size)?;
    (head[4..20] == COMPOUND && !id.is_empty()).then_some((key, id))
}

/// The identifier of the session's store that has this record key. A store whose row does not say its key is opened
/// and asked.
///
/// # Safety
/// The session lives.
unsafe fn store_of(session: &IMAPISession, key: &[u8], call: &'static str) -> Result<Vec<u8>> {
    let mut table: Option<IMAPITable> = None;
    // SAFETY: the promise is the caller's own.
    succeeded(unsafe { session.GetMsgStoresTable(0, (&mut table).into()) }, call)?;
    let none = || Error::new(ErrorCode::NOT_FOUND, call, "no store of the session has this record key");
    let table = table.ok_or_else(none)?;
    let mut columns = c_tags(&[tags::PR_ENTRYID, tags::PR_RECORD_KEY])?;
    let mut set: *mut SRowSet = null_mut();
    // SAFETY: a living table, and columns that were just made.
    let answer = unsafe { HrQueryAllRows((&table).into(), columns, null_mut(), null_mut(), 0, &raw mut set) };
    memory::free(std::mem::replace(&mut columns, null_mut::<SPropTagArray>()).cast());
    passed(answer, call)?;
    // SAFETY: the set was just read, and is ours to free.
    let all = unsafe { rows(set, call) };
    // SAFETY: as above.
    unsafe { free_rows(set) };
    for row in all?.unwrap_or_default() {
        let Some(PropValue::Binary(id)) = row.first().map(|prop| &prop.value) else { continue };
        let found = match row.get(1).map(|prop| &prop.value) {
            Some(PropValue::Binary(found)) => found.to_vec(),
            // SAFETY: the promise is the caller's own.
            _ => unsafe { key_of(session, id, call) }.unwrap_or_default(),
        };
        if found == key {
            return Ok(id.to_vec());
        }
    }
    Err(none())
}

/// The record key of a store, by opening it.
///
/// # Safety
/// The session lives.
unsafe fn key_of(session: &IMAPISession, id: &[u8], call: &'static str) -> Result<Vec<u8>> {
    const MDB_NO_DIALOG: u32 = 1;
    const MDB_NO_MAIL: u32 = 0x80;
    let mut store: Option<IMsgStore> = None;
    let id_bytes = u32::try_from(id.len()).map_err(|_| invalid(call, "the identifier is too long"))?;
    let mut own = id.to_vec();
    // SAFETY: the promise is the caller's own; the identifier is not written.
    let answer = unsafe {
        session.OpenMsgStore(
            0,
            id_bytes,
            own.as_mut_ptr().cast(),
            null(),
            MDB_NO_DIALOG | MDB_NO_MAIL,
            (&mut store).into(),
        )
    };
    succeeded(answer, call)?;
    let none = || Error::new(ErrorCode::NOT_FOUND, call, "the store has no record key");
    let store: IMAPIProp = store.and_then(|store| store.cast().ok()).ok_or_else(none)?;
    let mut value = null_mut();
    // SAFETY: a living store.
    passed(unsafe { HrGetOneProp((&store).into(), tags::PR_RECORD_KEY.0, &raw mut value) }, call)?;
    // SAFETY: the value was just read, and is ours to free.
    let read: Result<Prop> = unsafe { prop(&*value, call) };
    memory::free(value.cast());
    match read?.value {
        PropValue::Binary(key) => Ok(key.to_vec()),
        _ => Err(none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_composed_is_parted_again() {
        let whole = composed(&[1, 2, 3], &[9, 8]);
        assert_eq!(parted(&whole), Some((&[1u8, 2, 3][..], &[9u8, 8][..])));
        assert_eq!(composed(&[], &[9, 8]), [9, 8]);
        assert_eq!(parted(&[9, 8]), None);
        for cut in 0..whole.len() - 1 {
            assert_eq!(parted(&whole[..cut]), None, "{cut}");
        }
        let mut wrong = whole;
        wrong[20] = 0xFF;
        wrong[23] = 0xFF;
        assert_eq!(parted(&wrong), None, "a size beyond the end");
    }
}
