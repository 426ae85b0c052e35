//! A session that ends with very many objects open: the end does not count them one by one, and their memory
//! is used again once they are dropped.
//!
//! A file of its own, for the sake of the memory that is measured. `MAPI_OBJECTS` says how many.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{LogoffFlags, Message, Session};
use std::time::{Duration, Instant};

const MOST: Duration = Duration::from_millis(50);
const ROUNDS: usize = 4;

/// Resident memory of this process, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Ends a session with this many messages open; returns how long that took.
fn end_with(world: &World, count: usize) -> (Duration, Vec<Message>) {
    let session = Session::logon(world.options().no_mail()).unwrap();
    let folder = session.open_default_store().unwrap().ipm_subtree().unwrap();
    let messages: Vec<_> = (0..count).map(|_| folder.create_message().unwrap()).collect();
    let began = Instant::now();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    let took = began.elapsed();
    assert_eq!(account.left_open_count, count as u64 + 1);
    assert_eq!(account.left_open.len(), mapi::session::LEFT_OPEN_NAMED);
    assert_eq!(account.left_open[0].kind, "IMAPIFolder", "the oldest come first");
    (took, messages)
}

#[test]
fn the_end_takes_no_longer_for_objects_left_open() {
    let count = std::env::var("MAPI_OBJECTS").map_or(100_000, |count| count.parse().unwrap());
    let world = World::new();
    let mut held = Vec::new();
    let mut best = Duration::MAX;
    // The machine may be busy with something else at one moment, not at each.
    while held.len() < ROUNDS || (best > MOST && held.len() < 3 * ROUNDS) {
        let (took, messages) = end_with(&world, count);
        best = best.min(took);
        drop(messages);
        world.script.forget();
        held.push(memory());
    }
    println!("figure: logoff with {count} open objects = {best:.1?}");
    assert!(best <= MOST, "{best:?}");
    // The first rounds make the room that the others use again.
    let (early, last) = (held[1], held[held.len() - 1]);
    println!("figure: memory after the second round and the last = {} and {} MiB", early >> 20, last >> 20);
    assert!(last <= early + early / 20, "{held:?}");
}
