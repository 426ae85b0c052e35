//! Sending as clients see it, with the real store and the real spooler: the cases of the store's side.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod held;

use held::{LONG, Word, World, submit};
use mapi::{
    ErrorCode, FolderFlags, LogoffFlags, MsgStore, Object, OpenFlags, Recipient, RecipientType, Result,
    SaveFlags, Session,
};
use mapi_defs::EntryId;
use mapi_defs::notification::TableEvent;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::*;
use mapi_defs::recipient::{P1, SUBMITTED};
use mapi_defs::row::Row;
use mapi_spi::message::ModifyRecipients;
use std::sync::mpsc::{Receiver, Sender};

const UNSENT: i32 = 0x8;
const SUBMIT: i32 = 0x4;
const RESEND: i32 = 0x80;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn flags(store: &MsgStore, id: &EntryId) -> i32 {
    store.open_message(id, OpenFlags::NONE).unwrap().long(PR_MESSAGE_FLAGS).unwrap().unwrap()
}

fn queued(session: &Session) -> Vec<EntryId> {
    session.waiting().unwrap().into_iter().map(|(id, _)| id).collect()
}

/// A message that is saved, by its identifier.
fn draft(store: &MsgStore, subject: &str) -> (mapi::Message, EntryId) {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = EntryId::from_bytes(message.binary(PR_ENTRYID).unwrap().unwrap());
    (message, id)
}

fn row(address: &str, kind: u32) -> Recipient {
    let mut row = Recipient::default();
    row.props.set(Recipient::TYPE, kind.cast_signed());
    row.props.set(Recipient::ADDRTYPE, "SMTP");
    row.props.set(Recipient::EMAIL_ADDRESS, address);
    row.props.set(Recipient::DISPLAY_NAME, address);
    row
}

struct Behind {
    session: Session,
    store: MsgStore,
    _entered: Receiver<()>,
    say: Sender<Word>,
}

/// A session whose transport has one message and does not say what becomes of it, so that what is
/// submitted afterwards stays queued and unlocked.
fn behind_another(world: &World) -> Behind {
    let (entered, say) = world.stage.hold();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "in process");
    entered.recv_timeout(LONG).unwrap();
    // As long as somebody has the store open the spooler does not leave it.
    Behind { session, store, _entered: entered, say }
}

#[test]
fn lc_62_without_recipients_nothing_is_queued_and_the_message_stays_usable() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let (message, id) = draft(&store, "to nobody");
    assert_eq!(code(message.submit()), ErrorCode::NO_RECIPIENTS);
    message.set(PR_SUBJECT, "still to nobody").unwrap();
    message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(message.text(PR_SUBJECT).unwrap().as_deref(), Some("still to nobody"));
    assert_eq!(flags(&store, &id) & SUBMIT, 0);
    assert_eq!(message.text(PR_INTERNET_MESSAGE_ID).unwrap(), None, "it was not named either");
    assert!(queued(&session).is_empty());
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_63_a_queued_message_is_closed_to_writers() {
    let world = World::new();
    let Behind { session, store, say: _say, _entered } = behind_another(&world);
    let id = submit(&store, "queued");
    assert_eq!(code(store.open_message(&id, OpenFlags::MODIFY)), ErrorCode::SUBMITTED);
    let reader = store.open_message(&id, OpenFlags::BEST_ACCESS).unwrap();
    assert_eq!(reader.long(PR_ACCESS_LEVEL).unwrap(), Some(0), "for reading");
    assert_eq!(code(reader.set(PR_SUBJECT, "changed")), ErrorCode::NO_ACCESS);
    assert_eq!(reader.text(PR_SUBJECT).unwrap().as_deref(), Some("queued"));
    drop((reader, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

fn is_of(row: &Row, id: &EntryId) -> bool {
    row.binary(PR_ENTRYID) == Some(id.as_bytes())
}

#[test]
fn lc_64_a_message_is_taken_back_from_the_queue() {
    let world = World::new();
    world.stage.listen_to_queue();
    let Behind { session, store, say, _entered } = behind_another(&world);
    let id = submit(&store, "taken back");
    assert!(queued(&session).contains(&id));
    world.stage.told_of_queue(|event| matches!(event, TableEvent::RowAdded { row, .. } if is_of(row, &id)));
    store.abort_submit(&id).unwrap();
    assert!(!queued(&session).contains(&id));
    // The spooler is told that the row is gone, by the key under which it came.
    let told = world.stage.told_of_queue(|event| matches!(event, TableEvent::RowDeleted { .. }));
    let key = told.iter().find_map(|event| match event {
        TableEvent::RowAdded { index, row, .. } if is_of(row, &id) => Some(index.clone()),
        _ => None,
    });
    assert_eq!(told.last(), Some(&TableEvent::RowDeleted { index: key.unwrap() }), "{told:?}");
    let message = store.open_message(&id, OpenFlags::MODIFY).unwrap();
    let held = message.long(PR_MESSAGE_FLAGS).unwrap().unwrap();
    assert_eq!(held & (SUBMIT | UNSENT), UNSENT, "a draft again");
    assert_eq!(code(store.abort_submit(&id)), ErrorCode::NOT_IN_QUEUE);
    say.send(Word::Send).unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.count("xp submit"), 1, "the transport was never asked for it");
    drop((message, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_message_that_the_spooler_is_at_work_on_cannot_be_taken_back() {
    let world = World::new();
    let Behind { session, store, say: _say, _entered } = behind_another(&world);
    let id = queued(&session).remove(0);
    assert_eq!(code(store.abort_submit(&id)), ErrorCode::UNABLE_TO_ABORT);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_65_messages_go_in_the_order_of_their_submission() {
    let world = World::new();
    let Behind { session, store, say, _entered } = behind_another(&world);
    let first = queued(&session).remove(0);
    let ids: Vec<EntryId> = ["one", "two", "three"].iter().map(|subject| submit(&store, subject)).collect();
    // A message that was saved first and is submitted last comes last; so does an urgent one.
    let expected: Vec<EntryId> = std::iter::once(first).chain(ids.iter().cloned()).collect();
    assert_eq!(queued(&session), expected);
    (0..4).for_each(|_| say.send(Word::Send).unwrap());
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.subjects(), ["in process", "one", "two", "three"]);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

fn subjects(folder: &mapi::Folder, store: &MsgStore) -> Vec<String> {
    let ids = folder.message_ids().unwrap();
    let text = |id| store.open_message(id, OpenFlags::NONE).unwrap().text(PR_SUBJECT).unwrap().unwrap();
    ids.iter().map(text).collect()
}

#[test]
fn lc_66_a_sent_message_stays_goes_or_is_moved_as_it_says() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let (outbox, sent_items) = (store.outbox().unwrap(), store.sent_items().unwrap());
    let to_sent = Prop::new(PR_SENTMAIL_ENTRYID, sent_items.binary(PR_ENTRYID).unwrap().unwrap());
    let delete = Prop::new(PR_DELETE_AFTER_SUBMIT, true);
    let none: [&str; 0] = [];
    // What the two properties say, and what Outbox and Sent Items hold then.
    for (props, outbox_holds, sent_holds) in [
        (vec![], &["stays"][..], &none[..]),
        (vec![to_sent.clone()], &[], &["moves"]),
        (vec![delete.clone()], &[], &[]),
        (vec![to_sent, delete], &[], &["both"]),
    ] {
        let subject = outbox_holds.iter().chain(sent_holds).next().copied().unwrap_or("goes");
        let (message, _) = draft(&store, subject);
        message.delete_props(&[PR_SENTMAIL_ENTRYID, PR_DELETE_AFTER_SUBMIT]).unwrap();
        message.set_props(&props).unwrap();
        message.add_recipient(RecipientType::To, "Ann", "ann@example.org").unwrap();
        message.submit().unwrap();
        assert!(session.flush_queues(LONG).unwrap());
        assert_eq!(subjects(&outbox, &store), outbox_holds, "{props:?}");
        assert_eq!(subjects(&sent_items, &store), sent_holds, "{props:?}");
        for folder in [&outbox, &sent_items] {
            let ids = folder.message_ids().unwrap();
            assert!(ids.iter().all(|id| flags(&store, id) & (SUBMIT | UNSENT) == 0), "{props:?}");
            folder.delete_messages(&ids, FolderFlags::NONE).unwrap();
        }
    }
    assert_eq!(session.queue().unwrap().sent, 4);
    drop((outbox, sent_items, store));
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_67_finishing_a_message_is_the_spoolers() {
    let world = World::new();
    let Behind { session, store, say: _say, _entered } = behind_another(&world);
    let id = submit(&store, "queued");
    assert_eq!(code(store.finished_msg(&id)), ErrorCode::NO_SUPPORT);
    assert!(queued(&session).contains(&id), "it is still queued");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_68_a_resent_message_goes_to_those_who_did_not_get_it() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, "once more").unwrap();
    message.set(PR_MESSAGE_FLAGS, RESEND | UNSENT).unwrap();
    let rows = vec![
        row("a@example.org", SUBMITTED | 1),
        row("b@example.org", SUBMITTED | 1),
        row("b@example.org", P1 | 1),
        row("c@example.org", 2),
    ];
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    message.submit().unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.offered(), [vec!["b@example.org", "c@example.org"]]);
    let kinds = [1, 1, (P1 | 1).cast_signed(), 2];
    let at = store.sent_items().unwrap().message_ids().unwrap().remove(0);
    let kept = store.open_message(&at, OpenFlags::NONE).unwrap().recipients().unwrap();
    assert_eq!(kept.iter().map(|row| row.props.long(Recipient::TYPE).unwrap()).collect::<Vec<_>>(), kinds);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn nobody_is_sent_a_message_twice() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let (message, _) = draft(&store, "once");
    let rows = vec![
        row("ann@example.org", 1),
        row("ann@EXAMPLE.org", 1),
        row("ann@example.org", 2),
        row("Ann@example.org", 1),
    ];
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    message.submit().unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.offered(), [vec!["ann@example.org", "Ann@example.org"]]);
    let at = store.sent_items().unwrap().message_ids().unwrap().remove(0);
    let kept = store.open_message(&at, OpenFlags::NONE).unwrap().recipients().unwrap();
    assert_eq!(kept.iter().map(Recipient::kind).collect::<Vec<_>>(), {
        use RecipientType::{Cc, To};
        [To, Cc, To]
    });
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_message_keeps_its_name_and_its_date_from_the_submit_on() {
    let world = World::new();
    let (_entered, say) = world.stage.hold();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    (0..30).for_each(|_| say.send(Word::Busy).unwrap());
    let id = submit(&store, "first");
    (0..2).for_each(|_| assert!(!session.flush_queues(LONG).unwrap()));
    let names = world.stage.names();
    assert!(names.len() > 1 && names.iter().all(|name| *name == names[0]), "{names:?}");
    let (name, time) = &names[0];
    assert!(name.starts_with('<') && name.contains('@') && name.ends_with('>'), "{name}");
    assert_eq!(*time, store.open_message(&id, OpenFlags::NONE).unwrap().time(PR_CLIENT_SUBMIT_TIME).unwrap());
    store.abort_submit(&id).unwrap();
    // Another message has another name, and an own name is kept.
    let other = submit(&store, "second");
    assert!(!session.flush_queues(LONG).unwrap());
    assert_ne!(world.stage.names().last().unwrap().0, *name);
    store.abort_submit(&other).unwrap();
    let message = store.open_message(&other, OpenFlags::MODIFY).unwrap();
    message.set(PR_INTERNET_MESSAGE_ID, "<own@example.org>").unwrap();
    message.submit().unwrap();
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.names().last().unwrap().0, "<own@example.org>");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}
