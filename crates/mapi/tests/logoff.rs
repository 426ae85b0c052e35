//! The end of a session: what it does, in which order, and what is left of objects afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::{Account, Dialogs, ErrorCode, FolderFlags, LogoffFlags, Object, OpenFlags, Result, Session};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::{PR_RESOURCE_TYPE, PR_STATUS_CODE, PR_SUBJECT};
use mapi_spi::folder::Completion;
use mapi_spi::progress::Progress;
use mapi_spi::spooler::QueueState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
/// How long something is waited for that shall not come.
const BRIEF: Duration = Duration::from_millis(100);

fn logoff(session: &Session) -> Account {
    session.logoff(LogoffFlags::NONE).unwrap()
}

/// Confirms a logoff or not, as the test says.
struct Person<F>(F);

impl<F: Fn(&QueueState) -> bool + Send + Sync> Dialogs for Person<F> {
    fn confirm_logoff(&self, queue: &QueueState) -> bool {
        (self.0)(queue)
    }
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

#[test]
fn lc_42_logoff_waits_for_the_call_that_another_thread_is_in() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let (entered, go) = world.script.hold("open_entry");
    let caller = thread::spawn({
        let session = session.clone();
        move || session.open_entry(&RecordingStore::message_id(), OpenFlags::NONE).map(drop)
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
    assert_eq!(code(session.msg_stores_table()), ErrorCode::INVALID_OBJECT);
    assert!(!ender.is_finished());
    assert_eq!(world.script.count("ms logoff"), 0);
    go.send(()).unwrap();
    caller.join().unwrap().unwrap();
    let account = ender.join().unwrap();
    assert_eq!(account.left_open_count, 1);
    assert_eq!(world.script.count("ms logoff"), 1);
}

#[test]
fn lc_33_after_logoff_every_method_but_the_drop_fails() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    logoff(&session);
    let invalid = ErrorCode::INVALID_OBJECT;
    assert_eq!(invalid.as_u32(), 0x8004_0108);
    assert_eq!(code(session.msg_stores_table()), invalid);
    assert_eq!(code(session.open_address_book()), invalid);
    assert_eq!(code(session.advise(EventMask::EXTENDED, Arc::new(|_: &[Notification]| {}))), invalid);
    assert_eq!(code(session.query_identity()), invalid);
    let called = world.script.log().len();
    drop(session.clone());
    drop(session);
    assert_eq!(world.script.log().len(), called);
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
    assert!(!world.script.is_called_within("ms shutdown", BRIEF), "the end waits for the call");
    go.send(()).unwrap();
    if let Ok(store) = opener.join().unwrap() {
        assert_eq!(code(store.long(PR_SUBJECT)), ErrorCode::INVALID_OBJECT);
    }
    ender.join().unwrap();
    assert_eq!((world.script.count("ms logon"), world.script.count("ms logoff")), (1, 1));
    assert!(world.script.position("ms logoff") < world.script.position("ms shutdown"));
}

#[test]
fn a_store_whose_opening_outlasts_the_session_is_logged_off_by_who_opened_it() {
    let world = World::new();
    let options = world.options().no_mail().patience(Duration::from_millis(30));
    let session = Session::logon(options).unwrap();
    let (entered, go) = world.script.hold("ms logon");
    let opener = thread::spawn({
        let session = session.clone();
        move || session.open_default_store()
    });
    entered.recv().unwrap();
    logoff(&session);
    assert_eq!(world.script.count("ms logoff"), 0);
    go.send(()).unwrap();
    assert_eq!(code(opener.join().unwrap()), ErrorCode::INVALID_OBJECT);
    assert_eq!(world.script.count("ms logoff"), 1);
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
fn lc_41_undefined_flags_and_a_question_answered_with_no_leave_the_session_alive() {
    let world = World::new();
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    // The first answer is no, the second yes.
    let answer = move |queue: &QueueState| {
        assert_eq!(queue.queued, 2);
        counter.fetch_add(1, Ordering::Relaxed) > 0
    };
    world.spooler.set_queue(QueueState { queued: 2, ..QueueState::default() });
    let session = Session::logon(world.options().dialogs(Arc::new(Person(answer)))).unwrap();
    world.script.clear();
    assert_eq!(code(session.logoff(LogoffFlags(0x4))), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(code(session.logoff(LogoffFlags::UI)), ErrorCode::USER_CANCEL);
    assert!(world.script.log().is_empty());
    session.stores().unwrap();
    session.logoff(LogoffFlags::UI | LogoffFlags::SHARED).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(code(session.logoff(LogoffFlags::UI)), ErrorCode::INVALID_OBJECT);
    assert_eq!(asked.load(Ordering::Relaxed), 2, "a session that has ended asks nothing");
}

#[test]
fn without_the_flag_nothing_is_asked_and_who_answers_late_is_refused() {
    let world = World::new();
    let (asking, asked) = channel();
    let (answer, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let answer_late = move |_: &QueueState| {
        asking.send(()).unwrap();
        wait.lock().unwrap().recv().ok();
        true
    };
    let session = Session::logon(world.options().dialogs(Arc::new(Person(answer_late)))).unwrap();
    let slow = thread::spawn({
        let session = session.clone();
        move || session.logoff(LogoffFlags::UI)
    });
    asked.recv().unwrap();
    logoff(&session);
    answer.send(()).unwrap();
    assert_eq!(code(slow.join().unwrap()), ErrorCode::INVALID_OBJECT);
    assert_eq!(world.script.count("xp logoff"), 1);
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
fn lc_40_a_session_that_is_dropped_logs_off() {
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
    let again = Session::logon(world.options()).unwrap();
    again.open_default_store().unwrap();
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
fn lc_14_without_mail_no_transport_and_no_spooler_is_called() {
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
