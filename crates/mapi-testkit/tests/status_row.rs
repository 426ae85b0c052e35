//! The row that a transport tells of itself, as its host hears it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::flags::StatusCode;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_STATUS_CODE, PR_STATUS_STRING};
use mapi_spi::status_row::StatusRow;
use mapi_testkit::clock::FakeClock;
use mapi_testkit::support::{Asked, RecordingSupport};

/// Name, code and text of what was told last, and how often something was told.
fn last(support: &RecordingSupport) -> (String, u32, String, usize) {
    let asked = support.asked();
    let Some(Asked::StatusRow(columns)) = asked.last() else { panic!("{asked:?}") };
    let text = |tag| columns.text(tag).unwrap().to_owned();
    let code = columns.long(PR_STATUS_CODE).unwrap().cast_unsigned();
    (text(PR_DISPLAY_NAME), code, text(PR_STATUS_STRING), asked.len())
}

#[test]
fn a_failure_is_shown_until_it_works_again() {
    let support = RecordingSupport::new(FakeClock::default(), PropList::new());
    let row = StatusRow::new(support.clone(), "Work").unwrap();
    assert_eq!(last(&support), ("Work".to_owned(), 0x1, "Available".to_owned(), 1));
    row.change(StatusCode::INBOUND_ENABLED | StatusCode::INBOUND_ACTIVE, StatusCode::NONE).unwrap();
    row.change(StatusCode::NONE, StatusCode::INBOUND_ACTIVE).unwrap();
    assert_eq!(last(&support), ("Work".to_owned(), 0x1_0001, "Available".to_owned(), 3));
    row.recover().unwrap();
    assert_eq!(last(&support).3, 3, "nothing was wrong, so nothing is told");
    row.fail("no way to the server");
    assert_eq!(last(&support), ("Work".to_owned(), 0x1_0004, "no way to the server".to_owned(), 4));
    row.change(StatusCode::INBOUND_FLUSH, StatusCode::NONE).unwrap();
    assert_eq!(last(&support), ("Work".to_owned(), 0x5_0004, "no way to the server".to_owned(), 5));
    row.recover().unwrap();
    assert_eq!(last(&support), ("Work".to_owned(), 0x5_0001, "Available".to_owned(), 6));
    row.end().unwrap();
    assert_eq!(last(&support), ("Work".to_owned(), 0x2, "Offline".to_owned(), 7));
}
