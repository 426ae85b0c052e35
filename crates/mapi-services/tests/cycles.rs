//! Sessions one after the other, with mail and without: what one leaves behind would add up.
//!
//! A file of its own, for the sake of what is counted. `MAPI_CYCLES` says how many of each kind, and
//! `MAPI_LEAK` what each cycle leaves behind on purpose, which has to be noticed: `file`, `thread` or `memory`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Session};
use mapi_defs::notification::{EventMask, Notification};
use std::any::Any;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

/// The memory that all cycles together may add: a hundred bytes of each of ten thousand would be as much.
const MORE: i64 = 1 << 20;

/// Open files, threads, and bytes of resident memory of this process.
#[derive(Clone, Copy, Debug)]
struct Held {
    files: usize,
    threads: usize,
    memory: i64,
}

fn held() -> Held {
    let count = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: i64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    Held { files: count("fd"), threads: count("task"), memory: kilobytes << 10 }
}

fn cycle(options: &LogonOptions) {
    let session = Session::logon(options.clone()).unwrap();
    let store = session.open_default_store().unwrap();
    let inbox = store.inbox().unwrap();
    inbox.counts().unwrap();
    session.advise(EventMask::EXTENDED, Arc::new(|_: &[Notification]| {})).unwrap();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.left_open_count, account.advises_cancelled), (2, 1), "{account}");
    assert!(account.providers.iter().all(|end| end.result.is_ok()), "{account}");
}

/// What a session of a build with a fault would leave behind.
fn leak(what: &str) -> Box<dyn Any> {
    match what {
        "file" => Box::new(File::open("/dev/null").unwrap()),
        "thread" => {
            let (keep, wait) = channel::<()>();
            std::thread::spawn(move || wait.recv());
            Box::new(keep)
        }
        // Less than a single property of a session's.
        "memory" => Box::new(vec![1_u8; MORE as usize / cycles() + 64]),
        other => panic!("there is no leak {other:?}"),
    }
}

/// Cycles of each kind.
fn cycles() -> usize {
    std::env::var("MAPI_CYCLES").map_or(500, |count| count.parse().unwrap())
}

#[test]
fn sessions_leave_no_file_no_thread_and_no_memory_behind() {
    let (cycles, leaks) = (cycles(), std::env::var("MAPI_LEAK").ok());
    let mut leaked = Vec::with_capacity(cycles);
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    mapi_services::default_profile(&home).unwrap();
    let with_mail = LogonOptions::default_profile().home(&home);
    for (kind, options) in [("NO_MAIL", with_mail.clone().no_mail()), ("mail", with_mail)] {
        // Threads and caches that stay are there after the first tenth.
        (0..cycles.div_ceil(10)).for_each(|_| cycle(&options));
        let (before, began) = (held(), Instant::now());
        for _ in 0..cycles {
            cycle(&options);
            leaked.extend(leaks.as_deref().map(leak));
        }
        let (after, took) = (held(), began.elapsed());
        assert_eq!((after.files, after.threads), (before.files, before.threads), "{kind}");
        let more = after.memory - before.memory;
        println!("figure: {cycles} cycles, {kind} = {took:.1?}, files +0, threads +0, memory {more:+} bytes");
        assert!(more < MORE, "{kind}: {before:?} {after:?}");
    }
}
