//! A clock that is set, and a machine that slept.
//!
//! Moments are kept by the wall clock, since the other side and the reader speak of it. When that
//! clock jumps, waiting must not become longer, and nobody may be given up for time in which nothing
//! could be tried.

use super::Machine;
use crate::entry::{EntryState, Held, Rest};
use mapi_defs::FileTime;
use std::time::Duration;

impl Machine {
    /// Is told that the clock went from `before` to `after` while hardly any time passed.
    pub fn handle_clock_jump(&mut self, before: FileTime, after: FileTime) {
        if after >= before {
            self.awake_since = after;
            return;
        }
        let by = before.since(after);
        let earlier = |moment: FileTime| back(moment, by);
        self.awake_since = earlier(self.awake_since);
        self.paused_until = self.paused_until.map(earlier);
        self.lines.iter_mut().for_each(|line| line.down_until = line.down_until.map(earlier));
        self.waiting = self.waiting.iter().map(|(moment, key)| (earlier(*moment), *key)).collect();
        for active in self.active.values_mut() {
            active.work.held().for_each(|held| move_back(held, by));
        }
        for entry in self.entries.values_mut() {
            entry.first_seen = earlier(entry.first_seen);
            entry.held.iter_mut().for_each(|held| move_back(held, by));
            entry.state = match entry.state {
                EntryState::Waiting(moment) => EntryState::Waiting(earlier(moment)),
                EntryState::Releasing(Rest::Until(moment)) => {
                    EntryState::Releasing(Rest::Until(earlier(moment)))
                }
                other => other,
            };
        }
    }
}

fn move_back(held: &mut Held, by: Duration) {
    held.until = back(held.until, by);
    held.not_before = back(held.not_before, by);
}

fn back(moment: FileTime, by: Duration) -> FileTime {
    let ticks = u64::try_from(by.as_nanos() / 100).unwrap_or(u64::MAX);
    FileTime(moment.0.saturating_sub(ticks))
}
