//! The library shows the symbols of `exports.map`, no more and no fewer, under its own name.

use crate::compile::{With, build, compiler, here, library_folder, run};
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

/// Every export that `data/exports.tsv` says is refused answers just that, without looking at an argument.
#[test]
fn what_is_refused_answers_as_listed() {
    if !compiler("gcc") {
        return;
    }
    let table = std::fs::read_to_string(here("../../data/exports.tsv")).expect("the table is there");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.iter().filter(|row| row[2] == "yes").count(), 161, "all of mapi32.def");
    let refused: Vec<&Vec<&str>> = rows.iter().filter(|row| row[3] != "works").collect();
    assert!(refused.iter().all(|row| row[1] != "1" || row[4].len() > 10), "tier 1 needs a reason");
    let mut declared = "#include <stdio.h>\n".to_owned();
    let mut called = String::new();
    for row in &refused {
        let (name, nothing) = (row[0], row[3] == "nothing");
        declared += &format!("{} {name}(void);\n", if nothing { "void" } else { "unsigned" });
        called += &match nothing {
            true => format!("{name}();\n"),
            false => format!("printf(\"{name} %u\\n\", {name}());\n"),
        };
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    let source = folder.path().join("refused.c");
    std::fs::write(&source, format!("{declared}int main(void) {{\n{called}return 0; }}\n")).expect("ours");
    let said = run(&build(&source, folder.path(), With::Warnings));
    let answers: Vec<(&str, u32)> = said
        .lines()
        .map(|line| line.split_once(' ').expect("a name and a number"))
        .map(|(name, number)| (name, number.parse().expect("a number")))
        .collect();
    let expected: Vec<(&str, u32)> =
        refused.iter().filter(|row| row[3] != "nothing").map(|row| (row[0], number(row[3]))).collect();
    assert_eq!(answers, expected);
}

fn number(answer: &str) -> u32 {
    match answer {
        "NULL" => 0,
        "MAPI_E_NO_SUPPORT" => 0x8004_0102,
        hex if hex.starts_with("0x") => u32::from_str_radix(&hex[2..], 16).expect("hex"),
        decimal => decimal.parse::<i32>().expect("a number").cast_unsigned(),
    }
}
