//! `mapi fetch` against a real Dovecot: every message arrives once, in the account's own store, however often
//! it is repeated and wherever it is killed; and what a script sees when it cannot.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, text, value};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER, message};
use std::process::Stdio;
use std::time::{Duration, Instant};

fn start() -> Option<Dovecot> {
    let server = Dovecot::start();
    if server.is_none() {
        mapi_testkit::skipped("Dovecot is not installed: `mapi fetch` meets no real server");
    }
    server
}

fn count_of(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Adds an account to the default profile.
fn add(home: &Home, server: &Dovecot, service: &str, name: &str) {
    let port = if service == "IMAP" { server.imaps } else { server.pop3s };
    let settings = [
        format!("name={name}"),
        "host=localhost".to_owned(),
        format!("port={port}"),
        format!("user={USER}"),
        format!("authorities={}", server.authorities().display()),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let arguments = [&["service", "add", service][..], &settings, &["password"]].concat();
    let output = home.with_input(&arguments, format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// The numbers of the messages in the account's own store, ascending.
fn arrived(home: &Home, store: &str) -> Vec<usize> {
    let rows = home.ok(&["--store", store, "ls", "/Inbox"]);
    let number = |subject: &str| subject.strip_prefix("message ").unwrap().parse().unwrap();
    let mut numbers: Vec<usize> =
        rows.as_array().unwrap().iter().map(|row| number(row["subject"].as_str().unwrap())).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn mail_arrives_once_in_the_stores_of_its_accounts() {
    let Some(server) = start() else { return };
    let home = Home::with_profile();
    let all: Vec<usize> = (0..count_of("MAPI_PEER_MESSAGES", 50)).collect();
    all.iter().for_each(|number| server.deliver(*number, &message(*number)));
    add(&home, &server, "IMAP", "Work");
    add(&home, &server, "POP3", "Old");
    let answer = home.ok(&["fetch"]);
    assert_eq!(answer["received"], 2 * all.len(), "{answer}");
    let accounts: Vec<&str> =
        answer["accounts"].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect();
    assert_eq!(accounts, ["Work", "Old"]);
    let end = &answer["session_end"];
    assert_eq!(end["opened"].as_u64(), end["closed"].as_u64());
    for store in accounts {
        assert_eq!(arrived(&home, store), all, "{store}");
    }
    assert!(home.subjects("/Inbox").is_empty(), "the default store is another one");
    assert_eq!(home.ok(&["fetch"])["received"], 0, "once");
    assert_eq!(server.count(), all.len(), "and it is still at the server");
    // What comes later is fetched from the account that is named; what was deleted here does not come back.
    home.ok(&["--store", "Work", "rm", "/Inbox/message 3"]);
    server.deliver(all.len(), &message(all.len()));
    assert_eq!(home.ok(&["fetch", "work"])["received"], 1);
    let without: Vec<usize> = (0..=all.len()).filter(|number| *number != 3).collect();
    assert_eq!(arrived(&home, "Work"), without);
    assert_eq!(arrived(&home, "Old"), all);
    // What is promised verbatim is: headers and files.
    let shown = home.ok(&["--store", "Work", "props", "/Inbox/message 4"]);
    let headers = value(&shown, "0x007D001F").as_str().unwrap();
    let sent = text(&message(4));
    assert_eq!(headers.trim_end(), sent.split_once("\r\n\r\n").unwrap().0);
    let file = &shown["attachments"][0];
    assert_eq!(value(file, "0x3707001F"), "f4.bin");
    assert_eq!(value(file, "0x37010102").as_str().unwrap().len(), 2 * 4 * 26);
}

#[test]
fn a_fetch_that_is_killed_loses_and_doubles_nothing() {
    let Some(server) = start() else { return };
    let home = Home::with_profile();
    let (messages, kills) = (count_of("MAPI_FETCH_MESSAGES", 200), count_of("MAPI_FETCH_KILLS", 8));
    let all: Vec<usize> = (0..messages).collect();
    all.iter().for_each(|number| server.deliver(*number, &message(*number)));
    add(&home, &server, "IMAP", "Work");
    let (mut seed, mut midway) = (0x2545_F491_4F6C_DD1D_u64, 0);
    for _ in 0..kills {
        // xorshift: the same moments at each run, as far as a clock can say so.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut child = home.command(&["fetch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(20_000 + seed % 500_000));
        midway += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let here = arrived(&home, "Work");
        assert!(here.windows(2).all(|pair| pair[0] < pair[1]), "doubled: {here:?}");
    }
    assert!(midway > 0, "no kill came while mail was fetched");
    home.ok(&["fetch"]);
    assert_eq!(arrived(&home, "Work"), all);
    println!("figure: kills = {kills}");
    println!("figure: kills while fetching = {midway}");
    println!("figure: messages = {messages}");
}

/// The first mail comes by polling, what comes later by IDLE, long before the next poll.
#[test]
fn the_spooler_brings_new_mail_by_itself() {
    let Some(server) = start() else { return };
    let home = Home::with_profile();
    add(&home, &server, "IMAP", "Work");
    server.deliver(0, &message(0));
    let mut spooler = home.command(&["spool"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = |count: usize| {
        let begun = Instant::now();
        while arrived(&home, "Work").len() < count {
            assert!(begun.elapsed() < Duration::from_secs(30), "message {count} does not come");
        }
        begun.elapsed()
    };
    let polled = until(1);
    // The connection that waits is made after the first look; what comes before it stands is found by it.
    server.deliver(1, &message(1));
    let told = until(2);
    assert!(told < Duration::from_secs(20), "by the next poll only: {told:?}");
    assert_eq!(home.ok(&["fetch"])["received"], 0, "somebody else may fetch meanwhile");
    println!("figure: ms to the first mail = {}", polled.as_millis());
    println!("figure: ms from delivery to arrival by IDLE = {}", told.as_millis());
    rustix::process::kill_process(rustix::process::Pid::from_child(&spooler), rustix::process::Signal::TERM)
        .unwrap();
    assert!(spooler.wait().unwrap().success());
}

#[test]
fn what_cannot_be_fetched_says_why() {
    let home = Home::with_profile();
    let error = home.fails(&["fetch"], 69, "MAPI_E_NO_SUPPORT");
    assert!(error["hint"].as_str().unwrap().contains("service add IMAP"), "{error}");
    let Some(server) = start() else { return };
    add(&home, &server, "IMAP", "Work");
    home.fails(&["fetch", "Elsewhere"], 66, "MAPI_E_NOT_FOUND");
    let output = home.with_input(&["service", "configure", "IMAP", "password"], "wrong\n");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (answer, code) = home.json(&["fetch"]);
    let error = &answer["accounts"][0]["error"];
    assert_eq!((code, error["name"].as_str()), (77, Some("MAPI_E_NO_ACCESS")), "{answer}");
    assert!(error["message"].as_str().unwrap().contains("refused the login"), "{answer}");
    home.ok(&["service", "configure", "IMAP", "port=1"]);
    let (answer, code) = home.json(&["fetch", "--wait", "20s"]);
    assert_eq!(
        (code, &answer["accounts"][0]["error"]["name"]),
        (1, &"MAPI_E_NETWORK_ERROR".into()),
        "{answer}"
    );
}
