//! Takes the HTML or text out of RTF, compressed or not; with an option, one step of that or the way back.
//!
//! Usage: `extract [--rtf | --compress | --from-html | --from-text] [FILE]`. Without FILE it reads standard
//! input; the result goes to standard output, HTML and text as UTF-8.
//!
//! - no option: RTF, compressed or not, to HTML or text. The kind and what was wrong with the compressed form
//!   go to standard error.
//! - `--rtf`: compressed RTF to RTF.
//! - `--compress`: RTF to compressed RTF.
//! - `--from-html`, `--from-text`: UTF-8 to RTF.
//!
//! Exit code 1: nothing could be read.

use mapi_rtf::{Extracted, compress, decompress, encapsulate_html, encapsulate_text, extract};
use std::error::Error;
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

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, files): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|it| it.starts_with("--"));
    let mut bytes = Vec::new();
    match files.first() {
        Some(file) => bytes = std::fs::read(file)?,
        None => drop(std::io::stdin().lock().read_to_end(&mut bytes)?),
    }
    let result = match options.first().map(String::as_str) {
        None => html_or_text(bytes)?.into_bytes(),
        Some("--rtf") => unpacked(bytes)?,
        Some("--compress") => compress(&bytes),
        Some("--from-html") => encapsulate_html(str::from_utf8(&bytes)?),
        Some("--from-text") => encapsulate_text(str::from_utf8(&bytes)?),
        Some(other) => return Err(format!("there is no option {other}").into()),
    };
    Ok(std::io::stdout().lock().write_all(&result)?)
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
    if bytes.trim_ascii_start().starts_with(b"{\\rtf") {
        return Ok(bytes);
    }
    let decompressed = decompress(&bytes)?;
    decompressed.defects.iter().for_each(|defect| eprintln!("defect: {defect:?}"));
    Ok(decompressed.rtf)
}

fn html_or_text(bytes: Vec<u8>) -> Result<String, Box<dyn Error>> {
    let (kind, text) = match extract(&unpacked(bytes)?)? {
        Extracted::Html { html, code_page } => (format!("html, code page {code_page}"), html),
        Extracted::Text(text) => ("text".to_owned(), text),
        Extracted::Native { text } => ("native".to_owned(), text),
        _ => return Err("a kind of RTF that this example does not know".into()),
    };
    eprintln!("kind: {kind}");
    Ok(text)
}
