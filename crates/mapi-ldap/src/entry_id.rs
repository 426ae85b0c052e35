//! The bytes behind the header of a directory's entry identifiers.
//!
//! | byte | meaning |
//! |---|---|
//! | 0 | kind: 0 the container, 1 a mail user, 2 a list |
//! | 1– | the distinguished name in UTF-8, as the server wrote it; of the container nothing |
//!
//! The header has the directory's identity: host and base of the profile, so that the same profile on another
//! computer opens the same identifiers, and two directories never mix.

use crate::distinguished_name::key;
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use sha2::{Digest, Sha256};

/// The longest name, in octets.
pub(crate) const MAX_NAME_BYTES: usize = 4096;

/// What an identifier stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Container,
    MailUser(String),
    DistList(String),
}

/// The identity of a directory.
pub(crate) fn identity(host: &str, base: &str) -> MapiUid {
    let name = format!("openmapi LDAP\0{}\0{}", host.to_ascii_lowercase(), key(base));
    let digest = Sha256::digest(name.as_bytes());
    let mut uid = [0; 16];
    uid.iter_mut().zip(digest).for_each(|(byte, digit)| *byte = digit);
    Guid(uid)
}

pub(crate) fn make(directory: MapiUid, meaning: &Meaning) -> EntryId {
    let (kind, name) = match meaning {
        Meaning::Container => (0, ""),
        Meaning::MailUser(name) => (1, name.as_str()),
        Meaning::DistList(name) => (2, name.as_str()),
    };
    EntryId::new(directory, &[&[kind], name.as_bytes()].concat())
}

/// Reads an identifier; the empty one is the container.
///
/// # Errors
/// - `MAPI_E_INVALID_ENTRYID`: it is not one of this directory.
pub(crate) fn read(directory: MapiUid, id: &EntryId) -> Result<Meaning> {
    if id.is_empty() {
        return Ok(Meaning::Container);
    }
    let name = |bytes: &[u8]| {
        let name = str::from_utf8(bytes).ok()?;
        (!name.is_empty() && name.len() <= MAX_NAME_BYTES).then(|| name.to_owned())
    };
    let meaning = match id.body() {
        [0] => Some(Meaning::Container),
        [1, bytes @ ..] => name(bytes).map(Meaning::MailUser),
        [2, bytes @ ..] => name(bytes).map(Meaning::DistList),
        _ => None,
    };
    meaning.filter(|_| id.provider() == Some(directory)).ok_or_else(|| {
        let detail = format!("entry {} is none of this directory", id.short());
        Error::new(ErrorCode::INVALID_ENTRYID, "AbLogon::open_entry", detail)
    })
}

/// True where two identifiers are of one object.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_ENTRYID`: one of them is not this directory's.
pub(crate) fn compare(directory: MapiUid, one: &EntryId, other: &EntryId) -> Result<bool> {
    let name = |id: &EntryId| match read(directory, id) {
        Ok(Meaning::Container) => Ok(None),
        Ok(Meaning::MailUser(name) | Meaning::DistList(name)) => Ok(Some(key(&name))),
        Err(error) => {
            let detail = error.detail().to_owned();
            Err(Error::new(ErrorCode::UNKNOWN_ENTRYID, "AbLogon::compare_entry_ids", detail))
        }
    };
    Ok(name(one)? == name(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_they_were_made_and_others_are_refused() {
        let (here, there) = (identity("a.example", "dc=a"), identity("b.example", "dc=a"));
        assert_ne!(here, there);
        assert_eq!(here, identity("A.example", "DC = A"));
        let name = "cn=Ann,dc=a".to_owned();
        for meaning in [Meaning::Container, Meaning::MailUser(name.clone()), Meaning::DistList(name)] {
            assert_eq!(read(here, &make(here, &meaning)).unwrap(), meaning);
            assert!(read(there, &make(here, &meaning)).is_err());
        }
        for body in [&[][..], &[1], &[0, 1], &[3, b'x'], &[1, 0xff], &[1; MAX_NAME_BYTES + 2]] {
            let error = read(here, &EntryId::new(here, body)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::INVALID_ENTRYID);
        }
    }

    #[test]
    fn one_object_is_the_same_however_its_name_is_written() {
        let here = identity("a.example", "dc=a");
        let user = |name: &str| make(here, &Meaning::MailUser(name.to_owned()));
        assert!(compare(here, &user("cn=Ann,dc=a"), &user("CN=ann, dc=a")).unwrap());
        assert!(!compare(here, &user("cn=Ann,dc=a"), &user("cn=Bob,dc=a")).unwrap());
        let foreign = make(identity("b", ""), &Meaning::Container);
        let error = compare(here, &foreign, &user("cn=a")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::UNKNOWN_ENTRYID);
    }
}
