//! Compound files through `mapi_spi::storage::Storage`, for reading.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::{ErrorCode, Guid};
use mapi_msg::container::ContainerStorage;
use mapi_msg::{CLSID_MAIL_MESSAGE, Container};
use mapi_spi::storage::{ElementKind, Storage, StorageMode};
use std::sync::Arc;

fn welcome() -> ContainerStorage {
    let path = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    ContainerStorage::root(Arc::new(Container::open(path).unwrap()))
}

#[test]
fn elements_are_listed_and_opened_without_regard_to_case() {
    let root = welcome();
    let stat = root.stat().unwrap();
    assert_eq!((stat.class_id, stat.mode, stat.transacted), (CLSID_MAIL_MESSAGE, StorageMode::Read, false));
    let elements = root.elements().unwrap();
    let names = |kind| {
        elements.iter().filter(|one| one.kind == kind).map(|one| one.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        names(ElementKind::Storage),
        [
            "__nameid_version1.0",
            "__recip_version1.0_#00000000",
            "__recip_version1.0_#00000001",
            "__recip_version1.0_#00000002",
            "__attach_version1.0_#00000000",
            "__attach_version1.0_#00000001",
        ]
    );
    assert!(names(ElementKind::Stream).contains(&"__substg1.0_0037001F"));
    let subject = root.open_stream("__SUBSTG1.0_0037001f").unwrap();
    assert_eq!(subject.len().unwrap(), 38);
    let mut bytes = [0; 4];
    assert_eq!(subject.read_at(34, &mut bytes).unwrap(), 4);
    assert_eq!(&bytes, b"P\0I\0");
    assert_eq!(subject.read_at(38, &mut bytes).unwrap(), 0);
    let attachment = root.open_storage("__attach_version1.0_#00000001").unwrap();
    let message = attachment.open_storage("__substg1.0_3701000D").unwrap();
    assert!(message.open_stream("__properties_version1.0").is_ok());
}

#[test]
fn what_is_not_there_is_not_found() {
    let root = welcome();
    let code = |error: mapi_defs::Error| error.code();
    assert_eq!(root.open_stream("none").map(|_| ()).map_err(code), Err(ErrorCode::NOT_FOUND));
    assert_eq!(root.open_storage("none").map(|_| ()).map_err(code), Err(ErrorCode::NOT_FOUND));
    // A stream is no storage and a storage no stream.
    assert_eq!(
        root.open_storage("__substg1.0_0037001F").map(|_| ()).map_err(code),
        Err(ErrorCode::NOT_FOUND)
    );
    assert_eq!(root.open_stream("__nameid_version1.0").map(|_| ()).map_err(code), Err(ErrorCode::NOT_FOUND));
}

#[test]
fn every_change_is_refused() {
    let root = welcome();
    let stream = root.open_stream("__substg1.0_0037001F").unwrap();
    let refused = [
        root.create_stream("x").map(|_| ()),
        root.create_storage("x").map(|_| ()),
        root.remove("__substg1.0_0037001F"),
        root.set_class_id(Guid::NULL),
        root.commit(),
        root.revert(),
        stream.write_at(0, b"x").map(|_| ()),
        stream.set_len(0),
        stream.commit(),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().code(), ErrorCode::NO_ACCESS);
    }
    assert_eq!(stream.len().unwrap(), 38);
}
