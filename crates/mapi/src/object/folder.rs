//! `Folder`: messages and folders of a store (IMAPIFolder).

use super::msg_store::{another_kind, opened_by};
use super::{Message, Object, Open, Opened, Table};
use mapi_defs::flags::{FolderFlags, OpenFlags, ReadFlags, SaveFlags, TableFlags};
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DISPLAY_NAME, PR_ENTRYID, PR_SUBFOLDERS,
};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::{Opened as ProvidedOpened, SearchCriteria};
use mapi_spi::folder::{Completion, Folder as Provided, FolderType};
use mapi_spi::progress::{NoProgress, Progress, step};
use mapi_spi::prop::MapiProp;
use mapi_spi::table::query_all_rows;

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder {
    open: Open<dyn Provided>,
}

/// A folder below another, as [`Folder::walk`] finds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderEntry {
    /// Its identifier.
    pub entry_id: EntryId,
    /// PR_DISPLAY_NAME.
    pub name: String,
    /// The path from the folder walked, such as `/Inbox/Project A`; a slash within a name stays.
    pub path: String,
    /// 1 for folders directly below.
    pub depth: u32,
    /// PR_CONTENT_COUNT.
    pub count: u32,
    /// PR_CONTENT_UNREAD.
    pub unread: u32,
}

impl Folder {
    pub(crate) fn of(open: Open<dyn Provided>) -> Self {
        Self { open }
    }

    /// The table of the messages (GetContentsTable).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the folder's logon has ended; so for every method.
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    #[track_caller]
    pub fn contents_table(&self, flags: TableFlags) -> Result<Table> {
        let table = self.open.live()?.contents_table(flags)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "contents".into())))
    }

    /// The table of the folders below (GetHierarchyTable).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    #[track_caller]
    pub fn hierarchy_table(&self, flags: TableFlags) -> Result<Table> {
        let table = self.open.live()?.hierarchy_table(flags)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "hierarchy".into())))
    }

    /// The identifiers of the messages, in the order of the table.
    ///
    /// # Errors
    /// - What the table answers.
    pub fn message_ids(&self) -> Result<Vec<EntryId>> {
        let live = self.open.live()?;
        let table = live.contents_table(TableFlags::NONE)?;
        let rows = query_all_rows(&*table, &[PR_ENTRYID])?;
        Ok(rows.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect())
    }

    /// Number of messages, and of those that are unread.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`.
    pub fn counts(&self) -> Result<(u32, u32)> {
        let props = self.open.live()?.props(Some(&[PR_CONTENT_COUNT, PR_CONTENT_UNREAD]))?;
        let count = |index: usize| props.get(index).and_then(|prop| prop.value.as_long()).unwrap_or(0);
        Ok((count(0).max(0).cast_unsigned(), count(1).max(0).cast_unsigned()))
    }

    /// Opens an object of the folder's store (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`: no such object.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        let opened = self.open.live()?.open_entry(id, flags)?;
        Ok(opened_by(&self.open, opened, id))
    }

    /// Opens a message.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such object, or it is no message.
    #[track_caller]
    pub fn open_message(&self, id: &EntryId, flags: OpenFlags) -> Result<Message> {
        match self.open_entry(id, flags)? {
            Opened::Message(message) => Ok(message),
            _ => Err(another_kind(id, "message")),
        }
    }

    /// Opens the folder at a path from this one, such as `Project A/Notes`.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    #[track_caller]
    pub fn folder(&self, path: &str) -> Result<Self> {
        let live = self.open.live()?;
        let mut found = live.object().clone();
        let mut id = EntryId::default();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            id = child_id(&*found, name)?;
            found = match found.open_entry(&id, OpenFlags::BEST_ACCESS)? {
                ProvidedOpened::Folder(folder) => folder,
                _ => return Err(another_kind(&id, "folder")),
            };
        }
        if id.is_empty() {
            return Ok(self.clone());
        }
        Ok(Self { open: self.open.child(found, "IMAPIFolder", id.short()) })
    }

    /// Every folder below, parents before their children.
    ///
    /// # Errors
    /// - What the hierarchy table answers.
    pub fn walk(&self) -> Result<Vec<FolderEntry>> {
        let live = self.open.live()?;
        let mut found = Vec::new();
        walk(&*live, "", 1, &mut found)?;
        Ok(found)
    }

    /// Creates a message; it is in the folder once it is saved (CreateMessage).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is read-only.
    #[track_caller]
    pub fn create_message(&self) -> Result<Message> {
        let message = self.open.live()?.create_message(false)?;
        Ok(Message::of(self.open.child(message, "IMessage", "new".into())))
    }

    /// Creates an associated message, which people do not see (CreateMessage with MAPI_ASSOCIATED).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is read-only.
    #[track_caller]
    pub fn create_associated_message(&self) -> Result<Message> {
        let message = self.open.live()?.create_message(true)?;
        Ok(Message::of(self.open.child(message, "IMessage", "new".into())))
    }

    /// Creates a folder below (CreateFolder).
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name, and OPEN_IF_EXISTS is not set.
    /// - `MAPI_E_BAD_VALUE`: the name is empty or too long.
    #[track_caller]
    pub fn create_folder(&self, name: &str, flags: FolderFlags) -> Result<Self> {
        let folder = self.open.live()?.create_folder(FolderType::Generic, name, "", flags)?;
        Ok(Self { open: self.open.child(folder, "IMAPIFolder", "created".into()) })
    }

    /// Creates a search folder below.
    ///
    /// # Errors
    /// As [`Folder::create_folder`].
    #[track_caller]
    pub fn create_search_folder(&self, name: &str, flags: FolderFlags) -> Result<Self> {
        let folder = self.open.live()?.create_folder(FolderType::Search, name, "", flags)?;
        Ok(Self { open: self.open.child(folder, "IMAPIFolder", "created".into()) })
    }

    /// Copies or (MOVE) moves messages of this folder into another, of whatever store (CopyMessages).
    ///
    /// Returns their identifiers there, of those that were done.
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    /// - What reading or writing answers.
    pub fn copy_messages(
        &self,
        ids: &[EntryId],
        to: &Self,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        let (from, target) = (self.open.live()?, to.open.live()?);
        match from.copy_messages(ids, &*target, flags, progress) {
            Err(error) if error.code() == ErrorCode::NO_SUPPORT => {
                copy_by_contents(&*from, &*target, ids, flags, progress)
            }
            other => other,
        }
    }

    /// Copies or (MOVE) moves a folder of this folder below another of the same store (CopyFolder).
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name.
    /// - `MAPI_E_FOLDER_CYCLE`: the destination is below the folder.
    /// - `MAPI_E_NO_SUPPORT`: the destination is of another store.
    pub fn copy_folder(
        &self,
        id: &EntryId,
        to: &Self,
        new_name: Option<&str>,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        let (from, target) = (self.open.live()?, to.open.live()?);
        from.copy_folder(id, &*target, new_name, flags, progress)
    }

    /// Deletes messages of this folder, softly unless HARD_DELETE (DeleteMessages).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is read-only.
    pub fn delete_messages(&self, ids: &[EntryId], flags: FolderFlags) -> Result<Completion> {
        self.open.live()?.delete_messages(ids, flags, &NoProgress)
    }

    /// Deletes a folder of this folder (DeleteFolder).
    ///
    /// # Errors
    /// - `MAPI_E_HAS_MESSAGES`, `MAPI_E_HAS_FOLDERS`: it is not empty and the flag is not set.
    pub fn delete_folder(&self, id: &EntryId, flags: FolderFlags) -> Result<Completion> {
        self.open.live()?.delete_folder(id, flags, &NoProgress)
    }

    /// Deletes everything in the folder but not the folder (EmptyFolder).
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    pub fn empty(&self, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        self.open.live()?.empty_folder(flags, progress)
    }

    /// Brings soft-deleted messages of this folder back.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: none of them is soft-deleted here.
    pub fn restore_messages(&self, ids: &[EntryId]) -> Result<Completion> {
        self.open.live()?.restore_messages(ids)
    }

    /// Marks messages read or unread, all of them where `ids` is `None` (SetReadFlags).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is read-only.
    pub fn set_read_flags(&self, ids: Option<&[EntryId]>, flags: ReadFlags) -> Result<Completion> {
        self.open.live()?.set_read_flags(ids, flags, &NoProgress)
    }

    /// Returns PR_MSG_STATUS of a message (GetMessageStatus).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such message.
    pub fn message_status(&self, id: &EntryId) -> Result<u32> {
        self.open.live()?.message_status(id)
    }

    /// Sets the bits of `mask` in PR_MSG_STATUS; returns the old value (SetMessageStatus).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such message.
    pub fn set_message_status(&self, id: &EntryId, status: u32, mask: u32) -> Result<u32> {
        self.open.live()?.set_message_status(id, status, mask)
    }

    /// Makes a search folder search (SetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: it is no search folder.
    pub fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        self.open.live()?.set_search_criteria(criteria)
    }

    /// Returns what a search folder searches for (GetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_INITIALIZED`: nothing yet.
    pub fn search_criteria(&self) -> Result<SearchCriteria> {
        self.open.live()?.search_criteria()
    }
}

impl Object for Folder {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}

/// One message at a time: copy, save, and only then delete what was to be moved.
fn copy_by_contents(
    from: &dyn Provided,
    to: &dyn Provided,
    ids: &[EntryId],
    flags: FolderFlags,
    progress: &dyn Progress,
) -> Result<(Completion, Vec<EntryId>)> {
    let asked = ids.len() as u64;
    let mut made = Vec::new();
    for (done, id) in (0..).zip(ids) {
        step(progress, "Folder::copy_messages", done, asked)?;
        let ProvidedOpened::Message(source) = from.open_entry(id, OpenFlags::NONE)? else {
            return Err(another_kind(id, "message"));
        };
        let target = to.create_message(false)?;
        mapi_spi::copy::copy_message(&*source, &*target, &[])?;
        target.save_changes(SaveFlags::KEEP_OPEN_READONLY)?;
        made.push(EntryId::from_bytes(first_binary(&*target, PR_ENTRYID)?.unwrap_or_default()));
        if flags.contains(FolderFlags::MOVE) {
            from.delete_messages(std::slice::from_ref(id), FolderFlags::NONE, &NoProgress)?;
        }
    }
    Ok((Completion { asked, done: made.len() as u64 }, made))
}

/// The identifier of the folder of this name directly below; letters count the same in either case,
/// but an exact match comes first.
pub(super) fn child_id(folder: &dyn Provided, name: &str) -> Result<EntryId> {
    let table = folder.hierarchy_table(TableFlags::NONE)?;
    let rows = query_all_rows(&*table, &[PR_ENTRYID, PR_DISPLAY_NAME])?;
    let named = |fits: &dyn Fn(&str) -> bool| {
        let row = rows.iter().find(|row| row.text(PR_DISPLAY_NAME).is_some_and(fits))?;
        row.binary(PR_ENTRYID).map(EntryId::from_bytes)
    };
    let lower = name.to_lowercase();
    let found = named(&|held| held == name).or_else(|| named(&|held| held.to_lowercase() == lower));
    found.ok_or_else(|| {
        Error::new(ErrorCode::NOT_FOUND, "Folder::folder", format!("there is no folder \"{name}\" here"))
    })
}

fn walk(folder: &dyn Provided, above: &str, depth: u32, found: &mut Vec<FolderEntry>) -> Result<()> {
    /// A store whose folders go deeper than this is damaged.
    const DEEPEST: u32 = 256;
    const COLUMNS: [PropTag; 5] =
        [PR_ENTRYID, PR_DISPLAY_NAME, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_SUBFOLDERS];
    if depth > DEEPEST {
        return Err(Error::new(ErrorCode::CORRUPT_STORE, "Folder::walk", "folders are nested too deep"));
    }
    let rows = query_all_rows(&*folder.hierarchy_table(TableFlags::NONE)?, &COLUMNS)?;
    for row in &rows {
        let Some(id) = row.binary(PR_ENTRYID).map(EntryId::from_bytes) else { continue };
        let entry = entry(row, id.clone(), above, depth);
        let path = entry.path.clone();
        found.push(entry);
        let has_folders = row.value(PR_SUBFOLDERS).and_then(|value| value.as_boolean()) != Some(false);
        if has_folders && let ProvidedOpened::Folder(below) = folder.open_entry(&id, OpenFlags::NONE)? {
            walk(&*below, &path, depth + 1, found)?;
        }
    }
    Ok(())
}

fn entry(row: &Row, entry_id: EntryId, above: &str, depth: u32) -> FolderEntry {
    let name = row.text(PR_DISPLAY_NAME).unwrap_or_default().to_owned();
    let count = |tag| row.long(tag).unwrap_or(0).max(0).cast_unsigned();
    FolderEntry {
        path: format!("{above}/{name}"),
        depth,
        count: count(PR_CONTENT_COUNT),
        unread: count(PR_CONTENT_UNREAD),
        name,
        entry_id,
    }
}

/// A binary property, if the object has it.
pub(super) fn first_binary(object: &dyn MapiProp, tag: PropTag) -> Result<Option<Vec<u8>>> {
    let props = object.props(Some(&[tag]))?;
    Ok(props.first().and_then(|prop| prop.value.as_binary()).map(<[u8]>::to_vec))
}
