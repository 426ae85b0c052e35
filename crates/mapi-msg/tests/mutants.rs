//! Damaged files: real ones and samples with bytes flipped, spliced, cut and lengths rewritten; one fault of
//! four hits a property stream or the map of names.
//!
//! `MAPI_MUTANTS` says how many (25,000 by default), `MAPI_SEED` which ones. A mutant that fails is
//! named by file, number and seed, so that it can be made again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod reading;

use mapi_msg::Container;
use mapi_msg::container::ContainerStorage;
use mapi_spi::storage::{ElementKind, Storage};
use mapi_spi::stream::StreamCursor;
use reading::{Outcome, on_small_stack, read_everything};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Mutants by default.
const MUTANTS: u64 = 25_000;
/// The seed by default.
const SEED: u64 = 0x5EED_0001;
/// Longer files are damaged in few places that matter, and slowly.
const FILE_BYTES_MAX: usize = 64 * 1024;
/// Threads that read mutants.
const THREADS: u64 = 2;

/// How much the memory of the process may grow, whatever is read: sixteen times a file and 16 MiB, for each
/// thread, and three times as much again for what an allocator keeps and for the harness itself.
const GROWTH_BYTES_MAX: u64 = 4 * THREADS * (16 * FILE_BYTES_MAX as u64 + 16 * 1024 * 1024);
/// How long the processor may be busy with one mutant: a second and what its length allows.
const BUSY_MAX: Duration = Duration::from_millis(1_010);

#[test]
fn no_damage_makes_a_reader_panic_or_work_without_bound() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (mutants, seed) = (number("MAPI_MUTANTS", MUTANTS), number("MAPI_SEED", SEED));
    let files = Arc::new(originals());
    let before = peak_bytes();
    let total = all(&files, mutants, seed, BUSY_MAX, read_everything);
    let grown = peak_bytes().saturating_sub(before);
    println!(
        "figure: mutants = {mutants} of {} files, seed {seed:#x}: {} read ({} of them with notes), {} refused, \
         {} failed",
        files.len(),
        total.read,
        total.noted,
        total.refused,
        total.failed.len()
    );
    println!("figure: longest = {} ms of the processor", total.longest.as_millis());
    println!("figure: memory grown by = {:.1} MiB", grown as f64 / 1024.0 / 1024.0);
    assert!(total.failed.is_empty(), "{}", total.failed.join("\n"));
    assert_eq!(total.read + total.refused, mutants);
    assert!(total.read > 0 && total.refused > 0, "the damage is too small or too great to try anything");
    assert!(grown <= GROWTH_BYTES_MAX, "{grown} bytes of {GROWTH_BYTES_MAX}");
}

#[test]
fn a_reader_that_panics_or_takes_its_time_is_noticed() {
    let files = Arc::new(originals());
    let panics = |mutant: &[u8]| {
        assert!(!mutant.len().is_multiple_of(7), "a fault on purpose");
        read_everything(mutant)
    };
    assert!(!all(&files, 200, SEED, BUSY_MAX, panics).failed.is_empty());
    let dawdles = |mutant: &[u8]| {
        let began = busy();
        while busy() - began < Duration::from_millis(60) {}
        read_everything(mutant)
    };
    assert_eq!(all(&files, 4, SEED, Duration::from_millis(30), dawdles).failed.len(), 4);
}

/// Has every mutant read, on threads with small stacks.
fn all(
    files: &Arc<Vec<Original>>,
    mutants: u64,
    seed: u64,
    busy_max: Duration,
    reader: impl Fn(&[u8]) -> Outcome + Send + Copy + 'static,
) -> Share {
    let shares: Vec<_> = (0..THREADS)
        .map(|thread| {
            let files = Arc::clone(files);
            let work = move || share(&files, (thread, mutants, seed), busy_max, reader);
            std::thread::spawn(move || on_small_stack(work))
        })
        .collect();
    let mut total = Share::default();
    for share in shares {
        let share = share.join().unwrap();
        total.read += share.read;
        total.noted += share.noted;
        total.refused += share.refused;
        total.longest = total.longest.max(share.longest);
        total.failed.extend(share.failed);
    }
    total
}

#[derive(Default)]
struct Share {
    read: u64,
    noted: u64,
    refused: u64,
    longest: Duration,
    failed: Vec<String>,
}

fn share(
    files: &[Original],
    (thread, mutants, seed): (u64, u64, u64),
    busy_max: Duration,
    reader: impl Fn(&[u8]) -> Outcome,
) -> Share {
    let mut share = Share::default();
    for number in (thread..mutants).step_by(THREADS as usize) {
        let mut random = Random::new(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let original = &files[random.below(files.len())];
        let mutant = damaged(original, files, &mut random);
        let before = busy();
        let outcome = catch_unwind(AssertUnwindSafe(|| reader(&mutant)));
        let took = busy().saturating_sub(before);
        share.longest = share.longest.max(took);
        match outcome {
            Ok(_) if took > busy_max => share.failed.push(kept(original, number, seed, &mutant, "slow")),
            Ok(Outcome::Read { notes, .. }) => {
                share.read += 1;
                share.noted += u64::from(notes > 0);
            }
            Ok(Outcome::Refused(_)) => share.refused += 1,
            Err(_) => share.failed.push(kept(original, number, seed, &mutant, "panic")),
        }
    }
    share
}

/// Keeps a mutant that failed as a file, to be looked at and to become a regression test, and names it.
fn kept(original: &Original, number: u64, seed: u64, mutant: &[u8], why: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutant-{seed:x}-{number}.msg"));
    std::fs::write(&path, mutant).unwrap();
    format!("{}, mutant {number}, seed {seed:#x}: {why}, kept as {}", original.name, path.display())
}

/// How long this thread has kept a processor busy.
fn busy() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// The most memory that the process has had.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

/// A file to be damaged.
struct Original {
    name: String,
    bytes: Vec<u8>,
    /// Where blocks of property streams and of the map of names lie.
    inner: Vec<usize>,
}

impl Original {
    fn new(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let inner = inner_blocks(&bytes);
        Self { name: path.display().to_string(), bytes, inner }
    }
}

/// Where the blocks of 64 bytes lie that property streams and the map of names are made of.
fn inner_blocks(bytes: &[u8]) -> Vec<usize> {
    let Ok(container) = Container::from_source(bytes.to_vec()) else { return Vec::new() };
    let mut waiting: Vec<Arc<dyn Storage>> = vec![Arc::new(ContainerStorage::root(Arc::new(container)))];
    let mut blocks = Vec::new();
    while let Some(storage) = waiting.pop().filter(|_| blocks.len() < 2_000) {
        let is_names = storage.stat().is_ok_and(|stat| stat.name.starts_with("__nameid"));
        for element in storage.elements().unwrap_or_default() {
            if element.kind == ElementKind::Storage {
                waiting.extend(storage.open_storage(&element.name).ok());
            } else if is_names || element.name.starts_with("__properties") {
                let mut stream = Vec::new();
                let Ok(open) = storage.open_stream(&element.name) else { continue };
                if StreamCursor::new(open).read_to_end(&mut stream).is_ok() {
                    let block = |block: &[u8]| memchr::memmem::find(bytes, block);
                    blocks.extend(stream.chunks_exact(64).filter_map(block));
                }
            }
        }
    }
    blocks
}

/// The files to be damaged: the samples, and the real files where they are.
fn originals() -> Vec<Original> {
    let mut paths = files::samples();
    for folder in ["msg", "hostile"] {
        paths.extend(files::corpus(folder).into_iter().flat_map(|folder| files::messages(&folder)));
    }
    let is_fit = |path: &std::path::PathBuf| {
        let len = std::fs::metadata(path).unwrap().len();
        (512..=FILE_BYTES_MAX as u64).contains(&len)
    };
    let files: Vec<Original> = paths.into_iter().filter(is_fit).map(|path| Original::new(&path)).collect();
    assert!(files.len() >= 4 && files.iter().map(|file| file.inner.len()).sum::<usize>() > 20);
    files
}

/// A copy with one to eight faults.
fn damaged(original: &Original, files: &[Original], random: &mut Random) -> Vec<u8> {
    let mut mutant = original.bytes.clone();
    for _ in 0..=random.below(8) {
        if mutant.len() < 512 {
            break;
        }
        match random.below(9) {
            0 => flip(&mut mutant, random),
            1 => word(&mut mutant, random, 4),
            2 => word(&mut mutant, random, 2),
            3 => structure(&mut mutant, random),
            4 => splice(&mut mutant, files, random),
            5 => move_within(&mut mutant, random),
            6 | 7 => inside(&mut mutant, &original.inner, random),
            _ => cut(&mut mutant, random),
        }
    }
    mutant
}

/// Damages a field of a property entry, of a name, of a set or of a hash bucket: a type, an identifier, a size,
/// an offset.
fn inside(bytes: &mut [u8], blocks: &[usize], random: &mut Random) {
    const WORDS: [u32; 14] = [
        0,
        1,
        7,
        0xFFFF,
        0x8000,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
        0x0037_001F,
        0x1000_101F,
        0x3701_000D,
        0x8000_1102,
        0x0E04_0048,
        0xFFFE_0102,
    ];
    if blocks.is_empty() {
        return flip(bytes, random);
    }
    let at = blocks[random.below(blocks.len())] + random.below(16) * 4;
    let Some(place) = bytes.get_mut(at..at + 4) else { return };
    let held = u32::from_le_bytes((&*place).try_into().unwrap());
    let word = match random.below(4) {
        0 => held ^ (1 << random.below(32)),
        1 => held.wrapping_add(1),
        2 => random.below(0x1_0000) as u32,
        _ => WORDS[random.below(WORDS.len())],
    };
    place.copy_from_slice(&word.to_le_bytes());
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
fn splice(bytes: &mut [u8], files: &[Original], random: &mut Random) {
    let other = &files[random.below(files.len())].bytes;
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
