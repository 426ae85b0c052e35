//! Every class of reply at every stage, and every mixture of recipients: what becomes of each.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_spi::provider::transport::RecipientState;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::sync::Arc;

/// What is expected of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expect {
    /// The whole attempt answers this; the transport rests and the message stays.
    Attempt(ErrorCode),
    /// The recipients are tried again.
    Retry,
    /// Nobody knows.
    Doubt,
    /// The recipients are refused.
    Refused,
    Sent,
}

fn attempt(script: Script) -> (Expect, Heard, Vec<Vec<u32>>) {
    let server = Server::start(script);
    let host = Arc::new(Host::plain(server.port));
    let logon = host.logon();
    let answer = logon.submit_message(&message(&["bob@example.com", "eve@example.com"]), 1);
    let found = match answer {
        Err(error) => Expect::Attempt(error.code()),
        Ok(outcomes) => match words(&outcomes)[..] {
            ["sent", "sent"] => Expect::Sent,
            ["retry", "retry"] => Expect::Retry,
            ["in doubt", "in doubt"] => Expect::Doubt,
            ["refused", "refused"] => Expect::Refused,
            ref other => panic!("{other:?}"),
        },
    };
    logon.logoff().unwrap();
    let marks = host.marks.lock().unwrap().clone();
    (found, server.end(), marks)
}

#[test]
fn every_reply_at_every_stage_has_its_verdict() {
    use Expect as E;
    let wait = E::Attempt(ErrorCode::WAIT);
    let broken = E::Attempt(ErrorCode::NETWORK_ERROR);
    let mut count = 0;
    for pipelining in [true, false] {
        for (stage, transient, permanent, positive) in [
            ("greeting", wait, wait, broken),
            ("EHLO", wait, wait, E::Sent),
            ("MAIL", E::Retry, E::Refused, E::Sent),
            ("RCPT", E::Retry, E::Refused, E::Sent),
            ("DATA", E::Retry, E::Refused, broken),
            (".", E::Retry, E::Refused, E::Sent),
        ] {
            for (reply, expected) in [
                ("421 4.3.2 going down", transient),
                ("450 4.2.1 busy", transient),
                ("451 4.3.0 fault", transient),
                ("550 5.7.1 no", permanent),
                ("554 5.0.0 no", permanent),
                ("250 2.0.0 fine", positive),
            ] {
                let script = Script::default();
                let script = if pipelining { script } else { script.without("PIPELINING") };
                let script = match stage {
                    "greeting" => Script { greeting: Act::say(reply), ..script },
                    // The reply to the final dot is given for nothing else.
                    stage => script.on(stage, Act::say(reply)),
                };
                let (found, heard, marks) = attempt(script);
                assert_eq!(found, expected, "{stage} {reply} pipelining {pipelining}");
                let reached_dot = stage == "." || expected == E::Sent;
                assert_eq!(!heard.messages.is_empty(), reached_dot, "{stage} {reply}: {heard:?}");
                assert_eq!(!marks.is_empty(), reached_dot, "{stage} {reply}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 72);
}

#[test]
fn a_reply_that_fits_no_command_sends_nothing_and_decides_nothing() {
    for stage in ["EHLO", "MAIL", "RCPT", "DATA"] {
        let (found, heard, _) = attempt(Script::default().on(stage, Act::say("334 what?")));
        assert_eq!(found, Expect::Attempt(ErrorCode::NETWORK_ERROR), "{stage}");
        assert!(heard.messages.is_empty(), "{stage}");
    }
    let (found, _, marks) = attempt(Script::default().on(".", Act::say("354 more")));
    assert_eq!((found, marks), (Expect::Doubt, vec![vec![0, 1]]));
}

#[test]
fn each_of_three_recipients_has_an_outcome_of_its_own() {
    let replies = [("250 2.1.5 ok", "sent"), ("451 4.2.0 later", "retry"), ("550 5.1.1 nobody", "refused")];
    let mut count = 0;
    for pipelining in [true, false] {
        for number in 0..27 {
            let chosen = [number % 3, number / 3 % 3, number / 9].map(|index| replies[index]);
            let script = Script::default();
            let script = if pipelining { script } else { script.without("PIPELINING") };
            let answer = move |line: &str| {
                let index = ["RCPT TO:<a@", "RCPT TO:<b@", "RCPT TO:<c@"]
                    .iter()
                    .position(|start| line.starts_with(start));
                index.map(|index| Act::say(chosen[index].0))
            };
            let server = Server::start(Script { answer: Arc::new(answer), ..script });
            let host = Arc::new(Host::plain(server.port));
            let logon = host.logon();
            let outcomes = logon
                .submit_message(&message(&["a@example.com", "b@example.com", "c@example.com"]), 1)
                .unwrap();
            assert_eq!(words(&outcomes), chosen.map(|(_, word)| word), "{number}");
            let taken: Vec<u32> = (0..3).filter(|row| chosen[*row as usize].1 == "sent").collect();
            let marks = host.marks.lock().unwrap().clone();
            assert_eq!(marks, if taken.is_empty() { vec![] } else { vec![taken.clone()] }, "{number}");
            for outcome in &outcomes {
                let (reply, word) = chosen[outcome.row_id as usize];
                let expected = if word == "sent" { "250 2.0.0 queued as 1" } else { reply };
                assert_eq!(outcome.reply, expected);
                if word == "refused" {
                    assert_eq!(outcome.state, RecipientState::Refused(ErrorCode::NOT_FOUND));
                }
            }
            // The next message is not disturbed by the one before.
            let again = logon.submit_message(&message(&["x@example.com"]), 2).unwrap();
            assert_eq!(words(&again), ["sent"]);
            logon.logoff().unwrap();
            let heard = server.end();
            assert_eq!(heard.messages.len(), 1 + usize::from(!taken.is_empty()), "{number}");
            count += 1;
        }
    }
    assert_eq!(count, 54);
}

#[test]
fn a_text_that_nobody_takes_is_not_sent_even_where_the_server_asks_for_it() {
    let script = Script::default().on("RCPT", Act::say("550 5.1.1 nobody"));
    let (found, heard, marks) = attempt(script);
    assert_eq!((found, marks), (Expect::Refused, vec![]));
    assert!(heard.messages.is_empty() && heard.pieces.iter().all(Vec::is_empty), "{heard:?}");
    assert!(heard.commands.contains(&"DATA".to_owned()), "it was pipelined");
}
