//! Contents tables: columns, restriction, order, position, bookmarks and search. What changes under an
//! open table, hierarchies and categories are in `live.rs`.

mod live;

pub use live::{
    hierarchies_are_shown_to_their_depth, open_tables_follow_changes, rows_are_grouped_in_categories,
    tables_tell_of_changes,
};

use super::*;
use mapi_defs::FileTime;
use mapi_defs::flags::FolderFlags;
use mapi_defs::prop::PropType;
use mapi_defs::restriction::{Fuzzy, Loose, RelOp, Restriction};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_spi::progress::NoProgress;
use mapi_spi::table::{Bookmark, MapiTable};

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("columns_are_chosen", columns_are_chosen),
    ("rows_are_restricted", rows_are_restricted),
    ("recipients_and_attachments_are_restricted_on", recipients_and_attachments_are_restricted_on),
    ("rows_are_sorted", rows_are_sorted),
    ("positions_and_pages", positions_and_pages),
    ("many_rows_are_paged_in_both_directions", many_rows_are_paged_in_both_directions),
    ("bookmarks_keep_to_their_rows", bookmarks_keep_to_their_rows),
    ("rows_are_found", rows_are_found),
    ("open_tables_follow_changes", open_tables_follow_changes),
    ("tables_tell_of_changes", tables_tell_of_changes),
    ("hierarchies_are_shown_to_their_depth", hierarchies_are_shown_to_their_depth),
    ("rows_are_grouped_in_categories", rows_are_grouped_in_categories),
    ("undefined_table_flags_are_refused", undefined_table_flags_are_refused),
];

/// Subject, sender, size of the body, attachment.
const MAIL: [(&str, &str, usize, bool); 6] = [
    ("lunch", "Bob", 10, false),
    ("Budget", "Ann", 400, true),
    ("zebra", "", 30, false),
    ("Lunch again", "Cleo", 500, false),
    ("alps", "Bob", 0, true),
    ("apple", "Ann", 20, false),
];

/// A folder with [`MAIL`], delivered a minute after one another in this order.
fn mail(open: &Open) -> Arc<dyn Folder> {
    let folder = open.new_folder("Mail");
    for (at, (subject, sender, body, attached)) in MAIL.into_iter().enumerate() {
        let message = folder.create_message(false).unwrap();
        set(&*message, PR_SUBJECT, subject);
        set(&*message, PR_MESSAGE_DELIVERY_TIME, FileTime::from_unix_seconds(at as i64 * 60));
        set(&*message, PR_MESSAGE_FLAGS, i32::from(at % 2 == 0));
        set(&*message, PR_IMPORTANCE, at as i32 % 3);
        if !sender.is_empty() {
            set(&*message, PR_SENDER_NAME, sender);
            message
                .modify_recipients(ModifyRecipients::Add, vec![recipient(sender, RecipientType::Cc)])
                .unwrap();
        }
        set(&*message, PR_BODY, "b".repeat(body));
        if attached {
            let (_, attachment) = message.create_attach().unwrap();
            set(&*attachment, PR_ATTACH_LONG_FILENAME, format!("{subject}.txt"));
            save(&*attachment);
        }
        save(&*message);
    }
    folder
}

fn table(folder: &dyn Folder) -> Arc<dyn MapiTable> {
    folder.contents_table(TableFlags::NONE).unwrap()
}

fn by(tag: PropTag) -> SortOrder {
    SortOrder::by(tag, Direction::Ascending)
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.text(PR_SUBJECT).unwrap_or("?")).collect()
}

fn all(table: &dyn MapiTable) -> Vec<String> {
    let rows = query_all_rows(table, &[PR_SUBJECT]).unwrap();
    names(&rows).into_iter().map(str::to_owned).collect()
}

fn property(op: RelOp, tag: PropTag, value: impl Into<PropValue>) -> Restriction {
    Restriction::Property { op, tag, value: value.into() }
}

fn contains(tag: PropTag, text: &str) -> Restriction {
    let loose = Loose { ignore_case: true, ..Loose::default() };
    Restriction::Content { fuzzy: Fuzzy::SubString, loose, tag, value: text.into() }
}

/// SetColumns decides which properties rows have and in which order.
pub fn columns_are_chosen(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    assert!(!table.columns().unwrap().is_empty(), "a new table has columns");
    let everything = table.all_columns().unwrap();
    assert!(everything.iter().any(|tag| tag.id() == PR_ENTRYID.id()), "{everything:?}");
    let nothing = PropTag::new(0x6F00, PropType::LONG);
    let columns = [PR_MESSAGE_SIZE, nothing, PR_SUBJECT, PR_INSTANCE_KEY, PR_SENDER_NAME];
    table.set_columns(&columns).unwrap();
    assert_eq!(table.columns().unwrap(), columns);
    table.sort(by(PR_SUBJECT)).unwrap();
    let rows = table.query_rows(10).unwrap();
    assert_eq!(rows.len(), 6);
    for row in &rows {
        assert_eq!(row.props.len(), columns.len());
        assert!(row.props[0].value.as_long().is_some_and(|size| size > 0));
        assert_eq!(row.props[1].value, PropValue::Error(ErrorCode::NOT_FOUND));
    }
    let keys: Vec<&[u8]> = rows.iter().map(|row| row.binary(PR_INSTANCE_KEY).unwrap()).collect();
    assert!(keys.iter().all(|key| keys.iter().filter(|other| *other == key).count() == 1), "rows have keys");
    assert_eq!(rows[5].props[4].value, PropValue::Error(ErrorCode::NOT_FOUND), "zebra has no sender");
    assert_eq!(code(table.set_columns(&[])), ErrorCode::INVALID_PARAMETER);
    let ids = query_all_rows(&*table, &[PR_ENTRYID]).unwrap();
    for row in ids {
        open.message(&EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap()));
    }
}

/// Every kind of condition, alone and combined.
pub fn rows_are_restricted(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.sort(by(PR_SUBJECT)).unwrap();
    let check = |restriction: Restriction, expected: &[&str]| {
        table.restrict(Some(restriction.clone())).unwrap();
        assert_eq!(table.position().unwrap().row, 0);
        assert_eq!(table.row_count().unwrap(), expected.len() as u64, "{restriction:?}");
        assert_eq!(all(&*table), expected, "{restriction:?}");
    };
    check(property(RelOp::Equal, PR_SENDER_NAME, "ann"), &["apple", "Budget"]);
    check(property(RelOp::NotEqual, PR_SENDER_NAME, "bob"), &["apple", "Budget", "Lunch again", "zebra"]);
    check(property(RelOp::Less, PR_SUBJECT, "b"), &["alps", "apple"]);
    let late = FileTime::from_unix_seconds(240);
    check(property(RelOp::GreaterOrEqual, PR_MESSAGE_DELIVERY_TIME, late), &["alps", "apple"]);
    check(contains(PR_SUBJECT, "LUNCH"), &["lunch", "Lunch again"]);
    let exact = Loose::default();
    let prefix = |text: &str| Restriction::Content {
        fuzzy: Fuzzy::Prefix,
        loose: exact,
        tag: PR_SUBJECT,
        value: text.into(),
    };
    check(prefix("Lunch"), &["Lunch again"]);
    check(Restriction::Not(Box::new(Restriction::Exist(PR_SENDER_NAME))), &["zebra"]);
    check(
        Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_FLAGS, mask: 1 },
        &["alps", "lunch", "zebra"],
    );
    check(
        Restriction::BitMask { nonzero: false, tag: PR_MESSAGE_FLAGS, mask: 1 },
        &["apple", "Budget", "Lunch again"],
    );
    check(
        Restriction::Size { op: RelOp::GreaterOrEqual, tag: PR_SUBJECT, bytes: 6 },
        &["Budget", "Lunch again"],
    );
    check(property(RelOp::Equal, PR_HASATTACH, true), &["alps", "Budget"]);
    let bob_or_attached = Restriction::Or(vec![
        property(RelOp::Equal, PR_SENDER_NAME, "Bob"),
        property(RelOp::Equal, PR_HASATTACH, true),
    ]);
    check(bob_or_attached.clone(), &["alps", "Budget", "lunch"]);
    check(Restriction::And(vec![bob_or_attached, contains(PR_SUBJECT, "l")]), &["alps", "lunch"]);
    check(Restriction::And(vec![]), &["alps", "apple", "Budget", "lunch", "Lunch again", "zebra"]);
    check(Restriction::Or(vec![]), &[]);
    let mistyped = property(RelOp::Equal, PR_SUBJECT, 1);
    assert_eq!(code(table.restrict(Some(mistyped))), ErrorCode::TOO_COMPLEX);
    table.restrict(None).unwrap();
    assert_eq!(table.row_count().unwrap(), 6);
}

/// RES_SUBRESTRICTION.
pub fn recipients_and_attachments_are_restricted_on(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.sort(by(PR_SUBJECT)).unwrap();
    let check = |tag, restriction: Restriction, expected: &[&str]| {
        table.restrict(Some(Restriction::Sub { tag, restriction: Box::new(restriction) })).unwrap();
        assert_eq!(all(&*table), expected);
    };
    check(PR_MESSAGE_RECIPIENTS, property(RelOp::Equal, PR_DISPLAY_NAME, "bob"), &["alps", "lunch"]);
    let attachments = contains(PR_ATTACH_LONG_FILENAME, "budget");
    check(PR_MESSAGE_ATTACHMENTS, attachments, &["Budget"]);
}

/// By one column and by more, up and down; text without regard to case, missing values last.
pub fn rows_are_sorted(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    let check = |order: SortOrder, expected: &[&str]| {
        table.sort(order.clone()).unwrap();
        assert_eq!(table.position().unwrap().row, 0);
        assert_eq!(table.sort_order().unwrap(), order);
        assert_eq!(all(&*table), expected, "{order:?}");
    };
    check(by(PR_SUBJECT), &["alps", "apple", "Budget", "lunch", "Lunch again", "zebra"]);
    let newest = SortOrder::by(PR_MESSAGE_DELIVERY_TIME, Direction::Descending);
    check(newest, &["apple", "alps", "Lunch again", "zebra", "Budget", "lunch"]);
    let sender = by(PR_SENDER_NAME).then(PR_SUBJECT, Direction::Descending);
    check(sender, &["Budget", "apple", "lunch", "alps", "Lunch again", "zebra"]);
    let reverse = SortOrder::by(PR_SENDER_NAME, Direction::Descending).then(PR_SUBJECT, Direction::Ascending);
    check(reverse, &["Lunch again", "alps", "lunch", "apple", "Budget", "zebra"]);
    let importance =
        SortOrder::by(PR_IMPORTANCE, Direction::Descending).then(PR_SUBJECT, Direction::Ascending);
    check(importance, &["apple", "zebra", "alps", "Budget", "lunch", "Lunch again"]);
}

/// SeekRow, SeekRowApprox, QueryPosition and QueryRows in both directions.
pub fn positions_and_pages(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.set_columns(&[PR_SUBJECT]).unwrap();
    table.sort(by(PR_SUBJECT)).unwrap();
    assert_eq!(names(&table.query_rows(2).unwrap()), ["alps", "apple"]);
    let position = table.position().unwrap();
    assert_eq!((position.row, position.numerator * 3), (2, position.denominator));
    assert_eq!(table.seek_row(Bookmark::Current, 100).unwrap(), 4);
    assert!(table.query_rows(1).unwrap().is_empty(), "no rows at the end is a success");
    assert_eq!(
        names(&table.query_rows(-2).unwrap()),
        ["Lunch again", "zebra"],
        "back, and in the table's order"
    );
    assert_eq!(table.position().unwrap().row, 6, "behind the last row returned");
    assert_eq!(table.seek_row(Bookmark::End, -5).unwrap(), -5);
    assert_eq!(names(&table.query_rows(1).unwrap()), ["apple"]);
    assert_eq!(table.seek_row(Bookmark::Current, -100).unwrap(), -2);
    assert!(table.query_rows(-1).unwrap().is_empty());
    assert_eq!(table.seek_row(Bookmark::Beginning, 3).unwrap(), 3);
    assert_eq!(names(&table.query_rows(100).unwrap()), ["lunch", "Lunch again", "zebra"]);
    table.seek_row_approx(0, 7).unwrap();
    assert_eq!(table.position().unwrap().row, 0);
    table.seek_row_approx(7, 7).unwrap();
    assert_eq!(table.position().unwrap().row, 6);
    table.seek_row_approx(1, 2).unwrap();
    assert!((2..=4).contains(&table.position().unwrap().row), "about the middle");
    assert_eq!(code(table.seek_row_approx(1, 0)), ErrorCode::INVALID_PARAMETER);
    let empty = open.new_folder("Empty").contents_table(TableFlags::NONE).unwrap();
    assert_eq!((empty.row_count().unwrap(), empty.query_rows(5).unwrap().len()), (0, 0));
    assert_ne!(empty.position().unwrap().denominator, 0);
}

/// Three hundred rows, by pages of seven, from either end.
pub fn many_rows_are_paged_in_both_directions(make: Make<'_>) {
    const COUNT: i32 = 300;
    let open = make().open();
    let folder = open.new_folder("Many");
    for at in 0..COUNT {
        let message = folder.create_message(false).unwrap();
        set(&*message, PR_SUBJECT, format!("{at:04}"));
        set(&*message, PR_IMPORTANCE, at * 7 % 5);
        message.save_changes(SaveFlags::NONE).unwrap();
    }
    let table = table(&*folder);
    table.set_columns(&[PR_SUBJECT, PR_IMPORTANCE]).unwrap();
    table
        .sort(SortOrder::by(PR_IMPORTANCE, Direction::Descending).then(PR_SUBJECT, Direction::Ascending))
        .unwrap();
    assert_eq!(table.row_count().unwrap(), COUNT as u64);
    let key = |row: &Row| (-row.long(PR_IMPORTANCE).unwrap(), row.text(PR_SUBJECT).unwrap().to_owned());
    let mut forwards = Vec::new();
    loop {
        let page = table.query_rows(7).unwrap();
        if page.is_empty() {
            break;
        }
        forwards.extend(page.iter().map(key));
    }
    let mut backwards = Vec::new();
    loop {
        let page = table.query_rows(-7).unwrap();
        if page.is_empty() {
            break;
        }
        assert_eq!(table.seek_row(Bookmark::Current, -(page.len() as i64)).unwrap(), -(page.len() as i64));
        backwards.extend(page.iter().rev().map(key));
    }
    backwards.reverse();
    assert_eq!(forwards.len(), COUNT as usize);
    assert!(forwards.is_sorted(), "in order");
    assert_eq!(forwards, backwards);
}

/// A bookmark is its row's, wherever that goes, and the next row's once it is gone.
pub fn bookmarks_keep_to_their_rows(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.set_columns(&[PR_SUBJECT, PR_ENTRYID]).unwrap();
    table.sort(by(PR_SUBJECT)).unwrap();
    let at = |bookmark| {
        table.seek_row(bookmark, 0).unwrap();
        names(&table.query_rows(1).unwrap()).first().map(|name| (*name).to_owned())
    };
    table.seek_row(Bookmark::Beginning, 2).unwrap();
    let budget = table.create_bookmark().unwrap();
    table.seek_row(Bookmark::End, -1).unwrap();
    let zebra = table.create_bookmark().unwrap();
    create_message(&*folder, "aaa");
    assert_eq!((at(budget), at(zebra)), (Some("Budget".to_owned()), Some("zebra".to_owned())));
    table.seek_row(budget, 0).unwrap();
    let row = table.query_rows(1).unwrap().remove(0);
    let id = EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap());
    folder.delete_messages(&[id], FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    assert_eq!((at(budget), at(zebra)), (Some("lunch".to_owned()), Some("zebra".to_owned())));
    assert_eq!(table.seek_row(zebra, -1).unwrap(), -1);
    table.free_bookmark(zebra).unwrap();
    assert_eq!(code(table.seek_row(zebra, 0)), ErrorCode::INVALID_BOOKMARK);
    table.free_bookmark(Bookmark::Beginning).unwrap();
    assert_eq!(table.seek_row(Bookmark::Beginning, 1).unwrap(), 1);
}

/// FindRow in both directions, from bookmarks, by key, and in vain.
pub fn rows_are_found(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.set_columns(&[PR_SUBJECT, PR_INSTANCE_KEY]).unwrap();
    table.sort(by(PR_SUBJECT)).unwrap();
    let key = table.query_rows(5).unwrap()[4].binary(PR_INSTANCE_KEY).unwrap().to_vec();
    let find = |restriction: &Restriction, from, backwards| {
        table.find_row(restriction, from, backwards).map(|()| table.position().unwrap().row)
    };
    let lunch = contains(PR_SUBJECT, "lunch");
    assert_eq!(find(&lunch, Bookmark::Beginning, false).unwrap(), 3);
    assert_eq!(find(&lunch, Bookmark::Current, false).unwrap(), 3, "the current row counts");
    table.seek_row(Bookmark::Current, 1).unwrap();
    assert_eq!(find(&lunch, Bookmark::Current, false).unwrap(), 4);
    assert_eq!(find(&lunch, Bookmark::Current, true).unwrap(), 3, "backwards from the row before");
    assert_eq!(find(&lunch, Bookmark::End, true).unwrap(), 4);
    let by_key = property(RelOp::Equal, PR_INSTANCE_KEY, key);
    assert_eq!(find(&by_key, Bookmark::Beginning, false).unwrap(), 4);
    let typed = property(RelOp::GreaterOrEqual, PR_SUBJECT, "ap");
    assert_eq!(find(&typed, Bookmark::Beginning, false).unwrap(), 1, "typing the first letters");
    assert_eq!(code(find(&contains(PR_SUBJECT, "nobody"), Bookmark::Beginning, false)), ErrorCode::NOT_FOUND);
    assert_eq!(table.position().unwrap().row, 1, "as before");
}

/// UNKNOWN_FLAGS.
pub fn undefined_table_flags_are_refused(make: Make<'_>) {
    let open = make().open();
    let undefined = TableFlags(0x4000_0000);
    assert_eq!(code(open.inbox().contents_table(undefined)), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(code(open.inbox().hierarchy_table(undefined)), ErrorCode::UNKNOWN_FLAGS);
}
