//! Categories, as clients see them.

use super::*;

/// What a categorised table shows: `+sender(count/unread)@depth` for a closed header, `-` for an open
/// one, the row's number for a leaf.
fn outline(table: &dyn MapiTable) -> String {
    let columns =
        [PR_ROW_TYPE, PR_DEPTH, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_SENDER_NAME, PR_SUBJECT, PR_ROWID];
    let line = |row: &Row| {
        let depth = row.long(PR_DEPTH).unwrap();
        let kind = row.long(PR_ROW_TYPE).unwrap();
        if kind == row_type::LEAF {
            return format!("{}@{depth}", row.long(PR_ROWID).unwrap());
        }
        let sign = if kind == row_type::EXPANDED { '-' } else { '+' };
        let (count, unread) = (row.long(PR_CONTENT_COUNT).unwrap(), row.long(PR_CONTENT_UNREAD).unwrap());
        let name = row.text(PR_SENDER_NAME).unwrap_or("?");
        let subject = row.text(PR_SUBJECT).map(|subject| format!("/{subject}")).unwrap_or_default();
        format!("{sign}{name}{subject}({count}/{unread})@{depth}")
    };
    query_all_rows(table, &columns).unwrap().iter().map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn categories_have_headers_that_open_and_close() {
    let data = mail();
    let table = view(&data, by_sender(1));
    assert_eq!(outline(&table), "-Ann(3/2)@0 6@1 4@1 2@1 -Bob(2/1)@0 5@1 1@1 -?(1/1)@0 3@1");
    assert_eq!(table.row_count().unwrap(), 9);
    let bob = keys(&table)[4].clone();
    let (heard, _) = listen(&table);
    table.seek_row(Bookmark::Beginning, 6).unwrap();
    let inside = table.create_bookmark().unwrap();
    assert_eq!(table.collapse_row(&bob).unwrap(), 2);
    table.seek_row(inside, 0).unwrap();
    assert_eq!(table.position().unwrap().row, 5, "the next row that is shown");
    assert_eq!(outline(&table), "-Ann(3/2)@0 6@1 4@1 2@1 +Bob(2/1)@0 -?(1/1)@0 3@1");
    assert_eq!(table.collapse_row(&bob).unwrap(), 0);
    table.set_columns(&[PR_ROWID]).unwrap();
    let (first, added) = table.expand_row(&bob, 1).unwrap();
    assert_eq!((ids(&first), added, table.position().unwrap().row), (vec![5], 2, 6));
    assert_eq!(table.expand_row(&bob, 9).unwrap().1, 0, "open already");
    assert!(heard.lock().unwrap().is_empty(), "opening and closing tell nobody");
    assert_eq!(code(table.expand_row(&vec![1], 1)), ErrorCode::NOT_FOUND);
    let leaf = keys(&table)[1].clone();
    assert_eq!(code(table.collapse_row(&leaf)), ErrorCode::NOT_FOUND);
}

#[test]
fn categories_nest_combine_and_order_by_their_extremes() {
    let data = mail();
    let nested = SortOrder {
        categories: 2,
        expanded: 1,
        ..by(PR_SENDER_NAME).then(PR_SUBJECT, Direction::Descending)
    };
    let outer = "-ann(3/2)@0 +ann/lunch(1/0)@1 +ann/Budget(1/1)@1 +ann/apple(1/1)@1 -Bob(2/1)@0";
    assert!(outline(&view(&data, nested)).replace("Ann", "ann").starts_with(outer));
    let combined = SortOrder {
        categories: 1,
        expanded: 0,
        ..by(PR_SENDER_NAME).then(PR_MESSAGE_FLAGS, Direction::Combine)
    };
    let flags = "+ann(2/2)@0 +Ann(1/0)@0 +Bob(1/1)@0 +Bob(1/0)@0 +?(1/1)@0";
    assert_eq!(outline(&view(&data, combined)), flags);
    let newest =
        SortOrder { categories: 1, expanded: 0, ..by(PR_SENDER_NAME).then(PR_ROWID, Direction::CategoryMax) };
    assert_eq!(outline(&view(&data, newest)), "+ann(3/2)@0 +Bob(2/1)@0 +?(1/1)@0");
    let oldest =
        SortOrder { categories: 1, expanded: 0, ..by(PR_SENDER_NAME).then(PR_ROWID, Direction::CategoryMin) };
    assert_eq!(outline(&view(&data, oldest)), "+Bob(2/1)@0 +ann(3/2)@0 +?(1/1)@0");
}

#[test]
fn categories_follow_their_rows() {
    let data = mail();
    let table = view(&data, by_sender(1));
    let (heard, _) = listen(&table);
    table.seek_row(Bookmark::Beginning, 5).unwrap();
    let bob_newest = table.create_bookmark().unwrap();
    data.modify_row(row(7, "x", "Ann", 0)).unwrap();
    assert_eq!(outline(&table), "-Ann(4/3)@0 7@1 6@1 4@1 2@1 -Bob(2/1)@0 5@1 1@1 -?(1/1)@0 3@1");
    let events = std::mem::take(&mut *heard.lock().unwrap());
    assert!(
        matches!(events[..], [TableEvent::RowModified { .. }, TableEvent::RowAdded { .. }]),
        "{events:?}"
    );
    table.seek_row(bob_newest, 0).unwrap();
    assert_eq!(table.query_rows(1).unwrap()[0].long(PR_ROWID), Some(5));
    data.delete_rows(&[3.into()]);
    let events = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(events.len(), 2, "the row and its category: {events:?}");
}

#[test]
fn orders_that_cannot_be_made_are_refused() {
    let table = view(&mail(), by(PR_SUBJECT));
    let order = |categories, expanded, direction| SortOrder {
        categories,
        expanded,
        ..SortOrder::by(PR_SUBJECT, direction)
    };
    for (order, answer) in [
        (order(2, 0, Direction::Ascending), ErrorCode::INVALID_PARAMETER),
        (order(1, 2, Direction::Ascending), ErrorCode::INVALID_PARAMETER),
        (order(1, 0, Direction::Combine), ErrorCode::TOO_COMPLEX),
        (order(0, 0, Direction::CategoryMax), ErrorCode::TOO_COMPLEX),
        (by(PropTag::new(0x8001, PropType(0x301F))), ErrorCode::TOO_COMPLEX),
        (by(PR_MESSAGE_RECIPIENTS), ErrorCode::TOO_COMPLEX),
    ] {
        assert_eq!(code(table.sort(order)), answer);
    }
    assert_eq!(table.sort_order().unwrap(), by(PR_SUBJECT), "the order before is still in effect");
}
