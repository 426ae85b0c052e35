//! `Profile`: the services a user has, in order, with a section of properties for each.
//!
//! A profile is one file in the home's `profiles` folder (`storage.rs`, written in `format.rs`'s
//! form). `admin.rs` makes and removes whole profiles, `services.rs` the services in one; what a
//! service has in a profile is `service_data.rs`, and how it is asked itself `entry.rs`, over a
//! `draft.rs`. `accounts/` are the accounts in it. `section.rs` is a section as an object, `table.rs` makes the tables.
//! `inf/` reads and writes mapisvc.inf: which services there are to choose from.

mod access;
mod accounts;
mod admin;
mod copy;
mod default_profile;
mod draft;
mod entry;
mod format;
pub mod inf;
pub(crate) mod last_error;
mod left_behind;
mod lock;
mod loose;
mod provider_admin;
pub(crate) mod providers;
mod resource_flags;
pub(crate) mod section;
mod secure;
mod service_data;
mod services;
mod shown;
mod storage;
mod survey;
mod table;

pub use accounts::{AccountCategory, KeptAccount, NewAccount, Trial};
pub use admin::{DEFAULT_PROFILE, NewService, ProfAdmin, ProfileRow};
pub use provider_admin::ProviderAdmin;
pub use providers::{ProviderKind, ProviderRow};
pub use section::ProfileSection;
pub use services::{MsgServiceAdmin, ServiceRow};

pub(crate) use accounts::{AccountRecord, Accounts, INCOMING_PASSWORD, OUTGOING_PASSWORD, try_account};
pub(crate) use admin::run_deferred;
pub(crate) use secure::{Opener, SealedProp, SealedProps};
pub(crate) use storage::{InUse, ProfileFolder};

use crate::provider::Catalogue;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::FileStamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Characters a profile's name may have at most.
pub const NAME_CHARACTERS: usize = 64;

/// What a profile file holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ProfileData {
    /// The name as the user wrote it.
    pub(crate) name: String,
    /// The profile's own identity (PR_SEARCH_KEY of MUID_PROFILE_INSTANCE).
    pub(crate) instance: MapiUid,
    /// The folder in which its services keep their files.
    pub(crate) data_folder: PathBuf,
    /// The services, in the order they were added.
    pub(crate) services: Vec<ServiceRow>,
    /// Provider UIDs of the transports, in the order recipients are offered to them.
    pub(crate) transport_order: Vec<MapiUid>,
    /// Provider UID of the default store.
    pub(crate) default_store: Option<MapiUid>,
    /// The sections, by service UID, provider UID or an identity of a client's own.
    pub(crate) sections: BTreeMap<MapiUid, PropList>,
    /// The secure properties of the sections.
    pub(crate) sealed: SealedProps,
    /// The folder of the keys that open them; not in the file.
    pub(crate) keys: PathBuf,
    /// True for a profile of one program (MAPI_APP_PROFILE).
    pub(crate) is_app: bool,
    /// True once it is to be deleted with its last session.
    pub(crate) deleted: bool,
    /// The name it takes with the end of its last session.
    pub(crate) rename_to: Option<String>,
    /// Where its services are described; not in the file.
    pub(crate) catalogue: Catalogue,
}

impl ProfileData {
    /// An empty profile with an identity of its own.
    pub(crate) fn new(name: &str, home: &crate::Home) -> Self {
        let instance = new_uid();
        let folder: String = name.chars().take(40).collect();
        let data_folder = home.stores().join(format!("{folder}-{}", short(instance)));
        Self {
            name: name.to_owned(),
            instance,
            data_folder,
            services: Vec::new(),
            transport_order: Vec::new(),
            default_store: None,
            sections: BTreeMap::new(),
            sealed: SealedProps::new(),
            keys: home.keys().to_owned(),
            is_app: false,
            deleted: false,
            rename_to: None,
            catalogue: Catalogue::of(home),
        }
    }

    /// The providers of a kind: transports in transport order, others as their services were added.
    pub(crate) fn providers(&self, kind: ProviderKind) -> Vec<&ProviderRow> {
        let all = self.services.iter().flat_map(|service| &service.providers);
        let mut rows: Vec<&ProviderRow> = all.filter(|provider| provider.kind == kind).collect();
        if kind == ProviderKind::Transport {
            // Sorting is stable, so transports that nobody has ordered stay behind, as added, and those
            // that want to be last behind all.
            rows.sort_by_key(|row| match self.transport_order.iter().position(|uid| *uid == row.uid) {
                Some(place) => (place, false),
                None => (usize::MAX, self.is_preferred_last(row.uid)),
            });
        }
        rows
    }

    /// The provider of this UID.
    pub(crate) fn provider(&self, uid: MapiUid) -> Option<&ProviderRow> {
        self.services.iter().flat_map(|service| &service.providers).find(|row| row.uid == uid)
    }

    /// The service that a provider belongs to.
    pub(crate) fn service_of(&self, provider: MapiUid) -> Option<&ServiceRow> {
        self.services.iter().find(|service| service.providers.iter().any(|row| row.uid == provider))
    }

    /// A section's own properties; empty where there is none.
    pub(crate) fn section(&self, uid: MapiUid) -> PropList {
        self.sections.get(&uid).cloned().unwrap_or_default()
    }
}

/// A profile in use: what its file held when it was last read or written here.
#[derive(Debug)]
pub(crate) struct Profile {
    folder: ProfileFolder,
    /// What the file was just before it was read first.
    stamp: Option<FileStamp>,
    /// True for a session's: its services stay those it began with, whatever is done to the file.
    is_bound: bool,
    data: Mutex<ProfileData>,
}

impl Profile {
    /// Opens the profile of this name to administer it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: its file cannot be read, or is a newer program's.
    pub(crate) fn open(folder: ProfileFolder, name: &str) -> Result<Self> {
        let stamp = folder.stamp(name);
        let data = Mutex::new(folder.read(name)?);
        Ok(Self { folder, stamp, is_bound: false, data })
    }

    /// The same profile for a session: the services of the moment are the session's to its end.
    pub(crate) fn bound(self) -> Self {
        self.data().adopt_loose_stores();
        Self { is_bound: true, ..self }
    }

    /// True where nothing was put off until nobody uses the profile: the file is the one that was opened,
    /// and that said of nothing of the kind. False where the file has to be read to know.
    pub(crate) fn has_nothing_put_off(&self) -> bool {
        let data = self.data();
        let said = data.deleted || data.rename_to.is_some();
        !said && self.stamp.is_some() && self.folder.stamp(&data.name) == self.stamp
    }

    /// The folder the profile is in.
    pub(crate) fn folder(&self) -> &ProfileFolder {
        &self.folder
    }

    /// The profile's own identity.
    pub(crate) fn instance(&self) -> MapiUid {
        self.data().instance
    }

    /// A copy of what the profile holds.
    pub(crate) fn snapshot(&self) -> ProfileData {
        self.data().clone()
    }

    /// Looks at what the profile holds; `look` calls nobody.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&ProfileData) -> T) -> T {
        look(&self.data())
    }

    /// Reads the file again, for who administers the profile.
    ///
    /// # Errors
    /// Those of [`Profile::open`].
    pub(crate) fn refresh(&self) -> Result<()> {
        let name = self.data().name.clone();
        if !self.is_bound {
            let data = self.folder.read(&name)?;
            *self.data() = data;
        }
        Ok(())
    }

    /// Reads one section again; what a session's service has that the file no longer knows stays.
    ///
    /// # Errors
    /// Those of [`Profile::open`].
    pub(crate) fn refresh_section(&self, uid: MapiUid) -> Result<()> {
        let name = self.data().name.clone();
        let file = self.folder.read(&name)?;
        let mut data = self.data();
        match file.sealed.get(&uid) {
            Some(props) => drop(data.sealed.insert(uid, props.clone())),
            None if data.owner_of(uid).is_some() => {}
            None => drop(data.sealed.remove(&uid)),
        }
        match file.sections.get(&uid) {
            Some(props) => drop(data.sections.insert(uid, props.clone())),
            None if data.owner_of(uid).is_some() => {}
            None => drop(data.sections.remove(&uid)),
        }
        Ok(())
    }

    /// Changes the file in one step, on top of what others changed meanwhile; `change` calls nobody.
    ///
    /// # Errors
    /// Those of `change`, after which nothing has changed, and those of writing.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut ProfileData) -> Result<T>) -> Result<T> {
        let name = self.data().name.clone();
        let mut before = None;
        let (after, answer) = self.folder.change(&name, |data| {
            before = self.is_bound.then(|| data.clone());
            change(data)
        })?;
        match before {
            // What others changed does not reach a session that is under way.
            Some(before) => draft::merge(&mut self.data(), &before, &after),
            None => *self.data() = after,
        }
        Ok(answer)
    }

    /// Changes what the profile has of one section, in one step; `edit` calls nobody. The section of a
    /// service that left the profile under a session changes for the session alone.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn edit_section(&self, uid: MapiUid, edit: impl Fn(&mut ProfileData)) -> Result<()> {
        let is_owned = self.data().owner_of(uid).is_some();
        let is_kept = self.change(|data| {
            let is_kept = !is_owned || data.owner_of(uid).is_some() || data.sections.contains_key(&uid);
            if is_kept {
                edit(data);
            }
            Ok(is_kept)
        })?;
        if !is_kept {
            edit(&mut self.data());
        }
        Ok(())
    }

    fn data(&self) -> MutexGuard<'_, ProfileData> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new identity that nobody else has.
pub fn new_uid() -> MapiUid {
    mapi_defs::Guid(uuid::Uuid::new_v4().into_bytes())
}

/// Eight hex digits of an identity.
pub(crate) fn short(uid: MapiUid) -> String {
    uid.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks a profile's name: letters, digits, underscores and inner spaces, at most [`NAME_CHARACTERS`].
///
/// # Errors
/// - `MAPI_E_STRING_TOO_LONG`, `MAPI_E_INVALID_PARAMETER`.
pub(crate) fn check_name(name: &str, call: &'static str) -> Result<()> {
    // The second bound keeps the file's name within what file systems take.
    const NAME_BYTES: usize = 200;
    if name.chars().count() > NAME_CHARACTERS || name.to_lowercase().len() > NAME_BYTES {
        let detail = format!("a profile's name has at most {NAME_CHARACTERS} characters");
        return Err(Error::new(ErrorCode::STRING_TOO_LONG, call, detail));
    }
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ' ';
    if name.is_empty() || name.trim() != name || !name.chars().all(fits) {
        let detail = "a profile's name has letters, digits, underscores and inner spaces";
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_underscores_and_inner_spaces() {
        for good in ["Default", "a", "Büro 2", "x_y", &"é".repeat(64)] {
            check_name(good, "test").unwrap();
        }
        for bad in ["", " a", "a ", "../x", "a/b", ".", "a\0b", "tab\tx"] {
            assert_eq!(check_name(bad, "test").unwrap_err().code(), ErrorCode::INVALID_PARAMETER, "{bad:?}");
        }
        let long = check_name(&"a".repeat(65), "test").unwrap_err();
        assert_eq!(long.code(), ErrorCode::STRING_TOO_LONG);
    }
}
