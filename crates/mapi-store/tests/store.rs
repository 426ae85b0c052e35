//! Folders, messages, recipients and attachments through the traits of the provider.

mod world;

use mapi_defs::ErrorCode;
use mapi_defs::flags::{FolderFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue, tags};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, Guid};
use mapi_spi::copy::message_object;
use mapi_spi::folder::FolderType;
use mapi_spi::message::ModifyRecipients;
use mapi_spi::progress::NoProgress;
use mapi_spi::stream::StreamCursor;
use mapi_spi::table::{Bookmark, query_all_rows};
use std::io::{Read, Write};
use world::{World, draft, entry_id, long, message_in, recipient, set, text, value};

#[test]
fn a_new_store_has_its_folders_and_receives_into_the_inbox() {
    let world = World::new();
    let open = world.logon();
    assert_eq!(long(&*open.store, tags::PR_VALID_FOLDER_MASK), 0xFF);
    let rows = query_all_rows(
        &*open.root().hierarchy_table(TableFlags::CONVENIENT_DEPTH).unwrap(),
        &[tags::PR_DISPLAY_NAME, tags::PR_DEPTH],
    )
    .unwrap();
    let names: Vec<(i32, &str)> = rows
        .iter()
        .map(|row| (row.long(tags::PR_DEPTH).unwrap(), row.text(tags::PR_DISPLAY_NAME).unwrap()))
        .collect();
    let expected = [
        (1, "Common Views"),
        (1, "Finder"),
        (1, "Top of Personal Folders"),
        (2, "Deleted Items"),
        (2, "Drafts"),
        (2, "Inbox"),
        (2, "Outbox"),
        (2, "Sent Items"),
        (1, "Views"),
    ];
    assert_eq!(names, expected);
    for (class, name, set_class) in [
        ("", "Inbox", ""),
        ("IPM.Note.Custom", "Inbox", "IPM"),
        ("IPMX", "Inbox", ""),
        ("ipc.x", "Root", "IPC"),
        ("REPORT.IPM.Note.NDR", "Inbox", "REPORT.IPM"),
    ] {
        let found = open.store.receive_folder(class).unwrap();
        assert_eq!(text(&*open.folder(&found.folder), tags::PR_DISPLAY_NAME), name, "{class}");
        assert_eq!(found.message_class, set_class, "{class}");
    }
    open.logon.logoff().unwrap();
    assert_eq!(world.check().folders, 10);
}

#[test]
fn a_message_comes_back_with_everything_in_it() {
    let world = World::new();
    let open = world.logon();
    let message = open.inbox().create_message(false).unwrap();
    let name = NamedProp::text(Guid::PS_PUBLIC_STRINGS, "colour");
    let named = message.ids(&[name], true).unwrap()[0].unwrap();
    let props = [
        Prop::new(tags::PR_SUBJECT, "Re: Lunch"),
        Prop::new(tags::PR_BODY, "b".repeat(6_000)),
        Prop::new(tags::PR_HTML, vec![b'h'; 100_000]),
        Prop::new(PropTag::new(named, PropType::UNICODE), PropValue::String8("red".into())),
        Prop::new(PropTag::new(0x6801, PropType::NULL), PropValue::Null),
        Prop::new(PropTag::new(0x6802, PropType::MV_UNICODE), PropValue::MvUnicode(vec!["a".into()])),
    ];
    assert_eq!(message.set_props(&props).unwrap(), []);
    let rows = vec![recipient("ann", 1), recipient("bob", 2), recipient("eve", 3)];
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, tags::PR_ATTACH_DATA_BIN, vec![7; 200_000]);
    set(&*attachment, tags::PR_ATTACH_FILENAME, "seven.bin");
    attachment.save_changes(SaveFlags::NONE).unwrap();
    let (_, outer) = message.create_attach().unwrap();
    let inner = outer.open_message(true).unwrap();
    set(&*inner, tags::PR_SUBJECT, "inner");
    let (_, deep) = inner.create_attach().unwrap();
    set(&*deep, tags::PR_ATTACH_DATA_BIN, vec![1; 70_000]);
    deep.save_changes(SaveFlags::NONE).unwrap();
    inner.save_changes(SaveFlags::NONE).unwrap();
    outer.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let written = message_object(&*message).unwrap();
    let id = entry_id(&*message);
    open.logon.logoff().unwrap();

    let open = world.logon();
    let read = open.message(&id);
    assert!(message_object(&*read).unwrap() == written, "what is read is not what was written");
    assert_eq!(text(&*read, tags::PR_NORMALIZED_SUBJECT), "Lunch");
    assert_eq!(text(&*read, tags::PR_DISPLAY_CC), "bob");
    assert_eq!(value(&*read, tags::PR_HASATTACH), PropValue::Boolean(true));
    let colour = PropTag::new(named, PropType::UNSPECIFIED);
    assert_eq!(value(&*read, colour), PropValue::Unicode("red".into()));
    let data = read.open_attach(number, OpenFlags::NONE).unwrap();
    let stream = data.open_stream(tags::PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, vec![7; 200_000]);
    assert_eq!(written.attachments[1].message.as_ref().unwrap().attachments.len(), 1);
    assert_eq!(world.check().messages, 1);
}

#[test]
fn a_stream_shows_nothing_before_the_save() {
    let world = World::new();
    let open = world.logon();
    let message = message_in(&*open.inbox(), "s");
    let stream = message.open_stream(tags::PR_BODY, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    let mut cursor = StreamCursor::new(stream.clone());
    for _ in 0..40 {
        cursor.write_all(&[b'x'; 50_000]).unwrap();
    }
    stream.commit().unwrap();
    let other = open.message(&entry_id(&*message));
    assert_eq!(value(&*other, tags::PR_BODY), PropValue::Error(ErrorCode::NOT_FOUND));
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let other = open.message(&entry_id(&*message));
    assert_eq!(value(&*other, tags::PR_BODY), PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
    let stream = other.open_stream(tags::PR_BODY, StreamFlags::MODIFY).unwrap();
    assert_eq!(stream.len().unwrap(), 2_000_000);
    stream.write_at(1_999_999, b"yz").unwrap();
    stream.set_len(2_000_001).unwrap();
    stream.commit().unwrap();
    other.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let third = open.message(&entry_id(&*message));
    let stream = third.open_stream(tags::PR_BODY, StreamFlags::NONE).unwrap();
    let mut end = [0; 4];
    assert_eq!(stream.read_at(1_999_998, &mut end).unwrap(), 3);
    assert_eq!(&end[..3], b"xyz");
    assert_eq!(stream.write_at(0, b"a").unwrap_err().code(), ErrorCode::NO_ACCESS);
    world.check();
}

#[test]
fn who_saves_second_is_told() {
    let world = World::new();
    let open = world.logon();
    let id = entry_id(&*message_in(&*open.inbox(), "first"));
    let (one, two) = (open.message(&id), open.message(&id));
    set(&*one, tags::PR_SUBJECT, "one");
    set(&*two, tags::PR_SUBJECT, "two");
    one.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let error = two.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OBJECT_CHANGED);
    two.save_changes(SaveFlags::KEEP_OPEN_READWRITE | SaveFlags::FORCE_SAVE).unwrap();
    assert_eq!(text(&*open.message(&id), tags::PR_SUBJECT), "two");
    open.inbox().delete_messages(std::slice::from_ref(&id), FolderFlags::NONE, &NoProgress).unwrap();
    let error = one.save_changes(SaveFlags::FORCE_SAVE).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OBJECT_DELETED);
    let gone = open.try_message(&id, OpenFlags::NONE).map(drop).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::NOT_FOUND);
    open.try_message(&id, OpenFlags::SHOW_SOFT_DELETES).unwrap();
    open.inbox().restore_messages(std::slice::from_ref(&id)).unwrap();
    assert_eq!(text(&*open.message(&id), tags::PR_SUBJECT), "two");
    world.check();
}

#[test]
fn folders_are_made_renamed_moved_copied_and_deleted() {
    let world = World::new();
    let open = world.logon();
    let tree = open.subtree();
    let make = |parent: &dyn mapi_spi::folder::Folder, name: &str| {
        parent.create_folder(FolderType::Generic, name, "why", FolderFlags::NONE).unwrap()
    };
    let a = make(&*tree, "A");
    let b = make(&*a, "B");
    let code = |error: mapi_defs::Error| error.code();
    let again = tree.create_folder(FolderType::Generic, "a", "", FolderFlags::NONE);
    assert_eq!(again.map(drop).map_err(code), Err(ErrorCode::COLLISION));
    let same = tree.create_folder(FolderType::Generic, "a", "", FolderFlags::OPEN_IF_EXISTS).unwrap();
    assert_eq!(entry_id(&*same), entry_id(&*a));
    assert_eq!(text(&*a, tags::PR_COMMENT), "why");
    set(&*a, tags::PR_DISPLAY_NAME, "Renamed");
    assert_eq!(text(&*a, tags::PR_DISPLAY_NAME), "Renamed");
    message_in(&*b, "in b");
    let into_itself = tree.copy_folder(&entry_id(&*a), &*b, None, FolderFlags::MOVE, &NoProgress);
    assert_eq!(into_itself.map(drop).map_err(code), Err(ErrorCode::FOLDER_CYCLE));
    let inbox = open.inbox();
    tree.copy_folder(&entry_id(&*a), &*inbox, Some("Copy"), FolderFlags::COPY_SUBFOLDERS, &NoProgress)
        .unwrap();
    tree.copy_folder(&entry_id(&*a), &*inbox, None, FolderFlags::MOVE, &NoProgress).unwrap();
    assert_eq!(entry_id(&*b), entry_id(&*open.folder(&entry_id(&*b))), "a move keeps identifiers");
    let no_flags = inbox.delete_folder(&entry_id(&*a), FolderFlags::NONE, &NoProgress);
    assert_eq!(no_flags.map(drop).map_err(code), Err(ErrorCode::HAS_FOLDERS));
    let only_folders = a.delete_folder(&entry_id(&*b), FolderFlags::DEL_FOLDERS, &NoProgress);
    assert_eq!(only_folders.map(drop).map_err(code), Err(ErrorCode::HAS_MESSAGES));
    let id = entry_id(&*a);
    let everything = FolderFlags::DEL_FOLDERS | FolderFlags::DEL_MESSAGES;
    inbox.delete_folder(&id, everything, &NoProgress).unwrap();
    let gone = open.store.open_entry(&id, OpenFlags::NONE);
    assert_eq!(gone.map(drop).map_err(code), Err(ErrorCode::NOT_FOUND));
    let special = open.root().delete_folder(
        &entry_id(&*tree),
        FolderFlags::DEL_FOLDERS | FolderFlags::DEL_MESSAGES,
        &NoProgress,
    );
    assert_eq!(special.map(drop).map_err(code), Err(ErrorCode::NO_ACCESS));
    inbox.empty_folder(FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    world.check();
}

#[test]
fn counters_follow_reading_moving_and_deleting() {
    let world = World::new();
    let open = world.logon();
    let (inbox, drafts) = (open.inbox(), open.special(tags::PR_IPM_DRAFTS_ENTRYID));
    let ids: Vec<EntryId> = (0..4).map(|n| entry_id(&*message_in(&*inbox, &n.to_string()))).collect();
    let counts = |folder: &dyn mapi_spi::folder::Folder| {
        (long(folder, tags::PR_CONTENT_COUNT), long(folder, tags::PR_CONTENT_UNREAD))
    };
    assert_eq!(counts(&*inbox), (4, 0), "who writes a message has read it");
    inbox.set_read_flags(Some(&ids[..3]), ReadFlags::CLEAR, &NoProgress).unwrap();
    assert_eq!(counts(&*inbox), (4, 3));
    open.message(&ids[0]).set_read_flag(ReadFlags::NONE).unwrap();
    assert_eq!(counts(&*inbox), (4, 2));
    let (done, copies) = inbox.copy_messages(&ids[..2], &*drafts, FolderFlags::MOVE, &NoProgress).unwrap();
    assert_eq!((done.done, &copies[..]), (2, &ids[..2]), "a move keeps identifiers");
    assert_eq!((counts(&*inbox), counts(&*drafts)), ((2, 1), (2, 1)));
    let (_, copies) = drafts.copy_messages(&ids[..2], &*inbox, FolderFlags::NONE, &NoProgress).unwrap();
    assert_ne!(copies, ids[..2]);
    assert_eq!((counts(&*inbox), counts(&*drafts)), ((4, 2), (2, 1)));
    inbox.delete_messages(&copies, FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    let hidden = inbox.create_message(true).unwrap();
    hidden.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(long(&*inbox, tags::PR_ASSOC_CONTENT_COUNT), 1);
    assert_eq!(counts(&*inbox), (2, 1));
    world.check();
}

#[test]
fn an_ended_logon_answers_no_more() {
    let world = World::new();
    let open = world.logon();
    let (inbox, message) = (open.inbox(), draft(&open, "d"));
    let table = inbox.contents_table(TableFlags::NONE).unwrap();
    open.logon.logoff().unwrap();
    open.logon.logoff().unwrap();
    let ended = ErrorCode::INVALID_OBJECT;
    assert_eq!(inbox.props(None).unwrap_err().code(), ended);
    assert_eq!(message.save_changes(SaveFlags::NONE).unwrap_err().code(), ended);
    assert_eq!(table.query_rows(1).unwrap_err().code(), ended);
    assert_eq!(open.store.store_logoff(1).unwrap_err().code(), ended);
    let left: Vec<_> =
        std::fs::read_dir(world.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with("-wal")), "{left:?}");
    world.logon().logon.logoff().unwrap();
}

#[test]
fn a_place_outlives_its_row_in_every_order() {
    let world = World::new();
    let open = world.logon();
    let inbox = open.inbox();
    let ids: Vec<EntryId> = (0..10)
        .map(|n| {
            let message = inbox.create_message(false).unwrap();
            set(&*message, tags::PR_SUBJECT, format!("{n}"));
            let time = mapi_defs::FileTime::from_unix_seconds(world::START + n);
            set(&*message, tags::PR_MESSAGE_DELIVERY_TIME, time);
            message.save_changes(SaveFlags::KEEP_OPEN_READONLY).unwrap();
            entry_id(&*message)
        })
        .collect();
    let tables: Vec<_> = [
        SortOrder::default(),
        SortOrder::by(tags::PR_MESSAGE_DELIVERY_TIME, Direction::Ascending),
        SortOrder::by(tags::PR_SUBJECT, Direction::Ascending),
    ]
    .into_iter()
    .map(|order| {
        let table = inbox.contents_table(TableFlags::NONE).unwrap();
        table.set_columns(&[tags::PR_SUBJECT]).unwrap();
        table.sort(order).unwrap();
        assert_eq!(table.seek_row(Bookmark::Beginning, 4).unwrap(), 4);
        let kept = table.create_bookmark().unwrap();
        assert_eq!(table.query_rows(2).unwrap().len(), 2);
        (table, kept)
    })
    .collect();
    // The rows at the bookmark and on both sides of the position go.
    inbox.delete_messages(&ids[4..8], FolderFlags::NONE, &NoProgress).unwrap();
    for (table, kept) in &tables {
        assert_eq!(table.query_rows(1).unwrap()[0].text(tags::PR_SUBJECT), Some("8"));
        table.seek_row(*kept, 0).unwrap();
        assert_eq!(table.query_rows(1).unwrap()[0].text(tags::PR_SUBJECT), Some("8"));
        assert_eq!((table.position().unwrap().row, table.row_count().unwrap()), (5, 6));
        assert_eq!(table.seek_row(Bookmark::Current, -100).unwrap(), -5);
    }
}

#[test]
fn what_a_dead_spooler_has_locked_is_open_to_clients_at_once() {
    let world = World::new();
    let open = world.logon();
    let message = draft(&open, "locked");
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = entry_id(&*message);
    message.submit().unwrap();
    let lease = std::fs::File::create(mapi_spi::spooler::lease_of(&world.path)).unwrap();
    lease.lock().unwrap();
    let spooler = world.spooler();
    let locked = spooler.message(&id);
    spooler.store.set_lock_state(&*locked, true).unwrap();
    let opened = |flags| open.try_message(&id, flags).map(drop).map_err(|error| error.code());
    assert_eq!(opened(OpenFlags::NONE), Err(ErrorCode::NO_ACCESS));
    assert_eq!(open.store.abort_submit(&id).unwrap_err().code(), ErrorCode::UNABLE_TO_ABORT);
    assert_eq!(open.store.store_logoff(0x10).unwrap(), 0xC_0000, "it is being sent, and waits");

    // The process is gone, and its lease with it; the lock in the store has stayed.
    lease.unlock().unwrap();
    assert_eq!(opened(OpenFlags::NONE), Ok(()));
    assert_eq!(opened(OpenFlags::MODIFY), Err(ErrorCode::SUBMITTED), "it still waits");
    assert_eq!(open.store.store_logoff(0x10).unwrap(), 0x8_0000);
    open.store.abort_submit(&id).unwrap();
    assert_eq!(opened(OpenFlags::MODIFY), Ok(()));
}
