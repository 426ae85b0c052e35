//! The commands of the guides run as they stand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_testkit::slapd::{self, Slapd};
use std::path::Path;
use std::process::Command;

/// The commands of a guide: its blocks of `sh`.
fn commands(guide: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.collect()
}

/// Runs commands in a home of their own, and returns what they print if all of them succeed.
fn run(commands: &str) -> String {
    run_with(commands, &[])
}

/// Runs commands that are told something by the environment.
fn run_with(commands: &str, environment: &[(&str, String)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_mapi")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let shell = |commands: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-eux", "-c", commands]).current_dir(folder.path());
        shell.env("PATH", format!("{}:{path}", program.display()));
        shell.envs(environment.iter().map(|(name, value)| (name, value)));
        shell.env("MAPI_HOME", folder.path().join("home")).output().unwrap()
    };
    let output = shell(commands);
    if !output.status.success() {
        // What a failing guide has left running ends before its home is removed.
        shell(
            "for id in $(mapi --json session list | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p'); do kill $id; done",
        );
    }
    let told =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_guide_to_profiles_and_services_runs_as_it_stands() {
    let commands = commands("profiles-and-services.md");
    assert!(commands.lines().filter(|line| line.contains("mapi ")).count() >= 15, "{commands}");
    let printed = run(&commands);
    assert!(printed.contains("Office mail"), "{printed}");
    assert!(!printed.contains("a password"), "{printed}");
}

#[test]
fn the_guide_to_ending_a_session_runs_as_it_stands() {
    let commands = commands("ending-a-session.md");
    assert!(commands.lines().filter(|line| line.contains("mapi ")).count() >= 15, "{commands}");
    let printed = run(&commands);
    assert!(printed.contains("nothing left open, 1 sent, 0 queued"), "{printed}");
}

#[test]
fn the_guide_to_directories_runs_as_it_stands() {
    let team = "dn: cn=team,dc=example,dc=org\nobjectClass: groupOfNames\ncn: team\n\
                member: uid=person3,dc=example,dc=org\n";
    let Some(server) = Slapd::start(&(slapd::people(20) + team)) else { return };
    let commands = commands("directories.md");
    assert!(commands.lines().filter(|line| line.contains("mapi ")).count() >= 10, "{commands}");
    let authority = server.authorities().to_str().unwrap().to_owned();
    let told = [
        ("LDAP_PORT", server.port.to_string()),
        ("LDAP_AUTHORITY", authority),
        ("LDAP_USER", slapd::ADMIN.to_owned()),
        ("LDAP_PASSWORD", slapd::PASSWORD.to_owned()),
    ];
    let printed = run_with(&commands, &told);
    assert!(printed.contains("Company") && printed.contains("Archive"), "{printed}");
    for found in ["person7@example.org", "person3@example.org", "person19@example.org"] {
        assert!(printed.contains(found), "{found}: {printed}");
    }
    assert!(!printed.contains(slapd::PASSWORD), "{printed}");
}
