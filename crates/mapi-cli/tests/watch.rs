//! `mapi watch` beside other programs that change the store: a line for each event, and an orderly end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, sample};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A home with the default profile and one message.
fn used() -> Home {
    let home = Home::new();
    home.ok(&["send", &sample("plain.msg")]);
    home
}

/// Starts to watch, and returns once that has begun.
fn watch(home: &Home, arguments: &[&str]) -> Watching {
    let mut command = home.command(&[&["--json", "watch"], arguments].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let mut watching = Watching { child, lines };
    assert_eq!(watching.next()["event"], "watching");
    watching
}

struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn next(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "there is no line more");
        serde_json::from_str(&line).unwrap()
    }

    /// The next event that is not of a folder's counters.
    fn event(&mut self) -> Value {
        loop {
            let event = self.next();
            if (&event["event"], &event["kind"]) != (&"modified".into(), &"folder".into()) {
                return event;
            }
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// Stops reading, and waits for the end.
    fn close(self) -> Option<i32> {
        drop(self.lines);
        ended(self.child)
    }

    /// Waits for the end; returns the exit code.
    fn end(mut self) -> Option<i32> {
        self.lines.read_to_end(&mut Vec::new()).unwrap();
        ended(self.child)
    }
}

/// The exit code of a program that has said how its session ended.
fn ended(child: Child) -> Option<i32> {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let end: Value = serde_json::from_str(stderr.lines().last().unwrap_or_default()).expect(&stderr);
    assert_eq!(end["session_end"]["left_open_count"], 0, "{end}");
    assert_eq!(end["session_end"]["advises_cancelled"], 0, "{end}");
    output.status.code()
}

#[test]
fn what_another_program_does_is_a_line_each() {
    let home = used();
    let mut watching = watch(&home, &[]);
    home.ok(&["mkdir", "/Project"]);
    let folder = watching.event();
    assert_eq!((&folder["event"], &folder["kind"]), (&"created".into(), &"folder".into()), "{folder}");
    assert_eq!(folder["name"], "Project");
    home.ok(&["import", &sample("welcome.msg"), "--to", "/Project"]);
    let created = watching.event();
    assert_eq!((&created["event"], &created["kind"]), (&"created".into(), &"message".into()), "{created}");
    assert_eq!(created["subject"], "Welcome to OpenMAPI");
    assert_eq!(created["parent_id"], folder["entry_id"]);
    let id = created["entry_id"].as_str().unwrap();
    home.ok(&["mv", id, "/Drafts"]);
    let moved = watching.event();
    assert_eq!((&moved["event"], &moved["entry_id"]), (&"moved".into(), &created["entry_id"]), "{moved}");
    assert_eq!(moved["old_parent_id"], folder["entry_id"]);
    home.ok(&["rm", "--hard", id]);
    let deleted = watching.event();
    assert_eq!((&deleted["event"], &deleted["entry_id"]), (&"deleted".into(), &created["entry_id"]));
    assert!(deleted.get("subject").is_none(), "nobody can know it any more");
    watching.signal("TERM");
    assert_eq!(watching.end(), Some(130));
}

#[test]
fn mail_that_arrives_in_another_program_is_new_mail_here() {
    let home = used();
    let mut watching = watch(&home, &["/Inbox", "--count", "2", "--timeout", "60s"]);
    home.ok(&["send", &sample("welcome.msg")]);
    let mail = watching.next();
    assert_eq!((&mail["event"], &mail["subject"]), (&"new_mail".into(), &"Welcome to OpenMAPI".into()));
    assert_eq!(mail["class"], "IPM.Note");
    let created = watching.next();
    assert_eq!((&created["event"], &created["entry_id"]), (&"created".into(), &mail["entry_id"]));
    assert_eq!(watching.end(), Some(0), "there were enough");
}

#[test]
fn watching_ends_when_it_was_long_enough_or_nobody_reads() {
    let home = used();
    assert_eq!(watch(&home, &["--timeout", "100ms"]).end(), Some(0));
    let mut short = watch(&home, &["--timeout", "100ms", "--count", "1"]);
    assert_eq!(short.next()["error"]["name"], "MAPI_E_TIMEOUT");
    assert_eq!(short.end(), Some(1));
    let interrupted = watch(&home, &[]);
    interrupted.signal("INT");
    assert_eq!(interrupted.end(), Some(130));
    assert_eq!(watch(&home, &[]).close(), Some(1), "nobody reads, though nothing happens");
    let missing = home.command(&["--json", "watch", "/Nowhere"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(66));
    let error: Value = serde_json::from_slice(&missing.stdout).unwrap();
    assert_eq!(error["error"]["name"], "MAPI_E_NOT_FOUND");
}
