//! Moments as text: RFC 3339 in UTC with up to seven fractional digits.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use mapi_defs::FileTime;

/// Days from 1899-12-30, where PT_APPTIME begins, to 1970-01-01.
const APPTIME_TO_UNIX_DAYS: f64 = 25_569.0;

/// The text of a moment; `None` outside the years 0001 to 9999.
pub(crate) fn file_time(time: FileTime) -> Option<String> {
    let stamp = Timestamp::new(time.unix_seconds(), i32::try_from(time.subsecond_nanos()).ok()?).ok()?;
    let civil = stamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    civil_text(civil).map(|text| format!("{text}Z"))
}

/// The text of an application time, which has no zone; `None` where it is no time of the years 0001 to 9999.
pub(crate) fn app_time(days: f64) -> Option<String> {
    let seconds = (days - APPTIME_TO_UNIX_DAYS) * 86_400.0;
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return None;
    }
    // A double of days resolves about a microsecond today; what lies below is noise.
    let micros = (seconds * 1e6).round() as i64;
    let epoch = Date::constant(1970, 1, 1).to_datetime(jiff::civil::Time::midnight());
    civil_text(epoch.checked_add(SignedDuration::from_micros(micros)).ok()?)
}

/// Reads the text of a moment, to the tick of 100 ns; `None` for anything else.
pub(crate) fn read_file_time(text: &str) -> Option<FileTime> {
    let nanos = text.parse::<Timestamp>().ok()?.as_nanosecond();
    let ticks = nanos.div_euclid(100).checked_add(i128::from(mapi_defs::time::TICKS_TO_UNIX))?;
    u64::try_from(ticks).ok().map(FileTime)
}

fn civil_text(civil: DateTime) -> Option<String> {
    if !(1..=9999).contains(&civil.year()) {
        return None;
    }
    let (date, time) = (civil.date(), civil.time());
    let ticks = civil.subsec_nanosecond() / 100;
    let fraction = format!(".{ticks:07}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    ))
}

/// A moment for a person, in the local zone, to the minute.
pub(crate) fn for_people(time: FileTime) -> String {
    match Timestamp::from_second(time.unix_seconds()) {
        Ok(stamp) => stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::time::TICKS_TO_UNIX;

    #[test]
    fn moments_are_rfc_3339_without_trailing_zeros() {
        assert_eq!(file_time(FileTime(TICKS_TO_UNIX)).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(file_time(FileTime(TICKS_TO_UNIX + 1)).as_deref(), Some("1970-01-01T00:00:00.0000001Z"));
        assert_eq!(file_time(FileTime(TICKS_TO_UNIX + 5_000_000)).as_deref(), Some("1970-01-01T00:00:00.5Z"));
        assert_eq!(file_time(FileTime(0)).as_deref(), Some("1601-01-01T00:00:00Z"));
        assert_eq!(file_time(FileTime(u64::MAX)), None);
    }

    #[test]
    fn application_times_have_no_zone() {
        assert_eq!(app_time(25_569.0).as_deref(), Some("1970-01-01T00:00:00"));
        assert_eq!(app_time(25_569.75).as_deref(), Some("1970-01-01T18:00:00"));
        assert_eq!(app_time(f64::NAN), None);
        assert_eq!(app_time(1e300), None);
        assert_eq!(app_time(-1e7), None);
    }
}
