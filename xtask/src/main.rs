//! The project's own commands: `cargo xtask codegen | tidy | samples | ci`, each in a file of its own.
//!
//! Not part of the product: nothing in `crates/` depends on it. A new command is a file beside this
//! one and a line in [`COMMANDS`].
#![forbid(unsafe_code)]

mod ci;
mod codegen;
mod dictionary;
mod install;
mod picture;
mod proof;
mod samples;
mod tidy;
mod weight;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a command answers: nothing, or a sentence saying what went wrong.
type Outcome = Result<(), String>;

/// A command: the repository's root and the arguments after its name.
type Command = fn(&Path, &[String]) -> Outcome;

const COMMANDS: &[(&str, Command, &str)] = &[
    ("codegen", codegen::run, "write the generated files from data/*.tsv (--check: only compare)"),
    ("tidy", tidy::run, "check what neither the compiler nor clippy checks"),
    ("ci", ci::run, "all checks in order, stopping at the first failure"),
    ("samples", samples::run, "write the example messages in samples/ (--check: only compare)"),
    ("picture", picture::run, "draw a run of the main job into docs/pictures/send.svg"),
    ("install", install::run, "the library for C programs with its headers: --prefix DIR"),
    ("weight", weight::run, "how many crates libmapi32.so is built of, and how large it is"),
    ("proof", proof::run, "a long proof with its full counts; writes docs/proofs/NAME.md"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print_usage();
        return ExitCode::from(64);
    };
    let Some((_, command, _)) = COMMANDS.iter().find(|(known, _, _)| known == name) else {
        eprintln!("xtask: there is no command {name:?}");
        print_usage();
        return ExitCode::from(64);
    };
    match command(&root(), rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {name}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_usage() {
    eprintln!("usage: cargo xtask COMMAND");
    for (name, _, what) in COMMANDS {
        eprintln!("  {name:<10} {what}");
    }
}

/// The repository's root: the folder above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
