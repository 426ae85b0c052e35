//! The doubles do what is written down, and the scripted transport keeps the contract of transports.

use mapi_defs::flags::OpenFlags;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::*;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, ErrorCode};
use mapi_spi::address_book::Resolution;
use mapi_spi::provider::address_book::AbProvider;
use mapi_spi::provider::transport::{AddressTypes, RecipientState, TransportNotify, XpProvider};
use mapi_spi::support::{SpoolerNotify, Support};
use mapi_spi::table::query_all_rows;
use mapi_testkit::address_book::{AbCall, ListedAddressBook};
use mapi_testkit::clock::FakeClock;
use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::ms_provider;
use mapi_testkit::support::{Asked, RecordingSupport};
use mapi_testkit::transport::{Script, ScriptedTransport, XpCall};
use mapi_testkit::xp_provider::{Fixture, run_all};
use std::sync::Arc;
use std::time::Duration;

fn row(name: &str, kind: &str) -> Recipient {
    let mut row = Recipient::default();
    row.props.set(PR_DISPLAY_NAME, name);
    row.props.set(PR_ADDRTYPE, kind);
    row.props.set(PR_EMAIL_ADDRESS, format!("{name}@example.org"));
    row
}

fn smtp() -> Arc<ScriptedTransport> {
    let types = vec!["SMTP".to_owned()];
    ScriptedTransport::new("Scripted", AddressTypes { types, ..AddressTypes::default() })
}

fn support() -> Arc<RecordingSupport> {
    RecordingSupport::new(FakeClock::default(), PropList::new())
}

#[test]
fn the_scripted_transport_keeps_the_contract() {
    run_all(&|| {
        let transport = smtp();
        let own = vec![row("ann", "SMTP"), row("bob", "smtp")];
        let incoming = transport.clone();
        Fixture::new(transport, own, vec![row("fay", "FAX")]).receiving(move |subject| {
            let properties = vec![Property::new(PR_SUBJECT, subject)];
            incoming.receive(MessageObject { properties, ..MessageObject::default() });
        })
    });
}

#[test]
fn outcomes_are_as_written_down() {
    let (transport, store) = (smtp(), ms_provider::Fixture::new(MemoryProvider::new()));
    let (logon, _) = transport.logon(support(), TransportLogonIn::NONE).unwrap();
    let open = store.open();
    let message = open.outbox().create_message(false).unwrap();
    let rows = vec![row("ann", "SMTP"), row("bob", "SMTP")];
    message.modify_recipients(mapi_spi::message::ModifyRecipients::Add, rows).unwrap();
    let refused = RecipientState::Refused(ErrorCode::NO_ACCESS);
    let later = RecipientState::RetryAfter(Duration::from_secs(60));
    transport.then(Script::Each(vec![refused.clone(), later.clone()]));
    transport.then(Script::Fail(ErrorCode::NETWORK_ERROR));
    transport.then(Script::Hang);
    let outcomes = logon.submit_message(&*message, 1).unwrap();
    assert_eq!(outcomes.iter().map(|one| one.state.clone()).collect::<Vec<_>>(), [refused, later]);
    let failed = logon.submit_message(&*message, 2).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::NETWORK_ERROR);
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| logon.submit_message(&*message, 3).unwrap_err().code());
        transport.wait_until_hanging();
        logon.notify(TransportNotify::CancelMessage(3)).unwrap();
        assert_eq!(hanging.join().unwrap(), ErrorCode::USER_CANCEL);
    });
    transport.then(Script::Hang);
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| logon.submit_message(&*message, 4).unwrap_err().code());
        transport.wait_until_hanging();
        logon.logoff().unwrap();
        assert_eq!(hanging.join().unwrap(), ErrorCode::USER_CANCEL);
    });
    let submits = transport.calls().into_iter().filter(|call| matches!(call, XpCall::Submit(..)));
    assert_eq!(submits.count(), 4);
    assert_eq!(transport.calls().last(), Some(&XpCall::Logoff));
}

#[test]
fn a_message_that_waits_is_told_to_the_spooler() {
    let (transport, support) = (smtp(), support());
    let (logon, flags) = transport.logon(support.clone(), TransportLogonIn::NONE).unwrap();
    assert!(flags.poll && logon.poll().unwrap() == 0);
    transport.receive(MessageObject::default());
    assert_eq!(logon.poll().unwrap(), 1);
    assert!(support.asked().contains(&Asked::Spooler(SpoolerNotify::NewMail)));
}

#[test]
fn the_support_object_remembers_and_delivers() {
    let (support, store) = (support(), ms_provider::Fixture::new(MemoryProvider::new()));
    let open = store.open();
    let message = open.outbox().create_message(false).unwrap();
    let refused = support.deliver(&*message, b"key").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_SUPPORT, "no store was given");
    support.deliver_to(open.store.clone());
    assert!(support.deliver(&*message, b"key").unwrap().is_new);
    let deliveries = support.asked().into_iter().filter(|asked| matches!(asked, Asked::Deliver(..)));
    assert_eq!(deliveries.count(), 2);
    assert_ne!(support.new_uid(), support.new_uid());
    let missing = support.profile_section(Some(mapi_defs::Guid::NULL)).err().unwrap();
    assert_eq!(missing.code(), ErrorCode::NOT_FOUND);
    let mut props = PropList::new();
    props.set(PR_DISPLAY_NAME, "section");
    support.add_section(mapi_defs::Guid::NULL, props);
    let section = support.profile_section(Some(mapi_defs::Guid::NULL)).unwrap();
    assert_eq!(section.props(Some(&[PR_DISPLAY_NAME])).unwrap()[0].value.as_text(), Some("section"));
}

#[test]
fn names_are_resolved_from_the_list() {
    let people = [("Ann Lee", "ann@example.org"), ("Bob", "bob@example.org"), ("Ann Ray", "ray@example.org")];
    let book = ListedAddressBook::new(&people, &[("Everybody", &[0, 1, 2])]);
    let logon = book.logon(support()).unwrap();
    let root = logon.open_container(&EntryId::default(), OpenFlags::NONE).unwrap();
    let mut rows: Vec<Recipient> = ["bob", "ann", "Nobody", "every"].map(|name| row(name, "")).into();
    let mut flags = [Resolution::Unresolved; 4];
    root.resolve_names(&mut rows, &mut flags).unwrap();
    let expected =
        [Resolution::Resolved, Resolution::Ambiguous, Resolution::Unresolved, Resolution::Resolved];
    assert_eq!(flags, expected);
    assert_eq!(rows[0].props.text(PR_SMTP_ADDRESS), Some("bob@example.org"));
    let members = logon.expand_list(&book.entry_id(3)).unwrap();
    assert_eq!(members.iter().map(|row| row.address()).collect::<Vec<_>>()[2], Some("ray@example.org"));
    let table = root.contents_table(mapi_defs::flags::TableFlags::NONE).unwrap();
    let shown = query_all_rows(&*table, &[PR_DISPLAY_NAME]).unwrap();
    let names: Vec<_> = shown.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap()).collect();
    assert_eq!(names, ["Ann Lee", "Ann Ray", "Bob", "Everybody"]);
    logon.logoff().unwrap();
    assert_eq!(table.row_count().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    let asked = vec!["bob".to_owned(), "ann".to_owned(), "Nobody".to_owned(), "every".to_owned()];
    assert!(book.calls().contains(&AbCall::Resolve(asked)));
    assert_eq!(book.calls().last(), Some(&AbCall::Logoff));
}
