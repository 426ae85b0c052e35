//! Who is at work on a store's queue: the process that holds the lock of the file beside the store.
//!
//! The kernel's list of locks is read and nothing is locked, so that looking never gets in the way of a
//! spooler. How the lock is taken is `mapi-spooler`'s.

use mapi_spi::spooler::lease_of;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The list of all locks of files.
const LOCKS: &str = "/proc/locks";

/// The process that sends from the store in this file now; `None` where none does, or the kernel does
/// not say.
pub(crate) fn sender(store: &Path) -> Option<u32> {
    locker(&lease_of(store))
}

/// The process that has this file locked for itself; `None` where none has, or the kernel does not say.
pub(crate) fn locker(file: &Path) -> Option<u32> {
    let found = fs::symlink_metadata(file).ok()?;
    holder(&fs::read_to_string(LOCKS).ok()?, found.dev(), found.ino())
}

/// The process that has a whole file locked for itself: lines are
/// `number: FLOCK ADVISORY WRITE pid major:minor:inode start end`.
fn holder(locks: &str, device: u64, inode: u64) -> Option<u32> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let file = format!("{major:02x}:{minor:02x}:{inode}");
    let mut found = locks.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [_, "FLOCK", _, "WRITE", pid, place, ..] if place == file => pid.parse().ok(),
            _ => None,
        }
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_found_by_the_file() {
        let device = rustix::fs::makedev(8, 1);
        let locks = "1: POSIX  ADVISORY  WRITE 7 08:01:55 0 EOF\n\
                     2: FLOCK  ADVISORY  READ 8 08:01:55 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 9 08:01:56 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 10 08:01:55 0 EOF\n\
                     4: -> FLOCK  ADVISORY  WRITE 11 08:01:55 0 EOF\nx\n";
        assert_eq!(holder(locks, device, 55), Some(10));
        assert_eq!(holder(locks, device, 54), None);
        assert_eq!(holder(locks, rustix::fs::makedev(8, 2), 55), None);
        assert_eq!(holder("", device, 55), None);
    }

    #[test]
    fn a_lock_that_is_held_is_seen_and_one_that_is_given_up_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("mail.store");
        let lease = fs::File::create(folder.path().join("mail.store.spooler")).unwrap();
        assert_eq!(sender(&store), None);
        lease.lock().unwrap();
        let seen = sender(&store);
        // Some file systems and sandboxes keep their locks to themselves.
        if seen.is_none() {
            return mapi_testkit::skipped("the kernel does not list this lock");
        }
        assert_eq!(seen, Some(std::process::id()));
        lease.unlock().unwrap();
        assert_eq!(sender(&store), None);
    }
}
