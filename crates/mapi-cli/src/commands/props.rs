//! `mapi props FILE`: every property, in the fixed JSON form or as a table.

use crate::failure::Outcome;
use crate::input::Inputs;
use crate::output::Output;
use crate::property_json::Shape;
use mapi_defs::object::MessageObject;
use serde_json::Value;
use std::path::Path;

/// How many characters of a value a line shows.
const LINE_CHARS: usize = 100;

/// Prints the properties of a file.
pub(crate) fn props(file: &Path, max_bytes: Option<usize>, output: Output) -> Outcome {
    let inputs = Inputs::open();
    let input = inputs.read(file)?;
    for note in &input.notes {
        output.say(&format!("note: {note}"));
    }
    print(&input.message, max_bytes, output)?;
    output.session_end(&inputs.end());
    Ok(())
}

/// Prints the properties of a message.
pub(crate) fn print(message: &MessageObject, max_bytes: Option<usize>, output: Output) -> Outcome {
    let json = Shape { max_bytes }.message(message);
    if output.is_machine() {
        return output.document(&json);
    }
    output.text(&to_text(&json, 0))
}

fn to_text(message: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = lines(&message["properties"], &indent);
    for (number, row) in array(&message["recipients"]).iter().enumerate() {
        text.push_str(&format!("{indent}recipient {number}\n"));
        text.push_str(&lines(&row["properties"], &format!("{indent}  ")));
    }
    for attachment in array(&message["attachments"]) {
        text.push_str(&format!("{indent}attachment {}\n", attachment["number"]));
        text.push_str(&lines(&attachment["properties"], &format!("{indent}  ")));
        if attachment["message"].is_object() {
            text.push_str(&format!("{indent}  embedded message\n"));
            text.push_str(&to_text(&attachment["message"], depth + 2));
        }
    }
    text
}

fn lines(properties: &Value, indent: &str) -> String {
    array(properties).iter().map(|property| line(property, indent)).collect()
}

fn line(property: &Value, indent: &str) -> String {
    let name = match (&property["name"], &property["named"]) {
        (Value::String(name), _) => name.clone(),
        (_, named @ Value::Object(_)) => {
            format!("{}:{}", word(&named["set"]), word(named.get("name").unwrap_or(&named["id"])))
        }
        _ => "?".to_owned(),
    };
    let value = word(&property["value"]).replace('\n', "\\n").replace('\r', "\\r");
    let cut: String = value.chars().take(LINE_CHARS).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("{indent}{} {:<13} {name} = {cut}{more}\n", word(&property["tag"]), word(&property["type"]))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
