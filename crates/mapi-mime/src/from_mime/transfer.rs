//! Bodies without their transfer encoding (RFC 2045 6), decoded by mail-parser.
//!
//! Damaged encodings give what they hold: octets that do not belong are passed over, as other readers do.

use crate::from_mime::described::Transfer;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use std::borrow::Cow;

/// The octets of a body.
pub(crate) fn decoded(body: &[u8], transfer: Transfer) -> Cow<'_, [u8]> {
    match transfer {
        Transfer::Identity => Cow::Borrowed(body),
        Transfer::Base64 => Cow::Owned(base64_decode(body).unwrap_or_else(|| tolerant_base64(body))),
        Transfer::QuotedPrintable => {
            Cow::Owned(quoted_printable_decode(body).unwrap_or_else(|| tolerant_quoted_printable(body)))
        }
    }
}

fn tolerant_base64(body: &[u8]) -> Vec<u8> {
    let end = body.iter().position(|byte| *byte == b'=').unwrap_or(body.len());
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut digits: Vec<u8> = body.iter().take(end).copied().filter(is_digit).collect();
    // One digit alone is no octet; others are filled up.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    digits.resize(digits.len().next_multiple_of(4), b'=');
    base64_decode(&digits).unwrap_or_default()
}

fn tolerant_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'=' {
            out.push(*first);
        } else if let Some(next) = soft_break(behind) {
            rest = next;
        } else if let Some(byte) = behind.first_chunk::<2>().and_then(|digits| hex(*digits)) {
            out.push(byte);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            out.push(b'=');
        }
    }
    out
}

/// What follows a line end.
fn soft_break(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low] = digits.map(digit);
    Some(high?.checked_mul(16)?.saturating_add(low?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_encodings_give_what_they_hold() {
        let base64 = |text: &[u8]| decoded(text, Transfer::Base64).into_owned();
        assert_eq!(base64(b"SGVs\r\nbG8=\r\n"), b"Hello");
        assert_eq!(base64(b"SGVs*bG8!"), b"Hello");
        assert_eq!((base64(b"SGVsb"), base64(b"")), (b"Hel".to_vec(), b"".to_vec()));
        let printable = |text: &[u8]| decoded(text, Transfer::QuotedPrintable).into_owned();
        assert_eq!(printable(b"a=3Db=\r\nc"), b"a=bc");
        assert_eq!(printable(b"a=ZZ=41=\nb="), b"a=ZZAb=");
        assert_eq!(decoded(b"a=3D", Transfer::Identity).as_ref(), b"a=3D");
    }
}
