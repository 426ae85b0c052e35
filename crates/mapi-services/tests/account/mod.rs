//! A home whose one profile has a store and a mail account in the clear, and what tests do with it.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its own part, and fails by panicking")]

use mapi::provider::{ProviderFactory, Registration, register};
use mapi::{
    Home, LogoffFlags, LogonOptions, Mapi, Message, MsgStore, NewService, Object, OpenFlags, ProfAdmin,
    RecipientType, Session,
};
use mapi_defs::EntryId;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{
    PR_BODY, PR_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_SENTMAIL_ENTRYID, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::settings::{HOST, PORT, PROTOCOL, SECURITY};
use mapi_smtp::{PROVIDER_NAME, SmtpService, SmtpTransport};
use mapi_spi::spooler::recipient_outcome::{REPLY, STATE};
use std::sync::Arc;
use std::time::Duration;

const PROFILE: &str = "Default";
/// Nothing takes that long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The home.
pub(crate) struct Account {
    home: Home,
    admin: ProfAdmin,
    _mapi: Mapi,
    pub(crate) folder: tempfile::TempDir,
}

/// What is on disk of a message after one try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Verdict {
    /// For each recipient its state and what was said.
    pub(crate) states: Vec<(String, String)>,
    pub(crate) is_queued: bool,
}

impl Verdict {
    /// The states alone.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.states.iter().map(|(state, _)| state.as_str()).collect()
    }
}

impl Account {
    /// An account with the usual deadlines.
    pub(crate) fn new() -> Self {
        Self::with_deadlines(Deadlines::default())
    }

    /// One whose server has to answer within these. Of one process all have the same.
    pub(crate) fn with_deadlines(deadlines: Deadlines) -> Self {
        const SERVICE: &str = "ACCOUNT";
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let factory = ProviderFactory::transport(move || Arc::new(SmtpTransport { deadlines }));
        let registration =
            Registration::new(PROVIDER_NAME).entry(SmtpService).provider(PROVIDER_NAME, 0, factory);
        register(SERVICE, registration);
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let admin = ProfAdmin::new(&home).unwrap();
        let mut account = NewService::named(SERVICE);
        account.props = at(1);
        account.props.set(PR_SMTP_ADDRESS, "me@example.org");
        account.props.set(HOST, "127.0.0.1");
        account.props.set(SECURITY, "plain");
        admin.create_profile(PROFILE, &[NewService::named(mapi_services::STORE), account]).unwrap();
        Self { home, admin, _mapi: mapi, folder }
    }

    /// The server is at this port from now on.
    pub(crate) fn move_to(&self, port: u16) {
        let services = self.admin.services(PROFILE).unwrap();
        let account = services.services().pop().unwrap();
        services.configure_service(account.uid, at(port)).unwrap();
    }

    /// The server is spoken to by LMTP.
    pub(crate) fn speak_lmtp(&self) {
        let services = self.admin.services(PROFILE).unwrap();
        let account = services.services().pop().unwrap();
        let mut props = PropList::new();
        props.set(PROTOCOL, "lmtp");
        services.configure_service(account.uid, props).unwrap();
    }

    pub(crate) fn log_on(&self) -> (Session, MsgStore) {
        let session = Session::logon(LogonOptions::profile(PROFILE).home(&self.home)).unwrap();
        let store = session.open_default_store().unwrap();
        (session, store)
    }

    /// As [`Account::log_on`], without a spooler.
    pub(crate) fn log_on_to_submit(&self) -> (Session, MsgStore) {
        let session = Session::logon(LogonOptions::profile(PROFILE).home(&self.home).no_mail()).unwrap();
        let store = session.open_default_store().unwrap();
        (session, store)
    }

    /// Submits one message, lets it be tried once, and reads what is kept of it on disk by another session.
    /// It is taken out of the queue again.
    pub(crate) fn try_once(&self, port: u16, addresses: &[&str], body: &str) -> Verdict {
        self.move_to(port);
        let (session, store) = self.log_on();
        let id = submit(&store, "Figures", addresses, body);
        let is_empty = session.flush_queues(PATIENCE).unwrap();
        drop(store);
        session.logoff(LogoffFlags::NONE).unwrap();
        let options = LogonOptions::profile(PROFILE).home(&self.home).no_mail();
        let session = Session::logon(options).unwrap();
        let store = session.open_default_store().unwrap();
        let rows = store.open_message(&id, OpenFlags::NONE).unwrap().recipients().unwrap();
        let text =
            |row: &mapi_defs::recipient::Recipient, tag| row.props.text(tag).unwrap_or_default().to_owned();
        let states = rows.iter().map(|row| (text(row, STATE), text(row, REPLY))).collect();
        let is_queued = store.queued(&id).unwrap().is_some();
        assert_eq!(is_empty, !is_queued, "what the flush says is what is on disk");
        if is_queued {
            store.abort_submit(&id).unwrap();
        }
        drop(store);
        session.logoff(LogoffFlags::NONE).unwrap();
        Verdict { states, is_queued }
    }
}

fn at(port: u16) -> PropList {
    let mut props = PropList::new();
    props.set(PORT, i32::from(port));
    props
}

/// Submits a message; answers its entry identifier.
pub(crate) fn submit(store: &MsgStore, subject: &str, addresses: &[&str], body: &str) -> EntryId {
    let message = draft(store, subject, addresses, body);
    message.save(mapi_defs::flags::SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = EntryId::from_bytes(message.binary(PR_ENTRYID).unwrap().unwrap());
    message.submit().unwrap();
    id
}

/// A message of the Outbox that is not saved yet.
pub(crate) fn draft(store: &MsgStore, subject: &str, addresses: &[&str], body: &str) -> Message {
    let message = store.outbox().unwrap().create_message().unwrap();
    let sent = store.special_folder(PR_IPM_SENTMAIL_ENTRYID).unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.set(PR_BODY, body).unwrap();
    message.set(PR_SENTMAIL_ENTRYID, sent.as_bytes().to_vec()).unwrap();
    for address in addresses {
        message.add_recipient(RecipientType::To, address, address).unwrap();
    }
    message
}
