//! A message service that writes down how its entry is called and what its sections hold by then, and
//! answers as a test told it.

use super::{Script, registration};
use mapi::provider::{Registration, register};
use mapi::{Error, ErrorCode, Result, ServiceFlags};
use mapi_defs::prop::tags::{PR_PROVIDER_DLL_NAME, PR_PROVIDER_UID, PR_RESOURCE_TYPE, PR_SERVICE_DLL_NAME};
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::row::Row;
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::table::query_all_rows;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// One call of the entry.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) context: ServiceContext,
    pub(crate) flags: ServiceFlags,
    pub(crate) props: Vec<Prop>,
    /// The service's own section at that moment.
    pub(crate) section: PropList,
    /// The rows of the service's provider table at that moment.
    pub(crate) providers: Vec<Row>,
}

type Action = Box<dyn Fn(&ServiceCall<'_>) -> Result<()> + Send + Sync>;

/// The service, and what it heard.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) name: String,
    /// What its providers were called with.
    pub(crate) script: Arc<Script>,
    calls: Mutex<Vec<Called>>,
    action: Mutex<Option<(ServiceContext, Action)>>,
}

static RECORDERS: AtomicU64 = AtomicU64::new(0);

impl Recorder {
    /// Registers a service with a store, a transport and an address book under a name of its own.
    pub(crate) fn new() -> Arc<Self> {
        Self::with(|registration| registration)
    }

    /// Registers one with more than that.
    pub(crate) fn with(more: impl FnOnce(Registration) -> Registration) -> Arc<Self> {
        let name = format!("RECORDER{}", RECORDERS.fetch_add(1, Ordering::Relaxed));
        let recorder = Arc::new(Self { name, ..Self::default() });
        let registration = registration(&recorder.script).entry(Entry(recorder.clone()));
        register(&recorder.name, more(registration.prop(PR_SERVICE_DLL_NAME, "recorder")));
        recorder
    }

    /// Lets the entry do something in one context.
    pub(crate) fn on(
        &self,
        context: ServiceContext,
        action: impl Fn(&ServiceCall<'_>) -> Result<()> + Send + Sync + 'static,
    ) {
        *self.action.lock().unwrap() = Some((context, Box::new(action)));
    }

    /// Lets the entry fail in one context.
    pub(crate) fn fail(&self, context: ServiceContext, code: ErrorCode, text: &'static str) {
        self.on(context, move |_| Err(Error::new(code, "Recorder", text)));
    }

    /// How the entry was called since this was asked last.
    pub(crate) fn calls(&self) -> Vec<Called> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// The contexts of the calls since this was asked last.
    pub(crate) fn contexts(&self) -> Vec<ServiceContext> {
        self.calls().into_iter().map(|call| call.context).collect()
    }
}

struct Entry(Arc<Recorder>);

impl MessageService for Entry {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        // Closed again at once: whoever reads a section keeps writers out.
        let section = call
            .providers
            .open_profile_section(None, mapi::SectionFlags::NONE)?
            .props(None)?
            .into_iter()
            .collect();
        let columns = [PR_PROVIDER_UID, PR_PROVIDER_DLL_NAME, PR_RESOURCE_TYPE];
        let providers = query_all_rows(&*call.providers.provider_table()?, &columns)?;
        let (context, flags, props) = (call.context, call.flags, call.props.to_vec());
        self.0.calls.lock().unwrap().push(Called { context, flags, props, section, providers });
        match &*self.0.action.lock().unwrap() {
            Some((wanted, action)) if *wanted == context => action(call),
            _ if context == ServiceContext::Configure => call.save(&call.configured()?),
            _ => Ok(()),
        }
    }
}
