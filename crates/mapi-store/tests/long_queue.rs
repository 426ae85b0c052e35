//! A long queue: submitting into it takes no longer, and looking at its end reads no more.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_SUBJECT};
use mapi_defs::restriction::Restriction;
use mapi_defs::sort::{Direction, SortColumn, SortOrder};
use mapi_spi::table::{Bookmark, MapiTable, query_all_rows};
use std::time::{Duration, Instant};
use world::{Open, World, draft};

/// Messages of the usual run; `MAPI_QUEUE` asks for another count.
const MESSAGES: usize = 1_500;
const COLUMNS: [PropTag; 2] = [PR_ENTRYID, PR_SUBJECT];

fn subjects(table: &dyn MapiTable, count: i64) -> Vec<String> {
    let rows = table.query_rows(count).unwrap();
    rows.iter().map(|row| row.text(PR_SUBJECT).unwrap().to_owned()).collect()
}

fn submit(open: &Open, number: usize) {
    draft(open, &format!("{number:06}")).submit().unwrap();
}

#[test]
fn the_table_of_the_queue_is_the_same_however_it_is_read() {
    let world = World::new();
    let (open, spooler) = (world.logon(), world.spooler());
    let table = spooler.store.outgoing_queue().unwrap();
    assert_eq!((table.row_count().unwrap(), subjects(&*table, 9).len()), (0, 0));
    assert_eq!(table.seek_row(Bookmark::End, -3).unwrap(), 0);
    (0..5).for_each(|number| submit(&open, number));
    table.set_columns(&COLUMNS).unwrap();
    assert_eq!(table.row_count().unwrap(), 5);
    assert_eq!(subjects(&*table, 2), ["000000", "000001"]);
    assert_eq!(table.position().unwrap().row, 2);
    assert_eq!(
        (table.seek_row(Bookmark::Current, -1).unwrap(), subjects(&*table, 1)),
        (-1, vec!["000001".to_owned()])
    );
    assert_eq!((table.seek_row(Bookmark::End, -2).unwrap(), subjects(&*table, 9).len()), (-2, 2));
    assert_eq!(
        (table.seek_row(Bookmark::End, -9).unwrap(), subjects(&*table, 1)),
        (-5, vec!["000000".to_owned()])
    );
    // What joins is seen without going back to the beginning.
    assert_eq!(table.seek_row(Bookmark::Beginning, 5).unwrap(), 5);
    submit(&open, 5);
    assert_eq!(subjects(&*table, 9), ["000005"]);
    // What leaves moves nobody on.
    assert_eq!(table.seek_row(Bookmark::Beginning, 2).unwrap(), 2);
    let first = query_all_rows(&*spooler.store.outgoing_queue().unwrap(), &COLUMNS).unwrap().remove(0);
    open.store.abort_submit(&mapi_defs::EntryId::from_bytes(first.binary(PR_ENTRYID).unwrap())).unwrap();
    assert_eq!(subjects(&*table, 1), ["000002"]);
    // A bookmark, an order or a restriction makes it a table as others, where it stands.
    let kept = table.create_bookmark().unwrap();
    assert_eq!(subjects(&*table, 1), ["000003"]);
    assert_eq!(
        (table.seek_row(kept, 0).unwrap(), subjects(&*table, 2)),
        (0, vec!["000003".into(), "000004".into()])
    );
    let down = SortColumn { tag: PR_SUBJECT, direction: Direction::Descending };
    table.sort(SortOrder { columns: vec![down], ..SortOrder::default() }).unwrap();
    assert_eq!(subjects(&*table, 1), ["000005"]);
    table.restrict(Some(Restriction::Exist(PR_ENTRYID))).unwrap();
    assert_eq!(table.row_count().unwrap(), 5);
}

/// The shortest of what a few tries take: the disk is busy with others, too.
fn shortest(tries: usize, mut run: impl FnMut()) -> Duration {
    let one = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..tries).map(one).min().unwrap()
}

#[test]
fn a_long_queue_costs_no_more_to_submit_into_and_little_to_look_at() {
    let count = std::env::var("MAPI_QUEUE").map_or(MESSAGES, |text| text.parse().unwrap());
    let world = World::new();
    let (open, spooler) = (world.logon(), world.spooler());
    let mut next = 0..;
    let mut submit_one = || submit(&open, next.next().unwrap());
    let short = shortest(41, &mut submit_one);
    (0..count).for_each(|_| submit_one());
    let long = shortest(41, &mut submit_one);
    // As the spooler looks: how many there are, and the newest one.
    let look = shortest(21, || {
        let table = spooler.store.outgoing_queue().unwrap();
        assert!(table.row_count().unwrap() > count as u64);
        table.set_columns(&COLUMNS).unwrap();
        assert_eq!(table.seek_row(Bookmark::End, -1).unwrap(), -1);
        assert_eq!(table.query_rows(1).unwrap().len(), 1);
    });
    let whole = shortest(1, || {
        let table = spooler.store.outgoing_queue().unwrap();
        assert!(query_all_rows(&*table, &COLUMNS).unwrap().len() > count);
    });
    println!("figure: messages in the queue = {count}");
    println!("figure: submit into a short queue, microseconds = {}", short.as_micros());
    println!("figure: submit into the long queue, microseconds = {}", long.as_micros());
    println!("figure: a look at the long queue, microseconds = {}", look.as_micros());
    println!("figure: reading the whole of it, milliseconds = {}", whole.as_millis());
    assert!(long < short * 5, "submitting takes longer the longer the queue: {short:?}, {long:?}");
    assert!(look * 10 < whole.max(Duration::from_millis(5)), "a look reads it all: {look:?}, {whole:?}");
}
