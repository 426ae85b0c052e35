//! `ProfAdmin`: makes, copies, renames and removes profiles (IProfAdmin).
//!
//! A profile appears whole or not at all: its services complete their sections before the file is
//! put into its place. What is done to the services of a profile is `services.rs`.

use super::draft::Draft;
use super::left_behind::NewFolder;
use super::{
    MsgServiceAdmin, Profile, ProfileData, ProfileFolder, check_name, entry, new_uid, secure, services,
};
use crate::{Home, initialize};
use mapi_defs::flags::ServiceFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// The name of the profile that is made where there is none.
pub const DEFAULT_PROFILE: &str = "Default";

/// One profile (a row of the profile table).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileRow {
    /// PR_DISPLAY_NAME.
    pub name: String,
    /// PR_DEFAULT_PROFILE.
    pub is_default: bool,
}

/// A service for a new profile.
#[derive(Clone, PartialEq, Debug)]
pub struct NewService {
    /// The name it is registered under.
    pub name: String,
    /// What it is configured with.
    pub props: PropList,
}

impl NewService {
    /// A service with nothing to configure.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), props: PropList::new() }
    }
}

/// Administers the profiles of a home.
#[derive(Clone, Debug)]
pub struct ProfAdmin {
    home: Home,
    folder: ProfileFolder,
}

impl ProfAdmin {
    /// Opens the profiles of a home (MAPIAdminProfiles).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_INITIALIZED`: MAPI is not initialised.
    pub fn new(home: &Home) -> Result<Self> {
        initialize::check("MAPIAdminProfiles")?;
        let folder = ProfileFolder::of(home);
        // A process that was killed left to others what it had put off, and what it had not finished.
        if let Err(error) = folder.remove_left_behind() {
            tracing::warn!(%error, "what was left behind stays");
        }
        for name in folder.deferred()? {
            if let Err(error) = run_deferred(&folder, &name) {
                tracing::warn!(%error, "a profile cannot be deleted or renamed now");
            }
        }
        Ok(Self { home: home.clone(), folder })
    }

    /// The profiles in order of the alphabet, those that are about to be deleted left out (GetProfileTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the folder cannot be read.
    pub fn profiles(&self) -> Result<Vec<ProfileRow>> {
        let default = self.default_profile().unwrap_or_else(|error| {
            tracing::warn!(%error, "the default profile cannot be read");
            None
        });
        let row = |name: String| {
            let is_default = default.as_ref().is_some_and(|default| is_same_name(default, &name));
            ProfileRow { name, is_default }
        };
        Ok(self.folder.names()?.into_iter().map(row).collect())
    }

    /// Makes a profile with these services; it appears whole (CreateProfile).
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: there is one of that name; it is untouched.
    /// - `MAPI_E_NOT_FOUND`: a service is not registered.
    /// - What a service answers; no profile is made.
    ///
    /// # Differs
    /// Windows answers `MAPI_E_NO_ACCESS` where there is one of that name.
    pub fn create_profile(&self, name: &str, new: &[NewService]) -> Result<()> {
        check_name(name, "ProfAdmin::create_profile")?;
        if self.folder.read(name).is_ok() {
            return Err(collision(name));
        }
        let (data, new_folder) = self.new_data(name)?;
        let draft = Arc::new(Draft::of(data));
        let added = new.iter().try_for_each(|service| {
            services::add(&draft, &service.name, service.props.clone(), ServiceFlags::NONE).map(drop)
        });
        let data = draft.end()?;
        let made = added.and_then(|()| self.folder.create(&data));
        match made {
            Ok(()) => new_folder.keep(),
            // Nobody else has heard of the folder: what is in there goes with it.
            Err(_) => abandon(&data),
        }
        made
    }

    /// An empty profile with a folder that is its own alone.
    fn new_data(&self, name: &str) -> Result<(ProfileData, NewFolder)> {
        loop {
            let data = ProfileData::new(name, &self.home);
            if let Some(folder) = self.folder.make_data_folder(&data.data_folder)? {
                return Ok((data, folder));
            }
        }
    }

    /// Makes the profile "Default" with these services and makes it the default, where there is no
    /// default profile; returns the default profile's name, and whether it was made here.
    ///
    /// Several threads and processes may do so at once: one makes it, all use it.
    ///
    /// # Errors
    /// Those of [`ProfAdmin::create_profile`], the collision excepted.
    pub fn create_default_profile(&self, new: &[NewService]) -> Result<(String, bool)> {
        if let Some(name) = self.default_profile()? {
            return Ok((name, false));
        }
        let is_new = match self.create_profile(DEFAULT_PROFILE, new) {
            Ok(()) => true,
            Err(error) if error.code() == ErrorCode::COLLISION => false,
            Err(error) => return Err(error),
        };
        self.folder.set_first_default(DEFAULT_PROFILE)?;
        Ok((DEFAULT_PROFILE.to_owned(), is_new))
    }

    /// Copies a profile under another name, with identities of its own (CopyProfile).
    ///
    /// The copy's services use the same files as the original's.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    /// - `MAPI_E_COLLISION`: there is one of the new name.
    /// - `MAPI_E_NO_ACCESS`: the key of a secret is missing, which the copy would need as well.
    pub fn copy_profile(&self, name: &str, new_name: &str) -> Result<()> {
        check_name(new_name, "ProfAdmin::copy_profile")?;
        let original = self.folder.read(name)?;
        let mut data = original.clone();
        data.name = new_name.to_owned();
        data.deleted = false;
        data.rename_to = None;
        let renewed = renew(&mut data);
        data.sealed = secure::reseal(&original, &data, |uid| renewed.get(&uid).copied().unwrap_or(uid))?;
        self.folder.create(&data)
    }

    /// Renames a profile, now or, where a session uses it, with its last session (RenameProfile).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    /// - `MAPI_E_COLLISION`: there is one of the new name.
    pub fn rename_profile(&self, name: &str, new_name: &str) -> Result<()> {
        check_name(new_name, "ProfAdmin::rename_profile")?;
        let data = self.folder.read(name)?;
        if !is_same_name(name, new_name) && self.folder.read(new_name).is_ok() {
            return Err(collision(new_name));
        }
        let Some(_unused) = self.folder.claim(name)? else {
            let mark = |data: &mut ProfileData| {
                data.rename_to = Some(new_name.to_owned());
                Ok(())
            };
            return self.folder.change(&data.name, mark).map(drop);
        };
        self.folder.rename(name, new_name)
    }

    /// Deletes a profile, now or, where a session uses it, with its last session (DeleteProfile).
    ///
    /// Each service is told; whether its files go is its own decision. A profile whose file is damaged
    /// goes without telling anybody.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    pub fn delete_profile(&self, name: &str) -> Result<()> {
        let data = match self.folder.read(name) {
            // Nobody can say any more which services to tell; their files stay.
            Err(error) if error.code() == ErrorCode::CORRUPT_DATA => return self.folder.remove(name),
            other => other?,
        };
        if data.deleted {
            return Err(Error::new(
                ErrorCode::NOT_FOUND,
                "ProfAdmin::delete_profile",
                "it is deleted already",
            ));
        }
        let Some(_unused) = self.folder.claim(name)? else {
            return mark_deleted(&self.folder, &data.name);
        };
        delete_now(&self.folder, &data)
    }

    /// The default profile's name (MAPI_USE_DEFAULT).
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: the file that names it is damaged.
    pub fn default_profile(&self) -> Result<Option<String>> {
        self.folder.default_name()
    }

    /// Makes a profile the default, or none (SetDefaultProfile).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    pub fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        match name {
            Some(name) => self.folder.set_default(Some(&self.folder.read(name)?.name)),
            None => self.folder.set_default(None),
        }
    }

    /// Administers the services of a profile (AdminServices).
    ///
    /// # Errors
    /// - `MAPI_E_LOGON_FAILED`: no such profile.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: it cannot be read.
    pub fn services(&self, name: &str) -> Result<MsgServiceAdmin> {
        let profile = Profile::open(self.folder.clone(), name).map_err(|error| match error.code() {
            ErrorCode::NOT_FOUND => {
                Error::new(ErrorCode::LOGON_FAILED, "ProfAdmin::services", error.detail().to_owned())
            }
            _ => error,
        })?;
        Ok(MsgServiceAdmin::new(Arc::new(profile)))
    }
}

/// Runs what was put off until nobody used the profile any more.
pub(crate) fn run_deferred(folder: &ProfileFolder, name: &str) -> Result<()> {
    let data = match folder.read(name) {
        Err(error) if error.code() == ErrorCode::NOT_FOUND => return Ok(()),
        other => other?,
    };
    if !data.deleted && data.rename_to.is_none() {
        return Ok(());
    }
    let Some(_unused) = folder.claim(name)? else { return Ok(()) };
    match &data.rename_to {
        _ if data.deleted => delete_now(folder, &data),
        Some(new_name) => folder.rename(name, new_name),
        None => Ok(()),
    }
}

fn delete_now(folder: &ProfileFolder, data: &ProfileData) -> Result<()> {
    // From here on it is deleted, whatever happens: a service cannot be told that it was not.
    if !data.deleted {
        mark_deleted(folder, &data.name)?;
    }
    data.services.iter().for_each(|row| entry::tell_of_deletion(data, row.uid));
    folder.remove(&data.name)?;
    remove_empty_folder(data);
    Ok(())
}

fn mark_deleted(folder: &ProfileFolder, name: &str) -> Result<()> {
    let mark = |data: &mut ProfileData| {
        data.deleted = true;
        Ok(())
    };
    folder.change(name, mark).map(drop)
}

/// Undoes what services did for a profile that did not come about.
fn abandon(data: &ProfileData) {
    data.services.iter().for_each(|row| entry::tell_of_deletion(data, row.uid));
}

fn remove_empty_folder(data: &ProfileData) {
    if let Err(error) = std::fs::remove_dir(&data.data_folder) {
        tracing::debug!(%error, "the profile's folder stays, with what services keep in it");
    }
}

/// Gives a profile, its services and its providers new identities; returns those that took the place of
/// others.
fn renew(data: &mut ProfileData) -> HashMap<MapiUid, MapiUid> {
    data.instance = new_uid();
    let mut renewed: HashMap<MapiUid, MapiUid> = HashMap::new();
    for service in &mut data.services {
        renewed.insert(service.uid, new_uid());
        service.uid = renewed[&service.uid];
        for provider in &mut service.providers {
            renewed.insert(provider.uid, new_uid());
            provider.uid = renewed[&provider.uid];
        }
    }
    let new = |uid: MapiUid| renewed.get(&uid).copied().unwrap_or(uid);
    data.transport_order.iter_mut().for_each(|uid| *uid = new(*uid));
    data.default_store = data.default_store.map(new);
    data.sections =
        std::mem::take(&mut data.sections).into_iter().map(|(uid, props)| (new(uid), props)).collect();
    for service in &data.services {
        for uid in service.providers.iter().map(|provider| provider.uid).chain([service.uid]) {
            let section = data.sections.entry(uid).or_default();
            section.set(mapi_defs::prop::tags::PR_SERVICE_UID, service.uid.0.to_vec());
        }
    }
    renewed
}

fn is_same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn collision(name: &str) -> Error {
    let detail = format!("there is a profile \"{name}\"");
    Error::new(ErrorCode::COLLISION, "ProfAdmin", detail)
}
