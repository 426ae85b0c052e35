//! Who is told of what, on which thread and in which order: sinks of clients, and what providers notify
//! through their support objects. The cases lc_55 and on are in the crate and here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::notify::{dispatch_notifications, this_thread_sink};
use mapi::{ErrorCode, FolderFlags, LogoffFlags, Object, OpenFlags, Result, SaveFlags, Session};
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::tags::{PR_ENTRYID, PR_INSTANCE_KEY};
use mapi_defs::prop::{Prop, PropList, tags};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Guid};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::progress::Progress;
use mapi_spi::support::Told;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const WHOLE: EventMask = EventMask::EXTENDED;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn extended(event: u32) -> Notification {
    Notification::Extended { event, parameters: Vec::new() }
}

/// What a sink was told, and on which thread.
type Heard = Receiver<(ThreadId, Vec<Notification>)>;

/// A sink that hands on what it is told, and where.
fn telling() -> (Arc<dyn AdviseSink>, Heard) {
    let (told, hear) = channel();
    let sink = move |events: &[Notification]| {
        // Nobody listens any more at the end of a test.
        told.send((thread::current().id(), events.to_vec())).unwrap_or(());
    };
    (Arc::new(sink), hear)
}

fn next(hear: &Heard) -> Vec<Notification> {
    hear.recv_timeout(LONG).expect("the sink is told").1
}

#[test]
fn lc_56_unadvise_lets_the_sink_go() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let held = Arc::new(());
    let sink = {
        let held = held.clone();
        Arc::new(move |_: &[Notification]| assert_eq!(*held, ()))
    };
    let connection = session.advise(WHOLE, sink).unwrap();
    assert_ne!(connection.0, 0);
    assert_eq!(Arc::strong_count(&held), 2, "the session holds the sink");
    session.unadvise(connection).unwrap();
    assert_eq!(Arc::strong_count(&held), 1, "and has let it go");
    assert_eq!(code(session.unadvise(connection)), ErrorCode::NOT_FOUND);
}

/// Does something once, from within a call that copies messages.
struct Within<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send> Progress for Within<F> {
    fn progress(&self, _done: u64, _total: u64) -> bool {
        let work = self.0.lock().unwrap().take();
        work.into_iter().for_each(|work| work());
        true
    }
}

#[test]
fn lc_57_a_sink_is_told_after_the_call_that_caused_the_event() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let folder = session.open_default_store().unwrap().ipm_subtree().unwrap();
    let support = world.script.support("ms");
    let ((late, hear_late), (other, hear_other)) = (telling(), telling());
    support.subscribe(b"folder", WHOLE, Told::Later, late).unwrap();
    support.subscribe(b"other", WHOLE, Told::Later, other).unwrap();
    let (hear_late, hear_other) = (Mutex::new(hear_late), Mutex::new(hear_other));
    let notifies = || {
        support.notify(b"folder", &[extended(1)]).unwrap();
        // Sinks are told one after the other: what another thread notifies later is told already.
        thread::scope(|scope| {
            scope.spawn(|| support.notify(b"other", &[extended(2)]).unwrap());
        });
        assert_eq!(next(&hear_other.lock().unwrap()), [extended(2)]);
        assert!(hear_late.lock().unwrap().try_recv().is_err(), "the call is still running");
    };
    let ids = [RecordingStore::message_id()];
    let within = Within(Mutex::new(Some(notifies)));
    folder.copy_messages(&ids, &folder, FolderFlags::NONE, &within).unwrap();
    assert_eq!(next(&hear_late.lock().unwrap()), [extended(1)]);
}

#[test]
fn lc_58_an_unknown_subscription_is_not_found() {
    let world = World::new();
    let _session = Session::logon(world.options()).unwrap();
    let support = world.script.support("xp");
    assert_eq!(code(support.unsubscribe(Connection(0xDEAD))), ErrorCode::NOT_FOUND);
    let connection = support.subscribe(b"key", WHOLE, Told::Later, telling().0).unwrap();
    support.unsubscribe(connection).unwrap();
    assert_eq!(code(support.unsubscribe(connection)), ErrorCode::NOT_FOUND);
}

#[test]
fn lc_59_a_sink_bound_to_a_thread_is_told_there_and_when_it_calls() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let ((bound, hear_bound), (free, hear_free)) = (telling(), telling());
    store.advise(&EntryId::default(), WHOLE, this_thread_sink(bound)).unwrap();
    store.advise(&EntryId::default(), WHOLE, free).unwrap();
    let elsewhere = || {
        thread::scope(|scope| {
            scope.spawn(|| store.save(SaveFlags::NONE).unwrap());
        });
        assert_eq!(next(&hear_free), [extended(7)], "an unbound sink is told");
        assert!(hear_bound.try_recv().is_err(), "a bound one not before its thread calls");
    };
    let here = || {
        let (thread, events) = hear_bound.try_recv().expect("told within the call");
        assert_eq!((thread, events), (thread::current().id(), vec![extended(7)]));
    };
    elsewhere();
    store.props(Some(&[PR_ENTRYID])).unwrap();
    here();
    elsewhere();
    session.status().unwrap();
    here();
    elsewhere();
    dispatch_notifications().unwrap();
    here();
    assert!(hear_bound.try_recv().is_err(), "each event once");
}

#[test]
fn a_sink_bound_to_a_thread_may_log_off_before_the_call_that_tells_it() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let (ended, hear) = channel();
    let sink = {
        let session = session.clone();
        move |_: &[Notification]| ended.send(session.logoff(LogoffFlags::NONE).unwrap()).unwrap()
    };
    store.advise(&EntryId::default(), WHOLE, this_thread_sink(Arc::new(sink))).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| store.save(SaveFlags::NONE).unwrap());
    });
    assert_eq!(code(store.props(None)), ErrorCode::INVALID_OBJECT);
    assert_eq!(hear.try_recv().unwrap().advises_cancelled, 1);
}

#[test]
fn lc_61_a_batch_is_told_in_its_order() {
    let world = World::new();
    let _session = Session::logon(world.options()).unwrap();
    let support = world.script.support("xp");
    let row = |key: &[u8]| Row { props: vec![Prop::new(PR_INSTANCE_KEY, key.to_vec())] };
    let batch = [
        Notification::Table(TableEvent::RowAdded { index: b"k1".to_vec(), prior: None, row: row(b"k1") }),
        Notification::Table(TableEvent::RowAdded {
            index: b"k2".to_vec(),
            prior: Some(b"k1".to_vec()),
            row: row(b"k2"),
        }),
        Notification::Table(TableEvent::RowModified { index: b"k1".to_vec(), prior: None, row: row(b"k1") }),
    ];
    let ((one, hear_one), (two, hear_two)) = (telling(), telling());
    support.subscribe(b"table", EventMask::TABLE_MODIFIED, Told::Later, one).unwrap();
    support.subscribe(b"table", EventMask::TABLE_MODIFIED | WHOLE, Told::Later, two).unwrap();
    assert!(!support.notify(b"table", &batch).unwrap());
    support.notify(b"table", &[extended(1)]).unwrap();
    let mut told = Vec::new();
    while told.len() < batch.len() + 1 {
        told.extend(next(&hear_two));
    }
    assert_eq!(told[..3], batch, "every subscriber of the key");
    assert_eq!(told[3], extended(1));
    assert_eq!(next(&hear_one), batch, "and nothing that the mask does not ask for");
    assert!(hear_one.try_recv().is_err());
}

/// A provider's own sink: told within the call, and perhaps the last.
struct Own<'a> {
    name: &'static str,
    last: bool,
    log: &'a Mutex<Vec<&'static str>>,
}

impl AdviseSink for Own<'_> {
    fn on_notify(&self, _: &[Notification]) {}

    fn on_sync_notify(&self, _: &[Notification]) -> ControlFlow<()> {
        self.log.lock().unwrap().push(self.name);
        if self.last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn a_sink_told_within_the_call_may_be_the_last() {
    static LOG: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let world = World::new();
    let _session = Session::logon(world.options()).unwrap();
    let support = world.script.support("xp");
    let own = |name, last| Arc::new(Own { name, last, log: &LOG });
    support.subscribe(b"own", WHOLE, Told::Within, own("first", false)).unwrap();
    assert!(!support.notify(b"own", &[extended(1)]).unwrap());
    support.subscribe(b"own", WHOLE, Told::Within, own("last", true)).unwrap();
    support.subscribe(b"own", WHOLE, Told::Within, own("never", false)).unwrap();
    assert!(support.notify(b"own", &[extended(1)]).unwrap(), "NOTIFY_CANCELED");
    assert_eq!(*LOG.lock().unwrap(), ["first", "first", "last"]);
    let nested = {
        let support = Arc::downgrade(&support);
        move |_: &[Notification]| {
            let support = support.upgrade().unwrap();
            assert_eq!(code(support.notify(b"own", &[extended(1)])), ErrorCode::BUSY);
        }
    };
    support.subscribe(b"nested", WHOLE, Told::Within, Arc::new(nested)).unwrap();
    assert!(!support.notify(b"nested", &[extended(1)]).unwrap());
    let bound = this_thread_sink(telling().0);
    let refused = support.subscribe(b"own", WHOLE, Told::Within, bound);
    assert_eq!(code(refused), ErrorCode::INVALID_PARAMETER);
}

#[test]
fn what_cannot_be_subscribed_or_notified_is_refused() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let support = world.script.support("xp");
    let subscribe = |key: &[u8], mask| support.subscribe(key, mask, Told::Later, telling().0);
    assert_eq!(code(subscribe(b"", WHOLE)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(subscribe(b"k", EventMask::STATUS_OBJECT_MODIFIED)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(support.notify(b"", &[extended(1)])), ErrorCode::INVALID_PARAMETER);
    let own = Notification::Object { event: EventMask::STATUS_OBJECT_MODIFIED, object: Default::default() };
    assert_eq!(code(support.notify(b"k", &[own])), ErrorCode::INVALID_PARAMETER);
    support.notify(b"k", &[extended(1)]).expect("nobody has to listen");
    let held = Arc::new(());
    let sink = {
        let held = held.clone();
        Arc::new(move |_: &[Notification]| assert_eq!(*held, ()))
    };
    support.subscribe(b"k", WHOLE, Told::Within, sink).unwrap();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(account.advises_cancelled, 0, "a provider's subscriptions are no advises of the client");
    assert_eq!(code(support.notify(b"k", &[extended(1)])), ErrorCode::INVALID_OBJECT);
    drop(support);
    world.script.forget_supports();
    assert_eq!(Arc::strong_count(&held), 1, "the subscription ended with its support object");
}

#[test]
fn the_session_advises_on_any_object_by_its_identifier() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let advise = |id: &EntryId, mask| session.advise_entry(id, mask, telling().0);
    let folder = RecordingStore::folder_id();
    assert_eq!(code(advise(&folder, WHOLE)), ErrorCode::UNKNOWN_ENTRYID, "the store is not open");
    let row = EntryId::from_bytes(session.stores().unwrap()[0].binary(PR_ENTRYID).unwrap());
    assert_eq!(code(advise(&row, WHOLE)), ErrorCode::UNKNOWN_ENTRYID);
    let store = session.open_default_store().unwrap();
    let (sink, hear) = telling();
    let on_folder = session.advise_entry(&folder, WHOLE, sink.clone()).unwrap();
    let on_store = session.advise_entry(&row, WHOLE, sink).unwrap();
    assert_ne!(on_folder, on_store);
    store.save(SaveFlags::NONE).unwrap();
    assert_eq!([next(&hear), next(&hear)], [[extended(7)], [extended(7)]]);
    session.unadvise(on_folder).unwrap();
    assert_eq!(world.script.count("unadvise"), 1, "its provider is told");
    store.unadvise(on_store).unwrap();
    assert_eq!(code(advise(&EntryId::from_bytes([0; 3]), WHOLE)), ErrorCode::INVALID_ENTRYID);
    let strange = EntryId::new(Guid([0xEE; 16]), b"x");
    assert_eq!(code(advise(&strange, WHOLE)), ErrorCode::UNKNOWN_ENTRYID);
    let only_status = EventMask::STATUS_OBJECT_MODIFIED;
    assert_eq!(code(advise(&folder, only_status)), ErrorCode::INVALID_PARAMETER);
    let entry = EntryId::new(Guid([0xAB; 16]), b"ann");
    assert_eq!(code(advise(&entry, EventMask::OBJECT_MODIFIED)), ErrorCode::NO_SUPPORT);
    advise(&EntryId::default(), EventMask::NEW_MAIL).unwrap();
}

#[test]
fn the_address_book_is_advised_on_where_no_provider_notifies() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let book = session.open_address_book().unwrap();
    let changes = EventMask::OBJECT_MODIFIED;
    let connection = book.advise(&EntryId::default(), changes, telling().0).unwrap();
    book.unadvise(connection).unwrap();
    assert_eq!(code(book.unadvise(connection)), ErrorCode::NOT_FOUND);
    let advise = |id: &EntryId| book.advise(id, changes, telling().0);
    assert_eq!(code(advise(&EntryId::new(Guid([0xAB; 16]), b"ann"))), ErrorCode::NO_SUPPORT);
    assert_eq!(code(advise(&RecordingStore::folder_id())), ErrorCode::UNKNOWN_ENTRYID);
    assert_eq!(code(advise(&EntryId::from_bytes([1]))), ErrorCode::INVALID_ENTRYID);
}

#[test]
fn a_table_tells_of_its_changes_alone() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let status = session.status_table().unwrap();
    let refused = status.advise(EventMask::TABLE_MODIFIED | EventMask::NEW_MAIL, telling().0);
    assert_eq!(code(refused), ErrorCode::NO_SUPPORT);
    let (sink, hear) = telling();
    status.advise(EventMask::TABLE_MODIFIED, sink).unwrap();
    let mut columns = PropList::new();
    columns.set(tags::PR_STATUS_STRING, "at work");
    world.script.support("xp").modify_status_row(columns).unwrap();
    let events = next(&hear);
    let [Notification::Table(TableEvent::RowModified { index, row, .. })] = &events[..] else {
        panic!("one row: {events:?}")
    };
    assert_eq!(row.binary(PR_INSTANCE_KEY), Some(&index[..]));
}

#[test]
fn a_sink_that_does_not_return_holds_up_no_other() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let (stuck, is_stuck) = channel();
    let (release, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let calls = Arc::new(AtomicU64::new(0));
    let blocked = {
        let calls = calls.clone();
        move |_: &[Notification]| {
            calls.fetch_add(1, Ordering::SeqCst);
            stuck.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
        }
    };
    let (sink, hear) = telling();
    store.advise(&EntryId::default(), WHOLE, Arc::new(blocked)).unwrap();
    store.advise(&EntryId::default(), WHOLE, sink).unwrap();
    for _ in 0..3 {
        store.save(SaveFlags::NONE).unwrap();
        assert_eq!(next(&hear), [extended(7)]);
    }
    is_stuck.recv().unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1, "one call of a sink at a time");
    release.send(()).unwrap();
    is_stuck.recv_timeout(LONG).expect("what came meanwhile is told once it returns");
    release.send(()).unwrap();
    session.open_entry(&RecordingStore::folder_id(), OpenFlags::NONE).unwrap();
}
