//! Where messages of a class arrive.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_spi::progress::NoProgress;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("the_longest_base_class_decides", the_longest_base_class_decides),
    ("a_forgotten_class_goes_back_to_its_base", a_forgotten_class_goes_back_to_its_base),
    ("bad_classes_and_folders_are_refused", bad_classes_and_folders_are_refused),
    ("the_table_shows_what_is_set", the_table_shows_what_is_set),
    ("a_deleted_folder_receives_nothing", a_deleted_folder_receives_nothing),
];

fn receives(open: &Open, class: &str) -> (EntryId, String) {
    let found = open.store.receive_folder(class).unwrap();
    (found.folder, found.message_class)
}

/// The class itself, else the nearest class that it is derived from, else the default.
pub fn the_longest_base_class_decides(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let inbox = receives(&open, "").0;
    assert_eq!(receives(&open, "").1, "", "the default has no class");
    assert!(open.store.compare_entry_ids(&receives(&open, "IPM.Note").0, &inbox).unwrap());
    let (orders, special) = (entry_id(&*open.new_folder("Orders")), entry_id(&*open.new_folder("Special")));
    open.store.set_receive_folder("IPM.Note.Order", Some(&orders)).unwrap();
    open.store.set_receive_folder("IPM.Note.Order.Special", Some(&special)).unwrap();
    drop(open);
    let open = fixture.open();
    let check = |class: &str, folder: &EntryId, set: &str| {
        let (found, found_set) = receives(&open, class);
        assert!(open.store.compare_entry_ids(&found, folder).unwrap(), "{class}");
        assert!(found_set.eq_ignore_ascii_case(set), "{class}: {found_set}");
    };
    check("IPM.Note.Order", &orders, "IPM.Note.Order");
    check("ipm.note.order", &orders, "IPM.Note.Order");
    check("IPM.Note.Order.Cheap", &orders, "IPM.Note.Order");
    check("IPM.Note.Order.Special.Very", &special, "IPM.Note.Order.Special");
    assert!(
        open.store.compare_entry_ids(&receives(&open, "IPM.Note.Orders").0, &inbox).unwrap(),
        "whole words"
    );
    assert!(open.store.compare_entry_ids(&receives(&open, "Strange").0, &inbox).unwrap());
    assert_eq!(receives(&open, "Strange").1, "");
}

/// SetReceiveFolder without a folder.
pub fn a_forgotten_class_goes_back_to_its_base(make: Make<'_>) {
    let open = make().open();
    let inbox = receives(&open, "").0;
    let orders = entry_id(&*open.new_folder("Orders"));
    open.store.set_receive_folder("IPM.Note.Order", Some(&orders)).unwrap();
    open.store.set_receive_folder("IPM.Note.Order", None).unwrap();
    assert!(open.store.compare_entry_ids(&receives(&open, "IPM.Note.Order").0, &inbox).unwrap());
    open.store.set_receive_folder("IPM.Note.Order", None).unwrap();
    open.store.set_receive_folder("", Some(&orders)).unwrap();
    assert!(open.store.compare_entry_ids(&receives(&open, "").0, &orders).unwrap(), "another default");
    assert_eq!(code(open.store.set_receive_folder("", None)), ErrorCode::INVALID_PARAMETER);
}

/// What is no class or no folder of the store.
pub fn bad_classes_and_folders_are_refused(make: Make<'_>) {
    let open = make().open();
    let inbox = receives(&open, "").0;
    for class in ["IPM.\u{e4}", ".IPM", "IPM.", &"x".repeat(5_000)] {
        let answer = open.store.set_receive_folder(class, Some(&inbox));
        assert_eq!(code(answer), ErrorCode::INVALID_PARAMETER, "{class:.20}");
    }
    let foreign = EntryId::from_bytes(*b"no identifier of anybody at all");
    assert!(open.store.set_receive_folder("IPM.X", Some(&foreign)).is_err());
    assert!(open.store.compare_entry_ids(&receives(&open, "IPM.X").0, &inbox).unwrap(), "unchanged");
}

/// GetReceiveFolderTable.
pub fn the_table_shows_what_is_set(make: Make<'_>) {
    let open = make().open();
    let orders = entry_id(&*open.new_folder("Orders"));
    open.store.set_receive_folder("IPM.Note.Order", Some(&orders)).unwrap();
    let rows = || {
        let table = open.store.receive_folder_table().unwrap();
        query_all_rows(&*table, &[PR_MESSAGE_CLASS, PR_ENTRYID]).unwrap()
    };
    let find = |rows: &[Row], class: &str| {
        let row = rows
            .iter()
            .find(|row| row.text(PR_MESSAGE_CLASS).is_some_and(|held| held.eq_ignore_ascii_case(class)));
        row.map(|row| EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap()))
    };
    assert!(find(&rows(), "").is_some(), "the default is there");
    let shown = find(&rows(), "IPM.Note.Order").unwrap();
    assert!(open.store.compare_entry_ids(&shown, &orders).unwrap());
    open.store.set_receive_folder("IPM.Note.Order", None).unwrap();
    assert_eq!(find(&rows(), "IPM.Note.Order"), None);
}

/// Mail of its class goes to the base class again.
pub fn a_deleted_folder_receives_nothing(make: Make<'_>) {
    let open = make().open();
    let inbox = receives(&open, "").0;
    let orders = entry_id(&*open.new_folder("Orders"));
    open.store.set_receive_folder("IPM.Note.Order", Some(&orders)).unwrap();
    let above = open.folder_by(PR_IPM_SUBTREE_ENTRYID);
    above.delete_folder(&orders, FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert!(open.store.compare_entry_ids(&receives(&open, "IPM.Note.Order").0, &inbox).unwrap());
}
