//! Moments in the text of a restriction: `2026-01-01T09:30:00.5Z`, always UTC when written.
//!
//! Only what the text form needs; the faces have a library for showing times to people.

use crate::FileTime;
use crate::time::TICKS_PER_SECOND;

/// Ticks in one day.
const TICKS_PER_DAY: u64 = 24 * 3_600 * TICKS_PER_SECOND;
/// Days from 1601-01-01 to 10000-01-01: what lies behind has no text.
const DAYS_WITH_TEXT: u64 = 3_067_671;
/// Days in four hundred, one hundred and four years of the calendar.
const DAYS_400: u64 = 146_097;
const DAYS_100: u64 = 36_524;
const DAYS_4: u64 = 1_461;
const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Writes a moment; `None` where its year has more than four digits.
pub(super) fn write(moment: FileTime) -> Option<String> {
    let (days, ticks) = (moment.0 / TICKS_PER_DAY, moment.0 % TICKS_PER_DAY);
    if days >= DAYS_WITH_TEXT {
        return None;
    }
    let (year, month, day) = date(days);
    let (seconds, fraction) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction {
        0 => String::new(),
        some => format!(".{some:07}").trim_end_matches('0').to_owned(),
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Reads `YYYY-MM-DD`, or with `Thh:mm`, `Thh:mm:ss` or `Thh:mm:ss.f` and then `Z` or `+hh:mm`.
pub(super) fn read(text: &str) -> Option<FileTime> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || year < 1601 || !(1..=12).contains(&month) {
        return None;
    }
    if day == 0 || day > days_in(year, month) {
        return None;
    }
    let ticks = days_before(year, month, day) * TICKS_PER_DAY;
    let Some(time) = time else { return Some(FileTime(ticks)) };
    let (time, ahead) = zone(time)?;
    let ticks = ticks.checked_add(time_of_day(time)?)?;
    u64::try_from(i128::from(ticks) - i128::from(ahead)).ok().map(FileTime)
}

/// The time without its zone, and how far that is ahead of UTC in ticks.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (time, zone) = time.split_at(at);
    let (hours, minutes) = zone[1..].split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let ahead = i64::try_from((hours * 60 + minutes) * 60 * TICKS_PER_SECOND).ok()?;
    Some((time, if zone.starts_with('-') { -ahead } else { ahead }))
}

fn time_of_day(time: &str) -> Option<u64> {
    let (whole, fraction) = match time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (time, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match fraction {
        Some(fraction) if (1..=7).contains(&fraction.len()) => {
            digits(fraction, fraction.len())? * 10_u64.pow(7 - fraction.len() as u32)
        }
        Some(_) => return None,
        None => 0,
    };
    Some(((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + fraction)
}

fn digits(text: &str, count: usize) -> Option<u64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Year, month and day of a number of days after 1601-01-01, where a cycle of 400 years begins.
fn date(days: u64) -> (u64, u64, u64) {
    let (cycle, rest) = (days / DAYS_400, days % DAYS_400);
    // The last day of a cycle, and of four years, is a leap day beyond the even division.
    let (century, rest) = ((rest / DAYS_100).min(3), rest - (rest / DAYS_100).min(3) * DAYS_100);
    let (four, rest) = (rest / DAYS_4, rest % DAYS_4);
    let (single, mut rest) = ((rest / 365).min(3), rest - (rest / 365).min(3) * 365);
    let year = 1601 + cycle * 400 + century * 100 + four * 4 + single;
    let mut month = 1;
    while rest >= days_in(year, month) {
        rest -= days_in(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let years = year - 1601;
    let whole = years * 365 + years / 4 - years / 100 + years / 400;
    whole + (1..month).map(|month| days_in(year, month)).sum::<u64>() + day - 1
}

fn days_in(year: u64, month: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    days.copied().unwrap_or(31) + u64::from(month == 2 && is_leap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read() {
        for (seconds, text) in [
            (-11_644_473_600, "1601-01-01T00:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_603_600, "2026-01-05T09:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            let moment = FileTime::from_unix_seconds(seconds);
            assert_eq!(write(moment).as_deref(), Some(text));
            assert_eq!(read(text), Some(moment), "{text}");
        }
        assert_eq!(write(FileTime::from_unix_seconds(253_402_300_800)), None);
        assert_eq!(write(FileTime(10_500_000)).as_deref(), Some("1601-01-01T00:00:01.05Z"));
        assert_eq!(read("1601-01-01T00:00:01.05Z"), Some(FileTime(10_500_000)));
    }

    #[test]
    fn every_day_goes_both_ways() {
        for days in 0..DAYS_WITH_TEXT {
            let (year, month, day) = date(days);
            assert_eq!(days_before(year, month, day), days, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn shorter_forms_and_zones_are_read() {
        let noon = FileTime::from_unix_seconds(1_767_614_400);
        for text in [
            "2026-01-05T12:00:00Z",
            "2026-01-05T12:00Z",
            "2026-01-05T13:30+01:30",
            "2026-01-05T04:00:00-08:00",
        ] {
            assert_eq!(read(text), Some(noon), "{text}");
        }
        assert_eq!(read("2026-01-05"), Some(FileTime::from_unix_seconds(1_767_571_200)));
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "1600-12-31",
            "2026-01-05T",
            "2026-01-05T12:00",
            "2026-1-5",
            "2026-01-05T24:00Z",
            "2026-01-05T12:00:00.Z",
            "2026-01-05T12:00:00.12345678Z",
            "+026-01-05",
            "1601-01-01T00:00+01:00",
            "2026-01-05T12:00:00:00Z",
            "2026-01-05T12:00+1:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
