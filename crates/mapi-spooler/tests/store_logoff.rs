//! The ways to take leave of a store, with nothing in the queue, with mail that waits, and while a
//! message is with a transport.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod double;

use double::{Store, all_sent, any};
use mapi_defs::flags::StoreLogoffFlags as Way;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, TransportLogonFlags, TransportNotify, XpLogon,
};
use mapi_spi::spooler::{RunningSpooler, Spooler, SpoolerTransport, SpoolerWork};
use mapi_spooler::MapiSpooler;
use mapi_spooler::lease::Lease;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than anything takes here; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const NO_PATIENCE: Duration = Duration::from_millis(20);

/// What a held message is told.
enum Word {
    Send,
    Cancel,
    Away,
    /// The other code for a message that was given up.
    Drop,
}

/// A transport that holds each message until it is told what to do with it.
struct Held {
    entered: Mutex<Sender<()>>,
    words: Mutex<Receiver<Word>>,
    word: Mutex<Sender<Word>>,
    obeys: AtomicBool,
    told: Mutex<Vec<String>>,
}

impl XpLogon for Held {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(any())
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.told.lock().unwrap().push(format!("{what:?}"));
        if matches!(what, TransportNotify::CancelMessage(_)) && self.obeys.load(Ordering::SeqCst) {
            self.word.lock().unwrap().send(Word::Cancel).unwrap();
        }
        Ok(())
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.told.lock().unwrap().push(format!("submit {reference}"));
        self.entered.lock().unwrap().send(()).unwrap();
        let word = self.words.lock().unwrap().recv().unwrap();
        let failed = |code| Err(Error::new(code, "XpLogon::submit_message", "as told"));
        match word {
            Word::Send => Ok(all_sent(message)),
            Word::Cancel => failed(ErrorCode::USER_CANCEL),
            Word::Away => failed(ErrorCode::NETWORK_ERROR),
            Word::Drop => failed(ErrorCode::CANCEL),
        }
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.told.lock().unwrap().push(format!("flush {flags}"));
        Ok(())
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}

struct World {
    store: Store,
    transport: Arc<Held>,
    entered: Receiver<()>,
    lease: PathBuf,
    spooler: Arc<dyn RunningSpooler>,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let (folder, store) = (tempfile::tempdir().unwrap(), Store::default());
        let (entered, hear) = channel();
        let (word, words) = channel();
        let transport = Arc::new(Held {
            entered: Mutex::new(entered),
            words: Mutex::new(words),
            word: Mutex::new(word),
            obeys: AtomicBool::new(true),
            told: Mutex::default(),
        });
        let lease = folder.path().join("queue.lock");
        let transports =
            vec![SpoolerTransport::new("held", transport.clone(), TransportLogonFlags::default())];
        let now = Arc::new(|| FileTime::from_unix_seconds(1_700_000_000));
        let work =
            SpoolerWork { store: store.logon(), transports, lease: lease.clone(), hold_in_doubt: false, now };
        let spooler = MapiSpooler::default().start(work).unwrap();
        Self { store, transport, entered: hear, lease, spooler, _folder: folder }
    }

    /// Submits a message, as a client of the store does.
    fn submit(&self, number: u32) -> EntryId {
        let id = self.store.submit(number, &["SMTP"]);
        self.spooler.store_logon();
        id
    }

    fn say(&self, word: Word) {
        self.transport.word.lock().unwrap().send(word).unwrap();
    }

    fn leave(&self, way: Way) -> Way {
        self.spooler.store_logoff(way, PATIENCE).unwrap()
    }

    fn told(&self) -> Vec<String> {
        self.transport.told.lock().unwrap().clone()
    }

    fn count(&self, what: &str) -> usize {
        self.told().iter().filter(|one| one.starts_with(what)).count()
    }

    /// Waits until the spooler has let go of the lease, and gives it back.
    fn await_lease(&self) -> Lease {
        for _ in 0..6_000 {
            if let Some(lease) = Lease::acquire(&self.lease).unwrap() {
                return lease;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("the spooler keeps the lease");
    }
}

#[test]
fn a_store_without_mail_is_given_up_whatever_the_way() {
    for way in [Way::ABORT, Way::NO_WAIT, Way::ORDERLY, Way::PURGE, Way::QUIET] {
        let world = World::new();
        assert_eq!(world.leave(way), Way::COMPLETE, "{way:?}");
        drop(world.await_lease());
        assert_eq!(world.leave(way), Way::COMPLETE, "{way:?} once more");
        assert_eq!(world.count("flush"), if way == Way::PURGE { 2 } else { 0 }, "{way:?}");
        assert!(world.count("EndOutbound") >= 1);
        assert!(world.spooler.stop(PATIENCE));
    }
}

#[test]
fn mail_that_waits_stays_or_goes_as_the_way_has_it() {
    for way in [Way::ABORT, Way::ORDERLY, Way::QUIET] {
        let world = World::new();
        // Left first, so that what is submitted now waits.
        assert_eq!(world.leave(Way::QUIET), Way::COMPLETE);
        world.store.submit(1, &["SMTP"]);
        assert_eq!(world.leave(way), Way::COMPLETE | Way::OUTBOUND_QUEUE, "{way:?}");
        drop(world.await_lease());
        assert_eq!((world.count("submit"), world.store.queued().len()), (0, 1));
        assert!(world.spooler.stop(PATIENCE));
    }
    let world = World::new();
    assert_eq!(world.leave(Way::QUIET), Way::COMPLETE);
    let ids: Vec<EntryId> = (1..=2).map(|number| world.store.submit(number, &["SMTP"])).collect();
    (0..2).for_each(|_| world.say(Word::Send));
    assert_eq!(world.leave(Way::PURGE), Way::COMPLETE, "everything went");
    assert_eq!(world.store.finished(), ids);
    assert_eq!(world.count("flush 2"), 1);
    assert!(world.spooler.stop(PATIENCE));
}

#[test]
fn a_purge_ends_where_nothing_more_can_be_sent() {
    let world = World::new();
    assert_eq!(world.leave(Way::QUIET), Way::COMPLETE);
    world.store.submit(1, &["SMTP"]);
    world.store.submit(2, &["SMTP"]);
    world.say(Word::Send);
    world.say(Word::Away);
    world.say(Word::Away);
    assert_eq!(world.leave(Way::PURGE), Way::COMPLETE | Way::OUTBOUND_QUEUE);
    assert_eq!((world.store.finished().len(), world.store.queued().len()), (1, 1));
    assert!(world.spooler.stop(PATIENCE));
}

#[test]
fn what_is_ready_goes_in_the_background_and_then_the_store_is_left() {
    let world = World::new();
    let first = world.submit(1);
    world.entered.recv_timeout(PATIENCE).unwrap();
    let second = world.store.submit(2, &["SMTP"]);
    let answer = world.leave(Way::NO_WAIT);
    assert_eq!(answer, Way::COMPLETE | Way::OUTBOUND | Way::OUTBOUND_QUEUE, "it did not wait");
    world.say(Word::Send);
    world.say(Word::Send);
    let lease = world.await_lease();
    assert_eq!(world.store.finished(), [first, second]);
    let third = world.store.submit(3, &["SMTP"]);
    drop(lease);
    world.spooler.wake();
    assert!(world.entered.recv_timeout(PATIENCE).is_ok(), "the second one");
    assert!(world.entered.recv_timeout(Duration::from_millis(300)).is_err(), "the third one has no client");
    assert_eq!(world.store.queued(), [third]);
    assert!(world.spooler.stop(PATIENCE));
}

#[test]
fn an_orderly_leave_waits_for_the_message_in_process_and_begins_no_other() {
    let world = World::new();
    let first = world.submit(1);
    world.entered.recv_timeout(PATIENCE).unwrap();
    let second = world.store.submit(2, &["SMTP"]);
    assert_eq!(world.leave(Way::QUIET), Way::OUTBOUND | Way::OUTBOUND_QUEUE, "not while it is sending");
    let impatient = world.spooler.store_logoff(Way::ORDERLY, NO_PATIENCE).unwrap();
    assert_eq!(impatient, Way::OUTBOUND | Way::OUTBOUND_QUEUE, "nothing changed");
    // One for the second message, should it be begun before the spooler hears of the leave.
    (0..2).for_each(|_| world.say(Word::Send));
    assert_eq!(world.leave(Way::ORDERLY) & Way::COMPLETE, Way::COMPLETE);
    assert!(world.store.finished().starts_with(&[first]), "the message in process was sent");
    let _held = (world.await_lease(), second);
    assert!(world.spooler.stop(PATIENCE));
}

#[test]
fn an_abort_cancels_the_message_in_process_which_stays_in_the_queue() {
    let world = World::new();
    let id = world.submit(1);
    world.entered.recv_timeout(PATIENCE).unwrap();
    assert_eq!(world.leave(Way::ABORT), Way::COMPLETE | Way::OUTBOUND_QUEUE);
    assert_eq!(world.count("CancelMessage"), 1);
    assert!(!world.store.is_locked(&id));
    drop(world.await_lease());
    assert_eq!(world.count("submit"), 1, "it is not begun again");

    world.say(Word::Send);
    assert!(world.spooler.flush(PATIENCE).unwrap(), "a flush takes the store up again, without a rest");
    assert_eq!(world.store.finished(), std::slice::from_ref(&id));
    assert_eq!(world.store.outcomes(&id)[0].1, "sent");
    assert!(world.spooler.stop(PATIENCE));
}

#[test]
fn a_message_that_was_cancelled_is_not_refused_whatever_the_code() {
    for word in [Word::Drop, Word::Away] {
        let world = World::new();
        world.transport.obeys.store(false, Ordering::SeqCst);
        let id = world.submit(1);
        world.entered.recv_timeout(PATIENCE).unwrap();
        let spooler = world.spooler.clone();
        let leave = std::thread::spawn(move || spooler.store_logoff(Way::ABORT, PATIENCE).unwrap());
        while world.count("CancelMessage") == 0 {
            std::thread::yield_now();
        }
        world.say(word);
        assert_eq!(leave.join().unwrap(), Way::COMPLETE | Way::OUTBOUND_QUEUE);
        world.say(Word::Send);
        assert!(world.spooler.flush(PATIENCE).unwrap());
        assert_eq!(world.store.outcomes(&id)[0].1, "sent");
        assert!(world.spooler.stop(PATIENCE));
    }
}

#[test]
fn an_abort_that_nobody_obeys_changes_nothing() {
    let world = World::new();
    world.transport.obeys.store(false, Ordering::SeqCst);
    let id = world.submit(1);
    world.entered.recv_timeout(PATIENCE).unwrap();
    let answer = world.spooler.store_logoff(Way::ABORT, NO_PATIENCE).unwrap();
    assert_eq!(answer, Way::OUTBOUND | Way::OUTBOUND_QUEUE);
    world.say(Word::Send);
    assert!(world.spooler.flush(PATIENCE).unwrap());
    assert_eq!(world.store.finished(), [id], "sent once, since the transport did not stop");
    assert_eq!(world.count("submit"), 1);
    assert!(world.spooler.stop(PATIENCE));
}
