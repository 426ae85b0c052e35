//! `ProfAdmin`: makes, copies, renames and removes profiles (IProfAdmin).
//!
//! A profile appears whole or not at all: its services complete their sections before the file is
//! put into its place. What is done to the services of a profile is `services.rs`.

use super::accounts::taken_mini_uids;
use super::draft::Draft;
use super::last_error::LastError;
use super::left_behind::NewFolder;
use super::{
    MsgServiceAdmin, Profile, ProfileData, ProfileFolder, check_name, copy, entry, lock, secure, services,
    table,
};
use crate::Table;
use crate::provider::Catalogue;
use crate::{Home, initialize};
use mapi_defs::flags::{ProfileFlags, ServiceFlags};
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::FileStamp;
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
    flags: ProfileFlags,
    last_error: Arc<LastError>,
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
        Ok(Self { home: home.clone(), folder, flags: ProfileFlags::NONE, last_error: Arc::default() })
    }

    /// The same object, whose calls are made with these flags: APP_PROFILE makes, copies, renames and
    /// deletes profiles of one program, which no list shows; DEFAULT_SERVICES gives a new profile the
    /// default services; DIALOG lets services ask.
    #[must_use]
    pub fn with_flags(&self, flags: ProfileFlags) -> Self {
        Self { flags, ..self.clone() }
    }

    /// The table of profiles with the two columns PR_DEFAULT_PROFILE and PR_DISPLAY_NAME; it never
    /// changes (GetProfileTable).
    ///
    /// # Errors
    /// As [`ProfAdmin::profiles`].
    pub fn profile_table(&self) -> Result<Table> {
        table::free("profiles", table::profiles(self.profiles()?)?)
    }

    /// The profiles in order of the alphabet; those that are about to be deleted and those of one
    /// program are left out (GetProfileTable).
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

    /// What tells one state of a profile from the next, without reading it; `None` where there is none of
    /// that name.
    pub fn stamp(&self, name: &str) -> Option<FileStamp> {
        self.folder.stamp(name)
    }

    /// Makes a profile with these services, and with DEFAULT_SERVICES the default ones before them; it
    /// appears whole (CreateProfile).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_INVALID_PARAMETER`, `MAPI_E_STRING_TOO_LONG`: a name that profiles cannot have.
    /// - `MAPI_E_NO_ACCESS`: there is one of that name; it is untouched.
    /// - `MAPI_E_NOT_FOUND`: a service is not known.
    /// - What a service answers; no profile is made.
    pub fn create_profile(&self, name: &str, new: &[NewService]) -> Result<()> {
        self.last_error.of(self.created(name, new).map_err(|error| taken(error, name)))
    }

    /// Says more of the error of this code that CreateProfile answered last: what a service's entry said
    /// (GetLastError). `None` where no more is known.
    pub fn last_error(&self, code: ErrorCode) -> Option<Error> {
        self.last_error.known(code)
    }

    fn created(&self, name: &str, new: &[NewService]) -> Result<()> {
        const CALL: &str = "ProfAdmin::create_profile";
        self.check_flags(CALL)?;
        check_name(name, CALL)?;
        if self.folder.read(name).is_ok() {
            return Err(Error::new(ErrorCode::COLLISION, CALL, ""));
        }
        let (mut data, new_folder) = self.new_data(name)?;
        data.is_app = self.flags.contains(ProfileFlags::APP_PROFILE);
        // The bits of this call mean other things to a service.
        let may_ask = self.flags.contains(ProfileFlags::DIALOG);
        let flags = if may_ask { ServiceFlags::UI_ALLOWED } else { ServiceFlags::NONE };
        let draft = Arc::new(Draft::of(data));
        let default = self.default_services();
        let added = default.iter().chain(new).try_for_each(|service| {
            services::add(&draft, &service.name, service.props.clone(), flags).map(drop)
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
        let is_new = match self.created(DEFAULT_PROFILE, new) {
            Ok(()) => true,
            Err(error) if error.code() == ErrorCode::COLLISION => false,
            Err(error) => return Err(error),
        };
        self.folder.set_first_default(DEFAULT_PROFILE)?;
        Ok((DEFAULT_PROFILE.to_owned(), is_new))
    }

    /// Copies a profile under another name, with identities of its own (CopyProfile).
    ///
    /// The copy's services use the same files as the original's. The copy of a profile of one program is
    /// one as well.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    /// - `MAPI_E_NO_ACCESS`: there is one of the new name, APP_PROFILE is missing, or the key of a secret
    ///   is, which the copy would need as well.
    pub fn copy_profile(&self, name: &str, new_name: &str) -> Result<()> {
        const CALL: &str = "ProfAdmin::copy_profile";
        check_name(new_name, CALL)?;
        let original = self.known(name, CALL)?;
        let mut data = original.clone();
        data.name = new_name.to_owned();
        data.rename_to = None;
        let renewed = copy::renew(&mut data, &taken_mini_uids(&self.folder)?);
        data.sealed = secure::reseal(&original, &data, |uid| renewed.get(&uid).copied().unwrap_or(uid))?;
        self.folder.create(&data).map_err(|error| taken(error, new_name))
    }

    /// A profile that is not about to be deleted, and that these flags are good for.
    fn known(&self, name: &str, call: &'static str) -> Result<ProfileData> {
        self.check_flags(call)?;
        let data = self.folder.read(name)?;
        if data.deleted {
            return Err(Error::new(ErrorCode::NOT_FOUND, call, format!("profile \"{name}\" is deleted")));
        }
        if data.is_app && !self.flags.contains(ProfileFlags::APP_PROFILE) {
            let detail = format!("profile \"{name}\" belongs to one program");
            return Err(Error::new(ErrorCode::NO_ACCESS, call, detail));
        }
        Ok(data)
    }

    fn check_flags(&self, call: &'static str) -> Result<()> {
        if self.flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", self.flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, detail));
        }
        Ok(())
    }

    /// Answers with success and does nothing: profiles have no password (ChangeProfilePassword).
    ///
    /// # Errors
    /// None; the result is the reference's.
    pub fn change_profile_password(&self, _name: &str, _old: &str, _new: &str) -> Result<()> {
        Ok(())
    }

    /// Renames a profile, now or, where a session uses it, with its last session (RenameProfile).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: no such profile.
    /// - `MAPI_E_NO_ACCESS`: there is one of the new name, or APP_PROFILE is missing.
    pub fn rename_profile(&self, name: &str, new_name: &str) -> Result<()> {
        self.renamed(name, new_name).map_err(|error| taken(error, new_name))
    }

    fn renamed(&self, name: &str, new_name: &str) -> Result<()> {
        const CALL: &str = "ProfAdmin::rename_profile";
        check_name(new_name, CALL)?;
        let data = self.known(name, CALL)?;
        if !is_same_name(name, new_name) && self.folder.read(new_name).is_ok() {
            return Err(Error::new(ErrorCode::COLLISION, CALL, ""));
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
        let data = match self.known(name, "ProfAdmin::delete_profile") {
            // Nobody can say any more which services to tell; their files stay.
            Err(error) if error.code() == ErrorCode::CORRUPT_DATA => return self.folder.remove(name),
            other => other?,
        };
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
    /// - `MAPI_E_CALL_FAILED`: it belongs to one program.
    pub fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        const CALL: &str = "ProfAdmin::set_default_profile";
        let Some(name) = name else { return self.folder.set_default(None) };
        let data = self.with_flags(ProfileFlags::APP_PROFILE).known(name, CALL)?;
        if data.is_app {
            let detail = format!("profile \"{name}\" belongs to one program");
            return Err(Error::new(ErrorCode::CALL_FAILED, CALL, detail));
        }
        self.folder.set_default(Some(&data.name))
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
        if profile.look(|data| data.deleted) {
            let detail = format!("profile \"{name}\" is deleted");
            return Err(Error::new(ErrorCode::LOGON_FAILED, "ProfAdmin::services", detail));
        }
        Ok(MsgServiceAdmin::new(Arc::new(profile)))
    }

    /// What DEFAULT_SERVICES adds: what mapisvc.inf says under [Default Services].
    fn default_services(&self) -> Vec<NewService> {
        if !self.flags.contains(ProfileFlags::DEFAULT_SERVICES) {
            return Vec::new();
        }
        let names = Catalogue::of(&self.home).default_services();
        names.iter().map(|name| NewService::named(name)).collect()
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
    lock::remove_locks(folder.run(), data.instance);
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

fn is_same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What is answered where a name is taken.
fn taken(error: Error, name: &str) -> Error {
    match error.code() {
        ErrorCode::COLLISION => {
            Error::new(ErrorCode::NO_ACCESS, error.call(), format!("there is a profile \"{name}\""))
        }
        _ => error,
    }
}
