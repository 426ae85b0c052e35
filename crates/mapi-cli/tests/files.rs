//! The verbs that need no profile, as a script sees them: JSON forms, exit codes, files written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{document, sample, value};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn mapi(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mapi")).args(arguments).output().unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = mapi(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    document(&output)
}

#[test]
fn props_has_the_fixed_form() {
    let welcome = json(&["props", "--json", &sample("welcome.msg")]);
    assert_eq!(welcome["class"], "IPM.Note");
    assert_eq!(value(&welcome, "0x0037001F"), "Welcome to OpenMAPI");
    let tags: Vec<&str> = welcome["properties"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|property| property["named"].is_null())
        .map(|property| property["tag"].as_str().unwrap())
        .collect();
    assert!(tags.is_sorted(), "{tags:?}");
    assert!(welcome["recipients"].as_array().unwrap().len() >= 3);
    let embedded =
        welcome["attachments"].as_array().unwrap().iter().find(|one| one["message"].is_object()).unwrap();
    assert_eq!(embedded["message"]["attachments"].as_array().unwrap().len(), 1);
    assert!(
        welcome["properties"].as_array().unwrap().iter().any(|property| property["named"]["set"].is_string())
    );
}

#[test]
fn long_values_become_their_digest_where_asked() {
    let welcome = json(&["props", "--json", "--max-bytes", "4", &sample("welcome.msg")]);
    let subject = value(&welcome, "0x0037001F");
    assert_eq!((&subject["length"], subject["sha256"].as_str().unwrap().len()), (&Value::from(19), 64));
}

#[test]
fn text_in_a_code_page_is_read() {
    let cyrillic = json(&["show", "--json", &sample("cyrillic-8bit.msg")]);
    let subject = cyrillic["subject"].as_str().unwrap();
    assert!(subject.chars().any(|c| ('\u{410}'..='\u{44f}').contains(&c)), "{subject}");
}

#[test]
fn html_inside_rtf_is_converted() {
    let output = mapi(&["convert", "--to", "html", "-o", "-", &sample("welcome.msg")]);
    assert!(output.status.success());
    let html = String::from_utf8(output.stdout).unwrap();
    assert!(html.contains("<html") || html.contains("<p"), "{html}");
}

#[test]
fn nothing_is_overwritten_without_force() {
    let dir = tempfile::tempdir().unwrap();
    let convert = ["convert", "--to", "json", "-o", path(dir.path()), &sample("plain.msg")];
    assert_eq!(mapi(&convert).status.code(), Some(0));
    assert_eq!(mapi(&convert).status.code(), Some(73));
    assert_eq!(mapi(&[&["--force"], &convert[..]].concat()).status.code(), Some(0));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_converted_message_file_has_the_same_properties() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.msg");
    let written = json(&["convert", "--json", "--to", "msg", "-o", path(&copy), &sample("welcome.msg")]);
    assert_eq!(written["outputs"][0]["kind"], "msg");
    let (one, other) =
        (json(&["props", "--json", &sample("welcome.msg")]), json(&["props", "--json", path(&copy)]));
    assert_eq!(without_local_numbers(one), without_local_numbers(other));
}

/// Of a named property only the type half of its tag means anything outside its file.
fn without_local_numbers(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            if map.contains_key("named")
                && let Some(Value::String(tag)) = map.get_mut("tag")
            {
                tag.replace_range(2..6, "____");
            }
            map.values_mut().for_each(|inner| *inner = without_local_numbers(inner.take()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|inner| *inner = without_local_numbers(inner.take()))
        }
        _ => {}
    }
    value
}

#[test]
fn attachments_are_saved_in_the_chosen_folder() {
    let dir = tempfile::tempdir().unwrap();
    let rows = json(&["attachments", "--json", "-o", path(dir.path()), &sample("welcome.msg")]);
    for row in rows.as_array().unwrap() {
        let saved = Path::new(row["path"].as_str().unwrap());
        assert_eq!(saved.parent(), Some(dir.path()), "{row}");
        assert!(saved.exists());
    }
    let embedded = rows.as_array().unwrap().iter().find(|row| row["kind"] == "message").unwrap();
    assert!(json(&["props", "--json", embedded["path"].as_str().unwrap()])["class"].is_string());
}

#[test]
fn errors_are_json_with_the_documented_exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("mail.msg");
    std::fs::write(&text, "Neither a container nor a message\r\n").unwrap();
    let missing = dir.path().join("missing.msg");
    let plain = &sample("plain.msg");
    for (arguments, exit, name) in [
        (vec!["props", path(&text)], 65, "MAPI_E_CORRUPT_DATA"),
        (vec!["props", path(&missing)], 66, "MAPI_E_NOT_FOUND"),
        (vec!["lookup", "PR_NO_SUCH_THING"], 66, "MAPI_E_NOT_FOUND"),
        (vec!["help", "error"], 2, "MAPI_E_INVALID_PARAMETER"),
        (vec!["no-such-verb"], 2, "MAPI_E_INVALID_PARAMETER"),
        (vec!["convert"], 2, "MAPI_E_INVALID_PARAMETER"),
        (vec!["convert", "--to", "ics", "-o", "-", &plain], 69, "MAPI_E_NO_SUPPORT"),
    ] {
        let output = mapi(&[&["--json"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}");
        let error: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(error["error"]["name"], name, "{arguments:?}: {error}");
        assert!(error["error"]["message"].is_string());
    }
}

#[test]
fn of_several_files_the_good_ones_are_converted() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.msg");
    std::fs::write(&bad, "x").unwrap();
    let output = mapi(&[
        "convert",
        "--json",
        "--to",
        "json",
        "-o",
        path(dir.path()),
        path(&bad),
        &sample("plain.msg"),
    ]);
    assert_eq!(output.status.code(), Some(65));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(report["failed"][0]["error"]["name"], "MAPI_E_CORRUPT_DATA");
}

#[test]
fn standard_input_is_a_file_too() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mapi"))
        .args(["props", "--json", "-"])
        .stdin(std::fs::File::open(sample("plain.msg")).unwrap())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let object: Value = serde_json::from_reader(&mut stdout).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(object["class"], "IPM.Note");
}

#[test]
fn what_is_known_offline() {
    let found = json(&["lookup", "--json", "0x0037"]);
    assert_eq!(found[0]["name"], "PR_SUBJECT");
    let found = json(&["lookup", "--json", "MAPI_E_LOGON_FAILED"]);
    assert_eq!(found[0]["code"], "0x80040111");
    assert!(json(&["help", "error", "--json", "0x8004010F"])[0]["meaning"].is_string());
    let script = String::from_utf8(mapi(&["completion", "bash"]).stdout).unwrap();
    assert!(script.contains("attachments"));
}
