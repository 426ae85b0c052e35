//! MAPIInitialize and MAPIUninitialize: one test, because the count is the whole process's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{ErrorCode, Home, InitFlags, LogonOptions, Mapi, ProfAdmin, Session, initialize, uninitialize};

#[test]
fn calls_are_counted_and_the_last_one_ends_the_sessions_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let options = LogonOptions::profile("P").home(&home);
    let not_initialized = ErrorCode::NOT_INITIALIZED;
    assert_eq!(Session::logon(options.clone()).unwrap_err().code(), not_initialized);
    assert_eq!(ProfAdmin::new(&home).unwrap_err().code(), not_initialized);
    uninitialize();
    let undefined = initialize(InitFlags(0x400)).unwrap_err();
    assert_eq!(undefined.code(), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(ProfAdmin::new(&home).unwrap_err().code(), not_initialized, "a refused call does not count");

    initialize(InitFlags::MULTITHREAD_NOTIFICATIONS).unwrap();
    initialize(InitFlags::NO_COINIT).unwrap();
    uninitialize();
    ProfAdmin::new(&home).unwrap();
    uninitialize();
    assert_eq!(ProfAdmin::new(&home).unwrap_err().code(), not_initialized);
    drop(Mapi::initialize().unwrap());
    assert_eq!(ProfAdmin::new(&home).unwrap_err().code(), not_initialized);

    let (mut older, mut newer) = (World::new(), World::new());
    let first = Session::logon(older.options()).unwrap();
    let second = Session::logon(newer.options()).unwrap();
    let (entered, go) = newer.script.hold("xp shutdown");
    drop(older.mapi.take());
    first.stores().unwrap();
    let last = newer.mapi.take().unwrap();
    let ender = std::thread::spawn(move || drop(last));
    entered.recv().unwrap();
    assert_eq!(older.script.count("xp logoff"), 0, "the older session ends after the newer one");
    go.send(()).unwrap();
    ender.join().unwrap();
    assert_eq!(older.script.count("xp shutdown"), 1);
    for session in [first, second] {
        assert_eq!(session.stores().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    }
}
