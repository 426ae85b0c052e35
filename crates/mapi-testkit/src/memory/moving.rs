//! Moving and copying messages and folders within the store.

use super::content::{Content, FOLDER, FolderData, Id, MESSAGE, MessageData, gone};
use super::effects::Effects;
use super::folder::{HeldFolder, MemoryFolder, collision};
use mapi_defs::flags::FolderFlags;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::tags::PR_DISPLAY_NAME;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::folder::Folder;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of a destination, which has to be a folder of the same store.
pub(super) fn destination(from: &HeldFolder, to: &dyn Folder, call: &'static str) -> Result<Id> {
    let ours = to.as_any().downcast_ref::<MemoryFolder>().map(MemoryFolder::held);
    let same = ours.filter(|to| Arc::ptr_eq(&to.logon.data, &from.logon.data));
    let foreign = || Error::new(ErrorCode::NO_SUPPORT, call, "the destination is not a folder of this store");
    same.map(|to| to.id).ok_or_else(foreign)
}

/// Moves or copies one message; `None` where it is not in the folder or is queued.
pub(super) fn message(from: &HeldFolder, id: Id, to: Id, moves: bool) -> Result<Option<EntryId>> {
    from.logon.data.change(|content, effects| {
        content.folder(to, "Folder::copy_messages")?;
        let is_here =
            content.messages.get(&id).is_some_and(|held| held.folder == from.id && !held.soft_deleted);
        if !is_here || (moves && content.queued(id).is_some()) {
            return Ok(None);
        }
        let id = if moves {
            move_message(content, effects, id, to)?;
            id
        } else {
            copy_message(content, effects, id, to)?
        };
        Ok(Some(content.entry_id(MESSAGE, id)))
    })
}

/// Moves a message; its identifier stays.
pub(super) fn move_message(content: &mut Content, effects: &mut Effects, id: Id, to: Id) -> Result<()> {
    let missing = || gone("Folder::copy_messages");
    let message = content.messages.get_mut(&id).ok_or_else(missing)?;
    let from = std::mem::replace(&mut message.folder, to);
    if let Some(folder) = content.folders.get_mut(&from) {
        folder.messages.remove(&id);
    }
    content.folders.get_mut(&to).ok_or_else(missing)?.messages.insert(id);
    if from != to {
        effects.message_left(content, id, from)?;
    }
    effects.message_row(content, id)?;
    effects.came_from(content, EventMask::OBJECT_MOVED, MESSAGE, (id, to), (id, from));
    Ok(())
}

/// Copies a message; the copy has an identifier of its own and the same search key.
pub(super) fn copy_message(content: &mut Content, effects: &mut Effects, id: Id, to: Id) -> Result<Id> {
    let missing = || gone("Folder::copy_messages");
    let copy = content.new_id();
    let message = content.messages.get(&id).ok_or_else(missing)?;
    let from = message.folder;
    let message = MessageData { folder: to, version: 1, body: message.body.clone(), ..*message };
    content.messages.insert(copy, message);
    content.folders.get_mut(&to).ok_or_else(missing)?.messages.insert(copy);
    effects.message_row(content, copy)?;
    effects.came_from(content, EventMask::OBJECT_COPIED, MESSAGE, (copy, to), (id, from));
    Ok(copy)
}

/// Moves or copies a folder.
pub(super) fn folder(
    from: &HeldFolder,
    id: Id,
    to: Id,
    new_name: Option<&str>,
    flags: FolderFlags,
) -> Result<()> {
    const CALL: &str = "Folder::copy_folder";
    from.logon.data.change(|content, effects| {
        let folder = content.folder(id, CALL)?;
        if folder.parent != Some(from.id) {
            return Err(gone(CALL));
        }
        content.folder(to, CALL)?;
        let name = new_name.or(folder.props.text(PR_DISPLAY_NAME)).unwrap_or_default().to_owned();
        let moves = flags.contains(FolderFlags::MOVE);
        let is_deep = moves || flags.contains(FolderFlags::COPY_SUBFOLDERS);
        if is_deep && content.is_within(to, id) {
            return Err(Error::new(ErrorCode::FOLDER_CYCLE, CALL, "the destination is below the folder"));
        }
        if moves && Content::is_special(id) {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "every store has this folder where it is"));
        }
        if content.child_named(to, &name).is_some_and(|held| !moves || held != id) {
            return Err(collision(CALL));
        }
        if moves {
            return move_folder(content, effects, (id, from.id), to, &name);
        }
        let copy = copy_folder(content, effects, id, to, &name, is_deep)?;
        effects.came_from(content, EventMask::OBJECT_COPIED, FOLDER, (copy, to), (id, from.id));
        Ok(())
    })
}

fn move_folder(
    content: &mut Content,
    effects: &mut Effects,
    (id, from): (Id, Id),
    to: Id,
    name: &str,
) -> Result<()> {
    let folder = content.folders.get_mut(&id).ok_or_else(|| gone("Folder::copy_folder"))?;
    folder.parent = Some(to);
    folder.props.set(PR_DISPLAY_NAME, name);
    effects.folder_left(content, id, from)?;
    effects.folder_row(content, id)?;
    effects.folder_row(content, to)?;
    effects.came_from(content, EventMask::OBJECT_MOVED, FOLDER, (id, to), (id, from));
    Ok(())
}

fn copy_folder(
    content: &mut Content,
    effects: &mut Effects,
    id: Id,
    to: Id,
    name: &str,
    is_deep: bool,
) -> Result<Id> {
    let (messages, mut props): (BTreeSet<Id>, _) = {
        let folder = content.folder(id, "Folder::copy_folder")?;
        (folder.messages.clone(), folder.props.clone())
    };
    let below = if is_deep { content.children(id) } else { Vec::new() };
    let copy = content.new_id();
    props.set(PR_DISPLAY_NAME, name);
    content.folders.insert(copy, FolderData::new(Some(to), props));
    for message in messages {
        if content.messages.get(&message).is_some_and(|held| !held.soft_deleted) {
            copy_message(content, effects, message, copy)?;
        }
    }
    for child in below {
        let held = content.folder(child, "Folder::copy_folder")?.props.text(PR_DISPLAY_NAME);
        let name = held.unwrap_or_default().to_owned();
        copy_folder(content, effects, child, copy, &name, true)?;
    }
    effects.folder_row(content, copy)?;
    effects.folder_row(content, to)?;
    Ok(copy)
}
