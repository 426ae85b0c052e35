//! One-off entry identifiers: an address with a name, belonging to no address book (CreateOneOff).

use mapi_defs::EntryId;
use mapi_defs::guids::MAPI_ONE_OFF_UID;

/// The identifier's strings are UTF-16.
const UNICODE: u16 = 0x8000;

/// Makes the identifier of a name, an address type and an address.
///
/// # Source
/// `[MS-OXCDATA]` 2.2.5.1: version 0, flags, then three strings that end with a zero unit. A zero
/// within one of them would end it early and is left out.
pub fn one_off(name: &str, address_type: &str, address: &str) -> EntryId {
    let mut body = Vec::new();
    body.extend_from_slice(&0_u16.to_le_bytes());
    body.extend_from_slice(&UNICODE.to_le_bytes());
    for text in [name, address_type, address] {
        let units = text.encode_utf16().filter(|unit| *unit != 0).chain([0]);
        units.for_each(|unit| body.extend_from_slice(&unit.to_le_bytes()));
    }
    EntryId::new(MAPI_ONE_OFF_UID, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_header_version_flags_and_three_strings() {
        let id = one_off("A", "SMTP", "a@b");
        let expected = [
            "00000000812b1fa4bea310199d6e00dd010f5402",
            "00000080",
            "41000000",
            "53004d0054005000",
            "0000",
            "610040006200",
            "0000",
        ];
        assert_eq!(id.to_string(), expected.concat());
        assert_eq!(one_off("a\0b", "", ""), one_off("ab", "", ""));
    }
}
