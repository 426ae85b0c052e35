//! The support object of a service's entry: the time, new identities, its sections of the profile.

use super::support::support;
use crate::interfaces::IMAPISupport;
use crate::lent::Lent;
use mapi::{Clock, SystemClock};
use mapi_defs::flags::SectionFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::{FileTime, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::ProviderAdmin;
use mapi_spi::support::Support;
use std::sync::Arc;

/// Makes the support object of an entry that is being called.
pub(crate) fn service_support(admin: Arc<Lent<dyn ProviderAdmin>>) -> IMAPISupport {
    let gate = admin.gate().clone();
    support(Arc::new(ServiceSupport(admin)), gate)
}

struct ServiceSupport(Arc<Lent<dyn ProviderAdmin>>);

impl Support for ServiceSupport {
    fn now(&self) -> FileTime {
        SystemClock.now()
    }

    fn new_uid(&self) -> MapiUid {
        mapi::profile::new_uid()
    }

    fn profile_section(&self, uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        self.0.open_profile_section(uid, SectionFlags::MODIFY)
    }
}
