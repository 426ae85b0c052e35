//! Secure properties (0x67F0–0x67FF): passwords and tokens, sealed in the profile's file and given out only
//! to whoever asks for one by its identifier.
//!
//! They are kept beside the sections and not in them, so that no listing, table, dump or copy of a section
//! meets one. Sealing, and who keeps the key, is `mapi-vault`'s; the rest of a section is `section.rs`'s.

use super::{ProfileData, section};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_vault::{Place, Secret, Vault, command};
use std::collections::BTreeMap;
use std::time::Duration;
use zeroize::Zeroize;

/// Identifiers of secure properties.
const SECURE: std::ops::RangeInclusive<u16> = 0x67F0..=0x67FF;
/// How far below a secure property is the property that holds a command for it.
const COMMAND_BELOW: u16 = 0x10;
/// How long a command may take: a person may have to unlock something first.
const COMMAND_PATIENCE: Duration = Duration::from_secs(60);

/// True for the identifiers of secure properties.
pub(super) fn is_secure(id: u16) -> bool {
    SECURE.contains(&id)
}

/// A secure property as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SealedProp {
    pub(crate) tag: PropTag,
    pub(crate) sealed: Vec<u8>,
}

/// The secure properties of a profile, by section.
pub(crate) type SealedProps = BTreeMap<MapiUid, Vec<SealedProp>>;

/// Properties on their way, of which the secure ones are overwritten when they go.
pub(super) struct Passing(pub(super) Vec<Prop>);

impl Passing {
    /// Those that a section keeps in the clear, and those that are sealed.
    pub(super) fn parted(&self) -> (Vec<Prop>, Self) {
        let (secure, plain) = self.0.iter().cloned().partition(|prop| is_secure(prop.tag.id()));
        (plain, Self(secure))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        for prop in self.0.iter_mut().filter(|prop| is_secure(prop.tag.id())) {
            match &mut prop.value {
                PropValue::Unicode(text) | PropValue::String8(text) => text.zeroize(),
                PropValue::Binary(bytes) => bytes.zeroize(),
                _ => {}
            }
        }
    }
}

impl ProfileData {
    /// The vault that holds the key of this profile's secrets.
    pub(super) fn vault(&self) -> Vault {
        crate::home::vault(&self.keys)
    }

    pub(super) fn sealed_prop(&self, section: MapiUid, id: u16) -> Option<&SealedProp> {
        self.sealed.get(&section)?.iter().find(|prop| prop.tag.id() == id)
    }

    pub(super) fn put_sealed(&mut self, section: MapiUid, prop: SealedProp) {
        self.remove_sealed(section, prop.tag.id());
        self.sealed.entry(section).or_default().push(prop);
    }

    pub(super) fn remove_sealed(&mut self, section: MapiUid, id: u16) {
        if let Some(props) = self.sealed.get_mut(&section) {
            props.retain(|prop| prop.tag.id() != id);
            if props.is_empty() {
                self.sealed.remove(&section);
            }
        }
    }

    fn place(&self, section: MapiUid, tag: PropTag) -> Place {
        Place { profile: self.instance, section, tag }
    }
}

/// What is needed to seal or open the properties of one section, without the profile being locked.
pub(crate) struct Opener {
    vault: Vault,
    profile: MapiUid,
}

impl Opener {
    pub(crate) fn of(data: &ProfileData) -> Self {
        Self { vault: data.vault(), profile: data.instance }
    }

    /// Seals a property for its section.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_TYPE`: it is neither text nor octets.
    /// - Those of [`Vault::seal`].
    pub(super) fn seal(&self, section: MapiUid, prop: &Prop) -> Result<SealedProp> {
        let secret = match &prop.value {
            PropValue::Unicode(text) | PropValue::String8(text) => Secret::from(text.as_bytes()),
            PropValue::Binary(bytes) => Secret::from(bytes.as_slice()),
            _ => {
                let detail = "a secure property is text or octets";
                return Err(Error::new(ErrorCode::INVALID_TYPE, "ProfileSection::set_props", detail));
            }
        };
        let tag = PropTag::new(prop.tag.id(), prop.value.ptype());
        let place = Place { profile: self.profile, section, tag };
        Ok(SealedProp { tag, sealed: self.vault.seal(&place, &secret)? })
    }

    /// Opens a property of a section.
    ///
    /// # Errors
    /// Those of [`Vault::open`].
    pub(crate) fn open(&self, section: MapiUid, prop: &SealedProp) -> Result<PropValue> {
        let place = Place { profile: self.profile, section, tag: prop.tag };
        let secret = self.vault.open(&place, &prop.sealed)?;
        if prop.tag.ptype() == PropType::BINARY {
            return Ok(PropValue::Binary(secret.expose().to_vec()));
        }
        let not_text = || Error::new(ErrorCode::CORRUPT_DATA, "ProfileSection::props", "it is no text");
        let text = secret.expose_text().ok_or_else(not_text)?.to_owned();
        let is_narrow = prop.tag.ptype() == PropType::STRING8;
        Ok(if is_narrow { PropValue::String8(text) } else { PropValue::Unicode(text) })
    }
}

/// Where the value of a secure property comes from.
pub(super) enum Kept {
    /// It is kept in this section.
    Sealed(MapiUid, SealedProp),
    /// A command says it.
    Command(Vec<String>),
    Nowhere,
}

impl ProfileData {
    /// Where a provider, or whoever reads a section alone, finds a secure property: in the section or, for
    /// a provider, in its service's, else in that of the account the service belongs to; and for a provider
    /// where a command is named for it.
    pub(super) fn kept(&self, section: MapiUid, layered: bool, id: u16) -> Kept {
        let service = self.service_of(section).filter(|_| layered).map(|row| row.uid);
        for uid in [Some(section), service].into_iter().flatten() {
            if let Some(prop) = self.sealed_prop(uid, id) {
                return Kept::Sealed(uid, prop.clone());
            }
        }
        if let Some((uid, prop)) = self.account_secret(service.unwrap_or(section), id) {
            return Kept::Sealed(uid, prop.clone());
        }
        let command = PropTag::new(id.saturating_sub(COMMAND_BELOW), PropType::MV_UNICODE);
        match self.provider_section(section).value(command) {
            Some(PropValue::MvUnicode(words) | PropValue::MvString8(words)) if layered => {
                Kept::Command(words.clone())
            }
            _ => Kept::Nowhere,
        }
    }
}

/// The property that was asked for by name, or why there is none. Nothing is locked meanwhile.
pub(super) fn found(kept: &Kept, opener: &Opener, asked: PropTag) -> Prop {
    let answer = match kept {
        Kept::Nowhere => Err(ErrorCode::NOT_FOUND),
        Kept::Sealed(section, prop) => opener.open(*section, prop).map_err(|error| {
            tracing::warn!(%section, tag = %prop.tag, %error, "a secret stays shut");
            error.code()
        }),
        Kept::Command(words) => command::ask(words, COMMAND_PATIENCE)
            .map_err(|why| {
                tracing::warn!(tag = %asked, why, "a command did not say a secret");
                ErrorCode::NO_ACCESS
            })
            .and_then(|secret| match secret.expose_text() {
                Some(text) => Ok(PropValue::Unicode(text.to_owned())),
                None => Err(ErrorCode::NO_ACCESS),
            }),
    };
    match answer {
        Ok(value) => section::found(
            &[Prop::new(PropTag::new(asked.id(), value.ptype()), value)].into_iter().collect(),
            asked,
        ),
        Err(code) => Prop::new(asked, PropValue::Error(code)),
    }
}

/// Seals the secrets of a profile again for a copy of it, whose sections have other identities.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: the key of one is missing; the copy could not use it either.
pub(super) fn reseal(
    from: &ProfileData,
    to: &ProfileData,
    renewed: impl Fn(MapiUid) -> MapiUid,
) -> Result<SealedProps> {
    let vault = from.vault();
    let mut sealed = SealedProps::new();
    for (section, props) in &from.sealed {
        let new = renewed(*section);
        let reseal = |prop: &SealedProp| {
            let secret = vault.open(&from.place(*section, prop.tag), &prop.sealed)?;
            let sealed = vault.seal(&to.place(new, prop.tag), &secret)?;
            Ok(SealedProp { tag: prop.tag, sealed })
        };
        sealed.insert(new, props.iter().map(reseal).collect::<Result<_>>()?);
    }
    Ok(sealed)
}
