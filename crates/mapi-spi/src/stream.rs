//! `PropStream`: the bytes of one large property (IStream on a property).
//!
//! It has no position of its own: whoever holds it keeps one, so it can be read from many threads.

use crate::no_support;
use mapi_defs::{Error, ErrorCode, Result};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// The bytes of a property.
pub trait PropStream: Send + Sync {
    /// Length in bytes.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object it belongs to has ended.
    fn len(&self) -> Result<u64>;

    /// True where there is not a byte.
    ///
    /// # Errors
    /// As [`PropStream::len`].
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads from `offset` in bytes; returns how many were read, 0 at the end.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object it belongs to has ended.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize>;

    /// Writes at `offset` in bytes, growing the value where needed; returns how many were written.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let _ = (offset, bytes);
        no_support("PropStream::write_at")
    }

    /// Cuts or grows the value to `len` bytes; new bytes are zero.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    fn set_len(&self, len: u64) -> Result<()> {
        let _ = len;
        no_support("PropStream::set_len")
    }

    /// Hands what was written to the object, which keeps it at its next save.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    fn commit(&self) -> Result<()> {
        no_support("PropStream::commit")
    }
}

/// A stream with a position, as `Read`, `Write` and `Seek`.
pub struct StreamCursor {
    stream: Arc<dyn PropStream>,
    position: u64,
}

impl StreamCursor {
    /// Starts at the first byte.
    pub fn new(stream: Arc<dyn PropStream>) -> Self {
        Self { stream, position: 0 }
    }
}

impl Read for StreamCursor {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read_at(self.position, bytes).map_err(io::Error::other)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Write for StreamCursor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write_at(self.position, bytes).map_err(io::Error::other)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for StreamCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let from_start = match to {
            SeekFrom::Start(offset) => i128::from(offset),
            SeekFrom::Current(offset) => i128::from(self.position) + i128::from(offset),
            SeekFrom::End(offset) => {
                i128::from(self.stream.len().map_err(io::Error::other)?) + i128::from(offset)
            }
        };
        self.position = u64::try_from(from_start).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// A stream over bytes in memory, for reading.
impl PropStream for Vec<u8> {
    fn len(&self) -> Result<u64> {
        Ok(Self::len(self) as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(Self::len(self));
        let read = bytes.len().min(Self::len(self) - start);
        bytes[..read].copy_from_slice(&self[start..start + read]);
        Ok(read)
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> Result<usize> {
        Err(Error::new(ErrorCode::NO_ACCESS, "PropStream::write_at", "the stream is open for reading"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_and_seeks() {
        let mut cursor = StreamCursor::new(Arc::new(b"abcdef".to_vec()));
        let mut two = [0; 2];
        cursor.seek(SeekFrom::End(-3)).unwrap();
        cursor.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"de");
        assert_eq!(cursor.seek(SeekFrom::Current(-4)).unwrap(), 1);
        assert!(cursor.seek(SeekFrom::Current(-2)).is_err());
        let mut rest = Vec::new();
        cursor.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"bcdef");
        assert_eq!(cursor.seek(SeekFrom::Start(100)).unwrap(), 100);
        assert_eq!(cursor.read(&mut two).unwrap(), 0);
        assert!(cursor.write(b"x").is_err());
    }
}
