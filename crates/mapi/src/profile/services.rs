//! `MsgServiceAdmin`: the services of one profile (IMsgServiceAdmin).
//!
//! Changes bind from the next session on. Making whole profiles is `admin.rs`.

use super::{Profile, ProfileData, ProviderKind, ProviderRow, new_uid, section};
use crate::provider::registry::{self, Registration};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_PROFILE_NAME, PR_SERVICE_NAME, PR_SERVICE_UID};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::ServiceContext;
use mapi_spi::spooler::section::DATA_FOLDER;
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
    profile: Arc<Profile>,
}

impl MsgServiceAdmin {
    pub(crate) fn new(profile: Arc<Profile>) -> Self {
        Self { profile }
    }

    /// The services, in the order they were added (GetMsgServiceTable).
    pub fn services(&self) -> Vec<ServiceRow> {
        self.profile.look(|data| data.services.clone())
    }

    /// Adds a service; the service itself completes its section (CreateMsgServiceEx).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no service is registered under that name.
    /// - What the service answers; the profile is then as before.
    pub fn create_service(&self, name: &str, props: PropList) -> Result<MapiUid> {
        let before = self.profile.snapshot();
        let (row, section) = made(&before, name, props)?;
        let uid = row.uid;
        self.profile.change(|data| {
            add(data, row, section);
            Ok(uid)
        })
    }

    /// Configures a service with properties laid over its section (ConfigureMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    /// - What the service answers; its section is then as before.
    pub fn configure_service(&self, uid: MapiUid, props: PropList) -> Result<()> {
        let (row, mut section) = self.row_and_section(uid)?;
        section.merge(props);
        let registration = registry::service(&row.name)?;
        registration.service.service_entry(ServiceContext::Configure, &mut section)?;
        let section = kept(section)?;
        self.profile.change(|data| {
            data.sections.insert(uid, section);
            Ok(())
        })
    }

    /// Removes a service with its sections; the service is told first (DeleteMsgService).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service.
    pub fn delete_service(&self, uid: MapiUid) -> Result<()> {
        let (row, section) = self.row_and_section(uid)?;
        tell_of_deletion(&row, section);
        self.profile.change(|data| {
            data.services.retain(|service| service.uid != uid);
            data.sections.remove(&uid);
            for provider in &row.providers {
                data.sections.remove(&provider.uid);
                data.transport_order.retain(|known| *known != provider.uid);
                if data.default_store == Some(provider.uid) {
                    data.default_store = None;
                }
            }
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
            if data.service_of(uid).is_some() {
                return Ok(data.provider_section(uid));
            }
            data.sections.get(&uid).cloned().ok_or_else(|| no_service(uid))
        })
    }

    fn row_and_section(&self, uid: MapiUid) -> Result<(ServiceRow, PropList)> {
        self.profile.look(|data| {
            let row = data.services.iter().find(|service| service.uid == uid);
            row.map(|row| (row.clone(), data.section(uid))).ok_or_else(|| no_service(uid))
        })
    }
}

/// Lets a service make its section for a profile that is not changed yet.
pub(super) fn made(data: &ProfileData, name: &str, props: PropList) -> Result<(ServiceRow, PropList)> {
    let registration = registry::service(name)?;
    let row = row(name, &registration);
    let folder = data.data_folder.to_str().ok_or_else(|| {
        Error::new(ErrorCode::BAD_VALUE, "MsgServiceAdmin::create_service", "the home's path is not UTF-8")
    })?;
    crate::home::private_folder(&data.data_folder)?;
    let mut section = PropList::new();
    section.set(PR_SERVICE_NAME, name);
    section.set(PR_SERVICE_UID, row.uid.0.to_vec());
    section.set(PR_DISPLAY_NAME, registration.display_name.as_str());
    section.set(DATA_FOLDER, folder);
    section.merge(props);
    // The name is computed where a section is read, as it changes with the profile's.
    section.set(PR_PROFILE_NAME, data.name.as_str());
    registration.service.service_entry(ServiceContext::Create, &mut section)?;
    let display_name = section.text(PR_DISPLAY_NAME).unwrap_or(&registration.display_name).to_owned();
    Ok((ServiceRow { display_name, ..row }, kept(section)?))
}

fn row(name: &str, registration: &Registration) -> ServiceRow {
    let provider = |(index, kind)| ProviderRow { uid: new_uid(), kind, index };
    let providers = registration.kinds().into_iter().enumerate().map(provider).collect();
    ServiceRow { uid: new_uid(), name: name.to_owned(), display_name: String::new(), providers }
}

/// Puts a service and its section into a profile.
pub(super) fn add(data: &mut ProfileData, row: ServiceRow, section: PropList) {
    for provider in &row.providers {
        data.sections.insert(provider.uid, PropList::new());
        match provider.kind {
            ProviderKind::Transport => data.transport_order.push(provider.uid),
            ProviderKind::Store if data.default_store.is_none() => data.default_store = Some(provider.uid),
            _ => {}
        }
    }
    data.sections.insert(row.uid, section);
    data.services.push(row);
}

/// Tells a service that it leaves a profile; its answer changes nothing.
pub(super) fn tell_of_deletion(row: &ServiceRow, mut section: PropList) {
    let told = registry::service(&row.name)
        .and_then(|known| known.service.service_entry(ServiceContext::Delete, &mut section));
    if let Err(error) = told {
        tracing::debug!(service = row.name, %error, "the service did not take part in its deletion");
    }
}

/// What of a section can be kept; all of it, or an error.
fn kept(section: PropList) -> Result<PropList> {
    let props: Vec<_> = section.into_iter().filter(|prop| prop.tag.id() != PR_PROFILE_NAME.id()).collect();
    let (fit, problems) = section::sorted_out(&props);
    match problems.first() {
        None => Ok(fit),
        Some(problem) => {
            let detail = format!("the section cannot keep property {}", problem.tag);
            Err(Error::new(problem.code, "MsgServiceAdmin", detail))
        }
    }
}

fn no_service(uid: MapiUid) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin", format!("the profile has no service {uid}"))
}
