//! Messages on storages of every kind, and copied between files and stores.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, Guid};
use mapi_msg::{DocStorage, MsgFile, MsgSession, OnStorage, SectorSize, open_on_storage};
use mapi_spi::copy::{copy_message, message_object};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{Storage, StorageMode};
use mapi_spi::stream::PropStream;
use mapi_testkit::memory::MemoryProvider;
use mapi_testkit::ms_provider::Fixture;
use std::sync::Arc;
use storages::*;

fn fill(message: &dyn Message) {
    set(message, PR_SUBJECT, "anywhere");
    let name = NamedProp::text(Guid([4; 16]), "Place");
    let id = message.ids(&[name], true).unwrap()[0].unwrap();
    set(message, PropTag::new(id, PropType::UNICODE), "here");
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann")]).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![1; 10_000]);
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
}

fn check(message: &dyn Message) {
    assert_eq!(text(message, PR_SUBJECT), "anywhere");
    let name = NamedProp::text(Guid([4; 16]), "Place");
    let id = message.ids(&[name], false).unwrap()[0].unwrap();
    assert_eq!(text(message, PropTag::new(id, PropType::UNICODE)), "here");
    assert_eq!(message.recipients().unwrap()[0].display_name(), Some("Ann"));
    let attachment = message.open_attach(0, OpenFlags::NONE).unwrap();
    let data = attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
    assert_eq!(bytes(data), vec![1; 10_000]);
}

#[test]
fn a_message_is_made_and_opened_on_every_kind_of_storage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.msg");
    let file = DocStorage::create_file(&path, SectorSize::Bytes4096);
    fill(&*open_on_storage(Arc::new(file), unicode()).unwrap());
    let file = DocStorage::open_file(&path, StorageMode::Read).unwrap();
    check(&*open_on_storage(Arc::new(file), OnStorage::default()).unwrap());
    check(&MsgFile::open(&path).unwrap().message().unwrap());

    let memory = DocStorage::in_memory(SectorSize::Bytes512);
    fill(&*open_on_storage(Arc::new(memory.clone()), unicode()).unwrap());
    check(&*again(&memory));

    // A stream: one in another message, of which the storage is a property.
    let (around, message) = new_message();
    let stream = message
        .open_stream(PR_BODY_HTML.with_type(PropType::BINARY), StreamFlags::CREATE | StreamFlags::MODIFY);
    let stream: Arc<dyn PropStream> = stream.unwrap();
    let on_stream = DocStorage::on_stream(Arc::clone(&stream), 0, StorageMode::ReadWrite, true).unwrap();
    fill(&*open_on_storage(Arc::new(on_stream), unicode()).unwrap());
    drop(stream);
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let held = again(&around);
    let stream = held.open_stream(PR_BODY_HTML.with_type(PropType::BINARY), StreamFlags::NONE).unwrap();
    let on_stream = DocStorage::on_stream(stream, 0, StorageMode::Read, false).unwrap();
    check(&*open_on_storage(Arc::new(on_stream), OnStorage::default()).unwrap());
}

#[test]
fn messages_lie_beside_one_another_in_sub_storages() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let session = MsgSession::open();
    for name in ["first", "second"] {
        let storage = root.create_storage(name).unwrap();
        let message = session.open_on_storage(storage, unicode()).unwrap();
        fill(&**message.live().unwrap().object());
    }
    session.close();
    root.commit().unwrap();
    let root = DocStorage::open_bytes(root.to_bytes().unwrap(), StorageMode::Read).unwrap();
    for name in ["first", "second"] {
        check(&*open_on_storage(root.open_storage(name).unwrap(), OnStorage::default()).unwrap());
    }
}

#[test]
fn an_attachments_storage_can_hold_a_message_of_its_own() {
    let (root, message) = new_message();
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_METHOD, 6);
    let storage = attachment.open_storage(true).unwrap();
    let inner = open_on_storage(Arc::clone(&storage), unicode()).unwrap();
    fill(&*inner);
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    // The message around it ends, and the storage with it.
    drop((attachment, message));
    assert_eq!(code(storage.stat()), Some(ErrorCode::INVALID_OBJECT));
    set(&*inner, PR_SUBJECT, "too late");
    assert_eq!(code(inner.save_changes(SaveFlags::NONE)), Some(ErrorCode::INVALID_OBJECT));
    let outer = again(&root);
    let storage = outer.open_attach(number, OpenFlags::NONE).unwrap().open_storage(false).unwrap();
    check(&*open_on_storage(storage, OnStorage::default()).unwrap());
}

#[test]
fn a_message_is_copied_to_a_store_and_back() {
    let open = Fixture::new(MemoryProvider::new()).open();
    let (_, source) = sample("welcome.msg", StorageMode::Read);
    let in_store = open.inbox().create_message(false).unwrap();
    copy_message(&*source, &*in_store, &[]).unwrap();
    in_store.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let (root, target) = new_message();
    copy_message(&*in_store, &*target, &[PR_ENTRYID.id(), PR_BODY.id()]).unwrap();
    assert_eq!(code(copy_message(&*target, &*target, &[])), Some(ErrorCode::NO_ACCESS));
    target.save_changes(SaveFlags::NONE).unwrap();
    let (from, back) = (message_object(&*source).unwrap(), object(&root));
    assert_eq!(back.text(PR_SUBJECT), from.text(PR_SUBJECT));
    assert_eq!(back.property(PR_ENTRYID), None, "excluded");
    // So is the text, and it is made of the RTF again.
    let words = |text: Option<&str>| text.map(|text| text.split_whitespace().collect::<String>());
    assert!(from.text(PR_BODY).is_some() && words(back.text(PR_BODY)) == words(from.text(PR_BODY)));
    assert_eq!((back.recipients.len(), back.attachments.len()), (3, 2));
    let inner = |object: &mapi_defs::object::MessageObject| object.attachments[1].message.clone().unwrap();
    assert_eq!(inner(&back).text(PR_SUBJECT), inner(&from).text(PR_SUBJECT));
    assert_eq!(
        back.attachments[0].property(PR_ATTACH_DATA_BIN),
        from.attachments[0].property(PR_ATTACH_DATA_BIN)
    );
    let named = |object: &mapi_defs::object::MessageObject| {
        let all = object.properties.iter();
        all.filter_map(|one| Some((one.named.clone()?, one.value.clone()))).collect::<Vec<_>>()
    };
    assert!(!named(&from).is_empty());
    assert_eq!(named(&back), named(&from), "identifiers differ, names do not");
}

/// Every element of a storage: its way, and a stream's bytes or a storage's class.
fn everything(storage: &dyn Storage) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for element in storage.elements().unwrap() {
        let Ok(inner) = storage.open_storage(&element.name) else {
            found.push((element.name.clone(), bytes(storage.open_stream(&element.name).unwrap())));
            continue;
        };
        found.push((element.name.clone(), inner.stat().unwrap().class_id.0.to_vec()));
        let below = everything(&*inner).into_iter();
        found.extend(below.map(|(name, bytes)| (format!("{}/{name}", element.name), bytes)));
    }
    found
}

#[test]
fn what_is_saved_is_what_the_writer_of_whole_files_writes() {
    let (root, message) = new_message();
    fill(&*message);
    set(&*message, PR_SUBJECT, "RE: lunch");
    set(&*message, own(1), PropValue::MvUnicode(vec!["one".into(), String::new(), "three".into()]));
    set(&*message, own(2), PropValue::MvBinary(vec![vec![1], Vec::new()]));
    set(&*message, own(3), PropValue::MvLong(vec![1, 2, 3]));
    set(&*message, own(4), PropValue::Boolean(true));
    set(&*message, own(5), PropValue::Clsid(Guid([8; 16])));
    let (_, attachment) = message.create_attach().unwrap();
    let embedded = attachment.open_message(true).unwrap();
    fill(&*embedded);
    attachment.save_changes(SaveFlags::NONE).unwrap();
    let (_, ole) = message.create_attach().unwrap();
    set(&*ole, PR_ATTACH_METHOD, 6);
    let storage = ole.open_storage(true).unwrap();
    storage.set_class_id(Guid([3; 16])).unwrap();
    storage.create_stream("\u{1}Ole").unwrap().write_at(0, b"ole").unwrap();
    storage.commit().unwrap();
    ole.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    let options = mapi_msg::WriteOptions { complete: false, ..mapi_msg::WriteOptions::default() };
    let whole = mapi_msg::write_message(&object(&root), &options).unwrap();
    let whole = DocStorage::open_bytes(whole, StorageMode::Read).unwrap();
    let (saved, whole) = (everything(&root), everything(&whole));
    let ways = |all: &[(String, Vec<u8>)]| all.iter().map(|(way, _)| way.clone()).collect::<Vec<_>>();
    assert_eq!(ways(&saved), ways(&whole));
    for ((way, saved), (_, whole)) in saved.iter().zip(&whole) {
        assert_eq!(saved, whole, "{way}");
    }
}

const fn own(number: u16) -> PropTag {
    PropTag::new(0x6800 + number, PropType::UNSPECIFIED)
}

/// Damaged files are opened, looked at, changed and saved, or answer an error; nothing else.
#[test]
fn damaged_files_are_changed_or_refused() {
    let sample = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    let whole = std::fs::read(sample).unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut saved, mut refused) = (0, 0);
    for _ in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..=next(12) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        if next(5) == 0 {
            bytes.truncate(next(bytes.len()));
        }
        // A stream that cannot be read cannot be written either.
        match change(bytes).and_then(|root| root.to_bytes()) {
            Ok(written) => {
                saved += 1;
                // What was saved can be opened again, whatever it was made of.
                let written = MsgFile::from_source(written).unwrap();
                assert_eq!(written.message().unwrap().properties().text(PR_SUBJECT), Some("saved"));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(saved > 400 && refused > 5, "{saved} {refused}");
}

fn change(bytes: Vec<u8>) -> mapi_defs::Result<DocStorage> {
    let root = DocStorage::open_bytes(bytes, StorageMode::ReadWrite)?;
    let message = open_on_storage(Arc::new(root.clone()), unicode())?;
    message.props(None)?;
    // Damage can make a name of the flags, and a property of nearly anything read-only.
    drop(message_object(&*message));
    for number in message.attachments()? {
        let attachment = message.open_attach(number, OpenFlags::MODIFY)?;
        attachment.set_props(&[Prop::new(PR_DISPLAY_NAME, "changed")])?;
        if let Ok(embedded) = attachment.open_message(false) {
            embedded.set_props(&[Prop::new(PR_BODY, PropValue::Unicode("changed".into()))])?;
            embedded.save_changes(SaveFlags::NONE)?;
        }
        attachment.save_changes(SaveFlags::NONE)?;
    }
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Dan")])?;
    let problems = message.set_props(&[Prop::new(PR_SUBJECT, "saved")])?;
    if let Some(problem) = problems.first() {
        return Err(mapi_defs::Error::new(problem.code, "test", "the subject is read-only"));
    }
    message.save_changes(SaveFlags::NONE)?;
    Ok(root)
}
