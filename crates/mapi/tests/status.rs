//! The status table and the objects behind its rows; how a store's row and identifiers come and go.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::{
    ErrorCode, FlushFlags, LogoffFlags, MdbFlags, Object, OpenFlags, Opened, Result, Session, ValidateFlags,
};
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_ENTRYID, PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_RESOURCE_FLAGS, PR_RESOURCE_METHODS,
    PR_RESOURCE_TYPE, PR_ROWID, PR_STATUS_CODE, PR_STATUS_STRING,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Guid};
use mapi_spi::spooler::QueueState;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn columns(pairs: &[(PropTag, &str)]) -> PropList {
    let mut columns = PropList::new();
    pairs.iter().for_each(|(tag, text)| drop(columns.set(*tag, *text)));
    columns
}

fn row_of(session: &Session, kind: i32) -> Option<Row> {
    session.status().unwrap().into_iter().find(|row| row.long(PR_RESOURCE_TYPE) == Some(kind))
}

fn id_of(session: &Session, kind: i32) -> EntryId {
    EntryId::from_bytes(row_of(session, kind).unwrap().binary(PR_ENTRYID).unwrap())
}

/// What a sink of the status table hears.
fn heard(session: &Session) -> (mapi::Table, Receiver<TableEvent>) {
    let (told, hear) = channel();
    let sink = move |events: &[Notification]| {
        for event in events {
            if let Notification::Table(event) = event {
                told.send(event.clone()).unwrap_or(());
            }
        }
    };
    let table = session.status_table().unwrap();
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    (table, hear)
}

#[test]
fn lc_77_every_row_has_its_columns() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    session.open_address_book().unwrap();
    let rows = session.status_table().unwrap().query_all_rows(&[
        PR_DISPLAY_NAME,
        PR_STATUS_CODE,
        PR_RESOURCE_METHODS,
        PR_RESOURCE_FLAGS,
        PR_RESOURCE_TYPE,
        PR_ENTRYID,
        PR_INSTANCE_KEY,
        PR_ROWID,
        PR_OBJECT_TYPE,
    ]);
    let rows = rows.unwrap();
    let mut kinds: Vec<i32> = rows.iter().map(|row| row.long(PR_RESOURCE_TYPE).unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [33, 34, 35, 36, 37, 39]);
    for row in &rows {
        assert!(row.text(PR_DISPLAY_NAME).is_some_and(|name| !name.is_empty()), "{row:?}");
        for tag in [PR_STATUS_CODE, PR_RESOURCE_METHODS, PR_RESOURCE_FLAGS, PR_ROWID] {
            assert!(row.long(tag).is_some(), "{tag} of {row:?}");
        }
        assert_eq!(row.long(PR_OBJECT_TYPE), Some(10));
        assert!(row.binary(PR_ENTRYID).is_some() && row.binary(PR_INSTANCE_KEY).is_some());
    }
    assert_eq!(row_of(&session, 39).unwrap().text(PR_DISPLAY_NAME), Some("P"), "the profile's name");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_60_an_update_of_a_row_is_told_and_leaves_the_other_columns() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let support = world.script.support("xp");
    let all = columns(&[(PR_DISPLAY_NAME, "Line one"), (PR_STATUS_STRING, "ready")]);
    support.modify_status_row(all).unwrap();
    let before = row_of(&session, 36).unwrap();
    let (_table, hear) = heard(&session);
    support.update_status_row(columns(&[(PR_STATUS_STRING, "sending")])).unwrap();
    let TableEvent::RowModified { row, .. } = hear.recv_timeout(LONG).unwrap() else {
        panic!("another event")
    };
    assert_eq!(row.binary(PR_INSTANCE_KEY), before.binary(PR_INSTANCE_KEY));
    let after = row_of(&session, 36).unwrap();
    assert_eq!(after.text(PR_STATUS_STRING), Some("sending"));
    let others =
        |row: &Row| row.props.iter().filter(|prop| prop.tag != PR_STATUS_STRING).cloned().collect::<Vec<_>>();
    assert_eq!(others(&after), others(&before));

    // Without the flag the row is what is told now, beside what MAPI itself knows.
    support.modify_status_row(columns(&[(PR_STATUS_STRING, "alone")])).unwrap();
    let replaced = row_of(&session, 36).unwrap();
    assert_eq!(replaced.text(PR_DISPLAY_NAME), Some("Test transport"), "MAPI's own name for it");
    // No columns at all take the row away; an update brings it back.
    support.modify_status_row(PropList::new()).unwrap();
    assert_eq!(row_of(&session, 36), None);
    support.update_status_row(columns(&[(PR_STATUS_STRING, "back")])).unwrap();
    assert_eq!(row_of(&session, 36).unwrap().text(PR_STATUS_STRING), Some("back"));
    // What is MAPI's to say stays MAPI's.
    let mut foreign = PropList::new();
    foreign.set(PR_RESOURCE_TYPE, 39);
    support.update_status_row(foreign).unwrap();
    assert!(row_of(&session, 36).is_some());
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(code(support.update_status_row(PropList::new())), ErrorCode::INVALID_OBJECT);
}

#[test]
fn lc_47_a_store_that_is_let_go_loses_identifiers_and_row_before_its_logon() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let support = world.script.support("ms");
    let uid = Guid([0x77; 16]);
    let of_uid = EntryId::new(uid, b"folder");
    assert_eq!(code(session.open_entry(&of_uid, OpenFlags::NONE)), ErrorCode::UNKNOWN_ENTRYID);
    support.set_provider_uid(uid).unwrap();
    support.set_provider_uid(uid).unwrap();
    assert!(matches!(session.open_entry(&of_uid, OpenFlags::NONE).unwrap(), Opened::Folder(_)));
    support.modify_status_row(columns(&[(PR_DISPLAY_NAME, "The second store")])).unwrap();
    let (table, hear) = heard(&session);
    let key = row_of(&session, 33).unwrap().binary(PR_INSTANCE_KEY).unwrap().to_vec();
    let (entered, go) = world.script.hold("ms logoff");
    let release = thread::spawn(move || drop(store));
    entered.recv_timeout(LONG).unwrap();
    // The logon is being ended, and by now the row and the identifiers have gone.
    assert_eq!(row_of(&session, 33), None);
    let Ok(TableEvent::RowDeleted { index }) = hear.recv_timeout(LONG) else { panic!("not told") };
    assert_eq!(index, key);
    assert_eq!(code(session.open_entry(&of_uid, OpenFlags::NONE)), ErrorCode::UNKNOWN_ENTRYID);
    assert_eq!(world.script.count("ms logoff"), 1);
    go.send(()).unwrap();
    release.join().unwrap();
    drop(table);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(world.script.count("ms logoff"), 1, "not once more at the end of the session");
    let xp = World::new();
    let session = Session::logon(xp.options()).unwrap();
    assert_eq!(code(xp.script.support("xp").set_provider_uid(uid)), ErrorCode::NO_SUPPORT);
    assert_eq!(code(xp.script.support("xp").store_logoff_transports(8)), ErrorCode::NO_SUPPORT);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_50_a_second_open_shares_the_logon() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let id = EntryId::from_bytes(session.stores().unwrap()[0].binary(PR_ENTRYID).unwrap());
    let first = session.open_msg_store(&id, MdbFlags::WRITE).unwrap();
    let second = session.open_msg_store(&id, MdbFlags::WRITE).unwrap();
    assert_eq!(world.script.count("ms logon"), 1);
    let stores = session.status().unwrap();
    let of_store = |row: &&Row| row.long(PR_RESOURCE_TYPE) == Some(33);
    assert_eq!(stores.iter().filter(of_store).count(), 1);
    drop(first);
    assert_eq!(second.text(PR_DISPLAY_NAME).unwrap().as_deref(), Some("The store"));
    assert_eq!(world.script.count("ms logoff"), 0);
    drop(second);
    assert_eq!(world.script.count("ms logoff"), 1);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((world.script.count("ms logoff"), world.script.count("ms shutdown")), (1, 1));
}

#[test]
fn mapis_own_status_objects_do_what_their_rows_say() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    for (kind, name, flushes) in
        [(39, "P", false), (37, "MAPI Spooler", true), (34, "MAPI Address Book", false)]
    {
        let Opened::Status(object) = session.open_entry(&id_of(&session, kind), OpenFlags::NONE).unwrap()
        else {
            panic!("another object")
        };
        assert_eq!(object.text(PR_DISPLAY_NAME).unwrap().as_deref(), Some(name));
        assert_eq!(object.long(PR_OBJECT_TYPE).unwrap(), Some(10));
        let methods = object.long(PR_RESOURCE_METHODS).unwrap().unwrap();
        assert_eq!(methods, if flushes { 0x9 } else { 0x1 });
        object.validate_state(ValidateFlags::SUPPRESS_UI).unwrap();
        assert_eq!(code(object.validate_state(ValidateFlags(0x2))), ErrorCode::UNKNOWN_FLAGS);
        assert_eq!(code(object.settings_dialog(0)), ErrorCode::NO_SUPPORT);
        assert_eq!(code(object.change_password("a", "b")), ErrorCode::NO_SUPPORT);
        assert_eq!(code(object.flush_queues(FlushFlags(0x40))), ErrorCode::UNKNOWN_FLAGS);
        if !flushes {
            assert_eq!(code(object.flush_queues(FlushFlags::UPLOAD)), ErrorCode::NO_SUPPORT);
        }
    }
    let spooler = session.spooler_status().unwrap();
    spooler.flush_queues(FlushFlags::DOWNLOAD).unwrap();
    assert_eq!(world.script.count("spooler flush"), 0, "that was the other direction");
    world.script.clear();
    spooler.flush_queues(FlushFlags::UPLOAD | FlushFlags::ASYNC_OK).unwrap();
    spooler.validate_state(ValidateFlags::CONFIG_CHANGED).unwrap();
    assert_eq!(world.script.log(), ["spooler wake", "spooler wake"]);
    assert_eq!(code(session.open_status_object(&RecordingStore::folder_id())), ErrorCode::UNKNOWN_ENTRYID);
    let transport = id_of(&session, 36);
    assert_eq!(code(session.open_status_object(&transport)), ErrorCode::NO_SUPPORT, "it has no such object");
    world.script.support("xp").modify_status_row(PropList::new()).unwrap();
    assert_eq!(code(session.open_entry(&transport, OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(code(spooler.flush_queues(FlushFlags::UPLOAD)), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(spooler.text(PR_DISPLAY_NAME)), ErrorCode::INVALID_OBJECT);
}

#[test]
fn a_flush_that_waits_is_ended_by_the_logoff() {
    let world = World::new();
    world.spooler.set_queue(QueueState { queued: 1, ..QueueState::default() });
    let session = Session::logon(world.options()).unwrap();
    let spooler = session.spooler_status().unwrap();
    let flush = thread::spawn(move || spooler.flush_queues(FlushFlags::UPLOAD | FlushFlags::NO_UI));
    world.script.wait_for("spooler flush");
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(code(flush.join().unwrap()), ErrorCode::END_OF_SESSION);
}

#[test]
fn a_session_without_mail_has_nothing_to_flush() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    assert_eq!(row_of(&session, 37).unwrap().long(PR_STATUS_CODE), Some(4), "STATUS_FAILURE");
    let spooler = session.spooler_status().unwrap();
    assert_eq!(code(spooler.flush_queues(FlushFlags::UPLOAD)), ErrorCode::NO_SUPPORT);
    spooler.validate_state(ValidateFlags::NONE).unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
}
