//! Transports as the spooler treats them: the cases of their side, with the real store and spooler and
//! transports that do what is written down and keep one journal.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::provider::{ProviderFactory, Registration, register};
use mapi::{
    FlushFlags, Home, LogoffFlags, LogonOptions, Mapi, MsgStore, NewService, Object, ProfAdmin, Recipient,
    SaveFlags, Session,
};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropValue};
use mapi_defs::{EntryId, ErrorCode, FileTime, Guid};
use mapi_spi::hook::{Preprocessor, SpoolerHook};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::provider::transport::{AddressTypes, RecipientState, TransportNotify};
use mapi_spi::spooler::recipient_outcome;
use mapi_spi::support::SpoolerNotify;
use mapi_testkit::transport::{Journal, Script, ScriptedTransport, XpCall};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// A home with a store and scripted transports in transport order.
struct World {
    home: Home,
    journal: Journal,
    transports: Vec<Arc<ScriptedTransport>>,
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

impl World {
    fn new(types: Vec<AddressTypes>) -> Self {
        mapi_services::register();
        let (mapi, folder) = (Mapi::initialize().unwrap(), tempfile::tempdir().unwrap());
        let (home, journal) = (Home::at(folder.path()).unwrap(), Journal::default());
        let mut services = vec![NewService::named(mapi_services::STORE)];
        let mut transports = Vec::new();
        for (number, types) in types.into_iter().enumerate() {
            let (name, service) =
                (format!("XP{}", number + 1), format!("XP{number} {}", folder.path().display()));
            let transport = ScriptedTransport::new(&name, types);
            transport.write_into(&journal);
            let made = transport.clone();
            let factory = ProviderFactory::transport(move || made.clone());
            register(&service, Registration::new(&name).provider(&name, 0, factory));
            services.push(NewService::named(&service));
            transports.push(transport);
        }
        let admin = ProfAdmin::new(&home).unwrap();
        admin.create_profile("P", &services).unwrap();
        admin.set_default_profile(Some("P")).unwrap();
        Self { home, journal, transports, _mapi: mapi, _folder: folder }
    }

    fn logon(&self) -> Session {
        Session::logon(LogonOptions::default_profile().home(&self.home)).unwrap()
    }

    /// What the transports were asked, without the payload of messages.
    fn log(&self) -> Vec<String> {
        let word = |(name, call): &(String, XpCall)| match call {
            XpCall::Submit(..) => format!("{name} Submit"),
            XpCall::End(_) => format!("{name} End"),
            XpCall::Notify(what) => format!("{name} {what:?}"),
            XpCall::Logon(_) => format!("{name} Logon"),
            XpCall::SubmitDeferred(..) => format!("{name} SubmitDeferred"),
            XpCall::AbortDeferred(_, cancelled) => format!("{name} AbortDeferred {cancelled}"),
            other => format!("{name} {other:?}"),
        };
        self.journal.lock().unwrap().iter().map(word).collect()
    }

    fn count(&self, what: &str) -> usize {
        self.log().iter().filter(|one| *one == what).count()
    }

    /// The place of the first of these calls.
    fn place(&self, what: &str) -> usize {
        let log = self.log();
        log.iter().position(|one| one == what).unwrap_or_else(|| panic!("{what} is not in {log:#?}"))
    }
}

fn smtp() -> AddressTypes {
    AddressTypes { types: vec!["SMTP".to_owned()], ..AddressTypes::default() }
}

/// Submits a message to a recipient of this type, with these properties on the message and on the row.
fn submit(store: &MsgStore, kind: &str, props: &[Prop], row: &[Prop]) -> EntryId {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, "mail").unwrap();
    message.set(PR_MESSAGE_CLASS, "IPM.Note").unwrap();
    message.set_props(props).unwrap();
    let mut recipient = Recipient::default();
    recipient.props.set(Recipient::ADDRTYPE, kind);
    recipient.props.set(Recipient::EMAIL_ADDRESS, "ann@example.org");
    recipient.props.set(Recipient::DISPLAY_NAME, "Ann");
    recipient.props.set(Recipient::TYPE, 1);
    row.iter().for_each(|prop| drop(recipient.props.set(prop.tag, prop.value.clone())));
    message.modify_recipients(ModifyRecipients::Add, vec![recipient]).unwrap();
    message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = EntryId::from_bytes(message.binary(PR_ENTRYID).unwrap().unwrap());
    message.submit().unwrap();
    id
}

#[test]
fn lc_69_a_transport_is_logged_on_then_asked_then_told_to_begin() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    // The row is there when the table is handed out; the spooler may still be beginning.
    let rows = session.status_table().unwrap().query_all_rows(&[PR_RESOURCE_TYPE]).unwrap();
    let is_transport = |row: &&mapi_defs::row::Row| row.long(PR_RESOURCE_TYPE) == Some(36);
    assert_eq!(rows.iter().filter(is_transport).count(), 1);
    assert!(session.flush_queues(LONG).unwrap());
    let (logon, types, begin) =
        (world.place("XP1 Logon"), world.place("XP1 AddressTypes"), world.place("XP1 BeginOutbound"));
    assert!(logon < types && types < begin, "{:#?}", world.log());
    let how = world.journal.lock().unwrap().iter().find_map(|(_, call)| match call {
        XpCall::Logon(how) => Some(how.0),
        _ => None,
    });
    assert_eq!(how.map(|how| how & 0x18), Some(0x8 | 0x10), "LOGON_NO_INBOUND and LOGON_NO_OUTBOUND");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_70_who_registered_the_identity_comes_before_who_takes_the_type() {
    let uid = Guid([7; 16]);
    let world = World::new(vec![smtp(), AddressTypes { uids: vec![uid], ..smtp() }]);
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[Prop::new(PR_ENTRYID, EntryId::new(uid, b"ann").as_bytes().to_vec())]);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (0, 1));
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_71_what_is_not_for_one_transport_goes_to_the_next() {
    let world = World::new(vec![smtp(), smtp()]);
    world.transports[0].then(Script::Fail(ErrorCode::NOT_ME));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "smtp", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert!(world.place("XP1 Submit") < world.place("XP2 Submit"));
    assert_eq!((world.count("XP1 End"), world.count("XP2 End")), (0, 1));
    assert_eq!(
        (session.queue().unwrap().sent, store.sent_items().unwrap().message_ids().unwrap().len()),
        (1, 1)
    );
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

/// Waits until the spooler has done with what it was told, however often it has to be asked.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + LONG;
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "{what} does not come");
        std::thread::yield_now();
    }
}

#[test]
fn lc_73_a_deferred_message_waits_until_its_transport_asks_for_it() {
    let world = World::new(vec![smtp()]);
    world.transports[0].then(Script::All(RecipientState::Deferred));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "SMTP", &[], &[]);
    assert!(!session.flush_queues(LONG).unwrap());
    // Neither a flush nor READYTOSEND asks for it again.
    assert!(!session.flush_queues(LONG).unwrap());
    world.transports[0].tell(&SpoolerNotify::ReadyToSend);
    world.transports[0].tell(&SpoolerNotify::SentDeferred(EntryId::from_bytes(*b"of nobody")));
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP1 End")), (1, 1));
    world.transports[0].tell(&SpoolerNotify::SentDeferred(id.clone()));
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP1 SubmitDeferred")), (1, 1));
    let is_it = |call: &XpCall| matches!(call, XpCall::SubmitDeferred(asked, _) if *asked == id);
    assert!(world.transports[0].calls().iter().any(is_it));
    assert_eq!(session.queue().unwrap().sent, 1);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(world.count("XP1 AbortDeferred false"), 0, "nothing is deferred any more");
}

#[test]
fn a_deferral_ends_with_its_message_and_with_its_spooler() {
    let world = World::new(vec![smtp()]);
    (0..2).for_each(|_| world.transports[0].then(Script::All(RecipientState::Deferred)));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let (first, _) = (submit(&store, "SMTP", &[], &[]), submit(&store, "SMTP", &[], &[]));
    assert!(!session.flush_queues(LONG).unwrap());
    store.abort_submit(&first).unwrap();
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 AbortDeferred true"), world.count("XP1 AbortDeferred false")), (1, 0));
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((world.count("XP1 AbortDeferred true"), world.count("XP1 AbortDeferred false")), (1, 1));
    assert!(world.place("XP1 AbortDeferred false") < world.place("XP1 EndOutbound"));
    // The next spooler knows of no deferral.
    let session = world.logon();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP1 SubmitDeferred")), (3, 0));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn what_is_asked_for_once_more_is_handed_over_at_once_but_not_for_ever() {
    let world = World::new(vec![smtp(), smtp()]);
    (0..2).for_each(|_| world.transports[0].then(Script::All(RecipientState::ResendNow)));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (3, 0));
    (0..50).for_each(|_| world.transports[0].then(Script::All(RecipientState::ResendNow)));
    submit(&store, "SMTP", &[], &[]);
    until("a rest", || session.waiting().unwrap().iter().any(|(_, moment)| moment.is_some()));
    assert!(world.count("XP1 Submit") < 20, "{}", world.count("XP1 Submit"));
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_75_a_transport_that_fails_to_log_off_is_released_all_the_same() {
    let world = World::new(vec![smtp()]);
    world.transports[0].fail_logoff(ErrorCode::CALL_FAILED);
    let session = world.logon();
    session.logoff(LogoffFlags::NONE).unwrap();
    let log = world.log();
    let ended: Vec<&str> = log[world.place("XP1 Logoff")..].iter().map(String::as_str).collect();
    assert_eq!(ended, ["XP1 Logoff", "XP1 Released", "XP1 Shutdown"], "{log:#?}");
}

#[test]
fn a_transport_that_cannot_go_on_is_called_no_more() {
    let world = World::new(vec![smtp(), smtp()]);
    let session = world.logon();
    assert!(session.flush_queues(LONG).unwrap());
    world.transports[0].tell(&SpoolerNotify::CriticalError);
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (0, 1));
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((world.count("XP1 EndOutbound"), world.count("XP1 Logoff")), (0, 1));
}

#[test]
fn a_change_of_configuration_has_address_types_asked_again() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    assert!(session.flush_queues(LONG).unwrap());
    let before = world.count("XP1 AddressTypes");
    world.transports[0].tell(&SpoolerNotify::ConfigChange);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.count("XP1 AddressTypes"), before + 1);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_flush_begins_and_ends_at_every_transport() {
    let world = World::new(vec![smtp(), smtp()]);
    let session = world.logon();
    assert!(session.flush_queues(LONG).unwrap());
    for name in ["XP1", "XP2"] {
        let end = format!("{name} {:?}", TransportNotify::EndOutboundFlush);
        assert!(world.place(&format!("{name} Flush(2)")) < world.place(&end));
    }
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_flush_of_one_transport_tries_what_goes_by_it_and_nothing_else() {
    let fax = AddressTypes { types: vec!["FAX".to_owned()], ..AddressTypes::default() };
    let world = World::new(vec![smtp(), fax]);
    // Neither reaches anybody, so that both messages stay.
    for transport in &world.transports {
        (0..100).for_each(|_| transport.then(Script::Fail(ErrorCode::NETWORK_ERROR)));
    }
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[]);
    submit(&store, "FAX", &[], &[]);
    assert!(!session.flush_queues(LONG).unwrap());
    let row = |name: &str| {
        let rows = session.status_table().unwrap().query_all_rows(&[PR_DISPLAY_NAME, PR_ENTRYID]).unwrap();
        let own = rows.iter().find(|row| row.text(PR_DISPLAY_NAME) == Some(name)).unwrap();
        EntryId::from_bytes(own.binary(PR_ENTRYID).unwrap())
    };
    let spooler = session.spooler_status().unwrap();
    world.journal.lock().unwrap().clear();
    spooler.flush_queues_of(&row("XP2"), FlushFlags::UPLOAD).unwrap();
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (0, 1), "{:#?}", world.log());
    assert_eq!((world.count("XP1 Flush(2)"), world.count("XP1 EndOutboundFlush")), (0, 0));
    assert!(world.place("XP2 Flush(2)") < world.place("XP2 Submit"));
    assert!(world.place("XP2 Submit") < world.place("XP2 EndOutboundFlush"));
    // The object of a transport's own row does the same, in its own time.
    world.journal.lock().unwrap().clear();
    let own = session.open_status_object(&row("XP1")).unwrap();
    own.flush_queues(FlushFlags::UPLOAD).unwrap();
    until("the end of that", || world.count("XP1 EndOutboundFlush") == 1);
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (1, 0), "{:#?}", world.log());
    assert_eq!(session.queue().unwrap().queued, 2);
    let missing = spooler.flush_queues_of(&row("MAPI Spooler"), FlushFlags::UPLOAD).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NOT_FOUND);
    let refused = own.flush_queues_of(&row("XP1"), FlushFlags::UPLOAD).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_SUPPORT, "a target is for the spooler's object");
    // What was put by goes again once all may.
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), world.count("XP2 Submit")), (2, 1), "{:#?}", world.log());
    drop((own, spooler, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_message_for_later_goes_when_its_moment_comes() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let later = FileTime::from_unix_seconds(4_000_000_000);
    let id = submit(&store, "SMTP", &[Prop::new(PR_DEFERRED_SEND_TIME, PropValue::SysTime(later))], &[]);
    let past = FileTime::from_unix_seconds(1_000_000_000);
    submit(&store, "SMTP", &[Prop::new(PR_DEFERRED_SEND_TIME, PropValue::SysTime(past))], &[]);
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(world.count("XP1 Submit"), 1, "a flush does not send it before");
    assert_eq!(session.waiting().unwrap(), [(id.clone(), Some(later))]);
    store.abort_submit(&id).unwrap();
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn the_next_spooler_is_as_patient_as_the_one_before() {
    let world = World::new(vec![smtp()]);
    world.transports[0].then(Script::All(RecipientState::RetryAfter(Duration::from_secs(600))));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "SMTP", &[], &[]);
    assert!(!session.flush_queues(LONG).unwrap());
    let waiting = session.waiting().unwrap();
    let next = waiting[0].1.unwrap();
    assert!(next > FileTime::from_system(std::time::SystemTime::now()), "it rests");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();

    let session = world.logon();
    // Receiving has nothing to do with it, and the queue is looked at.
    until("the queue", || session.waiting().unwrap() == [(id.clone(), Some(next))]);
    assert_eq!(world.count("XP1 Submit"), 1, "nothing was tried before the moment");
    let store = session.open_default_store().unwrap();
    let row = store.open_message(&id, mapi::OpenFlags::NONE).unwrap().recipients().unwrap().remove(0);
    assert_eq!(row.props.text(recipient_outcome::REPLY), Some("451 4.3.0 Try again later"));
    assert_eq!(row.props.long(recipient_outcome::ATTEMPTS), Some(1));
    assert!(session.flush_queues(LONG).unwrap(), "somebody asks for it");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn what_fails_too_often_is_set_aside_and_stays_so() {
    let world = World::new(vec![smtp()]);
    (0..3).for_each(|_| world.transports[0].then(Script::Fail(ErrorCode::CALL_FAILED)));
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "SMTP", &[], &[]);
    for _ in 0..4 {
        assert!(!session.flush_queues(LONG).unwrap());
    }
    assert_eq!(world.count("XP1 Submit"), 3);
    let aside = session.set_aside().unwrap();
    assert_eq!((aside.len(), &aside[0].0), (1, &id));
    assert!(aside[0].1.starts_with("3 failures in a row, the last: "), "{}", aside[0].1);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();

    let session = world.logon();
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!((world.count("XP1 Submit"), session.set_aside().unwrap()), (3, aside));
    // Another one goes on.
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[]);
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(session.queue().unwrap().sent, 1);
    // Taken back and submitted anew it gets another chance.
    store.abort_submit(&id).unwrap();
    store.open_message(&id, mapi::OpenFlags::MODIFY).unwrap().submit().unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

/// Writes down what it is shown, and marks messages it prepares.
#[derive(Default)]
struct Watcher(Mutex<Vec<String>>, bool);

impl Watcher {
    fn note(&self, what: &str, message: &dyn mapi_spi::message::Message) {
        let subject = message.props(Some(&[PR_SUBJECT])).unwrap().remove(0).value;
        self.0.lock().unwrap().push(format!("{what} {}", subject.as_text().unwrap_or_default()));
    }
}

impl Preprocessor for Watcher {
    fn preprocess(&self, message: &dyn mapi_spi::message::Message) -> mapi::Result<()> {
        self.note("prepare", message);
        message.set_props(&[Prop::new(PR_SUBJECT, "prepared")])?;
        Ok(())
    }

    fn remove_info(&self, message: &dyn mapi_spi::message::Message) -> mapi::Result<()> {
        self.note("take back", message);
        message.set_props(&[Prop::new(PR_SUBJECT, "mail")])?;
        Ok(())
    }
}

impl SpoolerHook for Watcher {
    fn outbound(&self, message: &dyn mapi_spi::message::Message) -> mapi::Result<()> {
        self.note("sent", message);
        match self.1 {
            true => Err(mapi::Error::new(ErrorCode::OBJECT_DELETED, "SpoolerHook::outbound", "swallowed")),
            false => Ok(()),
        }
    }
}

#[test]
fn preprocessors_and_hooks_see_a_message_on_its_way() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    let (first, last) = (Arc::new(Watcher::default()), Arc::new(Watcher(Mutex::default(), true)));
    world.transports[0].preprocess(first.clone());
    session.register_hook(first.clone()).unwrap();
    let store = session.open_default_store().unwrap();
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(*first.0.lock().unwrap(), ["prepare mail", "take back prepared", "sent mail"]);
    let sent = world.transports[0].calls().into_iter().find_map(|call| match call {
        XpCall::Submit(message, _) => message.text(PR_SUBJECT).map(str::to_owned),
        _ => None,
    });
    assert_eq!(sent.as_deref(), Some("prepared"), "the transport has what the preprocessor made");
    let kept = store.sent_items().unwrap().message_ids().unwrap();
    assert_eq!(kept.len(), 1);
    // A hook that swallows a message leaves nothing in Sent Items.
    session.register_hook(last.clone()).unwrap();
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(*last.0.lock().unwrap(), ["sent mail"]);
    assert_eq!(store.sent_items().unwrap().message_ids().unwrap(), kept);
    assert!(store.outbox().unwrap().message_ids().unwrap().is_empty());
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

/// The message of this class in the Inbox.
fn arrived(store: &MsgStore, class: &str) -> mapi::Message {
    let ids = store.inbox().unwrap().message_ids().unwrap();
    let mut all = ids.iter().map(|id| store.open_message(id, mapi::OpenFlags::NONE).unwrap());
    all.find(|message| message.text(PR_MESSAGE_CLASS).unwrap().as_deref() == Some(class)).unwrap()
}

#[test]
fn lc_72_whom_nobody_takes_is_reported_with_the_original_attached() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, "to two").unwrap();
    message.set(PR_MESSAGE_CLASS, "IPM.Note").unwrap();
    message.set(PR_BODY, "the text").unwrap();
    let rows = [("FOO", "nobody", 3), ("SMTP", "ann@example.org", 1)].map(|(kind, address, to)| {
        let mut row = Recipient::default();
        row.props.set(Recipient::ADDRTYPE, kind);
        row.props.set(Recipient::EMAIL_ADDRESS, address);
        row.props.set(Recipient::DISPLAY_NAME, address);
        row.props.set(Recipient::TYPE, to);
        row
    });
    message.modify_recipients(ModifyRecipients::Add, rows.to_vec()).unwrap();
    message.submit().unwrap();
    assert!(session.flush_queues(LONG).unwrap(), "it has left the queue all the same");
    assert_eq!(session.queue().unwrap().refused, 1);
    assert_eq!(world.count("XP1 Submit"), 1);

    assert_eq!(store.inbox().unwrap().message_ids().unwrap().len(), 1);
    let report = arrived(&store, "Report.IPM.Note.NDR");
    assert_eq!(report.text(PR_SUBJECT).unwrap().as_deref(), Some("Undeliverable: to two"));
    assert_eq!(report.text(PR_ORIGINAL_SUBJECT).unwrap().as_deref(), Some("to two"));
    assert_eq!(report.long(PR_MESSAGE_FLAGS).unwrap().unwrap() & 0x0D, 0, "new, unread, not to be sent");
    let rows = report.recipients().unwrap();
    assert_eq!(rows.len(), 1, "of whom it is");
    assert_eq!(rows[0].address(), Some("nobody"));
    assert_eq!(rows[0].props.text(PR_REPORT_TEXT), Some("no transport takes addresses of type FOO"));
    assert_eq!(
        (rows[0].props.long(PR_NDR_REASON_CODE), rows[0].props.long(PR_NDR_DIAG_CODE)),
        (Some(1), Some(0))
    );

    let numbers = report.attachments().unwrap();
    assert_eq!(numbers.len(), 1);
    let original =
        report.open_attach(numbers[0], mapi::OpenFlags::NONE).unwrap().open_message(false).unwrap();
    assert_eq!(original.text(PR_SUBJECT).unwrap().as_deref(), Some("to two"));
    assert_eq!(original.text(PR_BODY).unwrap().as_deref(), Some("the text"));
    assert_eq!(original.text(PR_MESSAGE_CLASS).unwrap().as_deref(), Some("IPM.Note"));
    let rows = original.recipients().unwrap();
    assert_eq!(
        rows.iter().map(|row| row.address().unwrap()).collect::<Vec<_>>(),
        ["nobody", "ann@example.org"]
    );
    assert!(rows.iter().all(|row| row.props.text(recipient_outcome::STATE).is_none() && !row.is_taken()));
    drop((original, report, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn reports_are_made_where_they_are_wanted_and_never_of_reports() {
    let world = World::new(vec![smtp()]);
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let no = Prop::new(PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false);
    submit(&store, "FOO", &[no], &[]);
    submit(&store, "FOO", &[Prop::new(PR_MESSAGE_CLASS, "REPORT.IPM.Note.NDR")], &[]);
    world.transports[0].then(Script::All(RecipientState::Local));
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    assert!(store.inbox().unwrap().message_ids().unwrap().is_empty());
    world.transports[0].then(Script::All(RecipientState::Local));
    submit(&store, "SMTP", &[Prop::new(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)], &[]);
    world.transports[0].then(Script::All(RecipientState::Refused(ErrorCode::INVALID_PARAMETER)));
    submit(&store, "SMTP", &[], &[]);
    assert!(session.flush_queues(LONG).unwrap());
    let report = arrived(&store, "Report.IPM.Note.DR");
    assert!(report.attachments().unwrap().is_empty(), "a delivery report carries no original");
    let report = arrived(&store, "Report.IPM.Note.NDR");
    let rows = report.recipients().unwrap();
    assert_eq!(rows[0].props.text(PR_REPORT_TEXT), Some("550 5.1.1 No such user"));
    drop((report, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}
