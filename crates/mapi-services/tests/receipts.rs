//! Read reports as clients see them: what SetReadFlag and SetReadFlags send, to whom, and what nothing sends.
//! Reports of deliveries that go to somebody else than the sender, too.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod held;

use held::{LONG, World};
use mapi::address_book::one_off;
use mapi::{
    ErrorCode, Folder, FolderFlags, LogoffFlags, MsgStore, NewService, Object, OpenFlags, ReadFlags,
    Recipient, RecipientType, Result, Session,
};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropValue};
use mapi_defs::{EntryId, FileTime};
use mapi_mime::{FromOptions, Options, from_mime, to_mime};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, XpLogon};
use mapi_spi::spooler::DELIVERY_KEY;
use mapi_spi::spooler::section::{NEVER, READ_REPORTS};

const READ: i32 = 0x1;
const RN_PENDING: i32 = 0x100;

/// Mail that comes in, and asks for a read report.
struct Incoming<'a> {
    subject: &'a str,
    /// Whom it wants the report to go to; nobody is the sender.
    report_to: Option<&'a str>,
}

impl XpLogon for Incoming<'_> {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes::default())
    }

    fn submit_message(&self, _: &dyn Message, _: u32) -> Result<Vec<RecipientOutcome>> {
        unreachable!("it only brings mail")
    }

    fn start_message(&self, message: &dyn Message, _: &mut u32) -> Result<()> {
        message.set_props(&[
            Prop::new(PR_MESSAGE_CLASS, "IPM.Note"),
            Prop::new(PR_SUBJECT, self.subject),
            Prop::new(PR_MESSAGE_FLAGS, 0),
            Prop::new(PR_INTERNET_MESSAGE_ID, "<1@example.net>"),
            Prop::new(PR_SENDER_NAME, "Bob"),
            Prop::new(PR_SENDER_ADDRTYPE, "SMTP"),
            Prop::new(PR_SENDER_EMAIL_ADDRESS, "bob@example.net"),
            Prop::new(PR_READ_RECEIPT_REQUESTED, true),
            Prop::new(DELIVERY_KEY, self.subject.as_bytes().to_vec()),
        ])?;
        if let Some(address) = self.report_to {
            let id = one_off("", "SMTP", address);
            message.set_props(&[Prop::new(PR_READ_RECEIPT_ENTRYID, id.as_bytes().to_vec())])?;
        }
        message.save_changes(mapi::SaveFlags::NONE)
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}

struct Desk {
    world: World,
    session: Session,
    store: MsgStore,
    inbox: Folder,
}

impl Desk {
    fn new() -> Self {
        Self::with(NewService::named(mapi_services::STORE))
    }

    fn with(service: NewService) -> Self {
        let world = World::with(service);
        let session = world.logon();
        let store = session.open_default_store().unwrap();
        let inbox = store.inbox().unwrap();
        Self { world, session, store, inbox }
    }

    fn receive(&self, subject: &str, report_to: Option<&str>) -> EntryId {
        assert!(self.session.hand_in(&Incoming { subject, report_to }).unwrap());
        let ids = self.inbox.message_ids().unwrap();
        let is_it = |id: &&EntryId| self.open(id).text(PR_SUBJECT).unwrap().as_deref() == Some(subject);
        ids.iter().find(is_it).unwrap().clone()
    }

    fn open(&self, id: &EntryId) -> mapi::Message {
        self.store.open_message(id, OpenFlags::NONE).unwrap()
    }

    fn mark(&self, id: &EntryId, flags: ReadFlags) {
        self.open(id).set_read_flag(flags).unwrap();
    }

    fn flags(&self, id: &EntryId) -> i32 {
        self.open(id).long(PR_MESSAGE_FLAGS).unwrap().unwrap() & (READ | RN_PENDING)
    }

    /// What the transport was handed, once everything has gone: subjects and addresses.
    fn sent(&self) -> Vec<(String, Vec<String>)> {
        assert!(self.session.flush_queues(LONG).unwrap());
        let stage = &self.world.stage;
        stage.subjects().into_iter().zip(stage.offered()).collect()
    }

    fn end(self) {
        let Self { world: _world, session, store, inbox } = self;
        drop((inbox, store));
        session.logoff(LogoffFlags::NONE).unwrap();
    }
}

fn to(subject: &str, address: &str) -> (String, Vec<String>) {
    (subject.to_owned(), vec![address.to_owned()])
}

#[test]
fn marking_a_message_read_sends_the_report_that_it_owes_once() {
    let desk = Desk::new();
    let id = desk.receive("Lunch", None);
    assert_eq!(desk.flags(&id), RN_PENDING, "it owes a report as soon as it is here");
    desk.mark(&id, ReadFlags::NONE);
    assert_eq!(desk.flags(&id), READ);
    assert_eq!(desk.sent(), [to("Read: Lunch", "bob@example.net")]);
    for flags in [ReadFlags::CLEAR, ReadFlags::NONE, ReadFlags::GENERATE_RECEIPT_ONLY] {
        desk.mark(&id, flags);
    }
    assert_eq!(desk.sent().len(), 1, "one message, one report");
    assert_eq!(desk.store.outbox().unwrap().message_ids().unwrap(), [], "what was sent is gone");
    let report = desk.world.stage.objects().remove(0);
    assert_eq!(report.text(PR_MESSAGE_CLASS), Some("Report.IPM.Note.IPNRN"));
    assert_eq!(report.text(PR_ORIGINAL_SUBJECT), Some("Lunch"));
    assert_eq!(report.text(PR_IN_REPLY_TO_ID), Some("<1@example.net>"));
    assert!(report.property(PR_RECEIPT_TIME).is_some() && report.property(PR_PARENT_KEY).is_some());
    on_the_wire(report);
    desk.end();
}

/// As mail it is a disposition notification, of which the reader makes the same report.
fn on_the_wire(mut report: MessageObject) {
    report.properties.push(mapi_defs::object::Property::new(PR_SENDER_ADDRTYPE, "SMTP"));
    report.properties.push(mapi_defs::object::Property::new(PR_SENDER_EMAIL_ADDRESS, "ann@example.org"));
    let now = FileTime::from_unix_seconds(1_795_168_800);
    let mime = to_mime(&report, &Options::new(now, "example.org")).unwrap();
    let text = String::from_utf8(mime.bytes.clone()).unwrap();
    assert!(text.contains("report-type=disposition-notification"), "{text}");
    assert!(text.contains("Original-Message-ID: <1@example.net>\r\n"), "{text}");
    assert!(text.contains("Disposition: manual-action/MDN-sent-automatically; displayed\r\n"), "{text}");
    let read = from_mime(&mime.bytes, &FromOptions::new(now)).unwrap();
    assert_eq!(read.text(PR_MESSAGE_CLASS), Some("Report.IPM.Note.IPNRN"));
    let who = read.recipients[0].iter().find(|property| property.tag.id() == PR_EMAIL_ADDRESS.id()).unwrap();
    assert_eq!(who.value.as_text(), Some("ann@example.org"), "who has read it");
}

#[test]
fn a_report_is_declined_asked_for_alone_or_forgotten_as_the_flags_say() {
    let desk = Desk::new();
    let both = ReadFlags::SUPPRESS_RECEIPT | ReadFlags::GENERATE_RECEIPT_ONLY;
    for (subject, flags, after, sends) in [
        ("suppressed", ReadFlags::SUPPRESS_RECEIPT, READ, false),
        ("cleared", ReadFlags::CLEAR_RN_PENDING, 0, false),
        ("unread", ReadFlags::CLEAR, RN_PENDING, false),
        ("alone", ReadFlags::GENERATE_RECEIPT_ONLY, 0, true),
        ("forgotten", both, 0, false),
    ] {
        let id = desk.receive(subject, None);
        let before = desk.sent().len();
        desk.mark(&id, flags);
        assert_eq!(desk.flags(&id), after, "{subject}");
        assert_eq!(desk.sent().len() - before, usize::from(sends), "{subject}");
        let is_asked = desk.open(&id).boolean(PR_READ_RECEIPT_REQUESTED).unwrap();
        assert_eq!(is_asked, Some(flags != both), "{subject}");
    }
    let id = desk.receive("odd", None);
    for flags in [ReadFlags::SUPPRESS_RECEIPT, ReadFlags::GENERATE_RECEIPT_ONLY, both] {
        let refused = desk.open(&id).set_read_flag(flags | ReadFlags::CLEAR);
        assert_eq!(refused.unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
    }
    assert_eq!(desk.flags(&id), RN_PENDING);
    desk.end();
}

#[test]
fn a_folder_marks_many_and_sends_what_each_owes() {
    let desk = Desk::new();
    let ids: Vec<EntryId> = ["a", "b", "c"].map(|subject| desk.receive(subject, None)).to_vec();
    desk.mark(&ids[1], ReadFlags::SUPPRESS_RECEIPT);
    desk.inbox.set_read_flags(None, ReadFlags::NONE).unwrap();
    let mut sent = desk.sent();
    sent.sort_unstable();
    assert_eq!(sent, [to("Read: a", "bob@example.net"), to("Read: c", "bob@example.net")]);
    assert!(ids.iter().all(|id| desk.flags(id) == READ));
    desk.end();
}

#[test]
fn mail_that_names_somebody_else_has_a_report_only_if_that_is_asked_for() {
    let desk = Desk::new();
    let id = desk.receive("bait", Some("victim@example.com"));
    desk.mark(&id, ReadFlags::NONE);
    assert_eq!(desk.sent(), [], "nobody is mailed because a mail says so");
    assert_eq!(desk.flags(&id), READ | RN_PENDING, "it can still be asked for");
    desk.mark(&id, ReadFlags::GENERATE_RECEIPT_ONLY);
    assert_eq!(desk.sent(), [to("Read: bait", "victim@example.com")]);
    assert_eq!(desk.flags(&id), READ);
    let own = desk.receive("own", Some("Bob@Example.net"));
    desk.mark(&own, ReadFlags::NONE);
    assert_eq!(desk.sent()[1], to("Read: own", "Bob@Example.net"), "the sender by another name");
    desk.end();
}

#[test]
fn nothing_is_sent_by_a_deletion_or_where_the_profile_says_never() {
    let desk = Desk::new();
    let id = desk.receive("gone", None);
    desk.inbox.delete_messages(&[id], FolderFlags::NONE).unwrap();
    assert_eq!(desk.sent(), []);
    desk.end();
    let mut service = NewService::named(mapi_services::STORE);
    service.props.set(READ_REPORTS, NEVER);
    let desk = Desk::with(service);
    let id = desk.receive("never", None);
    desk.mark(&id, ReadFlags::GENERATE_RECEIPT_ONLY);
    desk.mark(&id, ReadFlags::NONE);
    assert_eq!((desk.sent(), desk.flags(&id)), (Vec::new(), READ));
    desk.end();
}

#[test]
fn a_non_delivery_report_goes_to_whom_the_message_names_for_reports() {
    let desk = Desk::new();
    let message = desk.store.compose().unwrap();
    message.set(PR_SUBJECT, "Figures").unwrap();
    let target = one_off("Desk", "SMTP", "desk@example.org");
    message.set(PR_REPORT_ENTRYID, target.as_bytes().to_vec()).unwrap();
    message.set(PR_REPORT_NAME, "The desk").unwrap();
    let mut nobody = Recipient::default();
    nobody.props.set(Recipient::TYPE, RecipientType::To.value());
    nobody.props.set(Recipient::ADDRTYPE, "FOO");
    nobody.props.set(Recipient::EMAIL_ADDRESS, "x");
    nobody.props.set(Recipient::DISPLAY_NAME, "Mr X");
    message.modify_recipients(ModifyRecipients::Add, vec![nobody]).unwrap();
    message.submit().unwrap();
    assert!(desk.session.flush_queues(LONG).unwrap());
    assert_eq!(desk.sent(), [to("Undeliverable: Figures", "desk@example.org")]);
    assert_eq!(desk.inbox.message_ids().unwrap(), [], "the sender has none");
    let report = desk.world.stage.objects().remove(0);
    assert_eq!(report.text(PR_MESSAGE_CLASS), Some("Report.IPM.Note.NDR"));
    let original = report.attachments[0].message.as_deref().unwrap();
    assert_eq!(original.text(PR_SUBJECT), Some("Figures"), "the original is attached");
    let names: Vec<Option<&PropValue>> = report
        .recipients
        .iter()
        .map(|row| row.iter().find(|one| one.tag.id() == PR_DISPLAY_NAME.id()).map(|one| &one.value))
        .collect();
    let expected = ["Mr X", "The desk"].map(|name| PropValue::Unicode(name.into()));
    assert_eq!(names, [Some(&expected[0]), Some(&expected[1])]);
    let now = FileTime::from_unix_seconds(1_795_168_800);
    let mime = to_mime(&report, &Options::new(now, "example.org")).unwrap();
    let text = String::from_utf8(mime.bytes).unwrap();
    assert!(text.contains("To: \"The desk\" <desk@example.org>\r\n"), "{text}");
    desk.end();
}
