//! What a service has in a profile: its row, its providers and their sections, copied from what is
//! known of it before its entry is called (`entry.rs`), and removed with it.

use super::{ProfileData, ProviderRow, ServiceRow, new_uid};
use crate::provider::registry::Registration;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS, PR_SERVICE_DLL_NAME, PR_SERVICE_EXTRA_UIDS,
    PR_SERVICE_NAME,
};
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use std::path::{Path, PathBuf};

/// SERVICE_SINGLE_COPY of a service's PR_RESOURCE_FLAGS.
pub(super) const SINGLE_COPY: i32 = 0x2;

impl ProfileData {
    /// Puts a service into the profile with everything that is known of it, and with these properties
    /// laid over its section. Returns its PR_SERVICE_UID.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no service of that name is known.
    /// - `MAPI_E_NO_ACCESS`: the profile has one, and the service can be there once only.
    pub(super) fn add_service(
        &mut self,
        name: &str,
        known: &Registration,
        props: PropList,
    ) -> Result<MapiUid> {
        const CALL: &str = "MsgServiceAdmin::create_service";
        self.check_single_copy(name, known.props.long(PR_RESOURCE_FLAGS).unwrap_or(0), CALL)?;
        let uid = new_uid();
        let folder = self
            .data_folder
            .to_str()
            .ok_or_else(|| Error::new(ErrorCode::BAD_VALUE, CALL, "the home's path is not UTF-8"))?;
        mapi_files::PrivateFolder::make(&self.data_folder)?;
        let mut section = PropList::new();
        section.set(DATA_FOLDER, folder);
        section.merge(known.props.clone());
        section.merge(props);
        section.set(PR_SERVICE_NAME, name);
        let display_name = section.text(PR_DISPLAY_NAME).unwrap_or(name).to_owned();
        self.add_extra_sections(known, &mut section);
        self.sections.insert(uid, section);
        self.services.push(ServiceRow { uid, name: name.to_owned(), display_name, providers: Vec::new() });
        for index in 0..known.providers.len() {
            self.add_provider_at(uid, known, index, &[])?;
        }
        Ok(uid)
    }

    /// The files that the sections of other services and of their providers name.
    pub(super) fn files_of_others(&self, service: MapiUid) -> Vec<PathBuf> {
        let others = self.services.iter().filter(|row| row.uid != service);
        let uids = others.flat_map(|row| row.providers.iter().map(|provider| provider.uid).chain([row.uid]));
        let file = |uid: MapiUid| {
            let section = self.sections.get(&uid)?;
            let file = section.text(FILE).filter(|file| !file.is_empty())?;
            let folder = section.text(DATA_FOLDER).map_or(&*self.data_folder, Path::new);
            Some(folder.join(file))
        };
        uids.filter_map(file).collect()
    }

    /// Refuses a second copy of a service that can be in a profile once only.
    pub(super) fn check_single_copy(&self, name: &str, flags: i32, call: &'static str) -> Result<()> {
        if flags & SINGLE_COPY != 0 && self.services.iter().any(|row| row.name == name) {
            let detail = format!("the profile has a service \"{name}\", of which there can be one only");
            return Err(Error::new(ErrorCode::NO_ACCESS, call, detail));
        }
        Ok(())
    }

    fn add_extra_sections(&mut self, known: &Registration, section: &mut PropList) {
        if known.sections.is_empty() {
            return;
        }
        let uids: Vec<u8> = known.sections.iter().flat_map(|(uid, _)| uid.0).collect();
        section.set(PR_SERVICE_EXTRA_UIDS, uids);
        for (uid, props) in &known.sections {
            // A section two services share keeps what the first has put there.
            self.sections.entry(*uid).or_insert_with(|| props.clone());
        }
    }

    /// Adds the service's provider of this name, with these properties laid over what is known of it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service in the profile, or it has no provider of this name.
    pub(super) fn add_provider(
        &mut self,
        service: MapiUid,
        known: &Registration,
        name: &str,
        props: &[Prop],
    ) -> Result<MapiUid> {
        let (index, _) = known.provider_named(name).ok_or_else(|| {
            let detail = format!("the service has no provider \"{name}\"");
            Error::new(ErrorCode::NOT_FOUND, "ProviderAdmin::create_provider", detail)
        })?;
        self.add_provider_at(service, known, index, props)
    }

    fn add_provider_at(
        &mut self,
        service: MapiUid,
        known: &Registration,
        index: usize,
        props: &[Prop],
    ) -> Result<MapiUid> {
        let provider = &known.providers[index];
        let uid = new_uid();
        let mut section = PropList::new();
        section.set(PR_PROVIDER_DLL_NAME, known.props.text(PR_SERVICE_DLL_NAME).unwrap_or_default());
        section.merge(provider.props.clone());
        section.merge(super::section::kept(props, "ProviderAdmin::create_provider")?);
        self.sections.insert(uid, section);
        let row = ProviderRow { uid, kind: provider.kind(), index };
        self.service_mut(service)?.providers.push(row);
        Ok(uid)
    }

    /// Takes a provider out of the profile with its section.
    pub(super) fn remove_provider(&mut self, uid: MapiUid) {
        for service in &mut self.services {
            service.providers.retain(|row| row.uid != uid);
        }
        self.remove_section(uid);
        self.forget(uid);
    }

    /// Takes a service out of the profile with its providers and every section that is its alone.
    pub(super) fn remove_service(&mut self, uid: MapiUid) {
        let Some(place) = self.services.iter().position(|row| row.uid == uid) else { return };
        let extra = self.extra_sections(uid);
        let row = self.services.remove(place);
        for provider in &row.providers {
            self.remove_section(provider.uid);
            self.forget(provider.uid);
        }
        self.remove_section(uid);
        let shared: Vec<MapiUid> =
            self.services.iter().flat_map(|other| self.extra_sections(other.uid)).collect();
        extra.iter().filter(|uid| !shared.contains(uid)).for_each(|uid| self.remove_section(*uid));
    }

    /// Takes a section out of the profile with its secrets.
    fn remove_section(&mut self, uid: MapiUid) {
        self.sections.remove(&uid);
        self.sealed.remove(&uid);
    }

    /// What the profile itself says of a provider goes with it.
    fn forget(&mut self, provider: MapiUid) {
        self.transport_order.retain(|known| *known != provider);
        if self.default_store == Some(provider) {
            self.default_store = None;
        }
    }

    /// The UIDs of the sections that came with a service beside its providers' (PR_SERVICE_EXTRA_UIDS).
    pub(super) fn extra_sections(&self, service: MapiUid) -> Vec<MapiUid> {
        let section = self.sections.get(&service);
        let bytes = section.and_then(|section| section.binary(PR_SERVICE_EXTRA_UIDS)).unwrap_or_default();
        bytes.as_chunks::<16>().0.iter().map(|uid| Guid(*uid)).collect()
    }

    /// Takes a service's name over from its section, where its entry may have given it another.
    pub(super) fn take_display_name(&mut self, service: MapiUid) {
        let name = self.sections.get(&service).and_then(|section| section.text(PR_DISPLAY_NAME));
        let name = name.map(str::to_owned);
        if let Some((row, name)) = self.service_mut(service).ok().zip(name) {
            row.display_name = name;
        }
    }

    /// The service of this UID.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    pub(super) fn service(&self, uid: MapiUid) -> Result<&ServiceRow> {
        self.services.iter().find(|row| row.uid == uid).ok_or_else(|| no_service(uid))
    }

    fn service_mut(&mut self, uid: MapiUid) -> Result<&mut ServiceRow> {
        self.services.iter_mut().find(|row| row.uid == uid).ok_or_else(|| no_service(uid))
    }
}

/// The answer where a profile has no service of this UID.
pub(super) fn no_service(uid: MapiUid) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin", format!("the profile has no service {uid}"))
}
