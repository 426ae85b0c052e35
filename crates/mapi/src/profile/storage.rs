//! `ProfileFolder`: profile files on disk, each replaced in one step and for its owner alone.
//!
//! Whoever reads a file finds the old or the new one, whole; changes are serialised by the lock of one
//! file in the folder. What a killed process left behind is found by its mark and removed by the next
//! (`left_behind.rs`). What is in a profile file is `format.rs`, how files are written `mapi-files`.

use super::default_profile;
use super::{ProfileData, format};
use crate::Home;
use crate::provider::Catalogue;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::{FileStamp, Lock, Locked, PrivateFolder};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A profile file is refused above this many bytes, when it is read and when it is written.
const FILE_BYTES: usize = 4 * 1024 * 1024;
/// The file whose lock serialises all changes; it is never removed.
const LOCK: &str = ".lock";
/// How long others may take for their changes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The folder of a home's profiles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProfileFolder {
    path: PathBuf,
    stores: PathBuf,
    run: PathBuf,
    catalogue: Catalogue,
    /// The folder of the keys that open what is sealed in a profile.
    keys: PathBuf,
}

impl ProfileFolder {
    pub(crate) fn of(home: &Home) -> Self {
        Self {
            path: home.profiles().to_owned(),
            stores: home.stores().to_owned(),
            run: home.run().to_owned(),
            catalogue: Catalogue::of(home),
            keys: home.keys().to_owned(),
        }
    }

    /// Where the profile files are.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of what lives no longer than its processes.
    pub(crate) fn run(&self) -> &Path {
        &self.run
    }

    /// Reads a profile; letters count the same in either case.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none of that name.
    /// - `MAPI_E_NO_ACCESS`: its file is a link, somebody else's, or otherwise no plain file.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: see [`format::read`].
    pub(crate) fn read(&self, name: &str) -> Result<ProfileData> {
        self.read_in(&self.open()?, name)
    }

    fn read_in(&self, folder: &PrivateFolder, name: &str) -> Result<ProfileData> {
        let file = file_name(name);
        let Some(bytes) = folder.read(&file, FILE_BYTES as u64)? else { return Err(not_found(name)) };
        let mut data =
            format::read(&bytes, &self.stores).map_err(|error| about(&self.path.join(&file), error))?;
        data.catalogue = self.catalogue.clone();
        data.keys = self.keys.clone();
        // The file has its new name already: the renaming was done, and only this was left.
        if data.rename_to.as_deref().is_some_and(|new| file_name(new) == file) {
            data.name = data.rename_to.take().unwrap_or_default();
        }
        Ok(data)
    }

    /// What tells a profile's file from one that took its place; `None` where there is none.
    pub(crate) fn stamp(&self, name: &str) -> Option<FileStamp> {
        self.open().ok()?.stamp(&file_name(name))
    }

    /// Puts a new profile into its place, whole.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name.
    /// - `MAPI_E_TOO_BIG`: it is larger than a profile's file may be.
    pub(crate) fn create(&self, data: &ProfileData) -> Result<()> {
        let folder = self.open()?;
        let bytes = self.written(data)?;
        let _lock = lock(&folder)?;
        folder.write_aside(&bytes)?.place_new(&file_name(&data.name)).map_err(|error| match error.code() {
            ErrorCode::COLLISION => collision(&data.name),
            _ => error,
        })
    }

    /// Reads a profile, lets `change` work on it and replaces the file, while no other process can.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_BIG`: it would be larger than a profile's file may be.
    /// - `MAPI_E_BUSY`: another process did not finish its change in time.
    /// - Those of reading, of `change` and of writing; the file is then as before.
    pub(crate) fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut ProfileData) -> Result<T>,
    ) -> Result<(ProfileData, T)> {
        let folder = self.open()?;
        let _lock = lock(&folder)?;
        let mut data = self.read_in(&folder, name)?;
        let answer = change(&mut data)?;
        self.replace(&folder, name, &data)?;
        Ok((data, answer))
    }

    /// Gives a profile another name, and the default with it. In one step the file changes its name;
    /// what is written before says how it goes on, and [`ProfileFolder::read`] minds what is left after.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_COLLISION`.
    pub(crate) fn rename(&self, name: &str, new_name: &str) -> Result<()> {
        let folder = self.open()?;
        let _lock = lock(&folder)?;
        let mut data = self.read_in(&folder, name)?;
        let (old_file, new_file) = (file_name(name), file_name(new_name));
        if old_file != new_file {
            if folder.stamp(&new_file).is_some() {
                return Err(collision(new_name));
            }
            if data.rename_to.as_deref() != Some(new_name) {
                data.rename_to = Some(new_name.to_owned());
                self.replace(&folder, name, &data)?;
            }
        }
        if matches!(self.default_in(&folder), Ok(Some(default)) if file_name(&default) == old_file) {
            default_profile::write(&folder, new_name)?;
        }
        if old_file != new_file {
            folder.rename_new(&old_file, &new_file)?;
            remove_use(&folder, name);
        }
        data.name = new_name.to_owned();
        data.rename_to = None;
        self.replace(&folder, new_name, &data)
    }

    /// Removes a profile's file, damaged or not, and the default where it was the one.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let folder = self.open()?;
        let _lock = lock(&folder)?;
        let is_default = default_profile::read(&folder)
            .is_ok_and(|default| default.is_some_and(|default| file_name(&default) == file_name(name)));
        if folder.stamp(&file_name(name)).is_none() {
            return Err(not_found(name));
        }
        // First of all: a new profile of the same name is not the default by itself.
        if is_default {
            folder.remove(default_profile::FILE)?;
        }
        folder.remove(&file_name(name))?;
        remove_use(&folder, name);
        folder.sync()
    }

    /// The names of all profiles as their users wrote them, in order of the alphabet, those of one program
    /// left out. Files that cannot be read are named by their file.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the folder cannot be read.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let folder = self.open()?;
        let mut names = Vec::new();
        for stem in stems(&folder)? {
            match self.read_in(&folder, &stem) {
                Ok(data) if data.deleted || data.is_app => {}
                Ok(data) => names.push(data.name),
                Err(error) if error.code() == ErrorCode::NOT_FOUND => {}
                Err(error) => {
                    tracing::warn!(profile = stem, %error, "a profile cannot be read");
                    names.push(stem);
                }
            }
        }
        names.sort_by_key(|name| name.to_lowercase());
        Ok(names)
    }

    /// What every profile holds that can be read, those of one program and the deleted among them.
    ///
    /// # Errors
    /// As [`ProfileFolder::names`].
    pub(crate) fn readable(&self) -> Result<Vec<ProfileData>> {
        let folder = self.open()?;
        Ok(stems(&folder)?.iter().filter_map(|stem| self.read_in(&folder, stem).ok()).collect())
    }

    /// The names of profiles that wait to be deleted or renamed.
    ///
    /// # Errors
    /// As [`ProfileFolder::names`].
    pub(crate) fn deferred(&self) -> Result<Vec<String>> {
        let folder = self.open()?;
        let waits = |stem: &String| {
            self.read_in(&folder, stem).is_ok_and(|data| data.deleted || data.rename_to.is_some())
        };
        Ok(stems(&folder)?.into_iter().filter(waits).collect())
    }

    /// The name of the default profile; none where the one that is named is gone.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: the file that names it is damaged, or a newer program's.
    pub(crate) fn default_name(&self) -> Result<Option<String>> {
        self.default_in(&self.open()?)
    }

    fn default_in(&self, folder: &PrivateFolder) -> Result<Option<String>> {
        let Some(name) = default_profile::read(folder)? else { return Ok(None) };
        if folder.stamp(&file_name(&name)).is_some() {
            return Ok(Some(name));
        }
        // Who was killed while renaming the profile has left the old name to it.
        let becomes = |stem: &String| {
            let new_name = self.read_in(folder, stem).ok().and_then(|data| data.rename_to);
            new_name.is_some_and(|new| file_name(&new) == file_name(&name))
        };
        Ok(stems(folder)?.into_iter().find(becomes))
    }

    /// Makes a profile the default, or none.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn set_default(&self, name: Option<&str>) -> Result<()> {
        let folder = self.open()?;
        let _lock = lock(&folder)?;
        match name {
            Some(name) => default_profile::write(&folder, name),
            None => {
                folder.remove(default_profile::FILE)?;
                folder.sync()
            }
        }
    }

    /// Makes a profile the default where there is none yet.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn set_first_default(&self, name: &str) -> Result<()> {
        let folder = self.open()?;
        let _lock = lock(&folder)?;
        match self.default_in(&folder)? {
            Some(_) => Ok(()),
            None => default_profile::write(&folder, name),
        }
    }

    /// Says, to all processes, that a session uses the profile; until the value is dropped.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the lock cannot be taken.
    /// - `MAPI_E_BUSY`: the profile is being deleted or renamed.
    pub(crate) fn use_by_session(&self, name: &str) -> Result<InUse> {
        let used = self.open()?.lock(&use_name(name), Lock::Shared, PATIENCE)?;
        used.map(|lock| InUse { _lock: lock }).ok_or_else(busy)
    }

    /// Keeps sessions of all processes from using the profile, until the value is dropped; `None`
    /// where one uses it already.
    ///
    /// # Errors
    /// As [`ProfileFolder::use_by_session`].
    pub(crate) fn claim(&self, name: &str) -> Result<Option<InUse>> {
        let claimed = self.open()?.lock(&use_name(name), Lock::Alone, Duration::ZERO)?;
        Ok(claimed.map(|lock| InUse { _lock: lock }))
    }

    /// The folder below which services keep their files.
    pub(super) fn stores(&self) -> &Path {
        &self.stores
    }

    pub(super) fn open(&self) -> Result<PrivateFolder> {
        PrivateFolder::open(&self.path)
    }

    fn replace(&self, folder: &PrivateFolder, name: &str, data: &ProfileData) -> Result<()> {
        folder.write_aside(&self.written(data)?)?.replace(&file_name(name))
    }

    fn written(&self, data: &ProfileData) -> Result<Vec<u8>> {
        let bytes = format::write(data, &self.stores)?;
        if bytes.len() <= FILE_BYTES {
            return Ok(bytes);
        }
        let detail = format!("the profile would have {} bytes, of at most {FILE_BYTES}", bytes.len());
        Err(Error::new(ErrorCode::TOO_BIG, "Profile::change", detail))
    }
}

/// A lock on the use of a profile: shared by sessions, or held by who deletes or renames it.
#[derive(Debug)]
pub(crate) struct InUse {
    _lock: Locked,
}

/// The names of the profile files without their ending; hidden files are something else.
pub(super) fn stems(folder: &PrivateFolder) -> Result<Vec<String>> {
    let stem = |file: String| {
        let stem = file.strip_suffix(".json").filter(|stem| !stem.starts_with('.'));
        stem.map(str::to_owned)
    };
    Ok(folder.names()?.into_iter().filter_map(stem).collect())
}

/// The lock of all changes.
pub(super) fn lock(folder: &PrivateFolder) -> Result<Locked> {
    change_lock(folder, LOCK)
}

/// Keeps all processes from changing what the file of this name is the lock of.
///
/// # Errors
/// - `MAPI_E_BUSY`: another process did not finish its change in time.
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the lock cannot be taken.
pub(super) fn change_lock(folder: &PrivateFolder, name: &str) -> Result<Locked> {
    folder.lock(name, Lock::Alone, PATIENCE)?.ok_or_else(busy)
}

/// The file whose lock says that a session uses the profile.
pub(super) fn use_name(name: &str) -> String {
    format!(".{}.use", name.to_lowercase())
}

fn file_name(name: &str) -> String {
    format!("{}.json", name.to_lowercase())
}

/// What is left where this fails is removed with the next start.
fn remove_use(folder: &PrivateFolder, name: &str) {
    if let Err(error) = folder.remove(&use_name(name)) {
        tracing::debug!(%error, "the lock of a profile that is gone stays");
    }
}

/// The same error, which says first which file it is about.
pub(super) fn about(path: &Path, error: Error) -> Error {
    let told = Error::new(error.code(), error.call(), format!("{}: {}", path.display(), error.detail()));
    match std::error::Error::source(&error) {
        Some(source) => told.with_source(source.to_string()),
        None => told,
    }
}

fn collision(name: &str) -> Error {
    Error::new(ErrorCode::COLLISION, "ProfAdmin::create", format!("there is a profile \"{name}\""))
}

fn not_found(name: &str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "Profile::open", format!("there is no profile \"{name}\""))
}

fn busy() -> Error {
    Error::new(ErrorCode::BUSY, "Profile::change", "another program is at work on the profile")
}
