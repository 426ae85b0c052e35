//! Stores without a service: a program opened them by an identifier that it made itself (OpenMsgStore).
//!
//! In the file such a store is a section alone. A session has it as the one provider of a service of its own,
//! which no administrator sees; so a store that is temporary is never written.

use super::resource_flags::status;
use super::{Profile, ProfileData, ProviderKind, ProviderRow, ServiceRow, new_uid};
use crate::provider::Registration;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{
    PR_ENTRYID, PR_PROVIDER_ORDINAL, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE, PR_SERVICE_NAME,
};
use mapi_defs::{EntryId, Error, ErrorCode, Result};

impl Profile {
    /// Gives the session a store of the service's provider, which knows it by this identifier; it stays in
    /// the profile where it `is_kept`.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the service has no stores.
    /// - Those of writing.
    pub(crate) fn adopt_store(
        &self,
        service: &str,
        known: &Registration,
        id: &EntryId,
        is_kept: bool,
    ) -> Result<ProviderRow> {
        let provider = known.providers.iter().enumerate().find(|(_, own)| own.kind() == ProviderKind::Store);
        let Some((index, provider)) = provider else {
            let detail = format!("service \"{service}\" has no stores");
            return Err(Error::new(ErrorCode::NOT_FOUND, "Session::open_msg_store", detail));
        };
        let (uid, temporary) = (new_uid(), if is_kept { 0 } else { status::TEMP_SECTION });
        let mut section = provider.props.clone();
        section.set(PR_SERVICE_NAME, service);
        section.set(PR_RESOURCE_TYPE, ProviderKind::Store.resource_type());
        section.set(PR_RESOURCE_FLAGS, status::NO_DEFAULT_STORE | temporary);
        section.set(PR_PROVIDER_ORDINAL, i32::try_from(index).unwrap_or(i32::MAX));
        section.set(PR_ENTRYID, id.as_bytes().to_vec());
        if is_kept {
            let written = section.clone();
            drop(self.change(|data| Ok(data.sections.insert(uid, written)))?);
        }
        let mut data = self.data();
        let (row, service) =
            loose_store(uid, &section).ok_or_else(|| super::service_data::no_service(uid))?;
        data.sections.insert(uid, section);
        data.services.push(service);
        Ok(row)
    }

    /// Takes back a store that could not be opened.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn disown_store(&self, uid: MapiUid) -> Result<()> {
        drop(self.change(|data| Ok(data.sections.remove(&uid)))?);
        let mut data = self.data();
        data.sections.remove(&uid);
        data.services.retain(|service| service.providers.iter().all(|row| row.uid != uid));
        Ok(())
    }
}

impl ProfileData {
    /// For a session: each section of a store without a service gets one.
    pub(super) fn adopt_loose_stores(&mut self) {
        let is_loose = |uid: &MapiUid| self.owner_of(*uid).is_none();
        let loose = self.sections.iter().filter(|(uid, _)| is_loose(uid));
        let services: Vec<_> = loose.filter_map(|(uid, section)| loose_store(*uid, section)).collect();
        self.services.extend(services.into_iter().map(|(_, service)| service));
    }

    /// True for a store that is not kept in the profile (MDB_TEMPORARY).
    pub(crate) fn is_temporary(&self, provider: MapiUid) -> bool {
        let flags = self.sections.get(&provider).and_then(|section| section.long(PR_RESOURCE_FLAGS));
        flags.is_some_and(|flags| flags & status::TEMP_SECTION != 0)
    }
}

/// The store that a section without a service stands for; `None` for any other section.
fn loose_store(uid: MapiUid, section: &PropList) -> Option<(ProviderRow, ServiceRow)> {
    let is_store = section.long(PR_RESOURCE_TYPE) == Some(ProviderKind::Store.resource_type());
    let name = section.text(PR_SERVICE_NAME).filter(|_| is_store)?;
    let index = usize::try_from(section.long(PR_PROVIDER_ORDINAL)?).ok()?;
    let row = ProviderRow { uid, kind: ProviderKind::Store, index };
    let (name, display_name) = (name.to_owned(), name.to_owned());
    let service = ServiceRow { uid: new_uid(), name, display_name, providers: vec![row.clone()] };
    Some((row, service))
}
