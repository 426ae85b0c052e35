//! `FakeClock`: a clock that stands still until it is told to move.

use mapi_defs::FileTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A clock for tests; clones are the same clock.
#[derive(Clone, Debug)]
pub struct FakeClock {
    ticks: Arc<AtomicU64>,
}

impl FakeClock {
    /// 2026-01-05 09:00:00 UTC, a Monday: where [`FakeClock::default`] stands.
    pub const START: FileTime = FileTime(134_120_772_000_000_000);

    /// A clock that stands at this moment.
    pub fn at(moment: FileTime) -> Self {
        Self { ticks: Arc::new(AtomicU64::new(moment.0)) }
    }

    /// The moment it shows.
    pub fn now(&self) -> FileTime {
        FileTime(self.ticks.load(Ordering::Acquire))
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let moved = |ticks| Some(FileTime(ticks).plus(by).0);
        // The closure always answers a moment, so there is no failure to look at.
        self.ticks.fetch_update(Ordering::AcqRel, Ordering::Acquire, moved).ok();
    }

    /// Moves it to this moment, back or forth.
    pub fn set(&self, moment: FileTime) {
        self.ticks.store(moment.0, Ordering::Release);
    }

    /// The clock as those take it who want to be told the time by a function.
    pub fn teller(&self) -> Arc<dyn Fn() -> FileTime + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::at(Self::START)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_when_told() {
        let clock = FakeClock::default();
        let (teller, copy) = (clock.teller(), clock.clone());
        assert_eq!(teller().unix_seconds(), 1_767_603_600, "2026-01-05T09:00:00Z");
        copy.advance(Duration::from_millis(1_500));
        assert_eq!(teller().since(FakeClock::START), Duration::from_millis(1_500));
        copy.set(FileTime(7));
        assert_eq!(clock.now(), FileTime(7));
    }
}
