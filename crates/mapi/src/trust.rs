//! Which files are believed: those that name or are code which runs in every program of the user.
//!
//! Such a file is a plain one of the user's or of root's that nobody else can write to, and so is every
//! folder above a library. What is for the user alone, as all files of a home are, is `mapi-files`'s.

use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The user who may write what everybody reads.
const ROOT: u32 = 0;
/// Others than the owner may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In such a folder nobody can take away what is another's.
const STICKY: u32 = 0o1000;

/// Opens a file for reading where it is believed. A pipe in its place does not stop the program.
///
/// # Errors
/// `PermissionDenied` where others own or can write it, `InvalidInput` where it is no plain file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // The kernel's flag bits fit an i32 as open(2) takes them.
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
    }
    check(Kind::File, &Rights::of(&found))?;
    Ok(file)
}

/// Checks every folder above a file, whose path has no links.
///
/// # Errors
/// `PermissionDenied` where others could put something else in the file's place.
pub(crate) fn check_folders_above(path: &Path) -> io::Result<()> {
    for folder in path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        let found = folder.symlink_metadata()?;
        check(Kind::Folder, &Rights::of(&found)).map_err(|error| {
            io::Error::new(error.kind(), format!("the folder {}: {error}", folder.display()))
        })?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

/// Who may do what to a file, and who asks.
struct Rights {
    owner: u32,
    mode: u32,
    user: u32,
}

impl Rights {
    fn of(found: &Metadata) -> Self {
        Self { owner: found.uid(), mode: found.mode(), user: rustix::process::geteuid().as_raw() }
    }
}

fn check(kind: Kind, rights: &Rights) -> io::Result<()> {
    let denied = |detail| Err(io::Error::new(io::ErrorKind::PermissionDenied, detail));
    if rights.owner != ROOT && rights.owner != rights.user {
        return denied("it belongs to another user");
    }
    let is_sticky_folder = kind == Kind::Folder && rights.mode & STICKY != 0;
    if rights.mode & WRITABLE_BY_OTHERS != 0 && !is_sticky_folder {
        return denied("others than its owner can write to it (chmod go-w)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_user_or_root_alone_can_write_is_believed() {
        let is_believed = |kind, owner, mode| check(kind, &Rights { owner, mode, user: 1000 }).is_ok();
        for (kind, owner, mode, expected) in [
            (Kind::File, 1000, 0o100_644, true),
            (Kind::File, 0, 0o100_755, true),
            (Kind::File, 1001, 0o100_644, false),
            (Kind::File, 1000, 0o100_664, false),
            (Kind::File, 0, 0o100_646, false),
            (Kind::File, 1000, 0o101_666, false),
            (Kind::Folder, 1000, 0o040_700, true),
            (Kind::Folder, 0, 0o041_777, true),
            (Kind::Folder, 0, 0o040_777, false),
            (Kind::Folder, 1001, 0o040_755, false),
        ] {
            assert_eq!(is_believed(kind, owner, mode), expected, "{owner} {mode:o}");
        }
    }
}
