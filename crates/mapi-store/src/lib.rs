//! The message store provider: a mailbox in one SQLite file.
//!
//! A store is folders, messages with recipients and attachments, an outgoing queue and the names of
//! properties. Objects are in the files that bear their names; all of them reach the file through
//! `engine/`, the one place that knows SQL. The bytes of the file are drawn in `docs/store-schema.md`,
//! who opens it how is decided in `docs/decisions/0020-who-opens-the-store-file.md`.
//!
//! ```no_run
//! use mapi_defs::FileTime;
//! use std::path::Path;
//!
//! let path = Path::new("/home/ann/.local/share/openmapi/stores/mail.store");
//! mapi_store::create(path, "Personal Folders", FileTime::from_unix_seconds(1_800_000_000))?;
//! let report = mapi_store::check(path)?;
//! assert!(report.is_sound());
//! # Ok::<(), mapi_defs::Error>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod attachment;
mod changes;
mod check;
mod computed;
mod contents;
mod deliver;
mod engine;
mod entry_id;
mod folder;
mod lease;
mod logon;
mod message;
mod ole_storage;
mod open;
mod prop_set;
mod provider;
mod queue;
mod queue_table;
mod receipt;
mod receive_folder;
mod row_events;
mod rows;
pub mod service;
mod special_folders;
mod staged;
mod store;
mod stream;

pub use check::{Report, check};
pub use provider::{PATIENCE, StoreProvider};

use mapi_defs::{FileTime, Result};
use std::path::Path;

/// Creates a store file with its special folders, for its owner alone.
///
/// # Errors
/// - `MAPI_E_COLLISION`: there is something of that name; it is untouched.
/// - `MAPI_E_NOT_FOUND`: there is no such folder.
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: the file cannot be made.
pub fn create(path: &Path, display_name: &str, now: FileTime) -> Result<()> {
    engine::sqlite::create(path, display_name, now)
}
