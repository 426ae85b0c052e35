//! `Vault`: seals secrets for their place in a profile, and opens them there and nowhere else.
//!
//! XChaCha20-Poly1305 with a fresh nonce for each value. Profile, section and tag are authenticated with
//! it, so that a value that somebody moved to another place does not open. The keys are the keepers'.

use crate::keeper::{KeptBy, Key, KeyId, KeyKeeper};
use crate::sealed::{NONCE_BYTES, Sealed};
use crate::{KeyFile, Secret};
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropTag;
use mapi_defs::{Error, ErrorCode, Result};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What is authenticated ahead of the place, so that no other use of a key can be taken for this one.
const PURPOSE: &[u8] = b"openmapi profile secret";
/// The longest secret, in octets.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// Says who keeps the key of new values, by [`KeptBy::word`].
pub const KEY_KEEPER: &str = "MAPI_KEY_KEEPER";

/// The one place in which a sealed value opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The profile's identity (PR_SEARCH_KEY of MUID_PROFILE_INSTANCE).
    pub profile: MapiUid,
    /// The section's identity.
    pub section: MapiUid,
    /// The property, type included.
    pub tag: PropTag,
}

/// Seals and opens the secrets of one user's profiles. Cheap to clone; it holds no key between calls.
#[derive(Clone)]
pub struct Vault {
    /// The first that is present keeps the key of new values; all are asked for older ones.
    keepers: Arc<[Arc<dyn KeyKeeper>]>,
}

impl Vault {
    /// The vault of a user: its key is in the key ring of the desktop session where there is one and this
    /// build can ask it (feature `secret-service`), else in a file of this folder.
    ///
    /// The environment variable [`KEY_KEEPER`] with the value `file` leaves the key ring out, for programs
    /// that have to work in a desktop session and after it alike.
    pub fn of_user(folder: &Path) -> Self {
        #[cfg(feature = "secret-service")]
        if std::env::var_os(KEY_KEEPER).is_none_or(|keeper| keeper != KeptBy::File.word()) {
            let file = Arc::new(KeyFile::new(folder)) as Arc<dyn KeyKeeper>;
            return Self::new([Arc::new(crate::SecretService) as Arc<dyn KeyKeeper>, file]);
        }
        Self::with_key_file(folder)
    }

    /// The vault whose key is in a file of this folder. Nothing is made before something is sealed.
    pub fn with_key_file(folder: &Path) -> Self {
        Self::new([Arc::new(KeyFile::new(folder)) as Arc<dyn KeyKeeper>])
    }

    /// A vault with these keepers, the preferred one first.
    pub fn new(keepers: impl IntoIterator<Item = Arc<dyn KeyKeeper>>) -> Self {
        Self { keepers: keepers.into_iter().collect() }
    }

    /// Who keeps the key of values that are sealed now; `None` where nobody does.
    pub fn kept_by(&self) -> Option<KeptBy> {
        self.keeper().map(|keeper| keeper.kind())
    }

    /// Seals a secret for its place.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: no keeper has a key or takes one; the detail says why.
    /// - `MAPI_E_TOO_BIG`: the secret is longer than 64 KiB.
    /// - `MAPI_E_DISK_ERROR`, `MAPI_E_NOT_ENOUGH_DISK`: a first key cannot be kept.
    pub fn seal(&self, place: &Place, secret: &Secret) -> Result<Vec<u8>> {
        const CALL: &str = "Vault::seal";
        if secret.expose().len() > MAX_SECRET_BYTES {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "a secret has at most 64 KiB"));
        }
        let nobody = || Error::new(ErrorCode::NO_ACCESS, CALL, "nobody here keeps keys");
        let keeper = self.keeper().ok_or_else(nobody)?;
        let key = keeper.key_or_new()?;
        let failed = |what| move |_| Error::new(ErrorCode::CALL_FAILED, CALL, what);
        let nonce = <[u8; NONCE_BYTES]>::try_generate()
            .map_err(|_| Error::new(ErrorCode::CALL_FAILED, CALL, "the system has no source of chance"))?;
        let head = Sealed::head(keeper.kind(), key.id);
        let authenticated = authenticated(&head, place);
        let payload = Payload { msg: secret.expose(), aad: &authenticated };
        let encrypted = cipher(&key)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(failed("the secret cannot be encrypted"))?;
        Ok([head.as_slice(), &nonce, &encrypted].concat())
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: its key is gone, or its keeper refuses it; the detail says which.
    /// - `MAPI_E_CORRUPT_DATA`: it was changed, was sealed for another place, or is something else.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Secret> {
        const CALL: &str = "Vault::open";
        let corrupt = |why: &'static str| Error::new(ErrorCode::CORRUPT_DATA, CALL, why);
        let parts = Sealed::parse(sealed).ok_or_else(|| corrupt("this is no sealed value"))?;
        let key = self.key(parts.keeper, parts.key)?;
        let head = Sealed::head(parts.keeper, parts.key);
        let payload = Payload { msg: parts.encrypted, aad: &authenticated(&head, place) };
        let opened = cipher(&key).decrypt(&XNonce::from(parts.nonce), payload);
        let changed = "the sealed value was changed or belongs to another place";
        opened.map(Secret::from).map_err(|_| corrupt(changed))
    }

    fn keeper(&self) -> Option<&dyn KeyKeeper> {
        self.keepers.iter().find(|keeper| keeper.is_present()).map(|keeper| &**keeper)
    }

    fn key(&self, kind: KeptBy, id: KeyId) -> Result<Key> {
        let keeper = self.keepers.iter().find(|keeper| keeper.kind() == kind);
        let found = match keeper {
            Some(keeper) => keeper.key(id)?,
            None => None,
        };
        found.ok_or_else(|| {
            let detail = format!("the key of this secret is gone: it was kept by {}", kind.word());
            Error::new(ErrorCode::NO_ACCESS, "Vault::open", detail)
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.keepers.iter().map(|keeper| keeper.kind().word()).collect();
        f.debug_tuple("Vault").field(&words).finish()
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.bytes).into())
}

fn authenticated(head: &[u8], place: &Place) -> Vec<u8> {
    [PURPOSE, head, &place.profile.0, &place.section.0, &place.tag.0.to_le_bytes()].concat()
}
