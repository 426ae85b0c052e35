//! Delivery: a copy into the receive folder, once for each search key.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_spi::progress::NoProgress;
use mapi_spi::spooler::DELIVERY_KEY;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("delivered_messages_are_new_mail", delivered_messages_are_new_mail),
    ("a_delivery_happens_once", a_delivery_happens_once),
    ("a_message_with_a_delivery_key_arrives_once", a_message_with_a_delivery_key_arrives_once),
    ("delivered_messages_arrive_by_their_class", delivered_messages_arrive_by_their_class),
    ("messages_of_other_stores_are_delivered_whole", messages_of_other_stores_are_delivered_whole),
];

fn unsent(open: &Open, subject: &str, class: &str) -> Arc<dyn Message> {
    let message = open.outbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, subject);
    set(&*message, PR_MESSAGE_CLASS, class);
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_LONG_FILENAME, "large");
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![9; 60_000]);
    save(&*attachment);
    save(&*message);
    message
}

/// Unread, sent, with the time of its arrival and everything that was in it.
pub fn delivered_messages_are_new_mail(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let delivered = open.store.deliver(&*unsent(&open, "hello", "IPM.Note"), b"key").unwrap();
    assert!(delivered.is_new);
    assert_eq!(subjects(&*open.inbox()), ["hello"]);
    let message = open.message(&delivered.entry_id);
    assert_eq!(long(&*message, PR_MESSAGE_FLAGS) & 0xD, 0, "neither read nor unsent nor queued");
    assert_eq!(value(&*message, PR_MESSAGE_DELIVERY_TIME), PropValue::SysTime(fixture.clock.now()));
    assert_eq!(binary(&*message, PR_SEARCH_KEY), b"key");
    assert_eq!(message.recipients().unwrap()[0].display_name(), Some("Ann"));
    let attachment = message.open_attach(message.attachments().unwrap()[0], OpenFlags::NONE).unwrap();
    assert!(long(&*attachment, PR_ATTACH_SIZE) >= 60_000);
    assert_eq!(subjects(&*open.outbox()), ["hello"], "the original stays");
}

/// What the spooler saves is kept once for each key, and is new mail only when it says so.
pub fn a_message_with_a_delivery_key_arrives_once(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let arrive = |open: &Open, subject: &str, key: &[u8]| {
        let message = open.inbox().create_message(false).unwrap();
        set(&*message, PR_SUBJECT, subject);
        set(&*message, DELIVERY_KEY, key.to_vec());
        save(&*message);
    };
    arrive(&spooler, "one", b"1");
    arrive(&spooler, "one again", b"1");
    arrive(&spooler, "two", b"2");
    let arrived = || {
        let mut subjects = subjects(&*open.inbox());
        subjects.sort();
        subjects
    };
    assert_eq!(arrived(), ["one", "two"]);
    let keys = [b"2".to_vec(), b"3".to_vec(), b"1".to_vec()];
    assert_eq!(spooler.store.has_delivered(&keys).unwrap(), [true, false, true]);
    arrive(&open, "a client's", b"1");
    assert_eq!(arrived(), ["a client's", "one", "two"], "clients save what they like");
    open.store.deliver(&*unsent(&open, "delivered", "IPM.Note"), b"3").unwrap();
    arrive(&spooler, "delivered again", b"3");
    assert_eq!(arrived(), ["a client's", "delivered", "one", "two"]);
}

/// However often, by whichever logon, and whatever became of the copy.
pub fn a_delivery_happens_once(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let message = unsent(&open, "hello", "IPM.Note");
    let first = open.store.deliver(&*message, b"key").unwrap();
    let again = open.store.deliver(&*message, b"key").unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.entry_id, again.entry_id);
    let (spooler, inbox) = (fixture.open_as_spooler(), open.inbox());
    assert!(!spooler.store.deliver(&*message, b"key").unwrap().is_new);
    let ids = std::slice::from_ref(&first.entry_id);
    inbox.copy_messages(ids, &*open.new_folder("Kept"), FolderFlags::MOVE, &NoProgress).unwrap();
    assert!(!open.store.deliver(&*message, b"key").unwrap().is_new, "moved meanwhile");
    assert!(subjects(&*inbox).is_empty());
    assert!(open.store.deliver(&*message, b"another key").unwrap().is_new);
    let second = open.store.deliver(&*message, b"another key").unwrap();
    inbox.delete_messages(&[second.entry_id], FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert!(!open.store.deliver(&*message, b"another key").unwrap().is_new, "deleted meanwhile");
    assert!(subjects(&*inbox).is_empty());
}

/// SetReceiveFolder decides.
pub fn delivered_messages_arrive_by_their_class(make: Make<'_>) {
    let open = make().open();
    let orders = open.new_folder("Orders");
    open.store.set_receive_folder("IPM.Note.Order", Some(&entry_id(&*orders))).unwrap();
    open.store.deliver(&*unsent(&open, "order", "IPM.Note.Order.Large"), b"1").unwrap();
    open.store.deliver(&*unsent(&open, "note", "IPM.Note"), b"2").unwrap();
    open.store.deliver(&*unsent(&open, "strange", "Strange"), b"3").unwrap();
    assert_eq!(subjects(&*orders), ["order"]);
    assert_eq!(subjects(&*open.inbox()), ["note", "strange"]);
}

/// The message may be of any provider; named properties are translated.
pub fn messages_of_other_stores_are_delivered_whole(make: Make<'_>) {
    use mapi_defs::Guid;
    use mapi_defs::prop::{NamedProp, PropType};
    let open = make().open();
    let elsewhere = Fixture::new(crate::memory::MemoryProvider::new()).open();
    let message = unsent(&elsewhere, "from afar", "IPM.Note");
    let unused = [NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Another")];
    let name = [NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Keywords")];
    elsewhere.store.ids(&unused, true).unwrap();
    let id = message.ids(&name, true).unwrap()[0].unwrap();
    set(&*message, PropTag::new(id, PropType::UNICODE), "named");
    save(&*message);
    let delivered = open.store.deliver(&*message, b"key").unwrap();
    let copy = open.message(&delivered.entry_id);
    let id = open.store.ids(&name, false).unwrap()[0].unwrap();
    assert_eq!(text(&*copy, PropTag::new(id, PropType::UNICODE)), "named");
    assert_eq!((text(&*copy, PR_SUBJECT), copy.attachments().unwrap().len()), ("from afar".to_owned(), 1));
}
