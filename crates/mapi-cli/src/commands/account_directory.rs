//! `mapi account add --type ldap`: a directory found, tried, and kept as an account that is an address book.

use super::account_change::{check, keep, put_server, whole};
use crate::account_options::{Add, Protocol, Security};
use crate::failure::{Failure, Outcome};
use crate::mail_servers::{Address, Server, Servers, named_server};
use crate::output::Output;
use crate::service_records;
use crate::setting::{read_secret, texts};
use mapi::AccountManager;
use mapi::account::NewAccount;
use mapi::account::props::extension;
use mapi_defs::ErrorCode;
use mapi_defs::guids::CLSID_OLK_LDAP_ACCOUNT;
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropList, PropValue};

/// Makes an account of a directory.
pub(super) fn add(manager: &AccountManager, options: &Add, output: Output) -> Outcome {
    check_options(options)?;
    let server = server(options, output)?;
    let tags = [t::PROP_INET_SERVER, t::PROP_INET_PORT, t::PROP_INET_SSL];
    let mut props = PropList::new();
    put_server(&mut props, &server, tags);
    props.set(t::PROP_ACCT_NAME, options.name.as_deref().unwrap_or(&options.address));
    if options.address.contains('@') {
        props.set(t::PROP_ACCT_USER_EMAIL_ADDR, options.address.as_str());
    }
    if let Some(base) = &options.base {
        props.set(extension::BASE, base.as_str());
    }
    if let Some(file) = &options.authorities {
        props.set(extension::AUTHORITIES, whole(file)?);
    }
    put_login(&mut props, options)?;
    let new = NewAccount { account_type: CLSID_OLK_LDAP_ACCOUNT, props, service: None };
    if !options.no_test {
        let servers = Servers { incoming: Some((Protocol::Ldap, server)), ..Servers::default() };
        check(&manager.try_account(&new)?, &servers, output)?;
    }
    keep(manager, new, output)
}

/// What is about mail is refused, so that nobody believes it was heard.
fn check_options(options: &Add) -> Outcome {
    let of_mail = [
        ("--outgoing", options.outgoing.is_some()),
        ("--outgoing-security", options.outgoing_security.is_some()),
        ("--autoconfig", options.autoconfig.is_some()),
        ("--display-name", options.display_name.is_some()),
    ];
    match of_mail.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Failure::usage(format!("{option} is about mail, and a directory has none"))),
        None => Ok(()),
    }
}

/// The server: the one that is named, else the address itself where it is none of mail, else what the domain of
/// the address names.
fn server(options: &Add, output: Output) -> Outcome<Server> {
    let read = |text: &str| {
        let server = named_server(text, None, "")?;
        // Where no port says that it is encrypted from the first byte, STARTTLS is what directories have.
        let usual = if server.port == Some(636) { Security::Tls } else { Security::Starttls };
        Ok(Server { security: options.incoming_security.unwrap_or(usual), ..server })
    };
    match &options.incoming {
        Some(named) => return read(named),
        None if !options.address.contains('@') => return read(&options.address),
        None => {}
    }
    let address = Address::parse(&options.address)?;
    let found = service_records::directory(options, address.domain, output)?;
    let missing = || {
        let message = format!("nobody knows a directory of {}", address.domain);
        let failure = Failure::new(ErrorCode::NOT_FOUND, message).with_exit(crate::exit::Exit::Unavailable);
        failure.with_hint("name it: mapi account add HOST --type ldap, or --incoming HOST")
    };
    found.ok_or_else(missing)
}

/// Who logs on, and what says the password; nobody does where no user is named.
fn put_login(props: &mut PropList, options: &Add) -> Outcome {
    let Some(user) = options.user.as_deref().filter(|_| !options.no_login) else {
        if options.password || options.password_command.is_some() {
            let failure = Failure::usage("a password without a name logs nobody on");
            return Err(failure.with_hint("name who logs on: --user NAME"));
        }
        return Ok(());
    };
    props.set(t::PROP_INET_USER, user);
    match &options.password_command {
        Some(command) => {
            let words = texts(command).map_err(|why| Failure::usage(format!("--password-command: {why}")))?;
            props.set(extension::INCOMING_PASSWORD_COMMAND, PropValue::MvUnicode(words));
        }
        None if options.password || std::io::IsTerminal::is_terminal(&std::io::stdin()) => {
            props.set(extension::INCOMING_PASSWORD, read_secret("password")?);
        }
        None => {
            let hint =
                "--password reads it from standard input, --password-command names a program that says it";
            return Err(Failure::usage("how to log on is missing").with_hint(hint));
        }
    }
    Ok(())
}
