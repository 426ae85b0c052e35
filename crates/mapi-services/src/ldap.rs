//! LDAP: the address books that directories are (`mapi-ldap`). Each service of it is one directory.

use crate::LDAP;
use mapi::provider::{ProviderFactory, Registration};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use std::sync::Arc;

pub(crate) fn register() {
    let factory = ProviderFactory::address_book(|| Arc::new(mapi_ldap::LdapProvider::default()));
    let registration = Registration::new(mapi_ldap::PROVIDER_NAME)
        .prop(PR_SERVICE_DLL_NAME, "mapi_ldap")
        .entry(mapi_ldap::LdapService)
        .account(crate::directory_account::DirectoryAccount)
        .provider(mapi_ldap::PROVIDER_NAME, 0, factory);
    mapi::provider::register(LDAP, registration);
}
