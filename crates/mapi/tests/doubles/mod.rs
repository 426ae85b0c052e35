//! Doubles of providers that write down what MAPI calls, in which order, and do what a test tells them.
//!
//! They keep just enough of a store to open one object of every kind. How stores behave is
//! `mapi-testkit`'s business.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod accounts;
pub(crate) mod file_service;
pub(crate) mod library;
pub(crate) mod recorder;
mod spooler;
mod store;

pub(crate) use spooler::RecordingSpooler;
pub(crate) use store::RecordingStore;

use mapi::provider::{ProviderFactory, Registration, register};
use mapi::{Home, LogonOptions, Mapi, NewService, ProfAdmin, Result};
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::{EntryId, Error, ErrorCode, Guid};
use mapi_spi::address_book::AbContainer;
use mapi_spi::container::{Container, Opened};
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::support::Support;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// What was called, in order, and what the next calls shall do.
#[derive(Default)]
pub(crate) struct Script {
    /// The providers that take part in a fast shutdown: `xp`, `ab`, `ms`.
    in_a_hurry: Mutex<Vec<&'static str>>,
    log: Mutex<Vec<String>>,
    answers: Mutex<HashMap<String, Vec<ErrorCode>>>,
    holds: Mutex<HashMap<String, Hold>>,
    supports: Mutex<Vec<(String, Arc<dyn Support>)>>,
    changed: Condvar,
    /// Objects that were let go, each with the length of the log at that moment.
    released: Mutex<Vec<(&'static str, usize)>>,
    flags: Mutex<Vec<(String, mapi::OpenFlags)>>,
    /// Bits that PR_STORE_SUPPORT_MASK of the next stores lacks.
    pub(crate) lacks: AtomicI32,
    stores: AtomicU64,
    /// What its store providers call themselves; without, `MS`.
    pub(crate) store_name: OnceLock<&'static str>,
}

/// Tells the script when an object of a provider is let go.
struct Alive(Arc<Script>, &'static str);

impl Drop for Alive {
    fn drop(&mut self) {
        let length = self.0.log.lock().unwrap().len();
        self.0.released.lock().unwrap().push((self.1, length));
        self.0.wait_if_held(&format!("{} released", self.1));
    }
}

/// A call that waits until the test lets it go on.
struct Hold {
    entered: Sender<()>,
    release: Receiver<()>,
}

impl Script {
    /// Writes a call down, waits if the test holds it, and answers as the test said.
    pub(crate) fn call(&self, what: &str) -> Result<()> {
        self.log.lock().unwrap().push(what.to_owned());
        self.changed.notify_all();
        self.wait_if_held(what);
        let mut answers = self.answers.lock().unwrap();
        match answers.get_mut(what).and_then(Vec::pop) {
            Some(code) => Err(Error::new(code, "test", "as the test said")),
            None => Ok(()),
        }
    }

    fn wait_if_held(&self, what: &str) {
        let hold = self.holds.lock().unwrap().remove(what);
        if let Some(hold) = hold {
            hold.entered.send(()).unwrap();
            // A dropped sender releases as well.
            hold.release.recv().ok();
        }
    }

    /// Holds the next call of this name: the receiver hears of its coming, the sender releases it.
    pub(crate) fn hold(&self, what: &str) -> (Receiver<()>, Sender<()>) {
        let (entered, hear) = channel();
        let (go, release) = channel();
        self.holds.lock().unwrap().insert(what.to_owned(), Hold { entered, release });
        (hear, go)
    }

    /// Lets the next call of this name fail.
    pub(crate) fn fail(&self, what: &str, code: ErrorCode) {
        self.answers.lock().unwrap().entry(what.to_owned()).or_default().push(code);
    }

    /// Lets these providers take part in a fast shutdown, and no others.
    pub(crate) fn hurry(&self, whose: &[&'static str]) {
        *self.in_a_hurry.lock().unwrap() = whose.to_vec();
    }

    /// What was called so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Forgets what was called so far.
    pub(crate) fn clear(&self) {
        self.log.lock().unwrap().clear();
    }

    /// Forgets everything, what was released and logged on to included.
    pub(crate) fn forget(&self) {
        self.clear();
        self.released.lock().unwrap().clear();
        self.flags.lock().unwrap().clear();
        self.forget_supports();
    }

    /// How often something was called.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|entry| *entry == what).count()
    }

    /// Where in the log something was called first.
    pub(crate) fn position(&self, what: &str) -> usize {
        let log = self.log();
        log.iter().position(|entry| entry == what).unwrap_or_else(|| panic!("{what} is not in {log:#?}"))
    }

    /// True where something was called, or is within this long.
    pub(crate) fn is_called_within(&self, what: &str, patience: Duration) -> bool {
        let log = self.log.lock().unwrap();
        let is_missing = |log: &mut Vec<String>| !log.iter().any(|entry| entry == what);
        !self.changed.wait_timeout_while(log, patience, is_missing).unwrap().1.timed_out()
    }

    /// Waits until something was called.
    pub(crate) fn wait_for(&self, what: &str) {
        assert!(self.is_called_within(what, Duration::from_secs(60)), "{what} was never called");
    }

    /// How long the log was each time when an object of this name was let go.
    pub(crate) fn released(&self, what: &str) -> Vec<usize> {
        let released = self.released.lock().unwrap();
        released.iter().filter(|(name, _)| *name == what).map(|(_, length)| *length).collect()
    }

    /// The support object that was given to a logon.
    pub(crate) fn support(&self, whose: &str) -> Arc<dyn Support> {
        let supports = self.supports.lock().unwrap();
        supports.iter().rev().find(|(name, _)| name == whose).expect("logged on").1.clone()
    }

    /// Lets go of the support objects, as providers do at their end.
    pub(crate) fn forget_supports(&self) {
        let gone = std::mem::take(&mut *self.supports.lock().unwrap());
        drop(gone);
    }

    /// With which flags stores were logged on to.
    pub(crate) fn flags(&self, whose: &str) -> Vec<mapi::OpenFlags> {
        let flags = self.flags.lock().unwrap();
        flags.iter().filter(|(name, _)| name == whose).map(|(_, flags)| *flags).collect()
    }

    pub(crate) fn keep_flags(&self, whose: &str, flags: mapi::OpenFlags) {
        self.flags.lock().unwrap().push((whose.to_owned(), flags));
    }

    pub(crate) fn keep_support(&self, whose: &str, support: Arc<dyn Support>) {
        self.supports.lock().unwrap().push((whose.to_owned(), support));
    }
}

/// A home with one profile "P" of one service with a store, a transport and an address book.
pub(crate) struct World {
    pub(crate) script: Arc<Script>,
    pub(crate) service: String,
    pub(crate) home: Home,
    pub(crate) spooler: Arc<RecordingSpooler>,
    pub(crate) mapi: Option<Mapi>,
    _folder: TempDir,
}

static WORLDS: AtomicU64 = AtomicU64::new(0);

impl World {
    pub(crate) fn new() -> Self {
        Self::with_stores(1)
    }

    /// A world whose profile has the service this many times.
    pub(crate) fn with_stores(stores: usize) -> Self {
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let script = Arc::new(Script::default());
        let service = format!("TEST{}", WORLDS.fetch_add(1, Ordering::Relaxed));
        register(&service, registration(&script));
        let admin = ProfAdmin::new(&home).unwrap();
        admin.create_profile("P", &vec![NewService::named(&service); stores]).unwrap();
        admin.set_default_profile(Some("P")).unwrap();
        script.clear();
        let spooler = RecordingSpooler::new(&script);
        Self { script, service, home, spooler, mapi: Some(mapi), _folder: folder }
    }

    /// How to log on with mail.
    pub(crate) fn options(&self) -> LogonOptions {
        LogonOptions::profile("P").home(&self.home).spooler(self.spooler.clone())
    }
}

/// A service with one provider of each kind, all of one script.
pub(crate) fn registration(script: &Arc<Script>) -> Registration {
    let (ms, xp, ab) = (script.clone(), script.clone(), script.clone());
    let ms = ProviderFactory::store(move || Arc::new(RecordingStore::new(&ms)));
    let xp = ProviderFactory::transport(move || Arc::new(Transport::new(&xp, "xp provider")));
    let ab = ProviderFactory::address_book(move || Arc::new(Book::new(&ab, "ab provider")));
    Registration::new("Test service")
        .entry(Service(script.clone()))
        .provider("Test store", DEFAULT_STORE, ms)
        .provider("Test transport", 0, xp)
        .provider("Test address book", 0, ab)
}

/// A transport of this script.
pub(crate) fn transport(script: &Arc<Script>) -> Arc<dyn XpProvider> {
    Arc::new(Transport::new(script, "xp provider"))
}

/// An address book of this script.
pub(crate) fn book(script: &Arc<Script>) -> Arc<dyn AbProvider> {
    Arc::new(Book::new(script, "ab provider"))
}

/// STATUS_DEFAULT_STORE.
const DEFAULT_STORE: i32 = 0x2;

struct Service(Arc<Script>);

impl MessageService for Service {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        self.0.call(&format!("service {:?}", call.context))?;
        if call.context != ServiceContext::Configure {
            return Ok(());
        }
        let mut props = call.configured()?;
        props.set(mapi_defs::prop::tags::PR_COMMENT, "configured");
        call.save(&props)
    }
}

struct Transport(Arc<Script>, #[expect(dead_code, reason = "held for its drop")] Alive, Hurry);

impl Transport {
    fn new(script: &Arc<Script>, what: &'static str) -> Self {
        Self(script.clone(), Alive(script.clone(), what), Hurry::new(script, "xp"))
    }
}

/// What a provider is asked at a fast shutdown, where the script lets it take part.
#[derive(Clone)]
pub(crate) struct Hurry {
    script: Arc<Script>,
    whose: &'static str,
}

impl Hurry {
    pub(crate) fn new(script: &Arc<Script>, whose: &'static str) -> Self {
        Self { script: script.clone(), whose }
    }

    pub(crate) fn face(&self) -> Option<&dyn ProviderShutdown> {
        let takes_part = self.script.in_a_hurry.lock().unwrap().contains(&self.whose);
        takes_part.then_some(self as &dyn ProviderShutdown)
    }
}

impl ProviderShutdown for Hurry {
    fn query_fast_shutdown(&self) -> Result<()> {
        self.script.call(&format!("{} query", self.whose))
    }

    fn notify_process_shutdown(&self) -> Result<()> {
        self.script.call(&format!("{} notify", self.whose))
    }

    fn do_fast_shutdown(&self) -> Result<()> {
        self.script.call(&format!("{} hurry", self.whose))
    }
}

impl XpProvider for Transport {
    fn name(&self) -> &str {
        "XP"
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        self.2.face()
    }

    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        self.0.call("xp logon")?;
        self.0.keep_support("xp", support);
        Ok((Arc::new(Self::new(&self.0, "xp logon")), TransportLogonFlags::default()))
    }

    fn shutdown(&self) -> Result<()> {
        self.0.call("xp shutdown")
    }
}

impl XpLogon for Transport {
    fn address_types(&self) -> Result<AddressTypes> {
        self.0.call("xp address_types")?;
        let types = ["SMTP", "FAX", "smtp"].map(str::to_owned).to_vec();
        Ok(AddressTypes { types, ..AddressTypes::default() })
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.0.call(&format!("xp {what:?}"))
    }

    fn submit_message(&self, _message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        Ok(Vec::new())
    }

    fn logoff(&self) -> Result<()> {
        self.0.call("xp logoff")
    }
}

struct Book(Arc<Script>, #[expect(dead_code, reason = "held for its drop")] Alive, Hurry);

impl Book {
    fn new(script: &Arc<Script>, what: &'static str) -> Self {
        Self(script.clone(), Alive(script.clone(), what), Hurry::new(script, "ab"))
    }

    fn object(&self) -> Arc<Self> {
        Arc::new(Self::new(&self.0, "ab object"))
    }
}

pub(crate) const BOOK: Guid = Guid([0xAB; 16]);

impl AbProvider for Book {
    fn name(&self) -> &str {
        "AB"
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        self.2.face()
    }

    fn logon(&self, support: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>> {
        self.0.call("ab logon")?;
        self.0.keep_support("ab", support);
        Ok(Arc::new(Self::new(&self.0, "ab logon")))
    }

    fn shutdown(&self) -> Result<()> {
        self.0.call("ab shutdown")
    }
}

impl AbLogon for Book {
    fn uids(&self) -> Vec<Guid> {
        vec![BOOK]
    }

    fn open_entry(&self, id: &EntryId, _flags: mapi::OpenFlags) -> Result<Opened> {
        if id.provider() == Some(BOOK) {
            return Ok(Opened::Object(self.object()));
        }
        Err(Error::new(ErrorCode::NOT_FOUND, "test", "no such entry"))
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        self.0.call("ab compare")?;
        Ok(one.body() == other.body())
    }

    fn open_container(&self, _id: &EntryId, _flags: mapi::OpenFlags) -> Result<Arc<dyn AbContainer>> {
        Ok(self.object())
    }

    fn logoff(&self) -> Result<()> {
        self.0.call("ab logoff")
    }
}

impl MapiProp for Book {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn props(&self, tags: Option<&[mapi_defs::prop::PropTag]>) -> Result<Vec<mapi_defs::prop::Prop>> {
        Ok(store::absent(tags))
    }

    fn prop_list(&self) -> Result<Vec<mapi_defs::prop::PropTag>> {
        Ok(Vec::new())
    }
}

impl Container for Book {
    fn contents_table(&self, _flags: mapi::TableFlags) -> Result<Arc<dyn mapi_spi::table::MapiTable>> {
        Ok(Arc::new(store::EmptyTable(self.0.clone())))
    }
}

impl AbContainer for Book {
    fn create_entry(&self, _template: &EntryId, _flags: u32) -> Result<Arc<dyn MapiProp>> {
        Ok(self.object())
    }
}
