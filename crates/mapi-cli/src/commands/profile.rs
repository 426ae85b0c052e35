//! `mapi profile …`: profiles, listed, made, copied, renamed, deleted, written down and made again.
//!
//! What an exported profile looks like is `profile_document.rs`.

use crate::cli::{Global, Profile};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use crate::profile_document;
use crate::profile_passwords::{self, Passwords};
use crate::target::write_file;
use mapi::{Home, MsgServiceAdmin, ProfAdmin};
use mapi_defs::ErrorCode;
use mapi_spi::spooler::section::DATA_FOLDER;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An exported profile has at most this many bytes.
const DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Runs one of the verbs.
pub(crate) fn profile(verb: &Profile, global: &Global, output: Output) -> Outcome {
    let looks = matches!(verb, Profile::List | Profile::Show { .. } | Profile::Export { .. });
    if !looks && !matches!(verb, Profile::Default { name: None }) {
        refuse_when_read_only(global)?;
    }
    let ready = Ready::new(global)?;
    let admin = ready.profiles()?;
    match verb {
        Profile::List => list(&admin, output),
        Profile::Create { name } => {
            let services = mapi_services::default_services_of(&ready.home);
            admin.create_profile(name, &services).map_err(|error| taken(&admin, name, error))?;
            done("created", name, output)
        }
        Profile::Show { name } => show(&admin, name.as_deref().or(global.profile.as_deref()), output),
        Profile::Copy { from, to } => {
            admin.copy_profile(from, to).map_err(|error| taken(&admin, to, error))?;
            done("created", to, output)
        }
        Profile::Rename { from, to } => {
            admin.rename_profile(from, to).map_err(|error| taken(&admin, to, error))?;
            done("renamed", to, output)
        }
        Profile::Delete { name } => {
            admin.delete_profile(name)?;
            done("deleted", name, output)
        }
        Profile::Default { name: Some(name) } => {
            admin.set_default_profile(Some(name))?;
            done("default", name, output)
        }
        Profile::Default { name: None } => default(&admin, output),
        Profile::Export { name, output: file, passwords } => {
            let name = name.as_deref().or(global.profile.as_deref());
            export(&admin, name, (file, passwords.as_deref()), global.force, output)
        }
        Profile::Import { file, name, trust, passwords } => {
            let passwords =
                passwords.as_deref().map(profile_passwords::read).transpose()?.unwrap_or_default();
            import((&admin, &ready.home), (file, &passwords), name.as_deref(), *trust, output)
        }
    }
}

/// What is to be made and is there already is told apart from what may not be made.
fn taken(admin: &ProfAdmin, name: &str, error: mapi_defs::Error) -> Failure {
    let is_name = |row: &mapi::profile::ProfileRow| row.name.to_lowercase() == name.to_lowercase();
    let is_there = admin.profiles().is_ok_and(|rows| rows.iter().any(is_name));
    match error.code() {
        ErrorCode::NO_ACCESS | ErrorCode::COLLISION if is_there => Failure::from(error)
            .with_exit(Exit::CannotCreate)
            .with_hint("choose another name, or delete that profile first"),
        _ => Failure::from(error),
    }
}

fn done(what: &str, name: &str, output: Output) -> Outcome {
    if output.is_machine() {
        output.document(&json!({ what: name }))
    } else {
        output.text(&format!("{what} {name}\n"))
    }
}

fn list(admin: &ProfAdmin, output: Output) -> Outcome {
    let profiles = admin.profiles()?;
    if output.is_machine() {
        let rows = profiles.iter().map(|row| json!({ "name": row.name, "default": row.is_default }));
        return output.document(&rows.collect());
    }
    let rows =
        profiles.iter().map(|row| vec![row.name.clone(), if row.is_default { "yes" } else { "" }.to_owned()]);
    output.text(&listing(&["profile", "default"], &rows.collect::<Vec<_>>(), "no profiles"))
}

fn default(admin: &ProfAdmin, output: Output) -> Outcome {
    let name = admin.default_profile()?;
    let missing = || Failure::new(ErrorCode::NOT_FOUND, "there is no default profile");
    let name = name.ok_or_else(|| missing().with_hint("choose one with `mapi profile default NAME`"))?;
    done("default", &name, output)
}

/// The profile that is named, else the default one.
fn chosen(admin: &ProfAdmin, name: Option<&str>) -> Outcome<String> {
    match name {
        Some(name) => Ok(name.to_owned()),
        None => admin
            .default_profile()?
            .ok_or_else(|| Failure::new(ErrorCode::NOT_FOUND, "there is no default profile")),
    }
}

fn export(
    admin: &ProfAdmin,
    name: Option<&str>,
    (file, passwords): (&Path, Option<&Path>),
    force: bool,
    output: Output,
) -> Outcome {
    let name = chosen(admin, name)?;
    let services = admin.services(&name)?;
    let document = profile_document::export(&name, &services)?;
    for left_out in document["left_out"].as_array().into_iter().flatten() {
        output.say(&format!("left out: {}", left_out_line(left_out)));
    }
    if let Some(file) = passwords {
        let count = profile_passwords::export(&services, file)?;
        output.say(&format!("{count} of its passwords are in {}, for its owner alone", file.display()));
    }
    if file == Path::new("-") {
        return output.document(&document);
    }
    let text = format!("{document:#}\n");
    write_file(file, force, &mut text.as_bytes())?;
    if output.is_machine() {
        let left_out = &document["left_out"];
        return output.document(
            &json!({ "exported": name, "path": file.display().to_string(), "left_out": left_out }),
        );
    }
    output.text(&format!("exported {name} to {}\n", file.display()))
}

/// What was left out of a document, and how it is set again.
fn left_out_line(left_out: &Value) -> String {
    let text = |key: &str| left_out[key].as_str().unwrap_or_default().to_owned();
    let again = match left_out["set_again"].as_str() {
        Some(command) => format!("; set it again with: {command}"),
        None => String::new(),
    };
    let whose = if left_out["account"].is_null() { text("service") } else { text("account") };
    format!("{} of {whose}, {}{again}", text("setting"), text("why"))
}

/// Makes a profile of a document, whole or not at all.
fn import(
    (admin, home): (&ProfAdmin, &Home),
    (file, passwords): (&Path, &Passwords),
    name: Option<&str>,
    trust: bool,
    output: Output,
) -> Outcome {
    let about = |failure: Failure| failure.about(&file.display().to_string());
    let document = profile_document::read(&content(file)?, trust).map_err(about)?;
    let name = name.unwrap_or(&document.name);
    let named = |error: mapi_defs::Error| match error.code() {
        ErrorCode::NOT_FOUND => Failure::from(error)
            .with_exit(Exit::Unavailable)
            .with_hint("see which services there are with `mapi service list --available`"),
        _ => taken(admin, name, error),
    };
    admin.create_profile(name, &document.services).map_err(named).map_err(about)?;
    let made = admin.services(name)?;
    if let Err(failure) = document.finish(&made, passwords) {
        undo(admin, home, name, &made, output);
        return Err(about(failure));
    }
    let missing = document.missing(name, &made, passwords);
    for secret in &missing {
        let text = |key: &str| secret[key].as_str().unwrap_or_default();
        let whose = if secret["account"].is_null() { text("service") } else { text("account") };
        let setting = text("setting");
        output.say(&format!("missing: {setting} of {whose}; set it with: {}", text("set_again")));
    }
    if output.is_machine() {
        return output.document(&json!({ "imported": name, "missing": missing }));
    }
    output.text(&format!("imported {name}\n"))
}

/// Takes a profile away again that is not what its document says, with the folder made for it.
fn undo(admin: &ProfAdmin, home: &Home, name: &str, made: &MsgServiceAdmin, output: Output) {
    let rows = made.services();
    let folder = rows.iter().find_map(|row| {
        let section = made.own_section(row.uid).ok()?;
        section.text(DATA_FOLDER).map(PathBuf::from).filter(|folder| folder.parent() == Some(home.stores()))
    });
    let removed = admin.delete_profile(name).map_err(Failure::from).and_then(|()| match folder {
        Some(folder) if folder.exists() => {
            std::fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))
        }
        _ => Ok(()),
    });
    if let Err(failure) = removed {
        output.say(&format!("something of the profile {name:?} is left over: {}", failure.message));
    }
}

/// A document's content, as far as it may be read.
fn content(file: &Path) -> Outcome<Vec<u8>> {
    let mut content = Vec::new();
    let mut source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(file).map_err(|error| Failure::file(file, &error))?),
    };
    let read = source.by_ref().take(DOCUMENT_BYTES + 1).read_to_end(&mut content);
    read.map_err(|error| Failure::file(file, &error))?;
    if content.len() as u64 > DOCUMENT_BYTES {
        let message = format!("{}: a profile has at most {DOCUMENT_BYTES} bytes", file.display());
        return Err(Failure::new(ErrorCode::CORRUPT_DATA, message));
    }
    Ok(content)
}

fn show(admin: &ProfAdmin, name: Option<&str>, output: Output) -> Outcome {
    let name = chosen(admin, name)?;
    let services = admin.services(&name)?.services();
    if output.is_machine() {
        let rows: Vec<Value> = services
            .iter()
            .map(|service| {
                let providers = service.providers.iter().map(|provider| {
                    json!({ "kind": provider.kind.word(), "uid": provider.uid.to_string() })
                });
                json!({
                    "uid": service.uid.to_string(), "name": service.name, "display_name": service.display_name,
                    "providers": providers.collect::<Vec<_>>(),
                })
            })
            .collect();
        return output.document(&json!({ "name": name, "services": rows }));
    }
    let rows = services.iter().map(|service| {
        let kinds =
            service.providers.iter().map(|provider| provider.kind.word()).collect::<Vec<_>>().join(", ");
        vec![service.name.clone(), service.display_name.clone(), kinds]
    });
    output.text(&listing(&["service", "name", "providers"], &rows.collect::<Vec<_>>(), "no services"))
}
