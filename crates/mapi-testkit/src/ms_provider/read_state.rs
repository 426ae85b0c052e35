//! Read and unread, and the counts of folders.

use super::*;
use mapi_defs::flags::{FolderFlags, ReadFlags};
use mapi_spi::progress::NoProgress;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("messages_are_marked_read_and_unread", messages_are_marked_read_and_unread),
    ("folders_mark_some_or_all", folders_mark_some_or_all),
    ("marking_is_no_change_of_the_message", marking_is_no_change_of_the_message),
    ("folders_count_what_they_hold", folders_count_what_they_hold),
];

fn unread(folder: &dyn Folder, count: usize) -> Vec<EntryId> {
    let create = |at| {
        let message = folder.create_message(false).unwrap();
        set(&*message, PR_SUBJECT, format!("{at}"));
        set(&*message, PR_MESSAGE_FLAGS, 0);
        save(&*message);
        entry_id(&*message)
    };
    (0..count).map(create).collect()
}

fn is_read(open: &Open, id: &EntryId) -> bool {
    long(&*open.try_message(id, OpenFlags::NONE).unwrap(), PR_MESSAGE_FLAGS) & 1 != 0
}

fn counts(open: &Open, folder: &dyn Folder) -> (i32, i32) {
    let folder = open.folder(&entry_id(folder));
    (long(&*folder, PR_CONTENT_COUNT), long(&*folder, PR_CONTENT_UNREAD))
}

/// SetReadFlag takes effect at once, also on a message open for reading.
pub fn messages_are_marked_read_and_unread(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let folder = open.new_folder("A");
    let id = unread(&*folder, 1).remove(0);
    let message = open.try_message(&id, OpenFlags::NONE).unwrap();
    message.set_read_flag(ReadFlags::NONE).unwrap();
    assert!(is_read(&fixture.open(), &id), "without a save");
    assert_eq!(counts(&open, &*folder), (1, 0));
    message.set_read_flag(ReadFlags::CLEAR).unwrap();
    assert!(!is_read(&open, &id));
    message.set_read_flag(ReadFlags::SUPPRESS_RECEIPT).unwrap();
    assert!(is_read(&open, &id));
    let rows = contents(&*folder, TableFlags::NONE, &[PR_MESSAGE_FLAGS]);
    assert_eq!(rows[0].long(PR_MESSAGE_FLAGS).unwrap() & 1, 1, "and in the table");
}

/// SetReadFlags of a folder.
pub fn folders_mark_some_or_all(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("A");
    let ids = unread(&*folder, 3);
    let elsewhere = unread(&*open.new_folder("B"), 1).remove(0);
    let some = [ids[1].clone(), elsewhere.clone()];
    let done = folder.set_read_flags(Some(&some), ReadFlags::NONE, &NoProgress).unwrap();
    assert_eq!((done.asked, done.done), (2, 1), "only what is in the folder");
    assert_eq!(ids.iter().map(|id| is_read(&open, id)).collect::<Vec<_>>(), [false, true, false]);
    assert!(!is_read(&open, &elsewhere));
    folder.set_read_flags(None, ReadFlags::NONE, &NoProgress).unwrap();
    assert_eq!(counts(&open, &*folder), (3, 0));
    folder.set_read_flags(None, ReadFlags::CLEAR, &NoProgress).unwrap();
    assert_eq!(counts(&open, &*folder), (3, 3));
}

/// Somebody who has the message open can still save it.
pub fn marking_is_no_change_of_the_message(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("A");
    let id = unread(&*folder, 1).remove(0);
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "changed");
    folder.set_read_flags(None, ReadFlags::NONE, &NoProgress).unwrap();
    save(&*message);
    assert!(is_read(&open, &id), "the save does not undo the mark");
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "changed");
}

/// PR_CONTENT_COUNT and PR_CONTENT_UNREAD follow everything that happens.
pub fn folders_count_what_they_hold(make: Make<'_>) {
    let open = make().open();
    let (folder, other) = (open.new_folder("A"), open.new_folder("B"));
    assert_eq!(counts(&open, &*folder), (0, 0));
    let ids = unread(&*folder, 3);
    assert_eq!(counts(&open, &*folder), (3, 3));
    open.message(&ids[0]).set_read_flag(ReadFlags::NONE).unwrap();
    assert_eq!(counts(&open, &*folder), (3, 2));
    folder.copy_messages(&ids[1..2], &*other, FolderFlags::MOVE, &NoProgress).unwrap();
    assert_eq!((counts(&open, &*folder), counts(&open, &*other)), ((2, 1), (1, 1)));
    folder.copy_messages(&ids[..1], &*other, FolderFlags::NONE, &NoProgress).unwrap();
    assert_eq!((counts(&open, &*folder), counts(&open, &*other)), ((2, 1), (2, 1)));
    folder.delete_messages(&ids[2..], FolderFlags::NONE, &NoProgress).unwrap();
    assert_eq!((counts(&open, &*folder), shown(&open)), ((1, 0), (Some(1), Some(0))));
    folder.restore_messages(&ids[2..]).unwrap();
    assert_eq!((counts(&open, &*folder), shown(&open)), ((2, 1), (Some(2), Some(1))));
    open.message(&ids[0]).set_read_flag(ReadFlags::CLEAR).unwrap();
    assert_eq!((counts(&open, &*folder), shown(&open)), ((2, 2), (Some(2), Some(2))));
    unread(&*folder, 1);
    assert_eq!((counts(&open, &*folder), shown(&open)), ((3, 3), (Some(3), Some(3))));
}

/// The counts of the folder A in the hierarchy table above it.
fn shown(open: &Open) -> (Option<i32>, Option<i32>) {
    let above = open.folder_by(PR_IPM_SUBTREE_ENTRYID).hierarchy_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*above, &[PR_DISPLAY_NAME, PR_CONTENT_COUNT, PR_CONTENT_UNREAD]).unwrap();
    let row = rows.iter().find(|row| row.text(PR_DISPLAY_NAME) == Some("A")).unwrap();
    (row.long(PR_CONTENT_COUNT), row.long(PR_CONTENT_UNREAD))
}
