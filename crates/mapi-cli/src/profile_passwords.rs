//! The passwords of an exported profile, in a file of their own that nobody but its owner can read. They are
//! written and read only where the user names that file.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::profile_document::{bad, list};
use mapi::MsgServiceAdmin;
use mapi_defs::flags::SectionFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType};
use mapi_defs::{ErrorCode, hex};
use mapi_services::is_secret;
use mapi_spi::prop::MapiProp;
use mapi_vault::Secret;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What the file says it is.
const FORMAT: &str = "openmapi-profile-passwords";
/// The form's version.
const VERSION: u64 = 1;
/// A file has at most this many bytes, and this many passwords.
const FILE_BYTES: u64 = 1024 * 1024;
const PASSWORDS: usize = 1024;

/// Where a secret is kept, as a document counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    Service(usize),
    /// A service's provider.
    Provider(usize, usize),
    Account(usize),
}

/// The passwords of a file.
#[derive(Default)]
pub(crate) struct Passwords(Vec<(Place, PropTag, Secret)>);

/// Writes every secret of a profile into a new file; returns how many.
///
/// # Errors
/// - `MAPI_E_COLLISION`: there is something of that name, which never is replaced.
/// - A secret that does not open.
pub(crate) fn export(services: &MsgServiceAdmin, file: &Path) -> Outcome<usize> {
    let rows = services.services();
    let accounts = services.accounts();
    let place = |section: MapiUid| -> Option<Place> {
        for (number, row) in rows.iter().enumerate() {
            if row.uid == section {
                return Some(Place::Service(number));
            }
            if let Some(provider) = row.providers.iter().position(|provider| provider.uid == section) {
                return Some(Place::Provider(number, provider));
            }
        }
        accounts.iter().position(|account| account.section == section).map(Place::Account)
    };
    let mut kept: Vec<(Place, MapiUid, PropTag)> = services
        .secure_props()
        .into_iter()
        .filter_map(|(section, tag)| place(section).map(|place| (place, section, tag)))
        .collect();
    kept.sort_unstable_by_key(|(place, _, tag)| (*place, tag.id()));
    let mut written = Vec::new();
    for (place, section, tag) in kept {
        let secret = services.secure_prop(section, tag)?;
        let mut entry = match place {
            Place::Service(service) => json!({ "service": service }),
            Place::Provider(service, provider) => json!({ "service": service, "provider": provider }),
            Place::Account(account) => json!({ "account": account }),
        };
        entry["tag"] = json!(tag.to_string());
        match secret.expose_text().filter(|_| tag.ptype() != PropType::BINARY) {
            Some(text) => entry["value"] = json!(text),
            None => entry["hex"] = json!(hex::encode(secret.expose())),
        }
        written.push(entry);
    }
    let count = written.len();
    let document = json!({ "format": FORMAT, "version": VERSION, "passwords": written });
    let text = Secret::from(format!("{document:#}\n"));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let saved = made.and_then(|mut made| {
        let saved = made.write_all(text.expose()).and_then(|()| made.sync_all());
        if saved.is_err() {
            // Half a file would look like a whole one.
            drop(std::fs::remove_file(file));
        }
        saved
    });
    saved.map_err(|error| {
        let failure = Failure::file(file, &error).with_exit(Exit::CannotCreate);
        failure.with_hint("passwords are written into a new file alone: name another")
    })?;
    Ok(count)
}

/// Reads a file of passwords.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: it is no file, a link, somebody else's, or others can read it.
/// - `MAPI_E_CORRUPT_DATA`: it is no such file.
pub(crate) fn read(file: &Path) -> Outcome<Passwords> {
    let about = |failure: Failure| failure.about(&file.display().to_string());
    let text = content(file)?;
    let json: Value = serde_json::from_slice(text.expose())
        .map_err(|_| about(bad("this is no file of passwords".into())))?;
    if json["format"] != FORMAT || json["version"].as_u64() != Some(VERSION) {
        return Err(about(bad("this is no file of passwords of this version".into())));
    }
    let all = list(&json["passwords"], "passwords", PASSWORDS).map_err(about)?.iter().map(entry);
    let all: Option<Vec<_>> = all.collect();
    all.map(Passwords).ok_or_else(|| about(bad("a password says not what it is for".into())))
}

fn content(file: &Path) -> Outcome<Secret> {
    let refused = |why: &str| {
        let failure = Failure::new(ErrorCode::NO_ACCESS, format!("{}: {why}", file.display()));
        failure
            .with_exit(Exit::NoAccess)
            .with_hint("chmod 600 it, where it is yours and nobody else has read it")
    };
    // A link is not followed, and a pipe not waited for.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(file);
    let opened = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => refused("it is a link"),
        _ => Failure::file(file, &error),
    })?;
    let held = opened.metadata().map_err(|error| Failure::file(file, &error))?;
    if !held.is_file() || held.uid() != rustix::process::getuid().as_raw() {
        return Err(refused("it is no file of yours"));
    }
    if held.mode() & 0o077 != 0 {
        return Err(refused("others can read it"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(held.len().min(FILE_BYTES)).unwrap_or(0) + 1);
    let read = opened.take(FILE_BYTES + 1).read_to_end(&mut bytes);
    let bytes = Secret::from(bytes);
    read.map_err(|error| Failure::file(file, &error))?;
    match bytes.expose().len() as u64 > FILE_BYTES {
        true => Err(bad(format!("{}: it is larger than files of passwords are", file.display()))),
        false => Ok(bytes),
    }
}

fn entry(json: &Value) -> Option<(Place, PropTag, Secret)> {
    let number = |key: &str| json[key].as_u64().and_then(|number| usize::try_from(number).ok());
    let place = match (number("service"), number("provider"), number("account")) {
        (Some(service), None, None) => Place::Service(service),
        (Some(service), Some(provider), None) => Place::Provider(service, provider),
        (None, None, Some(account)) => Place::Account(account),
        _ => return None,
    };
    let tag = u32::from_str_radix(json["tag"].as_str()?.strip_prefix("0x")?, 16).map(PropTag).ok()?;
    let secret = match (json["value"].as_str(), json["hex"].as_str()) {
        (Some(text), None) if tag.ptype() == PropType::UNICODE => Secret::from(text.to_owned()),
        (None, Some(digits)) if tag.ptype() == PropType::BINARY => Secret::from(hex::decode(digits)?),
        _ => return None,
    };
    is_secret(tag).then_some((place, tag, secret))
}

impl Passwords {
    /// True where there is one for this place.
    pub(crate) fn has(&self, account: bool, place: usize, tag: PropTag) -> bool {
        self.0.iter().any(|(known, known_tag, _)| {
            let is_it = match known {
                Place::Account(known) => account && *known == place,
                Place::Service(known) | Place::Provider(known, _) => !account && *known == place,
            };
            is_it && *known_tag == tag
        })
    }

    /// The secrets of an account.
    pub(crate) fn of_account(&self, place: usize) -> PropList {
        let own = self.0.iter().filter(|(known, ..)| *known == Place::Account(place));
        own.map(|(_, tag, secret)| prop(*tag, secret)).collect()
    }

    /// Seals the secrets of services in a profile that has them now.
    pub(crate) fn put_into(&self, services: &MsgServiceAdmin) -> Outcome {
        let rows = services.services();
        for (place, tag, secret) in &self.0 {
            let uid = match place {
                Place::Account(_) => continue,
                Place::Service(service) => rows.get(*service).map(|row| row.uid),
                Place::Provider(service, provider) => {
                    rows.get(*service).and_then(|row| row.providers.get(*provider)).map(|row| row.uid)
                }
            };
            let uid = uid.ok_or_else(|| bad("a password is for a service that is not there".into()))?;
            let flags = SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS;
            let section = services.open_profile_section(uid, flags)?;
            if let Some(problem) = section.set_props(&[prop(*tag, secret)])?.first() {
                return Err(Failure::new(problem.code, format!("{tag} cannot be kept")));
            }
        }
        Ok(())
    }
}

fn prop(tag: PropTag, secret: &Secret) -> Prop {
    match secret.expose_text().filter(|_| tag.ptype() != PropType::BINARY) {
        Some(text) => Prop::new(tag, text),
        None => Prop::new(tag, secret.expose().to_vec()),
    }
}
