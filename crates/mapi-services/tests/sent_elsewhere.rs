//! Sent messages whose PR_SENTMAIL_ENTRYID names a folder of another store. What happens to them under SIGKILL
//! is in `queue_kills/`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod held;

use held::{LONG, World};
use mapi::{Folder, LogoffFlags, MdbFlags, MsgStore, NewService, Object, OpenFlags, RecipientType, Session};
use mapi_defs::EntryId;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::*;
use mapi_spi::spooler::recipient_outcome::STATE;
use mapi_spi::spooler::section::FILE;

/// MSGFLAG_READ, MSGFLAG_SUBMIT and MSGFLAG_UNSENT.
const OF_SENDING: i32 = 0x1 | 0x4 | 0x8;
const READ: i32 = 0x1;

fn world() -> World {
    World::with_more(NewService::named(mapi_services::STORE), |folder| {
        let mut second = NewService::named(mapi_services::STORE);
        second.props.set(FILE, folder.join("second.store").to_str().unwrap());
        vec![second]
    })
}

fn second(session: &Session) -> MsgStore {
    let rows = session.stores().unwrap();
    let row =
        rows.iter().find(|row| row.value(PR_DEFAULT_STORE).and_then(|is| is.as_boolean()) == Some(false));
    let id = EntryId::from_bytes(row.unwrap().binary(PR_ENTRYID).unwrap());
    session.open_msg_store(&id, MdbFlags::WRITE).unwrap()
}

fn subjects(folder: &Folder, store: &MsgStore) -> Vec<String> {
    let ids = folder.message_ids().unwrap();
    let text = |id| store.open_message(id, OpenFlags::NONE).unwrap().text(PR_SUBJECT).unwrap().unwrap();
    ids.iter().map(text).collect()
}

fn send(session: &Session, store: &MsgStore, subject: &str, props: &[Prop]) {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.delete_props(&[PR_SENTMAIL_ENTRYID, PR_DELETE_AFTER_SUBMIT]).unwrap();
    message.set_props(props).unwrap();
    message.set(PR_BODY, "Figures. ".repeat(20_000)).unwrap();
    message.add_recipient(RecipientType::To, "Ann", "ann@example.org").unwrap();
    message.submit().unwrap();
    assert!(session.flush_queues(LONG).unwrap());
}

#[test]
fn a_folder_of_another_store_has_what_was_sent_and_the_outbox_has_it_no_more() {
    let world = world();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let other = second(&session);
    let (outbox, theirs) = (store.outbox().unwrap(), other.sent_items().unwrap());
    let there = Prop::new(PR_SENTMAIL_ENTRYID, theirs.binary(PR_ENTRYID).unwrap().unwrap());
    send(&session, &store, "moves", std::slice::from_ref(&there));
    send(&session, &store, "both", &[there, Prop::new(PR_DELETE_AFTER_SUBMIT, true)]);
    assert_eq!(subjects(&outbox, &store), [""; 0]);
    assert_eq!(subjects(&store.sent_items().unwrap(), &store), [""; 0]);
    let mut found = subjects(&theirs, &other);
    found.sort_unstable();
    assert_eq!(found, ["both", "moves"]);
    for id in theirs.message_ids().unwrap() {
        let copy = other.open_message(&id, OpenFlags::NONE).unwrap();
        assert_eq!(copy.long(PR_MESSAGE_FLAGS).unwrap().unwrap() & OF_SENDING, READ);
        assert_eq!(copy.text(PR_BODY).unwrap().unwrap().len(), 180_000);
        let rows = copy.recipients().unwrap();
        assert_eq!(rows[0].props.text(STATE), Some("sent"), "what became of whom is with the copy");
    }
    assert_eq!(session.queue().unwrap().sent, 2);
    drop((outbox, theirs, store, other));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn where_no_store_has_the_folder_the_message_stays_and_nothing_is_lost() {
    let world = world();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let other = second(&session);
    // A folder of the other store that is gone, and one of a store that nobody knows.
    let gone = other.sent_items().unwrap().create_folder("gone", mapi::FolderFlags::NONE).unwrap();
    let id = gone.binary(PR_ENTRYID).unwrap().unwrap();
    drop(gone);
    other
        .sent_items()
        .unwrap()
        .delete_folder(&EntryId::from_bytes(id.clone()), mapi::FolderFlags::NONE)
        .unwrap();
    let mut foreign = id.clone();
    foreign[24..40].fill(0x55);
    for (subject, folder) in [("deleted", id), ("foreign", foreign)] {
        let delete = Prop::new(PR_DELETE_AFTER_SUBMIT, true);
        send(&session, &store, subject, &[Prop::new(PR_SENTMAIL_ENTRYID, folder), delete]);
    }
    let outbox = store.outbox().unwrap();
    let mut found = subjects(&outbox, &store);
    found.sort_unstable();
    assert_eq!(found, ["deleted", "foreign"], "what cannot be kept there is not deleted here");
    let flags =
        |id| store.open_message(id, OpenFlags::NONE).unwrap().long(PR_MESSAGE_FLAGS).unwrap().unwrap();
    assert!(outbox.message_ids().unwrap().iter().all(|id| flags(id) & OF_SENDING == READ));
    drop((outbox, store, other));
    session.logoff(LogoffFlags::NONE).unwrap();
}
