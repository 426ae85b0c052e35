//! `MsgServiceAdmin`: the services of one profile (IMsgServiceAdmin, IMsgServiceAdmin2).
//!
//! Changes bind from the next session on. Making whole profiles is `admin.rs`, the providers of one
//! service `provider_admin.rs`, copying `copy.rs`, and who may open which section `access.rs`.

use super::draft::Draft;
use super::last_error::LastError;
use super::secure::{self, Opener, Passing, SealedProp};
use super::service_data::no_service;
use super::{Profile, ProfileSection, ProviderAdmin, ProviderKind, ProviderRow, copy, entry, section, table};
use crate::Table;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::PR_DISPLAY_NAME;
use mapi_defs::prop::{Prop, PropList, PropTag};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::ServiceContext;
use std::sync::Arc;

/// One service of a profile (a row of the message service table).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceRow {
    /// PR_SERVICE_UID: the service's section.
    pub uid: MapiUid,
    /// PR_SERVICE_NAME: the name it is registered under.
    pub name: String,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// Its providers.
    pub providers: Vec<ProviderRow>,
}

/// Administers the services of one profile. Clones are the same object.
#[derive(Clone, Debug)]
pub struct MsgServiceAdmin {
    pub(super) profile: Arc<Profile>,
    flags: ServiceFlags,
    last_error: Arc<LastError>,
}

impl MsgServiceAdmin {
    pub(crate) fn new(profile: Arc<Profile>) -> Self {
        Self { profile, flags: ServiceFlags::NONE, last_error: Arc::default() }
    }

    /// The same object, whose calls tell services what they may show: with none, nothing.
    #[must_use]
    pub fn with_flags(&self, flags: ServiceFlags) -> Self {
        Self { flags, ..self.clone() }
    }

    /// The services, in the order they were added (GetMsgServiceTable).
    pub fn services(&self) -> Vec<ServiceRow> {
        self.profile.look(|data| data.services.clone())
    }

    /// The table of the services, in the order they were added; it never changes (GetMsgServiceTable).
    ///
    /// # Errors
    /// Those of reading the profile.
    pub fn service_table(&self) -> Result<Table> {
        self.profile.refresh()?;
        table::free("message services", self.profile.look(table::services)?)
    }

    /// The table of the providers of all services; it never changes (GetProviderTable).
    ///
    /// # Errors
    /// Those of reading the profile.
    pub fn provider_table(&self) -> Result<Table> {
        self.profile.refresh()?;
        table::free("providers", self.profile.look(table::providers)?)
    }

    /// Adds a service; the service itself completes its sections (CreateMsgServiceEx). Returns its
    /// PR_SERVICE_UID.
    ///
    /// `display_name` counts where nothing that is known of the service names it. A service that still
    /// lacks what only a person knows is added as well.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: no service of that name is known.
    /// - `MAPI_E_NO_ACCESS`: the profile has one, and the service can be there once only.
    /// - What the service answers; the profile is then as before.
    ///
    /// # Source
    /// IMsgServiceAdmin::CreateMsgService, IMsgServiceAdmin2::CreateMsgServiceEx.
    pub fn create_service_ex(&self, name: &str, display_name: Option<&str>) -> Result<MapiUid> {
        let uid = self.create_service(name, PropList::new())?;
        let is_named = self.profile.look(|data| data.section(uid).contains_id(PR_DISPLAY_NAME.id()));
        if let Some(display_name) = display_name.filter(|name| !name.is_empty() && !is_named) {
            self.profile.change(|data| {
                data.sections.entry(uid).or_default().set(PR_DISPLAY_NAME, display_name);
                data.take_display_name(uid);
                Ok(())
            })?;
        }
        Ok(uid)
    }

    /// Adds a service as [`MsgServiceAdmin::create_service_ex`] does, with these properties laid over
    /// what is known of it before the service completes its sections.
    ///
    /// # Errors
    /// As [`MsgServiceAdmin::create_service_ex`].
    pub fn create_service(&self, name: &str, props: PropList) -> Result<MapiUid> {
        self.last_error.of(self.created(name, props))
    }

    fn created(&self, name: &str, props: PropList) -> Result<MapiUid> {
        entry::check_flags(self.flags, "MsgServiceAdmin::create_service")?;
        let draft = Arc::new(Draft::of_profile(&self.profile)?);
        let uid = add(&draft, name, props, self.flags)?;
        draft.save(&self.profile)?;
        Ok(uid)
    }

    /// Copies a service with everything it has into a profile, this one or another, under new
    /// identities; the service is not asked (CopyMsgService). Returns the copy's PR_SERVICE_UID.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    /// - `MAPI_E_NO_ACCESS`: the destination has one, and the service can be there once only.
    pub fn copy_service(&self, uid: MapiUid, destination: &Self) -> Result<MapiUid> {
        self.last_error.of(self.copied(uid, &destination.profile))
    }

    fn copied(&self, uid: MapiUid, destination: &Profile) -> Result<MapiUid> {
        self.profile.refresh()?;
        let mut from = self.profile.snapshot();
        let draft = Draft::of_profile(destination)?;
        let (copied, renewed) = draft.change(|data| copy::service(&from, uid, data))?;
        from.sealed.retain(|section, _| renewed.contains_key(section));
        let to = draft.look(Clone::clone)?;
        let sealed = secure::reseal(&from, &to, |section| renewed[&section])?;
        draft.change(|data| {
            data.sealed.extend(sealed);
            Ok(())
        })?;
        draft.save(destination)?;
        Ok(copied)
    }

    /// Answers `MAPI_E_NO_SUPPORT` (RenameMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`, always.
    pub fn rename_service(&self, _uid: MapiUid, _name: &str) -> Result<()> {
        mapi_spi::no_support("MsgServiceAdmin::rename_service")
    }

    /// Configures a service with properties (ConfigureMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: no such service.
    /// - `MAPI_E_NOT_INITIALIZED`: the service has no entry.
    /// - What the service answers; its sections are then as before.
    pub fn configure_service(&self, uid: MapiUid, props: PropList) -> Result<()> {
        let props = Passing(props.into_iter().collect());
        let configured = entry::check_flags(self.flags, "MsgServiceAdmin::configure_service")
            .and_then(|()| self.profile.configure(uid, self.flags, &props.0));
        self.last_error.of(configured)
    }

    /// Removes a service with its sections; the service is told first, and its answer changes nothing
    /// (DeleteMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    pub fn delete_service(&self, uid: MapiUid) -> Result<()> {
        self.profile.refresh()?;
        let data = self.profile.snapshot();
        data.service(uid)?;
        entry::tell_of_deletion(&data, uid);
        self.profile.change(|data| {
            data.remove_service(uid);
            Ok(())
        })
    }

    /// Administers the providers of one service (AdminProviders).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    pub fn admin_providers(&self, service: MapiUid) -> Result<ProviderAdmin> {
        self.profile.refresh()?;
        self.profile.look(|data| data.service(service).map(drop))?;
        Ok(ProviderAdmin::new(self.profile.clone(), service, self.flags, self.last_error.clone()))
    }

    /// Opens a section of the profile (OpenProfileSection). One that is missing is made where MODIFY is
    /// set; those of services and providers need FORCE_ACCESS.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: it belongs to somebody else, or somebody writes it; with MODIFY also
    ///   where somebody reads it.
    pub fn open_profile_section(&self, uid: MapiUid, flags: SectionFlags) -> Result<ProfileSection> {
        self.profile.refresh()?;
        ProfileSection::of_profile(self.profile.clone(), uid, flags)
    }

    /// Sets the order in which transports are offered recipients, by provider UID (MsgServiceTransportOrder).
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: these are more or fewer than the profile has transports.
    /// - `MAPI_E_NOT_FOUND`: one of them is no transport of this profile.
    /// - `MAPI_E_INVALID_PARAMETER`: one is there twice.
    pub fn set_transport_order(&self, order: &[MapiUid]) -> Result<()> {
        self.profile.change(|data| {
            let known = data.providers(ProviderKind::Transport);
            check_order(order, &known.iter().map(|row| row.uid).collect::<Vec<_>>())?;
            data.transport_order = order.to_vec();
            Ok(())
        })
    }

    /// Chooses the service whose provider says who the user is, by its UID or a provider's; with none,
    /// no service does (SetPrimaryIdentity).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service or provider.
    /// - `MAPI_E_NO_ACCESS`: the service cannot say it (SERVICE_NO_PRIMARY_IDENTITY).
    pub fn set_primary_identity(&self, uid: Option<MapiUid>) -> Result<()> {
        self.profile.change(|data| data.set_primary_identity(uid))
    }

    /// Makes a store, by its provider UID, the default store; with none, the profile has no default store.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: it is no store of this profile.
    /// - `MAPI_E_NO_SUPPORT`: it can never be the default (STATUS_NO_DEFAULT_STORE).
    pub fn set_default_store(&self, provider: Option<MapiUid>) -> Result<()> {
        self.profile.change(|data| data.set_default_store(provider))
    }

    /// A service's or provider's section, a provider's laid over its service's.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is neither.
    pub fn section(&self, uid: MapiUid) -> Result<PropList> {
        self.profile.look(|data| match data.sections.contains_key(&uid) {
            true if data.service_of(uid).is_some() => Ok(data.provider_section(uid)),
            true => Ok(data.shown(uid)),
            false => Err(no_service(uid)),
        })
    }

    /// Says more of the error of this code that a call of this object answered last: what a service's
    /// entry said (GetLastError). `None` where no more is known.
    pub fn last_error(&self, code: ErrorCode) -> Option<Error> {
        self.last_error.known(code)
    }
}

/// Refuses an order of transports that is not one of all of them.
fn check_order(order: &[MapiUid], known: &[MapiUid]) -> Result<()> {
    let refused =
        |code, detail: String| Err(Error::new(code, "MsgServiceAdmin::set_transport_order", detail));
    if known.len() != order.len() {
        let detail = format!("{} transports given, {} are there", order.len(), known.len());
        return refused(ErrorCode::BUSY, detail);
    }
    for (index, uid) in order.iter().enumerate() {
        if !known.contains(uid) {
            return refused(ErrorCode::NOT_FOUND, format!("{uid} is no transport here"));
        }
        if order[..index].contains(uid) {
            return refused(ErrorCode::INVALID_PARAMETER, format!("{uid} is there twice"));
        }
    }
    Ok(())
}

/// Secrets.
impl MsgServiceAdmin {
    /// The secure properties that are kept, each with its section. No value is read.
    pub fn secure_props(&self) -> Vec<(MapiUid, PropTag)> {
        let tags = |(uid, props): (&MapiUid, &Vec<SealedProp>)| {
            let uid = *uid;
            props.iter().map(move |prop| (uid, prop.tag)).collect::<Vec<_>>()
        };
        self.profile.look(|data| data.sealed.iter().flat_map(tags).collect())
    }

    /// Opens a secure property and throws it away, to see whether its key is there.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: its key is gone, or its keeper refuses it.
    /// - `MAPI_E_CORRUPT_DATA`: it was changed, or belongs to another place.
    pub fn check_secure_prop(&self, section: MapiUid, tag: PropTag) -> Result<()> {
        let (opener, held) =
            self.profile.look(|data| (Opener::of(data), data.sealed_prop(section, tag.id()).cloned()));
        let prop = held.ok_or_else(|| {
            Error::new(
                ErrorCode::NOT_FOUND,
                "MsgServiceAdmin::check_secure_prop",
                format!("{tag} is not there"),
            )
        })?;
        let value = opener.open(section, &prop)?;
        drop(Passing(vec![Prop::new(prop.tag, value)]));
        Ok(())
    }
}

impl Profile {
    /// Calls a service's entry to configure it.
    fn configure(&self, service: MapiUid, flags: ServiceFlags, props: &[Prop]) -> Result<()> {
        let draft = Arc::new(Draft::of_profile(self)?);
        entry::call(&draft, service, ServiceContext::Configure, flags, props)?;
        draft.save(self)
    }

    /// Lets every service show its settings (MAPI_SERVICE_UI_ALWAYS); what one refuses keeps no other from
    /// showing its own.
    ///
    /// # Errors
    /// - `MAPI_E_USER_CANCEL`: a person did not want to go on.
    pub(crate) fn show_services(&self) -> Result<()> {
        for service in self.look(|data| data.services.clone()) {
            match self.configure(service.uid, ServiceFlags::UI_ALWAYS, &[]) {
                Err(error) if error.code() == ErrorCode::USER_CANCEL => return Err(error),
                Err(error) => tracing::info!(service = service.name, %error, "it showed no settings"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Lets a service configure itself whose provider has refused a logon as unconfigured.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the service has no entry.
    /// - What the service answers.
    pub(crate) fn configure_for_logon(&self, service: MapiUid, flags: ServiceFlags) -> Result<()> {
        self.configure(service, flags | ServiceFlags::LOGON_FAILED, &[]).map_err(|error| match error.code() {
            ErrorCode::NOT_INITIALIZED => {
                Error::new(ErrorCode::UNCONFIGURED, error.call(), error.detail().to_owned())
            }
            _ => error,
        })
    }
}

/// Adds a service to a draft and lets it complete its sections.
pub(super) fn add(draft: &Arc<Draft>, name: &str, props: PropList, flags: ServiceFlags) -> Result<MapiUid> {
    let (plain, secure) = Passing(props.into_iter().collect()).parted();
    let plain = section::kept(&plain, "MsgServiceAdmin::create_service")?;
    // Outside the draft's lock: a library may be loaded for this.
    let known = draft.look(|data| data.catalogue.clone())?.service(name)?;
    let uid = draft.change(|data| data.add_service(name, &known, plain))?;
    draft.seal(uid, &secure)?;
    match entry::call(draft, uid, ServiceContext::Create, flags, &[]) {
        // What is missing may be told it later, by configuring it.
        Err(error) if error.code() == ErrorCode::UNCONFIGURED => {
            tracing::debug!(service = name, %error, "the service is not configured yet");
        }
        answer => answer?,
    }
    draft.change(|data| {
        data.take_display_name(uid);
        Ok(uid)
    })
}
