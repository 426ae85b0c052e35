//! `MemoryStorage`: the OLE storage of an attachment (IStorage), in memory until its root is committed.

use super::attachment::HeldAttachment;
use super::stream::BytesStream;
use mapi_defs::object::StorageObject;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::storage::{Element, ElementKind, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most UTF-16 units of a name.
const NAME_UNITS: usize = 31;

/// A storage, addressed by the names that lead to it from the root.
pub(super) struct MemoryStorage {
    tree: Arc<Tree>,
    path: Vec<String>,
}

struct Tree {
    root: Mutex<StorageObject>,
    attachment: Arc<HeldAttachment>,
    writable: bool,
}

impl MemoryStorage {
    pub(super) fn root(
        object: StorageObject,
        attachment: Arc<HeldAttachment>,
        writable: bool,
    ) -> Arc<dyn Storage> {
        let tree = Tree { root: Mutex::new(object), attachment, writable };
        Arc::new(Self { tree: Arc::new(tree), path: Vec::new() })
    }

    fn lock(&self, call: &'static str) -> Result<MutexGuard<'_, StorageObject>> {
        self.tree.attachment.life().check(call)?;
        Ok(self.tree.root.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read<T>(&self, call: &'static str, read: impl FnOnce(&StorageObject) -> Result<T>) -> Result<T> {
        read(find(&mut *self.lock(call)?, &self.path, call)?)
    }

    fn change<T>(
        &self,
        call: &'static str,
        change: impl FnOnce(&mut StorageObject) -> Result<T>,
    ) -> Result<T> {
        let mut root = self.lock(call)?;
        if !self.tree.writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the storage is open for reading"));
        }
        change(find(&mut root, &self.path, call)?)
    }

    fn stream(&self, name: &str, bytes: Vec<u8>) -> Arc<dyn PropStream> {
        let (tree, path, name) = (self.tree.clone(), self.path.clone(), name.to_owned());
        let keep = move |bytes: &[u8]| {
            let mut root = tree.root.lock().unwrap_or_else(PoisonError::into_inner);
            let storage = find(&mut root, &path, "PropStream::commit")?;
            let held = storage.streams.iter_mut().find(|(held, _)| is_name(held, &name));
            held.map(|(_, held)| *held = bytes.to_vec()).ok_or_else(|| missing("PropStream::commit"))
        };
        let keep = self.tree.writable.then(|| Box::new(keep) as _);
        Arc::new(BytesStream::new(self.tree.attachment.life().clone(), bytes, keep))
    }

    fn below(&self, name: &str) -> Arc<dyn Storage> {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Arc::new(Self { tree: self.tree.clone(), path })
    }
}

impl Storage for MemoryStorage {
    fn stat(&self) -> Result<StorageStat> {
        self.read("Storage::stat", |storage| {
            Ok(StorageStat {
                name: self.path.last().cloned().unwrap_or_default(),
                class_id: storage.class_id,
                created: FileTime::default(),
                modified: FileTime::default(),
                mode: if self.tree.writable { StorageMode::ReadWrite } else { StorageMode::Read },
                transacted: true,
            })
        })
    }

    fn elements(&self) -> Result<Vec<Element>> {
        self.read("Storage::elements", |storage| {
            let streams = storage.streams.iter().map(|(name, bytes)| Element {
                name: name.clone(),
                kind: ElementKind::Stream,
                len: bytes.len() as u64,
            });
            let storages = storage.storages.iter();
            let storages =
                storages.map(|(name, _)| Element { name: name.clone(), kind: ElementKind::Storage, len: 0 });
            Ok(streams.chain(storages).collect())
        })
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "Storage::open_stream";
        let bytes = self.read(CALL, |storage| {
            let held = storage.streams.iter().find(|(held, _)| is_name(held, name));
            held.map(|(_, bytes)| bytes.clone()).ok_or_else(|| missing(CALL))
        })?;
        Ok(self.stream(name, bytes))
    }

    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        self.change("Storage::create_stream", |storage| {
            check_name(name, "Storage::create_stream")?;
            forget(storage, name);
            storage.streams.push((name.to_owned(), Vec::new()));
            Ok(())
        })?;
        Ok(self.stream(name, Vec::new()))
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "Storage::open_storage";
        self.read(CALL, |storage| {
            let is_there = storage.storages.iter().any(|(held, _)| is_name(held, name));
            if is_there { Ok(()) } else { Err(missing(CALL)) }
        })?;
        Ok(self.below(name))
    }

    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        self.change("Storage::create_storage", |storage| {
            check_name(name, "Storage::create_storage")?;
            forget(storage, name);
            storage.storages.push((name.to_owned(), StorageObject::default()));
            Ok(())
        })?;
        Ok(self.below(name))
    }

    fn remove(&self, name: &str) -> Result<()> {
        const CALL: &str = "Storage::remove";
        self.change(CALL, |storage| if forget(storage, name) { Ok(()) } else { Err(missing(CALL)) })
    }

    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        self.change("Storage::set_class_id", |storage| {
            storage.class_id = class_id;
            Ok(())
        })
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "Storage::commit";
        self.change(CALL, |_| Ok(()))?;
        if !self.path.is_empty() {
            return Ok(());
        }
        let object = self.lock(CALL)?.clone();
        self.tree.attachment.keep_storage(object)
    }
}

fn find<'tree>(
    root: &'tree mut StorageObject,
    path: &[String],
    call: &'static str,
) -> Result<&'tree mut StorageObject> {
    path.iter().try_fold(root, |storage, name| {
        let below = storage.storages.iter_mut().find(|(held, _)| is_name(held, name));
        below.map(|(_, below)| below).ok_or_else(|| missing(call))
    })
}

/// Removes an element; true where there was one.
fn forget(storage: &mut StorageObject, name: &str) -> bool {
    let before = storage.streams.len() + storage.storages.len();
    storage.streams.retain(|(held, _)| !is_name(held, name));
    storage.storages.retain(|(held, _)| !is_name(held, name));
    before != storage.streams.len() + storage.storages.len()
}

fn is_name(held: &str, asked: &str) -> bool {
    mapi_defs::prop::collation::compare_text(held, asked).is_eq()
}

fn check_name(name: &str, call: &'static str) -> Result<()> {
    if (1..=NAME_UNITS).contains(&name.encode_utf16().count()) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::INVALID_PARAMETER, call, "a name has 1 to 31 units"))
}

fn missing(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "there is no element of this name")
}
