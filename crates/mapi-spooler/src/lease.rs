//! Who empties a queue: the one that holds the lock of a file, in whatever process.
//!
//! The kernel takes the lock back when a process ends, however it ends, so nobody has to judge
//! whether the holder is still alive. Not the lock of a single message: that is the store's.

use rustix::fs::AtFlags;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, Stat, flock, fstat, openat, statat};
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// The lease of a queue, held until it is dropped.
#[derive(Debug)]
pub struct Lease {
    file: OwnedFd,
    path: PathBuf,
}

impl Lease {
    /// Takes the lease, or answers `None` where somebody else has it. The file is made if it is not
    /// there, for its owner alone; its folder has to be there.
    ///
    /// # Errors
    /// Those of opening and locking the file; what is no file of this user's alone is refused.
    pub fn acquire(path: &Path) -> io::Result<Option<Self>> {
        mapi_files::check_file(path)
            .map_err(|error| io::Error::new(io::ErrorKind::PermissionDenied, error.detail().to_owned()))?;
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(CWD, path, flags, Mode::RUSR | Mode::WUSR)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let lease = Self { file, path: path.to_owned() };
        // Between opening and locking somebody may have put another file in its place: the lock of
        // a file that nobody else will find is worth nothing.
        Ok(lease.is_current().then_some(lease))
    }

    /// True while the locked file is the one that others find under its path.
    pub fn is_current(&self) -> bool {
        let same = |own: Stat, found: Stat| (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino);
        match (fstat(&self.file), statat(CWD, &self.path, AtFlags::SYMLINK_NOFOLLOW)) {
            (Ok(own), Ok(found)) => same(own, found),
            _ => false,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Closing alone would leave the lock with a child that was forked meanwhile. The file stays:
        // removing it would let two hold a lease of one name.
        if let Err(error) = flock(&self.file, FlockOperation::Unlock) {
            tracing::warn!(%error, "the lease of the queue could not be unlocked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn one_holds_the_lease_and_the_next_gets_it_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.lock");
        let first = Lease::acquire(&path).unwrap().unwrap();
        assert!(first.is_current());
        assert!(Lease::acquire(&path).unwrap().is_none());
        drop(first);
        assert!(Lease::acquire(&path).unwrap().is_some());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_link_in_the_place_of_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("queue.lock"));
        symlink(&target, &path).unwrap();
        assert!(Lease::acquire(&path).is_err());
        assert!(!target.exists(), "the link was followed");
    }

    #[test]
    fn a_lease_whose_file_was_replaced_is_no_lease() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.lock");
        let lease = Lease::acquire(&path).unwrap().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!lease.is_current());
        let other = Lease::acquire(&path).unwrap().unwrap();
        assert!(other.is_current() && !lease.is_current());
    }
}
