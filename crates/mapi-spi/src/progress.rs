//! `Progress`: is told how far long work has come, and may stop it (IMAPIProgress).

use mapi_defs::{Error, ErrorCode, Result};

/// Watches long work.
pub trait Progress: Send + Sync {
    /// `done` of `total` items are through. Returning false stops the work at the next item.
    fn progress(&self, done: u64, total: u64) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn progress(&self, _done: u64, _total: u64) -> bool {
        true
    }
}

/// Tells `progress` and turns its refusal into the code that a stopped call answers.
///
/// # Errors
/// - `MAPI_E_USER_CANCEL`: the watcher asked to stop.
pub fn step(progress: &dyn Progress, call: &'static str, done: u64, total: u64) -> Result<()> {
    if progress.progress(done, total) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::USER_CANCEL, call, format!("stopped after {done} of {total}")))
}
