//! One message's journey through the built-in services: logon, send, receive, read, logoff.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{
    ErrorCode, FolderFlags, Home, LogoffFlags, LogonOptions, Mapi, MsgStore, Object, OpenFlags,
    RecipientType, Session,
};
use mapi_defs::flags::MessageFlags;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::{
    PR_BODY, PR_DISPLAY_NAME, PR_MESSAGE_FLAGS, PR_SMTP_ADDRESS, PR_STATUS_CODE, PR_SUBJECT,
};
use mapi_defs::recipient::Recipient;
use mapi_spi::address_book::Resolution;
use mapi_spi::spooler::recipient_outcome;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

struct Ready {
    home: Home,
    // Dropped after the sessions of a test, before the folder.
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

fn ready() -> Ready {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    assert_eq!(mapi_services::default_profile(&home).unwrap(), ("Default".to_owned(), true));
    assert_eq!(mapi_services::default_profile(&home).unwrap(), ("Default".to_owned(), false));
    Ready { home, _mapi: mapi, _folder: folder }
}

fn options(ready: &Ready) -> LogonOptions {
    LogonOptions::default_profile().home(&ready.home)
}

fn submit(store: &MsgStore, subject: &str, body: &str) {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.set(PR_BODY, body).unwrap();
    message.add_recipient(RecipientType::To, "Ann", "ann@example.org").unwrap();
    message.submit().unwrap();
    assert_eq!(message.text(PR_SUBJECT).unwrap_err().code(), ErrorCode::INVALID_OBJECT);
}

#[test]
fn a_message_is_sent_received_and_read_and_the_account_says_so() {
    let ready = ready();
    let session = Session::logon(options(&ready)).unwrap();
    let store = session.open_default_store().unwrap();
    let (told, hear) = channel();
    let sink = move |events: &[Notification]| told.send(events.to_vec()).unwrap_or(());
    session.advise(EventMask::EXTENDED, Arc::new(sink)).unwrap();
    let long_body = "A line of text.\r\n".repeat(10_000);
    submit(&store, "Hello", &long_body);
    assert!(session.flush_queues(LONG).unwrap(), "the queue is empty");

    let inbox = store.inbox().unwrap();
    let ids = inbox.message_ids().unwrap();
    assert_eq!((ids.len(), inbox.counts().unwrap()), (1, (1, 1)));
    let received = store.open_message(&ids[0], OpenFlags::NONE).unwrap();
    assert_eq!(received.text(PR_SUBJECT).unwrap().as_deref(), Some("Hello"));
    assert_eq!(received.text(PR_BODY).unwrap().as_deref(), Some(long_body.as_str()), "large, and whole");
    let flags = received.long(PR_MESSAGE_FLAGS).unwrap().unwrap().cast_unsigned();
    assert_eq!(flags & MessageFlags::UNSENT.0, 0);

    assert!(store.outbox().unwrap().message_ids().unwrap().is_empty());
    let ids = store.sent_items().unwrap().message_ids().unwrap();
    let sent = store.open_message(&ids[0], OpenFlags::NONE).unwrap();
    let outcome = sent.recipients().unwrap();
    assert_eq!(outcome[0].props.text(recipient_outcome::STATE), Some("local"));
    drop((received, sent, inbox));

    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.left_open_count, account.advises_cancelled), (1, 1), "{account}");
    assert_eq!((account.queue.sent, account.queue.queued), (1, 0), "{account}");
    assert!(account.providers.iter().all(|end| end.result.is_ok()), "{account}");
    assert_eq!(store.inbox().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    let events = hear.recv_timeout(LONG).unwrap();
    assert!(matches!(&events[..], [Notification::Extended { .. }]), "{events:?}");
}

#[test]
fn a_sink_that_hears_of_new_mail_may_read_it_and_log_off() {
    let ready = ready();
    let session = Session::logon(options(&ready)).unwrap();
    let store = session.open_default_store().unwrap();
    let (told, hear) = channel();
    let sink = {
        let (session, store) = (session.clone(), store.clone());
        move |events: &[Notification]| {
            let Notification::NewMail { entry_id, .. } = &events[0] else { return };
            let message = store.open_message(entry_id, OpenFlags::NONE).unwrap();
            let subject = message.text(PR_SUBJECT).unwrap();
            drop(message);
            told.send((subject, session.logoff(LogoffFlags::NONE))).unwrap();
        }
    };
    store.advise(&mapi::EntryId::default(), EventMask::NEW_MAIL, Arc::new(sink)).unwrap();
    submit(&store, "News", "body");
    let (subject, account) = hear.recv_timeout(LONG).unwrap();
    assert_eq!(subject.as_deref(), Some("News"));
    let account = account.unwrap();
    assert_eq!(account.advises_cancelled, 1, "{account}");
    assert!(account.took < Duration::from_secs(5), "{account}");
    assert_eq!(store.inbox().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
}

#[test]
fn what_one_session_leaves_in_the_queue_the_next_one_sends() {
    let ready = ready();
    let session = Session::logon(options(&ready).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    submit(&store, "Later", "body");
    assert_eq!(store.outbox().unwrap().message_ids().unwrap().len(), 1);
    assert!(store.inbox().unwrap().message_ids().unwrap().is_empty());
    session.logoff(LogoffFlags::NONE).unwrap();

    let session = Session::logon(options(&ready)).unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    let store = session.open_default_store().unwrap();
    assert_eq!(store.inbox().unwrap().message_ids().unwrap().len(), 1);
    let account = session.end().unwrap();
    assert_eq!(account.queue.sent, 1, "{account}");
}

#[test]
fn folders_have_names_and_paths_and_messages_move_between_them() {
    let ready = ready();
    let session = Session::logon(options(&ready).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let name = |folder: mapi::Result<mapi::Folder>| folder.unwrap().text(PR_DISPLAY_NAME).unwrap().unwrap();
    assert_eq!(name(store.inbox()), "Inbox");
    assert_eq!(name(store.outbox()), "Outbox");
    assert_eq!(name(store.sent_items()), "Sent Items");
    assert_eq!(name(store.deleted_items()), "Deleted Items");
    assert_eq!(name(store.drafts()), "Drafts");
    let inbox = store.folder("/inbox").unwrap();
    let project = inbox.create_folder("Project A", FolderFlags::NONE).unwrap();
    project.create_folder("Notes", FolderFlags::NONE).unwrap();
    assert_eq!(name(store.folder("/Inbox/Project A/Notes")), "Notes");
    assert_eq!(name(inbox.folder("Project A/Notes")), "Notes");
    assert_eq!(store.folder("/Inbox/None").unwrap_err().code(), ErrorCode::NOT_FOUND);
    let paths: Vec<_> =
        store.ipm_subtree().unwrap().walk().unwrap().into_iter().map(|entry| entry.path).collect();
    for expected in ["/Inbox", "/Inbox/Project A", "/Inbox/Project A/Notes", "/Drafts"] {
        assert!(paths.iter().any(|path| path == expected), "{expected} in {paths:?}");
    }

    let draft = store.drafts().unwrap().create_message().unwrap();
    draft.set(PR_SUBJECT, "Moves").unwrap();
    draft.save(mapi::SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let drafts = store.drafts().unwrap();
    let ids = drafts.message_ids().unwrap();
    let none = mapi_spi::progress::NoProgress;
    let (done, moved) = drafts.copy_messages(&ids, &project, FolderFlags::MOVE, &none).unwrap();
    assert_eq!((done.done, moved.len(), drafts.message_ids().unwrap().len()), (1, 1, 0));
    let copy = inbox.create_message().unwrap();
    project.open_message(&moved[0], OpenFlags::NONE).unwrap().copy_to(&copy, &[]).unwrap();
    copy.save(mapi::SaveFlags::NONE).unwrap();
    assert_eq!(inbox.message_ids().unwrap().len(), 1);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn messages_are_copied_between_two_stores_by_their_contents() {
    let ready = ready();
    let admin = mapi::ProfAdmin::new(&ready.home).unwrap();
    admin.create_profile("Other", &mapi_services::default_services()).unwrap();
    let one = Session::logon(options(&ready).no_mail()).unwrap();
    let other = Session::logon(LogonOptions::profile("Other").home(&ready.home).no_mail()).unwrap();
    let (from, to) = (one.open_default_store().unwrap(), other.open_default_store().unwrap());
    let message = from.inbox().unwrap().create_message().unwrap();
    message.set(PR_SUBJECT, "Travels").unwrap();
    message.save(mapi::SaveFlags::NONE).unwrap();
    let inbox = from.inbox().unwrap();
    let ids = inbox.message_ids().unwrap();
    let none = mapi_spi::progress::NoProgress;
    inbox.copy_messages(&ids, &to.inbox().unwrap(), FolderFlags::MOVE, &none).unwrap();
    assert!(inbox.message_ids().unwrap().is_empty());
    let arrived = to.inbox().unwrap().message_ids().unwrap();
    let arrived = to.open_message(&arrived[0], OpenFlags::NONE).unwrap();
    assert_eq!(arrived.text(PR_SUBJECT).unwrap().as_deref(), Some("Travels"));
    one.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(arrived.text(PR_SUBJECT).unwrap().as_deref(), Some("Travels"), "the other session lives");
    other.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn the_address_book_resolves_who_was_added() {
    let ready = ready();
    let session = Session::logon(options(&ready).no_mail()).unwrap();
    let book = session.open_address_book().unwrap();
    let container = book.containers().unwrap().remove(0);
    let ann = container.create_entry(&mapi::EntryId::default()).unwrap();
    ann.set(PR_DISPLAY_NAME, "Ann Smith").unwrap();
    ann.set(PR_SMTP_ADDRESS, "ann@example.org").unwrap();
    ann.save(mapi::SaveFlags::NONE).unwrap();
    let id = ann.binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap().unwrap();
    let mut someone = Recipient::default();
    someone.props.set(PR_DISPLAY_NAME, "smith");
    let mut recipients = [someone];
    assert_eq!(book.resolve(&mut recipients).unwrap(), [Resolution::Resolved]);
    assert_eq!(recipients[0].address(), Some("ann@example.org"));
    let id = mapi::EntryId::from_bytes(id);
    let mapi::Opened::Object(entry) = session.open_entry(&id, OpenFlags::NONE).unwrap() else {
        panic!("an entry");
    };
    assert_eq!(entry.text(PR_DISPLAY_NAME).unwrap().as_deref(), Some("Ann Smith"));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_store_opened_for_reading_is_not_written() {
    let ready = ready();
    let session = Session::logon(options(&ready).no_mail()).unwrap();
    drop(session.open_default_store().unwrap());
    let rows = session.stores().unwrap();
    let id = rows[0].binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap();
    let store = session.open_msg_store(&mapi::EntryId::from_bytes(id), OpenFlags::NONE).unwrap();
    let refused = store.inbox().unwrap().create_message().err().map(|error| error.code());
    assert_eq!(refused, Some(ErrorCode::NO_ACCESS));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn status_rows_show_the_spooler_and_the_transport_at_work() {
    let ready = ready();
    let session = Session::logon(options(&ready)).unwrap();
    let rows = session.status().unwrap();
    let code = |kind: i32| {
        let row = rows.iter().find(|row| row.long(mapi_defs::prop::tags::PR_RESOURCE_TYPE) == Some(kind));
        row.unwrap().long(PR_STATUS_CODE).unwrap()
    };
    assert_eq!((code(37) & 0x5, code(36) & 0x1, code(39)), (1, 1, 1));
    session.logoff(LogoffFlags::NONE).unwrap();
}
