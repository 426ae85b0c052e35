//! Mail from a real Dovecot by IMAP into a store, every message durable before the next is asked for; beside mbsync
//! (isync), which fetches the same mail into a Maildir, and beside one durable row of the same size for each message.
//!
//! The three take turns in one run; what is shown are medians and their ratios. What is not installed is left out
//! and said to be not measured. `MAPI_BENCH_MESSAGES` sets how many are fetched in one turn (10,000 unless set),
//! `MAPI_BENCH_TURNS` the turns (3).
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

use mapi::{Home, LogoffFlags, LogonOptions, Mapi, NewService, ProfAdmin, Session};
use mapi_defs::prop::{PropList, PropValue};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER};
use mapi_wire::section::{AUTHORITIES, HOST, PASSWORD_COMMAND, PORT, USER as USER_NAME};
use rusqlite::Connection;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BODY_BYTES: usize = 1_500;
const LONG: Duration = Duration::from_secs(900);

fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (count, turns) = (number("MAPI_BENCH_MESSAGES", 10_000), number("MAPI_BENCH_TURNS", 3));
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let Some(server) = Dovecot::start() else {
        println!("figure: fetching = not measured, since Dovecot is not installed");
        return;
    };
    let body = "A line of text that is as long as many lines are.\n".repeat(BODY_BYTES / 51);
    for number in 0..count {
        let head = format!(
            "From: bob@example.org\nTo: ann@example.org\nSubject: Figures {number}\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0000\nMessage-ID: <{number}@example.org>\n\n"
        );
        server.deliver(number, (head + &body).as_bytes());
    }
    let (mut ours, mut theirs, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..turns {
        let folder = tempfile::tempdir().unwrap();
        rows.push(per_second(count, || insert(folder.path(), count)));
        // Who goes first finds the server's index as it is then: the turns change places.
        let mut fetch_here = || ours.push(per_second(count, || fetch(folder.path(), &server, count)));
        let mut fetch_there = || theirs.extend(mbsync(folder.path(), &server, count));
        if turn % 2 == 0 {
            fetch_here();
            fetch_there();
        } else {
            fetch_there();
            fetch_here();
        }
    }
    let (ours, rows) = (median(ours), median(rows));
    println!("figure: fetched by IMAP = {ours:.0} messages/s");
    println!("figure: raw durable rows = {rows:.0}/s, ours is {:.2} of it", ours / rows);
    if theirs.is_empty() {
        println!("figure: mbsync = not measured");
    } else {
        let theirs = median(theirs);
        println!(
            "figure: mbsync into a Maildir = {theirs:.0} messages/s, ours is {:.2} times it",
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

/// A session fetches all of it into a new store.
fn fetch(folder: &Path, server: &Dovecot, count: usize) {
    let home = Home::at(&folder.join("home")).unwrap();
    let mut account = NewService::named(mapi_services::IMAP);
    account.props = PropList::new();
    account.props.set(HOST, "localhost");
    account.props.set(PORT, i32::from(server.imaps));
    account.props.set(USER_NAME, USER);
    account.props.set(AUTHORITIES, server.authorities().to_str().unwrap());
    let words = ["/bin/echo", PASSWORD].map(str::to_owned).to_vec();
    account.props.set(PASSWORD_COMMAND, PropValue::MvUnicode(words));
    let services = [NewService::named(mapi_services::STORE), account];
    ProfAdmin::new(&home).unwrap().create_profile("Default", &services).unwrap();
    let session = Session::logon(LogonOptions::profile("Default").home(&home)).unwrap();
    assert!(session.fetch(None, LONG).unwrap(), "{:?}", session.inboxes());
    let received: u64 = session.inboxes().unwrap().iter().map(|inbox| inbox.received).sum();
    assert_eq!(usize::try_from(received), Ok(count));
    session.logoff(LogoffFlags::NONE).unwrap();
}

/// Nothing where it is not installed.
fn mbsync(folder: &Path, server: &Dovecot, count: usize) -> Option<f64> {
    let (mail, config) = (folder.join("mail"), folder.join("mbsyncrc"));
    std::fs::create_dir(&mail).unwrap();
    let text = format!(
        "SyncState {mail}/\nFSync yes\nIMAPStore far\nHost localhost\nPort {}\nUser {USER}\nPass {PASSWORD}\n\
         SSLType IMAPS\nSystemCertificates no\nCertificateFile {}\n\nMaildirStore near\nPath {mail}/\nInbox {mail}/INBOX\n\n\
         Channel all\nFar :far:\nNear :near:\nSync Pull New\n",
        server.imaps,
        server.authorities().display(),
        mail = mail.display(),
    );
    std::fs::write(&config, text).unwrap();
    let begun = Instant::now();
    let mut command = Command::new("mbsync");
    command.arg("-q").arg("-c").arg(&config).arg("all").stdin(Stdio::null());
    let output = command.output().ok()?;
    let took = begun.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let here: usize = ["new", "cur"]
        .iter()
        .map(|name| std::fs::read_dir(mail.join("INBOX").join(name)).unwrap().count())
        .sum();
    assert_eq!(here, count);
    Some(count as f64 / took.as_secs_f64())
}

fn insert(folder: &Path, count: usize) {
    let raw = Connection::open(folder.join("raw.db")).unwrap();
    raw.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
    )
    .unwrap();
    let data = vec![0x5A_u8; BODY_BYTES];
    for _ in 0..count {
        raw.prepare_cached("INSERT INTO row (data) VALUES (?1)").unwrap().execute([&data]).unwrap();
    }
}
