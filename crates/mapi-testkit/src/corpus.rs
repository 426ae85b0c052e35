//! Where the real files are that tests read.

use std::io::Write;
use std::path::PathBuf;

/// A folder of real files below `MAPI_CORPUS`, such as `msg`.
///
/// Where the variable is not set this says on standard error that the test is skipped, and by which
/// line, and answers `None`; the caller then returns. Where `MAPI_FORBID_SKIP` is `1` as well it
/// panics, so that a run that has to be whole cannot skip. A folder that is missing is a failure.
///
/// # Panics
/// - The variable is not set, and skipping is forbidden.
/// - There is no such folder.
#[track_caller]
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let place = std::panic::Location::caller();
    let forbidden = std::env::var_os("MAPI_FORBID_SKIP").is_some_and(|value| value == "1");
    match find(folder, std::env::var_os("MAPI_CORPUS").map(PathBuf::from)) {
        Ok(path) => Some(path),
        Err(Missing::Variable) if !forbidden => {
            skipped(&format!("(MAPI_CORPUS is not set): the test at {place} reads {folder}/"));
            None
        }
        Err(missing) => panic!("{missing:?}: the test at {place} reads {folder}/"),
    }
}

/// Says on standard error that something is not tested, past the test runner, which would keep it back.
pub fn skipped(what: &str) {
    // Nothing can be said where even standard error is gone.
    drop(writeln!(std::io::stderr(), "SKIPPED {what}"));
}

#[derive(PartialEq, Debug)]
enum Missing {
    Variable,
    Folder(PathBuf),
}

fn find(folder: &str, root: Option<PathBuf>) -> Result<PathBuf, Missing> {
    let path = root.ok_or(Missing::Variable)?.join(folder);
    if path.is_dir() { Ok(path) } else { Err(Missing::Folder(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_variable_is_a_reason_to_skip() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(find("src", None), Err(Missing::Variable));
        assert_eq!(find("src", Some(here.clone())), Ok(here.join("src")));
        assert_eq!(find("nothing", Some(here.clone())), Err(Missing::Folder(here.join("nothing"))));
    }
}
