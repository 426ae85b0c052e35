//! `Stream`: the bytes of a property with a position, as `Read`, `Write` and `Seek`.

use super::Open;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The bytes of a property.
#[derive(Debug)]
pub struct Stream {
    open: Open<dyn PropStream>,
    position: u64,
}

impl Stream {
    pub(crate) fn new(open: Open<dyn PropStream>) -> Self {
        Self { open, position: 0 }
    }

    /// Length in bytes.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the stream's logon has ended.
    pub fn len(&self) -> Result<u64> {
        self.open.live()?.len()
    }

    /// True where there is not a byte.
    ///
    /// # Errors
    /// As [`Stream::len`].
    pub fn is_empty(&self) -> Result<bool> {
        self.open.live()?.is_empty()
    }

    /// Cuts or grows the value to `len` bytes.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    pub fn set_len(&self, len: u64) -> Result<()> {
        self.open.live()?.set_len(len)
    }

    /// Hands what was written to the object, which keeps it at its next save.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    pub fn commit(&self) -> Result<()> {
        self.open.live()?.commit()
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let live = self.open.live().map_err(io::Error::other)?;
        let read = live.read_at(self.position, bytes).map_err(io::Error::other)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let live = self.open.live().map_err(io::Error::other)?;
        let written = live.write_at(self.position, bytes).map_err(io::Error::other)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Stream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let from_start = match to {
            SeekFrom::Start(offset) => i128::from(offset),
            SeekFrom::Current(offset) => i128::from(self.position) + i128::from(offset),
            SeekFrom::End(offset) => i128::from(self.len().map_err(io::Error::other)?) + i128::from(offset),
        };
        self.position = u64::try_from(from_start).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// The MAPI error within an I/O error, or one that says what happened.
pub(super) fn failed(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(inner) => inner,
        Err(other) => {
            Error::new(ErrorCode::DISK_ERROR, "Stream", "the bytes cannot be moved").with_source(other)
        }
    }
}
