//! Opens connections to a store file, and refuses every file that is not one of ours.
//!
//! Nothing is written before the file is known by its first bytes (`in_use.rs`). New files are made in
//! `create.rs`.

use super::fault::{Fault, Sql};
use super::file_system::{self, Journal};
use mapi_defs::{Error, ErrorCode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// `MAPI` in the file's header (application_id).
pub(super) const APPLICATION: i32 = 0x4D41_5049;
/// The schemas in order; a file's user_version is how many it has been through.
pub(super) const MIGRATIONS: [&str; 1] = [include_str!("migrations/001_init.sql")];
/// The schema of this program.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;
/// Statements kept prepared for each connection.
const STATEMENTS: usize = 128;

/// How a connection reaches the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// For reading and writing.
    Write,
    /// For reading, beside programs that write: by their index, which is only read.
    ReadShared,
    /// For reading a file that nobody has open: no lock, no journal, nothing is made.
    ReadAlone,
}

/// Opens a connection and sets everything that keeps a hostile file harmless.
pub(super) fn connect(path: &Path, reach: Reach, patience: Duration) -> Sql<Connection> {
    let access = match reach {
        Reach::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Reach::ReadShared | Reach::ReadAlone => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path, reach), flags)?;
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.execute_batch(
        "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -16384;",
    )?;
    Ok(connection)
}

/// Frees a file that may come from elsewhere of a shared log, where such a log is not safe.
///
/// The connection that does it has the file to itself: it keeps the log's index in its own memory.
pub(super) fn settle_journal(path: &Path, patience: Duration) -> Sql<()> {
    let connection = connect(path, Reach::Write, patience)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "TRUNCATE")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Gives the file a shared log, where one is safe and there is none yet.
pub(super) fn settle_shared_log(connection: &Connection, path: &Path) -> Sql<()> {
    if file_system::journal_for(path.parent().unwrap_or(Path::new("."))) == Journal::Rollback {
        return Ok(());
    }
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.pragma_update(None, "journal_mode", "WAL")?;
    }
    Ok(())
}

/// Refuses a store of a newer schema, which may so far stand in the log alone.
pub(super) fn check_version(connection: &Connection) -> Sql<()> {
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version <= VERSION {
        return Ok(());
    }
    let detail = "the store's schema is of another version";
    Err(Fault::Mapi(Error::new(ErrorCode::VERSION, "MsProvider::logon", detail)))
}

/// Brings a store of an older schema to this program's, step by step, each in its own transaction.
pub(super) fn migrate(connection: &mut Connection, from: i32) -> Sql<()> {
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(from as usize) {
        let step = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let now: i32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now > index as i32 {
            continue;
        }
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", index as i32 + 1)?;
        step.commit()?;
    }
    Ok(())
}

/// Compares the file's schema with this program's, so that nobody's trigger, view or index runs.
pub(super) fn verify_schema(connection: &Connection) -> Sql<()> {
    /// What the migrations make, made once.
    static MODEL: OnceLock<Vec<Item>> = OnceLock::new();
    if MODEL.get().is_none() {
        let model = Connection::open_in_memory()?;
        for sql in MIGRATIONS {
            model.execute_batch(sql)?;
        }
        // Two threads at once make the same.
        let _same = MODEL.set(schema(&model)?);
    }
    if MODEL.get() == Some(&schema(connection)?) {
        return Ok(());
    }
    Err(Fault::Mapi(Error::new(
        ErrorCode::CORRUPT_STORE,
        "MsProvider::logon",
        "the store file's schema was changed by somebody else",
    )))
}

/// Type, name, table and text of what a schema consists of.
type Item = (String, String, String, Option<String>);

fn schema(connection: &Connection) -> Sql<Vec<Item>> {
    // sqlite_stat tables come and go with ANALYZE and hold no rule.
    let mut all = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema
         WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name",
    )?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn uri(path: &Path, reach: Reach) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut uri = String::from("file:");
    for byte in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(*byte as char),
            // Writing to a String cannot fail.
            other => write!(uri, "%{other:02X}").unwrap_or_default(),
        }
    }
    uri.push_str(match reach {
        Reach::Write => "?mode=rw",
        Reach::ReadShared => "?mode=ro&readonly_shm=1",
        Reach::ReadAlone => "?mode=ro&immutable=1",
    });
    uri
}
