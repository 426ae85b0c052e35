//! Which parts HTML shows by itself: the Content-IDs and locations it refers to.
//!
//! # Source
//! RFC 2392 (cid), RFC 2557 (Content-Location).

use std::collections::HashSet;

/// More references than this in one HTML are not followed.
const MAX_REFERENCES: usize = 10_000;
/// Longer references are not Content-IDs.
const MAX_REFERENCE_BYTES: usize = 1000;

/// The Content-IDs that HTML refers to, decoded.
pub(crate) fn content_ids(html: &[u8]) -> HashSet<Vec<u8>> {
    let mut ids = HashSet::new();
    let mut rest = html;
    while let Some(colon) = rest.iter().position(|byte| *byte == b':') {
        let (before, behind) = rest.split_at(colon);
        rest = behind.get(1..).unwrap_or_default();
        let scheme = before.get(before.len().saturating_sub(3)..).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(b"cid") {
            continue;
        }
        let window = rest.get(..MAX_REFERENCE_BYTES).unwrap_or(rest);
        let end = window
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\'' | b')' | b'>' | b'<') || byte.is_ascii_whitespace());
        if let Some(id) = end.and_then(|end| window.get(..end)).filter(|id| !id.is_empty()) {
            ids.insert(percent_decoded(id));
        }
        if ids.len() >= MAX_REFERENCES {
            break;
        }
    }
    ids
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>().and_then(|digits| hex(*digits));
        match (first, digits) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let text =
        str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_decoded() {
        let html = b"<img src=\"cid:a@b\"><IMG SRC='CID:c%40d'> url(cid:e) cid:\" http://x cid:unfinished";
        let mut ids: Vec<Vec<u8>> = content_ids(html).into_iter().collect();
        ids.sort();
        assert_eq!(ids, [b"a@b".to_vec(), b"c@d".to_vec(), b"e".to_vec()]);
        assert_eq!(percent_decoded(b"%4"), b"%4");
        assert_eq!(percent_decoded(b"%zz%41"), b"%zzA");
    }
}
