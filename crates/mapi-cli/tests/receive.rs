//! `mapi receive`: a mail server hands messages over by LMTP, SMTP or a pipe, and is answered once they are safe.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::listening::Listening;
use home::{Home, document, text};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// Says all of it at once, as PIPELINING allows, and returns the codes that came until the end.
fn talk(mut stream: impl Read + Write, said: &str) -> Vec<String> {
    stream.write_all(said.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| line[..3].to_owned()).collect()
}

fn message(subject: &str, stamp: &str) -> String {
    format!("{stamp}From: bob@example.org\r\nTo: ann@example.org\r\nSubject: {subject}\r\n\r\n..x\r\n.\r\n")
}

const STAMP: &str = "Received: from mx by here id 42; Fri, 20 Nov 2026 10:00:00 +0000\r\n";

#[test]
fn lmtp_answers_for_each_recipient_and_a_repetition_arrives_once() {
    let home = Home::with_profile();
    let listening = Listening::start(
        &home,
        &["--lmtp", "127.0.0.1:0", "--count", "3", "--for", "ann@h", "--for", "ben@h"],
    );
    let envelope =
        "MAIL FROM:<bob@example.org>\r\nRCPT TO:<ann@h>\r\nRCPT TO:<who@h>\r\nRCPT TO:<ben@h>\r\nDATA\r\n";
    let dialogue = |text: &str| format!("LHLO mx\r\n{envelope}{text}QUIT\r\n");
    let stamped = dialogue(&message("stamped", STAMP));
    let expected = ["220", "250", "250", "250", "550", "250", "354", "250", "250", "221"];
    for _ in 0..2 {
        assert_eq!(talk(TcpStream::connect(&listening.address).unwrap(), &stamped), expected);
    }
    let bare = dialogue(&message("bare", ""));
    assert_eq!(talk(TcpStream::connect(&listening.address).unwrap(), &bare), expected);
    let answer = listening.end();
    assert_eq!((&answer["received"], &answer["repeated"]), (&2.into(), &1.into()), "{answer}");
    let mut subjects = home.subjects("/Inbox");
    subjects.sort();
    assert_eq!(subjects, ["bare", "stamped"]);
    let shown = home.ok(&["--profile", "Default", "props", "/Inbox/stamped"]);
    let headers = home::value(&shown, "0x007D001F").as_str().unwrap();
    assert!(headers.starts_with("Return-Path: <bob@example.org>\r\nReceived: "), "{headers}");
    assert_eq!(home::value(&shown, "0x1000001F"), ".x\r\n");
}

#[test]
fn smtp_on_a_socket_is_its_owners_alone() {
    let home = Home::with_profile();
    let path = home.path("lmtp.sock");
    let listening = Listening::start(&home, &["--smtp", path.to_str().unwrap(), "--count", "1"]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let said = format!(
        "EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<ann@h>\r\nRCPT TO:<ben@h>\r\nDATA\r\n{}QUIT\r\n",
        message("a report", "")
    );
    let codes = talk(UnixStream::connect(&path).unwrap(), &said);
    assert_eq!(codes, ["220", "250", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(listening.end()["received"], 1);
    assert!(!path.exists());
    assert_eq!(home.subjects("/Inbox"), ["a report"]);
}

#[test]
fn a_pipe_brings_one_message_and_places_elsewhere_are_refused() {
    let home = Home::with_profile();
    let letter = message("piped", STAMP).replace("\r\n.\r\n", "\r\n");
    for received in [1, 0] {
        let output = home
            .with_input(&["--json", "receive", "-f", "bob@example.org"], format!("From bob Fri\n{letter}"));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(document(&output)["received"], received);
    }
    assert_eq!(home.subjects("/Inbox"), ["piped"]);
    let output = home.with_input(&["--json", "receive"], " \n");
    assert_eq!(
        (output.status.code(), &document(&output)["error"]["name"]),
        (Some(65), &"MAPI_E_CORRUPT_DATA".into())
    );
    for place in ["0.0.0.0:2525", "192.0.2.1:25", "nowhere"] {
        home.fails(&["receive", "--smtp", place], 2, "MAPI_E_INVALID_PARAMETER");
    }
    home.fails(&["receive", "--lmtp", &home.write("file", "")], 73, "MAPI_E_COLLISION");
}

/// What was answered for is there, wherever the process is killed; what was not comes again.
#[test]
fn what_was_answered_for_is_there_after_a_kill() {
    let home = Home::with_profile();
    let mut answered = Vec::new();
    for round in 0..6_u32 {
        let mut listening = Listening::start(&home, &["--lmtp", "127.0.0.1:0"]);
        let stream = TcpStream::connect(&listening.address).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        let mut line = String::new();
        stream.write_all(b"LHLO mx\r\n").unwrap();
        for number in 0..40_u32 {
            let subject = format!("{round}-{number}");
            let said = format!("MAIL FROM:<a@b>\r\nRCPT TO:<ann@h>\r\nDATA\r\n{}", message(&subject, ""));
            stream.write_all(said.as_bytes()).unwrap();
            if number == 5 + round * 3 {
                // Somewhere within this message.
                listening.child.kill().unwrap();
            }
            let is_kept = loop {
                line.clear();
                match replies.read_line(&mut line) {
                    Ok(count) if count > 0 && line.ends_with("kept\r\n") => break true,
                    Ok(count) if count > 0 => {}
                    _ => break false,
                }
            };
            if !is_kept {
                break;
            }
            answered.push(subject);
        }
        listening.child.wait().unwrap();
    }
    let here = home.subjects("/Inbox");
    assert!(answered.len() >= 40, "{}", answered.len());
    for subject in &answered {
        assert_eq!(here.iter().filter(|one| *one == subject).count(), 1, "{subject}");
    }
    println!("figure: answered for = {}", answered.len());
    println!("figure: arrived = {}", here.len());
}
