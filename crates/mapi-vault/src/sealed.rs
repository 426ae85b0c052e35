//! `Sealed`: the form of a value that a vault has closed. Closing and opening is `vault.rs`'s.
//!
//! One octet each for the form's version and for the keeper of the key, eight that name the key, 24 of
//! nonce; then the encrypted octets and their 16 of authentication.

use crate::keeper::{KeptBy, KeyId};

/// The form's version.
const VERSION: u8 = 1;
/// Octets of a nonce of XChaCha20.
pub(crate) const NONCE_BYTES: usize = 24;
/// Octets of version, keeper and key.
const HEAD_BYTES: usize = 10;

/// A closed value, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Sealed<'a> {
    pub(crate) keeper: KeptBy,
    pub(crate) key: KeyId,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) encrypted: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// Takes a closed value apart; `None` where it is something else.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>()?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let [VERSION, keeper, key @ ..] = *head else { return None };
        Some(Self { keeper: keeper_of(keeper)?, key, nonce: *nonce, encrypted })
    }

    /// What stands in front of the encrypted octets.
    pub(crate) fn head(keeper: KeptBy, key: KeyId) -> [u8; HEAD_BYTES] {
        let mut head = [0; HEAD_BYTES];
        let (first, id) = head.split_at_mut(2);
        first.copy_from_slice(&[VERSION, number(keeper)]);
        id.copy_from_slice(&key);
        head
    }
}

const fn number(keeper: KeptBy) -> u8 {
    match keeper {
        KeptBy::File => 1,
        KeptBy::SecretService => 2,
    }
}

fn keeper_of(known: u8) -> Option<KeptBy> {
    [KeptBy::File, KeptBy::SecretService].into_iter().find(|keeper| number(*keeper) == known)
}
