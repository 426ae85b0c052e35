//! Where mail of a class arrives (GetReceiveFolder and its family).

use crate::engine::Change;
use crate::engine::record::ReceiveRecord;
use crate::entry_id::Kind;
use crate::logon::Logon;
use crate::row_events::Concern;
use crate::rows::MemoryTable;
use mapi_defs::prop::{PropList, tags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::msg_store::ReceiveFolder;
use mapi_spi::table::MapiTable;
use std::sync::Arc;

/// Characters of a message class, at most.
const CLASS_CHARS: usize = 255;

/// The folder of the longest class that is set and that the asked class is or is derived from.
pub(crate) fn find(logon: &Logon, class: &str) -> Result<ReceiveFolder> {
    const CALL: &str = "MsgStore::receive_folder";
    let all = logon.engine(CALL)?.receive_folders()?;
    let best = best(&all, class).ok_or_else(|| {
        Error::new(ErrorCode::CORRUPT_STORE, CALL, "the store has no default receive folder")
    })?;
    Ok(ReceiveFolder {
        folder: logon.entry_id(Kind::Folder, best.folder, best.folder_guard),
        message_class: best.class.clone(),
    })
}

/// The record that a class is received by.
pub(crate) fn best<'a>(all: &'a [ReceiveRecord], class: &str) -> Option<&'a ReceiveRecord> {
    let class = class.to_uppercase();
    let derived = |record: &&ReceiveRecord| {
        let base = record.class.to_uppercase();
        base.is_empty()
            || class.strip_prefix(&base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    all.iter().filter(derived).max_by_key(|record| record.class.len())
}

/// Sets or forgets where a class arrives.
pub(crate) fn set(logon: &Logon, class: &str, folder: Option<&EntryId>) -> Result<()> {
    const CALL: &str = "MsgStore::set_receive_folder";
    logon.check_write(CALL)?;
    let is_class = class.chars().count() <= CLASS_CHARS
        && class.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !class.starts_with('.')
        && !class.ends_with('.');
    if !is_class || (class.is_empty() && folder.is_none()) {
        return Err(Error::new(
            ErrorCode::INVALID_PARAMETER,
            CALL,
            "not a class, or the default is forgotten",
        ));
    }
    let engine = logon.engine(CALL)?;
    let folder = match folder {
        None => None,
        Some(id) => {
            let object = logon.read_id(id, CALL)?;
            let record = engine.folder(object.number)?.filter(|record| {
                object.kind == Kind::Folder && record.guard == object.guard && !record.deleted
            });
            Some(record.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, CALL, "there is no such folder"))?.id)
        }
    };
    engine.commit(Change::Receive { class: class.to_owned(), folder, now: logon.now() }).map(drop)
}

/// The table of receive folders.
pub(crate) fn table(logon: &Arc<Logon>) -> Result<Arc<dyn MapiTable>> {
    let of = logon.clone();
    let rows = move || {
        let all = of.engine("MsgStore::receive_folder_table")?.receive_folders()?;
        let row = |record: ReceiveRecord| {
            let folder = of.entry_id(Kind::Folder, record.folder, record.folder_guard);
            let mut row = PropList::new();
            row.set(tags::PR_ENTRYID, folder.as_bytes().to_vec());
            row.set(tags::PR_RECORD_KEY, record.class.to_uppercase().into_bytes());
            row.set(tags::PR_INSTANCE_KEY, record.class.to_uppercase().into_bytes());
            row.set(tags::PR_MESSAGE_CLASS, record.class);
            row.set(tags::PR_LAST_MODIFICATION_TIME, record.modified);
            row
        };
        Ok(all.into_iter().map(row).collect())
    };
    let columns = [tags::PR_MESSAGE_CLASS, tags::PR_ENTRYID, tags::PR_RECORD_KEY];
    Ok(MemoryTable::new(logon.clone(), &columns, Concern::Store, Box::new(rows)))
}
