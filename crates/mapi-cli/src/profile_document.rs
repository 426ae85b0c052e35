//! A profile as one JSON document: what `profile export` writes and `profile import` takes.
//!
//! Secrets are left out and named with how to set them again, and so are places inside the profile's
//! own folder, which another profile does not have. A document comes from anybody: it is checked whole
//! before anything is made, and what reaches beyond the profile (programs to be run, files of the
//! user's) is taken only where the user trusts it. Its accounts are `profile_accounts.rs`, and passwords, where
//! the user asks for them, go into a file of their own (`profile_passwords.rs`).

use crate::failure::{Failure, Outcome};
use crate::profile_accounts::{self, AccountEntry};
use crate::profile_passwords::Passwords;
use crate::property_json::Shape;
use crate::property_read;
use crate::setting::name_of;
use mapi::MsgServiceAdmin;
use mapi::profile::{NewService, ServiceRow};
use mapi_defs::ErrorCode;
use mapi_defs::flags::SectionFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::object::Property;
use mapi_defs::prop::tags::{
    PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_PROFILE_NAME, PR_PROVIDER_DLL_NAME, PR_PROVIDER_ORDINAL,
    PR_PROVIDER_UID, PR_RESOURCE_TYPE, PR_SEARCH_KEY, PR_SERVICE_DELETE_FILES, PR_SERVICE_DLL_NAME,
    PR_SERVICE_ENTRY_NAME, PR_SERVICE_EXTRA_UIDS, PR_SERVICE_NAME, PR_SERVICE_SUPPORT_FILES, PR_SERVICE_UID,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_services::{Reach, is_secret, reach};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::section::DATA_FOLDER;
use serde_json::{Value, json};
use std::path::Path;

/// What the document says it is.
const FORMAT: &str = "openmapi-profile-export";
/// The form's version.
const VERSION: u64 = 1;
/// Services that one document may have.
const SERVICES: usize = 256;
/// Properties that one section may have.
const PROPERTIES: usize = 1024;

/// Properties that each profile makes itself, or that say which code is loaded.
const MADE_ANEW: [PropTag; 16] = [
    DATA_FOLDER,
    PR_INSTANCE_KEY,
    PR_OBJECT_TYPE,
    PR_PROFILE_NAME,
    PR_PROVIDER_DLL_NAME,
    PR_PROVIDER_ORDINAL,
    PR_PROVIDER_UID,
    PR_RESOURCE_TYPE,
    PR_SEARCH_KEY,
    PR_SERVICE_DELETE_FILES,
    PR_SERVICE_DLL_NAME,
    PR_SERVICE_ENTRY_NAME,
    PR_SERVICE_EXTRA_UIDS,
    PR_SERVICE_NAME,
    PR_SERVICE_SUPPORT_FILES,
    PR_SERVICE_UID,
];

/// Writes a profile.
pub(crate) fn export(name: &str, services: &MsgServiceAdmin) -> Outcome<Value> {
    let rows = services.services();
    let mut left_out = Vec::new();
    let mut written = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let section = services.own_section(row.uid)?;
        let folder = section.text(DATA_FOLDER);
        let mut providers = Vec::new();
        for provider in &row.providers {
            let own = services.own_section(provider.uid)?;
            let props = kept((number, row), &own, folder, &mut left_out);
            providers.push(json!({ "kind": provider.kind.word(), "properties": props }));
        }
        let props = kept((number, row), &section, folder, &mut left_out);
        written.push(json!({
            "name": row.name, "display_name": row.display_name, "properties": props, "providers": providers,
        }));
    }
    left_out.extend(secrets(name, &rows, services));
    let accounts = services.accounts();
    left_out.extend(profile_accounts::secrets(name, &accounts, &services.secure_props()));
    let place = |uid: &MapiUid| place_of(&rows, *uid);
    let order: Vec<Value> = services.transport_order().iter().filter_map(place).collect();
    Ok(json!({
        "format": FORMAT, "version": VERSION, "name": name, "services": written,
        "accounts": profile_accounts::export(&accounts, &rows), "transport_order": order, "default_store": services.default_store().as_ref().and_then(place),
        "left_out": left_out,
    }))
}

/// The properties of a section that another profile can take; the others are named in `left_out`.
fn kept(
    (number, row): (usize, &ServiceRow),
    section: &PropList,
    own: Option<&str>,
    left_out: &mut Vec<Value>,
) -> Value {
    let mut props = Vec::new();
    for prop in section.iter().filter(|prop| !is_made_anew(prop.tag)) {
        if is_inside(&prop.value, own) {
            left_out.push(json!({
                "service": row.display_name, "place": number, "setting": name_of(&row.name, prop.tag),
                "tag": prop.tag.to_string(), "why": "it is in the profile's own folder; a new one is made",
                "set_again": null,
            }));
        } else {
            props.push(Property { tag: prop.tag, named: None, value: prop.value.clone(), lossy: false });
        }
    }
    Value::Array(Shape::default().properties(&props))
}

/// The secrets of a profile, each with how to set it again. No value is read.
fn secrets(profile: &str, rows: &[ServiceRow], services: &MsgServiceAdmin) -> Vec<Value> {
    let owns = |row: &ServiceRow, section: MapiUid| {
        row.uid == section || row.providers.iter().any(|provider| provider.uid == section)
    };
    let secret = |(section, tag): (MapiUid, PropTag)| {
        let (number, row) = rows.iter().enumerate().find(|(_, row)| owns(row, section))?;
        let setting = name_of(&row.name, tag);
        Some(json!({
            "service": row.display_name, "place": number, "setting": setting, "tag": tag.to_string(),
            "why": "it is a secret", "set_again": set_again(profile, &row.display_name, &setting),
        }))
    };
    services.secure_props().into_iter().filter_map(secret).collect()
}

fn is_made_anew(tag: PropTag) -> bool {
    MADE_ANEW.iter().any(|made| made.id() == tag.id())
}

fn is_inside(value: &PropValue, folder: Option<&str>) -> bool {
    let inside = |folder: &str| value.as_text().is_some_and(|text| Path::new(text).starts_with(folder));
    folder.is_some_and(inside)
}

/// Where a provider stands: its service's number and its own in there, from 0.
fn place_of(rows: &[ServiceRow], uid: MapiUid) -> Option<Value> {
    rows.iter().enumerate().find_map(|(service, row)| {
        let provider = row.providers.iter().position(|provider| provider.uid == uid)?;
        Some(json!([service, provider]))
    })
}

/// A profile that was read and can be made.
pub(crate) struct Document {
    /// The name it had.
    pub(crate) name: String,
    /// Its services, in order.
    pub(crate) services: Vec<NewService>,
    /// What of each service's providers is their own.
    providers: Vec<Vec<PropList>>,
    transport_order: Vec<(usize, usize)>,
    default_store: Option<(usize, usize)>,
    accounts: Vec<AccountEntry>,
    /// The services and settings of secrets that were left out of it.
    secrets: Vec<(usize, PropTag)>,
    /// The same of accounts.
    account_secrets: Vec<(usize, PropTag)>,
}

/// Reads a document; with `trust`, also what reaches beyond the profile.
pub(crate) fn read(content: &[u8], trust: bool) -> Outcome<Document> {
    let json: Value =
        serde_json::from_slice(content).map_err(|error| bad(format!("this is no JSON: {error}")))?;
    if json["format"] != FORMAT {
        return Err(bad("this is no exported profile".into()));
    }
    match json["version"].as_u64() {
        Some(VERSION) => {}
        Some(version) if version > VERSION => {
            let message = format!("the document has version {version}, and this program reads {VERSION}");
            return Err(Failure::new(ErrorCode::VERSION, message));
        }
        _ => return Err(bad("the document has no version".into())),
    }
    let services = list(&json["services"], "services", SERVICES)?;
    let mut document = Document {
        name: text(&json["name"], "the profile's name")?.to_owned(),
        services: Vec::new(),
        providers: Vec::new(),
        transport_order: Vec::new(),
        default_store: None,
        accounts: Vec::new(),
        secrets: Vec::new(),
        account_secrets: Vec::new(),
    };
    for service in services {
        let name = text(&service["name"], "a service's name")?.to_owned();
        let props = section(&name, &service["properties"], trust)?;
        let providers = list(&service["providers"], "providers", SERVICES)?.iter();
        let providers = providers.map(|provider| section(&name, &provider["properties"], trust));
        document.providers.push(providers.collect::<Outcome<_>>()?);
        document.services.push(NewService { name, props });
    }
    let order = list(&json["transport_order"], "transports", SERVICES * SERVICES)?.iter();
    document.transport_order = order.map(|place| document.place(place)).collect::<Outcome<_>>()?;
    document.default_store = match &json["default_store"] {
        Value::Null => None,
        place => Some(document.place(place)?),
    };
    let names: Vec<String> = document.services.iter().map(|service| service.name.clone()).collect();
    document.accounts = profile_accounts::read(&json["accounts"], &names, trust)?;
    document.secrets = secrets_left_out(&json["left_out"], "place", document.services.len());
    document.account_secrets = secrets_left_out(&json["left_out"], "account_place", document.accounts.len());
    Ok(document)
}

impl Document {
    /// The secrets that are missing in a profile made of it, and how each is set.
    pub(crate) fn missing(
        &self,
        profile: &str,
        services: &MsgServiceAdmin,
        passwords: &Passwords,
    ) -> Vec<Value> {
        let rows = services.services();
        let of_services = self.secrets.iter().filter(|(place, tag)| !passwords.has(false, *place, *tag));
        let missing = of_services.filter_map(|(place, tag)| {
            let row = rows.get(*place)?;
            let setting = name_of(&row.name, *tag);
            let again = set_again(profile, &row.display_name, &setting);
            Some(json!({ "service": row.display_name, "setting": setting, "set_again": again }))
        });
        let mut missing: Vec<Value> = missing.collect();
        let of_accounts = self.account_secrets.iter().copied();
        let of_accounts: Vec<_> =
            of_accounts.filter(|(place, tag)| !passwords.has(true, *place, *tag)).collect();
        missing.extend(profile_accounts::missing(&self.accounts, profile, &of_accounts));
        missing
    }

    fn place(&self, json: &Value) -> Outcome<(usize, usize)> {
        let number = |at: usize| json[at].as_u64().and_then(|number| usize::try_from(number).ok());
        let place = number(0).zip(number(1)).filter(|(service, provider)| {
            self.providers.get(*service).is_some_and(|providers| *provider < providers.len())
        });
        place.ok_or_else(|| bad("the document orders a provider that it does not have".into()))
    }

    /// Puts into a profile made of the document's services what they do not say themselves.
    pub(crate) fn finish(&self, services: &MsgServiceAdmin, passwords: &Passwords) -> Outcome {
        let rows = services.services();
        for (row, providers) in rows.iter().zip(&self.providers) {
            if row.providers.len() != providers.len() {
                let message =
                    format!("the service {} has other providers here than in the document", row.name);
                return Err(bad(message));
            }
            for (provider, props) in row.providers.iter().zip(providers) {
                let flags = SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS;
                let props: Vec<Prop> = props.iter().cloned().collect();
                let problems = services.open_profile_section(provider.uid, flags)?.set_props(&props)?;
                if let Some(problem) = problems.first() {
                    return Err(Failure::new(problem.code, format!("{} cannot be kept", problem.tag)));
                }
            }
        }
        let uid = |(service, provider): &(usize, usize)| {
            rows.get(*service).and_then(|row| row.providers.get(*provider)).map(|provider| provider.uid)
        };
        let mut order: Vec<MapiUid> = self.transport_order.iter().filter_map(uid).collect();
        order.extend(
            services.transport_order().into_iter().filter(|known| !order.contains(known)).collect::<Vec<_>>(),
        );
        services.set_transport_order(&order)?;
        if let Some(store) = self.default_store.as_ref().and_then(uid) {
            services.set_default_store(Some(store))?;
        }
        profile_accounts::restore(&self.accounts, services, |place| passwords.of_account(place))?;
        passwords.put_into(services)
    }
}

/// Of what was left out, the secrets; commands are never taken from a document.
fn secrets_left_out(left_out: &Value, key: &str, count: usize) -> Vec<(usize, PropTag)> {
    let secret = |one: &Value| {
        let place = one[key].as_u64().and_then(|place| usize::try_from(place).ok())?;
        let digits = one["tag"].as_str()?.strip_prefix("0x")?;
        let tag = u32::from_str_radix(digits, 16).map(PropTag).ok().filter(|tag| is_secret(*tag))?;
        (place < count).then_some((place, tag))
    };
    left_out.as_array().into_iter().flatten().take(PROPERTIES).filter_map(secret).collect()
}

fn section(service: &str, json: &Value, trust: bool) -> Outcome<PropList> {
    let mut props = PropList::new();
    for json in list(json, "properties", PROPERTIES)? {
        let prop = property_read::property(json).map_err(bad)?;
        check_made_anew(prop.tag)?;
        check_reach(service, &prop, trust)?;
        props.set(prop.tag, prop.value);
    }
    Ok(props)
}

/// Refuses what no export writes: secrets, what each profile makes itself, and what says which code is loaded.
pub(crate) fn check_made_anew(tag: PropTag) -> Outcome {
    match tag.is_named() || is_secret(tag) || is_made_anew(tag) {
        true => Err(bad(format!("the document has {tag}, which no export writes"))),
        false => Ok(()),
    }
}

/// Whoever makes a document must not make the user's programs run his, or change the user's files.
fn check_reach(service: &str, prop: &Prop, trust: bool) -> Outcome {
    let what = match reach(service, prop.tag) {
        _ if trust => return Ok(()),
        Reach::Profile => return Ok(()),
        Reach::Program => "runs a program",
        Reach::File => "uses a file outside the profile",
    };
    let setting = name_of(service, prop.tag);
    let failure = Failure::new(ErrorCode::NO_ACCESS, format!("the setting {setting} of {service} {what}"));
    Err(failure.with_hint("read the document, and import it with --trust where you believe it"))
}

pub(crate) fn list<'a>(json: &'a Value, what: &str, most: usize) -> Outcome<&'a Vec<Value>> {
    let list = json.as_array().ok_or_else(|| bad(format!("the document has no list of {what}")))?;
    match list.len() {
        count if count > most => Err(bad(format!("the document has {count} {what}; {most} are the most"))),
        _ => Ok(list),
    }
}

fn text<'a>(json: &'a Value, what: &str) -> Outcome<&'a str> {
    json.as_str().ok_or_else(|| bad(format!("{what} is missing")))
}

/// The command that sets a secret.
fn set_again(profile: &str, service: &str, setting: &str) -> String {
    format!("mapi --profile {} service configure {} {setting}", quoted(profile), quoted(service))
}

/// A text as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

pub(crate) fn bad(message: String) -> Failure {
    Failure::new(ErrorCode::CORRUPT_DATA, message)
}
