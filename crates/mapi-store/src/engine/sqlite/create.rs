//! Makes a new store file: whole and under its name, or not at all.

use super::fault::{Fault, Sql};
use super::in_use::InUse;
use super::open::{APPLICATION, MIGRATIONS, VERSION};
use crate::special_folders::{DEFAULT_RECEIVE, LAYOUT};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use rusqlite::{Connection, params};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

const CALL: &str = "create";

/// Creates a store with its special folders; a store that is there already is left alone.
///
/// The file is made under another name and given its own in one step, so that two programs at once
/// make one store and nobody ever sees half of one.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: the folder or file cannot be made.
/// - `MAPI_E_CORRUPT_STORE`, `MAPI_E_VERSION`: there is a file, and it is not a store we can use.
/// - `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: the file cannot be written.
pub(crate) fn create(path: &Path, name: &str, now: FileTime) -> Result<()> {
    if path.exists() {
        return InUse::begin(path, false).map(drop);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(cannot)?;
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let draft = folder.join(format!(".new-{unique}.store"));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    made.map_err(cannot)?;
    let result = fill(&draft, name, now)
        .map_err(|fault| fault.into_mapi(CALL))
        .and_then(|()| File::open(&draft).and_then(|file| file.sync_all()).map_err(cannot))
        .and_then(|()| publish(&draft, path));
    if let Err(error) = result {
        // What cannot be removed lies under a name that nobody opens.
        drop(fs::remove_file(&draft));
        return Err(error);
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot)
}

/// Gives the draft its name, unless somebody else was first.
fn publish(draft: &Path, path: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, draft, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::EXIST) => {
            fs::remove_file(draft).map_err(cannot)?;
            InUse::begin(path, false).map(drop)
        }
        // Some file systems cannot refuse to replace; a second name can, and goes at once.
        Err(_) => match fs::hard_link(draft, path) {
            Ok(()) => fs::remove_file(draft).map_err(cannot),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                fs::remove_file(draft).map_err(cannot)?;
                InUse::begin(path, false).map(drop)
            }
            Err(error) => Err(cannot(error)),
        },
    }
}

fn fill(draft: &Path, name: &str, now: FileTime) -> Sql<()> {
    let mut connection = Connection::open(draft)?;
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

fn cannot(error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::NOT_ENOUGH_DISK,
        std::io::ErrorKind::PermissionDenied
        | std::io::ErrorKind::ReadOnlyFilesystem
        | std::io::ErrorKind::NotFound
        | std::io::ErrorKind::NotADirectory
        | std::io::ErrorKind::IsADirectory => ErrorCode::NO_ACCESS,
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, CALL, "the store file cannot be made").with_source(error)
}
