//! An open folder (IMAPIFolder). `properties.rs` is its face as `MapiProp`, `contents.rs` above the
//! table of its messages, `hierarchy.rs` the table of the folders below.

mod hierarchy;
pub(crate) mod properties;

use crate::contents::ContentsTable;
use crate::engine::record::{FolderRecord, RowRecord, View};
use crate::engine::{Change, Done, pack::Packed};
use crate::entry_id::Kind;
use crate::logon::Logon;
use crate::message::{Home, StoreMessage};
use crate::open::open_entry;
use crate::receipt;
use mapi_defs::flags::{FolderFlags, MessageFlags, OpenFlags, ReadFlags, TableFlags};
use mapi_defs::prop::{Prop, tags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::{Container, Opened};
use mapi_spi::folder::{Completion, Folder, FolderType};
use mapi_spi::message::Message;
use mapi_spi::progress::{Progress, step};
use mapi_spi::table::MapiTable;
use std::sync::{Arc, Mutex};

/// Characters of a folder's name, at most.
const NAME_CHARS: usize = 255;
/// Messages done in one transaction while somebody watches.
const STEP_MESSAGES: usize = 256;

/// An open folder.
pub(crate) struct StoreFolder {
    logon: Arc<Logon>,
    id: i64,
    guard: u32,
    can_write: bool,
    /// One change of the folder's properties at a time.
    changing: Mutex<()>,
    this: std::sync::Weak<Self>,
}

impl StoreFolder {
    /// The folder of a record.
    pub(crate) fn open(logon: Arc<Logon>, record: &FolderRecord, can_write: bool) -> Arc<Self> {
        let (id, guard) = (record.id, record.guard);
        Arc::new_cyclic(|this| Self {
            logon,
            id,
            guard,
            can_write,
            changing: Mutex::new(()),
            this: this.clone(),
        })
    }

    fn record(&self, call: &'static str) -> Result<FolderRecord> {
        self.logon.engine(call)?.folder(self.id)?.filter(|record| record.guard == self.guard).ok_or_else(
            || Error::new(ErrorCode::OBJECT_DELETED, call, "somebody deleted the folder meanwhile"),
        )
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        self.logon.check_write(call)?;
        if self.can_write {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, call, "the folder is open for reading only"))
    }

    /// A folder of this store behind any face of one.
    fn ours<'a>(&self, folder: &'a dyn Folder, call: &'static str) -> Result<&'a Self> {
        let foreign = || Error::new(ErrorCode::NO_SUPPORT, call, "the destination is not of this store");
        let folder = folder.as_any().downcast_ref::<Self>().ok_or_else(foreign)?;
        if folder.logon.store_uid() == self.logon.store_uid() { Ok(folder) } else { Err(foreign()) }
    }

    /// The numbers of messages that identifiers lead to; those of no message of this store are `None`.
    fn messages(&self, ids: &[EntryId], call: &'static str) -> Result<Vec<Option<i64>>> {
        let engine = self.logon.engine(call)?;
        let number = |id: &EntryId| -> Result<Option<i64>> {
            let object = self.logon.read_id(id, call)?;
            if object.kind != Kind::Message {
                return Ok(None);
            }
            let here = engine.rows_by_id(&[object.number])?;
            Ok(here.first().filter(|row| row.guard == object.guard).map(|row| row.id))
        };
        ids.iter().map(number).collect()
    }

    /// Does something with messages in steps that somebody watches.
    fn in_steps(
        &self,
        call: &'static str,
        ids: &[Option<i64>],
        progress: &dyn Progress,
        mut work: impl FnMut(&[i64]) -> Result<u64>,
    ) -> Result<Completion> {
        let mut completion = Completion { asked: ids.len() as u64, done: 0 };
        for (index, part) in ids.chunks(STEP_MESSAGES).enumerate() {
            step(progress, call, (index * STEP_MESSAGES) as u64, completion.asked)?;
            let part: Vec<i64> = part.iter().flatten().copied().collect();
            completion.done += work(&part)?;
        }
        Ok(completion)
    }

    fn all_messages(&self, views: &[View], call: &'static str) -> Result<Vec<Option<i64>>> {
        let engine = self.logon.engine(call)?;
        let mut ids = Vec::new();
        for view in views {
            let start = crate::engine::record::Cursor::Start;
            ids.extend(
                engine.keys(self.id, *view, &start, false, usize::MAX >> 1)?.iter().map(|key| Some(key.id)),
            );
        }
        Ok(ids)
    }

    fn counted(&self, change: Change) -> Result<(u64, u64)> {
        match self.logon.engine("Folder")?.commit(change)? {
            Done::Count { asked, done } => Ok((asked, done)),
            Done::Messages(done) => Ok((done.len() as u64, done.len() as u64)),
            _ => Ok((0, 0)),
        }
    }
}

impl Container for StoreFolder {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "Container::contents_table";
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        self.record(CALL)?;
        let view =
            match (flags.contains(TableFlags::ASSOCIATED), flags.contains(TableFlags::SHOW_SOFT_DELETES)) {
                (false, false) => View::Normal,
                (true, false) => View::Associated,
                (false, true) => View::Deleted,
                (true, true) => View::DeletedAssociated,
            };
        Ok(ContentsTable::new(self.logon.clone(), self.id, view))
    }

    fn hierarchy_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "Container::hierarchy_table";
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        self.record(CALL)?;
        let deep = flags.contains(TableFlags::CONVENIENT_DEPTH);
        let deleted = flags.contains(TableFlags::SHOW_SOFT_DELETES);
        Ok(hierarchy::table(self.logon.clone(), self.id, deep, deleted))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open_entry(&self.logon, id, flags, "Container::open_entry")
    }
}

impl Folder for StoreFolder {
    fn create_message(&self, associated: bool) -> Result<Arc<dyn Message>> {
        const CALL: &str = "Folder::create_message";
        self.check_write(CALL)?;
        self.logon.engine(CALL)?;
        // Whether the folder is still there is seen by the save, in its own transaction.
        let home = Home::Folder { folder: self.id, guard: self.guard, associated };
        Ok(StoreMessage::create(self.logon.clone(), home))
    }

    fn create_folder(
        &self,
        kind: FolderType,
        name: &str,
        comment: &str,
        flags: FolderFlags,
    ) -> Result<Arc<dyn Folder>> {
        const CALL: &str = "Folder::create_folder";
        self.check_write(CALL)?;
        check_name(name, CALL)?;
        if kind == FolderType::Search {
            return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "the store has no search folders yet"));
        }
        let props = if comment.is_empty() {
            Packed::default()
        } else {
            let comment = [Prop::new(tags::PR_COMMENT, comment)];
            crate::engine::pack::pack(comment.iter(), std::iter::empty(), &[], 0)?
        };
        let or_open = flags.contains(FolderFlags::OPEN_IF_EXISTS);
        let name = name.to_owned();
        let change =
            Change::NewFolder { parent: self.id, kind: 1, name, or_open, now: self.logon.now(), props };
        let engine = self.logon.engine(CALL)?;
        let Done::Folder { id } = engine.commit(change)? else {
            return Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the engine answered something else"));
        };
        let record = engine.folder(id)?.ok_or_else(|| {
            Error::new(ErrorCode::OBJECT_DELETED, CALL, "somebody deleted the folder meanwhile")
        })?;
        Ok(Self::open(self.logon.clone(), &record, true))
    }

    fn copy_messages(
        &self,
        ids: &[EntryId],
        to: &dyn Folder,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        const CALL: &str = "Folder::copy_messages";
        let to = self.ours(to, CALL)?;
        let moves = flags.contains(FolderFlags::MOVE);
        to.check_write(CALL)?;
        if moves {
            self.check_write(CALL)?;
        }
        let numbers = self.messages(ids, CALL)?;
        let mut copies = Vec::new();
        let completion = self.in_steps(CALL, &numbers, progress, |part| {
            let (ids, from, to) = (part.to_vec(), self.id, to.id);
            let change = if moves {
                Change::MoveMessages { ids, from, to }
            } else {
                Change::CopyMessages { ids, from, to, now: self.logon.now() }
            };
            let Done::Messages(done) = self.logon.engine(CALL)?.commit(change)? else { return Ok(0) };
            copies.extend(done.iter().map(|(_, id, guard)| self.logon.entry_id(Kind::Message, *id, *guard)));
            Ok(done.len() as u64)
        })?;
        Ok((completion, copies))
    }

    fn copy_folder(
        &self,
        id: &EntryId,
        to: &dyn Folder,
        new_name: Option<&str>,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "Folder::copy_folder";
        let to = self.ours(to, CALL)?;
        to.check_write(CALL)?;
        step(progress, CALL, 0, 1)?;
        let record = self.below(id, CALL)?;
        let name = new_name.unwrap_or(&record.name).to_owned();
        check_name(&name, CALL)?;
        let now = self.logon.now();
        let change = if flags.contains(FolderFlags::MOVE) {
            self.check_write(CALL)?;
            let specials = self.logon.engine(CALL)?.specials()?;
            if specials.iter().any(|(_, folder, _)| *folder == record.id) {
                let detail = "a folder that the store itself uses stays where it is";
                return Err(Error::new(ErrorCode::NO_ACCESS, CALL, detail));
            }
            Change::MoveFolder { id: record.id, to: to.id, name, now }
        } else {
            let deep = flags.contains(FolderFlags::COPY_SUBFOLDERS);
            Change::CopyFolder { id: record.id, to: to.id, name, deep, now }
        };
        let (asked, done) = self.counted(change)?;
        Ok(Completion { asked, done })
    }

    fn delete_messages(
        &self,
        ids: &[EntryId],
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "Folder::delete_messages";
        self.check_write(CALL)?;
        let hard = flags.contains(FolderFlags::HARD_DELETE);
        let numbers = self.messages(ids, CALL)?;
        self.in_steps(CALL, &numbers, progress, |part| {
            let change = Change::DeleteMessages { ids: part.to_vec(), from: self.id, hard };
            Ok(self.counted(change)?.1)
        })
    }

    fn delete_folder(&self, id: &EntryId, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "Folder::delete_folder";
        self.check_write(CALL)?;
        step(progress, CALL, 0, 1)?;
        let record = self.below(id, CALL)?;
        let (asked, done) = self.counted(Change::DeleteFolder {
            id: record.id,
            parent: self.id,
            hard: flags.contains(FolderFlags::HARD_DELETE),
            now: self.logon.now(),
            messages: flags.contains(FolderFlags::DEL_MESSAGES),
            folders: flags.contains(FolderFlags::DEL_FOLDERS),
        })?;
        Ok(Completion { asked, done })
    }

    fn empty_folder(&self, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "Folder::empty_folder";
        self.check_write(CALL)?;
        let hard = flags.contains(FolderFlags::HARD_DELETE);
        let associated = flags.contains(FolderFlags::DEL_ASSOCIATED);
        let views: &[View] = if associated { &[View::Normal, View::Associated] } else { &[View::Normal] };
        let ids = self.all_messages(views, CALL)?;
        let mut completion = self.in_steps(CALL, &ids, progress, |part| {
            let change = Change::DeleteMessages { ids: part.to_vec(), from: self.id, hard };
            Ok(self.counted(change)?.1)
        })?;
        for folder in self.logon.engine(CALL)?.subfolders(self.id, false)? {
            completion.asked += 1;
            let (id, now) = (folder.id, self.logon.now());
            let change =
                Change::DeleteFolder { id, parent: self.id, hard, now, messages: true, folders: true };
            match self.counted(change) {
                Ok(_) => completion.done += 1,
                // What may not go stays, and the caller sees that not everything went.
                Err(error) if matches!(error.code(), ErrorCode::NO_ACCESS | ErrorCode::SUBMITTED) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(completion)
    }

    fn restore_messages(&self, ids: &[EntryId]) -> Result<Completion> {
        const CALL: &str = "Folder::restore_messages";
        self.check_write(CALL)?;
        let numbers: Vec<i64> = self.messages(ids, CALL)?.into_iter().flatten().collect();
        let (_, done) = self.counted(Change::RestoreMessages { ids: numbers, folder: self.id })?;
        if done == 0 {
            return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "none of the messages is soft-deleted here"));
        }
        Ok(Completion { asked: ids.len() as u64, done })
    }

    fn set_read_flags(
        &self,
        ids: Option<&[EntryId]>,
        flags: ReadFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "Folder::set_read_flags";
        let (set, clear) = crate::message::read_flags(flags, CALL)?;
        self.check_write(CALL)?;
        let numbers = match ids {
            Some(ids) => self.messages(ids, CALL)?,
            None => self.all_messages(&[View::Normal], CALL)?,
        };
        self.in_steps(CALL, &numbers, progress, |part| {
            for id in self.owing(part, flags, CALL)? {
                receipt::mark(&self.logon, (id, self.id), flags, CALL)?;
            }
            Ok(self.counted(Change::Flags { ids: part.to_vec(), folder: self.id, set, clear })?.1)
        })
    }

    fn message_status(&self, id: &EntryId) -> Result<u32> {
        let (row, _) = self.message_here(id, "Folder::message_status")?;
        Ok(row)
    }

    fn set_message_status(&self, id: &EntryId, status: u32, mask: u32) -> Result<u32> {
        const CALL: &str = "Folder::set_message_status";
        self.check_write(CALL)?;
        let (_, number) = self.message_here(id, CALL)?;
        match self.logon.engine(CALL)?.commit(Change::Status { id: number, status, mask })? {
            Done::Status(old) => Ok(old),
            _ => Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the engine answered something else")),
        }
    }
}

impl StoreFolder {
    /// The folder directly below with this identifier.
    fn below(&self, id: &EntryId, call: &'static str) -> Result<FolderRecord> {
        let object = self.logon.read_id(id, call)?;
        let record = self.logon.engine(call)?.folder(object.number)?;
        record
            .filter(|record| {
                object.kind == Kind::Folder
                    && record.guard == object.guard
                    && record.parent == self.id
                    && !record.deleted
            })
            .ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, call, "there is no such folder here"))
    }

    /// Those of these messages that a call with these flags may send a report of, or forget that one is asked for.
    fn owing(&self, ids: &[i64], flags: ReadFlags, call: &'static str) -> Result<Vec<i64>> {
        let forgets = flags.contains(ReadFlags::SUPPRESS_RECEIPT | ReadFlags::GENERATE_RECEIPT_ONLY);
        if !forgets && !receipt::may_send(flags) {
            return Ok(Vec::new());
        }
        let rows = self.logon.engine(call)?.rows_by_id(ids)?;
        let pending = MessageFlags::RN_PENDING.0;
        let owes = |row: &RowRecord| row.folder == self.id && (forgets || row.flags & pending != 0);
        Ok(rows.into_iter().filter(owes).map(|row| row.id).collect())
    }

    /// PR_MSG_STATUS and number of a message of this folder.
    fn message_here(&self, id: &EntryId, call: &'static str) -> Result<(u32, i64)> {
        let none = || Error::new(ErrorCode::NOT_FOUND, call, "there is no such message here");
        let number = self.messages(std::slice::from_ref(id), call)?.first().copied().flatten();
        let row = self.logon.engine(call)?.rows_by_id(&[number.ok_or_else(none)?])?;
        let row = row.first().filter(|row| row.folder == self.id).ok_or_else(none)?;
        Ok((row.status, row.id))
    }
}

/// Refuses names that no folder has.
///
/// # Errors
/// - `MAPI_E_BAD_VALUE`: empty, longer than 255 characters, or with a control character.
pub(crate) fn check_name(name: &str, call: &'static str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Error::new(ErrorCode::BAD_VALUE, call, "not a name for a folder"));
    }
    Ok(())
}
