//! Messages in folders: creating, moving, copying, deleting softly and for good, status.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_spi::progress::NoProgress;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("a_message_is_in_its_folder_once_saved", a_message_is_in_its_folder_once_saved),
    ("new_messages_are_unsent", new_messages_are_unsent),
    ("moved_messages_keep_their_identifier", moved_messages_keep_their_identifier),
    ("copied_messages_are_others", copied_messages_are_others),
    ("missing_messages_make_a_call_partial", missing_messages_make_a_call_partial),
    ("soft_deleted_messages_come_back", soft_deleted_messages_come_back),
    ("hard_deleted_messages_do_not", hard_deleted_messages_do_not),
    ("progress_stops_work", progress_stops_work),
    ("message_status_changes_by_mask", message_status_changes_by_mask),
    ("associated_messages_are_apart", associated_messages_are_apart),
];

/// Unsaved, it is nowhere.
pub fn a_message_is_in_its_folder_once_saved(make: Make<'_>) {
    let fixture = make();
    let (open, other) = (fixture.open(), fixture.open());
    let folder = open.new_folder("A");
    let message = folder.create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "x");
    assert!(subjects(&*folder).is_empty());
    save(&*message);
    assert_eq!(subjects(&*folder), ["x"]);
    let elsewhere = other.folder(&entry_id(&*folder));
    assert_eq!(subjects(&*elsewhere), ["x"], "and for others");
    set(&*message, PR_SUBJECT, "y");
    assert_eq!(subjects(&*elsewhere), ["x"]);
    save(&*message);
    assert_eq!(subjects(&*elsewhere), ["y"]);
    drop(folder.create_message(false).unwrap());
    assert_eq!(subjects(&*folder), ["y"], "dropped unsaved");
}

/// PR_MESSAGE_FLAGS before and after the first save.
pub fn new_messages_are_unsent(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("A");
    let message = folder.create_message(false).unwrap();
    save(&*message);
    let flags = long(&*message, PR_MESSAGE_FLAGS);
    assert_eq!(flags & 0x8, 0x8, "MSGFLAG_UNSENT in {flags:#x}");
    assert_eq!(flags & 0x4, 0, "MSGFLAG_SUBMIT in {flags:#x}");
    let received = folder.create_message(false).unwrap();
    set(&*received, PR_MESSAGE_FLAGS, 0x1);
    save(&*received);
    let flags = long(&*received, PR_MESSAGE_FLAGS);
    assert_eq!(flags & 0x9, 0x1, "read and sent, as chosen before the first save: {flags:#x}");
    let problems = received.set_props(&[Prop::new(PR_MESSAGE_FLAGS, 0x8)]).unwrap();
    assert_eq!((problems.len(), problems[0].code), (1, ErrorCode::COMPUTED), "read-only from then on");
}

/// The message stays the message.
pub fn moved_messages_keep_their_identifier(make: Make<'_>) {
    let open = make().open();
    let (from, to) = (open.new_folder("A"), open.new_folder("B"));
    let ids = [create_message(&*from, "x"), create_message(&*from, "y")];
    let (completion, moved) = from.copy_messages(&ids, &*to, FolderFlags::MOVE, &NoProgress).unwrap();
    assert_eq!((completion.asked, completion.done), (2, 2));
    assert_eq!(moved, ids);
    assert_eq!((subjects(&*from), subjects(&*to)), (Vec::new(), vec!["x".to_owned(), "y".to_owned()]));
    let message = open.message(&ids[0]);
    assert_eq!(text(&*message, PR_SUBJECT), "x");
    let above = EntryId::from_bytes(binary(&*message, PR_PARENT_ENTRYID));
    assert!(open.store.compare_entry_ids(&above, &entry_id(&*to)).unwrap());
}

/// A copy has an identifier of its own and everything else.
pub fn copied_messages_are_others(make: Make<'_>) {
    let open = make().open();
    let (from, to) = (open.new_folder("A"), open.new_folder("B"));
    let message = from.create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "x");
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![5; 70_000]);
    save(&*attachment);
    save(&*message);
    let id = entry_id(&*message);
    let (_, copies) =
        from.copy_messages(std::slice::from_ref(&id), &*to, FolderFlags::NONE, &NoProgress).unwrap();
    assert_ne!(copies[0], id);
    assert_eq!((subjects(&*from), subjects(&*to)), (vec!["x".to_owned()], vec!["x".to_owned()]));
    let copy = open.message(&copies[0]);
    assert_eq!(copy.recipients().unwrap()[0].display_name(), Some("Ann"));
    assert_eq!(binary(&*copy, PR_SEARCH_KEY), binary(&*message, PR_SEARCH_KEY), "copies are found together");
    set(&*copy, PR_SUBJECT, "changed");
    save(&*copy);
    let deleted = from.delete_messages(&[id], FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert_eq!(deleted.done, 1);
    let copy = open.message(&copies[0]);
    let attachment = copy.open_attach(copy.attachments().unwrap()[0], OpenFlags::NONE).unwrap();
    let stream = attachment.open_stream(PR_ATTACH_DATA_BIN, mapi_defs::flags::StreamFlags::NONE).unwrap();
    assert_eq!(stream.len().unwrap(), 70_000, "the data outlives the original");
}

/// What is not in the folder is left out and counted.
pub fn missing_messages_make_a_call_partial(make: Make<'_>) {
    let open = make().open();
    let (from, to) = (open.new_folder("A"), open.new_folder("B"));
    let (here, there) = (create_message(&*from, "x"), create_message(&*to, "y"));
    let ids = [there.clone(), here.clone()];
    let (completion, moved) = from.copy_messages(&ids, &*to, FolderFlags::MOVE, &NoProgress).unwrap();
    assert_eq!((completion.asked, completion.done, moved), (2, 1, vec![here.clone()]));
    assert!(completion.is_partial());
    let deleted = from.delete_messages(&[there, here], FolderFlags::NONE, &NoProgress).unwrap();
    assert_eq!((deleted.asked, deleted.done), (2, 0));
    assert_eq!(subjects(&*to), ["x", "y"]);
}

/// A deleted message is out of the way and can be brought back.
pub fn soft_deleted_messages_come_back(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let folder = open.new_folder("A");
    let (id, other) = (create_message(&*folder, "x"), create_message(&*folder, "y"));
    let deleted = folder.delete_messages(std::slice::from_ref(&id), FolderFlags::NONE, &NoProgress).unwrap();
    assert_eq!((deleted.asked, deleted.done), (1, 1));
    assert_eq!(subjects(&*folder), ["y"]);
    assert!(open.is_gone(&id));
    assert_eq!(long(&*open.folder(&entry_id(&*folder)), PR_CONTENT_COUNT), 1);
    let shown = contents(&*folder, TableFlags::SHOW_SOFT_DELETES, &[PR_SUBJECT]);
    assert_eq!(shown.iter().map(|row| row.text(PR_SUBJECT)).collect::<Vec<_>>(), [Some("x")]);
    let soft = open.try_message(&id, OpenFlags::SHOW_SOFT_DELETES).unwrap();
    assert_eq!(text(&*soft, PR_SUBJECT), "x");
    assert_eq!(code(folder.restore_messages(std::slice::from_ref(&other))), ErrorCode::NOT_FOUND);
    drop((soft, folder));
    let folder = open.new_folder("B");
    assert_eq!(
        code(folder.restore_messages(std::slice::from_ref(&id))),
        ErrorCode::NOT_FOUND,
        "another folder"
    );
    let folder = open.folder(&EntryId::from_bytes(binary(&*open.message(&other), PR_PARENT_ENTRYID)));
    let restored = folder.restore_messages(std::slice::from_ref(&id)).unwrap();
    assert_eq!((restored.asked, restored.done), (1, 1));
    assert_eq!(subjects(&*folder), ["x", "y"]);
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "x");
    assert!(contents(&*folder, TableFlags::SHOW_SOFT_DELETES, &[PR_SUBJECT]).is_empty());
}

/// DELETE_HARD_DELETE, also of what was soft-deleted before.
pub fn hard_deleted_messages_do_not(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("A");
    let (once, twice) = (create_message(&*folder, "x"), create_message(&*folder, "y"));
    let delete = |id: &EntryId, flags| {
        folder.delete_messages(std::slice::from_ref(id), flags, &NoProgress).unwrap().done
    };
    assert_eq!(delete(&once, FolderFlags::HARD_DELETE), 1);
    assert_eq!(delete(&twice, FolderFlags::NONE), 1);
    assert_eq!(delete(&twice, FolderFlags::HARD_DELETE), 1);
    for id in [&once, &twice] {
        assert_eq!(code(folder.restore_messages(std::slice::from_ref(id))), ErrorCode::NOT_FOUND);
        let opened = open.try_message(id, OpenFlags::SHOW_SOFT_DELETES);
        assert_eq!(code(opened), ErrorCode::NOT_FOUND);
    }
    assert!(contents(&*folder, TableFlags::SHOW_SOFT_DELETES, &[PR_SUBJECT]).is_empty());
}

/// A watcher that has seen enough ends a call.
pub fn progress_stops_work(make: Make<'_>) {
    struct Enough;
    impl mapi_spi::progress::Progress for Enough {
        fn progress(&self, _done: u64, _total: u64) -> bool {
            false
        }
    }
    let open = make().open();
    let (from, to) = (open.new_folder("A"), open.new_folder("B"));
    let ids = [create_message(&*from, "x")];
    assert_eq!(code(from.copy_messages(&ids, &*to, FolderFlags::MOVE, &Enough)), ErrorCode::USER_CANCEL);
    assert_eq!(code(from.delete_messages(&ids, FolderFlags::NONE, &Enough)), ErrorCode::USER_CANCEL);
    assert_eq!(code(from.empty_folder(FolderFlags::NONE, &Enough)), ErrorCode::USER_CANCEL);
    assert_eq!(subjects(&*from), ["x"]);
}

/// SetMessageStatus answers the old value and changes the bits of the mask alone.
pub fn message_status_changes_by_mask(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let folder = open.new_folder("A");
    let id = create_message(&*folder, "x");
    assert_eq!(folder.message_status(&id).unwrap(), 0);
    assert_eq!(folder.set_message_status(&id, 0x6, 0x7).unwrap(), 0);
    assert_eq!(folder.set_message_status(&id, 0x1, 0x3).unwrap(), 0x6);
    assert_eq!(folder.message_status(&id).unwrap(), 0x5);
    assert_eq!(long(&*open.message(&id), PR_MSG_STATUS), 0x5);
    let gone = create_message(&*folder, "y");
    folder.delete_messages(std::slice::from_ref(&gone), FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert_eq!(code(folder.message_status(&gone)), ErrorCode::NOT_FOUND);
    assert_eq!(code(folder.set_message_status(&gone, 1, 1)), ErrorCode::NOT_FOUND);
}

/// Hidden messages have a table and a count of their own.
pub fn associated_messages_are_apart(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("A");
    create_message(&*folder, "plain");
    let hidden = folder.create_message(true).unwrap();
    set(&*hidden, PR_SUBJECT, "hidden");
    save(&*hidden);
    assert_eq!(subjects(&*folder), ["plain"]);
    let rows = contents(&*folder, TableFlags::ASSOCIATED, &[PR_SUBJECT]);
    assert_eq!(rows.iter().map(|row| row.text(PR_SUBJECT)).collect::<Vec<_>>(), [Some("hidden")]);
    let folder = open.folder(&entry_id(&*folder));
    assert_eq!((long(&*folder, PR_CONTENT_COUNT), long(&*folder, PR_ASSOC_CONTENT_COUNT)), (1, 1));
    assert_ne!(long(&*open.message(&entry_id(&*hidden)), PR_MESSAGE_FLAGS) & 0x40, 0, "MSGFLAG_ASSOCIATED");
}
