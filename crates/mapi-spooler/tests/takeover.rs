//! Two processes and one lease: the one that is killed gives way without a word.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod double;

use double::{Store, Transport, any};
use mapi_defs::FileTime;
use mapi_spi::provider::transport::TransportLogonFlags;
use mapi_spi::spooler::{Spooler, SpoolerTransport, SpoolerWork};
use mapi_spooler::MapiSpooler;
use mapi_spooler::lease::Lease;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells the other process, which is this test again, where the lease is.
const LEASE: &str = "MAPI_SPOOLER_TEST_LEASE";
/// The name of the test that both processes run.
const TEST: &str = "when_the_process_that_has_the_queue_is_killed_the_next_one_goes_on_with_it";
const PATIENCE: Duration = Duration::from_secs(60);
/// What is promised for a takeover.
const TAKEOVER: Duration = Duration::from_secs(2);

/// A process that holds the lease until it is killed.
fn holder(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(LEASE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("the lease is held")));
    child
}

/// What the other process does: it holds the lease until it is killed, or the test is gone.
fn hold(path: &Path) {
    let lease = Lease::acquire(path).unwrap().unwrap();
    println!("the lease is held");
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
    drop(lease);
}

#[test]
fn when_the_process_that_has_the_queue_is_killed_the_next_one_goes_on_with_it() {
    if let Some(path) = std::env::var_os(LEASE) {
        return hold(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.lock");
    let mut other = holder(&path);
    let (store, transport) = (Store::default(), Transport::willing(any()));
    let sent = store.submit(1, &["SMTP"]);
    let transports = vec![SpoolerTransport::new("any", transport.clone(), TransportLogonFlags::default())];
    let now = Arc::new(|| FileTime::from_unix_seconds(1_700_000_000));
    let work = SpoolerWork { store: store.logon(), transports, lease: path, hold_in_doubt: false, now };
    let spooler = MapiSpooler::default().start(work).unwrap();
    assert!(!spooler.flush(Duration::from_millis(300)).unwrap(), "the other process has the queue");
    assert_eq!((transport.handed().len(), spooler.queue().queued), (0, 1));

    other.kill().unwrap();
    other.wait().unwrap();
    let killed = Instant::now();
    assert!(spooler.flush(PATIENCE).unwrap());
    let taken_over = killed.elapsed();
    assert!(taken_over < TAKEOVER, "{taken_over:?}");
    eprintln!("taken over and sent after {taken_over:?}");
    assert_eq!(store.finished(), [sent]);
    assert!(spooler.stop(PATIENCE));
}
