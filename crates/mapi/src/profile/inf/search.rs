//! Where mapisvc.inf files are, and which of several that know a service counts.
//!
//! First the user's own, `mapisvc.inf` in the home, then every `*.inf` in the computer's folder in order
//! of the alphabet. The first that knows a service describes it whole. What no file knows may still be
//! built in (`provider/registry.rs`).

use super::{Diagnostic, FILE_BYTES, Inf, InfService, Severity, folded};
use crate::{Home, trust};
use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The computer's own files.
const SYSTEM_FOLDER: &str = "/etc/openmapi";
/// Files that one folder may have.
const FILES: usize = 256;

/// The places where mapisvc.inf files are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InfSearch {
    own: PathBuf,
    folder: PathBuf,
}

impl InfSearch {
    /// The places of a home: its own file, then the computer's folder.
    pub fn of(home: &Home) -> Self {
        Self::at(home.inf_file(), PathBuf::from(SYSTEM_FOLDER))
    }

    /// A file, and a folder of more of them.
    pub fn at(own: PathBuf, folder: PathBuf) -> Self {
        Self { own, folder }
    }

    /// Reads every file there is. One that cannot be used counts as empty, with a diagnostic.
    pub fn read(&self) -> InfSet {
        let mut files = Vec::new();
        if let Some(inf) = read_file(&self.own) {
            files.push((self.own.clone(), inf));
        }
        match in_folder(&self.folder) {
            Ok(paths) => {
                let read = |path: PathBuf| read_file(&path).map(|inf| (path, inf));
                files.extend(paths.into_iter().filter_map(read));
            }
            Err(error) => files.push((self.folder.clone(), unusable(error.to_string()))),
        }
        InfSet { files }
    }
}

/// The files that were found, those that count first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct InfSet {
    files: Vec<(PathBuf, Inf)>,
}

/// A service and the file that describes it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FoundService<'a> {
    /// The service.
    pub service: &'a InfService,
    /// The file.
    pub file: &'a Path,
}

impl InfSet {
    /// The files with what each says, those that count first.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &Inf)> {
        self.files.iter().map(|(path, inf)| (path.as_path(), inf))
    }

    /// The service of this name, in either case.
    pub fn service(&self, name: &str) -> Option<FoundService<'_>> {
        self.files().find_map(|(file, inf)| Some(FoundService { service: inf.service(name)?, file }))
    }

    /// Every service, each from the file that counts.
    pub fn services(&self) -> Vec<FoundService<'_>> {
        let mut seen = HashSet::new();
        let all = self
            .files()
            .flat_map(|(file, inf)| inf.services.iter().map(move |service| FoundService { service, file }));
        all.filter(|found| seen.insert(folded(&found.service.name))).collect()
    }

    /// The names of the services that a profile begins with, of the first file that names any.
    pub fn default_services(&self) -> &[String] {
        let mut lists = self.files.iter().map(|(_, inf)| inf.default_services.as_slice());
        lists.find(|list| !list.is_empty()).unwrap_or_default()
    }

    /// What is wrong with the files, with the file of each.
    pub fn diagnostics(&self) -> impl Iterator<Item = (&Path, &Diagnostic)> {
        self.files().flat_map(|(path, inf)| inf.diagnostics.iter().map(move |diagnostic| (path, diagnostic)))
    }
}

/// What a file says; `None` where there is none.
pub(super) fn read_file(path: &Path) -> Option<Inf> {
    match content(path) {
        Ok(content) => Some(Inf::parse(&content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(unusable(error.to_string())),
    }
}

/// The content of a file that nobody else could have written: it names libraries that are loaded into
/// every program of the user.
pub(super) fn content(path: &Path) -> io::Result<Vec<u8>> {
    let file = trust::open(path)?;
    let mut content = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > FILE_BYTES {
        return Err(io::Error::other(format!("the file is larger than {FILE_BYTES} bytes")));
    }
    Ok(content)
}

fn in_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "inf") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.truncate(FILES);
    Ok(paths)
}

fn unusable(message: String) -> Inf {
    let diagnostic = Diagnostic { line: 0, severity: Severity::Error, message };
    Inf { diagnostics: vec![diagnostic], ..Inf::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn write(path: &Path, content: &str, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn search(root: &Path) -> InfSearch {
        InfSearch::at(root.join("mapisvc.inf"), root.join("etc"))
    }

    #[test]
    fn the_own_file_comes_before_the_folders_and_each_says_where_it_was() {
        let root = tempfile::tempdir().unwrap();
        write(&root.path().join("mapisvc.inf"), "[Services]\nA=own\n[A]\n", 0o600);
        write(&root.path().join("etc/20.inf"), "[Services]\na=late\nB=late\n[A]\n[B]\n", 0o644);
        let early = "[Services]\nB=early\n[B]\n[Default Services]\nB=early\n";
        write(&root.path().join("etc/10.inf"), early, 0o644);
        write(&root.path().join("etc/30.txt"), "[Services]\nC=no\n", 0o644);
        let set = search(root.path()).read();
        let found: Vec<_> = set
            .services()
            .iter()
            .map(|found| (found.service.display_name.clone(), found.file.file_name().unwrap().to_owned()))
            .collect();
        assert_eq!(found, [("own".into(), "mapisvc.inf".into()), ("early".into(), "10.inf".into())]);
        assert_eq!(set.service("b").unwrap().service.display_name, "early");
        assert_eq!(set.default_services(), ["B"]);
        assert!(set.service("C").is_none());
    }

    #[test]
    fn no_file_is_no_service_and_no_diagnostic() {
        let root = tempfile::tempdir().unwrap();
        let set = search(root.path()).read();
        assert_eq!((set.services().len(), set.diagnostics().count()), (0, 0));
    }

    #[test]
    fn a_file_that_others_can_write_or_that_is_none_is_left_out_and_told() {
        let root = tempfile::tempdir().unwrap();
        let content = "[Services]\nA=own\n[A]\n";
        for mode in [0o620, 0o602] {
            write(&root.path().join("mapisvc.inf"), content, mode);
            let set = search(root.path()).read();
            let (path, diagnostic) = set.diagnostics().next().unwrap();
            assert!(diagnostic.message.contains("can write to it"), "{diagnostic}");
            assert!(path.ends_with("mapisvc.inf"));
            assert!(set.service("A").is_none());
        }
        fs::remove_file(root.path().join("mapisvc.inf")).unwrap();
        fs::create_dir(root.path().join("mapisvc.inf")).unwrap();
        assert_eq!(search(root.path()).read().diagnostics().count(), 1);
        fs::remove_dir(root.path().join("mapisvc.inf")).unwrap();
        let pipe = root.path().join("mapisvc.inf");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert_eq!(search(root.path()).read().diagnostics().count(), 1, "a pipe does not stop the program");
    }

    #[test]
    fn a_file_too_large_is_left_out() {
        let root = tempfile::tempdir().unwrap();
        let content = "; long\n".repeat(FILE_BYTES as usize / 7 + 1);
        write(&root.path().join("mapisvc.inf"), &content, 0o600);
        let set = search(root.path()).read();
        assert!(set.diagnostics().next().unwrap().1.message.contains("larger than"));
    }
}
