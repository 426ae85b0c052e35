//! From a change in one process to a sink in another, against the least that any design must do: a raw
//! change row, made durable, a datagram, and the row read on the other side.
//!
//! Both are done by turns in the same run, because disks are not the same from minute to minute. The other
//! side answers with a byte on a pipe, in both cases alike; the time is from before the change to that byte.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Object, ReadFlags, SaveFlags, Session};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_defs::{EntryId, prop::tags::PR_SUBJECT};
use rusqlite::Connection;
use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SINK: &str = "MAPI_BENCH_SINK";
const RAW: &str = "MAPI_BENCH_RAW";
const WARM: usize = 20;
const PAIRS: usize = 400;

fn main() {
    if let Ok(place) = std::env::var(SINK) {
        return hear(&place);
    }
    if let Ok(folder) = std::env::var(RAW) {
        return hear_raw(Path::new(&folder));
    }
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (ours, raw) = measure(folder.path());
    let (ours, raw) = (median(ours), median(raw));
    println!("change to sink in another process: {} us (median of {PAIRS})", ours.as_micros());
    println!("raw row, datagram, row read:       {} us (median of {PAIRS})", raw.as_micros());
    println!(
        "figure: change to sink in another process, times a raw row and datagram = {:.2}",
        ours.as_secs_f64() / raw.as_secs_f64()
    );
}

fn measure(folder: &Path) -> (Vec<Duration>, Vec<Duration>) {
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let home = Home::at(&folder.join("home")).unwrap();
    mapi_services::default_profile(&home).unwrap();
    let session = Session::logon(LogonOptions::default_profile().home(&home).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let message = store.inbox().unwrap().create_message().unwrap();
    message.set(PR_SUBJECT, "read and unread").unwrap();
    message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = EntryId::from_bytes(message.binary(PR_ENTRYID).unwrap().unwrap());
    let mut sink = Other::start(SINK, &format!("{} {id}", folder.join("home").display()));

    let rows = open_raw(folder);
    let mut raw = Other::start(RAW, folder.to_str().unwrap());
    let bell = UnixDatagram::unbound().unwrap();
    let change = || {
        let insert =
            "INSERT INTO change (event, kind, object, guard, folder, old_folder) VALUES (16, 5, 1, 7, 3, 0)";
        rows.prepare_cached(insert).unwrap().execute([]).unwrap();
        bell.send_to(&[1], folder.join("bell")).unwrap();
    };
    let (mut ours, mut least) = (Vec::new(), Vec::new());
    for pair in 0..WARM + PAIRS {
        // A message of one's own begins as read.
        let flags = if pair % 2 == 0 { ReadFlags::CLEAR } else { ReadFlags::NONE };
        let took = timed(&mut sink, || message.set_read_flag(flags).unwrap());
        let took_raw = timed(&mut raw, change);
        if pair >= WARM {
            ours.push(took);
            least.push(took_raw);
        }
    }
    sink.end();
    raw.end();
    drop((message, store));
    session.logoff(LogoffFlags::NONE).unwrap();
    (ours, least)
}

fn timed(other: &mut Other, change: impl FnOnce()) -> Duration {
    let began = Instant::now();
    change();
    other.wait();
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The process that listens; it says a byte for each event.
struct Other {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Other {
    fn start(what: &str, with: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(what, with)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut other = Self { child, input, output };
        other.wait();
        other
    }

    fn wait(&mut self) {
        self.output.read_exact(&mut [0]).unwrap();
    }

    fn end(mut self) {
        drop(self.input);
        self.child.wait().unwrap();
    }
}

fn say() {
    let mut output = std::io::stdout().lock();
    output.write_all(b"!").and_then(|()| output.flush()).unwrap();
}

/// A session with a sink, until standard input ends.
fn hear(place: &str) {
    let (home, id) = place.split_once(' ').unwrap();
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let home = Home::at(Path::new(home)).unwrap();
    let session = Session::logon(LogonOptions::default_profile().home(&home).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let sink = |_: &[Notification]| say();
    store.advise(&EntryId::from_hex(id).unwrap(), EventMask::OBJECT_MODIFIED, Arc::new(sink)).unwrap();
    say();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(store);
    session.logoff(LogoffFlags::NONE).unwrap();
}

fn open_raw(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("raw.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS change (seq INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL,
             kind INTEGER NOT NULL, object INTEGER NOT NULL, guard INTEGER NOT NULL, folder INTEGER NOT NULL,
             old_folder INTEGER NOT NULL) STRICT;",
        )
        .unwrap();
    connection
}

/// The row alone, until there is nobody left to tell.
fn hear_raw(folder: &Path) {
    let bell = UnixDatagram::bind(folder.join("bell")).unwrap();
    let rows = open_raw(folder);
    let ends = std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        std::process::exit(0);
    });
    let mut seen = 0;
    say();
    while bell.recv(&mut [0]).is_ok() {
        let mut all =
            rows.prepare_cached("SELECT seq, object FROM change WHERE seq > ?1 ORDER BY seq").unwrap();
        let new = all.query_map([seen], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        for row in new {
            let (seq, _object): (i64, i64) = row.unwrap();
            seen = seq;
            say();
        }
    }
    ends.join().unwrap();
}
