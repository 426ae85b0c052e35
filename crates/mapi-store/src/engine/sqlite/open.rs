//! Opens connections to a store file, and refuses every file that is not one of ours.
//!
//! Nothing is written before the file is known by its first bytes (`in_use.rs`). New files are made in
//! `create.rs`.

use super::fault::{Fault, Sql};
use mapi_defs::{Error, ErrorCode};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// `MAPI` in the file's header (application_id).
pub(super) const APPLICATION: i32 = 0x4D41_5049;
/// The schemas in order; a file's user_version is how many it has been through.
pub(super) const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/001_init.sql"),
    include_str!("migrations/002_changes.sql"),
    include_str!("migrations/003_queue_notes.sql"),
];
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
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    // Without it a statement is prepared anew whenever another number is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Each costs a session some microseconds; what the library does anyway is not said again.
    connection.execute_batch(
        "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
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

/// Gives a shared log to a file that has none yet.
pub(super) fn settle_shared_log(connection: &Connection) -> Sql<()> {
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
    let model = model()?;
    if is_same(connection, model)? || sorted(schema(connection)?) == sorted(model.to_vec()) {
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

const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema";

/// What the migrations make, made once.
fn model() -> Sql<&'static [Item]> {
    static MODEL: OnceLock<Vec<Item>> = OnceLock::new();
    if let Some(model) = MODEL.get() {
        return Ok(model);
    }
    let empty = Connection::open_in_memory()?;
    for sql in MIGRATIONS {
        empty.execute_batch(sql)?;
    }
    // Two threads at once make the same.
    let made = schema(&empty)?;
    Ok(MODEL.get_or_init(|| made))
}

/// True where the schema is the model's in the model's order, as nearly always; nothing is copied.
fn is_same(connection: &Connection, model: &[Item]) -> Sql<bool> {
    let mut all = connection.prepare(SCHEMA)?;
    let mut rows = all.query([])?;
    for (kind, name, table, sql) in model {
        let Some(row) = rows.next()? else { return Ok(false) };
        let expected = [Some(kind), Some(name), Some(table), sql.as_ref()];
        for (column, expected) in expected.into_iter().enumerate() {
            let is_equal = match (row.get_ref(column)?, expected) {
                (ValueRef::Text(text), Some(expected)) => text == expected.as_bytes(),
                (ValueRef::Null, None) => true,
                _ => false,
            };
            if !is_equal {
                return Ok(false);
            }
        }
    }
    Ok(rows.next()?.is_none())
}

fn schema(connection: &Connection) -> Sql<Vec<Item>> {
    let mut all = connection.prepare(SCHEMA)?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The schema without regard to the order in which it was made.
fn sorted(mut schema: Vec<Item>) -> Vec<Item> {
    // sqlite_stat tables come and go with ANALYZE and hold no rule.
    schema
        .retain(|(kind, name, ..)| kind != "table" || !name.to_ascii_lowercase().starts_with("sqlite_stat"));
    schema.sort_unstable();
    schema
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What `connect` leaves unsaid: the library's own choice, on which durability depends.
    #[test]
    fn a_connection_waits_for_the_disk_maps_nothing_and_minds_no_foreign_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.store");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let connection = connect(&path, Reach::Write, Duration::ZERO).unwrap();
        let number =
            |pragma: &str| -> i64 { connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        assert_eq!(number("synchronous"), 2);
        assert_eq!(number("mmap_size"), 0);
        assert_eq!(number("foreign_keys"), 0);
        assert_eq!(number("trusted_schema"), 0);
        assert_eq!(number("cell_size_check"), 1);
        assert_eq!(number("temp_store"), 2);
    }

    #[test]
    fn a_schema_is_the_same_in_another_order_and_with_statistics_and_nothing_else() {
        let store = |more: &str| {
            let connection = Connection::open_in_memory().unwrap();
            MIGRATIONS.iter().for_each(|sql| connection.execute_batch(sql).unwrap());
            connection.execute_batch(more).unwrap();
            verify_schema(&connection)
        };
        store("").unwrap();
        store("INSERT INTO epoch VALUES (1, 0); ANALYZE;").unwrap();
        let index = "CREATE INDEX message_by_delivery ON message (folder, view, delivered, id);";
        assert!(MIGRATIONS[0].contains(index));
        store(&format!("DROP INDEX message_by_delivery; {index}")).unwrap();
        let disguised = "CREATE INDEX strange ON epoch (spooler); PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET name = 'sqlite_stat9' WHERE name = 'strange';";
        for changed in [
            "CREATE VIEW v AS SELECT 1;",
            "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM outq; END;",
            "DROP INDEX message_by_delivery;",
            "CREATE INDEX strange ON epoch (spooler);",
            disguised,
        ] {
            assert!(store(changed).is_err(), "{changed}");
        }
    }
}
