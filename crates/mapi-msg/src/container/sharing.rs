//! Streams that share sectors: found by their sizes, and then by their chains.
//!
//! A sound file has no such streams, and then only sizes are added up here.

use super::directory::is_small;
use super::fat::{Geometry, Runs};
use super::header::MINI_SHIFT;
use super::{Container, Kind, ROOT};
use crate::little_endian::narrow;
use crate::note::Reason;

impl Container {
    /// Where the sizes of all streams add up to more than the file, lets no sector be read twice.
    ///
    /// Without this a small file could make its reader handle a multiple of its length.
    pub(super) fn refuse_shared_sectors(&mut self) {
        let streams = |small: bool| {
            let count = u32::try_from(self.directory.len()).unwrap_or(u32::MAX);
            let all = (0..count).filter_map(|index| self.directory.entry(index));
            let kept = all.filter(move |entry| entry.kind == Kind::Stream && is_small(entry.size) == small);
            kept.map(|entry| entry.size).fold(0_u64, u64::saturating_add)
        };
        let small_bytes = self.directory.entry(ROOT).map_or(0, |root| root.size);
        if streams(false) <= self.geometry.len && streams(true) <= small_bytes {
            return;
        }
        let mut owned = vec![false; self.fat.len()];
        let mut owned_small = vec![false; self.mini_fat.len()];
        for index in 0..u32::try_from(self.directory.len()).unwrap_or(u32::MAX) {
            let Some(entry) = self.directory.entry_mut(index) else { continue };
            if entry.kind != Kind::Stream {
                continue;
            }
            let (table, owned, shift) = match is_small(entry.size) {
                true => (&self.mini_fat, &mut owned_small, MINI_SHIFT),
                false => (&self.fat, &mut owned, self.geometry.shift),
            };
            let runs = Runs::new(table, entry.start, Geometry::units(entry.size, shift));
            entry.shared = !own(runs, owned);
            if entry.shared {
                self.notes.container(Reason::SharedSectors);
            }
        }
    }
}

/// Takes a chain's sectors; false where one of them is taken already or the chain meets itself.
fn own(runs: Runs<'_>, owned: &mut [bool]) -> bool {
    for run in runs {
        let first = narrow(u64::from(run.first));
        let end = first.saturating_add(narrow(u64::from(run.count)));
        let Some(sectors) = owned.get_mut(first..end) else { return false };
        if sectors.iter().any(|taken| *taken) {
            return false;
        }
        sectors.fill(true);
    }
    true
}
