//! `EntryId`: the identifier of an object: four flag bytes, the provider's UID, the provider's own part.

use crate::guid::MapiUid;
use crate::hex;
use std::fmt;

/// An entry identifier (ENTRYID). Any bytes fit; only its provider can read the last part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EntryId(Vec<u8>);

impl EntryId {
    /// Bytes before the provider's own part: 4 flag bytes and a 16-byte UID.
    pub const HEADER_BYTES: usize = 20;

    /// A long-term entry identifier of `provider`.
    pub fn new(provider: MapiUid, body: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(Self::HEADER_BYTES + body.len());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&provider.0);
        bytes.extend_from_slice(body);
        Self(bytes)
    }

    /// The identifier made of these bytes, whoever made them.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads lower- or upper-case hex.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).filter(|bytes| !bytes.is_empty()).map(Self)
    }

    /// All bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The provider's UID, or `None` where the identifier is too short to have one.
    pub fn provider(&self) -> Option<MapiUid> {
        let bytes = self.0.get(4..Self::HEADER_BYTES)?;
        bytes.try_into().ok().map(crate::Guid)
    }

    /// The provider's own part; empty where the identifier is too short.
    pub fn body(&self) -> &[u8] {
        self.0.get(Self::HEADER_BYTES..).unwrap_or_default()
    }

    /// True for no bytes at all, which stands for the root or for "nothing".
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where the identifier ends with its session (MAPI_SHORTTERM).
    pub fn is_short_term(&self) -> bool {
        self.0.first().is_some_and(|flags| flags & 0x80 != 0)
    }

    /// A short form for logs: eight hex digits that tell identifiers apart without showing them.
    pub fn short(&self) -> String {
        let hash = self
            .0
            .iter()
            .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        format!("{hash:08x}")
    }
}

/// Writes lower-case hex.
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Guid;

    #[test]
    fn an_identifier_knows_its_provider_and_its_hex() {
        let id = EntryId::new(Guid::PS_MAPI, &[1, 2, 0xAB]);
        assert_eq!(id.provider(), Some(Guid::PS_MAPI));
        assert_eq!(id.body(), [1, 2, 0xAB]);
        assert_eq!(EntryId::from_hex(&id.to_string().to_uppercase()), Some(id));
        assert_eq!(EntryId::from_bytes([1, 2, 3]).provider(), None);
        assert_eq!(EntryId::from_hex("abc"), None);
        assert_eq!(EntryId::from_hex("zz"), None);
        assert_eq!(EntryId::from_hex(""), None);
        assert!(!EntryId::new(Guid::PS_MAPI, &[]).is_short_term() && !EntryId::default().is_short_term());
        assert!(EntryId::from_bytes([0x87, 0, 0, 0]).is_short_term());
    }
}
