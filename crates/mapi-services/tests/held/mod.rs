//! A home with the real store and the real spooler, and a transport that does with each message what a
//! test says.
#![allow(dead_code, reason = "each test file uses its own part")]

use mapi::provider::{ProviderFactory, Registration, register};
use mapi::{
    Home, LogonOptions, Mapi, MsgStore, NewService, Object, ProfAdmin, RecipientType, Result, Session,
    StoreLogoffFlags,
};
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::{PR_CLIENT_SUBMIT_TIME, PR_INTERNET_MESSAGE_ID, PR_SUBJECT};
use mapi_defs::{EntryId, Error, ErrorCode, FileTime};
use mapi_spi::advise::AdviseSink;
use mapi_spi::copy::message_object;
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::spooler::{QueueState, RunningSpooler, Spooler, SpoolerWork};
use mapi_spi::support::Support;
use mapi_spi::table::MapiTable;
use mapi_spooler::MapiSpooler;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const LONG: Duration = Duration::from_secs(60);
const SERVICE: &str = "HELD";

/// What a held message is told.
pub(crate) enum Word {
    Send,
    Busy,
    Cancel,
    /// The last step is taken, and nothing is heard.
    Doubt,
}

/// What the transport and the spooler were told, and what they do.
#[derive(Default)]
pub(crate) struct Stage {
    log: Mutex<Vec<String>>,
    line: Mutex<Option<Line>>,
    offers: Mutex<Vec<Offer>>,
    /// What the spooler was told of the table of its queue, where a test wants it.
    rows: Mutex<Option<Vec<TableEvent>>>,
    /// The table that it listens to.
    table: Mutex<Option<Arc<dyn MapiTable>>>,
}

/// A message as the transport was asked for it.
struct Offer {
    subject: String,
    object: MessageObject,
    /// Message-ID and PR_CLIENT_SUBMIT_TIME.
    name: (String, Option<FileTime>),
    /// The addresses it is to serve.
    addresses: Vec<String>,
}

/// The ends by which a test holds messages; without, every message is sent at once.
struct Line {
    entered: Sender<()>,
    words: Arc<Mutex<Receiver<Word>>>,
    cancel: Sender<Word>,
}

impl Stage {
    pub(crate) fn note(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn clear(&self) {
        self.log.lock().unwrap().clear();
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.log().iter().filter(|one| one.starts_with(what)).count()
    }

    pub(crate) fn position(&self, what: &str) -> usize {
        let log = self.log();
        log.iter()
            .position(|one| one.starts_with(what))
            .unwrap_or_else(|| panic!("{what} is not in {log:#?}"))
    }

    /// The subjects of the messages that the transport was handed, in order.
    pub(crate) fn subjects(&self) -> Vec<String> {
        self.offers.lock().unwrap().iter().map(|offer| offer.subject.clone()).collect()
    }

    /// For each of them the addresses that the transport was to serve.
    pub(crate) fn offered(&self) -> Vec<Vec<String>> {
        self.offers.lock().unwrap().iter().map(|offer| offer.addresses.clone()).collect()
    }

    /// Each of them as the transport saw it.
    pub(crate) fn objects(&self) -> Vec<MessageObject> {
        self.offers.lock().unwrap().iter().map(|offer| offer.object.clone()).collect()
    }

    /// Message-ID and PR_CLIENT_SUBMIT_TIME of each.
    pub(crate) fn names(&self) -> Vec<(String, Option<FileTime>)> {
        self.offers.lock().unwrap().iter().map(|offer| offer.name.clone()).collect()
    }

    /// The spoolers that are started from now on listen to the table of their queue.
    pub(crate) fn listen_to_queue(&self) {
        *self.rows.lock().unwrap() = Some(Vec::new());
    }

    /// What they were told, once one such event is among it.
    pub(crate) fn told_of_queue(&self, is_it: impl Fn(&TableEvent) -> bool) -> Vec<TableEvent> {
        let until = Instant::now() + LONG;
        loop {
            let told = self.rows.lock().unwrap().clone().unwrap_or_default();
            if told.iter().any(&is_it) {
                return told;
            }
            assert!(Instant::now() < until, "nothing of the kind was told: {told:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn offer(&self, message: &dyn Message) -> Result<()> {
        let props = message.props(Some(&[PR_SUBJECT, PR_INTERNET_MESSAGE_ID, PR_CLIENT_SUBMIT_TIME]))?;
        let text = |index: usize| props[index].value.as_text().unwrap_or_default().to_owned();
        let rows = message.recipients()?.into_iter().filter(|row| !row.is_taken());
        let offer = Offer {
            subject: text(0),
            object: message_object(message)?,
            name: (text(1), props[2].value.as_time()),
            addresses: rows.map(|row| row.address().unwrap_or_default().to_owned()).collect(),
        };
        self.offers.lock().unwrap().push(offer);
        Ok(())
    }

    /// From now on each message waits for a word; the receiver hears of each that comes.
    pub(crate) fn hold(&self) -> (Receiver<()>, Sender<Word>) {
        let (entered, hear) = channel();
        let (say, words) = channel();
        let words = Arc::new(Mutex::new(words));
        *self.line.lock().unwrap() = Some(Line { entered, words, cancel: say.clone() });
        (hear, say)
    }
}

impl AdviseSink for Stage {
    fn on_notify(&self, notifications: &[Notification]) {
        for notification in notifications {
            if let (Notification::Table(event), Some(rows)) = (notification, &mut *self.rows.lock().unwrap())
            {
                rows.push(event.clone());
            }
        }
    }
}

struct HeldProvider(Arc<Stage>);

impl XpProvider for HeldProvider {
    fn name(&self) -> &str {
        "Held"
    }

    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        Ok((Arc::new(HeldTransport(self.0.clone(), support)), TransportLogonFlags::default()))
    }
}

struct HeldTransport(Arc<Stage>, Arc<dyn Support>);

impl XpLogon for HeldTransport {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes { types: vec!["SMTP".to_owned()], ..AddressTypes::default() })
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.0.note(format!("xp {what:?}"));
        if matches!(what, TransportNotify::CancelMessage(_))
            && let Some(line) = &*self.0.line.lock().unwrap()
        {
            line.cancel.send(Word::Cancel).unwrap();
        }
        Ok(())
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.0.note(format!("xp submit {reference}"));
        self.0.offer(message)?;
        let words = self.0.line.lock().unwrap().as_ref().map(|line| {
            line.entered.send(()).unwrap();
            line.words.clone()
        });
        let word = words.map_or(Word::Send, |words| words.lock().unwrap().recv().unwrap_or(Word::Send));
        let failed = |code| Err(Error::new(code, "XpLogon::submit_message", "as told"));
        match word {
            Word::Busy => return failed(ErrorCode::BUSY),
            Word::Cancel => return failed(ErrorCode::USER_CANCEL),
            Word::Send | Word::Doubt => {}
        }
        let rows = message.recipients()?.into_iter().filter(|row| !row.is_taken());
        let rows: Vec<u32> = rows.map(|row| row.row_id).collect();
        let (state, reply) = match word {
            Word::Doubt => (RecipientState::InDoubt, "in doubt: silence"),
            _ => (RecipientState::Sent, "250 Ok"),
        };
        self.1.in_doubt(message, &rows)?;
        let outcome = |row_id| RecipientOutcome { row_id, state: state.clone(), reply: reply.to_owned() };
        Ok(rows.into_iter().map(outcome).collect())
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.0.note(format!("xp flush {flags:#x}"));
        Ok(())
    }

    fn logoff(&self) -> Result<()> {
        self.0.note("xp logoff".to_owned());
        Ok(())
    }
}

/// The real spooler, whose leaves are written down.
pub(crate) struct NotedSpooler(pub(crate) Arc<Stage>);

struct Noted(Arc<dyn RunningSpooler>, Arc<Stage>);

impl Spooler for NotedSpooler {
    fn start(&self, work: SpoolerWork) -> Result<Arc<dyn RunningSpooler>> {
        let is_listening = self.0.rows.lock().unwrap().is_some();
        if is_listening {
            let table = work.store.outgoing_queue()?;
            table.advise(EventMask::TABLE_MODIFIED, self.0.clone())?;
            *self.0.table.lock().unwrap() = Some(table);
        }
        Ok(Arc::new(Noted(MapiSpooler::default().start(work)?, self.0.clone())))
    }
}

impl RunningSpooler for Noted {
    fn wake(&self) {
        self.0.wake();
    }

    fn flush(&self, patience: Duration) -> Result<bool> {
        self.0.flush(patience)
    }

    fn flush_through(&self, transport: usize, patience: Duration) -> Result<bool> {
        self.0.flush_through(transport, patience)
    }

    fn queue(&self) -> QueueState {
        self.0.queue()
    }

    fn waiting(&self) -> Result<Vec<(EntryId, Option<FileTime>)>> {
        self.0.waiting()
    }

    fn is_sending(&self) -> bool {
        self.0.is_sending()
    }

    fn in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        self.0.in_doubt(message, row_ids)
    }

    fn hand_in(&self, from: &dyn XpLogon) -> Result<bool> {
        self.0.hand_in(from)
    }

    fn store_logoff(&self, way: StoreLogoffFlags, patience: Duration) -> Result<StoreLogoffFlags> {
        self.1.note(format!("leave {:#x}", way.0));
        self.0.store_logoff(way, patience)
    }

    fn store_logon(&self) {
        self.0.store_logon();
    }

    fn stop(&self, patience: Duration) -> bool {
        self.1.note("stop".to_owned());
        drop(self.1.table.lock().unwrap().take());
        self.0.stop(patience)
    }
}

/// A home whose default profile has a store and the held transport.
pub(crate) struct World {
    pub(crate) stage: Arc<Stage>,
    pub(crate) home: Home,
    // Dropped after the sessions of a test, before the folder.
    mapi: Option<Mapi>,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(NewService::named(mapi_services::STORE))
    }

    /// A world whose store's service is made so.
    pub(crate) fn with(store: NewService) -> Self {
        Self::with_more(store, |_| Vec::new())
    }

    /// A world with more services, of whose files is told in which folder they may be.
    pub(crate) fn with_more(store: NewService, more: impl FnOnce(&Path) -> Vec<NewService>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self::at(folder.path());
        let admin = ProfAdmin::new(&world.home).unwrap();
        let services = [vec![store, NewService::named(&world.service())], more(folder.path())].concat();
        admin.create_profile("P", &services).unwrap();
        admin.set_default_profile(Some("P")).unwrap();
        world._folder = Some(folder);
        world
    }

    /// In a home that has its profile already.
    pub(crate) fn at(root: &Path) -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let home = Home::at(root).unwrap();
        let stage = Arc::new(Stage::default());
        let world = Self { stage: stage.clone(), home, mapi: Some(mapi), _folder: None };
        let factory = ProviderFactory::transport(move || Arc::new(HeldProvider(stage.clone())));
        register(&world.service(), Registration::new("Held").provider("Held", 0, factory));
        world
    }

    /// The registry is of the process, so each home has a service of its own.
    fn service(&self) -> String {
        let root = self.home.profiles().to_string_lossy();
        format!("{SERVICE} {root}")
    }

    pub(crate) fn options(&self) -> LogonOptions {
        let spooler = Arc::new(NotedSpooler(self.stage.clone()));
        LogonOptions::default_profile().home(&self.home).spooler(spooler)
    }

    pub(crate) fn logon(&self) -> Session {
        Session::logon(self.options()).unwrap()
    }
}

/// Submits a message and returns its identifier.
pub(crate) fn submit(store: &MsgStore, subject: &str) -> EntryId {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.add_recipient(RecipientType::To, "Ann", "ann@example.org").unwrap();
    message.save(mapi::SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = message.binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap().unwrap();
    message.submit().unwrap();
    EntryId::from_bytes(id)
}
