//! What accounts of the built-in types are made of, and what is said of services that are there already.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi::account::{
    AccountInitFlags as F, AccountManager, AccountValue, LentSession, NewAccount, known_types, props,
};
use mapi::{Home, Mapi, ProfAdmin};
use mapi_defs::guids as g;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags as t;
use std::sync::Arc;

fn desk() -> (tempfile::TempDir, Home, Mapi, ProfAdmin) {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &[]).unwrap();
    (folder, home, mapi, admin)
}

fn manager(home: &Home, flags: F) -> AccountManager {
    let manager = AccountManager::new(home);
    manager.init(Some(Arc::new(LentSession::without_session("P"))), flags).unwrap();
    manager
}

fn server(account_type: mapi_defs::Guid) -> NewAccount {
    let mut props = PropList::new();
    props.set(t::PROP_ACCT_NAME, "A");
    props.set(t::PROP_ACCT_USER_EMAIL_ADDR, "ann@example.org");
    props.set(t::PROP_INET_SERVER, "in.example");
    props.set(t::PROP_INET_SSL, 1);
    props.set(t::PROP_INET_USER, "ann");
    props.set(props::extension::INCOMING_PASSWORD, "secret");
    if account_type != g::CLSID_OLK_LDAP_ACCOUNT {
        props.set(t::PROP_SMTP_SERVER, "out.example");
        props.set(t::PROP_SMTP_SECURE_CONNECTION, 2);
        props.set(t::PROP_SMTP_USE_AUTH, 1);
    }
    NewAccount { account_type, props, service: None }
}

#[test]
fn each_type_has_its_services_and_settings() {
    let (_folder, home, _mapi, admin) = desk();
    assert_eq!(known_types().len(), 3);
    let manager = manager(&home, F(1 | 2 | 4));
    for (account_type, names) in [
        (g::CLSID_OLK_IMAP4_ACCOUNT, &["IMAP", "SMTP"][..]),
        (g::CLSID_OLK_POP3_ACCOUNT, &["POP3", "SMTP"]),
        (g::CLSID_OLK_MAPI_ACCOUNT, &["SMTP"]),
        (g::CLSID_OLK_LDAP_ACCOUNT, &["LDAP"]),
    ] {
        let id = manager.create_account(server(account_type)).unwrap();
        let services = admin.services("P").unwrap();
        let made: Vec<String> = services.services().iter().map(|row| row.name.clone()).collect();
        assert_eq!(made, names);
        let texts = |row: &mapi::profile::ServiceRow| {
            let section = services.own_section(row.uid).unwrap();
            let text = |tag| section.text(mapi_defs::prop::PropTag(tag)).map(str::to_owned);
            [0x6790_001F, 0x6792_001F, 0x6793_001F].map(text)
        };
        let some = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned()));
        for row in services.services() {
            let expected = if row.name == "SMTP" {
                some(["out.example", "starttls", "ann"])
            } else {
                some(["in.example", "tls", "ann"])
            };
            assert_eq!(texts(&row), expected, "{}", row.name);
        }
        assert_eq!(services.secure_props().len(), 1, "the password is kept once");
        manager.delete_account(id).unwrap();
        assert!(admin.services("P").unwrap().services().is_empty());
    }
}

#[test]
fn services_that_are_there_become_accounts_of_their_type() {
    let (_folder, home, _mapi, admin) = desk();
    let services = admin.services("P").unwrap();
    for (name, security) in [("LDAP", "starttls"), ("IMAP", "tls")] {
        let mut section = PropList::new();
        section.set(mapi_defs::prop::PropTag(0x6790_001F), "host.example");
        section.set(mapi_defs::prop::PropTag(0x6792_001F), security);
        services.create_service(name, section).unwrap();
    }
    let manager = manager(&home, F(2));
    let find = |id| manager.find_account(t::PROP_ACCT_ID, &AccountValue::Long(id)).unwrap();
    for (id, account_type, security) in
        [(1, g::CLSID_OLK_LDAP_ACCOUNT, 2), (2, g::CLSID_OLK_IMAP4_ACCOUNT, 1)]
    {
        let account = find(id);
        assert_eq!(account.info().unwrap().account_type, account_type);
        assert_eq!(account.prop(t::PROP_INET_SERVER).unwrap().as_text(), Some("host.example"));
        assert_eq!(account.prop(t::PROP_INET_SSL).unwrap().as_long(), Some(security));
    }
}
