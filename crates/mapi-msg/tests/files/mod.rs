//! Where the tests find real files, and what they share in looking at them.
#![allow(dead_code, unused_imports, reason = "every test binary takes a part of this module")]

use std::path::{Path, PathBuf};

pub(crate) use mapi_testkit::corpus;

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
