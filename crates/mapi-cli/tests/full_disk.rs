//! A full disk under the command: it says so, whatever step finds it out, and nothing is lost.
//!
//! `strace` lets the system calls that write to files fail as a full disk does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn mapi(home: &Path, arguments: &[&str]) -> Output {
    run(&mut Command::new(env!("CARGO_BIN_EXE_mapi")), home, arguments)
}

/// The command on a disk without room for another byte of a store.
fn on_full_disk(home: &Path, arguments: &[&str]) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"]);
    strace.args(["-e", "inject=pwrite64:error=ENOSPC", env!("CARGO_BIN_EXE_mapi")]);
    run(&mut strace, home, arguments)
}

fn run(command: &mut Command, home: &Path, arguments: &[&str]) -> Output {
    command.arg("--home").arg(home).args(["--json", "--quiet"]).args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

fn count(home: &Path) -> usize {
    let output = mapi(home, &["ls", "/Inbox"]);
    serde_json::from_slice::<Value>(&output.stdout).unwrap().as_array().unwrap().len()
}

#[test]
fn an_import_onto_a_full_disk_says_that_there_is_no_room_and_keeps_what_is_there() {
    let mut probe = Command::new("strace");
    probe.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        mapi_testkit::skipped("(strace cannot trace here): no disk is full");
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/plain.msg");
    let import = ["import", sample.to_str().unwrap()];
    let no_room = |output: Output| {
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains("MAPI_E_NOT_ENOUGH_DISK") && !answer.contains("NO_ACCESS"), "{answer}");
        assert!(!output.status.success());
    };
    no_room(on_full_disk(&home, &import));
    assert!(mapi(&home, &import).status.success(), "a first use that found no room is in nobody's way");
    assert_eq!(count(&home), 1);
    no_room(on_full_disk(&home, &import));
    assert!(mapi(&home, &["store", "check"]).status.success());
    assert!(mapi(&home, &import).status.success());
    assert_eq!(count(&home), 2);
}

#[test]
fn a_store_is_created_in_a_folder_that_is_there_and_errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let file = folder.path().join("missing/a.store");
    let output = mapi(&home, &["store", "create", file.to_str().unwrap()]);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(answer.contains("MAPI_E_NOT_FOUND") && answer.contains("make the folder first"), "{answer}");
    assert_eq!(output.status.code(), Some(73));
    assert!(!file.parent().unwrap().exists());
    std::fs::write(folder.path().join("text"), "no store").unwrap();
    for name in ["text", "nothing"] {
        let path = folder.path().join(name);
        let output = mapi(&home, &["store", "check", path.to_str().unwrap()]);
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains(path.to_str().unwrap()), "{answer}");
    }
}
