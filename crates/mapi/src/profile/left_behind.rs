//! What a killed process left behind in a home, and the marks by which it is known.
//!
//! A file that is written aside is locked by its writer (`mapi-files`). The folder of a profile that is
//! being made has a mark beside the profile files, locked by its maker and removed once the profile is
//! in its place; so a folder whose profile never came is told from one whose profile was deleted and
//! whose mail stays.

use super::storage::{self, ProfileFolder, stems};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::{Lock, Locked, PrivateFolder};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the mark of a folder begins that is being made; the folder's name follows.
const MAKING: &str = ".making-";

/// The folder of a profile that is being made; it goes with this value, unless it was kept.
#[derive(Debug)]
pub(super) struct NewFolder {
    profiles: PrivateFolder,
    path: PathBuf,
    mark: String,
    is_kept: bool,
    // Let go last, when the mark is gone.
    _lock: Locked,
}

impl ProfileFolder {
    /// Makes the folder for the files of a new profile's services; `None` where there is one.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`: it cannot be made.
    pub(super) fn make_data_folder(&self, path: &Path) -> Result<Option<NewFolder>> {
        let name = path.file_name().and_then(|name| name.to_str()).filter(|name| is_of_profile(name));
        let name = name.ok_or_else(|| {
            Error::new(ErrorCode::BAD_VALUE, "ProfAdmin::create_profile", "the folder's name is no profile's")
        })?;
        let profiles = self.open()?;
        let mark = format!("{MAKING}{name}");
        let Some(lock) = profiles.lock(&mark, Lock::Alone, Duration::ZERO)? else { return Ok(None) };
        let made = PrivateFolder::make(self.stores()).and_then(|stores| stores.make_folder(name));
        match made {
            Ok(true) => {
                let path = path.to_owned();
                Ok(Some(NewFolder { profiles, path, mark, is_kept: false, _lock: lock }))
            }
            other => {
                profiles.remove(&mark)?;
                other.map(|_| None)
            }
        }
    }

    /// Removes what killed processes left behind. What cannot be removed is in nobody's way.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the folder cannot be read.
    pub(crate) fn remove_left_behind(&self) -> Result<()> {
        let profiles = self.open()?;
        profiles.remove_left_aside()?;
        let names = profiles.names()?;
        let is_lock =
            |name: &&String| name.starts_with('.') && (name.ends_with(".use") || name.ends_with(".lock"));
        for name in names.iter().filter(is_lock) {
            let stem = name.trim_start_matches('.').rsplit_once('.').map_or("", |(stem, _)| stem);
            if !stem.is_empty() && !names.contains(&format!("{stem}.json")) {
                remove_lock(&profiles, name, stem);
            }
        }
        self.remove_left_aside_in_stores();
        for mark in names.iter().filter(|name| name.starts_with(MAKING)) {
            if let Err(error) = self.remove_unmade(&profiles, mark) {
                tracing::debug!(%error, "the folder of a profile that never came stays");
            }
        }
        Ok(())
    }

    fn remove_left_aside_in_stores(&self) {
        let names = PrivateFolder::open(self.stores()).and_then(|stores| stores.names()).unwrap_or_default();
        for folder in names.iter().filter(|name| is_of_profile(name)).map(|name| self.stores().join(name)) {
            if let Err(error) = PrivateFolder::open(&folder).and_then(|folder| folder.remove_left_aside()) {
                tracing::debug!(%error, "what was left aside stays");
            }
        }
    }

    /// Removes the folder of a profile that never came, with what its services put there.
    fn remove_unmade(&self, profiles: &PrivateFolder, mark: &str) -> Result<()> {
        let name = mark.trim_start_matches(MAKING);
        let Some(_left) = profiles.lock_left(mark) else { return Ok(()) };
        let _lock = storage::lock(profiles)?;
        if is_of_profile(name) {
            let folder = self.stores().join(name);
            // A profile that cannot be read may be the one.
            let users = stems(profiles)?.iter().map(|stem| self.read(stem)).collect::<Result<Vec<_>>>()?;
            if users.iter().all(|data| data.data_folder != folder) {
                remove_tree(&folder)?;
            }
        }
        profiles.remove(mark).map(drop)
    }
}

impl NewFolder {
    /// The folder stays: its profile is in its place.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        let removed = if self.is_kept { Ok(()) } else { remove_tree(&self.path) };
        if let Err(error) = removed.and_then(|()| self.profiles.remove(&self.mark)) {
            tracing::warn!(%error, "the folder of a profile that did not come about is left over");
        }
    }
}

/// Removes the lock of a profile that is gone, if nobody has it.
fn remove_lock(profiles: &PrivateFolder, name: &str, stem: &str) {
    let Some(_left) = profiles.lock_left(name) else { return };
    if profiles.stamp(&format!("{stem}.json")).is_none()
        && let Err(error) = profiles.remove(name)
    {
        tracing::debug!(%error, "the lock of a profile that is gone stays");
    }
}

fn remove_tree(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(mapi_files::disk_error("ProfAdmin", folder, error))
        }
        _ => Ok(()),
    }
}

/// True for a name as profiles' folders have it: something, a dash and eight hex digits.
fn is_of_profile(name: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.rsplit_once('-').is_some_and(|(head, digits)| {
        !head.is_empty() && !head.contains('/') && digits.len() == 8 && digits.bytes().all(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_were_made_for_profiles_are_removed() {
        assert!(is_of_profile("Default-1002c6cd") && is_of_profile("B\u{fc}ro 2-00000000"));
        for other in ["", ".", "..", "Default", "-1002c6cd", "a/b-1002c6cd", "a-1002C6CD", "a-1002c6cd0"] {
            assert!(!is_of_profile(other), "{other}");
        }
    }
}
