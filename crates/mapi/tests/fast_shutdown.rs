//! Ending the process in a hurry: who is asked, in which order, and what nobody does afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::Object;
use mapi::{ErrorCode, InitFlags, LogoffFlags, LogonOptions, Mapi, ProfAdmin, Result, Session, initialize};
use mapi_defs::prop::tags::PR_SUBJECT;
use std::process::Command;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

/// Sets the policy of the world's home.
fn set_policy(world: &World, policy: u32) {
    std::fs::write(world.home.config_file(), format!("fast_shutdown = {policy}\n")).unwrap();
}

/// A session with mail in which a store and the address book are open.
fn busy(world: &World) -> (Session, mapi::MsgStore) {
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    session.open_address_book().unwrap();
    world.script.clear();
    (session, store)
}

/// Runs one test of this program alone in a process of its own, without a policy in its environment. All
/// sessions of a process are asked, so each of these tests needs one.
fn alone(test: &str, run: impl FnOnce()) {
    const ALONE: &str = "OPENMAPI_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return run();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ALONE, "1").env_remove("MAPI_FAST_SHUTDOWN");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn lc_51_transports_are_asked_before_address_books_and_those_before_stores() {
    alone("lc_51_transports_are_asked_before_address_books_and_those_before_stores", || {
        let world = World::new();
        let (session, _store) = busy(&world);
        world.script.hurry(&["xp", "ab", "ms"]);
        let shutdown = session.client_shutdown().unwrap();
        shutdown.query_fast_shutdown().unwrap();
        assert_eq!(world.script.log(), ["xp query", "ab query", "ms query"]);
        shutdown.notify_process_shutdown().unwrap();
        assert_eq!(world.script.log()[3..], ["xp notify", "ab notify", "ms notify"]);
        session.logoff(LogoffFlags::NONE).unwrap();
        assert_eq!(code(shutdown.query_fast_shutdown()), ErrorCode::INVALID_OBJECT);
    });
}

#[test]
fn lc_52_without_a_policy_one_objection_counts_and_silence_does_not() {
    alone("lc_52_without_a_policy_one_objection_counts_and_silence_does_not", || {
        let world = World::new();
        let (session, store) = busy(&world);
        let shutdown = session.client_shutdown().unwrap();
        shutdown.query_fast_shutdown().unwrap();
        assert_eq!(world.script.log(), Vec::<String>::new(), "nobody takes part");
        world.script.hurry(&["xp", "ab", "ms"]);
        world.script.fail("xp query", ErrorCode::NO_SUPPORT);
        assert_eq!(code(shutdown.query_fast_shutdown()), ErrorCode::NO_SUPPORT);
        assert_eq!(world.script.log().len(), 3, "all are asked, after the objection too");
        world.script.fail("ms query", ErrorCode::BUSY);
        assert_eq!(code(shutdown.do_fast_shutdown()), ErrorCode::NO_SUPPORT);
        assert_eq!(world.script.count("xp hurry"), 0, "nothing has happened");
        // Told after a refusal all the same, the session works and ends as ever.
        world.script.fail("ab notify", ErrorCode::CALL_FAILED);
        shutdown.notify_process_shutdown().unwrap();
        assert_eq!(world.script.count("ms notify"), 1);
        store.text(PR_SUBJECT).unwrap();
        session.logoff(LogoffFlags::NONE).unwrap();
        assert_eq!((world.script.count("ms logoff"), world.script.count("ms shutdown")), (1, 1));
    });
}

#[test]
fn under_policy_1_everybody_has_to_take_part() {
    alone("under_policy_1_everybody_has_to_take_part", || {
        let world = World::new();
        set_policy(&world, 1);
        let (session, _store) = busy(&world);
        let shutdown = session.client_shutdown().unwrap();
        world.script.hurry(&["xp", "ms"]);
        assert_eq!(code(shutdown.query_fast_shutdown()), ErrorCode::NO_SUPPORT, "the address book is silent");
        world.script.hurry(&["xp", "ab", "ms"]);
        shutdown.query_fast_shutdown().unwrap();
        // Another session of the process counts as well.
        let other = World::new();
        let second = Session::logon(other.options().no_mail()).unwrap();
        let _book = second.open_address_book().unwrap();
        assert_eq!(code(shutdown.query_fast_shutdown()), ErrorCode::NO_SUPPORT);
        drop(second);
    });
}

#[test]
fn lc_53_any_session_answers_for_the_process() {
    alone("lc_53_any_session_answers_for_the_process", || {
        let (one, two) = (World::new(), World::new());
        let (first, _store) = busy(&one);
        let (second, _other) = busy(&two);
        two.script.hurry(&["ms"]);
        two.script.fail("ms query", ErrorCode::BUSY);
        assert_eq!(code(first.client_shutdown().unwrap().query_fast_shutdown()), ErrorCode::NO_SUPPORT);
        first.client_shutdown().unwrap().query_fast_shutdown().unwrap();
        assert_eq!(two.script.count("ms query"), 2);
        second.logoff(LogoffFlags::NONE).unwrap();
        assert_eq!(code(second.client_shutdown()), ErrorCode::INVALID_OBJECT);
    });
}

#[test]
fn lc_54_a_policy_can_forbid_it() {
    alone("lc_54_a_policy_can_forbid_it", || {
        let world = World::new();
        set_policy(&world, 2);
        let (session, _store) = busy(&world);
        world.script.hurry(&["xp", "ab", "ms"]);
        let shutdown = session.client_shutdown().unwrap();
        assert_eq!(code(shutdown.query_fast_shutdown()), ErrorCode::NO_SUPPORT);
        assert_eq!(code(shutdown.do_fast_shutdown()), ErrorCode::NO_SUPPORT);
        shutdown.notify_process_shutdown().unwrap();
        assert_eq!(world.script.log(), Vec::<String>::new(), "no provider was called");
        let account = session.logoff(LogoffFlags::NONE).unwrap();
        assert!(account.providers.iter().all(|end| end.result.is_ok()), "{account}");
        assert_eq!((world.script.count("ms logoff"), world.script.count("xp logoff")), (1, 1));
    });
}

#[test]
fn after_a_fast_shutdown_nothing_is_called_any_more() {
    alone("after_a_fast_shutdown_nothing_is_called_any_more", || {
        let world = World::new();
        let (session, store) = busy(&world);
        let inbox = store.inbox().unwrap();
        world.script.clear();
        world.script.hurry(&["xp", "ab", "ms"]);
        session.client_shutdown().unwrap().do_fast_shutdown().unwrap();
        let log = world.script.log();
        let place =
            |what: &str| log.iter().position(|one| one == what).unwrap_or_else(|| panic!("{what}: {log:?}"));
        assert!(place("spooler stop") < place("xp hurry"), "{log:?}");
        assert!(place("xp hurry") < place("ab hurry") && place("ab hurry") < place("ms hurry"), "{log:?}");

        let ended = ErrorCode::END_OF_SESSION;
        assert_eq!(code(store.text(PR_SUBJECT)), ended);
        assert_eq!(code(inbox.counts()), ended);
        assert_eq!(code(session.stores()), ended);
        assert_eq!(code(session.client_shutdown()), ended);
        assert_eq!(code(session.logoff(LogoffFlags::NONE)), ended);
        assert_eq!(code(initialize(InitFlags::NONE)), ended);
        assert_eq!(code(Mapi::initialize()), ended);
        assert_eq!(code(Session::logon(LogonOptions::profile("P").home(&world.home))), ended);
        assert_eq!(code(ProfAdmin::new(&world.home)), ended);
        mapi::uninitialize();
        drop((store, inbox, session));
        assert_eq!(world.script.log(), log, "no logoff, no shutdown");
        for what in ["ms", "ms logon", "xp logon", "ms provider", "xp provider", "ab provider"] {
            assert_eq!(world.script.released(what), Vec::<usize>::new(), "{what} was let go");
        }
    });
}
