//! Entry IDs that hold an address themselves: one-off recipients, and lists of entry IDs.
//!
//! Reading only, as far as a header needs it; the address book makes and opens them.
//!
//! # Source
//! `[MS-OXCDATA]` 2.2.5.1 (one-off), 2.2.5.2 (address book), FLATENTRYLIST.

use mapi_defs::EntryId;
use mapi_defs::guids;

/// The strings are UTF-16, not in a code page.
const UNICODE: u16 = 0x8000;
/// More entry IDs than this in one list are not read; real lists have a handful.
const MAX_ENTRIES: usize = 1000;
/// Version and display type stand before the X.500 name of an address book entry ID.
const ADDRESS_BOOK_HEAD: usize = 8;
/// The provider of Exchange's address book.
const ADDRESS_BOOK: [u8; 16] = *b"\xDC\xA7\x40\xC8\xC0\x42\x10\x1A\xB4\xB9\x08\x00\x2B\x2F\xE1\x82";

/// A name and an address out of an entry ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OneOff {
    pub(crate) name: String,
    pub(crate) address_type: String,
    pub(crate) address: String,
}

impl OneOff {
    /// Reads a one-off or address-book entry ID; `None` for every other.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let id = EntryId::from_bytes(bytes);
        let provider = id.provider()?;
        if provider.0 == ADDRESS_BOOK {
            let name = id.body().get(ADDRESS_BOOK_HEAD..)?;
            let address = text_of(name.split(|byte| *byte == 0).next()?);
            return Some(Self { name: String::new(), address_type: "EX".to_owned(), address });
        }
        if provider != guids::MAPI_ONE_OFF_UID {
            return None;
        }
        let (head, strings) = id.body().split_first_chunk::<4>()?;
        let [_, _, low, high] = *head;
        let mut strings: Box<dyn Iterator<Item = String>> = if u16::from_le_bytes([low, high]) & UNICODE != 0
        {
            Box::new(wide_strings(strings))
        } else {
            Box::new(strings.split(|byte| *byte == 0).map(text_of))
        };
        Some(Self { name: strings.next()?, address_type: strings.next()?, address: strings.next()? })
    }

    pub(crate) fn is_smtp(&self) -> bool {
        self.address_type.eq_ignore_ascii_case("SMTP")
    }
}

fn wide_strings(bytes: &[u8]) -> impl Iterator<Item = String> {
    let units = bytes.as_chunks::<2>().0;
    units.split(|unit| *unit == [0, 0]).map(|units| {
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    })
}

/// 8-bit text of an unknown code page: UTF-8 where it is, else Western European.
fn text_of(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The entry IDs of a list (FLATENTRYLIST), as far as they are whole.
pub(crate) fn flat_entries(bytes: &[u8]) -> Vec<&[u8]> {
    let mut entries = Vec::new();
    // Count and size of the list are hints; what is there decides.
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((size, behind)) = rest.split_first_chunk::<4>() {
        let Ok(size) = usize::try_from(u32::from_le_bytes(*size)) else { break };
        let Some(entry) = behind.get(..size) else { break };
        entries.push(entry);
        // Each entry begins at a multiple of four octets.
        rest = behind.get(size.next_multiple_of(4)..).unwrap_or_default();
        if entries.len() >= MAX_ENTRIES {
            break;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn one_off(strings: &[&str], unicode: bool) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        bytes.extend_from_slice(&guids::MAPI_ONE_OFF_UID.0);
        bytes.extend_from_slice(&[0, 0, 1, if unicode { 0x90 } else { 0 }]);
        for text in strings {
            if unicode {
                bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]));
            } else {
                bytes.extend(text.bytes().chain([0]));
            }
        }
        bytes
    }

    #[test]
    fn a_one_off_gives_its_three_strings() {
        for unicode in [false, true] {
            let read = OneOff::read(&one_off(&["Ann", "SMTP", "ann@example.org"], unicode)).unwrap();
            assert_eq!((read.name.as_str(), read.address.as_str()), ("Ann", "ann@example.org"), "{unicode}");
            assert!(read.is_smtp());
        }
        let whole = one_off(&["Ann", "SMTP", "ann@example.org"], true);
        for cut in 0..whole.len() {
            let _ = OneOff::read(&whole[..cut]);
        }
        assert_eq!(OneOff::read(&[0; 40]), None);
    }

    #[test]
    fn a_list_gives_the_entries_that_are_whole() {
        let list = |entries: &[&[u8]]| {
            let mut bytes = vec![9; 8];
            for entry in entries {
                bytes.extend_from_slice(&(entry.len() as u32).to_le_bytes());
                bytes.extend_from_slice(entry);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
            bytes
        };
        let bytes = list(&[b"one", b"", b"three"]);
        assert_eq!(flat_entries(&bytes), [&b"one"[..], b"", b"three"]);
        for cut in 0..bytes.len() {
            assert!(flat_entries(&bytes[..cut]).len() <= 3);
        }
        assert_eq!(flat_entries(&[&[0; 8][..], &[0xFF; 40]].concat()), Vec::<&[u8]>::new());
    }
}
