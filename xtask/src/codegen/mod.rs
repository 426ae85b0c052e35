//! `cargo xtask codegen`: the committed Rust tables of `mapi-defs`, and what `libmapi32.so` exports, made
//! from `data/*.tsv`.
//!
//! One file here per generated file. The output goes through `rustfmt`, so that what is committed is
//! what `cargo fmt --check` accepts. With `--check` nothing is written; a difference is a failure.

mod codes;
mod exports;
mod guids;
mod methods;
mod names;
mod spelling;
mod tags;

use crate::dictionary::Dictionary;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask codegen [--check]".into()),
    };
    let dictionary = Dictionary::read(root)?;
    let mut stale = Vec::new();
    for (path, text) in generate(root, &dictionary)? {
        let text = if path.ends_with(".rs") { format(root, &text)? } else { text };
        let target = root.join(path);
        if std::fs::read_to_string(&target).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            std::fs::write(&target, text).map_err(|fault| format!("{path}: {fault}"))?;
            println!("wrote {path}");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("not what data/ says: {}; run `cargo xtask codegen`", stale.join(", ")))
}

/// Path and unformatted text of every generated file.
fn generate(root: &Path, dictionary: &Dictionary) -> Result<[(&'static str, String); 7], String> {
    let exports = exports::read(root)?;
    Ok([
        ("crates/mapi-defs/src/prop/tags.rs", tags::generate(dictionary)?),
        ("crates/mapi-defs/src/names.rs", names::generate(dictionary)?),
        ("crates/mapi-defs/src/codes.rs", codes::generate(dictionary)?),
        ("crates/mapi-defs/src/guids.rs", guids::generate(dictionary)?),
        ("crates/mapi32/exports.map", exports::map(&exports)),
        ("crates/mapi32/src/refused.rs", exports::refused(&exports, dictionary)?),
        ("docs/matrix.md", methods::matrix(root, &exports::matrix(root, &exports)?)?),
    ])
}

fn format(root: &Path, text: &str) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|fault| format!("rustfmt cannot be started: {fault}"))?;
    let mut input = child.stdin.take().ok_or("rustfmt takes no input")?;
    let output = std::thread::scope(|scope| {
        // The writer runs beside the reader: a pipe holds less than the text.
        scope.spawn(move || input.write_all(text.as_bytes()));
        child.wait_with_output()
    });
    let output = output.map_err(|fault| format!("rustfmt: {fault}"))?;
    if !output.status.success() {
        return Err(format!("rustfmt refused generated text: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| "rustfmt answered no UTF-8".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_what_the_data_says() {
        assert_eq!(run(&crate::root(), &["--check".to_owned()]), Ok(()));
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let root = crate::root();
        let [(path, text), ..] = generate(&root, &Dictionary::read(&root).unwrap()).unwrap();
        let committed = std::fs::read_to_string(root.join(path)).unwrap();
        let other = text.replacen("0x0037", "0x0038", 1);
        assert_ne!(format(&root, &other).unwrap(), committed);
    }

    #[test]
    fn unknown_arguments_are_refused() {
        assert!(run(&crate::root(), &["--chek".to_owned()]).unwrap_err().contains("usage"));
    }
}
