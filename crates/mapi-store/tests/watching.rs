//! Programs that watch a store hear what others do to it: the same events in the same order, and of a table
//! its rows. Whether they are woken or look for themselves makes no difference but in time.
//!
//! The other program is this test program, started again with `MAPI_STORE_CHILD` set; it does what it is told
//! on standard input and says what became of it.
#![allow(clippy::unwrap_used, reason = "what has to work and does not fails the test")]

mod world;

use mapi_defs::flags::{FolderFlags, OpenFlags, SaveFlags, TableFlags};
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::tags::{PR_INSTANCE_KEY, PR_MESSAGE_DELIVERY_TIME, PR_SUBJECT};
use mapi_defs::prop::{PropValue, tags};
use mapi_defs::restriction::{RelOp, Restriction};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, FileTime};
use mapi_spi::folder::Folder;
use mapi_spi::progress::NoProgress;
use mapi_spi::table::{MapiTable, query_all_rows};
use mapi_store::StoreProvider;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use world::{Open, World, binary, entry_id, logon, message_in, set};

const CHILD: &str = "MAPI_STORE_CHILD";
const LONG: Duration = Duration::from_secs(60);
const ALL: EventMask = EventMask(0x7F);

/// A sink that keeps what it hears.
fn hearing() -> (Arc<dyn mapi_spi::advise::AdviseSink>, Receiver<Notification>) {
    let (told, hear) = channel();
    let sink = move |events: &[Notification]| {
        // At the end of a test nobody listens any more.
        events.iter().for_each(|event| told.send(event.clone()).unwrap_or(()));
    };
    (Arc::new(sink), hear)
}

fn next<T>(hear: &Receiver<T>) -> T {
    hear.recv_timeout(LONG).expect("the sink is told")
}

/// True for what is told of a folder's counters: how often depends on who reads when.
fn is_of_counters(event: &Notification) -> bool {
    matches!(event, Notification::Object { event: EventMask::OBJECT_MODIFIED, object } if object.object_type == 3)
}

/// The other program: does what it is told, line by line, and answers with the identifier it did it to.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let path = Path::new(&path);
    let open = logon(&StoreProvider::new(), path, OpenFlags::MODIFY, false).unwrap();
    let (sink, hear) = hearing();
    open.store.advise(&EntryId::default(), ALL, sink).unwrap();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let mut words = line.split(' ');
        let (verb, word) = (words.next().unwrap(), words.next().unwrap_or_default());
        let id = if verb == "heard" { EntryId::default() } else { obey(&open, path, verb, word) };
        if verb == "heard" {
            // Whatever is still to be told is told at the next call.
            binary(&*open.store, tags::PR_ENTRYID);
            let heard: Vec<_> = hear.try_iter().filter(|event| !is_of_counters(event)).collect();
            println!("heard {heard:?}");
        } else {
            println!("done {id}");
        }
        std::io::stdout().flush().unwrap();
    }
    open.logon.logoff().unwrap();
}

fn obey(open: &Open, path: &Path, verb: &str, word: &str) -> EntryId {
    let (inbox, to) = (open.inbox(), open.special(tags::PR_IPM_DRAFTS_ENTRYID));
    let id = EntryId::from_hex(word).unwrap_or_default();
    let ids = std::slice::from_ref(&id);
    match verb {
        "create" => return entry_id(&*message_in(&*inbox, word)),
        "folder" => {
            let kind = mapi_spi::folder::FolderType::Generic;
            return entry_id(&*inbox.create_folder(kind, word, "", FolderFlags::NONE).unwrap());
        }
        "modify" => {
            let message = open.message(&id);
            set(&*message, PR_SUBJECT, "changed");
            message.save_changes(SaveFlags::NONE).unwrap();
        }
        "move" => drop(inbox.copy_messages(ids, &*to, FolderFlags::MOVE, &NoProgress).unwrap()),
        "copy" => {
            let (_, copies) = inbox.copy_messages(ids, &*to, FolderFlags::NONE, &NoProgress).unwrap();
            return copies[0].clone();
        }
        "delete" => drop(inbox.delete_messages(ids, FolderFlags::HARD_DELETE, &NoProgress).unwrap()),
        "deliver" => {
            let message = message_in(&*to, "mail");
            return open.store.deliver(&*message, word.as_bytes()).unwrap().entry_id;
        }
        // Changes that nobody can read any more.
        "forget" => {
            let file = rusqlite::Connection::open(path).unwrap();
            let change = "INSERT INTO change (event, kind, object, guard, folder, old_folder) VALUES (16, 1, 1, 0, 0, 0)";
            file.execute_batch(&format!("BEGIN IMMEDIATE; {change}; DELETE FROM change; {change}; COMMIT"))
                .unwrap();
        }
        other => panic!("{other}"),
    }
    id
}

/// Another program at the same store.
struct Other {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    fn start(path: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    fn answer(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the other program has ended");
            // The first line of the test harness has no end of its own.
            if let Some((_, rest)) = line.split_once(&format!("{word} ")) {
                return rest.trim_end().to_owned();
            }
        }
    }

    /// Has something done; returns the identifier it was done to.
    fn does(&mut self, line: &str) -> EntryId {
        self.say(line);
        EntryId::from_hex(&self.answer("done")).unwrap_or_default()
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The Inbox's table in the folder's own order, and what its sink hears.
fn inbox_table(open: &Open) -> (Arc<dyn MapiTable>, Receiver<Notification>) {
    let table = open.inbox().contents_table(TableFlags::NONE).unwrap();
    table.set_columns(&[PR_SUBJECT]).unwrap();
    let (sink, hear) = hearing();
    table.advise(EventMask::TABLE_MODIFIED, sink).unwrap();
    (table, hear)
}

fn key_of(open: &Open, id: &EntryId) -> Vec<u8> {
    binary(&*open.message(id), PR_INSTANCE_KEY)
}

/// A row event in short: what, which row, the row before, its subject.
fn row_event(event: Notification) -> (&'static str, Vec<u8>, Option<Vec<u8>>, String) {
    let subject = |row: &mapi_defs::row::Row| row.text(PR_SUBJECT).unwrap_or_default().to_owned();
    match event {
        Notification::Table(TableEvent::RowAdded { index, prior, row }) => {
            ("added", index, prior, subject(&row))
        }
        Notification::Table(TableEvent::RowModified { index, prior, row }) => {
            ("modified", index, prior, subject(&row))
        }
        Notification::Table(TableEvent::RowDeleted { index }) => ("deleted", index, None, String::new()),
        other => panic!("{other:?}"),
    }
}

fn changes_arrive(world: &World) {
    let open = world.logon();
    let (sink, hear) = hearing();
    open.store.advise(&EntryId::default(), ALL, sink).unwrap();
    let (_table, rows) = inbox_table(&open);
    let mut other = Other::start(&world.path);
    let mut row = |line: &str| {
        let id = other.does(line);
        (id, row_event(next(&rows)))
    };
    let (one, event) = row("create one");
    let one_key = key_of(&open, &one);
    assert_eq!(event, ("added", one_key.clone(), None, "one".into()));
    let (two, event) = row("create two");
    let two_key = key_of(&open, &two);
    assert_eq!(event, ("added", two_key.clone(), Some(one_key.clone()), "two".into()));
    let (_, event) = row(&format!("modify {one}"));
    assert_eq!(event, ("modified", one_key.clone(), None, "changed".into()));
    let (_, event) = row(&format!("move {two}"));
    assert_eq!(event, ("deleted", two_key, None, String::new()));
    let (mail, event) = row("deliver key");
    assert_eq!((event.0, event.1, event.3), ("added", key_of(&open, &mail), "mail".into()));
    let (_, event) = row(&format!("delete {one}"));
    assert_eq!(event, ("deleted", one_key, None, String::new()));
    let copy = other.does(&format!("copy {mail}"));
    let folder = other.does("folder F");
    other.say("heard");
    let heard_there = other.answer("heard");
    let mut heard = Vec::new();
    let is_last = |event: &Notification| matches!(event, Notification::Object { object, .. } if object.entry_id == folder);
    while !heard.last().is_some_and(is_last) {
        heard.push(next(&hear));
        heard.retain(|event| !is_of_counters(event));
    }
    assert_eq!(format!("{heard:?}"), heard_there, "here as there");
    let about = |id: &EntryId| -> Vec<u32> {
        let bit = |event: &Notification| match event {
            Notification::Object { event, object } if object.entry_id == *id => Some(event.0),
            Notification::NewMail { entry_id, .. } if entry_id == id => Some(EventMask::NEW_MAIL.0),
            _ => None,
        };
        heard.iter().filter_map(bit).collect()
    };
    assert_eq!((about(&one), about(&two)), (vec![0x4, 0x10, 0x8], vec![0x4, 0x20]));
    assert_eq!((about(&mail), about(&copy), about(&folder)), (vec![0x2, 0x4], vec![0x40], vec![0x4]));
    other.end();
    open.logon.logoff().unwrap();
}

#[test]
fn changes_of_another_program_arrive_when_it_wakes_this_one() {
    let world = World::new();
    std::fs::create_dir(world.folder.path().join("run")).unwrap();
    changes_arrive(&world);
    let left: usize = std::fs::read_dir(world.folder.path().join("run"))
        .unwrap()
        .map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(left, 0, "who stops watching takes its socket away");
}

#[test]
fn changes_of_another_program_arrive_without_a_word_from_it() {
    changes_arrive(&World::new());
}

#[test]
fn who_only_reads_hears_of_changes_as_well() {
    let world = World::new();
    let open = world.logon_as(OpenFlags::NONE, false).unwrap();
    let (sink, hear) = hearing();
    open.store.advise(&EntryId::default(), EventMask::OBJECT_CREATED, sink).unwrap();
    let mut other = Other::start(&world.path);
    for number in 0..3 {
        let id = other.does(&format!("create {number}"));
        let Notification::Object { object, .. } = next(&hear) else { panic!("an object was made") };
        assert_eq!(object.entry_id, id);
    }
    other.end();
    open.logon.logoff().unwrap();
}

#[test]
fn a_program_that_is_killed_leaves_no_change_untold() {
    for run in [true, false] {
        let world = World::new();
        if run {
            std::fs::create_dir(world.folder.path().join("run")).unwrap();
        }
        let open = world.logon();
        let (sink, hear) = hearing();
        open.store.advise(&EntryId::default(), EventMask::OBJECT_CREATED, sink).unwrap();
        let mut acknowledged = Vec::new();
        for kill_after in [1, 4, 9] {
            let mut other = Other::start(&world.path);
            // More than is waited for, so that the kill comes at a change.
            (0..kill_after + 20).for_each(|number| other.say(&format!("create {number}")));
            for _ in 0..kill_after {
                acknowledged.push(EntryId::from_hex(&other.answer("done")).unwrap());
            }
            other.child.kill().unwrap();
            other.child.wait().unwrap();
        }
        let table = open.inbox().contents_table(TableFlags::NONE).unwrap();
        let rows = query_all_rows(&*table, &[tags::PR_ENTRYID]).unwrap();
        let held: Vec<EntryId> =
            rows.iter().map(|row| EntryId::from_bytes(row.binary(tags::PR_ENTRYID).unwrap())).collect();
        let heard: Vec<EntryId> = (0..held.len())
            .map(|_| match next(&hear) {
                Notification::Object { object, .. } => object.entry_id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(heard, held, "each once, in the order in which they were made");
        assert!(acknowledged.iter().all(|id| heard.contains(id)));
        open.logon.logoff().unwrap();
        world.check();
    }
}

#[test]
fn who_missed_changes_is_told_to_look_again() {
    let world = World::new();
    let open = world.logon();
    let message = message_in(&*open.inbox(), "x");
    let (of_store, of_message) = (hearing(), hearing());
    open.store.advise(&EntryId::default(), EventMask::NEW_MAIL, of_store.0).unwrap();
    open.store.advise(&entry_id(&*message), EventMask::OBJECT_DELETED, of_message.0).unwrap();
    let (_table, rows) = inbox_table(&open);
    let mut other = Other::start(&world.path);
    other.does("forget");
    for (hear, id) in [
        (of_store.1, binary(&*open.store, tags::PR_ENTRYID)),
        (of_message.1, entry_id(&*message).as_bytes().to_vec()),
    ] {
        let Notification::Object { event, object } = next(&hear) else { panic!("an object was modified") };
        assert_eq!((event, object.entry_id.as_bytes()), (EventMask::OBJECT_MODIFIED, &id[..]));
    }
    assert_eq!(next(&rows), Notification::Table(TableEvent::Reload));
    other.end();
    open.logon.logoff().unwrap();
}

/// What the sink of a table does to its rows, as a program would that shows them.
#[derive(Default)]
struct Shown {
    order: Vec<Vec<u8>>,
    subjects: BTreeMap<Vec<u8>, String>,
}

impl Shown {
    fn apply(&mut self, event: Notification) {
        let (what, index, prior, subject) = row_event(event);
        let held = self.order.iter().position(|key| *key == index);
        assert_eq!(held.is_some(), what != "added", "{what} {subject}");
        held.map(|at| self.order.remove(at));
        self.subjects.remove(&index);
        if what != "deleted" {
            let after = |prior: Vec<u8>| {
                let at = self.order.iter().position(|key| *key == prior);
                at.expect("a row that was told before") + 1
            };
            self.order.insert(prior.map_or(0, after), index.clone());
            self.subjects.insert(index, subject);
        }
    }

    fn subjects(&self) -> Vec<&str> {
        self.order.iter().map(|key| self.subjects[key].as_str()).collect()
    }
}

/// Whoever follows the events of a table shows what the table shows.
fn follow(table: &Arc<dyn MapiTable>, open: &Open, changes: impl Fn(&Open, &dyn Folder)) {
    table.set_columns(&[PR_SUBJECT]).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let heard = heard.clone();
        move |events: &[Notification]| heard.lock().unwrap().extend_from_slice(events)
    };
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    let mut shown = Shown::default();
    for row in query_all_rows(&**table, &[PR_SUBJECT, PR_INSTANCE_KEY]).unwrap() {
        let key = row.binary(PR_INSTANCE_KEY).unwrap().to_vec();
        shown.subjects.insert(key.clone(), row.text(PR_SUBJECT).unwrap_or_default().to_owned());
        shown.order.push(key);
    }
    table.set_columns(&[PR_SUBJECT]).unwrap();
    changes(open, &*open.inbox());
    table.row_count().unwrap();
    std::mem::take(&mut *heard.lock().unwrap()).into_iter().for_each(|event| shown.apply(event));
    let rows = query_all_rows(&**table, &[PR_SUBJECT]).unwrap();
    let subjects: Vec<&str> = rows.iter().map(|row| row.text(PR_SUBJECT).unwrap_or_default()).collect();
    assert_eq!(shown.subjects(), subjects);
}

/// Messages come, go, change their place and come back.
fn changes(open: &Open, inbox: &dyn Folder) {
    let at = |minutes: i64| FileTime::from_unix_seconds(world::START + 60 * minutes);
    let message = |subject: &str, minutes: i64| {
        let message = inbox.create_message(false).unwrap();
        set(&*message, PR_SUBJECT, subject);
        set(&*message, PR_MESSAGE_DELIVERY_TIME, at(minutes));
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        entry_id(&*message)
    };
    let ids: Vec<EntryId> =
        [("m", 5), ("c", 9), ("x", 1), ("a", 7), ("q", 3)].map(|(subject, at)| message(subject, at)).into();
    let moved = open.message(&ids[1]);
    set(&*moved, PR_SUBJECT, "zz");
    set(&*moved, PR_MESSAGE_DELIVERY_TIME, at(0));
    moved.save_changes(SaveFlags::NONE).unwrap();
    let drafts = open.special(tags::PR_IPM_DRAFTS_ENTRYID);
    let one = std::slice::from_ref(&ids[0]);
    inbox.copy_messages(one, &*drafts, FolderFlags::MOVE, &NoProgress).unwrap();
    inbox.delete_messages(&ids[2..3], FolderFlags::NONE, &NoProgress).unwrap();
    inbox.delete_messages(&ids[3..4], FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    drafts.copy_messages(one, inbox, FolderFlags::MOVE, &NoProgress).unwrap();
    message("b", 2);
    inbox.create_message(true).unwrap().save_changes(SaveFlags::NONE).unwrap();
}

#[test]
fn who_follows_a_tables_events_shows_what_it_shows() {
    let newest_first = SortOrder::by(PR_MESSAGE_DELIVERY_TIME, Direction::Descending);
    let by_subject = SortOrder::by(PR_SUBJECT, Direction::Ascending);
    let after_d = Restriction::Property { op: RelOp::Greater, tag: PR_SUBJECT, value: PropValue::from("d") };
    for (order, restriction) in [
        (SortOrder::default(), None),
        (newest_first.clone(), None),
        (by_subject.clone(), None),
        (newest_first, Some(after_d.clone())),
        (by_subject, Some(after_d)),
    ] {
        let world = World::new();
        let open = world.logon();
        changes(&open, &*open.inbox());
        let table = open.inbox().contents_table(TableFlags::NONE).unwrap();
        table.sort(order).unwrap();
        table.restrict(restriction).unwrap();
        follow(&table, &open, changes);
        open.logon.logoff().unwrap();
    }
}

#[test]
fn a_table_whose_order_changes_is_told_to_be_read_again_once() {
    let world = World::new();
    let open = world.logon();
    let (table, rows) = inbox_table(&open);
    table.sort(SortOrder::by(PR_SUBJECT, Direction::Ascending)).unwrap();
    message_in(&*open.inbox(), "b");
    assert_eq!(next(&rows), Notification::Table(TableEvent::Reload));
    message_in(&*open.inbox(), "a");
    let (what, _, prior, subject) = row_event(next(&rows));
    assert_eq!((what, prior, subject.as_str()), ("added", None, "a"));
    open.logon.logoff().unwrap();
}

#[test]
fn tables_of_folders_and_of_the_queue_tell_their_rows() {
    let world = World::new();
    let (open, spooler) = (world.logon(), world.spooler());
    let top = entry_id(&*open.subtree());
    let folders = open.folder(&top).hierarchy_table(TableFlags::NONE).unwrap();
    folders.set_columns(&[tags::PR_DISPLAY_NAME, tags::PR_CONTENT_COUNT]).unwrap();
    let before = folders.row_count().unwrap();
    let (sink, hear) = hearing();
    folders.advise(EventMask::TABLE_MODIFIED, sink).unwrap();
    let kind = mapi_spi::folder::FolderType::Generic;
    let made = open.folder(&top).create_folder(kind, "AAA", "", FolderFlags::NONE).unwrap();
    let Notification::Table(TableEvent::RowAdded { index, prior, row }) = next(&hear) else {
        panic!("a row came")
    };
    assert_eq!((prior, row.text(tags::PR_DISPLAY_NAME)), (None, Some("AAA")), "the first by name");
    assert_eq!(folders.row_count().unwrap(), before + 1);
    message_in(&*made, "counted");
    let Notification::Table(TableEvent::RowModified { index: counted, row, .. }) = next(&hear) else {
        panic!("a counter changed")
    };
    assert_eq!((&counted, row.long(tags::PR_CONTENT_COUNT)), (&index, Some(1)));
    drop(made);
    let first = query_all_rows(&*folders, &[tags::PR_ENTRYID]).unwrap().remove(0);
    let id = EntryId::from_bytes(first.binary(tags::PR_ENTRYID).unwrap());
    open.folder(&top).delete_folder(&id, FolderFlags::DEL_MESSAGES, &NoProgress).unwrap();
    let mut heard = std::iter::from_fn(|| Some(next(&hear)));
    let gone = heard.find(|event| matches!(event, Notification::Table(TableEvent::RowDeleted { .. })));
    assert_eq!(gone, Some(Notification::Table(TableEvent::RowDeleted { index })));

    let queue = spooler.store.outgoing_queue().unwrap();
    queue.set_columns(&[PR_SUBJECT]).unwrap();
    let (sink, hear) = hearing();
    queue.advise(EventMask::TABLE_MODIFIED, sink).unwrap();
    let message = world::draft(&open, "to be sent");
    let id = entry_id(&*message);
    let recipients = message.recipient_table(TableFlags::NONE).unwrap();
    let refused = recipients.advise(EventMask::TABLE_MODIFIED, hearing().0).unwrap_err();
    assert_eq!(refused.code(), mapi_defs::ErrorCode::NO_SUPPORT, "it shows the message as it was opened");
    message.submit().unwrap();
    let (what, index, prior, subject) = row_event(next(&hear));
    assert_eq!((what, prior, subject.as_str()), ("added", None, "to be sent"));
    open.store.abort_submit(&id).unwrap();
    assert_eq!(next(&hear), Notification::Table(TableEvent::RowDeleted { index }));
    open.logon.logoff().unwrap();
    spooler.logon.logoff().unwrap();
}
