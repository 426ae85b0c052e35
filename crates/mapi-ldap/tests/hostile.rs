//! What a server may do that keeps to no rule: each has a code, and an end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod host;
mod server;

use host::{code, contents, logon, logon_within, names, open, plain, resolve, short};
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::{PR_ACCOUNT, PR_COMPANY_NAME, PR_DISPLAY_NAME, PR_ENTRYID, PR_SMTP_ADDRESS};
use mapi_defs::{EntryId, ErrorCode};
use mapi_ldap::deadlines::Deadlines;
use mapi_ldap::settings::{BASE, PASSWORD, PASSWORD_COMMAND, REFERRALS, SECURITY, USER};
use mapi_spi::address_book::Resolution;
use mapi_spi::provider::address_book::AbLogon;
use server::{Reply, Request, Server, done, entry, page, reference, referral, result};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ANN: &[u8] = b"cn=Ann,dc=example,dc=org";
const PERSON: (&str, &[&str]) = ("objectClass", &["inetOrgPerson"]);

/// Answers the first question, what the server is, and leaves the others to the test.
fn directory(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Server, Arc<dyn AbLogon>) {
    let server = Server::start(move |request| match request.says("namingContexts") {
        true => Reply::Say(done(request.id)),
        false => answer(request),
    });
    let logon = logon(plain(server.port)).unwrap();
    (server, logon)
}

fn ann(id: u32) -> Vec<u8> {
    entry(id, ANN, &[PERSON, ("cn", &["Ann"]), ("mail", &["ann@example.org"])])
}

/// What the logon answers where the server says this first.
fn refused(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> ErrorCode {
    let server = Server::start(answer);
    let began = Instant::now();
    let code = code(logon_within(plain(server.port), short()));
    assert!(began.elapsed() < Duration::from_secs(5));
    code
}

#[test]
fn what_is_no_directory_is_refused_at_the_logon() {
    let say = |bytes: &'static [u8]| move |_: &Request| Reply::Say(bytes.to_vec());
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(),
        b"\x30\x80\x02\x01\x01",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x05\x02\x01\x01\x65\x00",
        b"\x30\x0c\x02\x01\x09\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    ] {
        assert_eq!(refused(say(bytes)), ErrorCode::CORRUPT_DATA, "{bytes:x?}");
    }
    assert_eq!(refused(|_| Reply::Silence), ErrorCode::TIMEOUT);
    assert_eq!(refused(say(b"\x30\x84\x00\xff")), ErrorCode::TIMEOUT, "more is waited for, not believed");
    assert_eq!(refused(|request| Reply::Drip(done(request.id).repeat(50))), ErrorCode::TIMEOUT);
    assert_eq!(refused(|_| Reply::End(Vec::new())), ErrorCode::NETWORK_ERROR);
    let farewell = |_: &Request| Reply::Say(result(0, 24, 52, "closing\r\nnow"));
    assert_eq!(refused(farewell), ErrorCode::NETWORK_ERROR);
    // Messages that may come between, and never end.
    let between = |request: &Request| Reply::Forever(reference(request.id, "ldap://x/").repeat(50));
    assert!([ErrorCode::TIMEOUT, ErrorCode::TABLE_TOO_BIG].contains(&refused(between)));
    // Nobody is there at all.
    let port = Server::start(|_| Reply::Silence).port;
    assert_eq!(code(logon(plain(port))), ErrorCode::NETWORK_ERROR);
}

#[test]
fn nothing_is_said_before_tls_and_nothing_believed() {
    let secured = |answer: fn(&Request) -> Reply| {
        let server = Server::start(answer);
        let mut section = plain(server.port);
        section.remove(SECURITY.id());
        section.set(USER, "cn=me,dc=example,dc=org");
        section.set(PASSWORD, "canary-4711");
        let code = code(logon_within(section, short()));
        let heard = server.heard();
        assert!(heard.iter().all(|request| request.operation == 23), "{heard:?}");
        assert!(!heard.is_empty() && heard.iter().all(|request| !request.says("canary")));
        code
    };
    let refuses = |request: &Request| Reply::Say(result(request.id, 24, 2, "no TLS here"));
    assert_eq!(secured(refuses), ErrorCode::LOGON_FAILED);
    let more = |request: &Request| {
        Reply::Say([result(request.id, 24, 0, ""), result(request.id + 1, 1, 0, "")].concat())
    };
    assert_eq!(secured(more), ErrorCode::CORRUPT_DATA, "somebody between says more than it may");
    let garbage = |request: &Request| Reply::End([&result(request.id, 24, 0, "")[..], b""].concat());
    assert_eq!(secured(garbage), ErrorCode::NETWORK_ERROR);
    assert_eq!(secured(|request| Reply::Say(result(request.id, 24, 0, ""))), ErrorCode::TIMEOUT);
    assert_eq!(secured(|request| Reply::Say(done(request.id))), ErrorCode::CORRUPT_DATA);

    // Where STARTTLS is taken if it is offered, a password is not.
    let server = Server::start(refuses);
    let mut section = plain(server.port);
    section.set(SECURITY, "opportunistic");
    section.set(USER, "cn=me");
    let command = ["/bin/echo", "canary-4711"].map(str::to_owned).to_vec();
    section.set(PASSWORD_COMMAND, PropValue::MvUnicode(command));
    assert_eq!(code(logon_within(section, short())), ErrorCode::LOGON_FAILED);
    assert!(server.heard().iter().all(|request| request.operation == 23));
}

#[test]
fn every_result_has_its_code() {
    for (said, expected) in [
        (1, ErrorCode::CALL_FAILED),
        (2, ErrorCode::CALL_FAILED),
        (3, ErrorCode::TIMEOUT),
        (8, ErrorCode::NO_ACCESS),
        (10, ErrorCode::NOT_FOUND),
        (12, ErrorCode::NO_SUPPORT),
        (13, ErrorCode::NO_ACCESS),
        (18, ErrorCode::TOO_COMPLEX),
        (32, ErrorCode::NOT_FOUND),
        (50, ErrorCode::NO_ACCESS),
        (51, ErrorCode::BUSY),
        (52, ErrorCode::NETWORK_ERROR),
        (53, ErrorCode::NO_SUPPORT),
        (80, ErrorCode::CALL_FAILED),
        (i64::MAX, ErrorCode::CALL_FAILED),
        (-1, ErrorCode::CALL_FAILED),
    ] {
        let text = "why\r\n\u{1b}[31mnot ".repeat(100);
        let (_server, logon) = directory(move |request| Reply::Say(result(request.id, 5, said, &text)));
        let error = resolve(&*logon, "ann").unwrap_err();
        assert_eq!(error.code(), expected, "{said}");
        assert!(error.detail().len() < 300 && !error.detail().contains(char::is_control), "{error}");
        assert_eq!(code(names(&*contents(&*logon))), expected, "{said}");
    }
    let (_server, logon) =
        directory(|request| Reply::Say([ann(request.id), result(request.id, 5, 4, "")].concat()));
    assert_eq!(code(names(&*contents(&*logon))), ErrorCode::TABLE_TOO_BIG, "never a part of it");
    let (flag, found) = resolve(&*logon, "ann").unwrap();
    assert_eq!(
        (flag, found.address()),
        (Resolution::Resolved, Some("ann@example.org")),
        "one in full among many"
    );
    assert_eq!(
        resolve(&*logon, "a").unwrap().0,
        Resolution::Resolved,
        "that is all who are called so in full"
    );
}

#[test]
fn answers_without_an_end_have_one() {
    let (_server, logon) = directory(|request| Reply::Forever(ann(request.id).repeat(100)));
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::TABLE_TOO_BIG, "more than were asked for");
    assert_eq!(code(names(&*contents(&*logon))), ErrorCode::TABLE_TOO_BIG);
    let (_server, logon) = directory(|request| Reply::Say(page(request.id, b"next")));
    assert_eq!(code(names(&*contents(&*logon))), ErrorCode::CORRUPT_DATA, "pages without an entry");
    let large = "x".repeat(8 << 20);
    let (_server, logon) = directory(move |request| {
        let much = entry(request.id, ANN, &[PERSON, ("description", &[&large])]);
        Reply::Say([much.repeat(12), done(request.id)].concat())
    });
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::TABLE_TOO_BIG, "too many octets");
}

#[test]
fn entries_that_lie_do_no_harm() {
    let (_server, logon) = directory(|request| {
        let odd = entry(
            request.id,
            b"cn=x\r\ny,dc=example,dc=org",
            &[
                PERSON,
                ("cn", &["Ann\r\nBcc: eve@example.org\0\u{202e}"]),
                ("mail", &["<eve@example.org>", "a@b\r\nRCPT TO:<eve@example.org>"]),
            ],
        );
        let nameless = entry(request.id, b"", &[PERSON, ("cn", &["Nobody"])]);
        let elsewhere = reference(request.id, "ldap://127.0.0.1:9/");
        match request.says("cn=x") {
            true => Reply::Say([odd, done(request.id)].concat()),
            false => Reply::Say([odd, nameless, elsewhere, done(request.id)].concat()),
        }
    });
    assert_eq!(names(&*contents(&*logon)).unwrap(), ["Ann  Bcc: eve@example.org"]);
    let (flag, odd) = resolve(&*logon, "ann").unwrap();
    assert_eq!(flag, Resolution::Resolved);
    assert_eq!(odd.props.text(PR_SMTP_ADDRESS), None);
    let id = EntryId::from_bytes(odd.props.binary(PR_ENTRYID).unwrap());
    let shown = open(&*logon, &id).unwrap().props(Some(&[PR_DISPLAY_NAME])).unwrap();
    assert_eq!(shown[0].value.as_text(), Some("Ann  Bcc: eve@example.org"));

    let not_text =
        |request: &Request| Reply::Say([entry(request.id, b"cn=\xff", &[PERSON]), done(request.id)].concat());
    let (_server, logon) = directory(not_text);
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::CORRUPT_DATA);
    // An answer to another question.
    let (_server, logon) = directory(|request| Reply::Say([ann(request.id + 1), done(request.id)].concat()));
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::CORRUPT_DATA);
    // The same name twice is one row, and two people to choose from.
    let (_server, logon) =
        directory(|request| Reply::Say([ann(request.id), ann(request.id), done(request.id)].concat()));
    assert_eq!(names(&*contents(&*logon)).unwrap(), ["Ann"]);
}

#[test]
fn microsoft_s_directory_is_asked_in_its_own_words() {
    let server = Server::start(|request| match request.says("namingContexts") {
        true => {
            let what = [
                ("defaultNamingContext", &["DC=corp,DC=example"][..]),
                ("supportedCapabilities", &["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670"]),
            ];
            Reply::Say([entry(request.id, b"", &what), done(request.id)].concat())
        }
        false => {
            let ann = entry(
                request.id,
                b"CN=Ann Smith,OU=People,DC=corp,DC=example",
                &[
                    ("objectClass", &["top", "person", "organizationalPerson", "user"]),
                    ("displayName", &["Ann Smith"]),
                    ("sAMAccountName", &["asmith"]),
                    ("mail", &["ann@corp.example"]),
                    ("company", &["Corp"]),
                ],
            );
            let elsewhere = reference(request.id, "ldap://ForestDnsZones.corp.example/DC=x");
            Reply::Say([ann, elsewhere, done(request.id)].concat())
        }
    });
    let mut section = plain(server.port);
    section.remove(BASE.id());
    let logon = logon(section).unwrap();
    let (flag, ann) = resolve(&*logon, "smi").unwrap();
    assert_eq!((flag, ann.address()), (Resolution::Resolved, Some("ann@corp.example")));
    let asked = server.heard().pop().unwrap();
    assert!(
        asked.says("DC=corp,DC=example") && asked.says("anr") && !asked.says("inetOrgPerson"),
        "{asked:?}"
    );
    let id = EntryId::from_bytes(ann.props.binary(PR_ENTRYID).unwrap());
    // The references of its other trees are passed over, and one object is one answer.
    let props = open(&*logon, &id).unwrap().props(Some(&[PR_COMPANY_NAME, PR_ACCOUNT])).unwrap();
    assert_eq!(props[0].value.as_text(), Some("Corp"));
    assert_eq!(props[1].value.as_text(), Some("asmith"));
}

#[test]
fn nobody_is_sent_elsewhere() {
    let elsewhere = Server::start(|_| Reply::Silence);
    let url = format!("ldap://127.0.0.1:{}/dc=example,dc=org", elsewhere.port);
    let told = url.clone();
    let (_server, logon) = directory(move |request| Reply::Say(referral(request.id, &told)));
    let error = resolve(&*logon, "ann").unwrap_err();
    assert_eq!(error.code(), ErrorCode::NOT_FOUND);
    assert!(error.detail().contains("refers"), "{error}");
    let (_server, logon) = directory(move |request| {
        Reply::Say([reference(request.id, &url), ann(request.id), done(request.id)].concat())
    });
    assert_eq!(resolve(&*logon, "ann").unwrap().0, Resolution::Resolved);
    assert!(elsewhere.heard().is_empty());
}

#[test]
fn other_servers_are_asked_where_the_profile_says_so_and_as_nobody() {
    let other = Server::start(|request| match request.says("cn=Ann") || request.says("ann") {
        true => Reply::Say([ann(request.id), done(request.id)].concat()),
        false => Reply::Say(done(request.id)),
    });
    let there = format!("ldap://localhost:{}/ou=there", other.port);
    let (own, told) = (Arc::new(std::sync::OnceLock::new()), there.clone());
    let itself = own.clone();
    let server = Server::start(move |request| {
        let Some(back): Option<&String> = itself.get() else { return Reply::Say(done(request.id)) };
        match request.says("by reference") {
            // To the other, to itself without an end, and to where nobody is asked.
            true => Reply::Say(
                [
                    reference(request.id, &told),
                    reference(request.id, back),
                    reference(request.id, "http://x/"),
                    done(request.id),
                ]
                .concat(),
            ),
            // What has a name is there under the same one.
            false if request.says("cn=Ann,") => {
                Reply::Say(referral(request.id, told.trim_end_matches("ou=there")))
            }
            false => Reply::Say(referral(request.id, &told)),
        }
    });
    let mut section = plain(server.port);
    section.set(REFERRALS, true);
    let logon = logon(section).unwrap();
    own.set(format!("ldap://localhost:{}/", server.port)).unwrap();
    assert_eq!(resolve(&*logon, "ann").unwrap().0, Resolution::Resolved);
    let asked = other.heard();
    assert!(asked.iter().all(|request| request.operation != 0) && asked[0].says("ou=there"), "{asked:?}");
    assert_eq!(names(&*contents(&*logon)).unwrap(), Vec::<String>::new());
    let (_, found) = resolve(&*logon, "ann").unwrap();
    let id = EntryId::from_bytes(found.props.binary(PR_ENTRYID).unwrap());
    assert!(open(&*logon, &id).is_ok(), "what was found there opens there");
    assert_eq!(resolve(&*logon, "by reference").unwrap().0, Resolution::Unresolved, "nobody is asked twice");
}

#[test]
fn referrals_that_lead_on_and_on_end() {
    let port = Arc::new(std::sync::OnceLock::new());
    let (number, own) = (std::sync::atomic::AtomicUsize::new(0), port.clone());
    let server = Server::start(move |request| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match own.get() {
            None => Reply::Say(done(request.id)),
            Some(port) => Reply::Say(referral(request.id, &format!("ldap://localhost:{port}/cn={number}"))),
        }
    });
    let mut section = plain(server.port);
    section.set(REFERRALS, true);
    let logon = logon(section).unwrap();
    port.set(server.port).unwrap();
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::TABLE_TOO_BIG);
    assert!(server.heard().len() < 40);
}

#[test]
fn ranges_of_members_follow_each_other_or_are_refused() {
    const LIST: (&str, &[&str]) = ("objectClass", &["groupOfNames"]);
    let id = |logon: &dyn AbLogon| {
        let mut bytes = vec![0; 4];
        bytes.extend_from_slice(&logon.uids()[0].0);
        bytes.extend_from_slice(b"\x02cn=list,dc=example,dc=org");
        EntryId::from_bytes(bytes)
    };
    let list = |request: &Request, attribute: &str, values: &[&str]| {
        let entry = entry(request.id, b"cn=list,dc=example,dc=org", &[LIST, (attribute, values)]);
        Reply::Say([entry, done(request.id)].concat())
    };
    let person = |request: &Request| match request.says("cn=gone") {
        true => Reply::Say(result(request.id, 5, 32, "")),
        false => Reply::Say([ann(request.id), done(request.id)].concat()),
    };
    let (server, logon) = directory(move |request| match request {
        _ if request.says("member;range=2-*") => {
            list(request, "member;range=2-3", &["cn=gone,dc=a", "cn=gone,dc=b"])
        }
        _ if request.says("member;range=4-*") => list(request, "member;range=4-*", &["cn=gone,dc=c"]),
        _ if request.says("cn=list") => {
            list(request, "member;range=0-1", &["cn=Ann,dc=example,dc=org", "cn=gone,dc=d"])
        }
        _ => person(request),
    });
    let members = logon.expand_list(&id(&*logon)).unwrap();
    assert_eq!(members.len(), 1, "those that are gone are left out");
    assert_eq!(server.heard().iter().filter(|request| request.says("cn=gone")).count(), 4);

    // Ranges that skip members, repeat themselves, or never end.
    for answered in ["member;range=5-9", "member;range=0-0", "member;range=1-1"] {
        let (_server, logon) = directory(move |request| {
            let attribute = if request.says(";range=") { answered } else { "member;range=0-0" };
            list(request, attribute, &["cn=Ann,dc=example,dc=org"])
        });
        assert_eq!(code(logon.expand_list(&id(&*logon))), ErrorCode::CORRUPT_DATA, "{answered}");
    }
    // More members than a list has; and members that are kept back are not left out in silence.
    let many: Vec<String> = (0..10_001).map(|number| format!("cn={number},dc=x")).collect();
    let (_server, logon) = directory(move |request| {
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        list(request, "member", &many)
    });
    assert_eq!(code(logon.expand_list(&id(&*logon))), ErrorCode::TABLE_TOO_BIG);
    let (_server, logon) = directory(move |request| match request.says("cn=list") {
        true => list(request, "member", &["cn=Ann,dc=x", "cn=Bob,dc=x"]),
        false => Reply::Say(result(request.id, 5, 51, "later")),
    });
    assert_eq!(code(logon.expand_list(&id(&*logon))), ErrorCode::BUSY);
}

#[test]
fn a_lost_connection_is_replaced_once_and_a_dead_server_is_not_asked_for_ever() {
    let (server, logon) = directory(|request| match request.connection {
        0 if request.operation == 3 => Reply::End(Vec::new()),
        1 => Reply::Say([ann(request.id), done(request.id)].concat()),
        _ => Reply::End(Vec::new()),
    });
    assert_eq!(resolve(&*logon, "ann").unwrap().0, Resolution::Resolved);
    let connections = || server.heard().iter().map(|request| request.connection).max().unwrap() + 1;
    assert_eq!(connections(), 2);
    assert_eq!(resolve(&*logon, "ann").unwrap().0, Resolution::Resolved, "the second one is kept");
    assert_eq!(connections(), 2);

    let (server, logon) = directory(|_| Reply::End(Vec::new()));
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::NETWORK_ERROR);
    assert_eq!(server.heard().iter().filter(|request| !request.says("namingContexts")).count(), 2);
}

#[test]
fn a_logoff_interrupts_whoever_waits() {
    let (server, logon) = directory(|_| Reply::Silence);
    let waiting = logon.clone();
    let waiter = std::thread::spawn(move || resolve(&*waiting, "ann").unwrap_err().code());
    while server.heard().len() < 2 {
        std::thread::yield_now();
    }
    let began = Instant::now();
    logon.logoff().unwrap();
    assert_eq!(waiter.join().unwrap(), ErrorCode::INVALID_OBJECT);
    assert!(began.elapsed() < Deadlines::default().search / 10);
    logon.logoff().unwrap();
}

#[test]
fn damaged_answers_have_documented_codes() {
    let rounds: u64 = std::env::var("MAPI_LDAP_MUTANTS").map_or(1_000, |count| count.parse().unwrap());
    let server = Server::start(move |request| {
        if request.says("namingContexts") {
            return Reply::Say(done(request.id));
        }
        let mut bytes = [ann(request.id), reference(request.id, "ldap://x/"), page(request.id, b"")].concat();
        // The name that is looked for says which damage is done.
        let text = String::from_utf8_lossy(&request.bytes).into_owned();
        let seed =
            text.split("seed").nth(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
        let mut state: u64 = seed.and_then(|digits: String| digits.parse().ok()).unwrap_or(1);
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..=next(3) {
            let place = next(bytes.len());
            match next(4) {
                0 => bytes[place] = next(256) as u8,
                1 => bytes[place] ^= 1 << next(8),
                2 => drop(bytes.remove(place)),
                _ => bytes.insert(place, next(256) as u8),
            }
        }
        // Whoever waits for more than comes hears of the end.
        Reply::End(bytes)
    });
    let logon = logon(plain(server.port)).unwrap();
    let mut codes = std::collections::BTreeMap::new();
    for seed in 0..rounds {
        let answer = resolve(&*logon, &format!("seed{seed}x")).map(|(flag, _)| flag);
        let known = match answer {
            Ok(flag) => format!("{flag:?}"),
            Err(error) => {
                let documented = [
                    ErrorCode::CORRUPT_DATA,
                    ErrorCode::NETWORK_ERROR,
                    ErrorCode::TABLE_TOO_BIG,
                    ErrorCode::CALL_FAILED,
                ];
                let is_result = error.detail().starts_with("result ") || error.detail().contains("refers");
                assert!(documented.contains(&error.code()) || is_result, "{seed}: {error}");
                error.code().to_string()
            }
        };
        *codes.entry(known).or_insert(0) += 1;
    }
    println!("figure: damaged answers = {rounds}, {codes:?}");
    assert!(codes.len() >= 3, "the damage is seen: {codes:?}");
}
