//! What a file or folder has to be before it is used, and the words of what it is instead.

use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{AtFlags, CWD, FileType, Stat, statat};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// Everybody may write.
const WRITABLE_BY_ALL: u32 = 0o002;
/// In the folder everybody may remove but his own files.
const STICKY: u32 = 0o1000;

/// Looks at a file that is about to be opened by its path; false where there is nothing of that name.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: it is a link, a pipe or a folder, has a second name, or belongs to somebody
///   else.
pub fn check_file(path: &Path) -> Result<bool> {
    match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => file(&stat, path).map(|()| true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(disk_error("Files::open", path, error.into())),
    }
}

/// What a failing file operation answers.
pub fn disk_error(call: &'static str, path: &Path, error: io::Error) -> Error {
    use io::ErrorKind as Kind;
    let code = match error.kind() {
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::IsADirectory | Kind::NotADirectory => {
            ErrorCode::NO_ACCESS
        }
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => ErrorCode::NOT_ENOUGH_DISK,
        Kind::NotFound => ErrorCode::NOT_FOUND,
        Kind::AlreadyExists => ErrorCode::COLLISION,
        // A link where none is followed, or a pipe that nobody reads.
        _ if [Errno::LOOP, Errno::NXIO]
            .iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) =>
        {
            ErrorCode::NO_ACCESS
        }
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, call, format!("{}: {error}", path.display())).with_source(error)
}

/// A file has to be one, with one name, of this user.
pub(crate) fn file(stat: &Stat, path: &Path) -> Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Symlink => return refused(path, "is a link, which is never followed: remove it"),
        FileType::Directory => return refused(path, "is a folder where a file has to be: move it away"),
        _ => return refused(path, "is a pipe, a socket or a device where a file has to be: remove it"),
    }
    own(stat, path)?;
    if stat.st_nlink > 1 {
        return refused(path, "has a second name (a hard link): remove one of the two");
    }
    Ok(())
}

/// A folder has to be one, of this user, in which others cannot put something in a file's place.
pub(crate) fn folder(stat: &Stat, path: &Path) -> Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => {}
        FileType::Symlink => return refused(path, "is a link where a folder has to be: remove it"),
        _ => return refused(path, "is not a folder: move it away"),
    }
    own(stat, path)?;
    if stat.st_mode & WRITABLE_BY_ALL != 0 && stat.st_mode & STICKY == 0 {
        return refused(path, "can be written to by everybody: look at what is in it, then `chmod 700` it");
    }
    Ok(())
}

/// A link that leads to the root of a home has to be of this user, or of the system's.
pub(crate) fn root_link(stat: &Stat, path: &Path) -> Result<()> {
    if stat.st_uid == 0 { Ok(()) } else { own(stat, path) }
}

fn own(stat: &Stat, path: &Path) -> Result<()> {
    let me = rustix::process::geteuid().as_raw();
    if stat.st_uid == me {
        return Ok(());
    }
    let detail =
        format!("belongs to another user ({} and not {me}): `chown` it, or move it away", stat.st_uid);
    refused(path, &detail)
}

pub(crate) fn refused<T>(path: &Path, why: &str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_ACCESS, "Files::open", format!("{} {why}", path.display())))
}
