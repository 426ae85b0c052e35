//! A sink that never returns: nobody else waits for it, what waits for it is bounded in memory, and the end
//! of the session names it. One test in a process of its own, so that its memory can be looked at.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::notify::WAITING_EVENTS;
use mapi::{ErrorCode, LogoffFlags, Object, SaveFlags, Session};
use mapi_defs::EntryId;
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::{PropList, tags};
use mapi_spi::advise::AdviseSink;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_millis(500);
/// How far the one who causes events is ahead of the sinks that keep up.
const AHEAD: u64 = 1_000;

/// How many events: the full count comes from the environment.
fn events() -> u64 {
    let full = std::env::var("MAPI_SINK_EVENTS").ok().and_then(|count| count.parse().ok());
    full.unwrap_or(5_000)
}

/// A sink, what it was told, and what lets it go.
type Blocked = (Arc<dyn AdviseSink>, Receiver<Vec<Notification>>, Sender<()>);

/// A sink that says what it was told and then waits to be let go.
fn blocked() -> Blocked {
    let (told, hear) = channel();
    let (release, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let sink = move |events: &[Notification]| {
        told.send(events.to_vec()).unwrap_or(());
        // A dropped sender lets it go for good.
        wait.lock().unwrap().recv().unwrap_or(());
    };
    (Arc::new(sink), hear, release)
}

fn counting() -> (Arc<impl Fn(&[Notification])>, Receiver<u64>) {
    let (told, hear) = channel();
    (Arc::new(move |events: &[Notification]| told.send(events.len() as u64).unwrap_or(())), hear)
}

/// Memory of this process in KiB.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Causes an event of the status table and one of the store, so many times, not faster than the sinks that
/// keep up are told.
fn cause(world: &World, store: &mapi::MsgStore, keeping_up: &[Receiver<u64>; 2]) {
    let support = world.script.support("ms");
    let mut heard = [0, 0];
    for number in 1..=events() {
        let mut columns = PropList::new();
        columns.set(tags::PR_STATUS_STRING, format!("event {number}"));
        support.modify_status_row(columns).unwrap();
        store.save(SaveFlags::NONE).unwrap();
        if number % AHEAD == 0 || number == events() {
            for (heard, hear) in heard.iter_mut().zip(keeping_up) {
                while *heard < number {
                    *heard += hear.recv_timeout(LONG).expect("a sink that keeps up is told");
                }
            }
            world.script.clear();
        }
    }
    assert_eq!(heard, [events(); 2], "of every event, once");
}

#[test]
fn a_sink_that_never_returns_costs_bounded_memory_and_is_named() {
    assert!(events() > WAITING_EVENTS as u64, "too few events to fall behind");
    let world = World::new();
    let session = Session::logon(world.options().no_mail().patience(PATIENCE)).unwrap();
    let store = session.open_default_store().unwrap();
    let status = session.status_table().unwrap();
    let (on_table, hear_table, release_table) = blocked();
    let (on_store, hear_store, release_store) = blocked();
    status.advise(EventMask::TABLE_MODIFIED, on_table).unwrap();
    store.advise(&EntryId::default(), EventMask::EXTENDED, on_store).unwrap();
    let ((table, table_told), (object, store_told)) = (counting(), counting());
    status.advise(EventMask::TABLE_MODIFIED, table).unwrap();
    store.advise(&EntryId::default(), EventMask::EXTENDED, object).unwrap();

    let before = resident();
    cause(&world, &store, &[table_told, store_told]);
    let grown = resident() - before;
    assert!(grown < 16 * 1024, "{grown} KiB for {} events", events());
    println!("figure: events against a sink that never returns = {}", 2 * events());
    println!("figure: memory grown meanwhile, KiB = {grown}");

    // Let go once, each is told one thing for all it missed, and hangs again.
    assert!(!hear_table.recv_timeout(LONG).unwrap().is_empty());
    assert!(!hear_store.recv_timeout(LONG).unwrap().is_empty());
    release_table.send(()).unwrap();
    assert_eq!(hear_table.recv_timeout(LONG).unwrap(), [Notification::Table(TableEvent::Reload)]);
    release_store.send(()).unwrap();
    let missed = hear_store.recv_timeout(LONG).unwrap();
    let [Notification::Object { event: EventMask::OBJECT_MODIFIED, object }] = &missed[..] else {
        panic!("one event for all: {missed:?}")
    };
    assert_eq!((object.object_type, object.entry_id.is_empty()), (1, true), "the store");

    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert!(account.took < 4 * PATIENCE, "{account}");
    let late: Vec<_> = account.providers.iter().filter(|end| end.kind == "sink").collect();
    let names: Vec<&str> = late.iter().map(|end| end.name.as_str()).collect();
    assert_eq!(names, ["object advise 1", "object advise 2"], "{account}");
    assert!(late.iter().all(|end| end.result == Err(ErrorCode::TIMEOUT)));
    assert_eq!(account.advises_cancelled, 4);
    println!(
        "figure: logoff beside two stuck sinks, patience {PATIENCE:?}, ms = {}",
        account.took.as_millis()
    );
    drop((release_table, release_store));
    assert!(hear_table.recv().is_err() && hear_store.recv().is_err(), "no sink is called after the end");
}
