//! Mail from the submit to Sent Items, every step durable, in one process with a sink behind it; beside
//! Postfix from its acceptance to the same sink, and beside one durable row of the same size for each message.
//!
//! The three take turns in one run; what is shown are medians and their ratios. Mail comes from ten clients at
//! once: threads of one session here, connections that are kept there. What one client alone can submit is shown
//! beside it. Postfix is left out where it is not installed or this is not root's. The wire alone is measured by
//! `mapi-smtp`'s bench.
//! `MAPI_BENCH_MESSAGES` sets how many go in one turn (500 unless set), `MAPI_BENCH_TURNS` the turns (5).
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/account/mod.rs"]
mod account;

use account::{Account, draft};
use mapi::{LogoffFlags, MsgStore};
use mapi_defs::EntryId;
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_testkit::mta::{Delivery, Mta};
use mapi_testkit::smtp_sink::{Letter, SmtpSink};
use rusqlite::Connection;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 10;
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
    let (mut alone, mut submits) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        rows.push(per_second(count, || insert(&raw, count)));
        ours.push(per_second(count, || send(&account, CLIENTS, count, &arrived)));
        alone.push(per_second(count, || send(&account, 1, count, &arrived)));
        submits.push(submit(&account, count));
        if let Some(postfix) = &postfix {
            theirs.push(per_second(count, || relay(postfix.port, count, &arrived)));
        }
    }
    let (ours, rows, alone, submits) = (median(ours), median(rows), median(alone), median(submits));
    println!("figure: submit to Sent Items = {ours:.0} messages/s");
    println!("figure: raw durable rows = {rows:.0}/s, ours is {:.2} of it", ours / rows);
    println!("figure: of one client = {alone:.0} messages/s, {:.2} of the rows", alone / rows);
    println!(
        "figure: submit alone, nothing sent = {submits:.0} messages/s, {:.2} of the rows",
        submits / rows
    );
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

/// One session submits by so many threads and its spooler sends.
fn send(account: &Account, clients: usize, count: usize, arrived: &AtomicUsize) {
    let before = arrived.load(Ordering::SeqCst);
    let (session, store) = account.log_on();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| submit_all(&store, count / clients));
        }
    });
    assert!(session.flush_queues(LONG).unwrap());
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(arrived.load(Ordering::SeqCst) - before, count / clients * clients);
}

/// A session without a spooler submits; the next one takes it back. Messages a second.
fn submit(account: &Account, count: usize) -> f64 {
    let (session, store) = account.log_on_to_submit();
    let rate = per_second(count, || submit_all(&store, count));
    let table = store.outbox().unwrap().contents_table(TableFlags::NONE).unwrap();
    for row in table.query_all_rows(&[PR_ENTRYID]).unwrap() {
        let id = EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap());
        // Those of the turns before are drafts.
        if store.queued(&id).unwrap().is_some() {
            store.abort_submit(&id).unwrap();
        }
    }
    drop(table);
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
    rate
}

fn submit_all(store: &MsgStore, count: usize) {
    let body = "A line of text that is as long as many lines are.\r\n".repeat(BODY_BYTES / 51);
    for _ in 0..count {
        draft(store, "Figures", &["kim@example.com"], &body).submit().unwrap();
    }
}

/// As many clients give mail to Postfix, which passes it on.
fn relay(port: u16, count: usize, arrived: &AtomicUsize) {
    let before = arrived.load(Ordering::SeqCst);
    let mut source = Command::new("smtp-source");
    source.args(["-d", "-s", &CLIENTS.to_string(), "-l", &BODY_BYTES.to_string(), "-m", &count.to_string()]);
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
