//! Whether the spooler that locked messages of a store still lives.
//!
//! The kernel takes the lock of its lease back however it ends, so a lock in the store that nobody's
//! lease stands behind is what a killed spooler has left. Who takes the lease is the spooler's business.

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::path::Path;

/// True where somebody holds the lease. Where there is no file of that name nobody goes by leases, and
/// what is locked is locked.
pub(crate) fn is_held(lease: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let Ok(file) = open(lease, flags, Mode::empty()) else { return true };
    // The lock goes with the file at the end of this function; a spooler that comes just then waits for
    // its next try.
    flock(&file, FlockOperation::NonBlockingLockShared).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_lease_is_held_by_whoever_has_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.spooler");
        assert!(is_held(&path), "nobody goes by leases");
        let file = File::create(&path).unwrap();
        assert!(!is_held(&path));
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        assert!(is_held(&path) && is_held(&path));
        drop(file);
        assert!(!is_held(&path));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(is_held(&link), "a link is not followed");
    }
}
