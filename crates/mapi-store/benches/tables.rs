//! The first page of a table of 100,000 messages and the page at row 90,000, against the limit: the same
//! columns by an indexed SELECT of a table that has nothing else.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/world/mod.rs"]
mod world;

use criterion::{Criterion, criterion_group};
use mapi_defs::FileTime;
use mapi_defs::flags::{SaveFlags, TableFlags};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue, tags};
use mapi_defs::restriction::{Fuzzy, Loose, Restriction};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_spi::folder::Folder;
use mapi_spi::table::{Bookmark, MapiTable};
use rusqlite::{Connection, params};
use std::sync::Arc;
use std::time::{Duration, Instant};
use world::World;

const ROWS: i64 = 100_000;
const PAGE: i64 = 50;
const DEEP: i64 = 90_000;
const PAIRS: usize = 200;

const COLUMNS: [PropTag; 10] = [
    tags::PR_ENTRYID,
    tags::PR_SUBJECT,
    tags::PR_SENDER_NAME,
    tags::PR_DISPLAY_TO,
    tags::PR_MESSAGE_DELIVERY_TIME,
    tags::PR_MESSAGE_CLASS,
    tags::PR_MESSAGE_FLAGS,
    tags::PR_MESSAGE_SIZE,
    tags::PR_IMPORTANCE,
    tags::PR_HASATTACH,
];

fn fill(folder: &(dyn Folder + '_)) {
    std::thread::scope(|scope| {
        for part in 0..16 {
            scope.spawn(move || {
                for n in (0..ROWS).filter(|n| n % 16 == part) {
                    one(folder, n);
                }
            });
        }
    });
}

fn one(folder: &dyn Folder, n: i64) {
    let message = folder.create_message(false).unwrap();
    let time = FileTime::from_unix_seconds(1_700_000_000 + n * 37 % ROWS * 60);
    let mut props = vec![
        Prop::new(tags::PR_SUBJECT, format!("Subject number {} of many", n * 7_919 % ROWS)),
        Prop::new(tags::PR_SENDER_NAME, format!("Sender {}", n % 500)),
        Prop::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
        Prop::new(tags::PR_IMPORTANCE, (n % 3) as i32),
        Prop::new(tags::PR_MESSAGE_DELIVERY_TIME, time),
    ];
    for n in 0..30_u16 {
        props.push(Prop::new(PropTag::new(0x6800 + n, PropType::UNICODE), "a value like any other"));
    }
    message.set_props(&props).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
}

/// The limit: the ten columns and an index.
fn raw(folder: &std::path::Path) -> Connection {
    let mut raw = Connection::open(folder.join("raw.db")).unwrap();
    raw.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
         CREATE TABLE row (id INTEGER PRIMARY KEY, folder INTEGER, entry BLOB, subject TEXT, sender TEXT, shown TEXT,
                           delivered INTEGER, class TEXT, flags INTEGER, size INTEGER, importance INTEGER,
                           attached INTEGER, rest BLOB);
         CREATE INDEX by_time ON row (folder, delivered, id);",
    )
    .unwrap();
    let all = raw.transaction().unwrap();
    for n in 0..ROWS {
        let time = n * 37 % ROWS * 60;
        all.prepare_cached(
            "INSERT INTO row VALUES (NULL, 1, ?1, ?2, ?3, '', ?4, 'IPM.Note', 0, 1200, ?5, 0, ?6)",
        )
        .unwrap()
        .execute(params![
            [7_u8; 52].as_slice(),
            format!("Subject number {} of many", n * 7_919 % ROWS),
            format!("Sender {}", n % 500),
            time,
            n % 3,
            vec![1_u8; 1_100]
        ])
        .unwrap();
    }
    all.commit().unwrap();
    raw
}

type RawRow = (Vec<u8>, String, String, String, i64, String, i64, i64, i64, i64);

fn raw_page(raw: &Connection, key: (i64, i64)) -> Vec<RawRow> {
    raw.prepare_cached(
        "SELECT entry, subject, sender, shown, delivered, class, flags, size, importance, attached FROM row
         WHERE folder = 1 AND (delivered, id) < (?1, ?2) ORDER BY delivered DESC, id DESC LIMIT 50",
    )
    .unwrap()
    .query_map([key.0, key.1], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
        ))
    })
    .unwrap()
    .collect::<rusqlite::Result<_>>()
    .unwrap()
}

struct Bench {
    _world: World,
    table: Arc<dyn MapiTable>,
    folder: Arc<dyn Folder>,
    raw: Connection,
}

fn bench() -> Bench {
    let world = World::new();
    let open = world.logon();
    let folder = open.inbox();
    let start = Instant::now();
    fill(&*folder);
    println!("{ROWS} messages saved durably by 16 threads in {:?}", start.elapsed());
    let table = folder.contents_table(TableFlags::NONE).unwrap();
    table.set_columns(&COLUMNS).unwrap();
    table.sort(SortOrder::by(tags::PR_MESSAGE_DELIVERY_TIME, Direction::Descending)).unwrap();
    let raw = raw(world.folder.path());
    Bench { _world: world, table, folder, raw }
}

fn first_page(table: &dyn MapiTable) {
    table.seek_row(Bookmark::Beginning, 0).unwrap();
    assert_eq!(table.query_rows(PAGE).unwrap().len(), PAGE as usize);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn pairs(criterion: &mut Criterion) {
    let bench = bench();
    let deep_key = bench
        .raw
        .query_row(
            "SELECT delivered, id FROM row ORDER BY delivered DESC, id DESC LIMIT 1 OFFSET 89999",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let seek = time(|| assert_eq!(bench.table.seek_row(Bookmark::Beginning, DEEP).unwrap(), DEEP));
    let deep = bench.table.create_bookmark().unwrap();
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..PAIRS {
        times[0].push(time(|| first_page(&*bench.table)));
        times[1].push(time(|| assert_eq!(raw_page(&bench.raw, (i64::MAX, i64::MAX)).len(), PAGE as usize)));
        times[2].push(time(|| {
            bench.table.seek_row(deep, 0).unwrap();
            assert_eq!(bench.table.query_rows(PAGE).unwrap().len(), PAGE as usize);
        }));
        times[3].push(time(|| assert_eq!(raw_page(&bench.raw, deep_key).len(), PAGE as usize)));
    }
    let [first, raw_first, far, raw_far] = times.map(median);
    let ratio = |ours: Duration, raw: Duration| ours.as_secs_f64() / raw.as_secs_f64();
    println!(
        "first page: {first:?}; raw {raw_first:?}; {:.2} times (goal 4 or less)",
        ratio(first, raw_first)
    );
    println!(
        "page at row {DEEP}: {far:?}; raw {raw_far:?}; {:.2} times (goal 4 or less)",
        ratio(far, raw_far)
    );
    println!("seek to row {DEEP} from the beginning: {seek:?}");
    println!(
        "position there: {:?}",
        time(|| assert_eq!(bench.table.position().unwrap().row, DEEP as u64 + PAGE as u64))
    );
    println!("row count: {:?}", time(|| assert_eq!(bench.table.row_count().unwrap(), ROWS as u64)));
    other_orders(&bench);
    criterion.bench_function("first page of 100,000", |bencher| bencher.iter(|| first_page(&*bench.table)));
}

fn other_orders(bench: &Bench) {
    let table = bench.folder.contents_table(TableFlags::NONE).unwrap();
    table.set_columns(&COLUMNS).unwrap();
    table.sort(SortOrder::by(tags::PR_SUBJECT, Direction::Ascending)).unwrap();
    println!("first page by subject, first time: {:?}", time(|| first_page(&*table)));
    println!("first page by subject, again: {:?}", time(|| first_page(&*table)));
    let rare = Restriction::Content {
        fuzzy: Fuzzy::SubString,
        loose: Loose { ignore_case: true, ..Loose::default() },
        tag: tags::PR_SUBJECT,
        value: PropValue::Unicode("NUMBER 4711 ".into()),
    };
    let table = bench.folder.contents_table(TableFlags::NONE).unwrap();
    table.set_columns(&COLUMNS).unwrap();
    table.restrict(Some(rare)).unwrap();
    let found = time(|| assert_eq!(table.query_rows(PAGE).unwrap().len(), 1));
    println!("one subject in {ROWS} by substring: {found:?}");
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).measurement_time(Duration::from_secs(3));
    targets = pairs
}

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
}
