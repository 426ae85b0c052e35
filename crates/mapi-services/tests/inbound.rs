//! Mail that comes in through a transport, by the real session, spooler and store: FORCE_DOWNLOAD, Poll,
//! StartMessage, hooks and fnevNewMail.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::provider::{ProviderFactory, Registration, register};
use mapi::{
    Error, ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, MsgStore, NewService, Object, ProfAdmin, Result,
    Session,
};
use mapi_defs::EntryId;
use mapi_defs::flags::{LogonFlags, MessageFlags, OpenFlags, TableFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags::{PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS, PR_SUBJECT};
use mapi_spi::hook::SpoolerHook;
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, TransportNotify};
use mapi_spi::spooler::DELIVERY_KEY;
use mapi_spooler::{InboundPolicy, MapiSpooler};
use mapi_testkit::transport::{ScriptedTransport, XpCall};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const NEVER: InboundPolicy =
    InboundPolicy { first: Duration::from_secs(3600), rest: Duration::from_secs(3600) };

struct Fixture {
    home: Home,
    transport: Arc<ScriptedTransport>,
    // Dropped before the folder.
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

/// A home with a store and a transport `XP1` of this service name alone.
fn fixture(service: &str) -> Fixture {
    mapi_services::register();
    let types = AddressTypes { types: vec!["XP1".to_owned()], ..AddressTypes::default() };
    let transport = ScriptedTransport::new("XP1", types);
    let made = transport.clone();
    let factory = ProviderFactory::transport(move || made.clone());
    register(service, Registration::new("XP1").provider("XP1", 0, factory));
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let services = [NewService::named(mapi_services::STORE), NewService::named(service)];
    ProfAdmin::new(&home).unwrap().create_profile("P", &services).unwrap();
    Fixture { home, transport, _mapi: mapi, _folder: folder }
}

impl Fixture {
    fn logon(&self, spooler: MapiSpooler, flags: LogonFlags) -> Session {
        let options = LogonOptions::profile("P").home(&self.home).spooler(Arc::new(spooler));
        Session::logon(options.with(flags)).unwrap()
    }

    fn place(&self, wanted: &XpCall) -> usize {
        let calls = self.transport.calls();
        calls.iter().position(|call| call == wanted).unwrap_or_else(|| panic!("{wanted:?} in {calls:?}"))
    }
}

fn quiet() -> MapiSpooler {
    MapiSpooler::default().receiving(NEVER)
}

fn eager() -> MapiSpooler {
    let at_once = Duration::from_millis(1);
    MapiSpooler::default().receiving(InboundPolicy { first: at_once, rest: Duration::from_secs(3600) })
}

fn mail(subject: &str) -> MessageObject {
    let mut message = MessageObject::default();
    message.properties.push(Property::new(PR_MESSAGE_CLASS, "IPM.Note"));
    message.properties.push(Property::new(PR_SUBJECT, subject));
    message
}

/// Who listens to the store for new mail.
fn listen(store: &MsgStore) -> Receiver<Notification> {
    let (sender, heard) = channel();
    let sink = move |told: &[Notification]| told.iter().for_each(|one| sender.send(one.clone()).unwrap());
    store.advise(&EntryId::default(), EventMask::NEW_MAIL, Arc::new(sink)).unwrap();
    heard
}

fn subjects(store: &MsgStore) -> Vec<String> {
    let table = store.inbox().unwrap().contents_table(TableFlags::NONE).unwrap();
    let rows = table.query_all_rows(&[PR_SUBJECT]).unwrap();
    let mut subjects: Vec<String> =
        rows.iter().filter_map(|row| row.text(PR_SUBJECT)).map(str::to_owned).collect();
    subjects.sort();
    subjects
}

#[test]
fn lc_19_forced_download_hands_mail_in_before_the_logon_returns() {
    let fixture = fixture("LC19");
    fixture.transport.receive(mail("waiting"));
    let session = fixture.logon(quiet(), LogonFlags::FORCE_DOWNLOAD);
    let (poll, start) = (fixture.place(&XpCall::Poll), fixture.place(&XpCall::Start(1)));
    assert!(fixture.place(&XpCall::Notify(TransportNotify::BeginInbound)) < poll && poll < start);
    assert_eq!(subjects(&session.open_default_store().unwrap()), ["waiting"]);
    let inbox = &session.inboxes().unwrap()[0];
    assert_eq!((inbox.account.as_str(), inbox.received, inbox.waiting, &inbox.fault), ("XP1", 1, 0, &None));
    session.logoff(LogoffFlags::NONE).unwrap();
    let end = fixture.place(&XpCall::Notify(TransportNotify::EndInbound));
    assert!(start < end && end < fixture.place(&XpCall::Logoff));
}

#[test]
fn lc_74_polled_mail_is_started_saved_and_told_of() {
    let fixture = fixture("LC74");
    fixture.transport.receive(mail("polled"));
    let session = fixture.logon(eager(), LogonFlags::NONE);
    let store = session.open_default_store().unwrap();
    let heard = listen(&store);
    // The first message may have come before somebody listened.
    fixture.transport.receive(mail("second"));
    let event = loop {
        let event = heard.recv_timeout(LONG).unwrap();
        let Notification::NewMail { entry_id, .. } = &event else { panic!("{event:?}") };
        let message = store.open_message(entry_id, OpenFlags::NONE).unwrap();
        if message.text(PR_SUBJECT).unwrap().as_deref() == Some("second") {
            let flags = message.long(PR_MESSAGE_FLAGS).unwrap().unwrap() as u32;
            let unlike = MessageFlags::READ.0 | MessageFlags::UNSENT.0 | MessageFlags::FROMME.0;
            assert_eq!(flags & unlike, 0, "{flags:#x}: neither read nor a draft nor one's own");
            break event;
        }
    };
    let Notification::NewMail { parent_id, message_class, .. } = event else { panic!("new mail") };
    assert_eq!(message_class, "IPM.Note");
    let inbox = store.inbox().unwrap().binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap().unwrap();
    assert_eq!(parent_id, EntryId::from_bytes(inbox));
    assert_eq!(subjects(&store), ["polled", "second"]);
    assert!(fixture.place(&XpCall::Poll) < fixture.place(&XpCall::Start(1)));
    assert!(heard.try_recv().is_err(), "told of once");
}

#[test]
fn a_transport_is_heard_only_while_work_has_begun() {
    let fixture = fixture("HEARD");
    let session = fixture.logon(quiet(), LogonFlags::NONE);
    let store = session.open_default_store().unwrap();
    let heard = listen(&store);
    while !fixture.transport.calls().contains(&XpCall::Notify(TransportNotify::BeginInbound)) {
        std::thread::yield_now();
    }
    fixture.transport.receive(mail("told of"));
    heard.recv_timeout(LONG).unwrap();
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    fixture.transport.receive(mail("too late"));
    let starts = fixture.transport.calls().into_iter().filter(|call| *call == XpCall::Start(1)).count();
    assert_eq!(starts, 1);
}

#[test]
fn a_delivery_key_keeps_what_was_handed_in_before_from_coming_again() {
    let fixture = fixture("ONCE");
    let mut once = mail("once");
    once.properties.push(Property::new(DELIVERY_KEY, b"key".to_vec()));
    let session = fixture.logon(quiet(), LogonFlags::NONE);
    for _ in 0..2 {
        fixture.transport.receive(once.clone());
        assert!(session.fetch(None, LONG).unwrap());
    }
    fixture.transport.receive(mail("another"));
    assert!(session.fetch(None, LONG).unwrap());
    assert_eq!(subjects(&session.open_default_store().unwrap()), ["another", "once"]);
    assert_eq!(session.inboxes().unwrap()[0].received, 2);
}

/// A hook that swallows what is called so, and writes down what it saw.
struct Hook(std::sync::mpsc::Sender<String>);

impl SpoolerHook for Hook {
    fn inbound(&self, message: &dyn Message) -> Result<()> {
        let subject = message.props(Some(&[PR_SUBJECT]))?[0].value.as_text().unwrap_or_default().to_owned();
        let is_unwanted = subject == "unwanted";
        self.0.send(subject).unwrap();
        match is_unwanted {
            true => Err(Error::new(ErrorCode::OBJECT_DELETED, "SpoolerHook::inbound", "unwanted")),
            false => Ok(()),
        }
    }
}

#[test]
fn hooks_see_mail_before_anybody_is_told_and_may_swallow_it() {
    let fixture = fixture("HOOKS");
    let (sender, seen) = channel();
    let session = fixture.logon(quiet().hook(Arc::new(Hook(sender))), LogonFlags::NONE);
    let store = session.open_default_store().unwrap();
    let heard = listen(&store);
    for subject in ["unwanted", "welcome"] {
        fixture.transport.receive(mail(subject));
    }
    assert!(session.fetch(None, LONG).unwrap());
    let Notification::NewMail { entry_id, .. } = heard.recv_timeout(LONG).unwrap() else {
        panic!("new mail")
    };
    let told = store.open_message(&entry_id, OpenFlags::NONE).unwrap();
    assert_eq!(told.text(PR_SUBJECT).unwrap().as_deref(), Some("welcome"));
    assert_eq!(subjects(&store), ["welcome"]);
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["unwanted", "welcome"]);
}
