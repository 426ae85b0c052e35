//! Recipients of whom nobody knows whether a server has their message: marked before the last step, sent to
//! again or held, and found so by the next spooler.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod double;

use double::{Store, Transport, all_sent, any, key};
use mapi_defs::flags::OpenFlags;
use mapi_defs::{Error, ErrorCode, FileTime};
use mapi_spi::container::Opened;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::transport::{RecipientOutcome, RecipientState, TransportLogonFlags};
use mapi_spi::spooler::{RunningSpooler, Spooler, SpoolerTransport, SpoolerWork};
use mapi_spooler::MapiSpooler;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(FileTime::from_unix_seconds(1_700_000_000).0)))
    }

    fn advance(&self, by: Duration) {
        let now = FileTime(self.0.load(Ordering::SeqCst));
        self.0.store(now.plus(by).0, Ordering::SeqCst);
    }
}

fn start(
    store: &Store,
    clock: &Clock,
    folder: &Path,
    transport: &Arc<Transport>,
    hold_in_doubt: bool,
) -> Arc<dyn RunningSpooler> {
    let clock = clock.clone();
    let work = SpoolerWork {
        store: store.logon(),
        transports: vec![SpoolerTransport::new("one", transport.clone(), TransportLogonFlags::default())],
        lease: folder.join("queue.lock"),
        hold_in_doubt,
        now: Arc::new(move || FileTime(clock.0.load(Ordering::SeqCst))),
    };
    MapiSpooler::default().start(work).unwrap()
}

/// The spooler, for a transport that is made before it.
type Late = Arc<OnceLock<Arc<dyn RunningSpooler>>>;

/// A transport that marks the first recipient of each message and then hears nothing of it, once.
fn doubtful(store: &Store, spooler: &Late) -> Arc<Transport> {
    let (store, spooler) = (store.logon(), spooler.clone());
    let first = AtomicU64::new(0);
    Transport::new(any(), move |message, _| {
        if first.fetch_add(1, Ordering::SeqCst) > 0 {
            return Ok(all_sent(message));
        }
        let spooler = loop {
            if let Some(spooler) = spooler.get() {
                break spooler;
            }
            std::thread::yield_now();
        };
        // A recipient that is not of the message is nobody's.
        spooler.in_doubt(message, &[0, 7]).unwrap();
        let id = mapi_defs::EntryId::from_bytes(key(message));
        let saved = store.outcomes(&id);
        assert_eq!((saved[0].0, saved[0].1.as_str()), (false, "in_doubt"), "saved before the last step");
        let mut outcomes = all_sent(message);
        let reply = "in doubt: the line went dead".to_owned();
        outcomes[0] = RecipientOutcome { row_id: 0, state: RecipientState::InDoubt, reply };
        Ok(outcomes)
    })
}

#[test]
fn a_recipient_in_doubt_is_sent_to_again_after_a_rest() {
    let (store, clock, folder) = (Store::default(), Clock::new(), tempfile::tempdir().unwrap());
    let id = store.submit(1, &["SMTP", "SMTP"]);
    let late = Late::default();
    let transport = doubtful(&store, &late);
    let spooler = start(&store, &clock, folder.path(), &transport, false);
    assert!(late.set(spooler.clone()).is_ok());
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert_eq!((spooler.queue().in_doubt, spooler.queue().queued), (1, 1));
    let saved = store.outcomes(&id);
    assert_eq!((saved[0].0, saved[0].1.as_str()), (false, "in_doubt"));
    assert!(saved[0].2.starts_with("in doubt: "), "{saved:?}");
    assert_eq!((saved[1].0, saved[1].1.as_str()), (true, "sent"));
    clock.advance(4 * MINUTE);
    assert!(!spooler.flush(PATIENCE).unwrap(), "the server is given time, even where somebody is in a hurry");
    assert_eq!(transport.handed().len(), 1);
    clock.advance(2 * MINUTE);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!(store.outcomes(&id)[0].1, "sent");
    assert_eq!((spooler.queue().in_doubt, spooler.queue().sent), (0, 1));
    let Opened::Message(message) = store.logon().open_entry(&id, OpenFlags::NONE).unwrap() else {
        panic!("a message")
    };
    let refused = spooler.in_doubt(&*message, &[0]).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CALL_FAILED, "no message is under way");
    assert!(spooler.stop(PATIENCE));
}

/// A server that puts a message off says nothing of the attempt before, of which nobody heard the end.
#[test]
fn who_was_in_doubt_stays_so_through_temporary_refusals_and_absences_until_a_server_has_spoken() {
    let (store, clock, folder) = (Store::default(), Clock::new(), tempfile::tempdir().unwrap());
    let id = store.submit(1, &["SMTP", "SMTP"]);
    let late = Late::default();
    let (of_store, of_transport) = (store.logon(), late.clone());
    let attempts = AtomicU64::new(0);
    let transport = Transport::new(any(), move |message, _| {
        let spooler = loop {
            if let Some(spooler) = of_transport.get() {
                break spooler;
            }
            std::thread::yield_now();
        };
        let id = mapi_defs::EntryId::from_bytes(key(message));
        let said = |row_id, state| RecipientOutcome { row_id, state, reply: "450 later".to_owned() };
        let later = || RecipientState::RetryAfter(MINUTE);
        Ok(match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => {
                spooler.in_doubt(message, &[0]).unwrap();
                vec![said(0, RecipientState::InDoubt), said(1, later())]
            }
            1 => vec![said(0, later()), said(1, later())],
            2 => return Err(Error::new(ErrorCode::NETWORK_ERROR, "XpLogon::submit_message", "away")),
            _ => {
                assert_eq!(of_store.outcomes(&id)[0].1, "in_doubt");
                all_sent(message)
            }
        })
    });
    let spooler = start(&store, &clock, folder.path(), &transport, false);
    assert!(late.set(spooler.clone()).is_ok());
    for attempt in 1..4 {
        assert!(!spooler.flush(PATIENCE).unwrap());
        let saved = store.outcomes(&id);
        let words: Vec<&str> = saved.iter().map(|(_, state, _)| state.as_str()).collect();
        assert_eq!((transport.handed().len(), words), (attempt, vec!["in_doubt", "queued"]), "{saved:?}");
        assert_eq!((spooler.queue().in_doubt, spooler.queue().queued), (1, 1));
        clock.advance(60 * MINUTE);
    }
    assert!(spooler.flush(PATIENCE).unwrap());
    assert!(store.outcomes(&id).iter().all(|(taken, state, _)| *taken && state == "sent"));
    assert_eq!((spooler.queue().in_doubt, spooler.queue().sent), (0, 1));
    assert!(spooler.stop(PATIENCE));
}

#[test]
fn where_it_is_held_somebody_has_to_decide() {
    let (store, clock, folder) = (Store::default(), Clock::new(), tempfile::tempdir().unwrap());
    let id = store.submit(1, &["SMTP", "SMTP"]);
    let late = Late::default();
    let transport = doubtful(&store, &late);
    let spooler = start(&store, &clock, folder.path(), &transport, true);
    assert!(late.set(spooler.clone()).is_ok());
    assert!(!spooler.flush(PATIENCE).unwrap());
    let next = store.submit(2, &["SMTP"]);
    clock.advance(100 * 60 * MINUTE);
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert_eq!(store.finished(), [next], "others go past it");
    assert_eq!(spooler.waiting().unwrap(), [(id.clone(), Some(FileTime::MAX))], "it is set aside");
    assert_eq!((spooler.queue().in_doubt, spooler.queue().queued), (1, 1));
    assert!(spooler.stop(PATIENCE));

    // The next spooler finds it so, and leaves it alone as long as that is the policy.
    let spooler = start(&store, &clock, folder.path(), &transport, true);
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert_eq!((spooler.queue().in_doubt, transport.handed().len()), (1, 2));
    assert!(spooler.stop(PATIENCE));
    let spooler = start(&store, &clock, folder.path(), &transport, false);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!((transport.handed().len(), store.outcomes(&id)[0].1.as_str()), (3, "sent"));
    assert!(spooler.stop(PATIENCE));
}

#[test]
fn a_mark_that_cannot_be_saved_keeps_the_transport_from_its_last_step() {
    let (store, clock, folder) = (Store::default(), Clock::new(), tempfile::tempdir().unwrap());
    let id = store.submit(1, &["SMTP"]);
    let late = Late::default();
    let of_transport = late.clone();
    let transport = Transport::new(any(), move |message, _| {
        let spooler = loop {
            if let Some(spooler) = of_transport.get() {
                break spooler;
            }
            std::thread::yield_now();
        };
        match spooler.in_doubt(message, &[0]) {
            Ok(()) => Ok(all_sent(message)),
            Err(error) => Err(Error::new(ErrorCode::WAIT, "XpLogon::submit_message", error.to_string())),
        }
    });
    store.order_faults("save_changes", &[Some(ErrorCode::NOT_ENOUGH_DISK)]);
    let spooler = start(&store, &clock, folder.path(), &transport, false);
    assert!(late.set(spooler.clone()).is_ok());
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert_eq!((spooler.queue().sent, spooler.queue().in_doubt), (0, 0));
    clock.advance(10 * MINUTE);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!(store.outcomes(&id)[0].1, "sent");
    assert!(spooler.stop(PATIENCE));
}
