//! Programs in Python, which know the library by its name and MAPI by what others say of it.

use crate::compile::{With, build, compiler, here, library_folder};
use std::io::Write;
use std::path::{Path, PathBuf};
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

/// An interpreter with win32more of the versions that are pinned, from PyPI, made below target/ once; `None`, and
/// said so, where it cannot be had.
fn win32more() -> Option<PathBuf> {
    let wanted = here("tests/clients/win32more.txt");
    let folder = library_folder().join("../../oracles/win32more");
    let (made_of, interpreter) = (folder.join("made-of"), folder.join("bin/python"));
    let pinned = std::fs::read(&wanted).expect("the versions are in the repository");
    if std::fs::read(&made_of).is_ok_and(|made| made == pinned) {
        return Some(interpreter);
    }
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).status();
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps", "-r"])
        .arg(&wanted);
    if made.is_ok_and(|status| status.success()) && pip.status().is_ok_and(|status| status.success()) {
        std::fs::write(&made_of, &pinned).expect("the folder was just made");
        return Some(interpreter);
    }
    assert!(std::env::var_os("MAPI_FORBID_SKIP").is_none(), "no win32more, and skipping is forbidden");
    drop(writeln!(std::io::stderr(), "SKIPPED (no win32more from PyPI): its structures are not compared"));
    None
}

/// Microsoft's metadata gives the array at the end of a structure no element; there the start of it is compared.
#[test]
fn win32more_lays_out_alike_and_calls() {
    if !compiler("python3") {
        return;
    }
    let Some(interpreter) = win32more() else { return };
    let home = tempfile::tempdir().expect("a home for the program");
    let run = |arguments: &[&str]| python(&interpreter, "win32more_client.py", arguments, home.path());
    let ours = std::fs::read_to_string(here("../../data/layout.tsv")).expect("the table is there");
    let ours: Vec<Vec<&str>> = ours.lines().map(|row| row.split('\t').collect()).collect();
    let named = ours.iter().filter(|row| row.get(1) == Some(&"-")).map(|row| row[0]);
    let output = run(&std::iter::once("layout").chain(named).collect::<Vec<_>>()).output;
    let theirs: Vec<Vec<&str>> = output.lines().map(|row| row.split('\t').collect()).collect();
    let open: Vec<&str> = theirs.iter().filter(|row| row[3] == "0").map(|row| row[0]).collect();
    // A union without a name is a member here alone.
    let differing: Vec<_> = theirs
        .iter()
        .filter(|row| row[1] != "Anonymous")
        .filter(|row| {
            !ours.iter().any(|our| {
                our[..3.min(our.len())] == row[..3] && (open.contains(&row[0]) || our[3] == row[3])
            })
        })
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
    let structures = theirs.iter().filter(|row| row[1] == "-").count();
    println!("\nfigure: structures as win32more has them = {structures}, {} rows", theirs.len());
    assert!(structures >= 68 && theirs.len() >= 310 && open.len() == 12, "{structures}, {}", open.len());

    let said = run(&["props"]);
    assert_eq!(said.output, "values 3\nFigures of May\t2\n0x1000000a\t0x8004010f\nleft 0\nreferences 0\n");
    assert_eq!(said.verify, "", "nothing was left open, and there was no mistake");
}
