//! How the services of mail servers and accounts say the same: what an account's PROP_* properties are in a
//! section that `mapi-wire` reads, and back. How accounts are made and kept is `mapi::account`.

use mapi::account::props::{connection, extension, smtp_auth};
use mapi::provider::AccountService;
#[cfg(feature = "imap")]
use mapi_defs::guids::{CLSID_OLK_IMAP4_ACCOUNT, CLSID_OLK_POP3_ACCOUNT};
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::{Guid, Result};
#[cfg(feature = "imap")]
use mapi_imap::Protocol;
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::settings as wire;
use std::time::Duration;

/// The service that sends what accounts want sent (PROP_SMTP_*).
#[derive(Clone, Copy, Debug)]
pub struct OutgoingAccount;

/// A service that fetches for accounts (PROP_INET_*), by its protocol.
#[cfg(feature = "imap")]
#[derive(Clone, Copy, Debug)]
pub struct IncomingAccount(pub Protocol);

/// What an account decides in the section of either.
const GOVERNED: [PropTag; 10] = [
    wire::HOST,
    wire::PORT,
    wire::SECURITY,
    wire::USER,
    wire::MECHANISM,
    wire::AUTHORITIES,
    wire::PASSWORD_COMMAND,
    wire::TOKEN_COMMAND,
    t::PR_SMTP_ADDRESS,
    wire::OTHER_SENDERS,
];

/// How long a server may take to let a user in who only tries.
const TRIAL: Duration = Duration::from_secs(60);

/// The words of [`wire::SECURITY`] for ENCRYPT_CONN_* and for PROP_INET_SSL.
const SECURITIES: [(u32, &str); 4] = [
    (connection::NO_SECURITY, "plain"),
    (connection::SSL, "tls"),
    (connection::TLS, "starttls"),
    (connection::AUTO, "opportunistic"),
];

impl AccountService for OutgoingAccount {
    fn account_type(&self) -> Option<Guid> {
        None
    }

    fn sends(&self) -> bool {
        true
    }

    fn governed(&self) -> &[PropTag] {
        &GOVERNED
    }

    fn service_props(&self, account: &PropList) -> PropList {
        let mut props = PropList::new();
        let secure = account.long(t::PROP_SMTP_SECURE_CONNECTION).or_else(|| account.long(t::PROP_SMTP_SSL));
        put(&mut props, wire::HOST, account.value(t::PROP_SMTP_SERVER));
        put(&mut props, wire::PORT, account.value(t::PROP_SMTP_PORT));
        put_security(&mut props, secure);
        let method = account.long(t::PROP_SMTP_AUTH_METHOD).unwrap_or(0).cast_unsigned();
        let logs_on = account.long(t::PROP_SMTP_USE_AUTH).unwrap_or(0) != 0;
        let (user, command) = match method {
            smtp_auth::SAME_AS_POP => (t::PROP_INET_USER, extension::INCOMING_PASSWORD_COMMAND),
            _ => (t::PROP_SMTP_USER, extension::OUTGOING_PASSWORD_COMMAND),
        };
        // Where receiving comes first, the server knows the user by the address he receives at.
        if logs_on && method != smtp_auth::RECEIVE_BEFORE_SEND {
            put(&mut props, wire::USER, account.value(user));
            put(&mut props, wire::PASSWORD_COMMAND, account.value(command));
            put(&mut props, wire::TOKEN_COMMAND, account.value(extension::TOKEN_COMMAND));
            put(&mut props, wire::MECHANISM, account.value(extension::MECHANISM));
        }
        put_common(&mut props, account);
        put(&mut props, wire::OTHER_SENDERS, account.value(extension::OTHER_SENDERS));
        props
    }

    fn account_props(&self, section: &PropList) -> PropList {
        let mut props = PropList::new();
        put(&mut props, t::PROP_SMTP_SERVER, section.value(wire::HOST));
        put(&mut props, t::PROP_SMTP_PORT, section.value(wire::PORT));
        props.set(t::PROP_SMTP_SECURE_CONNECTION, security(section));
        props.set(t::PROP_SMTP_USE_AUTH, i32::from(section.contains_id(wire::USER.id())));
        props.set(t::PROP_SMTP_AUTH_METHOD, smtp_auth::USER_PASS.cast_signed());
        put(&mut props, t::PROP_SMTP_USER, section.value(wire::USER));
        put_back(&mut props, section);
        props.set(
            t::PROP_MAPI_TRANSPORT_FLAGS,
            mapi::account::props::MAPIACCT_SEND_ONLY.to_le_bytes().to_vec(),
        );
        props
    }

    fn try_logon(&self, section: &PropList) -> Result<()> {
        // Somebody waits for the answer.
        mapi_smtp::try_logon(section, Deadlines { opening: TRIAL, ..Deadlines::default() })
    }
}

#[cfg(feature = "imap")]
impl AccountService for IncomingAccount {
    fn account_type(&self) -> Option<Guid> {
        Some(match self.0 {
            Protocol::Imap => CLSID_OLK_IMAP4_ACCOUNT,
            Protocol::Pop3 => CLSID_OLK_POP3_ACCOUNT,
        })
    }

    fn sends(&self) -> bool {
        false
    }

    fn governed(&self) -> &[PropTag] {
        &GOVERNED
    }

    fn service_props(&self, account: &PropList) -> PropList {
        let mut props = PropList::new();
        put(&mut props, wire::HOST, account.value(t::PROP_INET_SERVER));
        put(&mut props, wire::PORT, account.value(t::PROP_INET_PORT));
        put_security(&mut props, account.long(t::PROP_INET_SSL));
        put(&mut props, wire::USER, account.value(t::PROP_INET_USER));
        put(&mut props, wire::PASSWORD_COMMAND, account.value(extension::INCOMING_PASSWORD_COMMAND));
        put(&mut props, wire::TOKEN_COMMAND, account.value(extension::TOKEN_COMMAND));
        put(&mut props, wire::MECHANISM, account.value(extension::MECHANISM));
        put_common(&mut props, account);
        props
    }

    fn account_props(&self, section: &PropList) -> PropList {
        let mut props = PropList::new();
        put(&mut props, t::PROP_INET_SERVER, section.value(wire::HOST));
        put(&mut props, t::PROP_INET_PORT, section.value(wire::PORT));
        props.set(t::PROP_INET_SSL, security(section));
        put(&mut props, t::PROP_INET_USER, section.value(wire::USER));
        put_back(&mut props, section);
        props
    }

    fn try_logon(&self, section: &PropList) -> Result<()> {
        mapi_imap::try_logon(self.0, section)
    }
}

fn put(props: &mut PropList, tag: PropTag, value: Option<&PropValue>) {
    if let Some(value) = value {
        props.set(tag, value.clone());
    }
}

fn put_common(props: &mut PropList, account: &PropList) {
    put(props, t::PR_SMTP_ADDRESS, account.value(t::PROP_ACCT_USER_EMAIL_ADDR));
    put(props, t::PR_DISPLAY_NAME, account.value(t::PROP_ACCT_NAME));
    put(props, wire::AUTHORITIES, account.value(extension::AUTHORITIES));
}

fn put_back(props: &mut PropList, section: &PropList) {
    put(props, t::PROP_ACCT_USER_EMAIL_ADDR, section.value(t::PR_SMTP_ADDRESS));
    put(props, t::PROP_ACCT_NAME, section.value(t::PR_DISPLAY_NAME));
    put(props, extension::AUTHORITIES, section.value(wire::AUTHORITIES));
    put(props, extension::MECHANISM, section.value(wire::MECHANISM));
    put(props, extension::TOKEN_COMMAND, section.value(wire::TOKEN_COMMAND));
}

/// Whatever is not 0 asks for encryption; a word that is not known asks for it from the first octet.
fn put_security(props: &mut PropList, secure: Option<i32>) {
    let Some(secure) = secure.map(i32::cast_unsigned) else { return };
    let word = SECURITIES.iter().find(|(value, _)| *value == secure).map_or("tls", |(_, word)| *word);
    props.set(wire::SECURITY, word);
}

fn security(section: &PropList) -> i32 {
    let word = section.text(wire::SECURITY).unwrap_or("tls");
    let known = SECURITIES.iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
    known.map_or(connection::SSL, |(value, _)| *value).cast_signed()
}
