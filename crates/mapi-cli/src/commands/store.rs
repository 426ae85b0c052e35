//! `mapi store create|check`: store files.

use crate::cli::{Global, Store};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use mapi_defs::ErrorCode;
use mapi_spi::spooler::section::FILE;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs one of the verbs.
pub(crate) fn store(verb: &Store, global: &Global, output: Output) -> Outcome {
    match verb {
        Store::Create { file, name } => {
            refuse_when_read_only(global)?;
            create(file, name, output)
        }
        Store::Check { file: Some(file) } => check(file, output),
        Store::Check { file: None } => check(&default_store(global)?, output),
    }
}

fn create(file: &Path, name: &str, output: Output) -> Outcome {
    mapi_services::create_store(file, name).map_err(|error| {
        let failure = Failure::from(error).about(&file.display().to_string()).with_exit(Exit::CannotCreate);
        match failure.code {
            ErrorCode::COLLISION => failure.with_hint("no store is ever overwritten: choose another name"),
            ErrorCode::NOT_FOUND => failure.with_hint("make the folder first: only the file is made"),
            _ => failure,
        }
    })?;
    let shown = file.display().to_string();
    if output.is_machine() {
        output.document(&json!({ "created": shown }))
    } else {
        output.text(&format!("created {shown}\n"))
    }
}

fn check(file: &Path, output: Output) -> Outcome {
    let shown = file.display().to_string();
    let faults = mapi_services::check_store(file).map_err(|error| Failure::from(error).about(&shown))?;
    if output.is_machine() {
        output.document(&json!({ "file": shown, "sound": faults.is_empty(), "faults": faults }))?;
    } else if faults.is_empty() {
        output.text(&format!("{shown}: sound\n"))?;
    } else {
        output.text(&faults.iter().map(|fault| format!("{shown}: {fault}\n")).collect::<String>())?;
    }
    if faults.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(ErrorCode::CORRUPT_STORE, format!("{shown}: {} faults", faults.len()));
    Err(failure.with_exit(Exit::BadData).already_reported())
}

/// The file of the profile's first store.
pub(crate) fn default_store(global: &Global) -> Outcome<PathBuf> {
    let ready = Ready::new(global)?;
    let admin = ready.profiles()?;
    let named = global.profile.clone().map_or_else(|| admin.default_profile(), |name| Ok(Some(name)))?;
    let missing = || Failure::new(ErrorCode::NOT_FOUND, "there is no default profile, and no file is named");
    let services = admin.services(&named.ok_or_else(missing)?)?;
    let files = services.services().into_iter().filter(|service| service.name == mapi_services::STORE);
    for service in files {
        if let Some(file) = services.section(service.uid)?.text(FILE) {
            return Ok(PathBuf::from(file));
        }
    }
    Err(Failure::new(ErrorCode::NOT_FOUND, "the profile has no store file"))
}
