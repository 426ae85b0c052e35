//! The store in memory keeps the contract of stores.

use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::ms_provider::{ALL, Fixture, Test, run_all};

fn make() -> Fixture {
    Fixture::new(MemoryProvider::new())
}

/// Runs each test of one file, so that a failure says which.
fn file(name: &str) {
    let tests: &[(&str, Test)] = ALL.iter().find(|(file, _)| *file == name).expect("a file of tests").1;
    assert!(!tests.is_empty());
    for (name, test) in tests {
        eprintln!("{name}");
        test(&make);
    }
}

macro_rules! files {
    ($($name:ident)*) => {
        $(#[test] fn $name() { file(stringify!($name)); })*

        #[test]
        fn every_file_is_here() {
            let here = [$(stringify!($name)),*];
            assert!(ALL.iter().all(|(file, _)| here.contains(file)), "{ALL:?}");
        }
    };
}

files! {
    properties named_properties recipients attachments messages folders tables read_state
    receive_folders submission delivery conflicts events ending
}

#[test]
fn all_at_once() {
    run_all(&make);
}
