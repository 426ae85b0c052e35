//! `OneOff`: an address with a name that belongs to no address book, as its entry identifier holds it.
//!
//! Opening one as a mail user is `mapi::address_book`'s.

use crate::EntryId;
use crate::guids::MAPI_ONE_OFF_UID;

/// The identifier's strings are UTF-16.
const UNICODE: u16 = 0x8000;
/// The recipient reads no formatted text.
const NO_RICH_INFO: u16 = 0x0001;

/// A name, an address type and an address.
///
/// # Source
/// `[MS-OXCDATA]` 2.2.5.1: version 0, flags, then three strings that end with a zero unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneOff {
    /// Whether the recipient reads formatted text.
    pub reads_rich_text: bool,
    /// The display name.
    pub name: String,
    /// The address type, such as `SMTP`.
    pub address_type: String,
    /// The address.
    pub address: String,
}

impl OneOff {
    /// Somebody who reads formatted text.
    pub fn new(name: &str, address_type: &str, address: &str) -> Self {
        let [name, address_type, address] = [name, address_type, address].map(str::to_owned);
        Self { reads_rich_text: true, name, address_type, address }
    }

    /// The identifier. A zero within one of the strings would end it early and is left out.
    pub fn entry_id(&self) -> EntryId {
        let flags = if self.reads_rich_text { UNICODE } else { UNICODE | NO_RICH_INFO };
        let mut body = Vec::new();
        body.extend_from_slice(&0_u16.to_le_bytes());
        body.extend_from_slice(&flags.to_le_bytes());
        for text in [&self.name, &self.address_type, &self.address] {
            let units = text.encode_utf16().filter(|unit| *unit != 0).chain([0]);
            units.for_each(|unit| body.extend_from_slice(&unit.to_le_bytes()));
        }
        EntryId::new(MAPI_ONE_OFF_UID, &body)
    }

    /// Reads an identifier of either width; `None` for every other, and for one that is cut short.
    pub fn read(id: &EntryId) -> Option<Self> {
        if id.provider() != Some(MAPI_ONE_OFF_UID) {
            return None;
        }
        let ([_, _, low, high], mut rest) = id.body().split_first_chunk::<4>()?;
        let flags = u16::from_le_bytes([*low, *high]);
        let mut next = || {
            let (text, behind) = if flags & UNICODE == 0 { narrow(rest) } else { wide(rest) }?;
            rest = behind;
            Some(text)
        };
        let (name, address_type, address) = (next()?, next()?, next()?);
        Some(Self { reads_rich_text: flags & NO_RICH_INFO == 0, name, address_type, address })
    }
}

/// A string of UTF-16, and what is behind it.
fn wide(bytes: &[u8]) -> Option<(String, &[u8])> {
    let units = bytes.as_chunks::<2>().0;
    let end = units.iter().position(|unit| *unit == [0, 0])?;
    let text: Vec<u16> = units[..end].iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Some((String::from_utf16_lossy(&text), &bytes[2 * end + 2..]))
}

/// A string of a code page that is not told, and what is behind it: UTF-8 where it is, else Western European.
fn narrow(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, behind) = (&bytes[..end], &bytes[end + 1..]);
    let western = || text.iter().map(|byte| char::from(*byte)).collect();
    Some((str::from_utf8(text).map_or_else(|_| western(), str::to_owned), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_header_version_flags_and_three_strings() {
        let id = OneOff::new("A", "SMTP", "a@b").entry_id();
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
        assert_eq!(OneOff::new("a\0b", "", "").entry_id(), OneOff::new("ab", "", "").entry_id());
    }

    #[test]
    fn both_widths_are_read_back_and_what_is_cut_is_none() {
        let strings = ["Änn", "SMTP", "ann@example.org"];
        let whole = OneOff::new(strings[0], strings[1], strings[2]);
        let narrow: Vec<u8> = strings.iter().flat_map(|text| [text.as_bytes(), &[0]].concat()).collect();
        let narrow = EntryId::new(MAPI_ONE_OFF_UID, &[&[0, 0, 1, 0], &narrow[..]].concat());
        let plain = OneOff { reads_rich_text: false, ..whole.clone() };
        for (id, expected) in [(whole.entry_id(), &whole), (plain.entry_id(), &plain), (narrow, &plain)] {
            assert_eq!(OneOff::read(&id).as_ref(), Some(expected));
            for cut in 0..id.as_bytes().len() {
                assert_eq!(OneOff::read(&EntryId::from_bytes(&id.as_bytes()[..cut])), None, "{cut}");
            }
        }
        assert_eq!(super::narrow(b"\xC4\0"), Some(("Ä".to_owned(), &b""[..])), "not UTF-8");
    }
}
