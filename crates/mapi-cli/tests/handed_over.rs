//! Real mail servers that hand over: what Postfix delivers by LMTP, and Exim by SMTP, to `mapi receive` is in the
//! store, each message once, with its header and its contents as they were sent. `MAPI_PEER_MESSAGES` sets how many
//! come from each (50 unless set).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::Home;
use home::listening::Listening;
use mapi::{LogoffFlags, LogonOptions, Mapi, OpenFlags, Session};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_BODY, PR_TRANSPORT_MESSAGE_HEADERS};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_testkit::dovecot::message;
use mapi_testkit::mta::{Delivery, Mta};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A server that works takes a fraction of it.
const PATIENCE: Duration = Duration::from_secs(900);

fn count() -> usize {
    std::env::var("MAPI_PEER_MESSAGES").map_or(50, |text| text.parse().unwrap())
}

#[test]
fn postfix_hands_over_by_lmtp() {
    hand_over("Postfix by LMTP", "--lmtp", |port| Mta::postfix(Delivery::ByLmtp(port)));
}

#[test]
fn exim_hands_over_by_smtp() {
    hand_over("Exim by SMTP", "--smtp", |port| Mta::exim(Delivery::To(port)));
}

fn hand_over(name: &str, manner: &str, start: impl Fn(u16) -> Option<Mta>) {
    let (home, count) = (Home::with_profile(), count());
    let number = count.to_string();
    let mut listening = Listening::start(&home, &[manner, "127.0.0.1:0", "--count", &number]);
    let port: u16 = listening.address.rsplit(':').next().unwrap().parse().unwrap();
    let Some(mta) = start(port) else {
        listening.child.kill().unwrap();
        listening.child.wait().unwrap();
        mapi_testkit::skipped(&format!("{name}: the server is not here, or this test is not root's"));
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
        return;
    };
    let begun = Instant::now();
    submit(mta.port, count);
    while listening.child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            listening.child.kill().unwrap();
            panic!("{}", mta.said());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed();
    let answer = listening.end();
    assert_eq!((&answer["received"], &answer["refused"]), (&count.into(), &0.into()), "{}", mta.said());
    compare(&home, count);
    println!("figure: {name}: handed over and equal = {count}");
    println!("figure: {name}: messages a second, end to end = {:.0}", count as f64 / took.as_secs_f64());
}

/// Gives the server its messages, as a client of SMTP does.
fn submit(port: u16, count: usize) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut hear = |expected: &str| {
        let mut line = String::new();
        while line.as_bytes().get(3) != Some(&b' ') {
            line.clear();
            replies.read_line(&mut line).unwrap();
            assert!(line.starts_with(expected), "{line}");
        }
    };
    hear("220");
    stream.write_all(b"EHLO client.example.org\r\n").unwrap();
    hear("250");
    for number in 0..count {
        let envelope: [(&[u8], &str); 3] = [
            (b"MAIL FROM:<bob@example.org> BODY=8BITMIME\r\n", "250"),
            (b"RCPT TO:<ann@example.com>\r\n", "250"),
            (b"DATA\r\n", "354"),
        ];
        for (said, expected) in envelope {
            stream.write_all(said).unwrap();
            hear(expected);
        }
        let mut text = Vec::new();
        for line in message(number).split_inclusive(|octet| *octet == b'\n') {
            text.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
            text.extend_from_slice(line);
        }
        text.extend_from_slice(b".\r\n");
        stream.write_all(&text).unwrap();
        hear("250");
    }
    stream.write_all(b"QUIT\r\n").unwrap();
    hear("221");
}

/// Each message is in the Inbox once: its header below the lines that servers add, its text, its file.
fn compare(home: &Home, count: usize) {
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let place = mapi::Home::at(&home.folder()).unwrap();
    let session = Session::logon(LogonOptions::profile("Default").home(&place).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let inbox = store.inbox().unwrap();
    let mut here = BTreeMap::new();
    for id in inbox.message_ids().unwrap() {
        let object = inbox.open_message(&id, OpenFlags::NONE).unwrap().object().unwrap();
        let headers = text(&object, PR_TRANSPORT_MESSAGE_HEADERS);
        let number = headers.lines().find_map(|line| line.strip_prefix("Subject: message ")).unwrap();
        let before = here.insert(number.parse::<usize>().unwrap(), object);
        assert!(before.is_none(), "message {number} is there twice");
    }
    assert_eq!(here.len(), count);
    for (number, object) in here {
        let sent = String::from_utf8(message(number)).unwrap();
        let (header, body) = sent.split_once("\r\n\r\n").unwrap();
        let headers = text(&object, PR_TRANSPORT_MESSAGE_HEADERS);
        assert!(headers.trim_end().ends_with(header), "{number}: {headers}");
        if !header.contains("multipart") {
            assert_eq!(text(&object, PR_BODY), body, "{number}");
            continue;
        }
        assert_eq!(text(&object, PR_BODY).trim_end(), "see the file", "{number}");
        let file = object.attachments[0].property(PR_ATTACH_DATA_BIN);
        let data = file.and_then(PropValue::as_binary).unwrap_or_default();
        assert_eq!(data, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(number % 300), "{number}");
    }
    drop((inbox, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

fn text(object: &MessageObject, tag: PropTag) -> String {
    object.property(tag).and_then(PropValue::as_text).unwrap_or_default().to_owned()
}
