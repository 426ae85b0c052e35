//! `ProfileFolder`: profile files on disk, each replaced in one step and for its owner alone.
//!
//! A file is written aside, synced, and put into its place by rename or link, then the folder is
//! synced; whoever reads finds the old or the new one, whole. Changes are serialised by the lock of
//! a file beside it. What is in a profile file is `format.rs`.

use super::{ProfileData, check_name, format};
use crate::Home;
use crate::home::disk_error;
use crate::provider::Catalogue;
use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A profile file is refused above this many bytes.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// What a profile file usually fits in.
const USUAL_BYTES: usize = 8 * 1024;
/// Files are for their owner alone.
const PRIVATE_FILE: u32 = 0o600;
/// The file that names the default profile; no profile's name begins with a dot.
const DEFAULT: &str = ".default";

/// The folder of a home's profiles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProfileFolder {
    path: PathBuf,
    catalogue: Catalogue,
    /// The folder of the keys that open what is sealed in a profile.
    keys: PathBuf,
}

/// A file as it was at one moment, by what the file system says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileStamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds of the last change.
    changed: (i64, i64),
}

impl ProfileFolder {
    pub(crate) fn of(home: &Home) -> Self {
        let (path, keys) = (home.profiles().to_owned(), home.keys().to_owned());
        Self { path, catalogue: Catalogue::of(home), keys }
    }

    /// Reads a profile; letters count the same in either case.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none of that name.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: see [`format::read`].
    pub(crate) fn read(&self, name: &str) -> Result<ProfileData> {
        let file = self.file(name);
        match read_private(&file, FILE_BYTES)? {
            Some(bytes) => {
                let (catalogue, keys) = (self.catalogue.clone(), self.keys.clone());
                Ok(ProfileData { catalogue, keys, ..format::read(&bytes)? })
            }
            None => Err(not_found(name)),
        }
    }

    /// What tells a profile's file from one that took its place; `None` where there is none.
    pub(crate) fn stamp(&self, name: &str) -> Option<FileStamp> {
        let meta = fs::symlink_metadata(self.file(name)).ok()?;
        let changed = (meta.ctime(), meta.ctime_nsec());
        Some(FileStamp { device: meta.dev(), inode: meta.ino(), bytes: meta.len(), changed })
    }

    /// Puts a new profile into its place, whole.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name.
    pub(crate) fn create(&self, data: &ProfileData) -> Result<()> {
        let aside = Aside::write(&self.path, &format::write(data)?)?;
        aside.place_new(&self.file(&data.name))
    }

    /// Reads a profile, lets `change` work on it and replaces the file, while no other process can.
    ///
    /// # Errors
    /// Those of reading, of `change` and of writing; the file is then as before.
    pub(crate) fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut ProfileData) -> Result<T>,
    ) -> Result<(ProfileData, T)> {
        let _lock = self.lock(name)?;
        let mut data = self.read(name)?;
        let answer = change(&mut data)?;
        let aside = Aside::write(&self.path, &format::write(&data)?)?;
        aside.replace(&self.file(name))?;
        Ok((data, answer))
    }

    /// Gives a profile another name: the new file appears whole before the old one goes.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_COLLISION`.
    pub(crate) fn rename(&self, name: &str, new_name: &str) -> Result<()> {
        let _lock = self.lock(name)?;
        let mut data = self.read(name)?;
        data.name = new_name.to_owned();
        data.rename_to = None;
        let aside = Aside::write(&self.path, &format::write(&data)?)?;
        if self.file(name) == self.file(new_name) {
            return aside.replace(&self.file(new_name));
        }
        aside.place_new(&self.file(new_name))?;
        self.remove_files(name)
    }

    /// Removes a profile's file.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let _lock = self.lock(name)?;
        if !self.file(name).exists() {
            return Err(not_found(name));
        }
        self.remove_files(name)
    }

    fn remove_files(&self, name: &str) -> Result<()> {
        let file = self.file(name);
        fs::remove_file(&file).map_err(|error| disk_error("ProfAdmin::delete", &file, error))?;
        for beside in [self.beside(name, "lock"), self.beside(name, "use")] {
            remove_if_there(&beside)?;
        }
        sync_folder(&self.path)
    }

    /// The names of all profiles as their users wrote them, in order of the alphabet. Files that
    /// cannot be read are named by their file.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the folder cannot be read.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for stem in self.stems()? {
            match self.read(&stem) {
                Ok(data) if data.deleted => {}
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

    /// The names of profiles that wait to be deleted or renamed.
    ///
    /// # Errors
    /// As [`ProfileFolder::names`].
    pub(crate) fn deferred(&self) -> Result<Vec<String>> {
        let waits =
            |stem: &String| self.read(stem).is_ok_and(|data| data.deleted || data.rename_to.is_some());
        Ok(self.stems()?.into_iter().filter(waits).collect())
    }

    /// The names of the profile files without their ending; hidden files are something else.
    fn stems(&self) -> Result<Vec<String>> {
        let failed = |error| disk_error("ProfAdmin", &self.path, error);
        let mut stems = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            let stem = file.to_str().and_then(|file| file.strip_suffix(".json"));
            stems.extend(stem.filter(|stem| !stem.starts_with('.')).map(str::to_owned));
        }
        Ok(stems)
    }

    /// The name of the default profile.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: the file that names it is damaged.
    pub(crate) fn default_name(&self) -> Result<Option<String>> {
        const NAME_BYTES: u64 = 1024;
        let Some(bytes) = read_private(&self.path.join(DEFAULT), NAME_BYTES)? else { return Ok(None) };
        let name = String::from_utf8(bytes).ok().filter(|name| check_name(name, "ProfAdmin").is_ok());
        let damaged =
            || Error::new(ErrorCode::CORRUPT_DATA, "ProfAdmin", "the default profile's name is damaged");
        name.map(Some).ok_or_else(damaged)
    }

    /// Makes a profile the default, or none.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn set_default(&self, name: Option<&str>) -> Result<()> {
        let file = self.path.join(DEFAULT);
        match name {
            Some(name) => Aside::write(&self.path, name.as_bytes())?.replace(&file),
            None => {
                remove_if_there(&file)?;
                sync_folder(&self.path)
            }
        }
    }

    /// Makes a profile the default where there is none yet.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn set_first_default(&self, name: &str) -> Result<()> {
        match Aside::write(&self.path, name.as_bytes())?.place_new(&self.path.join(DEFAULT)) {
            Err(error) if error.code() == ErrorCode::COLLISION => Ok(()),
            other => other,
        }
    }

    /// Says, to all processes, that a session uses the profile; until the value is dropped.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the lock cannot be taken.
    pub(crate) fn use_by_session(&self, name: &str) -> Result<InUse> {
        let path = self.beside(name, "use");
        loop {
            let file = lock_file(&path)?;
            file.lock_shared().map_err(|error| disk_error("Session::logon", &path, error))?;
            if is_same_file(&file, &path) {
                return Ok(InUse { _file: file });
            }
        }
    }

    /// Keeps sessions of all processes from using the profile, until the value is dropped; `None`
    /// where one uses it already.
    ///
    /// # Errors
    /// As [`ProfileFolder::use_by_session`].
    pub(crate) fn claim(&self, name: &str) -> Result<Option<InUse>> {
        let path = self.beside(name, "use");
        let file = lock_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(InUse { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(disk_error("ProfAdmin", &path, error)),
        }
    }

    fn lock(&self, name: &str) -> Result<File> {
        lock(&self.beside(name, "lock"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{}.json", name.to_lowercase()))
    }

    fn beside(&self, name: &str, suffix: &str) -> PathBuf {
        self.path.join(format!(".{}.{suffix}", name.to_lowercase()))
    }
}

/// A lock on the use of a profile: shared by sessions, or held by who deletes or renames it.
#[derive(Debug)]
pub(crate) struct InUse {
    _file: File,
}

/// A file written and synced beside its place; removed again where it is not put there.
pub(super) struct Aside {
    path: PathBuf,
    folder: PathBuf,
    placed: bool,
}

impl Aside {
    pub(super) fn write(folder: &Path, bytes: &[u8]) -> Result<Self> {
        let path = folder.join(format!(".new-{}", uuid::Uuid::new_v4().simple()));
        let failed = |error| disk_error("Profile::write", &path, error);
        let mut file = private_options().create_new(true).open(&path).map_err(failed)?;
        let aside = Self { path: path.clone(), folder: folder.to_owned(), placed: false };
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(aside)
    }

    pub(super) fn replace(mut self, place: &Path) -> Result<()> {
        fs::rename(&self.path, place).map_err(|error| disk_error("Profile::write", place, error))?;
        self.placed = true;
        sync_folder(&self.folder)
    }

    fn place_new(mut self, place: &Path) -> Result<()> {
        match renameat_with(CWD, &self.path, CWD, place, RenameFlags::NOREPLACE) {
            Ok(()) => self.placed = true,
            // Not every file system knows the flag; a link fails the same way where one is there.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::hard_link(&self.path, place).map_err(|error| collision(place, error))?;
            }
            Err(error) => return Err(collision(place, error.into())),
        }
        sync_folder(&self.folder)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(%error, "a file written aside is left over");
        }
    }
}

fn collision(place: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        let detail = "there is a profile of that name";
        return Error::new(ErrorCode::COLLISION, "ProfAdmin::create", detail).with_source(error);
    }
    disk_error("ProfAdmin::create", place, error)
}

fn not_found(name: &str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "Profile::open", format!("there is no profile \"{name}\""))
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // The kernel's flag bits fit an i32 as open(2) takes them.
    options.write(true).mode(PRIVATE_FILE).custom_flags(OFlags::NOFOLLOW.bits() as i32);
    options
}

/// Keeps all processes from changing what the file of this name is the lock of, until the value is dropped.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the lock cannot be taken.
pub(super) fn lock(path: &Path) -> Result<File> {
    loop {
        let file = lock_file(path)?;
        file.lock().map_err(|error| disk_error("Profile::change", path, error))?;
        // The file may have been removed with its profile while this waited; a lock on what is
        // no longer there would protect nothing.
        if is_same_file(&file, path) {
            return Ok(file);
        }
    }
}

/// Opens a file whose lock is what counts; made where it is missing.
pub(crate) fn lock_file(path: &Path) -> Result<File> {
    let opened = private_options().create(true).truncate(false).open(path);
    opened.map_err(|error| disk_error("Profile::lock", path, error))
}

fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    }
}

/// Reads a file that nobody could have put in another's place; `None` where there is none.
fn read_private(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let failed = |error| disk_error("Profile::open", path, error);
    let mut options = OpenOptions::new();
    let file = match options.read(true).custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        let detail = format!("{} is larger than {most} bytes", path.display());
        return Err(Error::new(ErrorCode::CORRUPT_DATA, "Profile::open", detail));
    }
    Ok(Some(bytes))
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(disk_error("ProfAdmin::delete", path, error))
        }
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|error| disk_error("Profile::write", path, error))
}
