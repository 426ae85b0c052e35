//! `mapi account …`: the accounts of a profile, listed, shown, removed and put in order. Making and changing
//! them is `account_change.rs`.

use super::account_change;
use crate::account_options::Account as Verb;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use crate::profile_accounts::TYPES;
use mapi::AccountManager;
use mapi::account::props::extension;
use mapi::account::{Account, AccountInitFlags, AccountValue, LentSession};
use mapi_defs::guids as g;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags as t;
use mapi_defs::{ErrorCode, Guid};
use serde_json::{Value, json};
use std::sync::Arc;

/// What people call the categories.
const CATEGORIES: [(Guid, &str); 3] =
    [(g::CLSID_OLK_MAIL, "mail"), (g::CLSID_OLK_ADDRESS_BOOK, "address_book"), (g::CLSID_OLK_STORE, "store")];
/// What a server is asked for, by its words in JSON.
const INCOMING: [(&str, PropTag); 4] = [
    ("server", t::PROP_INET_SERVER),
    ("port", t::PROP_INET_PORT),
    ("security", t::PROP_INET_SSL),
    ("user", t::PROP_INET_USER),
];
const OUTGOING: [(&str, PropTag); 4] = [
    ("server", t::PROP_SMTP_SERVER),
    ("port", t::PROP_SMTP_PORT),
    ("security", t::PROP_SMTP_SECURE_CONNECTION),
    ("user", t::PROP_SMTP_USER),
];
/// The words for PROP_INET_SSL and PROP_SMTP_SECURE_CONNECTION, by their value.
pub(super) const SECURITIES: [&str; 4] = ["plain", "tls", "starttls", "opportunistic"];

/// Runs one of the verbs.
pub(crate) fn account(verb: &Verb, global: &Global, output: Output) -> Outcome {
    let looks = match verb {
        Verb::List { sync } => !sync,
        Verb::Show { .. } => true,
        Verb::Order { accounts } => accounts.is_empty(),
        _ => false,
    };
    if !looks {
        refuse_when_read_only(global)?;
    }
    let ready = Ready::new(global)?;
    let manager = of_profile(&ready, global, matches!(verb, Verb::List { sync: true }))?;
    match verb {
        Verb::List { .. } => list(&manager, output),
        Verb::Add(options) => account_change::add(&manager, options, output),
        Verb::Show { account } => show(&find(&manager, account)?, &manager, output),
        Verb::Set { account, settings, no_test } => {
            account_change::set(&manager, &find(&manager, account)?, settings, !no_test, output)
        }
        Verb::Remove { account } => remove(&manager, &find(&manager, account)?, output),
        Verb::Order { accounts } => order(&manager, accounts, output),
    }
}

fn of_profile(ready: &Ready, global: &Global, sync: bool) -> Outcome<AccountManager> {
    let name = match &global.profile {
        Some(name) => name.clone(),
        None => ready.profiles()?.default_profile()?.ok_or_else(|| {
            Failure::new(ErrorCode::NOT_FOUND, "there is no default profile").with_hint(
                "`mapi profile create Default` makes one, `mapi profile default NAME` chooses one there is",
            )
        })?,
    };
    // What is wrong with the profile is told in its own words.
    drop(ready.profiles()?.services(&name)?);
    let manager = AccountManager::new(&ready.home);
    let flags = AccountInitFlags::NO_STORES_CHECK | AccountInitFlags::NO_NOTIFICATIONS;
    let flags = if sync { flags } else { flags | AccountInitFlags::NOSYNCH_MAPI_ACCTS };
    manager.init(Some(Arc::new(LentSession::without_session(&name))), flags)?;
    Ok(manager)
}

/// All accounts, mail accounts first and in their order.
pub(super) fn accounts(manager: &AccountManager) -> Outcome<Vec<Account>> {
    let mail = manager.enumerate_accounts(Some(g::CLSID_OLK_MAIL), None, 0)?;
    let mut all: Vec<Account> = mail.into_iter().collect();
    for account in manager.enumerate_accounts(None, None, 0)? {
        if all.iter().all(|known| known.id() != account.id()) {
            all.push(account);
        }
    }
    Ok(all)
}

/// The account of a number, a name or an address.
fn find(manager: &AccountManager, wanted: &str) -> Outcome<Account> {
    let is =
        |account: &Account, tag| text(account, tag).is_some_and(|text| text.eq_ignore_ascii_case(wanted));
    let mut found: Vec<Account> = accounts(manager)?
        .into_iter()
        .filter(|account| {
            account.id().to_string() == wanted
                || is(account, t::PROP_ACCT_NAME)
                || is(account, t::PROP_ACCT_USER_EMAIL_ADDR)
        })
        .collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new(ErrorCode::E_ACCT_NOT_FOUND, format!("there is no account {wanted:?}"))
            .with_exit(crate::exit::Exit::NoInput)
            .with_hint("see which there are with `mapi account list`")),
        many => {
            let numbers: Vec<String> = found.iter().map(|account| account.id().to_string()).collect();
            let failure = Failure::usage(format!("{many} accounts are {wanted:?}"));
            Err(failure.with_hint(format!("name one by its number: {}", numbers.join(", "))))
        }
    }
}

fn list(manager: &AccountManager, output: Output) -> Outcome {
    let all = accounts(manager)?;
    if output.is_machine() {
        let rows = all.iter().map(|account| to_json(account, manager)).collect::<Outcome<Vec<_>>>()?;
        return output.document(&Value::Array(rows));
    }
    let cells = all.iter().map(|account| {
        let of = |tag| text(account, tag).unwrap_or_default();
        Ok(vec![
            account.id().to_string(),
            of(t::PROP_ACCT_NAME),
            type_word(account)?.to_owned(),
            of(t::PROP_ACCT_USER_EMAIL_ADDR),
            of(t::PROP_INET_SERVER),
            of(t::PROP_SMTP_SERVER),
        ])
    });
    let head = ["number", "name", "type", "address", "incoming", "outgoing"];
    output.text(&listing(&head, &cells.collect::<Outcome<Vec<_>>>()?, "no accounts"))
}

fn show(account: &Account, manager: &AccountManager, output: Output) -> Outcome {
    let document = to_json(account, manager)?;
    if output.is_machine() {
        return output.document(&document);
    }
    let mut cells = Vec::new();
    flatten("", &document, &mut cells);
    output.text(&listing(&["setting", "value"], &cells, "no settings"))
}

fn flatten(before: &str, value: &Value, cells: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            let dot = if before.is_empty() { "" } else { "." };
            members.iter().for_each(|(name, value)| flatten(&format!("{before}{dot}{name}"), value, cells));
        }
        Value::Null => {}
        Value::String(text) => cells.push(vec![before.to_owned(), text.clone()]),
        Value::Array(values) => {
            let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            cells.push(vec![before.to_owned(), words.join(", ")]);
        }
        other => cells.push(vec![before.to_owned(), other.to_string()]),
    }
}

/// An account in JSON; of passwords only that they are there.
pub(super) fn to_json(account: &Account, manager: &AccountManager) -> Outcome<Value> {
    let of = |tag| text(account, tag);
    let first = manager.order(g::CLSID_OLK_MAIL)?.first().copied();
    let info = account.info()?;
    let categories: Vec<&str> = CATEGORIES
        .iter()
        .filter(|(clsid, _)| info.categories.contains(clsid))
        .map(|(_, word)| *word)
        .collect();
    Ok(json!({
        "id": account.id(),
        "name": of(t::PROP_ACCT_NAME),
        "type": type_word(account)?,
        "categories": categories,
        "default": first == Some(account.id()),
        "address": of(t::PROP_ACCT_USER_EMAIL_ADDR),
        "display_name": of(t::PROP_ACCT_USER_DISPLAY_NAME),
        "incoming": server(account, &INCOMING),
        "outgoing": server(account, &OUTGOING),
        "base": of(extension::BASE),
        "stamp": of(t::PROP_ACCT_STAMP),
    }))
}

fn server(account: &Account, words: &[(&str, PropTag); 4]) -> Value {
    let value = |(word, tag): &(&str, PropTag)| {
        let value = match account.prop(*tag).ok()? {
            AccountValue::Long(number) if *word == "security" => {
                let word = usize::try_from(number).ok().and_then(|number| SECURITIES.get(number));
                json!(word.unwrap_or(&"tls"))
            }
            AccountValue::Long(number) => json!(number),
            value => json!(value.as_text()?),
        };
        Some(((*word).to_owned(), value))
    };
    match account.prop(words[0].1) {
        Ok(_) => Value::Object(words.iter().filter_map(value).collect()),
        Err(_) => Value::Null,
    }
}

fn type_word(account: &Account) -> Outcome<&'static str> {
    let account_type = account.info()?.account_type;
    Ok(TYPES.iter().find(|(known, _)| *known == account_type).map_or("other", |(_, word)| word))
}

/// A text of an account; `None` where it has none.
pub(super) fn text(account: &Account, tag: PropTag) -> Option<String> {
    account.prop(tag).ok()?.as_text().map(str::to_owned)
}

fn remove(manager: &AccountManager, account: &Account, output: Output) -> Outcome {
    let document = to_json(account, manager)?;
    manager.delete_account(account.id())?;
    account_change::settle_senders(manager)?;
    done("removed", &document, output)
}

fn order(manager: &AccountManager, names: &[String], output: Output) -> Outcome {
    let mut ids: Vec<u32> = Vec::new();
    let before = manager.order(g::CLSID_OLK_MAIL)?;
    for name in names {
        let id = find(manager, name)?.id();
        if !before.contains(&id) {
            return Err(Failure::usage(format!(
                "{name} is no mail account, so it has no place in the order"
            )));
        }
        if ids.contains(&id) {
            return Err(Failure::usage(format!("{name} is named twice")));
        }
        ids.push(id);
    }
    if !names.is_empty() {
        let rest: Vec<u32> = before.into_iter().filter(|id| !ids.contains(id)).collect();
        manager.set_mail_order(&[ids, rest].concat())?;
        account_change::settle_senders(manager)?;
    }
    list(manager, output)
}

/// Says what was done to an account.
pub(super) fn done(what: &str, account: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&json!({ what: account }));
    }
    let name = account["name"].as_str().unwrap_or_default();
    output.text(&format!("{what} account {} {name}\n", account["id"]))
}
