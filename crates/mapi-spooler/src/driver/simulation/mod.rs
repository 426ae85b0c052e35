//! Seeded simulations of a store, a spooler and a mail server, in one thread and by a clock that is moved:
//! the real driver, machine and ledger over a store in memory and a server that is made up.
//!
//! A spooler ends without a word at any of its calls, connections are cut, the store fails, clocks jump,
//! messages are taken back. What must be true then is checked at every end of a spooler and after all is
//! quiet: reliability is in the invariants below, the world is `world.rs`, the server
//! `server.rs`, the store that ends with its spooler `mortal.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mortal;
mod server;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use world::{Figures, World};

/// The seeds of the usual run; `MAPI_SIMULATIONS` asks for another count.
const SEEDS: u64 = 2_500;

/// A stream of numbers that is the same for the same seed (SplitMix64).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True so many times in a hundred.
    fn percent(&mut self, hundredths: u64) -> bool {
        self.below(100) < hundredths
    }
}

fn simulate(seed: u64) -> Figures {
    let mut world = World::new(seed);
    let acts = 15 + world.chance.below(40);
    (0..acts).for_each(|_| world.act());
    world.drain();
    world.check();
    world.figures()
}

#[test]
fn nothing_is_lost_or_doubled_whatever_fails() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("MAPI_SIMULATION_SEED") {
        println!("{:?}", simulate(seed));
        return;
    }
    let (count, next) = (number("MAPI_SIMULATIONS").unwrap_or(SEEDS), AtomicU64::new(0));
    let work = || {
        let mut sum = Figures::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return sum;
            }
            let run = std::panic::catch_unwind(|| simulate(seed));
            sum += run.unwrap_or_else(|_| panic!("seed {seed} violates an invariant"));
        }
    };
    let sum = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Figures::default(), |mut all, one| {
            all += one;
            all
        })
    });
    println!("figure: seeds = {count}");
    println!("figure: messages submitted = {}", sum.submitted);
    println!("figure: spoolers that ended without a word = {}", sum.crashes);
    println!("figure: recipients taken by the server = {}", sum.taken);
    println!("figure: taken more than once, each inside the window of doubt = {}", sum.doubled);
    println!("figure: reports to senders = {}", sum.reports);
    println!("figure: lost, doubled outside the window, from nowhere, tried too early = 0");
    assert!(sum.crashes > count / 2 && sum.taken > count && sum.doubled > 0, "too little happens: {sum:?}");
}
