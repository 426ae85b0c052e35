//! A message's way from the Outbox to a server: a store, the spooler, and SMTP as the one transport.
//! Nobody gets it twice who said yes, and nobody is forgotten who said "later".
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::Host;
use mapi_defs::EntryId;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::prop::tags::{
    PR_BODY, PR_ENTRYID, PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_SENTMAIL_ENTRYID, PR_SUBJECT,
};
use mapi_defs::prop::{Prop, PropList, PropTag};
use mapi_smtp::SmtpTransport;
use mapi_smtp::outcome::IN_DOUBT;
use mapi_spi::container::Opened;
use mapi_spi::message::ModifyRecipients;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::provider::transport::XpProvider;
use mapi_spi::spooler::{RunningSpooler, Spooler, SpoolerTransport, SpoolerWork, recipient_outcome};
use mapi_spooler::MapiSpooler;
use mapi_testkit::clock::FakeClock;
use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::smtp_server::{Act, Script, Server};
use mapi_testkit::support::RecordingSupport;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than anything takes here; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct Place {
    clock: FakeClock,
    client: Arc<dyn MsgStore>,
    spooler: Arc<dyn RunningSpooler>,
    _kept: (Vec<Arc<dyn MsLogon>>, tempfile::TempDir),
}

fn open(
    provider: &dyn MsProvider,
    clock: &FakeClock,
    spooler: bool,
) -> (Arc<dyn MsLogon>, Arc<dyn MsgStore>) {
    let support = RecordingSupport::new(clock.clone(), PropList::new());
    let (entry_id, flags) = (EntryId::default(), OpenFlags::MODIFY);
    provider.logon(StoreLogon { support, entry_id, flags, is_spooler: spooler }).unwrap()
}

/// A store with a client and a spooler whose one transport is an account at this port.
fn place(port: u16) -> Place {
    let (provider, clock) = (MemoryProvider::new(), FakeClock::default());
    let (client_logon, client) = open(&*provider, &clock, false);
    let (spooler_logon, store) = open(&*provider, &clock, true);
    let support = RecordingSupport::new(clock.clone(), Host::plain(port).section);
    let (logon, flags) = SmtpTransport::default().logon(support, TransportLogonIn::NONE).unwrap();
    let transports = vec![SpoolerTransport::new("SMTP", logon, flags)];
    let folder = tempfile::tempdir().unwrap();
    let work = SpoolerWork {
        store,
        transports,
        lease: folder.path().join("queue.lock"),
        hold_in_doubt: false,
        now: clock.teller(),
    };
    let spooler = MapiSpooler::default().start(work).unwrap();
    Place { clock, client, spooler, _kept: (vec![client_logon, spooler_logon], folder) }
}

impl Place {
    fn submit(&self, addresses: &[&str]) -> EntryId {
        let outbox = EntryId::from_bytes(bytes(&*self.client, PR_IPM_OUTBOX_ENTRYID));
        let Opened::Folder(outbox) = self.client.open_entry(&outbox, OpenFlags::MODIFY).unwrap() else {
            panic!("the Outbox is no folder");
        };
        let message = outbox.create_message(false).unwrap();
        let sent_items = bytes(&*self.client, PR_IPM_SENTMAIL_ENTRYID);
        let props = [
            Prop::new(PR_SUBJECT, "Quarter"),
            Prop::new(PR_BODY, "Figures.\r\n.\r\n"),
            Prop::new(PR_SENTMAIL_ENTRYID, sent_items),
        ];
        assert!(message.set_props(&props).unwrap().is_empty());
        let rows = addresses.iter().map(|address| host::to(0, address)).collect();
        message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = EntryId::from_bytes(bytes(&*message, PR_ENTRYID));
        message.submit().unwrap();
        self.spooler.wake();
        id
    }

    /// What is kept of each recipient.
    fn outcomes(&self, id: &EntryId) -> Vec<(String, String)> {
        let Opened::Message(message) = self.client.open_entry(id, OpenFlags::NONE).unwrap() else {
            panic!("no message");
        };
        let text = |row: &mapi_defs::recipient::Recipient, tag| row.props.text(tag).unwrap().to_owned();
        let kept = |row| (text(row, recipient_outcome::STATE), text(row, recipient_outcome::REPLY));
        message.recipients().unwrap().iter().map(kept).collect()
    }

    /// Lets the spooler's rests pass until the queue is empty.
    fn empty(&self) {
        for _ in 0..20 {
            self.clock.advance(Duration::from_secs(20 * 60));
            if self.spooler.flush(PATIENCE).unwrap() {
                return;
            }
        }
        panic!("the queue does not empty: {:?}", self.spooler.queue());
    }
}

fn bytes(object: &dyn MapiProp, tag: PropTag) -> Vec<u8> {
    object.props(Some(&[tag])).unwrap().remove(0).value.as_binary().unwrap().to_vec()
}

/// Answers `start` so for the first `times` times.
fn at_first(start: &'static str, times: usize, act: Act) -> Script {
    let count = AtomicUsize::new(0);
    let answer = move |line: &str| {
        (line.starts_with(start) && count.fetch_add(1, Ordering::SeqCst) < times).then(|| act.clone())
    };
    Script { answer: Arc::new(answer), ..Script::default() }
}

#[test]
fn whoever_was_put_off_is_tried_again_alone() {
    let later = at_first("RCPT TO:<b@", 2, Act::say("451 4.2.0 later"));
    let answer = move |line: &str| {
        let refused = line.starts_with("RCPT TO:<c@").then(|| Act::say("550 5.1.1 nobody"));
        refused.or_else(|| (later.answer)(line))
    };
    let server = Server::start(Script { answer: Arc::new(answer), ..Script::default() });
    let place = place(server.port);
    let id = place.submit(&["a@example.com", "b@example.com", "c@example.com"]);
    assert!(!place.spooler.flush(PATIENCE).unwrap());
    place.empty();
    assert!(place.spooler.stop(PATIENCE));
    let states: Vec<String> = place.outcomes(&id).into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["sent", "sent", "refused"]);
    drop(place);
    let heard = server.end();
    let asked: Vec<&str> =
        heard.commands.iter().filter_map(|line| line.strip_prefix("RCPT TO:<")?.split('@').next()).collect();
    assert_eq!(asked, ["a", "b", "c", "b", "b"]);
    assert_eq!(heard.messages.len(), 2);
    assert_eq!(heard.messages[0], heard.messages[1]);
}

#[test]
fn a_message_in_doubt_is_sent_again_as_it_was() {
    let server = Server::start(at_first(".", 1, Act::Last(Vec::new())));
    let place = place(server.port);
    let id = place.submit(&["a@example.com"]);
    assert!(!place.spooler.flush(PATIENCE).unwrap());
    let [(state, reply)] = &place.outcomes(&id)[..] else { panic!("one recipient") };
    assert!(state == "in_doubt" && reply.starts_with(IN_DOUBT), "{state} {reply}");
    place.empty();
    assert!(place.spooler.stop(PATIENCE));
    assert_eq!(place.outcomes(&id), [("sent".to_owned(), "250 2.0.0 queued as 1".to_owned())]);
    drop(place);
    let heard = server.end();
    assert_eq!(heard.messages.len(), 2);
    assert_eq!(heard.messages[0], heard.messages[1], "a server can know it again");
    assert!(String::from_utf8(heard.messages[0].clone()).unwrap().contains("Message-ID: <"));
}

#[test]
fn a_server_that_is_closed_for_a_while_loses_nothing() {
    let is_open = Arc::new(AtomicBool::new(false));
    let opens = is_open.clone();
    let answer = move |line: &str| {
        let is_closed = line.starts_with("EHLO") && !opens.load(Ordering::SeqCst);
        is_closed.then(|| Act::last("421 4.3.2 closed"))
    };
    let server = Server::start(Script { answer: Arc::new(answer), ..Script::default() });
    let place = place(server.port);
    let ids: Vec<EntryId> = (0..20).map(|_| place.submit(&["a@example.com"])).collect();
    assert!(!place.spooler.flush(PATIENCE).unwrap());
    assert_eq!(place.spooler.waiting().unwrap().len(), 20);
    is_open.store(true, Ordering::SeqCst);
    place.empty();
    assert_eq!((place.spooler.queue().sent, place.spooler.queue().refused), (20, 0));
    assert!(place.spooler.stop(PATIENCE));
    assert!(ids.iter().all(|id| place.outcomes(id)[0].0 == "sent"));
    drop(place);
    assert_eq!(server.end().messages.len(), 20);
}
