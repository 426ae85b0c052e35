//! `Library`: a shared library with services and providers in it, and who loads one into the process.
//!
//! Loading code needs the boundary to C, so it is done by whoever registers a [`LibraryLoader`]; this
//! crate finds the file and decides whether it may be loaded. Which services name which libraries is
//! `profile/inf/`.

use super::ProviderFactory;
use crate::trust;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::disk_error;
use mapi_spi::provider::service::MessageService;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Where a computer keeps the libraries of all its users.
const SYSTEM_FOLDER: &str = "/usr/lib/openmapi/providers";
/// The ending that names in mapisvc.inf may have and files here have not.
const FOREIGN_ENDING: &str = ".dll";
/// The ending of libraries.
const ENDING: &str = ".so";

/// Loads libraries into this process.
pub trait LibraryLoader: Send + Sync {
    /// Loads a library, or finds it loaded, and says what is in it. It is never unloaded.
    ///
    /// `entry_name` is the name of the service's entry point (PR_SERVICE_ENTRY_NAME). The file was
    /// checked as it is open now; what has taken its path since then is something else.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the library has no entry point of that name.
    /// - `MAPI_E_VERSION`: it was made for another version of the provider interface.
    /// - `MAPI_E_CALL_FAILED`: it cannot be loaded.
    fn load(&self, file: &LibraryFile, entry_name: Option<&str>) -> Result<Library>;
}

/// What is in a library.
#[derive(Clone, Default)]
pub struct Library {
    /// The service's entry, where one was asked for.
    pub entry: Option<Arc<dyn MessageService>>,
    /// A factory for each kind of provider the library has.
    pub providers: Vec<ProviderFactory>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut library = f.debug_struct("Library");
        library.field("has_entry", &self.entry.is_some()).field("providers", &self.providers).finish()
    }
}

static LOADER: RwLock<Option<Arc<dyn LibraryLoader>>> = RwLock::new(None);

/// Makes the loader of libraries known, in place of one known before.
pub fn register_loader(loader: Arc<dyn LibraryLoader>) {
    *LOADER.write().unwrap_or_else(PoisonError::into_inner) = Some(loader);
}

/// The loader of libraries.
///
/// # Errors
/// - `MAPI_E_NO_SUPPORT`: this program has none.
pub(crate) fn loader() -> Result<Arc<dyn LibraryLoader>> {
    let known = LOADER.read().unwrap_or_else(PoisonError::into_inner).clone();
    known.ok_or_else(|| {
        Error::new(ErrorCode::NO_SUPPORT, "Library::load", "this program loads no libraries of services")
    })
}

/// A library's file, open and found fit to be loaded.
#[derive(Debug)]
pub struct LibraryFile {
    path: PathBuf,
    file: File,
}

impl LibraryFile {
    /// Opens the file of an absolute path. Links are followed first, so the path is the file's own.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: others than root and the user own it or a folder above it, or can write there.
    /// - `MAPI_E_INVALID_PARAMETER`: it is no plain file.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            if error.kind() == io::ErrorKind::InvalidInput {
                let detail = format!("{}: {error}", path.display());
                return Error::new(ErrorCode::INVALID_PARAMETER, "Library::open", detail);
            }
            disk_error("Library::open", path, error)
        };
        let own = fs::canonicalize(path).map_err(failed)?;
        trust::check_folders_above(&own).map_err(failed)?;
        let file = trust::open(&own).map_err(failed)?;
        Ok(Self { path: own, file })
    }

    /// The file's path, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file, which is what was checked.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// The folders in which libraries are looked for by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LibraryFolders(Vec<PathBuf>);

impl LibraryFolders {
    /// A home's own folder, then the computer's.
    pub fn of(home: &crate::Home) -> Self {
        Self(vec![home.providers(), PathBuf::from(SYSTEM_FOLDER)])
    }

    /// The same folders, but this one first.
    pub(crate) fn first(&self, folder: &Path) -> Self {
        Self([folder.to_owned()].into_iter().chain(self.0.iter().cloned()).collect())
    }

    /// True for a folder in which names are enough.
    pub(crate) fn contains(&self, folder: &Path) -> bool {
        self.0.iter().any(|known| fs::canonicalize(known).is_ok_and(|known| known == folder))
    }

    /// Finds a library by the name that a mapisvc.inf has for it: an absolute path, or a name without
    /// folder, for which `libNAME.so` and `NAME.so` are tried. A trailing `.dll` does not count.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none of that name.
    /// - Those of [`LibraryFile::open`] for the first one there is.
    pub fn find(&self, name: &str) -> Result<LibraryFile> {
        if Path::new(name).is_absolute() {
            return LibraryFile::open(Path::new(name));
        }
        for folder in &self.0 {
            for file in file_names(name) {
                match LibraryFile::open(&folder.join(file)) {
                    Err(error) if error.code() == ErrorCode::NOT_FOUND => {}
                    other => return other,
                }
            }
        }
        let folders: Vec<String> = self.0.iter().map(|folder| folder.display().to_string()).collect();
        let detail = format!("there is no library \"{name}\" in {}", folders.join(" or "));
        Err(Error::new(ErrorCode::NOT_FOUND, "Library::find", detail))
    }
}

/// The names that the file of a library may have; none for a name that leads out of its folder.
pub(crate) fn file_names(name: &str) -> Vec<String> {
    let plain = Path::new(name).file_name() == Some(OsStr::new(name)) && !name.contains('\0');
    if !plain {
        return Vec::new();
    }
    let ending = name.len().checked_sub(FOREIGN_ENDING.len()).and_then(|start| name.split_at_checked(start));
    let stem = match ending {
        Some((stem, ending)) if ending.eq_ignore_ascii_case(FOREIGN_ENDING) && !stem.is_empty() => stem,
        _ => name,
    };
    let mut names = vec![format!("lib{stem}{ENDING}"), format!("{stem}{ENDING}")];
    if name.ends_with(ENDING) {
        names.insert(0, name.to_owned());
    }
    names
}

/// The name by which mapisvc.inf has a library: its file's without what all libraries have.
pub(crate) fn plain_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(ENDING).unwrap_or(name);
    Some(stem.strip_prefix("lib").filter(|stem| !stem.is_empty()).unwrap_or(stem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn put(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "library").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_name_is_tried_as_libraries_are_called_here() {
        assert_eq!(file_names("My.Prov.DLL"), ["libMy.Prov.so", "My.Prov.so"]);
        assert_eq!(file_names("prov"), ["libprov.so", "prov.so"]);
        assert_eq!(file_names("libprov.so"), ["libprov.so", "liblibprov.so.so", "libprov.so.so"]);
        for outside in ["", ".", "..", "../x", "a/b", "/x", "x/", "a\0b"] {
            assert!(file_names(outside).is_empty(), "{outside:?}");
        }
        assert_eq!(plain_name(Path::new("/x/libprov.so")), Some("prov"));
        assert_eq!(plain_name(Path::new("/x/lib.so")), Some("lib"));
    }

    #[test]
    fn a_library_is_found_by_name_or_path_and_links_are_followed_first() {
        let root = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(root.path()).unwrap();
        let folders = LibraryFolders(vec![base.join("own"), base.join("all")]);
        put(&base.join("all/libtwo.so"), 0o755);
        put(&base.join("own/two.so"), 0o755);
        put(&base.join("else where/x.y.so"), 0o755);
        symlink(base.join("else where/x.y.so"), base.join("own/libthree.so")).unwrap();
        let found = |name: &str| folders.find(name).map(|file| file.path().to_owned());
        assert_eq!(found("TWO.dll").unwrap_err().code(), ErrorCode::NOT_FOUND);
        assert_eq!(found("two.DLL").unwrap(), base.join("own/two.so"));
        assert_eq!(found("three").unwrap(), base.join("else where/x.y.so"));
        let path = base.join("else where/x.y.so");
        assert_eq!(found(path.to_str().unwrap()).unwrap(), path);
        for missing in ["four", "../else where/x.y", "own/two.so", "", "/no/such.so"] {
            assert_eq!(found(missing).unwrap_err().code(), ErrorCode::NOT_FOUND, "{missing}");
        }
    }

    #[test]
    fn a_library_that_others_could_change_is_not_loaded() {
        let root = tempfile::tempdir().unwrap();
        let library = root.path().join("folder/libx.so");
        for mode in [0o775, 0o757] {
            put(&library, mode);
            assert_eq!(LibraryFile::open(&library).unwrap_err().code(), ErrorCode::NO_ACCESS, "{mode:o}");
        }
        put(&library, 0o755);
        LibraryFile::open(&library).unwrap();
        let folder = library.parent().unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = LibraryFile::open(&library).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NO_ACCESS);
        assert!(refused.detail().contains("folder"), "{refused}");
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(LibraryFile::open(folder).unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
    }
}
