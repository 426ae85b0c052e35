//! `cargo xtask tidy`: the rules of this project that neither the compiler nor clippy knows.
//!
//! Looks at the files that git tracks. Each rule is one small function from files to findings, with
//! a test beside it that shows it can fail. What a rule means and why stands in its doc.

mod boundaries;
mod graph;
mod pages;
mod rust_text;
mod sources;

use rust_text::RustText;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask tidy".into());
    }
    let files = tracked(root)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&files)).collect();
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("{count} findings in {} files", files.len())),
    }
}

/// A rule: all tracked files in, what is wrong out.
type Rule = fn(&[File]) -> Vec<Finding>;

const RULES: &[Rule] = &[
    sources::opens_with_a_doc,
    sources::is_not_too_long,
    sources::forbids_unsafe_code,
    sources::leaves_nothing_undone,
    boundaries::unsafe_stays_at_the_boundary,
    boundaries::c_spellings_stay_at_the_boundary,
    boundaries::sql_stays_in_the_engine,
    boundaries::one_file_reads_the_clock,
    boundaries::values_and_contracts_do_no_io,
    graph::crates_use_what_the_table_allows,
    graph::the_test_kit_is_for_tests,
    pages::names_say_what_is_inside,
    pages::decisions_are_numbered,
    pages::links_lead_somewhere,
    pages::no_path_of_a_machine,
];

/// A tracked text file.
struct File {
    /// Path from the repository's root, with `/`.
    path: String,
    text: String,
    /// The same text without comments and literals, for Rust files.
    rust: Option<RustText>,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let rust = path.ends_with(".rs").then(|| RustText::new(&text));
        Self { path, text, rust }
    }

    /// The crate's folder name: `mapi-defs` of `crates/mapi-defs/src/lib.rs`.
    fn krate(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The file's name without folders.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// True for files that hold tests or benches and nothing else.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
    }
}

/// One thing that is wrong.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    /// Counted from 1; 0 where the whole file is meant.
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// The files git tracks; those that are not UTF-8 are no text and are left out.
fn tracked(root: &Path) -> Result<Vec<File>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .map_err(|fault| format!("git cannot be started: {fault}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let names = String::from_utf8(output.stdout).map_err(|_| "a tracked file name is not UTF-8")?;
    let mut files = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        // A tracked file that was deleted and not yet committed has nothing to check.
        let Ok(bytes) = std::fs::read(root.join(name)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File::new(name, text));
        }
    }
    Ok(files)
}

/// Runs a rule over made-up files and returns where it found something.
#[cfg(test)]
fn check(rule: Rule, files: &[(&str, &str)]) -> Vec<(String, usize)> {
    let files: Vec<File> = files.iter().map(|(path, text)| File::new(*path, *text)).collect();
    rule(&files).into_iter().map(|finding| (finding.path, finding.line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracked_files_are_read() {
        let files = tracked(&crate::root()).unwrap();
        assert!(files.iter().any(|file| file.path == "Cargo.toml" && file.text.contains("[workspace]")));
    }

    #[test]
    fn paths_say_where_a_file_belongs() {
        let file = File::new("crates/mapi-msg/src/container/mod.rs", "");
        assert_eq!((file.krate(), file.name(), file.is_test()), (Some("mapi-msg"), "mod.rs", false));
        assert!(File::new("crates/mapi/tests/life.rs", "").is_test());
        assert!(File::new("crates/mapi/src/session/tests.rs", "").is_test());
        assert_eq!(File::new("xtask/src/main.rs", "").krate(), None);
    }
}
