//! `Staged`: the bytes of a value that is not saved yet, in memory or in a nameless file.
//!
//! Nothing of it is in the store before the object is saved. Open streams are `stream.rs`.

use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
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

    /// A copy that can be written without changing this one. What was never written of a long value is
    /// neither read nor written: a value of a terabyte of which a few bytes are set is copied at once.
    ///
    /// # Errors
    /// As [`Staged::write_at`].
    pub(crate) fn copy(&self) -> Result<Self> {
        let Place::File { file, len } = &self.bytes else { return Ok(Self::from_vec(self.to_vec()?)) };
        let mut copy = Self::empty();
        copy.set_len(*len)?;
        let (mut buffer, mut offset) = (vec![0; 64 * 1024], 0);
        while let Some((start, end)) = written_part(file, offset).map_err(failed)? {
            offset = start;
            while offset < end {
                let most = usize::try_from(end - offset).unwrap_or(usize::MAX).min(buffer.len());
                let count = self.read_at(offset, &mut buffer[..most])?;
                if count == 0 {
                    return Ok(copy);
                }
                copy.write_at(offset, &buffer[..count])?;
                offset += count as u64;
            }
        }
        Ok(copy)
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

/// Where the next part of a file begins and ends that was ever written; `None` where there is none.
fn written_part(file: &File, from: u64) -> std::io::Result<Option<(u64, u64)>> {
    match seek(file, SeekFrom::Data(from)) {
        Ok(start) => Ok(Some((start, seek(file, SeekFrom::Hole(start))?))),
        Err(Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    /// A program may set any length; what it did not write is not copied when it writes on after a commit.
    #[test]
    fn a_copy_of_a_long_value_takes_what_was_written_of_it() {
        let mut long = Staged::empty();
        long.write_at(3, b"first").unwrap();
        long.set_len(1 << 39).unwrap();
        long.write_at(1 << 38, b"middle").unwrap();
        let mut copy = long.copy().unwrap();
        copy.write_at(5, b"!").unwrap();
        let mut found = [9; 10];
        for (staged, at, expect) in [
            (&copy, 0, b"\0\0\0fi!st\0\0"),
            (&long, 0, b"\0\0\0first\0\0"),
            (&copy, (1 << 38) - 2, b"\0\0middle\0\0"),
        ] {
            assert_eq!(staged.read_at(at, &mut found).unwrap(), 10);
            assert_eq!(&found, expect);
        }
        assert_eq!(copy.len(), 1 << 39);
        let Place::File { file, .. } = &copy.bytes else { panic!("it is long") };
        assert!(file.metadata().unwrap().blocks() * 512 < 1 << 20);
        long.set_len(3).unwrap();
        assert_eq!(long.copy().unwrap().to_vec().unwrap(), [0; 3]);
    }
}
