//! `mapi service list --available`, `install` and `uninstall`: the services of the computer, whatever
//! profiles there are. The services of a profile are `service.rs`.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::Ready;
use crate::output::Output;
use mapi::Home;
use mapi::provider::{AvailableService, Catalogue, Installation, Uninstalled};
use mapi_defs::{Error, ErrorCode};
use serde_json::{Value, json};
use std::path::Path;

/// Lists what a profile can have.
pub(crate) fn available(home: &Home, output: Output) -> Outcome {
    let catalogue = Catalogue::of(home);
    for (file, diagnostic) in catalogue.files().diagnostics() {
        output.say(&format!("{}: {diagnostic}", file.display()));
    }
    let services = catalogue.services();
    if output.is_machine() {
        return output.document(&services.iter().map(to_json).collect());
    }
    let from = |known: &AvailableService| {
        known.file.as_ref().map_or_else(|| "built in".to_owned(), |file| file.display().to_string())
    };
    let rows = services.iter().map(|known| vec![known.name.clone(), known.display_name.clone(), from(known)]);
    output.text(&listing(&["service", "name", "from"], &rows.collect::<Vec<_>>(), "no services"))
}

fn to_json(known: &AvailableService) -> Value {
    let settings = mapi_services::settings(&known.name).iter();
    let settings =
        settings.map(|one| json!({ "name": one.name, "tag": one.tag.to_string(), "meaning": one.meaning }));
    json!({
        "name": known.name, "display_name": known.display_name,
        "file": known.file.as_deref().map(shown), "libraries": known.libraries,
        "settings": settings.collect::<Vec<_>>(),
    })
}

/// Installs the services of a library.
pub(crate) fn install(home: &Home, library: &str, output: Output) -> Outcome {
    let done = Installation::of(home).install(library).map_err(|error| explained(error, library))?;
    if output.is_machine() {
        return output.document(&json!({
            "installed": done.services, "library": shown(&done.library), "file": shown(&done.file),
        }));
    }
    let names = done.services.join(", ");
    output.text(&format!("installed {names} from {}\n", done.library.display()))?;
    output.say(&format!("add it to a profile with `mapi service add {}`", done.services.join(" …, ")));
    Ok(())
}

/// Uninstalls a service, and says which profiles still have it.
pub(crate) fn uninstall(ready: &Ready, name: &str, output: Output) -> Outcome {
    let done = Installation::of(&ready.home).uninstall(name).map_err(|error| explained(error, name))?;
    let still_in = profiles_with(ready, name)?;
    if output.is_machine() {
        return output.document(&uninstalled_json(name, &done, &still_in));
    }
    output.text(&format!("uninstalled {name}\n"))?;
    for file in &done.deleted {
        output.text(&format!("deleted {}\n", file.display()))?;
    }
    for (file, why) in &done.kept {
        output.say(&format!("kept {file}: {why}"));
    }
    if let Some(why) = &done.unasked {
        output.say(&format!("the service was not asked: {why}"));
    }
    for profile in still_in {
        output.say(&format!(
            "the profile {profile:?} still has it: `mapi --profile {profile:?} service remove {name}`"
        ));
    }
    Ok(())
}

fn uninstalled_json(name: &str, done: &Uninstalled, still_in: &[String]) -> Value {
    let kept: Vec<Value> = done.kept.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect();
    let deleted: Vec<String> = done.deleted.iter().map(|file| shown(file)).collect();
    json!({
        "uninstalled": name, "deleted": deleted, "kept": kept, "unasked": done.unasked,
        "still_in_profiles": still_in,
    })
}

/// The profiles that have a service of this name; one that cannot be read has none.
fn profiles_with(ready: &Ready, name: &str) -> Outcome<Vec<String>> {
    let profiles = ready.profiles()?;
    let has = |profile: &String| {
        let services = profiles.services(profile).map(|services| services.services()).unwrap_or_default();
        services.iter().any(|row| row.name.eq_ignore_ascii_case(name))
    };
    Ok(profiles.profiles()?.into_iter().map(|row| row.name).filter(has).collect())
}

fn explained(error: Error, what: &str) -> Failure {
    let code = error.code();
    let failure = Failure::from(error);
    match code {
        ErrorCode::NO_SUPPORT => failure.with_exit(Exit::Unavailable).with_hint(
            "this build of `mapi` has the built-in services alone; one with the feature `libraries` loads others",
        ),
        ErrorCode::CALL_FAILED => failure.with_hint(
            "the library has to be made for this system, with all that it needs beside it: look at `ldd` of it",
        ),
        ErrorCode::VERSION => failure.with_hint("build the library against the headers of this version"),
        ErrorCode::NOT_FOUND => failure.with_exit(Exit::NoInput).with_hint(format!(
            "name the library with its whole path, or see what there is with `mapi service list --available`: {what}"
        )),
        ErrorCode::NO_ACCESS => failure.with_hint(
            "a library, its folders and the file beside it belong to you or root, and nobody else may write there",
        ),
        ErrorCode::USER_CANCEL => failure.with_hint("the service did not want to; nothing was changed"),
        _ => failure,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
