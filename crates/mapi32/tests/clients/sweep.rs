//! The sweep of `data/args.tsv`: every required pointer NULL, then random calls with a seed.
//! What it calls is `tests/c/sweep.cpp`; `MAPI_CALLS` says how many random calls, `MAPI_SEED` from where.

use crate::compile::{With, build, compiler, here, run};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn no_argument_brings_a_program_down() {
    if !compiler("g++") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    for file in ["sweep.cpp", "session.h", "check.h"] {
        std::fs::copy(here("tests/c").join(file), folder.path().join(file)).expect("the source is there");
    }
    std::fs::write(folder.path().join("args.inc"), table()).expect("the folder is ours");
    let said = run(&build(&folder.path().join("sweep.cpp"), folder.path(), With::Warnings));
    for line in said.lines().filter(|line| !line.starts_with("refused")) {
        println!("figure: {line}");
    }
    let figure = |name: &str| -> u64 {
        let line = said.lines().find_map(|line| line.strip_prefix(name)).expect("the figure is told");
        line.trim_start_matches(" = ").parse().expect("a number")
    };
    assert!(figure("required pointers tried as NULL") > 250);
    assert!(figure("random calls") >= 1_000);
    let refused: BTreeSet<String> =
        said.lines().filter_map(|line| line.strip_prefix("refused = ")).map(str::to_owned).collect();
    let listed = listed();
    let unlisted: Vec<&String> = refused.iter().filter(|method| !listed.contains_key(*method)).collect();
    assert!(unlisted.is_empty(), "not in data/methods.tsv: {unlisted:?}");
    // A method that works now has no place in the table.
    let wrong: Vec<&String> = listed
        .iter()
        .filter(|(method, always)| **always && !refused.contains(*method))
        .map(|row| row.0)
        .collect();
    assert!(wrong.is_empty(), "data/methods.tsv says that these are refused always: {wrong:?}");
}

/// The rows of `data/args.tsv` as initialisers in C, one a method.
fn table() -> String {
    let text = std::fs::read_to_string(here("../../data/args.tsv")).expect("the table is there");
    let mut methods: BTreeMap<(String, u32), (String, String)> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let slot = cells[1].parse().expect("a slot");
        let method = methods.entry((cells[0].to_owned(), slot)).or_default();
        method.0 = cells[2].to_owned();
        method.1.push(letter(cells[4], cells[5]));
    }
    let row = |((interface, slot), (name, kinds)): (&(String, u32), &(String, String))| {
        format!("{{\"{interface}\", {slot}, \"{name}\", \"{kinds}\"}},\n")
    };
    methods.iter().map(row).collect()
}

/// The methods of `data/methods.tsv`, and whether they are refused always.
fn listed() -> BTreeMap<String, bool> {
    let text = std::fs::read_to_string(here("../../data/methods.tsv")).expect("the table is there");
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        (format!("{}::{}", cells[0], cells[1]), cells[2] == "always")
    })
    .collect()
}

/// One letter for each kind; an object's says which is handed in.
fn letter(name: &str, kind: &str) -> char {
    match kind {
        "value" => 'v',
        "count" => 'c',
        "text" => 'T',
        "text?" => 't',
        "in?" => 'i',
        // An array of pointers, and what is read and written, begin empty.
        "in" if name == "lppPropNames" => 'U',
        "inout" => 'U',
        "in" => 'I',
        "iid" => 'G',
        "iid?" => 'g',
        "out" => 'O',
        "out?" => 'o',
        "out-object" => 'P',
        "out-buffer" => 'B',
        "out-buffer?" => 'b',
        "out-rows" => 'R',
        "object?" => 'x',
        "object" => match name {
            "lpAdviseSink" => 'K',
            "lpMsgStore" => 'S',
            "lpParentFolder" | "lpDestFolder" => 'F',
            "pstm" => 'Z',
            "pstgDest" => 'Y',
            "lpObjectDst" => 'A',
            _ => 'M',
        },
        other => panic!("data/args.tsv: no such kind: {other}"),
    }
}
