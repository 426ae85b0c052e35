//! A full disk under the command: it says so, whatever step finds it out, and nothing is lost.
//!
//! `strace` lets the system calls that write to files fail as a full disk does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, sample};
use std::process::{Command, Output, Stdio};

/// The command on a disk without room for another byte of a store.
fn on_full_disk(home: &Home, arguments: &[&str]) -> Output {
    let command = home.command(arguments);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"]);
    strace.args(["-e", "inject=pwrite64:error=ENOSPC"]).arg(command.get_program());
    strace.arg("--json").args(command.get_args()).stdin(Stdio::null()).output().unwrap()
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
    let home = Home::new();
    let plain = sample("plain.msg");
    let import = ["import", plain.as_str()];
    let no_room = |output: Output| {
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains("MAPI_E_NOT_ENOUGH_DISK") && !answer.contains("NO_ACCESS"), "{answer}");
        assert!(!output.status.success());
    };
    no_room(on_full_disk(&home, &import));
    assert!(home.run(&import).status.success(), "a first use that found no room is in nobody's way");
    assert_eq!(home.subjects("/Inbox").len(), 1);
    no_room(on_full_disk(&home, &import));
    assert!(home.run(&["store", "check"]).status.success());
    assert!(home.run(&import).status.success());
    assert_eq!(home.subjects("/Inbox").len(), 2);
}

#[test]
fn a_store_is_created_in_a_folder_that_is_there_and_errors_name_the_file() {
    let home = Home::new();
    let file = home.path("missing/a.store");
    let output = home.run(&["--json", "store", "create", file.to_str().unwrap()]);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(answer.contains("MAPI_E_NOT_FOUND") && answer.contains("make the folder first"), "{answer}");
    assert_eq!(output.status.code(), Some(73));
    assert!(!file.parent().unwrap().exists());
    std::fs::write(home.path("text"), "no store").unwrap();
    for name in ["text", "nothing"] {
        let path = home.path(name);
        let output = home.run(&["--json", "store", "check", path.to_str().unwrap()]);
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains(path.to_str().unwrap()), "{answer}");
    }
}
