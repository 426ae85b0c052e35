//! The accounts in an exported profile: written down without secrets, checked, and made again over the services
//! of the new profile. The document itself is `profile_document.rs`.

use crate::failure::{Failure, Outcome};
use crate::profile_document::{bad, check_made_anew, list, quoted};
use crate::property_json::Shape;
use crate::property_read;
use mapi::MsgServiceAdmin;
use mapi::account::props::extension;
use mapi::account::{KeptAccount, NewAccount};
use mapi::profile::ServiceRow;
use mapi_defs::guids as g;
use mapi_defs::object::Property;
use mapi_defs::prop::tags::PROP_ACCT_NAME;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::{ErrorCode, Guid};
use mapi_services::{Reach, is_secret, reach};
use serde_json::{Value, json};

/// What people call the types of accounts.
pub(crate) const TYPES: [(Guid, &str); 5] = [
    (g::CLSID_OLK_IMAP4_ACCOUNT, "imap"),
    (g::CLSID_OLK_POP3_ACCOUNT, "pop3"),
    (g::CLSID_OLK_LDAP_ACCOUNT, "ldap"),
    (g::CLSID_OLK_HOTMAIL_ACCOUNT, "hotmail"),
    (g::CLSID_OLK_MAPI_ACCOUNT, "mapi"),
];
/// Accounts that one document may have, and properties that one of them may have.
const ACCOUNTS: usize = 256;
const PROPERTIES: usize = 256;

/// One account of a document.
pub(crate) struct AccountEntry {
    account_type: Guid,
    props: PropList,
    /// Its services, by their places in the document.
    services: Vec<usize>,
}

/// Writes the accounts down; each service is said by its place among `rows`.
pub(crate) fn export(accounts: &[KeptAccount], rows: &[ServiceRow]) -> Vec<Value> {
    let entry = |account: &KeptAccount| {
        let places = account.services.iter().filter_map(|uid| rows.iter().position(|row| row.uid == *uid));
        let known = TYPES.iter().find(|(known, _)| *known == account.account_type);
        let props = account.props.iter().filter(|prop| !is_secret(prop.tag));
        let props: Vec<Property> = props
            .map(|prop| Property { tag: prop.tag, named: None, value: prop.value.clone(), lossy: false })
            .collect();
        json!({
            "type": known.map_or("mapi", |(_, word)| *word), "services": places.collect::<Vec<_>>(),
            "properties": Shape::default().properties(&props),
        })
    };
    accounts.iter().map(entry).collect()
}

/// The secrets of accounts, each with how to set it again. No value is read.
pub(crate) fn secrets(profile: &str, accounts: &[KeptAccount], kept: &[(Guid, PropTag)]) -> Vec<Value> {
    let of = |(place, account): (usize, &KeptAccount)| {
        let name = account.props.text(PROP_ACCT_NAME).unwrap_or_default().to_owned();
        let own = kept.iter().filter(|(section, _)| *section == account.section);
        own.map(|(_, tag)| {
            json!({
                "account": name, "account_place": place, "setting": setting(*tag), "tag": tag.to_string(),
                "why": "it is a secret", "set_again": set_again(profile, &name),
            })
        })
        .collect::<Vec<_>>()
    };
    accounts.iter().enumerate().flat_map(of).collect()
}

/// What people call a secret of an account.
fn setting(tag: PropTag) -> &'static str {
    if tag.id() == extension::OUTGOING_PASSWORD.id() { "outgoing password" } else { "password" }
}

fn set_again(profile: &str, account: &str) -> String {
    format!("mapi --profile {} account set {} --no-test password", quoted(profile), quoted(account))
}

/// Reads the accounts of a document; one that is older has none.
pub(crate) fn read(json: &Value, services: &[String], trust: bool) -> Outcome<Vec<AccountEntry>> {
    if json.is_null() {
        return Ok(Vec::new());
    }
    let mut taken: Vec<usize> = Vec::new();
    let mut accounts = Vec::new();
    for json in list(json, "accounts", ACCOUNTS)? {
        let word = json["type"].as_str().unwrap_or_default();
        let known = TYPES.iter().find(|(_, known)| *known == word);
        let (account_type, _) = known.ok_or_else(|| bad("an account is of no known type".into()))?;
        let place = |json: &Value| {
            let place = json.as_u64().and_then(|place| usize::try_from(place).ok());
            place.filter(|place| *place < services.len())
        };
        let own: Option<Vec<usize>> =
            list(&json["services"], "services of an account", services.len())?.iter().map(place).collect();
        let own =
            own.ok_or_else(|| bad("an account has a service that the document does not have".into()))?;
        if own.is_empty() || own.iter().any(|place| taken.contains(place)) {
            return Err(bad("an account has no service, or one of another account".into()));
        }
        for place in &own {
            if taken.contains(place) {
                return Err(bad("an account has a service twice".into()));
            }
            taken.push(*place);
        }
        let props = props(&json["properties"], trust)?;
        accounts.push(AccountEntry { account_type: *account_type, props, services: own });
    }
    Ok(accounts)
}

fn props(json: &Value, trust: bool) -> Outcome<PropList> {
    let mut props = PropList::new();
    for json in list(json, "properties", PROPERTIES)? {
        let prop = property_read::property(json).map_err(bad)?;
        check_made_anew(prop.tag)?;
        // The commands of accounts are where those of services are.
        let what = match reach("", prop.tag) {
            _ if trust => None,
            Reach::Program => Some("runs a program"),
            _ if prop.tag.id() == extension::AUTHORITIES.id() => Some("uses a file outside the profile"),
            _ => None,
        };
        if let Some(what) = what {
            let message = format!("an account has {}, which {what}", prop.tag);
            let failure = Failure::new(ErrorCode::NO_ACCESS, message);
            return Err(
                failure.with_hint("read the document, and import it with --trust where you believe it")
            );
        }
        props.set(prop.tag, prop.value);
    }
    Ok(props)
}

/// Makes the accounts of a document, the services being there; `secrets` are those of the account of a place.
pub(crate) fn restore(
    entries: &[AccountEntry],
    services: &MsgServiceAdmin,
    secrets: impl Fn(usize) -> PropList,
) -> Outcome {
    let rows = services.services();
    for (place, entry) in entries.iter().enumerate() {
        let own = entry.services.iter().filter_map(|place| rows.get(*place)).map(|row| row.uid);
        let mut props = entry.props.clone();
        props.merge(secrets(place));
        let new = NewAccount { account_type: entry.account_type, props, service: None };
        services.restore_account(new, &own.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The secrets that accounts of a document lack, by the account's place and the secret's tag.
pub(crate) fn missing(entries: &[AccountEntry], profile: &str, missing: &[(usize, PropTag)]) -> Vec<Value> {
    let one = |(place, tag): &(usize, PropTag)| {
        let name = entries.get(*place)?.props.text(PROP_ACCT_NAME).unwrap_or_default().to_owned();
        let again = set_again(profile, &name);
        Some(json!({ "account": name, "setting": setting(*tag), "set_again": again }))
    };
    missing.iter().filter_map(one).collect()
}
