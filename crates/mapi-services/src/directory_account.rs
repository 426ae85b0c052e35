//! How the LDAP service and an account of the LDAP type say the same: the server is PROP_INET_*, the name
//! below which everything is a setting of the account's own. Mail servers are `account.rs`.

use mapi::account::props::{connection, extension};
use mapi::provider::AccountService;
use mapi_defs::guids::CLSID_OLK_LDAP_ACCOUNT;
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::{Guid, Result};
use mapi_ldap::deadlines::Deadlines;
use mapi_ldap::settings as wire;

/// The service of a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirectoryAccount;

/// The directory's properties, each with the account's.
const PAIRS: [(PropTag, PropTag); 7] = [
    (wire::HOST, t::PROP_INET_SERVER),
    (wire::PORT, t::PROP_INET_PORT),
    (wire::USER, t::PROP_INET_USER),
    (wire::BASE, extension::BASE),
    (wire::AUTHORITIES, extension::AUTHORITIES),
    (wire::PASSWORD_COMMAND, extension::INCOMING_PASSWORD_COMMAND),
    (t::PR_DISPLAY_NAME, t::PROP_ACCT_NAME),
];
const GOVERNED: [PropTag; 7] = [
    wire::HOST,
    wire::PORT,
    wire::SECURITY,
    wire::USER,
    wire::BASE,
    wire::AUTHORITIES,
    wire::PASSWORD_COMMAND,
];

impl AccountService for DirectoryAccount {
    fn account_type(&self) -> Option<Guid> {
        Some(CLSID_OLK_LDAP_ACCOUNT)
    }

    fn sends(&self) -> bool {
        false
    }

    fn governed(&self) -> &[PropTag] {
        &GOVERNED
    }

    fn service_props(&self, account: &PropList) -> PropList {
        let mut props = PropList::new();
        for (own, of_account) in PAIRS {
            if let Some(value) = account.value(of_account) {
                props.set(own, value.clone());
            }
        }
        let word = match account.long(t::PROP_INET_SSL).map(i32::cast_unsigned) {
            None => return props,
            Some(connection::NO_SECURITY) => "plain",
            Some(connection::TLS) => "starttls",
            Some(connection::AUTO) => "opportunistic",
            Some(_) => "tls",
        };
        props.set(wire::SECURITY, word);
        props
    }

    fn account_props(&self, section: &PropList) -> PropList {
        let mut props = PropList::new();
        for (own, of_account) in PAIRS {
            if let Some(value) = section.value(own) {
                props.set(of_account, value.clone());
            }
        }
        let secure = match section.text(wire::SECURITY) {
            Some("plain") => connection::NO_SECURITY,
            Some("tls") => connection::SSL,
            Some("opportunistic") => connection::AUTO,
            _ => connection::TLS,
        };
        props.set(t::PROP_INET_SSL, secure.cast_signed());
        props
    }

    fn try_logon(&self, section: &PropList) -> Result<()> {
        mapi_ldap::try_logon(section, Deadlines::default())
    }
}
