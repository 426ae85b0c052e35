//! Events of objects and of the store.
//!
//! A store tells asynchronously if it likes: what has happened is told by the end of the next call.

use super::*;
use mapi_defs::flags::FolderFlags;
use mapi_defs::notification::{EventMask, Notification};
use mapi_spi::progress::NoProgress;
use std::sync::Mutex;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("the_store_tells_of_its_objects", the_store_tells_of_its_objects),
    ("an_object_tells_of_itself_alone", an_object_tells_of_itself_alone),
    ("delivery_tells_of_new_mail_once", delivery_tells_of_new_mail_once),
    ("the_spooler_announces_new_mail", the_spooler_announces_new_mail),
    ("nothing_is_told_once_unadvised", nothing_is_told_once_unadvised),
];

const OBJECTS: EventMask = EventMask(0x4 | 0x8 | 0x10 | 0x20 | 0x40);

type Heard = Arc<Mutex<Vec<Notification>>>;

fn listen(open: &Open, id: &EntryId, mask: EventMask) -> (Heard, mapi_spi::advise::Connection) {
    let heard = Heard::default();
    let sink = {
        let heard = heard.clone();
        move |notifications: &[Notification]| heard.lock().unwrap().extend_from_slice(notifications)
    };
    let connection = open.store.advise(id, mask, Arc::new(sink)).unwrap();
    assert_ne!(connection.0, 0);
    (heard, connection)
}

/// What was told, after one more call in which the store may tell it.
fn told(open: &Open, heard: &Heard) -> Vec<Notification> {
    value(&*open.store, PR_DISPLAY_NAME);
    std::mem::take(&mut *heard.lock().unwrap())
}

/// The events of one object among those told, by their bits.
fn events_of(told: &[Notification], id: &EntryId) -> Vec<u32> {
    let event = |one: &Notification| match one {
        Notification::Object { event, object } if object.entry_id == *id => Some(event.0),
        _ => None,
    };
    told.iter().filter_map(event).collect()
}

/// Created, modified, moved, copied, deleted.
pub fn the_store_tells_of_its_objects(make: Make<'_>) {
    let open = make().open();
    let (folder, to) = (open.new_folder("A"), open.new_folder("B"));
    let (heard, _) = listen(&open, &EntryId::default(), OBJECTS);
    let id = create_message(&*folder, "x");
    assert_eq!(events_of(&told(&open, &heard), &id).first(), Some(&0x4), "created at the first save");
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "y");
    save(&*message);
    let events = told(&open, &heard);
    assert!(events_of(&events, &id).contains(&0x10), "modified: {events:?}");
    let ids = std::slice::from_ref(&id);
    let (_, copies) = folder.copy_messages(ids, &*to, FolderFlags::NONE, &NoProgress).unwrap();
    let events = told(&open, &heard);
    assert_eq!(events_of(&events, &copies[0]), [0x40], "copied, and not created besides");
    folder.copy_messages(ids, &*to, FolderFlags::MOVE, &NoProgress).unwrap();
    let events = told(&open, &heard);
    let moved = events.iter().find_map(|one| match one {
        Notification::Object { event: EventMask::OBJECT_MOVED, object } => Some(object.clone()),
        _ => None,
    });
    let moved = moved.unwrap_or_else(|| panic!("moved: {events:?}"));
    assert_eq!((moved.entry_id, moved.parent_id), (id.clone(), entry_id(&*to)));
    assert_eq!(moved.old_parent_id, Some(entry_id(&*folder)));
    to.delete_messages(ids, FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert!(events_of(&told(&open, &heard), &id).contains(&0x8), "deleted");
    let made = create_folder(&*to, "C");
    assert!(events_of(&told(&open, &heard), &entry_id(&*made)).contains(&0x4), "a folder, too");
}

/// An advise of one object hears nothing of others, and nothing that it did not ask for.
pub fn an_object_tells_of_itself_alone(make: Make<'_>) {
    let fixture = make();
    let (open, other) = (fixture.open(), fixture.open());
    let folder = open.new_folder("A");
    let (id, neighbour) = (create_message(&*folder, "x"), create_message(&*folder, "y"));
    let (heard, _) = listen(&open, &id, EventMask::OBJECT_DELETED);
    let (all, _) = listen(&open, &id, OBJECTS);
    let message = open.message(&neighbour);
    set(&*message, PR_SUBJECT, "z");
    save(&*message);
    assert!(told(&open, &all).is_empty(), "a neighbour's change");
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "z");
    save(&*message);
    assert!(!events_of(&told(&open, &all), &id).is_empty());
    assert!(told(&open, &heard).is_empty(), "not asked for");
    let ids = std::slice::from_ref(&id);
    other.folder(&entry_id(&*folder)).delete_messages(ids, FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    let events = told(&open, &heard);
    assert_eq!(events_of(&events, &id), [0x8], "deleted by another logon");
}

/// A message is new once.
pub fn delivery_tells_of_new_mail_once(make: Make<'_>) {
    let open = make().open();
    let (message, _) = create_mail(&open, "hello");
    let (heard, _) = listen(&open, &EntryId::default(), EventMask::NEW_MAIL);
    let delivered = open.store.deliver(&*message, b"key").unwrap();
    let events = told(&open, &heard);
    let [Notification::NewMail { entry_id: id, parent_id, message_class, .. }] = &events[..] else {
        panic!("one new mail: {events:?}")
    };
    assert_eq!((id, parent_id), (&delivered.entry_id, &entry_id(&*open.inbox())));
    assert_eq!(message_class, "IPM.Note");
    open.store.deliver(&*message, b"key").unwrap();
    assert!(told(&open, &heard).is_empty(), "delivered before");
}

/// NotifyNewMail hands an event on to the store's sinks, for the spooler alone.
pub fn the_spooler_announces_new_mail(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let id = create_message(&*open.inbox(), "x");
    let Opened::Message(message) = open.store.open_entry(&id, OpenFlags::NONE).unwrap() else {
        panic!("a message")
    };
    let PropValue::Long(flags) = value(&*message, PR_MESSAGE_FLAGS) else { panic!("flags") };
    let event = Notification::NewMail {
        entry_id: id,
        parent_id: entry_id(&*open.inbox()),
        message_class: "IPM.Note".into(),
        message_flags: flags as u32,
    };
    let (client, _) = listen(&open, &EntryId::default(), EventMask::NEW_MAIL);
    let (heard, _) = listen(&spooler, &EntryId::default(), EventMask::NEW_MAIL);
    let (deaf, _) = listen(&spooler, &EntryId::default(), OBJECTS);
    spooler.store.notify_new_mail(&event).unwrap();
    assert_eq!(told(&spooler, &heard), std::slice::from_ref(&event));
    assert!(told(&spooler, &deaf).is_empty());
    assert_eq!(told(&open, &client), std::slice::from_ref(&event), "clients hear it by their own logon");
    assert_eq!(code(open.store.notify_new_mail(&event)), ErrorCode::NO_SUPPORT);
}

/// Unadvise ends it, and an unknown connection is nothing.
pub fn nothing_is_told_once_unadvised(make: Make<'_>) {
    let open = make().open();
    let (heard, connection) = listen(&open, &EntryId::default(), OBJECTS);
    let (others, _) = listen(&open, &EntryId::default(), OBJECTS);
    open.store.unadvise(connection).unwrap();
    open.store.unadvise(connection).unwrap();
    create_message(&*open.inbox(), "x");
    assert!(told(&open, &heard).is_empty());
    assert!(!told(&open, &others).is_empty(), "others go on hearing");
}
