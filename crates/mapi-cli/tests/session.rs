//! The verbs that log on, as a script sees them: one home for each test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, sample};
use serde_json::Value;
use std::process::Stdio;

#[test]
fn one_command_runs_a_message_through_a_whole_session() {
    let home = Home::new();
    let answer = home.ok(&["send", &sample("welcome.msg")]);
    let message = &answer["submitted"][0];
    assert_eq!(message["state"], "sent", "{answer}");
    for recipient in message["recipients"].as_array().unwrap() {
        assert_eq!(recipient["state"], "local");
        assert_eq!(recipient["reply"], "kept in the local Inbox: no mail account in this profile");
    }
    let end = &answer["session_end"];
    assert_eq!(end["left_open_count"], 0, "{end}");
    assert_eq!(end["opened"], end["closed"]);
    assert_eq!(end["queue"]["queued"], 0);
    assert!(
        end["providers"].as_array().unwrap().iter().all(|provider| provider["result"] == "S_OK"),
        "{end}"
    );
    assert_eq!(home.subjects("/Inbox"), ["Welcome to OpenMAPI"]);
    assert_eq!(home.subjects("/Sent Items"), ["Welcome to OpenMAPI"]);
    assert!(home.subjects("/Outbox").is_empty());
    assert_eq!(home.ok(&["store", "check"])["sound"], true);
}

#[test]
fn the_first_use_says_what_it_made_and_later_ones_say_nothing() {
    let home = Home::new();
    let first = String::from_utf8(home.run(&["send", &sample("plain.msg")]).stderr).unwrap();
    assert!(first.contains("created the profile"), "{first}");
    let second = String::from_utf8(home.run(&["send", &sample("plain.msg")]).stderr).unwrap();
    assert!(!second.contains("created the profile"), "{second}");
    assert_eq!(home.subjects("/Inbox").len(), 2);
}

#[test]
fn nothing_but_a_first_use_creates_a_profile() {
    let home = Home::new();
    let output = home.run(&["--json", "ls"]);
    assert_eq!(output.status.code(), Some(66));
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["name"], "MAPI_E_LOGON_FAILED");
    assert!(home.ok(&["profile", "list"]).as_array().unwrap().is_empty());
}

#[test]
fn two_commands_at_once_on_an_empty_home_make_one_profile_and_send_two_messages() {
    let home = Home::new();
    let start = || {
        home.command(&["send", &sample("plain.msg")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let commands = [start(), start()];
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(home.ok(&["profile", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(home.subjects("/Inbox").len(), 2);
    assert_eq!(home.subjects("/Sent Items").len(), 2);
    assert_eq!(home.ok(&["store", "check"])["sound"], true);
}

#[test]
fn a_composed_message_arrives_with_everything() {
    let home = Home::new();
    let attached = home.path("note.txt");
    std::fs::write(&attached, "attached").unwrap();
    let answer = home.ok(&[
        "send",
        "--to",
        "Kim <kim@example.org>",
        "--cc",
        "lee@example.org",
        "--bcc",
        "max@example.org",
        "--from",
        "Ann <ann@example.org>",
        "--subject",
        "Lunch",
        "--body",
        "At noon?",
        "--header",
        "X-Tag: a",
        "--attach",
        attached.to_str().unwrap(),
    ]);
    assert!(answer["submitted"][0]["message_id"].as_str().unwrap().starts_with('<'));
    let received = home.ok(&["cat", "/Inbox/Lunch"]);
    assert_eq!(received["from"], "Ann <ann@example.org>");
    assert_eq!(received["to"][0], "Kim <kim@example.org>");
    assert_eq!(received["body"], "At noon?");
    assert_eq!(received["attachments"][0]["name"], "note.txt");
    let sent = home.ok(&["cat", "/Sent Items/Lunch"]);
    assert_eq!(sent["bcc"][0], "max@example.org");
}

#[test]
fn the_submitted_event_comes_before_the_answer() {
    let home = Home::new();
    let output = home.run(&["--jsonl", "send", &sample("plain.msg")]);
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["event"], "submitted");
    assert_eq!(lines[1]["submitted"][0]["entry_id"], lines[0]["entry_id"]);
}

#[test]
fn folders_and_messages_are_arranged() {
    let home = Home::new();
    home.ok(&["import", &sample("plain.msg"), &sample("appointment.msg")]);
    home.ok(&["mkdir", "-p", "/Inbox/Project A/Notes"]);
    let subject = home.subjects("/Inbox").pop().unwrap();
    home.ok(&["cp", &format!("/Inbox/{subject}"), "/Inbox/Project A"]);
    assert_eq!(home.subjects("/Inbox/Project A"), [subject.as_str()]);
    home.ok(&["mv", &format!("/Inbox/{subject}"), "/Inbox/Project A/Notes"]);
    assert_eq!(home.subjects("/Inbox").len(), 1);
    home.ok(&["mv", "/Inbox/Project A", "/Archive"]);
    assert_eq!(home.subjects("/Archive/Notes"), [subject.as_str()]);
    assert_eq!(home.run(&["rm", "/Archive"]).status.code(), Some(1));
    home.ok(&["rm", "-r", "/Archive"]);
    assert_eq!(home.run(&["mv", "/Inbox", "/Elsewhere"]).status.code(), Some(77));
    assert_eq!(home.run(&["ls", "/Archive"]).status.code(), Some(66));
    assert_eq!(home.ok(&["store", "check"])["sound"], true);
}

#[test]
fn exported_messages_are_files_again() {
    let home = Home::new();
    home.ok(&["import", &sample("welcome.msg")]);
    let out = home.path("out");
    let answer = home.ok(&["export", "/Inbox", "--to", "msg", "-o", out.to_str().unwrap()]);
    let path = answer["outputs"][0]["path"].as_str().unwrap();
    assert_eq!(home.ok(&["show", path])["subject"], "Welcome to OpenMAPI");
    assert_eq!(answer["session_end"]["left_open_count"], 0);
}

#[test]
fn what_is_left_stays_queued_and_the_next_session_sends_it() {
    let home = Home::new();
    home.ok(&["profile", "create", "Default"]);
    home.ok(&["profile", "default", "Default"]);
    let output = home.run(&["--json", "send", "--leave", &sample("plain.msg")]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["submitted"][0]["state"], "queued");
    assert_eq!(output.status.code(), Some(75), "{answer}");
    assert_eq!(home.ok(&["queue", "list"]).as_array().unwrap().len(), 1);
    assert!(home.subjects("/Inbox").is_empty());
    home.ok(&["send", &sample("plain.msg")]);
    assert_eq!(home.subjects("/Inbox").len(), 2);
    assert!(home.ok(&["queue", "list"]).as_array().unwrap().is_empty());
}

#[test]
fn what_waits_is_taken_back_or_sent_on_demand() {
    let home = Home::new();
    home.ok(&["profile", "create", "Default"]);
    home.ok(&["profile", "default", "Default"]);
    for _ in 0..2 {
        let output = home.run(&["--json", "send", "--leave", &sample("plain.msg")]);
        assert_eq!(output.status.code(), Some(75));
    }
    let waiting = home.ok(&["queue", "list"]);
    let first = waiting[0]["entry_id"].as_str().unwrap();
    let cancelled = home.ok(&["queue", "cancel", first]);
    assert_eq!(cancelled["cancelled"]["subject"], waiting[0]["subject"]);
    assert_eq!(home.ok(&["queue", "list"]).as_array().unwrap().len(), 1);
    let again = home.run(&["--json", "queue", "cancel", first]);
    assert_eq!(again.status.code(), Some(66), "{}", String::from_utf8_lossy(&again.stdout));
    assert_eq!(home.run(&["--json", "--read-only", "queue", "flush"]).status.code(), Some(77));

    let flushed = home.ok(&["queue", "flush", "--wait", "60s"]);
    assert_eq!(flushed["submitted"].as_array().unwrap().len(), 1, "{flushed}");
    assert_eq!(flushed["submitted"][0]["state"], "sent");
    assert_eq!(flushed["session_end"]["left_open_count"], 0);
    assert_eq!(home.subjects("/Inbox").len(), 1, "the one that was taken back did not go");
    assert_eq!(home.ok(&["queue", "flush"])["submitted"], Value::Array(Vec::new()), "nothing waits");
}

#[test]
fn profiles_are_administered() {
    let home = Home::new();
    home.ok(&["profile", "create", "Work"]);
    home.ok(&["profile", "copy", "Work", "Play"]);
    home.ok(&["profile", "rename", "Play", "Home"]);
    home.ok(&["profile", "default", "Home"]);
    assert_eq!(home.ok(&["profile", "default"])["default"], "Home");
    let names: Vec<Value> =
        home.ok(&["profile", "list"]).as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Home", "Work"]);
    let shown = home.ok(&["profile", "show", "Work"]);
    let services: Vec<&str> =
        shown["services"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert!(services.starts_with(&["STORE", "LOCAL"]), "{services:?}");
    home.ok(&["profile", "delete", "Work"]);
    assert_eq!(home.run(&["profile", "show", "Work"]).status.code(), Some(66));
    assert_eq!(home.run(&["profile", "create", &"x".repeat(65)]).status.code(), Some(2));
}

#[test]
fn the_doctor_finds_a_new_home_incomplete_and_a_used_one_well() {
    let home = Home::new();
    let output = home.run(&["--json", "doctor"]);
    assert_eq!(output.status.code(), Some(1));
    home.ok(&["import", &sample("plain.msg")]);
    assert_eq!(home.ok(&["doctor"])["well"], true);
}

#[test]
fn every_logon_says_how_it_ended() {
    let home = Home::new();
    home.ok(&["import", &sample("plain.msg")]);
    let output = home.run(&["--json", "ls", "/Inbox"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let end: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
    assert_eq!(end["session_end"]["left_open_count"], 0, "{stderr}");
    assert!(home.run(&["--json", "--quiet", "ls"]).stderr.is_empty());
}

#[test]
fn a_log_never_holds_what_a_mail_says() {
    let home = Home::new();
    let canary = "canary-7d1f";
    let output = home
        .command(&["send", "--to", "kim@example.org", "--subject", canary, "--body", canary])
        .env("MAPI_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("logged off"), "{log}");
    assert!(!log.contains(canary) && !log.contains("kim@example.org"), "{log}");
}

#[test]
fn read_only_writes_nothing() {
    let home = Home::new();
    home.ok(&["import", &sample("plain.msg")]);
    assert_eq!(home.run(&["--read-only", "mkdir", "/New"]).status.code(), Some(77));
    assert_eq!(home.run(&["--read-only", "rm", "-r", "/Inbox"]).status.code(), Some(77));
    assert_eq!(home.ok(&["--read-only", "ls", "/Inbox"]).as_array().unwrap().len(), 1);
}

#[test]
fn of_several_messages_the_good_ones_are_sent() {
    let home = Home::new();
    let output = home.run(&["--json", "send", &sample("plain.msg"), "/nowhere/missing.msg"]);
    assert_eq!(output.status.code(), Some(66));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["submitted"][0]["state"], "sent");
    assert_eq!(answer["failed"][0]["error"]["name"], "MAPI_E_NOT_FOUND");
    assert_eq!(answer["session_end"]["left_open_count"], 0);
    assert_eq!(home.run(&["send", &sample("plain.msg"), "--to", "kim@example.org"]).status.code(), Some(2));
}

#[test]
fn a_message_for_nobody_is_refused_and_leaves_nothing_behind() {
    let home = Home::new();
    let file = home.path("nobody.eml");
    std::fs::write(
        &file,
        "From: ann@example.org\r\nSubject: x\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nx\r\n",
    )
    .unwrap();
    let output = home.run(&["--json", "send", file.to_str().unwrap()]);
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["name"], "MAPI_E_NO_RECIPIENTS", "{error}");
    assert!(home.subjects("/Outbox").is_empty());
}
