//! Logoff against sixteen threads that are calling: nobody is stuck, and nothing succeeds after the end.
//!
//! `MAPI_STORM` says how many rounds; the proof does a thousand.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::{
    ErrorCode, FolderFlags, FormFlags, LogoffFlags, MdbFlags, Object, OpenFlags, Result, Session, TableFlags,
};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::PR_SUBJECT;
use mapi_spi::progress::Progress;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

const THREADS: usize = 16;
/// A round takes milliseconds; whoever needs this long is stuck.
const STUCK: Duration = Duration::from_secs(30);
/// The end of a session among running calls, at most.
const LONGEST_END: Duration = Duration::from_secs(5);

/// Logs off from within a call, which is always refused.
struct LogsOff<'session>(&'session Session);

impl Progress for LogsOff<'_> {
    fn progress(&self, _done: u64, _total: u64) -> bool {
        match self.0.logoff(LogoffFlags::NONE) {
            Ok(_) => panic!("a logoff succeeded inside a call"),
            Err(error) => {
                assert!([ErrorCode::BUSY, ErrorCode::INVALID_OBJECT].contains(&error.code()), "{error}");
            }
        }
        true
    }
}

/// One of many calls, each through the session alone.
fn call(session: &Session, which: u64) -> Result<()> {
    let store = || session.open_default_store();
    let folder = || store()?.ipm_subtree();
    match which % 16 {
        0 => session.stores().map(drop),
        1 => store()?.text(PR_SUBJECT).map(drop),
        2 => folder()?.counts().map(drop),
        3 => folder()?.create_message()?.set(PR_SUBJECT, "x"),
        4 => folder()?.contents_table(TableFlags::NONE)?.query_rows(10).map(drop),
        5 => session.open_entry(&RecordingStore::message_id(), OpenFlags::NONE).map(drop).or_else(unknown),
        6 => session.open_address_book()?.containers().map(drop),
        7 => {
            let sink = |_: &[Notification]| {};
            let connection = session.advise(EventMask::EXTENDED, Arc::new(sink))?;
            session.unadvise(connection)
        }
        8 => session.status_table()?.query_rows(10).map(drop),
        9 => {
            let folder = folder()?;
            let ids = [RecordingStore::message_id()];
            folder.copy_messages(&ids, &folder, FolderFlags::NONE, &LogsOff(session)).map(drop)
        }
        10 => session.query_identity().map(drop),
        11 => session.enum_adr_types().map(drop),
        12 => {
            let token = session.prepare_form(&folder()?.create_message()?)?;
            match session.show_form(token, FormFlags::NONE) {
                Err(error) if error.code() == ErrorCode::NO_SUPPORT => Ok(()),
                // The end has taken the token.
                Err(error) if error.code() == ErrorCode::INVALID_PARAMETER => Err(ended(error)),
                other => other,
            }
        }
        13 => {
            let id = session.stores()?[0].binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap().to_vec();
            session.open_msg_store(&mapi::EntryId::from_bytes(id), MdbFlags::NONE).map(drop)
        }
        14 => session.flush_queues(Duration::from_millis(1)).map(drop),
        _ => session.compare_entry_ids(&RecordingStore::folder_id(), &RecordingStore::message_id()).map(drop),
    }
}

/// Where no store is open at the moment, nobody knows the identifier.
fn unknown(error: mapi::Error) -> Result<()> {
    if error.code() == ErrorCode::UNKNOWN_ENTRYID { Ok(()) } else { Err(error) }
}

fn ended(_: mapi::Error) -> mapi::Error {
    mapi::Error::new(ErrorCode::INVALID_OBJECT, "test", "the session has ended")
}

/// Calls until it is refused; returns how many calls succeeded.
fn caller(session: &Session, ended: &AtomicBool, thread: u64) -> u64 {
    for number in 0_u64.. {
        let is_late = ended.load(Ordering::SeqCst);
        let answer = call(session, thread + number * 7);
        match answer {
            Ok(()) => assert!(
                !is_late,
                "call {} succeeded after the logoff had returned",
                (thread + number * 7) % 16
            ),
            Err(error) => match error.code() {
                ErrorCode::INVALID_OBJECT | ErrorCode::END_OF_SESSION => return number,
                // Nobody has opened the store at this moment.
                ErrorCode::UNKNOWN_ENTRYID => {}
                other => panic!("{other} is no answer of a session that ends: {error}"),
            },
        }
    }
    0
}

/// One session with sixteen threads; returns the calls that succeeded and how long the end took.
fn round(world: &World, number: u64) -> (u64, Duration) {
    let session = Session::logon(world.options()).unwrap();
    let ended = AtomicBool::new(false);
    let (begin, calls) = (Barrier::new(THREADS), AtomicU64::new(0));
    let took = thread::scope(|scope| {
        for thread in 0..THREADS as u64 - 1 {
            let (session, ended, begin, calls) = (&session, &ended, &begin, &calls);
            scope.spawn(move || {
                begin.wait();
                calls.fetch_add(caller(session, ended, thread + number), Ordering::Relaxed);
            });
        }
        begin.wait();
        // Each round ends at another moment of the calls.
        while calls_so_far(world) < usize::try_from(number % 40).unwrap() {
            thread::yield_now();
        }
        let account = session.logoff(LogoffFlags::NONE).unwrap();
        ended.store(true, Ordering::SeqCst);
        account.took
    });
    let log = world.script.log();
    let last = |what: &str| log.iter().rposition(|call| call == what);
    for reached in ["props", "set_props", "open_entry", "query_rows", "ms logon"] {
        assert!(
            last(reached) < last("ms shutdown"),
            "{reached} reached a provider after its shutdown: {log:#?}"
        );
    }
    world.script.clear();
    (calls.into_inner(), took)
}

fn calls_so_far(world: &World) -> usize {
    world.script.count("props")
}

#[test]
fn no_call_is_stuck_and_none_succeeds_after_the_end() {
    let rounds: u64 = std::env::var("MAPI_STORM").map_or(50, |count| count.parse().unwrap());
    let (tell, hear) = channel();
    let storm = thread::spawn(move || {
        let world = World::new();
        let mut longest = Duration::ZERO;
        let mut calls = 0;
        for number in 0..rounds {
            let (more, took) = round(&world, number);
            calls += more;
            longest = longest.max(took);
            assert!(took < LONGEST_END, "the end took {took:?}");
            tell.send(()).unwrap();
        }
        (calls, longest)
    });
    // The watchdog: each round is heard of, or the test fails while the threads stay as they are.
    for number in 0..rounds {
        match hear.recv_timeout(STUCK) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("round {number} is stuck"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let began = Instant::now();
    let (calls, longest) = storm.join().unwrap();
    assert!(began.elapsed() < STUCK);
    println!("figure: rounds = {rounds}, threads each = {THREADS}");
    println!("figure: calls that succeeded = {calls}");
    println!("figure: calls that succeeded after the end = 0");
    println!("figure: stuck = 0");
    println!("figure: longest logoff among running calls = {longest:.1?}");
}
