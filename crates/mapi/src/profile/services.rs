//! `MsgServiceAdmin`: the services of one profile (IMsgServiceAdmin).
//!
//! Changes bind from the next session on. Making whole profiles is `admin.rs`.

use super::draft::Draft;
use super::secure::{Opener, Passing, SealedProp};
use super::service_data::no_service;
use super::{Profile, ProviderKind, ProviderRow, entry, section};
use mapi_defs::flags::ServiceFlags;
use mapi_defs::guid::MapiUid;
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

/// Administers the services of one profile.
#[derive(Clone, Debug)]
pub struct MsgServiceAdmin {
    pub(super) profile: Arc<Profile>,
}

impl MsgServiceAdmin {
    pub(crate) fn new(profile: Arc<Profile>) -> Self {
        Self { profile }
    }

    /// The services, in the order they were added (GetMsgServiceTable).
    pub fn services(&self) -> Vec<ServiceRow> {
        self.profile.look(|data| data.services.clone())
    }

    /// Adds a service with these properties laid over its section; the service itself completes it
    /// (CreateMsgServiceEx).
    ///
    /// A service that still lacks what only a person knows is added as well.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no service of that name is known.
    /// - `MAPI_E_NO_ACCESS`: the profile has one, and the service can be there once only.
    /// - What the service answers; the profile is then as before.
    pub fn create_service(&self, name: &str, props: PropList) -> Result<MapiUid> {
        let draft = Arc::new(Draft::of(self.profile.snapshot()));
        let uid = add(&draft, name, props, ServiceFlags::NONE)?;
        draft.save(&self.profile)?;
        Ok(uid)
    }

    /// Configures a service with properties (ConfigureMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    /// - `MAPI_E_NOT_INITIALIZED`: the service has no entry.
    /// - What the service answers; its sections are then as before.
    pub fn configure_service(&self, uid: MapiUid, props: PropList) -> Result<()> {
        let props = Passing(props.into_iter().collect());
        self.profile.configure(uid, ServiceFlags::NONE, &props.0)
    }

    /// Removes a service with its sections; the service is told first (DeleteMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    pub fn delete_service(&self, uid: MapiUid) -> Result<()> {
        let data = self.profile.snapshot();
        data.service(uid)?;
        entry::tell_of_deletion(&data, uid);
        self.profile.change(|data| {
            data.remove_service(uid);
            Ok(())
        })
    }

    /// Sets the order in which transports are offered recipients, by provider UID (MsgServiceTransportOrder).
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: these are more or fewer than the profile has transports.
    /// - `MAPI_E_NOT_FOUND`: one of them is no transport of this profile.
    /// - `MAPI_E_INVALID_PARAMETER`: one is there twice.
    pub fn set_transport_order(&self, order: &[MapiUid]) -> Result<()> {
        const CALL: &str = "MsgServiceAdmin::set_transport_order";
        self.profile.change(|data| {
            let known = data.providers(ProviderKind::Transport);
            if known.len() != order.len() {
                let detail = format!("{} transports given, {} are there", order.len(), known.len());
                return Err(Error::new(ErrorCode::BUSY, CALL, detail));
            }
            for (index, uid) in order.iter().enumerate() {
                if !known.iter().any(|row| row.uid == *uid) {
                    return Err(Error::new(
                        ErrorCode::NOT_FOUND,
                        CALL,
                        format!("{uid} is no transport here"),
                    ));
                }
                if order[..index].contains(uid) {
                    return Err(Error::new(
                        ErrorCode::INVALID_PARAMETER,
                        CALL,
                        format!("{uid} is there twice"),
                    ));
                }
            }
            data.transport_order = order.to_vec();
            Ok(())
        })
    }

    /// Makes a store, by its provider UID, the default store, or the first one again.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: it is no store of this profile.
    pub fn set_default_store(&self, provider: Option<MapiUid>) -> Result<()> {
        self.profile.change(|data| {
            let stores = data.providers(ProviderKind::Store);
            if let Some(uid) = provider
                && !stores.iter().any(|row| row.uid == uid)
            {
                let detail = format!("{uid} is no store of this profile");
                return Err(Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin::set_default_store", detail));
            }
            data.default_store = provider;
            Ok(())
        })
    }

    /// A service's or provider's section, a provider's laid over its service's.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is neither.
    pub fn section(&self, uid: MapiUid) -> Result<PropList> {
        self.profile.look(|data| {
            if !data.sections.contains_key(&uid) {
                return Err(no_service(uid));
            }
            let mut props = data.provider_section(uid);
            props.merge(data.section(uid));
            Ok(props)
        })
    }
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
    pub(super) fn configure(&self, service: MapiUid, flags: ServiceFlags, props: &[Prop]) -> Result<()> {
        let draft = Arc::new(Draft::of(self.snapshot()));
        entry::call(&draft, service, ServiceContext::Configure, flags, props)?;
        draft.save(self)
    }

    /// Lets a service configure itself whose provider has refused a logon as unconfigured.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the service has no entry.
    /// - What the service answers.
    pub(crate) fn configure_for_logon(&self, service: MapiUid) -> Result<()> {
        self.configure(service, ServiceFlags::NONE, &[]).map_err(|error| match error.code() {
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
