//! A recipient in doubt in the real store: what the queue shows, and what the profile says of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod held;

use held::{LONG, Word, World, submit};
use mapi::{LogoffFlags, NewService, OpenFlags, Session};
use mapi_defs::EntryId;
use mapi_spi::spooler::{recipient_outcome, section};

/// A world whose profile says this of recipients in doubt.
fn world(policy: Option<&str>) -> World {
    let mut store = NewService::named(mapi_services::STORE);
    if let Some(policy) = policy {
        store.props.set(section::IN_DOUBT, policy);
    }
    World::with(store)
}

/// What is kept of the one recipient of a queued message.
fn outcome(session: &Session, id: &EntryId) -> (String, String) {
    let store = session.open_default_store().unwrap();
    let message = store.open_message(id, OpenFlags::NONE).unwrap();
    let rows = message.recipients().unwrap();
    let text = |tag| rows[0].props.text(tag).unwrap_or_default().to_owned();
    (text(recipient_outcome::STATE), text(recipient_outcome::REPLY))
}

#[test]
fn a_held_doubt_stays_in_the_queue_for_the_next_session_to_see() {
    let world = world(Some("hold"));
    let (_entered, say) = world.stage.hold();
    let session = world.logon();
    say.send(Word::Doubt).unwrap();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "nobody knows");
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(outcome(&session, &id), ("in_doubt".to_owned(), "in doubt: silence".to_owned()));
    drop(store);
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.queue.in_doubt, account.queue.sent), (1, 0), "{account}");

    let session = world.logon();
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(session.queue().unwrap().in_doubt, 1);
    assert_eq!(world.stage.count("xp submit"), 1, "it is not sent a second time");
    // Taken back, it is the sender's to decide.
    let store = session.open_default_store().unwrap();
    store.abort_submit(&id).unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn without_a_word_of_the_profile_the_same_message_goes_again() {
    let world = world(None);
    let (_entered, say) = world.stage.hold();
    let session = world.logon();
    say.send(Word::Doubt).unwrap();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "once more");
    assert!(!session.flush_queues(LONG).unwrap());
    assert_eq!(outcome(&session, &id).0, "in_doubt");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();

    let session = world.logon();
    say.send(Word::Send).unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(world.stage.count("xp submit"), 2);
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.queue.sent, account.queue.in_doubt), (1, 0), "{account}");
}
