//! What is written here, read back by others: the same as they read in the original.
//!
//! A twentieth of the real files with every reader; all of them with `MAPI_OTHER_READERS=all`. What another
//! reader cannot do, file by file, is `other_readers.tsv`; a line of it that is no longer true fails as well.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod others;

use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_BODY, PR_SUBJECT};
use mapi_msg::{MsgFile, ObjectLimits, WriteOptions, write_message};
use others::{Answers, OTHERS, are_here, ask_all};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Of so many files one is looked at.
const SHARE: usize = 20;

#[test]
fn what_is_written_is_read_back_by_others_as_the_original() {
    let Some(folder) = files::corpus("msg") else { return };
    if !are_here() {
        return;
    }
    let all = std::env::var("MAPI_OTHER_READERS").is_ok_and(|value| value == "all");
    let written = tempfile::tempdir().unwrap();
    let mut originals = Vec::new();
    let mut sound = 0;
    for path in files::messages(&folder) {
        let message = MsgFile::open(&path).and_then(|file| file.message());
        let Ok(object) = message.and_then(|message| message.to_object(&ObjectLimits::default())) else {
            continue;
        };
        sound += 1;
        if all || sound % SHARE == 0 {
            // Nothing is added: what goes in is what has to come out.
            let plain = WriteOptions { complete: false, outlook_limits: false, ..WriteOptions::default() };
            let bytes = write_message(&object, &plain).unwrap();
            std::fs::write(copy(written.path(), &path), bytes).unwrap();
            originals.push(path);
        }
    }
    assert!(sound >= 211, "{sound}");
    let copies: Vec<PathBuf> = originals.iter().map(|path| copy(written.path(), path)).collect();
    let (read, read_back) = (ask_all(&originals), ask_all(&copies));
    let known = known();
    let mut wrong = Vec::new();
    for other in OTHERS {
        let differing = differing(&read[other], &read_back[other]);
        let listed: BTreeSet<&String> = known
            .keys()
            .filter(|(reader, name)| reader == other && read[other].contains_key(name))
            .map(|(_, name)| name)
            .collect();
        let equal = originals.len() - differing.len();
        println!("figure: {other} = {equal} of {} equal, {} known failures", originals.len(), listed.len());
        for (name, why) in &differing {
            if !listed.contains(name) {
                wrong.push(format!("{other}\t{name}\t{why}"));
            }
        }
        let stale = listed.iter().filter(|name| !differing.contains_key(**name));
        wrong.extend(stale.map(|name| format!("{other}\t{name}\tis listed as a failure and is none")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A harness that cannot fail shows nothing: each reader notices a copy in which something was changed.
#[test]
fn every_reader_notices_what_was_changed_in_a_copy() {
    if !are_here() {
        return;
    }
    let original = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let read = ask_all(std::slice::from_ref(&original));
    let object =
        MsgFile::open(&original).unwrap().message().unwrap().to_object(&ObjectLimits::default()).unwrap();
    let changes: [fn(&mut MessageObject); 4] = [
        |message| {
            message
                .properties
                .iter_mut()
                .filter(|one| one.tag == PR_SUBJECT)
                .for_each(|one| one.value = "x".into())
        },
        |message| drop(message.recipients.remove(0)),
        |message| {
            let data = message.attachments[0].properties.iter_mut().find(|one| one.tag == PR_ATTACH_DATA_BIN);
            data.unwrap().value = PropValue::Binary(vec![1, 2, 3]);
        },
        |message| {
            let inner = message.attachments[1].message.as_mut().unwrap();
            let text = inner.properties.iter_mut().find(|one| one.tag == PR_BODY);
            text.unwrap().value = "another text".into();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut object = object.clone();
        change(&mut object);
        let changed = copy(folder.path(), &original);
        std::fs::write(&changed, write_message(&object, &WriteOptions::default()).unwrap()).unwrap();
        for (other, back) in ask_all(&[changed]) {
            assert_eq!(differing(&read[other], &back).len(), 1, "change {number} escaped {other}");
        }
    }
}

fn copy(folder: &Path, original: &Path) -> PathBuf {
    folder.join(original.file_name().unwrap())
}

/// The files that a reader does not read alike, and why.
fn differing(read: &Answers, read_back: &Answers) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, original) in read {
        let back = &read_back[name];
        let why = match (original["error"].as_str(), back["error"].as_str()) {
            (Some(error), _) => format!("the original: {error}"),
            (None, Some(error)) => format!("the copy: {error}"),
            (None, None) => match difference(&original["all"], &back["all"], "") {
                Some(difference) => difference,
                None => continue,
            },
        };
        found.insert(name.clone(), why);
    }
    found
}

/// The first difference, as the way to it and both values. What is empty counts as not there; of values that
/// a reader finds or not by their order in the file ("fixed") those are compared that it found in both.
fn difference(left: &Value, right: &Value, way: &str) -> Option<String> {
    match (left, right) {
        (Value::Object(mine), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
            let none = Value::Null;
            keys.into_iter().find_map(|key| {
                if way.ends_with("/fixed") && !(mine.contains_key(key) && theirs.contains_key(key)) {
                    return None;
                }
                let (mine, theirs) = (mine.get(key).unwrap_or(&none), theirs.get(key).unwrap_or(&none));
                difference(mine, theirs, &format!("{way}/{key}"))
            })
        }
        (Value::Array(mine), Value::Array(theirs)) if mine.len() == theirs.len() => {
            let pairs = mine.iter().zip(theirs).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (mine, theirs))| difference(mine, theirs, &format!("{way}/{index}")))
        }
        _ if left == right || is_empty(left) && is_empty(right) => None,
        _ => Some(format!("{way}: {} is {}", short(left), short(right))),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.values().all(is_empty),
        _ => false,
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// What other readers are known not to read alike, with the reason.
fn known() -> BTreeMap<(String, String), String> {
    let lines = include_str!("other_readers.tsv").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| {
        let mut parts = line.splitn(3, '\t').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_else(|| panic!("three fields: {line}"));
        ((next(), next()), next())
    });
    parts.collect()
}

#[test]
fn a_difference_is_found_wherever_it_is() {
    let value = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let check = |left: &str, right: &str, way: Option<&str>| {
        let found = difference(&value(left), &value(right), "");
        assert_eq!(found.as_deref().map(|found| found.split(':').next().unwrap()), way, "{left} {right}");
    };
    check(r#"{"a":[1,{"b":"x"}]}"#, r#"{"a":[1,{"b":"x"}]}"#, None);
    check(r#"{"a":[1,{"b":"x"}]}"#, r#"{"a":[1,{"b":"y"}]}"#, Some("/a/1/b"));
    check(r#"{"a":1}"#, r#"{}"#, Some("/a"));
    check(r#"{"a":"","b":[],"c":{"d":""}}"#, r#"{}"#, None);
    check("[1]", "[1,2]", Some(""));
}
