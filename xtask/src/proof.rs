//! `cargo xtask proof NAME`: a long proof with its full counts; writes `docs/proofs/NAME.md`.
//!
//! A proof is a list of test runs. Each prints lines `figure: name = value`, which become the page.
//! A run against a build with a seeded fault has to fail: it shows that the harness can.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One proof.
struct Proof {
    name: &'static str,
    what: &'static str,
    runs: &'static [Run],
}

/// One run of a proof.
struct Run {
    what: &'static str,
    command: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    expects_failure: bool,
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "kills",
        what: "SIGKILL at random moments of `mapi send`: nothing acknowledged is lost or doubled",
        runs: &[
            Run {
                what: "300 kills",
                command: &[
                    "cargo",
                    "test",
                    "--release",
                    "-p",
                    "mapi-cli",
                    "--test",
                    "kills",
                    "--",
                    "--nocapture",
                ],
                environment: &[("MAPI_KILLS", "300")],
                expects_failure: false,
            },
            Run {
                what: "a build that drops the queue row before the move",
                command: &[
                    "cargo",
                    "build",
                    "--release",
                    "-p",
                    "mapi-cli",
                    "--features",
                    "seeded-fault",
                    "--target-dir",
                    "target/seeded-fault",
                ],
                environment: &[],
                expects_failure: false,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: &[
                    "cargo",
                    "test",
                    "--release",
                    "-p",
                    "mapi-cli",
                    "--test",
                    "kills",
                    "--",
                    "--nocapture",
                ],
                environment: &[("MAPI_KILLS", "300"), ("MAPI_BIN", "target/seeded-fault/release/mapi")],
                expects_failure: true,
            },
        ],
    },
    Proof {
        name: "msg-mutants",
        what: "500,000 damaged .msg files: no panic, no hang",
        runs: &[Run {
            what: "500,000 seeded mutants of the real files and the samples",
            command: &[
                "cargo",
                "test",
                "--release",
                "-p",
                "mapi-msg",
                "--test",
                "mutants",
                "--",
                "--nocapture",
            ],
            environment: &[("MAPI_MUTANTS", "500000")],
            expects_failure: false,
        }],
    },
];

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let [name] = arguments else { return Err(usage()) };
    let proof = PROOFS.iter().find(|proof| proof.name == name).ok_or_else(usage)?;
    let mut page = head(proof, root)?;
    for run in proof.runs {
        page.push_str(&one(run, root)?);
    }
    let path = root.join("docs/proofs").join(format!("{name}.md"));
    std::fs::create_dir_all(root.join("docs/proofs")).map_err(|fault| fault.to_string())?;
    std::fs::write(&path, page).map_err(|fault| format!("{}: {fault}", path.display()))?;
    println!("== wrote {}", path.display());
    Ok(())
}

fn usage() -> String {
    let names: Vec<&str> = PROOFS.iter().map(|proof| proof.name).collect();
    format!("usage: cargo xtask proof {}", names.join("|"))
}

fn head(proof: &Proof, root: &Path) -> Result<String, String> {
    let commit = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(root)
        .output()
        .map_err(|fault| fault.to_string())?;
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    Ok(format!(
        "# Proof: {}\n\n{}.\n\n- command: `cargo xtask proof {}`\n- commit: {commit}\n- day: {}\n",
        proof.name,
        proof.what,
        proof.name,
        civil(days as i64)
    ))
}

/// A day number since 1970 as a date of the Gregorian calendar.
fn civil(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Runs one command, shows what it prints, and returns its part of the page.
fn one(run: &Run, root: &Path) -> Result<String, String> {
    println!("== {}: {}", run.what, run.command.join(" "));
    let [program, arguments @ ..] = run.command else { return Err("a run without a program".into()) };
    let began = Instant::now();
    let environment = run.environment.iter().map(|(name, value)| (*name, absolute(root, name, value)));
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment)
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|fault| format!("{program}: {fault}"))?;
    let mut figures = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            figures.extend(line.strip_prefix("figure: ").map(str::to_owned));
        }
    }
    let status = child.wait().map_err(|fault| fault.to_string())?;
    if status.success() == run.expects_failure {
        return Err(format!("{}: {status}, which was not expected", run.what));
    }
    let mut part = format!("\n## {}\n\n", run.what);
    for (name, value) in run.environment {
        part.push_str(&format!("- set: `{name}={value}`\n"));
    }
    part.extend(figures.iter().map(|figure| format!("- {figure}\n")));
    let verdict = if run.expects_failure { "failed, as it has to" } else { "passed" };
    part.push_str(&format!("- {verdict} after {:.0} s\n", began.elapsed().as_secs_f64()));
    Ok(part)
}

/// Tests run in their crate's folder, so a path is handed over whole.
fn absolute(root: &Path, name: &str, value: &str) -> String {
    if name == "MAPI_BIN" { root.join(value).display().to_string() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_777, "2026-11-20")]
        {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn a_run_that_does_not_answer_as_expected_stops_the_proof() {
        let root = Path::new(".");
        let run = |command, expects_failure| Run { what: "x", command, environment: &[], expects_failure };
        assert!(one(&run(&["true"], false), root).is_ok());
        assert!(one(&run(&["true"], true), root).is_err());
        assert!(one(&run(&["false"], false), root).is_err());
        assert!(one(&run(&["false"], true), root).unwrap().contains("failed, as it has to"));
        assert!(one(&run(&["echo", "figure: a = 1"], false), root).unwrap().contains("- a = 1\n"));
    }
}
