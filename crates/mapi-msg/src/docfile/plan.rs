//! Where everything in a compound file comes to lie, and the bytes of its structures.
//!
//! The tables come first, then the directory, the small streams and the others, so that a file is
//! written front to back. What the tree looks like is decided in `mod.rs`.

use super::{CALL, DocFile, Element, FREE, SectorSize};
use crate::container::{MINI_CUTOFF, SIGNATURE};
use crate::little_endian::{narrow, wide};
use mapi_defs::{Error, ErrorCode, Result};
use std::io::{self, Write};

const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
const HEADER_DIFAT_ENTRIES: usize = 109;
const ENTRY_BYTES: usize = 128;
const MINI_SECTOR_BYTES: usize = 64;
/// Bytes of the longest file; beyond 2 GiB the format has exceptions that nothing here needs.
const FILE_BYTES_MAX: u64 = 0x7FFF_0000;

/// Where everything comes to lie, in sectors after the header.
pub(super) struct Plan {
    sector_bytes: usize,
    fat_sectors: usize,
    difat_sectors: usize,
    directory: Span,
    mini_fat: Span,
    mini_stream: Span,
    /// First sector, or first small sector, of each element's stream.
    starts: Vec<u32>,
    mini_sectors: usize,
    /// Sectors of the streams that are not small, in order.
    streams: Vec<Span>,
}

/// Consecutive sectors.
#[derive(Clone, Copy, Default)]
struct Span {
    first: usize,
    count: usize,
}

impl Span {
    fn start(self) -> u32 {
        if self.count == 0 { END_OF_CHAIN } else { u32::try_from(self.first).unwrap_or(END_OF_CHAIN) }
    }
}

impl Plan {
    pub(super) fn of(file: &DocFile<'_>) -> Result<Self> {
        let sector_bytes = file.sector.bytes();
        let contents = || file.elements.iter().map(|element| element.content.as_deref().unwrap_or_default());
        let content_bytes: u64 = contents().map(|content| wide(content.len())).fold(0, u64::saturating_add);
        let entry_bytes = wide(file.elements.len()).saturating_mul(wide(ENTRY_BYTES));
        if content_bytes.saturating_add(entry_bytes) > FILE_BYTES_MAX {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "the file would be longer than 2 GiB"));
        }
        let is_small = |content: &[u8]| wide(content.len()) < MINI_CUTOFF;
        let mini_sectors: usize =
            contents().filter(|content| is_small(content)).map(|c| c.len().div_ceil(MINI_SECTOR_BYTES)).sum();
        let of_bytes = |bytes: usize| bytes.div_ceil(sector_bytes);
        let directory = of_bytes(file.elements.len().saturating_mul(ENTRY_BYTES));
        let mini_fat = of_bytes(mini_sectors.saturating_mul(4));
        let mini_stream = of_bytes(mini_sectors.saturating_mul(MINI_SECTOR_BYTES));
        let large: usize = contents().filter(|content| !is_small(content)).map(|c| of_bytes(c.len())).sum();
        let data = [directory, mini_fat, mini_stream, large].into_iter().fold(0, usize::saturating_add);
        let (fat_sectors, difat_sectors) = table_sectors(data, sector_bytes);
        let mut next = fat_sectors.saturating_add(difat_sectors);
        let mut span = |count: usize| {
            let first = next;
            next = next.saturating_add(count);
            Span { first, count }
        };
        let (directory, mini_fat, mini_stream) = (span(directory), span(mini_fat), span(mini_stream));
        let (mut starts, mut streams, mut next_small) = (Vec::new(), Vec::new(), 0_usize);
        for content in contents() {
            starts.push(match (content.is_empty(), is_small(content)) {
                (true, _) => END_OF_CHAIN,
                (false, true) => {
                    let first = next_small;
                    next_small = next_small.saturating_add(content.len().div_ceil(MINI_SECTOR_BYTES));
                    u32::try_from(first).unwrap_or(END_OF_CHAIN)
                }
                (false, false) => {
                    streams.push(span(of_bytes(content.len())));
                    streams.last().map_or(END_OF_CHAIN, |span| span.start())
                }
            });
        }
        let plan = Self {
            sector_bytes,
            fat_sectors,
            difat_sectors,
            directory,
            mini_fat,
            mini_stream,
            starts,
            mini_sectors,
            streams,
        };
        Ok(plan)
    }

    pub(super) fn write(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.write_header(file, out)?;
        self.write_fat(out)?;
        self.write_difat(out)?;
        self.write_directory(file, out)?;
        self.write_mini_fat(file, out)?;
        let contents = || file.elements.iter().filter_map(|element| element.content.as_deref());
        for content in contents().filter(|content| wide(content.len()) < MINI_CUTOFF) {
            padded(out, content, MINI_SECTOR_BYTES)?;
        }
        let mini_bytes = self.mini_sectors.saturating_mul(MINI_SECTOR_BYTES);
        padding(out, mini_bytes, self.sector_bytes, 0)?;
        for content in contents().filter(|content| wide(content.len()) >= MINI_CUTOFF) {
            padded(out, content, self.sector_bytes)?;
        }
        out.flush()
    }

    fn write_header(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let wide_sectors = file.sector == SectorSize::Bytes4096;
        let (major, shift) = if wide_sectors { (4_u16, 12_u16) } else { (3, 9) };
        let mut header = SIGNATURE.to_vec();
        header.extend_from_slice(&[0; 16]);
        for number in [0x3E, major, 0xFFFE, shift, 6, 0, 0, 0] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(FREE);
        let difat = Span { first: self.fat_sectors, count: self.difat_sectors };
        let numbers = [
            if wide_sectors { count(self.directory.count) } else { 0 },
            count(self.fat_sectors),
            self.directory.start(),
            0,
            u32::try_from(MINI_CUTOFF).unwrap_or_default(),
            self.mini_fat.start(),
            count(self.mini_fat.count),
            difat.start(),
            count(self.difat_sectors),
        ];
        for number in numbers {
            header.extend_from_slice(&number.to_le_bytes());
        }
        for place in 0..HEADER_DIFAT_ENTRIES {
            let sector = if place < self.fat_sectors { count(place) } else { FREE };
            header.extend_from_slice(&sector.to_le_bytes());
        }
        padded(out, &header, self.sector_bytes)
    }

    fn write_fat(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut fat = Vec::with_capacity(self.fat_sectors.saturating_mul(self.sector_bytes));
        for _ in 0..self.fat_sectors {
            fat.extend_from_slice(&FAT_SECTOR.to_le_bytes());
        }
        for _ in 0..self.difat_sectors {
            fat.extend_from_slice(&DIFAT_SECTOR.to_le_bytes());
        }
        let spans = [self.directory, self.mini_fat, self.mini_stream].into_iter();
        for span in spans.chain(self.streams.iter().copied()) {
            chain(&mut fat, span);
        }
        out.write_all(&fat)?;
        padding(out, fat.len(), self.sector_bytes, 0xFF)
    }

    /// Writes the sectors that list the table's own sectors beyond those in the header.
    fn write_difat(&self, out: &mut dyn Write) -> io::Result<()> {
        let per_sector = (self.sector_bytes / 4).saturating_sub(1);
        let mut listed = HEADER_DIFAT_ENTRIES;
        for sector in 0..self.difat_sectors {
            for _ in 0..per_sector {
                let number =
                    if listed < self.fat_sectors { u32::try_from(listed).unwrap_or(FREE) } else { FREE };
                out.write_all(&number.to_le_bytes())?;
                listed = listed.saturating_add(1);
            }
            let next = sector.saturating_add(1);
            let link = match next < self.difat_sectors {
                true => u32::try_from(self.fat_sectors.saturating_add(next)).unwrap_or(END_OF_CHAIN),
                false => END_OF_CHAIN,
            };
            out.write_all(&link.to_le_bytes())?;
        }
        Ok(())
    }

    fn write_directory(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mini_bytes = wide(self.mini_sectors.saturating_mul(MINI_SECTOR_BYTES));
        for (place, (element, start)) in file.elements.iter().zip(&self.starts).enumerate() {
            let (kind, start, size) = match (&element.content, place) {
                (Some(content), _) => (2_u8, *start, wide(content.len())),
                (None, DocFile::ROOT) => (5, self.mini_stream.start(), mini_bytes),
                (None, _) => (1, 0, 0),
            };
            out.write_all(&directory_entry(element, kind, start, size))?;
        }
        let used = file.elements.len().saturating_mul(ENTRY_BYTES);
        let free = self.directory.count.saturating_mul(self.sector_bytes).saturating_sub(used) / ENTRY_BYTES;
        let free_entry = {
            let mut entry = [0_u8; 68].to_vec();
            entry.extend_from_slice(&[0xFF; 12]);
            entry.resize(ENTRY_BYTES, 0);
            entry
        };
        (0..free).try_for_each(|_| out.write_all(&free_entry))
    }

    fn write_mini_fat(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Vec::with_capacity(self.mini_fat.count.saturating_mul(self.sector_bytes));
        let mut first = 0_usize;
        for content in file.elements.iter().filter_map(|element| element.content.as_deref()) {
            if wide(content.len()) < MINI_CUTOFF {
                let count = content.len().div_ceil(MINI_SECTOR_BYTES);
                chain(&mut table, Span { first, count });
                first = first.saturating_add(count);
            }
        }
        out.write_all(&table)?;
        padding(out, table.len(), self.sector_bytes, 0xFF)
    }
}

/// Sectors that the allocation table takes, and those that list it beyond the header.
fn table_sectors(data: usize, sector_bytes: usize) -> (usize, usize) {
    let per_sector = sector_bytes / 4;
    let (mut fat, mut difat) = (0_usize, 0_usize);
    loop {
        let all = data.saturating_add(fat).saturating_add(difat);
        let needed = all.div_ceil(per_sector.max(1));
        let beyond = needed.saturating_sub(HEADER_DIFAT_ENTRIES);
        let listing = beyond.div_ceil(per_sector.saturating_sub(1).max(1));
        if (needed, listing) == (fat, difat) {
            return (fat, difat);
        }
        (fat, difat) = (needed.max(fat), listing.max(difat));
    }
}

/// Appends the links of consecutive sectors.
fn chain(table: &mut Vec<u8>, span: Span) {
    for step in 1..=span.count {
        let next = match step == span.count {
            true => END_OF_CHAIN,
            false => u32::try_from(span.first.saturating_add(step)).unwrap_or(END_OF_CHAIN),
        };
        table.extend_from_slice(&next.to_le_bytes());
    }
}

fn directory_entry(element: &Element<'_>, kind: u8, start: u32, size: u64) -> Vec<u8> {
    let mut entry = element.name.clone();
    entry.resize(64, 0);
    let name_bytes = element.name.len().saturating_add(2);
    entry.extend_from_slice(&u16::try_from(name_bytes).unwrap_or_default().to_le_bytes());
    entry.push(kind);
    entry.push(u8::from(element.links.black));
    for link in [element.links.left, element.links.right, element.links.child] {
        entry.extend_from_slice(&link.to_le_bytes());
    }
    entry.extend_from_slice(&element.class_id.0);
    // State bits and the two times stay zero, so that the same message gives the same file.
    entry.resize(116, 0);
    entry.extend_from_slice(&start.to_le_bytes());
    entry.extend_from_slice(&size.to_le_bytes());
    entry
}

fn padded(out: &mut dyn Write, bytes: &[u8], unit: usize) -> io::Result<()> {
    out.write_all(bytes)?;
    padding(out, bytes.len(), unit, 0)
}

/// Fills up to a whole number of units.
fn padding(out: &mut dyn Write, len: usize, unit: usize, byte: u8) -> io::Result<()> {
    let missing = len.next_multiple_of(unit.max(1)).saturating_sub(len);
    out.write_all(&vec![byte; narrow(wide(missing))])
}
