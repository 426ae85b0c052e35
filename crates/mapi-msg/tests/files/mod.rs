//! Where the tests find real files, and what they share in looking at them.
#![allow(dead_code, reason = "every test binary takes a part of this module")]

use std::path::{Path, PathBuf};

/// A folder of real files; `None`, loudly, where `MAPI_CORPUS` is not set.
pub(crate) fn corpus(folder: &str) -> Option<PathBuf> {
    match std::env::var_os("MAPI_CORPUS") {
        Some(root) => Some(Path::new(&root).join(folder)),
        None if std::env::var_os("MAPI_FORBID_SKIP").is_some_and(|value| value == "1") => {
            panic!("MAPI_CORPUS is not set and MAPI_FORBID_SKIP=1 forbids skipping ({folder})")
        }
        None => {
            eprintln!("SKIPPED (MAPI_CORPUS is not set): {folder}");
            None
        }
    }
}

/// The .msg and .oft files in a folder, by name.
pub(crate) fn messages(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "msg" || extension == "oft"));
    paths.sort();
    paths
}

/// The samples that lie in the repository.
pub(crate) fn samples() -> Vec<PathBuf> {
    messages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples"))
}
