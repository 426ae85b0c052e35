//! A storage as bytes: class identifier, streams, storages; names and bytes behind their lengths.

use mapi_defs::object::StorageObject;
use mapi_defs::{Error, ErrorCode, Guid, Result};

/// Storages within one another, at most.
pub(super) const DEPTH: usize = 64;

/// The bytes of a storage.
pub(crate) fn write(storage: &StorageObject) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(storage, &mut bytes);
    bytes
}

fn put(storage: &StorageObject, to: &mut Vec<u8>) {
    to.extend_from_slice(&storage.class_id.0);
    to.extend_from_slice(&(storage.streams.len() as u32).to_le_bytes());
    for (name, bytes) in &storage.streams {
        put_bytes(to, name.as_bytes());
        put_bytes(to, bytes);
    }
    to.extend_from_slice(&(storage.storages.len() as u32).to_le_bytes());
    for (name, inner) in &storage.storages {
        put_bytes(to, name.as_bytes());
        put(inner, to);
    }
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// Reads a storage.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the bytes are not whole.
pub(crate) fn read(bytes: &[u8]) -> Result<StorageObject> {
    let mut from = bytes;
    take(&mut from, 0)
}

fn take(from: &mut &[u8], depth: usize) -> Result<StorageObject> {
    if depth > DEPTH {
        return Err(corrupt());
    }
    let mut class_id = [0; 16];
    class_id.copy_from_slice(slice(from, 16)?);
    let mut storage = StorageObject { class_id: Guid(class_id), ..StorageObject::default() };
    // The numbers are claims: nothing is set aside for them, reading stops where the bytes end.
    for _ in 0..number(from)? {
        let name = text(from)?;
        let len = number(from)? as usize;
        storage.streams.push((name, slice(from, len)?.to_vec()));
    }
    for _ in 0..number(from)? {
        let name = text(from)?;
        storage.storages.push((name, take(from, depth + 1)?));
    }
    Ok(storage)
}

fn text(from: &mut &[u8]) -> Result<String> {
    let len = number(from)? as usize;
    std::str::from_utf8(slice(from, len)?).map(str::to_owned).map_err(|_| corrupt())
}

fn number(from: &mut &[u8]) -> Result<u32> {
    let mut four = [0; 4];
    four.copy_from_slice(slice(from, 4)?);
    Ok(u32::from_le_bytes(four))
}

fn slice<'a>(from: &mut &'a [u8], len: usize) -> Result<&'a [u8]> {
    let (slice, rest) = from.split_at_checked(len).ok_or_else(corrupt)?;
    *from = rest;
    Ok(slice)
}

fn corrupt() -> Error {
    Error::new(ErrorCode::CORRUPT_DATA, "Attachment::open_storage", "the storage's bytes are not whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_goes_both_ways_and_no_cut_does_harm() {
        let inner = StorageObject { streams: vec![("s".into(), vec![1, 2])], ..StorageObject::default() };
        let outer = StorageObject {
            class_id: Guid::PS_MAPI,
            streams: vec![("a".into(), vec![]), ("ä".into(), vec![9; 300])],
            storages: vec![("Pool".into(), inner)],
        };
        let bytes = write(&outer);
        assert_eq!(read(&bytes).unwrap(), outer);
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len]).unwrap_err().code(), ErrorCode::CORRUPT_DATA);
        }
    }
}
