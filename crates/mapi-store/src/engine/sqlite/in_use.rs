//! `InUse`: which store files this program has open, and the first look at one that it has not.
//!
//! POSIX gives up all locks that a program has on a file once it closes any of its descriptors of it. So a
//! file that is open here already is not opened in any other way than by SQLite; what its header says was
//! seen when it was opened first.

use super::file_system::{self, FileIdentity};
use super::open::{APPLICATION, VERSION};
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Bytes of a database's header that are looked at.
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the versions of the format for writing and reading stand in the header.
const FORMATS: std::ops::Range<usize> = 18..20;
/// Both of a file with a write-ahead log.
const WITH_LOG: &[u8] = &[2, 2];
/// Where user_version and application_id stand in the header, big-endian.
const USER_VERSION: usize = 60;
const APPLICATION_ID: usize = 68;

/// How often each file is in use, and what its header says.
static FILES: LazyLock<Mutex<HashMap<FileIdentity, (usize, Header)>>> = LazyLock::new(Mutex::default);

/// What the header of a store file says.
#[derive(Clone, Copy, Debug)]
struct Header {
    /// The schema.
    version: i32,
    /// True where the file is read and written by a write-ahead log.
    has_log: bool,
}

/// One use of a store file.
#[derive(Debug)]
pub(super) struct InUse {
    file: FileIdentity,
    header: Header,
}

impl InUse {
    /// Begins the use of a store file; it is written no byte.
    ///
    /// # Errors
    /// - Those of [`file_system::identity`].
    /// - `MAPI_E_CORRUPT_STORE`: not a store: another program's database, or no database.
    /// - `MAPI_E_VERSION`: a store of a newer or unknown schema.
    pub(super) fn begin(path: &Path, write: bool) -> Result<Self> {
        let file = file_system::identity(path, write)?;
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        // The lock is held during the look, so that nobody opens the file meanwhile.
        let header = match files.get(&file) {
            Some((_, header)) => *header,
            None => look(path)?,
        };
        files.entry(file).or_insert((0, header)).0 += 1;
        Ok(Self { file, header })
    }

    /// The file.
    pub(super) fn file(&self) -> FileIdentity {
        self.file
    }

    /// The schema that the header names.
    pub(super) fn version(&self) -> i32 {
        self.header.version
    }

    /// True where the header names a write-ahead log.
    pub(super) fn has_log(&self) -> bool {
        self.header.has_log
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((uses, _)) = files.get_mut(&self.file) {
            *uses -= 1;
            if *uses == 0 {
                files.remove(&self.file);
            }
        }
    }
}

fn look(path: &Path) -> Result<Header> {
    let refused =
        |code, what| Err(Error::new(code, "MsProvider::logon", format!("{} {what}", path.display())));
    let mut header = [0; HEADER_BYTES];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut header, 0));
    match read {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return refused(ErrorCode::CORRUPT_STORE, "is shorter than a message store's header");
        }
        Err(error) => {
            let code = match error.kind() {
                std::io::ErrorKind::PermissionDenied => ErrorCode::NO_ACCESS,
                _ => ErrorCode::DISK_ERROR,
            };
            let detail = format!("{} cannot be read", path.display());
            return Err(Error::new(code, "MsProvider::logon", detail).with_source(error));
        }
    }
    let number = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if !header.starts_with(MAGIC) || number(APPLICATION_ID) != APPLICATION {
        return refused(ErrorCode::CORRUPT_STORE, "is not a message store");
    }
    match number(USER_VERSION) {
        version if (1..=VERSION).contains(&version) => {
            Ok(Header { version, has_log: &header[FORMATS] == WITH_LOG })
        }
        _ => refused(ErrorCode::VERSION, "is a store whose schema is of another version"),
    }
}
