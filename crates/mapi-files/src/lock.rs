//! `Locked`: the lock of a file, which the kernel takes back when its process ends, however it ends.

use crate::PrivateFolder;
use crate::check::disk_error;
use mapi_defs::Result;
use rustix::fs::{AtFlags, OFlags, fstat, statat};
use rustix::io::Errno;
use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

/// The first and the longest wait between two looks at a lock of somebody else.
const WAITS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(10));

/// What a lock keeps out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// Those who want it alone.
    Shared,
    /// Everybody.
    Alone,
}

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Locked {
    file: File,
}

impl PrivateFolder {
    /// Takes the lock of a file, which is made where it is missing; `None` where others kept it for
    /// as long as `patience`.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: it is no file of this user's alone; see [`crate::check_file`].
    /// - `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: it cannot be made or locked.
    pub fn lock(&self, name: &str, lock: Lock, patience: Duration) -> Result<Option<Locked>> {
        let (mut wait, mut waited) = (WAITS.0, Duration::ZERO);
        loop {
            let file = self.lock_file(name)?;
            let taken = match lock {
                Lock::Shared => file.try_lock_shared(),
                Lock::Alone => file.try_lock(),
            };
            match taken {
                // It may have been removed by who held it: the lock of what nobody else finds under
                // its name protects nothing.
                Ok(()) if self.is_here(&file, name) => return Ok(Some(Locked { file })),
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) if waited >= patience => return Ok(None),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(disk_error("Files::lock", &self.path().join(name), error));
                }
            }
            thread::sleep(wait);
            waited += wait;
            wait = (wait * 2).min(WAITS.1);
        }
    }

    /// Opens a file whose lock is what counts; made where it is missing.
    ///
    /// # Errors
    /// Those of [`PrivateFolder::lock`].
    pub fn lock_file(&self, name: &str) -> Result<File> {
        let file = self.file(name, OFlags::RDWR | OFlags::CREATE)?;
        file.ok_or_else(|| self.failed("Files::lock", name, Errno::NOENT))
    }

    /// Takes the lock of a file that is there and that nobody has.
    pub fn lock_left(&self, name: &str) -> Option<Locked> {
        let file = self.file(name, OFlags::RDWR).ok()??;
        (file.try_lock().is_ok() && self.is_here(&file, name)).then_some(Locked { file })
    }

    /// True where an open file is the one that others find under the name.
    pub(crate) fn is_here(&self, file: &File, name: &str) -> bool {
        match (fstat(file), statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)) {
            (Ok(held), Ok(found)) => (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino),
            _ => false,
        }
    }
}

impl Locked {
    /// True while the locked file is the one that others find under the name.
    pub fn is_current(&self, folder: &PrivateFolder, name: &str) -> bool {
        folder.is_here(&self.file, name)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing alone would leave the lock with a child that is being started.
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "a lock goes with its file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_a_lock_alone_or_several_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let own = PrivateFolder::make(&folder.path().join("own")).unwrap();
        let take = |lock| own.lock("l", lock, Duration::from_millis(1)).unwrap();
        let alone = take(Lock::Alone).unwrap();
        assert!(take(Lock::Alone).is_none() && take(Lock::Shared).is_none());
        drop(alone);
        let (one, two) = (take(Lock::Shared).unwrap(), take(Lock::Shared).unwrap());
        assert!(take(Lock::Alone).is_none());
        drop((one, two));
        let removed = take(Lock::Alone).unwrap();
        own.remove("l").unwrap();
        assert!(!removed.is_current(&own, "l"));
        assert!(own.lock_left("l").is_none(), "none is made");
        assert!(take(Lock::Alone).is_some(), "a removed file's lock keeps nobody out");
        assert!(own.lock_left("l").is_some());
    }
}
