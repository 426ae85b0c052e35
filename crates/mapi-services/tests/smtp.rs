//! A profile with a mail account: what leaves the machine, what stays on it, and what waits.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi::object::Message;
use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Object, OpenFlags, ProfAdmin, RecipientType, Session};
use mapi_defs::prop::tags::{PR_BODY, PR_SMTP_ADDRESS, PR_SUBJECT};
use mapi_defs::prop::{PropList, PropValue};
use mapi_smtp::settings::{AUTHORITIES, HOST, PASSWORD, PASSWORD_COMMAND, PORT, USER};
use mapi_spi::spooler::recipient_outcome::{REPLY, STATE};
use mapi_testkit::certificates::Authority;
use mapi_testkit::smtp_server::{Act, Script, Server};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    home: Home,
    authorities: PathBuf,
    config: Arc<rustls::ServerConfig>,
    // Dropped after the sessions of a test, before the folder.
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("test");
        let (authorities, config) = (authority.save(folder.path()), authority.server(&["localhost"]));
        let home = Home::at(&folder.path().join("home")).unwrap();
        mapi_services::default_profile(&home).unwrap();
        Self { home, authorities, config, _mapi: mapi, _folder: folder }
    }

    /// A server with TLS from the first byte.
    fn server(&self, script: impl FnOnce(Script) -> Script) -> Server {
        Server::start(script(Script::default().implicit(&self.config).offering("AUTH PLAIN")))
    }

    fn add_account(&self, port: u16) {
        self.add_account_with(port, |_| {});
    }

    fn add_account_with(&self, port: u16, change: impl FnOnce(&mut PropList)) {
        let mut props = PropList::new();
        props.set(HOST, "localhost");
        props.set(PORT, i32::from(port));
        props.set(AUTHORITIES, self.authorities.to_str().unwrap());
        props.set(PR_SMTP_ADDRESS, "ann@example.org");
        props.set(USER, "ann");
        let words = ["/bin/echo", "hunter2"].map(str::to_owned).to_vec();
        props.set(PASSWORD_COMMAND, PropValue::MvUnicode(words));
        change(&mut props);
        let services = ProfAdmin::new(&self.home).unwrap().services("Default").unwrap();
        services.create_service(mapi_services::SMTP, props).unwrap();
    }

    fn send(&self, recipients: &[&str]) -> End {
        let session = Session::logon(LogonOptions::default_profile().home(&self.home)).unwrap();
        let store = session.open_default_store().unwrap();
        let message = store.compose().unwrap();
        message.set(PR_SUBJECT, "Hello").unwrap();
        message.set(PR_BODY, "A line of text.").unwrap();
        for address in recipients {
            message.add_recipient(RecipientType::To, address, address).unwrap();
        }
        message.submit().unwrap();
        let is_empty = session.flush_queues(PATIENCE).unwrap();
        let read = |ids: Vec<mapi::EntryId>| -> Vec<Message> {
            ids.iter().map(|id| store.open_message(id, OpenFlags::NONE).unwrap()).collect()
        };
        let inbox = store.inbox().unwrap().message_ids().unwrap().len();
        let sent = read(store.sent_items().unwrap().message_ids().unwrap());
        let waiting = read(store.outbox().unwrap().message_ids().unwrap());
        let outcomes = sent.iter().chain(&waiting).flat_map(outcomes).collect();
        let end = End { is_empty, inbox, sent: sent.len(), waiting: waiting.len(), outcomes };
        drop((sent, waiting, store));
        session.logoff(LogoffFlags::NONE).unwrap();
        end
    }
}

/// What became of one message.
#[derive(Debug)]
struct End {
    is_empty: bool,
    inbox: usize,
    sent: usize,
    waiting: usize,
    /// State and reply of each recipient.
    outcomes: Vec<(String, String)>,
}

fn outcomes(message: &Message) -> Vec<(String, String)> {
    let text =
        |row: &mapi_defs::recipient::Recipient, tag| row.props.text(tag).unwrap_or_default().to_owned();
    message.recipients().unwrap().iter().map(|row| (text(row, STATE), text(row, REPLY))).collect()
}

#[test]
fn a_message_is_sent_over_tls_with_a_login_and_the_servers_answer_is_kept() {
    let world = World::new();
    let server = world.server(|script| script.on(".", Act::say("250 2.0.0 queued as 4711")));
    world.add_account(server.port);
    let end = world.send(&["bob@example.com", "eve@example.net"]);
    assert!(end.is_empty, "{end:?}");
    assert_eq!((end.inbox, end.sent, end.waiting), (0, 1, 0), "LOCAL leaves mail for others to the account");
    for (state, reply) in &end.outcomes {
        assert!(state == "sent" && reply.contains("250 2.0.0 queued as 4711"), "{end:?}");
    }
    let heard = server.end();
    assert_eq!(heard.verbs(), ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]);
    assert_eq!(heard.commands[1], "AUTH PLAIN AGFubgBodW50ZXIy");
    let text = String::from_utf8(heard.messages[0].clone()).unwrap();
    assert!(text.contains("From: ann@example.org") && text.contains("A line of text."), "{text}");
}

#[test]
fn a_refused_login_leaves_the_message_queued_and_says_why() {
    let world = World::new();
    let server = world.server(|script| script.on("AUTH", Act::say("535 5.7.8 hunter2 is wrong")));
    world.add_account(server.port);
    let end = world.send(&["bob@example.com"]);
    assert!(!end.is_empty, "{end:?}");
    assert_eq!((end.inbox, end.sent, end.waiting), (0, 0, 1), "{end:?}");
    let [(state, reply)] = &end.outcomes[..] else { panic!("{end:?}") };
    assert!(state == "queued", "{end:?}");
    assert!(reply.contains("535 5.7.8") && !reply.contains("hunter2"), "{end:?}");
    assert!(server.end().messages.is_empty());
}

#[test]
fn a_password_that_stays_shut_keeps_the_message_queued_and_says_why() {
    let world = World::new();
    let server = world.server(|script| script);
    world.add_account_with(server.port, |props| {
        props.remove(PASSWORD_COMMAND.id());
        props.set(PASSWORD, "hunter2");
    });
    let aside = world.home.keys().with_extension("aside");
    std::fs::rename(world.home.keys(), &aside).unwrap();
    let end = world.send(&["bob@example.com"]);
    assert_eq!((end.inbox, end.sent, end.waiting), (0, 0, 1), "{end:?}");
    let [(state, reply)] = &end.outcomes[..] else { panic!("{end:?}") };
    assert!(state == "queued" && reply.contains("SMTP is not available"), "{end:?}");
    assert!(reply.contains("its key is not at hand") && !reply.contains("hunter2"), "{end:?}");

    std::fs::rename(&aside, world.home.keys()).unwrap();
    let end = world.send(&["bob@example.com"]);
    assert_eq!((end.inbox, end.waiting), (0, 0), "{end:?}");
    let heard = server.end();
    assert_eq!(heard.commands[1], "AUTH PLAIN AGFubgBodW50ZXIy");
    assert!(!heard.messages.is_empty());
}

#[test]
fn without_an_account_local_keeps_everything_and_with_one_what_is_its_own() {
    let world = World::new();
    let end = world.send(&["bob@example.com"]);
    assert_eq!((end.inbox, end.sent), (1, 1), "{end:?}");
    assert_eq!(end.outcomes[0].0, "local");

    let server = world.server(|script| script);
    world.add_account(server.port);
    let services = ProfAdmin::new(&world.home).unwrap().services("Default").unwrap();
    let rows = services.services();
    let local = rows.iter().find(|row| row.name == mapi_services::LOCAL).unwrap().uid;
    let mut props = PropList::new();
    props.set(mapi_local::ADDRESSES, PropValue::MvUnicode(vec!["me@home.example".to_owned()]));
    services.configure_service(local, props).unwrap();
    let end = world.send(&["bob@example.com", "me@home.example"]);
    assert_eq!((end.inbox, end.sent, end.waiting), (2, 2, 0), "one more each");
    let mut states: Vec<_> = end.outcomes.iter().map(|(state, _)| state.as_str()).collect();
    states.sort_unstable();
    assert_eq!(states, ["local", "local", "sent"], "{end:?}");
    assert_eq!(server.end().messages.len(), 1);
}
