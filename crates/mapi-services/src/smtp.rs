//! SMTP: the transport that hands mail to a mail server (`mapi-smtp`). Each service of it is one account.

use crate::SMTP;
use mapi::provider::{ProviderFactory, Registration};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use std::sync::Arc;

pub(crate) fn register() {
    let factory = ProviderFactory::transport(|| Arc::new(mapi_smtp::SmtpTransport::default()));
    let registration = Registration::new(mapi_smtp::PROVIDER_NAME)
        .prop(PR_SERVICE_DLL_NAME, "mapi_smtp")
        .entry(mapi_smtp::SmtpService)
        .account(crate::OutgoingAccount)
        .provider(mapi_smtp::PROVIDER_NAME, 0, factory);
    mapi::provider::register(SMTP, registration);
}
