//! What a store file lies on, and which journal is safe there.
//!
//! Two programs that share a write-ahead log map its index into memory. Where the file system cannot
//! keep its promise to back each mapped page, a full disk ends the program by a signal; see
//! docs/decisions/0020-who-opens-the-store-file.md.

use mapi_defs::{Error, ErrorCode, Result};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// EXT4_SUPER_MAGIC, shared by ext2 and ext3.
const EXT: u64 = 0xEF53;
/// XFS_SUPER_MAGIC.
const XFS: u64 = 0x5846_5342;
/// TMPFS_MAGIC.
const TMPFS: u64 = 0x0102_1994;
/// The endings of the files that SQLite keeps beside a store.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// SQLite backs each page of its index by writing one byte into it; a smaller block leaves holes.
const PAGE_BYTES: u64 = 4096;

/// Which journal a store has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Journal {
    /// A write-ahead log that several programs share.
    SharedLog,
    /// A rollback journal: slower, needs nothing but locks.
    Rollback,
}

/// The file itself, apart from its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

/// Chooses the journal for files in a folder.
pub(crate) fn journal_for(folder: &Path) -> Journal {
    let Ok(stat) = rustix::fs::statfs(folder) else { return Journal::Rollback };
    let known = matches!(stat.f_type as u64, EXT | XFS | TMPFS);
    if known && stat.f_bsize as u64 >= PAGE_BYTES {
        return Journal::SharedLog;
    }
    tracing::debug!(
        kind = stat.f_type as u64,
        block_bytes = stat.f_bsize as u64,
        "a rollback journal is used"
    );
    Journal::Rollback
}

/// Looks at a store file without opening it.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: there is no such file.
/// - `MAPI_E_NO_ACCESS`: it cannot be seen or is not a file. For writing also: it is a link, belongs to
///   somebody else, or has a second name, or one of SQLite's files beside it is so: locks and journals
///   go by the name, and two names would be two stores in one file.
/// - `MAPI_E_CORRUPT_STORE`: it is empty.
pub(crate) fn identity(path: &Path, write: bool) -> Result<FileIdentity> {
    const CALL: &str = "MsProvider::logon";
    let refused = |code, what: &str| Err(Error::new(code, CALL, format!("{} {what}", path.display())));
    if write {
        mapi_files::check_file(path)?;
    }
    for ending in BESIDE {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        let beside = Path::new(&beside);
        // Who only reads may read what is somebody else's.
        let is_there = std::fs::symlink_metadata(beside);
        if is_there.is_ok_and(|meta| write || !meta.is_file()) {
            mapi_files::check_file(beside)?;
        }
    }
    let meta: Metadata = std::fs::metadata(path).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::NOT_FOUND,
            _ => ErrorCode::NO_ACCESS,
        };
        Error::new(code, CALL, format!("there is no store file {} to be seen", path.display()))
            .with_source(error)
    })?;
    if !meta.is_file() {
        return refused(ErrorCode::NO_ACCESS, "is not a file");
    }
    if meta.len() == 0 {
        return refused(ErrorCode::CORRUPT_STORE, "is empty, and no message store");
    }
    Ok(FileIdentity { device: meta.dev(), inode: meta.ino() })
}

/// True where the path still leads to this file.
pub(crate) fn is_still(path: &Path, identity: FileIdentity) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|meta| FileIdentity { device: meta.dev(), inode: meta.ino() } == identity)
}

/// What changes about a file that a program writes which we only read.
pub(crate) fn stamp(path: &Path) -> Option<(u64, u64, i64, i64)> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
}
