//! Profile files that were cut, bent or made by somebody else: an error that names the file, or a
//! profile that is sound; and whatever is in a file, its profile can be deleted.
//!
//! `MAPI_MUTANTS` sets the number of damaged files (1,000 unless set), `MAPI_SEED` the seed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::file_service::file_service;
use mapi::{ErrorCode, Home, Mapi, ProfAdmin};
use std::fs;
use std::time::{Duration, Instant};

/// No file of the size of a profile takes longer to be read or refused.
const LONGEST: Duration = Duration::from_secs(5);

/// Numbers that look random and come again with the same seed (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most.max(1)
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Texts that mean something to a reader of JSON, put where they do not belong.
const FOREIGN: [&str; 16] = [
    "null",
    "{}",
    "[]",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"../../x\"",
    "true",
    "{\"a\":{\"a\":{\"a\":1}}}",
    "\"0xFFFFFFFF\"",
    "\"{00000000-0000-0000-0000-000000000000}\"",
    "\u{feff}",
    "0.1",
];

fn damaged(whole: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => bytes[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            2 => drop(bytes.splice(at..at, FOREIGN[at % FOREIGN.len()].bytes())),
            3 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                // A value takes another's place.
                let end =
                    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end);
                bytes.splice(at..end, FOREIGN[random.below(FOREIGN.len())].bytes());
            }
            5 => drop(bytes.splice(at..at, b"[".repeat(random.below(2_000)))),
            _ => {
                let (from, count) = (random.below(bytes.len()), random.below(200));
                let part: Vec<u8> = bytes[from..].iter().take(count).copied().collect();
                bytes.splice(at..at, part);
            }
        }
        if bytes.is_empty() {
            return bytes;
        }
    }
    bytes
}

#[test]
fn a_damaged_profile_is_refused_by_its_name_or_sound() {
    let (count, seed) = (number("MAPI_MUTANTS", 1_000), number("MAPI_SEED", 0xF11E));
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &file_service()).unwrap();
    let file = home.profiles().join("p.json");
    let whole = fs::read(&file).unwrap();
    let mut random = Random(seed | 1);
    let (mut refused, mut sound, mut longest) = (0, 0, Duration::ZERO);
    for round in 0..count {
        let bytes = damaged(&whole, &mut random);
        fs::write(&file, &bytes).unwrap();
        let began = Instant::now();
        let opened = admin.services("P");
        longest = longest.max(began.elapsed());
        match opened {
            Ok(services) => {
                sound += 1;
                for service in services.services() {
                    // A row without its section is told, and ends nothing.
                    drop(services.section(service.uid));
                }
            }
            Err(error) => {
                refused += 1;
                let known = [ErrorCode::CORRUPT_DATA, ErrorCode::VERSION];
                assert!(known.contains(&error.code()), "{round}: {error}");
                assert!(error.detail().contains(file.to_str().unwrap()), "{round}: {error}");
            }
        }
        assert_eq!(fs::read(&file).unwrap(), bytes, "{round}: never rewritten in passing");
    }
    println!("figure: damaged profiles = {count}, seed = {seed}");
    println!("figure: refused = {refused}, sound = {sound}, longest = {longest:?}");
    assert!(longest < LONGEST && refused > count / 2);
}

#[test]
fn a_large_hostile_profile_is_refused_soon() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    let head = "{\"format\":\"openmapi-profile\",\"version\":2,\"services\":";
    let hostile = [
        "[".repeat(4_000_000),
        format!("{head}{}", "[[],".repeat(900_000)),
        format!("{head}[{}1]", "1,".repeat(1_900_000)),
        format!("{head}[{}{{}}]", "{},".repeat(1_300_000)),
        format!("{{\"a\":\"{}\"}}", "a".repeat(4_000_000)),
        "x".repeat(5_000_000),
    ];
    for content in &hostile {
        fs::write(home.profiles().join("p.json"), content).unwrap();
        let began = Instant::now();
        let error = admin.services("P").unwrap_err();
        assert_eq!(error.code(), ErrorCode::CORRUPT_DATA, "{error}");
        assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
    }
}

#[test]
fn whatever_is_in_the_files_a_profile_can_be_deleted_and_a_default_chosen() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    for content in ["", "{", "this is no JSON!", "{\"format\":\"openmapi-profile\",\"version\":2}"] {
        admin.create_profile("P", &file_service()).unwrap();
        admin.create_profile("Q", &file_service()).unwrap();
        admin.set_default_profile(Some("P")).unwrap();
        fs::write(home.profiles().join("p.json"), content).unwrap();
        fs::write(home.profiles().join(".default"), content).unwrap();
        let error = admin.default_profile().unwrap_err();
        assert_eq!(error.code(), ErrorCode::CORRUPT_DATA);
        assert!(error.detail().contains(".default"), "{error}");
        let names: Vec<String> = admin.profiles().unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["p", "Q"], "a damaged profile is listed by its file");
        admin.delete_profile("P").unwrap();
        admin.set_default_profile(Some("Q")).unwrap();
        assert_eq!(admin.default_profile().unwrap().as_deref(), Some("Q"));
        admin.delete_profile("Q").unwrap();
        assert!(admin.profiles().unwrap().is_empty() && admin.default_profile().unwrap().is_none());
    }
}

#[test]
fn names_have_at_most_64_characters_and_no_controls() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    for good in
        ["n".repeat(64), "\u{e9}".repeat(64), "two words".to_owned(), "\u{43f}\u{440}\u{43e}".to_owned()]
    {
        admin.create_profile(&good, &[]).unwrap();
        assert!(admin.services(&good).is_ok());
        admin.delete_profile(&good).unwrap();
    }
    let bad = [("n".repeat(65), ErrorCode::STRING_TOO_LONG)].into_iter().chain(
        ["", " a", "a ", "a\tb", "a\nb", "a\u{7f}", "a\0", "..", "a/b", ".x"]
            .map(|name| (name.to_owned(), ErrorCode::INVALID_PARAMETER)),
    );
    for (name, expected) in bad {
        assert_eq!(admin.create_profile(&name, &[]).unwrap_err().code(), expected, "{name:?}");
    }
    assert_eq!(fs::read_dir(home.stores()).unwrap().count(), 0, "nothing is left");
}
