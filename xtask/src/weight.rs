//! `cargo xtask weight`: how many crates `libmapi32.so` is built of and how large it is, against what is allowed.
//!
//! The crates are counted in every run of the tests; the size needs a release build, so it is looked at by this
//! command alone.

use std::path::Path;
use std::process::Command;

/// Crates of others that are linked into the library with its default features.
const MOST_CRATES: usize = 100;
/// The library without symbols, in bytes.
const MOST_BYTES: u64 = 12 << 20;

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask weight".into());
    }
    let crates = crates(root)?;
    let others = others(&crates);
    println!(
        "figure: crates in libmapi32.so = {}, {others} of them of others (at most {MOST_CRATES})",
        crates.len()
    );
    let build = ["build", "--release", "--quiet", "--package", "mapi32"];
    let built = Command::new("cargo").args(build).current_dir(root).status();
    if !built.map_err(|fault| fault.to_string())?.success() {
        return Err("the library does not build".into());
    }
    let bytes = stripped(&crate::install::release_folder(root).join("libmapi32.so"))?;
    println!("figure: bytes of libmapi32.so without symbols = {bytes} (at most {MOST_BYTES})");
    within(others, bytes)
}

fn within(crates: usize, bytes: u64) -> Result<(), String> {
    if crates > MOST_CRATES {
        return Err(format!("{crates} crates are more than {MOST_CRATES}"));
    }
    if bytes > MOST_BYTES {
        return Err(format!("{bytes} bytes are more than {MOST_BYTES}"));
    }
    Ok(())
}

/// How many are not this project's own.
fn others(crates: &[String]) -> usize {
    crates.iter().filter(|name| !name.starts_with("mapi")).count()
}

/// Every crate that is linked into the library; what only runs at build time is left out.
fn crates(root: &Path) -> Result<Vec<String>, String> {
    let tree = ["tree", "--package", "mapi32", "--edges", "normal,no-proc-macro", "--prefix", "none"];
    let output = Command::new("cargo").args(tree).current_dir(root).output();
    let output = output.map_err(|fault| format!("cargo tree: {fault}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let named = |line: &str| line.split_whitespace().take(2).collect::<Vec<&str>>().join(" ");
    let mut crates: Vec<String> = text.lines().map(named).filter(|name| !name.is_empty()).collect();
    crates.sort();
    crates.dedup();
    Ok(crates)
}

fn stripped(library: &Path) -> Result<u64, String> {
    let copy = library.with_extension("stripped");
    let status = Command::new("strip").arg("-o").arg(&copy).arg(library).status();
    if !status.map_err(|fault| format!("strip: {fault}"))?.success() {
        return Err("strip failed".into());
    }
    let bytes = std::fs::metadata(&copy).map_err(|fault| fault.to_string())?.len();
    std::fs::remove_file(&copy).map_err(|fault| fault.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_built_of_few_crates() {
        let crates = crates(&crate::root()).unwrap();
        assert!(others(&crates) <= MOST_CRATES, "{crates:?}");
        for service in ["mapi-store", "mapi-smtp", "mapi-addrbook", "mapi-msg", "mapi-com"] {
            assert!(crates.iter().any(|name| name.starts_with(&format!("{service} "))), "{service}");
        }
        for feature in ["mapi-imap", "mapi-ldap", "mapi-pst", "dbus-secret-service"] {
            assert!(!crates.iter().any(|name| name.starts_with(feature)), "{feature} is no default");
        }
    }

    #[test]
    fn too_much_is_refused() {
        assert_eq!(within(MOST_CRATES, MOST_BYTES), Ok(()));
        assert!(within(MOST_CRATES + 1, 0).is_err() && within(0, MOST_BYTES + 1).is_err());
    }
}
