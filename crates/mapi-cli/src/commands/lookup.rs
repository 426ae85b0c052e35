//! `mapi lookup`: what a tag, a name, a code or a GUID stands for, offline.

use super::help::{code_json, code_text};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use mapi_defs::ErrorCode;
use mapi_defs::lookup::{self, Address, Found, Key, KnownGuid, Property};
use serde_json::{Value, json};

/// Says what `query` stands for.
pub(crate) fn lookup(query: &str, output: Output) -> Outcome {
    let found = lookup::find(query);
    if found.is_empty() {
        let near = lookup::suggest(query).join(", ");
        let failure = Failure::new(ErrorCode::NOT_FOUND, format!("nothing is known of {query:?}"))
            .with_exit(Exit::NoInput);
        return Err(if near.is_empty() {
            failure
        } else {
            failure.with_hint(format!("did you mean {near}?"))
        });
    }
    if output.is_machine() {
        return output.document(&json!(found.iter().map(to_json).collect::<Vec<_>>()));
    }
    output.text(&found.iter().map(to_text).collect::<Vec<_>>().join("\n"))
}

fn to_json(found: &Found) -> Value {
    match found {
        Found::Property(property) => property_json(property),
        Found::Code(code) => code_json(code),
        Found::Guid(guid) => json!({
            "guid": guid.guid.to_string(), "name": guid.name, "kind": guid.kind, "note": guid.note, "source": guid.source,
        }),
    }
}

fn property_json(property: &Property) -> Value {
    let mut object = json!({
        "name": property.name,
        "canonical": property.canonical,
        "aliases": property.aliases,
        "tag": property.tag().map(|tag| tag.to_string()),
        "type": property.ptype.to_string(),
        "area": property.area,
        "source": property.source,
    });
    if let (Address::Named(known), Some(map)) = (property.address, object.as_object_mut()) {
        let set = known.set.to_string();
        let named = match known.key {
            Key::Id(id) => json!({ "set": set, "id": id }),
            Key::Text(name) => json!({ "set": set, "name": name }),
        };
        map.insert("named".into(), named);
    }
    object
}

fn to_text(found: &Found) -> String {
    match found {
        Found::Property(property) => property_text(property),
        Found::Code(code) => code_text(code),
        Found::Guid(guid) => guid_text(guid),
    }
}

fn property_text(property: &Property) -> String {
    let address = match property.address {
        Address::Tag(_) => property.tag().map_or_else(String::new, |tag| tag.to_string()),
        Address::Named(known) => match known.key {
            Key::Id(id) => format!("{} 0x{id:04X}", known.set),
            Key::Text(text) => format!("{} {text:?}", known.set),
        },
        Address::Account(id) => format!("0x{id:04X} of an account"),
        Address::Unknown => "no public number".to_owned(),
    };
    let mut text = format!("{} = {address} ({})\n", property.name, property.ptype);
    if !property.area.is_empty() {
        text.push_str(&format!("  Area: {}\n", property.area));
    }
    let others: Vec<&str> = property
        .canonical
        .into_iter()
        .chain(property.aliases.iter().copied())
        .filter(|name| *name != property.name)
        .collect();
    if !others.is_empty() {
        text.push_str(&format!("  Also called: {}\n", others.join(", ")));
    }
    text.push_str(&format!("  Source: {}\n", property.source));
    text
}

fn guid_text(guid: &KnownGuid) -> String {
    let note = if guid.note.is_empty() { String::new() } else { format!(": {}", guid.note) };
    format!("{} = {} ({}{note})\n  Source: {}\n", guid.name, guid.guid, guid.kind, guid.source)
}
