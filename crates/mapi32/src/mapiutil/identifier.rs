//! Identifiers made of others: conversation indexes, wrapped identifiers of stores (MAPIUTIL.H).
//! Entry identifiers as hex are `hex.rs`'s.

use mapi::{Clock, SystemClock};
use mapi_com::abi::ENTRYID;
use mapi_com::guard::entry;
use mapi_com::marshal::block::buffer;
use mapi_com::marshal::prop::counted;
use mapi_com::marshal::text::{MAPI_UNICODE, encode8z, text};
use mapi_com::marshal::{Out, invalid};
use mapi_defs::{Error, ErrorCode};
use std::ffi::c_void;

/// Bytes of the index of a conversation's first message: six of its time, and a GUID.
const FIRST_BYTES: usize = 22;
/// Bytes that each answer adds.
const ANSWER_BYTES: usize = 5;
/// muidStoreWrap, which stands in wrapped identifiers of stores.
const STORE_WRAP: [u8; 16] =
    [0x38, 0xA1, 0xBB, 0x10, 0x05, 0xE5, 0x10, 0x1A, 0xA1, 0xBB, 0x08, 0x00, 0x2B, 0x2A, 0x56, 0xC2];

/// Makes the index of a message in its conversation: of a first one, or of an answer to `parent`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an out parameter is NULL, or the parent is too short to be an index.
///
/// # Source
/// ScCreateConversationIndex; [MS-OXOMSG] 2.2.1.3.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ScCreateConversationIndex(
    parent_bytes: u32,
    parent: *const u8,
    bytes: *mut u32,
    out: *mut *mut u8,
) -> i32 {
    const CALL: &str = "ScCreateConversationIndex";
    entry(CALL, || {
        // SAFETY: the caller's index and out parameters.
        let (parent, bytes, out) = unsafe {
            (counted(parent, parent_bytes, CALL)?, Out::required(bytes, CALL)?, Out::required(out, CALL)?)
        };
        if !parent.is_empty() && parent.len() < FIRST_BYTES {
            return Err(invalid(CALL, "the parent's index is too short"));
        }
        let index = conversation_index(parent, SystemClock.now().0, uuid::Uuid::new_v4().into_bytes());
        let block = buffer(|writer| writer.put(&index))?;
        bytes.write(index.len() as u32);
        out.write(block);
        Ok(())
    })
    .0
}

fn conversation_index(parent: &[u8], now: u64, random: [u8; 16]) -> Vec<u8> {
    if parent.is_empty() {
        let mut index = now.to_be_bytes()[..6].to_vec();
        index.extend_from_slice(&random);
        return index;
    }
    let mut began = [0; 8];
    began[..6].copy_from_slice(&parent[..6]);
    let passed = now.saturating_sub(u64::from_be_bytes(began));
    // 31 bits of the time that has passed: of less than 1.7 years from bit 18 on, else from bit 23 on.
    let delta = if passed >> 49 == 0 {
        (passed >> 18) as u32 & 0x7FFF_FFFF
    } else {
        0x8000_0000 | ((passed >> 23) as u32 & 0x7FFF_FFFF)
    };
    let answers = (parent.len() - FIRST_BYTES) / ANSWER_BYTES;
    let mut index = parent.to_vec();
    index.extend_from_slice(&delta.to_be_bytes());
    index.push((random[0] & 0xF0) | (answers & 0x0F) as u8);
    index
}

/// Wraps a store's own identifier so that MAPI knows whose it is by the name of its library.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
///
/// # Source
/// WrapStoreEntryID; [MS-OXCDATA] 2.2.4.3.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WrapStoreEntryID(
    flags: u32,
    library: *const c_void,
    id_bytes: u32,
    id: *const ENTRYID,
    bytes: *mut u32,
    out: *mut *mut ENTRYID,
) -> i32 {
    const CALL: &str = "WrapStoreEntryID";
    entry(CALL, || {
        // SAFETY: the caller's text, identifier and out parameters.
        let (library, id, bytes, out) = unsafe {
            (
                text(library, flags, CALL)?.ok_or_else(|| invalid(CALL, "the library's name is NULL"))?,
                counted(id.cast(), id_bytes, CALL)?,
                Out::required(bytes, CALL)?,
                Out::required(out, CALL)?,
            )
        };
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        if id.is_empty() {
            return Err(invalid(CALL, "there is no identifier to wrap"));
        }
        let wrapped = wrapped_store_id(&library, id);
        let block = buffer(|writer| writer.put(&wrapped))?;
        bytes.write(wrapped.len() as u32);
        out.write(block.cast());
        Ok(())
    })
    .0
}

fn wrapped_store_id(library: &str, id: &[u8]) -> Vec<u8> {
    let mut wrapped = vec![0; 4];
    wrapped.extend_from_slice(&STORE_WRAP);
    // Version and flag, then the name; the store's own identifier begins at a multiple of four.
    wrapped.extend_from_slice(&[0, 0]);
    wrapped.extend_from_slice(&encode8z(library));
    wrapped.resize(wrapped.len().next_multiple_of(4), 0);
    wrapped.extend_from_slice(id);
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_extend_their_parents_index() {
        let now = 0x01DA_0102_0304_0506;
        let first = conversation_index(&[], now, [7; 16]);
        assert_eq!((first.len(), &first[..7]), (22, &[1, 0xDA, 1, 2, 3, 4, 7][..]));
        let answer = conversation_index(&first, now + (3 << 18), [0xAB; 16]);
        assert_eq!((answer.len(), &answer[..22]), (27, &first[..]));
        assert_eq!(answer[22..], [0, 0, 0, 3, 0xA0]);
        let late = conversation_index(&answer, now + (1 << 49), [0; 16]);
        assert_eq!(late[27..], [0x84, 0, 0, 0, 1], "the second answer, after 1.8 years");
    }

    #[test]
    fn a_wrapped_identifier_names_its_library() {
        let wrapped = wrapped_store_id("emsmdb.dll", &[9, 9]);
        assert_eq!(wrapped.len(), 36 + 2, "as [MS-OXCDATA] has it for this library");
        assert_eq!((&wrapped[4..8], &wrapped[22..33]), (&STORE_WRAP[..4], b"emsmdb.dll\0".as_slice()));
    }
}
