//! `mapi sendmail` as programs call it: from a link, with their options, by its exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, text};
use serde_json::Value;
use std::io::Write;
use std::process::{Output, Stdio};

const MESSAGE: &str = "From: Me <me@example.org>\nTo: Kim <kim@example.org>, lee@example.org\nCc: max@example.org\n\
                       Bcc: eve@example.org\nSubject: Figures\nMessage-ID: <1@example.org>\n\nFirst.\n.\nLast.\n";

/// Runs the link named sendmail with these words and this input.
fn call(home: &Home, words: &[&str], input: &str) -> Output {
    let link = home.path("sendmail");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mapi"), &link).unwrap();
    }
    let mut command = std::process::Command::new(link);
    command.args(words).env("MAPI_HOME", home.folder()).env("LOGNAME", "kim");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

/// The same through the verb, with its answer.
fn verb(home: &Home, words: &[&str], input: &str) -> Value {
    let output = home.with_input(&[&["--json", "sendmail"], words].concat(), input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    home::document(&output)["submitted"][0].clone()
}

fn addresses(message: &Value, state: &str) -> Vec<String> {
    let rows = message["recipients"].as_array().unwrap().iter().filter(|row| row["state"] == state);
    rows.map(|row| row["address"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn recipients_come_from_the_message_or_from_the_command_line() {
    let home = Home::with_profile();
    let message = verb(&home, &["-t", "-i", "-odi"], MESSAGE);
    assert_eq!(
        (message["state"].as_str(), message["message_id"].as_str()),
        (Some("sent"), Some("<1@example.org>"))
    );
    let all = ["kim@example.org", "lee@example.org", "max@example.org", "eve@example.org"];
    assert_eq!(addresses(&message, "local"), all);
    let message = verb(&home, &["-odi", "lee@example.org", "new@example.org"], MESSAGE);
    assert_eq!(addresses(&message, "local"), ["lee@example.org", "new@example.org"]);
}

#[test]
fn a_lone_dot_ends_a_message_unless_it_is_text() {
    let home = Home::with_profile();
    let cut = verb(&home, &["-odi", "kim@example.org"], MESSAGE);
    let whole = verb(&home, &["-odi", "-oi", "kim@example.org"], MESSAGE);
    let body = |message: &Value| {
        let object = home.ok(&["--profile", "Default", "props", message["entry_id"].as_str().unwrap()]);
        home::value(&object, "0x1000001F").as_str().unwrap().replace("\r\n", "\n")
    };
    assert_eq!((body(&cut).as_str(), body(&whole).as_str()), ("First.\n", "First.\n.\nLast.\n"));
}

#[test]
fn cron_has_its_mail_sent_from_a_link_and_hears_0_once_it_is_in_the_queue() {
    let home = Home::with_profile();
    let report = "From: kim (Cron Daemon)\nTo: kim\nSubject: Cron <kim@host> job\n\nDone.\n";
    let output = call(&home, &["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "kim"], report);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{}", text(&output.stderr));
    // A spooler was started, and sends it.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while home.subjects("/Inbox") != ["Cron <kim@host> job"] {
        assert!(std::time::Instant::now() < until, "it does not arrive");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    home.end_spooler();
}

#[test]
fn exit_codes_are_those_of_sysexits() {
    let empty = Home::new();
    assert_eq!(call(&empty, &["-t"], MESSAGE).status.code(), Some(78), "no profile");
    let home = Home::with_profile();
    for (words, input, exit, said) in [
        (&["-bs"][..], "", 64, "SMTP on standard input"),
        (&[], MESSAGE, 64, "no recipients"),
        (&["-t"], "Subject: nobody\n\nx\n", 64, "names no recipients"),
        (&["-q"], "", 64, "mapi queue flush"),
    ] {
        let output = call(&home, words, input);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{words:?}: {told}");
        assert!(told.contains(said), "{words:?}: {told}");
    }
    assert_eq!(home.subjects("/Outbox"), Vec::<String>::new());
}
