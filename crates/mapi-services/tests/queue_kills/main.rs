//! The queue under SIGKILL with a mail server behind it: nothing is lost, and nothing goes twice of which the
//! queue does not say that nobody knows.
//!
//! The test starts itself again as the process that sends. It is killed before each of its system calls while
//! it sends one message to three, and at random moments while mail is submitted all the time. The server is
//! the test's own and has on disk what it took before it says so.
//!
//! `MAPI_QUEUE_KILLS` and `MAPI_QUEUE_MESSAGES` set the counts of the second (500 and 1,000 unless set),
//! `MAPI_QUEUE_STEP` the step of the first through the calls (20), `MAPI_QUEUE_FATES_STEP` that of sends to one
//! for each thing that PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT can say (40), `MAPI_SEED` the seed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod books;
mod sending;
mod tracer;

use books::Books;
use sending::{Fate, PART, Sender, Sent, World};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// More new doubts than this after one kill are a fault, and this many on average.
const DOUBTS_EVER: usize = 8;
const DOUBTS_ON_AVERAGE: usize = 4;
/// Nobody submits while so many wait.
const WAITING: usize = 6;

fn main() {
    if std::env::var_os(PART).is_some() {
        return sending::act();
    }
    let books = Arc::new(Books::new());
    let mut world = World::new(&books);
    let faults =
        [sweep(&mut world, &books), sweep_fates(&mut world, &books), kill_at_random(&mut world, &books)]
            .concat();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Kills before every system call of one send, or every n-th.
fn sweep(world: &mut World, books: &Books) -> Vec<String> {
    let step = number("MAPI_QUEUE_STEP", 20).max(1);
    if !can_trace() {
        return Vec::new();
    }
    let Swept { calls, kills, doubts } = kill_each(world, books, (1, step), 3, Fate::USUAL);
    println!("figure: system calls of one send to three = {calls}");
    println!("figure: kills before one of them = {kills}");
    println!("figure: of these in doubt = {doubts}");
    assert!(kills > 10, "only {kills} kills");
    verdict(world, books, "call by call")
}

/// The same of a send to one, for each thing that a message can say becomes of it.
fn sweep_fates(world: &mut World, books: &Books) -> Vec<String> {
    let step = number("MAPI_QUEUE_FATES_STEP", 40).max(1);
    if !can_trace() {
        return Vec::new();
    }
    let mut kills = 0;
    for (place, folder) in [Sent::Nowhere, Sent::Here, Sent::There].into_iter().enumerate() {
        for delete in [false, true] {
            // Each begins at another call, so that together they meet more of them.
            let first = 1 + (2 * place + usize::from(delete)) * step / 6;
            kills += kill_each(world, books, (first, step), 1, Fate { folder, delete }).kills;
        }
    }
    println!("figure: kills of a send to one, by what becomes of the message = {kills}");
    assert!(kills > 12, "only {kills} kills");
    verdict(world, books, "by what becomes of the message")
}

struct Swept {
    calls: usize,
    kills: usize,
    doubts: usize,
}

/// Kills before one call and every so many after it, until a send comes to its end.
fn kill_each(
    world: &mut World,
    books: &Books,
    (first, step): (usize, usize),
    recipients: usize,
    fate: Fate,
) -> Swept {
    let (mut call, mut kills, mut doubts) = (first, 0, 0);
    loop {
        let message = world.submit_as(recipients, fate);
        let sender = Sender::waiting(world);
        let was_killed = tracer::kill_before(sender, call);
        if !was_killed {
            return Swept { calls: call - 1, kills, doubts };
        }
        kills += 1;
        let found = world.in_doubt();
        doubts += found.len();
        books.doubt(&found);
        world.send_everything();
        assert_eq!(world.queued(), 0, "killed before call {call}: the message {message} does not go");
        call += step;
    }
}

fn can_trace() -> bool {
    let works = tracer::works();
    if !works {
        mapi_testkit::skipped("(processes cannot be traced here): no send is killed call by call");
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
    }
    works
}

/// Kills at random moments, half of them from the moment on in which the server hears of a message.
fn kill_at_random(world: &mut World, books: &Books) -> Vec<String> {
    let (kills, messages) = (number("MAPI_QUEUE_KILLS", 500), number("MAPI_QUEUE_MESSAGES", 1000));
    let seed = number("MAPI_SEED", 0x5EED);
    let mut random = Random(seed | 1);
    let whole = world.measure();
    let before = world.submitted();
    let (mut most, mut doubts, mut too_late) = (0, 0, 0);
    for round in 0..kills {
        let due = (messages * (round + 1)).div_ceil(kills);
        while world.submitted() - before < due && world.queued() < WAITING {
            world.submit(1 + round % 3);
        }
        let mut sender = Sender::start(world);
        if round % 2 == 0 {
            books.await_news(whole);
            pause(random.below(whole / 4));
        } else {
            pause(random.below(whole));
        }
        too_late += usize::from(!sender.kill());
        let found = world.in_doubt();
        let new = books.doubt(&found);
        (most, doubts) = (most.max(new), doubts + new);
    }
    while world.submitted() - before < messages {
        world.submit(1 + world.submitted() % 3);
        if world.queued() > WAITING {
            world.send_everything();
        }
    }
    world.send_everything();
    println!("figure: random kills = {kills}");
    println!("figure: seed = {seed}");
    println!("figure: messages = {messages}");
    println!("figure: ended before the kill = {too_late}");
    println!("figure: in doubt after a kill = {doubts}, at most {most} at once");
    println!("figure: accepted again, with the same Message-ID and octets = {}", books.repeats());
    let mut faults = verdict(world, books, "at random");
    if most > DOUBTS_EVER || doubts > DOUBTS_ON_AVERAGE * kills {
        faults.push(format!("{most} in doubt at once, {doubts} after {kills} kills"));
    }
    faults
}

fn verdict(world: &World, books: &Books, what: &str) -> Vec<String> {
    let mut faults = books.faults();
    faults.extend(world.faults());
    println!("figure: {what}: lost, doubled outside the doubt, or in doubt unseen = {}", faults.len());
    faults
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// Lets time pass without a sleep, whose end the system would round up.
fn pause(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        std::thread::yield_now();
    }
}

/// Numbers that look random and come again with the same seed (xorshift64).
struct Random(usize);

impl Random {
    fn below(&mut self, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
