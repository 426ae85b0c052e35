//! The first 512 bytes of a compound file ([MS-CFB] 2.2), and what else a file may turn out to be.
//!
//! Counts in the header are hints only: the tables themselves are read in `fat.rs`.

use super::Fault;
use crate::little_endian::{array_at, u16_at, u32_at};
use crate::note::{Notes, Reason};

/// Bytes of the header that carry meaning; with 4,096-byte sectors the rest of the sector is padding.
pub(super) const HEADER_BYTES: usize = 512;
/// A stream of fewer bytes than this lives among the small streams.
pub(crate) const MINI_CUTOFF: u64 = 4096;
/// Binary logarithm of a small sector's size.
pub(super) const MINI_SHIFT: u32 = 6;
/// The largest number of a sector; the numbers above are marks.
pub(super) const SECTOR_MAX: u32 = 0xFFFF_FFFA;
/// Mark: this sector belongs to the allocation table.
pub(super) const FAT_SECTOR: u32 = 0xFFFF_FFFD;
/// Mark: the chain ends here.
pub(super) const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// Mark: the sector is free.
pub(super) const FREE_SECTOR: u32 = 0xFFFF_FFFF;
/// Places for sectors of the allocation table in the header itself.
pub(super) const HEADER_DIFAT_ENTRIES: usize = 109;
/// What every compound file begins with.
pub(crate) const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// What the header says, checked as far as it can be without the rest.
#[derive(Debug)]
pub(super) struct Header {
    /// Binary logarithm of the sector size: 9 or 12.
    pub(super) sector_shift: u32,
    /// Sizes of streams are 64 bits wide (version 4).
    pub(super) wide_sizes: bool,
    pub(super) directory_start: u32,
    pub(super) mini_fat_start: u32,
    pub(super) difat_start: u32,
    pub(super) difat_sectors: u32,
    pub(super) fat_sectors: u32,
    /// Sectors of the allocation table named in the header, up to the first free place.
    pub(super) difat: Vec<u32>,
}

impl Header {
    /// Reads the header out of the first bytes of a file.
    pub(super) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<Self, Fault> {
        if bytes.first_chunk::<8>() != Some(&SIGNATURE) {
            return Err(Fault::NotCompound(found_instead(bytes)));
        }
        if bytes.len() < HEADER_BYTES {
            return Err(Fault::Corrupt("the file ends within its header"));
        }
        let field16 = |at| u16_at(bytes, at).unwrap_or_default();
        let field32 = |at| u32_at(bytes, at).unwrap_or_default();
        let major = field16(0x1A);
        let sector_shift = u32::from(field16(0x1E));
        if sector_shift != 9 && sector_shift != 12 {
            return Err(Fault::Corrupt("the sector size is neither 512 nor 4096 bytes"));
        }
        if u32::from(field16(0x20)) != MINI_SHIFT {
            return Err(Fault::Corrupt("the small sector size is not 64 bytes"));
        }
        let expected = [
            (field16(0x1C) == 0xFFFE, "byte order"),
            (matches!((major, sector_shift), (3, 9) | (4, 12)), "version"),
            (u64::from(field32(0x38)) == MINI_CUTOFF, "small stream limit"),
        ];
        for (_, field) in expected.into_iter().filter(|(as_expected, _)| !as_expected) {
            notes.container(Reason::HeaderField(field));
        }
        Ok(Self {
            sector_shift,
            wide_sizes: major == 4 || sector_shift == 12,
            fat_sectors: field32(0x2C),
            directory_start: field32(0x30),
            mini_fat_start: field32(0x3C),
            difat_start: field32(0x44),
            difat_sectors: field32(0x48),
            difat: difat_of_header(bytes),
        })
    }
}

fn difat_of_header(bytes: &[u8]) -> Vec<u32> {
    let places = bytes.get(0x4C..HEADER_BYTES).unwrap_or_default();
    let numbers = places.chunks_exact(4).map(|place| u32_at(place, 0).unwrap_or(FREE_SECTOR));
    numbers.take_while(|number| *number <= SECTOR_MAX).collect()
}

/// Names what the first bytes of a file that is no compound file look like.
fn found_instead(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 16] = [
        (b"\x89PNG\r\n\x1A\n", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"BM", "a BMP picture"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"{\\rtf", "an RTF document"),
        (b"!BDN", "an Outlook data file (PST)"),
        (b"\x78\x9F\x3E\x22", "a TNEF stream"),
        (b"\x7FELF", "an ELF program"),
        (b"MZ", "a Windows program"),
        (b"SQLite format 3", "an SQLite database"),
        (b"BEGIN:V", "an iCalendar or vCard text"),
    ];
    if bytes.is_empty() {
        return "an empty file";
    }
    if let Some((_, name)) = KNOWN.iter().find(|(start, _)| bytes.starts_with(start)) {
        return name;
    }
    if array_at(bytes, 0) == Some([0xFF_u8, 0xFE]) || array_at(bytes, 0) == Some([0xFE_u8, 0xFF]) {
        return "UTF-16 text";
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let starts_with =
        |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if starts_with(b"<!doctype html") || starts_with(b"<html") || starts_with(b"<head") {
        return "HTML text";
    }
    if starts_with(b"<?xml") {
        return "XML text";
    }
    if starts_with(b"From ") || begins_with_header_field(text) {
        return "RFC 822 text (a plain e-mail, usually named .eml)";
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || !byte.is_ascii();
    if text.iter().all(is_text) { "plain text" } else { "bytes of an unknown kind" }
}

/// True where the first line reads `Name: value`.
fn begins_with_header_field(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default();
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_compound_file_is_named() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "an empty file"),
            (b"\x89PNG\r\n\x1A\n0000", "a PNG picture"),
            (b"  <!DOCTYPE html><p>", "HTML text"),
            (b"<HTML>", "HTML text"),
            (b"Received: from a\r\n", "RFC 822 text (a plain e-mail, usually named .eml)"),
            (b"From alice@example.org Fri", "RFC 822 text (a plain e-mail, usually named .eml)"),
            (b"Dear all: no", "plain text"),
            (b"\xFF\xFEH\0", "UTF-16 text"),
            (b"\x00\x01\x02", "bytes of an unknown kind"),
        ];
        for (bytes, expect) in cases {
            assert_eq!(found_instead(bytes), expect, "{bytes:?}");
        }
    }
}
