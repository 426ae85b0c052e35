//! The registry: which services this process knows, by name, and who makes their providers.
//!
//! Services are registered once, by `mapi_services::register()` or by a program with providers of
//! its own. Which services a profile has is `profile/services.rs`.

use super::account_service::AccountService;
use crate::profile::ProviderKind;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE, PR_SERVICE_ENTRY_NAME,
};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::address_book::AbProvider;
use mapi_spi::provider::service::MessageService;
use mapi_spi::provider::store::MsProvider;
use mapi_spi::provider::transport::XpProvider;
use mapi_spi::spooler::Spooler;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The preferred name of a service's entry.
const ENTRY_NAME: &str = "ServiceEntry";

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

    pub(crate) fn kind(&self) -> ProviderKind {
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

/// A message service at hand: what MAPISVC.INF says of it, and the code behind it.
#[derive(Clone)]
pub struct Registration {
    /// What is copied into a profile as the service's section.
    pub(crate) props: PropList,
    /// The service's providers, in order.
    pub(crate) providers: Vec<RegisteredProvider>,
    /// Further sections that come with the service.
    pub(crate) sections: Vec<(MapiUid, PropList)>,
    /// The service's entry; without one the service cannot be configured.
    pub(crate) entry: Option<Arc<dyn MessageService>>,
    /// How it is an account's; without, accounts only mirror it.
    pub(crate) account: Option<Arc<dyn AccountService>>,
}

/// A provider of a registered service.
#[derive(Clone)]
pub(crate) struct RegisteredProvider {
    /// The name it is created by.
    pub(crate) name: String,
    /// What is copied into a profile as the provider's section.
    pub(crate) props: PropList,
    /// Makes it.
    pub(crate) factory: ProviderFactory,
}

impl Registration {
    /// A service of this PR_DISPLAY_NAME, with no provider and no entry.
    pub fn new(display_name: &str) -> Self {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, display_name);
        Self { props, providers: Vec::new(), sections: Vec::new(), entry: None, account: None }
    }

    /// With this entry (PR_SERVICE_ENTRY_NAME).
    #[must_use]
    pub fn entry(mut self, entry: impl MessageService + 'static) -> Self {
        self.props.set(PR_SERVICE_ENTRY_NAME, PropValue::String8(ENTRY_NAME.to_owned()));
        self.entry = Some(Arc::new(entry));
        self
    }

    /// With accounts that are made of this service, or that it sends for.
    #[must_use]
    pub fn account(mut self, account: impl AccountService + 'static) -> Self {
        self.account = Some(Arc::new(account));
        self
    }

    /// With this property in the service's section.
    #[must_use]
    pub fn prop(mut self, tag: PropTag, value: impl Into<PropValue>) -> Self {
        self.props.set(tag, value);
        self
    }

    /// With a provider of this name and these PR_RESOURCE_FLAGS (STATUS_*).
    #[must_use]
    pub fn provider(self, name: &str, resource_flags: i32, factory: ProviderFactory) -> Self {
        let mut props = PropList::new();
        props.set(PR_RESOURCE_FLAGS, resource_flags);
        self.provider_with(name, props, factory)
    }

    /// With a provider of this name and these properties in its section. Where they are not given,
    /// PR_DISPLAY_NAME is the name, PR_PROVIDER_DISPLAY the service's PR_DISPLAY_NAME and
    /// PR_PROVIDER_DLL_NAME its PR_SERVICE_DLL_NAME; PR_RESOURCE_TYPE is the factory's.
    #[must_use]
    pub fn provider_with(mut self, name: &str, props: PropList, factory: ProviderFactory) -> Self {
        let mut section = PropList::new();
        section.set(PR_DISPLAY_NAME, name);
        section.set(PR_PROVIDER_DISPLAY, self.props.text(PR_DISPLAY_NAME).unwrap_or(name));
        section.set(PR_RESOURCE_FLAGS, 0);
        section.merge(props);
        section.set(PR_RESOURCE_TYPE, factory.kind().resource_type());
        self.providers.push(RegisteredProvider { name: name.to_owned(), props: section, factory });
        self
    }

    /// With a further section (PR_SERVICE_EXTRA_UIDS).
    #[must_use]
    pub fn section(mut self, uid: MapiUid, props: PropList) -> Self {
        self.sections.push((uid, props));
        self
    }

    /// The name of the service where nothing else is said.
    pub(crate) fn display_name(&self) -> &str {
        self.props.text(PR_DISPLAY_NAME).unwrap_or_default()
    }

    /// The provider of a name, and its place; letters count the same in either case.
    pub(crate) fn provider_named(&self, name: &str) -> Option<(usize, &RegisteredProvider)> {
        let is_it = |(_, known): &(usize, &RegisteredProvider)| known.name.eq_ignore_ascii_case(name);
        self.providers.iter().enumerate().find(is_it)
    }
}

impl RegisteredProvider {
    /// What kind of provider it is.
    pub(crate) fn kind(&self) -> ProviderKind {
        self.factory.kind()
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self.providers.iter().map(|known| (&known.name, &known.factory)).collect();
        f.debug_struct("Registration")
            .field("display_name", &self.display_name())
            .field("providers", &providers)
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

/// Every service that is registered, in order of the alphabet.
pub(crate) fn services() -> Vec<(String, Registration)> {
    let services = SERVICES.read().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<_> = services.iter().map(|(name, known)| (name.clone(), known.clone())).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
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
