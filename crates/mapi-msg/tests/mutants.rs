//! Damaged files: real ones and samples with bytes flipped, spliced, cut and lengths rewritten.
//!
//! `MAPI_MUTANTS` says how many (25,000 by default), `MAPI_SEED` which ones. A mutant that fails is
//! named by file, number and seed, so that it can be made again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod reading;

use reading::{Outcome, on_small_stack, read_everything};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Mutants by default.
const MUTANTS: u64 = 25_000;
/// The seed by default.
const SEED: u64 = 0x5EED_0001;
/// Longer files are damaged in few places that matter, and slowly.
const FILE_BYTES_MAX: usize = 64 * 1024;
/// Threads that read mutants.
const THREADS: u64 = 2;

#[test]
fn no_damage_makes_a_reader_panic_or_work_without_bound() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (mutants, seed) = (number("MAPI_MUTANTS", MUTANTS), number("MAPI_SEED", SEED));
    let files = Arc::new(originals());
    let shares: Vec<_> = (0..THREADS)
        .map(|thread| {
            let files = Arc::clone(&files);
            std::thread::spawn(move || on_small_stack(move || share(&files, thread, mutants, seed)))
        })
        .collect();
    let (mut read, mut noted, mut refused, mut failed) = (0, 0, 0, Vec::new());
    for share in shares {
        let share = share.join().unwrap();
        (read, noted, refused) = (read + share.read, noted + share.noted, refused + share.refused);
        failed.extend(share.failed);
    }
    println!(
        "figure: mutants = {mutants} of {} files, seed {seed:#x}: {read} read ({noted} of them with notes), \
         {refused} refused, {} failed",
        files.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(read + refused, mutants);
    assert!(read > 0 && refused > 0, "the damage is too small or too great to try anything");
}

#[derive(Default)]
struct Share {
    read: u64,
    noted: u64,
    refused: u64,
    failed: Vec<String>,
}

fn share(files: &[(String, Vec<u8>)], thread: u64, mutants: u64, seed: u64) -> Share {
    let mut share = Share::default();
    for number in (thread..mutants).step_by(THREADS as usize) {
        let mut random = Random::new(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (name, bytes) = &files[random.below(files.len())];
        let mutant = damaged(bytes, files, &mut random);
        match catch_unwind(AssertUnwindSafe(|| read_everything(&mutant))) {
            Ok(Outcome::Read { notes, .. }) => {
                share.read += 1;
                share.noted += u64::from(notes > 0);
            }
            Ok(Outcome::Refused(_)) => share.refused += 1,
            Err(_) => share.failed.push(format!("{name}, mutant {number}, seed {seed:#x}")),
        }
    }
    share
}

/// The files to be damaged: the samples, and the real files where they are.
fn originals() -> Vec<(String, Vec<u8>)> {
    let mut paths = files::samples();
    for folder in ["msg", "hostile"] {
        paths.extend(files::corpus(folder).into_iter().flat_map(|folder| files::messages(&folder)));
    }
    let read = |path: &std::path::PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    let mut files: Vec<_> = paths.iter().map(read).collect();
    files.retain(|(_, bytes)| (512..=FILE_BYTES_MAX).contains(&bytes.len()));
    assert!(files.len() >= 4);
    files
}

/// A copy with one to eight faults.
fn damaged(bytes: &[u8], files: &[(String, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..=random.below(8) {
        if mutant.len() < 512 {
            break;
        }
        match random.below(7) {
            0 => flip(&mut mutant, random),
            1 => word(&mut mutant, random, 4),
            2 => word(&mut mutant, random, 2),
            3 => structure(&mut mutant, random),
            4 => splice(&mut mutant, files, random),
            5 => move_within(&mut mutant, random),
            _ => cut(&mut mutant, random),
        }
    }
    mutant
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len());
    bytes[at] ^= 1 << random.below(8);
}

/// Writes a number that a length or an index should not be.
fn word(bytes: &mut [u8], random: &mut Random, width: usize) {
    const WORDS: [u32; 12] =
        [0, 1, 2, 3, 0x7F, 0x80, 0xFFFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];
    let at = random.below(bytes.len() - 4) / width * width;
    let word = match random.below(3) {
        0 => random.below(bytes.len() / 64) as u32,
        _ => WORDS[random.below(WORDS.len())],
    };
    bytes[at..at + width].copy_from_slice(&word.to_le_bytes()[..width]);
}

/// Damages what looks like a directory entry or a property: a field within 128 or 16 bytes.
fn structure(bytes: &mut [u8], random: &mut Random) {
    const FIELDS: [usize; 9] = [64, 66, 68, 72, 76, 80, 116, 120, 124];
    let entry = 512 + random.below((bytes.len() - 511) / 128 + 1) * 128;
    let (at, width) = match random.below(2) {
        0 => (entry + FIELDS[random.below(FIELDS.len())], 4),
        _ => (entry + random.below(8) * 16 + random.below(4) * 4, 4),
    };
    if at + width <= bytes.len() {
        let word = [0, 1, 5, 64, u32::MAX, u32::MAX - 1, random.below(bytes.len()) as u32][random.below(7)];
        bytes[at..at + width].copy_from_slice(&word.to_le_bytes());
    }
}

/// Lays a piece of another file over this one.
fn splice(bytes: &mut [u8], files: &[(String, Vec<u8>)], random: &mut Random) {
    let other = &files[random.below(files.len())].1;
    let len = (64 << random.below(6)).min(bytes.len()).min(other.len());
    let (from, to) = (random.below(other.len() - len + 1), random.below(bytes.len() - len + 1));
    bytes[to / 64 * 64..to / 64 * 64 + len].copy_from_slice(&other[from / 64 * 64..from / 64 * 64 + len]);
}

/// Copies a sector or a part of one over another.
fn move_within(bytes: &mut [u8], random: &mut Random) {
    let len = [64, 128, 512][random.below(3)];
    let blocks = bytes.len() / len;
    let (from, to) = (random.below(blocks) * len, random.below(blocks) * len);
    bytes.copy_within(from..from + len, to);
}

fn cut(bytes: &mut Vec<u8>, random: &mut Random) {
    let len = random.below(bytes.len());
    // Mostly near the end: a file cut early is only refused.
    let kept = if random.below(4) == 0 { len } else { bytes.len() - len.min(bytes.len() / 8) };
    bytes.truncate(kept);
}

/// Numbers that only look random (xorshift64*).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        (number % limit.max(1) as u64) as usize
    }
}
