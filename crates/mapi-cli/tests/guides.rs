//! The commands of the guides run as they stand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// The commands of a guide: its blocks of `sh`.
fn commands(guide: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.collect()
}

#[test]
fn the_guide_to_profiles_and_services_runs_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands("profiles-and-services.md");
    assert!(commands.lines().filter(|line| line.contains("mapi ")).count() >= 15, "{commands}");
    let program = Path::new(env!("CARGO_BIN_EXE_mapi")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-eux", "-c", &commands])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", program.display()))
        .env("MAPI_HOME", folder.path().join("home"))
        .output()
        .unwrap();
    let told =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Office mail"), "{told}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("a password"), "{told}");
}
