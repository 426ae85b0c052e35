//! A listener that only replays events has what the table shows.

use super::*;
use proptest::prelude::*;

/// One change to a table.
#[derive(Clone, Debug)]
enum Step {
    Put(i32, String, i32),
    Delete(i32),
    Close(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..12_i32, "[a-c]{0,2}", 0..2_i32).prop_map(|(id, text, flags)| Step::Put(id, text, flags)),
        2 => (0..12_i32).prop_map(Step::Delete),
        1 => (0..8_usize).prop_map(Step::Close),
    ];
    proptest::collection::vec(step, 0..40)
}

/// What a client has that only listens: the keys in order, kept by the events alone.
fn replay(shown: &mut Vec<Vec<u8>>, event: &TableEvent, key: impl Fn(&Row) -> Vec<u8>) -> bool {
    let (prior, row) = match event {
        TableEvent::Reload => return false,
        TableEvent::RowDeleted { index } => {
            shown.retain(|held| held != index);
            return true;
        }
        TableEvent::RowAdded { prior, row, .. } | TableEvent::RowModified { prior, row, .. } => (prior, row),
    };
    let key = key(row);
    shown.retain(|held| *held != key);
    let at = prior.as_ref().map_or(0, |prior| shown.iter().position(|held| held == prior).unwrap() + 1);
    shown.insert(at, key);
    true
}

fn check_steps(steps: Vec<Step>, order: &SortOrder, restriction: Option<Restriction>) {
    let data = TableData::new(PR_ROWID, &COLUMNS);
    let (table, mirror) = (view(&data, order.clone()), view(&data, order.clone()));
    for one in [&table, &mirror] {
        one.restrict(restriction.clone()).unwrap();
    }
    table.set_columns(&[PR_INSTANCE_KEY]).unwrap();
    let (heard, _) = listen(&table);
    let mut shown: Vec<Vec<u8>> = Vec::new();
    for step in steps {
        match step {
            Step::Put(id, text, flags) => data.modify_row(row(id, &text, &text, flags)).unwrap(),
            Step::Delete(id) => drop(data.delete_rows(&[id.into()])),
            Step::Close(at) => {
                if let Some(key) = keys(&mirror).get(at) {
                    let answers = [table.collapse_row(key), mirror.collapse_row(key)];
                    if answers[0].is_ok() {
                        shown = keys(&mirror);
                    }
                }
            }
        }
        for event in std::mem::take(&mut *heard.lock().unwrap()) {
            let key = |row: &Row| row.binary(PR_INSTANCE_KEY).unwrap().to_vec();
            if !replay(&mut shown, &event, key) {
                shown = keys(&mirror);
            }
        }
        assert_eq!(shown, keys(&mirror), "events keep a listener up to date");
        assert!(table.position().unwrap().row <= table.row_count().unwrap());
    }
    let fresh = view(&data, order.clone());
    fresh.restrict(restriction).unwrap();
    if order.categories == 0 {
        assert_eq!(keys(&mirror), keys(&fresh), "as if it had been opened now");
    }
}

proptest! {
    #[test]
    fn events_and_rows_agree_in_flat_tables(steps in steps()) {
        let order = SortOrder::by(PR_SUBJECT, Direction::Descending);
        check_steps(steps, &order, Some(equals(PR_MESSAGE_FLAGS, 0)));
    }

    #[test]
    fn events_and_rows_agree_in_categories(steps in steps()) {
        check_steps(steps, &by_sender(1), None);
    }

    #[test]
    fn events_and_rows_agree_in_categories_by_extremes(steps in steps()) {
        let order = by(PR_SENDER_NAME).then(PR_ROWID, Direction::CategoryMax);
        check_steps(steps, &SortOrder { categories: 1, expanded: 1, ..order }, None);
    }

    #[test]
    fn events_and_rows_agree_for_the_first_few(steps in steps()) {
        let all = Box::new(Restriction::And(vec![]));
        check_steps(steps, &by(PR_SUBJECT), Some(Restriction::Count { count: 3, restriction: all }));
    }
}
