//! Lists what every byte, or every pair of bytes, of a code page means.
//!
//! Usage: `codepage PAGE...`. For each page a line of `# PAGE`, or `# PAGE unknown`; then for each single byte
//! and, in double-byte pages, each lead byte with each second byte, a line of the bytes in hexadecimal, the
//! characters in hexadecimal, and `-` when the bytes mean nothing. A third column says what the characters
//! are encoded to.

use mapi_rtf::codepage::{decode, encode, is_known, is_lead_byte};
use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for page in std::env::args().skip(1).filter_map(|it| it.parse().ok()) {
        writeln!(out, "# {page}{}", if is_known(page) { "" } else { " unknown" })?;
        for first in 0..=255 {
            if !is_lead_byte(page, first) {
                list(&mut out, page, &[first])?;
                continue;
            }
            for second in 0..=255 {
                list(&mut out, page, &[first, second])?;
            }
        }
    }
    out.flush()
}

fn list(out: &mut impl std::io::Write, page: u32, bytes: &[u8]) -> std::io::Result<()> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let Some(decoded) = decode(page, bytes) else { return Ok(()) };
    if decoded.lossy {
        return writeln!(out, "{} - -", hex(bytes));
    }
    let characters: Vec<String> = decoded.text.chars().map(|c| format!("{:x}", u32::from(c))).collect();
    let back = encode(page, &decoded.text).filter(|it| !it.lossy).map_or("-".to_owned(), |it| hex(&it.bytes));
    writeln!(out, "{} {} {back}", hex(bytes), characters.join("+"))
}
