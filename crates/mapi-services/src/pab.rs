//! PAB: the personal address book (`mapi-addrbook`).

use crate::PAB;
use mapi::provider::{ProviderFactory, Registration};
use std::sync::Arc;

pub(crate) fn register() {
    let registration = Registration {
        display_name: mapi_addrbook::PROVIDER_NAME.to_owned(),
        service: Arc::new(mapi_addrbook::PabService),
        providers: vec![ProviderFactory::address_book(|| Arc::new(mapi_addrbook::PabProvider))],
    };
    mapi::provider::register(PAB, registration);
}
