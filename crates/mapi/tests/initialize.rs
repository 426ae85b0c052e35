//! MAPIInitialize, MAPIUninitialize and the utilities. The counts are the whole process's, so one test
//! runs at a time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{
    Dialogs, ErrorCode, Home, InitFlags, LogoffFlags, LogonFlags, LogonOptions, Mapi, ProfAdmin, Result,
    Session, deinit_mapi_util, init_mapi_util, initialize, uninitialize, utility_users,
};
use mapi_defs::prop::tags::PR_INSTANCE_KEY;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static ONE: Mutex<()> = Mutex::new(());

const NOT_INITIALIZED: ErrorCode = ErrorCode::NOT_INITIALIZED;

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    (folder, home)
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

#[test]
fn lc_01_after_initialising_profiles_can_be_administered() {
    let _alone = alone();
    let (_folder, home) = home();
    initialize(InitFlags::NONE).unwrap();
    assert!(ProfAdmin::new(&home).unwrap().profiles().unwrap().is_empty());
    uninitialize();
}

#[test]
fn lc_02_nothing_works_before() {
    let _alone = alone();
    let (_folder, home) = home();
    assert_eq!(code(Session::logon(LogonOptions::profile("P").home(&home))), NOT_INITIALIZED);
    assert_eq!(code(ProfAdmin::new(&home)), NOT_INITIALIZED);
}

#[test]
fn lc_03_calls_are_counted_and_one_too_many_changes_nothing() {
    let _alone = alone();
    let mut world = World::new();
    let own = world.mapi.take();
    initialize(InitFlags::MULTITHREAD_NOTIFICATIONS).unwrap();
    initialize(InitFlags::NO_COINIT).unwrap();
    drop(own);
    uninitialize();
    Session::logon(world.options()).unwrap().logoff(LogoffFlags::NONE).unwrap();
    uninitialize();
    assert_eq!(code(Session::logon(world.options())), NOT_INITIALIZED);
    uninitialize();
    uninitialize();
    assert_eq!(code(Session::logon(world.options())), NOT_INITIALIZED);
    initialize(InitFlags::NONE).unwrap();
    Session::logon(world.options()).unwrap();
    uninitialize();
}

#[test]
fn lc_04_an_undefined_flag_counts_nothing() {
    let _alone = alone();
    let (_folder, home) = home();
    for undefined in [0x400, 0x4000_0000, 0x2, u32::MAX] {
        assert_eq!(code(initialize(InitFlags(undefined))), ErrorCode::UNKNOWN_FLAGS);
    }
    assert_eq!(code(ProfAdmin::new(&home)), NOT_INITIALIZED);
}

#[test]
fn lc_07_the_utilities_need_no_mapi_around_them() {
    let _alone = alone();
    assert_eq!(utility_users(), 0);
    init_mapi_util(0).unwrap();
    init_mapi_util(0).unwrap();
    assert_eq!(code(init_mapi_util(1)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(utility_users(), 2);
    let table = mapi_spi::table::TableData::new(PR_INSTANCE_KEY, &[PR_INSTANCE_KEY]);
    table.view(mapi_defs::sort::SortOrder::default()).unwrap();
    deinit_mapi_util();
    deinit_mapi_util();
    deinit_mapi_util();
    assert_eq!(utility_users(), 0);
}

#[test]
fn lc_08_the_utilities_end_after_mapi() {
    let _alone = alone();
    let mut world = World::new();
    assert_eq!(utility_users(), 1, "MAPI itself uses them");
    init_mapi_util(0).unwrap();
    Session::logon(world.options()).unwrap().logoff(LogoffFlags::NONE).unwrap();
    drop(world.mapi.take());
    assert_eq!(utility_users(), 1);
    deinit_mapi_util();
    assert_eq!(utility_users(), 0);
}

#[test]
fn the_last_uninitialise_ends_the_sessions_newest_first() {
    let _alone = alone();
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
        assert_eq!(code(session.stores()), ErrorCode::INVALID_OBJECT);
    }
}

#[test]
fn a_session_that_is_made_while_mapi_ends_is_refused() {
    let _alone = alone();
    let mut world = World::new();
    world.script.fail("xp logon", ErrorCode::UNCONFIGURED);
    let (entered, go) = world.script.hold("service Configure");
    let options = world.options();
    let logon = std::thread::spawn(move || Session::logon(options));
    entered.recv().unwrap();
    let last = world.mapi.take();
    let ender = std::thread::spawn(move || drop(last));
    // The session is known already, so the last uninitialise ends it, and waits for its beginning.
    assert!(!world.script.is_called_within("xp logoff", std::time::Duration::from_millis(50)));
    go.send(()).unwrap();
    ender.join().unwrap();
    if let Ok(session) = logon.join().unwrap() {
        assert_eq!(code(session.stores()), ErrorCode::INVALID_OBJECT);
    }
    assert_eq!(world.script.count("xp logon"), 2);
    for logoff in ["xp logoff", "spooler stop", "spooler ms logoff"] {
        assert_eq!(world.script.count(logoff), 1, "{logoff}");
    }
}

#[test]
fn a_logon_that_outlasts_the_last_uninitialise_takes_its_providers_back() {
    let _alone = alone();
    for held in ["xp logon", "spooler ms logon", "spooler start"] {
        let mut world = World::new();
        let (entered, go) = world.script.hold(held);
        let options = world.options().patience(std::time::Duration::from_millis(20));
        let logon = std::thread::spawn(move || Session::logon(options));
        entered.recv().unwrap();
        drop(world.mapi.take());
        go.send(()).unwrap();
        let session = logon.join().unwrap().unwrap();
        assert_eq!(code(session.stores()), ErrorCode::INVALID_OBJECT);
        assert_eq!(world.script.count("xp logoff"), 1, "{held}");
        let count = |what: &str| world.script.count(what);
        assert_eq!(count("spooler ms logon"), count("spooler ms logoff"), "{held}");
        assert_eq!(count("spooler start"), count("spooler stop"), "{held}");
    }
}

#[test]
fn in_a_service_nobody_is_asked() {
    struct Person;
    impl Dialogs for Person {
        fn choose_profile(&self, _names: &[String]) -> Result<String> {
            Ok("P".to_owned())
        }
    }
    let _alone = alone();
    let world = World::new();
    let flags = LogonFlags::EXTENDED | LogonFlags::NEW_SESSION | LogonFlags::UI;
    let options = LogonOptions::flags(flags).home(&world.home).no_mail().dialogs(Arc::new(Person));
    Session::logon(options.clone()).unwrap();
    let service = {
        initialize(InitFlags::NT_SERVICE).unwrap();
        Session::logon(options.clone())
    };
    assert_eq!(code(service), ErrorCode::LOGON_FAILED);
    uninitialize();
    assert_eq!(code(Session::logon(options.clone())), ErrorCode::LOGON_FAILED, "until the last uninitialise");
    drop(world.mapi);
    let _mapi = Mapi::initialize().unwrap();
    Session::logon(options).unwrap();
}
