//! The examples of the specification, headers gone wrong, and the round trip.

use super::*;
use proptest::prelude::*;

const HELLO: &[u8] = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
const HELLO_COMPRESSED: [u8; 49] = [
    0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03,
    0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65,
    0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
];
const CROSSING: &[u8] = b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}";
const CROSSING_COMPRESSED: [u8; 30] = [
    0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41,
    0x00, 0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
];

fn with_header(compressed_size: u32, raw_size: u32, magic: &[u8; 4], crc: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(compressed_size.to_le_bytes());
    bytes.extend(raw_size.to_le_bytes());
    bytes.extend(magic);
    bytes.extend(crc.to_le_bytes());
    bytes.extend(body);
    bytes
}

#[track_caller]
fn gives(bytes: &[u8], rtf: &[u8], defects: &[Defect]) {
    assert_eq!(decompress(bytes), Ok(Decompressed { rtf: rtf.to_vec(), defects: defects.to_vec() }));
}

#[test]
fn specification_examples_are_read() {
    gives(&HELLO_COMPRESSED, HELLO, &[]);
    gives(&CROSSING_COMPRESSED, CROSSING, &[]);
}

#[test]
fn specification_examples_are_written_byte_for_byte() {
    assert_eq!(compress(HELLO), HELLO_COMPRESSED);
    assert_eq!(compress(CROSSING), CROSSING_COMPRESSED);
}

#[test]
fn nothing_is_compressed_to_an_end_mark() {
    let empty = compress(b"");
    assert_eq!(empty.len(), 16 + 3);
    gives(&empty, b"", &[]);
}

#[test]
fn checksum_begins_with_zero_and_is_not_inverted() {
    assert_eq!(checksum(b""), 0);
    assert_eq!(checksum(b"123456789"), 0x2dfd_2d88);
}

#[test]
fn short_and_foreign_bytes_are_refused() {
    assert_eq!(decompress(b""), Err(Fault::TooShort { present: 0 }));
    assert_eq!(decompress(&HELLO_COMPRESSED[..15]), Err(Fault::TooShort { present: 15 }));
    let foreign = with_header(12, 0, b"LZFU", 0, b"");
    assert_eq!(decompress(&foreign), Err(Fault::UnknownForm { magic: 0x5546_5A4C }));
}

#[test]
fn wrong_checksum_is_told_and_the_text_given() {
    let mut bytes = HELLO_COMPRESSED;
    bytes[12] ^= 1;
    gives(&bytes, HELLO, &[Defect::Checksum { stored: 0xA7C7_C5F0, computed: 0xA7C7_C5F1 }]);
}

#[test]
fn raw_size_is_a_hint() {
    let mut bytes = HELLO_COMPRESSED;
    bytes[7] = 0xF0;
    gives(&bytes, HELLO, &[Defect::RawSize { stored: 0xF000_002B, found: 43 }]);
    assert!(decompress(&bytes).unwrap().rtf.capacity() < 1000, "memory follows the bytes present");
}

#[test]
fn truncated_bytes_give_what_they_hold() {
    let cut = &HELLO_COMPRESSED[..35];
    let read = decompress(cut).unwrap();
    assert_eq!(read.rtf, b"{\\rtf1\\ansi\\ansicpg1252\\pard hel");
    assert!(read.defects.contains(&Defect::CompressedSize { stored: 45, present: 31 }));
    assert!(read.defects.contains(&Defect::NoEndMark));
    assert!(read.defects.contains(&Defect::RawSize { stored: 43, found: 32 }));
}

#[test]
fn bytes_behind_the_compressed_size_are_ignored() {
    let mut bytes = HELLO_COMPRESSED.to_vec();
    bytes.extend(b"more");
    gives(&bytes, HELLO, &[]);
}

#[test]
fn compressed_size_below_the_header_is_told() {
    let mut bytes = HELLO_COMPRESSED;
    bytes[0] = 11;
    gives(&bytes, HELLO, &[Defect::CompressedSize { stored: 11, present: 45 }]);
}

#[test]
fn reference_to_a_place_never_written_gives_zeroes() {
    // One reference to offset 0x800, length 3, then the end mark at 207 + 3.
    let body = [3, 0x80, 0x01, 0x0d, 0x20];
    let bytes = with_header(17, 3, b"LZFu", checksum(&body), &body);
    gives(&bytes, &[0, 0, 0], &[]);
    // Offset 4095, length 4: one unwritten byte, then the beginning of the preset text.
    let body = [3, 0xFF, 0xF2, 0x0d, 0x30];
    let bytes = with_header(17, 4, b"LZFu", checksum(&body), &body);
    gives(&bytes, b"\0{\\r", &[]);
}

#[test]
fn uncompressed_form_is_read() {
    gives(&with_header(17, 5, b"MELA", 0, b"{\\rtf"), b"{\\rtf", &[]);
    gives(&wrap_uncompressed(HELLO), HELLO, &[]);
    assert_eq!(wrap_uncompressed(b"x"), with_header(13, 1, b"MELA", 0, b"x"));
}

#[test]
fn uncompressed_form_with_twelve_too_many_is_normal() {
    gives(&with_header(17, 17, b"MELA", 0, b"{\\rtf"), b"{\\rtf", &[]);
    gives(
        &with_header(17, 18, b"MELA", 0, b"{\\rtf"),
        b"{\\rtf",
        &[Defect::RawSize { stored: 18, found: 5 }],
    );
    gives(&with_header(17, 3, b"MELA", 0, b"{\\rtf"), b"{\\r", &[]);
    gives(&with_header(17, 17, b"MELA", 0, b"{\\rtf and more"), b"{\\rtf", &[]);
    gives(&with_header(14, 5, b"MELA", 0, b"{\\rtf"), b"{\\rtf", &[]);
}

#[test]
fn trailing_nuls_are_kept() {
    gives(&compress(b"{\\rtf1}\0\0"), b"{\\rtf1}\0\0", &[]);
    gives(&wrap_uncompressed(b"{\\rtf1}\0"), b"{\\rtf1}\0", &[]);
}

#[test]
fn repeated_text_is_compressed_to_references() {
    let zeroes = vec![b'0'; 100_000];
    let packed = compress(&zeroes);
    // Seventeen bytes for two, and a control byte for eight such.
    assert!(packed.len() < 100_000 / 17 * 17 / 8 + 100, "{}", packed.len());
    gives(&packed, &zeroes, &[]);
    let words: Vec<u8> = (0..20_000_u32).flat_map(|n| format!("word{} ", n % 977).into_bytes()).collect();
    let packed = compress(&words);
    assert!(packed.len() * 2 < words.len(), "{} of {}", packed.len(), words.len());
    gives(&packed, &words, &[]);
}

#[test]
fn a_repetition_is_found_however_much_lies_between() {
    // The bytes of a small generator hardly repeat three of themselves, so only the frame can be found.
    let mut state = 7_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let noise: Vec<u8> = (0..3_000).map(|_| byte()).collect();
    let alone = compress(&noise).len();
    let framed = [b"<quick brown fox>".as_slice(), &noise, b"<quick brown fox>"].concat();
    // Seventeen bytes cost nineteen as literals and two or three as a reference.
    assert!(compress(&framed).len() < alone + 19 + 6, "{} and {alone}", compress(&framed).len());
    // Out of the window it cannot be found again.
    let far = [b"<quick brown fox>".as_slice(), &noise, &noise[..1_200], b"<quick brown fox>"].concat();
    gives(&compress(&far), &far, &[]);
}

proptest! {
    #[test]
    fn decompress_undoes_compress(rtf in proptest::collection::vec(0_u8..8, 0..9000)) {
        prop_assert_eq!(decompress(&compress(&rtf)).unwrap(), Decompressed { rtf, defects: vec![] });
    }

    #[test]
    fn decompress_undoes_compress_of_any_bytes(rtf in proptest::collection::vec(any::<u8>(), 0..9000)) {
        prop_assert_eq!(decompress(&compress(&rtf)).unwrap(), Decompressed { rtf, defects: vec![] });
    }

    #[test]
    fn arbitrary_bodies_never_panic_nor_grow_beyond_the_bound(body in proptest::collection::vec(any::<u8>(), 0..2000), raw in any::<u32>()) {
        let bytes = with_header(u32::try_from(body.len()).unwrap() + 12, raw, b"LZFu", 0, &body);
        prop_assert!(decompress(&bytes).unwrap().rtf.len() <= body.len() * MOST_EXPANSION);
    }
}
