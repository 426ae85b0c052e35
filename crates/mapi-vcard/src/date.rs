//! Days as cards write them: `1980-05-17`, `19800517`, with or without a time, `--0517` without a year.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use mapi_defs::FileTime;

/// The first and the last year that a moment of MAPI can mean.
const YEARS: std::ops::RangeInclusive<i16> = 1601..=4500;
/// What stands for a year that is not told (X-APPLE-OMIT-YEAR).
const NO_YEAR: i16 = 1604;

/// Midnight, UTC, of the day that a text begins with.
pub(crate) fn read(text: &str) -> Option<FileTime> {
    let day = text.trim().split(['T', ' ']).next()?;
    let (year, rest) = match day.strip_prefix("--") {
        Some(rest) => (NO_YEAR, rest),
        None => (digits(day.get(..4)?)?, day.get(4..)?.trim_start_matches('-')),
    };
    let month = digits(rest.get(..2)?)?;
    let of_month = digits(rest.get(2..)?.trim_start_matches('-'))?;
    let date = Date::new(year, month.try_into().ok()?, of_month.try_into().ok()?).ok()?;
    let midnight = YEARS.contains(&year).then(|| date.to_zoned(TimeZone::UTC).ok())??;
    Some(FileTime::from_unix_seconds(midnight.timestamp().as_second()))
}

fn digits(text: &str) -> Option<i16> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// The day of a moment; `None` for what stands for no moment. 4.0 has a form without a year.
pub(crate) fn write(time: FileTime, is_v4: bool) -> Option<String> {
    let moment = jiff::Timestamp::from_second(time.unix_seconds()).ok()?;
    let date = moment.to_zoned(TimeZone::UTC).date();
    if time == FileTime(0) || !YEARS.contains(&date.year()) {
        return None;
    }
    Some(match (date.year(), is_v4) {
        (NO_YEAR, true) => format!("--{:02}{:02}", date.month(), date.day()),
        (_, true) => format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()),
        (_, false) => date.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_all_their_forms_and_written_in_two() {
        for (text, v3, v4) in [
            ("1980-05-17", "1980-05-17", "19800517"),
            ("19800517", "1980-05-17", "19800517"),
            ("1980-05-17T09:30:00Z", "1980-05-17", "19800517"),
            ("1904-02-29", "1904-02-29", "19040229"),
            ("--0517", "1604-05-17", "--0517"),
            ("--05-17", "1604-05-17", "--0517"),
        ] {
            let time = read(text).unwrap();
            assert_eq!(write(time, false).as_deref(), Some(v3), "{text}");
            assert_eq!(write(time, true).as_deref(), Some(v4), "{text}");
        }
        for none in [
            "",
            "May 1980",
            "1980",
            "1980-02-30",
            "1500-01-01",
            "9999-01-01",
            "--",
            "19ä0517",
            "1980-05-17-3",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(write(FileTime(0), false), None);
        assert_eq!(write(FileTime::MAX, true), None);
    }
}
