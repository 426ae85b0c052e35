//! `Aside`: a file written and synced beside its place, and put there in one step.
//!
//! Whoever reads finds the old file or the new one, whole. The file is locked as long as its writer
//! lives, so that what a killed writer left can be told from what is still being written.

use crate::PrivateFolder;
use crate::check::disk_error;
use mapi_defs::{Error, ErrorCode, Result};
use rustix::fs::{AtFlags, OFlags, RenameFlags, linkat, renameat, renameat_with};
use rustix::io::Errno;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::PathBuf;

/// How the names of files begin that are not in their place yet.
const PREFIX: &str = ".new-";

/// A file beside its place; removed again where it is not put there.
#[derive(Debug)]
pub struct Aside<'a> {
    folder: &'a PrivateFolder,
    file: File,
    name: String,
    placed: bool,
}

impl PrivateFolder {
    /// Makes an empty file under a name that nobody knows, for its owner alone.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`.
    pub fn aside(&self) -> Result<Aside<'_>> {
        loop {
            let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            let made = self.file(&name, flags)?;
            let file = made.ok_or_else(|| self.failed("Files::write", &name, Errno::NOENT))?;
            let aside = Aside { folder: self, file, name, placed: false };
            match aside.file.try_lock() {
                // Before the lock it may have been taken for a dead writer's, and removed.
                Ok(()) if self.is_here(&aside.file, &aside.name) => return Ok(aside),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(disk_error("Files::write", &aside.path(), error));
                }
            }
        }
    }

    /// Writes a file aside and waits until it is on the disk.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: nothing is left of it.
    pub fn write_aside(&self, bytes: &[u8]) -> Result<Aside<'_>> {
        let aside = self.aside()?;
        let mut file = &aside.file;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(|error| disk_error("Files::write", &aside.path(), error))?;
        Ok(aside)
    }

    /// Removes what killed writers left aside, with what they made under the same name and an ending.
    /// What cannot be removed is left: it is in nobody's way.
    ///
    /// # Errors
    /// - `MAPI_E_DISK_ERROR`: the folder cannot be read.
    pub fn remove_left_aside(&self) -> Result<()> {
        let names = self.names()?;
        for mark in names.iter().filter(|name| is_mark(name)) {
            let Some(_left) = self.lock_left(mark) else { continue };
            let of_it = names.iter().filter(|name| name.strip_prefix(mark.as_str()).is_some_and(is_ending));
            // The mark goes last, so that it is still there for the next where this one is killed.
            for name in of_it.chain([mark]) {
                if let Err(error) = self.remove(name) {
                    tracing::debug!(%error, "a file left aside stays");
                }
            }
        }
        Ok(())
    }
}

/// True for a name as [`PrivateFolder::aside`] makes them, and nobody else by chance.
fn is_mark(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_ending(text: &str) -> bool {
    text.starts_with(['.', '-'])
}

impl Aside<'_> {
    /// The name it has now.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is now.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Puts it into a place, whatever is there; a folder is not replaced.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`.
    pub fn replace(mut self, name: &str) -> Result<()> {
        #[cfg(feature = "seeded-fault-in-place")]
        if self.folder.stamp(name).is_some() {
            return self.write_in_place(name);
        }
        renameat(&self.folder.fd, &self.name, &self.folder.fd, name)
            .map_err(|error| self.folder.failed("Files::write", name, error))?;
        self.placed = true;
        self.folder.sync()
    }

    /// Puts it into a place where there is nothing.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is something; it is untouched.
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`.
    pub fn place_new(mut self, name: &str) -> Result<()> {
        let fd = &self.folder.fd;
        let collision = |error| match error {
            Errno::EXIST => {
                let detail = format!("{} is there already", self.folder.path().join(name).display());
                Error::new(ErrorCode::COLLISION, "Files::write", detail)
            }
            error => self.folder.failed("Files::write", name, error),
        };
        match renameat_with(fd, &self.name, fd, name, RenameFlags::NOREPLACE) {
            Ok(()) => self.placed = true,
            // Not every file system knows the flag; a link fails the same way where one is there, and
            // the first name goes with this value.
            Err(Errno::INVAL | Errno::NOSYS) => {
                linkat(fd, &self.name, fd, name, AtFlags::empty()).map_err(collision)?;
            }
            Err(error) => return Err(collision(error)),
        }
        self.folder.sync().inspect_err(|_| {
            // Who is told that it failed finds nothing in the place.
            if let Err(error) = self.folder.remove(name) {
                tracing::warn!(%error, "a file that could not be synced is in its place");
            }
        })
    }

    #[cfg(feature = "seeded-fault-in-place")]
    fn write_in_place(&self, name: &str) -> Result<()> {
        let path = self.folder.path().join(name);
        let failed = |error| disk_error("Files::write", &path, error);
        let bytes = std::fs::read(self.path()).map_err(failed)?;
        std::fs::write(&path, bytes).map_err(failed)?;
        self.folder.sync()
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = self.folder.remove(&self.name)
        {
            tracing::debug!(%error, "a file written aside is left over");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_or_placed_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let own = PrivateFolder::make(&folder.path().join("own")).unwrap();
        own.write_aside(b"one").unwrap().place_new("a").unwrap();
        let collision = own.write_aside(b"two").unwrap().place_new("a").unwrap_err();
        assert_eq!(collision.code(), ErrorCode::COLLISION);
        assert_eq!(own.read("a", 10).unwrap().unwrap(), b"one");
        own.write_aside(b"two").unwrap().replace("a").unwrap();
        assert_eq!(own.read("a", 10).unwrap().unwrap(), b"two");
        assert_eq!(fs::metadata(own.path().join("a")).unwrap().mode() & 0o7777, 0o600);
        drop(own.write_aside(b"never").unwrap());
        assert_eq!(own.names().unwrap(), ["a"], "nothing is left aside");
    }

    #[test]
    fn what_a_dead_writer_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let own = PrivateFolder::make(&folder.path().join("own")).unwrap();
        let living = own.write_aside(b"half").unwrap();
        let dead = ".new-0123456789abcdef0123456789abcdef";
        for left in [dead.to_owned(), format!("{dead}.store")] {
            fs::write(own.path().join(left), "ha").unwrap();
        }
        fs::write(own.path().join(".new-letter"), "a user's").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", own.path().join(".new-link")).unwrap();
        own.remove_left_aside().unwrap();
        let mut names = own.names().unwrap();
        names.sort();
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(
            [".new-link", ".new-letter", &living.name].iter().all(|name| names.contains(&(*name).to_owned()))
        );
        living.replace("whole").unwrap();
        assert_eq!(own.read("whole", 10).unwrap().unwrap(), b"half");
    }
}
