//! `ContainerStorage`: a storage of a compound file as `mapi_spi::storage::Storage`, for reading.
//!
//! Whatever would change the file answers `MAPI_E_NO_ACCESS`; storages that change are `storage/`'s.

use super::directory::compare_names;
use super::{Container, ContainerStream, Kind, ROOT};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::storage::{Element, ElementKind, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use std::cmp::Ordering;
use std::sync::Arc;

/// One storage of a compound file opened for reading; it keeps the container alive.
#[derive(Clone, Debug)]
pub struct ContainerStorage {
    container: Arc<Container>,
    index: u32,
}

impl ContainerStorage {
    /// The root storage.
    pub fn root(container: Arc<Container>) -> Self {
        Self { container, index: ROOT }
    }

    /// A storage by its place in the directory.
    pub(crate) fn at(container: Arc<Container>, index: u32) -> Self {
        Self { container, index }
    }

    fn find(&self, name: &str, kind: Kind, call: &'static str) -> Result<u32> {
        let wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let same = |index: &u32| {
            self.container.kind(*index) == kind
                && compare_names(self.container.name(*index), &wanted) == Ordering::Equal
        };
        let found = self.container.elements(self.index).iter().copied().find(same);
        found.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, call, "no such element in the storage"))
    }
}

impl Storage for ContainerStorage {
    fn stat(&self) -> Result<StorageStat> {
        let (created, modified) = self.container.times(self.index);
        Ok(StorageStat {
            name: text(self.container.name(self.index)),
            class_id: self.container.class_id(self.index),
            created,
            modified,
            mode: StorageMode::Read,
            transacted: false,
        })
    }

    fn elements(&self) -> Result<Vec<Element>> {
        let element = |index: &u32| Element {
            name: text(self.container.name(*index)),
            kind: match self.container.kind(*index) {
                Kind::Stream => ElementKind::Stream,
                Kind::Storage | Kind::Free => ElementKind::Storage,
            },
            len: self.container.size(*index),
        };
        Ok(self.container.elements(self.index).iter().map(element).collect())
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        let call = "Storage::open_stream";
        let index = self.find(name, Kind::Stream, call)?;
        let stream = ContainerStream::open(Arc::clone(&self.container), index);
        Ok(Arc::new(stream.map_err(|fault| fault.of(call))?))
    }

    fn create_stream(&self, _name: &str) -> Result<Arc<dyn PropStream>> {
        read_only("Storage::create_stream")
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        let index = self.find(name, Kind::Storage, "Storage::open_storage")?;
        Ok(Arc::new(Self { container: Arc::clone(&self.container), index }))
    }

    fn create_storage(&self, _name: &str) -> Result<Arc<dyn Storage>> {
        read_only("Storage::create_storage")
    }

    fn remove(&self, _name: &str) -> Result<()> {
        read_only("Storage::remove")
    }

    fn set_class_id(&self, _class_id: Guid) -> Result<()> {
        read_only("Storage::set_class_id")
    }

    fn commit(&self) -> Result<()> {
        read_only("Storage::commit")
    }

    fn revert(&self) -> Result<()> {
        read_only("Storage::revert")
    }
}

pub(super) fn read_only<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_ACCESS, call, "the file is open for reading"))
}

/// A name as text; half characters become U+FFFD.
pub(crate) fn text(name: &[u8]) -> String {
    let units = name.chunks_exact(2).map(|unit| crate::little_endian::u16_at(unit, 0).unwrap_or_default());
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
