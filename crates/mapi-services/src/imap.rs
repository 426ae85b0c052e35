//! IMAP and POP3: the transports that fetch mail (`mapi-imap`), each with a store of the account's own.

use crate::store::{DEFAULT_STORE, store_factory, store_service};
use crate::{IMAP, POP3};
use mapi::provider::{ProviderFactory, Registration};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use mapi_imap::{InboxService, InboxTransport, Protocol};
use std::sync::Arc;

pub(crate) fn register() {
    for (service, protocol) in [(IMAP, Protocol::Imap), (POP3, Protocol::Pop3)] {
        let factory = ProviderFactory::transport(move || Arc::new(InboxTransport::new(protocol)));
        let registration = Registration::new(service)
            .prop(PR_SERVICE_DLL_NAME, "mapi_imap")
            .entry(InboxService::new(protocol, store_service()))
            .provider(service, 0, factory)
            // A profile without another store has its mail here.
            .provider("Fetched Mail", DEFAULT_STORE, store_factory());
        #[cfg(feature = "smtp")]
        let registration = registration.account(crate::IncomingAccount(protocol));
        mapi::provider::register(service, registration);
    }
}
