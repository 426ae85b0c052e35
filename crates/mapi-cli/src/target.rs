//! Where files are written: a folder, one file or standard output; never over a file without `--force`.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use mapi_files::file_name::{harmless, numbered};
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Writes files into one folder, under names that mails suggest.
pub(crate) struct Folder {
    path: PathBuf,
    force: bool,
    taken: HashSet<String>,
}

impl Folder {
    /// Creates the folder where it is missing.
    pub(crate) fn create(path: &Path, force: bool) -> Outcome<Self> {
        fs::create_dir_all(path)
            .map_err(|error| Failure::file(path, &error).with_exit(Exit::CannotCreate))?;
        Ok(Self { path: path.to_owned(), force, taken: HashSet::new() })
    }

    /// Writes one file under a harmless form of `name`; equal names are numbered.
    pub(crate) fn write(&mut self, name: &str, fallback: &str, content: &mut dyn Read) -> Outcome<PathBuf> {
        let wanted = harmless(name, fallback);
        let mut number = 1;
        let mut chosen = wanted.clone();
        while !self.taken.insert(chosen.to_lowercase()) {
            number += 1;
            chosen = numbered(&wanted, number);
        }
        let path = self.path.join(chosen);
        write_file(&path, self.force, content)?;
        Ok(path)
    }
}

/// Writes a file that does not exist yet; with `force` one that does is replaced whole or not at all.
pub(crate) fn write_file(path: &Path, force: bool, content: &mut dyn Read) -> Outcome {
    let written = if force { replace(path, content) } else { create(path, content) };
    written.map_err(|error| {
        let failure = Failure::file(path, &error);
        match failure.code {
            ErrorCode::COLLISION => failure.with_hint("use --force to overwrite it"),
            _ => failure.with_exit(Exit::CannotCreate),
        }
    })
}

fn create(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    // create_new refuses links and everything else that is there already.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let copied = io::copy(content, &mut file).and_then(|_| file.sync_data());
    if copied.is_err() {
        // Half a file would look like a whole one.
        drop(fs::remove_file(path));
    }
    copied
}

fn replace(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(content, &mut file)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_without_force_and_equal_names_are_numbered() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::create(dir.path(), false).unwrap();
        let first = folder.write("../a.txt", "x", &mut &b"1"[..]).unwrap();
        let second = folder.write("A.txt", "x", &mut &b"2"[..]).unwrap();
        assert_eq!(first, dir.path().join("a.txt"));
        assert_eq!(second, dir.path().join("A (2).txt"));
        let again =
            Folder::create(dir.path(), false).unwrap().write("a.txt", "x", &mut &b"3"[..]).unwrap_err();
        assert_eq!((again.exit, again.code), (Exit::CannotCreate, ErrorCode::COLLISION));
        assert_eq!(fs::read(&first).unwrap(), b"1");
        Folder::create(dir.path(), true).unwrap().write("a.txt", "x", &mut &b"4"[..]).unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"4");
    }

    #[test]
    fn a_planted_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::write(&outside, "keep").unwrap();
        std::os::unix::fs::symlink(&outside, dir.path().join("a")).unwrap();
        assert!(write_file(&dir.path().join("a"), false, &mut &b"x"[..]).is_err());
        write_file(&dir.path().join("a"), true, &mut &b"x"[..]).unwrap();
        assert_eq!(fs::read(&outside).unwrap(), b"keep");
    }
}
