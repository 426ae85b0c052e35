//! Takes the HTML or text out of RTF, compressed or not.
//!
//! Usage: `extract [--rtf] [FILE]`. Without FILE it reads standard input. The result goes to standard output
//! as UTF-8; its kind and what was wrong with the compressed form go to standard error. `--rtf` answers the
//! decompressed RTF itself. Exit code 1: nothing could be read.

use mapi_rtf::{Extracted, decompress, extract};
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("extract: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut wants_rtf = false;
    let mut file = None;
    for argument in std::env::args_os().skip(1) {
        match argument == "--rtf" {
            true => wants_rtf = true,
            false => file = Some(argument),
        }
    }
    let mut bytes = Vec::new();
    match file {
        Some(file) => bytes = std::fs::read(file)?,
        None => drop(std::io::stdin().lock().read_to_end(&mut bytes)?),
    }
    let rtf = if bytes.trim_ascii_start().starts_with(b"{\\rtf") {
        bytes
    } else {
        let decompressed = decompress(&bytes)?;
        decompressed.defects.iter().for_each(|defect| eprintln!("defect: {defect:?}"));
        decompressed.rtf
    };
    let mut out = std::io::stdout().lock();
    if wants_rtf {
        return Ok(out.write_all(&rtf)?);
    }
    let (kind, text) = match extract(&rtf)? {
        Extracted::Html { html, code_page } => (format!("html, code page {code_page}"), html),
        Extracted::Text(text) => ("text".to_owned(), text),
        Extracted::Native { text } => ("native".to_owned(), text),
        _ => return Err("a kind of RTF that this example does not know".into()),
    };
    eprintln!("kind: {kind}");
    Ok(out.write_all(text.as_bytes())?)
}
