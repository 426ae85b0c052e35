//! Everything that a logon opened ends with it, and nothing else does.

use super::*;
use crate::support::Asked;
use mapi_defs::flags::{FolderFlags, ReadFlags, StreamFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_spi::progress::NoProgress;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("objects_left_open_are_invalid_after_logoff", objects_left_open_are_invalid_after_logoff),
    ("logons_end_one_by_one", logons_end_one_by_one),
    ("sinks_hear_nothing_after_logoff", sinks_hear_nothing_after_logoff),
    ("a_store_outlives_its_logons", a_store_outlives_its_logons),
    ("store_logoff_takes_one_way", store_logoff_takes_one_way),
    ("a_store_takes_its_leave_once", a_store_takes_its_leave_once),
    ("unknown_stores_are_not_opened", unknown_stores_are_not_opened),
];

/// INVALID_OBJECT from every kind of object.
pub fn objects_left_open_are_invalid_after_logoff(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open_as_spooler();
    let folder = open.new_folder("A");
    let id = create_message(&*folder, "x");
    let message = open.message(&id);
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![1; 40_000]);
    save(&*attachment);
    save(&*message);
    let stream = attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
    let inner = message.create_attach().unwrap().1.open_message(true).unwrap();
    let tables = [
        folder.contents_table(TableFlags::NONE).unwrap(),
        folder.hierarchy_table(TableFlags::NONE).unwrap(),
        message.recipient_table(TableFlags::NONE).unwrap(),
        open.store.outgoing_queue().unwrap(),
        open.store.receive_folder_table().unwrap(),
    ];
    open.logon.logoff().unwrap();
    let ended = |answer: Result<()>, what: &str| match answer {
        Err(error) => assert_eq!(error.code(), ErrorCode::INVALID_OBJECT, "{what}: {error}"),
        Ok(()) => panic!("{what} answered after the logoff"),
    };
    for (object, what) in [
        (&*open.store as &dyn MapiProp, "store"),
        (&*folder, "folder"),
        (&*message, "message"),
        (&*attachment, "attachment"),
        (&*inner, "embedded message"),
    ] {
        ended(object.props(None).map(|_| ()), what);
        ended(object.prop_list().map(|_| ()), what);
        ended(object.set_props(&[Prop::new(PR_SUBJECT, "y")]).map(|_| ()), what);
        ended(object.delete_props(&[PR_SUBJECT]).map(|_| ()), what);
        ended(object.open_stream(PR_BODY, StreamFlags::CREATE | StreamFlags::MODIFY).map(|_| ()), what);
        ended(object.save_changes(SaveFlags::KEEP_OPEN_READWRITE), what);
        ended(object.names(&[0x8000]).map(|_| ()), what);
        ended(object.ids(&[], true).map(|_| ()), what);
    }
    ended(open.store.open_entry(&id, OpenFlags::NONE).map(|_| ()), "open_entry");
    ended(open.logon.open_entry(&id, OpenFlags::NONE).map(|_| ()), "open_entry of the logon");
    ended(open.store.receive_folder("").map(|_| ()), "receive_folder");
    ended(open.store.abort_submit(&id), "abort_submit");
    ended(open.store.finished_msg(&id), "finished_msg");
    ended(open.store.outgoing_queue().map(|_| ()), "outgoing_queue");
    ended(open.store.deliver(&*message, b"key").map(|_| ()), "deliver");
    ended(folder.create_message(false).map(|_| ()), "create_message");
    ended(folder.contents_table(TableFlags::NONE).map(|_| ()), "contents_table");
    ended(folder.hierarchy_table(TableFlags::NONE).map(|_| ()), "hierarchy_table");
    ended(folder.delete_messages(&[id], FolderFlags::NONE, &NoProgress).map(|_| ()), "delete_messages");
    ended(folder.empty_folder(FolderFlags::NONE, &NoProgress).map(|_| ()), "empty_folder");
    ended(folder.set_read_flags(None, ReadFlags::NONE, &NoProgress).map(|_| ()), "set_read_flags");
    ended(message.recipients().map(|_| ()), "recipients");
    ended(message.modify_recipients(ModifyRecipients::ReplaceAll, vec![]), "modify_recipients");
    ended(message.attachments().map(|_| ()), "attachments");
    ended(message.open_attach(number, OpenFlags::NONE).map(|_| ()), "open_attach");
    ended(message.create_attach().map(|_| ()), "create_attach");
    ended(message.delete_attach(number), "delete_attach");
    ended(message.submit(), "submit");
    ended(message.set_read_flag(ReadFlags::NONE), "set_read_flag");
    ended(attachment.open_message(true).map(|_| ()), "open_message");
    ended(attachment.open_storage(true).map(|_| ()), "open_storage");
    ended(stream.len().map(|_| ()), "stream length");
    ended(stream.read_at(0, &mut [0; 4]).map(|_| ()), "stream read");
    for table in tables {
        ended(table.row_count().map(|_| ()), "table row_count");
        ended(table.query_rows(1).map(|_| ()), "table query_rows");
        ended(table.set_columns(&[PR_ENTRYID]), "table set_columns");
    }
}

/// One logon's end is nobody else's.
pub fn logons_end_one_by_one(make: Make<'_>) {
    let fixture = make();
    let (one, two) = (fixture.open(), fixture.open());
    let id = create_message(&*one.inbox(), "x");
    let message = two.message(&id);
    one.logon.logoff().unwrap();
    assert_eq!(text(&*message, PR_SUBJECT), "x");
    set(&*message, PR_SUBJECT, "y");
    save(&*message);
    assert_eq!(subjects(&*two.inbox()), ["y"]);
    // Once is enough; a second time changes nothing.
    one.logon.logoff().ok();
    assert_eq!(subjects(&*two.inbox()), ["y"]);
}

/// Advises end with their logon.
pub fn sinks_hear_nothing_after_logoff(make: Make<'_>) {
    let fixture = make();
    let (one, two) = (fixture.open(), fixture.open());
    let heard = Arc::new(AtomicUsize::new(0));
    let sink = |heard: Arc<AtomicUsize>| {
        Arc::new(move |_: &[Notification]| {
            heard.fetch_add(1, Ordering::SeqCst);
        })
    };
    let table = one.inbox().contents_table(TableFlags::NONE).unwrap();
    one.store.advise(&EntryId::default(), EventMask(0x7E), sink(heard.clone())).unwrap();
    table.advise(EventMask::TABLE_MODIFIED, sink(heard.clone())).unwrap();
    one.logon.logoff().unwrap();
    create_message(&*two.inbox(), "x");
    assert_eq!(subjects(&*two.inbox()), ["x"]);
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

/// What was saved is there for the next logon, and what was not is not.
pub fn a_store_outlives_its_logons(make: Make<'_>) {
    let fixture = make();
    let (id, folder) = {
        let open = fixture.open();
        let folder = open.new_folder("Kept");
        let id = create_message(&*folder, "kept");
        let dropped = folder.create_message(false).unwrap();
        set(&*dropped, PR_SUBJECT, "dropped");
        (id, entry_id(&*folder))
    };
    let open = fixture.open();
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "kept");
    assert_eq!(subjects(&*open.folder(&folder)), ["kept"]);
    let Opened::Folder(root) = open.logon.open_entry(&EntryId::default(), OpenFlags::NONE).unwrap() else {
        panic!("the empty identifier is the root folder")
    };
    assert!(long(&*root, PR_OBJECT_TYPE) == 3);
}

/// StoreLogoff knows its flags.
pub fn store_logoff_takes_one_way(make: Make<'_>) {
    let open = make().open();
    assert_eq!(code(open.store.store_logoff(0x4000)), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(code(open.store.store_logoff(0x3)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(open.store.store_logoff(0xF_0008).unwrap(), 0, "nothing waits");
    create_mail(&open, "waits").0.submit().unwrap();
    assert_eq!(open.store.store_logoff(0x8).unwrap(), 0x8_0000, "LOGOFF_OUTBOUND_QUEUE");
}

/// StoreLogoffTransports at the last client's Release or at the logoff before it, with the last way that
/// StoreLogoff was told, or LOGOFF_ABORT.
pub fn a_store_takes_its_leave_once(make: Make<'_>) {
    let fixture = make();
    let told = |ways: &[u32], is_spooler: bool, logoff_first: bool| {
        let support = RecordingSupport::new(fixture.clock.clone(), fixture.section.clone());
        let (entry_id, flags) = (EntryId::default(), OpenFlags::MODIFY);
        let how = StoreLogon { support: support.clone(), entry_id, flags, is_spooler };
        let (logon, store) = fixture.provider.logon(how).unwrap();
        for way in ways {
            store.store_logoff(*way).unwrap();
        }
        let leaves = |support: &RecordingSupport| {
            let way = |asked| if let Asked::StoreLogoffTransports(way) = asked { Some(way) } else { None };
            support.asked().into_iter().filter_map(way).collect::<Vec<u32>>()
        };
        assert_eq!(leaves(&support), [], "not before the store is let go");
        if logoff_first {
            logon.logoff().unwrap();
        }
        drop(store);
        let at_release = leaves(&support);
        logon.logoff().unwrap();
        assert_eq!(leaves(&support), at_release, "not once more");
        at_release
    };
    assert_eq!(told(&[], false, false), [0x8], "LOGOFF_ABORT");
    assert_eq!(told(&[0x2], false, false), [0x2]);
    assert_eq!(told(&[0x1, 0x10, 0], false, false), [0x10], "the last way counts, and none is no way");
    assert_eq!(told(&[0x4], false, true), [0x4], "a logoff comes first");
    assert_eq!(told(&[0x4], true, false), [], "the spooler has nobody to tell");
}

/// NOT_FOUND and UNKNOWN_FLAGS at the logon.
pub fn unknown_stores_are_not_opened(make: Make<'_>) {
    let fixture = make();
    drop(fixture.open());
    assert_eq!(code(fixture.try_open(OpenFlags(0x4000_0000), false)), ErrorCode::UNKNOWN_FLAGS);
    let own = entry_id(&*fixture.open().store);
    let how = |entry_id| StoreLogon {
        support: RecordingSupport::new(fixture.clock.clone(), fixture.section.clone()),
        entry_id,
        flags: OpenFlags::MODIFY,
        is_spooler: false,
    };
    let (logon, _) = fixture.provider.logon(how(own)).unwrap();
    logon.logoff().unwrap();
    let foreign = EntryId::from_bytes(*b"no identifier of anybody at all");
    let code = code(fixture.provider.logon(how(foreign)));
    assert!(matches!(code, ErrorCode::NOT_FOUND | ErrorCode::INVALID_ENTRYID), "{code}");
}
