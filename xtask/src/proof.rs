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
    /// Program and arguments, parted by spaces.
    command: &'static str,
    environment: &'static [(&'static str, &'static str)],
    expects: Expects,
}

/// What a run has to answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// Exit code 0.
    Success,
    /// Another exit code: the harness has found the seeded fault.
    Failure,
    /// Of the changes that cargo-mutants made and that compile, at least this many in a hundred caught.
    Caught(u64),
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "kills",
        what: "SIGKILL at random moments of `mapi send`: nothing acknowledged is lost or doubled",
        runs: &[
            Run {
                what: "300 kills",
                command: "cargo test --release -p mapi-cli --test kills -- --nocapture",
                environment: &[("MAPI_KILLS", "300")],
                expects: Expects::Success,
            },
            Run {
                what: "a build that drops the queue row before the move",
                command: "cargo build --release -p mapi-cli --features seeded-fault --target-dir target/seeded-fault",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: "cargo test --release -p mapi-cli --test kills -- --nocapture",
                environment: &[("MAPI_KILLS", "300"), ("MAPI_BIN", "target/seeded-fault/release/mapi")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "queue-simulation",
        what: "Store, spooler and mail server simulated, with processes that end, cuts, faulty disks and clocks that jump",
        runs: &[
            Run {
                what: "50,000 seeds",
                command: "cargo test --release -p mapi-spooler --lib simulation -- --nocapture",
                environment: &[("MAPI_SIMULATIONS", "50000")],
                expects: Expects::Success,
            },
            Run {
                what: "the same against a build that does not mark doubt before the dot has to fail",
                command: "cargo test --release -p mapi-spooler --features seeded-fault-doubt --lib simulation -- --nocapture",
                environment: &[("MAPI_SIMULATIONS", "2500")],
                expects: Expects::Failure,
            },
            Run {
                what: "the same against a build whose counters and moments end with its spooler has to fail",
                command: "cargo test --release -p mapi-spooler --features seeded-fault-patience --lib simulation -- --nocapture",
                environment: &[("MAPI_SIMULATIONS", "2500")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "real-peers-in",
        what: "Real Dovecot, Postfix and Exim: what is fetched or handed over is what was there, and arrives once, kills or not",
        runs: &[
            Run {
                what: "1,000 messages by IMAP, and by POP3 encrypted either way, byte for byte",
                command: "cargo test -p mapi-imap --test real_peers_in -- --nocapture",
                environment: &[("MAPI_PEER_MESSAGES", "1000"), ("MAPI_FORBID_SKIP", "1")],
                expects: Expects::Success,
            },
            Run {
                what: "1,000 messages from each of two accounts into stores of their own; 100 kills over 1,000 messages",
                command: "cargo test -p mapi-cli --test fetch -- --nocapture",
                environment: &[
                    ("MAPI_PEER_MESSAGES", "1000"),
                    ("MAPI_FETCH_MESSAGES", "1000"),
                    ("MAPI_FETCH_KILLS", "100"),
                    ("MAPI_FORBID_SKIP", "1"),
                ],
                expects: Expects::Success,
            },
            Run {
                what: "1,000 messages from Postfix by LMTP and from Exim by SMTP, handed over to `mapi receive`",
                command: "cargo test -p mapi-cli --test handed_over -- --nocapture",
                environment: &[("MAPI_PEER_MESSAGES", "1000"), ("MAPI_FORBID_SKIP", "1")],
                expects: Expects::Success,
            },
            Run {
                what: "a build whose messages do not say which delivery they are",
                command: "cargo test -p mapi-cli --features seeded-fault-fetch --test fetch --no-run",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: "cargo test -p mapi-cli --features seeded-fault-fetch --test fetch -- --nocapture a_fetch_that_is_killed",
                environment: &[],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "queue-kills",
        what: "SIGKILL of whoever sends, before each system call and at random: nothing lost, nothing twice but in doubt",
        runs: &[
            Run {
                what: "before every system call of one send to three, and 10,000 random kills over 20,000 messages",
                command: "cargo test -p mapi-services --test queue_kills",
                environment: &[
                    ("MAPI_QUEUE_STEP", "1"),
                    ("MAPI_QUEUE_KILLS", "10000"),
                    ("MAPI_QUEUE_MESSAGES", "20000"),
                ],
                expects: Expects::Success,
            },
            Run {
                what: "a build that records the doubt after the final dot",
                command: "cargo test -p mapi-services --features seeded-fault-mark --test queue_kills --no-run",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: "cargo test -p mapi-services --features seeded-fault-mark --test queue_kills",
                environment: &[],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "sending-matrix",
        what: "Replies, mixed recipients, broken servers and a cut network, from the Outbox to the verdict on disk",
        runs: &[Run {
            what: "72 replies at stages, 27 mixed recipients, 20 broken servers, a cut at every octet of a text",
            command: "cargo test -p mapi-services --test sending_matrix -- --nocapture",
            environment: &[("MAPI_CUT_STEP", "1")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "real-peers-out",
        what: "Real Postfix, Exim and Dovecot (by LMTP): what they deliver is octet for octet what left the account",
        runs: &[Run {
            what: "1,000 messages to each",
            command: "cargo test -p mapi-services --test real_peers_out -- --nocapture",
            environment: &[("MAPI_PEER_MESSAGES", "1000"), ("MAPI_FORBID_SKIP", "1")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "sinks",
        what: "Sinks that never return: memory stays flat, others are told, the end of the session is bounded",
        runs: &[Run {
            what: "100,000 events",
            command: "cargo test --release -p mapi --test blocked_sink -- --nocapture",
            environment: &[("MAPI_SINK_EVENTS", "50000")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "secrets",
        what: "A planted password: in the vault and on the encrypted wire, and nowhere else",
        runs: &[Run {
            what: "everything logged, searched in all forms; and the search finds what is leaked to it",
            command: "cargo test -p mapi-cli --test planted_password -- --nocapture",
            environment: &[],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "changed-code",
        what: "Deliberate changes of the code that ends sessions and sends mail: the tests notice",
        runs: &[
            changed(
                "gate and handle",
                "cargo mutants -p mapi-spi -f crates/mapi-spi/src/gate.rs -f crates/mapi-spi/src/handle.rs -o target/changed-spi --timeout 60 -- --lib",
            ),
            changed(
                "logoff",
                "cargo mutants -p mapi -f crates/mapi/src/session/logoff.rs -o target/changed-logoff --timeout 120",
            ),
            changed(
                "submit",
                "cargo mutants -p mapi-store -f crates/mapi-store/src/message/save.rs -f crates/mapi-store/src/queue.rs -o target/changed-submit --timeout 120",
            ),
        ],
    },
    Proof {
        name: "changed-rtf",
        what: "Deliberate changes of the RTF reader: the tests notice",
        runs: &[changed("mapi-rtf", "cargo mutants -p mapi-rtf -o target/changed-rtf --timeout 60")],
    },
    Proof {
        name: "logoff-storm",
        what: "Logoff against sixteen threads that are calling: no deadlock, and no call succeeds after it",
        runs: &[
            Run {
                what: "1,000 rounds of 16 threads, with a watchdog",
                command: "cargo test -p mapi --test logoff_storm -- --nocapture",
                environment: &[("MAPI_STORM", "1000")],
                expects: Expects::Success,
            },
            Run {
                what: "the same against a build whose gate is not checked has to fail",
                command: "cargo test -p mapi --features seeded-fault-gate --test logoff_storm -- --nocapture",
                environment: &[("MAPI_STORM", "1000")],
                expects: Expects::Failure,
            },
            Run {
                what: "100,000 gates closed under a call that enters",
                command: "cargo test --release -p mapi-spi --lib nobody_is_inside -- --nocapture",
                environment: &[("MAPI_GATES", "100000")],
                expects: Expects::Success,
            },
            Run {
                what: "the same against a build without the barrier has to fail",
                command: "cargo test --release -p mapi-spi --features seeded-fault-barrier --lib nobody_is_inside -- --nocapture",
                environment: &[("MAPI_GATES", "100000")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "logoff-schedules",
        what: "100,000 schedules of gate, handle, logoff and dispatcher: no deadlock, no call after the end",
        runs: &[
            Run {
                what: "100,000 schedules",
                command: "cargo test -p mapi --test schedules -- --nocapture",
                environment: &[("MAPI_SCHEDULES", "100000")],
                expects: Expects::Success,
            },
            Run {
                what: "the same against a build whose gate is not checked has to fail",
                command: "cargo test -p mapi --features seeded-fault-gate --test schedules -- --nocapture",
                environment: &[("MAPI_SCHEDULES", "100000")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "session-cycles",
        what: "Sessions one after the other, with mail and without: no file, no thread and no memory stays",
        runs: &[
            Run {
                what: "10,000 cycles of each kind",
                command: "cargo test --release -p mapi-services --test cycles -- --nocapture",
                environment: &[("MAPI_CYCLES", "10000")],
                expects: Expects::Success,
            },
            Run {
                what: "the same against sessions that leave a file behind each has to fail",
                command: "cargo test --release -p mapi-services --test cycles -- --nocapture",
                environment: &[("MAPI_CYCLES", "500"), ("MAPI_LEAK", "file")],
                expects: Expects::Failure,
            },
            Run {
                what: "the same against sessions that leave a thread behind each has to fail",
                command: "cargo test --release -p mapi-services --test cycles -- --nocapture",
                environment: &[("MAPI_CYCLES", "500"), ("MAPI_LEAK", "thread")],
                expects: Expects::Failure,
            },
            Run {
                what: "the same against sessions that leave a few bytes behind each has to fail",
                command: "cargo test --release -p mapi-services --test cycles -- --nocapture",
                environment: &[("MAPI_CYCLES", "10000"), ("MAPI_LEAK", "memory")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "shared-sessions",
        what: "Processes of shared sessions killed and stopped: nobody is stuck, and the record is right",
        runs: &[
            Run {
                what: "a million damaged frames",
                command: "cargo test -p mapi --lib shared_session::protocol -- --nocapture",
                environment: &[("MAPI_FRAMES", "1000000")],
                expects: Expects::Success,
            },
            Run {
                what: "32 members of which 8 are stopped, and 1,000 kills of members and hosts",
                command: "cargo test -p mapi --test shared_session_kills -- --nocapture",
                environment: &[
                    ("MAPI_MEMBERS", "32"),
                    ("MAPI_STOPPED", "8"),
                    ("MAPI_KILLS", "1000"),
                    ("MAPI_HOST_KILLS", "100"),
                ],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against a host that keeps dead members has to fail",
                command: "cargo test -p mapi --features seeded-fault-host --target-dir target/seeded-fault --test shared_session_kills -- --nocapture whoever_is_killed",
                environment: &[],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "session-faults",
        what: "Programs killed in the midst of their saves, and hosts that change what a session stands on",
        runs: &[Run {
            what: "5,000 kills, ten things that a host does to its process",
            command: "cargo test -p mapi-services --test session_faults -- --nocapture",
            environment: &[("MAPI_KILLS", "5000")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "msg-mutants",
        what: "1,000,000 damaged .msg files: no panic, no hang, bounded memory",
        runs: &[Run {
            what: "1,000,000 seeded mutants of the real files and the samples",
            command: "cargo test --release -p mapi-msg --test mutants -- --nocapture",
            environment: &[("MAPI_MUTANTS", "1000000")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "msg-round-trip",
        what: "Every sound .msg file read and written again: equal here, and equal to three other readers",
        runs: &[
            Run {
                what: "every property, recipient, attachment and name, read back here",
                command: "cargo test --release -p mapi-msg --test round_trip -- --nocapture",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "read back by extract-msg, Apache POI and msgconvert; each notices what was changed in a copy",
                command: "cargo test --release -p mapi-msg --test other_readers -- --nocapture",
                environment: &[("MAPI_OTHER_READERS", "all")],
                expects: Expects::Success,
            },
        ],
    },
    Proof {
        name: "msg-scoreboard",
        what: "What this reader and four others make of the same files; the page is docs/msg-score.md",
        runs: &[Run {
            what: "every file, read as it is and as it is written here",
            command: "cargo test --release -p mapi-msg --test scoreboard -- --nocapture",
            environment: &[("MAPI_OTHER_READERS", "all"), ("MAPI_SCORE_PAGE", "docs/msg-score.md")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "c-sweep",
        what: "Every method that C programs call: each required pointer NULL, then 1,000,000 random calls, no signal",
        runs: &[Run {
            what: "all methods, all required pointers, 1,000,000 random calls",
            command: "cargo test --release -p mapi32 --test clients no_argument -- --nocapture",
            environment: &[("MAPI_CALLS", "1000000")],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "microsoft-headers",
        what: "Microsoft's own headers, from the checkout that MAPI_MICROSOFT_HEADERS names: layout, slots, and programs that run",
        runs: &[Run {
            what: "every structure and slot they have, and programs of our tests compiled with them",
            command: "cargo test -p mapi32 --test clients microsoft_headers -- --nocapture --test-threads=1",
            environment: &[],
            expects: Expects::Success,
        }],
    },
    Proof {
        name: "profile-kills",
        what: "SIGKILL and a full disk at every writing call of each change of a profile: before or after, never between",
        runs: &[
            Run {
                what: "every writing call",
                command: "cargo test -p mapi-services --test profile_kills",
                environment: &[("MAPI_PROFILE_KILLS", "1")],
                expects: Expects::Success,
            },
            Run {
                what: "a build that writes profile files in their place",
                command: "cargo test -p mapi-services --features seeded-fault-in-place --test profile_kills --no-run",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: "cargo test -p mapi-services --features seeded-fault-in-place --test profile_kills",
                environment: &[("MAPI_PROFILE_KILLS", "1")],
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "account-kills",
        what: "SIGKILL and a full disk at every writing call of SaveChanges, DeleteAccount and SetOrder: before or after, never between",
        runs: &[
            Run {
                what: "every writing call",
                command: "cargo test -p mapi-services --test profile_kills",
                environment: ACCOUNT_KILLS,
                expects: Expects::Success,
            },
            Run {
                what: "a build that writes profile files in their place",
                command: "cargo test -p mapi-services --features seeded-fault-in-place --test profile_kills --no-run",
                environment: &[],
                expects: Expects::Success,
            },
            Run {
                what: "the same harness against that build has to fail",
                command: "cargo test -p mapi-services --features seeded-fault-in-place --test profile_kills",
                environment: ACCOUNT_KILLS,
                expects: Expects::Failure,
            },
        ],
    },
    Proof {
        name: "planted",
        what: "Links, pipes, second names, things of others and open modes where the command makes its files",
        runs: &[Run {
            what: "every path that the command makes, and every thing",
            command: "cargo test -p mapi-cli --test planted -- --nocapture",
            environment: &[("MAPI_PLANTED", "1")],
            expects: Expects::Success,
        }],
    },
];

/// Each writing call of what changes accounts.
const ACCOUNT_KILLS: &[(&str, &str)] =
    &[("MAPI_PROFILE_KILLS", "1"), ("MAPI_PROFILE_KILLS_OF", "SaveChanges,DeleteAccount,SetOrder")];

/// A run of cargo-mutants that has to catch four changes of five.
const fn changed(what: &'static str, command: &'static str) -> Run {
    Run { what, command, environment: &[], expects: Expects::Caught(80) }
}

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
    println!("== {}: {}", run.what, run.command);
    let mut words = run.command.split_whitespace();
    let program = words.next().ok_or("a run without a program")?;
    let began = Instant::now();
    let environment = run.environment.iter().map(|(name, value)| (*name, absolute(root, name, value)));
    let mut child = Command::new(program)
        .args(words)
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
            figures.extend(line.contains(" mutants tested in ").then(|| line.clone()));
        }
    }
    let status = child.wait().map_err(|fault| fault.to_string())?;
    let verdict = judge(run, status.success(), &mut figures)
        .map_err(|fault| format!("{}: {status}, {fault}", run.what))?;
    let mut part = format!("\n## {}\n\n", run.what);
    for (name, value) in run.environment {
        part.push_str(&format!("- set: `{name}={value}`\n"));
    }
    part.extend(figures.iter().map(|figure| format!("- {figure}\n")));
    part.push_str(&format!("- {verdict} after {:.0} s\n", began.elapsed().as_secs_f64()));
    Ok(part)
}

/// Says how a run went, or why that is not as it has to be.
fn judge(run: &Run, success: bool, figures: &mut Vec<String>) -> Result<&'static str, String> {
    match (run.expects, success) {
        (Expects::Success, true) => Ok("passed"),
        (Expects::Failure, false) => Ok("failed, as it has to"),
        (Expects::Caught(least), _) => {
            let percent =
                figures.iter().find_map(|line| caught_percent(line)).ok_or("no summary was printed")?;
            figures.push(format!("caught = {percent} %"));
            if percent < least { Err(format!("only {percent} % caught")) } else { Ok("passed") }
        }
        _ => Err("which was not expected".into()),
    }
}

/// Of `54 mutants tested in 5m: 9 missed, 28 caught, 14 unviable, 3 timeouts`: what was caught, in
/// percent of what compiles. A test that never ends has noticed the change too.
fn caught_percent(summary: &str) -> Option<u64> {
    let (_, counts) = summary.split_once(" mutants tested in ")?.1.split_once(": ")?;
    let count = |word: &str| {
        let part = counts.split(", ").find(|part| part.ends_with(word))?;
        part.split(' ').next()?.parse::<u64>().ok()
    };
    let caught = count("caught").unwrap_or(0) + count("timeouts").unwrap_or(0);
    (caught * 100).checked_div(caught + count("missed").unwrap_or(0))
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
        let run = |command, expects| Run { what: "x", command, environment: &[], expects };
        assert!(one(&run("true", Expects::Success), root).is_ok());
        assert!(one(&run("true", Expects::Failure), root).is_err());
        assert!(one(&run("false", Expects::Success), root).is_err());
        assert!(one(&run("false", Expects::Failure), root).unwrap().contains("failed, as it has to"));
        assert!(one(&run("echo figure: a = 1", Expects::Success), root).unwrap().contains("- a = 1\n"));
    }

    #[test]
    fn changed_code_has_to_be_caught() {
        const ECHO: &str = "echo 54 mutants tested in 5m: 9 missed, 28 caught, 14 unviable, 3 timeouts";
        assert_eq!(caught_percent(ECHO.strip_prefix("echo ").unwrap()), Some(77));
        assert_eq!(caught_percent("3 mutants tested in 2s: 3 caught"), Some(100));
        assert_eq!(caught_percent("nothing"), None);
        let echo = |expects| Run { what: "x", command: ECHO, environment: &[], expects };
        assert!(one(&echo(Expects::Caught(77)), Path::new(".")).unwrap().contains("- caught = 77 %"));
        assert!(one(&echo(Expects::Caught(78)), Path::new(".")).is_err());
        assert!(one(&Run { command: "echo", ..echo(Expects::Caught(1)) }, Path::new(".")).is_err());
    }
}
