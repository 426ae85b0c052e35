//! `MessageService`: what configures a group of providers in a profile (MSGSERVICEENTRY).

use mapi_defs::Result;
use mapi_defs::prop::PropList;

/// Why a service is called (MSG_SERVICE_*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ServiceContext {
    /// MSG_SERVICE_INSTALL.
    Install,
    /// MSG_SERVICE_CREATE: the service was added to a profile.
    Create,
    /// MSG_SERVICE_CONFIGURE.
    Configure,
    /// MSG_SERVICE_DELETE: the service leaves a profile.
    Delete,
    /// MSG_SERVICE_UNINSTALL.
    Uninstall,
    /// MSG_SERVICE_PROVIDER_CREATE.
    ProviderCreate,
    /// MSG_SERVICE_PROVIDER_DELETE.
    ProviderDelete,
}

/// A message service.
pub trait MessageService: Send + Sync {
    /// Checks and completes the service's section of the profile.
    ///
    /// `props` is what the caller configures with, laid over the section; what it is on return is saved.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing that only a person knows.
    /// - `MAPI_E_NO_SUPPORT`: the service does not take part in this context.
    fn service_entry(&self, context: ServiceContext, props: &mut PropList) -> Result<()>;
}
