//! Accounts as programs manage them: the cases A01-A29 of accounts, and lifecycle case 82. What a manager
//! asks of its helper is `account_helpers.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::accounts::{
    Asked, Desk, EXCHANGE, RecordingHelper, RecordingNotify, failed, find, name, named, new_account,
};
use mapi::account::{
    AccountHelper, AccountManager, AccountNotify, AccountUiFlags, AccountValue, LentSession, OwnSession,
    props,
};
use mapi::{ErrorCode, LogonOptions, Result, Session};
use mapi_defs::flags::AccountInitFlags as F;
use mapi_defs::guids as g;
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropTag, PropType};
use std::sync::{Arc, Mutex};

fn code<T>(result: Result<T>) -> u32 {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code().as_u32(),
    }
}

const NOT_INITIALIZED: u32 = 0x800C_8005;
const ACCT_NOT_FOUND: u32 = 0x800C_8101;
const INVALIDARG: u32 = 0x8007_0057;

#[test]
fn ap_01_each_interface_has_an_identifier_of_its_own() {
    let of = |tail: &str| mapi_defs::Guid::parse(&format!("{{9240A6{tail}-AF41-11D2-8C3B-00104B2A6676}}"));
    for (known, tail) in [
        (g::IID_IOLKERRORUNKNOWN, "C0"),
        (g::IID_IOLKENUM, "C1"),
        (g::IID_IOLKACCOUNTNOTIFY, "C3"),
        (g::IID_IOLKACCOUNTHELPER, "CB"),
        (g::IID_IOLKACCOUNTMANAGER, "CD"),
        (g::IID_IOLKACCOUNT, "D2"),
    ] {
        assert_eq!(Some(known), of(tail));
    }
    // Every clone is the same manager.
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let same = manager.clone();
    manager.init(Some(RecordingHelper::new()), F::NOSYNCH_MAPI_ACCTS).unwrap();
    assert!(same.order(g::CLSID_OLK_MAIL).unwrap().is_empty());
}

#[test]
fn ap_02_before_init_nothing_is_answered_whatever_the_arguments() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let nothing = AccountValue::Unicode(String::new());
    assert_eq!(code(manager.find_account(PropTag(0), &nothing)), NOT_INITIALIZED);
    assert_eq!(code(manager.enumerate_accounts(Some(g::CLSID_OLK_MAIL), None, 0)), NOT_INITIALIZED);
    assert_eq!(code(manager.order(g::CLSID_OLK_MAIL)), NOT_INITIALIZED);
    assert_eq!(code(manager.order(mapi_defs::Guid::NULL)), NOT_INITIALIZED);
    assert_eq!(code(manager.set_order(g::CLSID_OLK_MAIL, &[1])), NOT_INITIALIZED);
    assert_eq!(code(manager.delete_account(1)), NOT_INITIALIZED);
    assert_eq!(code(manager.save_changes(1, 7)), NOT_INITIALIZED);
    assert_eq!(code(manager.advise(Arc::new(RecordingNotify::default()))), NOT_INITIALIZED);
    assert_eq!(code(manager.unadvise(1)), NOT_INITIALIZED);
    let shown = manager.display_account_list(AccountUiFlags::NONE, 1, None, None);
    assert_eq!(code(shown), NOT_INITIALIZED);
    assert_eq!(
        manager.last_error(ErrorCode::E_OLK_NOT_INITIALIZED).unwrap().code().as_u32(),
        NOT_INITIALIZED
    );
    assert!(manager.last_error(ErrorCode::NOT_FOUND).is_none());
}

#[test]
fn ap_03_a_second_init_is_refused_and_its_helper_untouched() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let (first, second) = (RecordingHelper::new(), RecordingHelper::new());
    manager.init(Some(first), F::NOSYNCH_MAPI_ACCTS).unwrap();
    assert_eq!(code(manager.init(Some(second.clone()), F::NOSYNCH_MAPI_ACCTS)), 0x800C_8002);
    assert!(second.asked().is_empty());
    assert_eq!(Arc::strong_count(&second), 1);
}

#[test]
fn lc_82_a_manager_is_initialised_once() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let helper = RecordingHelper::new();
    manager.init(Some(helper.clone()), F(1)).unwrap();
    assert_eq!(code(manager.init(Some(helper), F(1))), 0x800C_8002);
}

#[test]
fn ap_04_a_profile_that_is_missing_can_be_made_and_init_tried_again() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let helper = RecordingHelper::new();
    *helper.identity.lock().unwrap() = Box::new(named("Later"));
    assert_eq!(code(manager.init(Some(helper.clone()), F(1))), 0x800C_8001);
    assert_eq!(Arc::strong_count(&helper), 1);
    assert_eq!(code(manager.order(g::CLSID_OLK_MAIL)), NOT_INITIALIZED);
    desk.admin.create_profile("Later", &[]).unwrap();
    manager.init(Some(helper.clone()), F(1)).unwrap();
    assert_eq!(Arc::strong_count(&helper), 2);
}

#[test]
fn ap_05_a_name_that_does_not_fit_is_asked_for_again() {
    let desk = Desk::new();
    let manager = AccountManager::new(&desk.home);
    let helper = RecordingHelper::new();
    *helper.identity.lock().unwrap() = Box::new(|name, length| {
        if name.len() < 300 {
            *length = 300;
            return Err(mapi::Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "test", "300"));
        }
        named("Work")(name, length)
    });
    manager.init(Some(helper.clone()), F(1 | 2)).unwrap();
    assert!(matches!(helper.asked()[..], [Asked::Identity(256), Asked::Identity(again)] if again >= 300));
}

#[test]
fn ap_06_a_ready_helper_says_how_much_its_name_needs() {
    for helper in [
        Box::new(LentSession::without_session("Work")) as Box<dyn AccountHelper>,
        Box::new(OwnSession::new("Work", LogonOptions::default_profile)),
    ] {
        let (mut name, mut length) = ([7_u16; 1], 1);
        let refused = helper.identity(&mut name, &mut length);
        assert_eq!(code(refused), 0x8007_000E);
        assert_eq!((name, length), ([7], 5), "the buffer is untouched");
        let (mut name, mut length) = ([7_u16; 5], 5);
        helper.identity(&mut name, &mut length).unwrap();
        assert_eq!(String::from_utf16(&name).unwrap(), "Work\0");
        assert_eq!(length, 5);
    }
}

fn session(desk: &Desk) -> Arc<Session> {
    Arc::new(Session::logon(LogonOptions::profile("Work").home(&desk.home).no_mail()).unwrap())
}

#[test]
fn ap_07_a_lent_session_stays_the_lenders() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = LentSession::new(session.clone()).unwrap();
    let before = Arc::strong_count(&session);
    drop(helper.mapi_session().unwrap().unwrap());
    assert_eq!(code(helper.hands_off_session()), 0x8000_4001);
    assert_eq!(Arc::strong_count(&session), before);
    session.status_table().unwrap();
}

#[test]
fn ap_08_an_own_session_is_let_go_of() {
    let desk = Desk::new();
    let home = desk.home.clone();
    let helper = OwnSession::new("Work", move || LogonOptions::profile("Work").home(&home).no_mail());
    let kept = helper.mapi_session().unwrap().unwrap();
    helper.hands_off_session().unwrap();
    assert_eq!(Arc::strong_count(&kept), 1, "the helper holds nothing any more");
    let session = kept.downcast_ref::<Session>().unwrap();
    assert_eq!(session.profile_name().unwrap_err().code(), ErrorCode::INVALID_OBJECT, "it was logged off");
}

#[test]
fn ap_09_every_lease_ends_before_the_session_is_handed_off_once() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    let (before, leased) = (Arc::strong_count(&helper), Arc::strong_count(&session));
    let manager = AccountManager::new(&desk.home);
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    assert_eq!(Arc::strong_count(&session), leased, "no session is held between operations");
    drop(manager);
    let asked = helper.asked();
    assert!(helper.count(Asked::Session) >= 1);
    assert_eq!(asked.iter().position(|asked| *asked == Asked::HandsOff), Some(asked.len() - 1));
    assert_eq!(helper.count(Asked::HandsOff), 1);
    assert_eq!(Arc::strong_count(&helper), before);
}

#[test]
fn ap_10_where_no_session_is_needed_none_is_asked_for() {
    let desk = Desk::new();
    let id = desk.manager().create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home")).unwrap();
    let helper = RecordingHelper::new();
    let manager = AccountManager::new(&desk.home);
    manager.init(Some(helper.clone()), F(1 | 2 | 4)).unwrap();
    assert_eq!(manager.enumerate_accounts(None, None, 0).unwrap().count(), 1);
    assert_eq!(name(&find(&manager, id).unwrap()), "Home");
    drop(manager);
    assert_eq!(helper.count(Asked::Session), 0);
    assert_eq!(helper.count(Asked::HandsOff), 0);
}

#[test]
fn ap_11_without_a_session_the_manager_works() {
    let desk = Desk::new();
    let helper = RecordingHelper::new();
    *helper.bring.lock().unwrap() = Box::new(|| Err(failed()));
    let manager = AccountManager::new(&desk.home);
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    assert_eq!(manager.enumerate_accounts(None, None, 0).unwrap().count(), 0);
    let why = manager.last_error(ErrorCode::CALL_FAILED).unwrap();
    assert!(why.detail().contains("as the test said"), "{why}");
}

#[test]
fn ap_12_a_helper_that_says_it_let_a_lent_session_go_harms_nobody() {
    let desk = Desk::new();
    let session = session(&desk);
    let helper = RecordingHelper::lending(&session);
    *helper.hands_off.lock().unwrap() = Box::new(|| Ok(()));
    let before = Arc::strong_count(&session);
    let manager = AccountManager::new(&desk.home);
    manager.init(Some(helper.clone()), F::NONE).unwrap();
    drop(manager);
    assert_eq!(helper.count(Asked::HandsOff), 1);
    session.status_table().unwrap();
    assert_eq!(Arc::strong_count(&session), before);
}

#[test]
fn ap_13_a_session_that_was_logged_off_is_not_called_any_more() {
    let desk = Desk::new();
    let session = session(&desk);
    let manager = AccountManager::new(&desk.home);
    let helper = Arc::new(LentSession::new(session.clone()).unwrap());
    manager.init(Some(helper), F::NONE).unwrap();
    session.logoff(mapi::LogoffFlags::NONE).unwrap();
    let gone = Arc::downgrade(&session);
    drop(session);
    manager.enumerate_accounts(None, None, 0).unwrap();
    drop(manager);
    assert!(gone.upgrade().is_none(), "nobody holds it");
}

#[test]
fn ap_14_the_placeholder_is_not_implemented() {
    let desk = Desk::new();
    let lent = LentSession::new(session(&desk)).unwrap();
    assert_eq!(code(lent.placeholder1()), 0x8000_4001);
    assert_eq!(code(OwnSession::new("Work", LogonOptions::default_profile).placeholder1()), 0x8000_4001);
}

#[test]
fn ap_15_a_property_is_returned_with_its_type() {
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home")).unwrap();
    let account = find(&manager, id).unwrap();
    let value = account.prop(t::PROP_ACCT_NAME).unwrap();
    assert_eq!((value.ptype().0, value.as_text()), (0x1F, Some("Home")));
    assert_eq!(account.prop(t::PROP_ACCT_ID).unwrap().as_long(), Some(id));
    assert_eq!(account.prop(t::PROP_ACCT_PREFERENCES_UID).unwrap().as_binary().unwrap().len(), 16);
    assert_ne!(account.prop(t::PROP_ACCT_MINI_UID).unwrap().as_long(), Some(0));
    assert!(!account.prop(t::PROP_ACCT_STAMP).unwrap().as_text().unwrap().is_empty());
}

#[test]
fn ap_16_what_an_account_does_not_have_is_not_found() {
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(g::CLSID_OLK_POP3_ACCOUNT, "Pop")).unwrap();
    let account = find(&manager, id).unwrap();
    assert_eq!(code(account.prop(t::PROP_MAPI_IDENTITY_ENTRYID)), ACCT_NOT_FOUND);
    assert_eq!(code(account.prop(PropTag(0x7777_0003))), ACCT_NOT_FOUND);
    assert_eq!(code(account.prop(PropTag(0x0002_0003))), ACCT_NOT_FOUND, "of another type");
    for bad in [0, 0x0002_0000, 0x0002_001E, 0x0002_0040, 0x0000_001F] {
        assert_eq!(code(account.prop(PropTag(bad))), INVALIDARG, "{bad:#x}");
    }
}

#[test]
fn ap_17_what_can_only_be_read_is_refused_and_unchanged() {
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(g::CLSID_OLK_MAPI_ACCOUNT, "Any")).unwrap();
    let account = find(&manager, id).unwrap();
    assert_eq!(code(account.set_prop(t::PROP_ACCT_ID, &AccountValue::Long(99))), 0x800C_800D);
    assert_eq!(account.prop(t::PROP_ACCT_ID).unwrap().as_long(), Some(id));
    let text = || AccountValue::Unicode("x".into());
    for (tag, value) in [
        (t::PROP_ACCT_MINI_UID, AccountValue::Long(1)),
        (t::PROP_ACCT_IS_EXCH, AccountValue::Long(1)),
        (t::PROP_ACCT_STAMP, text()),
        (t::PROP_ACCT_SEND_STAMP, text()),
        (t::PROP_INET_SERVER, text()),
        (props::PROP_INET_PASSWORD, text()),
        (props::PROP_SMTP_PASSWORD, text()),
        (t::PROP_SMTP_SECURE_CONNECTION, AccountValue::Long(1)),
        (t::PROP_ACCT_PREFERENCES_UID, AccountValue::Binary(vec![1])),
        (t::PROP_ACCT_SENTITEMS_EID, AccountValue::Binary(vec![1])),
    ] {
        assert_eq!(code(account.set_prop(tag, &value)), 0x800C_800D, "{tag}");
    }
    // What is wrong in itself comes first, what the type of the account says before what the tag says.
    assert_eq!(code(account.set_prop(PropTag(0), &text())), INVALIDARG);
    assert_eq!(code(account.set_prop(t::PROP_ACCT_NAME, &AccountValue::Long(1))), INVALIDARG);
    assert_eq!(code(account.set_prop(PropTag(0x7777_001F), &text())), INVALIDARG);
    for bad in ["a\nb", "\u{1b}[2J", "a\0"] {
        let bad = AccountValue::Unicode(bad.to_owned());
        assert_eq!(code(account.set_prop(t::PROP_ACCT_NAME, &bad)), INVALIDARG, "a name with controls");
    }
    account.save_changes(0).unwrap();
    assert_eq!(name(&account), "Any");
}

#[test]
fn ap_18_the_folder_of_sent_items_is_the_servers() {
    let desk = Desk::new();
    let manager = desk.manager();
    for account_type in [g::CLSID_OLK_IMAP4_ACCOUNT, g::CLSID_OLK_POP3_ACCOUNT] {
        let id = manager.create_account(new_account(account_type, "A")).unwrap();
        let account = find(&manager, id).unwrap();
        let set = account.set_prop(t::PROP_ACCT_SENTITEMS_EID, &AccountValue::Binary(vec![1, 2, 3, 4]));
        assert_eq!(code(set), ACCT_NOT_FOUND);
    }
}

#[test]
fn ap_19_what_is_set_is_others_to_see_once_it_is_saved() {
    let desk = Desk::new();
    let (one, two) = (desk.manager(), desk.manager());
    let id = one.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Old")).unwrap();
    let (first, second) = (find(&one, id).unwrap(), find(&one, id).unwrap());
    first.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("New".into())).unwrap();
    assert_eq!(name(&second), "New", "the same manager sees it");
    assert_eq!(name(&find(&two, id).unwrap()), "Old", "another does not");
    assert_eq!(code(first.save_changes(1)), INVALIDARG, "no flag is defined");
    assert_eq!(name(&find(&two, id).unwrap()), "Old");
    second.save_changes(0).unwrap();
    assert_eq!(name(&find(&desk.manager(), id).unwrap()), "New");
    // The manager's own call is the same commit, and what is not saved goes with its manager.
    first.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("Third".into())).unwrap();
    one.save_changes(id, 0).unwrap();
    first.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("Lost".into())).unwrap();
    drop(one);
    assert_eq!(name(&find(&two, id).unwrap()), "Third");
    let service = &desk.admin.services("Work").unwrap().services()[0];
    assert_eq!(service.display_name, "Third", "its service is called the same");
}

#[test]
fn ap_20_a_password_is_returned_to_who_names_it_and_to_nobody_else() {
    const PASSWORD: &str = "hunter2-of-the-account";
    let desk = Desk::new();
    let manager = desk.manager();
    let mut new = new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home");
    new.props.set(props::extension::INCOMING_PASSWORD, PASSWORD);
    let id = manager.create_account(new).unwrap();
    let account = find(&manager, id).unwrap();
    assert_eq!(account.prop(PropTag(0x0102_801F)).unwrap().as_text(), Some(PASSWORD));
    assert_eq!(code(account.prop(t::PROP_INET_PASSWORD)), ACCT_NOT_FOUND);
    assert_eq!(code(account.prop(PropTag(0x0205_801F))), ACCT_NOT_FOUND, "there is none");
    for id in 0..=0x7FFF_u16 {
        for ptype in [PropType::LONG, PropType::UNICODE, PropType::BINARY] {
            if let Ok(value) = account.prop(PropTag::new(id, ptype)) {
                assert!(value.as_text().is_none_or(|text| !text.contains(PASSWORD)), "{id:#x}");
                let bytes = value.as_binary().unwrap_or_default();
                assert!(!bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "{id:#x}");
            }
        }
    }
    assert!(!format!("{:?}", account.prop(props::PROP_INET_PASSWORD)).contains("hunter2"));
    let file = std::fs::read(desk.home.profiles().join("work.json")).unwrap();
    assert!(!file.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()));
}

#[test]
fn ap_21_accounts_are_found_by_their_identifier() {
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home")).unwrap();
    assert_eq!(find(&manager, id).unwrap().prop(t::PROP_ACCT_ID).unwrap().as_long(), Some(id));
    assert_eq!(code(find(&manager, id + 1)), ACCT_NOT_FOUND);
    let by_name = manager.find_account(t::PROP_ACCT_NAME, &AccountValue::Unicode("Home".into()));
    assert_eq!(code(by_name), 0x800C_8003);
    let exchange = || manager.find_account(t::PROP_ACCT_IS_EXCH, &AccountValue::Long(1));
    assert_eq!(code(exchange()), ACCT_NOT_FOUND);
    let mut new = new_account(g::CLSID_OLK_MAPI_ACCOUNT, "Exchange");
    new.service = Some(EXCHANGE.to_owned());
    let other = manager.create_account(new).unwrap();
    assert_eq!(exchange().unwrap().id(), other);
    let categories = exchange().unwrap().info().unwrap().categories;
    assert!(!categories.contains(&g::CLSID_OLK_ADDRESS_BOOK), "though the service has an address book");
}

#[test]
fn ap_22_mail_accounts_are_listed_and_address_books_are_not() {
    let desk = Desk::new();
    let manager = desk.manager();
    let make = |account_type| manager.create_account(new_account(account_type, "A")).unwrap();
    let imap = make(g::CLSID_OLK_IMAP4_ACCOUNT);
    let pop = make(g::CLSID_OLK_POP3_ACCOUNT);
    let ldap = make(g::CLSID_OLK_LDAP_ACCOUNT);
    let ids = |category, account_type| -> Vec<u32> {
        manager
            .enumerate_accounts(category, account_type, 0)
            .unwrap()
            .into_iter()
            .map(|account| account.id())
            .collect()
    };
    assert_eq!(ids(Some(g::CLSID_OLK_MAIL), None), [imap, pop]);
    assert_eq!(ids(Some(g::CLSID_OLK_ADDRESS_BOOK), None), [ldap]);
    assert_eq!(ids(None, Some(g::CLSID_OLK_POP3_ACCOUNT)), [pop]);
    assert_eq!(ids(Some(g::CLSID_OLK_MAIL), Some(g::CLSID_OLK_IMAP4_ACCOUNT)), [imap]);
    assert_eq!(ids(None, None), [imap, pop, ldap]);
    assert!(ids(Some(g::CLSID_OLK_IMAP4_ACCOUNT), None).is_empty(), "it is no category");
}

#[test]
fn ap_23_a_list_is_gone_through_and_begun_again() {
    let desk = Desk::new();
    let manager = desk.manager();
    for name in ["One", "Two", "Three"] {
        manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, name)).unwrap();
    }
    let mut list = manager.enumerate_accounts(Some(g::CLSID_OLK_MAIL), None, 0).unwrap();
    assert_eq!(list.count(), 3);
    let first = list.next_account().unwrap().id();
    assert!(list.skip_accounts(1));
    assert!(list.next_account().is_some());
    assert!(list.next_account().is_none(), "S_FALSE past the end");
    assert!(!list.skip_accounts(1));
    list.reset();
    manager.delete_account(first).unwrap();
    let again = list.next_account().unwrap();
    assert_eq!(again.id(), first, "the list is as it was");
    assert_eq!(name(&again), "One");
    assert!(!list.skip_accounts(9), "S_FALSE");
    assert!(list.next_account().is_none(), "it stands at the end");
}

#[test]
fn ap_24_each_category_has_its_order() {
    let desk = Desk::new();
    let manager = desk.manager();
    let make = |name| manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, name)).unwrap();
    let ids = [make("A"), make("B"), make("C")];
    assert_eq!(manager.order(g::CLSID_OLK_STORE).unwrap(), ids);
    assert!(manager.order(g::CLSID_OLK_ADDRESS_BOOK).unwrap().is_empty());
    assert_eq!(code(manager.order(g::CLSID_OLK_IMAP4_ACCOUNT)), INVALIDARG);
    let [a, b, c] = ids;
    manager.set_order(g::CLSID_OLK_STORE, &[c, a, b]).unwrap();
    assert_eq!(desk.manager().order(g::CLSID_OLK_STORE).unwrap(), [c, a, b]);
    assert_eq!(manager.order(g::CLSID_OLK_MAIL).unwrap(), [a, b, c], "the others are as they were");
    assert_eq!(code(manager.set_order(g::CLSID_OLK_STORE, &[a, b])), 0x800C_8105);
    assert_eq!(code(manager.set_order(g::CLSID_OLK_STORE, &[a, b, 999])), INVALIDARG);
    assert_eq!(code(manager.set_order(g::CLSID_OLK_STORE, &[a, b, b])), INVALIDARG);
    assert_eq!(code(manager.set_order(g::CLSID_OLK_MAIL, &[c, b, a])), INVALIDARG);
    assert_eq!(manager.order(g::CLSID_OLK_STORE).unwrap(), [c, a, b]);
    // A tool may do what the call does not; transports follow.
    manager.set_mail_order(&[c, b, a]).unwrap();
    let services = desk.admin.services("Work").unwrap();
    let order = services.transport_order();
    let of = |name: &str| {
        let row = services.services().into_iter().find(|row| row.display_name == name).unwrap();
        row.providers[1].uid
    };
    assert_eq!(order, [of("C"), of("B"), of("A")]);
    manager.delete_account(c).unwrap();
    assert_eq!(manager.order(g::CLSID_OLK_STORE).unwrap(), [a, b]);
}

#[test]
fn ap_25_who_is_told_of_a_deletion_can_open_the_account_first() {
    struct Looking {
        manager: AccountManager,
        seen: Mutex<Vec<(u32, u32, u32)>>,
    }
    impl AccountNotify for Looking {
        fn notify(&self, event: mapi::account::AccountEvent, account: u32, _flags: u32) -> Result<()> {
            let found = find(&self.manager, account).map_or_else(|error| error.code().as_u32(), |_| 0);
            self.seen.lock().unwrap().push((event.value(), account, found));
            Ok(())
        }
    }
    let desk = Desk::new();
    let manager = desk.manager();
    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home")).unwrap();
    let sink = Arc::new(Looking { manager: manager.clone(), seen: Mutex::default() });
    let cookie = manager.advise(sink.clone()).unwrap();
    let account = find(&manager, id).unwrap();
    manager.delete_account(id).unwrap();
    assert_eq!(*sink.seen.lock().unwrap(), [(5, id, 0), (3, id, ACCT_NOT_FOUND)]);
    assert_eq!(code(account.save_changes(0)), ACCT_NOT_FOUND);
    assert_eq!(code(manager.delete_account(id)), ACCT_NOT_FOUND);
    assert!(desk.admin.services("Work").unwrap().services().is_empty(), "its service went with it");
    let again = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "Home")).unwrap();
    assert!(again > id, "no identifier is used twice");
    manager.unadvise(cookie).unwrap();
}

#[test]
fn ap_26_sinks_have_cookies_that_are_good_once() {
    let desk = Desk::new();
    let manager = desk.manager();
    let sink = Arc::new(RecordingNotify::default());
    let cookie = manager.advise(sink.clone()).unwrap();
    assert_ne!(cookie, 0);
    assert_eq!(Arc::strong_count(&sink), 2);
    assert_eq!(code(manager.unadvise(cookie + 1)), INVALIDARG);
    assert_eq!(code(manager.unadvise(0)), INVALIDARG);
    manager.unadvise(cookie).unwrap();
    assert_eq!(Arc::strong_count(&sink), 1);
    assert_eq!(code(manager.unadvise(cookie)), INVALIDARG);
    let other = manager.advise(sink.clone()).unwrap();
    assert_ne!(other, cookie);
    drop(manager);
    assert_eq!(Arc::strong_count(&sink), 1, "the manager's end lets go of it");
}

#[test]
fn ap_27_deleting_what_is_not_there_tells_nobody() {
    let desk = Desk::new();
    let manager = desk.manager();
    let sink = Arc::new(RecordingNotify::default());
    manager.advise(sink.clone()).unwrap();
    assert_eq!(code(manager.delete_account(77)), ACCT_NOT_FOUND);
    assert_eq!(code(manager.save_changes(77, 0)), ACCT_NOT_FOUND);
    assert!(sink.told().is_empty());
}

#[test]
fn ap_28_reserved_arguments_of_the_dialog_are_refused() {
    let desk = Desk::new();
    let manager = desk.manager();
    let show = |count, categories, account_type| {
        code(manager.display_account_list(AccountUiFlags::NONE, count, categories, account_type))
    };
    assert_eq!(show(1, None, None), INVALIDARG);
    assert_eq!(show(0, Some(&[g::CLSID_OLK_MAIL]), None), INVALIDARG);
    assert_eq!(show(0, None, Some(g::CLSID_OLK_IMAP4_ACCOUNT)), INVALIDARG);
    assert_eq!(show(0, None, None), 0x800C_8102, "nobody here draws dialogs");
}

#[test]
fn ap_29_an_account_says_what_it_is() {
    let desk = Desk::new();
    let manager = desk.manager();
    let info = |account_type| {
        let id = manager.create_account(new_account(account_type, "A")).unwrap();
        find(&manager, id).unwrap().info().unwrap()
    };
    let imap = info(g::CLSID_OLK_IMAP4_ACCOUNT);
    assert_eq!(imap.account_type, g::CLSID_OLK_IMAP4_ACCOUNT);
    assert_eq!(imap.categories, [g::CLSID_OLK_MAIL, g::CLSID_OLK_STORE]);
    assert_eq!(info(g::CLSID_OLK_POP3_ACCOUNT).categories, [g::CLSID_OLK_MAIL]);
    assert_eq!(info(g::CLSID_OLK_LDAP_ACCOUNT).categories, [g::CLSID_OLK_ADDRESS_BOOK]);
    assert_eq!(info(g::CLSID_OLK_MAPI_ACCOUNT).categories.len(), 3, "one for each kind of provider");
}
