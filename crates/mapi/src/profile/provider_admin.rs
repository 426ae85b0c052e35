//! `ProviderAdmin`: the providers of one service, for a program that administers a profile
//! (IProviderAdmin). What a service's entry is given is in `entry.rs`.

use super::draft::Draft;
use super::last_error::LastError;
use super::{Profile, ProfileSection, entry, table};
use crate::Table;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::Prop;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::ServiceContext;
use std::sync::Arc;

/// Administers the providers of one service.
#[derive(Clone, Debug)]
pub struct ProviderAdmin {
    profile: Arc<Profile>,
    service: MapiUid,
    flags: ServiceFlags,
    last_error: Arc<LastError>,
}

impl ProviderAdmin {
    pub(super) fn new(
        profile: Arc<Profile>,
        service: MapiUid,
        flags: ServiceFlags,
        last_error: Arc<LastError>,
    ) -> Self {
        Self { profile, service, flags, last_error }
    }

    /// The table of the service's providers, and of its further sections, whose PR_RESOURCE_TYPE is an
    /// error; it never changes (GetProviderTable).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the service has left the profile.
    pub fn provider_table(&self) -> Result<Table> {
        self.profile.refresh()?;
        table::free("providers", self.profile.look(|data| table::providers_of(data, self.service))?)
    }

    /// Adds the service's provider of this name, with these properties laid over what is known of it;
    /// the service completes its section (CreateProvider). Returns its PR_PROVIDER_UID.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: the service has no provider of this name.
    /// - What the service answers; the profile is then as before.
    pub fn create_provider(&self, name: &str, props: &[Prop]) -> Result<MapiUid> {
        self.last_error.of(self.created(name, props))
    }

    fn created(&self, name: &str, props: &[Prop]) -> Result<MapiUid> {
        entry::check_flags(self.flags, "ProviderAdmin::create_provider")?;
        let draft = Arc::new(Draft::of_profile(&self.profile)?);
        let uid = entry::add_provider(&draft, self.service, name, props)?;
        let context = ServiceContext::ProviderCreate;
        match entry::call(&draft, self.service, context, self.flags, &[]) {
            // What is missing may be told later, by configuring the service.
            Err(error) if error.code() == ErrorCode::UNCONFIGURED => {}
            answer => answer?,
        }
        draft.save(&self.profile)?;
        Ok(uid)
    }

    /// Removes a provider with its section; the service is told first (DeleteProvider). A session that
    /// is under way keeps the provider to its end.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the service has no such provider.
    /// - What the service answers, but for `MAPI_E_UNCONFIGURED`; the provider then stays.
    pub fn delete_provider(&self, uid: MapiUid) -> Result<()> {
        self.last_error.of(self.deleted(uid))
    }

    fn deleted(&self, uid: MapiUid) -> Result<()> {
        let draft = Arc::new(Draft::of_profile(&self.profile)?);
        let is_own = draft.look(|data| {
            data.service(self.service).map(|row| row.providers.iter().any(|provider| provider.uid == uid))
        })??;
        if !is_own {
            return Err(entry::no_provider(uid));
        }
        let context = ServiceContext::ProviderDelete;
        match entry::call(&draft, self.service, context, self.flags, &[]) {
            Err(error) if error.code() == ErrorCode::UNCONFIGURED => {}
            answer => answer?,
        }
        draft.change(|data| {
            data.remove_provider(uid);
            Ok(())
        })?;
        draft.save(&self.profile)
    }

    /// Opens a section of the profile (OpenProfileSection). One that is missing is made where MODIFY is
    /// set; those of services and providers need FORCE_ACCESS.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: no UID; only a service's entry may leave it out.
    /// - `MAPI_E_UNKNOWN_FLAGS`, `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`: as
    ///   [`MsgServiceAdmin::open_profile_section`](super::MsgServiceAdmin::open_profile_section).
    pub fn open_profile_section(&self, uid: Option<MapiUid>, flags: SectionFlags) -> Result<ProfileSection> {
        let uid = uid.ok_or_else(|| {
            let detail = "only a service's entry has a section of its own";
            Error::new(ErrorCode::INVALID_PARAMETER, "ProviderAdmin::open_profile_section", detail)
        })?;
        self.profile.refresh()?;
        ProfileSection::of_profile(self.profile.clone(), uid, flags)
    }

    /// Says more of the error of this code that a call of this object answered last: what the service's
    /// entry said (GetLastError). `None` where no more is known.
    pub fn last_error(&self, code: ErrorCode) -> Option<Error> {
        self.last_error.known(code)
    }
}
