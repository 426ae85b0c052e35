//! LMTP: each recipient has a reply of his own to the final dot, and what does not come is in doubt for him alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_smtp::settings::PROTOCOL;
use mapi_spi::provider::transport::RecipientOutcome;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::sync::Arc;

const THREE: [&str; 3] = ["ann@example.com", "ben@example.com", "cat@example.com"];

fn account(port: u16) -> Arc<Host> {
    let mut host = Host::plain(port);
    host.section.set(PROTOCOL, "lmtp");
    Arc::new(host)
}

fn send(script: Script, addresses: &[&str]) -> (Result<Vec<RecipientOutcome>, ErrorCode>, Heard, Arc<Host>) {
    let server = Server::start(script);
    let host = account(server.port);
    let logon = host.logon();
    let outcomes = logon.submit_message(&message(addresses), 1).map_err(|error| error.code());
    logon.logoff().unwrap();
    (outcomes, server.end(), host)
}

/// What follows the final dot, as lines.
fn after_dot(replies: &str) -> Script {
    Script::default().on(".", Act::say(replies))
}

#[test]
fn each_recipient_has_the_reply_that_is_his() {
    let replies = [("250 2.1.5 kept", "sent"), ("452 4.2.2 full", "retry"), ("550 5.7.1 no", "refused")];
    for number in 0..27 {
        let chosen = [number % 3, number / 3 % 3, number / 9].map(|index| replies[index]);
        let said = chosen.map(|(reply, _)| reply);
        let (outcomes, heard, host) = send(after_dot(&said.join("\r\n")), &THREE);
        let outcomes = outcomes.unwrap();
        assert_eq!(words(&outcomes), chosen.map(|(_, word)| word), "{number}");
        assert_eq!(outcomes.iter().map(|one| one.reply.as_str()).collect::<Vec<_>>(), said, "{number}");
        assert_eq!(heard.verbs(), ["LHLO", "MAIL", "RCPT", "RCPT", "RCPT", "DATA", "QUIT"], "{number}");
        assert_eq!(*host.marks.lock().unwrap(), [vec![0, 1, 2]], "{number}");
    }
}

/// The replies are those of the recipients whom the server takes the message for, and of no others.
#[test]
fn who_was_refused_before_the_text_has_no_reply_after_it() {
    for pipelining in [true, false] {
        let answer = |line: &str| match line {
            "." => Some(Act::say("250 2.1.5 ann's\r\n452 4.2.2 cat's")),
            line if line.starts_with("RCPT TO:<ben@") => Some(Act::say("550 5.1.1 nobody")),
            _ => None,
        };
        let script = Script { answer: Arc::new(answer), ..Script::default() };
        let script = if pipelining { script } else { script.without("PIPELINING") };
        let (outcomes, _, host) = send(script, &THREE);
        let outcomes = outcomes.unwrap();
        assert_eq!(words(&outcomes), ["sent", "refused", "retry"]);
        let said: Vec<&str> = outcomes.iter().map(|one| one.reply.as_str()).collect();
        assert_eq!(said, ["250 2.1.5 ann's", "550 5.1.1 nobody", "452 4.2.2 cat's"]);
        assert_eq!(*host.marks.lock().unwrap(), [vec![0, 2]]);
    }
}

#[test]
fn a_reply_that_does_not_come_leaves_its_recipient_alone_in_doubt() {
    let cases: [(Act, [&str; 3]); 7] = [
        (Act::last("250 2.1.5 a\r\n250 2.1.5 b"), ["sent", "sent", "in doubt"]),
        (Act::last("550 5.7.1 no"), ["refused", "in doubt", "in doubt"]),
        (Act::Last(b"250 2.1.5 a\r\n250 2.1".to_vec()), ["sent", "in doubt", "in doubt"]),
        (Act::Last(b"250 2.1.5 a\r\n250-2.1.5 b\r\n".to_vec()), ["sent", "in doubt", "in doubt"]),
        (Act::last("250 2.1.5 a\r\n354 go on\r\n250 2.1.5 c"), ["sent", "in doubt", "in doubt"]),
        (Act::last("250 2.1.5 a\r\n\0\0\0\r\n250 2.1.5 c"), ["sent", "in doubt", "in doubt"]),
        // Who goes away may say so to each, or to the first alone.
        (Act::last("421 4.3.2 bye\r\n421 4.3.2 bye"), ["retry", "retry", "in doubt"]),
    ];
    for (act, expected) in cases {
        let (outcomes, heard, _) = send(Script::default().on(".", act.clone()), &THREE);
        assert_eq!(words(&outcomes.unwrap()), expected, "{:?}", heard.commands);
        assert_eq!(heard.messages.len(), 1);
    }
    let silent = Act::Both(b"250 2.1.5 a\r\n".to_vec(), Box::new(Act::Silence));
    let server = Server::start(Script::default().on(".", silent));
    let mut host = Host::plain(server.port);
    host.section.set(PROTOCOL, "lmtp");
    let patience = std::time::Duration::from_millis(400);
    host.deadlines = Some(mapi_smtp::deadlines::Deadlines { finish: patience, ..Default::default() });
    let logon = Arc::new(host).logon();
    let outcomes = logon.submit_message(&message(&THREE), 1).unwrap();
    assert_eq!(words(&outcomes), ["sent", "in doubt", "in doubt"]);
    logon.logoff().unwrap();
}

/// A reply too many is nobody's: the connection that has it serves no other message.
#[test]
fn a_reply_too_many_is_not_the_next_messages() {
    let server = Server::start(after_dot("250 2.1.5 a\r\n250 2.1.5 b\r\n550 5.0.0 whose?"));
    let logon = account(server.port).logon();
    for _ in 0..2 {
        let outcomes = logon.submit_message(&message(&THREE[..2]), 1).unwrap();
        assert_eq!(words(&outcomes), ["sent", "sent"]);
    }
    logon.logoff().unwrap();
    let heard = server.end();
    assert_eq!((heard.connections, heard.messages.len()), (2, 2), "{:?}", heard.commands);
}

#[test]
fn a_server_in_order_serves_one_message_after_another() {
    let server = Server::start(after_dot("250 2.1.5 kept"));
    let logon = account(server.port).logon();
    for _ in 0..3 {
        assert_eq!(words(&logon.submit_message(&message(&THREE[..1]), 1).unwrap()), ["sent"]);
    }
    logon.logoff().unwrap();
    let verbs = server.end().verbs().join(" ");
    assert_eq!(verbs, "LHLO MAIL RCPT DATA MAIL RCPT DATA MAIL RCPT DATA QUIT");
}

/// A server of SMTP does not know LHLO; saying HELO to it would make a reply of all out of a reply of one.
#[test]
fn a_server_that_knows_no_lhlo_gets_nothing() {
    let (outcome, heard, host) = send(Script::default().on("LHLO", Act::say("502 5.5.1 what?")), &THREE);
    assert_eq!((outcome.unwrap_err(), heard.verbs()), (ErrorCode::WAIT, vec!["LHLO"]));
    assert!(heard.messages.is_empty() && host.marks.lock().unwrap().is_empty());
}
