//! How providers take their leave: in which order, how often, and what they can still do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{Script, World, registration};
use mapi::provider::register;
use mapi::{
    Account, EntryId, ErrorCode, LogoffFlags, LogonOptions, MdbFlags, NewService, Object, ProfAdmin, Result,
    Session,
};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_SUBJECT};
use mapi_defs::row::Row;
use mapi_spi::spooler::QueueState;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

fn logoff(session: &Session) -> Account {
    session.logoff(LogoffFlags::NONE).unwrap()
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
fn lc_35_a_store_is_logged_off_then_released_then_its_provider_shut_down_and_released() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    let book = session.open_address_book().unwrap();
    let container = book.containers().unwrap().remove(0);
    logoff(&session);
    for kind in ["ms", "ab", "xp"] {
        let released = world.script.released(&format!("{kind} logon"));
        assert_eq!(released.len(), 1, "{kind}");
        assert!(released.iter().all(|length| *length > world.script.position(&format!("{kind} logoff"))));
        let shutdown = world.script.position(&format!("{kind} shutdown"));
        assert!(released.iter().all(|length| *length <= shutdown), "{kind}: {released:?}, {shutdown}");
        let provider = world.script.released(&format!("{kind} provider"));
        assert_eq!(provider.len(), 1, "{kind}");
        assert!(provider[0] > shutdown, "{kind}");
        assert_eq!(world.script.count(&format!("{kind} logoff")), 1);
        assert_eq!(world.script.count(&format!("{kind} shutdown")), 1);
    }
    drop((store, folder, book, container));
    assert_eq!(world.script.released("ms store").len(), 2, "nothing of the providers is left");
    assert_eq!((world.script.released("ms object").len(), world.script.released("ab object").len()), (1, 1));
}

#[test]
fn lc_36_the_shutdown_waits_for_all_logons() {
    let world = World::with_stores(2);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let stores: Vec<_> = session
        .stores()
        .unwrap()
        .iter()
        .map(|row| session.open_msg_store(&id_of(row), MdbFlags::WRITE).unwrap())
        .collect();
    assert_eq!(stores.len(), 2);
    logoff(&session);
    let log = world.script.log();
    let last_logoff = log.iter().rposition(|call| call == "ms logoff").unwrap();
    assert!(last_logoff < world.script.position("ms shutdown"));
    assert_eq!((world.script.count("ms logoff"), world.script.count("ms shutdown")), (2, 1));
    assert!(
        world
            .script
            .released("ms logon")
            .iter()
            .all(|length| *length <= world.script.position("ms shutdown"))
    );
}

#[test]
fn a_provider_that_is_late_keeps_no_other_of_its_kind_from_its_shutdown() {
    let world = World::new();
    let other = Arc::new(Script::default());
    other.store_name.set("Other").unwrap();
    register("OTHER", registration(&other));
    let services = [NewService::named(&world.service), NewService::named("OTHER")];
    ProfAdmin::new(&world.home).unwrap().create_profile("Two", &services).unwrap();
    let options = LogonOptions::profile("Two").home(&world.home).no_mail();
    let session = Session::logon(options.patience(Duration::from_millis(40))).unwrap();
    let open = |row: &Row| session.open_msg_store(&id_of(row), MdbFlags::WRITE).unwrap();
    let _stores: Vec<_> = session.stores().unwrap().iter().map(open).collect();
    let (entered, go) = world.script.hold("ms logoff");
    logoff(&session);
    entered.recv().unwrap();
    assert_eq!((world.script.count("ms shutdown"), other.count("ms shutdown")), (0, 1));
    go.send(()).unwrap();
}

#[test]
fn a_provider_that_hangs_in_its_shutdown_is_named_as_well() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail().patience(Duration::from_millis(40))).unwrap();
    let _store = session.open_default_store().unwrap();
    let (entered, go) = world.script.hold("ms shutdown");
    let account = logoff(&session);
    entered.recv().unwrap();
    let words: Vec<_> = account.providers.iter().map(|end| (end.kind, end.word())).collect();
    assert_eq!(words, [("store", "S_OK".to_owned()), ("store", "MAPI_E_TIMEOUT".to_owned())]);
    go.send(()).unwrap();
}

/// A provider whose objects hang when they are let go.
#[test]
fn a_provider_that_hangs_in_its_release_does_not_hold_the_logoff() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail().patience(Duration::from_millis(40))).unwrap();
    let _store = session.open_default_store().unwrap();
    let (entered, go) = world.script.hold("ms logon released");
    let account = logoff(&session);
    entered.recv().unwrap();
    let late = account.providers.iter().find(|end| end.result.is_err()).unwrap();
    assert_eq!((late.kind, late.word().as_str()), ("store", "MAPI_E_TIMEOUT"));
    assert_eq!(world.script.count("ms shutdown"), 0);
    go.send(()).unwrap();
}

#[test]
fn lc_17_providers_begin_and_end_in_order_each_once() {
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
        "spooler stop",
        "xp EndOutbound",
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
fn providers_that_fail_do_not_fail_the_logoff() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let _store = session.open_default_store().unwrap();
    world.script.fail("ms logoff", ErrorCode::DISK_ERROR);
    world.script.fail("xp EndOutbound", ErrorCode::NO_SUPPORT);
    world.script.fail("xp shutdown", ErrorCode::CALL_FAILED);
    world.script.fail("spooler stop", ErrorCode::BUSY);
    let account = logoff(&session);
    let words: Vec<_> = account.providers.iter().map(|end| (end.kind, end.word())).collect();
    let expected = [
        ("spooler", "MAPI_E_TIMEOUT"),
        ("store", "S_OK"),
        ("store", "MAPI_E_DISK_ERROR"),
        ("transport", "S_OK"),
        ("transport", "MAPI_E_CALL_FAILED"),
    ];
    assert_eq!(words, expected.map(|(kind, word)| (kind, word.to_owned())));
    assert_eq!(world.script.count("ms shutdown"), 1);
    assert_eq!(world.script.count("xp EndOutbound"), 1, "told by the session where the spooler is late");
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
