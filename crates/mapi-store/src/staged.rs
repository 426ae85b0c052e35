//! `Staged`: the bytes of a value that is not saved yet, in memory or in a nameless file.
//!
//! Nothing of it is in the store before the object is saved. Open streams are `stream.rs`.

use mapi_defs::{Error, ErrorCode, Result};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Values up to this many bytes are staged in memory, larger ones in a file without a name.
pub(crate) const MEMORY_BYTES: u64 = 1024 * 1024;

/// Bytes that wait for a save.
#[derive(Debug)]
pub(crate) struct Staged {
    bytes: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    File { file: File, len: u64 },
}

impl Staged {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self::from_vec(Vec::new())
    }

    /// These bytes.
    pub(crate) fn from_vec(bytes: Vec<u8>) -> Self {
        Self { bytes: Place::Memory(bytes) }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match &self.bytes {
            Place::Memory(bytes) => bytes.len() as u64,
            Place::File { len, .. } => *len,
        }
    }

    /// Reads at a place; 0 at the end.
    ///
    /// # Errors
    /// - `MAPI_E_DISK_ERROR`: the staging file cannot be read.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        match &self.bytes {
            Place::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let count = into.len().min(bytes.len() - start);
                into[..count].copy_from_slice(&bytes[start..start + count]);
                Ok(count)
            }
            Place::File { file, len } => {
                let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
                let count = into.len().min(left);
                file.read_exact_at(&mut into[..count], offset).map_err(failed)?;
                Ok(count)
            }
        }
    }

    /// Writes at a place, zeros between the end and it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: the staging file cannot be written.
    /// - `MAPI_E_TOO_BIG`: the end is beyond every file.
    pub(crate) fn write_at(&mut self, offset: u64, from: &[u8]) -> Result<()> {
        let end =
            offset.checked_add(from.len() as u64).filter(|end| *end <= LARGEST_BYTES).ok_or_else(too_big)?;
        self.set_len(self.len().max(end))?;
        match &mut self.bytes {
            // The length has just been made to fit, and in memory it is at most MEMORY_BYTES.
            Place::Memory(bytes) => bytes[offset as usize..end as usize].copy_from_slice(from),
            Place::File { file, .. } => file.write_all_at(from, offset).map_err(failed)?,
        }
        Ok(())
    }

    /// Cuts, or grows with zeros.
    ///
    /// # Errors
    /// As [`Staged::write_at`].
    pub(crate) fn set_len(&mut self, new_len: u64) -> Result<()> {
        if new_len > LARGEST_BYTES {
            return Err(too_big());
        }
        match &mut self.bytes {
            Place::Memory(bytes) if new_len <= MEMORY_BYTES => {
                bytes.resize(new_len as usize, 0);
                return Ok(());
            }
            Place::Memory(bytes) => {
                let file = tempfile::tempfile().map_err(failed)?;
                let kept = bytes.len().min(usize::try_from(new_len).unwrap_or(usize::MAX));
                file.write_all_at(&bytes[..kept], 0).map_err(failed)?;
                self.bytes = Place::File { file, len: kept as u64 };
            }
            Place::File { .. } => {}
        }
        if let Place::File { file, len } = &mut self.bytes
            && *len != new_len
        {
            file.set_len(new_len).map_err(failed)?;
            *len = new_len;
        }
        Ok(())
    }

    /// A copy that can be written without changing this one.
    ///
    /// # Errors
    /// As [`Staged::write_at`].
    pub(crate) fn copy(&self) -> Result<Self> {
        let mut copy = Self::empty();
        copy.set_len(self.len())?;
        let (mut buffer, mut offset) = (vec![0; 64 * 1024], 0);
        loop {
            let count = self.read_at(offset, &mut buffer)?;
            if count == 0 {
                return Ok(copy);
            }
            copy.write_at(offset, &buffer[..count])?;
            offset += count as u64;
        }
    }

    /// All bytes; the caller knows that they are few.
    ///
    /// # Errors
    /// - `MAPI_E_DISK_ERROR`: the staging file cannot be read.
    pub(crate) fn to_vec(&self) -> Result<Vec<u8>> {
        match &self.bytes {
            Place::Memory(bytes) => Ok(bytes.clone()),
            Place::File { len, .. } => {
                let mut bytes = vec![0; usize::try_from(*len).map_err(|_| too_big())?];
                self.read_at(0, &mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

/// No value is larger: 2^24 chunks of 64 KiB.
pub(crate) const LARGEST_BYTES: u64 = 1 << 40;

fn too_big() -> Error {
    Error::new(ErrorCode::TOO_BIG, "PropStream::write_at", "a value of more than 1 TiB")
}

fn failed(error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::NOT_ENOUGH_DISK,
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, "PropStream", "the bytes cannot be kept until the save").with_source(error)
}
