//! `mapi mkdir`, `mv`, `cp`, `rm`: folders and messages arranged.

use crate::cli::{Global, Transfer};
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::place::{Place, find, find_folder, split};
use mapi::object::{Folder, MsgStore, Object};
use mapi_defs::flags::{FolderFlags, OpenFlags};
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_PARENT_ENTRYID};
use mapi_defs::{EntryId, ErrorCode};
use mapi_spi::folder::Completion;
use serde_json::json;

/// Creates a folder.
pub(crate) fn mkdir(path: &str, parents: bool, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let folder = if parents { with_parents(&store, path)? } else { one_folder(&store, path)? };
    let id = folder.binary(PR_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
    drop((folder, store));
    if output.is_machine() {
        output.document(&json!({ "created": path, "entry_id": id.to_string() }))?;
    }
    logged_on.end_with_a_line(output)
}

fn one_folder(store: &MsgStore, path: &str) -> Outcome<Folder> {
    let (above, name) = split(path);
    let parent = store
        .folder(above)
        .map_err(|error| Failure::from(error).with_hint("-p creates the folders above as well"))?;
    Ok(parent.create_folder(name, FolderFlags::NONE)?)
}

fn with_parents(store: &MsgStore, path: &str) -> Outcome<Folder> {
    let mut folder = store.folder("")?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        folder = folder.create_folder(name, FolderFlags::OPEN_IF_EXISTS)?;
    }
    Ok(folder)
}

/// Copies or, with MOVE, moves what is named into the last place.
pub(crate) fn transfer(transfer: &Transfer, flags: FolderFlags, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let Some((to, from)) = transfer.paths.split_last() else {
        return Err(Failure::usage("what, and where to?"));
    };
    let mut done = 0;
    for path in from {
        logged_on.interrupt.check()?;
        done += one_transfer(&store, path, to, flags, &logged_on.interrupt)
            .map_err(|failure| failure.about(path))?;
    }
    drop(store);
    report(if flags.contains(FolderFlags::MOVE) { "moved" } else { "copied" }, done, output)?;
    logged_on.end_with_a_line(output)
}

/// The destination is a folder that exists, or a new name for one folder.
fn one_transfer(
    store: &MsgStore,
    path: &str,
    to: &str,
    flags: FolderFlags,
    interrupt: &Interrupt,
) -> Outcome<u64> {
    let found = find(store, path)?;
    let (target, new_name) = match find_folder(store, to) {
        Ok(folder) => (folder, None),
        Err(failure) if failure.code == ErrorCode::NOT_FOUND && matches!(found, Place::Folder(..)) => {
            let (above, name) = split(to);
            (find_folder(store, if above.is_empty() { "/" } else { above })?, Some(name))
        }
        Err(failure) => return Err(failure),
    };
    let completion = match found {
        Place::Message(id, parent) => {
            let source = store.open_folder(&parent, OpenFlags::BEST_ACCESS)?;
            source.copy_messages(&[id], &target, flags, interrupt)?.0
        }
        Place::Folder(folder, id) => {
            let source = parent_of(store, &folder)?;
            source.copy_folder(&id, &target, new_name, flags | FolderFlags::COPY_SUBFOLDERS, interrupt)?
        }
    };
    whole(completion)
}

/// Deletes what is named, softly unless `hard`.
pub(crate) fn rm(paths: &[String], recursive: bool, hard: bool, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let flags = if hard { FolderFlags::HARD_DELETE } else { FolderFlags::NONE };
    let mut done = 0;
    for path in paths {
        logged_on.interrupt.check()?;
        done += delete(&store, path, recursive, flags).map_err(|failure| failure.about(path))?;
    }
    drop(store);
    report("deleted", done, output)?;
    logged_on.end_with_a_line(output)
}

fn delete(store: &MsgStore, path: &str, recursive: bool, flags: FolderFlags) -> Outcome<u64> {
    let completion = match find(store, path)? {
        Place::Message(id, parent) => {
            store.open_folder(&parent, OpenFlags::BEST_ACCESS)?.delete_messages(&[id], flags)?
        }
        Place::Folder(folder, id) => {
            let all = FolderFlags::DEL_FOLDERS | FolderFlags::DEL_MESSAGES;
            let flags = if recursive { flags | all } else { flags };
            let deleted = parent_of(store, &folder)?.delete_folder(&id, flags);
            deleted.map_err(|error| match error.code() {
                ErrorCode::HAS_MESSAGES | ErrorCode::HAS_FOLDERS => {
                    Failure::from(error).with_hint("-r deletes it with everything in it")
                }
                _ => error.into(),
            })?
        }
    };
    whole(completion)
}

fn parent_of(store: &MsgStore, folder: &Folder) -> Outcome<Folder> {
    let parent = folder.binary(PR_PARENT_ENTRYID)?.map(EntryId::from_bytes);
    let name = folder.text(PR_DISPLAY_NAME)?.unwrap_or_default();
    let missing =
        || Failure::new(ErrorCode::NO_ACCESS, format!("the folder {name:?} cannot be moved or deleted"));
    Ok(store.open_folder(&parent.ok_or_else(missing)?, OpenFlags::BEST_ACCESS)?)
}

fn whole(completion: Completion) -> Outcome<u64> {
    if completion.is_partial() {
        let detail = format!("only {} of {} objects were done", completion.done, completion.asked);
        return Err(Failure::new(ErrorCode::CALL_FAILED, detail));
    }
    Ok(completion.done)
}

fn report(what: &str, done: u64, output: Output) -> Outcome {
    if output.is_machine() { output.document(&json!({ what: done })) } else { Ok(()) }
}
