//! `Storage`: the file of the address book. All SQL is here.
//!
//! An entry is a row of `entry` and a row of `property` for each of its properties; text is kept as
//! text, bytes as bytes, and numbers, truths and moments as numbers, by the type in the tag; several
//! values are one of bytes (`several.rs`). Names of properties have a table of their own.

use crate::several;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Name, NamedProp, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, ffi};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `application_id` of the file: "OMPB".
const APPLICATION: i64 = 0x4F4D_5042;
/// `user_version` of the file; a higher one is a newer program's.
const VERSION: i64 = 2;
/// The first one in which properties have names.
const NAMES_VERSION: i64 = 2;
/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);
/// The file is for its owner alone.
const PRIVATE_FILE: u32 = 0o600;

const SCHEMA: &str = "
CREATE TABLE book (uid BLOB NOT NULL) STRICT;
CREATE TABLE entry (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    version INTEGER NOT NULL                    -- one more with each save
) STRICT;
CREATE TABLE property (
    entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    tag   INTEGER NOT NULL,                     -- identifier and type
    value ANY     NOT NULL,
    PRIMARY KEY (entry, tag)
) STRICT, WITHOUT ROWID;";

const NAMES: &str = "
CREATE TABLE name (
    id      INTEGER PRIMARY KEY,    -- from 0x8000 up
    guid    BLOB NOT NULL,          -- the property set
    number  INTEGER,                -- either this
    text    TEXT                    -- or this
) STRICT;
CREATE UNIQUE INDEX name_number ON name (guid, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX name_text ON name (guid, text) WHERE text IS NOT NULL;";

/// One entry as it is in the file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) props: PropList,
}

/// The open file; closed by [`Storage::close`].
pub(crate) struct Storage {
    connection: Mutex<Option<Connection>>,
    uid: MapiUid,
}

impl Storage {
    /// Opens the file, or makes it with an identity of its own.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: it cannot be opened, is a link, somebody else's, or has a second name.
    /// - `MAPI_E_NOT_ENOUGH_DISK`: there is no room to make it.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: it is no address book, or a newer program's.
    pub(crate) fn open(path: &Path, new_uid: MapiUid) -> Result<Self> {
        let mut journal = path.as_os_str().to_owned();
        journal.push("-journal");
        mapi_files::check_file(path)?;
        mapi_files::check_file(Path::new(&journal))?;
        // A pipe that took the file's place meanwhile must not keep whoever opens it waiting.
        let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(PRIVATE_FILE).custom_flags(flags);
        options.open(path).map_err(|error| mapi_files::disk_error("AbProvider::logon", path, error))?;
        let mut connection = Connection::open(path).map_err(failed)?;
        let uid = prepare(&mut connection, new_uid)?;
        Ok(Self { connection: Mutex::new(Some(connection)), uid })
    }

    /// The identity at the head of the entries' identifiers.
    pub(crate) fn uid(&self) -> MapiUid {
        self.uid
    }

    /// Every entry, oldest first.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT e.id, e.version, p.tag, p.value FROM entry e
                 LEFT JOIN property p ON p.entry = e.id ORDER BY e.id, p.tag",
            )?;
            let mut rows = select.query([])?;
            let mut entries: Vec<Entry> = Vec::new();
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if entries.last().is_none_or(|entry| entry.id != id) {
                    entries.push(Entry { id, version: row.get(1)?, props: PropList::new() });
                }
                let tag: Option<u32> = row.get(2)?;
                if let (Some(tag), Some(entry)) = (tag, entries.last_mut()) {
                    read_value(PropTag(tag), row.get_ref(3)?)
                        .map(|value| entry.props.set(PropTag(tag), value));
                }
            }
            Ok(entries)
        })
    }

    /// One entry.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none of this number.
    pub(crate) fn entry(&self, id: i64) -> Result<Entry> {
        let found = self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT version FROM entry WHERE id = ?1")?;
            let Some(version) = select.query_row([id], |row| row.get(0)).optional()? else { return Ok(None) };
            let mut select = connection.prepare_cached("SELECT tag, value FROM property WHERE entry = ?1")?;
            let mut rows = select.query([id])?;
            let mut props = PropList::new();
            while let Some(row) = rows.next()? {
                let tag = PropTag(row.get(0)?);
                read_value(tag, row.get_ref(1)?).map(|value| props.set(tag, value));
            }
            Ok(Some(Entry { id, version, props }))
        })?;
        found.ok_or_else(|| {
            Error::new(ErrorCode::NOT_FOUND, "AddressBook::open_entry", format!("there is no entry {id}"))
        })
    }

    /// Keeps an entry, a new one where `known` is `None`, else the one of that number and version.
    /// Returns its number and version.
    ///
    /// # Errors
    /// - `MAPI_E_OBJECT_CHANGED`: it has another version by now, and `force` is not set.
    /// - `MAPI_E_OBJECT_DELETED`: it is not there any more.
    pub(crate) fn save(
        &self,
        known: Option<(i64, i64)>,
        props: &PropList,
        force: bool,
    ) -> Result<(i64, i64)> {
        let saved = self.change(|change| {
            let now: Option<i64> = match known {
                None => None,
                Some((id, version)) => {
                    let select = "SELECT version FROM entry WHERE id = ?1";
                    match change.query_row(select, [id], |row| row.get(0)).optional()? {
                        None => return Ok(Err(ErrorCode::OBJECT_DELETED)),
                        Some(now) if now != version && !force => return Ok(Err(ErrorCode::OBJECT_CHANGED)),
                        found => found,
                    }
                }
            };
            let version = now.unwrap_or(0) + 1;
            let id = match known {
                None => {
                    change.execute("INSERT INTO entry (version) VALUES (?1)", [version])?;
                    change.last_insert_rowid()
                }
                Some((id, _)) => {
                    change.execute("UPDATE entry SET version = ?2 WHERE id = ?1", [id, version])?;
                    change.execute("DELETE FROM property WHERE entry = ?1", [id])?;
                    id
                }
            };
            let mut insert =
                change.prepare("INSERT INTO property (entry, tag, value) VALUES (?1, ?2, ?3)")?;
            for prop in props {
                if let Some(value) = write_value(&prop.value) {
                    insert.execute((id, prop.tag.0, value))?;
                }
            }
            Ok(Ok((id, version)))
        })?;
        saved.map_err(|code| Error::new(code, "MailUser::save_changes", "somebody else was there meanwhile"))
    }

    /// Deletes entries; numbers that are not there are passed over.
    pub(crate) fn delete(&self, ids: &[i64]) -> Result<()> {
        self.change(|change| {
            let mut delete = change.prepare("DELETE FROM entry WHERE id = ?1")?;
            ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
        })
    }

    /// The names of identifiers.
    pub(crate) fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.with(|connection| {
            let mut select =
                connection.prepare_cached("SELECT guid, number, text FROM name WHERE id = ?1")?;
            let mut name = |id: &u16| {
                select.query_row([id], |row| Ok(named(row.get(0)?, row.get(1)?, row.get(2)?))).optional()
            };
            ids.iter().map(|id| name(id).map(Option::flatten)).collect()
        })
    }

    /// The identifiers of names; new ones are made where `create` is set.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: there are no more.
    pub(crate) fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        let ids = self.change(|change| {
            let mut select = change
                .prepare_cached("SELECT id FROM name WHERE guid = ?1 AND number IS ?2 AND text IS ?3")?;
            let mut insert = change.prepare_cached(
                "INSERT INTO name (id, guid, number, text)
                 VALUES ((SELECT ifnull(max(id) + 1, 0x8000) FROM name), ?1, ?2, ?3)",
            )?;
            let mut ids = Vec::with_capacity(names.len());
            for NamedProp { set, name } in names {
                let (number, text) = match name {
                    Name::Id(number) => (Some(*number), None),
                    Name::Text(text) => (None, Some(text)),
                };
                let known = select.query_row((set.0, number, text), |row| row.get::<_, u32>(0)).optional()?;
                ids.push(match known {
                    None if create => {
                        insert.execute((set.0, number, text))?;
                        u32::try_from(change.last_insert_rowid()).ok()
                    }
                    known => known,
                });
            }
            // Beyond are those that every address book has by the same numbers.
            if ids.iter().flatten().any(|id| *id >= u32::from(FIRST_FIXED)) {
                return Err(rusqlite::Error::IntegralValueOutOfRange(0, 0));
            }
            Ok(ids)
        });
        match ids {
            Err(error) if error.code() == ErrorCode::DISK_ERROR => {
                let detail = "the address book gives no more identifiers to names";
                Err(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MailUser::ids", detail).with_source(error))
            }
            ids => Ok(ids?.into_iter().map(|id| id.and_then(|id| u16::try_from(id).ok())).collect()),
        }
    }

    /// Closes the file.
    pub(crate) fn close(&self) -> Result<()> {
        match self.connection().take().map(Connection::close) {
            Some(Err((_, error))) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, "AddressBook", "the logon has ended");
        work(connection.as_mut().ok_or_else(ended)?).map_err(failed)
    }

    fn change<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.with(|connection| {
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&change)?;
            change.commit()?;
            Ok(answer)
        })
    }
}

/// Where the identifiers begin that mean the same in every address book (PR_EMS_AB_*).
const FIRST_FIXED: u16 = 0x8C00;

fn named(set: [u8; 16], number: Option<u32>, text: Option<String>) -> Option<NamedProp> {
    let name = number.map(Name::Id).or(text.map(Name::Text))?;
    Some(NamedProp { set: Guid(set), name })
}

/// Checks what the file is, makes its tables where it is new, and returns its identity.
fn prepare(connection: &mut Connection, new_uid: MapiUid) -> Result<MapiUid> {
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let number =
        |name: &str| change.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let is_new = number("schema_version")? == 0;
    if is_new {
        change.execute_batch(SCHEMA).map_err(failed)?;
        change.execute("INSERT INTO book (uid) VALUES (?1)", [new_uid.0]).map_err(failed)?;
        change.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    } else if number("application_id")? != APPLICATION {
        return Err(Error::new(ErrorCode::CORRUPT_DATA, "AbProvider::logon", "the file is no address book"));
    }
    let version = number("user_version")?;
    if version > VERSION {
        return Err(Error::new(
            ErrorCode::VERSION,
            "AbProvider::logon",
            "a newer program made the address book",
        ));
    }
    if version < NAMES_VERSION {
        change.execute_batch(NAMES).map_err(failed)?;
        change.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    }
    let uid: [u8; 16] = change.query_row("SELECT uid FROM book", [], |row| row.get(0)).map_err(failed)?;
    change.commit().map_err(failed)?;
    Ok(Guid(uid))
}

fn write_value(value: &PropValue) -> Option<Value> {
    Some(match value {
        PropValue::I2(number) => Value::from(*number),
        PropValue::Long(number) => Value::from(*number),
        PropValue::I8(number) => Value::from(*number),
        PropValue::Boolean(truth) => Value::from(*truth),
        PropValue::SysTime(time) => Value::from(time.0.cast_signed()),
        PropValue::String8(text) | PropValue::Unicode(text) => Value::from(text.clone()),
        PropValue::Binary(bytes) => Value::from(bytes.clone()),
        PropValue::Clsid(guid) => Value::from(guid.0.to_vec()),
        PropValue::MvUnicode(texts) | PropValue::MvString8(texts) => {
            Value::from(several::write(texts.iter().map(String::as_bytes)))
        }
        PropValue::MvBinary(values) => Value::from(several::write(values.iter().map(Vec::as_slice))),
        _ => return None,
    })
}

/// True for a value that the file keeps.
pub(crate) fn keeps(value: &PropValue) -> bool {
    write_value(value).is_some()
}

/// The value by the type in its tag; `None` where the file says something else, as only another
/// program's hand can make it.
fn read_value(tag: PropTag, value: ValueRef<'_>) -> Option<PropValue> {
    Some(match (tag.ptype(), value) {
        (PropType::I2, ValueRef::Integer(number)) => PropValue::I2(number.try_into().ok()?),
        (PropType::LONG, ValueRef::Integer(number)) => PropValue::Long(number.try_into().ok()?),
        (PropType::I8, ValueRef::Integer(number)) => PropValue::I8(number),
        (PropType::BOOLEAN, ValueRef::Integer(number)) => PropValue::Boolean(number != 0),
        (PropType::SYSTIME, ValueRef::Integer(number)) => {
            PropValue::SysTime(FileTime(number.cast_unsigned()))
        }
        (PropType::STRING8, ValueRef::Text(text)) => {
            PropValue::String8(str::from_utf8(text).ok()?.to_owned())
        }
        (PropType::UNICODE, ValueRef::Text(text)) => {
            PropValue::Unicode(str::from_utf8(text).ok()?.to_owned())
        }
        (PropType::BINARY, ValueRef::Blob(bytes)) => PropValue::Binary(bytes.to_vec()),
        (PropType::CLSID, ValueRef::Blob(bytes)) => PropValue::Clsid(Guid(bytes.try_into().ok()?)),
        (PropType::MV_UNICODE, ValueRef::Blob(bytes)) => PropValue::MvUnicode(several::texts(bytes)),
        (PropType::MV_STRING8, ValueRef::Blob(bytes)) => PropValue::MvString8(several::texts(bytes)),
        (PropType::MV_BINARY, ValueRef::Blob(bytes)) => {
            PropValue::MvBinary(several::read(bytes).map(<[u8]>::to_vec).collect())
        }
        _ => return None,
    })
}

/// What a failing statement answers.
fn failed(error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked) => ErrorCode::BUSY,
        Some(ffi::ErrorCode::DiskFull) => ErrorCode::NOT_ENOUGH_DISK,
        Some(ffi::ErrorCode::ReadOnly | ffi::ErrorCode::CannotOpen | ffi::ErrorCode::PermissionDenied) => {
            ErrorCode::NO_ACCESS
        }
        Some(ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase) => ErrorCode::CORRUPT_DATA,
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, "AddressBook", "the address book's file cannot be used").with_source(error)
}
