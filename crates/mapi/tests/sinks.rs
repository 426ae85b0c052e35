//! Sinks and the end of a session: who is told, who may end it, and who is let go.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{Account, ErrorCode, LogoffFlags, Object, Result, SaveFlags, Session};
use mapi_defs::EntryId;
use mapi_defs::notification::{EventMask, Notification};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
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
fn lc_39_the_session_s_own_sinks_learn_of_its_end_once_and_are_let_go() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let advise = |mask| {
        let heard = heard.clone();
        let sink = move |events: &[Notification]| heard.lock().unwrap().extend_from_slice(events);
        session.advise(mask, Arc::new(sink)).unwrap()
    };
    advise(EventMask::EXTENDED);
    advise(EventMask::NEW_MAIL);
    let account = logoff(&session);
    assert_eq!(account.advises_cancelled, 2);
    // A critical error is for the other members of a shared session alone.
    let extended = Notification::Extended { event: 0, parameters: Vec::new() };
    assert_eq!(*heard.lock().unwrap(), [extended]);
    assert_eq!(Arc::strong_count(&heard), 1, "no sink is held any more");
    assert_eq!(code(session.logoff(LogoffFlags::NONE)), ErrorCode::INVALID_OBJECT);
    assert_eq!(heard.lock().unwrap().len(), 1, "and none is told again");
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
fn a_sink_logs_off_while_another_thread_ends_its_advise() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let (running, is_running) = channel();
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let (tell, hear) = channel();
    let sink = {
        let session = session.clone();
        move |_: &[Notification]| {
            running.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            tell.send(session.logoff(LogoffFlags::NONE)).unwrap();
        }
    };
    let connection = store.advise(&EntryId::default(), EventMask::EXTENDED, Arc::new(sink)).unwrap();
    store.save(SaveFlags::NONE).unwrap();
    is_running.recv().unwrap();
    store.unadvise(connection).expect("it does not wait for the sink");
    go.send(()).unwrap();
    let account = hear.recv_timeout(LONG).unwrap().unwrap();
    assert!(account.took < Duration::from_secs(5), "{account}");
    assert_eq!(account.advises_cancelled, 0);
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
fn advises_on_a_store_end_with_the_store() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let held = Arc::new(());
    let sink = {
        let held = held.clone();
        move |_: &[Notification]| assert_eq!(*held, ())
    };
    store.advise(&EntryId::default(), EventMask::NEW_MAIL, Arc::new(sink)).unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    drop(store);
    assert_eq!(Arc::strong_count(&held), 1, "the sink is let go with the store");
    assert_eq!(logoff(&session).advises_cancelled, 0);
}

/// Fault S3 of reliability.md: a client that takes and never gives back.
#[test]
fn a_client_that_never_lets_go_is_bounded_and_slows_no_other_session() {
    let world = World::new();
    let greedy = Session::logon(world.options().no_mail()).unwrap();
    let other = Session::logon(world.options().no_mail()).unwrap();
    let store = other.open_default_store().unwrap();
    // The quickest of many rounds: a machine that does something else at one moment does not at each.
    let quickest = || {
        let round = || {
            let began = Instant::now();
            (0..50).for_each(|_| drop(store.ipm_subtree().unwrap()));
            began.elapsed()
        };
        (0..100).map(|_| round()).min().unwrap()
    };
    let before = quickest();
    world.script.forget();
    let folder = greedy.open_default_store().unwrap().ipm_subtree().unwrap();
    let held: Vec<_> = (0..50_000).map(|_| folder.create_message().unwrap()).collect();
    let sink = |_: &[Notification]| {};
    let advise = |session: &Session| session.advise(EventMask::EXTENDED, Arc::new(sink));
    let refused = (0..100_000).find_map(|count| advise(&greedy).err().map(|error| (count, error.code())));
    assert_eq!(refused, Some((4_096, ErrorCode::NOT_ENOUGH_RESOURCES)));
    advise(&other).unwrap();
    world.script.forget();
    let beside = quickest();
    println!("figure: calls of another session = {before:.1?} before, {beside:.1?} beside {}", held.len());
    assert!(beside < 2 * before, "{before:?} before, {beside:?} beside");
    let account = logoff(&greedy);
    assert_eq!((account.advises_cancelled, account.left_open_count), (4_096, held.len() as u64 + 1));
}
