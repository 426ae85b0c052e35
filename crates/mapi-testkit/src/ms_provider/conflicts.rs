//! Reading only, and two who change the same.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_spi::progress::NoProgress;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("messages_open_for_reading_do_not_change", messages_open_for_reading_do_not_change),
    ("a_message_kept_open_for_reading_does_not_change", a_message_kept_open_for_reading_does_not_change),
    ("stores_open_for_reading_do_not_change", stores_open_for_reading_do_not_change),
    ("the_second_save_is_refused", the_second_save_is_refused),
    ("a_forced_save_overwrites", a_forced_save_overwrites),
    ("deleted_messages_cannot_be_saved", deleted_messages_cannot_be_saved),
    ("unsaved_changes_are_dropped", unsaved_changes_are_dropped),
];

fn check_refusals(message: &dyn Message) {
    let row = recipient("Ann", RecipientType::To);
    assert_eq!(code(message.set_props(&[Prop::new(PR_SUBJECT, "y")])), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.delete_props(&[PR_SUBJECT])), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.modify_recipients(ModifyRecipients::Add, vec![row])), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.create_attach()), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.delete_attach(0)), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.save_changes(SaveFlags::NONE)), ErrorCode::NO_ACCESS);
    assert_eq!(code(message.submit()), ErrorCode::NO_ACCESS);
    assert_eq!(text(message, PR_SUBJECT), "x");
}

/// NO_ACCESS for whatever changes.
pub fn messages_open_for_reading_do_not_change(make: Make<'_>) {
    let open = make().open();
    let id = create_message(&*open.inbox(), "x");
    check_refusals(&*open.try_message(&id, OpenFlags::NONE).unwrap());
    let best = open.try_message(&id, OpenFlags::BEST_ACCESS).unwrap();
    set(&*best, PR_SUBJECT, "as much as possible");
    save(&*best);
    let undefined = open.try_message(&id, OpenFlags(0x4000_0000));
    assert_eq!(code(undefined), ErrorCode::UNKNOWN_FLAGS);
}

/// KEEP_OPEN_READONLY.
pub fn a_message_kept_open_for_reading_does_not_change(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "x");
    message.save_changes(SaveFlags::KEEP_OPEN_READONLY).unwrap();
    check_refusals(&*message);
}

/// A logon without MODIFY.
pub fn stores_open_for_reading_do_not_change(make: Make<'_>) {
    let fixture = make();
    let id = create_message(&*fixture.open().inbox(), "x");
    let open = fixture.try_open(OpenFlags::NONE, false).unwrap();
    assert_eq!(code(open.try_message(&id, OpenFlags::MODIFY)), ErrorCode::NO_ACCESS);
    check_refusals(&*open.try_message(&id, OpenFlags::BEST_ACCESS).unwrap());
    let inbox = open.store.receive_folder("").unwrap().folder;
    let Opened::Folder(folder) = open.store.open_entry(&inbox, OpenFlags::NONE).unwrap() else {
        panic!("the Inbox is no folder")
    };
    assert_eq!(subjects(&*folder), ["x"]);
    assert_eq!(code(folder.create_message(false)), ErrorCode::NO_ACCESS);
    let deleted = folder.delete_messages(std::slice::from_ref(&id), FolderFlags::NONE, &NoProgress);
    assert_eq!(code(deleted), ErrorCode::NO_ACCESS);
    assert_eq!(code(open.store.set_receive_folder("IPM.X", Some(&inbox))), ErrorCode::NO_ACCESS);
    assert_eq!(subjects(&*folder), ["x"]);
}

/// OBJECT_CHANGED; the message stays open with its changes.
pub fn the_second_save_is_refused(make: Make<'_>) {
    let fixture = make();
    let (open, other) = (fixture.open(), fixture.open());
    let id = create_message(&*open.inbox(), "x");
    let (one, two) = (open.message(&id), other.message(&id));
    set(&*one, PR_SUBJECT, "one");
    set(&*two, PR_SUBJECT, "two");
    save(&*one);
    set(&*one, PR_SUBJECT, "one again");
    save(&*one);
    assert_eq!(code(two.save_changes(SaveFlags::KEEP_OPEN_READWRITE)), ErrorCode::OBJECT_CHANGED);
    assert_eq!(text(&*two, PR_SUBJECT), "two", "open and as it was");
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "one again");
}

/// FORCE_SAVE.
pub fn a_forced_save_overwrites(make: Make<'_>) {
    let fixture = make();
    let (open, other) = (fixture.open(), fixture.open());
    let id = create_message(&*open.inbox(), "x");
    let (one, two) = (open.message(&id), other.message(&id));
    set(&*one, PR_SUBJECT, "one");
    save(&*one);
    set(&*two, PR_SUBJECT, "two");
    two.save_changes(SaveFlags::FORCE_SAVE | SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "two");
    set(&*two, PR_SUBJECT, "and on");
    save(&*two);
}

/// OBJECT_DELETED.
pub fn deleted_messages_cannot_be_saved(make: Make<'_>) {
    let open = make().open();
    let inbox = open.inbox();
    for how in [FolderFlags::NONE, FolderFlags::HARD_DELETE] {
        let id = create_message(&*inbox, "x");
        let message = open.message(&id);
        set(&*message, PR_SUBJECT, "too late");
        inbox.delete_messages(&[id], how, &NoProgress).unwrap();
        for flags in [SaveFlags::KEEP_OPEN_READWRITE, SaveFlags::FORCE_SAVE | SaveFlags::KEEP_OPEN_READWRITE]
        {
            assert_eq!(code(message.save_changes(flags)), ErrorCode::OBJECT_DELETED, "{how:?} {flags:?}");
        }
        assert!(subjects(&*inbox).is_empty());
    }
}

/// What is not saved never was.
pub fn unsaved_changes_are_dropped(make: Make<'_>) {
    let open = make().open();
    let id = create_message(&*open.inbox(), "x");
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "y");
    drop(message);
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "x");
}
