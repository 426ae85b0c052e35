//! `Clock`: the present moment. Nothing else in the subsystem or below it reads the wall clock.
//!
//! Providers ask their support object, which asks the session's clock; tests hand in one of their own.

use mapi_defs::FileTime;
use std::time::SystemTime;

/// Tells the present moment.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> FileTime;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> FileTime {
        FileTime::from_system(SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_past_the_year_2020_and_does_not_run_backwards() {
        let first = SystemClock.now();
        assert!(first.unix_seconds() > 1_577_836_800);
        assert!(SystemClock.now() >= first);
    }
}
