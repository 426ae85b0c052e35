//! `PrivateFolder`: an open folder of this user, in which files are read, written aside and removed.
//!
//! Everything in it is reached from the open folder and never by a path that somebody may have bent
//! meanwhile. Writing is `aside.rs`, locking `lock.rs`, what is refused `check.rs`.

use crate::check::{self, disk_error};
use crate::{PRIVATE_FILE, PRIVATE_FOLDER};
use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, ResolveFlags, Stat};
use rustix::fs::{
    RenameFlags, fchmod, fstat, fsync, mkdirat, openat, openat2, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What a file of ours usually fits in.
const USUAL_BYTES: usize = 8 * 1024;

/// An open folder of this user.
#[derive(Debug)]
pub struct PrivateFolder {
    pub(crate) fd: OwnedFd,
    path: PathBuf,
}

/// A file as it was at one moment, by what the file system says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds of the last change.
    changed: (i64, i64),
}

/// The folder that a user names as the root of what is his, made where it is missing.
///
/// A link there is followed, once and now, as long as it is the user's own or the system's; below the
/// root no link is followed at all.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: a link of somebody else, or one to nothing; no folder, one of somebody else,
///   or one that everybody may write to; or it cannot be made.
pub fn resolve_root(path: &Path) -> Result<PathBuf> {
    let failed = |error| disk_error("Files::open", path, error);
    let path = std::path::absolute(path).map_err(failed)?;
    match statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink() => {
            check::root_link(&stat, &path)?;
        }
        Ok(_) => {}
        Err(Errno::NOENT) => make_all(&path)?,
        Err(error) => return Err(failed(error.into())),
    }
    let root = std::fs::canonicalize(&path).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            check::refused(&path, "is a link to nothing: make the folder it names")
        }
        _ => Err(failed(error)),
    })?;
    PrivateFolder::open(&root)?;
    Ok(root)
}

impl PrivateFolder {
    /// Opens a folder by its path, on which there is no link.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: there is a link on the path, it is no folder, belongs to somebody else, or
    ///   everybody may write to it.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let straight = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = match retry_on_intr(|| openat2(CWD, path, flags, Mode::empty(), straight)) {
            // A kernel before 5.6, or one that is told to refuse the call, checks the last part alone.
            Err(Errno::NOSYS | Errno::PERM) => retry_on_intr(|| openat(CWD, path, flags, Mode::empty())),
            other => other,
        };
        let fd = match opened {
            Ok(fd) => fd,
            Err(Errno::LOOP | Errno::NOTDIR) => {
                if let Ok(stat) = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
                    check::folder(&stat, path)?;
                }
                return check::refused(path, "has a link on the way to it: name the folder itself");
            }
            Err(error) => return Err(disk_error("Files::open", path, error.into())),
        };
        check::folder(&fstat(&fd).map_err(|error| disk_error("Files::open", path, error.into()))?, path)?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a folder that a user names for a file of his: whatever links lead there, and whoever's it is.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: it is no folder, or cannot be read.
    pub fn open_named(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))
            .map_err(|error| disk_error("Files::open", path, error.into()))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a folder that is for its owner alone, and makes it so; makes it where it is missing.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: see [`PrivateFolder::open`].
    /// - `MAPI_E_NOT_ENOUGH_DISK`: it cannot be made.
    pub fn make(path: &Path) -> Result<Self> {
        let folder = match Self::open(path) {
            Err(error) if error.code() == ErrorCode::NOT_FOUND => {
                make_all(path)?;
                Self::open(path)?
            }
            other => other?,
        };
        let failed = |error: Errno| disk_error("Files::make", path, error.into());
        if fstat(&folder.fd).map_err(failed)?.st_mode & 0o077 != 0 {
            fchmod(&folder.fd, Mode::from_raw_mode(PRIVATE_FOLDER)).map_err(failed)?;
        }
        Ok(folder)
    }

    /// Makes a folder in this one for its owner alone; false where there is something of that name.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`: it cannot be made.
    pub fn make_folder(&self, name: &str) -> Result<bool> {
        match mkdirat(&self.fd, name, Mode::from_raw_mode(PRIVATE_FOLDER)) {
            Ok(()) => self.sync().map(|()| true).inspect_err(|_| {
                if let Err(error) = unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
                    tracing::debug!(%error, "a folder that could not be synced stays");
                }
            }),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(self.failed("Files::make", name, error)),
        }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file of at most `most` bytes; `None` where there is none.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: it is no file of this user's alone; see [`crate::check_file`].
    /// - `MAPI_E_CORRUPT_DATA`: it is larger.
    pub fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(file) = self.file(name, OFlags::RDONLY)? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        file.take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| disk_error("Files::read", &self.path.join(name), error))?;
        if bytes.len() as u64 > most {
            let detail = format!("{} is larger than {most} bytes", self.path.join(name).display());
            return Err(Error::new(ErrorCode::CORRUPT_DATA, "Files::read", detail));
        }
        Ok(Some(bytes))
    }

    /// What tells a file from one that took its place; `None` where there is none.
    pub fn stamp(&self, name: &str) -> Option<FileStamp> {
        let stat = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileStamp {
            device: stat.st_dev,
            inode: stat.st_ino,
            bytes: stat.st_size.cast_unsigned(),
            changed: (stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
        })
    }

    /// Removes a file, or whatever lies under its name and is no folder; false where there is nothing.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<bool> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.failed("Files::remove", name, error)),
        }
    }

    /// Gives a file another name that nothing has yet.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is no such file.
    /// - `MAPI_E_COLLISION`: there is something of the new name.
    pub fn rename_new(&self, name: &str, new_name: &str) -> Result<()> {
        let renamed = match renameat_with(&self.fd, name, &self.fd, new_name, RenameFlags::NOREPLACE) {
            // Not every file system knows the flag; callers hold a lock that keeps the name free.
            Err(Errno::INVAL | Errno::NOSYS) if self.stamp(new_name).is_none() => {
                renameat(&self.fd, name, &self.fd, new_name)
            }
            other => other,
        };
        renamed.map_err(|error| self.failed("Files::rename", new_name, error))?;
        self.sync()
    }

    /// The names of what is in it, in no order; names that are not UTF-8 are nobody's here.
    ///
    /// # Errors
    /// - `MAPI_E_DISK_ERROR`: it cannot be read.
    pub fn names(&self) -> Result<Vec<String>> {
        let failed = |error: Errno| disk_error("Files::names", &self.path, error.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let name = OsString::from_vec(entry.map_err(failed)?.file_name().to_bytes().to_vec());
            names.extend(name.into_string().ok().filter(|name| name != "." && name != ".."));
        }
        Ok(names)
    }

    /// Waits until its names are on the disk.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: they are not.
    pub fn sync(&self) -> Result<()> {
        retry_on_intr(|| fsync(&self.fd)).map_err(|error| disk_error("Files::sync", &self.path, error.into()))
    }

    /// Opens a file of this user's alone; `None` where there is none.
    pub(crate) fn file(&self, name: &str, access: OFlags) -> Result<Option<File>> {
        // Without NONBLOCK the opening of a pipe would wait for its other end.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(PRIVATE_FILE);
        let fd = match retry_on_intr(|| openat(&self.fd, name, flags, mode)) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => {
                // What is there says better than the error what is wrong with it.
                crate::check_file(&self.path.join(name))?;
                return Err(self.failed("Files::open", name, error));
            }
        };
        check::file(&self.stat(&fd, name)?, &self.path.join(name))?;
        Ok(Some(File::from(fd)))
    }

    fn stat(&self, fd: &OwnedFd, name: &str) -> Result<Stat> {
        fstat(fd).map_err(|error| self.failed("Files::open", name, error))
    }

    pub(crate) fn failed(&self, call: &'static str, name: &str, error: Errno) -> Error {
        disk_error(call, &self.path.join(name), error.into())
    }
}

fn make_all(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_FOLDER)
        .create(path)
        .map_err(|error| disk_error("Files::make", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn code<T>(result: Result<T>) -> ErrorCode {
        result.map(drop).unwrap_err().code()
    }

    #[test]
    fn what_is_no_file_of_ones_own_is_refused_by_name_and_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let own = PrivateFolder::make(&folder.path().join("own")).unwrap();
        let path = |name: &str| own.path().join(name);
        fs::write(path("file"), "seven").unwrap();
        assert_eq!(own.read("file", 5).unwrap().unwrap(), b"seven");
        assert_eq!(code(own.read("file", 4)), ErrorCode::CORRUPT_DATA);
        assert_eq!(own.read("nothing", 5).unwrap(), None);
        fs::hard_link(path("file"), path("second")).unwrap();
        symlink(path("file"), path("link")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        let pipe = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(CWD, path("pipe"), pipe, Mode::from_raw_mode(0o600), 0).unwrap();
        for name in ["second", "link", "dangling", "folder", "pipe"] {
            let error = own.read(name, 100).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NO_ACCESS, "{name}: {error}");
            assert!(error.to_string().contains(path(name).to_str().unwrap()), "{error}");
            assert_eq!(code(crate::check_file(&path(name))), ErrorCode::NO_ACCESS);
        }
    }

    #[test]
    fn a_link_is_followed_to_the_root_alone_and_only_ones_own() {
        let folder = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(folder.path()).unwrap();
        let real = base.join("real");
        fs::create_dir(&real).unwrap();
        symlink(&real, base.join("link")).unwrap();
        assert_eq!(resolve_root(&base.join("link")).unwrap(), real);
        assert_eq!(code(PrivateFolder::open(&base.join("link"))), ErrorCode::NO_ACCESS);
        fs::create_dir(real.join("below")).unwrap();
        assert_eq!(code(PrivateFolder::open(&base.join("link/below"))), ErrorCode::NO_ACCESS);
        symlink("nowhere", base.join("dangling")).unwrap();
        let error = resolve_root(&base.join("dangling")).unwrap_err();
        assert!(error.to_string().contains("a link to nothing"), "{error}");
        assert!(!base.join("nowhere").exists());
        assert_eq!(resolve_root(&base.join("new/home")).unwrap(), base.join("new/home"));
    }

    #[test]
    fn a_folder_is_closed_to_others_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(folder.path()).unwrap().join("a/b");
        let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
        PrivateFolder::make(&path).unwrap();
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        PrivateFolder::make(&path).unwrap();
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(code(PrivateFolder::make(&path)), ErrorCode::NO_ACCESS);
    }
}
