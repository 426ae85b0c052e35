//! What `mapi doctor` says of services: the files that describe them, their libraries, whether they are
//! configured, and their secrets. Nothing is loaded and nothing is changed.
//!
//! Profiles, stores and queues are `doctor.rs`.

use crate::failure::Failure;
use crate::finding::Finding;
use crate::setting::name_of;
use mapi::profile::inf::Severity;
use mapi::profile::{ProviderKind, ServiceRow};
use mapi::provider::{Catalogue, LibraryFolders};
use mapi::{Home, MsgServiceAdmin};
use mapi_defs::ErrorCode;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_services::{Reach, reach};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Any of the bits that make a file a program.
const EXECUTABLE: u32 = 0o111;

/// Looks at the files that describe services, and at the libraries that they name.
pub(crate) fn look_at_files(home: &Home, findings: &mut Vec<Finding>) {
    let catalogue = Catalogue::of(home);
    let files = catalogue.files();
    for (file, diagnostic) in files.diagnostics() {
        let detail = format!("{}: {diagnostic}", file.display());
        findings.push(match diagnostic.severity {
            Severity::Warning => Finding::well("inf", format!("{detail} (a warning)")),
            Severity::Error => {
                Finding::ill("inf", detail, "put the line right; everything else in the file counts")
            }
        });
    }
    let libraries = LibraryFolders::of(home);
    for found in files.services() {
        for library in found.service.libraries() {
            let name = &found.service.name;
            findings.push(match libraries.find(library) {
                Ok(file) => Finding::well("library", format!("{name}: {}", file.path().display())),
                Err(error) => {
                    let advice = library_advice(error.code(), name, found.file);
                    Finding::ill("library", format!("{name}: {}", Failure::from(error).message), advice)
                }
            });
        }
    }
}

fn library_advice(code: ErrorCode, service: &str, file: &Path) -> String {
    match code {
        ErrorCode::NO_ACCESS => {
            "the library and its folders have to be yours or root's, and nobody else may write there".into()
        }
        _ => format!(
            "put the library back, or take the service out with `mapi service uninstall {service}` ({})",
            file.display()
        ),
    }
}

/// Looks at the services of a profile; nobody is asked where nothing may be written.
pub(crate) fn look_at_services(services: &MsgServiceAdmin, read_only: bool, findings: &mut Vec<Finding>) {
    let rows = services.services();
    for row in &rows {
        let before = findings.len();
        look_at_settings(services, row, findings);
        // The session that follows opens stores, and says more of them than their services would.
        let has_store = row.providers.iter().any(|provider| provider.kind == ProviderKind::Store);
        if !has_store && !read_only {
            look_at_service(services, row, findings);
        }
        if findings.len() == before {
            findings.push(Finding::well("service", called(row)));
        }
    }
    if !rows.iter().any(|row| row.providers.iter().any(|one| one.kind == ProviderKind::Transport)) {
        let advice = "`mapi service add LOCAL` delivers on this computer, `mapi service add SMTP` beyond it";
        findings.push(Finding::ill("service", "no service sends mail", advice));
    }
}

fn look_at_service(services: &MsgServiceAdmin, row: &ServiceRow, findings: &mut Vec<Finding>) {
    let Err(error) = services.check_service(row.uid) else { return };
    let code = error.code();
    let detail = format!("{}: {}", called(row), Failure::from(error).message);
    let advice = match code {
        // It has nothing to configure.
        ErrorCode::NOT_INITIALIZED => return,
        ErrorCode::UNCONFIGURED | ErrorCode::INVALID_PARAMETER => {
            format!("set what is missing with `mapi service configure {} KEY=VALUE`", row.name)
        }
        ErrorCode::NOT_FOUND | ErrorCode::NO_SUPPORT => format!(
            "`mapi service list --available` says what there is; `mapi service remove {}` does without it",
            row.uid
        ),
        _ => format!("look at its settings with `mapi service configure {}`", row.uid),
    };
    findings.push(Finding::ill("service", detail, advice));
}

/// Files and programs that settings name have to be there; a store's own file is opened later.
fn look_at_settings(services: &MsgServiceAdmin, row: &ServiceRow, findings: &mut Vec<Finding>) {
    let Ok(section) = services.own_section(row.uid) else { return };
    for prop in section.iter() {
        let Some(missing) = missing(&row.name, prop) else { continue };
        let setting = name_of(&row.name, prop.tag);
        let detail = format!("{}: {setting} names {missing}, which is not there", called(row));
        let advice =
            format!("put it back, or name another with `mapi service configure {} {setting}=…`", row.name);
        findings.push(Finding::ill("service", detail, advice));
    }
}

fn missing(service: &str, prop: &Prop) -> Option<String> {
    match (reach(service, prop.tag), &prop.value) {
        (Reach::Program, PropValue::MvUnicode(words) | PropValue::MvString8(words)) => {
            words.first().filter(|program| !is_program(program)).cloned()
        }
        (Reach::Program, value) => {
            let program = value.as_text()?.split_whitespace().next()?;
            (!is_program(program)).then(|| program.to_owned())
        }
        // Stores and address books make their own file, or say themselves that it has gone.
        (Reach::File, value) if prop.tag.id() != mapi_spi::spooler::section::FILE.id() => {
            value.as_text().filter(|path| !Path::new(path).exists()).map(str::to_owned)
        }
        _ => None,
    }
}

/// True for a program's path, or a name that is one in a folder of PATH.
fn is_program(name: &str) -> bool {
    let is_one = |path: PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & EXECUTABLE != 0)
    };
    if name.contains('/') {
        return is_one(PathBuf::from(name));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| is_one(folder.join(name)))
}

/// Looks at the secrets that a profile keeps: who has their key, and whether each can be opened.
pub(crate) fn look_at_secrets(
    services: &MsgServiceAdmin,
    home: &Home,
    profile: &str,
    findings: &mut Vec<Finding>,
) {
    let kept = services.secure_props();
    if kept.is_empty() {
        return findings.push(Finding::well("secrets", "none is kept"));
    }
    let by = home.vault().kept_by().map_or("nobody has their key", |keeper| keeper.in_plain_words());
    let before = findings.len();
    for (section, tag) in &kept {
        if let Err(error) = services.check_secure_prop(*section, *tag) {
            let (service, setting) = owner(services, *section, *tag);
            let detail = format!("{setting} of {service}: {}", Failure::from(error).message);
            let advice = format!(
                "bring back the keys from a backup, or set it again: `mapi --profile {profile:?} service configure {service:?} {setting}`"
            );
            findings.push(Finding::ill("secrets", detail, advice));
        }
    }
    if findings.len() == before {
        let count = kept.len();
        let are = if count == 1 { "one is kept".to_owned() } else { format!("{count} are kept") };
        findings.push(Finding::well("secrets", format!("{are}; {by}")));
    }
}

/// The service that a section belongs to, and what the secret is called there.
fn owner(services: &MsgServiceAdmin, section: MapiUid, tag: PropTag) -> (String, String) {
    let rows = services.services();
    let owns = |row: &&ServiceRow| {
        row.uid == section || row.providers.iter().any(|provider| provider.uid == section)
    };
    match rows.iter().find(owns) {
        Some(row) => (row.display_name.clone(), name_of(&row.name, tag)),
        None => (section.to_string(), tag.to_string()),
    }
}

/// What a service is called: its name, and its own where that is another.
fn called(row: &ServiceRow) -> String {
    if row.display_name == row.name {
        row.name.clone()
    } else {
        format!("{} ({})", row.name, row.display_name)
    }
}
