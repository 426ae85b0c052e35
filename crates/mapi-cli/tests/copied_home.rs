//! A home that was copied or moved leads to its own files, and the original stays as it is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{document, mapi};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn answer(home: &Path, arguments: &[&str]) -> Value {
    let output = mapi(home).args(["--json", "--quiet"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    document(&output)
}

fn send(home: &Path, subject: &str) {
    answer(home, &["send", "--to", "kim@example.org", "--subject", subject, "--body", "x"]);
}

fn subjects(home: &Path) -> Vec<String> {
    let rows = answer(home, &["ls", "/Inbox"]);
    rows.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect()
}

/// Every file below a folder with its bytes.
fn bytes_in(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(bytes_in(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn a_copied_home_leaves_the_original_alone_and_a_moved_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (original, copy, moved) =
        (folder.path().join("original"), folder.path().join("copy"), folder.path().join("moved"));
    send(&original, "one");
    let before = bytes_in(&original);
    assert!(before.len() > 3);
    let copied = Command::new("cp").arg("-r").arg(&original).arg(&copy).status().unwrap();
    assert!(copied.success());
    send(&copy, "two");
    assert!(bytes_in(&original) == before, "the original is byte for byte as it was");
    let mut both = subjects(&copy);
    both.sort();
    assert_eq!(both, ["one", "two"]);
    fs::rename(&copy, &moved).unwrap();
    fs::remove_dir_all(&original).unwrap();
    send(&moved, "three");
    assert_eq!(subjects(&moved).len(), 3);
    assert!(!original.exists() && !copy.exists(), "nothing is made where the home was");
}

#[test]
fn a_home_may_be_named_by_a_link_and_is_the_same_home() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    send(&real, "one");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    send(&link, "two");
    assert_eq!(subjects(&real).len(), 2);
    assert_eq!(subjects(&link).len(), 2);
}
