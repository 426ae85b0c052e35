//! Logging on: which way, what is said, and that a password is nowhere but on the encrypted wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Host, message, words};
use mapi_defs::ErrorCode;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::settings::{
    AUTHORITIES, HOST, MECHANISM, PASSWORD, PASSWORD_COMMAND, SECURITY, TOKEN_COMMAND, USER,
};
use mapi_smtp::{SmtpService, SmtpTransport};
use mapi_spi::provider::service::ServiceContext;
use mapi_spi::provider::transport::XpProvider;
use mapi_testkit::certificates::Authority;
use mapi_testkit::service::service_entry;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Nobody may see this.
const CANARY: &str = "canary-4711-Xy";
/// The forms in which it is sent: by LOGIN, and by PLAIN for the user `ann`.
const LOGIN_FORM: &str = "Y2FuYXJ5LTQ3MTEtWHk=";
const PLAIN_FORM: &str = "AGFubgBjYW5hcnktNDcxMS1YeQ==";
/// `user=ann^Aauth=Bearer canary-4711-Xy^A^A`.
const TOKEN_FORM: &str = "dXNlcj1hbm4BYXV0aD1CZWFyZXIgY2FuYXJ5LTQ3MTEtWHkBAQ==";

type Setting = (PropTag, PropValue);

struct World {
    _folder: tempfile::TempDir,
    file: PathBuf,
    config: Arc<rustls::ServerConfig>,
}

/// What one attempt left behind for people to read: the answer, the status rows and the log.
struct Left {
    sent: bool,
    code: Option<ErrorCode>,
    text: String,
    heard: Heard,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("test");
        let (file, config) = (authority.save(folder.path()), authority.server(&["localhost"]));
        Self { _folder: folder, file, config }
    }

    fn script(&self, offer: &str) -> Script {
        Script::default().implicit(&self.config).offering(offer)
    }

    fn host(&self, port: u16, settings: &[Setting]) -> Host {
        let mut host = Host::plain(port);
        host.section.set(HOST, "localhost");
        host.section.set(SECURITY, "tls");
        host.section.set(AUTHORITIES, self.file.to_str().unwrap());
        host.section.set(USER, "ann");
        for (tag, value) in settings {
            host.section.set(*tag, value.clone());
        }
        host.deadlines = Some(Deadlines::default().scaled(100));
        host
    }

    fn attempt(&self, script: Script, settings: &[Setting]) -> Left {
        let server = Server::start(script);
        let host = Arc::new(self.host(server.port, settings));
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer({
                let log = log.clone();
                move || log.clone()
            })
            .finish();
        let answer = tracing::subscriber::with_default(subscriber, || {
            let logon = host.logon();
            let answer = logon.submit_message(&message(&["bob@example.com"]), 1);
            logon.logoff().unwrap();
            answer
        });
        let (sent, code) = match &answer {
            Ok(outcomes) => (words(outcomes) == ["sent"], None),
            Err(error) => (false, Some(error.code())),
        };
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("connect") || code.is_some(), "the log is on: {log}");
        let text = format!("{answer:?} {:?} {log}", host.status.lock().unwrap());
        Left { sent, code, text, heard: server.end() }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn command(words: &[&str]) -> PropValue {
    PropValue::MvUnicode(words.iter().map(|word| (*word).to_owned()).collect())
}

fn by_password() -> Setting {
    (PASSWORD_COMMAND, command(&["/bin/echo", CANARY]))
}

fn assert_clean(name: &str, text: &str) {
    let utf16: String = CANARY.chars().flat_map(|letter| [letter, '\0']).collect();
    for form in [CANARY, LOGIN_FORM, PLAIN_FORM, TOKEN_FORM, &LOGIN_FORM[..18], &PLAIN_FORM[..26], &utf16] {
        assert!(!text.contains(form), "{name}: {text}");
    }
}

#[test]
fn each_mechanism_says_what_it_should() {
    let world = World::new();
    let plain = format!("AUTH PLAIN {PLAIN_FORM}");
    let token = format!("AUTH XOAUTH2 {TOKEN_FORM}");
    let login = ["AUTH LOGIN", "YW5u", LOGIN_FORM];
    let kept = (PASSWORD, PropValue::Unicode(CANARY.to_owned()));
    let mechanism = |name: &str| (MECHANISM, PropValue::Unicode(name.to_owned()));
    let cases: Vec<(&str, Vec<Setting>, Vec<&str>)> = vec![
        ("AUTH LOGIN PLAIN", vec![by_password()], vec![&plain]),
        ("AUTH LOGIN PLAIN", vec![kept.clone()], vec![&plain]),
        ("AUTH LOGIN XOAUTH2", vec![by_password()], login.to_vec()),
        ("AUTH LOGIN PLAIN", vec![kept, mechanism("LOGIN")], login.to_vec()),
        ("AUTH=LOGIN PLAIN", vec![by_password(), mechanism("plain")], vec![&plain]),
        ("AUTH PLAIN XOAUTH2", vec![(TOKEN_COMMAND, command(&["/bin/echo", CANARY]))], vec![&token]),
    ];
    for (offer, settings, said) in cases {
        let left = world.attempt(world.script(offer), &settings);
        assert!(left.sent, "{offer}: {}", left.text);
        assert_eq!(left.heard.commands[1..=said.len()], said, "{offer}");
        assert_clean(offer, &left.text);
    }
}

#[test]
fn a_refused_login_keeps_the_message_and_shows_codes_alone() {
    let world = World::new();
    let echoed = format!("535 5.7.8 {CANARY} {LOGIN_FORM} {PLAIN_FORM} {TOKEN_FORM} is wrong");
    let asks = format!("334 {CANARY}");
    let token = || (TOKEN_COMMAND, command(&["/bin/echo", CANARY]));
    for (name, script, settings) in [
        ("PLAIN", world.script("AUTH PLAIN").on("AUTH", Act::say(&echoed)), by_password()),
        ("LOGIN", world.script("AUTH LOGIN").on(LOGIN_FORM, Act::say(&echoed)), by_password()),
        ("XOAUTH2", world.script("AUTH XOAUTH2").on("AUTH", Act::say(&echoed)), token()),
        ("later", world.script("AUTH PLAIN").on("AUTH", Act::say("454 4.7.0 later")), by_password()),
        ("PLAIN asks", world.script("AUTH PLAIN").on("AUTH", Act::say(&asks)), by_password()),
        ("LOGIN asks forever", world.script("AUTH LOGIN").on(LOGIN_FORM, Act::say(&asks)), by_password()),
    ] {
        let left = world.attempt(script, &[settings]);
        let waits = matches!(left.code, Some(ErrorCode::WAIT | ErrorCode::NETWORK_ERROR));
        assert!(waits && !left.sent, "{name}: {}", left.text);
        assert!(left.heard.messages.is_empty() && !left.heard.verbs().contains(&"MAIL"), "{name}");
        assert_clean(name, &left.text);
    }
    // A token that has run out: the server explains in a question, and refuses after the empty answer.
    let explains = Script {
        answer: Arc::new(|line| match line {
            "" => Some(Act::say("535 5.7.8 expired")),
            line if line.starts_with("AUTH") => Some(Act::say("334 eyJzdGF0dXMiOiI0MDAifQ==")),
            _ => None,
        }),
        ..world.script("AUTH XOAUTH2")
    };
    let left = world.attempt(explains, &[token()]);
    assert!(left.code == Some(ErrorCode::WAIT) && left.text.contains("535 5.7.8"), "{}", left.text);
    assert_eq!(left.heard.commands.last().unwrap(), "");
}

#[test]
fn a_password_that_a_server_repeats_later_is_not_shown() {
    let world = World::new();
    for stage in ["RCPT", "DATA", "."] {
        let said = format!("550 5.1.1 {CANARY}/{LOGIN_FORM}/{PLAIN_FORM}/{TOKEN_FORM}");
        let left = world.attempt(world.script("AUTH PLAIN").on(stage, Act::say(&said)), &[by_password()]);
        assert!(left.text.contains("[redacted]"), "{stage}: {}", left.text);
        assert_clean(stage, &left.text);
    }
}

#[test]
fn a_password_may_be_a_word_of_the_protocol() {
    let world = World::new();
    for word in ["PLAIN", "250", "2", "mx", "AUTH"] {
        let settings = [(PASSWORD_COMMAND, command(&["/bin/echo", word]))];
        let left = world.attempt(world.script("AUTH PLAIN"), &settings);
        assert!(left.sent, "{word}: {}", left.text);
    }
}

#[test]
fn a_secret_that_cannot_be_had_sends_nothing() {
    let world = World::new();
    for (words, why) in [
        (vec!["/nowhere/at/all"], "cannot be started"),
        (vec!["/bin/sh", "-c", "echo canary-4711-Xy; exit 1"], "the command failed"),
        (vec!["/bin/true"], "wrote nothing"),
    ] {
        let left = world.attempt(world.script("AUTH PLAIN"), &[(PASSWORD_COMMAND, command(&words))]);
        assert!(left.code == Some(ErrorCode::WAIT) && left.text.contains(why), "{}", left.text);
        assert_eq!(left.heard.commands, [] as [&str; 0]);
        assert_clean(why, &left.text);
    }
    let left = world.attempt(world.script("AUTH CRAM-MD5 NTLM"), &[by_password()]);
    assert_eq!((left.code, left.heard.verbs()), (Some(ErrorCode::WAIT), vec!["EHLO"]));
}

#[test]
fn a_section_that_makes_no_sense_is_refused_without_repeating_it() {
    let world = World::new();
    let text = |text: &str| PropValue::Unicode(text.to_owned());
    let bad = format!("{CANARY}\r\nx");
    for (tag, value, code) in [
        (SECURITY, text(CANARY), ErrorCode::INVALID_PARAMETER),
        (SECURITY, text("plain"), ErrorCode::INVALID_PARAMETER),
        (MECHANISM, text(CANARY), ErrorCode::INVALID_PARAMETER),
        (MECHANISM, text("xoauth2"), ErrorCode::UNCONFIGURED),
        (PASSWORD, text(&bad), ErrorCode::INVALID_PARAMETER),
        (USER, text(&bad), ErrorCode::INVALID_PARAMETER),
        (HOST, text(&bad), ErrorCode::INVALID_PARAMETER),
        (HOST, text("a b"), ErrorCode::INVALID_PARAMETER),
        (HOST, text(""), ErrorCode::UNCONFIGURED),
        (mapi_smtp::settings::HELLO, text("a> b"), ErrorCode::INVALID_PARAMETER),
        (mapi_smtp::settings::PORT, PropValue::Long(0), ErrorCode::INVALID_PARAMETER),
        (mapi_smtp::settings::PORT, PropValue::Long(65536), ErrorCode::INVALID_PARAMETER),
        (AUTHORITIES, text("relative.pem"), ErrorCode::INVALID_PARAMETER),
        (mapi_defs::prop::tags::PR_SMTP_ADDRESS, text("a@b\nc"), ErrorCode::INVALID_PARAMETER),
    ] {
        // Where a command says the password, nobody asks for the kept one.
        let command = (tag != PASSWORD).then(by_password);
        let settings: Vec<Setting> = command.into_iter().chain([(tag, value)]).collect();
        let host = Arc::new(world.host(465, &settings));
        let mut section = host.section.clone();
        let error = service_entry(&SmtpService, ServiceContext::Configure, &mut section).unwrap_err();
        assert_eq!(error.code(), code, "{tag}: {error}");
        assert_eq!(section, host.section);
        let refused = SmtpTransport::default().logon(host, TransportLogonIn::NONE).err().unwrap();
        assert_eq!(refused.code(), ErrorCode::UNCONFIGURED, "{tag}");
        assert_clean("section", &format!("{error:?} {refused:?}"));
    }
    let mut section = world.host(465, &[by_password()]).section;
    service_entry(&SmtpService, ServiceContext::Configure, &mut section).unwrap();
    service_entry(&SmtpService, ServiceContext::Create, &mut mapi_defs::prop::PropList::new()).unwrap();
    let unnamed =
        service_entry(&SmtpService, ServiceContext::Configure, &mut mapi_defs::prop::PropList::new());
    assert_eq!(unnamed.unwrap_err().code(), ErrorCode::UNCONFIGURED);
}
