//! `Guid`: property sets, interface and provider identities (GUID, MAPIUID).
//!
//! The well-known ones are generated from `data/guids.tsv`.

use std::fmt;

/// Sixteen bytes in their order on disk and on the wire (a GUID's first three fields little-endian).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub [u8; 16]);

/// A provider's identity; the same sixteen bytes as a GUID (MAPIUID).
pub type MapiUid = Guid;

impl Guid {
    /// All zero bytes.
    pub const NULL: Self = Self([0; 16]);
    /// `PS_MAPI`: names that stand for plain property identifiers.
    pub const PS_MAPI: Self = Self::from_fields(0x0002_0328, 0, 0, *b"\xC0\0\0\0\0\0\0\x46");
    /// `PS_PUBLIC_STRINGS`: the set of string names that users and forms make.
    pub const PS_PUBLIC_STRINGS: Self = Self::from_fields(0x0002_0329, 0, 0, *b"\xC0\0\0\0\0\0\0\x46");

    /// Makes a GUID of its four written fields.
    pub const fn from_fields(a: u32, b: u16, c: u16, d: [u8; 8]) -> Self {
        let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
        Self([a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]])
    }

    /// Reads `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`, with or without braces, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text.strip_prefix('{') {
            Some(rest) => rest.strip_suffix('}')?,
            None => text,
        };
        let fields: Vec<&str> = text.split('-').collect();
        if fields.iter().map(|field| field.len()).ne([8, 4, 4, 4, 12]) || !text.is_ascii() {
            return None;
        }
        if !text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) {
            return None;
        }
        let a = u32::from_str_radix(fields[0], 16).ok()?;
        let b = u16::from_str_radix(fields[1], 16).ok()?;
        let c = u16::from_str_radix(fields[2], 16).ok()?;
        let high = u16::from_str_radix(fields[3], 16).ok()?.to_be_bytes();
        let low = u64::from_str_radix(fields[4], 16).ok()?.to_be_bytes();
        Some(Self::from_fields(a, b, c, [high[0], high[1], low[2], low[3], low[4], low[5], low[6], low[7]]))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = &self.0;
        let a = u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let (c, d) = (u16::from_le_bytes([b[4], b[5]]), u16::from_le_bytes([b[6], b[7]]));
        write!(f, "{{{a:08X}-{c:04X}-{d:04X}-{:02X}{:02X}-", b[8], b[9])?;
        b[10..].iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        f.write_str("}")
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_go_both_ways() {
        let text = "{00020328-0000-0000-C000-000000000046}";
        assert_eq!(Guid::PS_MAPI.to_string(), text);
        assert_eq!(Guid::parse(text), Some(Guid::PS_MAPI));
        assert_eq!(Guid::parse(&text[1..37].to_lowercase()), Some(Guid::PS_MAPI));
        for bad in [
            "",
            "{",
            "{00020328-0000-0000-C000-000000000046",
            "00020328-0000-0000-C000-00000000004",
            "0002032é-0000-0000-C000-00000000046",
        ] {
            assert_eq!(Guid::parse(bad), None, "{bad}");
        }
        assert_eq!(Guid::parse("+0020328-0000-0000-C000-000000000046"), None);
    }
}
