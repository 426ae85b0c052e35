//! `Storage`: structured storage, a tree of named storages and streams (IStorage).
//!
//! What a message file is kept in: a compound file, or whatever a client offers in its place. The
//! streams are [`PropStream`]s. Object safe, so that storages of different makers can hold one another.

use crate::no_support;
use crate::stream::PropStream;
use mapi_defs::{FileTime, Guid, Result};
use std::sync::Arc;

/// What a storage was opened for (the access bits of STGM_*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StorageMode {
    /// Reading: whatever changes the storage answers `MAPI_E_NO_ACCESS`.
    Read,
    /// Writing alone.
    Write,
    /// Reading and writing.
    ReadWrite,
}

/// What an element of a storage is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElementKind {
    /// A storage with elements of its own.
    Storage,
    /// A stream of bytes.
    Stream,
}

/// A storage's own description (STATSTG).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StorageStat {
    /// The name within its parent; for a root whatever its maker chose.
    pub name: String,
    /// The class identifier; `Guid::NULL` where none was set.
    pub class_id: Guid,
    /// When it was made; 0 where nobody wrote it down.
    pub created: FileTime,
    /// When it was last changed; 0 where nobody wrote it down.
    pub modified: FileTime,
    /// What it was opened for.
    pub mode: StorageMode,
    /// True where changes wait for [`Storage::commit`] (STGM_TRANSACTED).
    pub transacted: bool,
}

/// One element of a storage, as listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// The name, at most 31 UTF-16 units, compared without regard to case.
    pub name: String,
    /// Storage or stream.
    pub kind: ElementKind,
    /// Bytes of a stream; 0 for a storage.
    pub len: u64,
}

/// A storage: named streams and further storages.
///
/// Names are compared without regard to case. Unless a storage is transacted its changes take
/// effect at once. A storage opened for reading answers `MAPI_E_NO_ACCESS` to every change.
pub trait Storage: Send + Sync {
    /// Describes the storage itself.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the storage, or one it lies in, has ended.
    ///
    /// # Source
    /// IStorage::Stat.
    fn stat(&self) -> Result<StorageStat>;

    /// Lists the elements, in the order of the storage.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the storage, or one it lies in, has ended.
    ///
    /// # Source
    /// IStorage::EnumElements.
    fn elements(&self) -> Result<Vec<Element>>;

    /// Opens a stream, for what the storage was opened for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no stream of this name.
    /// - `MAPI_E_CORRUPT_DATA`: the stream cannot be read.
    ///
    /// # Source
    /// IStorage::OpenStream.
    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>>;

    /// Makes an empty stream, in place of an element of the same name.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    ///
    /// # Source
    /// IStorage::CreateStream with STGM_CREATE.
    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        let _ = name;
        no_support("Storage::create_stream")
    }

    /// Opens a storage, for what this storage was opened for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no storage of this name.
    ///
    /// # Source
    /// IStorage::OpenStorage.
    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>>;

    /// Makes an empty storage, in place of an element of the same name.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    ///
    /// # Source
    /// IStorage::CreateStorage with STGM_CREATE.
    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        let _ = name;
        no_support("Storage::create_storage")
    }

    /// Removes an element with everything in it.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    /// - `MAPI_E_NOT_FOUND`: no element of this name.
    ///
    /// # Source
    /// IStorage::DestroyElement.
    fn remove(&self, name: &str) -> Result<()> {
        let _ = name;
        no_support("Storage::remove")
    }

    /// Sets the class identifier.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    ///
    /// # Source
    /// IStorage::SetClass.
    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        let _ = class_id;
        no_support("Storage::set_class_id")
    }

    /// Keeps the changes made since the last commit; of a root, on its medium.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    /// - `MAPI_E_DISK_ERROR`, `MAPI_E_NOT_ENOUGH_DISK`: nothing is kept, the changes stay pending.
    ///
    /// # Source
    /// IStorage::Commit.
    fn commit(&self) -> Result<()> {
        no_support("Storage::commit")
    }

    /// Drops the changes made since the last commit.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: opened for reading.
    ///
    /// # Source
    /// IStorage::Revert.
    fn revert(&self) -> Result<()> {
        no_support("Storage::revert")
    }
}
