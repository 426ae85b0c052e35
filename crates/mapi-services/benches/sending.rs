//! Mail from the submit to Sent Items, every step durable, in one process with a sink behind it; beside
//! Postfix from its acceptance to the same sink, and beside one durable row of the same size for each message.
//!
//! The three take turns in one run; what is shown are medians and their ratios. Postfix is left out where it is
//! not installed or this is not root's. The wire alone is measured by `mapi-smtp`'s bench.
//! `MAPI_BENCH_MESSAGES` sets how many go in one turn (500 unless set), `MAPI_BENCH_TURNS` the turns (5).
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/account/mod.rs"]
mod account;

use account::{Account, draft};
use mapi::LogoffFlags;
use mapi_testkit::mta::{Delivery, Mta};
use mapi_testkit::smtp_sink::{Letter, SmtpSink};
use rusqlite::Connection;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const BODY_BYTES: usize = 7_000;
const LONG: Duration = Duration::from_secs(300);

fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (count, turns) = (number("MAPI_BENCH_MESSAGES", 500), number("MAPI_BENCH_TURNS", 5));
    let arrived = Arc::new(AtomicUsize::new(0));
    let told = arrived.clone();
    let accept = move |_: Letter| {
        told.fetch_add(1, Ordering::SeqCst);
    };
    let sink = SmtpSink::start(Arc::new(accept)).unwrap();
    let account = Account::new();
    account.move_to(sink.port());
    let postfix = Mta::postfix(Delivery::To(sink.port()));
    let raw = raw(account.folder.path());
    let (mut ours, mut theirs, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        rows.push(per_second(count, || insert(&raw, count)));
        ours.push(per_second(count, || send(&account, count, &arrived)));
        if let Some(postfix) = &postfix {
            theirs.push(per_second(count, || relay(postfix.port, count, &arrived)));
        }
    }
    let (ours, rows) = (median(ours), median(rows));
    println!("figure: submit to Sent Items = {ours:.0} messages/s");
    println!("figure: raw durable rows = {rows:.0}/s, ours is {:.2} of it", ours / rows);
    if theirs.is_empty() {
        println!("figure: Postfix = not measured");
    } else {
        let theirs = median(theirs);
        println!(
            "figure: Postfix end to end = {theirs:.0} messages/s, ours is {:.2} times it",
            ours / theirs
        );
    }
}

fn per_second(count: usize, work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    count as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// One session submits and its spooler sends.
fn send(account: &Account, count: usize, arrived: &AtomicUsize) {
    let before = arrived.load(Ordering::SeqCst);
    let (session, store) = account.log_on();
    let body = "A line of text that is as long as many lines are.\r\n".repeat(BODY_BYTES / 51);
    for _ in 0..count {
        draft(&store, "Figures", &["kim@example.com"], &body).submit().unwrap();
    }
    assert!(session.flush_queues(LONG).unwrap());
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(arrived.load(Ordering::SeqCst) - before, count);
}

/// Ten clients give mail to Postfix, which passes it on.
fn relay(port: u16, count: usize, arrived: &AtomicUsize) {
    let before = arrived.load(Ordering::SeqCst);
    let mut source = Command::new("smtp-source");
    source.args(["-s", "10", "-l", &BODY_BYTES.to_string(), "-m", &count.to_string()]);
    source.args(["-f", "me@example.org", "-t", "kim@example.com", &format!("127.0.0.1:{port}")]);
    assert!(source.status().unwrap().success());
    let until = Instant::now() + LONG;
    while arrived.load(Ordering::SeqCst) - before < count {
        assert!(Instant::now() < until, "mail stays in Postfix");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn raw(folder: &std::path::Path) -> Connection {
    let connection = Connection::open(folder.join("raw.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
        )
        .unwrap();
    connection
}

fn insert(raw: &Connection, count: usize) {
    let data = vec![0x5A_u8; BODY_BYTES];
    for _ in 0..count {
        raw.prepare_cached("INSERT INTO row (data) VALUES (?1)").unwrap().execute([&data]).unwrap();
    }
}
