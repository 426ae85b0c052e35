//! The reserve: a file of one MiB beside the store, given up when the disk is full, so that what has
//! happened already can still be written down and mail can be deleted.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes kept back.
const RESERVE_BYTES: usize = 1024 * 1024;

/// The reserve of one store.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// The reserve beside a store file.
    pub(super) fn beside(store: &Path) -> Self {
        let mut name = store.as_os_str().to_owned();
        name.push("-reserve");
        Self { path: name.into() }
    }

    /// Makes the reserve where it is missing or too small; a disk without room is left as it is.
    pub(super) fn fill(&self) {
        let there = fs::symlink_metadata(&self.path);
        if there.as_ref().is_ok_and(|meta| meta.is_file() && meta.len() == RESERVE_BYTES as u64) {
            return;
        }
        // Whatever has its name goes, unless it is a folder; nothing is ever written through it.
        if there.is_ok() && fs::remove_file(&self.path).is_err() {
            return;
        }
        // Written rather than set in length: a file with holes keeps nothing back.
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path).and_then(
                |mut file| file.write_all(&vec![0xA5; RESERVE_BYTES]).and_then(|()| file.sync_all()),
            );
        if written.is_err() {
            self.give_up();
        }
    }

    /// Gives the room back to the disk; true where there was some.
    pub(super) fn give_up(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}
