//! Tables that stay open while things change, hierarchies and categories.

use super::*;
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_spi::table::category::row_type;
use std::sync::Mutex;

/// A table that stays open shows what comes, goes and changes.
pub fn open_tables_follow_changes(make: Make<'_>) {
    let fixture = make();
    let (open, other) = (fixture.open(), fixture.open());
    let folder = mail(&open);
    let table = other.folder(&entry_id(&*folder)).contents_table(TableFlags::NONE).unwrap();
    table.sort(by(PR_SUBJECT)).unwrap();
    table.restrict(Some(contains(PR_SUBJECT, "l"))).unwrap();
    assert_eq!(all(&*table), ["alps", "apple", "lunch", "Lunch again"]);
    let id = create_message(&*folder, "late");
    create_message(&*folder, "never");
    assert_eq!(all(&*table), ["alps", "apple", "late", "lunch", "Lunch again"]);
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "at last");
    save(&*message);
    assert_eq!(all(&*table), ["alps", "apple", "at last", "lunch", "Lunch again"]);
    folder.delete_messages(&[id], FolderFlags::NONE, &NoProgress).unwrap();
    assert_eq!(all(&*table), ["alps", "apple", "lunch", "Lunch again"]);
    assert_eq!(table.row_count().unwrap(), 4);
}

/// Sinks of a table hear of rows that it shows; or, from plainer tables, that something changed.
pub fn tables_tell_of_changes(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    table.set_columns(&[PR_SUBJECT, PR_INSTANCE_KEY]).unwrap();
    table.sort(by(PR_SUBJECT)).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let heard = heard.clone();
        move |notifications: &[Notification]| heard.lock().unwrap().extend_from_slice(notifications)
    };
    let connection = table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    let next = |heard: &Mutex<Vec<Notification>>| {
        // Whatever the store has still to tell is told at the next call at the latest.
        table.row_count().unwrap();
        std::mem::take(&mut *heard.lock().unwrap())
    };
    let id = create_message(&*folder, "lark");
    let events = next(&heard);
    assert!(!events.is_empty(), "a row came");
    for event in &events {
        match event {
            Notification::Table(TableEvent::RowAdded { row, .. }) => {
                assert_eq!(row.text(PR_SUBJECT), Some("lark"), "in the columns of the table");
            }
            Notification::Table(TableEvent::Reload | TableEvent::RowModified { .. }) => {}
            other => panic!("{other:?} when a row came"),
        }
    }
    folder.delete_messages(&[id], FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    let is_told = |event: &Notification| {
        matches!(event, Notification::Table(TableEvent::RowDeleted { .. } | TableEvent::Reload))
    };
    assert!(next(&heard).iter().any(is_told), "a row went");
    table.unadvise(connection).unwrap();
    create_message(&*folder, "silence");
    assert!(next(&heard).is_empty(), "nobody listens any more");
}

/// CONVENIENT_DEPTH shows the whole tree, each folder one deeper than the one it is in.
pub fn hierarchies_are_shown_to_their_depth(make: Make<'_>) {
    let open = make().open();
    let top = open.new_folder("Top");
    let one = create_folder(&*top, "One");
    create_folder(&*create_folder(&*one, "Two"), "Three");
    create_folder(&*top, "Other");
    let shown = |flags| {
        let table = top.hierarchy_table(flags).unwrap();
        let rows = query_all_rows(&*table, &[PR_DISPLAY_NAME, PR_DEPTH]).unwrap();
        let depth = |row: &Row| row.long(PR_DEPTH).unwrap_or(-1);
        rows.iter().map(|row| (row.text(PR_DISPLAY_NAME).unwrap().to_owned(), depth(row))).collect::<Vec<_>>()
    };
    let mut flat: Vec<String> = shown(TableFlags::NONE).into_iter().map(|(name, _)| name).collect();
    flat.sort();
    assert_eq!(flat, ["One", "Other"]);
    let deep = shown(TableFlags::CONVENIENT_DEPTH);
    assert_eq!(deep.len(), 4, "{deep:?}");
    let depth = |name: &str| deep.iter().find(|(held, _)| held == name).unwrap().1;
    assert_eq!(depth("Other"), depth("One"));
    assert_eq!((depth("Two"), depth("Three")), (depth("One") + 1, depth("One") + 2));
    let place = |name: &str| deep.iter().position(|(held, _)| held == name).unwrap();
    assert_eq!(
        (place("Two"), place("Three")),
        (place("One") + 1, place("One") + 2),
        "below what they are in"
    );
}

/// Rows grouped by a column, with headers that open and close; or no categories at all.
///
/// A store without categories answers `MAPI_E_NO_SUPPORT`.
pub fn rows_are_grouped_in_categories(make: Make<'_>) {
    let open = make().open();
    let folder = mail(&open);
    let table = table(&*folder);
    let order = by(PR_SENDER_NAME).then(PR_SUBJECT, Direction::Ascending);
    match table.sort(SortOrder { categories: 1, expanded: 1, ..order }) {
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => {
            assert_eq!(all(&*table).len(), 6, "a refused order changes nothing");
            return;
        }
        answer => answer.unwrap(),
    }
    let columns = [
        PR_ROW_TYPE,
        PR_SENDER_NAME,
        PR_SUBJECT,
        PR_CONTENT_COUNT,
        PR_CONTENT_UNREAD,
        PR_DEPTH,
        PR_INSTANCE_KEY,
    ];
    let outline = || {
        let rows = query_all_rows(&*table, &columns).unwrap();
        let line = |row: &Row| match row.long(PR_ROW_TYPE).unwrap() {
            row_type::LEAF => format!("{}@{}", row.text(PR_SUBJECT).unwrap(), row.long(PR_DEPTH).unwrap()),
            kind => {
                let sign = if kind == row_type::EXPANDED { '-' } else { '+' };
                let counts = (row.long(PR_CONTENT_COUNT).unwrap(), row.long(PR_CONTENT_UNREAD).unwrap());
                let sender = row.text(PR_SENDER_NAME).unwrap_or("?");
                format!("{sign}{sender}({}/{})@{}", counts.0, counts.1, row.long(PR_DEPTH).unwrap())
            }
        };
        let keys: Vec<Vec<u8>> =
            rows.iter().map(|row| row.binary(PR_INSTANCE_KEY).unwrap().to_vec()).collect();
        (rows.iter().map(line).collect::<Vec<_>>().join(" "), keys)
    };
    let (lines, keys) = outline();
    let open_all = "-Ann(2/2)@0 apple@1 Budget@1 -Bob(2/0)@0 alps@1 lunch@1 -Cleo(1/1)@0 Lunch again@1 -?(1/0)@0 zebra@1";
    assert_eq!(lines, open_all);
    assert_eq!(table.collapse_row(&keys[3]).unwrap(), 2);
    assert_eq!(outline().0, open_all.replace("-Bob(2/0)@0 alps@1 lunch@1", "+Bob(2/0)@0"));
    let (rows, added) = table.expand_row(&keys[3], 1).unwrap();
    assert_eq!((names(&rows), added), (vec!["alps"], 2));
    assert_eq!(outline().0, open_all);
    assert_eq!(code(table.collapse_row(&b"nobody".to_vec())), ErrorCode::NOT_FOUND);
}
