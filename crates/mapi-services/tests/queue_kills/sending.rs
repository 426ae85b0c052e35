//! The home with a mail account, who submits to it, and the process that sends: this program once more.

use super::books::{Books, address};
use mapi::{
    Home, LogoffFlags, LogonOptions, Mapi, MdbFlags, MsgStore, NewService, Object, OpenFlags, ProfAdmin,
    RecipientType, Session,
};
use mapi_defs::EntryId;
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::tags::{
    PR_BODY, PR_DEFAULT_STORE, PR_DELETE_AFTER_SUBMIT, PR_ENTRYID, PR_IPM_OUTBOX_ENTRYID,
    PR_IPM_SENTMAIL_ENTRYID, PR_MESSAGE_FLAGS, PR_SENTMAIL_ENTRYID, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_smtp::settings::{HOST, PORT, SECURITY};
use mapi_spi::spooler::recipient_outcome::STATE;
use mapi_spi::spooler::section::FILE;
use mapi_spooler::MapiSpooler;
use mapi_spooler::retry::RetryPolicy;
use mapi_testkit::smtp_sink::SmtpSink;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where the started process finds its home; it sends there.
pub(crate) const PART: &str = "OPENMAPI_TEST_HOME";
const PROFILE: &str = "Default";
/// MSGFLAG_SUBMIT.
const SUBMIT: i32 = 0x4;
/// Nothing takes that long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the started process does: it sends what waits and ends.
pub(crate) fn act() {
    let mut go = [0];
    std::io::stdin().read_exact(&mut go).unwrap();
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let home = Home::at(Path::new(&std::env::var_os(PART).unwrap())).unwrap();
    let soon = Duration::from_millis(5);
    let policy = RetryPolicy { delays: vec![soon], doubt: soon, store_pause: soon, ..RetryPolicy::default() };
    let options = LogonOptions::profile(PROFILE).home(&home).spooler(Arc::new(MapiSpooler::new(policy)));
    let session = Session::logon(options).unwrap();
    let until = Instant::now() + PATIENCE;
    while !session.flush_queues(PATIENCE).unwrap() {
        assert!(Instant::now() < until, "mail does not go");
        std::thread::sleep(soon);
    }
    session.logoff(LogoffFlags::NONE).unwrap();
    drop(mapi);
}

/// The process that sends, from its start on.
pub(crate) struct Sender(Child);

impl Sender {
    /// It waits for a word.
    pub(crate) fn waiting(world: &World) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(PART, world.folder.path()).stdin(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn start(world: &World) -> Self {
        let mut sender = Self::waiting(world);
        sender.go();
        sender
    }

    pub(crate) fn go(&mut self) {
        self.0.stdin.take().unwrap().write_all(b".").unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills it; false where it had ended.
    pub(crate) fn kill(&mut self) -> bool {
        let is_running = self.0.try_wait().unwrap().is_none();
        self.0.kill().unwrap();
        let status = self.0.wait().unwrap();
        assert!(status.code().is_none_or(|code| code == 0), "sending failed: {status}");
        is_running
    }

    fn end(mut self) {
        let status = self.0.wait().unwrap();
        assert!(status.success(), "sending failed: {status}");
    }
}

/// What a message says becomes of it once it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fate {
    pub(crate) folder: Sent,
    pub(crate) delete: bool,
}

/// The folder that PR_SENTMAIL_ENTRYID names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    Nowhere,
    Here,
    /// Of another store.
    There,
}

impl Fate {
    pub(crate) const USUAL: Self = Self { folder: Sent::Here, delete: false };
}

/// The home, with a session that submits and looks.
pub(crate) struct World {
    store: MsgStore,
    other: MsgStore,
    /// Of each message submitted.
    fates: Vec<Fate>,
    _session: Session,
    books: Arc<Books>,
    _sink: SmtpSink,
    _mapi: Mapi,
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(books: &Arc<Books>) -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let sink = SmtpSink::start(books.clone()).unwrap();
        let mut account = NewService::named(mapi_services::SMTP);
        account.props.set(HOST, "127.0.0.1");
        account.props.set(PORT, i32::from(sink.port()));
        account.props.set(SECURITY, "plain");
        account.props.set(PR_SMTP_ADDRESS, "me@example.org");
        let store = NewService::named(mapi_services::STORE);
        let mut second = NewService::named(mapi_services::STORE);
        second.props.set(FILE, folder.path().join("second.store").to_str().unwrap());
        ProfAdmin::new(&home).unwrap().create_profile(PROFILE, &[store, account, second]).unwrap();
        let session = Session::logon(LogonOptions::profile(PROFILE).home(&home).no_mail()).unwrap();
        let store = session.open_default_store().unwrap();
        let rows = session.stores().unwrap();
        let is_other =
            |row: &&Row| row.value(PR_DEFAULT_STORE).and_then(PropValue::as_boolean) == Some(false);
        let other = EntryId::from_bytes(rows.iter().find(is_other).unwrap().binary(PR_ENTRYID).unwrap());
        let other = session.open_msg_store(&other, MdbFlags::WRITE).unwrap();
        let (books, fates) = (books.clone(), Vec::new());
        Self { store, other, fates, _session: session, books, _sink: sink, _mapi: mapi, folder }
    }

    /// Submits a message to so many; answers its number.
    pub(crate) fn submit(&mut self, recipients: usize) -> usize {
        self.submit_as(recipients, Fate::USUAL)
    }

    /// Submits a message with another fate than the usual; answers its number.
    pub(crate) fn submit_as(&mut self, recipients: usize, fate: Fate) -> usize {
        let number = self.fates.len();
        self.fates.push(fate);
        let message = self.store.outbox().unwrap().create_message().unwrap();
        message.set(PR_SUBJECT, format!("m{number}-")).unwrap();
        message.set(PR_BODY, "Figures.\r\n.\r\n".repeat(20)).unwrap();
        let sent = match fate.folder {
            Sent::Nowhere => None,
            Sent::Here => Some(self.store.special_folder(PR_IPM_SENTMAIL_ENTRYID).unwrap()),
            Sent::There => Some(self.other.special_folder(PR_IPM_SENTMAIL_ENTRYID).unwrap()),
        };
        if let Some(sent) = sent {
            message.set(PR_SENTMAIL_ENTRYID, sent.as_bytes().to_vec()).unwrap();
        }
        message.set(PR_DELETE_AFTER_SUBMIT, fate.delete).unwrap();
        for recipient in 0..recipients {
            let address = address(number, recipient);
            message.add_recipient(RecipientType::To, &address, &address).unwrap();
            self.books.submitted(address);
        }
        message.submit().unwrap();
        number
    }

    pub(crate) fn submitted(&self) -> usize {
        self.fates.len()
    }

    /// How long an undisturbed send of two messages takes, from the start of the process on.
    pub(crate) fn measure(&mut self) -> Duration {
        let mut longest = Duration::ZERO;
        for _ in 0..3 {
            self.submit(1);
            self.submit(3);
            let begun = Instant::now();
            self.send_everything();
            longest = longest.max(begun.elapsed());
        }
        longest
    }

    pub(crate) fn send_everything(&self) {
        Sender::start(self).end();
    }

    fn waiting(&self) -> Vec<EntryId> {
        let table = self.store.outbox().unwrap().contents_table(TableFlags::NONE).unwrap();
        let rows = table.query_all_rows(&[PR_ENTRYID, PR_MESSAGE_FLAGS]).unwrap();
        let is_queued = |row: &&Row| row.long(PR_MESSAGE_FLAGS).unwrap() & SUBMIT != 0;
        rows.iter()
            .filter(is_queued)
            .filter_map(|row| row.binary(PR_ENTRYID))
            .map(EntryId::from_bytes)
            .collect()
    }

    pub(crate) fn queued(&self) -> usize {
        self.waiting().len()
    }

    /// The messages of which the queue says that nobody knows.
    pub(crate) fn in_doubt(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for id in self.waiting() {
            let message = self.store.open_message(&id, OpenFlags::NONE).unwrap();
            let rows = message.recipients().unwrap();
            if rows.iter().any(|row| row.props.text(STATE) == Some("in_doubt")) {
                let subject = message.text(PR_SUBJECT).unwrap().unwrap();
                found.insert(subject.trim_matches(['m', '-']).parse().unwrap());
            }
        }
        found
    }

    /// What must not be once the queue is empty: each message is once where it says, with every recipient sent.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let outbox = PR_IPM_OUTBOX_ENTRYID;
        for (store, folder, sent) in [
            (&self.store, outbox, Sent::Nowhere),
            (&self.store, PR_IPM_SENTMAIL_ENTRYID, Sent::Here),
            (&self.other, PR_IPM_SENTMAIL_ENTRYID, Sent::There),
        ] {
            let found = subjects(store, folder);
            let stays = |fate: &Fate| fate.folder == sent && (sent != Sent::Nowhere || !fate.delete);
            let fates = self.fates.iter().enumerate().filter(|(_, fate)| stays(fate));
            let mut expected: Vec<String> = fates.map(|(number, _)| format!("m{number}-")).collect();
            expected.sort_unstable();
            if found != expected {
                faults.push(format!(
                    "{sent:?}: {} messages, {} expected: {found:?}",
                    found.len(),
                    expected.len()
                ));
            }
        }
        if self.queued() > 0 {
            faults.push(format!("{} messages wait still", self.queued()));
        }
        faults
    }
}

fn subjects(store: &MsgStore, folder: PropTag) -> Vec<String> {
    let folder = store.open_folder(&store.special_folder(folder).unwrap(), OpenFlags::NONE).unwrap();
    let rows = folder.contents_table(TableFlags::NONE).unwrap().query_all_rows(&[PR_SUBJECT]).unwrap();
    let mut found: Vec<String> =
        rows.iter().filter_map(|row| row.text(PR_SUBJECT)).map(str::to_owned).collect();
    found.sort_unstable();
    found
}
