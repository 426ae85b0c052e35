//! Programs in Python, which know the library by its name and MAPI by what others say of it.

use crate::compile::{With, build, compiler, here, library_folder};
use std::path::Path;
use std::process::{Command, Output};

/// What verify mode says of a program, beside what the program says.
struct Said {
    output: String,
    verify: String,
}

/// A home whose default profile delivers to itself.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a home for the program");
    let program = build(&here("tests/c/default_profile.cpp"), home.path(), With::Warnings);
    succeeded("the profile", &in_home(&mut Command::new(program), home.path()));
    home
}

fn in_home(command: &mut Command, home: &Path) -> Output {
    command
        .env("LD_LIBRARY_PATH", library_folder())
        .env("MAPI_HOME", home)
        .env("TMPDIR", home)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("the program is there")
}

fn succeeded(what: &str, output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}\n{said}", output.status);
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Runs a program of this folder in verify mode.
fn python(interpreter: &Path, program: &str, arguments: &[&str], home: &Path) -> Said {
    let report = home.join("report");
    let mut command = Command::new(interpreter);
    command.arg(here("tests/clients").join(program)).args(arguments);
    command.env("MAPI_VERIFY", "1").env("MAPI_VERIFY_FILE", &report);
    let output = succeeded(program, &in_home(&mut command, home));
    Said { output, verify: std::fs::read_to_string(&report).unwrap_or_default() }
}

/// The rows of `data/layout.tsv` of some structures.
fn layout_of(structures: &[&str]) -> Vec<String> {
    let table = std::fs::read_to_string(here("../../data/layout.tsv")).expect("the table is there");
    let of = |name: &str| -> Vec<String> {
        table.lines().filter(|row| row.split('\t').next() == Some(name)).map(str::to_owned).collect()
    };
    structures.iter().flat_map(|name| of(name)).collect()
}

#[test]
fn a_simple_mapi_sender() {
    if !compiler("g++") || !compiler("python3") {
        return;
    }
    let home = home();
    let run = |arguments: &[&str]| python(Path::new("python3"), "simple_sender.py", arguments, home.path());
    let layout = run(&["layout"]).output;
    let expected = layout_of(&["MapiRecipDesc", "MapiFileDesc", "MapiMessage"]);
    assert_eq!(layout.lines().collect::<Vec<_>>(), expected);
    assert_eq!(expected.len(), 27);

    let file = home.path().join("figures.bin");
    std::fs::write(&file, b"\x00\x01\r\n\xff").expect("the folder is ours");
    let file = file.to_str().expect("a path of letters");
    let sent = run(&["send", "SMTP:me@local", "Figures of May", file]);
    assert_eq!((sent.output.as_str(), sent.verify.as_str()), ("sent\n", ""));
    // By another process: what was sent is on disk.
    let read = run(&["read", "Figures of May"]);
    assert_eq!(
        read.output,
        "text\tSent by ctypes.\nto\t1\tReader\tSMTP:me@local\nfile\tReport.bin\t00010d0aff\n"
    );
    assert_eq!(read.verify, "", "nothing was left open, and there was no mistake");
}
