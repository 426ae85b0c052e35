//! `FileTime`: 100-nanosecond ticks since 1601-01-01 00:00 UTC (FILETIME, PT_SYSTIME).
//!
//! Reads no clock: the time is always handed in. Text forms are made by the faces.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ticks of 100 ns between 1601-01-01 and 1970-01-01.
pub const TICKS_TO_UNIX: u64 = 116_444_736_000_000_000;
/// Ticks of 100 ns in one second.
pub const TICKS_PER_SECOND: u64 = 10_000_000;

/// A moment: 100-ns ticks since 1601-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct FileTime(pub u64);

impl FileTime {
    /// The largest moment, which programs write for "never".
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The moment `seconds` after (or before) 1970-01-01 UTC; out of range is clamped.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let ticks = i128::from(seconds) * i128::from(TICKS_PER_SECOND) + i128::from(TICKS_TO_UNIX);
        Self(u64::try_from(ticks.max(0)).unwrap_or(u64::MAX))
    }

    /// Whole seconds after 1970-01-01 UTC, rounded down.
    pub fn unix_seconds(self) -> i64 {
        let ticks = i128::from(self.0) - i128::from(TICKS_TO_UNIX);
        // The quotient of a 64-bit number of ticks fits by far.
        ticks.div_euclid(i128::from(TICKS_PER_SECOND)) as i64
    }

    /// Nanoseconds within the second (always a multiple of 100).
    pub fn subsecond_nanos(self) -> u32 {
        let ticks = i128::from(self.0) - i128::from(TICKS_TO_UNIX);
        ticks.rem_euclid(i128::from(TICKS_PER_SECOND)) as u32 * 100
    }

    /// The moment of a system time; times before 1601 become 0.
    pub fn from_system(time: SystemTime) -> Self {
        let ticks = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::from(TICKS_TO_UNIX) + (after.as_nanos() / 100) as i128,
            Err(before) => i128::from(TICKS_TO_UNIX) - (before.duration().as_nanos() / 100) as i128,
        };
        Self(u64::try_from(ticks.max(0)).unwrap_or(u64::MAX))
    }

    /// The moment `later` after this one.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        let ticks = u64::try_from(later.as_nanos() / 100).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ticks))
    }

    /// How long after `earlier` this moment is; zero where it is not.
    pub fn since(self, earlier: Self) -> Duration {
        let ticks = self.0.saturating_sub(earlier.0);
        Duration::new(ticks / TICKS_PER_SECOND, (ticks % TICKS_PER_SECOND) as u32 * 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_and_file_time_agree() {
        assert_eq!(FileTime::from_unix_seconds(0), FileTime(TICKS_TO_UNIX));
        assert_eq!(FileTime(TICKS_TO_UNIX).unix_seconds(), 0);
        assert_eq!(FileTime(0).unix_seconds(), -11_644_473_600);
        assert_eq!(FileTime(TICKS_TO_UNIX - 1).unix_seconds(), -1);
        assert_eq!(FileTime(TICKS_TO_UNIX - 1).subsecond_nanos(), 999_999_900);
        assert_eq!(FileTime::from_unix_seconds(i64::MIN), FileTime(0));
        assert_eq!(FileTime::from_system(UNIX_EPOCH + Duration::from_nanos(1_500)).0, TICKS_TO_UNIX + 15);
    }

    #[test]
    fn spans_add_and_subtract() {
        let start = FileTime::from_unix_seconds(100);
        let end = start.plus(Duration::from_millis(1_500));
        assert_eq!(end.since(start), Duration::from_millis(1_500));
        assert_eq!(start.since(end), Duration::ZERO);
    }
}
