//! The driver with threads, leases and providers that fail, against a store in memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod double;

use double::{Store, Transport, all_sent, any, key, takes};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::PR_SUBJECT;
use mapi_defs::{Error, ErrorCode, FileTime};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::{TransportLogonFlags, XpLogon};
use mapi_spi::spooler::{RunningSpooler, Spooler, SpoolerTransport, SpoolerWork};
use mapi_spooler::MapiSpooler;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// Longer than anything takes here; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(FileTime::from_unix_seconds(1_700_000_000).0)))
    }

    fn now(&self) -> FileTime {
        FileTime(self.0.load(Ordering::SeqCst))
    }

    fn advance(&self, by: Duration) {
        self.0.store(self.now().plus(by).0, Ordering::SeqCst);
    }
}

fn start_at(
    store: &Store,
    clock: &Clock,
    folder: &Path,
    transports: &[&Arc<Transport>],
) -> Arc<dyn RunningSpooler> {
    let transports = transports.iter().enumerate().map(|(number, transport)| {
        let logon = Arc::clone(transport) as Arc<dyn XpLogon>;
        SpoolerTransport::new(&format!("transport {number}"), logon, TransportLogonFlags::default())
    });
    let clock = clock.clone();
    let work = SpoolerWork {
        store: store.logon(),
        transports: transports.collect(),
        lease: folder.join("queue.lock"),
        hold_in_doubt: false,
        now: Arc::new(move || clock.now()),
    };
    MapiSpooler::default().start(work).unwrap()
}

/// A store, a clock and a folder for the lease.
fn place() -> (Store, Clock, tempfile::TempDir) {
    (Store::default(), Clock::new(), tempfile::tempdir().unwrap())
}

fn away() -> Error {
    Error::new(ErrorCode::NETWORK_ERROR, "XpLogon::submit_message", "connection refused")
}

#[test]
fn messages_go_out_in_the_order_of_their_submission_and_say_what_became_of_them() {
    let (store, clock, folder) = place();
    let ids: Vec<_> = (1..=50).map(|number| store.submit(number, &["SMTP", "FAX"])).collect();
    let (smtp, rest) = (Transport::willing(takes(&["smtp"])), Transport::willing(any()));
    let spooler = start_at(&store, &clock, folder.path(), &[&smtp, &rest]);
    assert!(spooler.flush(PATIENCE).unwrap());
    let queue = spooler.queue();
    assert_eq!((queue.sent, queue.queued, queue.in_doubt, queue.refused), (50, 0, 0, 0));
    assert_eq!(store.finished(), ids);
    let expected: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
    assert_eq!((smtp.handed(), rest.handed()), (expected.clone(), expected));
    let sent = (true, "sent".to_owned(), "250 2.0.0 Ok".to_owned());
    assert_eq!(store.outcomes(&ids[7]), [sent.clone(), sent]);
    assert!(spooler.stop(PATIENCE) && spooler.stop(PATIENCE), "a stop is repeatable");
    assert_eq!(spooler.flush(PATIENCE).unwrap_err().code(), ErrorCode::END_OF_SESSION);
    let told = smtp.told();
    assert_eq!(told.first().map(String::as_str), Some("BeginOutbound"));
    assert_eq!(told.last().map(String::as_str), Some("EndOutbound"));
    for reference in 1..=50 {
        let (submit, end) = (format!("submit {reference}"), format!("end {reference}"));
        let place = |what: &String| told.iter().position(|one| one == what).unwrap();
        assert!(place(&submit) < place(&end), "{told:?}");
    }
    assert!(told.contains(&"flush 2".to_owned()) && told.contains(&"EndOutboundFlush".to_owned()));
}

#[test]
fn what_another_process_submits_is_found_without_a_call_and_by_reading_little() {
    let (store, clock, folder) = place();
    let (handed, arrivals) = channel();
    let handed = Mutex::new(handed);
    let transport = Transport::new(any(), move |message, _| {
        handed.lock().unwrap().send(key(message)).unwrap();
        // The first five stay, so that the queue does not become short.
        if key(message)[3] <= 5 { Err(away()) } else { Ok(all_sent(message)) }
    });
    (1..=5).for_each(|number| drop(store.submit(number, &["SMTP"])));
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    assert!(!spooler.flush(PATIENCE).unwrap(), "all of them wait");
    let read = store.rows_read();
    clock.advance(HOUR);
    while arrivals.try_recv().is_ok() {}
    assert_eq!(arrivals.recv_timeout(PATIENCE).unwrap()[3], 1, "its moment came");
    store.submit(6, &["SMTP"]);
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert!(store.rows_read() - read < 100, "{} rows", store.rows_read() - read);
    spooler.stop(PATIENCE);
}

#[test]
fn a_message_that_nobody_can_send_now_waits_unlocked_with_its_moment() {
    let (store, clock, folder) = place();
    let id = store.submit(1, &["SMTP"]);
    let is_away = Arc::new(AtomicU64::new(1));
    let line = is_away.clone();
    let transport = Transport::new(any(), move |message, _| match line.load(Ordering::SeqCst) {
        0 => Ok(all_sent(message)),
        _ => Err(away()),
    });
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    assert!(!spooler.flush(PATIENCE).unwrap());
    assert!(!store.is_locked(&id));
    let waiting = spooler.waiting().unwrap();
    assert!(waiting[0].0 == id && waiting[0].1.unwrap() > clock.now(), "{waiting:?}");
    let (taken, state, reply) = store.outcomes(&id).remove(0);
    assert_eq!((taken, state.as_str()), (false, "queued"));
    assert!(reply.contains("MAPI_E_NETWORK_ERROR"), "{reply}");
    assert_eq!(spooler.queue().queued, 1);
    is_away.store(0, Ordering::SeqCst);
    spooler.wake();
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!((store.finished(), spooler.queue().sent), (vec![id], 1));
    assert!(spooler.waiting().unwrap().is_empty());
    spooler.stop(PATIENCE);
}

#[test]
fn a_recipient_that_nobody_takes_leaves_with_its_refusal() {
    let (store, clock, folder) = place();
    let id = store.submit(1, &["SMTP", "X400"]);
    let spooler = start_at(&store, &clock, folder.path(), &[&Transport::willing(takes(&["SMTP"]))]);
    assert!(spooler.flush(PATIENCE).unwrap());
    let outcomes = store.outcomes(&id);
    assert_eq!(outcomes[0].1, "sent");
    let refused = (true, "refused".to_owned(), "no transport takes addresses of type X400".to_owned());
    assert_eq!(outcomes[1], refused);
    assert_eq!((spooler.queue().sent, spooler.queue().refused), (0, 1));
    spooler.stop(PATIENCE);
}

#[test]
fn a_transport_that_panics_harms_neither_the_driver_nor_the_other_messages() {
    let (store, clock, folder) = place();
    let (poison, good) = (store.submit(13, &["SMTP"]), store.submit(14, &["SMTP"]));
    let transport = Transport::new(any(), |message, _| {
        assert!(key(message)[3] != 13, "the transport's own fault");
        Ok(all_sent(message))
    });
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    for _ in 0..5 {
        assert!(!spooler.flush(PATIENCE).unwrap());
        clock.advance(HOUR);
    }
    assert_eq!((store.finished(), store.queued()), (vec![good], vec![poison.clone()]));
    let tries = transport.handed().iter().filter(|key| key[3] == 13).count();
    assert_eq!(tries, 3, "it was not set aside");
    assert_eq!(spooler.waiting().unwrap(), [(poison.clone(), Some(FileTime::MAX))]);
    assert!(store.outcomes(&poison)[0].2.contains("panicked") && !store.is_locked(&poison));
    assert!(spooler.stop(PATIENCE));
}

#[test]
fn a_transport_reads_the_message_and_sees_only_its_own_recipients_open() {
    let (store, clock, folder) = place();
    store.submit(1, &["FAX", "SMTP", "FAX"]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = seen.clone();
    let fax = Transport::new(takes(&["FAX"]), move |message: &dyn Message, _| {
        let rows = message.recipients().unwrap();
        write.lock().unwrap().extend(rows.iter().map(|row| row.is_taken()));
        let refused = [
            message.modify_recipients(ModifyRecipients::Modify, rows).unwrap_err(),
            message.set_props(&[Prop::new(PR_SUBJECT, "other")]).unwrap_err(),
            message.delete_props(&[PR_SUBJECT]).unwrap_err(),
            message.save_changes(Default::default()).unwrap_err(),
            message.delete_attach(0).unwrap_err(),
        ];
        assert!(refused.iter().all(|error| error.code() == ErrorCode::NO_ACCESS));
        Ok(all_sent(message))
    });
    let spooler = start_at(&store, &clock, folder.path(), &[&fax, &Transport::willing(any())]);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!(*seen.lock().unwrap(), [false, true, false]);
    spooler.stop(PATIENCE);
}

#[test]
fn one_of_two_spoolers_works_and_the_other_takes_over_when_it_stops() {
    let (store, clock, folder) = place();
    let (one, other) = (Transport::willing(any()), Transport::willing(any()));
    let first = start_at(&store, &clock, folder.path(), &[&one]);
    let second = start_at(&store, &clock, folder.path(), &[&other]);
    (1..=20).for_each(|number| drop(store.submit(number, &["SMTP"])));
    // The one without the lease answers for the queue that the other one empties.
    assert!(second.flush(PATIENCE).unwrap());
    assert_eq!((one.handed().len(), other.told()), (20, vec![]));
    assert_eq!((first.queue().sent, second.queue().sent, second.queue().queued), (20, 0, 0));
    store.submit(21, &["SMTP"]);
    assert!(first.stop(PATIENCE));
    assert!(second.flush(PATIENCE).unwrap());
    assert_eq!(one.handed().len() + other.handed().len(), 21);
    assert!(other.told().contains(&"BeginOutbound".to_owned()));
    assert!(second.stop(PATIENCE));
}

#[test]
fn a_lease_file_that_is_taken_away_ends_the_work_on_it_until_there_is_a_new_one() {
    let (store, clock, folder) = place();
    let transport = Transport::willing(any());
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    assert!(spooler.flush(PATIENCE).unwrap());
    std::fs::remove_file(folder.path().join("queue.lock")).unwrap();
    store.submit(1, &["SMTP"]);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!(transport.handed().len(), 1);
    let told = transport.told();
    assert_eq!(told.iter().filter(|what| *what == "BeginOutbound").count(), 2, "{told:?}");
    spooler.stop(PATIENCE);
    let nowhere = folder.path().join("no such folder");
    let work = SpoolerWork {
        store: store.logon(),
        transports: Vec::new(),
        lease: nowhere.join("queue.lock"),
        hold_in_doubt: false,
        now: Arc::new(FileTime::default),
    };
    let refused = MapiSpooler::default().start(work);
    assert_eq!(refused.err().map(|error| error.code()), Some(ErrorCode::NO_ACCESS));
}

#[test]
fn a_store_that_fails_for_a_while_costs_no_message_and_sends_none_twice() {
    let (store, clock, folder) = place();
    let id = store.submit(1, &["SMTP", "FAX"]);
    let full = Some(ErrorCode::NOT_ENOUGH_DISK);
    store.order_faults("outgoing_queue", &[Some(ErrorCode::DISK_ERROR); 2]);
    store.order_faults("open_entry", &[Some(ErrorCode::DISK_ERROR)]);
    store.order_faults("save_changes", &[full, full]);
    store.order_faults("finished_msg", &[full, full]);
    let transport = Transport::willing(any());
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    let mut is_empty = false;
    for _ in 0..20 {
        is_empty = spooler.flush(Duration::from_millis(300)).unwrap();
        if is_empty {
            break;
        }
        clock.advance(HOUR);
    }
    assert!(is_empty, "{:?}", spooler.waiting());
    assert_eq!((store.finished(), transport.handed().len()), (vec![id.clone()], 1));
    assert!(store.outcomes(&id).iter().all(|(taken, state, _)| *taken && state == "sent"));
    assert!(spooler.stop(PATIENCE));
}

#[test]
fn a_message_that_was_taken_back_is_forgotten() {
    let (store, clock, folder) = place();
    let id = store.submit(1, &["SMTP"]);
    let transport = Transport::new(any(), |_, _| Err(away()));
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    assert!(!spooler.flush(PATIENCE).unwrap());
    store.abort(&id);
    assert!(spooler.flush(PATIENCE).unwrap());
    assert_eq!((spooler.queue().queued, spooler.queue().sent), (0, 0));
    spooler.stop(PATIENCE);
}

/// A transport that says when it is entered and goes on when it is told to.
fn held_up() -> (Arc<Transport>, Receiver<()>, std::sync::mpsc::Sender<()>) {
    let ((entered, has_entered), (go, may_go)) = (channel(), channel::<()>());
    let (entered, may_go) = (Mutex::new(entered), Mutex::new(may_go));
    let transport = Transport::new(any(), move |message, _| {
        entered.lock().unwrap().send(()).unwrap();
        may_go.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        Ok(all_sent(message))
    });
    (transport, has_entered, go)
}

#[test]
fn a_stop_lets_the_message_in_process_finish_and_begins_no_other() {
    let (store, clock, folder) = place();
    let (first, second) = (store.submit(1, &["SMTP"]), store.submit(2, &["SMTP"]));
    let (transport, has_entered, go) = held_up();
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    has_entered.recv_timeout(PATIENCE).unwrap();
    assert!(store.is_locked(&first));
    assert!(!spooler.stop(Duration::from_millis(20)), "a message is in process");
    go.send(()).unwrap();
    assert!(spooler.stop(PATIENCE));
    assert_eq!((store.finished(), store.queued()), (vec![first], vec![second.clone()]));
    assert_eq!((spooler.queue().sent, spooler.queue().queued), (1, 1));
    // The lease is free: the next spooler sends what is left.
    let next = start_at(&store, &clock, folder.path(), &[&Transport::willing(any())]);
    assert!(next.flush(PATIENCE).unwrap());
    assert!(store.queued().is_empty() && store.finished().contains(&second));
    next.stop(PATIENCE);
}

#[test]
fn a_flush_ends_with_its_patience_or_with_the_spooler() {
    let (store, clock, folder) = place();
    store.submit(1, &["SMTP"]);
    let (transport, has_entered, go) = held_up();
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    has_entered.recv_timeout(PATIENCE).unwrap();
    assert!(!spooler.flush(Duration::from_millis(20)).unwrap());
    assert!(!spooler.flush(Duration::ZERO).unwrap());
    let waiter = {
        let spooler = spooler.clone();
        std::thread::spawn(move || spooler.flush(Duration::MAX))
    };
    assert!(!spooler.stop(Duration::ZERO));
    assert_eq!(waiter.join().unwrap().unwrap_err().code(), ErrorCode::END_OF_SESSION);
    go.send(()).unwrap();
    assert!(spooler.stop(PATIENCE));
}

#[test]
fn a_provider_that_calls_back_is_told_that_it_cannot_wait_for_itself() {
    let (store, clock, folder) = place();
    store.submit(1, &["SMTP"]);
    let own: Arc<OnceLock<Arc<dyn RunningSpooler>>> = Arc::default();
    let (ready, is_ready) = channel::<()>();
    let (answer, answers) = channel();
    let (inside, channels) = (own.clone(), Mutex::new((is_ready, answer)));
    let transport = Transport::new(any(), move |message, _| {
        let (is_ready, answer) = &*channels.lock().unwrap();
        is_ready.recv_timeout(PATIENCE).unwrap();
        let spooler = inside.get().unwrap();
        let flushed = spooler.flush(PATIENCE).map_err(|error| error.code());
        answer.send((flushed, spooler.queue().queued, spooler.stop(PATIENCE))).unwrap();
        Ok(all_sent(message))
    });
    let spooler = start_at(&store, &clock, folder.path(), &[&transport]);
    assert!(own.set(spooler.clone()).is_ok());
    ready.send(()).unwrap();
    let answer = answers.recv_timeout(PATIENCE).unwrap();
    assert_eq!(answer, (Err(ErrorCode::BUSY), 1, false));
    assert!(spooler.stop(PATIENCE), "the stop it asked for goes on without it");
    assert_eq!(store.finished().len(), 1);
}

#[test]
fn a_spooler_that_nobody_holds_any_more_gives_back_its_lease() {
    let (store, clock, folder) = place();
    let first = start_at(&store, &clock, folder.path(), &[&Transport::willing(any())]);
    assert!(first.flush(PATIENCE).unwrap());
    drop(first);
    store.submit(1, &["SMTP"]);
    let second = start_at(&store, &clock, folder.path(), &[&Transport::willing(any())]);
    assert!(second.flush(PATIENCE).unwrap());
    assert_eq!(store.finished().len(), 1);
    assert!(second.stop(PATIENCE));
}
