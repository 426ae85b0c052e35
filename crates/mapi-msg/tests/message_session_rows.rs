//! IMessage on a storage, row by row of what is known of it: entry points, sessions, opening, closing,
//! transactions, methods, attributes, codes and streams. What other files test is only named here.
//!
//! | row | shown by |
//! |---|---|
//! | 1.1 every entry point | `ms_1_1_every_entry_point_answers` |
//! | 1.2 allocator | C: `lc_80_arguments_of_a_session` |
//! | 1.2 flags, unknown flags | `lc_80_a_session_refuses_what_it_does_not_know` |
//! | 1.2 purpose | `lc_79_closing_a_session_closes_its_messages_and_calls_each_callback_once` |
//! | 1.2 typical users | `ms_1_2_a_store_keeps_all_its_messages_in_one_session` |
//! | 1.3 creates or opens | `an_empty_storage_gives_an_empty_message` |
//! | 1.3 no session | `the_last_release_of_a_message_closes_it` |
//! | 1.3 allocators, IMalloc | C: `ms_1_3_allocators_come_from_the_program_or_its_support_object` |
//! | 1.3 mode of the storage | `the_mode_of_the_storage_decides` |
//! | 1.3 who releases the storage | `ms_1_3_the_message_holds_the_storage_until_it_ends` |
//! | 1.3 the storage of an attachment | `an_attachments_storage_can_hold_a_message_of_its_own` |
//! | 1.3 flags | `without_a_commit_the_file_is_not_changed` |
//! | 1.3 MAPI_UNICODE on an existing file | `the_flag_decides_the_width_of_a_new_message_and_the_file_that_of_its_own` |
//! | 1.3 support object: dialogs | `ms_1_3_a_support_object_shows_progress_and_may_stop_a_copy` |
//! | 1.3 support object: entry identifiers | `ms_1_3_a_support_object_makes_entry_identifiers_last` |
//! | 1.3 name space | `ms_1_3_whatever_is_made_begins_with_two_underscores` |
//! | 1.3 others' elements | `what_is_not_the_messages_survives_its_saves` |
//! | 1.4 called once, for the outermost message | `the_last_release_of_a_message_closes_it` |
//! | 1.4 once, whichever comes first | `a_message_released_before_its_session_is_closed_calls_back_once` |
//! | 1.5 closes | `everything_opened_through_a_message_ends_with_it` |
//! | 1.5 unsaved changes | `a_close_loses_what_was_not_saved_and_lets_go_of_the_storage` |
//! | 1.5 order in practice | `a_message_released_before_its_session_is_closed_calls_back_once` |
//! | 1.5 later calls, by their pointers | C: `ms_1_5_ended_objects_count_references_and_nothing_else` |
//! | 1.5 later calls, closing twice | `lc_79_closing_a_session_closes_its_messages_and_calls_each_callback_once` |
//! | 1.5 NULL and what is closed | C: `lc_79_closing_the_session_closes_its_messages` |
//! | 1.5 threads | `a_session_is_used_and_closed_from_several_threads` |
//! | 1.6.1 the root is transacted | `a_file_changes_at_the_commit_of_its_root_and_only_then` |
//! | 1.6.2 attachments | `an_attachment_is_in_the_message_after_its_save_and_in_the_table_after_both` |
//! | 1.6.3 embedded messages | `an_embedded_message_reaches_the_file_level_by_level` |
//! | 1.6.4 the commit of a save | `without_a_commit_the_file_is_not_changed` |
//! | 1.6.5 flags of a save | `the_flags_of_a_save_decide_what_stays_open` |
//! | 1.6.6 a failing save | `a_save_that_fails_anywhere_leaves_the_message_usable` |
//! | 1.6.7 a storage for reading | `nothing_can_be_changed_on_a_storage_open_for_reading` |
//! | 1.6.8 opened twice | `the_same_sub_object_opened_twice_is_one` |
//! | 1.6.9 many rows | `two_thousand_and_forty_eight_rows_are_the_most_that_outlook_opens` |
//! | 1.6.9 written once | `what_was_not_changed_is_not_written_again` |
//! | 1.6.10 an empty file | `ms_1_6_10_an_empty_storage_becomes_a_file_at_its_first_commit` |
//! | 1.7 properties, tables, attachments | `ms_1_7_every_supported_method_works` |
//! | 1.7 GetLastError | `ms_1_7_every_supported_method_works` |
//! | 1.7 SubmitMessage, SetReadFlag, store's identifiers | `calls_that_make_no_sense_in_a_file_answer_no_support` |
//! | 1.7 QueryInterface | C: `ms_1_7_the_interfaces_of_a_message_and_its_attachments` |
//! | 1.7 text of either width | `the_flag_decides_the_width_of_a_new_message_and_the_file_that_of_its_own` |
//! | 1.7 recipients and attachments are no properties | `ms_1_7_every_supported_method_works` |
//! | 1.7 DeleteAttach, numbers | `a_deleted_attachment_ends_and_its_number_is_not_given_again` |
//! | 1.7 OpenProperty of objects | `attachments_of_every_method_come_back` |
//! | 1.7 OpenProperty as IStreamDocfile | `ms_1_7_an_ole_object_opens_as_the_bytes_of_a_compound_file` |
//! | 1.7 OpenProperty, refused | `streams_that_cannot_be_are_refused` |
//! | 1.7 large values | `large_values_are_streams_that_are_kept_by_their_commit` |
//! | 1.7 ModifyRecipients | `recipients_are_added_modified_removed_and_replaced` |
//! | 1.7 CopyTo | `ms_1_7_copy_to_reports_what_the_other_message_computes` |
//! | 1.7 named properties of a copy | `a_message_is_copied_to_a_store_and_back` |
//! | 1.8 bits | `ms_1_8_each_bit_does_what_it_says` |
//! | 1.8 NOT_PRESENT, the cycle of a store | `attributes_are_those_that_the_file_has` |
//! | 1.8 objects that have none | C: `ms_1_7_the_interfaces_of_a_message_and_its_attachments` |
//! | 1.8 mandatory | `mandatory_properties_are_not_deleted` |
//! | 1.8 what Microsoft's message object marks | `ms_1_8_attributes_are_written_as_outlook_does` |
//! | 1.9 every code | `storage_codes_become_codes_of_mapi` |
//! | 1.10 flags | `ms_1_10_the_flags_say_where_a_storage_begins_and_what_it_may` |
//! | 1.10 who holds the stream | `ms_1_10_the_storage_holds_the_stream_until_it_is_let_go_of` |
//! | 1.10 storage or stream | `ms_1_10_one_property_is_a_storage_or_bytes` |
//! | 1.11 the two flows | `ms_1_11_the_two_flows` |
//!
//! What the C face alone has, pointers and allocators, is shown by C programs: `mapi32/tests/c/imessage.cpp`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags, StreamStorageFlags, TableFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Guid, Result};
use mapi_msg::{
    CLSID_MAIL_MESSAGE, DocStorage, MsgFile, MsgSession, OnStorage, OnStorageFlags, PROPATTR_MANDATORY,
    PROPATTR_READABLE, PROPATTR_WRITEABLE, SectorSize, attributes_on_storage, map_storage_scode,
    open_on_storage, set_attributes_on_storage, storage_from_stream,
};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::progress::Progress;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{Storage, StorageMode};
use mapi_spi::stream::PropStream;
use mapi_spi::support::Support;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use storages::*;

const READWRITE: SaveFlags = SaveFlags::KEEP_OPEN_READWRITE;

#[test]
fn every_row_names_a_test_that_exists() {
    let sources = [
        include_str!("message_session_rows.rs"),
        include_str!("message_sessions.rs"),
        include_str!("on_storage.rs"),
        include_str!("storage_properties.rs"),
        include_str!("transactions.rs"),
        include_str!("media.rs"),
    ];
    let c = include_str!("../../mapi32/tests/c/imessage.cpp");
    let rows: Vec<&str> = sources[0].lines().filter_map(|line| line.strip_prefix("//! | 1.")).collect();
    for row in &rows {
        let name = row.split('`').nth(1).unwrap_or_default();
        let is_there = match row.contains("| C: ") {
            // It is there and it is called.
            true => c.contains(&format!("static void {name}()")) && c.contains(&format!("\n    {name}();")),
            false => sources.iter().any(|source| source.contains(&format!("#[test]\nfn {name}()"))),
        };
        assert!(!name.is_empty() && is_there, "1.{row}");
    }
    for table in 1..=11 {
        let table = format!("{table}");
        assert!(rows.iter().any(|row| row.split([' ', '.']).next() == Some(&*table)), "1.{table}");
    }
}

#[test]
fn ms_1_1_every_entry_point_answers() {
    let session = MsgSession::open_with(OnStorageFlags::UNICODE).unwrap();
    let root: Arc<dyn Storage> = Arc::new(DocStorage::in_memory(SectorSize::Bytes512));
    let message = session.open_on_storage(root, OnStorage::default()).unwrap();
    let live = message.live().unwrap();
    set(&**live.object(), PR_SUBJECT, "x");
    assert_eq!(attributes_on_storage(&**live.object(), &[PR_SUBJECT]).unwrap(), [6]);
    assert_eq!(set_attributes_on_storage(&**live.object(), &[PR_SUBJECT], &[2]).unwrap(), []);
    drop(live);
    assert_eq!(map_storage_scode(0x8003_0005), Some(ErrorCode::NO_ACCESS));
    let stream: Arc<dyn PropStream> = Arc::new(ClientStream::default());
    assert!(storage_from_stream(stream, StreamStorageFlags::CREATE, 0).is_ok());
    assert_eq!(session.close().left_open.len(), 1);
}

#[test]
fn ms_1_2_a_store_keeps_all_its_messages_in_one_session() {
    const MESSAGES: usize = 300;
    let session = MsgSession::open();
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let handles: Vec<_> = (0..MESSAGES)
        .map(|number| {
            let storage = root.create_storage(&format!("{number}")).unwrap();
            session.open_on_storage(storage, unicode()).unwrap()
        })
        .collect();
    for (number, handle) in handles.iter().enumerate() {
        let live = handle.live().unwrap();
        set(&**live.object(), PR_SUBJECT, format!("{number}"));
        live.save_changes(READWRITE).unwrap();
    }
    let end = session.close();
    assert_eq!((end.opened, end.left_open.len()), (MESSAGES as u64, 100), "a hundred are named");
    assert!(handles.iter().all(|handle| code(handle.live()) == Some(ErrorCode::INVALID_OBJECT)));
    root.commit().unwrap();
    let last = root.open_storage("299").unwrap();
    assert_eq!(text(&*open_on_storage(last, unicode()).unwrap(), PR_SUBJECT), "299");
}

#[test]
fn ms_1_3_the_message_holds_the_storage_until_it_ends() {
    let storage: Arc<dyn Storage> = Arc::new(DocStorage::in_memory(SectorSize::Bytes512));
    let seen = Arc::downgrade(&storage);
    // Whoever opens lets go of the storage right after, as every caller does.
    let message = open_on_storage(storage, unicode()).unwrap();
    set(&*message, PR_SUBJECT, "x");
    message.save_changes(READWRITE).unwrap();
    assert!(seen.upgrade().is_some());
    drop(message);
    assert!(seen.upgrade().is_none(), "nobody holds it any more");
    // After an error nobody does either.
    let refused: Arc<dyn Storage> = Arc::new(DocStorage::in_memory(SectorSize::Bytes512));
    let seen = Arc::downgrade(&refused);
    let with = OnStorage { flags: OnStorageFlags(4), ..OnStorage::default() };
    assert_eq!(code(open_on_storage(refused, with)), Some(ErrorCode::UNKNOWN_FLAGS));
    assert!(seen.upgrade().is_none());
}

/// MAPI's side, which counts steps, stops where told, and knows what lasts of one short-term identifier.
#[derive(Default)]
struct Host {
    steps: Arc<Steps>,
}

#[derive(Default)]
struct Steps {
    seen: Mutex<Vec<(u64, u64)>>,
    stop_at: AtomicU64,
}

impl Progress for Steps {
    fn progress(&self, done: u64, total: u64) -> bool {
        self.seen.lock().unwrap().push((done, total));
        let stop_at = self.stop_at.load(Ordering::SeqCst);
        stop_at == 0 || done < stop_at
    }
}

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime::from_unix_seconds(1)
    }

    fn new_uid(&self) -> MapiUid {
        Guid([1; 16])
    }

    fn profile_section(&self, _uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        Err(Error::new(ErrorCode::NOT_FOUND, "Host", "no section"))
    }

    fn progress(&self) -> Option<Arc<dyn Progress>> {
        Some(self.steps.clone())
    }

    fn long_term_entry_id(&self, entry_id: &EntryId) -> Result<EntryId> {
        match entry_id.body() {
            b"ann" => Ok(EntryId::new(Guid([2; 16]), b"ann for good")),
            _ => Err(Error::new(ErrorCode::NOT_FOUND, "Host", "nobody")),
        }
    }
}

/// A message with three attachments, and the host that it was opened with.
fn with_host() -> (Arc<mapi_msg::StorageMessage>, Arc<Steps>) {
    let host = Host::default();
    let steps = Arc::clone(&host.steps);
    let with = OnStorage { support: Some(Arc::new(host)), ..unicode() };
    let message = open_on_storage(Arc::new(DocStorage::in_memory(SectorSize::Bytes512)), with).unwrap();
    for _ in 0..3 {
        message.create_attach().unwrap().1.save_changes(SaveFlags::NONE).unwrap();
    }
    (message, steps)
}

#[test]
fn ms_1_3_a_support_object_shows_progress_and_may_stop_a_copy() {
    let (message, steps) = with_host();
    let (_, target) = new_message();
    message.copy_to(None, &*target, false).unwrap();
    assert_eq!(*steps.seen.lock().unwrap(), [], "no dialog was asked for");
    message.copy_to(None, &*target, true).unwrap();
    assert_eq!(*steps.seen.lock().unwrap(), [(1, 4), (2, 4), (3, 4), (4, 4)]);
    steps.stop_at.store(2, Ordering::SeqCst);
    let (_, target) = new_message();
    assert_eq!(code(message.copy_to(None, &*target, true)), Some(ErrorCode::USER_CANCEL));
    assert_eq!(target.attachments().unwrap().len(), 1, "what was copied until then");
    steps.seen.lock().unwrap().clear();
    message.delete_attach_with(0, true).unwrap();
    assert_eq!((message.attachments().unwrap(), steps.seen.lock().unwrap().len()), (vec![1, 2], 2));
    // Without a support object nobody is asked, and the call is the same.
    let (_, alone) = new_message();
    alone.create_attach().unwrap().1.save_changes(SaveFlags::NONE).unwrap();
    alone.copy_to(None, &*new_message().1, true).unwrap();
    alone.delete_attach_with(0, true).unwrap();
    assert_eq!(code(alone.delete_attach_with(0, true)), Some(ErrorCode::NOT_FOUND));
}

#[test]
fn ms_1_3_a_support_object_makes_entry_identifiers_last() {
    let id = |flags: u8, body: &[u8]| {
        let mut bytes = EntryId::new(Guid([2; 16]), body).as_bytes().to_vec();
        bytes[0] = flags;
        bytes
    };
    let row = |entry_id: Vec<u8>| {
        let mut row = recipient("Ann");
        row.props.set(PR_ENTRYID, entry_id);
        row
    };
    let given = [id(0x87, b"ann"), id(0x87, b"bob"), id(0, b"ann")];
    let ids = |message: &dyn Message| -> Vec<Vec<u8>> {
        let rows: Vec<Recipient> = message.recipients().unwrap();
        rows.iter().map(|row| row.props.binary(PR_ENTRYID).unwrap().to_vec()).collect()
    };
    let (message, _) = with_host();
    message.modify_recipients(ModifyRecipients::Add, given.iter().cloned().map(row).collect()).unwrap();
    let lasting = EntryId::new(Guid([2; 16]), b"ann for good").as_bytes().to_vec();
    assert_eq!(ids(&*message), [lasting, given[1].clone(), given[2].clone()]);
    let (_, alone) = new_message();
    alone.modify_recipients(ModifyRecipients::Add, given.iter().cloned().map(row).collect()).unwrap();
    assert_eq!(ids(&*alone), given, "stored as given");
}

#[test]
fn ms_1_3_whatever_is_made_begins_with_two_underscores() {
    let (root, message) = new_message();
    everything_of(&*message);
    message.save_changes(READWRITE).unwrap();
    let mut waiting: Vec<Arc<dyn Storage>> = vec![Arc::new(root)];
    let mut seen = 0;
    while let Some(storage) = waiting.pop() {
        for name in names(&*storage) {
            assert!(name.starts_with("__"), "{name}");
            seen += 1;
            // What an OLE object is made of is its application's.
            waiting.extend(storage.open_storage(&name).ok().filter(|_| !name.ends_with("3701000D")));
        }
    }
    assert!(seen > 30, "{seen}");
}

/// A message with a value, a name, a recipient and an attachment of each kind.
fn everything_of(message: &dyn Message) {
    set(message, PR_SUBJECT, "RE: all");
    let name = NamedProp::text(Guid([9; 16]), "own");
    let id = message.ids(&[name], true).unwrap()[0].unwrap();
    set(message, PropTag::new(id, PropType::MV_UNICODE), PropValue::MvUnicode(vec!["a".into()]));
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann")]).unwrap();
    let attach = |fill: &dyn Fn(&dyn mapi_spi::attachment::Attachment)| {
        let (_, attachment) = message.create_attach().unwrap();
        fill(&*attachment);
        attachment.save_changes(SaveFlags::NONE).unwrap();
    };
    attach(&|one| set(one, PR_ATTACH_DATA_BIN, vec![1; 100]));
    attach(&|one| {
        let inner = one.open_message(true).unwrap();
        set(&*inner, PR_SUBJECT, "inner");
        inner.save_changes(SaveFlags::NONE).unwrap();
    });
    attach(&|one| {
        set(one, PR_ATTACH_METHOD, 6);
        let storage = one.open_storage(true).unwrap();
        storage.create_stream("CONTENTS").unwrap().write_at(0, b"ole").unwrap();
        storage.commit().unwrap();
    });
}

#[test]
fn ms_1_6_10_an_empty_storage_becomes_a_file_at_its_first_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.msg");
    let root = DocStorage::create_file(&path, SectorSize::Bytes512);
    assert!(!path.exists());
    root.commit().unwrap();
    assert!(std::fs::read(&path).unwrap().starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"));
    assert_eq!(names(&DocStorage::open_file(&path, StorageMode::Read).unwrap()), [""; 0]);
}

#[test]
fn ms_1_7_every_supported_method_works() {
    let (_, message) = new_message();
    everything_of(&*message);
    let object: &dyn MapiProp = &*message;
    assert_eq!(text(object, PR_SUBJECT), "RE: all");
    let tags = object.prop_list().unwrap();
    for table in [PR_MESSAGE_RECIPIENTS, PR_MESSAGE_ATTACHMENTS] {
        assert!(tags.iter().all(|tag| tag.id() != table.id()));
        let problems = object.set_props(&[Prop::new(table.with_type(PropType::LONG), 1)]).unwrap();
        assert_eq!(problems[0].code, ErrorCode::COMPUTED);
    }
    let named = tags.iter().copied().find(|tag| tag.is_named()).unwrap();
    let name = object.names(&[named.id()]).unwrap().remove(0).unwrap();
    assert_eq!(object.ids(&[name], false).unwrap(), [Some(named.id())]);
    assert_eq!(object.delete_props(&[named]).unwrap(), []);
    assert_eq!(object.open_stream(PR_SUBJECT, StreamFlags::NONE).unwrap().len().unwrap(), 7);
    let (_, other) = new_message();
    mapi_spi::copy::copy_props(object, &*other, &[]).unwrap();
    assert_eq!(text(&*other, PR_SUBJECT), "RE: all");
    assert_eq!(message.copy_to(Some(&[PR_SUBJECT]), &*other, false).unwrap(), []);
    assert_eq!(message.attachment_table(TableFlags::NONE).unwrap().row_count().unwrap(), 0);
    assert_eq!(message.recipient_table(TableFlags::NONE).unwrap().row_count().unwrap(), 1);
    message.delete_attach(0).unwrap();
    object.save_changes(READWRITE).unwrap();
    assert_eq!(message.attachment_table(TableFlags::NONE).unwrap().row_count().unwrap(), 2);
    let attachment = message.open_attach(1, OpenFlags::MODIFY).unwrap();
    let as_props: &dyn MapiProp = &*attachment;
    assert_eq!(text(as_props, PR_ATTACH_LONG_FILENAME), "");
    // Every call answers its own error: none is kept for later.
    assert!(code(message.open_attach(77, OpenFlags::NONE)).is_some() && object.last_error().is_none());
}

#[test]
fn ms_1_7_an_ole_object_opens_as_the_bytes_of_a_compound_file() {
    let (root, message) = new_message();
    everything_of(&*message);
    message.save_changes(READWRITE).unwrap();
    let message = again(&root);
    let attachment = message.open_attach(2, OpenFlags::MODIFY).unwrap();
    let stream = attachment.open_docfile(false).unwrap();
    let held = DocStorage::open_bytes(bytes(Arc::clone(&stream)), StorageMode::Read).unwrap();
    assert_eq!(bytes(held.open_stream("CONTENTS").unwrap()), b"ole");
    assert!(Arc::ptr_eq(&stream, &attachment.open_docfile(true).unwrap()), "opened twice it is one");
    // Another compound file takes the place of the object at the commit of the stream.
    let new = DocStorage::in_memory(SectorSize::Bytes512);
    new.create_stream("other").unwrap().write_at(0, b"new").unwrap();
    new.commit().unwrap();
    let new = new.to_bytes().unwrap();
    stream.set_len(0).unwrap();
    stream.write_at(0, &new).unwrap();
    assert_eq!(names(&*attachment.open_storage(false).unwrap()), ["CONTENTS"], "not yet");
    stream.commit().unwrap();
    assert_eq!(names(&*attachment.open_storage(false).unwrap()), ["other"]);
    stream.write_at(0, b"no compound file").unwrap();
    assert_eq!(code(stream.commit()), Some(ErrorCode::CORRUPT_DATA));
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(READWRITE).unwrap();
    let by_value = message.open_attach(0, OpenFlags::MODIFY).unwrap();
    assert_eq!(code(by_value.open_docfile(false)), Some(ErrorCode::NOT_FOUND));
    drop((stream, attachment));
    let read = message.open_attach(2, OpenFlags::NONE).unwrap();
    assert_eq!(names(&*read.open_storage(false).unwrap()), ["other"]);
    assert_eq!(code(read.open_docfile(true)), Some(ErrorCode::NO_ACCESS));
    let stream = read.open_docfile(false).unwrap();
    assert_eq!(code(stream.write_at(0, b"x")), Some(ErrorCode::NO_ACCESS));
    message.delete_attach(2).unwrap();
    assert_eq!(code(stream.len()), Some(ErrorCode::INVALID_OBJECT));
}

#[test]
fn ms_1_7_copy_to_reports_what_the_other_message_computes() {
    let (_, message) = new_message();
    everything_of(&*message);
    message.save_changes(READWRITE).unwrap();
    let (root, target) = new_message();
    for exclude in [&[][..], &[PropTag(1)]] {
        assert_eq!(code(message.copy_to(Some(exclude), &*target, false)), Some(ErrorCode::INVALID_PARAMETER));
    }
    assert_eq!(code(message.copy_to(None, &*message, false)), Some(ErrorCode::NO_ACCESS));
    let problems = message.copy_to(Some(&[PR_SUBJECT_PREFIX]), &*target, false).unwrap();
    let computed: Vec<PropTag> = problems.iter().map(|problem| problem.tag).collect();
    assert!(problems.iter().all(|problem| problem.code == ErrorCode::COMPUTED));
    for tag in [PR_DISPLAY_TO, PR_HASATTACH, PR_NORMALIZED_SUBJECT, PR_STORE_SUPPORT_MASK] {
        assert!(computed.contains(&tag), "{tag}: {computed:?}");
    }
    set(&*target, PR_SUBJECT, "no prefix");
    target.save_changes(READWRITE).unwrap();
    let written = object(&root);
    assert_eq!((written.recipients.len(), written.attachments.len()), (1, 3));
    assert_eq!(written.text(PR_NORMALIZED_SUBJECT), Some("no prefix"), "made anew, not copied");
}

#[test]
fn ms_1_8_each_bit_does_what_it_says() {
    let (_, message) = new_message();
    set(&*message, PR_SUBJECT, "x");
    let set_bits = |bits: u32| {
        assert_eq!(set_attributes_on_storage(&*message, &[PR_SUBJECT], &[bits]).unwrap(), []);
    };
    let refusal = || message.set_props(&[Prop::new(PR_SUBJECT, "y")]).unwrap().first().map(|one| one.code);
    let kept = || message.delete_props(&[PR_SUBJECT]).unwrap().first().map(|one| one.code);
    set_bits(PROPATTR_READABLE);
    assert_eq!((refusal(), kept()), (Some(ErrorCode::COMPUTED), Some(ErrorCode::COMPUTED)));
    // Other writers leave the bit for reading out: what is there is read.
    set_bits(PROPATTR_WRITEABLE);
    assert_eq!((refusal(), text(&*message, PR_SUBJECT)), (None, "y".to_owned()));
    set_bits(PROPATTR_MANDATORY | PROPATTR_READABLE | PROPATTR_WRITEABLE);
    assert_eq!((refusal(), kept()), (None, Some(ErrorCode::NO_ACCESS)));
    set_bits(PROPATTR_READABLE | PROPATTR_WRITEABLE);
    assert_eq!(kept(), None);
}

/// The attribute bits of every entry in a property stream, as they lie in the file.
fn bits(storage: &dyn Storage, header: usize) -> Vec<(u16, u32)> {
    let stream = bytes(storage.open_stream("__properties_version1.0").unwrap());
    let word = |entry: &[u8], at: usize| u32::from_le_bytes(entry[at..at + 4].try_into().unwrap());
    stream[header..].chunks(16).map(|entry| ((word(entry, 0) >> 16) as u16, word(entry, 4))).collect()
}

#[test]
fn ms_1_8_attributes_are_written_as_outlook_does() {
    let (root, message) = new_message();
    everything_of(&*message);
    message.save_changes(READWRITE).unwrap();
    let attachment = root.open_storage("__attach_version1.0_#00000001").unwrap();
    let embedded = attachment.open_storage("__substg1.0_3701000D").unwrap();
    let read_only = [0x3007, 0x3008, 0x0FF7, 0x0FF4, 0x340D, 0x0E02, 0x0E03, 0x0E04, 0x0E1D, 0x0E1B];
    for (storage, header) in [(Arc::new(root.clone()) as Arc<dyn Storage>, 32), (embedded, 24)] {
        let all = bits(&*storage, header);
        assert!(all.iter().any(|(id, _)| *id == 0x340D) && all.iter().any(|(id, _)| *id == 0x0E1D));
        for (id, bits) in all {
            assert_eq!(bits, if read_only.contains(&id) { 2 } else { 6 }, "{id:04X}");
        }
    }
    let of_attachment = bits(&*attachment, 8);
    assert!(of_attachment.len() >= 8);
    for (id, bits) in of_attachment {
        let expect = match id {
            0x3705 | 0x370B => 7,
            0x0E21 | 0x0FF9 | 0x0FFE | 0x0FF4 | 0x0FF7 | 0x340D => 2,
            _ => 6,
        };
        assert_eq!(bits, expect, "{id:04X}");
    }
    let row = root.open_storage("__recip_version1.0_#00000000").unwrap();
    assert!(bits(&*row, 8).iter().all(|(_, bits)| *bits == 6));
}

/// A client's stream.
#[derive(Default)]
struct ClientStream(Mutex<Vec<u8>>);

impl PropStream for ClientStream {
    fn len(&self) -> Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        PropStream::read_at(&*self.0.lock().unwrap(), offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let mut held = self.0.lock().unwrap();
        let end = offset as usize + bytes.len();
        let len = held.len().max(end);
        held.resize(len, 0);
        held[offset as usize..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.0.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn ms_1_10_the_flags_say_where_a_storage_begins_and_what_it_may() {
    use StreamStorageFlags as Flags;
    let stream: Arc<dyn PropStream> = Arc::new(ClientStream::default());
    stream.write_at(0, b"before").unwrap();
    let open = |flags| storage_from_stream(Arc::clone(&stream), flags, 6);
    for unknown in [1, 4, 0x2000_0000] {
        assert_eq!(code(open(Flags(unknown))), Some(ErrorCode::UNKNOWN_FLAGS));
    }
    let new = open(Flags::CREATE | Flags::CURRENT).unwrap();
    assert!(new.stat().unwrap().transacted);
    new.create_stream("s").unwrap().write_at(0, b"1").unwrap();
    new.commit().unwrap();
    assert!(bytes(Arc::clone(&stream)).starts_with(b"before\xD0\xCF"));
    // Reset: for reading, over the stream from its first byte, wherever it stands.
    assert_eq!(code(open(Flags::NONE)), Some(ErrorCode::CORRUPT_DATA));
    let reading = open(Flags::CURRENT).unwrap();
    assert_eq!(
        (reading.stat().unwrap().mode, code(reading.create_stream("x"))),
        (StorageMode::Read, Some(ErrorCode::NO_ACCESS))
    );
    let writing = open(Flags::MODIFY | Flags::CURRENT).unwrap();
    assert_eq!(names(&writing), ["s"]);
    writing.remove("s").unwrap();
    writing.commit().unwrap();
    assert_eq!(names(&open(Flags::CURRENT).unwrap()), [""; 0]);
    open(Flags::CREATE).unwrap().commit().unwrap();
    assert_eq!(names(&open(Flags::NONE).unwrap()), [""; 0]);
}

#[test]
fn ms_1_10_the_storage_holds_the_stream_until_it_is_let_go_of() {
    let stream: Arc<dyn PropStream> = Arc::new(ClientStream::default());
    let seen = Arc::downgrade(&stream);
    let storage = storage_from_stream(stream, StreamStorageFlags::CREATE, 0).unwrap();
    let inner = storage.create_storage("inner").unwrap();
    drop(storage);
    assert!(seen.upgrade().is_some(), "what is open in it holds it");
    drop(inner);
    assert!(seen.upgrade().is_none());
}

#[test]
fn ms_1_10_one_property_is_a_storage_or_bytes() {
    let (_, message) = new_message();
    everything_of(&*message);
    let ole = message.open_attach(2, OpenFlags::MODIFY).unwrap();
    let bin = |flags| code(ole.open_stream(PR_ATTACH_DATA_BIN, flags));
    assert_eq!(bin(StreamFlags::NONE), Some(ErrorCode::NOT_FOUND));
    assert!(ole.open_docfile(false).is_ok(), "but as a compound file's bytes");
    let by_value = message.open_attach(0, OpenFlags::MODIFY).unwrap();
    assert_eq!(code(by_value.open_storage(false)), Some(ErrorCode::NOT_FOUND));
}

#[test]
fn ms_1_11_the_two_flows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.msg");
    let source = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    // Read: the storage is let go of at once, then the message is used and released.
    let storage = DocStorage::open_file(&source, StorageMode::Read).unwrap();
    let read = open_on_storage(Arc::new(storage), OnStorage::default()).unwrap();
    // Write: a new file, its class, a copy, a save, and a commit that changes nothing more.
    let root = DocStorage::create_file(&path, SectorSize::Bytes4096);
    let written = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    root.set_class_id(CLSID_MAIL_MESSAGE).unwrap();
    read.copy_to(Some(&[PR_BODY, PR_RTF_SYNC_BODY_CRC]), &*written, false).unwrap();
    written.save_changes(READWRITE).unwrap();
    let saved = std::fs::read(&path).unwrap();
    root.commit().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), saved);
    drop((written, root, read));
    let file = MsgFile::open(&path).unwrap();
    let message = file.message().unwrap();
    assert_eq!(message.properties().text(PR_SUBJECT), Some("Welcome to OpenMAPI"));
    assert_eq!(message.attachment_count(), 2);
    assert!(
        message.properties().text(PR_BODY).is_some_and(|text| text.contains("Welcome")),
        "made of the RTF"
    );
    assert_eq!(file.check().unwrap().problems, []);
}
