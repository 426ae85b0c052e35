//! A message's way from the Outbox to the Inbox: a store, the spooler, and LOCAL as the last transport.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::EntryId;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::flags::{MessageFlags, OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_BODY, PR_DISPLAY_TO, PR_ENTRYID, PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID,
    PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS, PR_SEARCH_KEY, PR_SENTMAIL_ENTRYID, PR_SUBJECT,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_local::LocalTransport;
use mapi_spi::container::{Container, Opened};
use mapi_spi::folder::Folder;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::provider::transport::XpProvider;
use mapi_spi::spooler::{RunningSpooler, Spooler, SpoolerTransport, SpoolerWork, recipient_outcome};
use mapi_spi::table::query_all_rows;
use mapi_spooler::MapiSpooler;
use mapi_testkit::clock::FakeClock;
use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::support::RecordingSupport;
use std::sync::Arc;
use std::time::Duration;

/// Longer than anything takes here; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than a value that is handed over at once.
const LARGE_BYTES: usize = 200_000;

struct Place {
    clock: FakeClock,
    client: Arc<dyn MsgStore>,
    spooler: Arc<dyn RunningSpooler>,
    kept: (Vec<Arc<dyn MsLogon>>, tempfile::TempDir),
}

fn open(
    provider: &dyn MsProvider,
    clock: &FakeClock,
    is_spooler: bool,
) -> (Arc<dyn MsLogon>, Arc<dyn MsgStore>) {
    let support = RecordingSupport::new(clock.clone(), PropList::new());
    let (entry_id, flags) = (EntryId::default(), OpenFlags::MODIFY);
    provider.logon(StoreLogon { support, entry_id, flags, is_spooler }).unwrap()
}

/// A store with a client and a spooler whose one transport is LOCAL.
fn place() -> Place {
    let (provider, clock) = (MemoryProvider::new(), FakeClock::default());
    let (client_logon, client) = open(&*provider, &clock, false);
    let (spooler_logon, store) = open(&*provider, &clock, true);
    let support = RecordingSupport::new(clock.clone(), PropList::new());
    support.deliver_to(client.clone());
    let (logon, flags) = LocalTransport.logon(support, TransportLogonIn::NONE).unwrap();
    let transports = vec![SpoolerTransport::new(LocalTransport.name(), logon, flags)];
    let folder = tempfile::tempdir().unwrap();
    let work = SpoolerWork {
        store,
        transports,
        lease: folder.path().join("queue.lock"),
        hold_in_doubt: false,
        now: clock.teller(),
    };
    let spooler = MapiSpooler::default().start(work).unwrap();
    Place { clock, client, spooler, kept: (vec![client_logon, spooler_logon], folder) }
}

impl Place {
    fn folder(&self, id: &EntryId) -> Arc<dyn Folder> {
        match self.client.open_entry(id, OpenFlags::MODIFY).unwrap() {
            Opened::Folder(folder) => folder,
            other => panic!("{other:?} in place of a folder"),
        }
    }

    fn message(&self, id: &EntryId) -> Arc<dyn Message> {
        match self.client.open_entry(id, OpenFlags::NONE).unwrap() {
            Opened::Message(message) => message,
            other => panic!("{other:?} in place of a message"),
        }
    }

    fn inbox(&self) -> Arc<dyn Folder> {
        self.folder(&self.client.receive_folder("").unwrap().folder)
    }

    fn folder_by(&self, tag: PropTag) -> Arc<dyn Folder> {
        self.folder(&EntryId::from_bytes(bytes(&*self.client, tag)))
    }

    /// Submits a message to these addresses, to be kept in Sent Items.
    fn submit(&self, subject: &str, addresses: &[&str]) -> EntryId {
        let message = self.folder_by(PR_IPM_OUTBOX_ENTRYID).create_message(false).unwrap();
        let sent_items = bytes(&*self.client, PR_IPM_SENTMAIL_ENTRYID);
        let props = [
            Prop::new(PR_SUBJECT, subject),
            Prop::new(PR_BODY, "x".repeat(LARGE_BYTES)),
            Prop::new(PR_SENTMAIL_ENTRYID, sent_items),
        ];
        assert!(message.set_props(&props).unwrap().is_empty());
        let rows = addresses.iter().map(|address| recipient(address)).collect();
        message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = EntryId::from_bytes(bytes(&*message, PR_ENTRYID));
        message.submit().unwrap();
        id
    }
}

fn recipient(address: &str) -> Recipient {
    let mut row = Recipient::default();
    row.props.set(Recipient::TYPE, RecipientType::To.value());
    row.props.set(Recipient::ADDRTYPE, "SMTP");
    row.props.set(Recipient::EMAIL_ADDRESS, address);
    row.props.set(Recipient::DISPLAY_NAME, address);
    row
}

fn value(object: &dyn MapiProp, tag: PropTag) -> PropValue {
    object.props(Some(&[tag])).unwrap().remove(0).value
}

fn bytes(object: &dyn MapiProp, tag: PropTag) -> Vec<u8> {
    value(object, tag).as_binary().unwrap().to_vec()
}

fn flags(message: &dyn MapiProp) -> MessageFlags {
    MessageFlags(value(message, PR_MESSAGE_FLAGS).as_long().unwrap() as u32)
}

fn contents(folder: &dyn Container) -> Vec<EntryId> {
    let table = folder.contents_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_ENTRYID]).unwrap();
    rows.iter().map(|row| EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap())).collect()
}

#[test]
fn a_message_is_kept_in_the_inbox_and_stands_in_sent_items_with_what_became_of_it() {
    let place = place();
    place.clock.advance(Duration::from_secs(90));
    let sent = place.submit("Quarter", &["ann@example.org", "bob@example.com"]);
    place.spooler.wake();
    assert!(place.spooler.flush(PATIENCE).unwrap());

    let inbox = contents(&*place.inbox());
    assert_eq!(inbox.len(), 1);
    let copy = place.message(&inbox[0]);
    assert_eq!(value(&*copy, PR_SUBJECT).as_text(), Some("Quarter"));
    assert_eq!(value(&*copy, PR_MESSAGE_DELIVERY_TIME).as_time(), Some(place.clock.now()));
    let outgoing = MessageFlags::SUBMIT | MessageFlags::UNSENT | MessageFlags::READ;
    assert!(!flags(&*copy).intersects(outgoing), "{:?}", flags(&*copy));
    assert!(value(&*copy, PR_DISPLAY_TO).as_text().unwrap().contains("bob@example.com"));

    assert_eq!(contents(&*place.folder_by(PR_IPM_SENTMAIL_ENTRYID)), std::slice::from_ref(&sent));
    assert!(contents(&*place.folder_by(PR_IPM_OUTBOX_ENTRYID)).is_empty());
    let original = place.message(&sent);
    assert!(!flags(&*original).intersects(MessageFlags::SUBMIT | MessageFlags::UNSENT));
    assert_eq!(bytes(&*original, PR_SEARCH_KEY), bytes(&*copy, PR_SEARCH_KEY));
    for row in original.recipients().unwrap() {
        assert!(row.is_taken());
        assert_eq!(row.props.text(recipient_outcome::STATE), Some("local"));
        let reply = row.props.text(recipient_outcome::REPLY).unwrap();
        assert_eq!(reply, "kept in the local Inbox: no mail account in this profile");
    }
    assert_eq!((place.spooler.queue().sent, place.spooler.queue().refused), (1, 0));
    assert!(place.spooler.stop(PATIENCE));
}

#[test]
fn many_messages_arrive_once_each() {
    const MESSAGES: usize = 200;
    let place = place();
    let sent: Vec<EntryId> = (0..MESSAGES)
        .map(|number| {
            let id = place.submit(&format!("Message {number}"), &["ann@example.org"]);
            place.spooler.wake();
            id
        })
        .collect();
    assert!(place.spooler.flush(PATIENCE).unwrap());
    let arrived = contents(&*place.inbox());
    let subject = |id: &EntryId| value(&*place.message(id), PR_SUBJECT).as_text().unwrap().to_owned();
    let mut subjects: Vec<String> = arrived.iter().map(subject).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((arrived.len(), subjects.len()), (MESSAGES, MESSAGES));
    let in_sent_items = contents(&*place.folder_by(PR_IPM_SENTMAIL_ENTRYID));
    assert!(sent.iter().all(|id| in_sent_items.contains(id)));
    assert!(place.spooler.waiting().unwrap().is_empty());
    assert!(place.spooler.stop(PATIENCE));
    drop(place.kept);
}
