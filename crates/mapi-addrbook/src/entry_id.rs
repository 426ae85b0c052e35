//! The bytes behind the header of the address book's entry identifiers.
//!
//! | byte | meaning |
//! |---|---|
//! | 0 | kind: 0 the container, 1 a mail user, 2 a distribution list |
//! | 1–8 | the entry's number, big-endian; of the container, and of what is to be made, 0 |

use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, Result};

/// What an identifier stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Container,
    MailUser(i64),
    DistList(i64),
}

pub(crate) fn make(book: MapiUid, meaning: Meaning) -> EntryId {
    let (kind, number) = match meaning {
        Meaning::Container => (0, 0),
        Meaning::MailUser(number) => (1, number),
        Meaning::DistList(number) => (2, number),
    };
    let mut body = vec![kind];
    body.extend_from_slice(&number.to_be_bytes());
    EntryId::new(book, &body)
}

/// Reads an identifier; the empty one is the container.
///
/// # Errors
/// - `MAPI_E_INVALID_ENTRYID`: it is not one of this book.
pub(crate) fn read(book: MapiUid, id: &EntryId) -> Result<Meaning> {
    if id.is_empty() {
        return Ok(Meaning::Container);
    }
    let meaning = match id.body() {
        [0, 0, 0, 0, 0, 0, 0, 0, 0] => Some(Meaning::Container),
        [1, number @ ..] => number.try_into().ok().map(|bytes| Meaning::MailUser(i64::from_be_bytes(bytes))),
        [2, number @ ..] => number.try_into().ok().map(|bytes| Meaning::DistList(i64::from_be_bytes(bytes))),
        _ => None,
    };
    meaning.filter(|_| id.provider() == Some(book)).ok_or_else(|| {
        let detail = format!("entry {} is none of this address book", id.short());
        Error::new(ErrorCode::INVALID_ENTRYID, "AddressBook::open_entry", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::Guid;

    #[test]
    fn identifiers_are_read_as_they_were_made_and_others_are_refused() {
        let (book, other) = (Guid([1; 16]), Guid([2; 16]));
        for meaning in
            [Meaning::Container, Meaning::MailUser(1), Meaning::MailUser(i64::MAX), Meaning::DistList(2)]
        {
            assert_eq!(read(book, &make(book, meaning)).unwrap(), meaning);
            assert!(read(other, &make(book, meaning)).is_err());
        }
        assert_eq!(read(book, &EntryId::default()).unwrap(), Meaning::Container);
        for body in [&[][..], &[1], &[1, 0, 0], &[3, 0, 0, 0, 0, 0, 0, 0, 0], &[0; 10]] {
            let error = read(book, &EntryId::new(book, body)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::INVALID_ENTRYID, "{body:?}");
        }
    }
}
