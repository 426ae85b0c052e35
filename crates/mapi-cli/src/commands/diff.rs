//! `mapi diff A B`: in what two files or store entries differ; exit 0 where in nothing, else 1.
//!
//! What counts as a difference is `difference.rs`'s.

use super::is_in_store;
use crate::cli::{Diff, Global};
use crate::difference::{BodiesEqual, Difference, Side, What, bodies, differences};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::place::open_message;
use crate::property_json::Shape;
use mapi::object::MsgStore;
use mapi_defs::ErrorCode;
use mapi_defs::object::{MessageObject, Property};
use serde_json::{Value, json};
use std::path::Path;

/// How many characters of a value a person is shown.
const SHOWN_CHARS: usize = 60;

/// Compares two messages.
pub(crate) fn diff(options: &Diff, global: &Global, output: Output) -> Outcome {
    let (left, right) = (&options.left, &options.right);
    let (left, right) = if is_in_store(left, global) || is_in_store(right, global) {
        let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
        let store = logged_on.store()?;
        let read = |path: &Path| one(path, Some(&store).filter(|_| is_in_store(path, global)), output);
        let both = (read(left)?, read(right)?);
        drop(store);
        logged_on.end_with_a_line(output)?;
        both
    } else {
        (one(left, None, output)?, one(right, None, output)?)
    };
    let found = differences(&left, &right);
    print(&found, &bodies(&left, &right), Shape { max_bytes: options.max_bytes }, output)?;
    let message = match found.len() {
        0 => return Ok(()),
        1 => "one difference".to_owned(),
        many => format!("{many} differences"),
    };
    Err(Failure::new(ErrorCode::NOT_FOUND, message).with_exit(Exit::Failed).already_reported())
}

/// Reads a file, or an entry where a store is given.
fn one(path: &Path, store: Option<&MsgStore>, output: Output) -> Outcome<MessageObject> {
    if let Some(store) = store {
        return Ok(open_message(store, &path.to_string_lossy())?.object()?);
    }
    let inputs = Inputs::open();
    let input = inputs.read(path)?;
    inputs.end();
    for note in &input.notes {
        output.say(&format!("note: {}: {note}", path.display()));
    }
    Ok(input.message)
}

fn print(found: &[Difference<'_>], bodies: &BodiesEqual, shape: Shape, output: Output) -> Outcome {
    if output.is_machine() {
        let word = |same: Option<bool>| same.map(|same| if same { "equal" } else { "different" });
        return output.document(&json!({
            "equal": found.is_empty(),
            "bodies": { "text": word(bodies.text), "html": word(bodies.html) },
            "differences": found.iter().map(|one| to_json(one, shape)).collect::<Vec<_>>(),
        }));
    }
    let rows: Vec<Vec<String>> = found.iter().map(|one| to_row(one, shape)).collect();
    let mut text = listing(&["where", "what", "left", "right"], &rows, "equal");
    if !found.is_empty() {
        for (name, same) in [("text", bodies.text), ("HTML", bodies.html)] {
            if let Some(same) = same {
                let word = if same { "the same" } else { "another" };
                text.push_str(&format!("the {name} that is read is {word}\n"));
            }
        }
    }
    output.text(&text)
}

/// A property that is on one side alone is `null` on the other.
fn to_json(one: &Difference<'_>, shape: Shape) -> Value {
    let property = |one: Option<&Property>| one.map_or(Value::Null, |one| shape.property(one));
    match one.what {
        What::Property(left, right) => json!({
            "where": one.place, "what": "property", "left": property(left), "right": property(right),
        }),
        What::Missing(what, side) => json!({
            "where": one.place, "what": what, "left": side == Side::Left, "right": side == Side::Right,
        }),
        What::Storage => json!({ "where": one.place, "what": "storage", "left": true, "right": true }),
    }
}

fn to_row(one: &Difference<'_>, shape: Shape) -> Vec<String> {
    let (what, left, right) = match one.what {
        What::Property(left, right) => {
            let name = left.or(right).map(|one| name(&shape.property(one))).unwrap_or_default();
            let side =
                |one: Option<&Property>| one.map_or_else(String::new, |one| shown(&shape.property(one)));
            (name, side(left), side(right))
        }
        What::Missing(what, side) => {
            let here = |mine: Side| if side == mine { "here" } else { "" }.to_owned();
            (what.to_owned(), here(Side::Left), here(Side::Right))
        }
        What::Storage => ("storage".to_owned(), "other streams".to_owned(), "other streams".to_owned()),
    };
    vec![one.place.clone(), what, left, right]
}

/// The property's name, or its set and name, or its tag.
fn name(property: &Value) -> String {
    let named = &property["named"];
    match (property["name"].as_str(), named["set"].as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(set)) => format!("{set}:{}", word(named.get("name").unwrap_or(&named["id"]))),
        (None, None) => word(&property["tag"]),
    }
}

fn shown(property: &Value) -> String {
    let value = word(&property["value"]).replace('\n', "\\n").replace('\r', "\\r");
    let cut: String = value.chars().take(SHOWN_CHARS).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("{} {cut}{more}", word(&property["type"]))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
