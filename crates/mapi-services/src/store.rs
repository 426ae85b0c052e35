//! STORE: the message store in an SQLite file (`mapi-store`).

use mapi::provider::{ProviderFactory, Registration};
use mapi::{Clock, Result, SystemClock};
use mapi_defs::prop::tags::PR_SERVICE_DLL_NAME;
use std::path::Path;
use std::sync::Arc;

/// The name of the message store's service.
pub const STORE: &str = "STORE";

/// STATUS_DEFAULT_STORE: a store of this kind may be the profile's default store.
pub(crate) const DEFAULT_STORE: i32 = 0x2;

pub(crate) fn register() {
    let registration = Registration::new("Personal Folders")
        .prop(PR_SERVICE_DLL_NAME, "mapi_store")
        .entry(store_service())
        .provider("Personal Folders", DEFAULT_STORE, store_factory());
    mapi::provider::register(STORE, registration);
}

/// The service that gives a profile a store file.
pub(crate) fn store_service() -> mapi_store::service::StoreService {
    mapi_store::service::StoreService::new(Arc::new(|| SystemClock.now()))
}

/// Makes providers of such stores.
pub(crate) fn store_factory() -> ProviderFactory {
    ProviderFactory::store(|| Arc::new(mapi_store::StoreProvider::new()))
}

/// Creates a store file with its special folders.
///
/// # Errors
/// Those of [`mapi_store::create`].
pub fn create_store(path: &Path, display_name: &str) -> Result<()> {
    mapi_store::create(path, display_name, SystemClock.now())
}

/// Checks a store file and returns what is wrong with it, in words; nothing where it is sound.
///
/// # Errors
/// Those of [`mapi_store::check`].
pub fn check_store(path: &Path) -> Result<Vec<String>> {
    Ok(mapi_store::check(path)?.faults)
}
