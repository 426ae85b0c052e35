//! Real mail servers behind a real queue: what they deliver is what left the account, octet for octet, below
//! the lines that each server adds. Of Dovecot it is what comes back by IMAP.
//!
//! What left is heard on the way: the account speaks to a relay of the test's, which passes everything on and
//! keeps it. `MAPI_PEER_MESSAGES` sets how many go to each server (50 unless set).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;

use account::{Account, submit};
use mapi::LogoffFlags;
use mapi_imap::connection::Connection;
use mapi_imap::{Deadlines, Opening, imap};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER};
use mapi_testkit::mta::{Delivery, Mta};
use mapi_vault::Secret;
use mapi_wire::{Endpoint, Login, Mechanism, Security, Tls};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(600);

#[test]
fn postfix_delivers_what_was_sent() {
    let Some(mta) = Mta::postfix(Delivery::Maildir) else { return absent("Postfix") };
    compare("Postfix", mta.port, false, |count| mta.delivered(count, LONG), &|| mta.said());
}

#[test]
fn exim_delivers_what_was_sent() {
    let Some(mta) = Mta::exim(Delivery::Maildir) else { return absent("Exim") };
    compare("Exim", mta.port, false, |count| mta.delivered(count, LONG), &|| mta.said());
}

/// By LMTP, so that each recipient has a reply of his own; and back by IMAP.
#[test]
fn dovecot_has_what_was_sent_by_lmtp() {
    let Some(server) = Dovecot::start() else { return absent("Dovecot") };
    let Some(port) = server.lmtp else { return absent("Dovecot's LMTP") };
    compare("Dovecot by LMTP", port, true, |count| fetched(&server, count), &|| server.log());
}

/// Everything in the mailbox, as it comes by IMAP, with the line ends that a file has.
fn fetched(server: &Dovecot, count: usize) -> Vec<Vec<u8>> {
    let login = Login {
        user: USER.to_owned(),
        secret: Secret::from(PASSWORD.to_owned()),
        mechanism: Mechanism::Password,
    };
    let deadlines = Deadlines::default();
    let opening = Opening { security: Security::Implicit, login: Some(login), deadlines };
    let tls = Some(Tls::new(Some(&server.authorities())).unwrap());
    let security = Security::Implicit;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.imaps, security, tls };
    let session = |now| imap::Session::new(opening, "INBOX", now);
    let mut connection = Connection::open(&endpoint, deadlines.connect, session, &|_| Ok(())).unwrap();
    connection.dialogue().list(1, Instant::now());
    while connection.advance().unwrap() {}
    let uids: Vec<u32> = connection.dialogue().take_list().iter().map(|one| one.uid).collect();
    let mut texts = Vec::with_capacity(count);
    for batch in uids.chunks(200) {
        connection.dialogue().fetch(batch, Instant::now());
        while {
            while let Some(one) = connection.dialogue().take_fetched() {
                texts.push(one.text.into_iter().filter(|octet| *octet != b'\r').collect());
            }
            connection.advance().unwrap()
        } {}
    }
    connection.quit();
    texts
}

fn absent(name: &str) {
    mapi_testkit::skipped(&format!("{name} is not here, or this test is not root's"));
    assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
}

fn compare(
    name: &str,
    port: u16,
    by_lmtp: bool,
    delivered: impl FnOnce(usize) -> Vec<Vec<u8>>,
    said: &dyn Fn() -> String,
) {
    let count: usize = std::env::var("MAPI_PEER_MESSAGES").map_or(50, |text| text.parse().unwrap());
    let tap = Tap::to(port);
    let account = Account::new();
    account.move_to(tap.port);
    if by_lmtp {
        account.speak_lmtp();
    }
    let (session, store) = account.log_on();
    for number in 0..count {
        submit(&store, &format!("Number {number}, grüße"), &["kim@example.com"], &body(number));
    }
    assert!(session.flush_queues(LONG).unwrap(), "{}", said());
    drop(store);
    let ended = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((ended.queue.queued, ended.queue.in_doubt, ended.queue.refused), (0, 0, 0), "{ended}");
    let sent: BTreeMap<Vec<u8>, Vec<u8>> =
        tap.texts().into_iter().map(|text| (message_id(&text), text)).collect();
    assert_eq!(sent.len(), count, "each has a Message-ID of its own");
    let delivered = delivered(count);
    assert_eq!(delivered.len(), count, "{}", said());
    let mut differ = 0;
    for file in &delivered {
        let left = sent.get(&message_id(file)).unwrap_or_else(|| panic!("from nowhere: {file:?}"));
        // The server's own lines come first.
        differ += usize::from(!file.ends_with(left));
    }
    println!("figure: {name}: sent and delivered = {count}, octets that differ in = {differ} messages");
    assert_eq!(differ, 0);
}

/// Bodies with what servers trip over: dots, long lines, letters beyond ASCII, ends without a line end.
fn body(number: usize) -> String {
    match number % 5 {
        0 => "Figures.\r\n.\r\n..\r\n.x\r\n".repeat(1 + number),
        1 => format!("{}\r\n", "word ".repeat(190)).repeat(3),
        2 => "Grüße, 你好, Привет \u{1F44B}\r\n".repeat(1 + number % 40),
        3 => "From the first line\r\n\r\n\r\n   spaces at the end   \r\n\t\r\n".to_owned(),
        _ => "no end of line".to_owned(),
    }
}

fn message_id(text: &[u8]) -> Vec<u8> {
    let mut lines = text.split(|octet| *octet == b'\n');
    let line = lines.find(|line| line.to_ascii_lowercase().starts_with(b"message-id:")).unwrap();
    line[b"message-id:".len()..].trim_ascii().to_vec()
}

/// Passes connections on to a server and keeps what the client said.
struct Tap {
    port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tap {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let (own, keeps) = (listener.local_addr().unwrap().port(), heard.clone());
        // Ends with the process; each connection ends with its two ends.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || pass(back.0, back.1, |_| {}));
                let keeps = keeps.clone();
                let index = {
                    let mut all = keeps.lock().unwrap();
                    all.push(Vec::new());
                    all.len() - 1
                };
                std::thread::spawn(move || {
                    pass(client, server, |octets| keeps.lock().unwrap()[index].extend_from_slice(octets));
                });
            }
        });
        Self { port: own, heard }
    }

    /// The texts that went by, as a file has them: without doubled dots, lines ending in LF.
    fn texts(&self) -> Vec<Vec<u8>> {
        let mut texts = Vec::new();
        for said in self.heard.lock().unwrap().iter() {
            let mut text: Option<Vec<u8>> = None;
            for line in said.split_inclusive(|octet| *octet == b'\n') {
                let line = line.strip_suffix(b"\r\n").unwrap();
                match &mut text {
                    None if line == b"DATA" => text = Some(Vec::new()),
                    None => {}
                    Some(_) if line == b"." => texts.extend(text.take()),
                    Some(text) => {
                        text.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                        text.push(b'\n');
                    }
                }
            }
        }
        texts
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, hear: impl Fn(&[u8])) {
    let mut buffer = [0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        hear(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    to.shutdown(std::net::Shutdown::Both).ok();
}
