//! `FileStream`: the bytes of a file as a stream (OpenStreamOnFile).
//! The COM object around it is `stream.rs`'s.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The bytes of a file.
#[derive(Debug)]
pub struct FileStream {
    file: File,
    writable: bool,
    /// Removed when the stream goes.
    passing: Option<PathBuf>,
}

impl FileStream {
    /// Opens a file; `creates` empties or makes it, for its owner alone, and `passes` removes it when the
    /// stream goes.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the file cannot be opened.
    pub fn open(path: &Path, writable: bool, creates: bool, passes: bool) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(writable || creates).create(creates).truncate(creates).mode(0o600);
        let file = options.open(path).map_err(|error| failed(error, "OpenStreamOnFile"))?;
        Ok(Self { file, writable, passing: passes.then(|| path.to_owned()) })
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        if let Some(path) = self.passing.take()
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(target: "mapi::call", %error, "a passing file stays: {}", path.display());
        }
    }
}

impl PropStream for FileStream {
    fn len(&self) -> Result<u64> {
        self.file.metadata().map(|file| file.len()).map_err(|error| failed(error, "FileStream::len"))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.file.read_at(bytes, offset).map_err(|error| failed(error, "FileStream::read_at"))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.check()?;
        self.file.write_at(bytes, offset).map_err(|error| failed(error, "FileStream::write_at"))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.check()?;
        self.file.set_len(len).map_err(|error| failed(error, "FileStream::set_len"))
    }

    fn commit(&self) -> Result<()> {
        self.file.sync_all().map_err(|error| failed(error, "FileStream::commit"))
    }
}

impl FileStream {
    fn check(&self) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, "FileStream", "the file is open for reading"))
    }
}

fn failed(error: io::Error, call: &'static str) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => ErrorCode::NOT_FOUND,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorCode::NO_ACCESS,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::NOT_ENOUGH_DISK,
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, call, error.to_string())
}
