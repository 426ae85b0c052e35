//! `Fault`: what can go wrong below the engine, and the MAPI code it becomes, converted once.

use mapi_defs::{Error, ErrorCode};
use rusqlite::ffi;

/// A fault of SQLite, or an answer in MAPI's words already.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite says so.
    Sql(rusqlite::Error),
    /// The store says so.
    Mapi(Error),
}

/// The result of everything below the engine.
pub(super) type Sql<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Mapi(error)
    }
}

impl Fault {
    /// SQLite's extended result code; 0 where the fault is not SQLite's.
    pub(super) fn sqlite_code(&self) -> i32 {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _)) => failure.extended_code,
            _ => 0,
        }
    }

    /// True where the file's pages contradict one another, or an injected fault made it seem so.
    pub(super) fn is_corrupt(&self) -> bool {
        matches!(self.sqlite_code() & 0xFF, ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB)
            || matches!(
                self,
                Self::Sql(
                    rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::IntegralValueOutOfRange(..)
                )
            )
    }

    /// True where somebody else holds the file.
    pub(super) fn is_busy(&self) -> bool {
        self.sqlite_code() & 0xFF == ffi::SQLITE_BUSY
    }

    /// The same fault once more, for another change that it stopped.
    pub(super) fn again(&self) -> Self {
        let code = self.sqlite_code();
        Self::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    /// True where the disk has no room.
    pub(super) fn is_disk_full(&self) -> bool {
        let code = self.sqlite_code();
        code & 0xFF == ffi::SQLITE_FULL || code == ffi::SQLITE_IOERR_SHMSIZE
    }

    /// True where the medium failed, after which the page cache may lie.
    pub(super) fn is_io(&self) -> bool {
        self.sqlite_code() & 0xFF == ffi::SQLITE_IOERR
    }

    /// The answer of `call`.
    pub(super) fn into_mapi(self, call: &'static str) -> Error {
        let code = self.sqlite_code();
        let (answer, detail) = match &self {
            Self::Mapi(_) => (ErrorCode::CALL_FAILED, ""),
            _ if self.is_disk_full() => (ErrorCode::NOT_ENOUGH_DISK, "the disk has no room for the store"),
            _ if self.is_corrupt() => (ErrorCode::CORRUPT_STORE, "the store file is damaged"),
            _ => answer(code),
        };
        match self {
            Self::Mapi(error) => error,
            Self::Sql(error) => Error::new(answer, call, detail).with_source(error),
        }
    }
}

/// The answer for a code that is neither damage nor a full disk.
fn answer(code: i32) -> (ErrorCode, &'static str) {
    if code == ffi::SQLITE_READONLY_DBMOVED {
        return (ErrorCode::OBJECT_DELETED, "the store file was moved or deleted");
    }
    match code & 0xFF {
        ffi::SQLITE_BUSY if code == ffi::SQLITE_BUSY => {
            (ErrorCode::TIMEOUT, "another program held the store file for too long")
        }
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => (ErrorCode::BUSY, "the store file is in use"),
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => {
            (ErrorCode::NO_ACCESS, "the store file cannot be written")
        }
        ffi::SQLITE_CANTOPEN => (ErrorCode::NO_ACCESS, "the store file cannot be opened"),
        ffi::SQLITE_IOERR => (ErrorCode::DISK_ERROR, "the store file cannot be read or written"),
        ffi::SQLITE_NOMEM => (ErrorCode::NOT_ENOUGH_MEMORY, "no memory"),
        ffi::SQLITE_TOOBIG => (ErrorCode::TOO_BIG, "a value is too large for a row"),
        ffi::SQLITE_INTERRUPT => (ErrorCode::CANCEL, "the work was stopped"),
        _ => (ErrorCode::CALL_FAILED, "the store answers what nobody expects"),
    }
}
