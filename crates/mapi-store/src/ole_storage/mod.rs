//! The OLE storage of an attachment (IStorage on PR_ATTACH_DATA_OBJ).
//!
//! The tree is in memory while it is open. A commit of its root hands it to the attachment, the
//! attachment's save to the message and the message's save to the store, where it is one value:
//! `tree.rs` says of which bytes.

mod tree;

use crate::attachment::Attach;
use crate::prop_set::{Bytes, Large};
use crate::staged::Staged;
use crate::stream::Owner;
use mapi_defs::object::StorageObject;
use mapi_defs::prop::PropType;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::storage::{Element, ElementKind, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use tree::{read, write};

/// PR_ATTACH_DATA_OBJ.
pub(crate) const DATA: u16 = 0x3701;
/// UTF-16 units of an element's name, at most.
const NAME_UNITS: usize = 31;

/// A storage, known by the names that lead to it from the root.
pub(crate) struct OleStorage {
    tree: Arc<Tree>,
    path: Vec<String>,
}

/// The whole storage of one attachment.
struct Tree {
    root: Mutex<StorageObject>,
    attach: Arc<Attach>,
    can_write: bool,
}

impl OleStorage {
    /// The root of an attachment's storage.
    pub(crate) fn root(attach: Arc<Attach>, object: StorageObject, can_write: bool) -> Arc<dyn Storage> {
        let tree = Arc::new(Tree { root: Mutex::new(object), attach, can_write });
        Arc::new(Self { tree, path: Vec::new() })
    }

    fn below(&self, name: &str) -> Arc<dyn Storage> {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Arc::new(Self { tree: self.tree.clone(), path })
    }

    fn stream(&self, name: &str, bytes: Vec<u8>) -> Arc<dyn PropStream> {
        let (tree, path, name) = (self.tree.clone(), self.path.clone(), name.to_owned());
        Arc::new(OleStream { tree, path, name, bytes: Mutex::new(bytes) })
    }
}

impl Tree {
    /// Shows the storage at a path.
    fn at<T>(
        &self,
        path: &[String],
        call: &'static str,
        write: bool,
        work: impl FnOnce(&mut StorageObject) -> Result<T>,
    ) -> Result<T> {
        self.attach.with_props(call, false, &mut |_| {})?;
        if write && !self.can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the storage is open for reading only"));
        }
        let mut root = self.root.lock().unwrap_or_else(PoisonError::into_inner);
        let mut storage = &mut *root;
        for name in path {
            let found = storage.storages.iter_mut().find(|(held, _)| is_name(held, name));
            storage = found.map(|(_, inner)| inner).ok_or_else(|| missing(call))?;
        }
        work(storage)
    }
}

impl Storage for OleStorage {
    fn stat(&self) -> Result<StorageStat> {
        let class_id = self.tree.at(&self.path, "Storage::stat", false, |storage| Ok(storage.class_id))?;
        Ok(StorageStat {
            name: self.path.last().cloned().unwrap_or_default(),
            class_id,
            created: FileTime(0),
            modified: FileTime(0),
            mode: if self.tree.can_write { StorageMode::ReadWrite } else { StorageMode::Read },
            transacted: self.path.is_empty(),
        })
    }

    fn elements(&self) -> Result<Vec<Element>> {
        self.tree.at(&self.path, "Storage::elements", false, |storage| {
            let element = |name: &String, kind, len| Element { name: name.clone(), kind, len };
            let streams = storage.streams.iter();
            let streams = streams.map(|(name, bytes)| element(name, ElementKind::Stream, bytes.len() as u64));
            let storages = storage.storages.iter().map(|(name, _)| element(name, ElementKind::Storage, 0));
            Ok(streams.chain(storages).collect())
        })
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "Storage::open_stream";
        let bytes = self.tree.at(&self.path, CALL, false, |storage| {
            let found = storage.streams.iter().find(|(held, _)| is_name(held, name));
            found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| missing(CALL))
        })?;
        Ok(self.stream(name, bytes))
    }

    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "Storage::create_stream";
        check_name(name, CALL)?;
        self.tree.at(&self.path, CALL, true, |storage| {
            remove(storage, name);
            storage.streams.push((name.to_owned(), Vec::new()));
            Ok(())
        })?;
        Ok(self.stream(name, Vec::new()))
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "Storage::open_storage";
        self.tree.at(&self.path, CALL, false, |storage| {
            let is_here = storage.storages.iter().any(|(held, _)| is_name(held, name));
            if is_here { Ok(()) } else { Err(missing(CALL)) }
        })?;
        Ok(self.below(name))
    }

    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "Storage::create_storage";
        check_name(name, CALL)?;
        if self.path.len() >= tree::DEPTH {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "storages are nested too deep"));
        }
        self.tree.at(&self.path, CALL, true, |storage| {
            remove(storage, name);
            storage.storages.push((name.to_owned(), StorageObject::default()));
            Ok(())
        })?;
        Ok(self.below(name))
    }

    fn remove(&self, name: &str) -> Result<()> {
        const CALL: &str = "Storage::remove";
        let removed = self.tree.at(&self.path, CALL, true, |storage| Ok(remove(storage, name)))?;
        if removed { Ok(()) } else { Err(missing(CALL)) }
    }

    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        self.tree.at(&self.path, "Storage::set_class_id", true, |storage| {
            storage.class_id = class_id;
            Ok(())
        })
    }

    /// Of the root: hands the storage to the attachment. Below the root changes take effect at once.
    fn commit(&self) -> Result<()> {
        const CALL: &str = "Storage::commit";
        let bytes = self.tree.at(&[], CALL, true, |root| Ok(write(root)))?;
        if !self.path.is_empty() {
            return Ok(());
        }
        let mut put = Some(Bytes::Staged(Arc::new(Staged::from_vec(bytes))));
        self.tree.attach.with_props(CALL, true, &mut |props| {
            if let Some(bytes) = put.take() {
                props.put_large(DATA, Large { ptype: PropType::OBJECT, bytes });
            }
        })
    }
}

/// A stream of a storage.
struct OleStream {
    tree: Arc<Tree>,
    path: Vec<String>,
    name: String,
    bytes: Mutex<Vec<u8>>,
}

impl OleStream {
    fn with<T>(
        &self,
        call: &'static str,
        write: bool,
        work: impl FnOnce(&mut Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        self.tree.at(&[], call, write, |_| Ok(()))?;
        work(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A stream of a storage is held in memory; it is never larger.
const STREAM_BYTES: u64 = 512 * 1024 * 1024;

impl PropStream for OleStream {
    fn len(&self) -> Result<u64> {
        self.with("PropStream::len", false, |bytes| Ok(bytes.len() as u64))
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        self.with("PropStream::read_at", false, |bytes| bytes.read_at(offset, into))
    }

    fn write_at(&self, offset: u64, from: &[u8]) -> Result<usize> {
        const CALL: &str = "PropStream::write_at";
        self.with(CALL, true, |bytes| {
            let end = offset.checked_add(from.len() as u64).filter(|end| *end <= STREAM_BYTES);
            let end = end.ok_or_else(|| too_big(CALL))? as usize;
            bytes.resize(bytes.len().max(end), 0);
            bytes[end - from.len()..end].copy_from_slice(from);
            Ok(from.len())
        })
    }

    fn set_len(&self, len: u64) -> Result<()> {
        const CALL: &str = "PropStream::set_len";
        self.with(CALL, true, |bytes| {
            if len > STREAM_BYTES {
                return Err(too_big(CALL));
            }
            bytes.resize(len as usize, 0);
            Ok(())
        })
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "PropStream::commit";
        let bytes = self.with(CALL, true, |bytes| Ok(bytes.clone()))?;
        self.tree.at(&self.path, CALL, true, |storage| {
            let held = storage.streams.iter_mut().find(|(held, _)| is_name(held, &self.name));
            held.map(|(_, held)| *held = bytes).ok_or_else(|| missing(CALL))
        })
    }
}

fn remove(storage: &mut StorageObject, name: &str) -> bool {
    let before = storage.streams.len() + storage.storages.len();
    storage.streams.retain(|(held, _)| !is_name(held, name));
    storage.storages.retain(|(held, _)| !is_name(held, name));
    storage.streams.len() + storage.storages.len() < before
}

fn check_name(name: &str, call: &'static str) -> Result<()> {
    let units = name.encode_utf16().count();
    if units == 0 || units > NAME_UNITS || name.contains(['/', '\\', ':', '!']) {
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, "not a name for an element"));
    }
    Ok(())
}

fn is_name(held: &str, name: &str) -> bool {
    held == name || held.to_uppercase() == name.to_uppercase()
}

fn missing(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "there is no such element")
}

fn too_big(call: &'static str) -> Error {
    Error::new(ErrorCode::TOO_BIG, call, "a stream of a storage of more than 512 MiB")
}
