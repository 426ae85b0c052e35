//! The end of a process that did not log off: nothing of MAPI's runs, and the process ends as its program
//! says.
//!
//! A file of its own: each test runs this program again.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{LogoffFlags, MsgStore, Session};
use mapi_defs::notification::{EventMask, Notification};
use std::cell::RefCell;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

const SHAPE: &str = "OPENMAPI_TEST_EXIT";
const SHAPES: [&str; 8] = [
    "eight steps",
    "exit",
    "exit of a thread",
    "static",
    "panic",
    "call under way",
    "thread local",
    "last thread local",
];

/// What a program forgot.
struct Forgotten {
    _session: Session,
    _store: MsgStore,
    world: World,
}

fn forgotten() -> Forgotten {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let sink = |_: &[Notification]| {};
    session.advise(EventMask::EXTENDED, Arc::new(sink)).unwrap();
    // Whoever called the provider's logoff now would wait for ever.
    for held in ["ms logoff", "xp logoff", "spooler stop"] {
        let (entered, go) = world.script.hold(held);
        Box::leak(Box::new((entered, go)));
    }
    Forgotten { _session: session, _store: store, world }
}

static KEPT: OnceLock<Mutex<Option<Forgotten>>> = OnceLock::new();

thread_local! {
    static OF_THREAD: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// The process that is run again: it ends in one of many ways.
fn end(shape: &str) {
    match shape {
        "eight steps" => eight_steps(),
        "exit" => {
            let _forgotten = forgotten();
            std::process::exit(0);
        }
        "exit of a thread" => {
            let _forgotten = forgotten();
            thread::spawn(|| std::process::exit(0)).join().unwrap();
        }
        "static" => drop(KEPT.set(Mutex::new(Some(forgotten())))),
        "panic" => {
            drop(KEPT.set(Mutex::new(Some(forgotten()))));
            let panics = || panic!("expected by the test");
            assert!(thread::spawn(panics).join().is_err());
        }
        "call under way" => {
            let forgotten = forgotten();
            let (entered, go) = forgotten.world.script.hold("open_entry");
            Box::leak(Box::new(go));
            let store = forgotten._store.clone();
            thread::spawn(move || store.root_folder().map(drop));
            entered.recv().unwrap();
            std::process::exit(0);
        }
        "thread local" => {
            // A session that goes with its thread is dropped there, and logs off.
            let world = World::new();
            let options = world.options();
            thread::spawn(move || OF_THREAD.set(Some(Session::logon(options).unwrap()))).join().unwrap();
            world.script.wait_for("xp shutdown");
        }
        "last thread local" => {
            // Here the session outlives whatever its own thread knew of gates.
            let world = World::new();
            let options = world.options();
            let keeps = move || {
                OF_THREAD.with_borrow(|nothing_yet| assert!(nothing_yet.is_none()));
                OF_THREAD.set(Some(Session::logon(options).unwrap()));
            };
            thread::spawn(keeps).join().unwrap();
            world.script.wait_for("xp shutdown");
        }
        other => panic!("no such shape: {other}"),
    }
}

/// A session that does everything that the reference asks for, in order.
fn eight_steps() {
    let mut world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    let status = session.status_table().unwrap();
    let book = session.open_address_book().unwrap();
    let identity = session.query_identity().unwrap();
    let sink = |_: &[Notification]| {};
    let connection = session.advise(EventMask::EXTENDED, Arc::new(sink)).unwrap();
    session.unadvise(connection).unwrap();
    drop((folder, store, status, book, identity));
    let account = session.logoff(LogoffFlags::UI).unwrap();
    assert_eq!((account.left_open_count, account.advises_cancelled), (0, 0), "{account}");
    assert_eq!(account.opened, account.closed);
    drop(session);
    drop(world.mapi.take());
    for kind in ["ms", "ab", "xp"] {
        for (what, counts) in [("logon", 1), ("provider", 1)] {
            assert_eq!(world.script.released(&format!("{kind} {what}")).len(), counts, "{kind} {what}");
        }
    }
}

#[test]
fn lc_32_a_process_ends_as_its_program_says_however_little_it_logged_off() {
    if let Some(shape) = std::env::var_os(SHAPE) {
        return end(shape.to_str().unwrap());
    }
    for shape in SHAPES {
        let test = "lc_32_a_process_ends_as_its_program_says_however_little_it_logged_off";
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(SHAPE, shape)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{shape}: {} {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
