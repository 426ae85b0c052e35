//! Files and folders for their owner alone: checked before use, locked, replaced in one step.
//!
//! Every path that a profile, a store, an address book or a spooler makes is made and opened here, or
//! is looked at here before SQLite opens it. No link is followed, nothing waits for the other end of
//! a pipe, and what belongs to somebody else or has a second name is refused with the path and what
//! to do. What is in the files is for others: `mapi`'s `profile/format.rs`, the engines of the stores.
#![forbid(unsafe_code)]

mod aside;
mod check;
pub mod file_name;
mod folder;
mod lock;

pub use aside::Aside;
pub use check::{check_file, disk_error};
pub use folder::{FileStamp, PrivateFolder, resolve_root};
pub use lock::{Lock, Locked};

/// Folders are for their owner alone.
const PRIVATE_FOLDER: u32 = 0o700;
/// Files are for their owner alone.
const PRIVATE_FILE: u32 = 0o600;
