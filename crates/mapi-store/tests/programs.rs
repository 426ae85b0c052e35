//! Several programs on one store at once, some of them killed: what was acknowledged is there, and the store
//! is sound.
//!
//! The other programs are this test program, started again for one test with `MAPI_STORE_CHILD` set.
#![allow(clippy::unwrap_used, reason = "what has to work and does not fails the test")]

mod world;

use mapi_defs::flags::{FolderFlags, OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, tags};
use mapi_defs::{EntryId, Guid};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::progress::NoProgress;
use mapi_spi::table::query_all_rows;
use mapi_store::StoreProvider;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use world::{World, entry_id, logon, recipient, set};

const CHILD: &str = "MAPI_STORE_CHILD";
const MESSAGES: usize = 40;

/// One program: saves messages, moves some, sends some, and says on standard output what was acknowledged.
fn work(path: &Path, name: &str) {
    let open = logon(&StoreProvider::new(), path, OpenFlags::MODIFY, false).unwrap();
    let (inbox, to) = (open.inbox(), open.special(tags::PR_IPM_DRAFTS_ENTRYID));
    let mut output = std::io::stdout().lock();
    for n in 0..MESSAGES {
        let message = inbox.create_message(false).unwrap();
        let named = NamedProp::text(Guid::PS_PUBLIC_STRINGS, format!("name {}", n % 20));
        let named = message.ids(&[named], true).unwrap()[0].unwrap();
        set(&*message, tags::PR_SUBJECT, format!("{name} {n}"));
        set(&*message, PropTag::new(named, PropType::LONG), n as i32);
        set(&*message, tags::PR_BODY, "b".repeat(n * 1_000));
        if n % 4 == 3 {
            message.modify_recipients(ModifyRecipients::Add, vec![recipient("ann", 1)]).unwrap();
        }
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = entry_id(&*message);
        writeln!(output, "saved {id}").unwrap();
        match n % 4 {
            1 => drop(inbox.copy_messages(&[id], &*to, FolderFlags::MOVE, &NoProgress).unwrap()),
            3 => {
                message.submit().unwrap();
                writeln!(output, "queued {id}").unwrap();
            }
            _ => {}
        }
    }
    open.logon.logoff().unwrap();
}

/// The work of a child; in the tests themselves nothing.
#[test]
fn child() {
    if let Some(path) = std::env::var_os(CHILD) {
        work(Path::new(&path), &std::process::id().to_string());
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child says it was acknowledged, until it ends.
fn acknowledged(child: &mut Child, most: usize) -> Vec<(String, EntryId)> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let parse = |line: String| {
        let (word, id) = line.split_once(' ')?;
        let known = ["saved", "queued"].contains(&word);
        known.then(|| Some((word.to_owned(), EntryId::from_hex(id)?))).flatten()
    };
    lines.filter_map(parse).take(most).collect()
}

/// Everything acknowledged is there, once, and the queue holds what was submitted.
fn compare(world: &World, acknowledged: &[(String, EntryId)]) -> usize {
    let open = world.spooler();
    let mut held = BTreeSet::new();
    for folder in [open.inbox(), open.special(tags::PR_IPM_DRAFTS_ENTRYID)] {
        let table = folder.contents_table(TableFlags::NONE).unwrap();
        for row in query_all_rows(&*table, &[tags::PR_ENTRYID]).unwrap() {
            let id = EntryId::from_bytes(row.binary(tags::PR_ENTRYID).unwrap());
            assert!(held.insert(id.clone()), "{id} is in two folders");
            open.try_message(&id, OpenFlags::BEST_ACCESS).unwrap().props(None).unwrap();
        }
    }
    let queue = query_all_rows(&*open.store.outgoing_queue().unwrap(), &[tags::PR_ENTRYID]).unwrap();
    let queue: BTreeSet<EntryId> =
        queue.iter().map(|row| EntryId::from_bytes(row.binary(tags::PR_ENTRYID).unwrap())).collect();
    for (word, id) in acknowledged {
        assert!(held.contains(id), "{word} {id} is lost");
        assert!(word != "queued" || queue.contains(id), "{id} is not queued");
    }
    open.logon.logoff().unwrap();
    world.check();
    held.len()
}

#[test]
fn programs_share_a_store() {
    let world = World::new();
    let mut children: Vec<Child> = (0..3).map(|_| start(&world.path)).collect();
    let mut all = Vec::new();
    for child in &mut children {
        all.extend(acknowledged(child, usize::MAX));
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(compare(&world, &all), 3 * MESSAGES);
}

#[test]
fn a_killed_program_loses_nothing_that_was_acknowledged() {
    let world = World::new();
    let mut all = Vec::new();
    for kill_after in [1, 5, 12, 25] {
        let (mut killed, mut other) = (start(&world.path), start(&world.path));
        all.extend(acknowledged(&mut killed, kill_after));
        killed.kill().unwrap();
        killed.wait().unwrap();
        all.extend(acknowledged(&mut other, usize::MAX));
        assert!(other.wait().unwrap().success(), "the other program goes on");
    }
    assert!(compare(&world, &all) >= all.iter().filter(|(word, _)| word == "saved").count());
}

#[test]
fn an_open_program_hears_of_anothers_changes() {
    let world = World::new();
    let open = world.logon();
    let (heard, hears) = std::sync::mpsc::channel();
    let sink = move |notifications: &[mapi_defs::notification::Notification]| {
        heard.send(notifications.len()).unwrap();
    };
    let created = mapi_defs::notification::EventMask::OBJECT_CREATED;
    open.store.advise(&EntryId::default(), created, std::sync::Arc::new(sink)).unwrap();
    let mut child = start(&world.path);
    let mut told = 0;
    while told < MESSAGES {
        told += hears.recv_timeout(std::time::Duration::from_secs(60)).expect("the other program's changes");
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(told, MESSAGES);
    let problems = open.store.set_props(&[Prop::new(tags::PR_COMMENT, "seen")]).unwrap();
    assert_eq!(problems, []);
    open.logon.logoff().unwrap();
}
