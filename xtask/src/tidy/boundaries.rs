//! Rules about what may stand where: unsafe code, C spellings, SQL, the clock, input and output.
//!
//! The invariants of absence of the architecture, one function each.

use super::rust_text::RustText;
use super::sources::is_boundary;
use super::{File, Finding};

/// The word `unsafe` stands in the boundary crates alone.
pub(super) fn unsafe_stays_at_the_boundary(files: &[File]) -> Vec<Finding> {
    let outside = rust(files).filter(|(file, _)| !is_boundary(file));
    let found = outside.flat_map(|(file, rust)| {
        let lines = rust.words(|word| word == "unsafe").into_iter();
        lines.map(|(line, _)| Finding::new(file, line, "`unsafe` outside mapi-com and mapi32"))
    });
    found.collect()
}

/// C's spellings stand in the boundary crates alone. Comments and texts may quote them.
pub(super) fn c_spellings_stay_at_the_boundary(files: &[File]) -> Vec<Finding> {
    let outside = rust(files).filter(|(file, _)| !is_boundary(file));
    let found = outside.flat_map(|(file, rust)| {
        let words = rust.words(is_c_spelling).into_iter();
        words.map(|(line, word)| Finding::new(file, line, format!("`{word}` is a C spelling")))
    });
    found.collect()
}

/// SQL and the names of SQL libraries stand in the engines, in tests and in benches alone.
pub(super) fn sql_stays_in_the_engine(files: &[File]) -> Vec<Finding> {
    const TEXTS: [&str; 9] = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE OR ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "DROP TABLE ",
        "PRAGMA ",
    ];
    let engine = |file: &File| {
        file.path.starts_with("crates/mapi-store/src/engine/")
            || file.path == "crates/mapi-addrbook/src/storage.rs"
    };
    let mut findings = Vec::new();
    for (file, rust) in rust(files).filter(|(file, _)| is_product(file) && !engine(file)) {
        let texts = TEXTS.iter().flat_map(|text| {
            rust.product_lines_with_literals(text).into_iter().map(move |line| (line, *text))
        });
        let libraries = ["rusqlite", "postgres"];
        let libraries = libraries
            .iter()
            .flat_map(|name| rust.product_lines(name).into_iter().map(move |line| (line, *name)));
        let message = |what: &str| format!("{:?} outside the engines", what.trim());
        findings.extend(texts.chain(libraries).map(|(line, what)| Finding::new(file, line, message(what))));
    }
    findings
}

/// The wall clock is read in one file; everything else takes `now`.
pub(super) fn one_file_reads_the_clock(files: &[File]) -> Vec<Finding> {
    let calls = ["SystemTime::now", "Timestamp::now", "Zoned::now"];
    let others = rust(files).filter(|(file, _)| is_product(file) && file.path != "crates/mapi/src/clock.rs");
    without(others, &calls, "reads the clock, which only crates/mapi/src/clock.rs may")
}

/// `mapi-defs` and `mapi-spi` touch no file and no network, start no thread and read no clock.
/// `gate.rs` may ask how long it has waited.
pub(super) fn values_and_contracts_do_no_io(files: &[File]) -> Vec<Finding> {
    const CALLS: [&str; 7] = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "thread::spawn",
        "thread::Builder",
        "Instant::now",
    ];
    let pure = |file: &File| is_product(file) && matches!(file.krate(), Some("mapi-defs" | "mapi-spi"));
    let mut findings = Vec::new();
    for (file, text) in rust(files).filter(|(file, _)| pure(file)) {
        let calls = if file.path == "crates/mapi-spi/src/gate.rs" { &CALLS[..6] } else { &CALLS[..] };
        findings.extend(without(
            [(file, text)].into_iter(),
            calls,
            "in a crate that does no input or output",
        ));
    }
    findings
}

fn rust(files: &[File]) -> impl Iterator<Item = (&File, &RustText)> {
    files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
}

/// True for the crates' own source, without tests and benches in files of their own.
fn is_product(file: &File) -> bool {
    file.krate().is_some() && !file.is_test()
}

fn without<'a>(
    files: impl Iterator<Item = (&'a File, &'a RustText)>,
    calls: &[&str],
    message: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in files {
        for call in calls {
            let lines = rust.product_lines(call).into_iter();
            findings.extend(lines.map(|line| Finding::new(file, line, format!("`{call}` {message}"))));
        }
    }
    findings
}

/// True for Hungarian prefixes before a capital or an underscore, and for the structures of the headers.
fn is_c_spelling(word: &str) -> bool {
    const PREFIXES: [&str; 13] =
        ["lpsz", "lpwsz", "lpp", "lpb", "lpul", "pwsz", "psz", "rgb", "rgw", "rgul", "rgprop", "ul", "cb"];
    const STRUCTURES: [&str; 12] = [
        "SPropValue",
        "SPropTagArray",
        "SPropProblem",
        "SPropProblemArray",
        "SRow",
        "SRowSet",
        "SRestriction",
        "SSortOrderSet",
        "ADRLIST",
        "ADRENTRY",
        "ENTRYLIST",
        "MAPINAMEID",
    ];
    let hungarian = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
    let short = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    let long = word.starts_with("lpsz") || word.starts_with("rgb_") || word.starts_with("ul_");
    long || STRUCTURES.contains(&word) || hungarian.into_iter().any(short)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const HERE: &str = "crates/mapi-store/src/folder.rs";

    fn lines(rule: super::super::Rule, path: &str, text: &str) -> Vec<usize> {
        check(rule, &[(path, text)]).into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn unsafe_outside_the_boundary_is_found() {
        let text = "#![forbid(unsafe_code)]\n// unsafe\nlet a = \"unsafe\";\nunsafe { b() }\n";
        assert_eq!(lines(unsafe_stays_at_the_boundary, HERE, text), [4]);
        assert_eq!(lines(unsafe_stays_at_the_boundary, "crates/mapi-store/tests/a.rs", text), [4]);
        assert_eq!(lines(unsafe_stays_at_the_boundary, "crates/mapi-com/src/lib.rs", text), [0; 0]);
    }

    #[test]
    fn c_spellings_are_told_from_words() {
        for word in [
            "lpszName",
            "lpsz",
            "rgbValue",
            "rgb_value",
            "ulFlags",
            "ul_flags",
            "cbEntryID",
            "lppRows",
            "SPropValue",
            "SRowSet",
        ] {
            assert!(is_c_spelling(word), "{word}");
        }
        for word in ["ultimate", "rgb", "cb", "callback", "pszx", "html", "ul", "Row", "lpp", "bulk"] {
            assert!(!is_c_spelling(word), "{word}");
        }
        let text = "// ulFlags\nlet ulFlags = \"cbSize\";\n";
        assert_eq!(lines(c_spellings_stay_at_the_boundary, HERE, text), [2]);
        assert_eq!(lines(c_spellings_stay_at_the_boundary, "crates/mapi32/src/a.rs", text), [0; 0]);
    }

    #[test]
    fn sql_outside_the_engine_is_found() {
        let text = "// SELECT a\nlet a = \"SELECT a FROM b\";\nuse rusqlite::Connection;\n#[cfg(test)]\nmod tests { fn a() { \"PRAGMA a\"; } }\n";
        assert_eq!(lines(sql_stays_in_the_engine, HERE, text), [2, 3]);
        for fine in [
            "crates/mapi-store/src/engine/a.rs",
            "crates/mapi-addrbook/src/storage.rs",
            "crates/mapi-store/benches/a.rs",
        ] {
            assert_eq!(lines(sql_stays_in_the_engine, fine, text), [0; 0], "{fine}");
        }
    }

    #[test]
    fn a_second_clock_is_found() {
        let text =
            "// SystemTime::now\nlet now = std::time::SystemTime::now();\nlet now = jiff::Zoned::now();\n";
        assert_eq!(lines(one_file_reads_the_clock, HERE, text), [2, 3]);
        for fine in ["crates/mapi/src/clock.rs", "xtask/src/ci.rs", "crates/mapi/tests/a.rs"] {
            assert_eq!(lines(one_file_reads_the_clock, fine, text), [0; 0], "{fine}");
        }
    }

    #[test]
    fn input_and_output_in_values_and_contracts_is_found() {
        let text = "use std::fs;\nlet a = Instant::now();\nstd::thread::spawn(|| ());\n";
        assert_eq!(lines(values_and_contracts_do_no_io, "crates/mapi-spi/src/table.rs", text), [1, 3, 2]);
        assert_eq!(lines(values_and_contracts_do_no_io, "crates/mapi-spi/src/gate.rs", text), [1, 3]);
        assert_eq!(lines(values_and_contracts_do_no_io, HERE, text), [0; 0]);
    }
}
