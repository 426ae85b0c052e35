//! `KeyFile`: a keeper whose key is a file for its owner alone, in a folder apart from the profiles.
//!
//! It protects a profile that is copied without its key, and nothing else: whoever may read both files can
//! read the secrets. So the file is taken for a key only where nobody else could have put it there or read
//! it: owner, mode, kind and number of names are checked at each opening, and no link is followed.

use crate::keeper::{KEY_BYTES, KeptBy, Key, KeyId, KeyKeeper};
use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key's file.
const NAME: &str = "vault.key";
/// A new key's file until it is whole.
const NEW: &str = ".vault.key.new";
/// What the file begins with: what it is, and its form's version.
const MAGIC: [u8; 8] = *b"OMAPIKY1";
/// Octets of the file: what it is, which key, the key.
const FILE_BYTES: usize = 8 + 8 + KEY_BYTES;
const CALL: &str = "KeyFile";

/// A key in a file.
#[derive(Clone, Debug)]
pub struct KeyFile {
    folder: PathBuf,
}

impl KeyFile {
    /// The key file of this folder. Neither is made before a key is needed.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn refused(&self, name: &str, why: &str) -> Error {
        let detail = format!("{} {why}", self.folder.join(name).display());
        Error::new(ErrorCode::NO_ACCESS, CALL, detail)
    }

    fn failed(&self, name: &str, error: impl Into<io::Error>) -> Error {
        let error = error.into();
        let code = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::NOT_ENOUGH_DISK,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorCode::NO_ACCESS,
            _ => ErrorCode::DISK_ERROR,
        };
        Error::new(code, CALL, format!("{}: {error}", self.folder.join(name).display())).with_source(error)
    }

    /// The folder, which is this user's alone; `None` where there is none.
    fn folder(&self) -> Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match rustix::fs::open(&self.folder, flags, Mode::empty()) {
            Ok(folder) => File::from(folder),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(self.refused("", "is a symbolic link or no folder"));
            }
            Err(error) => return Err(self.failed("", error)),
        };
        let stat = rustix::fs::fstat(&folder).map_err(|error| self.failed("", error))?;
        self.check_owner("", &stat)?;
        Ok(Some(folder))
    }

    fn folder_or_new(&self) -> Result<File> {
        match DirBuilder::new().recursive(true).mode(0o700).create(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(self.failed("", error)),
            _ => self.folder()?.ok_or_else(|| self.failed("", Errno::NOENT)),
        }
    }

    fn check_owner(&self, name: &str, stat: &Stat) -> Result<()> {
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(self.refused(name, "belongs to another user"));
        }
        if stat.st_mode & 0o077 != 0 {
            return Err(self.refused(name, "is open to other users"));
        }
        Ok(())
    }

    fn read(&self, folder: &File) -> Result<Option<Key>> {
        // A pipe in its place must not keep whoever opens it waiting.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(folder, NAME, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(self.refused(NAME, "is a symbolic link")),
            Err(error) => return Err(self.failed(NAME, error)),
        };
        let stat = rustix::fs::fstat(&file).map_err(|error| self.failed(NAME, error))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(self.refused(NAME, "is no file"));
        }
        self.check_owner(NAME, &stat)?;
        if stat.st_nlink != 1 {
            return Err(self.refused(NAME, "has another name as well"));
        }
        // One octet more than a key, so that a longer file is seen.
        let mut bytes = Zeroizing::new([0; FILE_BYTES + 1]);
        let length = read_up_to(file, &mut *bytes).map_err(|error| self.failed(NAME, error))?;
        let key = bytes.get(..length).and_then(parse);
        key.map(Some).ok_or_else(|| self.refused(NAME, "is no key"))
    }

    /// Puts a key into its place, whole; the caller holds the folder's lock.
    fn write(&self, folder: &File, key: &Key) -> Result<()> {
        // Left over where a process ended between the two names; nobody reads it.
        match rustix::fs::unlinkat(folder, NEW, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(self.failed(NEW, error)),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(folder, NEW, flags, mode).map_err(|error| self.failed(NEW, error))?;
        let mut file = File::from(file);
        let bytes = Zeroizing::new([MAGIC.as_slice(), &key.id, &*key.bytes].concat());
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| self.failed(NEW, error))?;
        rustix::fs::renameat(folder, NEW, folder, NAME).map_err(|error| self.failed(NAME, error))?;
        folder.sync_all().map_err(|error| self.failed(NAME, error))
    }
}

impl KeyKeeper for KeyFile {
    fn kind(&self) -> KeptBy {
        KeptBy::File
    }

    fn is_present(&self) -> bool {
        true
    }

    fn key(&self, id: KeyId) -> Result<Option<Key>> {
        let Some(folder) = self.folder()? else { return Ok(None) };
        Ok(self.read(&folder)?.filter(|key| key.id == id))
    }

    fn key_or_new(&self) -> Result<Key> {
        let folder = self.folder_or_new()?;
        // Ends with the folder's handle. Of several who find no key, one makes it.
        folder.lock().map_err(|error| self.failed("", error))?;
        if let Some(key) = self.read(&folder)? {
            return Ok(key);
        }
        let key = Key::generate()?;
        self.write(&folder, &key)?;
        Ok(key)
    }
}

fn parse(bytes: &[u8]) -> Option<Key> {
    let (id, key) = bytes.strip_prefix(&MAGIC)?.split_first_chunk()?;
    Some(Key { id: *id, bytes: Zeroizing::new(key.try_into().ok()?) })
}

fn read_up_to(mut file: File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            // No more than the rest was read.
            Ok(count) => length = length.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
