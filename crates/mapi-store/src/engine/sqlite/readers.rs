//! `Readers`: the connections that read, as many as there are readers at once.
//!
//! The one connection that writes is `writer.rs`.

use super::fault::Sql;
use super::file_system;
use super::open::{Reach, connect};
use mapi_defs::{Error, ErrorCode, Result};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections kept open while nobody reads.
const IDLE: usize = 16;
/// How often a read is repeated whose file was written underneath it.
const TRIES: usize = 5;

/// The file and its log from outside.
type Stamp = (Option<(u64, u64, i64, i64)>, Option<(u64, u64, i64, i64)>);

/// The reading half of an engine.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    patience: Duration,
    /// True where the store may be written, so that readers and writers share the journal.
    writes: bool,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    is_closed: bool,
    /// What the file was when these connections read it, where nobody may write it.
    stamp: Option<Stamp>,
}

impl Readers {
    /// Readers of a file; nothing is opened yet.
    pub(super) fn new(path: &Path, patience: Duration, writes: bool) -> Self {
        Self { path: path.to_owned(), patience, writes, idle: Mutex::default() }
    }

    /// Takes a connection that is open already as the first one.
    pub(super) fn begin_with(&self, connection: Connection) -> Sql<()> {
        connection.pragma_update(None, "query_only", true)?;
        self.give_back(connection);
        Ok(())
    }

    /// Reads. `read` may run more than once and then starts afresh.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the readers are closed.
    /// - Those of `fault.rs`.
    pub(super) fn read<T>(
        &self,
        call: &'static str,
        mut read: impl FnMut(&Connection) -> Sql<T>,
    ) -> Result<T> {
        if !self.writes {
            return self.read_only(call, read);
        }
        let connection = self.take(call)?;
        match read(&connection) {
            Ok(value) => {
                self.give_back(connection);
                Ok(value)
            }
            // One such answer may come from a fault that has passed; only a second one is believed.
            Err(fault) if fault.is_corrupt() || fault.is_io() => {
                drop(connection);
                let fresh = self.take_fresh(Reach::Write).map_err(|fault| fault.into_mapi(call))?;
                read(&fresh).map_err(|fault| fault.into_mapi(call))
            }
            Err(fault) => {
                self.give_back(connection);
                Err(fault.into_mapi(call))
            }
        }
    }

    /// A question that answers whether anybody wrote the file since it was last asked: by SQLite's count of
    /// versions, which is a few microseconds' work; of a file that is only read by what it is from outside.
    /// Where that cannot be known, somebody may have.
    pub(super) fn watch(&self) -> Box<dyn FnMut() -> bool + Send> {
        if !self.writes {
            let (path, log) = (self.path.clone(), self.beside("-wal"));
            let mut known = None;
            return Box::new(move || {
                let now = Some((file_system::stamp(&path), file_system::stamp(&log)));
                std::mem::replace(&mut known, now) != now
            });
        }
        let connection = self.take_fresh(Reach::Write).ok();
        let mut known = None;
        Box::new(move || {
            let version = |connection: &Connection| {
                connection.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0)).ok()
            };
            let now = connection.as_ref().and_then(version);
            std::mem::replace(&mut known, now) != now || now.is_none()
        })
    }

    /// Closes every connection that is not reading at this moment; those close when they come back.
    pub(super) fn close(&self) {
        let mut idle = self.lock();
        idle.is_closed = true;
        idle.connections.clear();
    }

    /// Reads a file that must not be written.
    ///
    /// Where programs have it open, their log and its index are read but not touched. Where nobody
    /// has, the file alone is read without any lock; should somebody begin to write meanwhile, what
    /// was read is thrown away and read again.
    fn read_only<T>(&self, call: &'static str, mut read: impl FnMut(&Connection) -> Sql<T>) -> Result<T> {
        let mut last = None;
        for _ in 0..TRIES {
            let before = self.stamp();
            // A rollback journal in use shows by its length; reading beside it needs SQLite's locks.
            let journal = file_system::stamp(&self.beside("-journal"));
            let shared = [before.1, journal].iter().flatten().any(|journal| journal.1 > 0);
            if shared {
                self.open(call).map(drop)?;
                let answer = self.take_fresh(Reach::ReadShared).and_then(|connection| read(&connection));
                return answer.map_err(|fault| fault.into_mapi(call));
            }
            let answer =
                self.take_unchanged(call, before)?.map_or_else(|| self.take_fresh(Reach::ReadAlone), Ok);
            let answer = answer.and_then(|connection| read(&connection).map(|value| (value, connection)));
            if before == self.stamp() {
                let (value, connection) = answer.map_err(|fault| fault.into_mapi(call))?;
                let mut idle = self.lock();
                // Somebody may have seen the file change since; then the connection is too old.
                if idle.stamp == Some(before) && !idle.is_closed && idle.connections.len() < IDLE {
                    idle.connections.push(connection);
                }
                return Ok(value);
            }
            last = answer.err();
        }
        Err(last.map_or_else(
            || Error::new(ErrorCode::BUSY, call, "the store was being written at each try"),
            |fault| fault.into_mapi(call),
        ))
    }

    /// A connection that read the file as it is now, without anybody writing since.
    fn take_unchanged(&self, call: &'static str, stamp: Stamp) -> Result<Option<Connection>> {
        let mut idle = self.open(call)?;
        if idle.stamp != Some(stamp) {
            idle.connections.clear();
            idle.stamp = Some(stamp);
        }
        Ok(idle.connections.pop())
    }

    fn stamp(&self) -> Stamp {
        (file_system::stamp(&self.path), file_system::stamp(&self.beside("-wal")))
    }

    fn open(&self, call: &'static str) -> Result<MutexGuard<'_, Idle>> {
        let idle = self.lock();
        if idle.is_closed { Err(closed(call)) } else { Ok(idle) }
    }

    fn take(&self, call: &'static str) -> Result<Connection> {
        {
            let mut idle = self.open(call)?;
            if let Some(connection) = idle.connections.pop() {
                return Ok(connection);
            }
        }
        self.take_fresh(Reach::Write).map_err(|fault| fault.into_mapi(call))
    }

    fn take_fresh(&self, reach: Reach) -> Sql<Connection> {
        let connection = connect(&self.path, reach, self.patience)?;
        if reach == Reach::Write {
            connection.pragma_update(None, "query_only", true)?;
        }
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.lock();
        if !idle.is_closed && idle.connections.len() < IDLE && connection.is_autocommit() {
            idle.connections.push(connection);
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of everything whose logon has ended.
pub(super) fn closed(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, call, "the store's logon has ended")
}
