//! The dialogue without sockets: whatever a server says, in whatever pieces, the session comes to an end,
//! keeps its password until the bytes are encrypted, and believes nothing but a reply to its final dot.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_smtp::address::Address;
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::dot::Content;
use mapi_smtp::session::{
    Envelope, Fault, Login, Mechanism, Opening, Protocol, Security, Session, Stage, Step, Verdict,
};
use mapi_vault::Secret;
use proptest::prelude::*;
use std::time::{Duration, Instant};

const CANARY: &str = "canary-4711-Xy";

/// What a server says next.
#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Bytes(Vec<u8>),
    /// The deadline passes.
    Nothing,
    /// The connection ends.
    End,
}

fn said() -> impl Strategy<Value = Said> {
    let usual = prop_oneof![
        8 => Just("250 2.0.0 ok\r\n"),
        4 => Just("220 hello\r\n"),
        4 => Just("354 go on\r\n"),
        3 => Just("235 2.7.0 welcome\r\n"),
        3 => Just("334 VXNlcm5hbWU6\r\n"),
        6 => Just("250-mx\r\n250-PIPELINING\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250 SIZE 1000\r\n"),
        3 => Just("250-mx\r\n250 AUTH LOGIN\r\n"),
        2 => Just("250 2.1.0 a\r\n250 2.1.5 b\r\n550 5.1.1 c\r\n354 go on\r\n"),
        1 => Just("421 4.3.2 bye\r\n"),
        1 => Just("450 4.2.1 later\r\n"),
        1 => Just("550 5.7.1 no\r\n"),
        1 => Just("250-half\r\n"),
        1 => Just("25"),
    ];
    prop_oneof![
        12 => usual.prop_map(|text| Said::Text(text.to_owned())),
        1 => proptest::collection::vec(any::<u8>(), 1..40).prop_map(Said::Bytes),
        1 => Just(Said::Nothing),
        1 => Just(Said::End),
    ]
}

fn opening(protocol: Protocol, security: Security, mechanism: Option<Mechanism>) -> Opening {
    let login = |mechanism| {
        let secret = Secret::from(CANARY.to_owned());
        Login { user: "ann".to_owned(), secret, mechanism }
    };
    Opening {
        protocol,
        hello: "client.example.org".to_owned(),
        security,
        login: mechanism.map(login),
        deadlines: Deadlines::default(),
    }
}

fn envelope() -> Envelope {
    let address = |text| Address::parse(text).unwrap();
    let recipients = ["b@example.com", "c@example.com", "d@example.com"].map(address).to_vec();
    Envelope { sender: Some(address("ann@example.org")), recipients, dsn: None }
}

fn content() -> Content {
    Content::new(b"Subject: x\r\n\r\n.\r\nbody\r\n".to_vec()).unwrap()
}

/// What was written, and what became of the message where it was begun.
#[derive(Default)]
struct Run {
    clear: Vec<u8>,
    encrypted: Vec<u8>,
    verdicts: Option<Vec<Verdict>>,
    is_dot_sent: bool,
    fault: Option<Fault>,
}

fn run(opening: Opening, mut script: impl Iterator<Item = Said>) -> Run {
    let mut now = Instant::now();
    let mut session = Session::new(opening, now);
    let (mut run, mut begun) = (Run::default(), false);
    for _ in 0..400 {
        now += Duration::from_millis(1);
        match session.step() {
            Step::Write => {
                assert!(!session.output().is_empty());
                let log = if session.is_encrypted() { &mut run.encrypted } else { &mut run.clear };
                log.extend_from_slice(session.output());
                session.written(now);
            }
            Step::Handshake => session.encrypted(now),
            Step::Ready if begun => {
                run.verdicts = session.take_verdicts();
                return run;
            }
            Step::Ready => {
                begun = true;
                session.begin(envelope(), content(), now);
            }
            Step::Confirm(taken) => {
                assert!(!taken.is_empty(), "nobody takes it, and yet it would be sent");
                session.send_dot(now);
                run.is_dot_sent = session.step() == Step::Write;
            }
            Step::Read => match script.next().unwrap_or(Said::End) {
                Said::Text(text) => session.receive(text.as_bytes(), now),
                Said::Bytes(bytes) => session.receive(&bytes, now),
                Said::Nothing => {
                    session.expire(session.deadline() - Duration::from_nanos(1));
                    assert_ne!(session.step(), Step::Closed, "not before its time");
                    now = session.deadline();
                    session.expire(now);
                    assert_eq!(session.step(), Step::Closed);
                }
                Said::End => session.disconnect(),
            },
            Step::Closed => {
                run.verdicts = session.take_verdicts();
                run.fault = session.fault().cloned();
                session.receive(b"250 ok\r\n", now);
                assert_eq!(session.step(), Step::Closed);
                assert_eq!(session.output(), b"");
                return run;
            }
        }
    }
    panic!("the dialogue does not end");
}

fn check(run: &Run) {
    for verdict in run.verdicts.iter().flatten() {
        match verdict {
            Verdict::Accepted(reply) => assert!(run.is_dot_sent && reply.is_positive()),
            Verdict::InDoubt(_) => assert!(run.is_dot_sent),
            Verdict::Interrupted(_) => assert!(!run.is_dot_sent),
            Verdict::Refused(stage, reply) => {
                assert!(reply.is_transient() || reply.is_permanent());
                assert!(run.is_dot_sent || *stage != Stage::Finish);
            }
            Verdict::Lacking(_) => {}
        }
    }
    if let Some(verdicts) = &run.verdicts {
        assert_eq!(verdicts.len(), 3);
    }
    let wire = [&run.clear[..], &run.encrypted].concat();
    let ends = wire.windows(5).filter(|five| five == b"\r\n.\r\n").count();
    assert_eq!(ends, usize::from(run.is_dot_sent));
    let clear = String::from_utf8(run.clear.clone()).unwrap();
    for form in [CANARY, "Y2FuYXJ5LTQ3MTEtWH", "AGFubgBjYW5hcnktNDcxMS", "AUTH"] {
        assert!(!clear.contains(form), "{clear}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_server_gets_more_than_it_should(
        script in proptest::collection::vec(said(), 0..14),
        protocol in prop_oneof![Just(Protocol::Smtp), Just(Protocol::Lmtp)],
        security in prop_oneof![
            Just(Security::Implicit), Just(Security::StartTls), Just(Security::Opportunistic), Just(Security::Plain)
        ],
        mechanism in prop_oneof![
            Just(None), Just(Some(Mechanism::Password)), Just(Some(Mechanism::Plain)),
            Just(Some(Mechanism::Login)), Just(Some(Mechanism::XOAuth2))
        ],
    ) {
        let required = security == Security::StartTls;
        let run = run(opening(protocol, security, mechanism), script.into_iter());
        check(&run);
        if required {
            let clear = String::from_utf8(run.clear.clone()).unwrap();
            prop_assert!(!clear.contains("MAIL"), "{}", clear);
        }
    }

    /// A server in order, its bytes in pieces of any size: always the same end.
    #[test]
    fn pieces_of_replies_make_no_difference(cuts in proptest::collection::vec(1_usize..9, 1..60)) {
        let wire = "220 a\r\n|250-mx\r\n250 PIPELINING\r\n|250 2.1.0 a\r\n250 2.1.5 b\r\n550 5.1.1 c\r\n250 2.1.5 d\r\n354 go\r\n|250-2.0.0 done\r\n250 2.0.0 really\r\n";
        let mut script = Vec::new();
        let mut cuts = cuts.into_iter().cycle();
        for group in wire.split('|') {
            let mut rest = group;
            while !rest.is_empty() {
                let (piece, next) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                script.push(Said::Text(piece.to_owned()));
                rest = next;
            }
        }
        let run = run(opening(Protocol::Smtp, Security::Plain, None), script.into_iter());
        check(&run);
        let verdicts = run.verdicts.unwrap();
        prop_assert!(matches!(verdicts[0], Verdict::Accepted(_)) && matches!(verdicts[2], Verdict::Accepted(_)));
        prop_assert!(matches!(verdicts[1], Verdict::Refused(Stage::Rcpt, _)));
    }
}

/// The deadlines are those of RFC 5321, stage by stage.
#[test]
fn each_stage_has_its_own_deadline() {
    let mut now = Instant::now();
    let mut session = Session::new(opening(Protocol::Smtp, Security::Plain, None), now);
    let minutes = |session: &Session, now: Instant| (session.deadline() - now).as_secs() / 60;
    let mut seen = Vec::new();
    for reply in
        ["220 a\r\n", "250 a\r\n", "250 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n", "354 go\r\n", ""]
    {
        loop {
            match session.step() {
                Step::Write => {
                    session.written(now);
                }
                Step::Ready if seen.len() == 2 => session.begin(envelope(), content(), now),
                Step::Confirm(_) => {
                    seen.push(minutes(&session, now));
                    session.send_dot(now);
                }
                _ => break,
            }
        }
        seen.push(minutes(&session, now));
        now += Duration::from_secs(1);
        session.receive(reply.as_bytes(), now);
    }
    assert_eq!(seen, [5, 5, 5, 5, 5, 5, 2, 3, 10], "greeting, EHLO, MAIL, 3 × RCPT, DATA, text, dot");
}

/// A server that answers each reply just in time is stopped by the limit of the whole.
#[test]
fn a_slow_server_cannot_hold_a_message_for_ever() {
    let mut now = Instant::now();
    let begun = now;
    let mut session = Session::new(opening(Protocol::Smtp, Security::Plain, None), now);
    session.receive(b"220 a\r\n", now);
    session.written(now);
    session.receive(b"250 a\r\n", now);
    session.begin(envelope(), content(), now);
    session.written(now);
    let mut replies = 0;
    while session.step() != Step::Closed && replies < 1000 {
        match session.step() {
            Step::Write => session.written(now),
            _ => {
                now += Duration::from_secs(4 * 60);
                session.expire(now);
                session.receive(b"250-more\r\n", now);
                replies += 1;
            }
        }
    }
    assert!(now - begun <= Duration::from_secs(60 * 60), "{:?}", now - begun);
    assert!(matches!(session.fault(), Some(Fault::Timeout(Stage::Mail))));
}
