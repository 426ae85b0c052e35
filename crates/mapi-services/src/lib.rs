//! The built-in message services under their names: what MAPISVC.INF is elsewhere.
//!
//! This is the one crate that knows every provider. A program calls [`register`] once, before it
//! makes profiles or logs on; one with other providers registers those instead, with
//! [`mapi::provider::register`]. Each service is behind a feature of its name.
//!
//! ```no_run
//! # fn main() -> mapi::Result<()> {
//! mapi_services::register();
//! let _mapi = mapi::Mapi::initialize()?;
//! let home = mapi::Home::locate(None)?;
//! let (profile, _is_new) = mapi_services::default_profile(&home)?;
//! let session = mapi::Session::logon(mapi::LogonOptions::profile(&profile).home(&home))?;
//! # drop(session);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "smtp")]
mod account;
pub mod cards;
#[cfg(feature = "ldap")]
mod directory_account;
#[cfg(feature = "imap")]
mod imap;
#[cfg(feature = "ldap")]
mod ldap;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "pab")]
mod pab;
mod settings;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "store")]
mod store;

#[cfg(all(feature = "smtp", feature = "imap"))]
pub use account::IncomingAccount;
#[cfg(feature = "smtp")]
pub use account::OutgoingAccount;
pub use settings::{Reach, Setting, is_secret, reach, settings};
#[cfg(feature = "store")]
pub use store::{STORE, check_store, create_store};

use mapi::{Home, NewService, ProfAdmin, Result};

/// The name of the service that delivers into the profile's own Inbox.
#[cfg(feature = "local")]
pub const LOCAL: &str = mapi_local::SERVICE_NAME;
/// The name of the personal address book's service.
#[cfg(feature = "pab")]
pub const PAB: &str = mapi_addrbook::SERVICE_NAME;

/// The name of the service that hands mail to a mail server.
#[cfg(feature = "smtp")]
pub const SMTP: &str = mapi_smtp::SERVICE_NAME;

/// The name of the service that fetches mail by IMAP.
#[cfg(feature = "imap")]
pub const IMAP: &str = mapi_imap::IMAP_SERVICE_NAME;
/// The name of the service that fetches mail by POP3.
#[cfg(feature = "imap")]
pub const POP3: &str = mapi_imap::POP3_SERVICE_NAME;

/// The name of the service of an LDAP directory.
#[cfg(feature = "ldap")]
pub const LDAP: &str = mapi_ldap::SERVICE_NAME;

/// What a mail server hands over by LMTP or SMTP.
#[cfg(feature = "smtp")]
pub use mapi_smtp::reception;

/// Makes the built-in services and the spooler known in this process. Calling it again changes nothing.
pub fn register() {
    #[cfg(feature = "store")]
    store::register();
    #[cfg(feature = "local")]
    local::register();
    #[cfg(feature = "pab")]
    pab::register();
    #[cfg(feature = "smtp")]
    smtp::register();
    #[cfg(feature = "imap")]
    imap::register();
    #[cfg(feature = "ldap")]
    ldap::register();
    #[cfg(feature = "libraries")]
    mapi_com::load::register();
    #[cfg(feature = "spooler")]
    mapi::provider::register_spooler(std::sync::Arc::new(mapi_spooler::MapiSpooler::default()));
}

/// The services of a profile that nobody has configured: a store, local delivery, an address book.
pub fn default_services() -> Vec<NewService> {
    [
        #[cfg(feature = "store")]
        STORE,
        #[cfg(feature = "local")]
        LOCAL,
        #[cfg(feature = "pab")]
        PAB,
    ]
    .into_iter()
    .map(NewService::named)
    .collect()
}

/// The services that a profile of this home begins with: those of [Default Services] in mapisvc.inf,
/// else [`default_services`].
pub fn default_services_of(home: &Home) -> Vec<NewService> {
    let named = mapi::provider::Catalogue::of(home).default_services();
    if named.is_empty() {
        default_services()
    } else {
        named.iter().map(|name| NewService::named(name)).collect()
    }
}

/// The default profile of a home, made with [`default_services_of`] it where there is none. Returns its name
/// and whether it was made here; of many who do this at once, one makes it.
///
/// # Errors
/// - `MAPI_E_NOT_INITIALIZED`: MAPI is not initialised.
/// - `MAPI_E_NOT_FOUND`: [`register`] was not called.
/// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: a file cannot be made.
pub fn default_profile(home: &Home) -> Result<(String, bool)> {
    ProfAdmin::new(home)?.create_default_profile(&default_services_of(home))
}
