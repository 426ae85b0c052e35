//! LOCAL: the transport that delivers into the profile's own Inbox (`mapi-local`).

use crate::LOCAL;
use mapi::provider::{ProviderFactory, Registration};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use std::sync::Arc;

pub(crate) fn register() {
    let factory = ProviderFactory::transport(|| Arc::new(mapi_local::LocalTransport));
    let registration = Registration::new(mapi_local::PROVIDER_NAME)
        .prop(PR_SERVICE_DLL_NAME, "mapi_local")
        .entry(mapi_local::LocalService)
        .provider(mapi_local::PROVIDER_NAME, 0, factory);
    mapi::provider::register(LOCAL, registration);
}
