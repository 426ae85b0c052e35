//! LOCAL: the transport that delivers into the profile's own Inbox (`mapi-local`).

use crate::LOCAL;
use mapi::provider::{ProviderFactory, Registration};
use std::sync::Arc;

pub(crate) fn register() {
    let registration = Registration {
        display_name: mapi_local::PROVIDER_NAME.to_owned(),
        service: Arc::new(mapi_local::LocalService),
        providers: vec![ProviderFactory::transport(|| Arc::new(mapi_local::LocalTransport))],
    };
    mapi::provider::register(LOCAL, registration);
}
