//! Durable saves against the limit: one row of the same bytes, inserted durably into a table of its own.
//!
//! Both are done by turns in the same run, because disks are not the same from minute to minute. Criterion
//! measures each; the last lines show the medians of alternating pairs and their ratio.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/world/mod.rs"]
mod world;

use criterion::{Criterion, criterion_group};
use mapi_defs::Guid;
use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue, tags};
use mapi_spi::container::Opened;
use mapi_spi::folder::Folder;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::table::query_all_rows;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use world::{Open, World, entry_id, recipient};

/// Bytes of the message below in one row.
const RAW_BYTES: usize = 28_900;
const PAIRS: usize = 400;

/// A message of 60 properties, 14 of them named, a body of 6 KB, two recipients and 20 KB attached.
fn save(inbox: &dyn Folder, named: &[u16]) -> Arc<dyn Message> {
    let message = inbox.create_message(false).unwrap();
    let mut props: Vec<Prop> = vec![
        Prop::new(tags::PR_SUBJECT, "About the lunch on Friday"),
        Prop::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
        Prop::new(tags::PR_BODY, "body ".repeat(1_200)),
    ];
    for n in 0..17_u16 {
        props.push(Prop::new(
            PropTag::new(0x6800 + n, PropType::UNICODE),
            format!("text number {n} of the message"),
        ));
    }
    for n in 0..8_u16 {
        props.push(Prop::new(PropTag::new(0x6900 + n, PropType::BINARY), vec![n as u8; 40]));
    }
    for n in 0..18_u16 {
        props.push(Prop::new(PropTag::new(0x6A00 + n, PropType::LONG), i32::from(n)));
    }
    for id in named {
        props.push(Prop::new(PropTag::new(*id, PropType::UNICODE), "a named value"));
    }
    message.set_props(&props).unwrap();
    let mut rows = vec![recipient("ann", 1), recipient("bob", 2)];
    for row in &mut rows {
        for n in 0..11_u16 {
            row.props.set(PropTag::new(0x5F00 + n, PropType::UNICODE), "value");
        }
    }
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    let mut props = vec![Prop::new(tags::PR_ATTACH_DATA_BIN, vec![0x5A; 20_000])];
    for n in 0..9_u16 {
        props.push(Prop::new(PropTag::new(0x6B00 + n, PropType::UNICODE), "of the attachment"));
    }
    attachment.set_props(&props).unwrap();
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READONLY).unwrap();
    message
}

/// The limit.
fn raw(folder: &std::path::Path) -> Connection {
    let connection = Connection::open(folder.join("raw.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
        )
        .unwrap();
    connection
}

fn insert(raw: &Connection, data: &[u8]) {
    raw.prepare_cached("INSERT INTO row (data) VALUES (?1)").unwrap().execute([data]).unwrap();
}

struct Bench {
    world: World,
    open: Open,
    named: Vec<u16>,
    raw: Connection,
    data: Vec<u8>,
}

fn bench() -> Bench {
    let world = World::new();
    let open = world.logon();
    let names: Vec<NamedProp> =
        (0..14).map(|n| NamedProp::text(Guid::PS_PUBLIC_STRINGS, format!("name {n}"))).collect();
    let named = open.store.ids(&names, true).unwrap().into_iter().flatten().collect();
    let raw = raw(world.folder.path());
    Bench { world, open, named, raw, data: vec![0x5A; RAW_BYTES] }
}

fn saves(criterion: &mut Criterion) {
    let bench = bench();
    let inbox = bench.open.inbox();
    let mut group = criterion.benchmark_group("save");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.bench_function("message", |bencher| bencher.iter(|| save(&*inbox, &bench.named)));
    group.bench_function("raw row", |bencher| bencher.iter(|| insert(&bench.raw, &bench.data)));
    group.finish();
}

fn opens(criterion: &mut Criterion) {
    let bench = bench();
    let id = entry_id(&*save(&*bench.open.inbox(), &bench.named));
    criterion.bench_function("open message, all properties and recipients", |bencher| {
        bencher.iter(|| {
            let Opened::Message(message) = bench.open.store.open_entry(&id, OpenFlags::NONE).unwrap() else {
                panic!("not a message")
            };
            (message.props(None).unwrap(), message.recipients().unwrap())
        });
    });
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn pairs() {
    let bench = bench();
    let inbox = bench.open.inbox();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let start = Instant::now();
        save(&*inbox, &bench.named);
        ours.push(start.elapsed());
        let start = Instant::now();
        insert(&bench.raw, &bench.data);
        theirs.push(start.elapsed());
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "durable save: {ours:?}; raw row of {RAW_BYTES} bytes: {theirs:?}; ratio {ratio:.2} (goal 0.7 or more)"
    );

    // Sixteen threads, which share the writer.
    let start = Instant::now();
    const EACH: usize = 100;
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    save(&*inbox, &bench.named);
                }
            });
        }
    });
    let rate = 16.0 * EACH as f64 / start.elapsed().as_secs_f64();
    println!("16 threads: {rate:.0} durable saves per second");
    let table = inbox.contents_table(mapi_defs::flags::TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[tags::PR_SUBJECT]).unwrap();
    assert!(rows.iter().all(|row| matches!(row.props[0].value, PropValue::Unicode(_))));
    bench.open.logon.logoff().unwrap();
    assert_eq!(bench.world.check().messages as usize, rows.len());
}

/// Logging on, looking at the Inbox and logging off, while nobody else has the store open.
fn cycles() {
    let world = World::new();
    let mut times = Vec::new();
    for _ in 0..PAIRS {
        let start = Instant::now();
        let open = world.logon();
        let inbox = open.inbox();
        assert_eq!(world::long(&*inbox, tags::PR_CONTENT_COUNT), 0);
        open.logon.logoff().unwrap();
        times.push(start.elapsed());
    }
    println!("logon, Inbox, logoff: {:?}", median(times));
}

/// Submitting what is saved already: one transaction with the queue's row.
fn submits() {
    let world = World::new();
    let open = world.logon();
    let outbox = open.outbox();
    let mut times = Vec::new();
    for _ in 0..PAIRS {
        let message = outbox.create_message(false).unwrap();
        message.modify_recipients(ModifyRecipients::Add, vec![recipient("ann", 1)]).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let start = Instant::now();
        message.submit().unwrap();
        times.push(start.elapsed());
    }
    println!("submit: {:?}", median(times));
    open.logon.logoff().unwrap();
    assert_eq!(world.check().queued as usize, PAIRS);
}

criterion_group!(benches, saves, opens);

fn main() {
    benches();
    pairs();
    cycles();
    submits();
    Criterion::default().configure_from_args().final_summary();
}
