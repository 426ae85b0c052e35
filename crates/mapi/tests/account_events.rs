//! What the log says of the end of a session: the account as events of `tracing`, and what went wrong on the
//! way.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{LogoffFlags, Object, Session};
use mapi_defs::ErrorCode;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::PR_SUBJECT;
use mapi_spi::spooler::QueueState;
use std::fmt::{Debug, Write};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

const RUNNING: &str = "a call is still running; the session ends without waiting for it";
const SILENT: &str = "a sink does not return; the session ends without it";

/// Writes down the events of one thread.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<(Level, String)>>>);

impl Events {
    /// Logs a session off and returns what was said meanwhile.
    fn of_logoff(session: &Session) -> Self {
        Self::of_logoff_with(session, LogoffFlags::NONE)
    }

    fn of_logoff_with(session: &Session, flags: LogoffFlags) -> Self {
        let events = Self::default();
        tracing::subscriber::with_default(events.clone(), || session.logoff(flags).unwrap());
        events
    }

    fn count(&self, level: Level, what: &str) -> usize {
        let events = self.0.lock().unwrap();
        events.iter().filter(|(known, text)| *known == level && text.contains(what)).count()
    }

    fn line(&self, what: &str) -> String {
        let events = self.0.lock().unwrap();
        let found = events.iter().find(|(_, text)| text.contains(what));
        found.unwrap_or_else(|| panic!("{what} was not said: {events:#?}")).1.clone()
    }
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        self.0.lock().unwrap().push((*event.metadata().level(), words.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_session_in_good_order_ends_with_one_line() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    drop(session.open_default_store().unwrap());
    session.advise(EventMask::EXTENDED, Arc::new(|_: &[Notification]| {})).unwrap();
    world.spooler.set_queue(QueueState { queued: 3, ..QueueState::default() });
    let events = Events::of_logoff(&session);
    assert_eq!(events.count(Level::INFO, "logged off"), 1);
    let line = events.line("logged off");
    for part in ["opened=1", "left_open=0", "advises_cancelled=1", "queued=3", "ms="] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert_eq!((events.count(Level::WARN, ""), events.count(Level::ERROR, "")), (0, 0), "{events:?}");
}

#[test]
fn announcing_the_end_of_a_private_session_is_said_to_reach_nobody() {
    let world = World::new();
    let logon = || Session::logon(world.options().no_mail()).unwrap();
    let said = |flags| Events::of_logoff_with(&logon(), flags).count(Level::DEBUG, "the session is private");
    assert_eq!((said(LogoffFlags::SHARED), said(LogoffFlags::NONE)), (1, 0));
}

impl Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.lock().unwrap().fmt(f)
    }
}

#[test]
fn what_was_left_open_and_who_failed_are_named() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    world.script.fail("ms logoff", ErrorCode::DISK_ERROR);
    world.script.fail("xp shutdown", ErrorCode::CALL_FAILED);
    let events = Events::of_logoff(&session);
    let left_open = events.line("an object was left open");
    assert!(left_open.contains("IMsgStore") && left_open.contains("account_events.rs:"), "{left_open}");
    assert_eq!(events.count(Level::WARN, "an object was left open"), 1);
    assert!(events.line("a provider failed at logoff").contains("MAPI_E_DISK_ERROR"));
    assert!(events.line("a provider failed to shut down").contains("XP"));
    assert_eq!(events.count(Level::WARN, "a provider failed to end"), 2);
    drop(store);
}

#[test]
fn a_call_that_outlasts_the_end_is_said_wherever_it_is() {
    // In the session's own gate, then in a store's alone.
    for held in ["open_entry", "set_props"] {
        let world = World::new();
        let options = world.options().no_mail().patience(Duration::from_millis(30));
        let session = Session::logon(options).unwrap();
        let store = session.open_default_store().unwrap();
        let (entered, go) = world.script.hold(held);
        let caller = thread::spawn({
            let (session, store) = (session.clone(), store.clone());
            move || match held {
                "set_props" => store.set(PR_SUBJECT, "x"),
                _ => session
                    .open_entry(&doubles::RecordingStore::message_id(), mapi::OpenFlags::NONE)
                    .map(drop),
            }
        });
        entered.recv().unwrap();
        let events = Events::of_logoff(&session);
        assert_eq!(events.count(Level::WARN, RUNNING), 1, "{held}");
        go.send(()).unwrap();
        caller.join().unwrap().ok();
    }
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let _store = session.open_default_store().unwrap();
    assert_eq!(Events::of_logoff(&session).count(Level::WARN, RUNNING), 0);
}

#[test]
fn a_sink_that_outlasts_the_end_is_said() {
    let world = World::new();
    let options = world.options().no_mail().patience(Duration::from_millis(30));
    let session = Session::logon(options).unwrap();
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let sink = move |_: &[Notification]| wait.lock().unwrap().recv().unwrap_or(());
    session.advise(EventMask::EXTENDED, Arc::new(sink)).unwrap();
    let events = Events::of_logoff(&session);
    assert!(events.count(Level::WARN, SILENT) >= 1, "{events:?}");
    drop(go);
}
