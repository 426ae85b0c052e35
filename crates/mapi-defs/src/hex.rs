//! Bytes as hexadecimal digits: the form of identifiers and binary values in text.
//!
//! What a mail encodes this way is decoded by `mapi-mime`.

/// Lower-case digits, two for each byte. The text has its final size at once, so that no copy of a secret
/// stays behind where it grew.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0x0F)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]));
    text
}

/// Reads pairs of lower- or upper-case digits; `None` for anything else. No digits are no bytes.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let nibble = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    let pair = |pair: &[u8]| Some(nibble(pair[0])? << 4 | nibble(pair[1])?);
    if digits.len().is_multiple_of(2) { digits.chunks_exact(2).map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_digits_and_bytes_again() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = encode(&bytes);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(decode(&text), Some(bytes.clone()));
        assert_eq!(decode(&text.to_uppercase()), Some(bytes));
        assert_eq!(decode(""), Some(Vec::new()));
        for wrong in ["a", "abc", "zz", "+1", " 1", "é"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
