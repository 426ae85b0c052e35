//! The map of named properties as written, against the maps that Outlook and others wrote.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::NamedProp;
use mapi_msg::container::ContainerStorage;
use mapi_msg::{Container, MsgFile, WriteOptions, write_message};
use mapi_spi::storage::Storage;
use mapi_spi::stream::StreamCursor;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// The streams of a file's map of names.
fn streams(container: Container) -> BTreeMap<String, Vec<u8>> {
    let root = ContainerStorage::root(Arc::new(container));
    let Ok(names) = root.open_storage("__nameid_version1.0") else { return BTreeMap::new() };
    let read = |name: &str| {
        let mut bytes = Vec::new();
        StreamCursor::new(names.open_stream(name).unwrap()).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let elements = names.elements().unwrap();
    elements.into_iter().map(|element| (element.name.clone(), read(&element.name))).collect()
}

#[test]
fn the_same_names_in_the_same_order_give_the_streams_that_outlook_wrote() {
    let Some(folder) = files::corpus("msg") else { return };
    let (mut with_names, mut same, mut others) = (0, 0, Vec::new());
    for path in files::messages(&folder) {
        let (Ok(container), Ok(file)) = (Container::open(&path), MsgFile::open(&path)) else { continue };
        let original = streams(container);
        let names: Vec<NamedProp> = (0x8000..0xFFFF).map_while(|id| file.named(id).cloned()).collect();
        if names.is_empty() {
            continue;
        }
        with_names += 1;
        let properties = names.into_iter().map(|name| Property::named(name, 1)).collect();
        let object = MessageObject { properties, ..MessageObject::default() };
        let options = WriteOptions { complete: false, ..WriteOptions::default() };
        let written = streams(Container::from_source(write_message(&object, &options).unwrap()).unwrap());
        let differing: Vec<&String> =
            original.keys().filter(|name| original.get(*name) != written.get(*name)).collect();
        if differing.is_empty() {
            same += 1;
        } else {
            others.push(format!("{}: {differing:?}", path.display()));
        }
    }
    // Two old files hash names of internet header fields as they are written, not in lower case.
    assert_eq!((same, with_names), (191, 193), "{}", others.join("\n"));
}
