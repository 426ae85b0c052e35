//! Real files on storages: copied into new messages, and changed in place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::SaveFlags;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_msg::{DocStorage, MsgFile, ObjectLimits, OnStorage, SectorSize, open_on_storage};
use mapi_spi::copy::copy_message;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::StorageMode;
use std::collections::BTreeMap;
use std::sync::Arc;
use storages::*;

/// What a message on a storage computes, by object; nobody copies it.
const COMPUTED: [PropTag; 13] = [
    PR_CREATION_TIME,
    PR_LAST_MODIFICATION_TIME,
    PR_ACCESS_LEVEL,
    PR_ACCESS,
    PR_STORE_SUPPORT_MASK,
    PR_DISPLAY_BCC,
    PR_DISPLAY_CC,
    PR_DISPLAY_TO,
    PR_NORMALIZED_SUBJECT,
    PR_HASATTACH,
    PR_ATTACH_NUM,
    PR_RECORD_KEY,
    PR_OBJECT_TYPE,
];

/// What of an object has to be the same: named by name, in one width, what has no value left out.
type Known = BTreeMap<String, PropValue>;

fn known(properties: &[Property]) -> Known {
    let kept = properties.iter().filter(|one| {
        let is_computed =
            COMPUTED.iter().any(|tag| tag.id() == one.tag.id()) || one.tag.id() == PR_ROWID.id();
        let is_nothing = matches!(one.value, PropValue::Null | PropValue::Object | PropValue::Error(_))
            || one.value.as_text() == Some("");
        let is_nameless = one.tag.is_named() && one.named.is_none();
        !is_computed && !is_nothing && !is_nameless
    });
    let name = |one: &Property| match &one.named {
        Some(named) => format!("{named:?}"),
        None => format!("{:04X}", one.tag.id()),
    };
    kept.map(|one| (name(one), one.value.clone().into_unicode())).collect()
}

/// Everything that the first has, the second has too. (It may have more: what Outlook wants to find.)
fn assert_held(file: &str, source: &MessageObject, copy: &MessageObject) {
    let check = |place: &str, source: &[Property], copy: &[Property]| {
        let mut source = known(source);
        let copy = known(copy);
        // Text that was made of the RTF is in step with it, whatever the message said that had none.
        let body = format!("{:04X}", PR_BODY.id());
        if copy.contains_key(&body) && !source.contains_key(&body) {
            source.remove(&format!("{:04X}", PR_RTF_IN_SYNC.id()));
        }
        for (name, value) in source {
            let found = copy.get(&name);
            // Values that are no number are equal in writing.
            assert_eq!(format!("{found:?}"), format!("{:?}", Some(&value)), "{file}: {place} {name}");
        }
    };
    check("message", &source.properties, &copy.properties);
    assert_eq!(source.recipients.len(), copy.recipients.len(), "{file}");
    for (source, copy) in source.recipients.iter().zip(&copy.recipients) {
        check("recipient", source, copy);
    }
    assert_eq!(source.attachments.len(), copy.attachments.len(), "{file}");
    for (source, copy) in source.attachments.iter().zip(&copy.attachments) {
        check("attachment", &source.properties, &copy.properties);
        let sorted = |object: &mapi_defs::object::AttachmentObject| {
            let mut storage = object.storage.clone();
            if let Some(storage) = &mut storage {
                storage.streams.sort();
                storage.storages.sort_by(|left, right| left.0.cmp(&right.0));
            }
            storage
        };
        assert_eq!(sorted(source), sorted(copy), "{file}");
        match (&source.message, &copy.message) {
            (Some(source), Some(copy)) => assert_held(file, source, copy),
            (source, copy) => assert_eq!(source.is_some(), copy.is_some(), "{file}"),
        }
    }
}

/// Each file that can be read as a whole, with what it holds.
fn each(mut look: impl FnMut(&str, Vec<u8>, MessageObject)) -> usize {
    let Some(folder) = files::corpus("msg") else { return usize::MAX };
    let mut looked = 0;
    for path in files::messages(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let read = MsgFile::from_source(bytes.clone()).and_then(|file| file.message());
        if let Ok(object) = read.and_then(|message| message.to_object(&ObjectLimits::default())) {
            look(&path.display().to_string(), bytes, object);
            looked += 1;
        }
    }
    looked
}

#[test]
fn every_real_message_can_be_copied_into_a_new_one() {
    let looked = each(|file, bytes, source| {
        let storage = DocStorage::open_bytes(bytes, StorageMode::Read).unwrap();
        let from = open_on_storage(Arc::new(storage), OnStorage::default()).unwrap();
        let root = DocStorage::in_memory(SectorSize::Bytes4096);
        let to =
            open_on_storage(Arc::new(root.clone()), OnStorage { beyond_outlook: true, ..unicode() }).unwrap();
        copy_message(&*from, &*to, &[]).unwrap();
        to.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let read = MsgFile::from_source(root.to_bytes().unwrap()).unwrap();
        assert_eq!(read.notes(), [], "{file}");
        let (copy, notes) =
            read.message().unwrap().to_object_with_notes(&ObjectLimits { bytes: Some(1 << 30) }).unwrap();
        assert_eq!(notes, [], "{file}");
        assert_held(file, &source, &copy);
    });
    assert!(looked > 200, "{looked}");
}

#[test]
fn every_real_message_can_be_changed_in_place() {
    let looked = each(|file, bytes, source| {
        let root = DocStorage::open_bytes(bytes, StorageMode::ReadWrite).unwrap();
        let message =
            open_on_storage(Arc::new(root.clone()), OnStorage { beyond_outlook: true, ..unicode() }).unwrap();
        let rows = message.recipients().unwrap().len();
        set(&*message, PR_COMMENT, "changed");
        let (number, attachment) = message.create_attach().unwrap();
        set(&*attachment, PR_ATTACH_DATA_BIN, b"added".to_vec());
        attachment.save_changes(SaveFlags::NONE).unwrap();
        message.modify_recipients(mapi_spi::message::ModifyRecipients::Add, vec![recipient("Dan")]).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let written = MsgFile::from_source(root.to_bytes().unwrap()).unwrap().message().unwrap();
        let mut changed = written.to_object(&ObjectLimits { bytes: Some(1 << 30) }).unwrap();
        assert_eq!(changed.text(PR_COMMENT), Some("changed"), "{file}");
        assert_eq!(changed.attachments.pop().unwrap().number, number, "{file}");
        assert_eq!(
            (changed.recipients.len(), changed.recipients.pop().is_some()),
            (rows + 1, true),
            "{file}"
        );
        let mut source = source;
        source.properties.retain(|one| one.tag.id() != PR_COMMENT.id());
        assert_held(file, &source, &changed);
    });
    assert!(looked > 200, "{looked}");
}
