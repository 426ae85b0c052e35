//! When a message is tried again, and when it is given up.
//!
//! What a spooler has counted and the next moment are kept with the message in the store
//! ([`QueueNotes`](mapi_spi::spooler::QueueNotes)), so that whoever takes over is as patient.

use mapi_defs::FileTime;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How patient a spooler is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// The rest after the first, second, … attempt; the last one repeats. Never empty in effect: an
    /// empty table rests one minute.
    pub delays: Vec<Duration>,
    /// A recipient that was not served this long after the submission is refused.
    pub lifetime: Duration,
    /// No recipient is given up earlier than this after the spooler first saw the message, or after the
    /// computer slept, so that one that was off for days is given time to find its network.
    pub grace: Duration,
    /// How many faults in a row set a message aside.
    pub faults: u32,
    /// How many spoolers in a row may end over a message before it is set aside.
    pub crashes: u32,
    /// The shortest rest of a recipient in doubt: a server that took the message has had time to say so
    /// elsewhere.
    pub doubt: Duration,
    /// The rest after the store failed; it doubles up to 64 times this.
    pub store_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            delays: vec![MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
            lifetime: 48 * HOUR,
            grace: HOUR,
            faults: 3,
            crashes: 20,
            doubt: 5 * MINUTE,
            store_pause: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// The rest after attempt number `attempt`, counted from 1.
    ///
    /// It differs by up to a tenth in either direction, always the same for the same `seed`: messages
    /// that failed together do not come back together, and a run can be repeated.
    pub fn delay(&self, attempt: u32, seed: &[u8]) -> Duration {
        let index = (attempt.max(1) - 1) as usize;
        let base = self.delays.get(index).or(self.delays.last()).copied().unwrap_or(MINUTE);
        let permille = 900 + fnv(seed, attempt) % 201;
        // Never nothing: an attempt that fails at once must not be repeated at the same moment.
        (base.saturating_mul(permille) / 1000).max(Duration::from_millis(1))
    }

    /// The rest of the whole queue after the store failed for the `failure`-th time in a row.
    pub fn pause(&self, failure: u32) -> Duration {
        self.store_pause.saturating_mul(1 << failure.clamp(1, 7).saturating_sub(1))
    }

    /// True where a recipient that is not served by now is given up; `since` is the moment from which
    /// on the spooler could try.
    pub fn is_expired(&self, submitted: FileTime, since: FileTime, now: FileTime) -> bool {
        now >= submitted.plus(self.lifetime) && now >= since.plus(self.grace)
    }
}

/// FNV-1a, 32 bits.
fn fnv(seed: &[u8], attempt: u32) -> u32 {
    let bytes = seed.iter().copied().chain(attempt.to_le_bytes());
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_the_last_of_the_table_and_stay_within_a_tenth() {
        let policy = RetryPolicy::default();
        for attempt in 0..50 {
            let index = (attempt.max(1) as usize - 1).min(policy.delays.len() - 1);
            for seed in [&b"a"[..], b"b", b""] {
                let (rest, base) = (policy.delay(attempt, seed), policy.delays[index]);
                assert!(rest >= base * 9 / 10 && rest <= base * 11 / 10, "{attempt}: {rest:?}");
                assert_eq!(rest, policy.delay(attempt, seed));
            }
        }
        let rests: Vec<Duration> = (0..100_u8).map(|seed| policy.delay(1, &[seed])).collect();
        assert!(rests.iter().any(|rest| *rest != rests[0]), "all come back together");
    }

    #[test]
    fn an_empty_table_and_an_endless_delay_still_have_an_answer() {
        let policy = RetryPolicy { delays: Vec::new(), ..RetryPolicy::default() };
        assert!(policy.delay(7, b"x") >= Duration::from_secs(54));
        let policy = RetryPolicy { delays: vec![Duration::MAX], ..RetryPolicy::default() };
        assert!(policy.delay(u32::MAX, b"x") > Duration::from_secs(1 << 40));
        assert_eq!(policy.pause(1), Duration::from_secs(1));
        assert_eq!(policy.pause(3), Duration::from_secs(4));
        assert_eq!(policy.pause(u32::MAX), Duration::from_secs(64));
    }

    #[test]
    fn nothing_expires_in_the_first_hour_of_a_spooler() {
        let policy = RetryPolicy::default();
        let submitted = FileTime::from_unix_seconds(1_000_000);
        let week_later = submitted.plus(168 * HOUR);
        assert!(!policy.is_expired(submitted, week_later, week_later.plus(59 * MINUTE)));
        assert!(policy.is_expired(submitted, week_later, week_later.plus(HOUR)));
        assert!(!policy.is_expired(submitted, submitted, submitted.plus(47 * HOUR)));
        assert!(policy.is_expired(submitted, submitted, submitted.plus(48 * HOUR)));
    }
}
