//! Tables over rows in memory, through `MapiTable`: here rows, positions and sinks; categories are in
//! `categories.rs`, and what sinks hear against what tables show in `agreement.rs`.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod agreement;
mod categories;

use mapi_defs::ErrorCode;
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::restriction::{RelOp, Restriction};
use mapi_defs::row::Row;
use mapi_defs::sort::{Direction, SortOrder};
use mapi_spi::advise::Connection;
use mapi_spi::gate::Gate;
use mapi_spi::table::category::row_type;
use mapi_spi::table::{Bookmark, MapiTable, TableData, TableRow, TableView, query_all_rows};
use std::sync::{Arc, Mutex};

const COLUMNS: [PropTag; 4] = [PR_ROWID, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_FLAGS];

fn row(id: i32, subject: &str, sender: &str, flags: i32) -> PropList {
    let mut props = PropList::new();
    props.set(PR_ROWID, id);
    props.set(PR_SUBJECT, subject);
    if !sender.is_empty() {
        props.set(PR_SENDER_NAME, sender);
    }
    props.set(PR_MESSAGE_FLAGS, flags);
    props
}

/// Six messages of three senders, one of them nobody; 1 is MSGFLAG_READ.
fn mail() -> Arc<TableData> {
    let data = TableData::new(PR_ROWID, &COLUMNS);
    for (id, subject, sender, flags) in [
        (1, "lunch", "Bob", 1),
        (2, "Budget", "ann", 0),
        (3, "zebra", "", 0),
        (4, "lunch", "Ann", 1),
        (5, "Alps", "Bob", 0),
        (6, "apple", "Ann", 0),
    ] {
        data.modify_row(row(id, subject, sender, flags)).unwrap();
    }
    data
}

fn view(data: &Arc<TableData>, order: SortOrder) -> TableView {
    data.view(order).unwrap()
}

fn ids(rows: &[Row]) -> Vec<i32> {
    rows.iter().map(|row| row.long(PR_ROWID).unwrap()).collect()
}

fn all(table: &dyn MapiTable) -> Vec<i32> {
    ids(&query_all_rows(table, &COLUMNS).unwrap())
}

fn by(tag: PropTag) -> SortOrder {
    SortOrder::by(tag, Direction::Ascending)
}

fn equals(tag: PropTag, value: impl Into<PropValue>) -> Restriction {
    Restriction::Property { op: RelOp::Equal, tag, value: value.into() }
}

fn code<T: std::fmt::Debug>(answer: mapi_defs::Result<T>) -> ErrorCode {
    answer.unwrap_err().code()
}

fn keys(table: &dyn MapiTable) -> Vec<Vec<u8>> {
    let rows = query_all_rows(table, &[PR_INSTANCE_KEY]).unwrap();
    rows.iter().map(|row| row.binary(PR_INSTANCE_KEY).unwrap().to_vec()).collect()
}

fn by_sender(expanded: usize) -> SortOrder {
    SortOrder { categories: 1, expanded, ..by(PR_SENDER_NAME).then(PR_ROWID, Direction::Descending) }
}

type Heard = Arc<Mutex<Vec<TableEvent>>>;

fn listen(table: &dyn MapiTable) -> (Heard, Connection) {
    let heard = Heard::default();
    let sink = {
        let heard = heard.clone();
        move |notifications: &[Notification]| {
            let events = notifications.iter().map(|one| match one {
                Notification::Table(event) => event.clone(),
                other => panic!("not a table event: {other:?}"),
            });
            heard.lock().unwrap().extend(events);
        }
    };
    let connection = table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    (heard, connection)
}

#[test]
fn rows_come_in_the_order_asked_for() {
    let data = mail();
    assert_eq!(all(&view(&data, SortOrder::default())), [1, 2, 3, 4, 5, 6]);
    assert_eq!(all(&view(&data, by(PR_SUBJECT))), [5, 6, 2, 1, 4, 3], "case does not count, ties keep order");
    let down = SortOrder::by(PR_SENDER_NAME, Direction::Descending).then(PR_ROWID, Direction::Descending);
    assert_eq!(all(&view(&data, down)), [5, 1, 6, 4, 2, 3], "without a sender comes last");
}

#[test]
fn columns_are_as_set_and_missing_ones_are_errors() {
    let data = mail();
    let table = view(&data, SortOrder::default());
    assert_eq!(table.columns().unwrap()[..4], COLUMNS);
    assert!(table.all_columns().unwrap().contains(&PR_INSTANCE_KEY));
    let empty = PropTag::new(0, PropType::NULL);
    let subject = PR_SUBJECT.with_type(PropType::STRING8);
    table.set_columns(&[PR_SENDER_NAME, subject, PR_INSTANCE_KEY, empty, PR_ROW_TYPE]).unwrap();
    table.seek_row(Bookmark::Beginning, 2).unwrap();
    let row = &table.query_rows(1).unwrap()[0];
    assert_eq!(row.props[0].tag, PR_SENDER_NAME.with_type(PropType::ERROR));
    assert_eq!(row.props[0].value, PropValue::Error(ErrorCode::NOT_FOUND));
    assert_eq!(row.props[1].value, PropValue::String8("zebra".into()));
    assert_eq!(row.binary(PR_INSTANCE_KEY), Some(&3_i32.to_le_bytes()[..]));
    assert_eq!(row.props[3].value, PropValue::Null);
    assert_eq!(row.long(PR_ROW_TYPE), Some(row_type::LEAF));
    assert_eq!(code(table.set_columns(&[])), ErrorCode::INVALID_PARAMETER);
    let instances = PropTag::new(0x8001, PropType(0x301F));
    assert_eq!(code(table.set_columns(&[instances])), ErrorCode::TOO_COMPLEX);
    assert_eq!(table.columns().unwrap().len(), 5, "a refused call changes nothing");
}

#[test]
fn a_restriction_hides_rows_until_it_goes() {
    let data = mail();
    let table = view(&data, by(PR_SUBJECT));
    table.restrict(Some(equals(PR_SENDER_NAME, "ann"))).unwrap();
    assert_eq!((table.row_count().unwrap(), all(&table)), (3, vec![6, 2, 4]));
    data.modify_row(row(7, "b", "ANN", 0)).unwrap();
    data.modify_row(row(4, "lunch", "Bob", 0)).unwrap();
    assert_eq!(all(&table), [6, 7, 2]);
    let first_two = Restriction::Count { count: 2, restriction: Box::new(equals(PR_SENDER_NAME, "ann")) };
    table.restrict(Some(first_two)).unwrap();
    assert_eq!(all(&table), [6, 7]);
    data.delete_rows(&[6.into()]);
    assert_eq!(all(&table), [7, 2], "another row moves up");
    table.restrict(None).unwrap();
    assert_eq!(table.row_count().unwrap(), 6);
    assert_eq!(code(table.restrict(Some(equals(PR_SUBJECT, 1)))), ErrorCode::TOO_COMPLEX);
    assert_eq!(table.row_count().unwrap(), 6, "a refused call changes nothing");
}

#[test]
fn rows_below_answer_sub_restrictions() {
    let data = TableData::new(PR_ROWID, &COLUMNS);
    let mut to = PropList::new();
    to.set(PR_DISPLAY_NAME, "Ann");
    let with = TableRow { props: row(1, "a", "", 0), below: vec![(PR_MESSAGE_RECIPIENTS, vec![to])] };
    data.modify_rows(vec![with, row(2, "b", "", 0).into()]).unwrap();
    let table = view(&data, SortOrder::default());
    let inner = Box::new(equals(PR_DISPLAY_NAME, "ann"));
    table.restrict(Some(Restriction::Sub { tag: PR_MESSAGE_RECIPIENTS, restriction: inner })).unwrap();
    assert_eq!(all(&table), [1]);
}

#[test]
fn positions_move_as_documented() {
    let data = mail();
    let table = view(&data, SortOrder::default());
    assert_eq!(ids(&table.query_rows(2).unwrap()), [1, 2]);
    assert_eq!(table.position().unwrap().row, 2);
    assert_eq!(ids(&table.query_rows(-1).unwrap()), [2]);
    assert_eq!(table.position().unwrap().row, 2, "behind the last row returned");
    assert_eq!(table.seek_row(Bookmark::Current, -5).unwrap(), -2);
    assert!(table.query_rows(-3).unwrap().is_empty());
    assert_eq!(table.seek_row(Bookmark::End, -2).unwrap(), -2);
    assert_eq!(ids(&table.query_rows(i64::MAX).unwrap()), [5, 6]);
    assert!(table.query_rows(1).unwrap().is_empty());
    assert_eq!(ids(&table.query_rows(i64::MIN).unwrap()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(table.seek_row(Bookmark::Beginning, i64::MAX).unwrap(), 6);
    table.seek_row_approx(1, 2).unwrap();
    let half = table.position().unwrap();
    assert_eq!((half.row, half.numerator, half.denominator), (3, 3, 6));
    table.seek_row_approx(9, 3).unwrap();
    assert_eq!(table.position().unwrap().row, 6);
    assert_eq!(code(table.seek_row_approx(1, 0)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(table.query_rows(0)), ErrorCode::INVALID_PARAMETER);
    data.delete_all();
    assert_eq!(table.position().unwrap().denominator, 1, "never 0");
}

#[test]
fn rows_are_found_in_both_directions() {
    let table = view(&mail(), by(PR_SUBJECT));
    let lunch = equals(PR_SUBJECT, "LUNCH");
    table.find_row(&lunch, Bookmark::Beginning, false).unwrap();
    assert_eq!(table.position().unwrap().row, 3);
    table.find_row(&lunch, Bookmark::Current, false).unwrap();
    assert_eq!(table.position().unwrap().row, 3, "the current row is looked at too");
    table.find_row(&lunch, Bookmark::End, true).unwrap();
    assert_eq!(table.position().unwrap().row, 4);
    assert_eq!(
        code(table.find_row(&equals(PR_SUBJECT, "x"), Bookmark::Beginning, false)),
        ErrorCode::NOT_FOUND
    );
    assert_eq!(table.position().unwrap().row, 4, "as before");
    let key = equals(PR_INSTANCE_KEY, 2_i32.to_le_bytes().to_vec());
    table.find_row(&key, Bookmark::Beginning, false).unwrap();
    assert_eq!(table.position().unwrap().row, 2);
    let prefix = Restriction::Property { op: RelOp::GreaterOrEqual, tag: PR_SUBJECT, value: "ap".into() };
    table.find_row(&prefix, Bookmark::Beginning, false).unwrap();
    assert_eq!(ids(&table.query_rows(1).unwrap()), [6]);
}

#[test]
fn bookmarks_keep_to_their_rows() {
    let data = mail();
    let table = view(&data, by(PR_SUBJECT));
    table.seek_row(Bookmark::Beginning, 3).unwrap();
    let lunch = table.create_bookmark().unwrap();
    data.modify_row(row(7, "aaa", "", 0)).unwrap();
    data.delete_rows(&[2.into()]);
    table.seek_row(lunch, 0).unwrap();
    assert_eq!(ids(&table.query_rows(1).unwrap()), [1]);
    data.delete_rows(&[1.into()]);
    table.seek_row(lunch, 0).unwrap();
    assert_eq!(ids(&table.query_rows(1).unwrap()), [4], "the next row where its own is gone");
    table.free_bookmark(lunch).unwrap();
    table.free_bookmark(Bookmark::End).unwrap();
    assert_eq!(code(table.seek_row(lunch, 0)), ErrorCode::INVALID_BOOKMARK);
    let again = table.create_bookmark().unwrap();
    table.sort(by(PR_ROWID)).unwrap();
    assert_eq!(table.position().unwrap().row, 0);
    assert_eq!(code(table.seek_row(again, 0)), ErrorCode::INVALID_BOOKMARK, "sorting forgets bookmarks");
}

#[test]
fn sinks_hear_what_their_view_shows() {
    let data = mail();
    let table = view(&data, by(PR_SUBJECT));
    table.set_columns(&[PR_ROWID]).unwrap();
    table.restrict(Some(equals(PR_SENDER_NAME, "Bob"))).unwrap();
    let (heard, connection) = listen(&table);
    data.modify_row(row(7, "car", "Bob", 0)).unwrap();
    data.modify_row(row(8, "car", "Ann", 0)).unwrap();
    data.modify_row(row(7, "aa", "Bob", 0)).unwrap();
    data.modify_row(row(7, "aa", "Ann", 0)).unwrap();
    data.delete_rows(&[1.into(), 99.into()]);
    data.delete_all();
    let key = |id: i32| id.to_le_bytes().to_vec();
    let heard_row = |events: &[TableEvent], at: usize| match &events[at] {
        TableEvent::RowAdded { prior, row, .. } | TableEvent::RowModified { prior, row, .. } => {
            assert_eq!(row.props.len(), 1, "the view's columns");
            (prior.clone(), row.long(PR_ROWID).unwrap())
        }
        other => panic!("{other:?}"),
    };
    let events = heard.lock().unwrap().clone();
    assert_eq!(events.len(), 5, "{events:?}");
    assert_eq!(heard_row(&events, 0), (Some(key(5)), 7));
    assert!(matches!(events[1], TableEvent::RowModified { .. }));
    assert_eq!(heard_row(&events, 1), (None, 7));
    assert_eq!(events[2], TableEvent::RowDeleted { index: key(7) });
    assert_eq!(events[3], TableEvent::RowDeleted { index: key(1) });
    assert_eq!(events[4], TableEvent::Reload);
    table.unadvise(connection).unwrap();
    data.modify_row(row(7, "car", "Bob", 0)).unwrap();
    assert_eq!(heard.lock().unwrap().len(), 5);
    let deaf = table.advise(EventMask::NEW_MAIL, Arc::new(|_: &[Notification]| {}));
    assert_eq!(code(deaf), ErrorCode::NO_SUPPORT);
}

#[test]
fn a_sink_may_change_the_table_and_hears_in_order() {
    let data = mail();
    let table = Arc::new(view(&data, SortOrder::default()));
    let (heard, _) = listen(&*table);
    let sink = {
        let (data, table) = (data.clone(), Arc::downgrade(&table));
        move |notifications: &[Notification]| {
            if let Notification::Table(TableEvent::RowAdded { row: added, .. }) = &notifications[0] {
                let id = added.long(PR_ROWID).unwrap();
                if id < 12 {
                    data.modify_row(row(id + 1, "more", "", 0)).unwrap();
                    assert!(table.upgrade().unwrap().row_count().unwrap() > 6);
                }
            }
        }
    };
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    data.modify_row(row(10, "first", "", 0)).unwrap();
    let added: Vec<i32> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|event| match event {
            TableEvent::RowAdded { row, .. } => row.long(PR_ROWID).unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(added, [10, 11, 12]);
}

#[test]
fn a_view_behind_a_closed_gate_has_ended() {
    let (data, gate) = (mail(), Arc::new(Gate::new(1)));
    let table = data.view_behind(SortOrder::default(), Some(gate.clone())).unwrap();
    assert_eq!(table.row_count().unwrap(), 6);
    let (heard, _) = listen(&table);
    gate.close();
    data.modify_row(row(7, "x", "", 0)).unwrap();
    assert!(heard.lock().unwrap().is_empty(), "its sinks hear nothing");
    assert_eq!(code(table.row_count()), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(table.query_rows(1)), ErrorCode::INVALID_OBJECT);
    assert_eq!(data.row_count(), 7);
}

#[test]
fn a_row_without_its_index_is_refused_with_all_others() {
    let data = mail();
    let mut nameless = PropList::new();
    nameless.set(PR_SUBJECT, "x");
    let rows = vec![row(9, "y", "", 0).into(), nameless.into()];
    assert_eq!(code(data.modify_rows(rows)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(data.row_count(), 6);
    assert_eq!(data.row(&4.into()).unwrap().text(PR_SENDER_NAME), Some("Ann"));
    assert_eq!(data.row(&9.into()), None);
}

#[test]
fn replacing_tells_only_the_difference() {
    let data = mail();
    let table = view(&data, SortOrder::default());
    let (heard, _) = listen(&table);
    let rows = vec![
        row(1, "lunch", "Bob", 1).into(),
        row(2, "changed", "ann", 0).into(),
        row(9, "new", "", 0).into(),
    ];
    data.replace_rows(rows).unwrap();
    assert_eq!(all(&table), [1, 2, 9]);
    let heard = heard.lock().unwrap();
    let count = |is: fn(&TableEvent) -> bool| heard.iter().filter(|event| is(event)).count();
    assert_eq!(count(|event| matches!(event, TableEvent::RowDeleted { .. })), 4);
    assert_eq!(count(|event| matches!(event, TableEvent::RowModified { .. })), 1);
    assert_eq!(count(|event| matches!(event, TableEvent::RowAdded { .. })), 1);
}

#[test]
fn a_provider_with_a_lock_of_its_own_lets_the_sinks_wait() {
    let data = mail();
    let table = view(&data, SortOrder::default());
    let (heard, _) = listen(&table);
    let added = data.modify_rows_later(vec![row(7, "x", "", 0).into()]).unwrap();
    let gone = data.delete_rows_later(&[1.into()]);
    assert_eq!(all(&table), [2, 3, 4, 5, 6, 7], "the rows are changed at once");
    assert!(heard.lock().unwrap().is_empty());
    drop(added);
    assert_eq!(heard.lock().unwrap().len(), 2, "in the order of the changes, whoever delivers");
    drop(gone);
    assert_eq!(heard.lock().unwrap().len(), 2);
}
