//! The methods of a session: stores, entries, identities, roles, forms, the last error (IMAPISession).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{BOOK, RecordingStore, World};
use mapi::address_book::one_off;
use mapi::session::{FormToken, wrap_store_entry_id};
use mapi::{
    EntryId, ErrorCode, FormFlags, LogoffFlags, LogonFlags, MdbFlags, Object, OpenFlags, Opened, Result,
    Session, StoreRole, Table,
};
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_INSTANCE_KEY, PR_MDB_PROVIDER,
    PR_OBJECT_TYPE, PR_PROVIDER_DISPLAY, PR_RECORD_KEY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE,
};
use mapi_defs::row::Row;
use mapi_defs::{Guid, Warning};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn id_of(row: &Row) -> EntryId {
    EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap())
}

fn store_ids(session: &Session) -> Vec<EntryId> {
    session.stores().unwrap().iter().map(id_of).collect()
}

#[test]
fn lc_20_the_stores_table_has_a_row_for_each_store_and_its_columns() {
    const COLUMNS: [PropTag; 10] = [
        PR_DEFAULT_STORE,
        PR_DISPLAY_NAME,
        PR_ENTRYID,
        PR_INSTANCE_KEY,
        PR_MDB_PROVIDER,
        PR_OBJECT_TYPE,
        PR_PROVIDER_DISPLAY,
        PR_RECORD_KEY,
        PR_RESOURCE_FLAGS,
        PR_RESOURCE_TYPE,
    ];
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let table = session.msg_stores_table().unwrap();
    assert_eq!(table.columns().unwrap(), COLUMNS);
    let rows = table.query_all_rows(&COLUMNS).unwrap();
    let numbers = |tag| rows.iter().map(|row| row.long(tag).unwrap()).collect::<Vec<_>>();
    assert_eq!((numbers(PR_OBJECT_TYPE), numbers(PR_RESOURCE_TYPE)), (vec![1, 1], vec![33, 33]));
    assert_eq!(defaults(&table), [true, false]);
    assert_eq!(numbers(PR_RESOURCE_FLAGS), [0x2, 0]);
    for tag in [PR_ENTRYID, PR_INSTANCE_KEY] {
        assert_ne!(rows[0].binary(tag).unwrap(), rows[1].binary(tag).unwrap());
    }
    assert!(rows.iter().all(|row| row.text(PR_PROVIDER_DISPLAY) == Some("Test service")));
}

#[test]
fn lc_21_no_identifier_and_undefined_flags_call_no_provider() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let nothing = EntryId::default();
    assert_eq!(code(session.open_msg_store(&nothing, MdbFlags::WRITE)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(session.open_entry(&nothing, OpenFlags::MODIFY)), ErrorCode::INVALID_PARAMETER);
    let id = store_ids(&session).remove(0);
    for undefined in [0x2, 0x40, 0x200, 0x4000_0000] {
        assert_eq!(code(session.open_msg_store(&id, MdbFlags(undefined))), ErrorCode::UNKNOWN_FLAGS);
    }
    assert_eq!(code(session.open_entry(&id, OpenFlags(0x4000_0000))), ErrorCode::UNKNOWN_FLAGS);
    assert!(world.script.log().is_empty());
}

#[test]
fn lc_22_a_store_that_is_not_there_leaves_the_session_usable() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let ids = store_ids(&session);
    world.script.fail("ms logon", ErrorCode::NOT_FOUND);
    let missing = session.open_msg_store(&ids[0], MdbFlags::NO_DIALOG);
    assert_eq!(code(missing), ErrorCode::NOT_FOUND);
    let told = session.last_error(ErrorCode::NOT_FOUND.as_u32()).unwrap().unwrap();
    assert_eq!((told.component.as_str(), told.low_level_error), ("MS", ErrorCode::NOT_FOUND.as_u32()));
    session.open_msg_store(&ids[1], MdbFlags::NO_DIALOG).unwrap();
    let foreign = EntryId::new(Guid([1; 16]), b"x");
    assert_eq!(code(session.open_msg_store(&foreign, MdbFlags::NONE)), ErrorCode::NOT_FOUND);
}

#[test]
fn a_store_that_the_profile_does_not_know_gets_a_section_without_a_service() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let service = world.service.as_str();
    let id = |number| wrap_store_entry_id(service, &EntryId::new(Guid([7; 16]), &[number]));
    let services = || session.admin_services().unwrap().services().len();
    let before = services();
    let stores = session.msg_stores_table().unwrap();
    let (told, heard) = channel();
    let sink = move |events: &[Notification]| told.send(events.to_vec()).unwrap();
    stores.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();

    // What cannot be opened leaves nothing behind.
    world.script.fail("ms logon", ErrorCode::NO_ACCESS);
    assert_eq!(code(session.open_msg_store(&id(1), MdbFlags::NONE)), ErrorCode::NO_ACCESS);
    let nobody = wrap_store_entry_id("NOBODY", &EntryId::new(Guid([7; 16]), &[1]));
    assert_eq!(code(session.open_msg_store(&nobody, MdbFlags::NONE)), ErrorCode::NOT_FOUND);
    assert_eq!(store_ids(&session).len(), 1);

    // One that is temporary is in no table and in no file.
    let temporary = session.open_msg_store(&id(2), MdbFlags::TEMPORARY).unwrap();
    assert_eq!(store_ids(&session).len(), 1);
    let again = session.open_msg_store(&id(2), MdbFlags::TEMPORARY).unwrap();
    assert_eq!(again.binary(PR_RECORD_KEY).unwrap(), temporary.binary(PR_RECORD_KEY).unwrap());

    // Any other is in the profile from now on, once, and of no service.
    session.open_msg_store(&id(3), MdbFlags::NONE).unwrap();
    assert!(matches!(session.open_entry(&id(3), OpenFlags::NONE), Ok(Opened::MsgStore(_))));
    assert_eq!((store_ids(&session).len(), services()), (2, before));
    assert_eq!(defaults(&stores), [true, false]);
    let is_added = |event: &Notification| matches!(event, Notification::Table(TableEvent::RowAdded { .. }));
    assert!(heard.recv_timeout(LONG).unwrap().iter().any(is_added));
    session.logoff(LogoffFlags::NONE).unwrap();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let ids = store_ids(&session);
    assert_eq!(ids.len(), 2, "the next session has it too");
    session.open_msg_store(&ids[1], MdbFlags::NONE).unwrap();
    session.open_msg_store(&id(3), MdbFlags::NONE).unwrap();
    assert_eq!(store_ids(&session).len(), 2);
}

#[test]
fn what_only_a_person_could_tell_is_a_failed_logon_where_none_may_be_asked() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let ids = store_ids(&session);
    let unconfigured = |world: &World| {
        (0..2).for_each(|_| world.script.fail("ms logon", ErrorCode::UNCONFIGURED));
    };
    unconfigured(&world);
    let silent = session.open_msg_store(&ids[0], MdbFlags::NO_DIALOG);
    assert_eq!(code(silent), ErrorCode::LOGON_FAILED);
    unconfigured(&world);
    assert_eq!(code(session.open_msg_store(&ids[1], MdbFlags::NONE)), ErrorCode::UNCONFIGURED);
}

#[test]
fn lc_24_a_store_is_opened_by_its_identifier_as_an_entry() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let id = store_ids(&session).remove(0);
    let Opened::MsgStore(store) = session.open_entry(&id, OpenFlags::MODIFY).unwrap() else {
        panic!("a store")
    };
    assert_eq!(store.text(PR_DISPLAY_NAME).unwrap().as_deref(), Some("The store"));
    assert_eq!(world.script.flags("ms"), [OpenFlags::MODIFY]);
    drop(store);
    (0..2).for_each(|_| world.script.fail("ms logon", ErrorCode::UNCONFIGURED));
    let silent = session.open_entry(&id, OpenFlags::NONE);
    assert_eq!(code(silent), ErrorCode::LOGON_FAILED, "nobody is asked");
}

#[test]
fn a_provider_sees_what_is_its_business_of_the_flags() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let id = store_ids(&session).remove(0);
    let all = MdbFlags::ALL;
    drop(session.open_msg_store(&id, all).unwrap());
    let seen = world.script.flags("ms")[0];
    let expected = OpenFlags::MODIFY | OpenFlags::BEST_ACCESS | OpenFlags::DEFERRED_ERRORS;
    assert!(seen.contains(expected | OpenFlags::NO_MAIL | OpenFlags::NO_CACHE), "{seen:?}");
    // TEMPORARY: the stores table has not learned the store's own name.
    let rows = session.stores().unwrap();
    assert_eq!(rows[0].text(PR_DISPLAY_NAME), Some("Test store"));
    drop(session.open_msg_store(&id, MdbFlags::NONE).unwrap());
    assert_eq!(session.stores().unwrap()[0].text(PR_DISPLAY_NAME), Some("The store"));
}

#[test]
fn lc_25_the_provider_of_two_identifiers_compares_them() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let [one, same, other] = [&b"folder"[..], b"FOLDER", b"message"].map(RecordingStore::id);
    assert_eq!(code(session.compare_entry_ids(&one, &same)), ErrorCode::UNKNOWN_ENTRYID, "not logged on");
    let _store = session.open_default_store().unwrap();
    assert!(session.compare_entry_ids(&one, &same).unwrap());
    assert!(!session.compare_entry_ids(&one, &other).unwrap());
    assert_eq!(world.script.count("ms compare"), 2);
    let _book = session.open_address_book().unwrap();
    let [ann, bob] = [&b"ann"[..], b"bob"].map(|body| EntryId::new(BOOK, body));
    assert!(session.compare_entry_ids(&ann, &ann).unwrap());
    assert!(!session.compare_entry_ids(&ann, &bob).unwrap());
    assert_eq!(world.script.count("ab compare"), 2);
    let foreign = EntryId::new(Guid([1; 16]), b"x");
    for (first, second) in [(&one, &ann), (&ann, &one), (&one, &foreign), (&foreign, &one)] {
        assert_eq!(code(session.compare_entry_ids(first, second)), ErrorCode::UNKNOWN_ENTRYID);
    }
    let nothing = EntryId::default();
    assert_eq!(code(session.compare_entry_ids(&one, &nothing)), ErrorCode::INVALID_ENTRYID);
    assert_eq!(code(session.compare_entry_ids(&nothing, &one)), ErrorCode::INVALID_ENTRYID);
}

#[test]
fn a_one_off_identifier_opens_as_a_mail_user_that_ends_with_the_session() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let id = one_off("Ann", "SMTP", "ann@example.org");
    let Opened::Object(user) = session.open_entry(&id, OpenFlags::BEST_ACCESS).unwrap() else {
        panic!("a mail user")
    };
    assert_eq!(world.script.count("ab logon"), 0, "no address book is asked");
    let same = session.open_address_book().unwrap().open_entry(&id, OpenFlags::NONE).unwrap();
    for user in [&user, &same] {
        assert_eq!(user.text(PR_EMAIL_ADDRESS).unwrap().as_deref(), Some("ann@example.org"));
        assert_eq!(user.value(PR_OBJECT_TYPE).unwrap(), Some(6.into()));
        assert_eq!(code(user.set(PR_DISPLAY_NAME, "Bob")), ErrorCode::NO_ACCESS);
    }
    assert_eq!(code(session.open_entry(&id, OpenFlags::MODIFY)), ErrorCode::NO_ACCESS);
    let cut = EntryId::from_bytes(&id.as_bytes()[..id.as_bytes().len() - 2]);
    assert_eq!(code(session.open_entry(&cut, OpenFlags::NONE)), ErrorCode::INVALID_ENTRYID);
    let compare = |other: &EntryId| session.compare_entry_ids(&id, other);
    assert!(compare(&one_off("Ann B.", "smtp", "ann@example.org")).unwrap(), "of one address");
    assert!(!compare(&one_off("Ann", "SMTP", "bob@example.org")).unwrap());
    assert_eq!(code(compare(&RecordingStore::message_id())), ErrorCode::UNKNOWN_ENTRYID);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(code(user.text(PR_DISPLAY_NAME)), ErrorCode::INVALID_OBJECT);
}

#[test]
fn lc_27_without_an_identity_there_is_one_all_the_same() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let identity = session.query_identity().unwrap();
    assert!(!identity.is_known, "MAPI_W_NO_SERVICE");
    assert!(!identity.entry_id.is_empty());
}

fn defaults(table: &Table) -> Vec<bool> {
    let rows = table.query_all_rows(&[PR_DEFAULT_STORE]).unwrap();
    rows.iter().map(|row| row.value(PR_DEFAULT_STORE).unwrap().as_boolean().unwrap()).collect()
}

fn flags(session: &Session) -> Vec<i32> {
    session.stores().unwrap().iter().map(|row| row.long(PR_RESOURCE_FLAGS).unwrap()).collect()
}

fn status_flags(session: &Session) -> Vec<i32> {
    let status = session.status().unwrap();
    let stores = status.iter().filter(|row| row.long(PR_RESOURCE_TYPE) == Some(33));
    stores.map(|row| row.long(PR_RESOURCE_FLAGS).unwrap()).collect()
}

/// Hears of the rows of a table that change, by their keys.
fn listen(table: &Table) -> Receiver<Vec<u8>> {
    let (tell, hear) = channel();
    let tell = Mutex::new(tell);
    let sink = move |events: &[Notification]| {
        for event in events {
            if let Notification::Table(TableEvent::RowModified { row, .. }) = event {
                let key = row.binary(PR_INSTANCE_KEY).unwrap().to_vec();
                tell.lock().unwrap().send(key).unwrap_or(());
            }
        }
    };
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    hear
}

#[test]
fn lc_28_another_store_becomes_the_default() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options()).unwrap();
    let ids = store_ids(&session);
    let open: Vec<_> =
        ids.iter().map(|id| session.open_msg_store(id, MdbFlags::BEST_ACCESS).unwrap()).collect();
    let stores = session.msg_stores_table().unwrap();
    let listening = [session.msg_stores_table().unwrap(), session.status_table().unwrap()];
    assert_eq!((defaults(&stores), status_flags(&session)), (vec![true, false], vec![0x2, 0]));
    let heard = listening.each_ref().map(listen);
    let second = store_ids(&session).remove(1);
    session.set_default_store(StoreRole::Default, Some(&second)).unwrap();
    assert_eq!(defaults(&stores), [false, true]);
    assert_eq!((flags(&session), status_flags(&session)), (vec![0, 0x2], vec![0, 0x2]));
    for hear in heard {
        let told = [hear.recv_timeout(LONG).unwrap(), hear.recv_timeout(LONG).unwrap()];
        let keys: Vec<_> = session
            .stores()
            .unwrap()
            .iter()
            .map(|row| row.binary(PR_INSTANCE_KEY).unwrap().to_vec())
            .collect();
        assert!(keys.iter().all(|key| told.contains(key)), "both rows are told");
    }
    // The spooler finishes with the old store and begins with the new one; to that it had a logon before as
    // well, since the second account's mail arrives there.
    let calls: Vec<_> = world.script.log().into_iter().filter(|call| call.starts_with("spooler")).collect();
    let expected = ["ms logon", "ms logon", "start", "stop", "ms logoff", "ms logon", "start"];
    assert_eq!(calls, expected.map(|call| format!("spooler {call}")));
    drop(open);
    session.logoff(LogoffFlags::NONE).unwrap();
    let session = Session::logon(world.options()).unwrap();
    assert_eq!(defaults(&session.msg_stores_table().unwrap()), [false, true]);
}

#[test]
fn roles_are_given_taken_and_kept_as_they_say() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let ids = store_ids(&session);
    let give = |role, store: usize| session.set_default_store(role, Some(&ids[store])).unwrap();
    give(StoreRole::Primary, 0);
    give(StoreRole::Secondary, 1);
    assert_eq!(flags(&session), [0x2 | 0x1000, 0x2000]);
    give(StoreRole::Primary, 1);
    assert_eq!(flags(&session), [0x2, 0x1000 | 0x2000]);
    give(StoreRole::SimplePermanent, 0);
    give(StoreRole::SimpleTemporary, 1);
    assert_eq!(flags(&session), [0x2, 0x8 | 0x1000 | 0x2000]);
    session.set_default_store(StoreRole::SimpleTemporary, None).unwrap();
    assert_eq!(flags(&session), [0x2, 0x1000 | 0x2000], "none, for this session");
    session.set_default_store(StoreRole::Secondary, None).unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
    let session = Session::logon(world.options().no_mail()).unwrap();
    assert_eq!(flags(&session), [0x2 | 0x8, 0x1000], "what was temporary is forgotten");
    let _second = session.open_msg_store(&ids[1], MdbFlags::NONE).unwrap();
    assert_eq!(status_flags(&session), [0x1000]);
    session.set_default_store(StoreRole::SimplePermanent, None).unwrap();
    assert_eq!(flags(&session), [0x2, 0x1000]);
    for (value, role) in [(1, StoreRole::Default), (3, StoreRole::SimplePermanent), (5, StoreRole::Secondary)]
    {
        assert_eq!(StoreRole::try_from(value).unwrap(), role);
    }
    for value in [0, 6, 0x8000_0001] {
        assert_eq!(code(StoreRole::try_from(value)), ErrorCode::UNKNOWN_FLAGS);
    }
}

#[test]
fn a_store_that_cannot_be_the_default_changes_nothing() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let second = store_ids(&session).remove(1);
    for lacks in [0x8, 0x10, 0x80] {
        world.script.lacks.store(lacks, Ordering::Relaxed);
        let refused = session.set_default_store(StoreRole::Default, Some(&second));
        assert_eq!(code(refused), ErrorCode::NO_SUPPORT, "{lacks:#x}");
    }
    let foreign = EntryId::new(Guid([1; 16]), b"x");
    assert_eq!(code(session.set_default_store(StoreRole::Primary, Some(&foreign))), ErrorCode::NOT_FOUND);
    assert_eq!(flags(&session), [0x2, 0]);
    session.set_default_store(StoreRole::Primary, Some(&second)).unwrap();
    assert_eq!(flags(&session), [0x2, 0x1000], "the other roles ask for nothing");
}

#[test]
fn lc_29_an_address_book_that_fails_is_left_out_and_said_so() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    (0..2).for_each(|_| world.script.fail("ab logon", ErrorCode::FAILONEPROVIDER));
    let book = session.open_address_book().unwrap();
    assert_eq!(book.warning().unwrap(), Some(Warning::ERRORS_RETURNED));
    assert!(book.containers().unwrap().is_empty());
    let told = session.last_error(Warning::ERRORS_RETURNED.as_u32()).unwrap().unwrap();
    assert_eq!(told.error.lines().count(), 2, "one for each: {}", told.error);
    assert_eq!(told.low_level_error, ErrorCode::FAILONEPROVIDER.as_u32());
    let again = session.open_address_book().unwrap();
    assert_eq!((again.warning().unwrap(), again.containers().unwrap().len()), (None, 2));
}

#[test]
fn lc_31_a_session_without_errors_has_nothing_to_say() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    assert_eq!(session.last_error(0).unwrap(), None);
    assert_eq!(session.last_error(ErrorCode::NOT_FOUND.as_u32()).unwrap(), None);
    let _store = session.open_default_store().unwrap();
    world.script.fail("open_entry", ErrorCode::NOT_FOUND);
    assert_eq!(code(session.open_entry(&RecordingStore::id(b"gone"), OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    let told = session.last_error(ErrorCode::NOT_FOUND.as_u32()).unwrap().unwrap();
    assert!(told.error.contains("as the test said") && told.component == "MS", "{told:?}");
    assert_eq!(session.last_error(ErrorCode::BUSY.as_u32()).unwrap(), None, "of another answer");
}

#[test]
fn address_types_are_those_of_the_transports_each_once() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    assert_eq!(session.enum_adr_types().unwrap(), ["SMTP", "FAX"]);
    world.script.fail("xp address_types", ErrorCode::CALL_FAILED);
    assert!(session.enum_adr_types().unwrap().is_empty());
    let without_mail = Session::logon(world.options().no_mail()).unwrap();
    assert!(without_mail.enum_adr_types().unwrap().is_empty());
    let message = session.open_default_store().unwrap().ipm_subtree().unwrap().create_message().unwrap();
    assert_eq!(code(session.message_options("SMTP", &message)), ErrorCode::NOT_FOUND);
    assert_eq!(code(session.query_default_message_opt("SMTP")), ErrorCode::NOT_FOUND);
}

#[test]
fn a_form_token_is_good_for_one_showing_in_its_session() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let other = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let message = store.ipm_subtree().unwrap().create_message().unwrap();
    let token = session.prepare_form(&message).unwrap();
    assert_ne!(token.0, 0);
    drop(message);
    assert!(world.script.released("ms object").len() <= 1, "the token holds the message");
    assert_eq!(code(session.show_form(token, FormFlags(0x4))), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(code(other.show_form(token, FormFlags::NONE)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(session.show_form(token, FormFlags::NEW_MESSAGE)), ErrorCode::NO_SUPPORT);
    assert_eq!(world.script.released("ms object").len(), 2, "folder and message are let go");
    assert_eq!(code(session.show_form(token, FormFlags::NONE)), ErrorCode::INVALID_PARAMETER, "used up");
    assert_eq!(code(session.show_form(FormToken(0), FormFlags::NONE)), ErrorCode::INVALID_PARAMETER);
    let message = store.open_message(&RecordingStore::message_id(), OpenFlags::NONE).unwrap();
    session.prepare_form(&message).unwrap();
    drop((message, store));
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(account.left_open[0].kind, "IMessage", "a message that waits for its form is open");
    assert_eq!(world.script.released("ms object").len(), 3, "and let go at the end");
}

#[test]
fn messages_that_wait_for_their_forms_are_bounded() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let message = session.open_default_store().unwrap().ipm_subtree().unwrap().create_message().unwrap();
    let tokens: Vec<_> = (0..1_024).map(|_| session.prepare_form(&message).unwrap()).collect();
    assert_eq!(code(session.prepare_form(&message)), ErrorCode::NOT_ENOUGH_RESOURCES);
    assert_eq!(code(session.show_form(tokens[7], FormFlags::POST_MESSAGE)), ErrorCode::NO_SUPPORT);
    session.prepare_form(&message).unwrap();
}

#[test]
fn mail_is_fetched_before_the_logon_returns_where_that_is_asked_for() {
    let world = World::new();
    let session = Session::logon(world.options().with(LogonFlags::FORCE_DOWNLOAD)).unwrap();
    assert_eq!(world.script.log().last().map(String::as_str), Some("spooler download"));
    session.logoff(LogoffFlags::NONE).unwrap();
    for (answer, flags) in [
        (ErrorCode::NO_SUPPORT, LogonFlags::FORCE_DOWNLOAD),
        (ErrorCode::NETWORK_ERROR, LogonFlags::FORCE_DOWNLOAD),
    ] {
        world.script.fail("spooler download", answer);
        Session::logon(world.options().with(flags)).unwrap();
    }
    assert_eq!(world.script.count("spooler download"), 3);
    Session::logon(world.options()).unwrap();
    Session::logon(world.options().no_mail().with(LogonFlags::FORCE_DOWNLOAD)).unwrap();
    assert_eq!(world.script.count("spooler download"), 3);
}

#[test]
fn who_waits_for_a_logon_to_return_is_woken_by_the_end_of_the_session() {
    // Whether the second thread waits already when the end begins is nobody's to say; soon it does.
    assert!((0..100).any(|_| woken_by_the_end() == ErrorCode::END_OF_SESSION));
}

fn woken_by_the_end() -> ErrorCode {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let (entered, go) = world.script.hold("ms logon");
    thread::scope(|scope| {
        let first = scope.spawn(|| session.open_default_store().map(drop));
        entered.recv().unwrap();
        let waiter = scope.spawn(|| session.open_default_store().map(drop));
        for _ in 0..100 {
            thread::yield_now();
        }
        let ender = scope.spawn(|| session.logoff(LogoffFlags::NONE).unwrap());
        let woken = code(waiter.join().unwrap());
        assert!([ErrorCode::END_OF_SESSION, ErrorCode::INVALID_OBJECT].contains(&woken), "{woken}");
        assert!(!first.is_finished() && !ender.is_finished(), "it was woken, not served");
        go.send(()).unwrap();
        first.join().unwrap().ok();
        ender.join().unwrap();
        woken
    })
}
