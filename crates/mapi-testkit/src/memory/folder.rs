//! `MemoryFolder`: an open folder (IMAPIFolder). Its changes take effect at once.

use super::content::{Content, FOLDER, FolderData, Id, MESSAGE};
use super::effects::Effects;
use super::holder::{self, Holder};
use super::life::Life;
use super::message::MemoryMessage;
use super::{Logon, deleting, moving, rows, store, tree};
use mapi_defs::flags::{FolderFlags, MessageFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag};
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::{Container, Opened};
use mapi_spi::folder::{Completion, Folder, FolderType};
use mapi_spi::message::Message;
use mapi_spi::progress::{Progress, step};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;

/// The most characters of a folder's name.
const NAME_CHARACTERS: usize = 255;

pub(super) struct MemoryFolder {
    held: Arc<HeldFolder>,
}

pub(super) struct HeldFolder {
    pub(super) logon: Arc<Logon>,
    pub(super) id: Id,
    writable: bool,
}

impl MemoryFolder {
    pub(super) fn new(logon: Arc<Logon>, id: Id, writable: bool) -> Arc<Self> {
        Arc::new(Self { held: Arc::new(HeldFolder { logon, id, writable }) })
    }

    pub(super) fn held(&self) -> &HeldFolder {
        &self.held
    }

    /// Refuses what may not be done now.
    fn check(&self, call: &'static str, writes: bool) -> Result<()> {
        self.held.logon.life.check(call)?;
        if writes { self.held.logon.check_write(call) } else { Ok(()) }
    }

    /// The numbers of messages, or of the one folder, that identifiers stand for.
    fn numbers(&self, ids: &[EntryId], call: &'static str) -> Result<Vec<Id>> {
        let parse = |content: &Content| {
            ids.iter().map(|id| content.parse_id(id, call).map(|(_, number)| number)).collect()
        };
        self.held.logon.data.read(parse)
    }
}

impl Holder for HeldFolder {
    fn life(&self) -> &Arc<Life> {
        &self.logon.life
    }

    fn whole(&self) -> Result<PropList> {
        self.logon.data.read(|content| {
            let folder = content.folder(self.id, "MapiProp::props")?;
            let mut props = rows::folder_props(content, self.id, folder);
            props.remove(PR_DEPTH.id());
            Ok(props)
        })
    }

    fn check_write(&self, call: &'static str) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, call, "the folder is open for reading only"))
    }

    fn is_computed(&self, tag: PropTag) -> bool {
        rows::is_computed_of_folder(tag)
    }

    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()> {
        self.logon.data.change(|content, effects| {
            let missing = || super::content::gone("MapiProp::set_props");
            let folder = content.folders.get_mut(&self.id).ok_or_else(missing)?;
            edit(&mut folder.props);
            let parent = folder.parent;
            effects.folder_row(content, self.id)?;
            effects.event(content, EventMask::OBJECT_MODIFIED, FOLDER, self.id, parent);
            Ok(())
        })
    }
}

impl MapiProp for MemoryFolder {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        holder::props(&*self.held, tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        holder::prop_list(&*self.held)
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        holder::set_props(&*self.held, props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        holder::delete_props(&*self.held, tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        holder::open_stream(&self.held, tag, flags)
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        const CALL: &str = "MapiProp::save_changes";
        self.check(CALL, false)?;
        self.held.check_write(CALL)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        store::names(&self.held.logon, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        store::ids(&self.held.logon, names, create)
    }
}

impl Container for MemoryFolder {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "Container::contents_table";
        self.check(CALL, false)?;
        let known = TableFlags::ALL.without(TableFlags::CONVENIENT_DEPTH);
        check_table_flags(flags, known, CALL)?;
        let table = self.held.logon.data.read(|content| {
            let folder = content.folder(self.held.id, CALL)?;
            Ok(table_of(folder, flags).clone())
        })?;
        Ok(Arc::new(table.view_behind(SortOrder::default(), self.held.logon.life.gate())?))
    }

    fn hierarchy_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        const CALL: &str = "Container::hierarchy_table";
        self.check(CALL, false)?;
        check_table_flags(flags, TableFlags::ALL.without(TableFlags::ASSOCIATED), CALL)?;
        let table = self.held.logon.data.read(|content| {
            if flags.contains(TableFlags::CONVENIENT_DEPTH) {
                return tree::hierarchy(content, self.held.id);
            }
            Ok(content.folder(self.held.id, CALL)?.hierarchy.clone())
        })?;
        Ok(Arc::new(table.view_behind(SortOrder::default(), self.held.logon.life.gate())?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        store::open_entry(&self.held.logon, id, flags)
    }
}

impl Folder for MemoryFolder {
    fn create_message(&self, associated: bool) -> Result<Arc<dyn Message>> {
        const CALL: &str = "Folder::create_message";
        self.check(CALL, true)?;
        self.held.logon.data.read(|content| content.folder(self.held.id, CALL).map(|_| ()))?;
        Ok(MemoryMessage::create(self.held.logon.clone(), self.held.id, associated)?)
    }

    fn create_folder(
        &self,
        kind: FolderType,
        name: &str,
        comment: &str,
        flags: FolderFlags,
    ) -> Result<Arc<dyn Folder>> {
        const CALL: &str = "Folder::create_folder";
        self.check(CALL, true)?;
        if kind == FolderType::Search {
            return mapi_spi::no_support(CALL);
        }
        check_name(name, CALL)?;
        let (parent, now) = (self.held.id, self.held.logon.now());
        let id = self.held.logon.data.change(|content, effects| {
            content.folder(parent, CALL)?;
            match content.child_named(parent, name) {
                Some(id) if flags.contains(FolderFlags::OPEN_IF_EXISTS) => return Ok(id),
                Some(_) => return Err(collision(CALL)),
                None => {}
            }
            let id = content.new_id();
            let mut props = PropList::new();
            props.set(PR_DISPLAY_NAME, name);
            props.set(PR_COMMENT, comment);
            props.set(PR_CREATION_TIME, now);
            content.folders.insert(id, FolderData::new(Some(parent), props));
            effects.folder_row(content, id)?;
            effects.folder_row(content, parent)?;
            effects.event(content, EventMask::OBJECT_CREATED, FOLDER, id, Some(parent));
            Ok(id)
        })?;
        Ok(Self::new(self.held.logon.clone(), id, true))
    }

    fn copy_messages(
        &self,
        ids: &[EntryId],
        to: &dyn Folder,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        const CALL: &str = "Folder::copy_messages";
        self.check(CALL, true)?;
        let to = moving::destination(&self.held, to, CALL)?;
        let mut done = Vec::new();
        for (at, number) in self.numbers(ids, CALL)?.into_iter().enumerate() {
            step(progress, CALL, at as u64, ids.len() as u64)?;
            done.extend(moving::message(&self.held, number, to, flags.contains(FolderFlags::MOVE))?);
        }
        Ok((Completion { asked: ids.len() as u64, done: done.len() as u64 }, done))
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
        self.check(CALL, true)?;
        new_name.map_or(Ok(()), |name| check_name(name, CALL))?;
        let to = moving::destination(&self.held, to, CALL)?;
        step(progress, CALL, 0, 1)?;
        let id = self.numbers(std::slice::from_ref(id), CALL)?[0];
        moving::folder(&self.held, id, to, new_name, flags)?;
        Ok(Completion { asked: 1, done: 1 })
    }

    fn delete_messages(
        &self,
        ids: &[EntryId],
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "Folder::delete_messages";
        self.check(CALL, true)?;
        let mut done = 0;
        for (at, number) in self.numbers(ids, CALL)?.into_iter().enumerate() {
            step(progress, CALL, at as u64, ids.len() as u64)?;
            done += u64::from(deleting::message(&self.held, number, flags)?);
        }
        Ok(Completion { asked: ids.len() as u64, done })
    }

    fn delete_folder(&self, id: &EntryId, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "Folder::delete_folder";
        self.check(CALL, true)?;
        step(progress, CALL, 0, 1)?;
        let id = self.numbers(std::slice::from_ref(id), CALL)?[0];
        deleting::folder(&self.held, id, flags)?;
        Ok(Completion { asked: 1, done: 1 })
    }

    fn empty_folder(&self, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "Folder::empty_folder";
        self.check(CALL, true)?;
        deleting::everything(&self.held, flags, progress)
    }

    fn restore_messages(&self, ids: &[EntryId]) -> Result<Completion> {
        const CALL: &str = "Folder::restore_messages";
        self.check(CALL, true)?;
        deleting::restore(&self.held, &self.numbers(ids, CALL)?, CALL)
    }

    fn set_read_flags(
        &self,
        ids: Option<&[EntryId]>,
        flags: ReadFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "Folder::set_read_flags";
        self.check(CALL, true)?;
        let numbers = match ids {
            Some(ids) => self.numbers(ids, CALL)?,
            None => self.held.logon.data.read(|content| {
                let held = &content.folder(self.held.id, CALL)?.messages;
                let shown = |id: &&Id| {
                    content.messages.get(id).is_some_and(|held| !held.soft_deleted && !held.associated)
                };
                Ok(held.iter().filter(shown).copied().collect())
            })?,
        };
        let (asked, mut done) = (numbers.len() as u64, 0);
        for (at, number) in numbers.into_iter().enumerate() {
            step(progress, CALL, at as u64, asked)?;
            done += u64::from(self.held.logon.data.change(|content, effects| {
                let here = content.messages.get(&number).is_some_and(|held| held.folder == self.held.id);
                if here { set_read(content, effects, number, flags) } else { Ok(false) }
            })?);
        }
        Ok(Completion { asked, done })
    }

    fn message_status(&self, id: &EntryId) -> Result<u32> {
        const CALL: &str = "Folder::message_status";
        self.check(CALL, false)?;
        let id = self.numbers(std::slice::from_ref(id), CALL)?[0];
        self.held.logon.data.read(|content| Ok(content.message(id, CALL)?.status))
    }

    fn set_message_status(&self, id: &EntryId, status: u32, mask: u32) -> Result<u32> {
        const CALL: &str = "Folder::set_message_status";
        self.check(CALL, true)?;
        let id = self.numbers(std::slice::from_ref(id), CALL)?[0];
        self.held.logon.data.change(|content, effects| {
            let message = content.message_mut(id, CALL)?;
            let old = message.status;
            message.status = old & !mask | status & mask;
            effects.message_row(content, id)?;
            Ok(old)
        })
    }
}

/// Marks a message read or unread; true where there is such a message.
pub(super) fn set_read(
    content: &mut Content,
    effects: &mut Effects,
    id: Id,
    flags: ReadFlags,
) -> Result<bool> {
    let Some(message) = content.messages.get_mut(&id).filter(|held| !held.soft_deleted) else {
        return Ok(false);
    };
    let (before, folder) = (message.flags, message.folder);
    read_flags(&mut message.flags, flags);
    if message.flags != before {
        effects.message_row(content, id)?;
        effects.event(content, EventMask::OBJECT_MODIFIED, MESSAGE, id, Some(folder));
    }
    Ok(true)
}

/// What SetReadFlag makes of PR_MESSAGE_FLAGS. No report is ever owed here, so none is sent.
pub(super) fn read_flags(held: &mut u32, flags: ReadFlags) {
    if flags.contains(ReadFlags::CLEAR) {
        *held &= !MessageFlags::READ.0;
    } else if !flags.intersects(
        ReadFlags::GENERATE_RECEIPT_ONLY | ReadFlags::CLEAR_RN_PENDING | ReadFlags::CLEAR_NRN_PENDING,
    ) {
        *held |= MessageFlags::READ.0;
    }
    if flags.contains(ReadFlags::CLEAR_RN_PENDING) {
        *held &= !MessageFlags::RN_PENDING.0;
    }
    if flags.contains(ReadFlags::CLEAR_NRN_PENDING) {
        *held &= !MessageFlags::NRN_PENDING.0;
    }
}

pub(super) fn collision(call: &'static str) -> Error {
    Error::new(ErrorCode::COLLISION, call, "there is a folder of that name")
}

fn table_of(folder: &FolderData, flags: TableFlags) -> &Arc<mapi_spi::table::TableData> {
    if flags.contains(TableFlags::SHOW_SOFT_DELETES) {
        &folder.deleted
    } else if flags.contains(TableFlags::ASSOCIATED) {
        &folder.associated
    } else {
        &folder.contents
    }
}

fn check_table_flags(flags: TableFlags, known: TableFlags, call: &'static str) -> Result<()> {
    if known.contains(flags) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag"))
}

fn check_name(name: &str, call: &'static str) -> Result<()> {
    if (1..=NAME_CHARACTERS).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::BAD_VALUE, call, format!("a name has 1 to {NAME_CHARACTERS} characters")))
}
