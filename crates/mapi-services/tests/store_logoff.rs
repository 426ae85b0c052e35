//! How the use of a store ends, with the real store, the real spooler and a transport that is held.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod held;

use held::{LONG, Word, World, submit};
use mapi::Object;
use mapi::{
    ErrorCode, FlushFlags, LogoffFlags, MdbFlags, MsgStore, OpenFlags, Session, StoreLogoffFlags as Way,
};
use mapi_defs::EntryId;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_MESSAGE_FLAGS};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn leaves(world: &World) -> Vec<String> {
    world.stage.log().into_iter().filter(|what| what.starts_with("leave")).collect()
}

fn sent_items(store: &MsgStore) -> usize {
    store.sent_items().unwrap().message_ids().unwrap().len()
}

fn store_id(session: &Session) -> EntryId {
    EntryId::from_bytes(session.stores().unwrap()[0].binary(PR_ENTRYID).unwrap())
}

#[test]
fn lc_45_the_saved_way_is_used_at_the_last_release() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    assert_eq!(store.store_logoff(Way::ORDERLY).unwrap(), Way::NONE, "nothing waits, and it is not over");
    let inbox = store.inbox().unwrap();
    drop(store);
    assert_eq!(leaves(&world), Vec::<String>::new(), "a folder of it is open");
    drop(inbox);
    assert_eq!(leaves(&world), ["leave 0x2"]);
    // Opened again, it ends without a word as LOGOFF_ABORT.
    drop(session.open_default_store().unwrap());
    assert_eq!(leaves(&world), ["leave 0x2", "leave 0x8"]);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(leaves(&world).len(), 2, "not once more at the logoff");
}

#[test]
fn lc_46_the_last_way_wins() {
    let world = World::new();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    store.store_logoff(Way::NO_WAIT).unwrap();
    store.store_logoff(Way::QUIET).unwrap();
    store.store_logoff(Way::NONE).unwrap();
    assert_eq!(store.store_logoff(Way(0x20)).unwrap_err().code(), ErrorCode::UNKNOWN_FLAGS);
    let two = Way::ABORT | Way::PURGE;
    assert_eq!(store.store_logoff(two).unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
    drop(store);
    assert_eq!(leaves(&world), ["leave 0x10"]);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn the_pending_way_counts_at_the_logoff_too() {
    for (way, told) in [(Way::NONE, "leave 0x8"), (Way::PURGE, "leave 0x4")] {
        let world = World::new();
        let (entered, say) = world.stage.hold();
        let session = world.logon();
        let store = session.open_default_store().unwrap();
        store.store_logoff(way).unwrap();
        submit(&store, "in process");
        entered.recv_timeout(LONG).unwrap();
        if way == Way::PURGE {
            say.send(Word::Send).unwrap();
        }
        let account = session.logoff(LogoffFlags::NONE).unwrap();
        assert_eq!(leaves(&world), [told]);
        let (sent, queued) = if way == Way::PURGE { (1, 0) } else { (0, 1) };
        assert_eq!((account.queue.sent, account.queue.queued), (sent, queued), "{account}");
        assert!(account.providers.iter().all(|end| end.result.is_ok()), "{account}");
    }
}

#[test]
fn lc_48_a_quiet_leave_leaves_a_message_in_process_alone() {
    let world = World::new();
    let (entered, say) = world.stage.hold();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    submit(&store, "in process");
    entered.recv_timeout(LONG).unwrap();
    let told = store.store_logoff(Way::QUIET).unwrap();
    assert_eq!(told, Way::OUTBOUND | Way::OUTBOUND_QUEUE, "the probe says so too");
    drop(store);
    assert_eq!(leaves(&world), ["leave 0x10"]);
    assert_eq!(world.stage.count("xp CancelMessage"), 0);
    say.send(Word::Send).unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.queue.sent, account.queue.queued), (1, 0), "the store was still in use: {account}");
}

#[test]
fn an_abort_at_the_release_takes_the_message_back_into_the_queue() {
    let world = World::new();
    let (entered, say) = world.stage.hold();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    let id = submit(&store, "in process");
    entered.recv_timeout(LONG).unwrap();
    let opened = |store: &MsgStore| store.open_message(&id, OpenFlags::NONE).map(drop);
    assert_eq!(opened(&store).unwrap_err().code(), ErrorCode::NO_ACCESS, "the spooler is at work on it");
    drop(store);
    assert_eq!(world.stage.count("xp CancelMessage"), 1);
    let store = session.open_msg_store(&store_id(&session), MdbFlags::NO_MAIL | MdbFlags::WRITE).unwrap();
    opened(&store).unwrap();
    store.abort_submit(&id).unwrap();
    let message = store.open_message(&id, OpenFlags::MODIFY).unwrap();
    assert_eq!(message.long(PR_MESSAGE_FLAGS).unwrap().unwrap() & 0x4, 0, "it can be written on");
    drop((message, say));
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(account.queue.sent, 0, "{account}");
}

#[test]
fn a_store_without_mail_has_no_say() {
    let world = World::new();
    let session = world.logon();
    let id = store_id(&session);
    let store = session.open_msg_store(&id, MdbFlags::NO_MAIL | MdbFlags::WRITE).unwrap();
    store.store_logoff(Way::PURGE).unwrap();
    drop(store);
    assert_eq!(leaves(&world), Vec::<String>::new());
    // One who sends mail is enough.
    let quiet = session.open_msg_store(&id, MdbFlags::NO_MAIL | MdbFlags::WRITE).unwrap();
    let sends = session.open_msg_store(&id, MdbFlags::WRITE).unwrap();
    drop((quiet, sends));
    assert_eq!(leaves(&world), ["leave 0x8"]);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn lc_44_what_is_sent_and_left_at_once_goes_in_the_next_session() {
    let world = World::new();
    let (entered, say) = world.stage.hold();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    say.send(Word::Busy).unwrap();
    submit(&store, "once");
    entered.recv_timeout(LONG).unwrap();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.queue.sent, account.queue.queued), (0, 1), "{account}");
    drop((session, store));

    let (_entered, say) = world.stage.hold();
    say.send(Word::Send).unwrap();
    let session = world.logon();
    let store = session.open_default_store().unwrap();
    assert!(session.flush_queues(LONG).unwrap());
    assert_eq!(sent_items(&store), 1);
    assert_eq!(world.stage.count("xp submit"), 2, "once in each session");
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.queue.sent, account.queue.queued), (1, 0), "{account}");
}

#[test]
fn lc_76_a_flush_of_the_spoolers_object_sends_everything() {
    let world = World::new();
    let idle = Session::logon(world.options().no_mail()).unwrap();
    let store = idle.open_default_store().unwrap();
    submit(&store, "one");
    submit(&store, "two");
    drop(store);
    idle.logoff(LogoffFlags::NONE).unwrap();
    world.stage.clear();
    let (entered, say) = world.stage.hold();
    let session = world.logon();
    // The first one waits, so that the flush finds two.
    entered.recv_timeout(LONG).unwrap();
    say.send(Word::Busy).unwrap();
    (0..2).for_each(|_| say.send(Word::Send).unwrap());
    session.spooler_status().unwrap().flush_queues(FlushFlags::UPLOAD | FlushFlags::NO_UI).unwrap();
    assert_eq!((session.queue().unwrap().sent, session.queue().unwrap().queued), (2, 0));
    let log = world.stage.log();
    let (flush, end) = (world.stage.position("xp flush 0x2"), world.stage.position("xp EndOutboundFlush"));
    let within = log[flush..end].iter().filter(|what| what.starts_with("xp submit")).count();
    assert!(within >= 1 && flush < end, "{log:#?}");
    assert_eq!(log[end..].iter().filter(|what| what.starts_with("xp submit")).count(), 0, "{log:#?}");
    session.logoff(LogoffFlags::NONE).unwrap();
}

/// Tells the other process where the home is.
const HOME: &str = "OPENMAPI_TEST_STORE_OPEN";

/// What the other process does: it has the store open until it is told to go.
fn have_it_open(root: &Path) {
    let world = World::at(root);
    let session = Session::logon(world.options().no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    println!("\nthe store is open");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    assert_eq!(sent_items(&store), 0, "and works to the end");
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    println!("\nthe other one has ended");
}

#[test]
fn lc_49_while_another_process_has_the_store_open_nothing_is_given_up() {
    if let Some(root) = std::env::var_os(HOME) {
        return have_it_open(Path::new(&root));
    }
    let world = World::new();
    let root = world.home.profiles().parent().unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "lc_49_while_another_process_has_the_store_open_nothing_is_given_up",
            "--nocapture",
        ])
        .env(HOME, root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("the store is open")));

    let session = world.logon();
    let store = session.open_default_store().unwrap();
    store.store_logoff(Way::PURGE).unwrap();
    drop(store);
    assert_eq!(leaves(&world), Vec::<String>::new(), "the other one goes on with it");
    assert_eq!(world.stage.count("xp flush"), 0);

    drop(other.stdin.take());
    assert!(lines.any(|line| line.contains("the other one has ended")));
    assert!(other.wait().unwrap().success());
    let store = session.open_default_store().unwrap();
    store.store_logoff(Way::PURGE).unwrap();
    drop(store);
    assert_eq!(leaves(&world), ["leave 0x4"], "alone, it is");
    assert_eq!(world.stage.count("xp flush"), 1);
    session.logoff(LogoffFlags::NONE).unwrap();
}
