//! The world of one simulation: who submits, what happens, and what must be true.

use super::Chance;
use super::mortal::{Fuse, MortalStore};
use super::server::{Server, Whom, Wire};
use crate::driver::{Driver, Event};
use crate::machine::Machine;
use crate::outgoing;
use crate::perform::Around;
use crate::retry::RetryPolicy;
use crate::running::Shared;
use mapi_defs::flags::{MessageFlags, OpenFlags, SaveFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, FileTime};
use mapi_spi::container::Opened;
use mapi_spi::folder::Folder;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::TransportLogonFlags;
use mapi_spi::spooler::{SpoolerTransport, SpoolerWork, recipient_outcome};
use mapi_spi::table::query_all_rows;
use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::ms_provider::{Fixture, Open};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOUR: u64 = 3_600;

/// What happened in one simulation, or in many.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Figures {
    pub(super) submitted: u64,
    pub(super) crashes: u64,
    pub(super) taken: u64,
    pub(super) doubled: u64,
    pub(super) reports: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.submitted += other.submitted;
        self.crashes += other.crashes;
        self.taken += other.taken;
        self.doubled += other.doubled;
        self.reports += other.reports;
    }
}

/// What is to become of a message that was submitted.
struct Submitted {
    id: EntryId,
    subject: String,
    addresses: Vec<String>,
    /// Whether PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT are set.
    rule: (bool, bool),
    is_taken_back: bool,
}

/// One spooler's process.
struct Process {
    driver: Driver,
    fuse: Arc<Fuse>,
    open: Open,
    /// Kept, so that the driver does not take its silence for the end of the session.
    _sender: Sender<Event>,
}

pub(super) struct World {
    pub(super) chance: Chance,
    fixture: Fixture,
    client: Open,
    sent_folder: Arc<dyn Folder>,
    server: Arc<Mutex<Server>>,
    submitted: Vec<Submitted>,
    process: Option<Process>,
    lease: PathBuf,
    hold_in_doubt: bool,
    /// Whether several messages are in process at once.
    has_crew: bool,
    /// Whether the order of first attempts is what the submits were: nothing failed or ended so far.
    is_orderly: bool,
    flushes: u64,
    figures: Figures,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x5851_F42D_4C95_7F2D));
        let fixture = Fixture::new(MemoryProvider::new());
        let client = fixture.open();
        let sent_folder = client.new_folder("Sent");
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self {
            server: Server::new(chance.next()),
            hold_in_doubt: chance.percent(25),
            has_crew: chance.percent(50),
            chance,
            fixture,
            client,
            sent_folder,
            submitted: Vec::new(),
            process: None,
            lease: folder.path().join("lease"),
            is_orderly: true,
            flushes: 0,
            figures: Figures::default(),
            _folder: folder,
        };
        world.begin();
        world
    }

    pub(super) fn figures(&self) -> Figures {
        let server = self.server.lock().unwrap();
        let taken = server.taken.values().map(|all| all.len() as u64).sum();
        let doubled = server.taken.values().map(|all| all.len() as u64 - 1).sum();
        Figures { submitted: self.submitted.len() as u64, taken, doubled, ..self.figures }
    }

    /// One thing happens.
    pub(super) fn act(&mut self) {
        match self.chance.below(100) {
            0..14 => self.submit(),
            14..60 => {
                let turns = 1 + self.chance.below(30);
                (0..turns).for_each(|_| self.turn(None));
            }
            60..70 => {
                let long = [1, 90, HOUR, 20 * HOUR][self.chance.below(4) as usize];
                let seconds = self.chance.below(long) + 1;
                self.fixture.clock.advance(Duration::from_secs(seconds));
            }
            70..73 => self.set_clock(),
            73..77 => self.take_back(),
            77..81 => self.flush(),
            81..84 => {
                self.forget_moments();
                self.turn(Some(Event::Wake));
            }
            84..88 => self.fail_store(),
            88..97 => {
                let calls = 1 + self.chance.below(25);
                self.process().fuse.light(calls);
            }
            _ => self.stop(),
        }
    }

    fn submit(&mut self) {
        let number = self.submitted.len();
        let subject = format!("message {number:03}");
        let message = self.client.outbox().create_message(false).unwrap();
        let rule = (self.chance.percent(60), self.chance.percent(20));
        let mut props = vec![
            Prop::new(PR_SUBJECT, subject.as_str()),
            Prop::new(PR_MESSAGE_CLASS, "IPM.Note"),
            Prop::new(PR_INTERNET_MESSAGE_ID, format!("<{number}@example.org>")),
        ];
        if rule.0 {
            props.push(Prop::new(PR_SENTMAIL_ENTRYID, binary(&*self.sent_folder, PR_ENTRYID)));
        }
        if rule.1 {
            props.push(Prop::new(PR_DELETE_AFTER_SUBMIT, true));
        }
        message.set_props(&props).unwrap();
        let addresses: Vec<String> =
            (0..=self.chance.below(3)).map(|row| format!("r{row}@example.org")).collect();
        let row = |address: &String| {
            let mut row = Recipient::default();
            row.props.set(Recipient::ADDRTYPE, "SMTP");
            row.props.set(Recipient::EMAIL_ADDRESS, address.as_str());
            row.props.set(Recipient::TYPE, 1);
            row
        };
        message.modify_recipients(ModifyRecipients::Add, addresses.iter().map(row).collect()).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = EntryId::from_bytes(binary(&*message, PR_ENTRYID));
        // No two messages of one moment: the queue's order is theirs.
        self.fixture.clock.advance(Duration::from_millis(1));
        message.submit().unwrap();
        self.submitted.push(Submitted { id, subject, addresses, rule, is_taken_back: false });
    }

    fn set_clock(&mut self) {
        let before = self.fixture.clock.now();
        let by = Duration::from_secs(self.chance.below(100 * HOUR));
        let after = match self.chance.percent(50) {
            true => before.plus(by),
            false => FileTime(before.0 - (by.as_nanos() / 100) as u64),
        };
        self.fixture.clock.set(after);
        self.process().driver.machine(|machine| machine.handle_clock_jump(before, after));
        // What was kept by the old clock is another moment by the new one.
        self.forget_moments();
    }

    fn take_back(&mut self) {
        let count = self.submitted.len() as u64;
        if count == 0 {
            return;
        }
        let message = self.chance.below(count) as usize;
        let id = self.submitted[message].id.clone();
        if self.client.store.abort_submit(&id).is_ok() {
            self.submitted[message].is_taken_back = true;
        }
    }

    fn flush(&mut self) {
        self.forget_moments();
        self.flushes += 1;
        let ticket = self.flushes;
        self.turn(Some(Event::Flush(ticket, None)));
    }

    fn fail_store(&mut self) {
        self.is_orderly = false;
        let hundredths = self.chance.below(30);
        self.process().fuse.fail(hundredths);
    }

    /// The spooler ends as it should.
    fn stop(&mut self) {
        self.tell_time();
        self.process().driver.handle(Event::Stop);
        for _ in 0..200 {
            let process = self.process();
            if process.fuse.is_dead() || !process.driver.turn(None) {
                break;
            }
            self.let_crew_work();
            self.keep_moments();
        }
        if self.process().fuse.is_dead() {
            return self.bury();
        }
        if let Some(mut process) = self.process.take() {
            process.driver.give_up_lease();
        }
        // What a store at fault could not be told ends with the spooler, too.
        self.count_doubts();
        self.begin();
    }

    /// The driver does one thing; a process that ended over it is followed by the next.
    fn turn(&mut self, event: Option<Event>) {
        self.tell_time();
        let asked = self.process().driver.flush;
        self.process().driver.turn(event.or(Some(Event::Tick)));
        let flushes = self.process().driver.flush != asked;
        if flushes {
            // From here on what rests is sent, the crew's work of this turn not excepted.
            self.forget_moments();
        }
        self.let_crew_work();
        self.keep_moments();
        if flushes {
            self.forget_moments();
        }
        if self.process().fuse.is_dead() {
            self.bury();
        }
    }

    /// The server has the clock of the spooler.
    fn tell_time(&self) {
        self.server.lock().unwrap().now = self.fixture.clock.now();
    }

    /// The crew carries out some of what it was given, in any order.
    fn let_crew_work(&mut self) {
        while self.chance.percent(60) {
            let chosen = self.chance.next();
            let driver = &mut self.process().driver;
            if !driver.crew.carry_out_one(|count| (chosen % count as u64) as usize) {
                return;
            }
        }
    }

    /// Remembers before which moment messages are to be left alone, whoever the spooler is: what the server
    /// put off and the store laid to rest.
    fn keep_moments(&mut self) {
        let fuse = &self.process().fuse;
        let (rested, has_failed) = (fuse.take_rested(), fuse.has_failed());
        let mut server = self.server.lock().unwrap();
        for id in rested {
            let Some(message) = self.submitted.iter().find(|message| message.id == id) else { continue };
            if let Some(moment) = server.put_off.remove(&message.subject).filter(|_| !has_failed) {
                server.not_before.insert(message.subject.clone(), moment);
            }
        }
    }

    /// Somebody wants everything now, or the clock is another one.
    fn forget_moments(&self) {
        let mut server = self.server.lock().unwrap();
        server.put_off.clear();
        server.not_before.clear();
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    /// A spooler has ended without a word.
    fn bury(&mut self) {
        self.process = None;
        self.figures.crashes += 1;
        self.is_orderly = false;
        self.count_doubts();
        self.begin();
    }

    /// Whatever the server has and the store does not know of is in doubt, and says so.
    fn count_doubts(&self) {
        let mut windows = Vec::new();
        for message in &self.submitted {
            let Some(queued) = self.queued(message) else { continue };
            let server = self.server.lock().unwrap();
            for row in queued.iter().filter(|row| !row.is_taken()) {
                let whom = (message.subject.clone(), row.address().unwrap().to_owned());
                let taken = server.taken.get(&whom).map_or(0, |taken| taken.len() as u64);
                if taken > server.windows.get(&whom).copied().unwrap_or(0) {
                    let state = row.props.text(recipient_outcome::STATE);
                    assert_eq!(state, Some("in_doubt"), "{whom:?} was taken, and nothing says so");
                    windows.push((whom, taken));
                }
            }
        }
        self.server.lock().unwrap().windows.extend(windows);
    }

    /// The next process.
    fn begin(&mut self) {
        let (open, fuse, around) =
            (self.fixture.open_as_spooler(), Fuse::new(self.chance.next()), Around::default());
        let at_once = if self.has_crew { 3 } else { 1 };
        let wire = Wire { server: self.server.clone(), around: around.clone(), fuse: fuse.clone(), at_once };
        let transports = vec![SpoolerTransport {
            name: "wire".to_owned(),
            logon: Arc::new(wire),
            flags: TransportLogonFlags::default(),
            store: None,
        }];
        let work = SpoolerWork {
            store: Arc::new(MortalStore(open.store.clone(), fuse.clone())),
            transports,
            lease: self.lease.clone(),
            hold_in_doubt: self.hold_in_doubt,
            now: self.fixture.clock.teller(),
        };
        let mut machine = Machine::new(RetryPolicy::default(), 1);
        if self.hold_in_doubt {
            machine.hold_in_doubt();
        }
        let (sender, events) = channel();
        let bell = Arc::downgrade(&Arc::new(sender.clone()));
        let mut driver = Driver::new(work, &around, Arc::new(Shared::new(machine)), events, bell);
        if self.has_crew {
            driver.crew.wait_to_be_told();
        }
        self.process = Some(Process { driver, fuse, open, _sender: sender });
    }

    /// The recipients of a message, while it is in the queue.
    fn queued(&self, message: &Submitted) -> Option<Vec<Recipient>> {
        let spooler = self.fixture.open_as_spooler();
        let listed = outgoing::all(&*spooler.store).unwrap();
        listed.iter().find(|queued| queued.id == message.id)?;
        match spooler.store.open_entry(&message.id, OpenFlags::BEST_ACCESS).unwrap() {
            Opened::Message(message) => Some(message.recipients().unwrap()),
            _ => None,
        }
    }

    /// From here on everything works: what is left has to leave.
    pub(super) fn drain(&mut self) {
        self.server.lock().unwrap().is_kind = true;
        self.stop();
        let hold = self.hold_in_doubt;
        for _ in 0..400 {
            for _ in 0..200 {
                self.turn(None);
                let process = self.process();
                if !process.driver.is_busy && process.driver.machine(|machine| machine.is_idle()) {
                    break;
                }
            }
            let listed = outgoing::all(&*self.process().open.store).unwrap();
            let is_done =
                |id: &EntryId| hold && self.submitted.iter().any(|one| one.id == *id && self.is_doubted(one));
            if listed.iter().all(|message| message.notes.aside.is_some() || is_done(&message.id)) {
                return;
            }
            self.fixture.clock.advance(Duration::from_secs(HOUR));
        }
        panic!("the queue does not become empty");
    }

    fn is_doubted(&self, message: &Submitted) -> bool {
        let rows = self.queued(message).unwrap_or_default();
        let is_doubt = |row: &&Recipient| row.props.text(recipient_outcome::STATE) == Some("in_doubt");
        let open = rows.iter().filter(|row| !row.is_taken());
        let (doubted, others): (Vec<&Recipient>, Vec<&Recipient>) = open.partition(is_doubt);
        !doubted.is_empty() && others.is_empty()
    }

    /// What must be true after everything.
    pub(super) fn check(&mut self) {
        let outbox = subjects(&self.client, &*self.client.outbox());
        let sent = subjects(&self.client, &*self.sent_folder);
        let reports = self.reports();
        self.figures.reports = reports.values().map(|rows| rows.len() as u64).sum();
        let server = self.server.lock().unwrap();
        for message in &self.submitted {
            let queued = self.queued(message);
            let count = |all: &BTreeMap<String, u64>| all.get(&message.subject).copied().unwrap_or(0);
            let found = (count(&outbox), count(&sent));
            let expected = match (message.is_taken_back || queued.is_some(), message.rule) {
                (true, _) | (false, (false, false)) => (1, 0),
                (false, (true, _)) => (0, 1),
                (false, (false, true)) => (0, 0),
            };
            assert_eq!(found, expected, "I1: {} is lost or doubled in the store", message.subject);
            let is_over = !message.is_taken_back && queued.is_none();
            let mut refused = 0;
            for address in &message.addresses {
                let whom: Whom = (message.subject.clone(), address.clone());
                let taken = server.taken.get(&whom).map_or(&[][..], |taken| taken);
                let windows = server.windows.get(&whom).copied().unwrap_or(0);
                assert!(taken.len() as u64 <= 1 + windows, "I3: {whom:?} is doubled outside the window");
                assert!(
                    !self.hold_in_doubt || taken.len() <= 1,
                    "I3: {whom:?} is in doubt, to be left alone"
                );
                assert!(taken.iter().all(|one| *one == taken[0]), "I3: {whom:?} under two names: {taken:?}");
                let is_reported = reports.get(&message.subject).is_some_and(|rows| rows.contains(address));
                refused += u64::from(is_reported);
                assert!(!is_over || !taken.is_empty() || is_reported, "I1: {whom:?} is lost without a word");
            }
            let told = reports.get(&message.subject).map_or(0, |rows| rows.len() as u64);
            assert_eq!(told, refused, "I1: {} is reported twice, or of nobody", message.subject);
        }
        for (subject, address) in server.taken.keys() {
            let is_its = |one: &Submitted| one.subject == *subject && one.addresses.contains(address);
            assert!(self.submitted.iter().any(is_its), "I2: {subject} comes from nowhere");
        }
        assert!(!self.is_orderly || server.firsts.is_sorted(), "I4: {:?}", server.firsts);
    }

    /// The addresses that reports speak of, by the subject of the original.
    fn reports(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for report in messages(&self.client, &*self.client.inbox()) {
            let subject = report.props(Some(&[PR_ORIGINAL_SUBJECT])).unwrap().remove(0).value;
            let rows = found.entry(subject.as_text().unwrap().to_owned()).or_default();
            rows.extend(report.recipients().unwrap().iter().map(|row| row.address().unwrap().to_owned()));
        }
        found
    }
}

fn messages(open: &Open, folder: &dyn Folder) -> Vec<Arc<dyn Message>> {
    let table = folder.contents_table(mapi_defs::flags::TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_ENTRYID]).unwrap();
    let id = |row: &mapi_defs::row::Row| EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap());
    rows.iter().filter_map(|row| open.try_message(&id(row), OpenFlags::NONE).ok()).collect()
}

/// How many messages of each subject are in a folder; none of them is still to be sent unless it is queued.
fn subjects(open: &Open, folder: &dyn Folder) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let table = folder.contents_table(mapi_defs::flags::TableFlags::NONE).unwrap();
    for row in query_all_rows(&*table, &[PR_SUBJECT, PR_MESSAGE_FLAGS]).unwrap() {
        *found.entry(row.text(PR_SUBJECT).unwrap().to_owned()).or_default() += 1;
        assert!(row.long(PR_MESSAGE_FLAGS).unwrap() & MessageFlags::ASSOCIATED.0.cast_signed() == 0);
    }
    drop(open.support.asked());
    found
}

fn binary(object: &dyn mapi_spi::prop::MapiProp, tag: PropTag) -> Vec<u8> {
    match object.props(Some(&[tag])).unwrap().remove(0).value {
        PropValue::Binary(bytes) => bytes,
        other => panic!("{other:?} is no identifier"),
    }
}
