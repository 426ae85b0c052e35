//! Sections as they are shown: what they keep, and what MAPI itself says in them, from the profile's
//! root down to the services and their providers.

use super::{ProfileData, ProviderKind, ServiceRow};
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::prop::tags::{
    PR_AB_PROVIDERS, PR_OBJECT_TYPE, PR_PROFILE_NAME, PR_PROVIDER_UID, PR_RESOURCE_FLAGS, PR_SEARCH_KEY,
    PR_SERVICE_EXTRA_UIDS, PR_SERVICE_NAME, PR_SERVICE_UID, PR_SERVICES, PR_STORE_PROVIDERS,
    PR_TRANSPORT_PROVIDERS,
};
use mapi_defs::prop::{PropList, PropTag};

/// PR_OBJECT_TYPE of a section (MAPI_PROFSECT).
const PROFSECT: i32 = 9;
/// The lists of providers, by their kind.
const LISTS: [(PropTag, ProviderKind); 3] = [
    (PR_STORE_PROVIDERS, ProviderKind::Store),
    (PR_AB_PROVIDERS, ProviderKind::AddressBook),
    (PR_TRANSPORT_PROVIDERS, ProviderKind::Transport),
];

impl ProfileData {
    /// A section with what MAPI itself says in it.
    pub(super) fn shown(&self, uid: MapiUid) -> PropList {
        let mut props = self.section(uid);
        if uid == MUID_PROFILE_INSTANCE {
            props.set(PR_SEARCH_KEY, self.instance.0.to_vec());
            props.set(PR_SERVICES, joined(self.services.iter().map(|row| row.uid)));
            for (list, kind) in LISTS {
                props.set(list, joined(self.providers(kind).iter().map(|row| row.uid)));
            }
        } else if let Ok(service) = self.service(uid) {
            self.show_service(service, &mut props);
        } else if let Some(service) = self.service_of(uid) {
            props.set(PR_SERVICE_UID, service.uid.0.to_vec());
            props.set(PR_PROVIDER_UID, uid.0.to_vec());
            props.set(PR_RESOURCE_FLAGS, self.provider_flags(uid));
        }
        props.set(PR_OBJECT_TYPE, PROFSECT);
        props.set(PR_PROFILE_NAME, self.name.as_str());
        props
    }

    fn show_service(&self, service: &ServiceRow, props: &mut PropList) {
        props.set(PR_SERVICE_NAME, service.name.as_str());
        props.set(PR_SERVICE_UID, service.uid.0.to_vec());
        props.set(PR_RESOURCE_FLAGS, self.service_flags(service));
        for (list, kind) in LISTS {
            let own = service.providers.iter().filter(|row| row.kind == kind).map(|row| row.uid);
            let uids = joined(own);
            if !uids.is_empty() {
                props.set(list, uids);
            }
        }
    }

    /// A provider's properties as it sees them: its service's section with its own laid over it.
    pub(crate) fn provider_section(&self, provider: MapiUid) -> PropList {
        let mut props = self.service_of(provider).map_or_else(PropList::new, |row| self.section(row.uid));
        // These bits mean other things of a service than of a provider.
        props.remove(PR_RESOURCE_FLAGS.id());
        props.remove(PR_SERVICE_EXTRA_UIDS.id());
        props.merge(self.shown(provider));
        props
    }

    /// The service that a section belongs to, as its own or as one of its providers'.
    pub(super) fn owner_of(&self, uid: MapiUid) -> Option<MapiUid> {
        let service = self.services.iter().find(|row| row.uid == uid);
        service.or_else(|| self.service_of(uid)).map(|row| row.uid)
    }
}

fn joined(uids: impl Iterator<Item = MapiUid>) -> Vec<u8> {
    uids.flat_map(|uid| uid.0).collect()
}
