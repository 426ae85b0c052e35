//! The rules that hold for every verb: one JSON document on stdout whatever happens, exit codes, and
//! nothing raw on a terminal. What each verb does is tested in the files next to this one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document, sample, text};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A home with a profile and one message.
fn used() -> Home {
    let home = Home::new();
    home.ok(&["import", &sample("plain.msg")]);
    home
}

fn full_device() -> Stdio {
    Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap())
}

#[test]
fn help_version_and_completion_are_documents_as_well() {
    let home = Home::new();
    let (version, code) = home.json(&["--version"]);
    assert_eq!((version["version"].as_str(), code), (Some(env!("CARGO_PKG_VERSION")), 0));
    assert_eq!(version["schemas"]["store"], 2, "{version}");
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
    let home = used();
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
    let home = used();
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
    let home = used();
    for arguments in [&["rm", "/Nowhere"][..], &["mv", "/Nowhere", "/Drafts"], &["cat", "/Nowhere"]] {
        let (answer, code) = home.json(arguments);
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!((message.matches("/Nowhere").count(), code), (1, 66), "{message}");
    }
    fs::remove_file(home.path("home/profiles/default.json")).unwrap();
    fs::create_dir(home.path("home/profiles/default.json")).unwrap();
    let (answer, _) = home.json(&["ls"]);
    let message = answer["error"]["message"].as_str().unwrap();
    assert_eq!(message.matches("home/profiles/default.json").count(), 1, "{message}");
    assert!(message.contains("move it away"), "{message}");
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

#[test]
fn read_only_makes_no_profile_and_no_store() {
    let home = Home::new();
    let plain = sample("plain.msg");
    let (answer, code) = home.json(&["--read-only", "import", &plain]);
    assert_eq!((answer["error"]["name"].as_str(), code), (Some("MAPI_E_LOGON_FAILED"), 66));
    let file = home.path("a.store");
    let file = file.to_str().unwrap();
    for arguments in [
        &["profile", "create", "New"][..],
        &["profile", "delete", "New"],
        &["profile", "default", "New"],
        &["store", "create", file],
    ] {
        let (answer, code) = home.json(&[&["--read-only"], arguments].concat());
        assert_eq!((answer["error"]["name"].as_str(), code), (Some("MAPI_E_NO_ACCESS"), 77));
    }
    assert_eq!(home.json(&["profile", "list"]).0, Value::Array(Vec::new()));
    assert!(!Path::new(file).exists());
}

#[test]
fn a_store_is_never_created_over_a_file() {
    let home = Home::new();
    let file = home.path("a.store");
    let file = file.to_str().unwrap();
    assert_eq!(home.json(&["store", "create", file]).1, 0);
    let before = fs::read(file).unwrap();
    for arguments in [&["store", "create", file][..], &["--force", "store", "create", file]] {
        let (answer, code) = home.json(arguments);
        assert_eq!((answer["error"]["name"].as_str(), code), (Some("MAPI_E_COLLISION"), 73));
    }
    assert_eq!(fs::read(file).unwrap(), before);
    assert_eq!(home.json(&["store", "create", "/proc/a.store"]).1, 73);
}

#[test]
fn the_queue_knows_only_what_was_submitted() {
    let home = used();
    let imported = home.json(&["ls", "/Inbox"]).0[0]["entry_id"].as_str().unwrap().to_owned();
    assert_eq!(home.json(&["queue", "show", &imported]).1, 66);
    let sent = home.json(&["send", &sample("welcome.msg")]).0["submitted"][0]["entry_id"].clone();
    let (shown, code) = home.json(&["queue", "show", sent.as_str().unwrap()]);
    assert_eq!((shown["state"].as_str(), code), (Some("sent"), 0));
}

#[test]
fn one_message_that_cannot_be_exported_does_not_keep_the_others() {
    let home = used();
    assert!(home.run(&["import", &sample("welcome.msg")]).status.success());
    let folder = home.path("out");
    let (answer, code) = home.json(&["export", "/Inbox", "--to", "html", "-o", folder.to_str().unwrap()]);
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["failed"][0]["error"]["name"], "MAPI_E_NOT_FOUND", "{answer}");
    assert_eq!(answer["session_end"]["left_open_count"], 0);
    assert_eq!(code, 66);
    assert!(folder.join("Welcome to OpenMAPI.html").exists());
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let ill = |home: &Home| {
        let (answer, code) = home.json(&["doctor"]);
        assert_eq!((answer["well"].as_bool(), code), (Some(false), 1), "{answer}");
        let findings = answer["findings"].as_array().unwrap();
        let found: Vec<_> = findings.iter().filter(|finding| finding["well"] == false).collect();
        assert_eq!(found.len(), 1, "{answer}");
        let word = |key: &str| found[0][key].as_str().unwrap().to_owned();
        (word("what"), format!("{} {}", word("detail"), word("advice")))
    };
    let store = |change: &dyn Fn(&Path)| {
        let home = used();
        let file = home.store_file();
        change(&file);
        let (what, words) = ill(&home);
        assert!(words.contains(file.to_str().unwrap()), "{words}");
        (what, words)
    };
    let (what, words) = store(&|file| fs::remove_file(file).unwrap());
    assert!(what == "store" && words.contains("backup") && words.contains("NOT_FOUND"), "{words}");
    let (what, words) = store(&|file| fs::write(file, "no store at all").unwrap());
    assert!(what == "store" && words.contains("backup") && words.contains("CORRUPT_STORE"), "{words}");

    let profile = |change: &dyn Fn(&Path)| {
        let home = used();
        change(&home.path("home/profiles"));
        let (what, words) = ill(&home);
        assert_eq!(what, "profile", "{words}");
        words
    };
    assert!(profile(&|dir| fs::write(dir.join("default.json"), "{").unwrap()).contains("backup"));
    assert!(profile(&|dir| fs::remove_file(dir.join("default.json")).unwrap()).contains("profile create"));
    assert!(profile(&|dir| fs::write(dir.join(".default"), [b'x'; 5000]).unwrap()).contains(".default"));
    let newer = profile(&|dir| {
        let file = dir.join("default.json");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("\"version\": 2", "\"version\": 99")).unwrap();
    });
    assert!(newer.contains("update the program"), "{newer}");
}

#[test]
fn the_doctor_finds_a_home_that_cannot_be_one() {
    let home = Home::new();
    fs::write(home.path("home"), "a file").unwrap();
    let (answer, code) = home.json(&["doctor"]);
    assert_eq!((answer["findings"][0]["what"].as_str(), code), (Some("home"), 77), "{answer}");
    assert!(answer["findings"][0]["advice"].as_str().unwrap().contains("--home"));
    let (answer, code) = home.json(&["ls"]);
    assert!(answer["error"]["hint"].as_str().unwrap().contains("--home"), "{answer}");
    assert_eq!(code, 77);
}

#[test]
fn a_body_that_is_no_text_is_bad_data() {
    let home = Home::new();
    let body = home.path("body");
    fs::write(&body, b"caf\xe9").unwrap();
    let mut command =
        home.command(&["--json", "send", "--to", "kim@example.org", "--subject", "s", "--body", "-"]);
    let output = command.stdin(fs::File::open(&body).unwrap()).output().unwrap();
    assert_eq!(document(&output)["error"]["name"], "MAPI_E_CORRUPT_DATA");
    assert_eq!(output.status.code(), Some(65));
}

#[test]
fn the_first_signal_ends_in_order_and_says_what_was_done() {
    for signal in ["INT", "TERM"] {
        let home = Home::new();
        let folder = home.path("out");
        let mut command = home.command(&["--json", "convert", "-o", folder.to_str().unwrap()]);
        // Far more than are converted before the signal arrives.
        command.args(vec![sample("plain.msg"); 5000]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while !folder.join("plain.eml").exists() {
            assert!(Instant::now() < until, "the first file is not converted");
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let answer = document(&output);
        let done = answer["outputs"].as_array().unwrap().len();
        assert_eq!(output.status.code(), Some(130), "{done} were done");
        assert!((1..5000).contains(&done), "{done}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), done);
        assert_eq!(answer["session_end"]["left_open_count"], 0);
    }
}
