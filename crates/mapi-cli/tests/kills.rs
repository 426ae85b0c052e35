//! The queue under SIGKILL: whatever was acknowledged is delivered once and kept once, or still waits.
//!
//! `MAPI_KILLS` sets the number of kills (15 unless set), `MAPI_SEED` the seed, `MAPI_BIN` another
//! build of the command to try.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{document, mapi};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// No run of the command takes longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn no_acknowledged_message_is_lost_or_doubled_by_a_kill() {
    let kills = number("MAPI_KILLS", 15);
    let seed = number("MAPI_SEED", 0x5EED);
    let home = tempfile::tempdir().unwrap();
    let mut killer = Killer {
        home: home.path().to_owned(),
        random: Random(seed | 1),
        after_submit: Duration::ZERO,
        whole: Duration::ZERO,
    };
    killer.measure();
    let mut tally = Tally::default();
    for round in 0..kills {
        killer.round(round, &mut tally);
    }
    // One more logon, which sends what was left and waits for it.
    let last = killer.run_to_end("last");
    assert!(last.is_some(), "the last message was not acknowledged");
    let found = Found::read(home.path());
    let faults = found.faults(&tally);
    println!("figure: kills = {kills}");
    println!("figure: seed = {seed}");
    println!("figure: acknowledged = {}", tally.acknowledged.len());
    println!("figure: killed between the submitted event and the end = {}", tally.between);
    println!("figure: ended before the kill = {}", tally.too_late);
    println!("figure: still queued = {}", found.queued.len());
    println!("figure: lost or doubled = {}", faults.len());
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(tally.between * 10 >= kills * 3, "only {} of {kills} kills fell into the window", tally.between);
}

/// What the kills did.
#[derive(Default)]
struct Tally {
    acknowledged: Vec<String>,
    tried: Vec<String>,
    between: u64,
    too_late: u64,
}

struct Killer {
    home: PathBuf,
    random: Random,
    /// From the submitted event to the end of an undisturbed run.
    after_submit: Duration,
    /// The whole of an undisturbed run.
    whole: Duration,
}

impl Killer {
    fn measure(&mut self) {
        for run in 0..3 {
            let began = Instant::now();
            let (child, lines) = start(&self.home, &format!("warm-up {run}"));
            let submitted = wait_submitted(&lines, PATIENCE).expect("a submitted event");
            let at = Instant::now();
            finish(child);
            assert!(!submitted.is_empty());
            self.after_submit = at.elapsed();
            self.whole = began.elapsed();
        }
    }

    fn round(&mut self, round: u64, tally: &mut Tally) {
        let subject = format!("message {round}");
        let (mut child, lines) = start(&self.home, &subject);
        tally.tried.push(subject.clone());
        let is_aimed = round.is_multiple_of(2);
        let mut acknowledged = false;
        if is_aimed {
            acknowledged = wait_submitted(&lines, PATIENCE).is_some();
            pause(self.random.below(self.after_submit));
        } else {
            pause(self.random.below(self.whole));
        }
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged |= wait_submitted(&lines, PATIENCE).is_some();
        tally.too_late += u64::from(ended);
        tally.between += u64::from(acknowledged && !ended);
        if acknowledged {
            tally.acknowledged.push(subject);
        }
    }

    fn run_to_end(&self, subject: &str) -> Option<String> {
        let (child, lines) = start(&self.home, subject);
        let submitted = wait_submitted(&lines, PATIENCE);
        finish(child);
        submitted
    }
}

/// Starts one `mapi send` and gives the lines that it prints.
fn start(home: &Path, subject: &str) -> (Child, Receiver<String>) {
    let mut child = mapi(home)
        .args(["--jsonl", "--quiet", "send", "--to", "kim@example.org", "--body", "x", "--subject", subject])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (send, receive) = channel();
    // Ends with the pipe, which ends with the process.
    std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    (child, receive)
}

/// The entry identifier of the submitted event, once it is printed.
fn wait_submitted(lines: &Receiver<String>, patience: Duration) -> Option<String> {
    let until = Instant::now() + patience;
    loop {
        let line = lines.recv_timeout(until.saturating_duration_since(Instant::now())).ok()?;
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if event["event"] == "submitted" {
            return event["entry_id"].as_str().map(str::to_owned);
        }
    }
}

/// Lets time pass without a sleep, whose end the system would round up.
fn pause(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        std::thread::yield_now();
    }
}

fn finish(mut child: Child) {
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "the command does not end");
        std::thread::yield_now();
    }
}

/// What is where after the last logon, by subject.
struct Found {
    inbox: BTreeMap<String, usize>,
    sent: BTreeMap<String, usize>,
    queued: BTreeMap<String, usize>,
    store_is_sound: bool,
}

impl Found {
    fn read(home: &Path) -> Self {
        let check = mapi(home).args(["--json", "--quiet", "store", "check"]).output().unwrap();
        Self {
            inbox: subjects(home, &["ls", "/Inbox"]),
            sent: subjects(home, &["ls", "/Sent Items"]),
            queued: subjects(home, &["queue", "list"]),
            store_is_sound: check.status.success(),
        }
    }

    /// What must not be: each as a sentence.
    fn faults(&self, tally: &Tally) -> Vec<String> {
        let count = |map: &BTreeMap<String, usize>, subject: &String| map.get(subject).copied().unwrap_or(0);
        let mut faults = Vec::new();
        if !self.store_is_sound {
            faults.push("the store does not pass its check".to_owned());
        }
        for subject in &tally.tried {
            let (inbox, sent, queued) =
                (count(&self.inbox, subject), count(&self.sent, subject), count(&self.queued, subject));
            let acknowledged = tally.acknowledged.contains(subject);
            let is_whole = matches!((inbox, sent, queued), (1, 1, 0) | (0 | 1, 0, 1));
            let is_absent = !acknowledged && (inbox, sent, queued) == (0, 0, 0);
            if !is_whole && !is_absent {
                faults.push(format!("{subject} (acknowledged: {acknowledged}): Inbox {inbox}, Sent Items {sent}, queued {queued}"));
            }
        }
        faults
    }
}

fn subjects(home: &Path, verb: &[&str]) -> BTreeMap<String, usize> {
    let output = mapi(home).args(["--json", "--quiet"]).args(verb).output().unwrap();
    assert!(output.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&output.stdout));
    let rows = document(&output);
    let mut counts = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        if let Some(subject) = row["subject"].as_str() {
            *counts.entry(subject.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Numbers that look random and come again with the same seed (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}
