//! A card as the octets of a file.

use crate::card::{Card, Content, Line, Version};
use encodify::base64;

/// Octets of a line, without its end, before it is folded.
const LINE_BYTES: usize = 75;

/// Writes a card, each line folded after 75 octets and never within a letter. 2.1 is written as 3.0.
pub fn write(card: &Card) -> String {
    let version = card.version.max(Version::V3);
    let mut out = String::from("BEGIN:VCARD\r\n");
    out.push_str(if version == Version::V4 { "VERSION:4.0\r\n" } else { "VERSION:3.0\r\n" });
    for line in &card.lines {
        fold(&whole(line, version), &mut out);
    }
    out.push_str("END:VCARD\r\n");
    out
}

fn whole(line: &Line, version: Version) -> String {
    let mut text = String::new();
    if !line.group.is_empty() {
        text.push_str(&plain(&line.group));
        text.push('.');
    }
    text.push_str(&plain(&line.name));
    // A data address says its media type itself.
    let is_binary = matches!(line.content, Content::Binary(_));
    for param in line.params.iter().filter(|param| !(is_binary && param.name == "MEDIATYPE")) {
        text.push(';');
        text.push_str(&plain(&param.name));
        text.push('=');
        let values: Vec<String> = param.values.iter().map(|value| quoted(value, version)).collect();
        text.push_str(&values.join(","));
    }
    match &line.content {
        Content::Text(content) => {
            text.push(':');
            text.extend(content.chars().filter(|letter| *letter == '\t' || !letter.is_control()));
        }
        Content::Binary(bytes) => {
            // A media type makes a data address of 4.0; 3.0 says the encoding.
            match (version, line.param("MEDIATYPE")) {
                (Version::V4, media_type) => {
                    text.push_str(":data:");
                    text.push_str(media_type.unwrap_or("application/octet-stream"));
                    text.push_str(";base64,");
                }
                _ => text.push_str(";ENCODING=b:"),
            }
            text.push_str(&base64::STANDARD.encode(bytes));
        }
    }
    text
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
}

/// A parameter's value, in quotes where it has to be; RFC 6868 for what no quotes hold.
fn quoted(value: &str, version: Version) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    for letter in value.chars() {
        match (letter, version) {
            ('^', Version::V4) => out.push_str("^^"),
            ('\n', Version::V4) => out.push_str("^n"),
            ('"', Version::V4) => out.push_str("^'"),
            ('"', _) => out.push('\''),
            (letter, _) if letter.is_control() => {}
            (letter, _) => out.push(letter),
        }
    }
    match out.contains([',', ';', ':']) {
        true => format!("\"{out}\""),
        false => out,
    }
}

fn fold(line: &str, out: &mut String) {
    let mut width = 0;
    for letter in line.chars() {
        if width + letter.len_utf8() > LINE_BYTES {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(letter);
        width += letter.len_utf8();
    }
    out.push_str("\r\n");
}
