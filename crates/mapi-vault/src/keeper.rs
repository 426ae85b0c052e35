//! `KeyKeeper`: who keeps the key of a vault, and how safe that is.
//!
//! A sealed value says which keeper has its key, so that values sealed under an older arrangement still
//! open. The keepers are in files of their own; which one is asked for a new key is `vault.rs`'s.

use chacha20poly1305::aead::Generate;
use mapi_defs::{Error, ErrorCode, Result};
use std::fmt;
use zeroize::Zeroizing;

/// Octets of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Who keeps a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeptBy {
    /// A file of the user's, beside the user's other files.
    File,
    /// The Secret Service of the user's desktop session.
    SecretService,
}

impl KeptBy {
    /// The word for files, settings and accounts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::SecretService => "secret-service",
        }
    }

    /// What this means for the user, in one sentence without a full stop.
    pub const fn in_plain_words(self) -> &'static str {
        match self {
            Self::File => {
                "the key is in a file beside your data: who can read your files can read your passwords"
            }
            Self::SecretService => {
                "the key is in the key ring of your desktop: who copies your files cannot read your \
                 passwords, a program that you run can"
            }
        }
    }
}

/// Which key it is. It says nothing of the key itself.
pub type KeyId = [u8; 8];

/// A key, with what tells it from others; overwritten when it goes.
pub struct Key {
    /// Tells it from keys made earlier or elsewhere.
    pub id: KeyId,
    /// The key itself.
    pub bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    /// A new key, from the system's source of chance.
    ///
    /// # Errors
    /// - `MAPI_E_CALL_FAILED`: the system has none.
    pub fn generate() -> Result<Self> {
        let failed = |_| Error::new(ErrorCode::CALL_FAILED, "Vault", "the system has no source of chance");
        let bytes = Zeroizing::new(<[u8; KEY_BYTES]>::try_generate().map_err(failed)?);
        Ok(Self { id: KeyId::try_generate().map_err(failed)?, bytes })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// Keeps keys of vaults.
pub trait KeyKeeper: Send + Sync {
    /// Which kind of keeper it is.
    fn kind(&self) -> KeptBy;

    /// True where it can be asked on this machine now.
    fn is_present(&self) -> bool;

    /// The key of this identity, or `None` where the keeper does not have it.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the keeper refuses, or its place is not safe; the detail says how.
    fn key(&self, id: KeyId) -> Result<Option<Key>>;

    /// The key for new values, made where there is none yet.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: as [`KeyKeeper::key`].
    /// - `MAPI_E_DISK_ERROR`, `MAPI_E_NOT_ENOUGH_DISK`: a new key cannot be kept.
    fn key_or_new(&self) -> Result<Key>;
}
