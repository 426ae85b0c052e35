//! One line taken apart: group, name, parameters, and what they say of its octets.

use crate::card::{Content, Line, Param, Version};
use encodify::{base64, qp};
use encoding_rs::{Encoding, WINDOWS_1252};

/// What 2.1 writes bare among the parameters and means as an encoding.
const ENCODINGS: [&str; 5] = ["QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"];

/// Whether a line, of which perhaps only the beginning is there, is in quoted-printable.
pub(crate) fn is_quoted_printable(line: &[u8]) -> bool {
    let head = &line[..colon(line).unwrap_or(line.len())];
    let word = b"QUOTED-PRINTABLE";
    head.windows(word.len()).any(|found| found.eq_ignore_ascii_case(word))
}

/// Reads a line; `None` where it is none.
pub(crate) fn read(line: &[u8], version: Version) -> Option<Line> {
    let colon = colon(line)?;
    let head = decoded(&line[..colon], None);
    let mut pieces = pieces(&head, ';');
    let full_name = pieces.next()?.trim();
    let (group, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    let is_name =
        !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    if !is_name {
        return None;
    }
    let params: Vec<Param> = pieces.filter_map(|piece| param(piece, version)).collect();
    let mut line = Line {
        group: group.to_owned(),
        name: name.to_ascii_uppercase(),
        params,
        content: Content::Text(String::new()),
    }
    .with_octets(&line[colon + 1..]);
    // They have done their work, and what is written again has others.
    line.params.retain(|param| param.name != "CHARSET" && param.name != "ENCODING");
    Some(line)
}

/// Where the colon is that is in no quotes.
fn colon(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    line.iter().position(|octet| {
        is_quoted ^= *octet == b'"';
        *octet == b':' && !is_quoted
    })
}

/// The pieces between dividers that are in no quotes.
fn pieces(text: &str, divider: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |letter| {
        is_quoted ^= letter == '"';
        letter == divider && !is_quoted
    })
}

fn param(piece: &str, version: Version) -> Option<Param> {
    let piece = piece.trim();
    if piece.is_empty() {
        return None;
    }
    let Some((name, values)) = piece.split_once('=') else {
        let is_encoding = ENCODINGS.iter().any(|known| known.eq_ignore_ascii_case(piece));
        let name = if is_encoding { "ENCODING" } else { "TYPE" };
        return Some(Param { name: name.to_owned(), values: vec![piece.to_owned()] });
    };
    let values: Vec<String> = pieces(values, ',').map(|value| value_of(value, version)).collect();
    // 4.0 allows the values of TYPE in quotes all together.
    let values = match name.trim().eq_ignore_ascii_case("TYPE") {
        true => values.iter().flat_map(|value| value.split(',')).map(str::to_owned).collect(),
        false => values,
    };
    Some(Param { name: name.trim().to_ascii_uppercase(), values })
}

/// A parameter's value without its quotes; `^n`, `^'` and `^^` of RFC 6868 are what they stand for.
fn value_of(value: &str, version: Version) -> String {
    let value = value.trim().trim_matches('"');
    if version == Version::V2 || !value.contains('^') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '^') {
            (_, true) => match letters.next() {
                Some('n') => out.push('\n'),
                Some('\'') => out.push('"'),
                Some('^') => out.push('^'),
                other => out.extend(['^'].into_iter().chain(other)),
            },
            (letter, false) => out.push(letter),
        }
    }
    out
}

impl Line {
    /// The line with its octets, decoded as the parameters say.
    fn with_octets(mut self, octets: &[u8]) -> Self {
        let encoding = self.param("ENCODING").unwrap_or_default().to_ascii_uppercase();
        let charset = self.param("CHARSET").and_then(|name| Encoding::for_label(name.as_bytes()));
        self.content = match encoding.as_str() {
            "B" | "BASE64" => match base64::LENIENT.decode(octets) {
                Ok(bytes) => Content::Binary(bytes),
                Err(_) => Content::Binary(Vec::new()),
            },
            "QUOTED-PRINTABLE" => {
                let plain =
                    qp::BODY.decode(octets).map_or_else(|_| octets.to_vec(), |plain| plain.into_owned());
                Content::Text(decoded(&plain, charset))
            }
            _ => Content::Text(decoded(octets, charset)),
        };
        self
    }
}

/// Text of a character set that is named, else UTF-8 where it is, else Western European.
fn decoded(octets: &[u8], charset: Option<&'static Encoding>) -> String {
    match charset {
        Some(charset) => charset.decode_without_bom_handling(octets).0.into_owned(),
        None => match str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(octets).0.into_owned(),
        },
    }
}
