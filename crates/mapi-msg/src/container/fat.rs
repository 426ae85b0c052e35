//! The allocation tables of a compound file: which sector follows which ([MS-CFB] 2.3–2.5).
//!
//! Chains are walked here and nowhere else, and never for more steps than there are sectors, so a
//! cycle ends. What the chains contain is none of this file's business.

use super::Fault;
use super::header::{FAT_SECTOR, FREE_SECTOR, HEADER_DIFAT_ENTRIES, Header, SECTOR_MAX};
use super::source::{ReadAt, read_full};
use crate::little_endian::{narrow, u32_at, wide};
use crate::note::{Notes, Reason};

/// Sizes of a compound file: how long it is and how long its sectors are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// Bytes in the file.
    pub(super) len: u64,
    /// Binary logarithm of the sector size.
    pub(super) shift: u32,
    /// Sectors after the header; the last may be cut short.
    pub(super) sectors: u32,
}

impl Geometry {
    pub(super) fn new(len: u64, shift: u32) -> Self {
        let sector = 1_u64.checked_shl(shift).unwrap_or(u64::MAX);
        let sectors = len.saturating_sub(sector).div_ceil(sector);
        Self { len, shift, sectors: u32::try_from(sectors).unwrap_or(SECTOR_MAX).min(SECTOR_MAX) }
    }

    /// Bytes in a sector.
    pub(super) fn sector_bytes(self) -> usize {
        1_usize.checked_shl(self.shift).unwrap_or(usize::MAX)
    }

    /// Where a sector begins; the header takes the place of one.
    pub(super) fn offset(self, sector: u32) -> u64 {
        u64::from(sector).saturating_add(1).checked_shl(self.shift).unwrap_or(u64::MAX)
    }

    /// Sectors, or small sectors of `1 << shift` bytes, that `bytes` take.
    pub(super) fn units(bytes: u64, shift: u32) -> u64 {
        bytes.div_ceil(1_u64.checked_shl(shift).unwrap_or(u64::MAX))
    }
}

/// Consecutive sectors of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// The first sector.
    pub(super) first: u32,
    /// How many.
    pub(super) count: u32,
}

/// The runs of a chain, at most a given number of sectors of it.
///
/// Ends where the chain ends or leads outside the table; [`Runs::left`] then says what is missing.
pub(super) struct Runs<'a> {
    table: &'a [u32],
    next: u32,
    /// Sectors still wanted.
    pub(super) left: u64,
}

impl<'a> Runs<'a> {
    pub(super) fn new(table: &'a [u32], start: u32, wanted: u64) -> Self {
        Self { table, next: start, left: wanted.min(wide(table.len())) }
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let first = self.next;
        let mut count = 0_u32;
        while self.left > 0 && first.checked_add(count) == Some(self.next) {
            let Some(next) = self.table.get(narrow(u64::from(self.next))) else { break };
            // A free sector may be named as the last one by careless writers, never as a middle one.
            count = count.saturating_add(1);
            self.left = self.left.saturating_sub(1);
            self.next = *next;
        }
        (count > 0).then_some(Run { first, count })
    }
}

/// Reads the whole allocation table.
///
/// # Errors
/// The chain of sectors that lists the table's own sectors runs in a circle, or the medium fails.
pub(super) fn load(
    source: &dyn ReadAt,
    geometry: Geometry,
    header: &Header,
    notes: &mut Notes,
) -> Result<Vec<u32>, Fault> {
    let per_sector = geometry.sector_bytes() / 4;
    let needed = narrow(u64::from(geometry.sectors)).div_ceil(per_sector);
    let mut listed = listed_sectors(source, geometry, header, needed)?;
    if listed.len() > needed || wide(listed.len()) < u64::from(header.fat_sectors) {
        notes.container(Reason::FatLongerThanFile);
        listed.truncate(needed);
    }
    let mut fat = Vec::with_capacity(needed.saturating_mul(per_sector));
    let mut buffer = vec![0; geometry.sector_bytes()];
    let mut complete = listed.len() == needed;
    for sector in &listed {
        let bytes = read_sector(source, geometry, *sector, &mut buffer)?;
        complete &= bytes.len() == geometry.sector_bytes();
        let wanted = fat.len().saturating_add(per_sector);
        fat.extend(bytes.chunks_exact(4).map(|entry| u32_at(entry, 0).unwrap_or(FREE_SECTOR)));
        fat.resize(wanted, FREE_SECTOR);
    }
    if !complete {
        notes.container(Reason::FatShorterThanFile);
    }
    let beyond = fat.split_off(narrow(u64::from(geometry.sectors)).min(fat.len()));
    if beyond.iter().any(|entry| *entry != FREE_SECTOR) {
        notes.container(Reason::FatLongerThanFile);
    }
    let marked = |sector: &u32| fat.get(narrow(u64::from(*sector))).is_none_or(|mark| *mark == FAT_SECTOR);
    if !listed.iter().all(marked) {
        notes.container(Reason::FatSectorsNotMarked);
    }
    Ok(fat)
}

/// The sectors of the table: those the header names, then those of the chain it begins.
fn listed_sectors(
    source: &dyn ReadAt,
    geometry: Geometry,
    header: &Header,
    needed: usize,
) -> Result<Vec<u32>, Fault> {
    let mut listed = header.difat.clone();
    let mut next = header.difat_start;
    let mut steps = 0_u32;
    let mut buffer = vec![0; geometry.sector_bytes()];
    let chained = header.difat_sectors > 0 || listed.len() == HEADER_DIFAT_ENTRIES;
    while chained && listed.len() < needed && next <= SECTOR_MAX {
        steps = steps.saturating_add(1);
        if steps > geometry.sectors {
            return Err(Fault::Corrupt("the list of allocation sectors runs in a circle"));
        }
        let bytes = read_sector(source, geometry, next, &mut buffer)?;
        let (places, link) = bytes.split_at(bytes.len().saturating_sub(4));
        let numbers = places.chunks_exact(4).map(|place| u32_at(place, 0).unwrap_or(FREE_SECTOR));
        let room = needed.saturating_sub(listed.len());
        listed.extend(numbers.take_while(|number| *number <= SECTOR_MAX).take(room));
        next = u32_at(link, 0).unwrap_or(FREE_SECTOR);
    }
    Ok(listed)
}

/// One sector, or the part of it that the file has: borrowed where the file is in memory.
fn read_sector<'a>(
    source: &'a dyn ReadAt,
    geometry: Geometry,
    sector: u32,
    buffer: &'a mut [u8],
) -> Result<&'a [u8], Fault> {
    let offset = geometry.offset(sector);
    if let Some(bytes) = source.as_bytes() {
        let rest = bytes.get(narrow(offset)..).unwrap_or_default();
        return Ok(rest.get(..geometry.sector_bytes()).unwrap_or(rest));
    }
    let count = read_full(source, offset, buffer).map_err(Fault::Io)?;
    Ok(buffer.get(..count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::header::END_OF_CHAIN;

    fn check(table: &[u32], start: u32, wanted: u64, expect: &[(u32, u32)], missing: u64) {
        let mut runs = Runs::new(table, start, wanted);
        let found: Vec<(u32, u32)> = runs.by_ref().map(|run| (run.first, run.count)).collect();
        assert_eq!((found.as_slice(), runs.left), (expect, missing), "{table:?}");
    }

    #[test]
    fn chains_are_walked_in_runs_and_end() {
        check(&[1, 2, END_OF_CHAIN], 0, 3, &[(0, 3)], 0);
        check(&[2, END_OF_CHAIN, 1], 0, 3, &[(0, 1), (2, 1), (1, 1)], 0);
        check(&[1, END_OF_CHAIN, 0], 0, 3, &[(0, 2)], 1);
        check(&[1, 2, END_OF_CHAIN], 0, 2, &[(0, 2)], 0);
        check(&[END_OF_CHAIN], 7, 1, &[], 1);
        check(&[END_OF_CHAIN], END_OF_CHAIN, 1, &[], 1);
    }

    #[test]
    fn a_circle_ends_after_as_many_steps_as_there_are_sectors() {
        check(&[1, 0], 0, u64::MAX, &[(0, 2)], 0);
        check(&[0, 0], 0, u64::MAX, &[(0, 1), (0, 1)], 0);
    }
}
