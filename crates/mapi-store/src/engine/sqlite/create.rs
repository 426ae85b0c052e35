//! Makes a new store file: whole and under its name, or not at all.

use super::fault::{Fault, Sql};
use super::in_use::InUse;
use super::open::{APPLICATION, MIGRATIONS, VERSION};
use crate::special_folders::{DEFAULT_RECEIVE, LAYOUT};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_files::{PrivateFolder, disk_error};
use rusqlite::{Connection, OpenFlags, params};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const CALL: &str = "create";

/// Creates a store with its special folders.
///
/// The file is made under another name and given its own in one step, so that nobody ever sees half of
/// one. What killed programs left of theirs in the same folder goes.
///
/// # Errors
/// - `MAPI_E_COLLISION`: there is something of that name.
/// - `MAPI_E_NOT_FOUND`: there is no such folder.
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: the file cannot be made.
pub(crate) fn create(path: &Path, name: &str, now: FileTime) -> Result<()> {
    let file = path.file_name().and_then(|file| file.to_str());
    let file = file
        .ok_or_else(|| Error::new(ErrorCode::BAD_VALUE, CALL, format!("{} names no file", path.display())))?;
    let parent = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = PrivateFolder::open_named(parent)?;
    if folder.stamp(file).is_some() {
        return Err(collision(path));
    }
    folder.remove_left_aside()?;
    // The mark is locked and the draft is not: closing a second handle of the draft would give up
    // SQLite's locks of it.
    let mark = folder.aside()?;
    let draft = format!("{}.store", mark.name());
    let result = make(&folder, &draft, name, now).and_then(|()| publish(&folder, &draft, path, file));
    if result.is_err()
        && let Err(error) = folder.remove(&draft)
    {
        tracing::debug!(%error, "the draft of a store is left over");
    }
    result
}

/// As [`create`], but leaves a store alone that is there already; two programs at once make one.
///
/// # Errors
/// - `MAPI_E_CORRUPT_STORE`, `MAPI_E_VERSION`: there is a file, and it is not a store we can use.
/// - As [`create`], without the collision.
pub(crate) fn create_or_keep(path: &Path, name: &str, now: FileTime) -> Result<()> {
    match create(path, name, now) {
        Err(error) if error.code() == ErrorCode::COLLISION => InUse::begin(path, false).map(drop),
        other => other,
    }
}

fn make(folder: &PrivateFolder, draft: &str, name: &str, now: FileTime) -> Result<()> {
    let path = folder.path().join(draft);
    let cannot = |error| disk_error(CALL, &path, error);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
    fill(&path, name, now).map_err(|fault| fault.into_mapi(CALL))?;
    File::open(&path).and_then(|file| file.sync_all()).map_err(cannot)
}

/// Gives the draft its name, unless somebody else was first.
fn publish(folder: &PrivateFolder, draft: &str, path: &Path, file: &str) -> Result<()> {
    folder.rename_new(draft, file).map_err(|error| match error.code() {
        ErrorCode::COLLISION => collision(path),
        _ => error,
    })
}

fn collision(path: &Path) -> Error {
    Error::new(ErrorCode::COLLISION, CALL, format!("{} is there already", path.display()))
}

fn fill(draft: &Path, name: &str, now: FileTime) -> Sql<()> {
    // Without the flag to make it: where that fails SQLite would open the file for reading alone.
    let mut connection = Connection::open_with_flags(draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8';
         PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;",
    )?;
    let all = connection.transaction()?;
    for sql in MIGRATIONS {
        all.execute_batch(sql)?;
    }
    all.pragma_update(None, "application_id", APPLICATION)?;
    all.pragma_update(None, "user_version", VERSION)?;
    first_rows(&all, name, now)?;
    all.commit()?;
    connection.close().map_err(|(_, error)| Fault::Sql(error))
}

fn first_rows(all: &Connection, name: &str, now: FileTime) -> Sql<()> {
    let now = now.0 as i64;
    all.execute(
        "INSERT INTO store (id, uid, name, created, change_no, props) VALUES (1, ?1, ?2, ?3, 1, x'')",
        params![uuid::Uuid::new_v4().as_bytes().as_slice(), name, now],
    )?;
    all.execute("INSERT INTO epoch (id, spooler) VALUES (1, 0)", [])?;
    for folder in LAYOUT {
        let parent: i64 = match folder.below {
            None => 0,
            Some(role) => {
                all.query_row("SELECT folder FROM special WHERE role = ?1", [role as i64], |row| row.get(0))?
            }
        };
        all.execute(
            "INSERT INTO folder (guard, parent, kind, name, name_key, deleted, created, modified, change_no, props)
             VALUES (random() & 4294967295, ?1, ?2, ?3, ?4, 0, ?5, ?5, 1, x'')",
            params![parent, i64::from(parent != 0), folder.name, folder.name.to_lowercase(), now],
        )?;
        let id = all.last_insert_rowid();
        all.execute(
            "INSERT INTO folderstat (folder, total, unread, assoc, size, changed) VALUES (?1, 0, 0, 0, 0, 0)",
            [id],
        )?;
        all.execute("INSERT INTO special (role, folder) VALUES (?1, ?2)", [folder.role as i64, id])?;
    }
    for (class, role) in DEFAULT_RECEIVE {
        all.execute(
            "INSERT INTO receive (class_key, class, folder, modified)
             SELECT ?1, ?2, folder, ?3 FROM special WHERE role = ?4",
            params![class.to_uppercase(), class, now, role as i64],
        )?;
    }
    Ok(())
}
