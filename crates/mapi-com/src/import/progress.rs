//! A progress object of a C program (IMAPIProgress), told by long calls; it may stop them.

use crate::interfaces::IMAPIProgress;
use mapi_defs::ErrorCode;
use mapi_spi::progress::Progress;

/// Puts a program's progress object behind the safe trait; NULL watches nothing.
pub fn foreign_progress(progress: Option<&IMAPIProgress>) -> Box<dyn Progress> {
    let Some(progress) = progress else { return Box::new(mapi_spi::progress::NoProgress) };
    let (mut min, mut max) = (0, 0);
    // SAFETY: the object lives for the call; both places are ours.
    let (low, high) =
        unsafe { (progress.GetMin(&raw mut min).is_ok(), progress.GetMax(&raw mut max).is_ok()) };
    let (min, max) = if low && high && min < max { (min, max) } else { (0, 1_000) };
    Box::new(ForeignProgress { progress: progress.clone(), min, max })
}

struct ForeignProgress {
    progress: IMAPIProgress,
    min: u32,
    max: u32,
}

// SAFETY: MAPI calls a progress object from whatever thread does the work; the reference demands it of
// clients.
unsafe impl Send for ForeignProgress {}
// SAFETY: as above.
unsafe impl Sync for ForeignProgress {}

impl Progress for ForeignProgress {
    fn progress(&self, done: u64, total: u64) -> bool {
        let span = u64::from(self.max - self.min);
        let share = span.saturating_mul(done.min(total)).checked_div(total).unwrap_or(span);
        let value = self.min + share as u32;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        // SAFETY: the object is held by `self`.
        let answer = unsafe { self.progress.Progress(value, count(done), count(total)) };
        answer.0 as u32 != ErrorCode::USER_CANCEL.as_u32()
    }
}
