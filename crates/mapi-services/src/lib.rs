//! The built-in message services, registered by name: MAPISVC.INF in Rust.
//!
//! The one crate that knows the subsystem, the spooler and every provider. A program calls
//! [`register`] once; a build with other providers replaces this crate.
#![forbid(unsafe_code)]

use mapi::provider::registry::{self, ProviderFactory, Registration};
use mapi::{Clock, NewService, SystemClock};
use mapi_defs::Result;
use mapi_local::{LocalService, LocalTransport};
use mapi_spooler::MapiSpooler;
use mapi_store::StoreProvider;
use mapi_store::service::StoreService;
use std::path::Path;
use std::sync::{Arc, Once};

/// The message store service: a mailbox in one file.
pub const STORE: &str = "STORE";
/// The transport service that keeps mail in the profile's own Inbox.
pub const LOCAL: &str = mapi_local::SERVICE_NAME;

/// Makes the built-in services and the spooler known. Calling it again changes nothing.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        register_store();
        register_local();
        registry::register_spooler(Arc::new(MapiSpooler::default()));
    });
}

/// The services of the profile that is made where there is none.
pub fn default_services() -> Vec<NewService> {
    [STORE, LOCAL].into_iter().map(NewService::named).collect()
}

/// Creates a store file; one that is there already is left as it is.
///
/// # Errors
/// Those of [`mapi_store::create`].
pub fn create_store(file: &Path, display_name: &str) -> Result<()> {
    mapi_store::create(file, display_name, SystemClock.now())
}

/// Checks a store file and returns what is wrong with it, a sentence each; nothing is changed.
///
/// # Errors
/// Those of [`mapi_store::check`].
pub fn check_store(file: &Path) -> Result<Vec<String>> {
    Ok(mapi_store::check(file)?.faults)
}

fn register_store() {
    let registration = Registration {
        display_name: "Personal Folders".to_owned(),
        service: Arc::new(StoreService::new(Arc::new(|| SystemClock.now()))),
        providers: vec![ProviderFactory::store(|| Arc::new(StoreProvider::new()))],
    };
    registry::register(STORE, registration);
}

fn register_local() {
    let registration = Registration {
        display_name: mapi_local::PROVIDER_NAME.to_owned(),
        service: Arc::new(LocalService),
        providers: vec![ProviderFactory::transport(|| Arc::new(LocalTransport))],
    };
    registry::register(LOCAL, registration);
}
