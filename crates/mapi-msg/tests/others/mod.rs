//! Other people's readers of message files: each is given a list of files and prints a line of JSON for each.
//!
//! The readers themselves, and how they come to be there, are in `xtask/oracles/msg`.

#![allow(dead_code, reason = "every test binary takes a part of this module")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The readers, by the names that the script knows.
pub(crate) const OTHERS: [&str; 3] = ["extract-msg", "poi", "msgconvert"];

/// What one reader says of each file, by the file's name.
pub(crate) type Answers = BTreeMap<String, Value>;

/// True where all readers can be used; otherwise the test is skipped, and where that is forbidden it fails.
pub(crate) fn are_here() -> bool {
    let missing: Vec<&str> = [("java", "--version"), ("perl", "-MEmail::Outlook::Message -e 1")]
        .into_iter()
        .filter(|(program, arguments)| !answers(program, arguments))
        .map(|(program, _)| program)
        .collect();
    let is_prepared = missing.is_empty()
        && Command::new("bash").arg(script()).arg("prepare").status().is_ok_and(|status| status.success());
    if !is_prepared {
        let forbidden = std::env::var_os("MAPI_FORBID_SKIP").is_some_and(|value| value == "1");
        assert!(!forbidden, "the other readers of .msg files are not here: {missing:?}");
        mapi_testkit::skipped(
            "(no extract-msg, Apache POI or msgconvert): what other readers say of .msg files",
        );
    }
    is_prepared
}

fn answers(program: &str, arguments: &str) -> bool {
    let mut command = Command::new(program);
    command.args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/oracles/msg/read.sh")
}

/// Asks all readers about these files at once.
pub(crate) fn ask_all(files: &[PathBuf]) -> BTreeMap<&'static str, Answers> {
    std::thread::scope(|scope| {
        let asked = OTHERS.map(|other| (other, scope.spawn(move || ask(other, files))));
        asked.into_iter().map(|(other, thread)| (other, thread.join().unwrap())).collect()
    })
}

fn ask(other: &str, files: &[PathBuf]) -> Answers {
    let mut child = Command::new("bash")
        .arg(script())
        .arg(other)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut list = child.stdin.take().unwrap();
    let names: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    // A thread of its own: the reader answers before it has read the list to its end.
    let writing = std::thread::spawn(move || list.write_all(names.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "{other}: {}", output.status);
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: Answers = lines
        .lines()
        .map(|line| {
            let answer: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{other}: {error}: {line}"));
            (answer["file"].as_str().unwrap().to_owned(), answer)
        })
        .collect();
    assert_eq!(found.len(), files.len(), "{other} answers for every file");
    found
}
