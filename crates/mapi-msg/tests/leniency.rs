//! Faults of real writers, made on purpose: the message stays the same and a note tells of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropTag;
use mapi_msg::{MsgFile, Note, ObjectLimits, Reason};

fn sample(name: &str) -> Vec<u8> {
    let path = files::samples().into_iter().find(|path| path.ends_with(name)).unwrap();
    std::fs::read(path).unwrap()
}

fn read(bytes: Vec<u8>) -> (MessageObject, Vec<Note>) {
    let file = MsgFile::from_source(bytes).unwrap();
    let (object, notes) = file.message().unwrap().to_object_with_notes(&ObjectLimits::default()).unwrap();
    (object, file.notes().iter().cloned().chain(notes).collect())
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn set(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

/// Where the directory entry with this name begins.
fn entry(bytes: &[u8], name: &str) -> usize {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let directory = 512 + word(bytes, 0x30) * 512;
    (directory..bytes.len()).step_by(128).find(|at| bytes[*at..].starts_with(&name)).unwrap()
}

/// Damages a sample and expects the same message and this note.
fn check(damage: impl Fn(&mut Vec<u8>), expect: Reason) {
    for name in ["plain.msg", "welcome.msg"] {
        let good = sample(name);
        let mut bad = good.clone();
        damage(&mut bad);
        assert!(bad != good, "{expect:?} changed nothing");
        let (object, notes) = read(bad);
        assert!(object == read(good).0, "{name}: {expect:?} changed the message");
        let reasons: Vec<Reason> = notes.iter().map(|note| note.reason).collect();
        assert_eq!(reasons, [expect], "{name}");
    }
}

#[test]
fn a_sample_has_nothing_to_tolerate() {
    for path in files::samples() {
        assert_eq!(read(std::fs::read(path).unwrap()).1, []);
    }
}

#[test]
fn header_fields_with_one_legal_value_do_not_matter() {
    check(|file| file[0x1C] = 0, Reason::HeaderField("byte order"));
    check(|file| file[0x1A] = 4, Reason::HeaderField("version"));
    check(|file| set(file, 0x38, 0x2000), Reason::HeaderField("small stream limit"));
}

#[test]
fn the_allocation_table_may_be_padded_with_anything_or_claim_too_much() {
    let tail = |file: &[u8]| 512 + ((file.len() - 512) / 512) * 4;
    check(
        |file| {
            let at = tail(file);
            set(file, at, 0xFFFF_FFFE)
        },
        Reason::FatLongerThanFile,
    );
    check(|file| set(file, 0x2C, 5), Reason::FatLongerThanFile);
    check(|file| set(file, 512, 0xFFFF_FFFE), Reason::FatSectorsNotMarked);
}

#[test]
fn the_last_sector_may_be_cut_short() {
    // The end of the samples is the padding of a small stream or of the last large one.
    check(|file| file.truncate(file.len() - 5), Reason::LastSectorCutShort);
}

#[test]
fn sizes_of_streams_may_have_garbage_above_32_bits() {
    check(
        |file| {
            let at = entry(file, "__substg1.0_0037001F");
            set(file, at + 124, 0xCCCC_CCCC)
        },
        Reason::SizeGarbage,
    );
}

#[test]
fn storages_may_name_a_first_sector() {
    check(
        |file| {
            let at = entry(file, "__nameid_version1.0");
            set(file, at + 116, 7)
        },
        Reason::StartWithoutData,
    );
}

#[test]
fn names_may_claim_an_impossible_length() {
    check(
        |file| {
            let at = entry(file, "__substg1.0_0037001F");
            file[at + 64] = 70
        },
        Reason::NameLength,
    );
}

#[test]
fn a_root_may_list_its_elements_in_any_order() {
    // Swapping the links of the root's first element turns its order around.
    let turn = |file: &mut Vec<u8>| {
        let directory = 512 + word(file, 0x30) * 512;
        let first = directory + word(file, directory + 76) * 128;
        let (left, right) = (word(file, first + 68), word(file, first + 72));
        set(file, first + 68, right as u32);
        set(file, first + 72, left as u32);
    };
    check(turn, Reason::TreeUnsorted);
}

#[test]
fn a_link_out_of_the_directory_is_no_link() {
    let lead_out = |file: &mut Vec<u8>| {
        // The first stream without an element to its left.
        let directory = 512 + word(file, 0x30) * 512;
        let is_leaf = |at: &usize| file[at + 66] == 2 && word(file, at + 68) == 0xFFFF_FFFF;
        let leaf = (directory..file.len()).step_by(128).find(is_leaf).unwrap();
        set(file, leaf + 68, 100_000);
    };
    check(lead_out, Reason::TreeLink);
}

#[test]
fn counts_in_a_message_header_are_hints() {
    check(
        |file| {
            let (at, _) = properties_of_root(file);
            file[at + 16] += 9;
        },
        Reason::CountDiffers("recipients"),
    );
}

#[test]
fn unused_bytes_of_fixed_values_may_be_garbage() {
    for name in ["plain.msg", "welcome.msg"] {
        let good = sample(name);
        let mut bad = good.clone();
        let (start, len) = properties_of_root(&bad);
        let mut damaged = 0;
        for at in (start + 32..start + len).step_by(16) {
            let used = match word(&bad, at) & 0xFFFF {
                0x0003 => 4,
                0x000B => 2,
                _ => continue,
            };
            bad[at + 8 + used..at + 16].fill(0xCC);
            damaged += 1;
        }
        assert!(damaged > 3);
        assert_eq!(read(bad), read(good));
    }
}

#[test]
fn a_property_of_an_unknown_type_or_without_a_stream_is_left_out_and_told() {
    let good = sample("plain.msg");
    let (start, _) = properties_of_root(&good);
    let reasons = [Reason::UnknownType(PropTag(0x6801_0099)), Reason::MissingStream(PropTag(0x6801_001F))];
    for (tag, reason) in [0x6801_0099, 0x6801_001F].into_iter().zip(reasons) {
        // The first entry is overwritten; what it held is told as well where it had a stream.
        let mut bad = good.clone();
        set(&mut bad, start + 32, tag);
        let (object, notes) = read(bad);
        assert!(notes.iter().any(|note| note.reason == reason), "{notes:?}");
        assert!(object.properties.iter().all(|property| property.tag.0 != tag));
        assert!(object.properties.len() >= read(good.clone()).0.properties.len() - 1);
    }
}

/// Where the root's property stream begins in the file, and its length: it is a small stream in one piece.
fn properties_of_root(bytes: &[u8]) -> (usize, usize) {
    let directory = 512 + word(bytes, 0x30) * 512;
    let mini_stream = 512 + word(bytes, directory + 116) * 512;
    // Of several streams of this name the root's comes first in what we write.
    let at = entry(bytes, "__properties_version1.0");
    (mini_stream + word(bytes, at + 116) * 64, word(bytes, at + 120))
}
