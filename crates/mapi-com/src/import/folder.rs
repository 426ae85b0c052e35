//! A folder of a provider in a library (IMAPIFolder).

use super::container::{c_id, c_ids};
use super::message::foreign_message;
use super::prop::Foreign;
use super::{given, told};
use crate::interfaces::{IMAPIFolder, IMessage};
use crate::marshal::In;
use crate::marshal::text::{MAPI_UNICODE, encode16};
use mapi_defs::flags::{FolderFlags, ReadFlags};
use mapi_defs::{EntryId, Error, ErrorCode, Result, Warning};
use mapi_spi::folder::{Completion, Folder, FolderType};
use mapi_spi::message::Message;
use mapi_spi::progress::{Progress, step};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use windows_core::{HRESULT, Interface};

const MAPI_ASSOCIATED: u32 = 0x40;
const OPEN_IF_EXISTS: u32 = 1;
const FOLDER_GENERIC: u32 = 1;
const FOLDER_SEARCH: u32 = 2;
const MESSAGE_MOVE: u32 = 1;
const COPY_SUBFOLDERS: u32 = 0x10;
const DELETE_HARD_DELETE: u32 = 0x10;
const DEL_MESSAGES: u32 = 1;
const DEL_FOLDERS: u32 = 4;
const DEL_ASSOCIATED: u32 = 8;

/// What a call over many objects did; a provider does not say how many of them it left out.
fn done(answer: HRESULT, asked: usize, call: &'static str) -> Result<Completion> {
    told(answer, call)?;
    let asked = asked.max(1) as u64;
    let is_partial = answer.0 as u32 == Warning::PARTIAL_COMPLETION.as_u32();
    Ok(Completion { asked, done: if is_partial { asked - 1 } else { asked } })
}

/// The provider's own folder behind a destination.
fn destination<'a>(to: &'a dyn Folder, call: &'static str) -> Result<&'a IMAPIFolder> {
    let own = to.as_any().downcast_ref::<Foreign<IMAPIFolder>>().map(|folder| &folder.0);
    own.ok_or_else(|| Error::new(ErrorCode::NO_SUPPORT, call, "the destination is of another provider"))
}

fn deletion(flags: FolderFlags) -> u32 {
    [
        (FolderFlags::DEL_MESSAGES, DEL_MESSAGES),
        (FolderFlags::DEL_FOLDERS, DEL_FOLDERS),
        (FolderFlags::DEL_ASSOCIATED, DEL_ASSOCIATED),
        (FolderFlags::HARD_DELETE, DELETE_HARD_DELETE),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .fold(0, |all, (_, bit)| all | bit)
}

impl Folder for Foreign<IMAPIFolder> {
    fn create_message(&self, associated: bool) -> Result<Arc<dyn Message>> {
        const CALL: &str = "IMAPIFolder::CreateMessage";
        let flags = if associated { MAPI_ASSOCIATED } else { 0 };
        let mut message: Option<IMessage> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.CreateMessage(null(), flags, (&mut message).into()) }, CALL)?;
        Ok(foreign_message(&given(message, CALL)?))
    }

    fn create_folder(
        &self,
        kind: FolderType,
        name: &str,
        comment: &str,
        flags: FolderFlags,
    ) -> Result<Arc<dyn Folder>> {
        const CALL: &str = "IMAPIFolder::CreateFolder";
        let kind = match kind {
            FolderType::Generic => FOLDER_GENERIC,
            FolderType::Search => FOLDER_SEARCH,
        };
        let (mut name, mut comment) = (encode16(name), encode16(comment));
        let exists = if flags.contains(FolderFlags::OPEN_IF_EXISTS) { OPEN_IF_EXISTS } else { 0 };
        let mut folder: Option<IMAPIFolder> = None;
        // SAFETY: the object is held by `self`; texts and place are ours.
        let answer = unsafe {
            let (name, comment) = (name.as_mut_ptr().cast(), comment.as_mut_ptr().cast());
            self.0.CreateFolder(kind, name, comment, null(), MAPI_UNICODE | exists, (&mut folder).into())
        };
        told(answer, CALL)?;
        Ok(Arc::new(Foreign(given(folder, CALL)?)))
    }

    /// The identifiers that the messages have in the destination are the provider's secret: none are told.
    fn copy_messages(
        &self,
        ids: &[EntryId],
        to: &dyn Folder,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<(Completion, Vec<EntryId>)> {
        const CALL: &str = "IMAPIFolder::CopyMessages";
        let (target, list) = (destination(to, CALL)?, c_ids(ids)?);
        step(progress, CALL, 0, ids.len() as u64)?;
        let (way, iid) = (if flags.contains(FolderFlags::MOVE) { MESSAGE_MOVE } else { 0 }, IMAPIFolder::IID);
        // SAFETY: both objects are held; the list is ours.
        let answer =
            unsafe { self.0.CopyMessages(list.0, &raw const iid, target.as_raw(), 0, In::null(), way) };
        Ok((done(answer, ids.len(), CALL)?, Vec::new()))
    }

    fn copy_folder(
        &self,
        id: &EntryId,
        to: &dyn Folder,
        new_name: Option<&str>,
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "IMAPIFolder::CopyFolder";
        let target = destination(to, CALL)?;
        step(progress, CALL, 0, 1)?;
        let mut name = new_name.map(encode16);
        let name = name.as_mut().map_or(null_mut(), |name| name.as_mut_ptr()).cast();
        let below = if flags.contains(FolderFlags::COPY_SUBFOLDERS) { COPY_SUBFOLDERS } else { 0 };
        let way = if flags.contains(FolderFlags::MOVE) { MESSAGE_MOVE } else { 0 } | below | MAPI_UNICODE;
        let ((bytes, id), iid) = (c_id(id), IMAPIFolder::IID);
        // SAFETY: both objects are held; identifier and name are ours.
        let answer = unsafe {
            self.0.CopyFolder(bytes, id, &raw const iid, target.as_raw(), name, 0, In::null(), way)
        };
        done(answer, 1, CALL)
    }

    fn delete_messages(
        &self,
        ids: &[EntryId],
        flags: FolderFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "IMAPIFolder::DeleteMessages";
        let list = c_ids(ids)?;
        step(progress, CALL, 0, ids.len() as u64)?;
        let hard = if flags.contains(FolderFlags::HARD_DELETE) { DELETE_HARD_DELETE } else { 0 };
        // SAFETY: the object is held by `self`; the list is ours.
        done(unsafe { self.0.DeleteMessages(list.0, 0, In::null(), hard) }, ids.len(), CALL)
    }

    fn delete_folder(&self, id: &EntryId, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "IMAPIFolder::DeleteFolder";
        step(progress, CALL, 0, 1)?;
        let (bytes, id) = c_id(id);
        // SAFETY: the object is held by `self`; the identifier is ours.
        done(unsafe { self.0.DeleteFolder(bytes, id, 0, In::null(), deletion(flags)) }, 1, CALL)
    }

    fn empty_folder(&self, flags: FolderFlags, progress: &dyn Progress) -> Result<Completion> {
        const CALL: &str = "IMAPIFolder::EmptyFolder";
        step(progress, CALL, 0, 1)?;
        let kept = DEL_ASSOCIATED | DELETE_HARD_DELETE;
        // SAFETY: the object is held by `self`.
        done(unsafe { self.0.EmptyFolder(0, In::null(), deletion(flags) & kept) }, 1, CALL)
    }

    fn set_read_flags(
        &self,
        ids: Option<&[EntryId]>,
        flags: ReadFlags,
        progress: &dyn Progress,
    ) -> Result<Completion> {
        const CALL: &str = "IMAPIFolder::SetReadFlags";
        let list = ids.map(c_ids).transpose()?;
        let count = ids.map_or(1, <[EntryId]>::len);
        step(progress, CALL, 0, count as u64)?;
        let list = list.as_ref().map_or(null_mut(), |list| list.0);
        // SAFETY: the object is held by `self`; the list is ours, or NULL.
        done(unsafe { self.0.SetReadFlags(list, 0, In::null(), flags.0) }, count, CALL)
    }

    fn message_status(&self, id: &EntryId) -> Result<u32> {
        let ((bytes, id), mut status) = (c_id(id), 0);
        // SAFETY: the object is held by `self`; identifier and place are ours.
        let answer = unsafe { self.0.GetMessageStatus(bytes, id, 0, &raw mut status) };
        told(answer, "IMAPIFolder::GetMessageStatus").map(|()| status)
    }

    fn set_message_status(&self, id: &EntryId, status: u32, mask: u32) -> Result<u32> {
        let ((bytes, id), mut before) = (c_id(id), 0);
        // SAFETY: the object is held by `self`; identifier and place are ours.
        let answer = unsafe { self.0.SetMessageStatus(bytes, id, status, mask, &raw mut before) };
        told(answer, "IMAPIFolder::SetMessageStatus").map(|()| before)
    }
}
