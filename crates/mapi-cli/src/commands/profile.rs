//! `mapi profile …`: profiles, listed, made, copied, renamed, deleted.

use crate::cli::{Global, Profile};
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use mapi::ProfAdmin;
use mapi_defs::ErrorCode;
use serde_json::{Value, json};

/// Runs one of the verbs.
pub(crate) fn profile(verb: &Profile, global: &Global, output: Output) -> Outcome {
    if !matches!(verb, Profile::List | Profile::Show { .. } | Profile::Default { name: None }) {
        refuse_when_read_only(global)?;
    }
    let ready = Ready::new(global)?;
    let admin = ready.profiles()?;
    match verb {
        Profile::List => list(&admin, output),
        Profile::Create { name } => {
            admin.create_profile(name, &mapi_services::default_services())?;
            done("created", name, output)
        }
        Profile::Show { name } => show(&admin, name.as_deref().or(global.profile.as_deref()), output),
        Profile::Copy { from, to } => {
            admin.copy_profile(from, to)?;
            done("created", to, output)
        }
        Profile::Rename { from, to } => {
            admin.rename_profile(from, to)?;
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

fn show(admin: &ProfAdmin, name: Option<&str>, output: Output) -> Outcome {
    let name = match name {
        Some(name) => name.to_owned(),
        None => admin
            .default_profile()?
            .ok_or_else(|| Failure::new(ErrorCode::NOT_FOUND, "there is no default profile"))?,
    };
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
