//! `SectionLock`: who has a section of a profile open. Many may read one, or one may write it.
//!
//! It is the kernel's lock on a file of the run folder, one for each section, so it holds between
//! processes and goes with the process that holds it. The files stay until their profile goes.

use mapi_defs::guid::MapiUid;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::{Lock, Locked, PrivateFolder};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A hold on a section, until it is dropped.
#[derive(Debug)]
pub(crate) struct SectionLock {
    _locked: Locked,
}

impl SectionLock {
    /// Takes a section of the profile of this instance, for reading with others or for writing alone.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: somebody has the section open in a way that excludes this one.
    pub(super) fn take(run: &Path, profile: MapiUid, section: MapiUid, writing: bool) -> Result<Self> {
        let folder = PrivateFolder::make(&folder(run, profile))?;
        let lock = if writing { Lock::Alone } else { Lock::Shared };
        match folder.lock(&format!("{section}.lock"), lock, Duration::ZERO)? {
            Some(locked) => Ok(Self { _locked: locked }),
            None => {
                let detail = format!("somebody has section {section} open");
                Err(Error::new(ErrorCode::NO_ACCESS, "OpenProfileSection", detail))
            }
        }
    }
}

/// Removes the files of a profile that is gone.
pub(super) fn remove_locks(run: &Path, profile: MapiUid) {
    match std::fs::remove_dir_all(folder(run, profile)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::debug!(%error, "the locks of a profile that is gone are left over");
        }
        _ => {}
    }
}

fn folder(run: &Path, profile: MapiUid) -> PathBuf {
    run.join(format!("sections-{profile}"))
}
