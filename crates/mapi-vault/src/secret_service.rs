//! `SecretService`: a keeper whose key is in the key ring of the user's desktop session.
//!
//! GNOME Keyring, KWallet and others answer on the session's bus under one name. A key ring that is locked
//! refuses: nothing is then put into a file instead, and nobody is asked, as the spooler has nobody to ask.
//! The keeper for machines without a desktop is `key_file.rs`.

use crate::keeper::{KEY_BYTES, KeptBy, Key, KeyId, KeyKeeper};
use dbus_secret_service::{EncryptionType, Item, SecretService as Service};
use mapi_defs::{Error, ErrorCode, Result, hex};
use std::collections::HashMap;
use std::path::Path;
use zeroize::Zeroizing;

/// The attribute that all keys of the product have, and its value.
const APPLICATION: (&str, &str) = ("application", "openmapi");
/// The attribute that says which key it is: its identity in hex.
const KEY: &str = "key";
/// What a person sees in the key ring.
const LABEL: &str = "OpenMAPI: key of the passwords in mail profiles";
const CALL: &str = "SecretService";

/// The key ring of the desktop session.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretService;

impl SecretService {
    /// The service, where this machine has one now.
    fn service() -> Result<Service> {
        if !has_session_bus() {
            return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "there is no session bus"));
        }
        // The bus is the user's own: who can listen there can ask for the key as well.
        Service::connect_with_max_prompt_timeout(EncryptionType::Plain, 0).map_err(failed)
    }
}

impl KeyKeeper for SecretService {
    fn kind(&self) -> KeptBy {
        KeptBy::SecretService
    }

    fn is_present(&self) -> bool {
        // A service without a default collection has no place for a key.
        Self::service().is_ok_and(|service| service.get_default_collection().is_ok())
    }

    fn key(&self, id: KeyId) -> Result<Option<Key>> {
        let service = Self::service()?;
        let id_text = hex::encode(&id);
        let attributes = HashMap::from([APPLICATION, (KEY, id_text.as_str())]);
        let found = service.search_items(attributes).map_err(failed)?;
        match (found.unlocked.first(), found.locked.is_empty()) {
            (Some(item), _) => kept(item, id).map(Some),
            (None, false) => Err(locked()),
            (None, true) => Ok(None),
        }
    }

    fn key_or_new(&self) -> Result<Key> {
        let service = Self::service()?;
        if let Some(id) = first(&service)? {
            return self.key(id)?.ok_or_else(locked);
        }
        let collection = service.get_default_collection().map_err(failed)?;
        if collection.is_locked().map_err(failed)? {
            return Err(locked());
        }
        let key = Key::generate()?;
        let (id_text, text) = (hex::encode(&key.id), Zeroizing::new(hex::encode(&*key.bytes)));
        let attributes = HashMap::from([APPLICATION, (KEY, id_text.as_str())]);
        collection.create_item(LABEL, attributes, text.as_bytes(), false, "text/plain").map_err(failed)?;
        // Of several who found no key and made one, all take the same; the others stay and harm nobody.
        let id = first(&service)?.unwrap_or(key.id);
        self.key(id)?.ok_or_else(locked)
    }
}

/// The first of the keys in the key ring, by identity.
fn first(service: &Service) -> Result<Option<KeyId>> {
    let found = service.search_items(HashMap::from([APPLICATION])).map_err(failed)?;
    if found.unlocked.is_empty() && !found.locked.is_empty() {
        return Err(locked());
    }
    let ids = found.unlocked.iter().filter_map(|item| {
        let attributes = item.get_attributes().ok()?;
        octets(attributes.get(KEY)?)
    });
    Ok(ids.min())
}

fn kept(item: &Item<'_>, id: KeyId) -> Result<Key> {
    let text = Zeroizing::new(item.get_secret().map_err(failed)?);
    let bytes = std::str::from_utf8(&text).ok().and_then(octets::<KEY_BYTES>).map(Zeroizing::new);
    let damaged = || Error::new(ErrorCode::NO_ACCESS, CALL, "what the key ring has is no key");
    Ok(Key { id, bytes: bytes.ok_or_else(damaged)? })
}

/// Without this the bus library starts a bus of its own, which nobody else is on.
fn has_session_bus() -> bool {
    let is_named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    is_named || runtime.is_some_and(|folder| Path::new(&folder).join("bus").exists())
}

fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digits = text.as_bytes().chunks_exact(2);
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn locked() -> Error {
    let detail = "the key ring of the desktop is locked: unlock it, then try again";
    Error::new(ErrorCode::NO_ACCESS, CALL, detail)
}

fn failed(error: dbus_secret_service::Error) -> Error {
    use dbus_secret_service::Error as Fault;
    match error {
        Fault::Locked | Fault::Prompt => locked(),
        other => Error::new(ErrorCode::NO_ACCESS, CALL, format!("the key ring does not answer: {other}")),
    }
}
