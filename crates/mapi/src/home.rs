//! `Home`: the folders in which profiles, stores and run-time files of one user live.
//!
//! One folder that holds everything (`--home`, `MAPI_HOME`), or the XDG base directories with
//! `openmapi` below. What is in a profile file is `profile/storage.rs`.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_vault::Vault;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Folders are for their owner alone.
const PRIVATE_FOLDER: u32 = 0o700;
/// The name of the folder below each XDG base directory.
const XDG_NAME: &str = "openmapi";

/// Where everything of one user lives. Cheap to clone; it holds nothing open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    profiles: PathBuf,
    stores: PathBuf,
    run: PathBuf,
    keys: PathBuf,
}

impl Home {
    /// The home that a command's `--home` names, else `MAPI_HOME`, else the XDG base directories.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: a folder is a symbolic link, belongs to somebody else, or cannot be made.
    /// - `MAPI_E_NOT_FOUND`: neither `MAPI_HOME` nor `HOME` is set.
    pub fn locate(option: Option<&Path>) -> Result<Self> {
        match (option, non_empty("MAPI_HOME")) {
            (Some(root), _) => Self::at(root),
            (None, Some(root)) => Self::at(&root),
            (None, None) => Self::xdg(),
        }
    }

    /// A home in one folder, which is created where it is missing.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: as [`Home::locate`].
    pub fn at(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root).map_err(|error| disk_error("Home::at", root, error))?;
        make_parents(&root)?;
        own_folder(&root)?;
        Self {
            profiles: root.join("profiles"),
            stores: root.join("stores"),
            run: root.join("run"),
            keys: root.join("keys"),
        }
        .made()
    }

    fn xdg() -> Result<Self> {
        let base = |variable: &str, below_home: &str| {
            let given = non_empty(variable).filter(|path| path.is_absolute());
            given.or_else(|| Some(non_empty("HOME")?.join(below_home))).map(|path| path.join(XDG_NAME))
        };
        let missing = || {
            let detail = "neither MAPI_HOME nor HOME says where profiles live";
            Error::new(ErrorCode::NOT_FOUND, "Home::locate", detail)
        };
        let config = base("XDG_CONFIG_HOME", ".config").ok_or_else(missing)?;
        let data = base("XDG_DATA_HOME", ".local/share").ok_or_else(missing)?;
        let state = base("XDG_STATE_HOME", ".local/state").ok_or_else(missing)?;
        let runtime = non_empty("XDG_RUNTIME_DIR").filter(|path| path.is_absolute());
        let run = runtime.map_or_else(|| state.join("run"), |path| path.join(XDG_NAME));
        Self { profiles: config.join("profiles"), stores: data.join("stores"), run, keys: state.join("keys") }
            .made()
    }

    /// The folder of the profile files.
    pub fn profiles(&self) -> &Path {
        &self.profiles
    }

    /// The folder below which services keep their files, in a folder for each profile.
    pub fn stores(&self) -> &Path {
        &self.stores
    }

    /// The folder of what lives no longer than its processes: leases, sockets.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The user's own mapisvc.inf, which need not be there.
    pub fn inf_file(&self) -> PathBuf {
        self.profiles.with_file_name("mapisvc.inf")
    }

    /// The folder of libraries that were put there for this user alone; it need not be there.
    pub fn providers(&self) -> PathBuf {
        self.stores.with_file_name("providers")
    }

    /// The folder of the keys that open the secrets of profiles, apart from those. It is made with the
    /// first key.
    pub fn keys(&self) -> &Path {
        &self.keys
    }

    /// The vault of this home's secrets.
    pub fn vault(&self) -> Vault {
        vault(&self.keys)
    }

    fn made(self) -> Result<Self> {
        for folder in [&self.profiles, &self.stores, &self.run] {
            private_folder(folder)?;
        }
        Ok(self)
    }
}

/// The vault whose keys are in this folder.
pub(crate) fn vault(keys: &Path) -> Vault {
    Vault::with_key_file(keys)
}

fn non_empty(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Makes a folder for its owner alone, or checks that the one there is such a folder.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: it is a symbolic link, no folder, or belongs to somebody else.
pub(crate) fn private_folder(path: &Path) -> Result<()> {
    make_parents(path)?;
    let folder = own_folder(path)?;
    let mode = folder.metadata().map_err(|error| disk_error("Home", path, error))?.mode();
    if mode & 0o077 != 0 {
        let private = fs::Permissions::from_mode(PRIVATE_FOLDER);
        folder.set_permissions(private).map_err(|error| disk_error("Home", path, error))?;
    }
    Ok(())
}

/// Makes a folder for its owner alone; false where there is something of that name already.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`: it cannot be made.
pub(crate) fn new_private_folder(path: &Path) -> Result<bool> {
    make_parents(path)?;
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(disk_error("Home", path, error)),
    }
}

fn make_parents(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_FOLDER)
        .create(parent)
        .map_err(|error| disk_error("Home", parent, error))
}

/// Opens a folder without following a link, so that what is checked is what is there.
fn own_folder(path: &Path) -> Result<File> {
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(disk_error("Home", path, error));
        }
        _ => {}
    }
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW;
    // The kernel's flag bits fit an i32 as open(2) takes them.
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let folder = opened.map_err(|error| {
        let detail = format!("{} is not a folder of this user, or is a symbolic link", path.display());
        Error::new(ErrorCode::NO_ACCESS, "Home", detail).with_source(error)
    })?;
    let found = folder.metadata().map_err(|error| disk_error("Home", path, error))?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        let detail = format!("{} belongs to another user", path.display());
        return Err(Error::new(ErrorCode::NO_ACCESS, "Home", detail));
    }
    // In a folder that anybody may write to, anybody may put something else in a file's place; the
    // sticky bit is what keeps them from it.
    if found.mode() & 0o002 != 0 && found.mode() & 0o1000 == 0 {
        let detail = format!("{} can be written to by everybody", path.display());
        return Err(Error::new(ErrorCode::NO_ACCESS, "Home", detail));
    }
    Ok(folder)
}

/// What a failing file operation answers.
pub(crate) fn disk_error(call: &'static str, path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorCode::NO_ACCESS,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::NOT_ENOUGH_DISK,
        io::ErrorKind::NotFound => ErrorCode::NOT_FOUND,
        io::ErrorKind::AlreadyExists => ErrorCode::COLLISION,
        _ => ErrorCode::DISK_ERROR,
    };
    Error::new(code, call, format!("{}: {error}", path.display())).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn folders_are_made_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("deep/home");
        let home = Home::at(&root).unwrap();
        for made in [root.as_path(), home.profiles(), home.stores(), home.run()] {
            assert_eq!(mode(made), 0o700, "{}", made.display());
        }
        fs::set_permissions(home.profiles(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(Home::at(&root).unwrap(), home);
        assert_eq!(mode(home.profiles()), 0o700, "a folder that opened up is closed again");
    }

    #[test]
    fn a_link_or_a_file_or_a_folder_open_to_all_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        fs::create_dir(&real).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        for refused in [&link, &file, &open] {
            let error = Home::at(refused).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NO_ACCESS, "{}", refused.display());
        }
        assert!(fs::read_dir(&real).unwrap().next().is_none(), "nothing was made behind the link");
    }
}
