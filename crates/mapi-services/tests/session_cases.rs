//! Cases of sessions that need a store of its own kind: reading alone, and another default.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{
    ErrorCode, FolderFlags, Home, LogoffFlags, LogonOptions, Mapi, MdbFlags, NewService, Object, OpenFlags,
    ProfAdmin, Result, Session, StoreRole,
};
use mapi_defs::EntryId;
use mapi_defs::prop::tags::{PR_COMMENT, PR_DEFAULT_STORE, PR_ENTRYID, PR_STORE_SUPPORT_MASK, PR_SUBJECT};
use mapi_defs::row::Row;
use mapi_spi::progress::NoProgress;

/// STORE_MODIFY_OK and STORE_CREATE_OK.
const MODIFY_AND_CREATE: i32 = 0x8 | 0x10;

struct Ready {
    home: Home,
    // Dropped before the folder.
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

fn ready(services: &[NewService]) -> Ready {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", services).unwrap();
    Ready { home, _mapi: mapi, _folder: folder }
}

fn logon(ready: &Ready) -> Session {
    Session::logon(LogonOptions::profile("P").home(&ready.home).no_mail()).unwrap()
}

fn id_of(row: &Row) -> EntryId {
    EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap())
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

#[test]
fn lc_23_a_store_that_is_opened_for_reading_refuses_every_change() {
    let ready = ready(&mapi_services::default_services());
    let session = logon(&ready);
    let id = id_of(&session.stores().unwrap()[0]);
    let (message_id, folder_id) = {
        let store = session.open_msg_store(&id, MdbFlags::WRITE).unwrap();
        let mask = store.long(PR_STORE_SUPPORT_MASK).unwrap().unwrap();
        assert_eq!(mask & MODIFY_AND_CREATE, MODIFY_AND_CREATE);
        let message = store.inbox().unwrap().create_message().unwrap();
        message.set(PR_SUBJECT, "kept").unwrap();
        message.save(mapi::SaveFlags::KEEP_OPEN_READONLY).unwrap();
        let folder = store.root_folder().unwrap().create_folder("Mine", FolderFlags::NONE).unwrap();
        let id = |object: Option<Vec<u8>>| EntryId::from_bytes(object.unwrap());
        (id(message.binary(PR_ENTRYID).unwrap()), id(folder.binary(PR_ENTRYID).unwrap()))
    };
    let store = session.open_msg_store(&id, MdbFlags::NONE).unwrap();
    let mask = store.long(PR_STORE_SUPPORT_MASK).unwrap().unwrap();
    assert_eq!(mask & MODIFY_AND_CREATE, 0);
    let no_access = ErrorCode::NO_ACCESS;
    assert_eq!(code(store.open_message(&message_id, OpenFlags::MODIFY)), no_access);
    assert_eq!(code(store.set(PR_COMMENT, "x")), no_access);
    let root = store.root_folder().unwrap();
    assert_eq!(code(root.create_message()), no_access);
    assert_eq!(code(root.create_folder("Another", FolderFlags::NONE)), no_access);
    assert_eq!(code(root.delete_folder(&folder_id, FolderFlags::NONE)), no_access);
    let inbox = store.inbox().unwrap();
    let ids = [message_id];
    assert_eq!(code(inbox.delete_messages(&ids, FolderFlags::NONE)), no_access);
    assert_eq!(code(inbox.copy_messages(&ids, &root, FolderFlags::NONE, &NoProgress)), no_access);
    assert_eq!(code(inbox.set_message_status(&ids[0], 1, 1)), no_access);
    let message = store.open_message(&ids[0], OpenFlags::BEST_ACCESS).unwrap();
    assert_eq!(message.text(PR_SUBJECT).unwrap().as_deref(), Some("kept"));
    assert_eq!(code(message.set(PR_SUBJECT, "changed")), no_access);
}

#[test]
fn lc_28_another_default_store_is_kept_in_the_profile() {
    let services = [NewService::named(mapi_services::STORE), NewService::named(mapi_services::STORE)];
    let ready = ready(&services);
    let session = logon(&ready);
    let second = id_of(&session.stores().unwrap()[1]);
    session.set_default_store(StoreRole::Default, Some(&second)).unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
    let session = logon(&ready);
    let rows = session.stores().unwrap();
    let defaults: Vec<_> =
        rows.iter().map(|row| row.value(PR_DEFAULT_STORE).and_then(|value| value.as_boolean())).collect();
    assert_eq!(defaults, [Some(false), Some(true)]);
}
