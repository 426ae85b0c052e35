//! Accounts and what is behind them: services brought together with them, changes in one step, copies of
//! profiles, passwords by reference, and sinks that hear of other managers and other processes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::accounts::{Desk, RecordingHelper, RecordingNotify, USER, find, name, new_account};
use mapi::account::{
    AccountEvent, AccountManager, AccountNotify, AccountValue, LentSession, NewAccount, props,
};
use mapi::{ErrorCode, Home, LogonOptions, Mapi, Result, SectionFlags, Session};
use mapi_defs::flags::AccountInitFlags as F;
use mapi_defs::guids as g;
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropList, PropValue};
use mapi_spi::prop::MapiProp;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The root of accounts.
const ROOT: mapi_defs::Guid =
    mapi_defs::Guid(*b"\x93\x75\xCF\xF0\x41\x31\x11\xD3\xB8\x8A\x00\x10\x4B\x2A\x66\x76");

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn names(manager: &AccountManager) -> Vec<String> {
    manager.enumerate_accounts(None, None, 0).unwrap().into_iter().map(|account| name(&account)).collect()
}

#[test]
fn services_and_accounts_are_brought_together_at_the_beginning() {
    let desk = Desk::new();
    let services = desk.admin.services("Work").unwrap();
    services.create_service("TEST-PLAIN", PropList::new()).unwrap();
    let mut section = PropList::new();
    section.set(doubles::accounts::SERVER, "imap.example");
    let imap = services.create_service("TEST-IMAP4", section).unwrap();
    let manager = desk.manager();
    assert!(names(&manager).is_empty(), "flag 1 leaves them apart");
    let sink = Arc::new(RecordingNotify::default());
    manager.advise(sink.clone()).unwrap();

    let other = desk.manager_with(F::NONE);
    assert_eq!(names(&other), ["Test service", "Test service"]);
    let typed = find(&other, 2).unwrap();
    assert_eq!(typed.info().unwrap().account_type, g::CLSID_OLK_IMAP4_ACCOUNT);
    assert_eq!(typed.prop(t::PROP_INET_SERVER).unwrap().as_text(), Some("imap.example"));
    assert_eq!(find(&other, 1).unwrap().info().unwrap().account_type, g::CLSID_OLK_MAPI_ACCOUNT);
    drop(other);
    let file = || std::fs::read(desk.home.profiles().join("work.json")).unwrap();
    let before = file();
    drop(desk.manager_with(F::NONE));
    assert_eq!(file(), before, "where nothing is to be done nothing is written");

    services.delete_service(imap).unwrap();
    let last = desk.manager_with(F::NONE);
    assert_eq!(names(&last), ["Test service"]);
    manager.order(g::CLSID_OLK_MAIL).unwrap();
    assert_eq!(sink.told(), [(2, 1), (2, 2), (5, 2), (3, 2)]);
}

#[test]
fn an_account_learns_where_its_own_store_is() {
    let desk = Desk::new();
    let session =
        || Arc::new(Session::logon(LogonOptions::profile("Work").home(&desk.home).no_mail()).unwrap());
    let id = desk.manager().create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let session = session();
    let manager = AccountManager::new(&desk.home);
    let helper = Arc::new(LentSession::new(session.clone()).unwrap());
    manager.init(Some(helper), F::NOSYNCH_MAPI_ACCTS).unwrap();
    let store = find(&manager, id).unwrap().prop(t::PROP_ACCT_DELIVERY_STORE).unwrap();
    let entry_id = mapi::EntryId::from_bytes(store.as_binary().unwrap());
    session.open_msg_store(&entry_id, mapi::OpenFlags::NONE).unwrap();
}

#[test]
fn an_account_that_a_service_refuses_does_not_come_about() {
    let desk = Desk::new();
    let manager = desk.manager();
    let file = || std::fs::read(desk.home.profiles().join("work.json")).unwrap();
    let before = file();
    let mut new = new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A");
    new.props.set(t::PROP_INET_SERVER, "refuse.example");
    assert_eq!(code(manager.create_account(new.clone())), ErrorCode::UNCONFIGURED);
    assert_eq!(file(), before);
    let unknown =
        NewAccount { account_type: g::CLSID_OLK_HOTMAIL_ACCOUNT, props: PropList::new(), service: None };
    assert_eq!(code(manager.create_account(unknown)), ErrorCode::NOT_FOUND);
    new.props.set(t::PROP_INET_SERVER, "mail\u{7}example");
    assert_eq!(code(manager.create_account(new)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(file(), before);

    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let before = file();
    let change = |server: &str| {
        let props = [(t::PROP_INET_SERVER, server)].into_iter();
        props.map(|(tag, text)| mapi_defs::prop::Prop::new(tag, text)).collect::<PropList>()
    };
    assert_eq!(code(manager.configure_account(id, change("refuse.example"), &[])), ErrorCode::UNCONFIGURED);
    assert_eq!(file(), before);
    manager.configure_account(id, change("new.example"), &[t::PROP_INET_USER]).unwrap();
    let account = find(&manager, id).unwrap();
    assert_eq!(account.prop(t::PROP_INET_SERVER).unwrap().as_text(), Some("new.example"));
    assert_eq!(code(account.prop(t::PROP_INET_USER)), ErrorCode::E_ACCT_NOT_FOUND);
    let services = desk.admin.services("Work").unwrap();
    let section = services.own_section(services.services()[0].uid).unwrap();
    assert_eq!(section.text(doubles::accounts::SERVER), Some("new.example"));
    assert!(!section.contains_id(USER.id()), "what the account does not say any more has gone");
    assert_eq!(code(manager.configure_account(99, PropList::new(), &[])), ErrorCode::E_ACCT_NOT_FOUND);
}

#[test]
fn a_provider_finds_its_accounts_password_and_the_profile_has_it_once() {
    let desk = Desk::new();
    let manager = desk.manager();
    let mut new = new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A");
    new.props.set(props::extension::INCOMING_PASSWORD, "incoming");
    let id = manager.create_account(new).unwrap();
    let services = desk.admin.services("Work").unwrap();
    assert_eq!(services.secure_props().len(), 1);
    let row = services.services().remove(0);
    let asked = |tag| {
        let section = services.open_profile_section(row.uid, SectionFlags::FORCE_ACCESS).unwrap();
        section.props(Some(&[tag])).unwrap().remove(0).value
    };
    let is = |text: &str| PropValue::Unicode(text.into());
    assert_eq!(asked(props::extension::INCOMING_PASSWORD), is("incoming"));
    assert_eq!(asked(props::extension::OUTGOING_PASSWORD), is("incoming"), "SMTP_AUTH_SAME_AS_POP");
    let mut own = PropList::new();
    own.set(t::PROP_SMTP_AUTH_METHOD, 1);
    manager.configure_account(id, own.clone(), &[]).unwrap();
    assert_eq!(asked(props::extension::OUTGOING_PASSWORD), PropValue::Error(ErrorCode::NOT_FOUND));
    own.set(props::extension::OUTGOING_PASSWORD, "outgoing");
    manager.configure_account(id, own, &[]).unwrap();
    assert_eq!(asked(props::extension::OUTGOING_PASSWORD), is("outgoing"));
    let mut none = PropList::new();
    none.set(t::PROP_SMTP_USE_AUTH, 0);
    manager.configure_account(id, none, &[]).unwrap();
    let outgoing = asked(props::extension::OUTGOING_PASSWORD);
    assert_eq!(outgoing, PropValue::Error(ErrorCode::NOT_FOUND), "nobody logs on there");
    manager.delete_account(id).unwrap();
    assert!(desk.admin.services("Work").unwrap().secure_props().is_empty());
}

#[test]
fn sections_of_accounts_are_mapis_own() {
    let desk = Desk::new();
    let manager = desk.manager();
    manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    let services = desk.admin.services("Work").unwrap();
    assert_eq!(code(services.open_profile_section(ROOT, SectionFlags::NONE)), ErrorCode::NO_ACCESS);
    let write = SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS;
    assert_eq!(code(services.open_profile_section(ROOT, write)), ErrorCode::NO_ACCESS);
    let root = services.open_profile_section(ROOT, SectionFlags::FORCE_ACCESS).unwrap();
    let listed = root.props(None).unwrap().into_iter().find_map(|prop| match prop.value {
        PropValue::MvBinary(uids) => Some(mapi_defs::Guid(uids[0].as_slice().try_into().unwrap())),
        _ => None,
    });
    let account = listed.unwrap();
    assert_eq!(code(services.open_profile_section(account, write)), ErrorCode::NO_ACCESS);
    services.open_profile_section(account, SectionFlags::FORCE_ACCESS).unwrap();
}

#[test]
fn a_copied_profile_has_accounts_of_its_own() {
    let desk = Desk::new();
    let manager = desk.manager();
    let mut new = new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A");
    new.props.set(props::extension::INCOMING_PASSWORD, "incoming");
    let id = manager.create_account(new).unwrap();
    desk.admin.copy_profile("Work", "Copy").unwrap();
    let copies = AccountManager::new(&desk.home);
    copies.init(Some(Arc::new(LentSession::without_session("Copy"))), F(1 | 2)).unwrap();
    let (one, other) = (find(&manager, id).unwrap(), find(&copies, id).unwrap());
    let long = |account: &mapi::account::Account, tag| account.prop(tag).unwrap().as_long().unwrap();
    assert_ne!(long(&one, t::PROP_ACCT_MINI_UID), long(&other, t::PROP_ACCT_MINI_UID));
    let stamp = |account: &mapi::account::Account| {
        account.prop(t::PROP_ACCT_STAMP).unwrap().as_text().unwrap().to_owned()
    };
    assert_eq!(stamp(&one), stamp(&other), "what messages were sent with still is the account");
    assert_eq!(other.prop(props::PROP_INET_PASSWORD).unwrap().as_text(), Some("incoming"));
    copies.delete_account(id).unwrap();
    assert!(desk.admin.services("Copy").unwrap().services().is_empty(), "its own service went");
    assert_eq!(desk.admin.services("Work").unwrap().services().len(), 1);
    assert_eq!(name(&one), "A");
}

/// A sink that hands on what it hears.
struct Handing(Mutex<Sender<(u32, u32)>>);

impl AccountNotify for Handing {
    fn notify(&self, event: AccountEvent, account: u32, _flags: u32) -> Result<()> {
        self.0.lock().unwrap().send((event.value(), account)).unwrap_or(());
        Ok(())
    }
}

#[test]
fn managers_of_one_process_hear_of_one_another_at_once() {
    let desk = Desk::new();
    // ACCT_INIT_NO_NOTIFICATIONS is about other programs.
    let (one, two) = (desk.manager_with(F(1 | 2 | 4)), desk.manager_with(F(1 | 2 | 4)));
    let sink = Arc::new(RecordingNotify::default());
    two.advise(sink.clone()).unwrap();
    let ids =
        ["A", "B"].map(|name| one.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, name)).unwrap());
    assert_eq!(sink.told(), [(2, ids[0]), (2, ids[1])]);
    let account = find(&one, ids[0]).unwrap();
    account.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("A".into())).unwrap();
    account.save_changes(0).unwrap();
    assert!(sink.told().is_empty(), "nothing changed");
    account.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("C".into())).unwrap();
    account.save_changes(0).unwrap();
    assert_eq!(sink.told(), [(1, ids[0])]);
    one.set_order(g::CLSID_OLK_STORE, &[ids[1], ids[0]]).unwrap();
    assert_eq!(sink.told(), [(4, 0)]);
    one.delete_account(ids[1]).unwrap();
    assert_eq!(sink.told(), [(5, ids[1]), (3, ids[1])]);
}

#[test]
fn a_sink_that_panics_keeps_no_other_from_hearing() {
    struct Panics;
    impl AccountNotify for Panics {
        fn notify(&self, _: AccountEvent, _: u32, _: u32) -> Result<()> {
            panic!("as the test said");
        }
    }
    let desk = Desk::new();
    let manager = desk.manager();
    let (told, hear) = channel();
    manager.advise(Arc::new(Panics)).unwrap();
    manager.advise(Arc::new(Handing(Mutex::new(told)))).unwrap();
    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    manager.delete_account(id).unwrap();
    for event in [2, 5, 3] {
        assert_eq!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), (event, id));
    }
}

#[test]
fn a_sink_may_call_its_manager_and_end_its_advise() {
    struct Busy(AccountManager, Mutex<Option<u32>>, Mutex<Vec<u32>>);
    impl AccountNotify for Busy {
        fn notify(&self, event: AccountEvent, account: u32, _flags: u32) -> Result<()> {
            self.2.lock().unwrap().push(event.value());
            if event == AccountEvent::Created {
                let found = find(&self.0, account)?;
                found.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("Renamed".into()))?;
                found.save_changes(0)?;
            } else if let Some(cookie) = self.1.lock().unwrap().take() {
                self.0.unadvise(cookie)?;
            }
            Err(doubles::accounts::failed())
        }
    }
    let desk = Desk::new();
    let manager = desk.manager();
    let sink = Arc::new(Busy(manager.clone(), Mutex::default(), Mutex::default()));
    let cookie = manager.advise(sink.clone()).unwrap();
    *sink.1.lock().unwrap() = Some(cookie);
    let id = manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    assert_eq!(*sink.2.lock().unwrap(), [2, 1]);
    assert_eq!(name(&find(&manager, id).unwrap()), "Renamed");
    manager.delete_account(id).unwrap();
    assert_eq!(*sink.2.lock().unwrap(), [2, 1], "it is not told any more");
}

/// What the second process does, in the home of this variable.
const HOME: &str = "OPENMAPI_TEST_ACCOUNTS_HOME";

#[test]
fn changes_of_another_process_are_heard() {
    if let Some(home) = std::env::var_os(HOME) {
        let _mapi = Mapi::initialize().unwrap();
        let manager = AccountManager::new(&Home::at(std::path::Path::new(&home)).unwrap());
        manager.init(Some(RecordingHelper::new()), F(1 | 2 | 4)).unwrap();
        let account = find(&manager, 1).unwrap();
        account.set_prop(t::PROP_ACCT_NAME, &AccountValue::Unicode("Far".into())).unwrap();
        account.save_changes(0).unwrap();
        manager.delete_account(2).unwrap();
        return;
    }
    let desk = Desk::new();
    let manager = desk.manager();
    for name in ["A", "B"] {
        manager.create_account(new_account(g::CLSID_OLK_MAPI_ACCOUNT, name)).unwrap();
    }
    let deaf = desk.manager_with(F(1 | 2 | 4));
    let silent = Arc::new(RecordingNotify::default());
    deaf.advise(silent.clone()).unwrap();
    let (told, hear) = channel();
    manager.advise(Arc::new(Handing(Mutex::new(told)))).unwrap();
    let test = "changes_of_another_process_are_heard";
    let mut other = std::process::Command::new(std::env::current_exe().unwrap());
    let other = other.args(["--exact", test]).env(HOME, desk._folder.path()).output().unwrap();
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stderr));
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(hear.recv_timeout(Duration::from_secs(20)).unwrap());
    }
    assert_eq!(heard, [(1, 1), (5, 2), (3, 2)]);
    assert!(silent.told().is_empty(), "who does not want to hear of others does not");
    assert_eq!(names(&manager), ["Far"]);
}

#[test]
fn a_service_of_the_profile_sends_as_its_account_says_and_not_before() {
    // A session keeps the profile it began with; what accounts change binds the next one.
    let desk = Desk::new();
    let manager = desk.manager();
    desk.admin.services("Work").unwrap().create_service("TEST-PLAIN", PropList::new()).unwrap();
    let session = Session::logon(LogonOptions::profile("Work").home(&desk.home).no_mail()).unwrap();
    let before = session.stores().unwrap().len();
    manager.create_account(new_account(g::CLSID_OLK_IMAP4_ACCOUNT, "A")).unwrap();
    assert_eq!(session.stores().unwrap().len(), before);
    drop(session);
    let next = Session::logon(LogonOptions::profile("Work").home(&desk.home).no_mail()).unwrap();
    assert_eq!(next.stores().unwrap().len(), before + 1);
}
