//! The home with a mail account, who submits to it, and the process that sends: this program once more.

use super::books::{Books, address};
use mapi::{
    Home, LogoffFlags, LogonOptions, Mapi, MsgStore, NewService, Object, OpenFlags, ProfAdmin, RecipientType,
    Session,
};
use mapi_defs::EntryId;
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::tags::{
    PR_BODY, PR_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_SENTMAIL_ENTRYID, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_smtp::settings::{HOST, PORT, SECURITY};
use mapi_spi::spooler::recipient_outcome::STATE;
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

/// The home, with a session that submits and looks.
pub(crate) struct World {
    store: MsgStore,
    _session: Session,
    books: Arc<Books>,
    submitted: usize,
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
        ProfAdmin::new(&home).unwrap().create_profile(PROFILE, &[store, account]).unwrap();
        let session = Session::logon(LogonOptions::profile(PROFILE).home(&home).no_mail()).unwrap();
        let store = session.open_default_store().unwrap();
        let books = books.clone();
        Self { store, _session: session, books, submitted: 0, _sink: sink, _mapi: mapi, folder }
    }

    /// Submits a message to so many; answers its number.
    pub(crate) fn submit(&mut self, recipients: usize) -> usize {
        let number = self.submitted;
        self.submitted += 1;
        let message = self.store.outbox().unwrap().create_message().unwrap();
        let sent = self.store.special_folder(PR_IPM_SENTMAIL_ENTRYID).unwrap();
        message.set(PR_SUBJECT, format!("m{number}-")).unwrap();
        message.set(PR_BODY, "Figures.\r\n.\r\n".repeat(20)).unwrap();
        message.set(PR_SENTMAIL_ENTRYID, sent.as_bytes().to_vec()).unwrap();
        for recipient in 0..recipients {
            let address = address(number, recipient);
            message.add_recipient(RecipientType::To, &address, &address).unwrap();
            self.books.submitted(address);
        }
        message.submit().unwrap();
        number
    }

    pub(crate) fn submitted(&self) -> usize {
        self.submitted
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
        let rows = table.query_all_rows(&[PR_ENTRYID]).unwrap();
        rows.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect()
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

    /// What must not be once the queue is empty: each message is once in Sent Items, with every recipient sent.
    pub(crate) fn faults(&self) -> Vec<String> {
        let sent = self.store.special_folder(PR_IPM_SENTMAIL_ENTRYID).unwrap();
        let sent = self.store.open_folder(&sent, OpenFlags::NONE).unwrap();
        let rows = sent.contents_table(TableFlags::NONE).unwrap().query_all_rows(&[PR_SUBJECT]).unwrap();
        let mut found: Vec<&str> = rows.iter().filter_map(|row| row.text(PR_SUBJECT)).collect();
        found.sort_unstable();
        let mut expected: Vec<String> = (0..self.submitted).map(|number| format!("m{number}-")).collect();
        expected.sort_unstable();
        let mut faults = Vec::new();
        if found != expected {
            faults.push(format!("{} messages in Sent Items, {} submitted", found.len(), expected.len()));
        }
        if self.queued() > 0 {
            faults.push(format!("{} messages wait still", self.queued()));
        }
        faults
    }
}
