//! Checking a store file from end to end: what `store check` of the command line shows.

use mapi_defs::Result;
use std::path::Path;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Folders, soft-deleted ones included.
    pub folders: u64,
    /// Messages in folders, associated and soft-deleted ones included.
    pub messages: u64,
    /// Messages in the outgoing queue.
    pub queued: u64,
    /// Everything that is not as it has to be, one sentence each; empty for a sound store.
    pub faults: Vec<String>,
}

impl Report {
    /// True where nothing was found.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks a store: the file's pages, every packed property, the counters against a recount, what
/// belongs to nothing, and the outgoing queue against the messages. Changes nothing.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_CORRUPT_STORE`, `MAPI_E_VERSION`: the file cannot
///   be opened as a store at all.
pub fn check(path: &Path) -> Result<Report> {
    crate::engine::sqlite::check(path)
}
