//! `cargo xtask ci`: every check of a commit in order, stopping at the first failure.
//!
//! Prints each step's time. Not the long proofs: those are commands of their own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// A step: what is printed, the program with its arguments, the environment it needs.
struct Step {
    name: &'static str,
    command: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const fn step(name: &'static str, command: &'static [&'static str]) -> Step {
    Step { name, command, environment: &[] }
}

const STEPS: &[Step] = &[
    step("format", &["cargo", "fmt", "--all", "--check"]),
    step("clippy", &["cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    step("tidy", &["cargo", "xtask", "tidy"]),
    step("codegen", &["cargo", "xtask", "codegen", "--check"]),
    step("test", &["cargo", "test", "--workspace"]),
    Step {
        name: "doc",
        command: &["cargo", "doc", "--workspace", "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

const DENY: Step = step("deny", &["cargo", "deny", "check", "bans", "licenses", "sources"]);

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask ci".into());
    }
    let began = Instant::now();
    all(STEPS, root)?;
    if is_installed("cargo-deny") {
        all(&[DENY], root)?;
    } else {
        println!("== deny: NOT RUN, cargo-deny is not installed");
    }
    println!("== all green after {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn all(steps: &[Step], root: &Path) -> Result<(), String> {
    steps.iter().try_for_each(|step| one(step, root))
}

fn one(step: &Step, root: &Path) -> Result<(), String> {
    println!("== {}: {}", step.name, step.command.join(" "));
    let [program, arguments @ ..] = step.command else { return Err(format!("{}: no program", step.name)) };
    let began = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .envs(step.environment.iter().copied())
        .current_dir(root)
        .status()
        .map_err(|fault| format!("{}: {program} cannot be started: {fault}", step.name))?;
    let seconds = began.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{} failed after {seconds:.1} s ({status})", step.name));
    }
    println!("== {}: {seconds:.1} s", step.name);
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_ends_the_run() {
        let root = crate::root();
        let steps = [
            step("good", &["rustc", "--version"]),
            step("bad", &["rustc", "--no-such-flag"]),
            step("never", &["no-such-program"]),
        ];
        assert_eq!(all(&steps[..1], &root), Ok(()));
        assert!(all(&steps, &root).unwrap_err().starts_with("bad failed"));
        assert!(all(&steps[2..], &root).unwrap_err().contains("cannot be started"));
    }

    #[test]
    fn programs_are_looked_for_in_the_path() {
        assert!(is_installed("cargo") && !is_installed("no-such-program"));
    }
}
