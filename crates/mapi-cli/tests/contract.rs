//! The rules that hold for every verb: one JSON document on stdout whatever happens, exit codes, and
//! nothing raw on a terminal. What each verb does is tested in the files next to this one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home with a profile and one message.
    fn used() -> Self {
        let home = Self::new();
        assert!(home.run(&["import", &sample("plain.msg")]).status.success());
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapi"));
        command.arg("--home").arg(self.path("home")).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs with `--json` and returns the one document with the exit code.
    fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.run(&[&["--json"], arguments].concat());
        (document(&output), output.status.code().unwrap())
    }
}

fn sample(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name);
    path.to_str().unwrap().to_owned()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        panic!("not one JSON document: {error}\n{stdout}\n{stderr}")
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn full_device() -> Stdio {
    Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap())
}

#[test]
fn help_version_and_completion_are_documents_as_well() {
    let home = Home::new();
    let (version, code) = home.json(&["--version"]);
    assert_eq!((version["version"].as_str(), code), (Some(env!("CARGO_PKG_VERSION")), 0));
    assert_eq!(version["schemas"]["store"], 1, "{version}");
    assert!(version["features"].as_array().unwrap().contains(&Value::from("store")));
    for arguments in [&["--help"][..], &["help"], &["help", "ls"], &["ls", "--help"]] {
        let (help, code) = home.json(arguments);
        assert!(help["help"].as_str().unwrap().contains("Usage: mapi"), "{arguments:?}: {help}");
        assert_eq!(code, 0);
    }
    let (script, _) = home.json(&["completion", "bash"]);
    assert_eq!(script["shell"], "bash");
    assert!(script["script"].as_str().unwrap().contains("_mapi()"));
}

#[test]
fn a_senseless_command_line_is_one_document_and_says_what_is_missing() {
    let home = Home::new();
    for (arguments, words) in [
        (&[][..], "a verb is missing"),
        (&["queue"], "a verb is missing"),
        (&["nosuch"], "nosuch"),
        (&["cat"], "<PATH>"),
    ] {
        let (answer, code) = home.json(arguments);
        assert_eq!((answer["error"]["name"].as_str(), code), (Some("MAPI_E_INVALID_PARAMETER"), 2));
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{arguments:?}: {answer}");
    }
    let lines = home.run(&["--jsonl", "nosuch"]).stdout;
    assert_eq!(text(&lines).lines().count(), 1);
    // After the two dashes --json is a path like any other.
    let output = home.run(&["nosuch", "--", "--json"]);
    assert_eq!((output.stdout.len(), output.status.code()), (0, Some(2)));
}

#[test]
fn output_that_cannot_be_written_is_told_by_exit_code_and_stderr() {
    let home = Home::used();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help"],
        &["ls"],
        &["--json", "ls"],
        &["--jsonl", "ls"],
        &["--json", "completion", "zsh"],
    ] {
        let output = home.command(arguments).stdout(full_device()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let words = text(&output.stderr);
        assert!(words.contains("standard output: No space left"), "{arguments:?}: {words}");
    }
    // The first cause decides where even the error cannot be written.
    let output = home.command(&["--json", "ls", "/Nowhere"]).stdout(full_device()).output().unwrap();
    assert_eq!(output.status.code(), Some(66));
    assert!(text(&output.stderr).contains("/Nowhere"), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_has_gone_is_not_complained_about() {
    let home = Home::used();
    for arguments in [&["ls"][..], &["--json", "ls"], &["help"], &["--json", "nosuch"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.command(arguments).stdout(writer).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(!text(&output.stderr).contains("standard output"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_message_names_its_path_and_its_cause_once() {
    let home = Home::used();
    for arguments in [&["rm", "/Nowhere"][..], &["mv", "/Nowhere", "/Drafts"], &["cat", "/Nowhere"]] {
        let (answer, code) = home.json(arguments);
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!((message.matches("/Nowhere").count(), code), (1, 66), "{message}");
    }
    fs::remove_file(home.path("home/profiles/default.json")).unwrap();
    fs::create_dir(home.path("home/profiles/default.json")).unwrap();
    let (answer, _) = home.json(&["ls"]);
    let message = answer["error"]["message"].as_str().unwrap();
    assert_eq!(message.matches("os error").count(), 1, "{message}");
}

#[test]
fn json_carries_no_character_that_steers_a_terminal() {
    let home = Home::new();
    let subject = "a\u{1b}[31mb\u{9b}31m\u{7f}\u{202e}c";
    let sent = home.run(&["--json", "send", "--to", "kim@example.org", "--subject", subject, "--body", "x"]);
    assert!(sent.status.success());
    for output in [sent, home.run(&["--json", "ls", "/Inbox"]), home.run(&["--jsonl", "ls", "/Inbox"])] {
        let raw = text(&output.stdout);
        assert!(!raw.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{raw:?}");
        let answer = document(&output);
        let found = [&answer["submitted"][0]["subject"], &answer[0]["subject"], &answer["subject"]];
        assert!(found.contains(&&Value::from(subject)), "{answer}");
    }
}

#[test]
fn an_output_that_may_not_be_created_is_73() {
    let home = Home::new();
    for (target, words) in [("/proc/x.eml", "/proc/x.eml"), ("/proc/new/", "/proc/new")] {
        let (answer, code) = home.json(&["convert", &sample("plain.msg"), "-o", target]);
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
        assert_eq!(code, 73, "{answer}");
    }
}
