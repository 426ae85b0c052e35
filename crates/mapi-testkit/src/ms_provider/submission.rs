//! The outgoing queue: submit, abort, lock, finish.
//!
//! # Source
//! IMessage::SubmitMessage, IMsgStore::AbortSubmit, SetLockState, FinishedMsg, GetOutgoingQueue.

use super::*;
use crate::support::Asked;
use mapi_defs::flags::FolderFlags;
use mapi_defs::recipient::SUBMITTED;
use mapi_spi::progress::NoProgress;
use mapi_spi::table::MapiTable;
use std::time::Duration;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("submitted_messages_are_queued", submitted_messages_are_queued),
    ("unsaved_changes_are_submitted_too", unsaved_changes_are_submitted_too),
    ("a_message_without_recipients_stays_open", a_message_without_recipients_stays_open),
    ("a_refused_submit_leaves_the_message_alone", a_refused_submit_leaves_the_message_alone),
    ("submitting_ends_the_message_and_what_it_opened", submitting_ends_the_message_and_what_it_opened),
    ("queued_messages_are_read_only_to_clients", queued_messages_are_read_only_to_clients),
    ("served_recipients_of_a_resent_message_stay_served", served_recipients_of_a_resent_message_stay_served),
    ("aborted_messages_are_drafts_again", aborted_messages_are_drafts_again),
    ("locked_messages_belong_to_the_spooler", locked_messages_belong_to_the_spooler),
    ("locks_end_with_their_spooler", locks_end_with_their_spooler),
    ("finished_messages_stay_move_or_go", finished_messages_stay_move_or_go),
    ("a_missing_sent_folder_keeps_the_message", a_missing_sent_folder_keeps_the_message),
    ("queue_calls_are_the_spoolers", queue_calls_are_the_spoolers),
    ("the_queue_survives_its_logons", the_queue_survives_its_logons),
    ("preprocessed_messages_are_submitted_twice", preprocessed_messages_are_submitted_twice),
];

const COLUMNS: [PropTag; 5] =
    [PR_ENTRYID, PR_SUBJECT, PR_SUBMIT_FLAGS, PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_FLAGS];

fn queue(spooler: &Open) -> Vec<Row> {
    query_all_rows(&*spooler.store.outgoing_queue().unwrap(), &COLUMNS).unwrap()
}

fn queued(spooler: &Open) -> Vec<String> {
    queue(spooler).iter().map(|row| row.text(PR_SUBJECT).unwrap().to_owned()).collect()
}

fn flags(open: &Open, id: &EntryId) -> i32 {
    long(&*open.try_message(id, OpenFlags::NONE).unwrap(), PR_MESSAGE_FLAGS)
}

/// Submits a message to Ann and returns its identifier.
fn submit(open: &Open, subject: &str) -> EntryId {
    let (message, id) = create_mail(open, subject);
    message.submit().unwrap();
    id
}

/// In the order of submission, with the time and the flags of a queued message.
pub fn submitted_messages_are_queued(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let table = spooler.store.outgoing_queue().unwrap();
    let (later, _) = create_mail(&open, "second");
    let first = submit(&open, "first");
    fixture.clock.advance(Duration::from_secs(5));
    later.submit().unwrap();
    let rows = query_all_rows(&*table, &COLUMNS).unwrap();
    assert_eq!(rows.iter().map(|row| row.text(PR_SUBJECT).unwrap()).collect::<Vec<_>>(), ["first", "second"]);
    assert!(EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap()) == first);
    assert_eq!(rows[0].long(PR_SUBMIT_FLAGS), Some(0));
    let time = |row: &Row| row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).unwrap();
    assert_eq!(time(&rows[1]).since(time(&rows[0])), Duration::from_secs(5), "the support object's clock");
    for row in &rows {
        assert_eq!(row.long(PR_MESSAGE_FLAGS).unwrap() & 0xC, 0xC, "MSGFLAG_SUBMIT and MSGFLAG_UNSENT");
    }
    let message = spooler.message(&first);
    assert!(
        message.recipients().unwrap().iter().all(|row| row.props.boolean(PR_RESPONSIBILITY) == Some(false))
    );
    let asked = open.support.asked();
    assert!(asked.contains(&Asked::ExpandRecips), "lists are expanded: {asked:?}");
    assert!(asked.iter().any(|one| matches!(one, Asked::Spooler(_))), "the spooler is woken: {asked:?}");
    assert_eq!(subjects(&*open.outbox()), ["first", "second"], "still in the folder");
}

/// SubmitMessage saves.
pub fn unsaved_changes_are_submitted_too(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let message = open.outbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "never saved before");
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    message.submit().unwrap();
    assert_eq!(queued(&spooler), ["never saved before"]);
    let id = EntryId::from_bytes(queue(&spooler)[0].binary(PR_ENTRYID).unwrap());
    assert_eq!(spooler.message(&id).recipients().unwrap()[0].display_name(), Some("Ann"));
}

/// NO_RECIPIENTS.
pub fn a_message_without_recipients_stays_open(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let id = create_message(&*open.outbox(), "to nobody");
    let message = open.message(&id);
    assert_eq!(code(message.submit()), ErrorCode::NO_RECIPIENTS);
    assert!(queued(&spooler).is_empty());
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    message.submit().unwrap();
    assert_eq!(queued(&spooler), ["to nobody"]);
}

/// An error of PrepareSubmit is the answer, and a message open for reading is not sent.
pub fn a_refused_submit_leaves_the_message_alone(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let (message, id) = create_mail(&open, "mail");
    open.support.refuse_submits(Some(ErrorCode::NOT_ENOUGH_RESOURCES));
    let refused = message.submit();
    open.support.refuse_submits(None);
    let reading = open.try_message(&id, OpenFlags::NONE).unwrap();
    assert_eq!(code(reading.submit()), ErrorCode::NO_ACCESS);
    if !open.support.asked().contains(&Asked::PrepareSubmit) {
        // A store may prepare resent messages alone.
        refused.unwrap();
        return;
    }
    assert_eq!(code(refused), ErrorCode::NOT_ENOUGH_RESOURCES);
    assert!(queued(&spooler).is_empty());
    assert_eq!(flags(&open, &id) & 0x4, 0, "not submitted");
    assert_eq!(text(&*message, PR_SUBJECT), "mail", "still open");
    message.submit().unwrap();
    assert_eq!(queued(&spooler), ["mail"]);
}

/// After success everything opened through the message is invalid.
pub fn submitting_ends_the_message_and_what_it_opened(make: Make<'_>) {
    let open = make().open();
    let (message, id) = create_mail(&open, "mail");
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![1]);
    save(&*attachment);
    let stream = attachment.open_stream(PR_ATTACH_DATA_BIN, mapi_defs::flags::StreamFlags::NONE).unwrap();
    let inner = message.create_attach().unwrap().1.open_message(true).unwrap();
    message.submit().unwrap();
    assert_eq!(code(message.props(None)), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(message.recipients()), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(message.submit()), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(attachment.prop_list()), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(stream.len()), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(inner.attachments()), ErrorCode::INVALID_OBJECT);
    assert_eq!(text(&*open.try_message(&id, OpenFlags::NONE).unwrap(), PR_SUBJECT), "mail");
    assert!(open.outbox().create_message(false).is_ok(), "the logon lives on");
}

/// SUBMITTED for writing, a reader for BEST_ACCESS.
pub fn queued_messages_are_read_only_to_clients(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let id = submit(&open, "mail");
    assert_eq!(code(open.try_message(&id, OpenFlags::MODIFY)), ErrorCode::SUBMITTED);
    let reader = open.try_message(&id, OpenFlags::BEST_ACCESS).unwrap();
    assert_eq!(text(&*reader, PR_SUBJECT), "mail");
    assert_eq!(code(reader.set_props(&[Prop::new(PR_SUBJECT, "x")])), ErrorCode::NO_ACCESS);
    assert_eq!(code(reader.submit()), ErrorCode::NO_ACCESS);
    let (other, other_id) = create_mail(&open, "open twice");
    let late = open.message(&other_id);
    other.submit().unwrap();
    set(&*late, PR_SUBJECT, "too late");
    assert!(late.save_changes(SaveFlags::KEEP_OPEN_READWRITE).is_err());
    assert!(late.save_changes(SaveFlags::FORCE_SAVE | SaveFlags::KEEP_OPEN_READWRITE).is_err());
    assert!(late.submit().is_err(), "submitted once");
    assert_eq!(queued(&spooler), ["mail", "open twice"]);
    open.store.abort_submit(&other_id).unwrap();
    let outbox = open.outbox();
    let ids = std::slice::from_ref(&id);
    let moved = outbox.copy_messages(ids, &*open.inbox(), FolderFlags::MOVE, &NoProgress);
    assert!(moved.is_err() || moved.is_ok_and(|(completion, _)| completion.done == 0), "not moved");
    let deleted = outbox.delete_messages(ids, FolderFlags::NONE, &NoProgress);
    assert!(deleted.is_err() || deleted.is_ok_and(|completion| completion.done == 0), "not deleted");
    assert_eq!(queued(&spooler), ["mail"]);
}

/// MAPI_SUBMITTED marks those who have the message already.
pub fn served_recipients_of_a_resent_message_stay_served(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let message = open.outbox().create_message(false).unwrap();
    set(&*message, PR_MESSAGE_FLAGS, 0x88);
    let mut served = recipient("Ann", RecipientType::To);
    served.props.set(PR_RECIPIENT_TYPE, (SUBMITTED | 1).cast_signed());
    let rows = vec![served, recipient("Bob", RecipientType::Cc)];
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    save(&*message);
    let id = entry_id(&*message);
    message.submit().unwrap();
    let asked = open.support.asked();
    assert!(asked.contains(&Asked::PrepareSubmit), "a resent message is prepared: {asked:?}");
    let rows = spooler.message(&id).recipients().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].props.boolean(PR_RESPONSIBILITY), Some(false), "Bob is waiting for it");
}

/// AbortSubmit, once.
pub fn aborted_messages_are_drafts_again(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let (id, other) = (submit(&open, "mail"), submit(&open, "other"));
    open.store.abort_submit(&id).unwrap();
    assert_eq!(queued(&spooler), ["other"]);
    assert_eq!(flags(&open, &id) & 0xC, 0x8, "MSGFLAG_SUBMIT is gone, MSGFLAG_UNSENT stays");
    assert_eq!(code(open.store.abort_submit(&id)), ErrorCode::NOT_IN_QUEUE);
    let message = open.message(&id);
    set(&*message, PR_SUBJECT, "mail, again");
    message.submit().unwrap();
    assert_eq!(queued(&spooler), ["other", "mail, again"], "behind what was submitted before");
    open.store.abort_submit(&other).unwrap();
    assert_eq!(queued(&spooler), ["mail, again"]);
}

/// SetLockState saves, and keeps clients out.
pub fn locked_messages_belong_to_the_spooler(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let id = submit(&open, "mail");
    let message = spooler.message(&id);
    let mut rows = message.recipients().unwrap();
    rows[0].props.set(PR_RESPONSIBILITY, true);
    message.modify_recipients(ModifyRecipients::Modify, rows).unwrap();
    spooler.store.set_lock_state(&*message, true).unwrap();
    spooler.store.set_lock_state(&*message, true).unwrap();
    assert_eq!(queue(&spooler)[0].long(PR_SUBMIT_FLAGS), Some(1), "SUBMITFLAG_LOCKED");
    assert_eq!(code(open.store.abort_submit(&id)), ErrorCode::UNABLE_TO_ABORT);
    for flags in [OpenFlags::NONE, OpenFlags::BEST_ACCESS] {
        assert_eq!(code(open.try_message(&id, flags)), ErrorCode::NO_ACCESS);
    }
    spooler.store.set_lock_state(&*message, false).unwrap();
    assert_eq!(queue(&spooler)[0].long(PR_SUBMIT_FLAGS), Some(0));
    let reader = open.try_message(&id, OpenFlags::NONE).unwrap();
    assert!(reader.recipients().unwrap()[0].is_taken(), "the lock saved what was pending");
    open.store.abort_submit(&id).unwrap();
    assert_eq!(code(spooler.store.set_lock_state(&*message, true)), ErrorCode::NOT_IN_QUEUE);
}

/// A lock is not durable: it ends once the next spooler locks a message, and not by its looking.
pub fn locks_end_with_their_spooler(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let id = submit(&open, "mail");
    let next = submit(&open, "next");
    {
        let spooler = fixture.open_as_spooler();
        let message = spooler.message(&id);
        spooler.store.set_lock_state(&*message, true).unwrap();
        assert_eq!(code(open.store.abort_submit(&id)), ErrorCode::UNABLE_TO_ABORT);
    }
    let spooler = fixture.open_as_spooler();
    assert_eq!(queue(&spooler)[0].long(PR_SUBMIT_FLAGS), Some(1), "looking changes nothing");
    spooler.store.set_lock_state(&*spooler.message(&next), true).unwrap();
    assert_eq!(queue(&spooler)[0].long(PR_SUBMIT_FLAGS), Some(0), "the older lock has ended");
    open.store.abort_submit(&id).unwrap();
}

/// FinishedMsg, for each of PR_SENTMAIL_ENTRYID × PR_DELETE_AFTER_SUBMIT.
pub fn finished_messages_stay_move_or_go(make: Make<'_>) {
    for (has_folder, deletes) in [(false, false), (true, false), (false, true), (true, true)] {
        let fixture = make();
        let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
        let (message, id) = create_mail(&open, "mail");
        let sent = open.folder_by(PR_IPM_SENTMAIL_ENTRYID);
        if has_folder {
            set(&*message, PR_SENTMAIL_ENTRYID, entry_id(&*sent).as_bytes().to_vec());
        }
        if deletes {
            set(&*message, PR_DELETE_AFTER_SUBMIT, true);
        }
        message.submit().unwrap();
        let locked = spooler.message(&id);
        spooler.store.set_lock_state(&*locked, true).unwrap();
        drop(locked);
        spooler.store.finished_msg(&id).unwrap();
        let case = format!("sent folder {has_folder}, delete {deletes}");
        assert!(queued(&spooler).is_empty(), "{case}");
        assert_eq!(code(spooler.store.finished_msg(&id)), ErrorCode::NOT_IN_QUEUE, "{case}");
        assert_eq!(code(open.store.abort_submit(&id)), ErrorCode::NOT_IN_QUEUE, "{case}");
        let stays = !has_folder && !deletes;
        assert_eq!(subjects(&*open.outbox()).len(), usize::from(stays), "{case}");
        assert_eq!(subjects(&*sent).len(), usize::from(has_folder), "{case}");
        let kept = if has_folder { &sent } else { &open.outbox() };
        for row in contents(&**kept, TableFlags::NONE, &[PR_ENTRYID, PR_MESSAGE_FLAGS]) {
            assert_eq!(row.long(PR_MESSAGE_FLAGS).unwrap() & 0xC, 0, "neither queued nor unsent: {case}");
            let kept = open.message(&EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap()));
            assert_eq!(text(&*kept, PR_SUBJECT), "mail", "and open for writing again");
        }
        if !deletes {
            assert_eq!(flags(&open, &id) & 0xC, 0, "the identifier stays: {case}");
        }
    }
}

/// A folder that is gone meanwhile is no reason to lose the message.
pub fn a_missing_sent_folder_keeps_the_message(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    let (message, id) = create_mail(&open, "mail");
    let folder = open.new_folder("Sent elsewhere");
    set(&*message, PR_SENTMAIL_ENTRYID, entry_id(&*folder).as_bytes().to_vec());
    message.submit().unwrap();
    let above = open.folder_by(PR_IPM_SUBTREE_ENTRYID);
    above.delete_folder(&entry_id(&*folder), FolderFlags::HARD_DELETE, &NoProgress).unwrap();
    spooler.store.set_lock_state(&*spooler.message(&id), true).unwrap();
    spooler.store.finished_msg(&id).unwrap();
    assert!(queued(&spooler).is_empty());
    assert_eq!(flags(&open, &id) & 0xC, 0);
}

/// NO_SUPPORT for everybody else.
pub fn queue_calls_are_the_spoolers(make: Make<'_>) {
    let open = make().open();
    let id = submit(&open, "mail");
    let reader = open.try_message(&id, OpenFlags::NONE).unwrap();
    assert_eq!(code(open.store.outgoing_queue()), ErrorCode::NO_SUPPORT);
    assert_eq!(code(open.store.set_lock_state(&*reader, true)), ErrorCode::NO_SUPPORT);
    assert_eq!(code(open.store.finished_msg(&id)), ErrorCode::NO_SUPPORT);
}

/// What was submitted is queued until it is finished, whoever comes and goes.
pub fn the_queue_survives_its_logons(make: Make<'_>) {
    let fixture = make();
    let ids: Vec<EntryId> = {
        let open = fixture.open();
        ["one", "two", "three"].iter().map(|subject| submit(&open, subject)).collect()
    };
    {
        let spooler = fixture.open_as_spooler();
        let table: Arc<dyn MapiTable> = spooler.store.outgoing_queue().unwrap();
        spooler.store.set_lock_state(&*spooler.message(&ids[0]), true).unwrap();
        spooler.store.finished_msg(&ids[0]).unwrap();
        assert_eq!(table.row_count().unwrap(), 2, "an open queue follows");
    }
    assert_eq!(queued(&fixture.open_as_spooler()), ["two", "three"]);
}

/// SUBMITFLAG_PREPROCESS, until the spooler submits the message again.
pub fn preprocessed_messages_are_submitted_twice(make: Make<'_>) {
    let fixture = make();
    let (open, spooler) = (fixture.open(), fixture.open_as_spooler());
    open.support.want_preprocessing(true);
    let id = submit(&open, "mail");
    assert_eq!(queue(&spooler)[0].long(PR_SUBMIT_FLAGS), Some(2));
    let message = spooler.message(&id);
    spooler.store.set_lock_state(&*message, true).unwrap();
    set(&*message, PR_SUBJECT, "processed");
    message.submit().unwrap();
    let rows = queue(&spooler);
    assert_eq!((rows.len(), rows[0].text(PR_SUBJECT)), (1, Some("processed")));
    assert_eq!(rows[0].long(PR_SUBMIT_FLAGS).unwrap() & 2, 0, "preprocessed once");
}
