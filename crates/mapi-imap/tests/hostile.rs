//! Servers that lie, stall, flood and forge: the dialogues end with a clear fault, and nothing secret was said.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_imap::connection::Connection;
use mapi_imap::{Deadlines, Dialogue, Fault, Opening, Stage, Step, imap, pop3};
use mapi_testkit::certificates::Authority;
use mapi_vault::Secret;
use mapi_wire::{Endpoint, Login, Mechanism, Security, Tls};
use proptest::prelude::*;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse";
/// The password as PLAIN and LOGIN say it.
const CODED: [&str; 2] = ["AGFubgBjb3JyZWN0IGhvcnNl", "Y29ycmVjdCBob3JzZQ"];

fn opening(security: Security, mechanism: Mechanism, deadlines: Deadlines) -> Opening {
    let secret = Secret::from(PASSWORD.to_owned());
    Opening { security, login: Some(Login { user: "ann".to_owned(), secret, mechanism }), deadlines }
}

fn imap(security: Security, mechanism: Mechanism) -> imap::Session {
    imap::Session::new(opening(security, mechanism, Deadlines::default()), "INBOX", Instant::now())
}

fn pop3(security: Security, mechanism: Mechanism) -> pop3::Session {
    pop3::Session::new(opening(security, mechanism, Deadlines::default()), Instant::now())
}

/// What was said in the clear, and under encryption.
#[derive(Default)]
struct Heard {
    clear: String,
    hidden: String,
}

/// Speaks until the script is over or the dialogue asks for nothing. `$` in an answer is the tag of the last
/// command.
fn speak(dialogue: &mut dyn Dialogue, is_encrypted: bool, script: &[&str]) -> Heard {
    let (mut heard, mut is_encrypted, mut tag) = (Heard::default(), is_encrypted, String::new());
    let mut script = script.iter();
    for _ in 0..500 {
        match dialogue.step() {
            Step::Write => {
                let said = String::from_utf8_lossy(dialogue.output()).into_owned();
                tag = said.split(' ').next().unwrap_or_default().to_owned();
                let heard = if is_encrypted { &mut heard.hidden } else { &mut heard.clear };
                heard.push_str(&said);
                dialogue.written();
            }
            Step::Handshake => {
                is_encrypted = true;
                dialogue.encrypted(Instant::now());
            }
            Step::Read => match script.next() {
                Some(answer) => dialogue.receive(answer.replace('$', &tag).as_bytes(), Instant::now()),
                None => return heard,
            },
            Step::Ready | Step::Closed => return heard,
        }
    }
    panic!("the dialogue does not end");
}

fn says_secret(said: &str) -> bool {
    [PASSWORD, CODED[0], CODED[1]].iter().any(|form| said.contains(form))
}

const GREETING: &str = "* OK ready\r\n";
const OFFERS: &str = "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN IDLE\r\n$ OK\r\n";

#[test]
fn no_server_talks_a_password_out_of_an_open_line() {
    let bare = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$ OK\r\n";
    let cases: [(Security, &[&str], Fault); 6] = [
        (Security::StartTls, &[GREETING, bare], Fault::TlsNotOffered),
        (Security::StartTls, &["* PREAUTH hello\r\n"], Fault::TlsNotOffered),
        (
            Security::StartTls,
            &[GREETING, OFFERS, "$ NO later\r\n"],
            Fault::Refused(Stage::StartTls, "later".to_owned()),
        ),
        (
            Security::StartTls,
            &[GREETING, OFFERS, "$ OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"],
            Fault::BytesBehindStartTls,
        ),
        (Security::Opportunistic, &[GREETING, bare], Fault::LoginNeedsTls),
        (Security::Opportunistic, &[GREETING, OFFERS, "$ BAD no\r\n"], Fault::LoginNeedsTls),
    ];
    for (security, script, expected) in cases {
        let mut session = imap(security, Mechanism::Password);
        let heard = speak(&mut session, false, script);
        assert_eq!(session.fault(), Some(&expected), "{script:?}");
        assert!(!says_secret(&heard.clear) && heard.hidden.is_empty(), "{script:?}");
    }
    let cases: [(Security, &[&str], Fault); 3] = [
        (Security::StartTls, &["+OK\r\n", "+OK\r\nUSER\r\n.\r\n"], Fault::TlsNotOffered),
        (
            Security::StartTls,
            &["+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n+OK more\r\n"],
            Fault::BytesBehindStartTls,
        ),
        (Security::Opportunistic, &["+OK\r\n", "-ERR\r\n"], Fault::LoginNeedsTls),
    ];
    for (security, script, expected) in cases {
        let mut session = pop3(security, Mechanism::Password);
        let heard = speak(&mut session, false, script);
        assert_eq!(session.fault(), Some(&expected), "{script:?}");
        assert!(!says_secret(&heard.clear), "{script:?}");
    }
}

#[test]
fn every_login_is_said_as_it_is_offered() {
    let log_on = |mechanism, offers: &str, rest: &[&str]| {
        let offers = format!("* CAPABILITY IMAP4rev1 {offers}\r\n$ OK\r\n");
        let script: Vec<&str> = [GREETING, &offers].into_iter().chain(rest.iter().copied()).collect();
        let mut session = imap(Security::Implicit, mechanism);
        let heard = speak(&mut session, true, &script);
        (heard.hidden, session.fault().cloned())
    };
    let (said, fault) = log_on(Mechanism::Password, "AUTH=PLAIN", &["+ \r\n"]);
    assert!(said.contains(&format!("AUTHENTICATE PLAIN\r\n{}", CODED[0])) && fault.is_none(), "{said}");
    let (said, _) = log_on(Mechanism::Login, "AUTH=LOGIN", &["+ \r\n", "+ \r\n"]);
    assert!(said.ends_with("YW5u\r\nY29ycmVjdCBob3JzZQ==\r\n"), "{said}");
    let (said, _) = log_on(Mechanism::Password, "", &[]);
    assert!(said.ends_with("LOGIN \"ann\" \"correct horse\"\r\n"), "{said}");
    let token = "dXNlcj1hbm4BYXV0aD1CZWFyZXIgY29ycmVjdCBob3JzZQEB";
    let (said, fault) =
        log_on(Mechanism::XOAuth2, "AUTH=XOAUTH2", &["+ \r\n", "+ eyJzdGF0dXMi\r\n", "m2 NO\r\n"]);
    assert!(said.ends_with(&format!("{token}\r\n\r\n")), "a refusal is answered by an empty line: {said}");
    assert_eq!(fault, Some(Fault::LoginRefused));
    let (_, fault) = log_on(Mechanism::Plain, "LOGINDISABLED", &[]);
    assert_eq!(fault, Some(Fault::NoMechanism));
    let (_, fault) = log_on(Mechanism::Password, "AUTH=PLAIN", &["+ \r\n", "+ again\r\n"]);
    assert!(matches!(fault, Some(Fault::Broken(Stage::Login, _))), "asked for ever: {fault:?}");
}

/// A session with an open mailbox of so many messages.
fn opened(exists: u32) -> imap::Session {
    let mut session = imap(Security::Implicit, Mechanism::Password);
    let examined = format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n$ OK done\r\n");
    let script = [GREETING, OFFERS, "+ \r\n", "m2 OK in\r\n", OFFERS, &examined];
    speak(&mut session, true, &script);
    assert_eq!((session.step(), session.uid_validity()), (Step::Ready, Some(7)));
    session
}

#[test]
fn what_is_too_much_or_makes_no_sense_ends_the_dialogue() {
    let long = format!("* OK {}\r\n", "x".repeat(70_000));
    let literals = format!("* 1 FETCH (UID 1 BODY[] {}", "{0}\r\n".repeat(20));
    let nested = format!("* 1 FETCH {}\r\n", "(".repeat(2000));
    let cases: [(&str, Fault); 8] = [
        (&long, Fault::Broken(Stage::List, "a line is too long")),
        (&long[..69_000], Fault::Broken(Stage::List, "a line is too long")),
        ("* OK a\0b\r\n", Fault::Broken(Stage::List, "a line holds a NUL")),
        ("* 1 FETCH (UID 1 BODY[] {4294967295}\r\n", Fault::TooBig),
        ("* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\n", Fault::TooBig),
        (&literals, Fault::Broken(Stage::List, "too many literals")),
        (&nested, Fault::Broken(Stage::List, "parentheses are nested too deep")),
        ("m99 OK\r\n", Fault::Broken(Stage::List, "an answer to a command that was not given")),
    ];
    for (answer, expected) in cases {
        let mut session = opened(1);
        session.list(1, Instant::now());
        speak(&mut session, true, &[answer]);
        assert_eq!(session.fault(), Some(&expected), "{:.60}", answer);
    }
    // What nobody asked for is passed over; what is not of the mailbox is not believed.
    let mut session = opened(2);
    session.list(5, Instant::now());
    let answer = "* XYZZY (1 2\r\n* 9 FETCH (FLAGS ())\r\n* 1 FETCH (UID 4 RFC822.SIZE 3)\r\n* 2 FETCH (UID 5 RFC822.SIZE 3)\r\n* 2 FETCH (UID 5)\r\n* 3 FETCH (UID 0)\r\n$ OK\r\n";
    speak(&mut session, true, &[answer]);
    assert_eq!(session.take_list().iter().map(|one| one.uid).collect::<Vec<_>>(), [5]);
    let mut session = opened(1);
    session.fetch(&[1], Instant::now());
    speak(&mut session, true, &["* BYE going down\u{1b}[31m\r\n"]);
    assert_eq!(session.fault(), Some(&Fault::Refused(Stage::Text, "going down [31m".to_owned())));
}

/// The same of POP3: lines without end, NULs, replies that fit nothing, lists that name what is not there.
#[test]
fn what_pop3_says_too_much_or_without_sense_ends_the_dialogue() {
    const GREETED: [&str; 4] = ["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n"];
    let long = "x".repeat(70_000);
    let ids = format!("+OK\r\n1 {long}\r\n.\r\n");
    for answer in
        [long.as_str(), "+OK a\0b\r\n", "250 fine\r\n", "+ what?\r\n", &ids, "+OK\r\n1 a\0b\r\n.\r\n"]
    {
        let mut session = pop3(Security::Implicit, Mechanism::Password);
        let said: Vec<&str> = GREETED.into_iter().chain([answer]).collect();
        speak(&mut session, true, &said);
        let fault = session.fault();
        assert!(matches!(fault, Some(Fault::Broken(..))), "{:.40}: {fault:?}", answer);
    }
    let mut session = pop3(Security::Implicit, Mechanism::Password);
    speak(&mut session, true, &["+OK\r\n", "-ERR\r\n", "+OK\r\n", "-ERR [AUTH] no\r\n"]);
    assert_eq!(session.fault(), Some(&Fault::LoginRefused));
}

#[test]
fn a_mailbox_without_identity_is_not_read() {
    let mut session = imap(Security::Implicit, Mechanism::Password);
    speak(&mut session, true, &[GREETING, OFFERS, "+ \r\n", "m2 OK\r\n", OFFERS, "* 3 EXISTS\r\n$ OK\r\n"]);
    assert!(matches!(session.fault(), Some(Fault::Broken(Stage::Mailbox, _))), "{:?}", session.fault());
    let mut session = pop3(Security::Implicit, Mechanism::Password);
    speak(&mut session, true, &["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", "-ERR what\r\n"]);
    assert_eq!(session.fault(), Some(&Fault::NoUidl));
}

proptest! {
    #[test]
    fn no_answers_are_fatal(
        security in prop_oneof![Just(Security::Implicit), Just(Security::StartTls), Just(Security::Opportunistic)],
        answers in proptest::collection::vec(prop_oneof![
            Just("$ OK\r\n".to_owned()), Just("+ \r\n".to_owned()), Just("* OK hi\r\n".to_owned()), Just("$ NO\r\n".to_owned()),
            Just("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=LOGIN\r\n$ OK\r\n".to_owned()),
            Just("+OK\r\n".to_owned()), Just("+OK\r\nSTLS\r\nSASL PLAIN\r\n.\r\n".to_owned()), Just("-ERR\r\n".to_owned()), Just(".\r\n".to_owned()),
            "[ -~\r\n]{0,60}", "\\* [0-9]{1,3} FETCH \\((UID [0-9]{1,3}|BODY\\[\\] \\{[0-9]{1,3}\\}\r\n[a-z]{0,9}| ){0,4}\\)\r\n",
        ], 0..25)
    ) {
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        for dialogue in [&mut imap(security, Mechanism::Password) as &mut dyn Dialogue, &mut pop3(security, Mechanism::Password)] {
            let heard = speak(dialogue, security == Security::Implicit, &answers);
            prop_assert!(!says_secret(&heard.clear));
        }
    }

    #[test]
    fn no_octets_are_fatal(octets in proptest::collection::vec(any::<u8>(), 0..600), step in 1_usize..80) {
        let mut sessions: [Box<dyn Dialogue>; 2] = [Box::new(opened(1)), Box::new(pop3(Security::Implicit, Mechanism::Password))];
        for session in &mut sessions {
            octets.chunks(step).for_each(|part| session.receive(part, Instant::now()));
        }
    }
}

/// Serves one connection by `serve`, encrypted from its first byte where there is a certificate.
fn server(
    config: Option<Arc<ServerConfig>>,
    serve: impl FnOnce(&mut dyn Duplex) + Send + 'static,
) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        match config {
            None => serve(&mut stream),
            Some(config) => serve(&mut StreamOwned::new(ServerConnection::new(config).unwrap(), stream)),
        }
    });
    (port, thread)
}

trait Duplex: Read + Write {}
impl Duplex for TcpStream {}
impl Duplex for StreamOwned<ServerConnection, TcpStream> {}

#[test]
fn no_wrong_certificate_is_believed() {
    let authority = Authority::new("tested");
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::new(Some(&authority.save(folder.path()))).unwrap();
    let connect = |host: &str, config: Arc<ServerConfig>| {
        let (port, thread) = server(Some(config), |stream| {
            // Whoever does not believe says nothing; whoever does gets a greeting.
            stream.write_all(b"* BYE you believed\r\n").and_then(|()| stream.flush()).ok();
            await_end(stream);
        });
        let endpoint =
            Endpoint { host: host.to_owned(), port, security: Security::Implicit, tls: Some(tls.clone()) };
        let session = |now| {
            imap::Session::new(
                opening(Security::Implicit, Mechanism::Password, Deadlines::default()),
                "INBOX",
                now,
            )
        };
        let fault = Connection::open(&endpoint, Duration::from_secs(5), session, &|_| Ok(())).err().unwrap();
        thread.join().unwrap();
        fault
    };
    for (what, host, config) in authority.wrong() {
        let fault = connect(host, config);
        assert!(matches!(fault, Fault::Wire(mapi_wire::Fault::Tls(_))), "{what}: {fault}");
    }
    let fault = connect("localhost", authority.server(&["localhost"]));
    assert_eq!(fault, Fault::Refused(Stage::Greeting, "you believed".to_owned()), "the good one is believed");
}

/// Listens until the other side says something or has gone.
fn await_end(stream: &mut dyn Duplex) {
    let heard = stream.read(&mut [0; 16]);
    drop(heard);
}

/// Says this every 20 ms until the other side has gone.
fn again(stream: &mut dyn Duplex, said: &[u8]) {
    let pause = Duration::from_millis(20);
    while stream.write_all(said).is_ok() {
        std::thread::park_timeout(pause);
    }
}

#[test]
fn silence_and_dripping_end_in_time() {
    let deadlines = Deadlines {
        reply: Duration::from_millis(300),
        command: Duration::from_millis(900),
        ..Deadlines::default()
    };
    let until = |serve: fn(&mut dyn Duplex)| {
        let (port, thread) = server(None, serve);
        let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port, security: Security::Plain, tls: None };
        let session =
            |now| imap::Session::new(opening(Security::Plain, Mechanism::Password, deadlines), "INBOX", now);
        let begun = Instant::now();
        let fault = Connection::open(&endpoint, Duration::from_secs(5), session, &|_| Ok(())).err().unwrap();
        let took = begun.elapsed();
        thread.join().unwrap();
        assert!(took < Duration::from_secs(5), "{took:?}");
        fault
    };
    let silent = until(await_end);
    assert_eq!(silent, Fault::Timeout(Stage::Greeting));
    let dripping = until(|stream| again(stream, b"*"));
    assert_eq!(dripping, Fault::Timeout(Stage::Greeting));
    let chatting = until(|stream| again(stream, b"* 1 EXISTS\r\n"));
    assert_eq!(chatting, Fault::Timeout(Stage::Greeting), "lines without an end to the command");
    let gone = until(|stream| {
        stream.write_all(b"* OK").ok();
    });
    assert_eq!(gone, Fault::Closed(Stage::Greeting));
}
