//! The registry: which services this process knows, by name, and who makes their providers.
//!
//! Services are registered once, by `mapi_services::register()` or by a program with providers of
//! its own. Which services a profile has is `profile/services.rs`.

use crate::profile::ProviderKind;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::address_book::AbProvider;
use mapi_spi::provider::service::MessageService;
use mapi_spi::provider::store::MsProvider;
use mapi_spi::provider::transport::XpProvider;
use mapi_spi::spooler::Spooler;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// Makes a provider: one for each session, however many logons it will have there.
#[derive(Clone)]
pub enum ProviderFactory {
    /// A message store provider (MSProviderInit).
    Store(Arc<dyn Fn() -> Arc<dyn MsProvider> + Send + Sync>),
    /// A transport provider (XPProviderInit).
    Transport(Arc<dyn Fn() -> Arc<dyn XpProvider> + Send + Sync>),
    /// An address book provider (ABProviderInit).
    AddressBook(Arc<dyn Fn() -> Arc<dyn AbProvider> + Send + Sync>),
}

impl ProviderFactory {
    /// A factory of message store providers.
    pub fn store(make: impl Fn() -> Arc<dyn MsProvider> + Send + Sync + 'static) -> Self {
        Self::Store(Arc::new(make))
    }

    /// A factory of transport providers.
    pub fn transport(make: impl Fn() -> Arc<dyn XpProvider> + Send + Sync + 'static) -> Self {
        Self::Transport(Arc::new(make))
    }

    /// A factory of address book providers.
    pub fn address_book(make: impl Fn() -> Arc<dyn AbProvider> + Send + Sync + 'static) -> Self {
        Self::AddressBook(Arc::new(make))
    }

    fn kind(&self) -> ProviderKind {
        match self {
            Self::Store(_) => ProviderKind::Store,
            Self::Transport(_) => ProviderKind::Transport,
            Self::AddressBook(_) => ProviderKind::AddressBook,
        }
    }
}

impl fmt::Debug for ProviderFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderFactory({})", self.kind().word())
    }
}

/// A message service at hand (a section of MAPISVC.INF).
#[derive(Clone)]
pub struct Registration {
    /// PR_DISPLAY_NAME of a service of this name where nothing else is said.
    pub display_name: String,
    /// Configures the service.
    pub service: Arc<dyn MessageService>,
    /// The service's providers.
    pub providers: Vec<ProviderFactory>,
}

impl Registration {
    /// The kinds of the service's providers, in order.
    pub(crate) fn kinds(&self) -> Vec<ProviderKind> {
        self.providers.iter().map(ProviderFactory::kind).collect()
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("display_name", &self.display_name)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}

static SERVICES: LazyLock<RwLock<HashMap<String, Registration>>> = LazyLock::new(RwLock::default);
static SPOOLER: RwLock<Option<Arc<dyn Spooler>>> = RwLock::new(None);

/// Makes a service known under a name (PR_SERVICE_NAME), in place of one known before.
pub fn register(name: &str, registration: Registration) {
    SERVICES.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), registration);
}

/// Makes the spooler known that mail sessions start, in place of one known before.
pub fn register_spooler(spooler: Arc<dyn Spooler>) {
    *SPOOLER.write().unwrap_or_else(PoisonError::into_inner) = Some(spooler);
}

/// The service of a name.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: no service is registered under it.
pub(crate) fn service(name: &str) -> Result<Registration> {
    let services = SERVICES.read().unwrap_or_else(PoisonError::into_inner);
    services.get(name).cloned().ok_or_else(|| {
        let detail = format!("no service \"{name}\" is registered");
        Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin", detail)
    })
}

/// The spooler that mail sessions start.
pub(crate) fn spooler() -> Option<Arc<dyn Spooler>> {
    SPOOLER.read().unwrap_or_else(PoisonError::into_inner).clone()
}
