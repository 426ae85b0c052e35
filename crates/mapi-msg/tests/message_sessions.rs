//! Message sessions over messages on storages: what a close ends, and that it happens once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::ErrorCode;
use mapi_defs::flags::{OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, PropTag, PropType, PropValue};
use mapi_msg::{
    DocStorage, MsgSession, OnStorage, OnStorageFlags, SectorSize, attributes_on_storage, open_on_storage,
};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{Storage, StorageMode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use storages::*;

/// What counts the calls of a release callback.
fn counted(calls: &Arc<AtomicU32>) -> OnStorage {
    let calls = Arc::clone(calls);
    let on_release = move || {
        calls.fetch_add(1, Ordering::SeqCst);
    };
    OnStorage { on_release: Some(Box::new(on_release)), ..unicode() }
}

fn storage() -> Arc<dyn Storage> {
    Arc::new(DocStorage::in_memory(SectorSize::Bytes512))
}

fn refuses_props(object: &dyn MapiProp) {
    let gone = Some(ErrorCode::INVALID_OBJECT);
    assert_eq!(code(object.props(None)), gone);
    assert_eq!(code(object.props(Some(&[PR_SUBJECT]))), gone);
    assert_eq!(code(object.prop_list()), gone);
    assert_eq!(code(object.set_props(&[])), gone);
    assert_eq!(code(object.delete_props(&[])), gone);
    assert_eq!(code(object.open_stream(PR_BODY, StreamFlags::NONE)), gone);
    assert_eq!(code(object.save_changes(SaveFlags::NONE)), gone);
    assert_eq!(code(object.names(&[0x8000])), gone);
    assert_eq!(code(object.ids(&[], false)), gone);
    assert_eq!(code(attributes_on_storage(object, &[PR_SUBJECT])), gone);
}

fn refuses_message(message: &dyn Message) {
    let gone = Some(ErrorCode::INVALID_OBJECT);
    refuses_props(message);
    assert_eq!(code(message.recipients()), gone);
    assert_eq!(code(message.modify_recipients(ModifyRecipients::Add, Vec::new())), gone);
    assert_eq!(code(message.recipient_table(TableFlags::NONE)), gone);
    assert_eq!(code(message.attachments()), gone);
    assert_eq!(code(message.attachment_table(TableFlags::NONE)), gone);
    assert_eq!(code(message.open_attach(0, OpenFlags::NONE)), gone);
    assert_eq!(code(message.create_attach()), gone);
    assert_eq!(code(message.delete_attach(0)), gone);
    assert_eq!(code(message.submit()), gone);
    assert_eq!(code(message.set_read_flag(ReadFlags::NONE)), gone);
}

fn refuses_attachment(attachment: &dyn Attachment) {
    refuses_props(attachment);
    assert_eq!(code(attachment.open_message(true)), Some(ErrorCode::INVALID_OBJECT));
    assert_eq!(code(attachment.open_storage(true)), Some(ErrorCode::INVALID_OBJECT));
}

#[test]
fn lc_79_closing_a_session_closes_its_messages_and_calls_each_callback_once() {
    let session = MsgSession::open();
    let calls = [Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0))];
    let first = session.open_on_storage(storage(), counted(&calls[0])).unwrap();
    let second = session.open_on_storage(storage(), counted(&calls[1])).unwrap();
    let (_, attachment) = first.live().unwrap().create_attach().unwrap();
    let message = Arc::clone(second.live().unwrap().object());
    let end = session.close();
    assert_eq!((end.opened, end.left_open.len()), (2, 2));
    assert_eq!(code(first.live()), Some(ErrorCode::INVALID_OBJECT));
    refuses_message(&*message);
    refuses_attachment(&*attachment);
    let counts = || calls.each_ref().map(|calls| calls.load(Ordering::SeqCst));
    assert_eq!(counts(), [1, 1]);
    drop((attachment, message, first, second));
    session.close();
    drop(session);
    assert_eq!(counts(), [1, 1], "releasing what was closed calls nobody");
}

/// No allocator and no place for the answer are pointers of C; flags are not.
#[test]
fn lc_80_a_session_refuses_what_it_does_not_know() {
    for flags in [1, 2, 0x4000_0000, 0x8000_0001] {
        assert_eq!(code(MsgSession::open_with(OnStorageFlags(flags))), Some(ErrorCode::UNKNOWN_FLAGS));
    }
    assert!(MsgSession::open_with(OnStorageFlags::NONE).is_ok());
    let session = MsgSession::open_with(OnStorageFlags::UNICODE).unwrap();
    let message = session.open_on_storage(storage(), OnStorage::default()).unwrap();
    let mask = value(&**message.live().unwrap().object(), PR_STORE_SUPPORT_MASK);
    assert_eq!(mask, PropValue::Long(0x0004_0E79), "the session's default is the message's");
}

#[test]
fn everything_opened_through_a_message_ends_with_it() {
    let gone = Some(ErrorCode::INVALID_OBJECT);
    let session = MsgSession::open();
    let (root, _) = sample("welcome.msg", StorageMode::ReadWrite);
    let message = session.open_on_storage(Arc::new(root.clone()), OnStorage::default()).unwrap();
    let live = message.live().unwrap();
    let stream = live.open_stream(PR_RTF_COMPRESSED, StreamFlags::NONE).unwrap();
    let writing = live.open_stream(PR_BODY, StreamFlags::MODIFY).unwrap();
    let recipients = live.recipient_table(TableFlags::NONE).unwrap();
    let attachments = live.attachment_table(TableFlags::NONE).unwrap();
    let picture = live.open_attach(0, OpenFlags::MODIFY).unwrap();
    let data = picture.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
    let around = live.open_attach(1, OpenFlags::MODIFY).unwrap();
    let embedded = around.open_message(false).unwrap();
    let inner = embedded.open_attach(0, OpenFlags::NONE).unwrap();
    let (_, ole) = live.create_attach().unwrap();
    let object = ole.open_storage(true).unwrap();
    let deep = object.create_storage("deep").unwrap();
    let in_object = object.create_stream("s").unwrap();
    // The way to what is still held was let go of.
    drop((around, ole, live));
    assert!(stream.len().is_ok() && inner.prop_list().is_ok() && in_object.len().is_ok());
    assert_eq!(recipients.row_count().unwrap(), 3);
    session.close();
    for stream in [&stream, &writing, &data, &in_object] {
        assert_eq!(code(stream.len()), gone);
        assert_eq!(code(stream.read_at(0, &mut [0])), gone);
        assert!(stream.write_at(0, b"x").is_err() && stream.set_len(0).is_err() && stream.commit().is_err());
    }
    assert_eq!(code(writing.write_at(0, b"x")), gone);
    for storage in [&object, &deep] {
        assert_eq!(code(storage.stat()), gone);
        assert_eq!(code(storage.elements()), gone);
        assert_eq!(code(storage.create_stream("x")), gone);
        assert_eq!(code(storage.commit()), gone);
    }
    assert_eq!(code(recipients.row_count()), gone);
    assert_eq!(code(attachments.row_count()), gone);
    refuses_attachment(&*picture);
    refuses_message(&*embedded);
    refuses_attachment(&*inner);
}

#[test]
fn a_close_loses_what_was_not_saved_and_lets_go_of_the_storage() {
    let session = MsgSession::open();
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let shared: Arc<dyn Storage> = Arc::new(root.clone());
    let message = session.open_on_storage(Arc::clone(&shared), unicode()).unwrap();
    set(&**message.live().unwrap().object(), PR_SUBJECT, "saved");
    message.live().unwrap().save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    set(&**message.live().unwrap().object(), PR_SUBJECT, "lost");
    assert!(Arc::strong_count(&shared) > 1);
    session.close();
    assert_eq!(Arc::strong_count(&shared), 1, "nobody else holds the storage");
    assert_eq!(object(&root).text(PR_SUBJECT), Some("saved"));
    assert_eq!(code(session.open_on_storage(shared, unicode())), Some(ErrorCode::INVALID_OBJECT));
}

#[test]
fn the_last_release_of_a_message_closes_it() {
    let calls = Arc::new(AtomicU32::new(0));
    let shared = storage();
    let seen = Arc::new(AtomicU32::new(u32::MAX));
    let with = {
        let (calls, seen, shared) = (Arc::clone(&calls), Arc::clone(&seen), Arc::downgrade(&shared));
        let on_release = move || {
            calls.fetch_add(1, Ordering::SeqCst);
            seen.store(shared.strong_count() as u32, Ordering::SeqCst);
        };
        OnStorage { on_release: Some(Box::new(on_release)), ..unicode() }
    };
    let message = open_on_storage(Arc::clone(&shared), with).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    let embedded = attachment.open_message(true).unwrap();
    let stream = attachment.open_stream(PR_DISPLAY_NAME, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    let same = Arc::clone(&message);
    drop(message);
    assert_eq!(calls.load(Ordering::SeqCst), 0, "somebody still holds it");
    assert!(attachment.prop_list().is_ok());
    drop(same);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(seen.load(Ordering::SeqCst), 1, "the storage was let go of before the callback");
    refuses_attachment(&*attachment);
    refuses_message(&*embedded);
    assert_eq!(code(stream.len()), Some(ErrorCode::INVALID_OBJECT));
    drop((stream, embedded, attachment));
    assert_eq!(calls.load(Ordering::SeqCst), 1, "attachments and embedded messages call nobody");
}

#[test]
fn a_message_released_before_its_session_is_closed_calls_back_once() {
    let session = MsgSession::open();
    let calls = Arc::new(AtomicU32::new(0));
    drop(session.open_on_storage(storage(), counted(&calls)).unwrap());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(session.close().left_open, []);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    // A session that is let go of closes what is in it as well.
    let session = MsgSession::open();
    let held = session.open_on_storage(storage(), counted(&calls)).unwrap();
    drop(session);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    drop(held);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_callback_may_close_the_session_it_is_called_from() {
    let session = Arc::new(MsgSession::open());
    let (inner, calls) = (Arc::clone(&session), Arc::new(AtomicU32::new(0)));
    let counter = Arc::clone(&calls);
    let on_release = move || {
        inner.close();
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let with = OnStorage { on_release: Some(Box::new(on_release)), ..unicode() };
    let held = session.open_on_storage(storage(), with).unwrap();
    let other = session.open_on_storage(storage(), counted(&calls)).unwrap();
    session.close();
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    drop((held, other));
}

#[test]
fn a_session_is_used_and_closed_from_several_threads() {
    let session = MsgSession::open();
    let calls = Arc::new(AtomicU32::new(0));
    let name = NamedProp::text(mapi_defs::Guid([9; 16]), "counter");
    std::thread::scope(|scope| {
        for thread in 0..4_i32 {
            let (session, calls, name) = (&session, &calls, &name);
            scope.spawn(move || {
                for round in 0..50 {
                    let Ok(message) = session.open_on_storage(storage(), counted(calls)) else {
                        return;
                    };
                    let work = || -> mapi_defs::Result<()> {
                        let live = message.live()?;
                        let id = live.ids(std::slice::from_ref(name), true)?[0].unwrap();
                        let tag = PropTag::new(id, PropType::LONG);
                        live.set_props(&[mapi_defs::prop::Prop::new(tag, thread * 1000 + round)])?;
                        let (_, attachment) = live.create_attach()?;
                        attachment.save_changes(SaveFlags::NONE)?;
                        live.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
                    };
                    if let Err(error) = work() {
                        assert!(error.is_invalid_object(), "{error}");
                    }
                    if thread == 0 && round == 20 {
                        session.close();
                    }
                }
            });
        }
    });
    let end = session.close();
    assert_eq!(end.left_open, []);
    assert_eq!(u64::from(calls.load(Ordering::SeqCst)), end.opened, "one call for each message");
}
