//! `ProviderRow`: one provider of a service in a profile, and what kinds of providers there are.
//!
//! Its properties are a section of the profile (`section.rs`); which code serves it is
//! `provider/registry.rs`.

use mapi_defs::guid::MapiUid;

/// What kind of provider it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ProviderKind {
    /// A message store provider (MAPI_STORE_PROVIDER).
    Store,
    /// A transport provider (MAPI_TRANSPORT_PROVIDER).
    Transport,
    /// An address book provider (MAPI_AB_PROVIDER).
    AddressBook,
}

impl ProviderKind {
    /// The word for files, messages and accounts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Transport => "transport",
            Self::AddressBook => "address_book",
        }
    }

    /// The kind that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Store, Self::Transport, Self::AddressBook].into_iter().find(|kind| kind.word() == word)
    }

    /// The PR_RESOURCE_TYPE value.
    pub const fn resource_type(self) -> i32 {
        match self {
            Self::Store => 33,
            Self::AddressBook => 35,
            Self::Transport => 36,
        }
    }
}

/// One provider of a service in a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderRow {
    /// PR_PROVIDER_UID: the provider's section.
    pub uid: MapiUid,
    /// What kind of provider it is.
    pub kind: ProviderKind,
    /// Which of the service's registered providers it is, from 0.
    pub index: usize,
}
