//! What is kept with a queued message between two spoolers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, FileTime};
use mapi_spi::spooler::{QueueNotes, queue_notes};
use mapi_spi::table::query_all_rows;
use world::{Open, World, draft, entry_id};

const COLUMNS: [PropTag; 6] = [
    PR_ENTRYID,
    queue_notes::PASSES,
    queue_notes::FAULTS,
    queue_notes::BEGUN,
    queue_notes::NEXT,
    queue_notes::ASIDE,
];

fn row(spooler: &Open) -> Row {
    query_all_rows(&*spooler.store.outgoing_queue().unwrap(), &COLUMNS).unwrap().remove(0)
}

fn submitted(world: &World) -> EntryId {
    let open = world.logon();
    let message = draft(&open, "mail");
    let id = entry_id(&*message);
    message.submit().unwrap();
    id
}

#[test]
fn notes_are_kept_with_the_unlock_and_go_with_the_row() {
    let world = World::new();
    let id = submitted(&world);
    let next = FileTime::from_unix_seconds(2_000_000_000);
    {
        let spooler = world.spooler();
        let message = spooler.try_message(&id, OpenFlags::MODIFY | OpenFlags::BEST_ACCESS).unwrap();
        spooler.store.set_lock_state(&*message, true).unwrap();
        let notes =
            QueueNotes { passes: 3, faults: 2, next: Some(next), aside: Some("why".into()), begun: 0 };
        spooler.store.rest_msg(&*message, &notes).unwrap();
    }
    let spooler = world.spooler();
    let kept = row(&spooler);
    assert_eq!((kept.long(queue_notes::PASSES), kept.long(queue_notes::FAULTS)), (Some(3), Some(2)));
    assert_eq!(kept.value(queue_notes::NEXT).and_then(|next| next.as_time()), Some(next));
    assert_eq!((kept.text(queue_notes::ASIDE), kept.long(queue_notes::BEGUN)), (Some("why"), None));
    // It is unlocked: the sender may take it back, and a new submit begins anew.
    let open = world.logon();
    open.store.abort_submit(&id).unwrap();
    open.message(&id).submit().unwrap();
    let anew = row(&spooler);
    assert_eq!((anew.long(queue_notes::PASSES), anew.text(queue_notes::ASIDE)), (None, None));
    let message = open.try_message(&id, OpenFlags::BEST_ACCESS).unwrap();
    let refused = open.store.rest_msg(&*message, &QueueNotes::default());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::NO_SUPPORT, "the spooler alone does that");
}

#[test]
fn spoolers_that_end_over_a_message_are_counted() {
    let world = World::new();
    let id = submitted(&world);
    for begun in 1..=3 {
        let spooler = world.spooler();
        let message = spooler.try_message(&id, OpenFlags::MODIFY | OpenFlags::BEST_ACCESS).unwrap();
        spooler.store.set_lock_state(&*message, true).unwrap();
        spooler.store.set_lock_state(&*message, true).unwrap();
        assert_eq!(row(&spooler).long(queue_notes::BEGUN), Some(begun), "one lock of one spooler");
    }
    let spooler = world.spooler();
    let message = spooler.try_message(&id, OpenFlags::MODIFY | OpenFlags::BEST_ACCESS).unwrap();
    spooler.store.set_lock_state(&*message, true).unwrap();
    spooler.store.set_lock_state(&*message, false).unwrap();
    assert_eq!(row(&spooler).long(queue_notes::BEGUN), None, "it lived to say so");
}
