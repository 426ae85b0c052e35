//! `mapi account add` and `set`: an account's servers found, tried, and kept with the account. Directories are
//! added in `account_directory.rs`.

use super::account::{SECURITIES, accounts, done, text, to_json};
use super::account_directory;
use crate::account_options::{Add, Protocol, Security};
use crate::failure::{Failure, Outcome};
use crate::mail_servers::{Server, Servers, find, named_server};
use crate::output::Output;
use crate::setting::{read_secret, texts};
use mapi::AccountManager;
use mapi::account::props::{MAPIACCT_SEND_ONLY, connection, extension, smtp_auth};
use mapi::account::{Account, AccountValue, NewAccount, Trial, known_types};
use mapi_defs::guids as g;
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::{ErrorCode, Guid};
use std::io::{IsTerminal, stdin};
use std::path::Path;

/// Makes an account.
pub(super) fn add(manager: &AccountManager, options: &Add, output: Output) -> Outcome {
    if options.protocol == Some(Protocol::Ldap) {
        return account_directory::add(manager, options, output);
    }
    let servers = find(options, output)?;
    if let Some(advice) = &servers.advice {
        output.say(advice);
    }
    let account_type = type_of(&servers, output);
    let mut props = described(options, &servers, account_type);
    if let Some(file) = &options.authorities {
        props.set(extension::AUTHORITIES, whole(file)?);
    }
    put_secret(&mut props, options, account_type)?;
    let mut new = NewAccount { account_type, props, service: None };
    if !options.no_test {
        try_new(manager, &mut new, &servers, output)?;
    }
    keep(manager, new, output)
}

/// Tries an account, under the other name where there is one and the first is refused.
fn try_new(manager: &AccountManager, new: &mut NewAccount, servers: &Servers, output: Output) -> Outcome {
    let trials = manager.try_account(new)?;
    let refused = |trial: &Trial| trial.answer.as_ref().is_err_and(|error| is_refusal(error.code()));
    let Some(other) = servers.other_user.as_deref().filter(|_| trials.iter().any(refused)) else {
        return check(&trials, servers, output);
    };
    let mut second = new.clone();
    for tag in [t::PROP_INET_USER, t::PROP_SMTP_USER] {
        if second.props.contains_id(tag.id()) {
            second.props.set(tag, other);
        }
    }
    // Where neither is taken, what was said of the whole address is told.
    let again = manager.try_account(&second)?;
    if again.iter().any(|trial| trial.answer.is_err()) {
        return check(&trials, servers, output);
    }
    *new = second;
    check(&again, servers, output)
}

/// True where the server does not let the user in.
fn is_refusal(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NO_ACCESS | ErrorCode::LOGON_FAILED)
}

/// Makes the account, and says so.
pub(super) fn keep(manager: &AccountManager, new: NewAccount, output: Output) -> Outcome {
    let id = manager.create_account(new)?;
    settle_senders(manager)?;
    let account = manager.find_account(t::PROP_ACCT_ID, &AccountValue::Long(id))?;
    done("added", &to_json(&account, manager)?, output)
}

/// The type of the account, as far as there is somebody here to fetch its mail.
fn type_of(servers: &Servers, output: Output) -> Guid {
    let wanted = match &servers.incoming {
        Some((Protocol::Imap, _)) => g::CLSID_OLK_IMAP4_ACCOUNT,
        Some((Protocol::Pop3, _)) => g::CLSID_OLK_POP3_ACCOUNT,
        _ => return g::CLSID_OLK_MAPI_ACCOUNT,
    };
    if known_types().contains(&wanted) {
        return wanted;
    }
    output.say("nobody here fetches mail that way: the account sends, and receives nothing");
    g::CLSID_OLK_MAPI_ACCOUNT
}

fn described(options: &Add, servers: &Servers, account_type: Guid) -> PropList {
    let mut props = PropList::new();
    props.set(t::PROP_ACCT_NAME, options.name.as_deref().unwrap_or(&options.address));
    props.set(t::PROP_ACCT_USER_EMAIL_ADDR, options.address.as_str());
    if let Some(name) = &options.display_name {
        props.set(t::PROP_ACCT_USER_DISPLAY_NAME, name.as_str());
    }
    if let Some((_, server)) = &servers.incoming {
        put_server(&mut props, server, [t::PROP_INET_SERVER, t::PROP_INET_PORT, t::PROP_INET_SSL]);
        props.set(t::PROP_INET_USER, server.user.as_str());
    }
    if let Some(server) = &servers.outgoing {
        let tags = [t::PROP_SMTP_SERVER, t::PROP_SMTP_PORT, t::PROP_SMTP_SECURE_CONNECTION];
        put_server(&mut props, server, tags);
        props.set(t::PROP_SMTP_USE_AUTH, i32::from(!options.no_login));
        let sends_only = account_type == g::CLSID_OLK_MAPI_ACCOUNT;
        let method = if sends_only { smtp_auth::USER_PASS } else { smtp_auth::SAME_AS_POP };
        props.set(t::PROP_SMTP_AUTH_METHOD, method.cast_signed());
        if sends_only {
            props.set(t::PROP_SMTP_USER, server.user.as_str());
            props.set(t::PROP_MAPI_TRANSPORT_FLAGS, MAPIACCT_SEND_ONLY.to_le_bytes().to_vec());
        }
    }
    props
}

pub(super) fn put_server(props: &mut PropList, server: &Server, [host, port, security]: [PropTag; 3]) {
    props.set(host, server.host.as_str());
    match server.port {
        Some(number) => drop(props.set(port, i32::from(number))),
        None => drop(props.remove(port.id())),
    }
    let value = match server.security {
        Security::Tls => connection::SSL,
        Security::Starttls => connection::TLS,
        Security::Opportunistic => connection::AUTO,
        Security::Plain => connection::NO_SECURITY,
    };
    props.set(security, value.cast_signed());
}

/// Puts in what logs on: a program, or a password that is read from standard input, or asked for where
/// somebody sits there.
fn put_secret(props: &mut PropList, options: &Add, account_type: Guid) -> Outcome {
    let sends_only = account_type == g::CLSID_OLK_MAPI_ACCOUNT;
    if options.no_login && sends_only {
        return Ok(());
    }
    if let Some(command) = &options.password_command {
        let words = texts(command).map_err(|why| Failure::usage(format!("--password-command: {why}")))?;
        let tag = if sends_only {
            extension::OUTGOING_PASSWORD_COMMAND
        } else {
            extension::INCOMING_PASSWORD_COMMAND
        };
        props.set(tag, PropValue::MvUnicode(words));
        return Ok(());
    }
    if !options.password && !stdin().is_terminal() {
        let failure = Failure::usage("how to log on is missing");
        return Err(failure.with_hint("--password reads it from standard input, --password-command names a program that says it, --no-login does without"));
    }
    let tag = if sends_only { extension::OUTGOING_PASSWORD } else { extension::INCOMING_PASSWORD };
    props.set(tag, read_secret("password")?);
    Ok(())
}

/// Tells what the servers said; the first that refused is why this fails.
pub(super) fn check(trials: &[Trial], servers: &Servers, output: Output) -> Outcome {
    for trial in trials {
        let server = if trial.sends {
            servers.outgoing.as_ref()
        } else {
            servers.incoming.as_ref().map(|(_, server)| server)
        };
        let host = server.map_or("the server", |server| server.host.as_str());
        match &trial.answer {
            Ok(()) => output.say(&format!("{host} takes the account")),
            Err(error) if error.code() == ErrorCode::NO_SUPPORT => {
                output.say(&format!("{host} was not tried"));
            }
            Err(error) => {
                let way = if trial.sends { "outgoing" } else { "incoming" };
                let failure =
                    Failure::new(error.code(), format!("the {way} server {host}: {}", error.detail()));
                let hint = match error.code() {
                    code if is_refusal(code) => {
                        "check user and password; many providers want an app password"
                    }
                    ErrorCode::UNCONFIGURED => "something is missing; nothing was kept",
                    _ => "check name, port and encryption of the server; --no-test keeps the account untried",
                };
                return Err(failure.with_hint(hint));
            }
        }
    }
    Ok(())
}

/// Changes an account.
pub(super) fn set(
    manager: &AccountManager,
    account: &Account,
    settings: &[String],
    is_tried: bool,
    output: Output,
) -> Outcome {
    let (mut props, mut removed) = (PropList::new(), Vec::new());
    for setting in settings {
        match setting.split_once('=') {
            Some((key, value)) => put_setting(&mut props, &mut removed, account, key, value)?,
            None if setting == "password" => {
                let own = account.prop(t::PROP_SMTP_AUTH_METHOD).ok().and_then(|method| method.as_long());
                let is_own = own == Some(smtp_auth::USER_PASS);
                let tag = if is_own { extension::OUTGOING_PASSWORD } else { extension::INCOMING_PASSWORD };
                props.set(tag, read_secret("password")?);
            }
            None => return Err(Failure::usage(format!("{setting}: write KEY=VALUE"))),
        }
    }
    if is_tried {
        check(&manager.try_change(account.id(), &props, &removed)?, &named(account, &props), output)?;
    }
    manager.configure_account(account.id(), props, &removed)?;
    settle_senders(manager)?;
    done("changed", &to_json(account, manager)?, output)
}

/// The servers' names, for messages.
fn named(account: &Account, props: &PropList) -> Servers {
    let server = |tag: PropTag| {
        let host = props.text(tag).map(str::to_owned).or_else(|| text(account, tag))?;
        Some(Server { host, port: None, security: Security::Tls, user: String::new() })
    };
    let incoming = server(t::PROP_INET_SERVER).map(|server| (Protocol::Imap, server));
    Servers { incoming, outgoing: server(t::PROP_SMTP_SERVER), ..Servers::default() }
}

fn put_setting(
    props: &mut PropList,
    removed: &mut Vec<PropTag>,
    account: &Account,
    key: &str,
    value: &str,
) -> Outcome {
    let mut put_host = |[host, port, security]: [PropTag; 3]| -> Outcome {
        let mut read = PropList::new();
        put_server(&mut read, &named_server(value, None, "")?, [host, port, security]);
        if !read.contains_id(port.id()) {
            removed.push(port);
        }
        // What is said of the encryption stays, where no port says otherwise.
        if !read.contains_id(port.id()) && account.prop(security).is_ok() || props.contains_id(security.id())
        {
            read.remove(security.id());
        }
        props.merge(read);
        Ok(())
    };
    match key {
        "incoming" => return put_host([t::PROP_INET_SERVER, t::PROP_INET_PORT, t::PROP_INET_SSL]),
        "outgoing" => {
            return put_host([t::PROP_SMTP_SERVER, t::PROP_SMTP_PORT, t::PROP_SMTP_SECURE_CONNECTION]);
        }
        "incoming.security" => return put_security(props, t::PROP_INET_SSL, key, value),
        "outgoing.security" => return put_security(props, t::PROP_SMTP_SECURE_CONNECTION, key, value),
        _ => {}
    }
    let words =
        |value| texts(value).map(PropValue::MvUnicode).map_err(|why| Failure::usage(format!("{key}: {why}")));
    let (tag, value) = match key {
        "name" => (t::PROP_ACCT_NAME, PropValue::from(value)),
        "display-name" => (t::PROP_ACCT_USER_DISPLAY_NAME, value.into()),
        "address" => (t::PROP_ACCT_USER_EMAIL_ADDR, value.into()),
        "incoming.user" => (t::PROP_INET_USER, value.into()),
        "outgoing.user" => (t::PROP_SMTP_USER, value.into()),
        "incoming.password.command" => (extension::INCOMING_PASSWORD_COMMAND, words(value)?),
        "outgoing.password.command" => (extension::OUTGOING_PASSWORD_COMMAND, words(value)?),
        "token.command" => (extension::TOKEN_COMMAND, words(value)?),
        "mechanism" => (extension::MECHANISM, value.into()),
        "base" => (extension::BASE, value.into()),
        "authorities" => (extension::AUTHORITIES, whole(Path::new(value))?.into()),
        "login" => (t::PROP_SMTP_USE_AUTH, i32::from(!matches!(value, "no" | "false" | "0")).into()),
        "password" => {
            let failure = Failure::usage("password: a secret is not written on the command line");
            return Err(failure.with_hint("write password without a value and give it on standard input"));
        }
        _ => {
            return Err(Failure::usage(format!("{key}: this is no setting")).with_hint(
                "settings are name, display-name, address, incoming, incoming.security, incoming.user, \
                 incoming.password.command, outgoing, outgoing.security, outgoing.user, \
                 outgoing.password.command, token.command, mechanism, authorities, base, login and password",
            ));
        }
    };
    match value.as_text() {
        Some("") => removed.push(tag),
        _ => drop(props.set(tag, value)),
    }
    Ok(())
}

fn put_security(props: &mut PropList, tag: PropTag, key: &str, word: &str) -> Outcome {
    let value = SECURITIES.iter().position(|known| known.eq_ignore_ascii_case(word));
    let value = value.and_then(|value| i32::try_from(value).ok());
    let known = || Failure::usage(format!("{key}: known are {}", SECURITIES.join(", ")));
    props.set(tag, value.ok_or_else(known)?);
    Ok(())
}

/// Lets the last of the accounts that send take the mail of senders who are nobody's, and no other: each
/// takes what is its own.
pub(super) fn settle_senders(manager: &AccountManager) -> Outcome {
    let all = accounts(manager)?;
    let sending: Vec<&Account> =
        all.iter().filter(|account| text(account, t::PROP_SMTP_SERVER).is_some()).collect();
    for (place, account) in sending.iter().enumerate() {
        let mut props = PropList::new();
        props.set(extension::OTHER_SENDERS, place + 1 == sending.len());
        match manager.configure_account(account.id(), props, &[]) {
            // One that lacks its password sends nothing; setting it settles this.
            Err(error) if error.code() == ErrorCode::UNCONFIGURED => {}
            settled => settled?,
        }
    }
    Ok(())
}

/// The whole path of a file that has to be there.
pub(super) fn whole(file: &Path) -> Outcome<String> {
    let path = std::fs::canonicalize(file).map_err(|error| Failure::file(file, &error))?;
    path.into_os_string().into_string().map_err(|_| Failure::usage("the file's path is not UTF-8"))
}
