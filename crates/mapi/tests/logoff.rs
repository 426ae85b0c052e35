//! The end of a session: what it does, in which order, and what is left of objects afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::object::copy_between;
use mapi::{
    Account, ErrorCode, FolderFlags, LogoffFlags, Object, OpenFlags, ReadFlags, RecipientType, Result,
    SaveFlags, Session, StreamFlags, TableFlags,
};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_BODY, PR_RESOURCE_TYPE, PR_STATUS_CODE, PR_SUBJECT};
use mapi_defs::recipient::Recipient;
use mapi_defs::restriction::Restriction;
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Guid};
use mapi_spi::folder::Completion;
use mapi_spi::message::ModifyRecipients;
use mapi_spi::progress::{NoProgress, Progress};
use mapi_spi::spooler::QueueState;
use mapi_spi::table::Bookmark;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

fn logoff(session: &Session) -> Account {
    session.logoff(LogoffFlags::NONE).unwrap()
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

#[test]
fn every_method_of_every_object_left_open_is_invalid_after_logoff() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    let message = folder.create_message().unwrap();
    let attachment = message.open_attach(0, OpenFlags::NONE).unwrap();
    let table = folder.contents_table(TableFlags::NONE).unwrap();
    let mut stream = message.open_stream(PR_BODY, StreamFlags::NONE).unwrap();
    let section = session.open_profile_section(Guid([7; 16]), true).unwrap();
    let book = session.open_address_book().unwrap();
    let container = book.containers().unwrap().remove(0);
    let entry = container.create_entry(&EntryId::default()).unwrap();
    let connection =
        store.advise(&EntryId::default(), EventMask::NEW_MAIL, Arc::new(|_: &[Notification]| {})).unwrap();

    let account = logoff(&session);
    assert_eq!((account.opened, account.closed, account.left_open_count), (10, 0, 10));
    assert_eq!(account.advises_cancelled, 1);

    let id = RecordingStore::folder_id();
    let (ids, none) = (std::slice::from_ref(&id), EntryId::default());
    let exist = Restriction::Exist(PR_SUBJECT);
    let no_sink = || Arc::new(|_: &[Notification]| {});
    let mut checked = 0;
    let mut invalid = |name: &str, answer: Result<()>| {
        assert_eq!(code(answer), ErrorCode::INVALID_OBJECT, "{name}");
        checked += 1;
    };
    invalid("logoff", session.logoff(LogoffFlags::NONE).map(drop));
    invalid("profile_name", session.profile_name().map(drop));
    invalid("admin_services", session.admin_services().map(drop));
    invalid("open_profile_section", session.open_profile_section(Guid([7; 16]), false).map(drop));
    invalid("session advise", session.advise(EventMask::EXTENDED, no_sink()).map(drop));
    invalid("session unadvise", session.unadvise(connection));
    invalid("stores", session.stores().map(drop));
    invalid("status", session.status().map(drop));
    invalid("query_identity", session.query_identity().map(drop));
    invalid("open_default_store", session.open_default_store().map(drop));
    invalid("open_msg_store", session.open_msg_store(&id, OpenFlags::NONE).map(drop));
    invalid("open_entry", session.open_entry(&id, OpenFlags::NONE).map(drop));
    invalid("compare_entry_ids", session.compare_entry_ids(&id, &id).map(drop));
    invalid("open_address_book", session.open_address_book().map(drop));
    invalid("flush_queues", session.flush_queues(LONG).map(drop));
    invalid("queue", session.queue().map(drop));
    invalid("waiting", session.waiting().map(drop));

    invalid("store open_entry", store.open_entry(&id, OpenFlags::NONE).map(drop));
    invalid("store open_folder", store.open_folder(&id, OpenFlags::NONE).map(drop));
    invalid("store open_message", store.open_message(&id, OpenFlags::NONE).map(drop));
    for (name, folder) in [
        ("root_folder", store.root_folder()),
        ("ipm_subtree", store.ipm_subtree()),
        ("inbox", store.inbox()),
        ("outbox", store.outbox()),
        ("sent_items", store.sent_items()),
        ("deleted_items", store.deleted_items()),
        ("drafts", store.drafts()),
        ("folder", store.folder("/Inbox")),
    ] {
        invalid(name, folder.map(drop));
    }
    invalid("receive_folder", store.receive_folder("").map(drop));
    invalid("set_receive_folder", store.set_receive_folder("IPM", None));
    invalid("receive_folder_table", store.receive_folder_table().map(drop));
    invalid("store compare", store.compare_entry_ids(&id, &id).map(drop));
    invalid("store advise", store.advise(&none, EventMask::NEW_MAIL, no_sink()).map(drop));
    invalid("store unadvise", store.unadvise(connection));
    invalid("abort_submit", store.abort_submit(&id));
    invalid("outgoing_queue", store.outgoing_queue().map(drop));
    invalid("store_logoff", store.store_logoff(0).map(drop));

    invalid("contents_table", folder.contents_table(TableFlags::NONE).map(drop));
    invalid("hierarchy_table", folder.hierarchy_table(TableFlags::NONE).map(drop));
    invalid("message_ids", folder.message_ids().map(drop));
    invalid("counts", folder.counts().map(drop));
    invalid("folder open_entry", folder.open_entry(&id, OpenFlags::NONE).map(drop));
    invalid("folder open_message", folder.open_message(&id, OpenFlags::NONE).map(drop));
    invalid("folder folder", folder.folder("x").map(drop));
    invalid("walk", folder.walk().map(drop));
    invalid("create_message", folder.create_message().map(drop));
    invalid("create_associated_message", folder.create_associated_message().map(drop));
    invalid("create_folder", folder.create_folder("x", FolderFlags::NONE).map(drop));
    invalid("create_search_folder", folder.create_search_folder("x", FolderFlags::NONE).map(drop));
    invalid("copy_messages", folder.copy_messages(ids, &folder, FolderFlags::NONE, &NoProgress).map(drop));
    invalid("copy_folder", folder.copy_folder(&id, &folder, None, FolderFlags::NONE, &NoProgress).map(drop));
    invalid("delete_messages", folder.delete_messages(ids, FolderFlags::NONE).map(drop));
    invalid("delete_folder", folder.delete_folder(&id, FolderFlags::NONE).map(drop));
    invalid("empty", folder.empty(FolderFlags::NONE, &NoProgress).map(drop));
    invalid("restore_messages", folder.restore_messages(ids).map(drop));
    invalid("set_read_flags", folder.set_read_flags(None, ReadFlags::NONE).map(drop));
    invalid("message_status", folder.message_status(&id).map(drop));
    invalid("set_message_status", folder.set_message_status(&id, 0, 0).map(drop));
    invalid("search_criteria", folder.search_criteria().map(drop));

    invalid("recipients", message.recipients().map(drop));
    invalid("add_recipient", message.add_recipient(RecipientType::To, "", "a@b"));
    invalid("modify_recipients", message.modify_recipients(ModifyRecipients::Add, Vec::new()));
    invalid("recipient_table", message.recipient_table(TableFlags::NONE).map(drop));
    invalid("attachments", message.attachments().map(drop));
    invalid("attachment_table", message.attachment_table(TableFlags::NONE).map(drop));
    invalid("open_attach", message.open_attach(0, OpenFlags::NONE).map(drop));
    invalid("create_attach", message.create_attach().map(drop));
    invalid("delete_attach", message.delete_attach(0));
    invalid("message open_stream", message.open_stream(PR_BODY, StreamFlags::NONE).map(drop));
    invalid("submit", message.submit());
    invalid("set_read_flag", message.set_read_flag(ReadFlags::NONE));
    invalid("object", message.object().map(drop));
    invalid("fill", message.fill(&mapi_defs::object::MessageObject::default(), &[]));
    invalid("copy_to", message.copy_to(&message, &[]));
    invalid("copy_between", copy_between(&message, &message, &[]));

    invalid("attach open_message", attachment.open_message(false).map(drop));
    invalid("attach open_stream", attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).map(drop));

    invalid("columns", table.columns().map(drop));
    invalid("all_columns", table.all_columns().map(drop));
    invalid("set_columns", table.set_columns(&[PR_SUBJECT]));
    invalid("restrict", table.restrict(None));
    invalid("sort", table.sort(SortOrder::default()));
    invalid("sort_order", table.sort_order().map(drop));
    invalid("row_count", table.row_count().map(drop));
    invalid("position", table.position().map(drop));
    invalid("seek_row", table.seek_row(Bookmark::Beginning, 0).map(drop));
    invalid("seek_row_approx", table.seek_row_approx(0, 1));
    invalid("find_row", table.find_row(&exist, Bookmark::Beginning, false));
    invalid("query_rows", table.query_rows(1).map(drop));
    invalid("query_all_rows", table.query_all_rows(&[PR_SUBJECT]).map(drop));
    invalid("rows", table.rows().next().unwrap().map(drop));
    invalid("create_bookmark", table.create_bookmark().map(drop));
    invalid("free_bookmark", table.free_bookmark(Bookmark::Kept(1)));
    invalid("expand_row", table.expand_row(&vec![1], 1).map(drop));
    invalid("collapse_row", table.collapse_row(&vec![1]).map(drop));
    invalid("table advise", table.advise(EventMask::TABLE_MODIFIED, no_sink()).map(drop));
    invalid("table unadvise", table.unadvise(connection));

    let inner = |error: std::io::Error| error.downcast::<mapi::Error>().unwrap();
    invalid("stream len", stream.len().map(drop));
    invalid("stream set_len", stream.set_len(0));
    invalid("stream commit", stream.commit());
    invalid("stream read", stream.read(&mut [0]).map(drop).map_err(inner));
    invalid("stream write", stream.write(&[0]).map(drop).map_err(inner));
    invalid("stream seek", stream.seek(SeekFrom::End(0)).map(drop).map_err(inner));

    invalid("containers", book.containers().map(drop));
    invalid("book open_entry", book.open_entry(&id, OpenFlags::NONE).map(drop));
    invalid("resolve", book.resolve(&mut [Recipient::default()]).map(drop));
    invalid("ab contents_table", container.contents_table(TableFlags::NONE).map(drop));
    invalid("resolve_names", container.resolve_names(&mut [], &mut []));
    invalid("create_entry", container.create_entry(&none).map(drop));
    invalid("delete_entries", container.delete_entries(&[]));

    check_props(&mut invalid, &store);
    check_props(&mut invalid, &folder);
    check_props(&mut invalid, &message);
    check_props(&mut invalid, &attachment);
    check_props(&mut invalid, &section);
    check_props(&mut invalid, &container);
    check_props(&mut invalid, &entry);
    assert!(checked > 180, "{checked}");
}

fn check_props(invalid: &mut impl FnMut(&str, Result<()>), object: &impl Object) {
    let tag = PR_SUBJECT;
    invalid("props", object.props(None).map(drop));
    invalid("properties", object.properties().map(drop));
    invalid("value", object.value(tag).map(drop));
    invalid("text", object.text(tag).map(drop));
    invalid("binary", object.binary(tag).map(drop));
    invalid("long", object.long(tag).map(drop));
    invalid("boolean", object.boolean(tag).map(drop));
    invalid("time", object.time(tag).map(drop));
    invalid("set", object.set(tag, "x"));
    invalid("set_props", object.set_props(&[Prop::new(tag, "x")]).map(drop));
    invalid("delete_props", object.delete_props(&[tag]).map(drop));
    invalid("prop_list", object.prop_list().map(drop));
    invalid("ids", object.ids(&[], false).map(drop));
    invalid("names", object.names(&[]).map(drop));
    invalid("save", object.save(SaveFlags::NONE));
}

#[test]
fn providers_end_in_order_each_once() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let same = session.open_default_store().unwrap();
    session.open_address_book().unwrap();
    let begun = world.script.log();
    assert_eq!(begun, ["xp logon", "spooler ms logon", "spooler start", "ms logon", "props", "ab logon"]);
    world.script.clear();
    world.spooler.set_queue(QueueState { sent: 1, queued: 2, in_doubt: 3, refused: 4 });

    let account = logoff(&session);
    let expected = [
        "xp EndInbound",
        "xp EndOutbound",
        "spooler stop",
        "spooler ms logoff",
        "ab logoff",
        "ms logoff",
        "xp logoff",
        "xp shutdown",
        "ms shutdown",
        "ab shutdown",
    ];
    assert_eq!(world.script.log(), expected);
    let ends: Vec<_> = account.providers.iter().map(|end| (end.kind, end.word())).collect();
    let kinds = ["spooler", "store", "address_book", "store", "transport"];
    assert_eq!(ends, kinds.map(|kind| (kind, "S_OK".to_owned())));
    assert_eq!(account.queue, QueueState { sent: 1, queued: 2, in_doubt: 3, refused: 4 });
    drop((store, same));
    assert_eq!(world.script.log().len(), expected.len(), "dropping what was left calls nobody");
}

#[test]
fn a_store_ends_with_its_last_object_and_not_again() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let inbox = session.open_default_store().unwrap().inbox().unwrap();
    assert_eq!(world.script.count("ms logoff"), 0, "the folder keeps its store open");
    inbox.counts().unwrap();
    drop(inbox);
    assert_eq!(world.script.count("ms logoff"), 1);
    session.open_default_store().unwrap();
    assert_eq!((world.script.count("ms logon"), world.script.count("ms logoff")), (2, 2));
    let account = logoff(&session);
    assert_eq!(world.script.count("ms logoff"), 2);
    assert_eq!(world.script.count("ms shutdown"), 1, "one provider for both logons");
    assert_eq!(account.providers.len(), 2, "{account}");
    assert_eq!((account.opened, account.closed, account.left_open_count), (3, 3, 0));
}

#[test]
fn logoff_waits_for_the_call_that_another_thread_is_in() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let (entered, go) = world.script.hold("set_props");
    let caller = thread::spawn({
        let store = store.clone();
        move || store.set(PR_SUBJECT, "x")
    });
    entered.recv().unwrap();
    let ender = thread::spawn({
        let session = session.clone();
        move || logoff(&session)
    });
    // Newcomers are refused as soon as the end has begun; the call inside goes on.
    while store.long(PR_SUBJECT).is_ok() {
        thread::yield_now();
    }
    assert!(!ender.is_finished());
    assert_eq!(world.script.count("ms logoff"), 0);
    go.send(()).unwrap();
    caller.join().unwrap().unwrap();
    let account = ender.join().unwrap();
    assert_eq!(account.left_open_count, 1);
    assert_eq!(world.script.count("ms logoff"), 1);
}

#[test]
fn logoff_does_not_wait_longer_than_its_patience_for_a_call() {
    let world = World::new();
    let options = world.options().no_mail().patience(Duration::from_millis(50));
    let session = Session::logon(options).unwrap();
    let store = session.open_default_store().unwrap();
    let (entered, go) = world.script.hold("set_props");
    let caller = thread::spawn(move || store.set(PR_SUBJECT, "x"));
    entered.recv().unwrap();
    let began = Instant::now();
    logoff(&session);
    assert!(began.elapsed() >= Duration::from_millis(50) && began.elapsed() < LONG);
    go.send(()).unwrap();
    caller.join().unwrap().unwrap();
}

#[test]
fn a_store_that_is_being_opened_when_the_end_begins_ends_as_well() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let (entered, go) = world.script.hold("ms logon");
    let opener = thread::spawn({
        let session = session.clone();
        move || session.open_default_store()
    });
    entered.recv().unwrap();
    let ender = thread::spawn({
        let session = session.clone();
        move || logoff(&session)
    });
    while session.profile_name().is_ok() {
        thread::yield_now();
    }
    go.send(()).unwrap();
    if let Ok(store) = opener.join().unwrap() {
        assert_eq!(code(store.long(PR_SUBJECT)), ErrorCode::INVALID_OBJECT);
    }
    ender.join().unwrap();
    assert_eq!((world.script.count("ms logon"), world.script.count("ms logoff")), (1, 1));
}

/// Logs off from within a call that tells it of its progress.
struct LogsOff {
    session: Session,
    answers: Mutex<Vec<ErrorCode>>,
}

impl Progress for LogsOff {
    fn progress(&self, _done: u64, _total: u64) -> bool {
        self.answers.lock().unwrap().push(code(self.session.logoff(LogoffFlags::NONE)));
        true
    }
}

#[test]
fn logoff_from_inside_a_call_is_refused_and_the_session_lives() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let folder = session.open_default_store().unwrap().ipm_subtree().unwrap();
    let progress = LogsOff { session: session.clone(), answers: Mutex::default() };
    let ids = [RecordingStore::message_id()];
    let (done, _) = folder.copy_messages(&ids, &folder, FolderFlags::NONE, &progress).unwrap();
    assert_eq!(done, Completion { asked: 1, done: 1 });
    assert_eq!(*progress.answers.lock().unwrap(), [ErrorCode::BUSY]);
    assert_eq!(ErrorCode::BUSY.as_u32(), 0x8004_010B);
    folder.counts().unwrap();
    assert_eq!(world.script.count("spooler stop"), 0);
    drop(progress);
    logoff(&session);
}

#[test]
fn the_last_handle_dropped_inside_a_call_ends_the_session_after_it() {
    struct Drops(Mutex<Option<Session>>);
    impl Progress for Drops {
        fn progress(&self, _done: u64, _total: u64) -> bool {
            drop(self.0.lock().unwrap().take());
            true
        }
    }
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let folder = session.open_default_store().unwrap().ipm_subtree().unwrap();
    let ids = [RecordingStore::message_id()];
    folder.copy_messages(&ids, &folder, FolderFlags::NONE, &Drops(Mutex::new(Some(session)))).unwrap();
    world.script.wait_for("ms shutdown");
    assert_eq!(code(folder.counts()), ErrorCode::INVALID_OBJECT);
}

#[test]
fn undefined_flags_and_a_question_answered_with_no_leave_the_session_alive() {
    let world = World::new();
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    // The first answer is no, the second yes.
    let options = world.options().logoff_question(move || counter.fetch_add(1, Ordering::Relaxed) > 0);
    let session = Session::logon(options).unwrap();
    world.script.clear();
    assert_eq!(code(session.logoff(LogoffFlags(0x4))), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(code(session.logoff(LogoffFlags::UI)), ErrorCode::USER_CANCEL);
    assert!(world.script.log().is_empty());
    session.stores().unwrap();
    session.logoff(LogoffFlags::UI | LogoffFlags::SHARED).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn of_two_threads_exactly_one_logs_off() {
    for _ in 0..50 {
        let world = World::new();
        let session = Session::logon(world.options()).unwrap();
        let answers: Vec<_> = thread::scope(|scope| {
            let end = || session.logoff(LogoffFlags::NONE).map_err(|error| error.code());
            let threads = [scope.spawn(end), scope.spawn(end)];
            threads.map(|thread| thread.join().unwrap()).into()
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().any(|answer| matches!(answer, Err(ErrorCode::INVALID_OBJECT))));
        assert_eq!(world.script.count("xp logoff"), 1);
        assert_eq!(code(session.logoff(LogoffFlags::NONE)), ErrorCode::INVALID_OBJECT);
        assert_eq!(world.script.count("xp logoff"), 1);
    }
}

#[test]
fn a_sink_may_log_off_and_learns_of_the_end() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    let (tell, hear) = channel();
    let (told, heard) = channel();
    let sink = {
        let session = session.clone();
        move |_: &[Notification]| tell.send(session.logoff(LogoffFlags::NONE)).unwrap()
    };
    session
        .advise(
            EventMask::EXTENDED,
            Arc::new(move |events: &[Notification]| told.send(events.to_vec()).unwrap()),
        )
        .unwrap();
    store.advise(&EntryId::default(), EventMask::NEW_MAIL, Arc::new(sink)).unwrap();
    store.save(SaveFlags::NONE).unwrap();
    let account = hear.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(account.advises_cancelled, 2);
    let extended = Notification::Extended { event: 0, parameters: Vec::new() };
    assert_eq!(heard.recv_timeout(LONG).unwrap(), [extended]);
    assert_eq!(code(folder.counts()), ErrorCode::INVALID_OBJECT);
    assert!(account.took < Duration::from_secs(5), "{account}");
}

#[test]
fn advises_are_cancelled_and_no_sink_is_called_afterwards() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    let counting = || {
        let calls = calls.clone();
        Arc::new(move |_: &[Notification]| {
            calls.fetch_add(1, Ordering::SeqCst);
        })
    };
    let first = store.advise(&EntryId::default(), EventMask::NEW_MAIL, counting()).unwrap();
    store.advise(&EntryId::default(), EventMask::NEW_MAIL, counting()).unwrap();
    let own = session.advise(EventMask::NEW_MAIL, counting()).unwrap();
    assert_ne!((first, own), (own, first));
    store.unadvise(first).unwrap();
    assert_eq!(world.script.count("unadvise"), 1);
    assert_eq!(code(store.unadvise(first)), ErrorCode::NOT_FOUND);
    session.unadvise(own).unwrap();
    store.save(SaveFlags::NONE).unwrap();
    let account = logoff(&session);
    assert_eq!(account.advises_cancelled, 1);
    let called = calls.load(Ordering::SeqCst);
    assert_eq!(called, 1, "the event before the end was told, to the one who listened");
    assert_eq!(Arc::strong_count(&calls), 1, "no sink is held any more");
}

#[test]
fn a_provider_that_hangs_in_logoff_is_named_and_the_order_goes_on() {
    let world = World::new();
    let session = Session::logon(world.options().patience(Duration::from_millis(40))).unwrap();
    let store = session.open_default_store().unwrap();
    session.open_address_book().unwrap();
    let (entered, go) = world.script.hold("ms logoff");
    let began = Instant::now();
    let account = logoff(&session);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    entered.recv().unwrap();
    let late: Vec<_> = account.providers.iter().filter(|end| end.result.is_err()).collect();
    assert_eq!(late.len(), 1, "{account}");
    assert_eq!(
        (late[0].kind, late[0].name.as_str(), late[0].word().as_str()),
        ("store", "MS", "MAPI_E_TIMEOUT")
    );
    assert!(late[0].took >= Duration::from_millis(40));
    assert!(account.to_string().contains("store MS: MAPI_E_TIMEOUT"), "{account}");
    assert_eq!(world.script.count("xp logoff"), 1);
    assert_eq!(world.script.count("ab shutdown"), 1);
    assert_eq!(world.script.count("ms shutdown"), 0, "not while a logon has not returned");
    assert_eq!(code(store.long(PR_SUBJECT)), ErrorCode::INVALID_OBJECT);
    go.send(()).unwrap();
}

#[test]
fn providers_that_fail_or_panic_do_not_fail_the_logoff() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let _store = session.open_default_store().unwrap();
    world.script.fail("ms logoff", ErrorCode::DISK_ERROR);
    world.script.fail("xp EndInbound", ErrorCode::NO_SUPPORT);
    world.script.fail("xp shutdown", ErrorCode::CALL_FAILED);
    world.script.fail("spooler stop", ErrorCode::BUSY);
    let account = logoff(&session);
    let words: Vec<_> = account.providers.iter().map(|end| (end.kind, end.word())).collect();
    let expected = [
        ("spooler", "MAPI_E_TIMEOUT"),
        ("store", "S_OK"),
        ("store", "MAPI_E_DISK_ERROR"),
        ("transport", "S_OK"),
    ];
    assert_eq!(words, expected.map(|(kind, word)| (kind, word.to_owned())));
    assert_eq!(world.script.count("ms shutdown"), 1);
}

#[test]
fn a_provider_uses_its_support_object_while_it_logs_off_and_not_afterwards() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let support = world.script.support("ms");
    let (entered, go) = world.script.hold("ms logoff");
    let ender = thread::spawn({
        let session = session.clone();
        move || logoff(&session)
    });
    entered.recv().unwrap();
    let section = support.profile_section(None).unwrap();
    assert!(section.set_props(&[Prop::new(mapi_defs::prop::tags::PR_COMMENT, "kept")]).unwrap().is_empty());
    support.modify_status_row(mapi_defs::prop::PropList::new()).unwrap();
    go.send(()).unwrap();
    ender.join().unwrap();
    assert_eq!(code(support.profile_section(None)), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(support.modify_status_row(mapi_defs::prop::PropList::new())), ErrorCode::INVALID_OBJECT);
    drop(store);
}

#[test]
fn a_wait_for_the_queue_ends_with_the_session() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let waiter = thread::spawn({
        let session = session.clone();
        move || session.flush_queues(LONG)
    });
    world.script.wait_for("spooler flush");
    let began = Instant::now();
    logoff(&session);
    assert_eq!(code(waiter.join().unwrap()), ErrorCode::END_OF_SESSION);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_session_that_is_dropped_logs_off() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let folder = session.open_default_store().unwrap().ipm_subtree().unwrap();
    let other = session.clone();
    drop(session);
    folder.counts().unwrap();
    drop(other);
    assert_eq!(world.script.count("ms logoff"), 1);
    assert_eq!(world.script.count("xp shutdown"), 1);
    assert_eq!(code(folder.counts()), ErrorCode::INVALID_OBJECT);
}

#[test]
fn a_consuming_end_gives_a_refused_session_back() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let other = session.clone();
    session.end().unwrap();
    let (same, error) = other.end().unwrap_err();
    assert_eq!(error.code(), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(same.stores()), ErrorCode::INVALID_OBJECT);
}

#[test]
fn the_account_adds_up_and_names_the_oldest_hundred() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    for _ in 0..5 {
        folder.create_message().unwrap();
    }
    let messages: Vec<_> = (0..150).map(|_| folder.create_message().unwrap()).collect();
    let account = logoff(&session);
    assert_eq!((account.opened, account.closed, account.left_open_count), (157, 5, 152));
    assert_eq!(account.left_open.len(), mapi::session::LEFT_OPEN_NAMED);
    let kinds: Vec<_> = account.left_open.iter().map(|object| object.kind).collect();
    assert_eq!(kinds[..3], ["IMsgStore", "IMAPIFolder", "IMessage"]);
    assert!(account.left_open.iter().all(|object| object.place.contains("tests/logoff.rs:")), "{account}");
    assert!(account.to_string().contains("left open: 52 more"), "{account}");
    let json = account.to_json();
    assert_eq!(json["left_open"].as_array().unwrap().len(), 100);
    assert_eq!(json["opened"], 157);
    drop(messages);
}

#[test]
fn without_mail_no_transport_and_no_spooler_is_called() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let status = session.status().unwrap();
    let of_type = |kind: i32| status.iter().filter(move |row| row.long(PR_RESOURCE_TYPE) == Some(kind));
    assert_eq!(of_type(36).count(), 0);
    assert_eq!(of_type(37).map(|row| row.long(PR_STATUS_CODE)).collect::<Vec<_>>(), [Some(4)]);
    assert_eq!((of_type(39).count(), of_type(34).count()), (1, 1));
    assert_eq!(code(session.flush_queues(LONG)), ErrorCode::NO_SUPPORT);
    assert_eq!(code(world_support_after_open(&world, &session)), ErrorCode::NO_SUPPORT);
    let account = logoff(&session);
    assert!(world.script.log().iter().all(|call| !call.starts_with("xp") && !call.starts_with("spooler")));
    assert_eq!(account.queue, QueueState::default());
}

fn world_support_after_open(world: &World, session: &Session) -> Result<()> {
    let _store = session.open_default_store().unwrap();
    world.script.support("ms").spooler_notify(mapi_spi::support::SpoolerNotify::ReadyToSend)
}
