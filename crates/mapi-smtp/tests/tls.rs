//! TLS: when it is required, whom it believes, and what a server can do about it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_defs::prop::PropValue;
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::settings::{AUTHORITIES, HOST, PASSWORD_COMMAND, SECURITY, USER};
use mapi_testkit::certificates::Authority;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nobody may see this.
const CANARY: &str = "canary-4711-Xy";

/// An account that logs on, at a server whose authority is trusted.
fn account(port: u16, security: &str, authorities: &Path) -> Host {
    let mut host = Host::plain(port);
    host.section.set(HOST, "localhost");
    host.section.set(SECURITY, security);
    host.section.set(AUTHORITIES, authorities.to_str().unwrap());
    host.section.set(USER, "ann");
    let command = ["/bin/echo", CANARY].map(str::to_owned).to_vec();
    host.section.set(PASSWORD_COMMAND, PropValue::MvUnicode(command));
    host
}

fn attempt(script: Script, configure: impl FnOnce(u16) -> Host) -> (Result<(), (ErrorCode, String)>, Heard) {
    let server = Server::start(script);
    let host = Arc::new(configure(server.port));
    let logon = host.logon();
    let answer = logon.submit_message(&message(&["bob@example.com"]), 1);
    logon.logoff().unwrap();
    let answer = match answer {
        Ok(outcomes) => {
            assert_eq!(words(&outcomes), ["sent"], "{outcomes:?}");
            Ok(())
        }
        Err(error) => Err((error.code(), error.detail().to_owned())),
    };
    (answer, server.end())
}

#[test]
fn an_encrypted_connection_serves_the_next_message_too() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test");
    let file = authority.save(folder.path());
    let config = authority.server(&["localhost"]);
    let server = Server::start(Script::default().implicit(&config).offering("AUTH PLAIN"));
    let logon = Arc::new(account(server.port, "tls", &file)).logon();
    for reference in 0..5 {
        let outcomes = logon.submit_message(&message(&["bob@example.com"]), reference).unwrap();
        assert_eq!(words(&outcomes), ["sent"]);
    }
    logon.logoff().unwrap();
    let heard = server.end();
    assert_eq!((heard.connections, heard.messages.len()), (1, 5));
    assert_eq!(heard.verbs().iter().filter(|verb| **verb == "AUTH").count(), 1);
}

/// The server heard neither a name nor a message.
fn assert_nothing_told(name: &str, heard: &Heard) {
    for verb in heard.verbs() {
        assert!(["EHLO", "HELO", "STARTTLS", "QUIT"].contains(&verb), "{name}: {heard:?}");
    }
    assert!(heard.messages.is_empty() && heard.pieces.is_empty(), "{name}");
}

#[test]
fn messages_go_out_encrypted_from_the_first_byte_and_by_starttls() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test");
    let file = authority.save(folder.path());
    for config in [authority.server(&["localhost"]), authority.server_below()] {
        let script = Script::default().implicit(&config).offering("AUTH PLAIN");
        let (answer, heard) = attempt(script, |port| account(port, "tls", &file));
        assert_eq!(answer, Ok(()));
        assert_eq!(heard.verbs(), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
        for security in ["starttls", "opportunistic"] {
            let script = Script::default().starttls(&config).offering("AUTH PLAIN");
            let (answer, heard) = attempt(script, |port| account(port, security, &file));
            assert_eq!(answer, Ok(()));
            let expected = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"];
            assert_eq!(heard.verbs(), expected);
        }
    }
}

#[test]
fn a_certificate_that_is_wrong_in_any_way_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test");
    let file = authority.save(folder.path());
    let wrong = authority.wrong();
    assert!(wrong.len() >= 12);
    for (name, asked, config) in wrong {
        for (security, script) in [
            ("tls", Script::default().implicit(&config)),
            ("starttls", Script::default().starttls(&config)),
            ("opportunistic", Script::default().starttls(&config)),
        ] {
            let configure = |port| {
                let mut host = account(port, security, &file);
                host.section.set(HOST, asked);
                host
            };
            let (answer, heard) = attempt(script.offering("AUTH PLAIN LOGIN"), configure);
            let (code, detail) = answer.expect_err(name);
            assert_eq!(code, ErrorCode::NETWORK_ERROR, "{name}: {detail}");
            assert!(detail.contains("certificate"), "{name}: {detail}");
            assert_nothing_told(name, &heard);
        }
    }
}

#[test]
fn a_handshake_that_does_not_come_about_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = Authority::new("test").save(folder.path());
    let record = [0x16, 3, 3, 0x40, 0].to_vec();
    for (name, act) in [
        ("silence", Act::Silence),
        ("another protocol", Act::Last(b"220 here is no TLS\r\n".to_vec())),
        ("an end", Act::Last(Vec::new())),
        ("a record that never ends", Act::Drip(record)),
        ("a flood", Act::Flood(vec![0x16; 4096])),
    ] {
        for security in ["tls", "starttls"] {
            let script = match security {
                "tls" => Script { greeting: act.clone(), ..Script::default() },
                _ => {
                    let act = Act::Both(b"220 go\r\n".to_vec(), Box::new(act.clone()));
                    Script::default().offering("STARTTLS").on("STARTTLS", act)
                }
            };
            let begun = Instant::now();
            let (answer, heard) = attempt(script, |port| {
                let mut host = account(port, security, &file);
                host.deadlines =
                    Some(Deadlines { command: Duration::from_secs(30), ..Deadlines::default().scaled(3000) });
                host
            });
            assert_eq!(answer.expect_err(name).0, ErrorCode::NETWORK_ERROR);
            assert!(begun.elapsed() < Duration::from_secs(5), "{name}");
            assert!(heard.messages.is_empty());
        }
    }
}

#[test]
fn the_authorities_of_the_system_do_not_vouch_for_a_stranger() {
    let authority = Authority::new("test");
    let script = Script::default().implicit(&authority.server(&["localhost"])).offering("AUTH PLAIN");
    let (answer, heard) = attempt(script, |port| {
        let mut host = account(port, "tls", Path::new("/"));
        host.section.remove(AUTHORITIES.id());
        host
    });
    assert_eq!(answer.unwrap_err().0, ErrorCode::NETWORK_ERROR);
    assert_nothing_told("system", &heard);
}

#[test]
fn a_server_that_withholds_starttls_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test");
    let file = authority.save(folder.path());
    let config = authority.server(&["localhost"]);
    let offering = || Script::default().starttls(&config).offering("AUTH PLAIN");
    for (name, script) in [
        ("not offered", offering().without("STARTTLS")),
        ("refused for now", offering().on("STARTTLS", Act::say("454 4.7.0 no TLS now"))),
        ("refused", offering().on("STARTTLS", Act::say("502 5.5.1 what?"))),
        ("no reply", offering().on("STARTTLS", Act::say("hello"))),
        ("an end", offering().on("STARTTLS", Act::last("220 go"))),
        ("no EHLO", offering().on("EHLO", Act::say("502 5.5.1 what?"))),
        ("bytes behind it", offering().on("STARTTLS", Act::say("220 go on\r\n250-x\r\n250 AUTH PLAIN"))),
        ("one byte behind it", offering().on("STARTTLS", Act::Say(b"220 go on\r\n2".to_vec()))),
        ("no handshake", offering().on("STARTTLS", Act::last("220 go on, here is no TLS"))),
    ] {
        let (answer, heard) = attempt(script, |port| account(port, "starttls", &file));
        let (code, detail) = answer.expect_err(name);
        assert!(matches!(code, ErrorCode::NETWORK_ERROR | ErrorCode::WAIT), "{name}: {detail}");
        assert_eq!(
            detail.contains("between STARTTLS and the handshake"),
            name.contains("behind"),
            "{detail}"
        );
        assert_nothing_told(name, &heard);
    }
}

#[test]
fn without_tls_a_message_goes_only_where_that_was_asked_for_and_a_password_never() {
    let folder = tempfile::tempdir().unwrap();
    let file = Authority::new("test").save(folder.path());
    let script = || Script::default().offering("AUTH PLAIN LOGIN");
    let (answer, heard) = attempt(script(), |port| account(port, "opportunistic", &file));
    let (code, detail) = answer.unwrap_err();
    assert!(detail.contains("not encrypted"), "{detail}");
    assert_eq!(code, ErrorCode::NETWORK_ERROR);
    assert_nothing_told("login", &heard);
    let (answer, heard) = attempt(script(), |port| {
        let mut host = account(port, "opportunistic", &file);
        host.section.remove(USER.id());
        host.section.remove(PASSWORD_COMMAND.id());
        host
    });
    assert_eq!(answer, Ok(()));
    assert_eq!(heard.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
}
