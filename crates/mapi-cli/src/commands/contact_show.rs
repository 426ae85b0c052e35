//! `mapi contact show NAME [--details]`: a person or a list, as its properties or as the dialog of its address
//! book (PR_DETAILS_TABLE), drawn in text.

use crate::addressee;
use crate::cli::Global;
use crate::failure::Outcome;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::property_json::Shape;
use mapi::AddressBook;
use mapi::object::{AbEntry, Object};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::lookup;
use mapi_defs::object::{MessageObject, find};
use mapi_defs::prop::tags::{
    PR_CONTAINER_CONTENTS, PR_CONTROL_FLAGS, PR_CONTROL_STRUCTURE, PR_CONTROL_TYPE, PR_DELTAX, PR_DELTAY,
    PR_DETAILS_TABLE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_XPOS, PR_YPOS,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Result};
use mapi_spi::display::{COLUMNS, Control, ControlFlags};
use serde_json::{Value, json};

/// Members that are drawn of a list, at most.
const SHOWN: usize = 1000;

/// Shows an entry.
pub(crate) fn show(name: &str, details: bool, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    let id = addressee::id_of(&addressee::find(&book, name)?);
    let entry = book.open_entry(&id, OpenFlags::NONE)?;
    let object = MessageObject { properties: entry.properties()?, ..MessageObject::default() };
    if !details {
        let properties = Shape::default().properties(&object.properties);
        let text = lines(&object);
        drop((entry, book));
        if output.is_machine() {
            output.document(&json!({ "entry_id": id.to_string(), "properties": properties }))?;
        } else {
            output.text(&text)?;
        }
        return logged_on.end_with_a_line(output);
    }
    let pages = pages(&book, &id, &entry, &object)?;
    drop((entry, book));
    if output.is_machine() {
        output.document(&json!({ "entry_id": id.to_string(), "pages": pages }))?;
    } else {
        output.text(&drawn(&pages))?;
    }
    logged_on.end_with_a_line(output)
}

/// The texts of an entry, a line each.
fn lines(object: &MessageObject) -> String {
    let texts = object.properties.iter().filter_map(|property| Some((property, property.value.as_text()?)));
    let line = |(property, text): (&mapi_defs::object::Property, &str)| {
        let name = match &property.named {
            Some(name) => {
                lookup::named_property(name).map_or_else(|| name.to_string(), |row| row.name.to_owned())
            }
            None => lookup::tag_name(property.tag).map_or_else(|| property.tag.to_string(), str::to_owned),
        };
        format!("{name}: {}\n", text.replace('\n', "\n    "))
    };
    texts.map(line).collect()
}

/// The pages of the details table, each with its controls.
fn pages(book: &AddressBook, id: &EntryId, entry: &AbEntry, object: &MessageObject) -> Outcome<Vec<Value>> {
    let mut pages: Vec<Value> = Vec::new();
    for row in entry.open_table(PR_DETAILS_TABLE)?.query_all_rows(&COLUMNS)? {
        let long = |tag| row.value(tag).and_then(PropValue::as_long).unwrap_or_default();
        let kind = long(PR_CONTROL_TYPE).cast_unsigned();
        let control = row.binary(PR_CONTROL_STRUCTURE).and_then(|bytes| Control::read(kind, bytes));
        let mut drawn = json!({
            "x": long(PR_XPOS), "y": long(PR_YPOS), "width": long(PR_DELTAX), "height": long(PR_DELTAY),
            "type": kind,
        });
        let told = match &control {
            Some(Control::Page { label }) => {
                pages.push(json!({ "title": label, "controls": [] }));
                continue;
            }
            Some(control) => describe(control, &row, book, id, object)?,
            None => json!({ "kind": "unknown" }),
        };
        if let (Some(all), Some(told)) = (drawn.as_object_mut(), told.as_object()) {
            all.extend(told.clone());
        }
        // What stands before any page stands on one without a title.
        if pages.is_empty() {
            pages.push(json!({ "title": "", "controls": [] }));
        }
        if let Some(controls) = pages.last_mut().and_then(|page| page["controls"].as_array_mut()) {
            controls.push(drawn);
        }
    }
    Ok(pages)
}

fn describe(
    control: &Control,
    row: &Row,
    book: &AddressBook,
    id: &EntryId,
    object: &MessageObject,
) -> Outcome<Value> {
    let flags = row.value(PR_CONTROL_FLAGS).and_then(PropValue::as_long).unwrap_or_default().cast_unsigned();
    let name = |tag: PropTag| lookup::tag_name(tag);
    Ok(match control {
        Control::Label { text } => json!({ "kind": "label", "text": text }),
        Control::GroupBox { label } => json!({ "kind": "group", "text": label }),
        Control::Button { label, .. } => json!({ "kind": "button", "text": label }),
        Control::ListBox { table, .. } if table.id() == PR_CONTAINER_CONTENTS.id() => {
            json!({ "kind": "list", "table": name(*table), "rows": members(book, id)? })
        }
        Control::ListBox { table, .. } => json!({ "kind": "list", "table": name(*table), "rows": [] }),
        control => {
            let tag = control.property().unwrap_or(PropTag(0));
            let value = find(&object.properties, tag).map(value_text);
            json!({
                "kind": if matches!(control, Control::CheckBox { .. }) { "check" } else { "edit" },
                "property": tag.to_string(),
                "name": name(tag),
                "value": value,
                "editable": flags & ControlFlags::EDITABLE.0 != 0,
            })
        }
    })
}

fn value_text(value: &PropValue) -> Value {
    match value {
        PropValue::MvUnicode(texts) => json!(texts),
        PropValue::Boolean(truth) => json!(truth),
        value => json!(value.as_text()),
    }
}

fn members(book: &AddressBook, list: &EntryId) -> Result<Vec<Value>> {
    let table = book.open_container(list, OpenFlags::NONE)?.contents_table(TableFlags::NONE)?;
    let rows = table.query_all_rows(&[PR_DISPLAY_NAME, PR_EMAIL_ADDRESS])?;
    let one = |row: &Row| json!({ "name": row.text(PR_DISPLAY_NAME), "address": row.text(PR_EMAIL_ADDRESS) });
    Ok(rows.iter().take(SHOWN).map(one).collect())
}

/// The pages in text: a label with what stands behind it on one line; a field that is empty is not drawn.
fn drawn(pages: &[Value]) -> String {
    let mut text = String::new();
    for page in pages {
        text.push_str(&format!("[{}]\n", page["title"].as_str().unwrap_or_default()));
        let mut label = "";
        for control in page["controls"].as_array().into_iter().flatten() {
            match control["kind"].as_str() {
                Some("label") => label = control["text"].as_str().unwrap_or_default(),
                Some("edit") => {
                    if let Some(value) = control["value"].as_str().filter(|value| !value.is_empty()) {
                        text.push_str(&format!(
                            "  {label:<14} {}\n",
                            value.replace('\n', "\n                 ")
                        ));
                    }
                    label = "";
                }
                Some("list") => {
                    for row in control["rows"].as_array().into_iter().flatten() {
                        let cell = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                        text.push_str(&format!("  - {} <{}>\n", cell("name"), cell("address")));
                    }
                }
                _ => {}
            }
        }
    }
    text
}
