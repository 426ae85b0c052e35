//! What the tests of messages on storages share.
#![allow(dead_code, reason = "every test binary takes a part of this module")]

use mapi_defs::object::MessageObject;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_msg::{
    DocStorage, MsgFile, ObjectLimits, OnStorage, OnStorageFlags, SectorSize, StorageMessage, open_on_storage,
};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{Storage, StorageMode};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::io::Read;
use std::sync::Arc;

pub(crate) fn code<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error: Error| error.code())
}

pub(crate) fn unicode() -> OnStorage {
    OnStorage { flags: OnStorageFlags::UNICODE, ..OnStorage::default() }
}

/// An empty storage and a new message on it.
pub(crate) fn new_message() -> (DocStorage, Arc<StorageMessage>) {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let message = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    (root, message)
}

/// The message in a sample of the repository, for changing; the sample stays as it is.
pub(crate) fn sample(name: &str, mode: StorageMode) -> (DocStorage, Arc<StorageMessage>) {
    let path = crate::files::samples().into_iter().find(|path| path.ends_with(name)).unwrap();
    let root = DocStorage::open_bytes(std::fs::read(path).unwrap(), mode).unwrap();
    let message = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    (root, message)
}

/// What a storage's last commit made, read as a file.
pub(crate) fn file(root: &DocStorage) -> MsgFile {
    let file = MsgFile::from_source(root.to_bytes().unwrap()).unwrap();
    assert_eq!(file.notes(), []);
    file
}

/// The same as values; nothing about it had to be tolerated.
pub(crate) fn object(root: &DocStorage) -> MessageObject {
    let message = file(root).message().unwrap();
    let (object, notes) = message.to_object_with_notes(&ObjectLimits::default()).unwrap();
    assert_eq!(notes, []);
    object
}

/// The message in what was committed last, on a storage of its own.
pub(crate) fn again(root: &DocStorage) -> Arc<StorageMessage> {
    let copy = DocStorage::open_bytes(root.to_bytes().unwrap(), StorageMode::ReadWrite).unwrap();
    open_on_storage(Arc::new(copy), unicode()).unwrap()
}

pub(crate) fn set(object: &dyn MapiProp, tag: PropTag, value: impl Into<PropValue>) {
    assert_eq!(object.set_props(&[Prop::new(tag, value)]).unwrap(), []);
}

pub(crate) fn value(object: &dyn MapiProp, tag: PropTag) -> PropValue {
    object.props(Some(&[tag])).unwrap().remove(0).value
}

pub(crate) fn text(object: &dyn MapiProp, tag: PropTag) -> String {
    value(object, tag).as_text().unwrap_or_default().to_owned()
}

pub(crate) fn bytes(stream: Arc<dyn PropStream>) -> Vec<u8> {
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).unwrap();
    bytes
}

pub(crate) fn recipient(name: &str) -> Recipient {
    let props = [
        Prop::new(Recipient::DISPLAY_NAME, name),
        Prop::new(Recipient::ADDRTYPE, "SMTP"),
        Prop::new(Recipient::EMAIL_ADDRESS, format!("{}@example.org", name.to_lowercase())),
        Prop::new(Recipient::TYPE, 1),
    ];
    Recipient { row_id: 0, props: props.into_iter().collect() }
}

pub(crate) fn names(storage: &dyn Storage) -> Vec<String> {
    storage.elements().unwrap().into_iter().map(|element| element.name).collect()
}
