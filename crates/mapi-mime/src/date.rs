//! Moments as RFC 5322 writes them, always in UTC.
//!
//! Files hold moments that stand for "none": 0, the largest number, the year 4501. Those have no text.

use mail_builder::headers::date::Date;
use mapi_defs::FileTime;

/// 1900-01-01, the first date that RFC 5322 allows.
const FIRST_SECOND: i64 = -2_208_988_800;
/// 4501-01-01, which programs write for "none".
const NONE_SECOND: i64 = 79_870_665_600;

/// `Fri, 20 Nov 2026 14:02:01 +0000`, or `None` for a moment that stands for none.
pub(crate) fn date_text(time: FileTime) -> Option<String> {
    let seconds = time.unix_seconds();
    (FIRST_SECOND..NONE_SECOND).contains(&seconds).then(|| Date::new(seconds).to_rfc822())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_stand_for_none_have_no_text() {
        let text = |seconds| date_text(FileTime::from_unix_seconds(seconds));
        assert_eq!(text(1_795_183_321).as_deref(), Some("Fri, 20 Nov 2026 14:02:01 +0000"));
        assert_eq!(text(0).as_deref(), Some("Thu, 1 Jan 1970 00:00:00 +0000"));
        assert_eq!(text(FIRST_SECOND).as_deref(), Some("Mon, 1 Jan 1900 00:00:00 +0000"));
        assert_eq!(text(FIRST_SECOND - 1), None);
        assert_eq!(date_text(FileTime(0)), None);
        assert_eq!(date_text(FileTime::MAX), None);
        assert_eq!(date_text(FileTime(0x0CB3_4557_A3DD_4000)), None);
        assert_eq!(text(NONE_SECOND), None);
    }
}
