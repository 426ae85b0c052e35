//! Rules about which crate uses which, read from the Cargo.toml files.
//!
//! The table is the one of ARCHITECTURE.md: halves that do not know each other meet in `mapi-spi`,
//! and `mapi-services` alone knows them all. A new edge is a decision, made here in the open.

use super::{File, Finding};
use toml::{Table, Value};

/// The project's crates that each crate may use; whoever uses `mapi-spi` may name the values too.
const ALLOWED: &[(&str, &[&str])] = &[
    ("mapi-defs", &[]),
    ("mapi-spi", &["mapi-defs"]),
    ("mapi-files", &["mapi-defs"]),
    ("mapi-rtf", &["mapi-defs"]),
    ("mapi-vault", &["mapi-defs"]),
    ("mapi-tnef", &["mapi-defs", "mapi-rtf"]),
    ("mapi-ical", &["mapi-defs"]),
    ("mapi-vcard", &["mapi-defs"]),
    ("mapi-msg", &["mapi-defs", "mapi-spi", "mapi-rtf"]),
    ("mapi-mime", &["mapi-defs", "mapi-spi", "mapi-rtf", "mapi-tnef", "mapi-ical"]),
    ("mapi", &["mapi-defs", "mapi-spi", "mapi-files", "mapi-vault"]),
    ("mapi-store", &["mapi-defs", "mapi-spi", "mapi-files"]),
    ("mapi-addrbook", &["mapi-defs", "mapi-spi", "mapi-files"]),
    ("mapi-pst", &["mapi-defs", "mapi-spi"]),
    ("mapi-local", &["mapi-defs", "mapi-spi"]),
    ("mapi-wire", &["mapi-defs", "mapi-vault"]),
    ("mapi-ldap", &["mapi-defs", "mapi-spi", "mapi-wire"]),
    ("mapi-smtp", &["mapi-defs", "mapi-spi", "mapi-mime", "mapi-wire"]),
    ("mapi-imap", &["mapi-defs", "mapi-spi", "mapi-mime", "mapi-wire"]),
    ("mapi-spooler", &["mapi-defs", "mapi-spi", "mapi-files", "mapi-mime"]),
    (
        "mapi-services",
        &[
            "mapi-defs",
            "mapi-spi",
            "mapi",
            "mapi-spooler",
            "mapi-store",
            "mapi-addrbook",
            "mapi-pst",
            "mapi-ldap",
            "mapi-local",
            "mapi-smtp",
            "mapi-imap",
            "mapi-vcard",
            "mapi-com",
        ],
    ),
    ("mapi-com", &["mapi-defs", "mapi-spi", "mapi-rtf", "mapi", "mapi-msg", "mapi-mime"]),
    ("mapi-simple", &["mapi-defs", "mapi-spi", "mapi-files", "mapi", "mapi-msg"]),
    ("mapi32", &["mapi-defs", "mapi-spi", "mapi", "mapi-msg", "mapi-com", "mapi-simple", "mapi-services"]),
    (
        "mapi-cli",
        &[
            "mapi-defs",
            "mapi-spi",
            "mapi-files",
            "mapi",
            "mapi-services",
            "mapi-msg",
            "mapi-mime",
            "mapi-rtf",
            "mapi-tnef",
            "mapi-vault",
            "mapi-vcard",
        ],
    ),
    ("mapi-inspector", &["mapi-defs", "mapi-spi", "mapi", "mapi-services"]),
    ("mapi-testkit", &["mapi-defs", "mapi-spi"]),
];

const TEST_KIT: &str = "mapi-testkit";

/// Every use of one of our crates by another is in the table. Uses by tests are free.
pub(super) fn crates_use_what_the_table_allows(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in manifests(files) {
        let Some(krate) = file.krate() else { continue };
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == krate) else {
            findings.push(Finding::new(file, 0, format!("{krate} is not in the table of crates")));
            continue;
        };
        match uses(&file.text) {
            Err(fault) => findings.push(Finding::new(file, 0, fault)),
            Ok(uses) => {
                let ours = uses.into_iter().filter(|name| ALLOWED.iter().any(|(known, _)| known == name));
                let stray = ours.filter(|name| !allowed.contains(&name.as_str()) && name != TEST_KIT);
                findings
                    .extend(stray.map(|name| Finding::new(file, 0, format!("{krate} must not use {name}"))));
            }
        }
    }
    findings
}

/// `mapi-testkit` stands under `[dev-dependencies]` alone.
pub(super) fn the_test_kit_is_for_tests(files: &[File]) -> Vec<Finding> {
    let uses_it = |file: &&File| uses(&file.text).is_ok_and(|uses| uses.iter().any(|name| name == TEST_KIT));
    let message = "mapi-testkit is a dev-dependency only";
    manifests(files).filter(uses_it).map(|file| Finding::new(file, 0, message)).collect()
}

fn manifests(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.name() == "Cargo.toml" && file.path.split('/').count() == 3)
}

/// The names under `[dependencies]` and `[build-dependencies]`, of all targets.
fn uses(manifest: &str) -> Result<Vec<String>, String> {
    let manifest: Table = manifest.parse().map_err(|fault| format!("is no TOML: {fault}"))?;
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([&manifest]);
    let lists = tables.flat_map(|table| ["dependencies", "build-dependencies"].map(|name| table.get(name)));
    let entries = lists.flatten().filter_map(Value::as_table).flatten();
    Ok(entries.map(|(name, value)| package(name, value)).collect())
}

/// The package behind a dependency that was given another name.
fn package(name: &str, value: &Value) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    fn found(rule: super::super::Rule, krate: &str, manifest: &str) -> usize {
        check(rule, &[(&format!("crates/{krate}/Cargo.toml"), manifest)]).len()
    }

    #[test]
    fn an_edge_outside_the_table_is_found() {
        let rule = crates_use_what_the_table_allows;
        assert_eq!(
            found(rule, "mapi-store", "[dependencies]\nmapi-spi.workspace = true\nserde = \"1\"\n"),
            0
        );
        assert_eq!(found(rule, "mapi-store", "[dependencies]\nmapi.workspace = true\n"), 1);
        assert_eq!(
            found(rule, "mapi-store", "[dependencies]\nm = { package = \"mapi\", path = \"x\" }\n"),
            1
        );
        assert_eq!(
            found(rule, "mapi-store", "[target.'cfg(unix)'.build-dependencies]\nmapi-cli = \"1\"\n"),
            1
        );
        assert_eq!(found(rule, "mapi-store", "[dev-dependencies]\nmapi.workspace = true\n"), 0);
        assert_eq!(found(rule, "mapi-new", ""), 1);
        assert_eq!(found(rule, "mapi-store", "[dependencies"), 1);
    }

    #[test]
    fn the_test_kit_in_the_product_is_found() {
        let rule = the_test_kit_is_for_tests;
        assert_eq!(found(rule, "mapi-store", "[dependencies]\nmapi-testkit.workspace = true\n"), 1);
        assert_eq!(found(rule, "mapi-store", "[dev-dependencies]\nmapi-testkit.workspace = true\n"), 0);
    }

    #[test]
    fn the_table_has_no_circle() {
        // In this order each crate uses only crates that were built before it.
        let mut built: Vec<&str> = Vec::new();
        while built.len() < ALLOWED.len() {
            let ready = |(name, uses): &&(&str, &[&str])| {
                !built.contains(name) && uses.iter().all(|used| built.contains(used))
            };
            built.push(ALLOWED.iter().find(ready).expect("a circle in the table of crates").0);
        }
    }
}
