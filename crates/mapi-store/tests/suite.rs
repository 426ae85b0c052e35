//! The contract of store providers, over this one.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made is a failed test")]

use mapi_defs::FileTime;
use mapi_spi::spooler::section;
use mapi_store::StoreProvider;
use mapi_testkit::ms_provider::{ALL, Fixture};
use std::cell::RefCell;
use std::sync::Arc;
use tempfile::TempDir;

thread_local! {
    /// The folders of the test that runs; a test may drop its fixture before its logons.
    static FOLDERS: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) };
}

/// A provider over a new store in a folder of its own.
fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.store");
    mapi_store::create(&path, "Personal Folders", FileTime::from_unix_seconds(1_795_132_800)).unwrap();
    let file = path.to_str().unwrap().to_owned();
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    Fixture::new(Arc::new(StoreProvider::new())).with(section::FILE, file)
}

/// Runs one file of the suite, and says which tests failed.
fn run(file: &str) {
    let (_, tests) = ALL.iter().find(|(name, _)| *name == file).unwrap();
    let mut failed = Vec::new();
    for (name, test) in *tests {
        let run = std::panic::AssertUnwindSafe(|| test(&fixture));
        if std::panic::catch_unwind(run).is_err() {
            failed.push(*name);
        }
        FOLDERS.with_borrow_mut(Vec::clear);
    }
    assert!(failed.is_empty(), "{file}: {failed:?}");
}

/// One test for each file of the suite.
macro_rules! suite {
    ($($file:ident),* $(,)?) => {
        $(#[test]
        fn $file() {
            run(stringify!($file));
        })*

        #[test]
        fn no_file_of_the_suite_is_left_out() {
            let here = [$(stringify!($file)),*];
            let all: Vec<&str> = ALL.iter().map(|(file, _)| *file).collect();
            assert_eq!(all, here);
        }
    };
}

suite! {
    properties,
    named_properties,
    recipients,
    attachments,
    messages,
    folders,
    tables,
    read_state,
    receive_folders,
    submission,
    delivery,
    conflicts,
    events,
    ending,
}
