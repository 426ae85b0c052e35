//! Files made to hurt a reader: each is refused or read in part, in bounded work, on a small stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod reading;

use mapi_defs::ErrorCode;
use mapi_msg::container::ContainerStorage;
use mapi_msg::{Container, MsgFile, ObjectLimits};
use mapi_spi::storage::Storage;
use reading::{Outcome, on_small_stack, read_everything};
use std::sync::Arc;

#[test]
fn hostile_files_are_refused_or_read_in_part() {
    let Some(folder) = files::corpus("hostile") else { return };
    let paths = files::messages(&folder);
    assert!(paths.len() >= 13, "{paths:?}");
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let outcome = on_small_stack(move || read_everything(&bytes));
        let code = match &outcome {
            Outcome::Refused(error) => error.code(),
            Outcome::Read { .. } => continue,
        };
        let expected = match name.as_str() {
            "deep100.msg" | "deep1000.msg" => ErrorCode::TOO_COMPLEX,
            _ => ErrorCode::CORRUPT_DATA,
        };
        assert_eq!(code, expected, "{name}: {outcome:?}");
    }
}

#[test]
fn a_message_embedded_ten_deep_is_read() {
    let Some(folder) = files::corpus("hostile") else { return };
    let message = MsgFile::open(folder.join("deep10.msg")).unwrap().message().unwrap();
    let object = message.to_object(&ObjectLimits::default()).unwrap();
    let mut depth = 0;
    let mut inner = &object;
    while let Some(next) = inner.attachments.first().and_then(|attachment| attachment.message.as_deref()) {
        (inner, depth) = (next, depth + 1);
    }
    assert_eq!(depth, 10);
}

#[test]
fn nesting_beyond_the_limit_is_an_error_and_what_lies_outside_stays_readable() {
    let Some(folder) = files::corpus("hostile") else { return };
    let mut message = MsgFile::open(folder.join("deep100.msg")).unwrap().message().unwrap();
    let error = message.to_object(&ObjectLimits::default()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TOO_COMPLEX);
    for depth in 1..=64 {
        message = message.attachment(0).unwrap().message().unwrap().unwrap();
        assert_eq!(message.nesting(), depth);
    }
    let error = message.attachment(0).unwrap().message().unwrap_err();
    assert_eq!(error.code(), ErrorCode::TOO_COMPLEX);
}

#[test]
fn storages_may_be_nested_512_deep_and_not_deeper() {
    let open = |depth: u32| on_small_stack(move || Container::from_source(nested(depth)));
    let container = open(512).unwrap();
    let mut storage: Arc<dyn Storage> = Arc::new(ContainerStorage::root(Arc::new(container)));
    for _ in 0..512 {
        storage = storage.open_storage("s").unwrap();
    }
    assert_eq!(storage.elements().unwrap(), []);
    assert_eq!(open(513).unwrap_err().code(), ErrorCode::TOO_COMPLEX);
    assert_eq!(open(100_000).unwrap_err().code(), ErrorCode::TOO_COMPLEX);
}

#[test]
fn siblings_in_one_long_line_are_read() {
    let container = on_small_stack(|| Container::from_source(line(100_000))).unwrap();
    let root = ContainerStorage::root(Arc::new(container));
    assert_eq!(root.elements().unwrap().len(), 100_000);
}

#[test]
fn a_container_has_a_million_entries_at_most() {
    assert_eq!(Container::from_source(line(999_999)).unwrap().entries(), 1_000_000);
    let error = Container::from_source(line(1_000_000)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TOO_COMPLEX);
}

#[test]
fn every_field_of_a_container_may_hold_anything() {
    const WORDS: [u32; 7] = [0, 1, 0x1000, 0x7FFF_FFFF, 0xFFFF_FFFD, 0xFFFF_FFFE, u32::MAX];
    let mut tried = 0;
    for path in files::samples() {
        let good = std::fs::read(&path).unwrap();
        // The smallest sample is tried word by word, of the others what comes first.
        let end = if path.ends_with("plain.msg") { good.len() } else { 0x600 };
        for place in (0x18..0x4C).step_by(4).chain((0x200..end).step_by(4)) {
            for word in WORDS {
                let mut bytes = good.clone();
                bytes[place..place + 4].copy_from_slice(&word.to_le_bytes());
                if let Outcome::Read { entries, .. } = read_everything(&bytes) {
                    assert!(entries <= bytes.len() / 128, "{entries} entries in {} bytes", bytes.len());
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn a_message_may_be_granted_less_memory_than_it_needs() {
    let path = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    let message = MsgFile::open(path).unwrap().message().unwrap();
    let error = message.to_object(&ObjectLimits { bytes: Some(4_000) }).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NOT_ENOUGH_MEMORY);
}

/// A compound file of the given directory entries and nothing else.
fn container(entries: &[[u8; 128]]) -> Vec<u8> {
    const SECTOR: usize = 4096;
    let directory_sectors = (entries.len() * 128).div_ceil(SECTOR);
    let mut fat_sectors = 1;
    while fat_sectors * SECTOR / 4 < fat_sectors + directory_sectors {
        fat_sectors += 1;
    }
    assert!(fat_sectors <= 109);
    let mut file = vec![0_u8; SECTOR];
    file[..8].copy_from_slice(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    for (at, number) in [(0x18, 0x3E_u16), (0x1A, 4), (0x1C, 0xFFFE), (0x1E, 12), (0x20, 6)] {
        file[at..at + 2].copy_from_slice(&number.to_le_bytes());
    }
    let end = u32::MAX - 1;
    let numbers =
        [(0x2C, fat_sectors as u32), (0x30, fat_sectors as u32), (0x38, 4096), (0x3C, end), (0x44, end)];
    for (at, number) in numbers {
        file[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    for place in 0..109 {
        let sector = if place < fat_sectors { place as u32 } else { u32::MAX };
        file[0x4C + place * 4..0x50 + place * 4].copy_from_slice(&sector.to_le_bytes());
    }
    let last = fat_sectors + directory_sectors - 1;
    for sector in 0..fat_sectors * SECTOR / 4 {
        let link = match sector {
            fat if fat < fat_sectors => u32::MAX - 2,
            directory if directory < last => directory as u32 + 1,
            directory if directory == last => end,
            _ => u32::MAX,
        };
        file.extend_from_slice(&link.to_le_bytes());
    }
    entries.iter().for_each(|entry| file.extend_from_slice(entry));
    file.resize(SECTOR * (1 + fat_sectors + directory_sectors), 0);
    file
}

fn entry(name: &str, kind: u8, right: u32, child: u32) -> [u8; 128] {
    let mut entry = [0; 128];
    for (place, unit) in entry.chunks_exact_mut(2).zip(name.encode_utf16()) {
        place.copy_from_slice(&unit.to_le_bytes());
    }
    entry[64..66].copy_from_slice(&(name.len() as u16 * 2 + 2).to_le_bytes());
    entry[66] = kind;
    entry[67] = 1;
    for (at, link) in [(68, u32::MAX), (72, right), (76, child)] {
        entry[at..at + 4].copy_from_slice(&link.to_le_bytes());
    }
    entry
}

/// Storages, each in the one before.
fn nested(depth: u32) -> Vec<u8> {
    let mut entries = vec![entry("Root Entry", 5, u32::MAX, 1)];
    for index in 1..=depth {
        entries.push(entry("s", 1, u32::MAX, if index == depth { u32::MAX } else { index + 1 }));
    }
    container(&entries)
}

/// Streams in the root, each the right sibling of the one before.
fn line(count: u32) -> Vec<u8> {
    let mut entries = vec![entry("Root Entry", 5, u32::MAX, 1)];
    for index in 1..=count {
        let next = if index == count { u32::MAX } else { index + 1 };
        entries.push(entry(&format!("{index:07}"), 2, next, u32::MAX));
    }
    container(&entries)
}
