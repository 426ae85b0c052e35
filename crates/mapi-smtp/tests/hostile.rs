//! Servers that are silent, slow, broken or hostile: every call ends, and nothing counts as sent that
//! no server said it took.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_defs::prop::tags::PR_BODY;
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::outcome::IN_DOUBT;
use mapi_spi::provider::transport::RecipientState;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The deadlines of RFC 5321 three thousand times shorter: 100 ms for the greeting, 200 ms after the dot.
fn host(port: u16) -> Host {
    Host { deadlines: Some(Deadlines::default().scaled(3000)), ..Host::plain(port) }
}

/// Deadlines that a machine busy with other programs keeps too: 10 s for the greeting.
fn patient(port: u16) -> Host {
    Host { deadlines: Some(Deadlines::default().scaled(30)), ..Host::plain(port) }
}

/// Sends to two; returns the code of the attempt or the outcomes, what the server heard, and the marks.
#[expect(clippy::type_complexity, reason = "three things of one run")]
fn attempt(script: Script) -> (Result<Vec<(&'static str, String)>, (ErrorCode, String)>, Heard, usize) {
    let server = Server::start(script);
    let host = Arc::new(host(server.port));
    let logon = host.logon();
    let begun = Instant::now();
    let answer = logon.submit_message(&message(&["bob@example.com", "eve@example.com"]), 1);
    assert!(begun.elapsed() < Duration::from_secs(5), "the call did not end in time");
    logon.logoff().unwrap();
    let answer = match answer {
        Ok(outcomes) => {
            let said = outcomes.iter().map(|outcome| outcome.reply.clone());
            Ok(words(&outcomes).into_iter().zip(said).collect())
        }
        Err(error) => Err((error.code(), error.detail().to_owned())),
    };
    let marks = host.marks.lock().unwrap().len();
    (answer, server.end(), marks)
}

fn raw(bytes: &[u8]) -> Act {
    Act::Say(bytes.to_vec())
}

#[test]
fn whatever_a_server_does_before_the_dot_sends_nothing() {
    let greeted = |greeting| Script { greeting, ..Script::default() };
    let at = |stage, act| Script::default().on(stage, act);
    let huge = [&b"250 "[..], &[b'a'; 1 << 20]].concat();
    let cases = [
        ("nothing at all", greeted(Act::Silence), "did not answer in time at the greeting"),
        ("an end at once", greeted(Act::Last(Vec::new())), "ended at the greeting"),
        ("an endless greeting by drops", greeted(Act::Drip(b"220-x\r\n".to_vec())), "did not answer in time"),
        ("half a greeting", greeted(Act::Last(b"220 mx.exa".to_vec())), "ended at the greeting"),
        ("another protocol", greeted(raw(b"HTTP/1.1 400 Bad Request\r\n")), "does not begin with a code"),
        ("a greeting and more", greeted(raw(b"220 a\r\n250 b\r\n")), "without being asked"),
        ("line ends of LF", greeted(raw(b"220 a\n")), "does not end in CR and LF"),
        ("an endless reply", at("EHLO", Act::Flood(b"250-x\r\n".repeat(1000))), "the reply is too long"),
        ("a line of 1 MiB", at("EHLO", raw(&huge)), "a line of the reply is too long"),
        ("a NUL", at("EHLO", raw(b"250 a\0b\r\n")), "holds a NUL"),
        ("two codes in one reply", at("EHLO", raw(b"250-a\r\n550 b\r\n")), "different codes"),
        ("an end after EHLO", at("EHLO", Act::Last(b"250 a\r\n".to_vec())), "ended at MAIL"),
        ("silence at EHLO", at("EHLO", Act::Silence), "did not answer in time at EHLO"),
        ("silence at MAIL", at("MAIL", Act::Silence), "did not answer in time at MAIL"),
        ("silence at RCPT", at("RCPT", Act::Silence), "did not answer in time at RCPT"),
        ("silence at DATA", at("DATA", Act::Silence), "did not answer in time at DATA"),
        ("drops at DATA", at("DATA", Act::Drip(b"354-x\r\n".to_vec())), "did not answer in time at DATA"),
        ("an end at DATA", at("DATA", Act::Last(Vec::new())), "ended at DATA"),
        ("thanks in advance", at("DATA", raw(b"354 go on\r\n250 got it\r\n")), "without being asked"),
        ("half of it in advance", at("DATA", raw(b"354 go on\r\n250 go")), "without being asked"),
    ];
    for (name, script, why) in cases {
        let (answer, heard, marks) = attempt(script);
        let (code, detail) = answer.unwrap_err();
        assert_eq!(code, ErrorCode::NETWORK_ERROR, "{name}: {detail}");
        assert!(detail.contains(why), "{name}: {detail}");
        assert!(heard.messages.is_empty(), "{name}: {heard:?}");
        assert!(marks == 0 || name.starts_with("half of it"), "{name}");
    }
}

#[test]
fn whatever_a_server_does_after_the_dot_leaves_the_message_in_doubt() {
    let at = |act| Script::default().on(".", act);
    let cases = [
        ("silence", at(Act::Silence), "did not answer in time at the final dot"),
        ("an end", at(Act::Last(Vec::new())), "ended at the final dot"),
        ("half a reply and an end", at(Act::Last(b"250 2.0".to_vec())), "ended at the final dot"),
        ("a reply that goes on", at(Act::Last(b"250-2.0.0 ok\r\n".to_vec())), "ended at the final dot"),
        ("drops", at(Act::Drip(b"250-x\r\n".to_vec())), "did not answer in time at the final dot"),
        ("an endless reply", at(Act::Flood(b"250-x\r\n".repeat(1000))), "the reply is too long"),
        ("a NUL", at(raw(b"250 o\0k\r\n")), "holds a NUL"),
        ("LF alone", at(raw(b"250 ok\n")), "does not end in CR and LF"),
        ("two codes", at(raw(b"250-ok\r\n550 no\r\n")), "different codes"),
        ("a question", at(raw(b"334 really?\r\n")), "does not fit"),
    ];
    for (name, script, why) in cases {
        let (answer, heard, marks) = attempt(script);
        assert_eq!((heard.messages.len(), marks), (1, 1), "{name}");
        for (word, said) in answer.unwrap() {
            assert_eq!(word, "in doubt", "{name}");
            assert!(said.starts_with(IN_DOUBT) && said.contains(why), "{name}: {said}");
        }
    }
}

#[test]
fn a_refusal_amid_the_text_is_believed_and_ends_the_text() {
    let (answer, heard, marks) =
        attempt(Script::default().on("DATA", raw(b"354 go on\r\n552 5.3.4 too big\r\n")));
    assert_eq!(answer.unwrap().into_iter().map(|(word, _)| word).collect::<Vec<_>>(), ["refused"; 2]);
    assert_eq!((heard.messages.len(), marks), (0, 0));
}

#[test]
fn a_verdict_stands_whatever_comes_behind_it() {
    let (answer, ..) = attempt(Script::default().on(".", raw(b"250 2.0.0 ok\r\n550 5.0.0 no, wait\r\n")));
    assert!(answer.unwrap().iter().all(|(word, _)| *word == "sent"));
}

#[test]
fn a_connection_that_is_cut_at_any_octet_of_the_text_never_counts_as_sent() {
    let mut long = message(&["bob@example.com"]);
    long.props.set(PR_BODY, "A line of text.\r\n.\r\n".repeat(140));
    let whole = {
        let server = Server::start(Script::default());
        let logon = Arc::new(patient(server.port)).logon();
        logon.submit_message(&long, 1).unwrap();
        logon.logoff().unwrap();
        server.end().messages.remove(0)
    };
    assert!(whole.len() > 3000, "{}", whole.len());
    for cut in 0..whole.len() {
        let server = Server::start(Script { cut_after: Some(cut), ..Script::default() });
        let host = Arc::new(patient(server.port));
        let logon = host.logon();
        let answer = logon.submit_message(&long, 1);
        logon.logoff().unwrap();
        match answer {
            Err(error) => assert_eq!(error.code(), ErrorCode::NETWORK_ERROR, "{cut}"),
            Ok(outcomes) => {
                assert_eq!(words(&outcomes), ["in doubt"], "{cut}");
                assert!(outcomes[0].reply.starts_with(IN_DOUBT), "{cut}: {}", outcomes[0].reply);
                assert_eq!(host.marks.lock().unwrap().len(), 1, "{cut}");
            }
        }
        let heard = server.end();
        assert!(heard.messages.is_empty(), "{cut}");
        // The same message, byte for byte, whichever time it is sent: a server can know it again.
        assert_eq!(heard.pieces[0], whole[..cut], "{cut}");
    }
}

#[test]
fn a_mark_that_cannot_be_recorded_keeps_the_message_here() {
    let server = Server::start(Script::default());
    let host = Arc::new(host(server.port));
    *host.refusal.lock().unwrap() = Some(ErrorCode::NOT_ENOUGH_DISK);
    let logon = host.logon();
    let error = logon.submit_message(&message(&["bob@example.com"]), 1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::WAIT, "{error}");
    logon.logoff().unwrap();
    let heard = server.end();
    assert!(heard.messages.is_empty() && heard.pieces.iter().all(Vec::is_empty), "{heard:?}");
}

#[test]
fn a_server_that_is_not_there_says_nothing_against_the_message() {
    let port = Server::start(Script::default()).port;
    let logon = Arc::new(host(port)).logon();
    let error = logon.submit_message(&message(&["bob@example.com"]), 1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NETWORK_ERROR, "{error}");
}

#[test]
fn replies_are_shown_without_what_could_deceive_a_reader() {
    let (answer, ..) =
        attempt(Script::default().on("RCPT", raw("550 5.1.1 \u{1b}[2J\u{202e}no\r\n".as_bytes())));
    for (_, said) in answer.unwrap() {
        assert_eq!(said, "550 5.1.1  [2J no");
    }
    let server = Server::start(Script::default().on("RCPT", raw(b"450 4.2.1 slow\r\n")));
    let logon = Arc::new(host(server.port)).logon();
    let outcomes = logon.submit_message(&message(&["bob@example.com"]), 1).unwrap();
    assert!(
        matches!(outcomes[0].state, RecipientState::RetryAfter(later) if later >= Duration::from_secs(60))
    );
    logon.logoff().unwrap();
}
