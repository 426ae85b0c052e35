//! Folders: creating, moving, copying, deleting and emptying.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_spi::folder::FolderType;
use mapi_spi::progress::NoProgress;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("folders_are_created_below_folders", folders_are_created_below_folders),
    ("a_name_is_taken_once", a_name_is_taken_once),
    ("bad_names_are_refused", bad_names_are_refused),
    ("folders_move_with_everything_in_them", folders_move_with_everything_in_them),
    ("folders_are_copied_as_deep_as_asked", folders_are_copied_as_deep_as_asked),
    ("a_folder_cannot_go_below_itself", a_folder_cannot_go_below_itself),
    ("folders_that_hold_something_are_kept", folders_that_hold_something_are_kept),
    ("emptied_folders_stay", emptied_folders_stay),
    ("special_folders_cannot_be_deleted", special_folders_cannot_be_deleted),
    ("foreign_folders_are_no_destination", foreign_folders_are_no_destination),
];

fn names(folder: &dyn Folder) -> Vec<String> {
    let table = folder.hierarchy_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_DISPLAY_NAME]).unwrap();
    let mut names: Vec<String> =
        rows.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap().to_owned()).collect();
    names.sort();
    names
}

fn copy(
    from: &dyn Folder,
    folder: &dyn Folder,
    to: &dyn Folder,
    name: Option<&str>,
    flags: FolderFlags,
) -> Result<()> {
    from.copy_folder(&entry_id(folder), to, name, flags, &NoProgress).map(|completion| {
        assert!(!completion.is_partial());
    })
}

fn below(open: &Open, folder: &dyn Folder, name: &str) -> Arc<dyn Folder> {
    let table = folder.hierarchy_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_DISPLAY_NAME, PR_ENTRYID]).unwrap();
    let row = rows.iter().find(|row| row.text(PR_DISPLAY_NAME) == Some(name)).unwrap();
    open.folder(&EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap()))
}

/// A new folder is in the hierarchy of its parent, in every logon.
pub fn folders_are_created_below_folders(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let outer = open.new_folder("Outer");
    let inner = outer.create_folder(FolderType::Generic, "Inner", "within", FolderFlags::NONE).unwrap();
    assert_eq!(text(&*inner, PR_DISPLAY_NAME), "Inner");
    assert_eq!(text(&*inner, PR_COMMENT), "within");
    assert_eq!(long(&*inner, PR_FOLDER_TYPE), 1, "FOLDER_GENERIC");
    let above = EntryId::from_bytes(binary(&*inner, PR_PARENT_ENTRYID));
    assert!(open.store.compare_entry_ids(&above, &entry_id(&*outer)).unwrap());
    let id = entry_id(&*outer);
    drop((outer, inner, open));
    let open = fixture.open();
    let outer = open.folder(&id);
    assert_eq!(names(&*outer), ["Inner"]);
    assert_eq!(value(&*outer, PR_SUBFOLDERS), PropValue::Boolean(true));
    assert_eq!(value(&*below(&open, &*outer, "Inner"), PR_SUBFOLDERS), PropValue::Boolean(false));
    let special = names(&*open.folder_by(PR_IPM_SUBTREE_ENTRYID));
    assert!(special.len() >= 4, "Inbox and its like are there: {special:?}");
}

/// COLLISION, unless OPEN_IF_EXISTS asks for the one that is there.
pub fn a_name_is_taken_once(make: Make<'_>) {
    let open = make().open();
    let outer = open.new_folder("Outer");
    let first = create_folder(&*outer, "Same");
    let again = |flags| outer.create_folder(FolderType::Generic, "Same", "", flags);
    assert_eq!(code(again(FolderFlags::NONE)), ErrorCode::COLLISION);
    let opened = again(FolderFlags::OPEN_IF_EXISTS).unwrap();
    assert!(open.store.compare_entry_ids(&entry_id(&*opened), &entry_id(&*first)).unwrap());
    assert_eq!(names(&*outer), ["Same"]);
    create_folder(&*first, "Same");
    let made = outer.create_folder(FolderType::Generic, "New", "", FolderFlags::OPEN_IF_EXISTS).unwrap();
    assert_eq!(text(&*made, PR_DISPLAY_NAME), "New");
}

/// No name, and a name beyond all measure.
pub fn bad_names_are_refused(make: Make<'_>) {
    let open = make().open();
    let outer = open.new_folder("Outer");
    for name in ["", &"n".repeat(100_000)] {
        let answer = outer.create_folder(FolderType::Generic, name, "", FolderFlags::NONE);
        assert_eq!(code(answer), ErrorCode::BAD_VALUE);
    }
    assert!(names(&*outer).is_empty());
}

/// A moved folder keeps its identifier, its messages and its folders.
pub fn folders_move_with_everything_in_them(make: Make<'_>) {
    let open = make().open();
    let (from, to) = (open.new_folder("From"), open.new_folder("To"));
    let folder = create_folder(&*from, "Moved");
    let message = create_message(&*folder, "x");
    create_message(&*create_folder(&*folder, "Below"), "y");
    let id = entry_id(&*folder);
    copy(&*from, &*folder, &*to, Some("Renamed"), FolderFlags::MOVE).unwrap();
    assert_eq!((names(&*from), names(&*to)), (Vec::new(), vec!["Renamed".to_owned()]));
    let moved = open.folder(&id);
    assert_eq!(text(&*moved, PR_DISPLAY_NAME), "Renamed");
    assert_eq!((subjects(&*moved), names(&*moved)), (vec!["x".to_owned()], vec!["Below".to_owned()]));
    assert_eq!(subjects(&*below(&open, &*moved, "Below")), ["y"]);
    assert_eq!(text(&*open.message(&message), PR_SUBJECT), "x");
    create_folder(&*from, "Renamed");
    let other = below(&open, &*from, "Renamed");
    assert_eq!(code(copy(&*from, &*other, &*to, None, FolderFlags::MOVE)), ErrorCode::COLLISION);
    assert_eq!(names(&*from), ["Renamed"], "left where it was");
    assert_eq!(
        code(copy(&*from, &*moved, &*from, None, FolderFlags::MOVE)),
        ErrorCode::NOT_FOUND,
        "not its parent"
    );
}

/// COPY_SUBFOLDERS decides about the folders below.
pub fn folders_are_copied_as_deep_as_asked(make: Make<'_>) {
    let open = make().open();
    let (from, to) = (open.new_folder("From"), open.new_folder("To"));
    let folder = create_folder(&*from, "Copied");
    create_message(&*folder, "x");
    create_message(&*create_folder(&*folder, "Below"), "y");
    copy(&*from, &*folder, &*to, None, FolderFlags::NONE).unwrap();
    copy(&*from, &*folder, &*to, Some("Deep"), FolderFlags::COPY_SUBFOLDERS).unwrap();
    assert_eq!(
        (names(&*from), names(&*to)),
        (vec!["Copied".to_owned()], vec!["Copied".to_owned(), "Deep".to_owned()])
    );
    let (flat, deep) = (below(&open, &*to, "Copied"), below(&open, &*to, "Deep"));
    assert_eq!((subjects(&*flat), names(&*flat)), (vec!["x".to_owned()], Vec::new()));
    assert_eq!((subjects(&*deep), names(&*deep)), (vec!["x".to_owned()], vec!["Below".to_owned()]));
    assert_eq!(subjects(&*below(&open, &*deep, "Below")), ["y"]);
    create_message(&*deep, "only here");
    assert_eq!(subjects(&*folder), ["x"], "a copy is another folder");
    assert_eq!(code(copy(&*from, &*folder, &*to, Some("Deep"), FolderFlags::NONE)), ErrorCode::COLLISION);
}

/// FOLDER_CYCLE.
pub fn a_folder_cannot_go_below_itself(make: Make<'_>) {
    let open = make().open();
    let top = open.new_folder("Top");
    let folder = create_folder(&*top, "Folder");
    let inner = create_folder(&*create_folder(&*folder, "Below"), "Inner");
    for to in [&folder, &inner] {
        assert_eq!(code(copy(&*top, &*folder, &**to, None, FolderFlags::MOVE)), ErrorCode::FOLDER_CYCLE);
    }
    let answer = copy(&*top, &*folder, &*inner, None, FolderFlags::COPY_SUBFOLDERS);
    assert_eq!(code(answer), ErrorCode::FOLDER_CYCLE);
    assert_eq!((names(&*top), names(&*inner)), (vec!["Folder".to_owned()], Vec::new()));
}

/// HAS_MESSAGES and HAS_FOLDERS, until the flags say otherwise.
pub fn folders_that_hold_something_are_kept(make: Make<'_>) {
    let open = make().open();
    let top = open.new_folder("Top");
    let delete = |folder: &EntryId, flags| top.delete_folder(folder, flags, &NoProgress).map(|_| ());
    let empty = entry_id(&*create_folder(&*top, "Empty"));
    delete(&empty, FolderFlags::NONE).unwrap();
    assert!(open.is_gone(&empty));
    assert_eq!(code(delete(&empty, FolderFlags::NONE)), ErrorCode::NOT_FOUND);
    let full = create_folder(&*top, "Full");
    let message = create_message(&*full, "x");
    let inner = create_folder(&*full, "Inner");
    let (full, inner_id) = (entry_id(&*full), entry_id(&*inner));
    assert_eq!(code(delete(&full, FolderFlags::DEL_FOLDERS)), ErrorCode::HAS_MESSAGES);
    assert_eq!(code(delete(&full, FolderFlags::DEL_MESSAGES)), ErrorCode::HAS_FOLDERS);
    assert_eq!(text(&*open.message(&message), PR_SUBJECT), "x", "nothing was deleted yet");
    delete(&full, FolderFlags::DEL_MESSAGES | FolderFlags::DEL_FOLDERS).unwrap();
    assert!(open.is_gone(&full) && open.is_gone(&inner_id) && open.is_gone(&message));
    assert!(names(&*top).is_empty());
    let late = inner.create_message(false).and_then(|message| message.save_changes(SaveFlags::NONE));
    assert!(late.is_err(), "a message in a folder that is gone");
}

/// EmptyFolder leaves the folder, and its hidden messages unless asked for.
pub fn emptied_folders_stay(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("Full");
    let message = create_message(&*folder, "x");
    let hidden = folder.create_message(true).unwrap();
    save(&*hidden);
    let inner = entry_id(&*create_folder(&*folder, "Inner"));
    let completion = folder.empty_folder(FolderFlags::NONE, &NoProgress).unwrap();
    assert!(!completion.is_partial(), "{completion:?}");
    assert!(open.is_gone(&message) && open.is_gone(&inner));
    assert!(subjects(&*folder).is_empty() && names(&*folder).is_empty());
    assert_eq!(contents(&*folder, TableFlags::ASSOCIATED, &[PR_ENTRYID]).len(), 1);
    folder.empty_folder(FolderFlags::DEL_ASSOCIATED, &NoProgress).unwrap();
    assert!(contents(&*folder, TableFlags::ASSOCIATED, &[PR_ENTRYID]).is_empty());
    assert_eq!(text(&*open.folder(&entry_id(&*folder)), PR_DISPLAY_NAME), "Full");
}

/// The folders that every store has cannot be deleted.
pub fn special_folders_cannot_be_deleted(make: Make<'_>) {
    let open = make().open();
    let top = open.folder_by(PR_IPM_SUBTREE_ENTRYID);
    create_message(&*open.inbox(), "x");
    let everything = FolderFlags::DEL_MESSAGES | FolderFlags::DEL_FOLDERS;
    for folder in [open.inbox(), open.outbox(), open.folder_by(PR_IPM_SENTMAIL_ENTRYID)] {
        assert!(top.delete_folder(&entry_id(&*folder), everything, &NoProgress).is_err());
    }
    assert_eq!(subjects(&*open.inbox()), ["x"]);
}

/// A folder of another provider is for the caller to copy into.
pub fn foreign_folders_are_no_destination(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("Here");
    let ids = [create_message(&*folder, "x")];
    let elsewhere = Fixture::new(crate::memory::MemoryProvider::new()).open();
    let foreign = elsewhere.inbox();
    assert_eq!(
        code(folder.copy_messages(&ids, &*foreign, FolderFlags::MOVE, &NoProgress)),
        ErrorCode::NO_SUPPORT
    );
    let above = open.folder(&EntryId::from_bytes(binary(&*folder, PR_PARENT_ENTRYID)));
    assert_eq!(code(copy(&*above, &*folder, &*foreign, None, FolderFlags::MOVE)), ErrorCode::NO_SUPPORT);
    assert_eq!(subjects(&*folder), ["x"]);
    let id = elsewhere.store.receive_folder("").unwrap().folder;
    assert_eq!(code(open.store.open_entry(&id, OpenFlags::NONE)), ErrorCode::INVALID_ENTRYID);
    assert_eq!(code(open.store.compare_entry_ids(&id, &id)), ErrorCode::UNKNOWN_ENTRYID);
}
