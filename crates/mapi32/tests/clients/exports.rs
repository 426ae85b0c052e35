//! The library shows the symbols of `exports.map`, no more and no fewer, under its own name.

use crate::compile::{compiler, here, library_folder};
use std::process::Command;

#[test]
fn the_library_shows_what_the_contract_lists() {
    if !compiler("nm") || !compiler("readelf") {
        return;
    }
    let library = library_folder().join("libmapi32.so");
    let listed = std::fs::read_to_string(here("exports.map")).expect("the contract is in the repository");
    let listed: Vec<&str> = listed.lines().collect();
    assert!(listed.is_sorted(), "the contract is sorted");
    let shown = said(Command::new("nm").args(["-D", "--defined-only"]).arg(&library));
    let mut shown: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    shown.sort_unstable();
    assert_eq!(shown, listed);
    let name = said(Command::new("readelf").arg("-d").arg(&library));
    assert!(name.contains("[libmapi32.so]"), "{name}");
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("the tool was there a moment ago");
    String::from_utf8(output.stdout).expect("symbols are ASCII")
}
