//! `mapi session start|list|end` as a script sees them. A session that a failing test leaves behind is
//! ended with its home.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, sample};
use serde_json::Value;
use std::ops::Deref;
use std::process::Command;
use std::time::{Duration, Instant};

/// A home with the profiles Default and Other, whose sessions end with it.
struct Kept(Home);

impl Kept {
    fn new() -> Self {
        let home = Home::with_profile();
        home.ok(&["profile", "create", "Other"]);
        Self(home)
    }

    fn list(&self) -> Vec<Value> {
        self.ok(&["session", "list"]).as_array().unwrap().clone()
    }
}

impl Deref for Kept {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.0
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        for session in self.list() {
            self.run(&["session", "end", session["id"].as_str().unwrap(), "--leave"]);
        }
    }
}

fn is_running(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_session_is_started_listed_and_ended() {
    let home = Kept::new();
    let (none, exit) = home.json(&["session", "end"]);
    assert_eq!((none["error"]["name"].as_str(), exit), (Some("MAPI_E_NOT_FOUND"), 66));
    assert_eq!(home.list(), Vec::<Value>::new());
    let started = home.run(&["session", "start"]);
    assert!(started.status.success(), "{started:?}");
    let id = String::from_utf8(started.stdout).unwrap().trim_end().to_owned();
    let rows = home.list();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    assert_eq!((row["id"].as_str(), row["profile"].as_str()), (Some(&*id), Some("Default")));
    assert_eq!((row["members"].as_u64(), row["shared"].as_bool()), (Some(1), Some(true)));
    assert_eq!((row["open_objects"].as_u64(), row["kept"].as_bool()), (Some(0), Some(true)));
    let pid = row["pid"].as_u64().unwrap();
    assert!(is_running(pid));
    assert_eq!(home.json(&["session", "end", "00000000"]).1, 66, "no such session");
    let (ended, exit) = home.json(&["session", "end", &id]);
    assert_eq!(exit, 0, "{ended}");
    let end = &ended["session_end"];
    assert_eq!(
        (end["left_open_count"].as_u64(), end["queue"]["queued"].as_u64()),
        (Some(0), Some(0)),
        "{end}"
    );
    assert_eq!(end["opened"], end["closed"]);
    assert!(end["providers"].as_array().unwrap().iter().all(|one| one["result"] == "S_OK"), "{end}");
    wait_until("the process ends", || !is_running(pid));
    assert_eq!(home.list(), Vec::<Value>::new());
    assert_eq!(home.json(&["session", "end", &id]).1, 66);
}

#[test]
fn a_second_start_joins_and_says_so() {
    let home = Kept::new();
    let (first, _) = home.json(&["session", "start", "--no-mail"]);
    let second = home.run(&["--json", "--profile", "Other", "session", "start", "--no-mail"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("joined the shared session that is there already"), "{said}");
    let second: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(second["profile"], "Default");
    assert!(home.list().iter().all(|row| row["members"] == 2 && row["shared_id"] == first["id"]));
    let (several, exit) = home.json(&["session", "end"]);
    assert_eq!(exit, 2, "{several}");
    let (ended, exit) = home.json(&["session", "end", second["id"].as_str().unwrap(), "--leave"]);
    assert_eq!(exit, 0, "{ended}");
    assert_eq!(home.list().len(), 1);
}

#[test]
fn a_shared_end_ends_the_other_kept_members_too() {
    let home = Kept::new();
    let ids: Vec<Value> =
        (0..3).map(|_| home.json(&["session", "start", "--no-mail"]).0["id"].clone()).collect();
    let (ended, exit) = home.json(&["session", "end", ids[1].as_str().unwrap(), "--shared"]);
    assert_eq!(exit, 0, "{ended}");
    wait_until("the others have logged off", || home.list().is_empty());
}

#[test]
fn a_signal_ends_it_in_order() {
    let home = Kept::new();
    let (started, _) = home.json(&["session", "start"]);
    let pid = started["pid"].as_u64().unwrap();
    assert!(Command::new("kill").arg(pid.to_string()).status().unwrap().success());
    wait_until("the process ends", || !is_running(pid));
    assert_eq!(home.list(), Vec::<Value>::new());
    let left = std::fs::read_dir(home.path("home/run/sessions")).unwrap().count();
    assert_eq!(left, 0, "the record is gone with its last member");
}

#[test]
fn what_waits_is_sent_before_the_end_or_left() {
    let home = Kept::new();
    assert_eq!(home.run(&["send", "--leave", &sample("plain.msg")]).status.code(), Some(75));
    home.json(&["session", "start", "--no-mail"]);
    assert_eq!(home.json(&["session", "end"]).1, 0, "without mail nothing is sent");
    assert_eq!(home.json(&["queue", "list"]).0.as_array().unwrap().len(), 1);
    home.json(&["session", "start"]);
    let (ended, exit) = home.json(&["session", "end", "--wait", "60s"]);
    assert_eq!((exit, ended["session_end"]["queue"]["sent"].as_u64()), (0, Some(1)), "{ended}");
    assert_eq!(home.json(&["queue", "list"]).0.as_array().unwrap().len(), 0);
}

#[test]
fn why_nothing_starts_is_said_as_by_every_verb() {
    let home = Kept::new();
    let (failed, exit) = home.json(&["--profile", "None", "session", "start"]);
    assert_eq!((failed["error"]["name"].as_str(), exit), (Some("MAPI_E_LOGON_FAILED"), 66), "{failed}");
    assert_eq!(home.json(&["--read-only", "session", "start"]).1, 77);
    assert_eq!(home.json(&["session", "end", "--leave", "--wait", "1s"]).1, 2);
    assert_eq!(home.json(&["session", "end", "--wait", "soon"]).1, 2);
    assert_eq!(home.list(), Vec::<Value>::new());
}
