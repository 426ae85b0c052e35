//! Entry identifiers of this provider, drawn to the byte in docs/store-schema.md.
//!
//! An identifier names the store, the kind of object, its number and its guard. Numbers are never
//! given twice by one file; the guard keeps an identifier of a file that was brought back from a
//! backup from meaning another object. Moving an object within the store changes none of it.

use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, Result};

/// The provider, at the head of every identifier and in PR_MDB_PROVIDER.
pub(crate) const PROVIDER: MapiUid =
    MapiUid::from_fields(0x6F70_6D73, 0x4D21, 0x4F0A, [0x9C, 0x3B, 0x0D, 0x6E, 0x51, 0x7A, 0x42, 0x01]);

/// The layout of the bytes behind the provider.
const LAYOUT: u8 = 1;
/// Bytes behind the provider: layout, kind, two of zero, store, number, guard.
const BODY_BYTES: usize = 32;

/// What an identifier leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The store itself.
    Store = 1,
    /// A folder.
    Folder = 3,
    /// A message.
    Message = 5,
}

/// An identifier in its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ObjectId {
    pub(crate) kind: Kind,
    pub(crate) number: i64,
    pub(crate) guard: u32,
}

impl ObjectId {
    /// The identifier of an object of a store.
    pub(crate) fn entry_id(self, store: MapiUid) -> EntryId {
        let mut body = Vec::with_capacity(BODY_BYTES);
        body.extend_from_slice(&[LAYOUT, self.kind as u8, 0, 0]);
        body.extend_from_slice(&store.0);
        body.extend_from_slice(&self.number.to_le_bytes());
        body.extend_from_slice(&self.guard.to_le_bytes());
        EntryId::new(PROVIDER, &body)
    }

    /// The part that tells objects of one store apart (PR_RECORD_KEY, PR_INSTANCE_KEY): 13 bytes.
    pub(crate) fn key(self) -> Vec<u8> {
        let mut key = vec![self.kind as u8];
        key.extend_from_slice(&self.number.to_le_bytes());
        key.extend_from_slice(&self.guard.to_le_bytes());
        key
    }

    /// Reads an identifier of this store.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_ENTRYID`: not an identifier of this provider or store.
    pub(crate) fn read(id: &EntryId, store: MapiUid, call: &'static str) -> Result<Self> {
        Self::parse(id).filter(|(owner, _)| *owner == store).map(|(_, object)| object).ok_or_else(|| {
            Error::new(ErrorCode::INVALID_ENTRYID, call, "the identifier is not of this store")
        })
    }

    fn parse(id: &EntryId) -> Option<(MapiUid, Self)> {
        let body = id.body();
        if id.provider() != Some(PROVIDER)
            || body.len() != BODY_BYTES
            || body[0] != LAYOUT
            || body[2..4] != [0, 0]
        {
            return None;
        }
        let kind = match body[1] {
            1 => Kind::Store,
            3 => Kind::Folder,
            5 => Kind::Message,
            _ => return None,
        };
        let store = MapiUid::from_fields(0, 0, 0, [0; 8]);
        let mut uid = store.0;
        uid.copy_from_slice(&body[4..20]);
        let number = i64::from_le_bytes(body[20..28].try_into().ok()?);
        let guard = u32::from_le_bytes(body[28..32].try_into().ok()?);
        (number > 0).then_some((mapi_defs::Guid(uid), Self { kind, number, guard }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::Guid;

    #[test]
    fn an_identifier_reads_back_and_a_foreign_one_does_not() {
        let object = ObjectId { kind: Kind::Message, number: 0x0102_0304_0506, guard: 0xDEAD_BEEF };
        let id = object.entry_id(Guid::PS_MAPI);
        assert_eq!(id.as_bytes().len(), 52);
        assert_eq!(ObjectId::read(&id, Guid::PS_MAPI, "t").unwrap(), object);
        let other = ObjectId::read(&id, Guid::PS_PUBLIC_STRINGS, "t").unwrap_err();
        assert_eq!(other.code(), ErrorCode::INVALID_ENTRYID);
        for len in 0..52 {
            assert!(ObjectId::read(&EntryId::from_bytes(&id.as_bytes()[..len]), Guid::PS_MAPI, "t").is_err());
        }
    }
}
