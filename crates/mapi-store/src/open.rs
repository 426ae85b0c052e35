//! OpenEntry: from an identifier to an object, and who may open what how.

use crate::engine::record::View;
use crate::entry_id::Kind;
use crate::folder::StoreFolder;
use crate::logon::Logon;
use crate::message::data::MessageData;
use crate::message::{Home, StoreMessage};
use crate::special_folders::Role;
use mapi_defs::flags::{MessageFlags, OpenFlags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use std::sync::Arc;

/// Opens an object of the store; no identifier at all is the root folder.
///
/// # Errors
/// Those of `MsgStore::open_entry`.
pub(crate) fn open_entry(
    logon: &Arc<Logon>,
    id: &EntryId,
    flags: OpenFlags,
    call: &'static str,
) -> Result<Opened> {
    if flags.has_unknown() {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag is set"));
    }
    let modify = flags.contains(OpenFlags::MODIFY);
    if modify {
        logon.check_write(call)?;
    }
    let can_write = logon.can_write() && flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
    if id.is_empty() {
        let root = logon.engine(call)?.special(Role::Root as i64)?;
        let (root, _) =
            root.ok_or_else(|| Error::new(ErrorCode::CORRUPT_STORE, call, "the store has no root"))?;
        return open_folder(logon, root, None, flags, can_write, call);
    }
    let object = logon.read_id(id, call)?;
    match object.kind {
        Kind::Folder => open_folder(logon, object.number, Some(object.guard), flags, can_write, call),
        Kind::Message => open_message(logon, object.number, object.guard, flags, can_write, call),
        Kind::Store => Err(Error::new(ErrorCode::INVALID_ENTRYID, call, "a store is opened by its logon")),
    }
}

fn open_folder(
    logon: &Arc<Logon>,
    id: i64,
    guard: Option<u32>,
    flags: OpenFlags,
    can_write: bool,
    call: &'static str,
) -> Result<Opened> {
    let shows = |deleted: bool| !deleted || flags.contains(OpenFlags::SHOW_SOFT_DELETES);
    let record = logon.engine(call)?.folder(id)?;
    let record =
        record.filter(|record| guard.is_none_or(|guard| guard == record.guard) && shows(record.deleted));
    let record = record.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, call, "there is no such folder"))?;
    // A folder is changed by what is done in it; opening it plainly is enough for that, as MAPI's
    // clients expect.
    let can_write = can_write || logon.can_write();
    Ok(Opened::Folder(StoreFolder::open(logon.clone(), &record, can_write)))
}

fn open_message(
    logon: &Arc<Logon>,
    id: i64,
    guard: u32,
    flags: OpenFlags,
    can_write: bool,
    call: &'static str,
) -> Result<Opened> {
    let engine = logon.engine(call)?;
    let shows = |view: View| match view {
        View::Normal | View::Associated => true,
        View::Deleted | View::DeletedAssociated => flags.contains(OpenFlags::SHOW_SOFT_DELETES),
        View::Embedded => false,
    };
    let record = engine.message(id)?.filter(|record| record.row.guard == guard && shows(record.row.view));
    let record = record.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, call, "there is no such message"))?;
    let mut can_write = can_write && !record.row.view.is_deleted();
    if record.row.flags & MessageFlags::SUBMIT.0 != 0 && !logon.is_spooler() {
        let locked = engine.queued(id)?.is_some_and(|queued| logon.is_locked(&queued));
        if locked {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the spooler is at work on the message"));
        }
        if flags.contains(OpenFlags::MODIFY) {
            return Err(Error::new(ErrorCode::SUBMITTED, call, "the message is in the outgoing queue"));
        }
        can_write = false;
    }
    let home = Home::Folder {
        folder: record.row.folder,
        guard: record.row.folder_guard,
        associated: record.row.view.is_associated(),
    };
    let data = MessageData::read(record)?;
    Ok(Opened::Message(StoreMessage::with(logon.clone(), home, data, can_write)))
}
