//! Importing: what a store gives back of a file is what the file has, but for the fixed table of
//! `docs/store-schema.md`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{document, mapi};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Properties of the message itself that the store computes; the table in `docs/store-schema.md`.
///
/// No named property, and no property of a recipient or an attachment, may ever stand here.
fn computed() -> Vec<String> {
    let page = include_str!("../../../docs/store-schema.md");
    let table =
        page.split("## What a store gives back otherwise").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| 0x"));
    rows.map(|row| format!("0x{}", &row[..4])).collect()
}

#[test]
fn a_copy_in_the_store_has_what_the_file_has() {
    let Some(corpus) = mapi_testkit::corpus("msg") else { return };
    let home = tempfile::tempdir().unwrap();
    let computed = computed();
    let (mut compared, mut faults) = (0, Vec::new());
    for file in files(&corpus) {
        let Some(original) = answer(home.path(), &["props", &file]) else { continue };
        let imported = answer(home.path(), &["import", &file]).unwrap();
        let entry = imported["outputs"][0]["entry_id"].as_str().unwrap().to_owned();
        let copy = answer(home.path(), &["props", &entry]).unwrap();
        let before = faults.len();
        compare(&normal(&original, &computed), &normal(&copy, &computed), "", &mut faults);
        for fault in &mut faults[before..] {
            *fault = format!("{}: {fault}", Path::new(&file).file_name().unwrap().display());
        }
        compared += 1;
    }
    println!("figure: files compared = {compared}");
    println!("figure: differences outside the table = {}", faults.len());
    assert!(compared >= 211, "only {compared} files were read");
    assert!(
        faults.is_empty(),
        "{} differences, the first: {:#?}",
        faults.len(),
        &faults[..faults.len().min(number("MAPI_SHOW", 40))]
    );
    let check = answer(home.path(), &["store", "check"]).unwrap();
    assert_eq!(check["sound"], true, "{check}");
}

/// The files that the corpus lists, whatever their endings.
fn files(corpus: &Path) -> Vec<String> {
    let listing = std::fs::read_to_string(corpus.join("EXPECTED.jsonl")).unwrap();
    let name = |line: &str| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned();
    listing.lines().map(|line| corpus.join(name(line)).to_str().unwrap().to_owned()).collect()
}

/// The answer of one command; `None` where it refuses the file as bad data.
fn answer(home: &Path, arguments: &[&str]) -> Option<Value> {
    let output = mapi(home).args(["--json", "--quiet"]).args(arguments).output().unwrap();
    if output.status.code() == Some(65) && arguments[0] == "props" {
        return None;
    }
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    Some(document(&output))
}

/// A message with what may differ taken out: computed properties, the width of text, local numbers.
fn normal(message: &Value, computed: &[String]) -> Value {
    let mut object = Map::new();
    object.insert("properties".into(), properties(&message["properties"], computed));
    let rows =
        message["recipients"].as_array().unwrap().iter().map(|row| properties(&row["properties"], &[]));
    object.insert("recipients".into(), rows.collect());
    let attachments = message["attachments"].as_array().unwrap().iter().map(|one| {
        let mut attachment = Map::new();
        attachment.insert("number".into(), one["number"].clone());
        attachment.insert("properties".into(), properties(&one["properties"], &[]));
        if one["message"].is_object() {
            attachment.insert("message".into(), normal(&one["message"], computed));
        }
        Value::Object(attachment)
    });
    object.insert("attachments".into(), attachments.collect());
    Value::Object(object)
}

/// Properties by name, or by identifier; text of either width is text.
fn properties(list: &Value, computed: &[String]) -> Value {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for property in list.as_array().unwrap() {
        let tag = property["tag"].as_str().unwrap();
        let kind = property["type"].as_str().unwrap().replace("STRING8", "UNICODE");
        let named = &property["named"];
        let key = if named.is_object() { format!("{named}") } else { tag[..6].to_owned() };
        // The last row of the table stands for all numbers that have no name.
        let row = if named.is_null() && key.as_str() >= "0x8000" { "0x8000" } else { key.as_str() };
        if named.is_null() && computed.iter().any(|tag| tag == row) {
            continue;
        }
        found.insert(key, serde_json::json!({ "type": kind, "value": property["value"] }));
    }
    serde_json::to_value(found).unwrap()
}

fn compare(one: &Value, other: &Value, place: &str, faults: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                let (left, right) =
                    (one.get(key).unwrap_or(&Value::Null), other.get(key).unwrap_or(&Value::Null));
                compare(left, right, &format!("{place}/{key}"), faults);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (left, right)) in one.iter().zip(other).enumerate() {
                compare(left, right, &format!("{place}/{index}"), faults);
            }
        }
        _ if one != other => faults.push(format!("{place}: {} became {}", short(one), short(other))),
        _ => {}
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}
