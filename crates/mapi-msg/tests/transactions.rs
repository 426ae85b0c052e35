//! Storages that can be changed: transactions at every level, and the media that a root commits to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_msg::container::ContainerStorage;
use mapi_msg::{Container, DocStorage, SectorSize, map_storage_scode};
use mapi_spi::storage::{Storage, StorageMode};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn code<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error: Error| error.code())
}

fn put(storage: &dyn Storage, name: &str, bytes: &[u8]) {
    assert_eq!(storage.create_stream(name).unwrap().write_at(0, bytes).unwrap(), bytes.len());
}

fn take(storage: &dyn Storage, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    StreamCursor::new(storage.open_stream(name).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn names(storage: &dyn Storage) -> Vec<String> {
    storage.elements().unwrap().into_iter().map(|element| element.name).collect()
}

fn reread(bytes: Vec<u8>) -> ContainerStorage {
    let container = Container::from_source(bytes).unwrap();
    assert_eq!(container.notes(), []);
    ContainerStorage::root(Arc::new(container))
}

fn sample(name: &str) -> std::path::PathBuf {
    files::samples().into_iter().find(|path| path.ends_with(name)).unwrap()
}

#[test]
fn every_level_commits_into_the_one_around_it() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let middle = root.create_storage("middle").unwrap();
    let inner = middle.create_storage("inner").unwrap();
    put(&*inner, "stream", b"deep");
    inner.set_class_id(Guid([5; 16])).unwrap();
    inner.commit().unwrap();
    root.commit().unwrap();
    assert!(names(&*reread(root.to_bytes().unwrap()).open_storage("middle").unwrap()).is_empty());
    middle.commit().unwrap();
    assert!(names(&*reread(root.to_bytes().unwrap()).open_storage("middle").unwrap()).is_empty());
    root.commit().unwrap();
    let read =
        reread(root.to_bytes().unwrap()).open_storage("MIDDLE").unwrap().open_storage("Inner").unwrap();
    assert_eq!(take(&*read, "stream"), b"deep");
    assert_eq!(read.stat().unwrap().class_id, Guid([5; 16]));
}

#[test]
fn a_revert_drops_what_was_not_committed_and_ends_what_was_opened() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let inner = root.create_storage("inner").unwrap();
    put(&*inner, "a", b"1");
    inner.commit().unwrap();
    root.commit().unwrap();
    put(&*inner, "a", b"22");
    put(&*inner, "b", b"2");
    let stream = inner.open_stream("a").unwrap();
    inner.revert().unwrap();
    assert_eq!(names(&*inner), ["a"]);
    assert_eq!(take(&*inner, "a"), b"1");
    assert_eq!(code(stream.len()), Some(ErrorCode::INVALID_OBJECT), "another stream had its name");
    let deeper = inner.create_storage("deeper").unwrap();
    root.revert().unwrap();
    assert_eq!(code(inner.elements()), Some(ErrorCode::INVALID_OBJECT));
    assert_eq!(code(deeper.elements()), Some(ErrorCode::INVALID_OBJECT));
    assert_eq!(take(&*root.open_storage("inner").unwrap(), "a"), b"1");
}

#[test]
fn the_same_storage_opened_twice_is_one() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let first = root.create_storage("inner").unwrap();
    let second = root.open_storage("INNER").unwrap();
    put(&*first, "x", b"seen");
    assert_eq!(take(&*second, "X"), b"seen");
    root.remove("inner").unwrap();
    for held in [first, second] {
        assert_eq!(code(held.open_stream("x")), Some(ErrorCode::INVALID_OBJECT));
    }
    assert_eq!(code(root.remove("inner")), Some(ErrorCode::NOT_FOUND));
}

#[test]
fn streams_grow_shrink_and_stay_within_two_gibibytes() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let stream = root.create_stream("s").unwrap();
    stream.write_at(3, b"abc").unwrap();
    assert_eq!(take(&root, "s"), b"\0\0\0abc");
    stream.set_len(4).unwrap();
    stream.set_len(6).unwrap();
    stream.commit().unwrap();
    assert_eq!(take(&root, "s"), b"\0\0\0a\0\0");
    assert_eq!(code(stream.write_at(u64::MAX, b"x")), Some(ErrorCode::TOO_BIG));
    assert_eq!(code(stream.set_len(1 << 31)), Some(ErrorCode::TOO_BIG));
    assert_eq!(stream.write_at(u64::MAX, b"").unwrap(), 0);
}

#[test]
fn impossible_names_are_refused() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    for name in ["", "a/b", "a\\b", "a:b", "a!b", &"n".repeat(32)] {
        assert_eq!(code(root.create_stream(name)), Some(ErrorCode::INVALID_PARAMETER), "{name}");
        assert_eq!(code(root.create_storage(name)), Some(ErrorCode::INVALID_PARAMETER), "{name}");
    }
    let mut storage: Arc<dyn Storage> = Arc::new(root);
    for _ in 0..512 {
        storage = storage.create_storage("in").unwrap();
    }
    assert_eq!(code(storage.create_storage("in")), Some(ErrorCode::TOO_COMPLEX));
}

#[test]
fn a_file_changes_at_the_commit_of_its_root_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.msg");
    std::fs::copy(sample("welcome.msg"), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let root = DocStorage::open_file(&path, StorageMode::ReadWrite).unwrap();
    assert!(root.stat().unwrap().transacted);
    put(&root, "\u{5}Extra", b"foreign");
    root.open_stream("__substg1.0_0037001F").unwrap().write_at(0, b"V").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    root.commit().unwrap();
    let after = ContainerStorage::root(Arc::new(Container::open(&path).unwrap()));
    assert_eq!(take(&after, "\u{5}Extra"), b"foreign");
    assert!(take(&after, "__substg1.0_0037001F").starts_with(b"V\0e\0l\0"));
    assert_eq!(only_file(folder.path()), "copy.msg");
    // What was not touched is read from the old file, which only its name has left.
    assert_eq!(take(&root, "__properties_version1.0"), take(&after, "__properties_version1.0"));
    let fresh = folder.path().join("fresh.msg");
    let made = DocStorage::create_file(&fresh, SectorSize::Bytes4096);
    assert!(!fresh.exists());
    made.commit().unwrap();
    assert_eq!(names(&ContainerStorage::root(Arc::new(Container::open(&fresh).unwrap()))), [""; 0]);
    assert!(fresh.metadata().unwrap().len().is_multiple_of(4096));
}

fn only_file(folder: &Path) -> String {
    let mut names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let name = names.next().unwrap().into_string().unwrap();
    assert_eq!(names.next(), None);
    name
}

#[test]
fn a_commit_that_fails_keeps_the_changes_pending() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("new.msg");
    let root = DocStorage::create_file(&path, SectorSize::Bytes512);
    put(&root, "s", b"kept");
    assert_eq!(code(root.commit()), Some(ErrorCode::NOT_FOUND));
    assert_eq!(take(&root, "s"), b"kept");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    root.commit().unwrap();
    assert_eq!(take(&ContainerStorage::root(Arc::new(Container::open(&path).unwrap())), "s"), b"kept");
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions_and_its_link() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("a.msg"), folder.path().join("b.msg"));
    std::fs::copy(sample("plain.msg"), &path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let root = DocStorage::open_file(&link, StorageMode::ReadWrite).unwrap();
    put(&root, "x", b"");
    root.commit().unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(
        names(&ContainerStorage::root(Arc::new(Container::open(&path).unwrap()))).contains(&"x".to_owned())
    );
}

#[test]
fn reading_changes_nothing() {
    let root = DocStorage::open_file(sample("welcome.msg"), StorageMode::Read).unwrap();
    assert!(!root.stat().unwrap().transacted);
    let stream = root.open_stream("__substg1.0_0037001F").unwrap();
    let refused = [
        code(root.create_stream("x")),
        code(root.create_storage("x")),
        code(root.remove("x")),
        code(root.set_class_id(Guid::NULL)),
        code(root.commit()),
        code(root.revert()),
        code(stream.write_at(0, b"x")),
        code(stream.set_len(0)),
        code(stream.commit()),
    ];
    assert_eq!(refused, [Some(ErrorCode::NO_ACCESS); 9]);
    assert_eq!(stream.len().unwrap(), 38);
}

/// A stream of a client, which counts its commits.
#[derive(Default)]
struct ClientStream {
    bytes: Mutex<Vec<u8>>,
    commits: Mutex<u32>,
}

impl PropStream for ClientStream {
    fn len(&self) -> Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        PropStream::read_at(&*self.bytes.lock().unwrap(), offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let mut held = self.bytes.lock().unwrap();
        let end = offset as usize + bytes.len();
        let len = held.len().max(end);
        held.resize(len, 0);
        held[offset as usize..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.bytes.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        *self.commits.lock().unwrap() += 1;
        Ok(())
    }
}

#[test]
fn a_storage_over_a_stream_begins_where_it_is_told_to() {
    let stream = Arc::new(ClientStream::default());
    stream.write_at(0, b"before").unwrap();
    let new = DocStorage::on_stream(stream.clone(), 6, StorageMode::ReadWrite, true).unwrap();
    put(&new, "s", &[7; 5000]);
    assert_eq!(*stream.commits.lock().unwrap(), 0);
    new.commit().unwrap();
    assert_eq!(*stream.commits.lock().unwrap(), 1);
    assert!(stream.bytes.lock().unwrap().starts_with(b"before\xD0\xCF\x11\xE0"));
    for mode in [StorageMode::Read, StorageMode::ReadWrite] {
        let again = DocStorage::on_stream(stream.clone(), 6, mode, false).unwrap();
        assert_eq!(take(&again, "s"), [7; 5000]);
    }
    let again = DocStorage::on_stream(stream.clone(), 6, StorageMode::ReadWrite, false).unwrap();
    again.open_stream("s").unwrap().set_len(1).unwrap();
    again.commit().unwrap();
    assert_eq!(take(&DocStorage::on_stream(stream.clone(), 6, StorageMode::Read, false).unwrap(), "s"), [7]);
    let at_start = DocStorage::on_stream(stream, 0, StorageMode::Read, false);
    assert_eq!(code(at_start), Some(ErrorCode::CORRUPT_DATA));
}

#[test]
fn storage_codes_become_codes_of_mapi() {
    let table: [(&[u32], ErrorCode); 12] = [
        (&[0x8003_0002, 0x8003_0003], ErrorCode::NOT_FOUND),
        (&[0x8003_0005, 0x8003_0020, 0x8003_0021, 0x8003_0100, 0x8003_0013], ErrorCode::NO_ACCESS),
        (&[0x8003_0008], ErrorCode::NOT_ENOUGH_MEMORY),
        (&[0x8003_0004, 0x8003_0012], ErrorCode::NOT_ENOUGH_RESOURCES),
        (&[0x8003_0070], ErrorCode::NOT_ENOUGH_DISK),
        (&[0x8003_001E, 0x8003_001D, 0x8003_0019], ErrorCode::DISK_ERROR),
        (&[0x8003_0050], ErrorCode::COLLISION),
        (&[0x8003_0057, 0x8003_0009, 0x8003_00FC, 0x8003_00FF, 0x8003_0006], ErrorCode::INVALID_PARAMETER),
        (&[0x8003_00FB, 0x8003_0109, 0x8003_0104, 0x8003_0201], ErrorCode::CORRUPT_DATA),
        (&[0x8003_0101], ErrorCode::OBJECT_CHANGED),
        (&[0x8003_0102], ErrorCode::OBJECT_DELETED),
        (&[0x8003_00FE, 0x8003_0001], ErrorCode::NO_SUPPORT),
    ];
    for (storage, mapi) in table {
        for scode in storage {
            assert_eq!(map_storage_scode(*scode), Some(mapi), "{scode:08X}");
        }
    }
    assert_eq!(map_storage_scode(0), None);
    assert_eq!(map_storage_scode(0x0003_0200), None, "a storage's success");
    assert_eq!(map_storage_scode(0x8003_00FA), Some(ErrorCode::CALL_FAILED));
    assert_eq!(map_storage_scode(0x8000_FFFF), Some(ErrorCode::CALL_FAILED));
    assert_eq!(map_storage_scode(0x8004_010F), Some(ErrorCode::NOT_FOUND));
}

#[test]
fn every_real_container_is_the_same_after_a_commit() {
    let Some(folder) = files::corpus("msg") else { return };
    let mut compared = 0;
    for path in files::messages(&folder) {
        let Ok(root) = DocStorage::open_file(&path, StorageMode::Read) else { continue };
        // Streams that cannot be read cannot be written either.
        let Ok(bytes) = root.to_bytes() else { continue };
        let again = DocStorage::open_bytes(bytes, StorageMode::Read).unwrap();
        assert_eq!(everything(&again), everything(&root), "{}", path.display());
        compared += 1;
    }
    assert!(compared > 200, "{compared}");
}

fn everything(root: &dyn Storage) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for element in root.elements().unwrap() {
        if let Ok(inner) = root.open_storage(&element.name) {
            found.push((element.name.clone(), inner.stat().unwrap().class_id.0.to_vec()));
            found.extend(
                everything(&*inner)
                    .into_iter()
                    .map(|(name, bytes)| (format!("{}/{name}", element.name), bytes)),
            );
        } else {
            found.push((element.name.clone(), take(root, &element.name)));
        }
    }
    found
}
