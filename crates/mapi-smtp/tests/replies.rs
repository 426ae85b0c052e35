//! Every class of reply at every stage, and every mixture of recipients: what becomes of each.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_spi::provider::transport::RecipientState;
use mapi_testkit::reply_matrix::{Case, Mixture, Says, THREE, mixtures, replies_at_stages};
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
    let wait = Expect::Attempt(ErrorCode::WAIT);
    let broken = Expect::Attempt(ErrorCode::NETWORK_ERROR);
    let cases = replies_at_stages();
    assert_eq!(cases.len(), 72);
    for (number, Case { stage, reply, says, script }) in cases.into_iter().enumerate() {
        let expected = match (says, stage) {
            (Says::Yes, "greeting" | "DATA") => broken,
            (Says::Yes, _) => Expect::Sent,
            (_, "greeting" | "EHLO") => wait,
            (Says::Later, _) => Expect::Retry,
            (Says::No, _) => Expect::Refused,
        };
        let (found, heard, marks) = attempt(script);
        assert_eq!(found, expected, "{number}: {stage} {reply}");
        let reached_dot = stage == "." || expected == Expect::Sent;
        assert_eq!(!heard.messages.is_empty(), reached_dot, "{stage} {reply}: {heard:?}");
        assert_eq!(!marks.is_empty(), reached_dot, "{stage} {reply}");
    }
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
    let all = mixtures();
    assert_eq!(all.len(), 54);
    for (number, Mixture { replies, script }) in all.into_iter().enumerate() {
        let server = Server::start(script);
        let host = Arc::new(Host::plain(server.port));
        let logon = host.logon();
        let outcomes = logon.submit_message(&message(&THREE), 1).unwrap();
        let taken: Vec<u32> = (0..3).filter(|row| replies[*row as usize].1 == Says::Yes).collect();
        let marks = host.marks.lock().unwrap().clone();
        assert_eq!(marks, if taken.is_empty() { vec![] } else { vec![taken.clone()] }, "{number}");
        for (outcome, (reply, says)) in outcomes.iter().zip(replies) {
            let (word, said) = match says {
                Says::Yes => ("sent", "250 2.0.0 queued as 1"),
                Says::Later => ("retry", reply),
                Says::No => ("refused", reply),
            };
            assert_eq!((words(std::slice::from_ref(outcome))[0], outcome.reply.as_str()), (word, said));
            if says == Says::No {
                assert_eq!(outcome.state, RecipientState::Refused(ErrorCode::NOT_FOUND));
            }
        }
        assert_eq!(outcomes.len(), 3, "{number}");
        // The next message is not disturbed by the one before.
        let again = logon.submit_message(&message(&["x@example.com"]), 2).unwrap();
        assert_eq!(words(&again), ["sent"]);
        logon.logoff().unwrap();
        let heard = server.end();
        assert_eq!(heard.messages.len(), 1 + usize::from(!taken.is_empty()), "{number}");
    }
}

#[test]
fn a_text_that_nobody_takes_is_not_sent_even_where_the_server_asks_for_it() {
    let script = Script::default().on("RCPT", Act::say("550 5.1.1 nobody"));
    let (found, heard, marks) = attempt(script);
    assert_eq!((found, marks), (Expect::Refused, vec![]));
    assert!(heard.messages.is_empty() && heard.pieces.iter().all(Vec::is_empty), "{heard:?}");
    assert!(heard.commands.contains(&"DATA".to_owned()), "it was pipelined");
}
