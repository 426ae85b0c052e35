//! What a manager of accounts asks of its helper, and what the ready helpers answer: the manager's rules
//! M1-M9, the helpers' table H1-H11, the orders of calls O1-O14, and lifecycle case 81.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::accounts::{
    Asked, Bring, Desk, Identity, RecordingHelper, RecordingNotify, failed, find, name, named, new_account,
    not_implemented,
};
use mapi::account::{
    AccountDialogs, AccountHelper, AccountManager, AccountUiFlags, AccountValue, LentSession, OwnSession,
    register_dialogs,
};
use mapi::{Error, ErrorCode, LogoffFlags, LogonOptions, Result, Session};
use mapi_defs::flags::AccountInitFlags as F;
use mapi_defs::guids::{CLSID_OLK_IMAP4_ACCOUNT, CLSID_OLK_MAIL};
use mapi_defs::prop::tags::PROP_ACCT_NAME;
use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const QUIET: F = F(1 | 2);

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn session(desk: &Desk) -> Arc<Session> {
    Arc::new(Session::logon(LogonOptions::profile("Work").home(&desk.home).no_mail()).unwrap())
}

/// A helper that logs on itself, and how often it did.
fn own(desk: &Desk) -> (OwnSession, Arc<AtomicUsize>) {
    let (home, logons) = (desk.home.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = logons.clone();
    let helper = OwnSession::new("Work", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        LogonOptions::profile("Work").home(&home).no_mail()
    });
    (helper, logons)
}

fn is_alive(session: &(dyn Any + Send + Sync)) -> bool {
    session.downcast_ref::<Session>().unwrap().profile_name().is_ok()
}

fn init(desk: &Desk, helper: &Arc<RecordingHelper>, flags: F) -> (AccountManager, Result<()>) {
    let manager = AccountManager::new(&desk.home);
    let answer = manager.init(Some(helper.clone()), flags);
    (manager, answer)
}

// The manager's rules.

#[test]
fn m_1_init_without_helper_twice_or_failing() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    assert_eq!(code(manager.init(None, QUIET)), ErrorCode::INVALID_PARAMETER);
    let helper = RecordingHelper::new();
    *helper.identity.lock().unwrap() = Box::new(|_, _| Err(failed()));
    assert_eq!(code(manager.init(Some(helper.clone()), QUIET)), ErrorCode::CALL_FAILED);
    assert_eq!(Arc::strong_count(&helper), 1, "every reference is returned");
    *helper.identity.lock().unwrap() = Box::new(named("Work"));
    manager.init(Some(helper.clone()), QUIET).unwrap();
    let other = RecordingHelper::new();
    assert_eq!(code(manager.init(Some(other.clone()), QUIET)), ErrorCode::E_OLK_ALREADY_INITIALIZED);
    assert_eq!((other.asked().len(), Arc::strong_count(&other)), (0, 1));
}

#[test]
fn m_2_the_name_of_the_profile_is_read_to_its_zero_whatever_the_helper_says() {
    let desk = Desk::new();
    let answer = |identity: Identity| {
        let helper = RecordingHelper::new();
        *helper.identity.lock().unwrap() = identity;
        let answer = init(&desk, &helper, QUIET).1;
        (answer.map_err(|error| error.code()), helper.asked())
    };
    fn put(text: &str, name: &mut [u16]) {
        for (place, unit) in name.iter_mut().zip(text.encode_utf16()) {
            *place = unit;
        }
    }
    // Lengths that leave the zero out, say nothing, or lie.
    for lie in [4, 0, 1, 999, u32::MAX] {
        let (answer, asked) = answer(Box::new(move |name, length| {
            put("Work\0", name);
            *length = lie;
            Ok(())
        }));
        assert_eq!(answer, Ok(()), "{lie}");
        assert!(matches!(asked[..], [Asked::Identity(units)] if units >= 256));
    }
    let empty = answer(Box::new(|name, _| {
        put("\0", name);
        Ok(())
    }));
    assert_eq!(empty.0, Err(ErrorCode::INVALID_PARAMETER));
    let endless = answer(Box::new(|name, length| {
        name.fill(u16::from(b'x'));
        *length = 5;
        Ok(())
    }));
    assert_eq!(endless.0, Err(ErrorCode::INVALID_PARAMETER));
    let unwritten = answer(Box::new(|_, _| Ok(())));
    assert_eq!(unwritten.0, Err(ErrorCode::INVALID_PARAMETER));
    // A helper that is never content is asked twice, and one that wants the moon once.
    let greedy = answer(Box::new(|name, length| {
        *length = u32::try_from(name.len()).unwrap() * 2;
        Err(Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "test", "more"))
    }));
    assert_eq!(greedy.0, Err(ErrorCode::NOT_ENOUGH_MEMORY));
    assert_eq!(greedy.1, [Asked::Identity(256), Asked::Identity(513)]);
    let moon = answer(Box::new(|_, length| {
        *length = u32::MAX;
        Err(Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "test", "the moon"))
    }));
    assert_eq!((moon.0, moon.1.len()), (Err(ErrorCode::NOT_ENOUGH_MEMORY), 1));
    let lone_surrogate = answer(Box::new(|name, _| {
        name[..2].copy_from_slice(&[0xD800, 0]);
        Ok(())
    }));
    assert_eq!(lone_surrogate.0, Err(ErrorCode::E_OLK_REGISTRY), "no profile is called so");
    let panics = answer(Box::new(|_, _| panic!("as the test said")));
    assert_eq!(panics.0, Err(ErrorCode::CALL_FAILED));
}

#[test]
fn m_2_a_profile_that_is_damaged_or_deleted_cannot_be_begun_with() {
    let desk = Desk::new();
    std::fs::write(desk.home.profiles().join("work.json"), "{").unwrap();
    assert_eq!(code(init(&desk, &RecordingHelper::new(), QUIET).1), ErrorCode::E_OLK_REGISTRY);
}

#[test]
fn m_3_a_session_is_asked_for_where_one_is_needed_only() {
    let desk = Desk::new();
    let sessions = |flags| {
        let helper = RecordingHelper::new();
        let (manager, answer) = init(&desk, &helper, flags);
        answer.unwrap();
        let id = manager.create_account(new_account(CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
        let account = find(&manager, id).unwrap();
        account.set_prop(PROP_ACCT_NAME, &AccountValue::Unicode("B".into())).unwrap();
        account.save_changes(0).unwrap();
        manager.order(CLSID_OLK_MAIL).unwrap();
        manager.delete_account(id).unwrap();
        helper.count(Asked::Session)
    };
    assert_eq!(sessions(F(1 | 2)), 0);
    assert_eq!(sessions(F(1 | 2 | 4)), 0);
    assert_eq!(sessions(F(1)), 1, "for the stores");
    assert_eq!(sessions(F(2)), 1, "for the services");
    assert_eq!(sessions(F(0)), 1, "once for both");
}

#[test]
fn m_4_a_lease_ends_with_its_operation() {
    struct Nobody(Mutex<Vec<usize>>, Arc<Session>);
    impl AccountDialogs for Nobody {
        fn show_accounts(&self, _: &AccountManager, session: Option<&Session>) -> Result<()> {
            assert!(session.unwrap().profile_name().is_ok());
            self.0.lock().unwrap().push(Arc::strong_count(&self.1));
            Ok(())
        }
        fn show_wizard(&self, _: &AccountManager, _: Option<&Session>) -> Result<()> {
            Err(failed())
        }
    }
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    let (manager, answer) = init(&desk, &helper, QUIET);
    answer.unwrap();
    let dialogs = Arc::new(Nobody(Mutex::default(), session.clone()));
    let _turn = DIALOGS.lock().unwrap_or_else(PoisonError::into_inner);
    register_dialogs(Some(dialogs.clone()));
    let before = Arc::strong_count(&session);
    manager.display_account_list(AccountUiFlags::NONE, 0, None, None).unwrap();
    assert_eq!(Arc::strong_count(&session), before);
    let wizard = manager.display_account_list(AccountUiFlags(0x400 | 0x200), 0, None, None);
    assert_eq!(code(wizard), ErrorCode::CALL_FAILED);
    assert_eq!(helper.count(Asked::Session), 2, "none is kept from one operation to the next");
    register_dialogs(None);
    drop(manager);
    assert!(session.profile_name().is_ok(), "and none is logged off");
    assert_eq!(helper.count(Asked::HandsOff), 1);
}

#[test]
fn m_5_whatever_the_helper_brings_the_manager_goes_on() {
    let desk = Desk::new();
    desk.admin.create_profile("Other", &[]).unwrap();
    let other = Arc::new(Session::logon(LogonOptions::profile("Other").home(&desk.home).no_mail()).unwrap());
    let dead = session(&desk);
    dead.logoff(LogoffFlags::NONE).unwrap();
    let cases: [(Bring, ErrorCode, usize); 7] = [
        (Box::new(|| Err(failed())), ErrorCode::CALL_FAILED, 0),
        (Box::new(|| Err(not_implemented())), ErrorCode::E_NOTIMPL, 0),
        (Box::new(|| Ok(None)), ErrorCode::NOT_FOUND, 0),
        (Box::new(|| panic!("as the test said")), ErrorCode::CALL_FAILED, 0),
        (Box::new(|| Ok(Some(Arc::new("no session")))), ErrorCode::INTERFACE_NOT_SUPPORTED, 1),
        (Box::new(move || Ok(Some(other.clone()))), ErrorCode::NOT_FOUND, 1),
        (Box::new(move || Ok(Some(dead.clone()))), ErrorCode::INVALID_OBJECT, 1),
    ];
    for (place, (bring, why, hand_offs)) in cases.into_iter().enumerate() {
        let helper = RecordingHelper::new();
        *helper.bring.lock().unwrap() = bring;
        let (manager, answer) = init(&desk, &helper, F::NONE);
        answer.unwrap();
        assert_eq!(manager.last_error(why).unwrap().code(), why, "case {place}");
        manager.enumerate_accounts(None, None, 0).unwrap();
        drop(manager);
        assert_eq!(helper.count(Asked::HandsOff), hand_offs, "case {place}");
        assert_eq!(Arc::strong_count(&helper), 1);
    }
}

#[test]
fn m_6_a_session_is_handed_off_once_where_one_was_leased() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    assert_eq!(helper.count(Asked::HandsOff), 0);
    let clone = manager.clone();
    drop(manager);
    assert_eq!(helper.count(Asked::HandsOff), 0, "the manager is still there");
    clone.end();
    assert_eq!(helper.count(Asked::HandsOff), 1);
    assert_eq!(Arc::strong_count(&helper), 1, "and the helper let go");
    clone.end();
    drop(clone);
    assert_eq!(helper.count(Asked::HandsOff), 1);

    // An Init that fails after a lease hands off as well: here the profile goes while a session is brought.
    let file = desk.home.profiles().join("work.json");
    let helper = RecordingHelper::new();
    let lent = session.clone();
    *helper.bring.lock().unwrap() = Box::new(move || {
        std::fs::remove_file(&file).unwrap_or(());
        Ok(Some(lent.clone()))
    });
    let (manager, answer) = init(&desk, &helper, F::NONE);
    assert_eq!(code(answer), ErrorCode::E_OLK_REGISTRY);
    assert_eq!(helper.asked()[1..], [Asked::Session, Asked::HandsOff]);
    assert_eq!(Arc::strong_count(&helper), 1);
    drop(manager);
    assert_eq!(helper.count(Asked::HandsOff), 1);
}

#[test]
fn m_7_whatever_the_hand_off_answers_the_end_is_the_end() {
    let desk = Desk::new();
    let session = session(&desk);
    type Answer = Box<dyn Fn() -> Result<()> + Send + Sync>;
    let answers: [Answer; 4] = [
        Box::new(|| Ok(())),
        Box::new(|| Err(not_implemented())),
        Box::new(|| Err(failed())),
        Box::new(|| panic!("as the test said")),
    ];
    for answer in answers {
        let helper = RecordingHelper::lending(&session);
        *helper.hands_off.lock().unwrap() = answer;
        let (manager, begun) = init(&desk, &helper, F::NONE);
        begun.unwrap();
        drop(manager);
        assert_eq!(helper.count(Asked::HandsOff), 1);
        assert_eq!(Arc::strong_count(&helper), 1);
        session.status_table().unwrap();
    }
}

#[test]
fn m_8_a_helper_may_call_the_manager_and_nothing_is_locked() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let helper = RecordingHelper::new();
    let codes = Arc::new(Mutex::new(Vec::new()));
    let calls = |manager: &AccountManager, codes: &Arc<Mutex<Vec<ErrorCode>>>| {
        let (manager, codes) = (manager.clone(), codes.clone());
        move || {
            let first = manager.order(CLSID_OLK_MAIL).unwrap_err().code();
            let again = manager.init(Some(RecordingHelper::new()), QUIET).unwrap_err().code();
            codes.lock().unwrap().extend([first, again]);
        }
    };
    let call = calls(&manager, &codes);
    *helper.identity.lock().unwrap() = Box::new(move |name, length| {
        call();
        named("Work")(name, length)
    });
    let session = session(&desk);
    let (call, lent) = (calls(&manager, &codes), session.clone());
    *helper.bring.lock().unwrap() = Box::new(move || {
        call();
        Ok(Some(lent.clone()))
    });
    let call = calls(&manager, &codes);
    *helper.hands_off.lock().unwrap() = Box::new(move || {
        call();
        Ok(())
    });
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    let (not_yet, twice) = (ErrorCode::E_OLK_NOT_INITIALIZED, ErrorCode::E_OLK_ALREADY_INITIALIZED);
    assert_eq!(std::mem::take(&mut *codes.lock().unwrap()), [not_yet, twice, not_yet, twice]);
    manager.end();
    assert_eq!(*codes.lock().unwrap(), [not_yet, not_yet], "during the end it is not initialised");
    // What the helper holds of the manager would otherwise keep both.
    *helper.identity.lock().unwrap() = Box::new(named("Work"));
}

#[test]
fn m_8_a_manager_that_its_helper_ends_does_not_begin() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let helper = RecordingHelper::new();
    let ended = manager.clone();
    *helper.identity.lock().unwrap() = Box::new(move |name, length| {
        ended.end();
        named("Work")(name, length)
    });
    assert_eq!(code(manager.init(Some(helper.clone()), F::NONE)), ErrorCode::E_OLK_NOT_INITIALIZED);
    assert_eq!(Arc::strong_count(&helper), 1);
    assert_eq!(code(manager.init(Some(helper.clone()), QUIET)), ErrorCode::E_OLK_NOT_INITIALIZED);
}

#[test]
fn m_9_the_placeholder_is_never_called() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    let id = manager.create_account(new_account(CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    manager.delete_account(id).unwrap();
    drop(manager);
    assert_eq!(helper.count(Asked::Placeholder), 0);
}

// What helpers answer to HandsOffSession.

#[test]
fn h_1_an_own_session_is_released_once() {
    let desk = Desk::new();
    let (helper, logons) = own(&desk);
    let kept = helper.mapi_session().unwrap().unwrap();
    drop(helper.mapi_session().unwrap());
    assert_eq!(logons.load(Ordering::Relaxed), 1, "it is the same session");
    assert!(is_alive(&*kept));
    helper.hands_off_session().unwrap();
    assert!(!is_alive(&*kept));
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn h_2_a_session_that_was_never_made_is_handed_off_with_success() {
    let desk = Desk::new();
    let (helper, logons) = own(&desk);
    helper.hands_off_session().unwrap();
    assert_eq!(logons.load(Ordering::Relaxed), 0);
}

#[test]
fn h_3_a_session_that_was_handed_off_is_not_released_again() {
    let desk = Desk::new();
    let (helper, _) = own(&desk);
    let kept = helper.mapi_session().unwrap().unwrap();
    helper.hands_off_session().unwrap();
    helper.hands_off_session().unwrap();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn h_4_a_logon_that_failed_left_nothing_to_hand_off() {
    let desk = Desk::new();
    let home = desk.home.clone();
    let helper = OwnSession::new("Work", move || LogonOptions::profile("Missing").home(&home).no_mail());
    assert_eq!(code(helper.mapi_session()), ErrorCode::LOGON_FAILED);
    helper.hands_off_session().unwrap();
}

#[test]
fn h_5_after_a_hand_off_there_is_a_new_session() {
    let desk = Desk::new();
    let (helper, logons) = own(&desk);
    drop(helper.mapi_session().unwrap());
    helper.hands_off_session().unwrap();
    assert!(is_alive(&*helper.mapi_session().unwrap().unwrap()));
    assert_eq!(logons.load(Ordering::Relaxed), 2);
}

#[test]
fn h_6_a_session_that_does_not_log_off_is_forgotten_all_the_same() {
    let desk = Desk::new();
    let (helper, _) = own(&desk);
    let kept = helper.mapi_session().unwrap().unwrap();
    // Somebody was faster: the helper's logoff answers MAPI_E_INVALID_OBJECT.
    kept.downcast_ref::<Session>().unwrap().logoff(LogoffFlags::NONE).unwrap();
    helper.hands_off_session().unwrap();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn h_7_a_lent_session_is_never_released() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = LentSession::new(session.clone()).unwrap();
    let before = Arc::strong_count(&session);
    assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL, "before one was asked for");
    for _ in 0..3 {
        drop(helper.mapi_session().unwrap().unwrap());
        assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL);
    }
    assert_eq!(Arc::strong_count(&session), before);
    session.status_table().unwrap();
}

#[test]
fn h_8_a_lent_session_that_was_logged_off_is_not_touched() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = LentSession::new(session.clone()).unwrap();
    drop(helper.mapi_session().unwrap());
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL);
}

#[test]
fn h_9_without_a_session_there_is_nothing_to_do() {
    let _desk = Desk::new();
    let helper = LentSession::without_session("Work");
    assert_eq!(code(helper.mapi_session()), ErrorCode::E_NOTIMPL);
    assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL);
}

#[test]
fn h_10_a_helper_that_is_dropped_lets_its_session_go() {
    let desk = Desk::new();
    let (helper, _) = own(&desk);
    let kept = helper.mapi_session().unwrap().unwrap();
    drop(helper);
    assert!(!is_alive(&*kept));
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn h_11_who_made_the_session_that_was_brought_last_decides() {
    let desk = Desk::new();
    let lent = session(&desk);
    let (helper, logons) = own(&desk);
    helper.lend(Some(lent.clone()));
    drop(helper.mapi_session().unwrap());
    assert_eq!(logons.load(Ordering::Relaxed), 0);
    assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL);
    helper.lend(None);
    assert_eq!(Arc::strong_count(&lent), 1);
    let kept = helper.mapi_session().unwrap().unwrap();
    assert_eq!(logons.load(Ordering::Relaxed), 1);
    helper.hands_off_session().unwrap();
    assert!(!is_alive(&*kept) && lent.profile_name().is_ok());
}

// The order of calls.

#[test]
fn o_1_a_manager_that_was_only_made_touches_nothing() {
    let desk = Desk::new();
    let helper = RecordingHelper::new();
    drop(AccountManager::new(&desk.home));
    assert_eq!((helper.asked().len(), Arc::strong_count(&helper)), (0, 1));
}

#[test]
fn o_2_work_that_needs_no_session_asks_for_the_name_alone() {
    let desk = Desk::new();
    let id = desk.manager().create_account(new_account(CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let helper = RecordingHelper::new();
    let (manager, answer) = init(&desk, &helper, QUIET);
    answer.unwrap();
    manager.enumerate_accounts(None, None, 0).unwrap();
    name(&find(&manager, id).unwrap());
    drop(manager);
    assert!(helper.asked().iter().all(|asked| matches!(asked, Asked::Identity(_))));
    assert!(!helper.asked().is_empty());
    assert_eq!(Arc::strong_count(&helper), 1);
}

#[test]
fn o_3_the_hand_off_is_the_last_call_before_the_helper_is_let_go() {
    let desk = Desk::new();
    let helper = RecordingHelper::lending(&session(&desk));
    let hear = helper.on_release();
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    drop(helper);
    drop(manager);
    let asked = hear.try_recv().unwrap();
    assert!(matches!(asked[..], [Asked::Identity(_), Asked::Session, Asked::HandsOff]), "{asked:?}");
}

#[test]
fn o_4_where_the_name_cannot_be_had_nothing_else_is_asked() {
    let desk = Desk::new();
    let helper = RecordingHelper::new();
    *helper.identity.lock().unwrap() = Box::new(|_, _| Err(failed()));
    let (manager, answer) = init(&desk, &helper, F::NONE);
    assert_eq!(code(answer), ErrorCode::CALL_FAILED);
    assert!(matches!(helper.asked()[..], [Asked::Identity(_)]));
    assert_eq!(Arc::strong_count(&helper), 1);
    *helper.identity.lock().unwrap() = Box::new(named("Work"));
    manager.init(Some(helper), QUIET).unwrap();
}

#[test]
fn o_5_a_lease_that_never_was_is_not_handed_off() {
    let desk = Desk::new();
    let brings: [Bring; 3] =
        [Box::new(|| Err(failed())), Box::new(|| Err(not_implemented())), Box::new(|| Ok(None))];
    for bring in brings {
        let helper = RecordingHelper::new();
        *helper.bring.lock().unwrap() = bring;
        let (manager, answer) = init(&desk, &helper, F::NONE);
        answer.unwrap();
        drop(manager);
        assert_eq!((helper.count(Asked::Session), helper.count(Asked::HandsOff)), (1, 0));
    }
}

#[test]
fn o_6_a_session_the_client_handed_off_itself_is_asked_for_again() {
    let desk = Desk::new();
    let (helper, logons) = own(&desk);
    let helper = Arc::new(helper);
    let manager = AccountManager::new(&desk.home);
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    assert_eq!(logons.load(Ordering::Relaxed), 1);
    helper.hands_off_session().unwrap();
    struct Looks;
    impl AccountDialogs for Looks {
        fn show_accounts(&self, _: &AccountManager, session: Option<&Session>) -> Result<()> {
            session.unwrap().profile_name().map(drop)
        }
        fn show_wizard(&self, _: &AccountManager, session: Option<&Session>) -> Result<()> {
            session.unwrap().profile_name().map(drop)
        }
    }
    let _turn = DIALOGS.lock().unwrap_or_else(PoisonError::into_inner);
    register_dialogs(Some(Arc::new(Looks)));
    manager.display_account_list(AccountUiFlags::NONE, 0, None, None).unwrap();
    register_dialogs(None);
    assert_eq!(logons.load(Ordering::Relaxed), 2);
}

#[test]
fn o_7_the_helper_lives_as_long_as_its_manager() {
    let desk = Desk::new();
    let helper = RecordingHelper::new();
    let hear = helper.on_release();
    let (manager, answer) = init(&desk, &helper, QUIET);
    answer.unwrap();
    drop(helper);
    manager.enumerate_accounts(None, None, 0).unwrap();
    assert!(hear.try_recv().is_err());
    drop(manager);
    hear.try_recv().unwrap();
}

#[test]
fn o_8_a_manager_outlives_the_session_it_was_lent() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
    let gone = Arc::downgrade(&session);
    drop(session);
    *helper.bring.lock().unwrap() = Box::new(|| Ok(None));
    assert!(gone.upgrade().is_none());
    drop(manager);
    assert!(helper.count(Asked::HandsOff) <= 1);
}

#[test]
fn o_9_the_manager_first_and_then_the_session() {
    let desk = Desk::new();
    let session = session(&desk);
    let (manager, answer) = init(&desk, &RecordingHelper::lending(&session), F::NONE);
    answer.unwrap();
    drop(manager);
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(account.left_open_count, 0, "the manager left nothing open");
}

#[test]
fn o_10_a_lent_session_survives_a_helper_that_says_it_released_it() {
    let desk = Desk::new();
    let session = session(&desk);
    let before = Arc::strong_count(&session);
    let helper = RecordingHelper::lending(&session);
    *helper.hands_off.lock().unwrap() = Box::new(|| Ok(()));
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    drop(manager);
    drop(helper);
    assert_eq!(Arc::strong_count(&session), before);
    session.status_table().unwrap();
}

#[test]
fn o_11_a_hand_off_that_fails_is_not_tried_again() {
    let desk = Desk::new();
    let helper = RecordingHelper::lending(&session(&desk));
    *helper.hands_off.lock().unwrap() =
        Box::new(|| Err(Error::new(ErrorCode::DISK_ERROR, "test", "as the test said")));
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    drop(manager);
    assert_eq!(helper.count(Asked::HandsOff), 1);
}

#[test]
fn o_12_a_second_helper_receives_no_call() {
    let desk = Desk::new();
    let (manager, answer) = init(&desk, &RecordingHelper::new(), QUIET);
    answer.unwrap();
    let second = RecordingHelper::new();
    assert_eq!(code(manager.init(Some(second.clone()), F::NONE)), ErrorCode::E_OLK_ALREADY_INITIALIZED);
    drop(manager);
    assert_eq!((second.asked().len(), Arc::strong_count(&second)), (0, 1));
}

#[test]
fn o_13_an_account_outlives_its_manager_to_be_read() {
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let account = find(&manager, id).unwrap();
    drop(manager);
    assert_eq!(name(&account), "A");
    assert_eq!(account.info().unwrap().account_type, CLSID_OLK_IMAP4_ACCOUNT);
    assert_eq!(code(account.save_changes(0)), ErrorCode::E_OLK_NOT_INITIALIZED);
    let set = account.set_prop(PROP_ACCT_NAME, &AccountValue::Unicode("B".into()));
    assert_eq!(code(set), ErrorCode::E_OLK_NOT_INITIALIZED);
}

#[test]
fn o_14_a_helper_that_calls_back_while_it_hands_off_finds_the_manager_ended() {
    let desk = Desk::new();
    let helper = RecordingHelper::lending(&session(&desk));
    let (manager, answer) = init(&desk, &helper, F::NONE);
    answer.unwrap();
    let id = manager.create_account(new_account(CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let account = find(&manager, id).unwrap();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let told = answers.clone();
    *helper.hands_off.lock().unwrap() = Box::new(move || {
        told.lock().unwrap().push(account.save_changes(0).unwrap_err().code());
        Ok(())
    });
    drop(manager);
    assert_eq!(*answers.lock().unwrap(), [ErrorCode::E_OLK_NOT_INITIALIZED]);
}

#[test]
fn lc_81_a_borrowed_session_is_the_lenders_again_after_the_manager() {
    let desk = Desk::new();
    let session = session(&desk);
    let before = Arc::strong_count(&session);
    let manager = AccountManager::new(&desk.home);
    let helper = Arc::new(LentSession::new(session.clone()).unwrap());
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    manager.advise(Arc::new(RecordingNotify::default())).unwrap();
    assert_eq!(code(helper.hands_off_session()), ErrorCode::E_NOTIMPL);
    drop(manager);
    drop(helper);
    assert_eq!(Arc::strong_count(&session), before);
    session.status_table().unwrap();
    session.open_address_book().unwrap();
}

/// Dialogs are the process's: tests that register some take turns.
static DIALOGS: Mutex<()> = Mutex::new(());
