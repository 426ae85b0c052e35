//! `mapi service …`: the services of a profile, listed, added, configured, removed and put in order.
//!
//! Services that come to the computer and leave it are `install.rs`; settings are `setting.rs`.

use super::install;
use crate::cli::{Global, Service};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use crate::property_json::Shape;
use crate::setting::{name_of, read_settings, shown};
use mapi::MsgServiceAdmin;
use mapi::profile::{ProviderKind, ServiceRow};
use mapi_defs::ErrorCode;
use mapi_defs::guid::MapiUid;
use mapi_defs::object::Property;
use mapi_defs::prop::Prop;
use serde_json::{Value, json};

/// Runs one of the verbs.
pub(crate) fn service(verb: &Service, global: &Global, output: Output) -> Outcome {
    let only_looks = match verb {
        Service::List { .. } => true,
        Service::Configure { settings, .. } => settings.is_empty(),
        Service::Order { names } => names.is_empty(),
        _ => false,
    };
    if !only_looks {
        refuse_when_read_only(global)?;
    }
    let ready = Ready::new(global)?;
    match verb {
        Service::List { available: false } => list(&of_profile(&ready, global)?, output),
        Service::Add { name, settings } => add(&of_profile(&ready, global)?, name, settings, output),
        Service::Configure { name, settings } if settings.is_empty() => {
            show(&of_profile(&ready, global)?, name, output)
        }
        Service::Configure { name, settings } => {
            configure(&of_profile(&ready, global)?, name, settings, output)
        }
        Service::Remove { name } => remove(&of_profile(&ready, global)?, name, output),
        Service::Order { names } => order(&of_profile(&ready, global)?, names, output),
        Service::List { available: true } => install::available(&ready.home, output),
        Service::Install { library } => install::install(&ready.home, library, output),
        Service::Uninstall { name } => install::uninstall(&ready, name, output),
    }
}

fn of_profile(ready: &Ready, global: &Global) -> Outcome<MsgServiceAdmin> {
    let profiles = ready.profiles()?;
    let name = match &global.profile {
        Some(name) => name.clone(),
        None => profiles.default_profile()?.ok_or_else(|| {
            Failure::new(ErrorCode::NOT_FOUND, "there is no default profile").with_hint(
                "`mapi profile create Default` makes one, `mapi profile default NAME` chooses one there is",
            )
        })?,
    };
    Ok(profiles.services(&name)?)
}

fn list(services: &MsgServiceAdmin, output: Output) -> Outcome {
    let rows = services.services();
    if output.is_machine() {
        return output.document(&rows.iter().map(row_json).collect());
    }
    let cells = rows
        .iter()
        .map(|row| vec![row.name.clone(), row.display_name.clone(), kinds(row), row.uid.to_string()]);
    output.text(&listing(&["service", "name", "providers", "uid"], &cells.collect::<Vec<_>>(), "no services"))
}

fn row_json(row: &ServiceRow) -> Value {
    let providers = row.providers.iter();
    let providers = providers.map(|one| json!({ "kind": one.kind.word(), "uid": one.uid.to_string() }));
    json!({
        "uid": row.uid.to_string(), "name": row.name, "display_name": row.display_name,
        "providers": providers.collect::<Vec<_>>(),
    })
}

fn kinds(row: &ServiceRow) -> String {
    row.providers.iter().map(|provider| provider.kind.word()).collect::<Vec<_>>().join(", ")
}

fn add(services: &MsgServiceAdmin, name: &str, settings: &[String], output: Output) -> Outcome {
    let props = read_settings(name, settings)?;
    let uid = services.create_service(name, props).map_err(|error| match error.code() {
        ErrorCode::NOT_FOUND => Failure::from(error)
            .with_exit(Exit::Unavailable)
            .with_hint("see which services there are with `mapi service list --available`"),
        _ => Failure::from(error),
    })?;
    done("added", &find(services, &uid.to_string())?, output)
}

fn configure(services: &MsgServiceAdmin, name: &str, settings: &[String], output: Output) -> Outcome {
    let row = find(services, name)?;
    let props = read_settings(&row.name, settings)?;
    services.configure_service(row.uid, props).map_err(|error| explained(error, &row))?;
    done("configured", &row, output)
}

fn explained(error: mapi_defs::Error, row: &ServiceRow) -> Failure {
    let code = error.code();
    let failure = Failure::from(error).about(&row.name);
    match code {
        ErrorCode::NOT_INITIALIZED => failure
            .with_exit(Exit::Unavailable)
            .with_hint(format!("{} has nothing to configure, or its code is not here", row.name)),
        ErrorCode::NOT_FOUND => failure.with_exit(Exit::Unavailable),
        _ => failure,
    }
}

/// What is in a service's section; of secrets only that they are there.
fn show(services: &MsgServiceAdmin, name: &str, output: Output) -> Outcome {
    let row = find(services, name)?;
    let section = services.section(row.uid)?;
    let secrets = services.secure_props().into_iter().filter(|(uid, _)| *uid == row.uid).map(|(_, tag)| tag);
    if output.is_machine() {
        let props: Vec<Property> = section.iter().map(property).collect();
        let secrets =
            secrets.map(|tag| json!({ "tag": tag.to_string(), "setting": name_of(&row.name, tag) }));
        let mut document = row_json(&row);
        document["properties"] = Value::Array(Shape::default().properties(&props));
        document["secrets"] = secrets.collect();
        return output.document(&document);
    }
    let cells = section.iter().map(|prop| vec![name_of(&row.name, prop.tag), shown(prop)]);
    let cells = cells.chain(secrets.map(|tag| vec![name_of(&row.name, tag), "(a secret)".to_owned()]));
    output.text(&listing(&["setting", "value"], &cells.collect::<Vec<_>>(), "no settings"))
}

fn property(prop: &Prop) -> Property {
    Property { tag: prop.tag, named: None, value: prop.value.clone(), lossy: false }
}

fn remove(services: &MsgServiceAdmin, name: &str, output: Output) -> Outcome {
    let row = find(services, name)?;
    services.delete_service(row.uid)?;
    done("removed", &row, output)
}

/// Puts the transports of these services first, in this order.
fn order(services: &MsgServiceAdmin, names: &[String], output: Output) -> Outcome {
    let mut uids: Vec<MapiUid> = Vec::new();
    for name in names {
        let row = find(services, name)?;
        let transports: Vec<MapiUid> = transports(&row).collect();
        if transports.is_empty() {
            let message = format!("{} has no transport, so it has no place in the order", row.name);
            return Err(Failure::new(ErrorCode::NOT_FOUND, message));
        }
        if transports.iter().any(|uid| uids.contains(uid)) {
            return Err(Failure::usage(format!("{name} is named twice")));
        }
        uids.extend(transports);
    }
    if !names.is_empty() {
        let rest: Vec<MapiUid> = services.transport_order();
        uids.extend(rest.iter().filter(|uid| !uids.contains(uid)).copied().collect::<Vec<_>>());
        services.set_transport_order(&uids)?;
    }
    show_order(services, output)
}

fn show_order(services: &MsgServiceAdmin, output: Output) -> Outcome {
    let rows = services.services();
    let owner = |uid: &MapiUid| rows.iter().find(|row| transports(row).any(|known| known == *uid));
    let order = services.transport_order();
    let order: Vec<(&ServiceRow, &MapiUid)> =
        order.iter().filter_map(|uid| owner(uid).map(|row| (row, uid))).collect();
    if output.is_machine() {
        let rows = order.iter().map(|(row, uid)| {
            json!({ "service": row.name, "service_uid": row.uid.to_string(), "provider_uid": uid.to_string() })
        });
        return output.document(&rows.collect());
    }
    let cells =
        order.iter().map(|(row, uid)| vec![row.name.clone(), row.display_name.clone(), uid.to_string()]);
    output.text(&listing(&["service", "name", "transport"], &cells.collect::<Vec<_>>(), "no transports"))
}

fn transports(row: &ServiceRow) -> impl Iterator<Item = MapiUid> {
    row.providers.iter().filter(|one| one.kind == ProviderKind::Transport).map(|one| one.uid)
}

/// The service of a UID, a name, or what it is called in the profile.
fn find(services: &MsgServiceAdmin, name: &str) -> Outcome<ServiceRow> {
    let rows = services.services();
    let by = |is_it: &dyn Fn(&ServiceRow) -> bool| -> Vec<ServiceRow> {
        rows.iter().filter(|row| is_it(row)).cloned().collect()
    };
    let uid = by(&|row| row.uid.to_string().eq_ignore_ascii_case(name));
    let named = by(&|row| row.name.eq_ignore_ascii_case(name));
    let shown = by(&|row| row.display_name == name);
    let found = [uid, named, shown].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => {
            let message = format!("the profile has no service {name:?}");
            let failure = Failure::new(ErrorCode::NOT_FOUND, message);
            Err(failure.with_hint("see which there are with `mapi service list`"))
        }
        many => {
            let uids: Vec<String> = many.iter().map(|row| row.uid.to_string()).collect();
            let failure = Failure::usage(format!("the profile has {} services {name:?}", many.len()));
            Err(failure.with_hint(format!("name one by its UID: {}", uids.join(", "))))
        }
    }
}

fn done(what: &str, row: &ServiceRow, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&json!({ what: row_json(row) }));
    }
    output.text(&format!("{what} {} {}\n", row.name, row.uid))
}
