//! Deleting messages, softly or for good, bringing them back, and deleting folders.

use super::content::{Content, FOLDER, Id, MESSAGE, gone};
use super::effects::Effects;
use super::folder::HeldFolder;
use mapi_defs::flags::FolderFlags;
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::folder::Completion;
use mapi_spi::progress::{Progress, step};

/// Deletes a message of a folder; false where it is not there or is queued.
pub(super) fn message(from: &HeldFolder, id: Id, flags: FolderFlags) -> Result<bool> {
    from.logon.data.change(|content, effects| {
        let hard = flags.contains(FolderFlags::HARD_DELETE);
        let here = content.messages.get(&id).filter(|held| held.folder == from.id);
        // What is soft-deleted can only be deleted for good.
        if here.is_none_or(|held| held.soft_deleted && !hard) || content.queued(id).is_some() {
            return Ok(false);
        }
        remove(content, effects, id, hard)?;
        Ok(true)
    })
}

/// Takes a message away, from whatever folder.
pub(super) fn remove(content: &mut Content, effects: &mut Effects, id: Id, hard: bool) -> Result<()> {
    let Some(message) = content.messages.get_mut(&id) else { return Ok(()) };
    let folder = message.folder;
    if hard {
        content.messages.remove(&id);
        if let Some(home) = content.folders.get_mut(&folder) {
            home.messages.remove(&id);
        }
        effects.message_left(content, id, folder)?;
    } else {
        message.soft_deleted = true;
        effects.message_row(content, id)?;
    }
    effects.event(content, EventMask::OBJECT_DELETED, MESSAGE, id, Some(folder));
    Ok(())
}

/// Brings soft-deleted messages back.
pub(super) fn restore(from: &HeldFolder, ids: &[Id], call: &'static str) -> Result<Completion> {
    from.logon.data.change(|content, effects| {
        let mut done = 0;
        for id in ids {
            let here = content.messages.get_mut(id);
            let Some(message) = here.filter(|held| held.folder == from.id && held.soft_deleted) else {
                continue;
            };
            message.soft_deleted = false;
            effects.message_row(content, *id)?;
            effects.event(content, EventMask::OBJECT_CREATED, MESSAGE, *id, Some(from.id));
            done += 1;
        }
        if done == 0 && !ids.is_empty() {
            return Err(gone(call));
        }
        Ok(Completion { asked: ids.len() as u64, done })
    })
}

/// Deletes a folder directly below another.
pub(super) fn folder(above: &HeldFolder, id: Id, flags: FolderFlags) -> Result<()> {
    const CALL: &str = "Folder::delete_folder";
    above.logon.data.change(|content, effects| {
        let folder = content.folder(id, CALL)?;
        if folder.parent != Some(above.id) {
            return Err(gone(CALL));
        }
        if Content::is_special(id) {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "every store has this folder"));
        }
        let has_messages =
            folder.messages.iter().any(|id| content.messages.get(id).is_some_and(|held| !held.soft_deleted));
        if has_messages && !flags.contains(FolderFlags::DEL_MESSAGES) {
            return Err(Error::new(ErrorCode::HAS_MESSAGES, CALL, "there are messages in the folder"));
        }
        if !content.children(id).is_empty() && !flags.contains(FolderFlags::DEL_FOLDERS) {
            return Err(Error::new(ErrorCode::HAS_FOLDERS, CALL, "there are folders in the folder"));
        }
        if is_sending(content, id) {
            return Err(Error::new(ErrorCode::SUBMITTED, CALL, "a message in the folder is being sent"));
        }
        remove_tree(content, effects, id)
    })
}

/// Deletes everything in a folder but what is queued.
pub(super) fn everything(
    from: &HeldFolder,
    flags: FolderFlags,
    progress: &dyn Progress,
) -> Result<Completion> {
    const CALL: &str = "Folder::empty_folder";
    let (messages, folders) = from.logon.data.read(|content| {
        let all = flags.contains(FolderFlags::DEL_ASSOCIATED);
        let shown = |id: &&Id| {
            content.messages.get(id).is_some_and(|held| !held.soft_deleted && (all || !held.associated))
        };
        let messages: Vec<Id> =
            content.folder(from.id, CALL)?.messages.iter().filter(shown).copied().collect();
        Ok((messages, content.children(from.id)))
    })?;
    let asked = (messages.len() + folders.len()) as u64;
    let mut done = 0;
    for id in messages {
        step(progress, CALL, done, asked)?;
        done += u64::from(message(from, id, flags)?);
    }
    for id in folders {
        step(progress, CALL, done, asked)?;
        done += u64::from(folder(from, id, FolderFlags::DEL_MESSAGES | FolderFlags::DEL_FOLDERS).is_ok());
    }
    Ok(Completion { asked, done })
}

fn is_sending(content: &Content, id: Id) -> bool {
    let within =
        |message: Id| content.messages.get(&message).is_some_and(|held| content.is_within(held.folder, id));
    content.queue.iter().any(|queued| within(queued.message))
}

fn remove_tree(content: &mut Content, effects: &mut Effects, id: Id) -> Result<()> {
    for child in content.children(id) {
        remove_tree(content, effects, child)?;
    }
    let Some(folder) = content.folders.get(&id) else { return Ok(()) };
    let (messages, parent) = (folder.messages.clone(), folder.parent);
    for message in messages {
        remove(content, effects, message, true)?;
    }
    content.folders.remove(&id);
    // Mail of a class whose folder is gone arrives where its base class does.
    let forgotten: Vec<String> = content
        .receive
        .iter()
        .filter(|(_, (_, folder))| *folder == id)
        .map(|(class, _)| class.clone())
        .collect();
    for class in forgotten {
        let old = content.receive.remove(&class);
        effects.receive_row(content, None, old.as_ref().map(|(class, _)| class.as_str()))?;
    }
    if let Some(parent) = parent {
        effects.folder_left(content, id, parent)?;
    }
    effects.event(content, EventMask::OBJECT_DELETED, FOLDER, id, parent);
    Ok(())
}
