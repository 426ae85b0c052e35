//! PAB: the personal address book (`mapi-addrbook`).

use crate::PAB;
use mapi::provider::{ProviderFactory, Registration};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use std::sync::Arc;

pub(crate) fn register() {
    let factory = ProviderFactory::address_book(|| Arc::new(mapi_addrbook::PabProvider));
    let registration = Registration::new(mapi_addrbook::PROVIDER_NAME)
        .prop(PR_SERVICE_DLL_NAME, "mapi_addrbook")
        .entry(mapi_addrbook::PabService)
        .provider(mapi_addrbook::PROVIDER_NAME, 0, factory);
    mapi::provider::register(PAB, registration);
}
