//! `Folder`: a container of messages and folders in a store (IMAPIFolder).

use crate::container::Container;
use crate::message::Message;
use crate::no_support;
use crate::progress::Progress;
use mapi_defs::flags::{FolderFlags, ReadFlags};
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// What kind of folder CreateFolder makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FolderType {
    /// FOLDER_GENERIC: holds messages and folders.
    Generic,
    /// FOLDER_SEARCH: shows what a search finds.
    Search,
}

/// How many objects a call over many objects did. Fewer than asked is `MAPI_W_PARTIAL_COMPLETION`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Objects asked for.
    pub asked: u64,
    /// Objects done.
    pub done: u64,
}

impl Completion {
    /// True where not everything could be done.
    pub const fn is_partial(self) -> bool {
        self.done < self.asked
    }
}

/// A folder.
///
/// # Source
/// IMAPIFolder : IMAPIContainer.
pub trait Folder: Container {
    /// Creates a message, or an associated one; it is in the folder once it is saved (CreateMessage).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is read-only.
    fn create_message(&self, associated: bool) -> Result<Arc<dyn Message>> {
        let _ = associated;
        no_support("Folder::create_message")
    }

    /// Creates a folder below (CreateFolder); OPEN_IF_EXISTS opens one of that name.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name.
    /// - `MAPI_E_BAD_VALUE`: the name is empty or too long.
    fn create_folder(
        &self,
        kind: FolderType,
        name: &str,
        comment: &str,
        flags: FolderFlags,
    ) -> Result<Arc<dyn Folder>> {
        let _ = (kind, name, comment, flags);
        no_support("Folder::create_folder")
    }

    /// Copies or (MOVE) moves messages of this folder to another of the same store (CopyMessages).
    ///
    /// Returns the identifiers of the messages in the destination, in the order given, of those that
    /// were done.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the destination is not of this provider; the caller copies by contents.
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    fn copy_messages(
        &self,
        ids: &[EntryId],
        to: &dyn Folder,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        let _ = (ids, to, flags, progress);
        no_support("Folder::copy_messages")
    }

    /// Copies or (MOVE) moves a folder of this folder below another of the same store (CopyFolder).
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name.
    /// - `MAPI_E_FOLDER_CYCLE`: the destination is below the folder.
    /// - `MAPI_E_NO_SUPPORT`: the destination is not of this provider.
    fn copy_folder(
        &self,
        id: &EntryId,
        to: &dyn Folder,
        new_name: Option<&str>,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        let _ = (id, to, new_name, flags, progress);
        no_support("Folder::copy_folder")
    }

    /// Deletes messages of this folder, softly unless HARD_DELETE (DeleteMessages).
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    fn delete_messages(
        &self,
        ids: &[EntryId],
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        let _ = (ids, flags, progress);
        no_support("Folder::delete_messages")
    }

    /// Deletes a folder of this folder (DeleteFolder).
    ///
    /// # Errors
    /// - `MAPI_E_HAS_MESSAGES`, `MAPI_E_HAS_FOLDERS`: it is not empty and the flag is not set.
    fn delete_folder(&self, id: &EntryId, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        let _ = (id, flags, progress);
        no_support("Folder::delete_folder")
    }

    /// Deletes everything in the folder but not the folder (EmptyFolder).
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    fn empty_folder(&self, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        let _ = (flags, progress);
        no_support("Folder::empty_folder")
    }

    /// Brings soft-deleted messages of this folder back.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: none of them is soft-deleted here.
    fn restore_messages(&self, ids: &[EntryId]) -> Result<Completion> {
        let _ = ids;
        no_support("Folder::restore_messages")
    }

    /// Marks messages read or unread, all of the folder where `ids` is `None` (SetReadFlags).
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: `progress` stopped it.
    fn set_read_flags(
        &self,
        ids: Option<&[EntryId]>,
        flags: ReadFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        let _ = (ids, flags, progress);
        no_support("Folder::set_read_flags")
    }

    /// Returns PR_MSG_STATUS of a message (GetMessageStatus).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such message.
    fn message_status(&self, id: &EntryId) -> Result<u32> {
        let _ = id;
        no_support("Folder::message_status")
    }

    /// Sets the bits of `mask` in PR_MSG_STATUS to those of `status`; returns the old value (SetMessageStatus).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such message.
    fn set_message_status(&self, id: &EntryId, status: u32, mask: u32) -> Result<u32> {
        let _ = (id, status, mask);
        no_support("Folder::set_message_status")
    }
}
