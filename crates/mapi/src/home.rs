//! `Home`: the folders in which profiles, stores and run-time files of one user live.
//!
//! One folder that holds everything (`--home`, `MAPI_HOME`), or the XDG base directories with
//! `openmapi` below. What is in a profile file is `profile/storage.rs`; what a folder has to be is
//! `mapi-files`.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::{PrivateFolder, resolve_root};
use mapi_vault::Vault;
use std::path::{Path, PathBuf};

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
    /// - `MAPI_E_NO_ACCESS`: as [`Home::at`].
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
    /// The folder named may be a link of the user's own, or of the system's: it is followed once, now,
    /// and the home is where it leads. Below the home no link is followed.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the folder is a link of somebody else or one to nothing, or it or a folder
    ///   in it belongs to somebody else, can be written to by everybody, or cannot be made.
    pub fn at(root: &Path) -> Result<Self> {
        let root = resolve_root(root)?;
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
        let state = resolve_root(&state)?;
        let run = match runtime {
            Some(runtime) => resolve_root(&runtime.join(XDG_NAME))?,
            None => state.join("run"),
        };
        let keys = state.join("keys");
        let (profiles, stores) =
            (resolve_root(&config)?.join("profiles"), resolve_root(&data)?.join("stores"));
        Self { profiles, stores, run, keys }.made()
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

    /// The user's settings, which need not be there.
    pub fn config_file(&self) -> PathBuf {
        self.profiles.with_file_name("config.toml")
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
            PrivateFolder::make(folder)?;
        }
        Ok(self)
    }
}

/// The vault of whoever has this folder for keys.
pub(crate) fn vault(keys: &Path) -> Vault {
    Vault::of_user(keys)
}

fn non_empty(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

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
    fn a_file_or_a_folder_open_to_all_is_refused_with_its_name_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        for (refused, advice) in [(&file, "is not a folder"), (&open, "chmod 700")] {
            let error = Home::at(refused).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NO_ACCESS, "{}", refused.display());
            assert!(
                error.detail().contains(refused.to_str().unwrap()) && error.detail().contains(advice),
                "{error}"
            );
        }
    }

    #[test]
    fn a_link_to_the_home_is_followed_and_one_in_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(folder.path()).unwrap();
        let (real, link, elsewhere) = (base.join("real"), base.join("link"), base.join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        let home = Home::at(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(Home::at(&link).unwrap(), home, "the home is where the link leads");
        fs::remove_dir(home.run()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, home.run()).unwrap();
        let error = Home::at(&real).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NO_ACCESS);
        assert!(error.detail().contains(home.run().to_str().unwrap()), "{error}");
        assert!(fs::read_dir(&elsewhere).unwrap().next().is_none(), "nothing was made behind the link");
    }
}
