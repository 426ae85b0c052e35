//! A real Dovecot: what is fetched by IMAP and POP3 is byte for byte what lies in the mailbox, and nothing of it
//! is changed there. Full counts by `cargo xtask proof real-peers-in`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_imap::connection::Connection;
use mapi_imap::{Deadlines, Fault, Opening, imap, pop3};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER, message};
use mapi_vault::Secret;
use mapi_wire::{Endpoint, Login, Mechanism, Security, Tls};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many messages go each way.
fn count() -> usize {
    std::env::var("MAPI_PEER_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

fn start() -> Option<Dovecot> {
    let server = Dovecot::start();
    if server.is_none() {
        mapi_testkit::skipped("Dovecot is not installed: no mail is fetched from a real server");
    }
    server
}

fn endpoint(server: &Dovecot, port: u16, security: Security) -> Endpoint {
    let tls = Some(Tls::new(Some(&server.authorities())).unwrap());
    Endpoint { host: "localhost".to_owned(), port, security, tls }
}

fn opening(security: Security, password: &str, mechanism: Mechanism) -> Opening {
    let login = Login { user: USER.to_owned(), secret: Secret::from(password.to_owned()), mechanism };
    Opening { security, login: Some(login), deadlines: Deadlines::default() }
}

fn open_imap(
    server: &Dovecot,
    security: Security,
    password: &str,
    mechanism: Mechanism,
) -> Result<Connection<imap::Session>, Fault> {
    let port = if security == Security::Implicit { server.imaps } else { server.imap };
    let deadlines = Deadlines::default();
    let session = |now| imap::Session::new(opening(security, password, mechanism), "INBOX", now);
    Connection::open(&endpoint(server, port, security), deadlines.connect, session, &|_| Ok(()))
}

#[test]
fn what_imap_fetches_is_what_lies_there() {
    let Some(server) = start() else { return };
    let count = count();
    let expected: BTreeMap<usize, Vec<u8>> = (0..count).map(|number| (number, message(number))).collect();
    expected.iter().for_each(|(number, text)| server.deliver(*number, text));
    let mut connection = open_imap(&server, Security::Implicit, PASSWORD, Mechanism::Password).unwrap();
    let begun = Instant::now();
    connection.dialogue().list(1, Instant::now());
    while connection.advance().unwrap() {}
    let listed = connection.dialogue().take_list();
    assert_eq!(listed.len(), count);
    let uids: Vec<u32> = listed.iter().map(|one| one.uid).collect();
    let (mut equal, mut bytes) = (0, 0);
    for batch in uids.chunks(200) {
        connection.dialogue().fetch(batch, Instant::now());
        loop {
            while let Some(fetched) = connection.dialogue().take_fetched() {
                let number = number_of(&fetched.text);
                assert_eq!(fetched.text, expected[&number], "message {number}");
                assert!(!fetched.is_seen && fetched.received.is_some());
                equal += 1;
                bytes += fetched.text.len();
            }
            if !connection.advance().unwrap() {
                break;
            }
        }
    }
    connection.quit();
    assert_eq!(equal, count);
    println!("figure: imap messages byte-equal = {equal}");
    println!("figure: imap messages a second = {:.0}", equal as f64 / begun.elapsed().as_secs_f64());
    println!("figure: imap octets = {bytes}");
    let mut again = open_imap(&server, Security::StartTls, PASSWORD, Mechanism::Login).unwrap();
    again.dialogue().list(1, Instant::now());
    while again.advance().unwrap() {}
    assert_eq!(again.dialogue().take_list().len(), count, "nothing was removed");
    again.dialogue().fetch(&uids[..1], Instant::now());
    while again.dialogue().take_fetched().map(|one| assert!(!one.is_seen, "nothing was marked")).is_none() {
        assert!(again.advance().unwrap());
    }
}

#[test]
fn what_pop3_fetches_is_what_lies_there() {
    let Some(server) = start() else { return };
    let count = count();
    (0..count).for_each(|number| server.deliver(number, &message(number)));
    for (security, port) in [(Security::Implicit, server.pop3s), (Security::StartTls, server.pop3)] {
        let begun = Instant::now();
        let session = |now| pop3::Session::new(opening(security, PASSWORD, Mechanism::Password), now);
        let endpoint = endpoint(&server, port, security);
        let mut connection =
            Connection::open(&endpoint, Deadlines::default().connect, session, &|_| Ok(())).unwrap();
        let listed = connection.dialogue().take_list();
        assert_eq!(listed.len(), count);
        let mut equal = 0;
        for one in &listed {
            connection.dialogue().fetch(one.number, Instant::now());
            while connection.advance().unwrap() {}
            let text = connection.dialogue().take_text().unwrap();
            assert_eq!(text, message(number_of(&text)));
            equal += 1;
        }
        connection.dialogue().fetch(999_999, Instant::now());
        while connection.advance().unwrap() {}
        assert!(connection.dialogue().take_text().is_none(), "a message that is not there is none");
        connection.quit();
        assert_eq!(server.count(), count, "nothing was removed");
        println!("figure: pop3 messages byte-equal, {security:?} = {equal}");
        println!(
            "figure: pop3 messages a second, {security:?} = {:.0}",
            f64::from(equal) / begun.elapsed().as_secs_f64()
        );
    }
}

#[test]
fn a_wrong_password_and_a_wrong_mailbox_say_so() {
    let Some(server) = start() else { return };
    let refused = open_imap(&server, Security::Implicit, "wrong", Mechanism::Plain).err().unwrap();
    assert_eq!(refused, Fault::LoginRefused);
    let session = |now| {
        imap::Session::new(opening(Security::Implicit, PASSWORD, Mechanism::Password), "Nowhere/\u{e4}", now)
    };
    let endpoint = endpoint(&server, server.imaps, Security::Implicit);
    let refused =
        Connection::open(&endpoint, Deadlines::default().connect, session, &|_| Ok(())).err().unwrap();
    assert!(matches!(refused, Fault::Refused(mapi_imap::Stage::Mailbox, _)), "{refused}");
}

#[test]
fn new_mail_ends_the_wait() {
    let Some(server) = start() else { return };
    let mut connection = open_imap(&server, Security::Implicit, PASSWORD, Mechanism::Password).unwrap();
    assert!(connection.dialogue().can_idle());
    connection.dialogue().idle(Instant::now());
    // Said, and heard of.
    connection.advance().unwrap();
    connection.advance().unwrap();
    server.deliver(1, &message(1));
    while connection.advance().unwrap() {}
    assert!(connection.dialogue().take_news());
    connection.dialogue().list(1, Instant::now());
    while connection.advance().unwrap() {}
    assert_eq!(connection.dialogue().take_list().len(), 1);
}

/// The number that a message carries in its subject.
fn number_of(text: &[u8]) -> usize {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: message ")).unwrap();
    line.parse().unwrap()
}
