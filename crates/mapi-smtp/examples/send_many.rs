//! Sends messages to a server in the clear and compares what it took with what was meant.
//!
//! `send_many HOST PORT COUNT FOLDER`: the server writes each text it took into a file in FOLDER, as
//! Postfix's `smtp-sink -d` does. `tests/postfix-sink.sh` runs the two together.
#![allow(clippy::unwrap_used, reason = "a program for tests ends by panicking")]

use mapi_smtp::address::Address;
use mapi_smtp::connection::{Connection, Delivery, Endpoint};
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::dot::Content;
use mapi_smtp::session::{Envelope, Fault, Security, Verdict};
use mapi_wire::Endpoint as Server;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, count, folder] = &arguments[..] else { panic!("HOST PORT COUNT FOLDER") };
    let count: u32 = count.parse().unwrap();
    let endpoint = Endpoint {
        protocol: mapi_smtp::session::Protocol::Smtp,
        server: Server {
            host: host.clone(),
            port: port.parse().unwrap(),
            security: Security::Plain,
            tls: None,
        },
        hello: None,
        deadlines: Deadlines::default(),
    };
    let mut connection = open(&endpoint);
    let mut expected = BTreeMap::new();
    for number in 0..count {
        let text = text(number);
        let address = |text: &str| Address::parse(text).unwrap();
        let envelope = Envelope {
            sender: Some(address("ann@example.org")),
            recipients: vec![address("bob@example.com"), address("eve@example.com")],
            dsn: None,
        };
        let content = Content::new(text.clone().into_bytes()).unwrap();
        let verdicts = connection.send(Delivery { envelope, content }, &mut |_| Ok(()));
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Accepted(_))), "{verdicts:?}");
        expected.insert(number, meant(&text));
    }
    connection.quit();
    let taken = taken(Path::new(folder));
    for (number, text) in &expected {
        assert!(taken.get(number).is_some_and(|found| found.ends_with(text)), "message {number} differs");
    }
    assert_eq!(taken.len(), expected.len());
    println!("{count} messages sent, {count} equal octet for octet");
}

/// The server may still be starting.
fn open(endpoint: &Endpoint) -> Connection {
    for _ in 0..100 {
        match Connection::open(endpoint, None) {
            Err(Fault::Unreachable(_)) => std::thread::sleep(Duration::from_millis(50)),
            answer => return answer.unwrap_or_else(|fault| panic!("{fault}")),
        }
    }
    panic!("no server");
}

/// Texts with dots and line ends in every place where they could do harm.
fn text(number: u32) -> String {
    const PARTS: [&str; 8] = ["\r", "\n", "\r\n", ".", "..", "x", "\r\n.\r\n", "\n.\n"];
    let mut text = format!("Subject: number-{number}-\r\n\r\n");
    let mut rest = number.wrapping_mul(2_654_435_761);
    for _ in 0..10 {
        text.push_str(PARTS[(rest % 8) as usize]);
        rest /= 8;
    }
    text
}

/// The lines that were meant, as the server writes them.
fn meant(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if lines.ends_with('\n') { lines } else { lines + "\n" }
}

fn taken(folder: &Path) -> BTreeMap<u32, String> {
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap().replace("\r\n", "\n");
        let number =
            text.split("Subject: number-").nth(1).unwrap().split('-').next().unwrap().parse().unwrap();
        // The server ends each file with an empty line of its own.
        (number, text.strip_suffix('\n').unwrap_or(&text).to_owned())
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}
